// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every function of COVH, by a host that gets its arguments wrong, and right.
 * What a TVM does then is in life.c.
 */

#include "tvm.h"

static struct cove_tvm_create_params params;

/* What no call may be given for the host's memory. */
static void not_the_hosts(const char *what, uint64_t address)
{
	report(ERROR(GET_TSM_INFO, address, 96) == COVE_ERR_INVALID_ADDRESS,
	       "info is not written to %s", what);
	report(ERROR(CREATE_TVM, address, sizeof(params)) == COVE_ERR_INVALID_ADDRESS,
	       "no TVM is created by %s", what);
	report(sbi3(COVE_EXT_NACL, COVE_NACL_SET_SHMEM, address & ~(PAGE - 1), 0, 0).error ==
	       COVE_ERR_INVALID_ADDRESS, "no memory is shared with %s", what);
}

static void test_addresses(void)
{
	not_the_hosts("the pool", pool.base + pool.size / 2);
	not_the_hosts("the firmware", 0x80000000);
	not_the_hosts("a device", 0x10000000);
	not_the_hosts("nothing at all", 0x40000000);
	not_the_hosts("what is behind all memory", ~0UL << 12);
	not_the_hosts("what reaches into the pool", pool.base - 8);
}

static void test_info(void)
{
	static struct {
		struct cove_tsm_info info;
		struct cove_tsm_vendor_info vendor;
	} all;
	struct sbi_ret ret = COVH(GET_TSM_INFO, (unsigned long)&all, 47);

	report(ret.error == COVE_ERR_INVALID_PARAM && !all.info.impl_id,
	       "info needs all of its buffer");
	ret = COVH(GET_TSM_INFO, (unsigned long)&all, sizeof(all));
	report(!ret.error && ret.value == sizeof(all), "the TSM tells of itself");
	report(all.info.state == COVE_TSM_READY && all.info.impl_id == COVE_TSM_IMPL_ID,
	       "it is ready");
	report(all.vendor.pool_base == pool.base && all.vendor.pool_size == pool.size,
	       "its pool is that of the device tree");
	report(all.vendor.pool_free > pool.size / PAGE * 9 / 10, "which is free from the start");
	report(all.vendor.tvms == 0, "there are no TVMs");
	/* The runner knows what it should be. */
	print("# DMA protection is %u\n", all.vendor.dma_protection);
}

static void test_others(void)
{
	report(sbi1(SBI_BASE, 3, COVE_EXT_SUPD).value == 1 &&
	       sbi1(SBI_BASE, 3, COVE_EXT_NACL).value == 1, "BASE tells of SUPD and NACL");
	report(sbi0(COVE_EXT_SUPD, COVE_SUPD_GET_ACTIVE_DOMAINS).value == 1,
	       "there is one domain");
	report(sbi0(COVE_EXT_SUPD, 1).error == COVE_ERR_NOT_SUPPORTED, "and one call about it");
	report(!sbi1(COVE_EXT_NACL, COVE_NACL_PROBE_FEATURE, 0).value, "NACL has no feature");
	report(sbi0(COVE_EXT_NACL, COVE_NACL_SYNC_CSR).error == COVE_ERR_NOT_SUPPORTED,
	       "and nothing to synchronize");
	report(sbi0(COVE_EXT_COVH, COVE_COVH_COUNT).error == COVE_ERR_NOT_SUPPORTED,
	       "COVH has no more functions");
	report(sbi0(COVE_EXT_COVH, COVE_COVH_LOCAL_FENCE | 1 << 16).error ==
	       COVE_ERR_INVALID_PARAM, "reserved bits are");
	report(sbi0(COVE_EXT_COVH, COVE_COVH_LOCAL_FENCE | 1UL << COVE_SDID_SHIFT).error ==
	       COVE_ERR_INVALID_PARAM, "no other domain is there");
	report(sbi0(COVE_EXT_COVG, 0).error == COVE_ERR_NOT_SUPPORTED, "COVG isn't for the host");
}

