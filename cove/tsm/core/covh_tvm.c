// SPDX-License-Identifier: BSD-2-Clause
/*
 * How the host builds a TVM step by step, and how every TVM ends.
 */

#include <cove/abi.h>

#include "covh.h"
#include "hart.h"
#include "tvm.h"

/*
 * What a TVM may take of the pool beside its private memory: state, and
 * tables for regions far from each other; 4 MiB.
 */
#define QUOTA_BASE	1024
/* How many pages of each kind one call of destroy_tvm gives back. */
#define DESTROY_SLICE	512

/* A page of 4 KiB: what the host names, or one of the pool. */
static int claim_state(struct tvm *tvm, uint64_t hpa, uint32_t count,
		       struct claim *claim)
{
	if (!hpa && !tvm->gstage.donated)
		return page_alloc(&tvm->quota, PAGE_4K, claim);
	return page_claim(&tvm->quota, hpa, PAGE_4K, count, claim);
}

static int claim_root(struct tvm *tvm, uint64_t hpa, struct claim *claim)
{
	if (!hpa)
		return page_alloc(&tvm->quota, PAGE_16K, claim);
	return page_claim(&tvm->quota, hpa, PAGE_16K, 1, claim);
}

/**
 * covh_start() - what every TVM has from its start
 * @tvm: by tvm_new()
 * @page_directory: 16 KiB that the host has named, or 0: of the pool, as all
 *	of the TVM's tables and zero pages are then
 * @state: TVM_STATE_PAGES that the host has named; or 0 if that one is 0
 *
 * Return: 0, or as page_claim() and page_alloc(), and nothing has been taken.
 */
int covh_start(struct tvm *tvm, uint64_t page_directory, uint64_t state)
{
	struct claim root, pages;
	int err;

	tvm->gstage.donated = page_directory;
	tvm->quota.limit = tvm->gstage.donated ? 0 : QUOTA_BASE;
	err = claim_root(tvm, page_directory, &root);
	if (err)
		return err;
	err = claim_state(tvm, state, TVM_STATE_PAGES, &pages);
	if (err) {
		page_unclaim(&tvm->quota, &root);
		return err;
	}
	gstage_init(&tvm->gstage, &tvm->quota, &root, tvm->gstage.donated);
	tvm->state_hpa = page_use(&pages, PAGE_TO_STATE, 0);
	tvm->regions = hart_pool(tvm->state_hpa);
	measure_init(&tvm->measure);
	return 0;
}

/**
 * covh_create() - create_tvm
 * @params: where the host has struct cove_tvm_create_params
 * @len: its size
 * @id: gets the TVM's
 *
 * Return: 0; COVE_ERR_INVALID_PARAM if that isn't its size;
 * COVE_ERR_INVALID_ADDRESS if it, or what it names, isn't where it has to be;
 * COVE_ERR_OUT_OF_MEMORY if there are TVMs enough, or no page is free;
 * COVE_ERR_AGAIN if a page is being scrubbed.
 */
int covh_create(uint64_t params, uint64_t len, uint64_t *id)
{
	struct cove_tvm_create_params given;
	struct tvm *tvm;
	int err;

	if (len != sizeof(given))
		return COVE_ERR_INVALID_PARAM;
	err = hart_read_host(&given, params, sizeof(given));
	if (!err)
		err = tvm_new(&tvm);
	if (err)
		return err;
	err = covh_start(tvm, given.page_directory, given.state);
	if (!err) {
		*id = tvm->id;
		tvm_move(tvm, TVM_CREATE);
	}
	lock_drop(&tvm->lock);
	return err;
}

/**
 * covh_allow_region() - what follows from a region of private memory
 * @tvm: the TVM, which has it now
 * @gpa: start of the region
 * @len: bytes
 *
 * It is measured; and pages for it may come from the pool, and tables for
 * these: one for each 2 MiB, and one for each 1 GiB.
 */
void covh_allow_region(struct tvm *tvm, uint64_t gpa, uint64_t len)
{
	const uint64_t values[] = { gpa, len };

	if (!tvm->gstage.donated)
		tvm->quota.limit += (len >> PAGE_SHIFT) + (len >> (PAGE_SHIFT + 8));
	measure_config(&tvm->measure, MEASURE_CONFIG_REGION, values, 2);
}

/**
 * covh_add_region() - add_tvm_memory_region
 * @tvm: the TVM, which isn't finalized
 * @gpa: start of the region
 * @len: bytes
 *
 * Return: as region_add().
 */
int covh_add_region(struct tvm *tvm, uint64_t gpa, uint64_t len)
{
	int err = region_add(tvm->regions, gpa, len, REGION_PRIVATE);

	if (!err)
		covh_allow_region(tvm, gpa, len);
	return err;
}

