// SPDX-License-Identifier: BSD-2-Clause
/*
 * The host's calls: for each function a row that says in which states of a TVM
 * it is allowed, and who performs it.
 */

#include "tsm.h"

#include <cove/abi.h>
#include <cove/covh.h>
#include <cove/nacl.h>
#include <cove/supd.h>

#include "array.h"
#include "covh.h"
#include "hart.h"
#include "nacl.h"
#include "page.h"
#include "tvm.h"

/* Counts up with what the TSM can do. */
#define TSM_VERSION	1

#define CAPABILITIES	(1ULL << COVE_TSM_CAP_PROMOTE_TVM |	\
			 1ULL << COVE_TSM_CAP_MEMORY_ALLOCATION)

/* How much of what is dirty each call scrubs, in pages; 2 MiB more at most. */
#define SCRUB_SLICE	64

#define BUILDING	(1U << TVM_INITIALIZING)
#define RUNNABLE	(1U << TVM_RUNNABLE)
#define ANY_STATE	(~0U)

struct call {
	const uint64_t *args;
	uint64_t value;
	struct tvm *tvm;	/* that args[0] names, locked; or NULL */
};

struct row {
	int (*perform)(struct call *call);
	uint32_t states;	/* of the TVM that args[0] names; 0: none is named */
};

/* As much as the buffer has room for: what is specified, or ours as well. */
static int get_info(struct call *call)
{
	struct {
		struct cove_tsm_info info;
		struct cove_tsm_vendor_info vendor;
	} all = {
		.info = {
			.state = COVE_TSM_READY,
			.impl_id = COVE_TSM_IMPL_ID,
			.version = TSM_VERSION,
			.capabilities = CAPABILITIES,
			.tvm_state_pages = TVM_STATE_PAGES,
			.tvm_max_vcpus = TVM_MAX_VCPUS,
			.vcpu_state_pages = VCPU_STATE_PAGES,
		},
		.vendor = {
			.abi_version = COVE_ABI_VERSION,
			.spec_version = COVE_SPEC_VERSION,
			.dma_protection = hart_dma_protection(),
			.max_pages = COVE_MAX_PAGES,
			.tvms = tvm_count(),
			.dma_faults = hart_dma_faults(),
		},
	};
	uint64_t len = call->args[1];
	struct pool_count count;
	int err;

	if (len < sizeof(all.info))
		return COVE_ERR_INVALID_PARAM;
	if (call->args[0] & 3)
		return COVE_ERR_INVALID_ADDRESS;
	pool_where(&all.vendor.pool_base, &all.vendor.pool_size);
	pool_count(&count);
	all.vendor.pool_free = count.free;
	len = len < sizeof(all) ? sizeof(all.info) : sizeof(all);
	err = hart_write_host(call->args[0], &all, len);
	if (!err)
		call->value = len;
	return err;
}

static int convert_pages(struct call *call)
{
	return pool_convert(call->args[0], call->args[1]);
}

static int reclaim_pages(struct call *call)
{
	return pool_reclaim(call->args[0], call->args[1]);
}

static int global_fence(struct call *call)
{
	return pool_global_fence();
}

static int local_fence(struct call *call)
{
	pool_local_fence();
	return 0;
}

static int create_tvm(struct call *call)
{
	return covh_create(call->args[0], call->args[1], &call->value);
}

static int finalize_tvm(struct call *call)
{
	return covh_finalize(call->tvm, call->args[1], call->args[2], call->args[3]);
}

static int promote_to_tvm(struct call *call)
{
	return covh_promote(call->args[0], call->args[1], call->args[2], call->args[3],
			    &call->value);
}

static int destroy_tvm(struct call *call)
{
	return covh_destroy(call->tvm);
}

static int add_memory_region(struct call *call)
{
	return covh_add_region(call->tvm, call->args[1], call->args[2]);
}

static int add_page_table_pages(struct call *call)
{
	return memory_add_tables(call->tvm, call->args[1], call->args[2]);
}

