// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that change a TVM's memory: what each refuses, that a refused one
 * changed nothing, and what an accepted one gives.
 */

#include "unit.h"
#include "host.h"
#include "tvm.h"

#include <cove/abi.h>
#include <cove/covh.h>

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)
#define POOL	(256 * MIB)

/* Private memory, and pages that the host has named. */
#define PRIVATE	GIB
#define SIZE	(256 * MIB)
#define NAMED	(HOST_POOL + 128 * MIB)
#define NAMES	16384

static struct tvm tvm;
static struct region_map regions;

static void name(uint64_t hpa, uint64_t count)
{
	assert_int_equal(pool_convert(hpa, count), 0);
	assert_int_equal(pool_global_fence(), 0);
	pool_local_fence();
}

static void start_with(bool donated)
{
	struct claim claim;

	host_start(POOL, 3 * GIB);
	assert_int_equal(pool_init(HOST_POOL, POOL), 0);
	while (pool_scrub(512))
		;
	memset(&tvm, 0, sizeof(tvm));
	memset(&regions, 0, sizeof(regions));
	tvm.regions = &regions;
	tvm.quota = (struct quota){ .owner = 1, .limit = 20000 };
	assert_int_equal(page_alloc(&tvm.quota, PAGE_16K, &claim), 0);
	gstage_init(&tvm.gstage, &tvm.quota, &claim, donated);
	assert_int_equal(region_add(&regions, PRIVATE, SIZE, REGION_PRIVATE), 0);
	name(NAMED, NAMES);
}

static int start(void **state)
{
	start_with(false);
	return 0;
}

static int start_donated(void **state)
{
	start_with(true);
	assert_int_equal(memory_add_tables(&tvm, NAMED + (NAMES - 64) * PAGE_BYTES, 64), 0);
	return 0;
}

static int stop(void **state)
{
	while (!memory_release(&tvm, 100))
		;
	assert_int_equal(tvm.quota.used, 0);
	host_stop();
	return 0;
}

static uint32_t kind_at(uint64_t gpa)
{
	struct gstage_leaf leaf;

	gstage_find(&tvm.gstage, gpa, &leaf);
	return leaf.kind;
}

static enum page_state state_of(uint64_t hpa)
{
	struct page_info info;

	assert_true(page_find(hpa, &info));
	return info.state;
}

static void fence(void)
{
	assert_int_equal(gstage_fence(&tvm.gstage), 0);
}

static void share(uint64_t gpa, uint64_t len)
{
	assert_int_equal(memory_share(&tvm, gpa, len), 0);
	assert_true(memory_settle(&tvm));
}

