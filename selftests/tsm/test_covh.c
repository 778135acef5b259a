// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's calls: what each refuses, in which states of a TVM it is allowed,
 * and what a TVM is when it has been built.
 */

#include "calls.h"

#include <cove/covg.h>
#include <cove/covi.h>
#include <cove/supd.h>

static int start(void **state)
{
	calls_start();
	name_pages(NAMED, 8 * 512);
	return 0;
}

static int stop(void **state)
{
	calls_stop();
	return 0;
}

static struct tsm_ret call(uint64_t extension, uint64_t a6, uint64_t a0)
{
	return tsm_call(extension, a6, (const uint64_t[6]){ a0 });
}

static void what_is_offered(void **state)
{
	static const uint64_t others[] = {
		COVE_EXT_COVG, COVE_EXT_COVI, 0x10, 0, ~0ULL,
		COVE_EXT_COVH | 1ULL << 32, COVE_EXT_SUPD | 1ULL << 63,
	};
	unsigned int i;

	assert_true(tsm_offers(COVE_EXT_COVH));
	assert_true(tsm_offers(COVE_EXT_SUPD));
	assert_true(tsm_offers(COVE_EXT_NACL));
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		assert_false(tsm_offers(others[i]));
		assert_int_equal(call(others[i], 0, 0).error, COVE_ERR_NOT_SUPPORTED);
	}
}

static void the_word_in_a6(void **state)
{
	unsigned int bit;
	uint64_t fid;

	for (fid = COVE_COVH_COUNT; fid < 0x10000; fid++) {
		if (fid != COVE_COVH_LIST_TVMS)
			assert_int_equal(call(COVE_EXT_COVH, fid, 0).error,
					 COVE_ERR_NOT_SUPPORTED);
	}
	/* Reserved, another domain, and what isn't there. */
	for (bit = 16; bit < 64; bit++)
		assert_int_equal(call(COVE_EXT_COVH, COVE_COVH_LOCAL_FENCE | 1ULL << bit, 0).error,
				 COVE_ERR_INVALID_PARAM);
	assert_int_equal(call(COVE_EXT_COVH, COVE_COVH_LOCAL_FENCE, 0).error, 0);
}

static void domains(void **state)
{
	struct tsm_ret ret = call(COVE_EXT_SUPD, COVE_SUPD_GET_ACTIVE_DOMAINS, 0);

	assert_int_equal(ret.error, 0);
	assert_int_equal(ret.value, 1);
	assert_int_equal(call(COVE_EXT_SUPD, 1, 0).error, COVE_ERR_NOT_SUPPORTED);
	assert_int_equal(call(COVE_EXT_SUPD, 1ULL << 32, 0).error, COVE_ERR_NOT_SUPPORTED);
}