static void test_pages(void)
{
	uint64_t hpa = named_for(MAX_HARTS);

	report(ERROR(CONVERT_PAGES, hpa + 1, 1) == COVE_ERR_INVALID_ADDRESS &&
	       ERROR(CONVERT_PAGES, pool.base - PAGE, 1) == COVE_ERR_INVALID_ADDRESS &&
	       ERROR(CONVERT_PAGES, pool.base, 1) == COVE_ERR_INVALID_ADDRESS &&
	       ERROR(CONVERT_PAGES, pool.base + pool.size - PAGE, 1) == COVE_ERR_INVALID_ADDRESS,
	       "only what is free in the pool is converted");
	report(ERROR(CONVERT_PAGES, hpa, 0) == COVE_ERR_INVALID_PARAM &&
	       ERROR(CONVERT_PAGES, hpa, COVE_MAX_PAGES + 1) == COVE_ERR_INVALID_PARAM,
	       "neither none nor too many");
	report(name_all(), "pages are converted, and all harts fence");
	report(ERROR(CONVERT_PAGES, hpa, 1) == COVE_ERR_INVALID_ADDRESS, "once");
	report(ERROR(RECLAIM_PAGES, hpa, 0) == COVE_ERR_INVALID_PARAM &&
	       ERROR(RECLAIM_PAGES, pool.base, 1) == COVE_ERR_INVALID_ADDRESS &&
	       !ERROR(RECLAIM_PAGES, hpa, 1) && !ERROR(RECLAIM_PAGES, hpa, 1),
	       "pages are reclaimed");
	report(!ERROR(CONVERT_PAGES, hpa, 1) && !ERROR(GLOBAL_FENCE) &&
	       ERROR(RECLAIM_PAGES, hpa, 1) == COVE_ERR_INVALID_ADDRESS &&
	       ERROR(GLOBAL_FENCE) == COVE_ERR_ALREADY_STARTED,
	       "but not in the middle of a fence");
	fence_all();
}

static long create(uint64_t page_directory, uint64_t state)
{
	params = (struct cove_tvm_create_params){ page_directory, state };
	return ERROR(CREATE_TVM, (unsigned long)&params, sizeof(params));
}

static void test_create(void)
{
	uint64_t at = named_for(0), ram = (unsigned long)&params & ~(4 * PAGE - 1);

	report(ERROR(CREATE_TVM, (unsigned long)&params, 8) == COVE_ERR_INVALID_PARAM,
	       "a TVM's parameters have their size");
	report(create(at + PAGE, at) == COVE_ERR_INVALID_ADDRESS &&
	       create(at, at + 1) == COVE_ERR_INVALID_ADDRESS, "what they name is aligned,");
	report(create(at, at + PAGE) == COVE_ERR_INVALID_ADDRESS, "for one use alone,");
	report(create(ram, at) == COVE_ERR_INVALID_ADDRESS &&
	       create(at, ram) == COVE_ERR_INVALID_ADDRESS &&
	       create(pool.base, at) == COVE_ERR_INVALID_ADDRESS, "and converted");
	report(!COVH(LIST_TVMS, 0).value, "no TVM came of that");
}

