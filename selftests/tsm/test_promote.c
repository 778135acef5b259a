// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promotion, with a host that means well and one that doesn't.
 *
 * The VM has private memory at 1 GiB to 1 GiB + 16 MiB, and at 4 GiB to
 * 5 GiB.  Its tables and pages are in the host's RAM, where tests put them.
 */

#include "unit.h"
#include "host.h"
#include "host_vm.h"
#include "gstage.h"
#include "measure.h"
#include "promote.h"
#include "region.h"

#include <cove/abi.h>

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)
#define POOL	(4 * GIB)

#define LOW	GIB
#define LOW_END	(GIB + 16 * MIB)
#define HIGH	(4 * GIB)

static struct quota quota;
static struct gstage gs;
static struct region_map regions;
static struct measure measure;
static struct promotion promotion;

static void start_with(unsigned int host_levels)
{
	struct claim claim;

	host_start(POOL, 3 * GIB);
	quota = (struct quota){ .owner = 1, .limit = ~0U };
	assert_int_equal(pool_init(HOST_POOL, POOL), 0);
	while (pool_scrub(512))
		;
	assert_int_equal(page_alloc(&quota, PAGE_16K, &claim), 0);
	gstage_init(&gs, &quota, &claim, false);
	memset(&regions, 0, sizeof(regions));
	assert_int_equal(region_add(&regions, LOW, LOW_END - LOW, REGION_PRIVATE), 0);
	assert_int_equal(region_add(&regions, LOW_END, MIB, REGION_MMIO), 0);
	assert_int_equal(region_add(&regions, HIGH, GIB, REGION_PRIVATE), 0);
	measure_init(&measure);
	host_vm_start(host_levels, HOST_RAM + MIB);
}

static int start(void **state)
{
	start_with(3);
	return 0;
}

static int stop(void **state)
{
	host_stop();
	return 0;
}

static int slice(unsigned int budget)
{
	return promote_slice(&promotion, &gs, &regions, &measure, host_vm_hgatp(), budget);
}

static int promote(unsigned int budget)
{
	int err = promote_begin(&promotion, host_vm_hgatp());

	if (err)
		return err;
	do {
		err = slice(budget);
	} while (err == COVE_ERR_AGAIN);
	return err;
}

/* All that was taken comes back, whatever happened. */
static void give_back(void)
{
	while (!promote_end(&promotion, &quota, 3))
		;
	while (!gstage_release(&gs, 1000))
		;
	assert_int_equal(quota.used, 0);
}

/* A VM with a bit of everything, and the measurement that it must have. */
#define DATA	(HOST_RAM + 16 * MIB)
#define LARGE	(HOST_RAM + 30 * MIB)

static void make_vm(struct measure *expected)
{
	static const uint64_t gpas[] = {
		LOW, LOW + 0x1000, LOW + 0x3000, LOW_END - PAGE_BYTES, HIGH + 0x5000,
		HIGH + GIB - PAGE_BYTES,
	};
	unsigned int i;

	measure_init(expected);
	/* Not in private memory: nobody looks at them. */
	host_vm_map(LOW - PAGE_BYTES, HOST_FIRMWARE, 0, RWX);
	host_vm_map(LOW_END, HOST_POOL, 0, RWX);
	for (i = 0; i < ARRAY_SIZE(gpas); i++) {
		host_fill(DATA + i * PAGE_BYTES, i + 1);
		host_vm_map(gpas[i], DATA + i * PAGE_BYTES, 0, i & 1 ? RX : RWX);
		if (i == 3) {
			/* 2 MiB, of which two pages are not zero. */
			host_fill(LARGE + 7 * PAGE_BYTES, 70);
			host_fill(LARGE + 511 * PAGE_BYTES, 71);
		}
	}
	host_vm_map(LOW + 4 * MIB, LARGE, 1, RWX);
	/* A page of zeros, and the same one read-only in two more places. */
	host_vm_map(LOW + 0x2000, DATA + MIB, 0, RX);
	host_vm_map(LOW + 0x4000, DATA + MIB, 0, RX);
	host_vm_map(HIGH, DATA + MIB, 0, RX);

	for (i = 0; i < 3; i++)
		measure_page(expected, gpas[i], host_ram(DATA + i * PAGE_BYTES));
	measure_page(expected, LOW + 4 * MIB + 7 * PAGE_BYTES, host_ram(LARGE + 7 * PAGE_BYTES));
	measure_page(expected, LOW + 6 * MIB - PAGE_BYTES, host_ram(LARGE + 511 * PAGE_BYTES));
	for (i = 3; i < ARRAY_SIZE(gpas); i++)
		measure_page(expected, gpas[i], host_ram(DATA + i * PAGE_BYTES));
}