static int add_measured_pages(struct call *call)
{
	return memory_add_measured(call->tvm, call->args[1], call->args[2], call->args[3],
				   call->args[4], call->args[5]);
}

static int add_zero_pages(struct call *call)
{
	return memory_add_zero(call->tvm, call->args[1], call->args[2], call->args[3],
			       call->args[4]);
}

static int add_shared_pages(struct call *call)
{
	return memory_add_shared(call->tvm, call->args[1], call->args[2], call->args[3],
				 call->args[4]);
}

static int create_vcpu(struct call *call)
{
	return covh_create_vcpu(call->tvm, call->args[1], call->args[2]);
}

/* From here on, the vCPU's lock is what keeps the TVM. */
static int run_vcpu(struct call *call)
{
	uint64_t id = call->args[1];
	struct vcpu *vcpu = id < TVM_MAX_VCPUS ? call->tvm->vcpu[id] : NULL;
	int err;

	if (!vcpu)
		return COVE_ERR_INVALID_PARAM;
	if (!lock_try(&vcpu->lock))
		return COVE_ERR_AGAIN;
	lock_drop(&call->tvm->lock);
	call->tvm = NULL;
	err = vcpu_run(vcpu, &call->value);
	lock_drop(&vcpu->lock);
	return err;
}

static int tvm_fence(struct call *call)
{
	int err = gstage_fence(&call->tvm->gstage);

	if (!err && !gstage_fence_done(&call->tvm->gstage))
		tvm_kick(call->tvm);
	return err;
}

static int invalidate_pages(struct call *call)
{
	return memory_invalidate(call->tvm, call->args[1], call->args[2]);
}

static int validate_pages(struct call *call)
{
	return memory_validate(call->tvm, call->args[1], call->args[2]);
}

static int remove_pages(struct call *call)
{
	return memory_remove(call->tvm, call->args[1], call->args[2]);
}

static int list_tvms(struct call *call)
{
	call->value = tvm_after(call->args[0]);
	return 0;
}

static const struct row covh[COVE_COVH_COUNT] = {
	[COVE_COVH_GET_TSM_INFO]	= { get_info, 0 },
	[COVE_COVH_CONVERT_PAGES]	= { convert_pages, 0 },
	[COVE_COVH_RECLAIM_PAGES]	= { reclaim_pages, 0 },
	[COVE_COVH_GLOBAL_FENCE]	= { global_fence, 0 },
	[COVE_COVH_LOCAL_FENCE]		= { local_fence, 0 },
	[COVE_COVH_CREATE_TVM]		= { create_tvm, 0 },
	[COVE_COVH_FINALIZE_TVM]	= { finalize_tvm, BUILDING },
	[COVE_COVH_PROMOTE_TO_TVM]	= { promote_to_tvm, 0 },
	[COVE_COVH_DESTROY_TVM]		= { destroy_tvm, ANY_STATE },
	[COVE_COVH_ADD_MEMORY_REGION]	= { add_memory_region, BUILDING },
	[COVE_COVH_ADD_PAGE_TABLE_PAGES] = { add_page_table_pages, BUILDING | RUNNABLE },
	[COVE_COVH_ADD_MEASURED_PAGES]	= { add_measured_pages, BUILDING },
	[COVE_COVH_ADD_ZERO_PAGES]	= { add_zero_pages, RUNNABLE },
	[COVE_COVH_ADD_SHARED_PAGES]	= { add_shared_pages, RUNNABLE },
	[COVE_COVH_CREATE_VCPU]		= { create_vcpu, BUILDING },
	[COVE_COVH_RUN_VCPU]		= { run_vcpu, RUNNABLE },
	[COVE_COVH_TVM_FENCE]		= { tvm_fence, RUNNABLE },
	[COVE_COVH_INVALIDATE_PAGES]	= { invalidate_pages, RUNNABLE },
	[COVE_COVH_VALIDATE_PAGES]	= { validate_pages, RUNNABLE },
	[COVE_COVH_REMOVE_PAGES]	= { remove_pages, RUNNABLE },
};

