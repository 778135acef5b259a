// SPDX-License-Identifier: GPL-2.0-only
/*
 * G-stage tables, looked at as a hart does: by a walk of Sv39x4 that shares
 * no code with the TSM's.
 */

#include "unit.h"
#include "host.h"
#include "gstage.h"

#include <cove/abi.h>
#include <stdlib.h>

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)
#define POOL	(8 * GIB)

static struct quota quota;
static struct gstage gs;

/* What a hart finds at an address: 0, or the entry of the page there. */
static uint64_t hardware(uint64_t gpa)
{
	uint64_t table = (gstage_hgatp(&gs) & 0xfffffffffffULL) << 12, pte;
	int level;

	assert_int_equal(gstage_hgatp(&gs) >> 60, 8);
	assert_int_equal(table & 0x3fff, 0);
	for (level = 2; level >= 0; level--) {
		unsigned int shift = 12 + 9 * level;
		uint64_t index = gpa >> shift & (level == 2 ? 2047 : 511);

		/* Tables are pages of this TVM, and of no other use. */
		struct page_info info;

		assert_true(page_find(table, &info));
		assert_int_equal(info.state, PAGE_TABLE);
		assert_int_equal(info.owner, quota.owner);
		pte = ((uint64_t *)hart_pool(table))[index];
		if (!(pte & 1))
			return 0;
		if (pte & 0xe) {
			uint64_t offset = (1ULL << shift) - 1;
			uint64_t hpa = (pte & 0x3ffffffffffc00ULL) << 2;

			assert_int_equal(pte >> 54, 0);
			assert_int_equal(hpa & offset, 0);
			return (hpa | (gpa & offset & ~0xfffULL)) >> 2 | (pte & 0x3ff);
		}
		assert_int_equal(pte & ~0x3ffffffffffc01ULL, 0);
		table = (pte & 0x3ffffffffffc00ULL) << 2;
	}
	fail_msg("a table where the last level is");
	return 0;
}

/* V R W X U A D, and V R W U A D beside the bit that says "shared". */
static void is_private(uint64_t gpa, uint64_t hpa)
{
	assert_int_equal(hardware(gpa), hpa >> 2 | 0xdf);
}

static void is_shared(uint64_t gpa, uint64_t hpa)
{
	assert_int_equal(hardware(gpa), hpa >> 2 | 0x1d7);
}

static int start_with(bool donated)
{
	struct claim root;

	host_start(POOL, 64 * MIB);
	quota = (struct quota){ .owner = 3, .limit = ~0U };
	assert_int_equal(pool_init(HOST_POOL, POOL), 0);
	while (pool_scrub(512))
		;
	assert_int_equal(page_alloc(&quota, PAGE_16K, &root), 0);
	gstage_init(&gs, &quota, &root, donated);
	return 0;
}

static int start(void **state)
{
	return start_with(false);
}

static int start_donated(void **state)
{
	return start_with(true);
}

static uint64_t data(enum page_size size, uint64_t gpa)
{
	struct claim claim;

	assert_int_equal(page_alloc(&quota, size, &claim), 0);
	return page_use(&claim, PAGE_TO_DATA, gpa);
}

static uint64_t map(uint64_t gpa, enum page_size size)
{
	uint64_t hpa = data(size, gpa);

	assert_true(gstage_may_map(&gs, gpa, size, 1));
	assert_int_equal(gstage_reserve(&gs, gpa, size, 1), 0);
	gstage_map(&gs, gpa, hpa, size, GSTAGE_PRIVATE);
	return hpa;
}

static void share(uint64_t gpa, uint64_t hpa, enum page_size size)
{
	assert_int_equal(gstage_reserve(&gs, gpa, size, 1), 0);
	gstage_map(&gs, gpa, hpa, size, GSTAGE_SHARED);
}

static void fence(void)
{
	assert_int_equal(gstage_fence(&gs), 0);
	assert_true(gstage_fence_done(&gs));
}

