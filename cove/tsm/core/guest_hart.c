// SPDX-License-Identifier: BSD-2-Clause
/*
 * A TVM's calls about its vCPUs: IPI, RFENCE, HSM and SRST.
 *
 * Nobody waits here for another vCPU with the hart in M-mode.  One that runs
 * is kicked, and finds what was left for it when it enters again.
 */

#include <cove/abi.h>

#include "guest_sbi.h"
#include "hart.h"
#include "report.h"
#include "tvm.h"

#define FENCE_ALL	~0ULL

/* HSM's default retentive suspend, and SRST's types and reasons. */
#define SUSPEND_RETENTIVE	0
#define RESET_TYPES		3
#define RESET_REASONS		2

static struct vcpu *find_vcpu(const struct tvm *tvm, uint64_t id)
{
	return id < TVM_MAX_VCPUS ? tvm->vcpu[id] : NULL;
}

/* hart_mask and hart_mask_base of SBI: which vCPUs are meant. */
static int targets(const struct guest_call *call, uint64_t *set)
{
	uint64_t mask = call->a[0], base = call->a[1];
	uint64_t all = call->vcpu->tvm->vcpu_mask;

	if (base == ~0ULL)
		mask = all;
	else if (base < TVM_MAX_VCPUS && mask << base >> base == mask)
		mask <<= base;
	else if (mask)
		return COVE_ERR_INVALID_PARAM;
	*set = mask;
	return mask & ~all ? COVE_ERR_INVALID_PARAM : 0;
}

/*
 * Leave something for vCPUs.  Those that run are kicked, and are in
 * @running; @parked has those that the host doesn't run before it is told to.
 */
static void mark(const struct vcpu *self, uint64_t set, enum vcpu_mark what,
		 uint64_t *running, uint64_t *parked)
{
	uint64_t harts = 0;
	unsigned int i;

	*running = 0;
	*parked = 0;
	for (i = 0; set; i++, set >>= 1) {
		struct vcpu *vcpu = self->tvm->vcpu[i];

		if (!(set & 1))
			continue;
		vcpu_mark(vcpu, what);
		if (__atomic_load_n(&vcpu->running, __ATOMIC_SEQ_CST)) {
			harts |= 1ULL << __atomic_load_n(&vcpu->hart, __ATOMIC_RELAXED);
			*running |= 1ULL << i;
		} else if (__atomic_load_n(&vcpu->parked, __ATOMIC_SEQ_CST)) {
			*parked |= 1ULL << i;
		}
	}
	if (harts)
		hart_kick(harts);
}

static int send_ipi(struct guest_call *call)
{
	uint64_t set, running, parked;
	int err = targets(call, &set);

	if (err)
		return err;
	mark(call->vcpu, set, VCPU_MARK_IPI, &running, &parked);
	if (parked)
		guest_tell_host(call, SBI_EXT_IPI, 0, parked, 0);
	return 0;
}

static const struct guest_function ipi_functions[] = { { .serve = send_ipi } };

const struct guest_extension guest_ipi = {
	SBI_EXT_IPI, ARRAY_SIZE(ipi_functions), ipi_functions,
};

/*
 * All fences are for everything.  They are done when those that run now have
 * left the guest: the caller doesn't go on before.
 */
static int remote_fence(struct guest_call *call)
{
	uint64_t set, running, parked;
	int err = targets(call, &set);

	if (err)
		return err;
	mark(call->vcpu, set, VCPU_MARK_FENCE, &running, &parked);
	if (running)
		call->vcpu->wait = (struct vcpu_wait){ .what = VCPU_FENCE, .others = running };
	return 0;
}

/**
 * rfence_done() - have all vCPUs that ran left the guest since?
 * @vcpu: whose call it was
 * @report: isn't used
 *
 * Return: NEXT_ENTER if so, else NEXT_AGAIN.
 */
enum next rfence_done(struct vcpu *vcpu, struct report *report)
{
	struct vcpu_wait *wait = &vcpu->wait;
	unsigned int i;

