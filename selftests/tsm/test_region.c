// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of a TVM: what is refused, and, at random, that a map with regions
 * says the same as one with a kind for each page.
 */

#include "unit.h"
#include "gstage.h"
#include "region.h"

#include <cove/abi.h>

#define PAGES	512

static struct region_map map;

static int clear(void **state)
{
	memset(&map, 0, sizeof(map));
	return 0;
}

static void ranges_that_are_none(void **state)
{
	assert_int_equal(region_add(&map, 1, 4096, REGION_MMIO), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_add(&map, GSTAGE_END, 4096, REGION_MMIO),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_add(&map, 0, 0, REGION_MMIO), COVE_ERR_INVALID_PARAM);
	assert_int_equal(region_add(&map, 0, 100, REGION_MMIO), COVE_ERR_INVALID_PARAM);
	assert_int_equal(region_add(&map, 4096, GSTAGE_END, REGION_MMIO),
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(region_remove(&map, 1, 4096, REGION_MMIO), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_change(&map, 0, 1, REGION_PRIVATE, REGION_SHARED),
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(map.count, 0);
	assert_int_equal(region_add(&map, 0, GSTAGE_END, REGION_PRIVATE), 0);
	assert_int_equal(region_at(&map, GSTAGE_END - 1), REGION_PRIVATE);
	assert_int_equal(region_at(&map, GSTAGE_END), REGION_NONE);
}

static void no_two_at_one_address(void **state)
{
	assert_int_equal(region_add(&map, 0x4000, 0x2000, REGION_PRIVATE), 0);
	assert_int_equal(region_add(&map, 0x3000, 0x2000, REGION_MMIO),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_add(&map, 0x5000, 0x1000, REGION_PRIVATE),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_add(&map, 0x3000, 0x9000, REGION_MMIO),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_add(&map, 0x3000, 0x1000, REGION_MMIO), 0);
	assert_int_equal(region_add(&map, 0x6000, 0x1000, REGION_MMIO), 0);
	assert_int_equal(map.count, 3);
}

static void only_what_it_is_becomes_something_else(void **state)
{
	region_add(&map, 0x4000, 0x4000, REGION_PRIVATE);
	region_add(&map, 0x8000, 0x1000, REGION_MMIO);
	assert_int_equal(region_change(&map, 0x7000, 0x2000, REGION_PRIVATE, REGION_SHARED),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_change(&map, 0x3000, 0x2000, REGION_PRIVATE, REGION_SHARED),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_change(&map, 0x4000, 0x1000, REGION_SHARED, REGION_PRIVATE),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_change(&map, 0x5000, 0x1000, REGION_PRIVATE, REGION_SHARED), 0);
	assert_int_equal(map.count, 4);
	assert_false(region_covers(&map, 0x4000, 0x2000, REGION_PRIVATE));
	assert_true(region_covers(&map, 0x5000, 0x1000, REGION_SHARED));
	/* What is one again is one region again. */
	assert_int_equal(region_change(&map, 0x5000, 0x1000, REGION_SHARED, REGION_PRIVATE), 0);
	assert_int_equal(map.count, 2);
}

static void there_is_room_for_so_many(void **state)
{
	uint64_t i;

	for (i = 0; i < REGION_MAX; i++)
		assert_int_equal(region_add(&map, i * 0x4000, 0x3000, REGION_PRIVATE), 0);
	assert_int_equal(region_add(&map, i * 0x4000, 0x3000, REGION_PRIVATE),
			 COVE_ERR_OUT_OF_MEMORY);
	assert_int_equal(region_change(&map, 0x1000, 0x1000, REGION_PRIVATE, REGION_SHARED),
			 COVE_ERR_OUT_OF_MEMORY);
	assert_int_equal(region_remove(&map, 0, 0x9000, REGION_SHARED),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(region_remove(&map, 0, 0x9000, REGION_PRIVATE), 0);
	assert_int_equal(map.count, REGION_MAX - 3);
	assert_int_equal(region_change(&map, 0xd000, 0x1000, REGION_PRIVATE, REGION_SHARED), 0);
}

static uint64_t seed = 20261127;

static uint32_t dice(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static uint8_t model[PAGES];

static void compare(void)
{
	uint64_t gpa = 0, end, nr = 0;
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		assert_int_equal(region_at(&map, i * 4096 + 5), model[i]);
	for (i = 0; i < map.count; i++)
		assert_true(map.region[i].gpa + (map.region[i].len_kind & ~0xfffULL) <=
			    (i + 1 < map.count ? map.region[i + 1].gpa : GSTAGE_END));
	while (region_next(&map, REGION_SHARED, &gpa, &end)) {
		for (; nr < gpa / 4096; nr++)
			assert_int_not_equal(model[nr], REGION_SHARED);
		for (; nr < end / 4096; nr++)
			assert_int_equal(model[nr], REGION_SHARED);
		gpa = end;
	}
	for (; nr < PAGES; nr++)
		assert_int_not_equal(model[nr], REGION_SHARED);
}

static bool all_are(uint32_t from, uint32_t count, uint8_t kind)
{
	for (; count--; from++) {
		if (model[from] != kind)
			return false;
	}
	return true;
}

static void at_random(void **state)
{
	unsigned int i;

	memset(model, 0, sizeof(model));
	for (i = 0; i < 20000; i++) {
		uint32_t count = 1 + dice(20), from = dice(PAGES - count);
		uint64_t gpa = from * 4096ULL, len = count * 4096ULL;
		uint8_t kind = 1 + dice(3), to = 1 + dice(3);

		if (dice(3)) {
			if (!region_change(&map, gpa, len, kind, to)) {
				assert_true(all_are(from, count, kind));
				memset(model + from, to, count);
			}
		} else if (dice(20)) {
			if (!region_add(&map, gpa, len, kind)) {
				assert_true(all_are(from, count, REGION_NONE));
				memset(model + from, kind, count);
			} else {
				assert_false(all_are(from, count, REGION_NONE));
			}
		} else {
			/* Regions go as a whole: ask the map how far they reach. */
			uint64_t start = 0, end;

			while (region_next(&map, kind, &start, &end)) {
				if (start < gpa + len && end > gpa)
					memset(model + start / 4096, 0, (end - start) / 4096);
				start = end;
			}
			region_remove(&map, gpa, len, kind);
		}
		compare();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ranges_that_are_none, clear),
		cmocka_unit_test_setup(no_two_at_one_address, clear),
		cmocka_unit_test_setup(only_what_it_is_becomes_something_else, clear),
		cmocka_unit_test_setup(there_is_room_for_so_many, clear),
		cmocka_unit_test_setup(at_random, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