static void pages_of_all_sizes(void **state)
{
	uint64_t small, large, huge;
	struct gstage_leaf leaf;

	small = map(0x80000000, PAGE_4K);
	large = map(0x80200000, PAGE_2M);
	huge = map(3 * GIB, PAGE_1G);
	share(GSTAGE_END - PAGE_BYTES, HOST_RAM, PAGE_4K);
	share(0, HOST_RAM + 6 * MIB, PAGE_2M);

	is_private(0x80000123, small);
	is_private(0x80200000, large);
	is_private(0x803ff000, large + 0x1ff000);
	is_private(4 * GIB - PAGE_BYTES, huge + GIB - PAGE_BYTES);
	is_shared(GSTAGE_END - 1, HOST_RAM);
	is_shared(0x1000, HOST_RAM + 6 * MIB + 0x1000);
	assert_int_equal(hardware(0x80001000), 0);
	assert_int_equal(hardware(4 * GIB), 0);

	gstage_find(&gs, 0x80201234, &leaf);
	assert_int_equal(leaf.gpa, 0x80200000);
	assert_int_equal(leaf.hpa, large);
	assert_int_equal(leaf.kind, GSTAGE_PRIVATE);
	assert_int_equal(leaf.size, PAGE_2M);
	gstage_find(&gs, 0x1000, &leaf);
	assert_int_equal(leaf.kind, GSTAGE_SHARED);
	gstage_find(&gs, GSTAGE_END, &leaf);
	assert_int_equal(leaf.kind, 0);
	assert_false(gstage_next(&gs, 0x80001000, 0x80200000, &leaf));
	assert_true(gstage_next(&gs, 0x80001000, 0x80200001, &leaf));
	assert_int_equal(leaf.gpa, 0x80200000);
}

static void places_where_nothing_can_be_mapped(void **state)
{
	map(0x80000000, PAGE_4K);
	map(0x80200000, PAGE_2M);
	assert_false(gstage_may_map(&gs, 0x80000000, PAGE_4K, 1));
	assert_false(gstage_may_map(&gs, 0x7fffe000, PAGE_4K, 3));
	assert_true(gstage_may_map(&gs, 0x7fffe000, PAGE_4K, 2));
	assert_false(gstage_may_map(&gs, 0x80300000, PAGE_4K, 1));
	/* A table is in the way. */
	assert_false(gstage_may_map(&gs, 0x80000000, PAGE_2M, 1));
	assert_false(gstage_may_map(&gs, 0x80000000, PAGE_1G, 1));
	gstage_block(&gs, 0x80000000, PAGE_BYTES);
	assert_false(gstage_may_map(&gs, 0x80000000, PAGE_4K, 1));
	fence();
	gstage_remove(&gs, 0x80000000, PAGE_BYTES);
	assert_true(gstage_may_map(&gs, 0x80000000, PAGE_4K, 1));
	assert_false(gstage_may_map(&gs, 0x80000000, PAGE_2M, 1));
	assert_true(gstage_may_map(&gs, 0x80400000, PAGE_2M, 1));
	assert_false(gstage_may_map(&gs, 0x80401000, PAGE_2M, 1));
	assert_false(gstage_may_map(&gs, 0x80400008, PAGE_4K, 1));
	assert_false(gstage_may_map(&gs, 0x90000000, PAGE_16K, 1));
	assert_true(gstage_may_map(&gs, GSTAGE_END - PAGE_BYTES, PAGE_4K, 1));
	assert_false(gstage_may_map(&gs, GSTAGE_END - PAGE_BYTES, PAGE_4K, 2));
	assert_false(gstage_may_map(&gs, GSTAGE_END, PAGE_4K, 1));
	assert_false(gstage_may_map(&gs, ~0ULL << 12, PAGE_4K, 1));
	assert_false(gstage_may_map(&gs, 0, PAGE_1G, ~0U));
}

