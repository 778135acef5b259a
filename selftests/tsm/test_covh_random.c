// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls at random: by one hart, with all that has to hold looked at in
 * between, and by several harts at once, under TSan as well.
 */

#include "calls.h"
#include "random_host.h"

#include <pthread.h>
#include <stdlib.h>

#define PAGES		(CALLS_POOL / PAGE_BYTES)

static uint64_t seed;

static void choose_seed(void)
{
	const char *wish = getenv("SEED");

	seed = wish ? strtoull(wish, NULL, 0) : 20261128;
	print_message("# SEED=%llu\n", (unsigned long long)seed);
}

/* By which TVMs a page can be reached, in which way. */
static uint16_t mapped[PAGES];

static uint64_t number(uint64_t hpa)
{
	assert_true(hpa >= HOST_POOL && hpa < HOST_POOL + CALLS_POOL);
	return (hpa - HOST_POOL) / PAGE_BYTES;
}

static uint64_t read_pte(uint64_t table, unsigned int index)
{
	return ((uint64_t *)hart_pool(table))[index];
}

static void check_table(const struct tvm *tvm, uint64_t table)
{
	struct page_info info;

	assert_true(page_find(table, &info));
	assert_int_equal(info.state, PAGE_TABLE);
	assert_int_equal(info.owner, tvm->quota.owner);
}

/* A leaf of the TVM's own, for this address alone; or of the host, without X. */
static void check_leaf(const struct tvm *tvm, uint64_t pte, uint64_t gpa, uint64_t bytes)
{
	uint64_t hpa = (pte << 2) & 0x3ffffffffff000ULL & ~(bytes - 1), page;
	struct page_info info;

	if (!pool_has(hpa, 1)) {
		assert_true(hart_host_ram(hpa, bytes));
		assert_false(pte & 8);
		return;
	}
	for (page = 0; page < bytes; page += PAGE_BYTES) {
		assert_int_equal(mapped[number(hpa + page)], 0);
		mapped[number(hpa + page)] = tvm->quota.owner;
	}
	assert_true(page_find(hpa, &info));
	assert_int_equal(info.state, PAGE_DATA);
	assert_int_equal(info.owner, tvm->quota.owner);
	assert_int_equal(info.gpa, gpa);
	assert_int_equal(page_bytes(info.size), bytes);
}

static void walk(const struct tvm *tvm, uint64_t table, unsigned int entries, uint64_t gpa,
		 uint64_t bytes)
{
	unsigned int i;

	check_table(tvm, table);
	for (i = 0; i < entries; i++, gpa += bytes) {
		uint64_t pte = read_pte(table, i), next = (pte << 2) & 0x3ffffffffff000ULL;

		if (!pte)
			continue;
		/* Only R, W and X make a leaf; an invalidated one isn't valid. */
		if ((pte & 0xf) == 1)
			walk(tvm, next, 512, gpa, bytes / 512);
		else
			check_leaf(tvm, pte, gpa, bytes);
	}
}

/*
 * Each page that a TVM can reach is its own; each page with an owner has one
 * that exists; and nobody holds a lock when no call is being made.
 */
static void check_all(void)
{
	uint16_t owners[TVM_MAX + 1] = { 0 };
	uint32_t used[TVM_MAX + 1] = { 0 };
	struct page_info info;
	uint64_t id, nr;

	memset(mapped, 0, sizeof(mapped));
	for (id = tvm_after(0); id; id = tvm_after(id)) {
		const struct tvm *tvm = look_at(id);

		owners[tvm->quota.owner] = 1;
		if (tvm_state(tvm) != TVM_DESTROYING)
			walk(tvm, tvm->gstage.root, 2048, 0, GIB);
	}
	for (nr = 0; nr < PAGES; nr += page_bytes(info.size) / PAGE_BYTES) {
		assert_true(page_find(HOST_POOL + nr * PAGE_BYTES, &info));
		if (!info.owner)
			continue;
		assert_true(owners[info.owner]);
		if (!info.named)
			used[info.owner] += page_bytes(info.size) / PAGE_BYTES;
	}
	for (id = tvm_after(0); id; id = tvm_after(id))
		assert_int_equal(look_at(id)->quota.used, used[look_at(id)->quota.owner]);
}

static void by_one_hart(void **state)
{
	uint64_t seen[TVM_STATES] = { 0 }, free, id;
	unsigned int i;

	random_host_start();
	free = random_host_free();
	calls_stop();

	random_host_start();
	random_host_hart(0, seed);
	for (i = 0; i < 40000; i++) {
		host_hart = i % RANDOM_HARTS;
		assert_true(random_host_step());
		if (i % 100)
			continue;
		check_all();
		for (id = tvm_after(0); id; id = tvm_after(id))
			seen[state_by_id(id)]++;
	}
	/* It got everywhere. */
	for (i = TVM_INITIALIZING; i <= TVM_RUNNABLE; i++)
		assert_true(seen[i] > 0);
	assert_int_equal(random_host_free(), free);
	calls_stop();
}

static bool failed;

static void *hart(void *number)
{
	unsigned int i;

	random_host_hart((uintptr_t)number, seed);
	for (i = 0; i < 20000; i++) {
		if (!random_host_step())
			__atomic_store_n(&failed, true, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void by_all_harts(void **state)
{
	pthread_t thread[RANDOM_HARTS];
	uint64_t free;
	uintptr_t i;

	random_host_start();
	free = random_host_free();
	calls_stop();

	random_host_start();
	for (i = 0; i < RANDOM_HARTS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, hart, (void *)i), 0);
	for (i = 0; i < RANDOM_HARTS; i++)
		pthread_join(thread[i], NULL);
	assert_false(failed);
	check_all();
	assert_int_equal(random_host_free(), free);
	calls_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_one_hart),
		cmocka_unit_test(by_all_harts),
	};

	choose_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
