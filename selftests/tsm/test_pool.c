// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool's allocator, and pages that the host names: what is refused, and
 * what is bounded.  What is permitted is in test_ownership.c.
 */

#include "unit.h"
#include "host.h"
#include "pool.h"

#include <cove/abi.h>
#include <cove/covh.h>

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)

static struct quota quota;

/* A pool where everything is dirty. */
static void boot(uint64_t size)
{
	host_start(size, MIB);
	host.online = 3;
	quota = (struct quota){ .owner = 1, .limit = ~0U };
	assert_int_equal(pool_init(HOST_POOL, size), 0);
}

static void scrub_all(void)
{
	while (pool_scrub(512))
		;
}

static void fence_all(void)
{
	assert_int_equal(pool_global_fence(), 0);
	for (host_hart = 0; host_hart < 2; host_hart++)
		pool_local_fence();
	host_hart = 0;
}

static enum page_state state_of(uint64_t hpa)
{
	struct page_info info;

	assert_true(page_find(hpa, &info));
	return info.state;
}

static uint64_t free_pages(void)
{
	struct pool_count count;

	pool_count(&count);
	return count.free;
}

static void pools_that_are_none(void **state)
{
	host_start(16 * MIB, MIB);
	assert_int_equal(pool_init(HOST_POOL, 2 * MIB), COVE_ERR_INVALID_PARAM);
	assert_int_equal(pool_init(HOST_POOL, 12 * MIB), COVE_ERR_INVALID_PARAM);
	assert_int_equal(pool_init(0, 8ULL << 40), COVE_ERR_INVALID_PARAM);
	assert_int_equal(pool_init(HOST_POOL + 8 * MIB, 16 * MIB), COVE_ERR_INVALID_PARAM);
	assert_int_equal(pool_init(HOST_POOL, 16 * MIB), 0);
}

static void where_the_pool_is(void **state)
{
	struct page_info info;

	boot(16 * MIB);
	assert_true(pool_has(HOST_POOL, 16 * MIB));
	assert_false(pool_has(HOST_POOL, 16 * MIB + 1));
	assert_false(pool_has(HOST_POOL - 1, 2));
	assert_true(pool_has(HOST_POOL + 16 * MIB - 1, 1));
	assert_false(pool_has(HOST_POOL + 16 * MIB, 1));
	assert_false(pool_has(HOST_POOL + 17 * MIB, 1));
	assert_false(pool_has(HOST_POOL + 1, ~0ULL));
	assert_false(page_find(HOST_POOL - 1, &info));
	assert_false(page_find(HOST_POOL + 16 * MIB, &info));
}

/* What an earlier boot left isn't given to anybody. */
static void nothing_is_free_before_it_is_scrubbed(void **state)
{
	unsigned int calls = 1;
	struct claim claim;

	boot(4 * MIB);
	memset(hart_pool(HOST_POOL + MIB), 0xff, 3 * MIB);
	assert_int_equal(free_pages(), 0);
	/* Who asks often enough will get it. */
	assert_int_equal(pool_convert(HOST_POOL + 2 * MIB, 1), COVE_ERR_AGAIN);
	while (pool_convert(HOST_POOL + 2 * MIB, 1) == COVE_ERR_AGAIN)
		assert_true(++calls < 100);
	scrub_all();
	/* Another hart is at it. */
	pool.page[page_head(1022)].state = PAGE_SCRUBBING;
	assert_int_equal(pool_convert(HOST_POOL + 4 * MIB - 2 * PAGE_BYTES, 1), COVE_ERR_AGAIN);
	pool.page[page_head(1022)].state = PAGE_FREE;
	while (!page_alloc(&quota, PAGE_4K, &claim)) {
		const uint64_t *word = hart_pool(claim.hpa);
		unsigned int i;

		for (i = 0; i < PAGE_BYTES / sizeof(*word); i++)
			assert_int_equal(word[i], 0);
	}
}

/* The firmware's mark is in the last page; it stays, whatever else is used. */
static void the_last_page_is_nobodys(void **state)
{
	uint64_t *mark = NULL;
	struct claim claim;

	boot(4 * MIB);
	mark = hart_pool(HOST_POOL + 4 * MIB - PAGE_BYTES);
	*mark = 0x1234;
	scrub_all();
	while (!page_alloc(&quota, PAGE_4K, &claim))
		assert_true(claim.hpa < HOST_POOL + 4 * MIB - PAGE_BYTES);
	assert_int_equal(*mark, 0x1234);
	assert_int_equal(state_of(HOST_POOL + 4 * MIB - PAGE_BYTES), PAGE_TSM);
}