/* Exactly the tables that are needed, and no mapping without them. */
static void tables_that_the_host_donates(void **state)
{
	struct claim claim;

	assert_int_equal(gstage_reserve(&gs, 0x80000000, PAGE_4K, 1),
			 COVE_ERR_OUT_OF_PTPAGES);
	assert_int_equal(gstage_reserve(&gs, 0x80000000, PAGE_1G, 2), 0);
	assert_int_equal(pool_convert(HOST_POOL + 4 * GIB, 8), 0);
	assert_int_equal(pool_global_fence(), 0);
	pool_local_fence();
	assert_int_equal(page_claim(&quota, HOST_POOL + 4 * GIB, PAGE_4K, 3, &claim), 0);
	gstage_donate(&gs, &claim);
	assert_int_equal(gs.spares, 3);
	/* Over the end of 1 GiB: two middle tables, two last ones. */
	assert_int_equal(gstage_reserve(&gs, 0xbffff000, PAGE_4K, 2),
			 COVE_ERR_OUT_OF_PTPAGES);
	assert_int_equal(gstage_reserve(&gs, 0xbfe00000, PAGE_2M, 2), 0);
	assert_int_equal(page_claim(&quota, HOST_POOL + 4 * GIB + 3 * PAGE_BYTES, PAGE_4K, 1,
				    &claim), 0);
	gstage_donate(&gs, &claim);
	assert_int_equal(gstage_reserve(&gs, 0xbffff000, PAGE_4K, 2), 0);
	share(0xbffff000, HOST_RAM, PAGE_4K);
	share(0xc0000000, HOST_RAM, PAGE_4K);
	assert_int_equal(gs.spares, 0);
	assert_int_equal(gstage_reserve(&gs, 0xbfffe000, PAGE_4K, 1), 0);
	assert_int_equal(gstage_reserve(&gs, 0xbfdff000, PAGE_4K, 1), COVE_ERR_OUT_OF_PTPAGES);
	assert_int_equal(gstage_reserve(&gs, 0xbfc00000, PAGE_2M, 1), 0);

	/* Nothing splits without a table, and nothing is lost. */
	share(0xbfc00000, HOST_RAM + 6 * MIB, PAGE_2M);
	assert_int_equal(gstage_split(&gs, 0xbfc01000, PAGE_BYTES), COVE_ERR_OUT_OF_PTPAGES);
	is_shared(0xbfc01000, HOST_RAM + 6 * MIB + PAGE_BYTES);
}

static void tables_count_on_the_quota(void **state)
{
	quota.limit = quota.used + 1;
	assert_int_equal(gstage_reserve(&gs, 0, PAGE_4K, 1), COVE_ERR_OUT_OF_MEMORY);
	quota.limit++;
	assert_int_equal(gstage_reserve(&gs, 0, PAGE_4K, 1), 0);
	assert_int_equal(quota.used, quota.limit);
}

static void splits_change_nothing_else(void **state)
{
	uint64_t huge = map(4 * GIB, PAGE_1G), gpa;
	struct gstage_leaf leaf;
	struct page_info info;

	assert_int_equal(gstage_split(&gs, 4 * GIB + 0x5000, 2 * MIB), 0);
	for (gpa = 4 * GIB; gpa < 5 * GIB; gpa += 0x7000)
		is_private(gpa, huge + (gpa - 4 * GIB));
	gstage_find(&gs, 4 * GIB + 0x5000, &leaf);
	assert_int_equal(leaf.size, PAGE_4K);
	gstage_find(&gs, 4 * GIB + 2 * MIB, &leaf);
	assert_int_equal(leaf.size, PAGE_4K);
	gstage_find(&gs, 4 * GIB + 4 * MIB, &leaf);
	assert_int_equal(leaf.size, PAGE_2M);
	assert_true(page_find(huge + 2 * MIB + 0x5000, &info));
	assert_int_equal(info.size, PAGE_4K);
	assert_int_equal(info.gpa, 4 * GIB + 2 * MIB + 0x5000);
	assert_true(page_find(huge + 4 * MIB + 0x5000, &info));
	assert_int_equal(info.size, PAGE_2M);
	assert_int_equal(info.gpa, 4 * GIB + 4 * MIB);

	/* One that is blocked stays that. */
	gstage_block(&gs, 4 * GIB + 4 * MIB, 2 * MIB);
	assert_int_equal(gstage_split(&gs, 4 * GIB + 5 * MIB, MIB), 0);
	assert_int_equal(hardware(4 * GIB + 5 * MIB), 0);
	fence();
	assert_true(gstage_all_fenced(&gs, 4 * GIB + 5 * MIB, MIB));
	gstage_unblock(&gs, 4 * GIB + 4 * MIB, 2 * MIB);
	is_private(4 * GIB + 5 * MIB, huge + 5 * MIB);
}

