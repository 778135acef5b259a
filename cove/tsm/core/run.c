// SPDX-License-Identifier: BSD-2-Clause
/*
 * run_tvm_vcpu: a vCPU runs until the host is needed, or wanted.
 */

#include "run.h"

#include <cove/abi.h>
#include <cove/nacl.h>

#include "hart.h"
#include "mmio.h"
#include "nacl.h"
#include "report.h"
#include "tvm.h"

/*
 * How often the guest is entered in one call.  The host's interrupts end a
 * call earlier; this is for a guest that waits for another hart.
 */
#define RUN_ENTRIES	1024

/* The vCPU has trapped, and whoever waits for that needn't any more. */
static void leave_tables(struct vcpu *vcpu)
{
	if (vcpu->entered)
		gstage_leave(&vcpu->tvm->gstage, vcpu->epoch);
	vcpu->entered = false;
}

/* It is as if it had entered anew when nothing was fenced since. */
static void enter_tables(struct vcpu *vcpu)
{
	struct gstage *gs = &vcpu->tvm->gstage;

	if (vcpu->entered && vcpu->epoch == gstage_epoch(gs))
		return;
	leave_tables(vcpu);
	vcpu->epoch = gstage_enter(gs);
	vcpu->entered = true;
	hart_fence();
}

/**
 * vcpu_lock_tvm() - take the lock of a vCPU's TVM
 * @vcpu: the vCPU
 *
 * Whoever waits until the vCPU has trapped doesn't wait for the caller.
 *
 * Return: false if another hart has it.
 */
bool vcpu_lock_tvm(struct vcpu *vcpu)
{
	leave_tables(vcpu);
	return lock_try(&vcpu->tvm->lock);
}

/**
 * vcpu_interrupted() - has the guest an interrupt that it waits for?
 * @vcpu: the vCPU
 */
bool vcpu_interrupted(const struct vcpu *vcpu)
{
	uint64_t hvip = (vcpu->csr[VCPU_HVIP] & HVIP_VSSIP) | vcpu->host_hvip;
	uint64_t sip;

	if (__atomic_load_n(&vcpu->marks, __ATOMIC_SEQ_CST) & VCPU_MARK_IPI)
		hvip |= HVIP_VSSIP;
	sip = hvip >> 1;
	if (hart_time() + vcpu->csr[VCPU_HTIMEDELTA] >= vcpu->csr[VCPU_VSTIMECMP])
		sip |= SIP_STIP;
	return sip & vcpu->csr[VCPU_VSIE];
}

/**
 * vcpu_park() - leave a vCPU to the host until there is an interrupt
 * @vcpu: the vCPU
 *
 * Another vCPU that sends it an IPI tells the host.
 *
 * Return: false if there is one already, and the guest can go on.
 */
bool vcpu_park(struct vcpu *vcpu)
{
	/* Pairs with vcpu_mark(): one of both sees what the other has done. */
	__atomic_exchange_n(&vcpu->parked, 1, __ATOMIC_SEQ_CST);
	if (!vcpu_interrupted(vcpu))
		return true;
	__atomic_store_n(&vcpu->parked, 0, __ATOMIC_RELAXED);
	return false;
}

/**
 * vcpu_end() - a vCPU can't go on, nor can its TVM
 * @vcpu: the vCPU
 * @report: gets what the host is told
 * @cause: why
 *
 * Return: NEXT_EXIT.
 */
enum next vcpu_end(struct vcpu *vcpu, struct report *report, uint64_t cause)
{
	tvm_kill(vcpu->tvm);
	*report = (struct report){ .kind = REPORT_END, .cause = cause, .value = 1 };
	return NEXT_EXIT;
}

/*
 * Enter the guest, unless the TVM is dead.  What others leave for the vCPU
 * after it was marked as running makes them kick this hart.
 */