	for (i = 0; wait->others; i++) {
		const struct vcpu *other = vcpu->tvm->vcpu[i];

		if (!(wait->others >> i & 1))
			continue;
		if (__atomic_load_n(&other->running, __ATOMIC_ACQUIRE) &&
		    __atomic_load_n(&other->marks, __ATOMIC_ACQUIRE) & VCPU_MARK_FENCE)
			return NEXT_AGAIN;
		wait->others &= ~(1ULL << i);
	}
	wait->what = VCPU_NOTHING;
	return NEXT_ENTER;
}

static const struct guest_function rfence_functions[] = {
	{ .serve = remote_fence },	/* fence.i */
	{ .serve = remote_fence },	/* sfence.vma */
	{ .serve = remote_fence },	/* sfence.vma with ASID */
};

const struct guest_extension guest_rfence = {
	SBI_EXT_RFENCE, ARRAY_SIZE(rfence_functions),
	rfence_functions,
};

/* The host learns which vCPU it can run now, and nothing else. */
static int hart_start(struct guest_call *call)
{
	const struct tvm *tvm = call->vcpu->tvm;
	struct vcpu *vcpu = find_vcpu(tvm, call->a[0]);

	if (!vcpu)
		return COVE_ERR_INVALID_PARAM;
	if (region_at(tvm->regions, call->a[1]) != REGION_PRIVATE)
		return COVE_ERR_INVALID_ADDRESS;
	if (!vcpu_start(vcpu, call->a[1], call->a[2], call->vcpu->allowed))
		return COVE_ERR_ALREADY_AVAILABLE;
	guest_tell_host(call, SBI_EXT_HSM, 0, vcpu->id, 0);
	return 0;
}

static int hart_stop(struct guest_call *call)
{
	vcpu_move(call->vcpu, VCPU_STOP);
	guest_tell_host(call, SBI_EXT_HSM, 1, 0, 0);
	return 0;
}

static int hart_status(struct guest_call *call)
{
	const struct vcpu *vcpu = find_vcpu(call->vcpu->tvm, call->a[0]);

	if (!vcpu)
		return COVE_ERR_INVALID_PARAM;
	call->value = vcpu_state(vcpu);
	if (call->value == VCPU_STARTING)
		call->value = VCPU_START_PENDING;
	return 0;
}

/* For the host it is the same as WFI. */
static int hart_suspend(struct guest_call *call)
{
	if (call->a[0] >> 32)
		return COVE_ERR_INVALID_PARAM;
	if (call->a[0] != SUSPEND_RETENTIVE)
		return COVE_ERR_NOT_SUPPORTED;
	vcpu_move(call->vcpu, VCPU_SUSPEND);
	if (vcpu_park(call->vcpu)) {
		*call->report = (struct report){ .kind = REPORT_WFI, .cause = TRAP_VIRTUAL };
		call->exits = true;
	} else {
		vcpu_move(call->vcpu, VCPU_RESUME);
	}
	return 0;
}

static const struct guest_function hsm_functions[] = {
	{ .serve = hart_start, .locks = true },
	{ .serve = hart_stop },
	{ .serve = hart_status },
	{ .serve = hart_suspend },
};

const struct guest_extension guest_hsm = {
	SBI_EXT_HSM, ARRAY_SIZE(hsm_functions), hsm_functions,
};

/* The TVM is over, whatever the host makes of that. */
static int system_reset(struct guest_call *call)
{
	if (call->a[0] >= RESET_TYPES || call->a[1] >= RESET_REASONS)
		return COVE_ERR_INVALID_PARAM;
	tvm_kill(call->vcpu->tvm);
	guest_tell_host(call, SBI_EXT_SRST, 0, call->a[0], call->a[1]);
	call->report->value = 1;
	return 0;
}

static const struct guest_function srst_functions[] = { { .serve = system_reset } };

const struct guest_extension guest_srst = {
	SBI_EXT_SRST, ARRAY_SIZE(srst_functions), srst_functions,
};