static const void *tvm_page(uint64_t gpa)
{
	struct gstage_leaf leaf;

	gstage_find(&gs, gpa, &leaf);
	assert_int_equal(leaf.kind, GSTAGE_PRIVATE);
	return hart_pool(leaf.hpa + (gpa - leaf.gpa));
}

static void nothing_at(uint64_t gpa)
{
	struct gstage_leaf leaf;

	gstage_find(&gs, gpa, &leaf);
	assert_int_equal(leaf.kind, 0);
}

static void check_vm(const struct measure *expected)
{
	struct gstage_leaf leaf;

	assert_memory_equal(&measure, expected, sizeof(measure));
	assert_memory_equal(tvm_page(LOW), host_ram(DATA), PAGE_BYTES);
	assert_memory_equal(tvm_page(HIGH + GIB - 1) - (PAGE_BYTES - 1),
			    host_ram(DATA + 5 * PAGE_BYTES), PAGE_BYTES);
	assert_memory_equal(tvm_page(LOW + 4 * MIB), host_ram(LARGE), 2 * MIB);
	gstage_find(&gs, LOW + 5 * MIB, &leaf);
	assert_int_equal(leaf.size, PAGE_2M);
	nothing_at(LOW + 0x2000);
	nothing_at(LOW + 0x4000);
	nothing_at(HIGH);
	nothing_at(LOW - PAGE_BYTES);
	nothing_at(LOW_END);
}

static void a_vm_of_each_mode(void **state)
{
	struct measure expected;
	unsigned int i;

	for (i = 3; i <= 5; i++) {
		start_with(i);
		make_vm(&expected);
		assert_int_equal(promote(1000), 0);
		check_vm(&expected);
		give_back();
	}
}

static unsigned int reads;

static void count_read(uint64_t hpa, size_t len)
{
	if (len == PAGE_BYTES)
		reads++;
}

static void slices_of_each_size(void **state)
{
	static const unsigned int budgets[] = { 1, 2, 3, 5, 8, 100, 511, 513 };
	struct measure expected;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(budgets); i++) {
		start_with(4);
		make_vm(&expected);
		host.before_read = count_read;
		assert_int_equal(promote_begin(&promotion, host_vm_hgatp()), 0);
		do {
			reads = 0;
			err = slice(budgets[i]);
			assert_true(reads <= budgets[i]);
		} while (err == COVE_ERR_AGAIN);
		assert_int_equal(err, 0);
		check_vm(&expected);
		/* Done is done. */
		assert_int_equal(slice(1), 0);
		check_vm(&expected);
		give_back();
	}
}

/* One bad entry, beside good ones: level, address, what it is. */
struct bad {
	unsigned int level;
	uint64_t pte;
};