static bool enter(struct vcpu *vcpu)
{
	bool alive;

	__atomic_store_n(&vcpu->hart, hart_id(), __ATOMIC_RELAXED);
	__atomic_exchange_n(&vcpu->running, 1, __ATOMIC_SEQ_CST);
	alive = tvm_state(vcpu->tvm) == TVM_RUNNABLE;
	if (alive) {
		uint32_t marks = vcpu_take_marks(vcpu);

		vcpu->csr[VCPU_HVIP] &= HVIP_VSSIP;
		vcpu->csr[VCPU_HVIP] |= vcpu->host_hvip;
		if (marks & VCPU_MARK_IPI)
			vcpu->csr[VCPU_HVIP] |= HVIP_VSSIP;
		if (marks & VCPU_MARK_FENCE)
			hart_fence_guest();
		enter_tables(vcpu);
		hart_enter(vcpu);
	}
	__atomic_store_n(&vcpu->running, 0, __ATOMIC_RELEASE);
	return alive;
}

static enum next loaded(struct vcpu *vcpu, struct report *report)
{
	struct vcpu_wait *wait = &vcpu->wait;
	uint64_t value = 0;

	nacl_read_gpr(10, &value);
	if (wait->reg)
		vcpu->gpr[wait->reg] = mmio_result(wait, value);
	wait->what = VCPU_NOTHING;
	return NEXT_ENTER;
}

static enum next (*const finish[VCPU_PENDINGS])(struct vcpu *, struct report *) = {
	[VCPU_LOAD]		= loaded,
	[VCPU_CONSOLE]		= console_written,
	[VCPU_CONSOLE_READ]	= console_read,
	[VCPU_CHANGE]		= covg_changed,
	[VCPU_FENCE]		= rfence_done,
};

static enum next run_once(struct vcpu *vcpu, struct report *report)
{
	enum next next = NEXT_ENTER;

	if (vcpu->wait.what)
		next = finish[vcpu->wait.what](vcpu, report);
	if (next != NEXT_ENTER)
		return next;
	if (!enter(vcpu))
		return vcpu_end(vcpu, report, 0);
	return exit_serve(vcpu, report);
}

/* What the host gives: each once, and of that only what it may. */
static int prepare(struct vcpu *vcpu)
{
	uint64_t hvip;
	int err;

	if (vcpu_state(vcpu) == VCPU_STOPPED)
		return COVE_ERR_ALREADY_STOPPED;
	if (vcpu_state(vcpu) == VCPU_STARTING)
		return COVE_ERR_AGAIN;
	err = nacl_read_csr(COVE_CSR_HVIP, &hvip);
	if (err)
		return err;
	vcpu_begin(vcpu);
	vcpu_move(vcpu, VCPU_RESUME);
	vcpu->host_hvip = hvip & vcpu->allowed;
	__atomic_store_n(&vcpu->parked, 0, __ATOMIC_RELEASE);
	return 0;
}

/**
 * vcpu_run() - run a vCPU (run_tvm_vcpu)
 * @vcpu: the vCPU, whose lock the caller has, and its TVM's not
 * @value: gets 0, or 1 if this TVM's vCPUs can't be run any more
 *
 * Return: 0 when the host was told why it came back; COVE_ERR_AGAIN if nothing
 * is to be told; COVE_ERR_ALREADY_STOPPED if it isn't started, and
 * COVE_ERR_NO_SHMEM if the hart shares no memory with the host.
 */
int vcpu_run(struct vcpu *vcpu, uint64_t *value)
{
	enum next next = NEXT_ENTER;
	struct report report = { 0 };
	unsigned int i;
	int err;

	*value = 0;
	err = prepare(vcpu);
	if (err)
		return err;
	for (i = 0; next == NEXT_ENTER && i < RUN_ENTRIES; i++)
		next = run_once(vcpu, &report);
	leave_tables(vcpu);
	if (next != NEXT_EXIT)
		return COVE_ERR_AGAIN;
	report_send(vcpu, &report);
	*value = report.value;
	return 0;
}