static void tables(void **state)
{
	assert_int_equal(memory_add_tables(&tvm, NAMED, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(memory_add_tables(&tvm, NAMED, (1ULL << 32) + 1),
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(memory_add_tables(&tvm, NAMED - PAGE_BYTES, 1),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_add_tables(&tvm, HOST_RAM, 1), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_add_tables(&tvm, NAMED, 2), 0);
	assert_int_equal(memory_add_tables(&tvm, NAMED + PAGE_BYTES, 1),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(state_of(NAMED), PAGE_TABLE);
}

/* What all calls refuse that map pages; @add is one of them. */
static void refused_by(int (*add)(uint64_t hpa, uint64_t type, uint64_t count, uint64_t gpa),
		       uint64_t hpa, uint64_t gpa)
{
	assert_int_equal(add(hpa, 3, 1, gpa), COVE_ERR_INVALID_PARAM);
	assert_int_equal(add(hpa, ~0ULL, 1, gpa), COVE_ERR_INVALID_PARAM);
	assert_int_equal(add(hpa, COVE_PAGE_4K, 0, gpa), COVE_ERR_INVALID_PARAM);
	assert_int_equal(add(hpa, COVE_PAGE_4K, COVE_MAX_PAGES + 1, gpa),
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(add(hpa, COVE_PAGE_2M, 33, gpa), COVE_ERR_INVALID_PARAM);
	assert_int_equal(add(hpa + 8, COVE_PAGE_4K, 1, gpa), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(add(hpa, COVE_PAGE_4K, 1, gpa + 8), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(add(hpa + PAGE_BYTES, COVE_PAGE_2M, 1, gpa), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(add(hpa, COVE_PAGE_2M, 1, gpa + PAGE_BYTES), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(add(hpa, COVE_PAGE_4K, 1, PRIVATE - PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(add(hpa, COVE_PAGE_4K, 2, PRIVATE + SIZE - PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(add(HOST_FIRMWARE, COVE_PAGE_4K, 1, gpa), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(add(HOST_POOL, COVE_PAGE_4K, 1, gpa), COVE_ERR_INVALID_ADDRESS);
	/* A free page, which the host hasn't named. */
	assert_int_equal(add(HOST_POOL + 64 * MIB, COVE_PAGE_4K, 1, gpa),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(kind_at(gpa), 0);
}

static int zero(uint64_t hpa, uint64_t type, uint64_t count, uint64_t gpa)
{
	return memory_add_zero(&tvm, hpa, type, count, gpa);
}

static void zero_pages(void **state)
{
	refused_by(zero, NAMED, PRIVATE);
	assert_int_equal(zero(HOST_RAM, COVE_PAGE_4K, 1, PRIVATE), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(zero(NAMED, COVE_PAGE_1G, 1, PRIVATE), COVE_ERR_INVALID_PARAM);
	assert_int_equal(zero(NAMED + (NAMES - 1) * PAGE_BYTES, COVE_PAGE_4K, 2, PRIVATE),
			 COVE_ERR_INVALID_ADDRESS);

	assert_int_equal(zero(NAMED, COVE_PAGE_4K, 3, PRIVATE), 0);
	assert_int_equal(kind_at(PRIVATE + 2 * PAGE_BYTES), GSTAGE_PRIVATE);
	assert_int_equal(state_of(NAMED + 2 * PAGE_BYTES), PAGE_DATA);
	/* Twice the page, twice the place. */
	assert_int_equal(zero(NAMED, COVE_PAGE_4K, 1, PRIVATE + MIB), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(zero(NAMED + MIB, COVE_PAGE_4K, 1, PRIVATE), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(state_of(NAMED + MIB), PAGE_UNASSIGNED);
	assert_int_equal(zero(NAMED + 2 * MIB, COVE_PAGE_2M, 2, PRIVATE + 2 * MIB), 0);
	assert_int_equal(kind_at(PRIVATE + 6 * MIB - 1), GSTAGE_PRIVATE);
	share(PRIVATE + 8 * MIB, MIB);
	assert_int_equal(zero(NAMED + MIB, COVE_PAGE_4K, 1, PRIVATE + 8 * MIB),
			 COVE_ERR_INVALID_ADDRESS);
}

static void no_tables_no_pages(void **state)
{
	host_stop();
	start_with(true);
	assert_int_equal(zero(NAMED, COVE_PAGE_4K, 1, PRIVATE), COVE_ERR_OUT_OF_PTPAGES);
	assert_int_equal(state_of(NAMED), PAGE_UNASSIGNED);
	assert_int_equal(memory_add_tables(&tvm, NAMED + MIB, 2), 0);
	assert_int_equal(zero(NAMED, COVE_PAGE_4K, 1, PRIVATE), 0);
}

static int shared(uint64_t hpa, uint64_t type, uint64_t count, uint64_t gpa)
{
	return memory_add_shared(&tvm, hpa, type, count, gpa);
}

static void shared_pages(void **state)
{
	const uint64_t hpa = 0xc0000000;

	assert_int_equal(shared(hpa, COVE_PAGE_4K, 1, PRIVATE), COVE_ERR_INVALID_ADDRESS);
	share(PRIVATE, 64 * MIB);
	refused_by(shared, hpa, PRIVATE);
	assert_int_equal(shared(NAMED, COVE_PAGE_4K, 1, PRIVATE), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(shared(HOST_RAM + 3 * GIB - PAGE_BYTES, COVE_PAGE_4K, 2, PRIVATE),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(shared(hpa, COVE_PAGE_1G, 1, PRIVATE), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(shared(hpa, COVE_PAGE_4K, 2, PRIVATE), 0);
	assert_int_equal(shared(hpa, COVE_PAGE_4K, 1, PRIVATE + PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(shared(hpa, COVE_PAGE_2M, 2, PRIVATE + 2 * MIB), 0);
	assert_int_equal(kind_at(PRIVATE + PAGE_BYTES), GSTAGE_SHARED);
	assert_int_equal(kind_at(PRIVATE + 6 * MIB - 1), GSTAGE_SHARED);
	/* Behind what is shared is what isn't. */
	assert_int_equal(shared(hpa, COVE_PAGE_4K, 2, PRIVATE + 64 * MIB - PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
}

static void fill(uint64_t hpa, uint64_t pages)
{
	uint64_t *word = host_ram(hpa), i;

	for (i = 0; i < pages * 512; i++)
		word[i] = i * 0x9e3779b97f4a7c15ULL;
}

static int measured(uint64_t hpa, uint64_t type, uint64_t count, uint64_t gpa)
{
	return memory_add_measured(&tvm, HOST_RAM + MIB, hpa, type, count, gpa);
}

static void measured_pages(void **state)
{
	const uint64_t from = HOST_RAM + MIB;
	struct measure expected;
	struct gstage_leaf leaf;
	unsigned int i, calls = 1;
	int err;

	refused_by(measured, NAMED, PRIVATE);
	assert_int_equal(memory_add_measured(&tvm, from + 1, NAMED, COVE_PAGE_4K, 1, PRIVATE),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_add_measured(&tvm, HOST_POOL, NAMED, COVE_PAGE_4K, 1, PRIVATE),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_add_measured(&tvm, HOST_RAM + 3 * GIB - PAGE_BYTES, NAMED,
					     COVE_PAGE_4K, 2, PRIVATE),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(measured(NAMED, COVE_PAGE_1G, 1, PRIVATE), COVE_ERR_INVALID_PARAM);
	measure_init(&expected);
	assert_memory_equal(&tvm.measure, &expected, sizeof(expected));

	fill(from, 512);
	for (i = 0; i < 512; i++)
		measure_page(&expected, PRIVATE + 2 * MIB + i * PAGE_BYTES,
			     host_ram(from + i * PAGE_BYTES));
	for (i = 0; i < 3; i++)
		measure_page(&expected, PRIVATE + i * PAGE_BYTES,
			     host_ram(from + i * PAGE_BYTES));
	assert_int_equal(measured(NAMED + 2 * MIB, COVE_PAGE_2M, 1, PRIVATE + 2 * MIB),
			 COVE_ERR_AGAIN);
	/* Half done, it is this call or none. */
	assert_int_equal(measured(NAMED, COVE_PAGE_4K, 1, PRIVATE), COVE_ERR_INVALID_STATE);
	assert_int_equal(measured(NAMED + 2 * MIB, COVE_PAGE_2M, 1, PRIVATE + 4 * MIB),
			 COVE_ERR_INVALID_STATE);
	do {
		err = measured(NAMED + 2 * MIB, COVE_PAGE_2M, 1, PRIVATE + 2 * MIB);
		calls++;
	} while (err == COVE_ERR_AGAIN);
	assert_int_equal(err, 0);
	assert_int_equal(calls, 8);
	assert_int_equal(measured(NAMED, COVE_PAGE_4K, 3, PRIVATE), 0);
	assert_memory_equal(&tvm.measure, &expected, sizeof(expected));
	gstage_find(&tvm.gstage, PRIVATE + 2 * MIB, &leaf);
	assert_int_equal(leaf.size, PAGE_2M);
	assert_memory_equal(hart_pool(leaf.hpa), host_ram(from), 2 * MIB);
	assert_int_equal(measured(NAMED + MIB, COVE_PAGE_4K, 1, PRIVATE),
			 COVE_ERR_INVALID_ADDRESS);

	/* Given up half way, by the end of the TVM. */
	assert_int_equal(measured(NAMED + 8 * MIB, COVE_PAGE_4K, 200, PRIVATE + 8 * MIB),
			 COVE_ERR_AGAIN);
	while (!memory_release(&tvm, 50))
		;
	while (pool_scrub(512))
		;
	for (i = 0; i < NAMES; i++)
		assert_int_equal(state_of(NAMED + i * PAGE_BYTES), PAGE_UNASSIGNED);
}

static void invalidate_validate_remove(void **state)
{
	static int (*const call[])(struct tvm *tvm, uint64_t gpa, uint64_t len) = {
		memory_invalidate, memory_validate, memory_remove,
	};
	unsigned int i;

	share(PRIVATE, 64 * MIB);
	assert_int_equal(shared(0xc0000000, COVE_PAGE_2M, 2, PRIVATE), 0);
	assert_int_equal(zero(NAMED, COVE_PAGE_4K, 4, PRIVATE + 64 * MIB), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(call[i](&tvm, PRIVATE + 1, PAGE_BYTES),
				 COVE_ERR_INVALID_ADDRESS);
		assert_int_equal(call[i](&tvm, GSTAGE_END, PAGE_BYTES),
				 COVE_ERR_INVALID_ADDRESS);
		assert_int_equal(call[i](&tvm, PRIVATE, 0), COVE_ERR_INVALID_PARAM);
		assert_int_equal(call[i](&tvm, PRIVATE, 7), COVE_ERR_INVALID_PARAM);
		assert_int_equal(call[i](&tvm, PRIVATE, 64 * MIB + PAGE_BYTES),
				 COVE_ERR_INVALID_PARAM);
		assert_int_equal(call[i](&tvm, GSTAGE_END - PAGE_BYTES, 2 * PAGE_BYTES),
				 COVE_ERR_INVALID_PARAM);
		/* Not all of it is there. */
		assert_int_equal(call[i](&tvm, PRIVATE, 6 * MIB), COVE_ERR_INVALID_ADDRESS);
	}
	assert_int_equal(memory_validate(&tvm, PRIVATE, MIB), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_remove(&tvm, PRIVATE, MIB), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_invalidate(&tvm, PRIVATE, MIB), 0);
	assert_int_equal(memory_invalidate(&tvm, PRIVATE, MIB), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(kind_at(PRIVATE), GSTAGE_SHARED | GSTAGE_BLOCKED);
	assert_int_equal(kind_at(PRIVATE + MIB), GSTAGE_SHARED);
	assert_int_equal(memory_validate(&tvm, PRIVATE, MIB), 0);
	assert_int_equal(kind_at(PRIVATE), GSTAGE_SHARED);
	assert_int_equal(memory_invalidate(&tvm, PRIVATE, MIB), 0);
	assert_int_equal(memory_remove(&tvm, PRIVATE, MIB), COVE_ERR_INVALID_ADDRESS);
	fence();
	assert_int_equal(memory_remove(&tvm, PRIVATE, MIB), 0);
	assert_int_equal(kind_at(PRIVATE), 0);

	/* The guest's own: invalidated, but never removed. */
	assert_int_equal(memory_invalidate(&tvm, PRIVATE + 64 * MIB, 4 * PAGE_BYTES), 0);
	fence();
	assert_int_equal(memory_remove(&tvm, PRIVATE + 64 * MIB, 4 * PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_validate(&tvm, PRIVATE + 64 * MIB, 4 * PAGE_BYTES), 0);
}

/* Both calls need a table for a part of a page: none, and nothing happens. */
static void parts_of_pages_without_tables(void **state)
{
	uint64_t gpa = PRIVATE + 2 * MIB;

	host_stop();
	start_with(true);
	assert_int_equal(memory_add_tables(&tvm, NAMED, 1), 0);
	assert_int_equal(zero(NAMED + 2 * MIB, COVE_PAGE_2M, 1, gpa), 0);
	assert_int_equal(memory_invalidate(&tvm, gpa, MIB), COVE_ERR_OUT_OF_PTPAGES);
	assert_int_equal(memory_share(&tvm, gpa, MIB), COVE_ERR_OUT_OF_PTPAGES);
	assert_int_equal(region_at(&regions, gpa), REGION_PRIVATE);
	assert_int_equal(memory_invalidate(&tvm, gpa, 2 * MIB), 0);
	assert_int_equal(memory_validate(&tvm, gpa, MIB), COVE_ERR_OUT_OF_PTPAGES);
	assert_int_equal(memory_remove(&tvm, gpa, MIB), COVE_ERR_OUT_OF_PTPAGES);
}

static void share_and_unshare(void **state)
{
	uint64_t gpa = PRIVATE + MIB;
	uint32_t other;
	uint64_t word = 42;

	assert_int_equal(memory_share(&tvm, gpa + 1, PAGE_BYTES), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_share(&tvm, gpa, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(memory_share(&tvm, gpa, 64 * MIB + PAGE_BYTES), COVE_ERR_INVALID_PARAM);
	assert_int_equal(memory_share(&tvm, gpa, ~0ULL << 12), COVE_ERR_INVALID_PARAM);
	assert_int_equal(memory_share(&tvm, PRIVATE + SIZE, PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_unshare(&tvm, gpa, PAGE_BYTES), COVE_ERR_INVALID_ADDRESS);
	assert_true(memory_settle(&tvm));

	/* A part of a page of 2 MiB, while another vCPU runs. */
	assert_int_equal(memory_write(&tvm, gpa, &word, sizeof(word)), 0);
	assert_int_equal(memory_share(&tvm, gpa + 8, PAGE_BYTES), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_share(&tvm, gpa, 2 * PAGE_BYTES - 8), COVE_ERR_INVALID_PARAM);
	other = gstage_enter(&tvm.gstage);
	assert_int_equal(memory_share(&tvm, gpa, PAGE_BYTES), 0);
	assert_int_equal(kind_at(gpa), GSTAGE_PRIVATE | GSTAGE_BLOCKED);
	assert_int_equal(kind_at(gpa - 1), GSTAGE_PRIVATE);
	assert_int_equal(kind_at(gpa + PAGE_BYTES), GSTAGE_PRIVATE);
	assert_false(memory_settle(&tvm));
	assert_int_equal(memory_share(&tvm, gpa + MIB, PAGE_BYTES), COVE_ERR_AGAIN);
	/* Meanwhile: no page there, and no way back. */
	assert_int_equal(shared(HOST_RAM, COVE_PAGE_4K, 1, gpa), COVE_ERR_AGAIN);
	assert_int_equal(memory_validate(&tvm, gpa, PAGE_BYTES), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_fault(&tvm, gpa, false), COVE_ERR_AGAIN);
	gstage_leave(&tvm.gstage, other);
	assert_true(memory_settle(&tvm));
	assert_int_equal(kind_at(gpa), 0);
	assert_int_equal(shared(HOST_RAM, COVE_PAGE_4K, 1, gpa), 0);
	assert_int_equal(memory_read(&tvm, &word, gpa, 8), COVE_ERR_INVALID_ADDRESS);

	/* Back: zero, and the host's page is out. */
	other = gstage_enter(&tvm.gstage);
	assert_int_equal(memory_unshare(&tvm, gpa, PAGE_BYTES), 0);
	assert_false(memory_settle(&tvm));
	assert_int_equal(memory_fault(&tvm, gpa, false), COVE_ERR_AGAIN);
	assert_int_equal(memory_read(&tvm, &word, gpa, 8), COVE_ERR_INVALID_ADDRESS);
	gstage_leave(&tvm.gstage, other);
	assert_true(memory_settle(&tvm));
	assert_int_equal(memory_read(&tvm, &word, gpa, 8), 0);
	assert_int_equal(word, 0);
}

/* A fence of the host's, begun before, isn't taken for the guest's. */
static void a_fence_that_came_too_early(void **state)
{
	uint32_t one, two;

	assert_int_equal(memory_fault(&tvm, PRIVATE, false), 0);
	one = gstage_enter(&tvm.gstage);
	fence();
	two = gstage_enter(&tvm.gstage);
	assert_int_equal(memory_share(&tvm, PRIVATE, PAGE_BYTES), 0);
	assert_false(memory_settle(&tvm));
	gstage_leave(&tvm.gstage, one);
	/* That one was over; now the guest's begins, for the other vCPU. */
	assert_false(memory_settle(&tvm));
	gstage_leave(&tvm.gstage, two);
	assert_true(memory_settle(&tvm));
	/* Another change, of what has no page, and with holes all around. */
	share(PRIVATE + 128 * MIB, 64 * MIB);
}

static void faults(void **state)
{
	struct gstage_leaf leaf;
	uint64_t fences;

	assert_int_equal(memory_fault(&tvm, PRIVATE - 1, false), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_fault(&tvm, ~0ULL, false), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_fault(&tvm, PRIVATE + 3 * MIB, true), 0);
	gstage_find(&tvm.gstage, PRIVATE + 3 * MIB, &leaf);
	assert_int_equal(leaf.size, PAGE_2M);
	/* The other vCPU, a moment later. */
	fences = host.fences;
	assert_int_equal(memory_fault(&tvm, PRIVATE + 3 * MIB, true), 0);
	assert_int_equal(host.fences, fences + 1);

	/* Invalidated by the host: that is the host's affair. */
	assert_int_equal(memory_invalidate(&tvm, PRIVATE + 2 * MIB, 2 * MIB), 0);
	assert_int_equal(memory_fault(&tvm, PRIVATE + 3 * MIB, false),
			 COVE_ERR_INVALID_ADDRESS);

	/* Shared pages aren't fetched from, mapped or not. */
	share(PRIVATE + 8 * MIB, PAGE_BYTES);
	assert_int_equal(memory_fault(&tvm, PRIVATE + 8 * MIB, true), COVE_ERR_DENIED);
	assert_int_equal(memory_fault(&tvm, PRIVATE + 8 * MIB, false),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(shared(HOST_RAM, COVE_PAGE_4K, 1, PRIVATE + 8 * MIB), 0);
	assert_int_equal(memory_fault(&tvm, PRIVATE + 8 * MIB, true), COVE_ERR_DENIED);
	/* Beside them there is no room for 2 MiB. */
	assert_int_equal(memory_fault(&tvm, PRIVATE + 9 * MIB, false), 0);
	gstage_find(&tvm.gstage, PRIVATE + 9 * MIB, &leaf);
	assert_int_equal(leaf.size, PAGE_4K);

	/* Nor when the quota doesn't allow; then for 4 KiB, then for none. */
	tvm.quota.limit = tvm.quota.used + 2;
	assert_int_equal(memory_fault(&tvm, PRIVATE + 16 * MIB, false), 0);
	gstage_find(&tvm.gstage, PRIVATE + 16 * MIB, &leaf);
	assert_int_equal(leaf.size, PAGE_4K);
	assert_int_equal(memory_fault(&tvm, PRIVATE + 17 * MIB, false),
			 COVE_ERR_OUT_OF_MEMORY);
	assert_int_equal(kind_at(PRIVATE + 17 * MIB), 0);
	assert_int_equal(memory_read(&tvm, &leaf, PRIVATE + 17 * MIB, 1),
			 COVE_ERR_OUT_OF_MEMORY);
}

/* One whose pages the host names gets none that the host hasn't. */
static void faults_of_the_other_kind(void **state)
{
	assert_int_equal(memory_fault(&tvm, PRIVATE, false), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(zero(NAMED, COVE_PAGE_4K, 1, PRIVATE), 0);
	assert_int_equal(memory_fault(&tvm, PRIVATE, false), 0);
	assert_int_equal(tvm.quota.used, 4);
}

static void reads_and_writes(void **state)
{
	uint8_t in[3 * PAGE_BYTES], out[3 * PAGE_BYTES] = {};
	uint64_t gpa = PRIVATE + 4 * MIB - PAGE_BYTES - 100;
	unsigned int i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = i % 251;
	assert_int_equal(memory_write(&tvm, gpa, in, sizeof(in)), 0);
	assert_int_equal(memory_read(&tvm, out, gpa, sizeof(out)), 0);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(memory_read(&tvm, out, gpa - 1, 2), 0);
	assert_int_equal(out[0], 0);
	assert_int_equal(out[1], 0);
	assert_int_equal(memory_read(&tvm, out, PRIVATE - 1, 2), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_read(&tvm, out, PRIVATE + SIZE - 1, 2),
			 COVE_ERR_INVALID_ADDRESS);
	/* All or nothing. */
	assert_int_equal(memory_write(&tvm, PRIVATE + SIZE - 2, in + 1, 3),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(memory_read(&tvm, out, PRIVATE + SIZE - 1, 1), 0);
	assert_int_equal(out[0], 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
#define TEST_DONATED(name) cmocka_unit_test_setup_teardown(name, start_donated, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tables),
		TEST_DONATED(zero_pages),
		TEST(no_tables_no_pages),
		TEST(shared_pages),
		TEST_DONATED(measured_pages),
		TEST(invalidate_validate_remove),
		TEST(parts_of_pages_without_tables),
		TEST(share_and_unshare),
		TEST(a_fence_that_came_too_early),
		TEST(faults),
		TEST_DONATED(faults_of_the_other_kind),
		TEST(reads_and_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