static void test_building(void)
{
	uint64_t at = named_for(0), id = tvm_create(), image = tvm_image();

	report(id, "a TVM is created");
	report(COVH(LIST_TVMS, 0).value == (long)id && !COVH(LIST_TVMS, id).value,
	       "and is the only one");
	report(ERROR(ADD_MEMORY_REGION, id, GUEST + 1, PAGE) == COVE_ERR_INVALID_ADDRESS &&
	       ERROR(ADD_MEMORY_REGION, id, GUEST, 1) == COVE_ERR_INVALID_PARAM &&
	       ERROR(ADD_MEMORY_REGION, id, 1UL << 41, PAGE) == COVE_ERR_INVALID_ADDRESS &&
	       !ERROR(ADD_MEMORY_REGION, id, GUEST, GUEST_SIZE) &&
	       ERROR(ADD_MEMORY_REGION, id, GUEST + PAGE, PAGE), "regions don't overlap");
	report(ERROR(ADD_MEASURED_PAGES, id, image, at + PART_IMAGE, COVE_PAGE_4K, 1, GUEST) ==
	       COVE_ERR_OUT_OF_PTPAGES, "pages take tables");
	report(ERROR(ADD_PAGE_TABLE_PAGES, id, image, 1) == COVE_ERR_INVALID_ADDRESS &&
	       ERROR(ADD_PAGE_TABLE_PAGES, id, at + PART_TABLES, 0) == COVE_ERR_INVALID_PARAM &&
	       !ERROR(ADD_PAGE_TABLE_PAGES, id, at + PART_TABLES, 4), "which the host gives");
	report(ERROR(ADD_MEASURED_PAGES, id, pool.base, at + PART_IMAGE, COVE_PAGE_4K, 1, GUEST) ==
	       COVE_ERR_INVALID_ADDRESS &&
	       ERROR(ADD_MEASURED_PAGES, id, image, image, COVE_PAGE_4K, 1, GUEST) ==
	       COVE_ERR_INVALID_ADDRESS &&
	       ERROR(ADD_MEASURED_PAGES, id, image, at + PART_IMAGE, 3, 1, GUEST) ==
	       COVE_ERR_INVALID_PARAM &&
	       ERROR(ADD_MEASURED_PAGES, id, image, at + PART_IMAGE, COVE_PAGE_4K, 1,
		     GUEST - PAGE) == COVE_ERR_INVALID_ADDRESS, "measured pages go from the host to the pool");
	report(!ERROR(ADD_MEASURED_PAGES, id, image, at + PART_IMAGE, COVE_PAGE_4K, 1, GUEST) &&
	       ERROR(ADD_MEASURED_PAGES, id, image, at + PART_IMAGE, COVE_PAGE_4K, 1,
		     GUEST + PAGE) == COVE_ERR_INVALID_ADDRESS, "once each");
	report(ERROR(FINALIZE_TVM, id, GUEST, 0, 0) == COVE_ERR_INVALID_STATE,
	       "a TVM needs a vCPU");
	report(ERROR(CREATE_VCPU, id, 64, at + PART_VCPUS) == COVE_ERR_INVALID_PARAM &&
	       ERROR(CREATE_VCPU, id, 0, image) == COVE_ERR_INVALID_ADDRESS &&
	       !ERROR(CREATE_VCPU, id, 0, at + PART_VCPUS) &&
	       ERROR(CREATE_VCPU, id, 0, at + PART_VCPUS + PAGE) == COVE_ERR_INVALID_PARAM,
	       "of a number, and in a page of its own");
	report(ERROR(RUN_VCPU, id, 0) == COVE_ERR_INVALID_PARAM &&
	       ERROR(ADD_ZERO_PAGES, id, at + PART_ZERO, COVE_PAGE_4K, 1, GUEST + PAGE) ==
	       COVE_ERR_INVALID_PARAM && ERROR(TVM_FENCE, id) == COVE_ERR_INVALID_PARAM,
	       "what is not finalized does not run");
	report(ERROR(FINALIZE_TVM, id, GUEST + 1, 0, 0) == COVE_ERR_INVALID_PARAM &&
	       ERROR(FINALIZE_TVM, id, GUEST, 0, pool.base) == COVE_ERR_INVALID_PARAM &&
	       !ERROR(FINALIZE_TVM, id, GUEST, 0, 0), "a TVM is finalized");
	report(ERROR(FINALIZE_TVM, id, GUEST, 0, 0) == COVE_ERR_INVALID_PARAM &&
	       ERROR(CREATE_VCPU, id, 1, at + PART_VCPUS + PAGE) == COVE_ERR_INVALID_PARAM &&
	       ERROR(ADD_MEMORY_REGION, id, 0, PAGE) == COVE_ERR_INVALID_PARAM &&
	       ERROR(ADD_MEASURED_PAGES, id, image, at + PART_ZERO, COVE_PAGE_4K, 1, GUEST + PAGE)
	       == COVE_ERR_INVALID_PARAM, "and then is as it is");
}