static void entries_that_are_refused(void **state)
{
	static const struct bad bad[] = {
		/* Memory that isn't the host's. */
		{ 0, HOST_POOL >> 2 | RWX }, { 0, HOST_FIRMWARE >> 2 | RWX },
		{ 0, 0x10000000 >> 2 | RWX }, { 0, (HOST_RAM + 3 * GIB) >> 2 | RWX },
		{ 0, 0x3ffffffffffc00ULL | RWX }, { 1, HOST_POOL >> 2 | RWX },
		{ 1, HOST_FIRMWARE >> 2 | RWX }, { 2, HOST_POOL >> 2 | RWX },
		{ 1, HOST_POOL >> 2 | TABLE }, { 1, HOST_FIRMWARE >> 2 | TABLE },
		{ 2, 0x10000000 >> 2 | TABLE }, { 2, HOST_POOL >> 2 | TABLE },
		{ 1, (HOST_RAM + 3 * GIB) >> 2 | TABLE },
		/* Not aligned to its size. */
		{ 1, (DATA + PAGE_BYTES) >> 2 | RWX }, { 2, DATA >> 2 | RWX },
		/* Not for a guest; not readable; writable only. */
		{ 0, DATA >> 2 | (RWX & ~0x10) }, { 0, DATA >> 2 | (RWX & ~0x2) },
		{ 0, DATA >> 2 | 0xd5 }, { 0, DATA >> 2 | 0xd9 },
		/* Reserved bits, Svpbmt, Svnapot. */
		{ 0, 1ULL << 54 | DATA >> 2 | RWX }, { 0, 1ULL << 61 | DATA >> 2 | RWX },
		{ 0, 1ULL << 63 | DATA >> 2 | RWX }, { 1, 1ULL << 62 | DATA >> 2 | TABLE },
		/* A table at the last level; one that says U, A or D. */
		{ 0, DATA >> 2 | TABLE }, { 1, DATA >> 2 | TABLE | 0x10 },
		{ 1, DATA >> 2 | TABLE | 0x40 }, { 1, DATA >> 2 | TABLE | 0x80 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct measure before;

		start_with(3);
		host_fill(DATA, 1);
		host_vm_map(LOW, DATA + 4 * PAGE_BYTES, 0, RWX);
		*host_vm_entry(HIGH, bad[i].level) = bad[i].pte;
		before = measure;
		assert_int_equal(promote(7), COVE_ERR_INVALID_ADDRESS);
		/* It stays so. */
		assert_int_equal(slice(100), COVE_ERR_INVALID_ADDRESS);
		assert_memory_equal(&before, &measure, sizeof(measure));
		nothing_at(HIGH);
		give_back();
	}
}

static void roots_that_are_none(void **state)
{
	static const uint64_t bad[] = {
		0, 8ULL << 60, 8ULL << 60 | HOST_POOL >> 12, 8ULL << 60 | HOST_FIRMWARE >> 12,
		8ULL << 60 | HOST_RAM >> 12 | 1, 7ULL << 60 | HOST_RAM >> 12,
		11ULL << 60 | HOST_RAM >> 12, 8ULL << 60 | (HOST_RAM + 3 * GIB - 8192) >> 12,
		8ULL << 60 | 0xfffffffffffULL,
	};
	struct hostpt host;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(hostpt_init(&host, bad[i]), COVE_ERR_INVALID_ADDRESS);
		assert_int_equal(promote_begin(&promotion, bad[i]), COVE_ERR_INVALID_ADDRESS);
	}
	assert_int_equal(hostpt_init(&host, 8ULL << 60 | 3ULL << 44 | HOST_RAM >> 12), 0);
}

static void refused(void)
{
	assert_int_equal(promote(50), COVE_ERR_INVALID_ADDRESS);
	give_back();
	stop(NULL);
	start(NULL);
}