static void what_a_range_is_made_of(void **state)
{
	map(0x80000000, PAGE_4K);
	share(0x80001000, HOST_RAM, PAGE_4K);
	map(0x80200000, PAGE_2M);
	assert_true(gstage_all(&gs, 0x80000000, 0x1000, GSTAGE_PRIVATE));
	assert_false(gstage_all(&gs, 0x80000000, 0x1000, GSTAGE_SHARED));
	assert_false(gstage_all(&gs, 0x80000000, 0x2000, GSTAGE_PRIVATE));
	assert_true(gstage_all(&gs, 0x80000000, 0x2000, GSTAGE_PRIVATE | GSTAGE_SHARED));
	assert_false(gstage_all(&gs, 0x80000000, 0x3000, GSTAGE_PRIVATE | GSTAGE_SHARED));
	assert_true(gstage_all(&gs, 0x80200000, 2 * MIB, GSTAGE_PRIVATE));
	assert_false(gstage_all(&gs, 0x80200000, MIB, GSTAGE_PRIVATE));
	assert_false(gstage_all(&gs, 0x80300000, MIB, GSTAGE_PRIVATE));
	assert_false(gstage_all(&gs, 0x80300000, 2 * MIB, GSTAGE_PRIVATE));
	assert_false(gstage_all(&gs, 0x80000000, ~0ULL, GSTAGE_PRIVATE));
	assert_false(gstage_all(&gs, GSTAGE_END, 0x1000, GSTAGE_PRIVATE));
	gstage_block(&gs, 0x80000000, 0x1000);
	assert_false(gstage_all(&gs, 0x80000000, 0x1000, GSTAGE_PRIVATE));
	assert_true(gstage_all(&gs, 0x80000000, 0x1000, GSTAGE_PRIVATE | GSTAGE_BLOCKED));
	assert_false(gstage_all(&gs, 0x80001000, 0x1000, GSTAGE_SHARED | GSTAGE_BLOCKED));
}

static void nothing_goes_without_a_fence(void **state)
{
	uint64_t hpa = map(0x80000000, PAGE_4K), shared = HOST_RAM + 0x3000;
	uint32_t first, second;
	struct page_info info;

	share(0x80002000, shared, PAGE_4K);
	first = gstage_enter(&gs);
	assert_false(gstage_all_fenced(&gs, 0x80000000, 0x3000));
	gstage_block(&gs, 0x80000000, 0x3000);
	assert_int_equal(hardware(0x80000000), 0);
	assert_int_equal(hardware(0x80002000), 0);
	assert_false(gstage_all_fenced(&gs, 0x80000000, 0x3000));

	/* The one who ran has to leave; one who enters now doesn't count. */
	assert_int_equal(gstage_fence(&gs), 0);
	second = gstage_enter(&gs);
	assert_int_not_equal(first, second);
	assert_false(gstage_fence_done(&gs));
	assert_false(gstage_all_fenced(&gs, 0x80000000, 0x3000));
	assert_int_equal(gstage_fence(&gs), COVE_ERR_ALREADY_STARTED);
	gstage_leave(&gs, first);
	assert_true(gstage_fence_done(&gs));
	assert_true(gstage_all_fenced(&gs, 0x80000000, 0x3000));

	/* Back again: what was there is there. */
	gstage_unblock(&gs, 0x80000000, 0x3000);
	is_private(0x80000000, hpa);
	is_shared(0x80002000, shared);
	gstage_leave(&gs, second);
	gstage_block(&gs, 0x80000000, 0x3000);
	assert_false(gstage_all_fenced(&gs, 0x80000000, 0x3000));
	fence();
	assert_true(gstage_all_fenced(&gs, 0x80000000, 0x3000));
	gstage_remove(&gs, 0x80000000, 0x3000);
	assert_true(page_find(hpa, &info));
	assert_int_equal(info.state, PAGE_DIRTY);
	assert_true(gstage_may_map(&gs, 0x80000000, PAGE_4K, 3));
	assert_true(gstage_all_fenced(&gs, 0x80000000, 0x3000));
}