static const struct row covh_vendor[] = {
	[COVE_COVH_LIST_TVMS - COVE_COVH_VENDOR] = { list_tvms, 0 },
};

static const struct row *find_row(uint64_t fid)
{
	if (fid < COVE_COVH_COUNT)
		return &covh[fid];
	if (fid - COVE_COVH_VENDOR < ARRAY_SIZE(covh_vendor))
		return &covh_vendor[fid - COVE_COVH_VENDOR];
	return NULL;
}

/* A TVM's lock is held from the check of its state to the end of the call. */
static int perform(const struct row *row, struct call *call)
{
	int err;

	if (row->states) {
		err = tvm_lock(call->args[0], &call->tvm);
		if (err)
			return err;
		/* A share or unshare shouldn't have to wait for its vCPU. */
		if (tvm_state(call->tvm) == TVM_RUNNABLE)
			memory_settle(call->tvm);
	}
	if (row->states && !(row->states & 1U << tvm_state(call->tvm)))
		err = COVE_ERR_INVALID_PARAM;
	else
		err = row->perform(call);
	if (call->tvm)
		lock_drop(&call->tvm->lock);
	return err;
}

static int call_covh(uint64_t a6, struct call *call)
{
	const struct row *row = find_row(a6 & COVE_FID_MASK);
	int err;

	/* No other domain than 0, and nothing that is reserved. */
	if (a6 & ~(uint64_t)COVE_FID_MASK)
		return COVE_ERR_INVALID_PARAM;
	if (!row)
		return COVE_ERR_NOT_SUPPORTED;
	err = perform(row, call);
	if (row != &covh[COVE_COVH_RUN_VCPU])
		pool_scrub(SCRUB_SLICE);
	return err;
}

static int call_supd(uint64_t a6, struct call *call)
{
	if (a6 != COVE_SUPD_GET_ACTIVE_DOMAINS)
		return COVE_ERR_NOT_SUPPORTED;
	call->value = 1ULL << COVE_SDID_TSM;
	return 0;
}

/* Of NACL there is the memory, and no feature. */
static int call_nacl(uint64_t a6, struct call *call)
{
	switch (a6) {
	case COVE_NACL_PROBE_FEATURE:
		return 0;
	case COVE_NACL_SET_SHMEM:
		return nacl_set_shmem(call->args[0], call->args[1], call->args[2]);
	default:
		return COVE_ERR_NOT_SUPPORTED;
	}
}

static const struct {
	uint64_t extension;
	int (*serve)(uint64_t a6, struct call *call);
} extensions[] = {
	{ COVE_EXT_COVH, call_covh },
	{ COVE_EXT_SUPD, call_supd },
	{ COVE_EXT_NACL, call_nacl },
};

/**
 * tsm_init() - take the pool over
 * @pool_base: its address
 * @pool_size: bytes; all of them are zero, but for the last page
 *
 * Context: before anybody else runs.
 *
 * Return: 0, or COVE_ERR_INVALID_PARAM as of pool_init().
 */
int tsm_init(uint64_t pool_base, uint64_t pool_size)
{
	int err = pool_init(pool_base, pool_size);

	if (err)
		return err;
	pool_trust_zeros();
	tvm_init();
	return 0;
}

/**
 * tsm_offers() - is an extension of SBI one of the TSM's?
 * @extension: its number
 */
bool tsm_offers(uint64_t extension)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extensions); i++) {
		if (extensions[i].extension == extension)
			return true;
	}
	return false;
}

/**
 * tsm_call() - serve a call of the host
 * @extension: its a7
 * @a6: function, and of COVH the supervisor domain
 * @args: its a0 to a5
 *
 * Return: its a0 and a1.
 */
struct tsm_ret tsm_call(uint64_t extension, uint64_t a6, const uint64_t args[6])
{
	struct call call = { .args = args };
	struct tsm_ret ret = { .error = COVE_ERR_NOT_SUPPORTED };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extensions); i++) {
		if (extensions[i].extension == extension)
			ret.error = extensions[i].serve(a6, &call);
	}
	ret.value = call.value;
	return ret;
}