/* Nothing is written, and all can be had at once: in the largest pages. */
static void zeros_that_are_there_already(void **state)
{
	uint64_t base, size, before, all;
	struct claim claim;

	boot(4 * GIB);
	pool_where(&base, &size);
	assert_int_equal(base, HOST_POOL);
	assert_int_equal(size, 4 * GIB);
	before = host.zeroed;
	pool_trust_zeros();
	assert_int_equal(host.zeroed, before);
	assert_false(pool_scrub(1));
	all = free_pages();
	assert_int_equal(page_alloc(&quota, PAGE_1G, &claim), 0);
	page_unclaim(&quota, &claim);

	boot(4 * GIB);
	scrub_all();
	assert_int_equal(free_pages(), all);
}

/* One call zeros what it was asked for, and 2 MiB more at most. */
static void scrubbing_is_bounded(void **state)
{
	uint64_t before;

	boot(4 * GIB);
	do {
		before = host.zeroed;
	} while (pool_scrub(1) && host.zeroed - before <= 2 * MIB && host.zeroed < 2 * GIB);
	assert_true(host.zeroed >= 2 * GIB);
}

static void large_pages(void **state)
{
	struct claim claim[2], none;
	uint64_t before;
	unsigned int i;

	boot(4 * GIB);
	scrub_all();
	for (i = 0; i < 2; i++) {
		assert_int_equal(page_alloc(&quota, PAGE_1G, &claim[i]), 0);
		assert_int_equal(claim[i].hpa & (GIB - 1), 0);
	}
	/* The first has the TSM's array in it, the last one the firmware's mark. */
	assert_int_equal(page_alloc(&quota, PAGE_1G, &none), COVE_ERR_OUT_OF_MEMORY);
	assert_int_equal(quota.used, 2 * 262144);

	/* Used, split and put, it becomes 1 GiB again. */
	page_use(&claim[0], PAGE_TO_DATA, GIB);
	page_split(claim[0].hpa - GIB);
	page_split(claim[0].hpa - GIB + 2 * MIB);
	assert_int_equal(page_alloc(&quota, PAGE_1G, &none), COVE_ERR_OUT_OF_MEMORY);
	page_put(&quota, claim[0].hpa - GIB);
	for (i = 0; i < 512; i++)
		page_put(&quota, claim[0].hpa - GIB + 2 * MIB + i * PAGE_BYTES);
	for (i = 2; i < 512; i++)
		page_put(&quota, claim[0].hpa - GIB + i * 2 * MIB);
	assert_int_equal(page_alloc(&quota, PAGE_1G, &none), COVE_ERR_AGAIN);
	scrub_all();
	assert_int_equal(page_alloc(&quota, PAGE_1G, &none), 0);

	/* A 1 GiB page goes through the scrub in pieces. */
	page_use(&none, PAGE_TO_DATA, 0);
	page_put(&quota, none.hpa - GIB);
	before = free_pages();
	assert_true(pool_scrub(1));
	assert_int_equal(free_pages(), before + 512);
	scrub_all();
	assert_int_equal(page_alloc(&quota, PAGE_1G, &none), 0);
}

/* Only data is split, and only at its start. */
static void pages_that_do_not_split(void **state)
{
	struct claim claim;
	struct page_info info;
	uint64_t hpa;

	boot(16 * MIB);
	scrub_all();
	assert_int_equal(page_alloc(&quota, PAGE_2M, &claim), 0);
	hpa = page_use(&claim, PAGE_TO_STATE, 0);
	page_split(hpa);
	assert_true(page_find(hpa + PAGE_BYTES, &info));
	assert_int_equal(info.size, PAGE_2M);

	assert_int_equal(page_alloc(&quota, PAGE_2M, &claim), 0);
	hpa = page_use(&claim, PAGE_TO_DATA, 0);
	pool.page[page_number(hpa) + 1].size = PAGE_2M;
	pool.page[page_number(hpa) + 1].state = PAGE_DATA;
	page_split(hpa + PAGE_BYTES);
	assert_true(page_find(hpa + PAGE_BYTES, &info));
	assert_int_equal(info.size, PAGE_2M);
	page_split(hpa);
	page_split(hpa);
	assert_true(page_find(hpa + PAGE_BYTES, &info));
	assert_int_equal(info.size, PAGE_4K);
}

static void quotas_hold(void **state)
{
	struct claim claim[4], none;
	unsigned int i;

	boot(16 * MIB);
	scrub_all();
	quota.limit = 515;
	assert_int_equal(page_alloc(&quota, PAGE_2M, &claim[0]), 0);
	assert_int_equal(page_alloc(&quota, PAGE_16K, &none), COVE_ERR_OUT_OF_MEMORY);
	for (i = 1; i < 4; i++)
		assert_int_equal(page_alloc(&quota, PAGE_4K, &claim[i]), 0);
	assert_int_equal(page_alloc(&quota, PAGE_4K, &none), COVE_ERR_OUT_OF_MEMORY);
	page_unclaim(&quota, &claim[1]);
	assert_int_equal(page_alloc(&quota, PAGE_4K, &none), 0);
	quota.limit = 1;
	assert_int_equal(page_alloc(&quota, PAGE_4K, &none), COVE_ERR_OUT_OF_MEMORY);
}