static void shared_memory_and_no_feature(void **state)
{
	struct tsm_ret ret;
	uint64_t i;

	for (i = 0; i < 5; i++) {
		ret = call(COVE_EXT_NACL, COVE_NACL_PROBE_FEATURE, i);
		assert_int_equal(ret.error, 0);
		assert_int_equal(ret.value, 0);
	}
	for (i = COVE_NACL_SYNC_CSR; i < 10; i++)
		assert_int_equal(call(COVE_EXT_NACL, i, 0).error, COVE_ERR_NOT_SUPPORTED);
	assert_int_equal(call(COVE_EXT_NACL, COVE_NACL_SET_SHMEM, HOST_POOL).error,
			 COVE_ERR_INVALID_ADDRESS);
	ret = tsm_call(COVE_EXT_NACL, COVE_NACL_SET_SHMEM,
		       (const uint64_t[6]){ AT_SHMEM, 0, 1 });
	assert_int_equal(ret.error, COVE_ERR_INVALID_PARAM);
	ret = tsm_call(COVE_EXT_NACL, COVE_NACL_SET_SHMEM,
		       (const uint64_t[6]){ AT_SHMEM, 1, 0 });
	assert_int_equal(ret.error, COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(call(COVE_EXT_NACL, COVE_NACL_SET_SHMEM, AT_SHMEM).error, 0);
}

static void what_the_tsm_says_of_itself(void **state)
{
	const struct cove_tsm_info *info = host_ram(AT_INFO);
	const struct cove_tsm_vendor_info *vendor = (const void *)(info + 1);
	struct tsm_ret ret;

	memset(host_ram(AT_INFO), 0xff, 256);
	assert_int_equal(ERROR(GET_TSM_INFO, AT_INFO, 47), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(GET_TSM_INFO, AT_INFO + 2, 48), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(GET_TSM_INFO, HOST_POOL, 48), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(GET_TSM_INFO, HOST_FIRMWARE, 48), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(info->state, ~0U);

	/* All that is specified, and not a byte more. */
	ret = COVH(GET_TSM_INFO, AT_INFO, 103);
	assert_int_equal(ret.error, 0);
	assert_int_equal(ret.value, 48);
	assert_int_equal(info->state, COVE_TSM_READY);
	assert_int_equal(info->impl_id, COVE_TSM_IMPL_ID);
	assert_true(info->version);
	assert_int_equal(info->reserved, 0);
	assert_int_equal(info->capabilities, 1 << COVE_TSM_CAP_PROMOTE_TVM |
					     1 << COVE_TSM_CAP_MEMORY_ALLOCATION);
	assert_int_equal(info->tvm_state_pages, TVM_STATE_PAGES);
	assert_int_equal(info->tvm_max_vcpus, TVM_MAX_VCPUS);
	assert_int_equal(info->vcpu_state_pages, VCPU_STATE_PAGES);
	assert_int_equal(vendor->abi_version, ~0U);

	create_donated(0);
	ret = COVH(GET_TSM_INFO, AT_INFO, 1000);
	assert_int_equal(ret.error, 0);
	assert_int_equal(ret.value, 104);
	assert_int_equal(vendor->abi_version, COVE_ABI_VERSION);
	assert_int_equal(vendor->spec_version, COVE_SPEC_VERSION);
	assert_int_equal(vendor->dma_protection, COVE_DMA_NONE);
	assert_int_equal(vendor->dma_faults, 0);
	assert_int_equal(vendor->max_pages, COVE_MAX_PAGES);
	assert_int_equal(vendor->pool_base, HOST_POOL);
	assert_int_equal(vendor->pool_size, CALLS_POOL);
	assert_int_equal(vendor->pool_free, free_pages());
	assert_int_equal(vendor->tvms, 1);
	assert_int_equal(*(uint32_t *)(vendor + 1), ~0U);
}

static void pages_and_fences(void **state)
{
	const uint64_t hpa = HOST_POOL + 40 * MIB;

	assert_int_equal(ERROR(CONVERT_PAGES, hpa + 1, 1), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(CONVERT_PAGES, hpa, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(CONVERT_PAGES, NAMED, 1), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(CONVERT_PAGES, hpa, 2), 0);
	assert_int_equal(page_state_at(hpa), PAGE_CONVERTING);
	assert_int_equal(ERROR(RECLAIM_PAGES, hpa, 2), COVE_ERR_INVALID_ADDRESS);
	host.online = 3;
	assert_int_equal(ERROR(GLOBAL_FENCE), 0);
	assert_int_equal(ERROR(GLOBAL_FENCE), COVE_ERR_ALREADY_STARTED);
	assert_int_equal(ERROR(LOCAL_FENCE), 0);
	assert_int_equal(page_state_at(hpa), PAGE_CONVERTING);
	host_hart = 1;
	assert_int_equal(ERROR(LOCAL_FENCE), 0);
	host_hart = 0;
	assert_int_equal(page_state_at(hpa), PAGE_UNASSIGNED);
	assert_int_equal(ERROR(RECLAIM_PAGES, hpa, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(RECLAIM_PAGES, hpa + 1, 1), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(RECLAIM_PAGES, hpa, 2), 0);
	assert_int_equal(page_state_at(hpa), PAGE_FREE);
}

static int64_t create(uint64_t page_directory, uint64_t tvm_state)
{
	put_params(page_directory, tvm_state);
	return ERROR(CREATE_TVM, AT_PARAMS, 16);
}

static void creating(void **state)
{
	const uint64_t root = NAMED, page = NAMED + 0x4000, free = HOST_POOL + 40 * MIB;
	struct tsm_ret ret;

	put_params(root, page);
	assert_int_equal(ERROR(CREATE_TVM, AT_PARAMS, 15), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(CREATE_TVM, AT_PARAMS, 17), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(CREATE_TVM, HOST_POOL, 16), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(CREATE_TVM, HOST_RAM + CALLS_RAM - 8, 16),
			 COVE_ERR_INVALID_ADDRESS);
	/* Not aligned, not named, the host's own, each other. */
	assert_int_equal(create(root + PAGE_BYTES, NAMED), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(create(root, page + 8), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(create(free, page), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(create(root, free), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(create(AT_IMAGE, page), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(create(root, AT_IMAGE), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(create(root, root + 0x3000), COVE_ERR_INVALID_ADDRESS);
	/* What the pool gives, it gives all. */
	assert_int_equal(create(root, 0), COVE_ERR_INVALID_ADDRESS);
	/* Nothing is taken, and no TVM is there. */
	assert_int_equal(page_state_at(root), PAGE_UNASSIGNED);
	assert_int_equal(page_state_at(root + 0x3000), PAGE_UNASSIGNED);
	assert_int_equal(page_state_at(page), PAGE_UNASSIGNED);
	assert_int_equal(tvm_count(), 0);

	put_params(root, page);
	ret = COVH(CREATE_TVM, AT_PARAMS, 16);
	assert_int_equal(ret.error, 0);
	assert_int_equal(state_by_id(ret.value), TVM_INITIALIZING);
	assert_int_equal(page_state_at(root), PAGE_TABLE);
	assert_int_equal(page_state_at(page), PAGE_STATE);
	assert_int_equal(look_at(ret.value)->quota.used, 0);
	/* They are this one's. */
	assert_int_equal(create(root, NAMED_FOR(1)), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(create(NAMED_FOR(1), page), COVE_ERR_INVALID_ADDRESS);
}

/* As many as there is room for, and one more. */
static void creating_too_many(void **state)
{
	unsigned int i;

	for (i = 0; i < TVM_MAX; i++)
		assert_int_equal(create(0, 0), 0);
	assert_int_equal(create(0, 0), COVE_ERR_OUT_OF_MEMORY);
	destroy(COVH(LIST_TVMS, 0).value);
	assert_int_equal(create(0, 0), 0);
}

/* The pool is empty: no half of a TVM is left. */
static void creating_without_memory(void **state)
{
	uint64_t hpa;

	for (hpa = HOST_POOL; hpa < HOST_POOL + CALLS_POOL; hpa += PAGE_BYTES)
		(void)ERROR(CONVERT_PAGES, hpa, 1);
	assert_int_equal(free_pages(), 0);
	assert_int_equal(create(0, 0), COVE_ERR_OUT_OF_MEMORY);
	assert_int_equal(ERROR(GLOBAL_FENCE), 0);
	assert_int_equal(ERROR(LOCAL_FENCE), 0);
	/* Four pages for tables are there, and none beside. */
	assert_int_equal(ERROR(RECLAIM_PAGES, NAMED, 4), 0);
	assert_int_equal(create(0, 0), COVE_ERR_OUT_OF_MEMORY);
	assert_int_equal(free_pages(), 4);
	assert_int_equal(ERROR(RECLAIM_PAGES, NAMED + 0x4000, 1), 0);
	assert_int_equal(create(0, 0), 0);
}

static void regions(void **state)
{
	uint64_t id = create_donated(0);
	struct measure before;
	const struct measure *now = &look_at(id)->measure;

	assert_int_equal(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA + 1, PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(ADD_MEMORY_REGION, id, GSTAGE_END, PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA, 5000), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA, MIB), 0);
	before = *now;
	assert_true(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA, MIB) < 0);
	assert_true(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA - MIB, MIB + PAGE_BYTES) < 0);
	/* What was refused isn't measured. */
	assert_memory_equal(now, &before, sizeof(before));
	assert_int_equal(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA + MIB, MIB), 0);
	assert_memory_not_equal(now, &before, sizeof(before));
	/* Pages that the host names are no part of the quota. */
	assert_int_equal(look_at(id)->quota.limit, 0);
}

static void vcpus(void **state)
{
	uint64_t id = create_donated(0), at = NAMED + PART_VCPUS;

	assert_int_equal(ERROR(CREATE_VCPU, id, TVM_MAX_VCPUS, at), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(CREATE_VCPU, id, 1ULL << 32, at), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(CREATE_VCPU, id, 0, at + 8), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(CREATE_VCPU, id, 0, 0), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(CREATE_VCPU, id, 0, AT_IMAGE), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(CREATE_VCPU, id, 0, HOST_POOL + 40 * MIB),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(look_at(id)->vcpus, 0);
	assert_int_equal(ERROR(CREATE_VCPU, id, 63, at), 0);
	assert_int_equal(page_state_at(at), PAGE_STATE);
	assert_int_equal(ERROR(CREATE_VCPU, id, 63, at + PAGE_BYTES), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(CREATE_VCPU, id, 62, at), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(page_state_at(at + PAGE_BYTES), PAGE_UNASSIGNED);
	assert_int_equal(look_at(id)->vcpus, 1);
}

/* An error of finalize_tvm leaves all as it was. */
static void refused(uint64_t id, int64_t error, uint64_t pc, uint64_t identity)
{
	struct tvm *tvm = look_at(id);
	struct measure before = tvm->measure;

	assert_int_equal(ERROR(FINALIZE_TVM, id, pc, BUILT_ARG, identity), error);
	assert_int_equal(tvm_state(tvm), TVM_INITIALIZING);
	assert_memory_equal(&tvm->measure, &before, sizeof(before));
}

static void finalizing(void **state)
{
	uint64_t id = create_donated(0), at = NAMED;
	struct tvm *tvm = look_at(id);

	assert_int_equal(ERROR(CREATE_VCPU, id, 1, at + PART_VCPUS + PAGE_BYTES), 0);
	refused(id, COVE_ERR_INVALID_STATE, BUILT_PC, 0);
	assert_int_equal(ERROR(CREATE_VCPU, id, 0, at + PART_VCPUS), 0);
	refused(id, COVE_ERR_INVALID_PARAM, BUILT_PC + 1, 0);
	refused(id, COVE_ERR_INVALID_PARAM, BUILT_PC, AT_IDENTITY + 32);
	refused(id, COVE_ERR_INVALID_PARAM, BUILT_PC, HOST_POOL);
	/* Not with measured pages half added. */
	assert_int_equal(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA, BUILT_SIZE), 0);
	assert_int_equal(ERROR(ADD_PAGE_TABLE_PAGES, id, at + PART_TABLES, 4), 0);
	assert_int_equal(ERROR(ADD_MEASURED_PAGES, id, AT_IMAGE, at + PART_ZERO, COVE_PAGE_4K,
			       100, BUILT_GPA), COVE_ERR_AGAIN);
	refused(id, COVE_ERR_INVALID_STATE, BUILT_PC, 0);
	assert_int_equal(ERROR(ADD_MEASURED_PAGES, id, AT_IMAGE, at + PART_ZERO, COVE_PAGE_4K,
			       100, BUILT_GPA), 0);

	assert_false(tvm->identified);
	memset(host_ram(AT_IDENTITY), 0x77, COVE_IDENTITY_SIZE);
	assert_int_equal(ERROR(FINALIZE_TVM, id, BUILT_PC, BUILT_ARG, AT_IDENTITY), 0);
	assert_int_equal(tvm_state(tvm), TVM_RUNNABLE);
	assert_true(tvm->identified);
	assert_memory_equal(tvm->identity, host_ram(AT_IDENTITY), COVE_IDENTITY_SIZE);
	assert_int_equal(tvm->vcpu[0]->pc, BUILT_PC);
	assert_int_equal(tvm->vcpu[0]->gpr[11], BUILT_ARG);
	assert_int_equal(vcpu_state(tvm->vcpu[0]), VCPU_STARTED);
	assert_int_equal(vcpu_state(tvm->vcpu[1]), VCPU_STOPPED);
}

/* All that was given, in this order, and nothing else. */
static void what_is_measured(void **state)
{
	const uint64_t region[] = { BUILT_GPA, BUILT_SIZE };
	const uint64_t entry[] = { BUILT_PC, BUILT_ARG };
	const uint64_t ids[] = { 0, 5 };
	struct measure expected;
	uint64_t id, i;

	memset(host_ram(AT_IMAGE), 0x5a, BUILT_IMAGE * PAGE_BYTES);
	measure_init(&expected);
	measure_config(&expected, MEASURE_CONFIG_REGION, region, 2);
	for (i = 0; i < BUILT_IMAGE; i++)
		measure_page(&expected, BUILT_GPA + i * PAGE_BYTES, host_ram(AT_IMAGE));
	measure_config(&expected, MEASURE_CONFIG_VCPU, &ids[0], 1);
	measure_config(&expected, MEASURE_CONFIG_VCPU, &ids[1], 1);
	measure_config(&expected, MEASURE_CONFIG_ENTRY, entry, 2);
	id = finish(build(0));
	assert_memory_equal(&look_at(id)->measure, &expected, sizeof(expected));
	/* The identity isn't. */
	id = build(1);
	assert_int_equal(ERROR(FINALIZE_TVM, id, BUILT_PC, BUILT_ARG, AT_IDENTITY), 0);
	assert_memory_equal(&look_at(id)->measure, &expected, sizeof(expected));
}

/* A TVM whose tables, state and zero pages the pool gives. */
static void from_the_pool(void **state)
{
	uint64_t free = free_pages(), id, calls;
	struct tvm *tvm;

	assert_int_equal(create(0, NAMED), 0);
	id = COVH(LIST_TVMS, 0).value;
	tvm = look_at(id);
	assert_int_equal(tvm->quota.used, 4);
	destroy(id);
	assert_int_equal(create(0, 0), 0);
	id = COVH(LIST_TVMS, 0).value;
	tvm = look_at(id);
	assert_int_equal(tvm->quota.used, 5);
	assert_int_equal(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA, BUILT_SIZE), 0);
	assert_true(tvm->quota.limit >= BUILT_SIZE / PAGE_BYTES + 16);
	assert_int_equal(ERROR(CREATE_VCPU, id, 0, 0), 0);
	assert_int_equal(ERROR(ADD_MEASURED_PAGES, id, AT_IMAGE, NAMED + PART_IMAGE, COVE_PAGE_4K,
			       1, BUILT_GPA), 0);
	finish(id);
	assert_int_equal(memory_fault(tvm, BUILT_GPA + 4 * MIB, false), 0);
	assert_true(tvm->quota.used > 512);
	for (calls = 0; calls < 16; calls++)
		assert_int_equal(memory_fault(tvm, BUILT_GPA + calls * 2 * MIB, false), 0);
	assert_true(destroy(id) < 10);
	while (pool_scrub(512))
		;
	assert_int_equal(free_pages(), free);
}

/* Ids that are none, or not any more. */
static void ids(void **state)
{
	static const uint8_t with_id[] = {
		COVE_COVH_FINALIZE_TVM, COVE_COVH_DESTROY_TVM, COVE_COVH_ADD_MEMORY_REGION,
		COVE_COVH_ADD_PAGE_TABLE_PAGES, COVE_COVH_ADD_MEASURED_PAGES,
		COVE_COVH_ADD_ZERO_PAGES, COVE_COVH_ADD_SHARED_PAGES, COVE_COVH_CREATE_VCPU,
		COVE_COVH_RUN_VCPU, COVE_COVH_TVM_FENCE, COVE_COVH_INVALIDATE_PAGES,
		COVE_COVH_VALIDATE_PAGES, COVE_COVH_REMOVE_PAGES,
	};
	uint64_t id = build(0), gone = build(1);
	struct tvm *tvm = look_at(id);
	unsigned int i;

	destroy(gone);
	for (i = 0; i < ARRAY_SIZE(with_id); i++) {
		assert_int_equal(call(COVE_EXT_COVH, with_id[i], gone).error,
				 COVE_ERR_INVALID_PARAM);
		assert_int_equal(call(COVE_EXT_COVH, with_id[i], id + TVM_MAX).error,
				 COVE_ERR_INVALID_PARAM);
		assert_int_equal(call(COVE_EXT_COVH, with_id[i], id | 1ULL << 32).error,
				 COVE_ERR_INVALID_PARAM);
		assert_int_equal(call(COVE_EXT_COVH, with_id[i], ~0ULL).error,
				 COVE_ERR_INVALID_PARAM);
		/* Another hart is at it. */
		assert_true(lock_try(&tvm->lock));
		assert_int_equal(call(COVE_EXT_COVH, with_id[i], id).error, COVE_ERR_AGAIN);
		lock_drop(&tvm->lock);
	}
	finish(id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_offered),
		TEST(the_word_in_a6),
		TEST(domains),
		TEST(shared_memory_and_no_feature),
		TEST(what_the_tsm_says_of_itself),
		TEST(pages_and_fences),
		TEST(creating),
		TEST(creating_too_many),
		TEST(creating_without_memory),
		TEST(regions),
		TEST(vcpus),
		TEST(finalizing),
		TEST(what_is_measured),
		TEST(from_the_pool),
		TEST(ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