static void loops_and_aliases(void **state)
{
	uint64_t table;

	/* A table below itself, below the root's own pages, or twice. */
	table = host_vm_page();
	*host_vm_entry(LOW, 2) = table >> 2 | TABLE;
	*host_vm_entry(LOW, 1) = table >> 2 | TABLE;
	refused();
	*host_vm_entry(LOW, 2) = host_vm_root >> 2 | TABLE;
	refused();
	*host_vm_entry(LOW, 2) = (host_vm_root + 3 * PAGE_BYTES) >> 2 | TABLE;
	refused();
	host_vm_entry(LOW, 0);
	*host_vm_entry(HIGH, 1) = *host_vm_entry(LOW, 1);
	refused();
	host_vm_entry(LOW, 0);
	*host_vm_entry(HIGH, 2) = *host_vm_entry(LOW, 2);
	refused();
	host_vm_entry(LOW, 0);
	*host_vm_entry(LOW + 2 * MIB, 1) = *host_vm_entry(LOW, 1);
	refused();

	/* Memory twice; a table as memory; memory as a table. */
	host_fill(DATA, 1);
	host_vm_map(LOW, DATA, 0, RWX);
	host_vm_map(HIGH, DATA, 0, RWX);
	refused();
	host_vm_map(LOW, DATA, 0, RWX);
	host_vm_map(HIGH, DATA, 0, RX);
	refused();
	host_vm_map(LOW, DATA & ~(2 * MIB - 1), 1, RWX);
	host_vm_map(HIGH, DATA + 3 * PAGE_BYTES, 0, RWX);
	refused();
	host_vm_map(LOW, (*host_vm_entry(LOW, 1) & ~0x3ffULL) << 2, 0, RWX);
	host_vm_map(LOW, (*host_vm_entry(LOW, 1) & ~0x3ffULL) << 2, 0, RWX);
	refused();
	host_vm_map(LOW, DATA, 0, RWX);
	*host_vm_entry(HIGH, 1) = DATA >> 2 | TABLE;
	refused();

	/* Equal pages that the VM can't write to. */
	host_fill(DATA, 1);
	host_vm_map(LOW, DATA, 0, RX);
	host_vm_map(HIGH, DATA, 0, RX);
	assert_int_equal(promote(50), 0);
	assert_ptr_not_equal(tvm_page(LOW), tvm_page(HIGH));
	assert_memory_equal(tvm_page(LOW), tvm_page(HIGH), PAGE_BYTES);
}

static void tables_that_change_meanwhile(void **state)
{
	struct measure expected;
	uint64_t other;

	/* Another table in the same place. */
	make_vm(&expected);
	assert_int_equal(promote_begin(&promotion, host_vm_hgatp()), 0);
	assert_int_equal(slice(2), COVE_ERR_AGAIN);
	other = host_vm_page();
	memcpy(host_ram(other), host_ram((*host_vm_entry(LOW, 1) & ~0x3ffULL) << 2), PAGE_BYTES);
	*host_vm_entry(LOW, 1) = other >> 2 | TABLE;
	assert_int_equal(slice(2), COVE_ERR_FAILED);
	give_back();

	/* The memory slot goes away. */
	start_with(4);
	make_vm(&expected);
	assert_int_equal(promote_begin(&promotion, host_vm_hgatp()), 0);
	assert_int_equal(slice(2), COVE_ERR_AGAIN);
	*host_vm_entry(LOW, 2) = 0;
	assert_int_equal(slice(2), COVE_ERR_FAILED);
	give_back();

	/* A page goes away: it is as if it had never been there. */
	start_with(3);
	make_vm(&expected);
	assert_int_equal(promote_begin(&promotion, host_vm_hgatp()), 0);
	assert_int_equal(slice(2), COVE_ERR_AGAIN);
	*host_vm_entry(LOW + 0x3000, 0) = 0;
	while (slice(2) == COVE_ERR_AGAIN)
		;
	nothing_at(LOW + 0x3000);
	assert_memory_not_equal(&measure, &expected, sizeof(measure));
	give_back();

	/* Another VM's hgatp: nothing happens, and the promotion goes on. */
	start_with(3);
	make_vm(&expected);
	assert_int_equal(promote_begin(&promotion, host_vm_hgatp()), 0);
	assert_int_equal(slice(2), COVE_ERR_AGAIN);
	assert_int_equal(promote_slice(&promotion, &gs, &regions, &measure, host_vm_hgatp() + 4, 9),
			 COVE_ERR_INVALID_PARAM);
	while (slice(2) == COVE_ERR_AGAIN)
		;
	check_vm(&expected);
	give_back();
}