/* Not blocked is not removed, whatever the caller believes. */
static void only_what_is_blocked_is_removed(void **state)
{
	uint64_t hpa = map(0x80000000, PAGE_4K);

	gstage_remove(&gs, 0x80000000, PAGE_BYTES);
	is_private(0x80000000, hpa);
	gstage_unblock(&gs, 0x80000000, PAGE_BYTES);
	is_private(0x80000000, hpa);
	assert_false(gstage_all_fenced(&gs, 0x80000000, PAGE_BYTES));
	map(0x80200000, PAGE_2M);
	gstage_block(&gs, 0x80200000, 2 * MIB);
	fence();
	assert_true(gstage_all_fenced(&gs, 0x80200000, 2 * MIB));
	assert_false(gstage_all_fenced(&gs, 0x80200000, MIB));
	assert_false(gstage_all_fenced(&gs, 0x80300000, MIB));
}

/* An epoch of 10 bits: when it comes round, the answer is no, not yes. */
static void epochs_that_come_round(void **state)
{
	unsigned int i, yes = 0;

	map(0x80000000, PAGE_4K);
	gstage_block(&gs, 0x80000000, PAGE_BYTES);
	/* Blocked again, it keeps its epoch. */
	for (i = 0; i < 2048; i++) {
		fence();
		gstage_block(&gs, 0x80000000, PAGE_BYTES);
		yes += gstage_all_fenced(&gs, 0x80000000, PAGE_BYTES);
	}
	assert_int_equal(yes, 2046);
}

static void everything_is_given_back(void **state)
{
	struct pool_count count;
	unsigned int calls = 0, i;
	uint64_t free;

	while (pool_scrub(512))
		;
	pool_count(&count);
	free = count.free + quota.used;
	for (i = 0; i < 100; i++)
		map(0x80000000 + i * 0x1000, PAGE_4K);
	map(0x90000000, PAGE_2M);
	map(4 * GIB, PAGE_1G);
	share(0x80800000, HOST_RAM, PAGE_4K);
	gstage_block(&gs, 0x80000000, 0x3000);
	assert_int_equal(gstage_reserve(&gs, 16 * GIB, PAGE_4K, 1), 0);
	assert_int_equal(gs.spares, 2);

	while (!gstage_release(&gs, 10)) {
		calls++;
		assert_true(calls < 30);
	}
	/* 103 pages, 4 tables, 2 spares and a root, 10 in a call. */
	assert_true(calls >= 10);
	assert_int_equal(gs.root, 0);
	assert_true(gstage_release(&gs, 0));
	assert_int_equal(quota.used, 0);
	while (pool_scrub(512))
		;
	pool_count(&count);
	assert_int_equal(count.free, free);
}

/* At random, beside a model of one entry for each 4 KiB. */
#define WINDOW_START	(GIB - 4 * MIB)
#define WINDOW		2048

static struct model {
	uint64_t hpa;
	uint8_t kind;
	bool blocked;
	uint32_t epoch;
} model[WINDOW];

static uint32_t epoch, running[4], runs;
static uint32_t entered[4];
static uint64_t seed;