/**
 * covh_create_vcpu() - create_tvm_vcpu
 * @tvm: the TVM, which isn't finalized
 * @vcpu: number of the vCPU; 0 is the one that boots
 * @state: VCPU_STATE_PAGES that the host has named; or 0 if the TVM's pages
 *	come from the pool
 *
 * Return: 0, COVE_ERR_INVALID_PARAM if there can't be such a vCPU, or there is
 * one already; or as page_claim() and page_alloc().
 */
int covh_create_vcpu(struct tvm *tvm, uint64_t vcpu, uint64_t state)
{
	struct claim claim;
	int err = vcpu_check(tvm, vcpu);

	if (!err)
		err = claim_state(tvm, state, VCPU_STATE_PAGES, &claim);
	if (err)
		return err;
	vcpu_create(tvm, vcpu, &claim);
	measure_config(&tvm->measure, MEASURE_CONFIG_VCPU, &vcpu, 1);
	return 0;
}

/**
 * covh_read_identity() - what the host wants a TVM to be known by
 * @tvm: the TVM
 * @identity: where the host has COVE_IDENTITY_SIZE bytes; or 0
 *
 * Return: 0, or COVE_ERR_INVALID_PARAM if it isn't aligned, or isn't ordinary
 * memory of the host.
 */
int covh_read_identity(struct tvm *tvm, uint64_t identity)
{
	if (!identity)
		return 0;
	if (identity & (COVE_IDENTITY_SIZE - 1) ||
	    hart_read_host(tvm->identity, identity, COVE_IDENTITY_SIZE))
		return COVE_ERR_INVALID_PARAM;
	tvm->identified = true;
	return 0;
}

/**
 * covh_finalize() - finalize_tvm
 * @tvm: the TVM, which isn't finalized
 * @pc: where vCPU 0 begins
 * @arg: what it has in a1
 * @identity: as of covh_read_identity()
 *
 * Return: 0, COVE_ERR_INVALID_PARAM; or COVE_ERR_INVALID_STATE if there is no
 * vCPU 0, or measured pages have been added in part.
 */
int covh_finalize(struct tvm *tvm, uint64_t pc, uint64_t arg, uint64_t identity)
{
	const uint64_t entry[] = { pc, arg };
	int err;

	if (pc & 1)
		return COVE_ERR_INVALID_PARAM;
	if (!tvm->vcpu[0] || tvm->measuring.count)
		return COVE_ERR_INVALID_STATE;
	err = covh_read_identity(tvm, identity);
	if (err)
		return err;
	vcpu_set_boot(tvm->vcpu[0], pc, 0, arg);
	measure_config(&tvm->measure, MEASURE_CONFIG_ENTRY, entry, 2);
	tvm_move(tvm, TVM_FINALIZE);
	return 0;
}

/**
 * covh_release() - give back all that a TVM has
 * @tvm: the TVM, of which no vCPU runs, or will
 * @budget: how many pages of each kind at most
 *
 * Return: true when nothing is left.
 */
bool covh_release(struct tvm *tvm, unsigned int budget)
{
	unsigned int i;

	if (!memory_release(tvm, budget))
		return false;
	for (i = 0; i < TVM_MAX_VCPUS; i++)
		vcpu_release(tvm, i);
	page_put(&tvm->quota, tvm->state_hpa);
	return true;
}

/*
 * None that isn't inside of run_tvm_vcpu now will be again: that wants the
 * TVM's lock, and another state.  Each was seen outside once, in this call.
 */
static bool vcpus_stopped(struct tvm *tvm)
{
	unsigned int i;

	for (i = 0; i < TVM_MAX_VCPUS; i++) {
		struct vcpu *vcpu = tvm->vcpu[i];

		if (!vcpu)
			continue;
		if (!lock_try(&vcpu->lock))
			return false;
		lock_drop(&vcpu->lock);
	}
	return true;
}

/**
 * covh_destroy() - destroy_tvm
 * @tvm: the TVM, whatever state it is in
 *
 * Return: 0 when it is gone, or COVE_ERR_AGAIN: a vCPU runs, which has been
 * told to leave, or there is more to give back.
 */
int covh_destroy(struct tvm *tvm)
{
	tvm_move(tvm, TVM_DESTROY);
	if (!vcpus_stopped(tvm)) {
		tvm_kick(tvm);
		return COVE_ERR_AGAIN;
	}
	if (!covh_release(tvm, DESTROY_SLICE))
		return COVE_ERR_AGAIN;
	tvm_move(tvm, TVM_DESTROYED);
	return 0;
}