/* A hart of the host that writes between the TSM's accesses. */
static uint64_t victim;

static void point_into_the_pool(uint64_t hpa, size_t len)
{
	if (len == PAGE_BYTES)
		*host_vm_entry(LOW, 0) = HOST_POOL >> 2 | RWX;
}

static void scribble(uint64_t hpa, size_t len)
{
	if (len == PAGE_BYTES)
		host_fill(victim, 1000 + reads++);
	else
		host_fill(victim, 2000 + reads++);
}

static void what_is_measured_is_what_is_there(void **state)
{
	struct measure expected;

	/* Too late: the entry was read. */
	host_fill(DATA, 1);
	host_vm_map(LOW, DATA, 0, RWX);
	host.before_read = point_into_the_pool;
	assert_int_equal(promote(1000), 0);
	measure_init(&expected);
	measure_page(&expected, LOW, host_ram(DATA));
	assert_memory_equal(&measure, &expected, sizeof(measure));
	give_back();

	start_with(3);
	victim = DATA;
	host_vm_map(LOW, DATA, 0, RWX);
	host.before_read = scribble;
	assert_int_equal(promote(1000), 0);
	measure_init(&expected);
	measure_page(&expected, LOW, tvm_page(LOW));
	assert_memory_equal(&measure, &expected, sizeof(measure));
	give_back();
}

/* With each quota, from none to enough: an error, or a TVM; never a leak. */
static void too_little_memory(void **state)
{
	struct measure expected;
	unsigned int limit, fits = 0, failed = 0;
	struct gstage_leaf leaf;

	for (limit = 4; limit < 40; limit++) {
		start_with(3);
		make_vm(&expected);
		quota.limit = limit;
		if (promote(3) == COVE_ERR_OUT_OF_MEMORY) {
			failed++;
			assert_true(!fits);
		} else {
			/* No room for 2 MiB: the pages that aren't zero will do. */
			fits++;
			assert_memory_equal(&measure, &expected, sizeof(measure));
			gstage_find(&gs, LOW + 4 * MIB + 7 * PAGE_BYTES, &leaf);
			assert_int_equal(leaf.size, PAGE_4K);
			nothing_at(LOW + 4 * MIB);
		}
		assert_true(quota.used <= limit);
		give_back();
	}
	assert_true(fits > 3 && failed > 3);

	/* 2 MiB, but then no table to map it: the same. */
	for (limit = 518; limit < 521; limit++) {
		start_with(3);
		host_fill(LARGE + 7 * PAGE_BYTES, 1);
		host_vm_map(LOW + 4 * MIB, LARGE, 1, RWX);
		quota.limit = limit;
		assert_int_equal(promote(100), 0);
		gstage_find(&gs, LOW + 4 * MIB + 7 * PAGE_BYTES, &leaf);
		assert_int_equal(leaf.size, limit < 520 ? PAGE_4K : PAGE_2M);
		give_back();
	}
}

/* A large page of the host that is more than the region: in small ones. */
static void pages_that_leave_the_region(void **state)
{
	struct gstage_leaf leaf;

	assert_int_equal(region_add(&regions, 2 * GIB, MIB, REGION_PRIVATE), 0);
	host_fill(LARGE + 7 * PAGE_BYTES, 1);
	host_vm_map(2 * GIB, LARGE, 1, RWX);
	assert_int_equal(promote(1000), 0);
	gstage_find(&gs, 2 * GIB + 7 * PAGE_BYTES, &leaf);
	assert_int_equal(leaf.size, PAGE_4K);
	assert_int_equal(leaf.kind, GSTAGE_PRIVATE);
	nothing_at(2 * GIB + MIB);
	give_back();
}