static void conversions_that_are_refused(void **state)
{
	const uint64_t behind = HOST_POOL + 128 * MIB, end = behind - 2 * MIB;
	struct claim claim;

	boot(128 * MIB);
	scrub_all();
	assert_int_equal(pool_convert(end - MIB, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(pool_reclaim(end - MIB, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(pool_convert(end - 64 * MIB, COVE_MAX_PAGES + 1),
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(pool_convert(end - MIB, ~0ULL), COVE_ERR_INVALID_PARAM);
	assert_int_equal(pool_convert(end - MIB + 8, 1), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(pool_convert(behind - PAGE_BYTES, 2), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(pool_reclaim(behind, 1), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(pool_convert(HOST_RAM, 1), COVE_ERR_INVALID_ADDRESS);
	/* The TSM's own. */
	assert_int_equal(pool_convert(HOST_POOL, 1), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(pool_reclaim(HOST_POOL, 1), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(pool_convert(behind - PAGE_BYTES, 1), COVE_ERR_INVALID_ADDRESS);

	/* All or nothing. */
	assert_int_equal(pool_convert(end - PAGE_BYTES, 1), 0);
	assert_int_equal(pool_convert(end - 4 * PAGE_BYTES, 4), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(state_of(end - 2 * PAGE_BYTES), PAGE_FREE);
	assert_int_equal(pool_reclaim(end - 4 * PAGE_BYTES, 4), COVE_ERR_INVALID_ADDRESS);
	fence_all();
	assert_int_equal(pool_reclaim(end - 4 * PAGE_BYTES, 4), 0);

	assert_int_equal(pool_convert(end - 2 * MIB, 512), 0);
	fence_all();
	assert_int_equal(page_claim(&quota, end - 2 * MIB, PAGE_1G, 1, &claim),
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(page_claim(&quota, end - 2 * MIB, PAGE_4K, 0, &claim),
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(page_claim(&quota, end - 2 * MIB, PAGE_2M, COVE_MAX_PAGES, &claim),
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(page_claim(&quota, end - 2 * MIB, PAGE_4K, ~0U, &claim),
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(page_claim(&quota, end - 2 * MIB + PAGE_BYTES, PAGE_16K, 1, &claim),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(page_claim(&quota, end - 4 * MIB, PAGE_4K, 1, &claim),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(page_claim(&quota, end - 2 * MIB, PAGE_2M, 1, &claim), 0);
	assert_int_equal(quota.used, 0);
	/* It is taken. */
	assert_int_equal(page_claim(&quota, end - MIB, PAGE_4K, 1, &claim),
			 COVE_ERR_INVALID_ADDRESS);
}

static void fences(void **state)
{
	const uint64_t one = HOST_POOL + 8 * MIB, two = one + PAGE_BYTES;
	struct claim claim;

	boot(16 * MIB);
	scrub_all();
	assert_int_equal(pool_convert(one, 1), 0);
	pool_local_fence();
	assert_int_equal(host.fences, 1);
	assert_int_equal(state_of(one), PAGE_CONVERTING);
	assert_int_equal(pool_global_fence(), 0);
	assert_int_equal(pool_global_fence(), COVE_ERR_ALREADY_STARTED);
	/* Too late for this one. */
	assert_int_equal(pool_convert(two, 1), 0);
	pool_local_fence();
	pool_local_fence();
	assert_int_equal(state_of(one), PAGE_CONVERTING);
	assert_int_equal(page_claim(&quota, one, PAGE_4K, 1, &claim),
			 COVE_ERR_INVALID_ADDRESS);
	host_hart = 1;
	pool_local_fence();
	assert_int_equal(state_of(one), PAGE_UNASSIGNED);
	assert_int_equal(state_of(two), PAGE_CONVERTING);

	/* A hart that went down isn't waited for. */
	host_hart = 0;
	assert_int_equal(pool_global_fence(), 0);
	pool_local_fence();
	assert_int_equal(state_of(two), PAGE_CONVERTING);
	host.online = 1;
	assert_int_equal(page_claim(&quota, two, PAGE_4K, 1, &claim), 0);
	assert_int_equal(pool_global_fence(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pools_that_are_none),
		cmocka_unit_test(where_the_pool_is),
		cmocka_unit_test(nothing_is_free_before_it_is_scrubbed),
		cmocka_unit_test(the_last_page_is_nobodys),
		cmocka_unit_test(zeros_that_are_there_already),
		cmocka_unit_test(scrubbing_is_bounded),
		cmocka_unit_test(large_pages),
		cmocka_unit_test(pages_that_do_not_split),
		cmocka_unit_test(quotas_hold),
		cmocka_unit_test(conversions_that_are_refused),
		cmocka_unit_test(fences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