static void test_changing(void)
{
	uint64_t at = named_for(0), id = COVH(LIST_TVMS, 0).value, gpa = GUEST + PAGE;

	report(ERROR(ADD_ZERO_PAGES, id, at + PART_IMAGE, COVE_PAGE_4K, 1, gpa) ==
	       COVE_ERR_INVALID_ADDRESS &&
	       ERROR(ADD_ZERO_PAGES, id, at + PART_ZERO, COVE_PAGE_1G, 1, gpa) ==
	       COVE_ERR_INVALID_PARAM &&
	       !ERROR(ADD_ZERO_PAGES, id, at + PART_ZERO, COVE_PAGE_4K, 2, gpa) &&
	       ERROR(ADD_ZERO_PAGES, id, at + PART_ZERO + 2 * PAGE, COVE_PAGE_4K, 1, gpa) ==
	       COVE_ERR_INVALID_ADDRESS, "zero pages are added where there are none");
	report(ERROR(ADD_SHARED_PAGES, id, tvm_image(), COVE_PAGE_4K, 1, GUEST + 4 * PAGE) ==
	       COVE_ERR_INVALID_ADDRESS, "shared ones only where the guest wants them");
	report(ERROR(RECLAIM_PAGES, at + PART_ZERO, 1) == COVE_ERR_INVALID_ADDRESS,
	       "what is in use is not reclaimed");
	report(ERROR(INVALIDATE_PAGES, id, gpa + 1, PAGE) == COVE_ERR_INVALID_ADDRESS &&
	       ERROR(INVALIDATE_PAGES, id, gpa, 0) == COVE_ERR_INVALID_PARAM &&
	       ERROR(INVALIDATE_PAGES, id, gpa, 3 * PAGE) == COVE_ERR_INVALID_ADDRESS &&
	       ERROR(VALIDATE_PAGES, id, gpa, PAGE) == COVE_ERR_INVALID_ADDRESS &&
	       !ERROR(INVALIDATE_PAGES, id, gpa, 2 * PAGE) &&
	       ERROR(INVALIDATE_PAGES, id, gpa, PAGE) == COVE_ERR_INVALID_ADDRESS,
	       "pages are invalidated");
	report(!ERROR(TVM_FENCE, id), "and fenced");
	report(ERROR(REMOVE_PAGES, id, gpa, PAGE) == COVE_ERR_INVALID_ADDRESS,
	       "the guest's own are not removed");
	report(!ERROR(VALIDATE_PAGES, id, gpa, 2 * PAGE), "but are valid again");
}

static void test_end(void)
{
	uint64_t id = COVH(LIST_TVMS, 0).value, at = named_for(0);

	report(ERROR(DESTROY_TVM, id + 64) == COVE_ERR_INVALID_PARAM &&
	       ERROR(DESTROY_TVM, 0) == COVE_ERR_INVALID_PARAM &&
	       ERROR(DESTROY_TVM, ~0UL) == COVE_ERR_INVALID_PARAM, "what is not there stays so");
	report(tvm_gone(id), "a TVM is destroyed");
	report(!COVH(LIST_TVMS, 0).value, "and listed no more");
	report(!COVH_ALL(RECLAIM_PAGES, at, 512).error && !COVH_ALL(CONVERT_PAGES, at, 512).error,
	       "its pages can be had again");
	fence_all();
}

/**
 * test_calls() - each function of COVH, SUPD and NACL
 */
void test_calls(void)
{
	test_info();
	test_addresses();
	test_others();
	test_pages();
	test_create();
	test_building();
	test_changing();
	test_end();
}
