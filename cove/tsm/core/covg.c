// SPDX-License-Identifier: BSD-2-Clause
/*
 * COVG: a TVM's calls about what it is made of.
 */

#include <cove/abi.h>
#include <cove/covg.h>
#include <string.h>

#include "guest_sbi.h"
#include "tvm.h"

/* Of the interrupts that the host may want to inject there is one kind. */
#define INTERRUPTS	HVIP_VSEIP
#define INTERRUPT_ID	10

static int notify(struct guest_call *call, int err)
{
	if (!err)
		guest_tell_host(call, COVE_EXT_COVG, call->a[6], call->a[0], call->a[1]);
	return err;
}

static int add_mmio(struct guest_call *call)
{
	struct region_map *regions = call->vcpu->tvm->regions;

	return notify(call, region_add(regions, call->a[0], call->a[1], REGION_MMIO));
}

static int remove_mmio(struct guest_call *call)
{
	struct region_map *regions = call->vcpu->tvm->regions;

	return notify(call, region_remove(regions, call->a[0], call->a[1], REGION_MMIO));
}

/*
 * A share or unshare has begun; the guest goes on, and the host is told, when
 * nothing that was mapped there is in reach any more.
 */
static int begin_change(struct guest_call *call, int err)
{
	struct tvm *tvm = call->vcpu->tvm;

	if (!err)
		call->vcpu->wait = (struct vcpu_wait){
			.what = VCPU_CHANGE, .function = call->a[6],
			.gpa = call->a[0], .len = call->a[1],
		};
	/* Another vCPU's is under way: help it. */
	if (err == COVE_ERR_AGAIN && !memory_settle(tvm))
		tvm_kick(tvm);
	return err;
}

static int share(struct guest_call *call)
{
	return begin_change(call, memory_share(call->vcpu->tvm, call->a[0], call->a[1]));
}

static int unshare(struct guest_call *call)
{
	return begin_change(call, memory_unshare(call->vcpu->tvm, call->a[0], call->a[1]));
}

/**
 * covg_changed() - has a vCPU's share or unshare come to its end?
 * @vcpu: the vCPU
 * @report: gets what the host is told of it
 *
 * Return: NEXT_EXIT if so, else NEXT_AGAIN.
 */
enum next covg_changed(struct vcpu *vcpu, struct report *report)
{
	struct guest_call call = { .vcpu = vcpu, .report = report };
	struct vcpu_wait *wait = &vcpu->wait;
	struct tvm *tvm = vcpu->tvm;
	bool done;

	if (!vcpu_lock_tvm(vcpu))
		return NEXT_AGAIN;
	/* If one is under way that is another vCPU's, this one was over before. */
	done = memory_settle(tvm) || !memory_changes(tvm, wait->gpa, wait->len);
	if (!done)
		tvm_kick(tvm);
	lock_drop(&tvm->lock);
	if (!done)
		return NEXT_AGAIN;
	wait->what = VCPU_NOTHING;
	guest_tell_host(&call, COVE_EXT_COVG, wait->function, wait->gpa, wait->len);
	return NEXT_EXIT;
}

static bool is_interrupt(uint64_t id)
{
	return id == INTERRUPT_ID || id == COVE_ALL_INTERRUPTS;
}

static int allow_interrupt(struct guest_call *call)
{
	if (!is_interrupt(call->a[0]))
		return COVE_ERR_INVALID_PARAM;
	call->vcpu->allowed = INTERRUPTS;
	return 0;
}

static int deny_interrupt(struct guest_call *call)
{
	if (!is_interrupt(call->a[0]))
		return COVE_ERR_INVALID_PARAM;
	call->vcpu->allowed = 0;
	call->vcpu->host_hvip = 0;
	return 0;
}

/* Results go to the start of a page. */
static int give(struct guest_call *call, const void *from, size_t len)
{
	if (call->a[0] & (PAGE_BYTES - 1))
		return COVE_ERR_INVALID_ADDRESS;
	if (call->a[1] < len)
		return COVE_ERR_INVALID_PARAM;
	return memory_write(call->vcpu->tvm, call->a[0], from, len);
}

static int get_attcaps(struct guest_call *call)
{
	struct cove_attcaps caps;
	unsigned int i;

	memset(&caps, 0, sizeof(caps));
	caps.hash = COVE_HASH_SHA384;
	caps.initial = MEASURE_INITIAL;
	caps.runtime = MEASURE_RUNTIME;
	for (i = 0; i < MEASURE_COUNT; i++) {
		caps.reg[i].hash = COVE_HASH_SHA384;
		caps.reg[i].type = i < MEASURE_INITIAL ? COVE_REGISTER_INITIAL :
							 COVE_REGISTER_RUNTIME;
		caps.reg[i].tcg_pcr = COVE_NO_PCR;
	}
	return give(call, &caps, sizeof(caps));
}

static int extend_measurement(struct guest_call *call)
{
	struct tvm *tvm = call->vcpu->tvm;
	uint64_t index = call->a[2];
	uint8_t digest[SHA384_LEN];
	int err;

	if (call->a[0] & (PAGE_BYTES - 1))
		return COVE_ERR_INVALID_ADDRESS;
	if (call->a[1] != SHA384_LEN || index < MEASURE_INITIAL || index >= MEASURE_COUNT)
		return COVE_ERR_INVALID_PARAM;
	err = memory_read(tvm, digest, call->a[0], SHA384_LEN);
	if (!err)
		measure_extend(&tvm->measure, index, digest, SHA384_LEN);
	return err;
}

static int read_measurement(struct guest_call *call)
{
	if (call->a[2] >= MEASURE_COUNT)
		return COVE_ERR_INVALID_PARAM;
	return give(call, call->vcpu->tvm->measure.reg[call->a[2]], SHA384_LEN);
}

/* get_evidence and retrieve_secret aren't offered. */
static const struct guest_function covg_functions[COVE_COVG_COUNT] = {
	[COVE_COVG_ADD_MMIO_REGION]	= { .serve = add_mmio, .locks = true },
	[COVE_COVG_REMOVE_MMIO_REGION]	= { .serve = remove_mmio, .locks = true },
	[COVE_COVG_SHARE_MEMORY]	= { .serve = share, .locks = true },
	[COVE_COVG_UNSHARE_MEMORY]	= { .serve = unshare, .locks = true },
	[COVE_COVG_ALLOW_INTERRUPT]	= { .serve = allow_interrupt },
	[COVE_COVG_DENY_INTERRUPT]	= { .serve = deny_interrupt },
	[COVE_COVG_GET_ATTCAPS]		= { .serve = get_attcaps, .locks = true },
	[COVE_COVG_EXTEND_MEASUREMENT]	= { .serve = extend_measurement, .locks = true },
	[COVE_COVG_READ_MEASUREMENT]	= { .serve = read_measurement, .locks = true },
};

const struct guest_extension guest_covg = {
	COVE_EXT_COVG, COVE_COVG_COUNT, covg_functions,
};