static uint32_t dice(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static bool fence_over(void)
{
	uint32_t i;

	for (i = 0; i < runs; i++) {
		if (running[i] < epoch)
			return false;
	}
	return true;
}

static void compare(void)
{
	uint32_t i;

	for (i = 0; i < WINDOW; i++) {
		uint64_t gpa = WINDOW_START + i * PAGE_BYTES;
		struct page_info info;

		if (!model[i].kind || model[i].blocked) {
			assert_int_equal(hardware(gpa), 0);
		} else if (model[i].kind == GSTAGE_SHARED) {
			is_shared(gpa, model[i].hpa);
			assert_true(hart_host_ram(model[i].hpa, PAGE_BYTES));
		} else {
			is_private(gpa, model[i].hpa);
			assert_true(page_find(model[i].hpa, &info));
			assert_int_equal(info.state, PAGE_DATA);
			assert_int_equal(info.owner, quota.owner);
			assert_int_equal(info.gpa + (model[i].hpa - info.hpa), gpa);
		}
	}
}

static void do_map(uint32_t at, enum page_size size, enum gstage_kind kind)
{
	uint32_t span = page_bytes(size) / PAGE_BYTES, i;
	uint64_t gpa, hpa;
	bool holes = true;

	at &= ~(span - 1);
	gpa = WINDOW_START + at * PAGE_BYTES;
	for (i = at; i < at + span; i++)
		holes &= !model[i].kind;
	if (!gstage_may_map(&gs, gpa, size, 1)) {
		assert_true(!holes || size == PAGE_2M);
		return;
	}
	assert_true(holes);
	hpa = kind == GSTAGE_PRIVATE ? data(size, gpa) :
		HOST_RAM + 6 * MIB + dice(8) * 2 * MIB;
	assert_int_equal(gstage_reserve(&gs, gpa, size, 1), 0);
	gstage_map(&gs, gpa, hpa, size, kind);
	for (i = 0; i < span; i++)
		model[at + i] = (struct model){ .hpa = hpa + i * PAGE_BYTES, .kind = kind };
}

static void do_block(uint32_t at, uint32_t count, bool undo)
{
	uint64_t gpa = WINDOW_START + at * PAGE_BYTES, len = count * PAGE_BYTES;

	assert_int_equal(gstage_split(&gs, gpa, len), 0);
	compare();
	if (undo)
		gstage_unblock(&gs, gpa, len);
	else
		gstage_block(&gs, gpa, len);
	for (; count--; at++) {
		if (!model[at].kind || model[at].blocked == !undo)
			continue;
		model[at].blocked = !undo;
		model[at].epoch = epoch;
	}
}

static void do_remove(uint32_t at, uint32_t count)
{
	uint64_t gpa = WINDOW_START + at * PAGE_BYTES, len = count * PAGE_BYTES;
	bool may = true;
	uint32_t i;

	assert_int_equal(gstage_split(&gs, gpa, len), 0);
	for (i = at; i < at + count; i++) {
		if (model[i].kind)
			may &= model[i].blocked && (model[i].epoch + 1 < epoch ||
				(model[i].epoch < epoch && fence_over()));
	}
	assert_int_equal(gstage_all_fenced(&gs, gpa, len), may);
	if (!may)
		return;
	gstage_remove(&gs, gpa, len);
	memset(&model[at], 0, count * sizeof(*model));
}

static void do_run(void)
{
	uint32_t i = dice(4);

	if (i < runs) {
		gstage_leave(&gs, entered[i]);
		runs--;
		running[i] = running[runs];
		entered[i] = entered[runs];
	} else {
		running[runs] = epoch;
		entered[runs++] = gstage_enter(&gs);
	}
}

static void at_random(void **state)
{
	const char *wish = getenv("SEED");
	unsigned int i;

	seed = wish ? strtoull(wish, NULL, 0) : 20261127;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (i = 0; i < 3000; i++) {
		uint32_t at = dice(WINDOW), count = 1 + dice(dice(3) ? 4 : 600);

		if (at + count > WINDOW)
			count = WINDOW - at;
		switch (dice(8)) {
		case 0:
			do_map(at, dice(3) ? PAGE_4K : PAGE_2M, GSTAGE_PRIVATE);
			break;
		case 1:
			do_map(at, dice(3) ? PAGE_4K : PAGE_2M, GSTAGE_SHARED);
			break;
		case 2:
		case 3:
			do_block(at, count, false);
			break;
		case 4:
			do_block(at, count, true);
			break;
		case 5:
			do_remove(at, count);
			break;
		case 6:
			do_run();
			break;
		case 7:
			assert_int_equal(gstage_fence(&gs),
					 fence_over() ? 0 : COVE_ERR_ALREADY_STARTED);
			epoch += fence_over();
			break;
		}
		compare();
	}
}

static int stop(void **state)
{
	host_stop();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_of_all_sizes),
		TEST(places_where_nothing_can_be_mapped),
		cmocka_unit_test_setup_teardown(tables_that_the_host_donates, start_donated, stop),
		TEST(tables_count_on_the_quota),
		TEST(splits_change_nothing_else),
		TEST(what_a_range_is_made_of),
		TEST(nothing_goes_without_a_fence),
		TEST(only_what_is_blocked_is_removed),
		TEST(epochs_that_come_round),
		TEST(everything_is_given_back),
		TEST(at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