/* Pages that are still to be scrubbed make it wait, not fail. */
static void memory_that_will_be_there(void **state)
{
	struct measure expected;
	struct claim claim;
	unsigned int again = 0;
	int err;

	host_start(4 * MIB, 3 * GIB);
	assert_int_equal(pool_init(HOST_POOL, 4 * MIB), 0);
	quota = (struct quota){ .owner = 1, .limit = ~0U };
	while (page_alloc(&quota, PAGE_16K, &claim))
		;
	gstage_init(&gs, &quota, &claim, false);
	make_vm(&expected);
	assert_int_equal(promote_begin(&promotion, host_vm_hgatp()), 0);
	while ((err = slice(100000)) == COVE_ERR_AGAIN)
		again++;
	assert_int_equal(err, 0);
	assert_memory_equal(&measure, &expected, sizeof(measure));
	give_back();
}

static void the_largest_page(void **state)
{
	struct gstage_leaf leaf;

	host_vm_map(HIGH, 0xc0000000, 2, RWX);
	host_fill(0xc0000000, 5);
	assert_int_equal(promote_begin(&promotion, host_vm_hgatp()), 0);
	assert_int_equal(slice(20), COVE_ERR_AGAIN);
	gstage_find(&gs, HIGH, &leaf);
	assert_int_equal(leaf.size, PAGE_1G);
	assert_memory_equal(tvm_page(HIGH), host_ram(0xc0000000), PAGE_BYTES);
	/* Given up in the middle. */
	give_back();
}

/* As the caller reads the device tree, before anything is promoted. */
static void reads_of_a_vm(void **state)
{
	struct hostpt_leaf leaf;
	struct hostpt host;
	uint8_t *from = host_ram(DATA), to[PAGE_BYTES];

	host_fill(DATA, 1);
	host_fill(DATA + PAGE_BYTES, 2);
	host_vm_map(LOW, DATA, 0, RWX);
	host_vm_map(LOW + PAGE_BYTES, DATA + PAGE_BYTES, 0, RX);
	host_vm_map(LOW + 2 * MIB, LARGE, 1, RWX);
	assert_int_equal(hostpt_init(&host, host_vm_hgatp()), 0);
	assert_int_equal(hostpt_read(&host, LOW + 3, to, 5), 0);
	assert_memory_equal(to, from + 3, 5);
	assert_int_equal(hostpt_read(&host, LOW + 4000, to, 200), 0);
	assert_memory_equal(to, from + 4000, 200);
	assert_int_equal(hostpt_read(&host, LOW + 8000, to, 200), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(hostpt_read(&host, 1ULL << 41, to, 1), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(hostpt_read(&host, ~0ULL, to, 2), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(hostpt_find(&host, LOW + 2 * MIB + 0x5123, &leaf), 0);
	assert_int_equal(leaf.hpa, LARGE + 0x5000);
	assert_true(leaf.present && leaf.writable);
	assert_int_equal(leaf.bytes, 2 * MIB);
	assert_int_equal(hostpt_find(&host, LOW + PAGE_BYTES, &leaf), 0);
	assert_false(leaf.writable);
	assert_int_equal(hostpt_find(&host, LOW + 64 * MIB, &leaf), 0);
	assert_false(leaf.present);
	assert_int_equal(leaf.bytes, 2 * MIB);
	/* Beyond the end, although the root's entries come round there. */
	assert_int_equal(hostpt_find(&host, LOW + (1ULL << 41), &leaf),
			 COVE_ERR_INVALID_ADDRESS);
	/* U, A and D mean nothing in a table, so they aren't there. */
	*host_vm_entry(LOW, 1) |= 0x40;
	assert_int_equal(hostpt_find(&host, LOW, &leaf), COVE_ERR_INVALID_ADDRESS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vm_of_each_mode),
		TEST(slices_of_each_size),
		TEST(entries_that_are_refused),
		TEST(roots_that_are_none),
		TEST(loops_and_aliases),
		TEST(tables_that_change_meanwhile),
		TEST(what_is_measured_is_what_is_there),
		TEST(too_little_memory),
		TEST(pages_that_leave_the_region),
		TEST(memory_that_will_be_there),
		TEST(the_largest_page),
		TEST(reads_of_a_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
