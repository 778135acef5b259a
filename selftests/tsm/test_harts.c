// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several harts at once: the pool given and taken by all of them, and vCPUs
 * that run while what they have mapped goes away.
 */

#include "unit.h"
#include "host.h"
#include "gstage.h"

#include <cove/abi.h>
#include <pthread.h>
#include <sched.h>

#define MIB	(1ULL << 20)
#define POOL	(32 * MIB)
#define HARTS	4
#define GPA	0x80000000ULL

static bool failed, finished;

/* cmocka's assertions are for the main thread. */
#define EXPECT(condition) do { \
	if (!(condition)) \
		__atomic_store_n(&failed, true, __ATOMIC_RELAXED); \
} while (0)

static uint64_t start_pool(void)
{
	struct pool_count count;

	host_start(POOL, MIB);
	host.online = (1 << HARTS) - 1;
	assert_int_equal(pool_init(HOST_POOL, POOL), 0);
	while (pool_scrub(512))
		;
	pool_count(&count);
	failed = false;
	finished = false;
	return count.free;
}

static void run(void *(*function)(void *hart), unsigned int harts)
{
	pthread_t thread[HARTS];
	uintptr_t i;

	for (i = 0; i < harts; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, function, (void *)i), 0);
	for (i = 0; i < harts; i++)
		pthread_join(thread[i], NULL);
	assert_false(failed);
}

static uint32_t dice(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*seed >> 33) % below;
}

struct taken {
	uint64_t hpa;
	uint64_t *word;
};

static void give(struct quota *quota, struct taken *taken, uint64_t mark)
{
	EXPECT(*taken->word == mark);
	page_put(quota, taken->hpa);
}

/* Take pages, mark them, and see that nobody else had a hand in them. */
static void *take_and_give(void *hart)
{
	struct quota quota = { .owner = (uintptr_t)hart + 1, .limit = 2000 };
	uint64_t seed = (uintptr_t)hart, mark = 0x1234 + (uintptr_t)hart;
	struct taken taken[32];
	unsigned int count = 0, i;

	host_hart = (uintptr_t)hart;
	for (i = 0; i < 5000; i++) {
		uint64_t named = HOST_POOL + MIB + dice(&seed, POOL / PAGE_BYTES / 2) * PAGE_BYTES;
		unsigned int which = count ? dice(&seed, count) : 0;
		struct claim claim = {};

		switch (dice(&seed, 8)) {
		case 0:
			pool_scrub(8);
			break;
		case 1:
			pool_convert(named, 1 + dice(&seed, 4));
			pool_global_fence();
			break;
		case 2:
			pool_local_fence();
			pool_reclaim(named, 1);
			break;
		case 3:
			page_claim(&quota, named, PAGE_4K, 1, &claim);
			break;
		case 4:
			if (count) {
				give(&quota, &taken[which], mark);
				taken[which] = taken[--count];
			}
			break;
		default:
			page_alloc(&quota, dice(&seed, 10) ? PAGE_4K : PAGE_2M, &claim);
		}
		if (!claim.count)
			continue;
		if (count == ARRAY_SIZE(taken) || !dice(&seed, 8)) {
			page_unclaim(&quota, &claim);
			continue;
		}
		taken[count].hpa = page_use(&claim, PAGE_TO_DATA, 0);
		taken[count].word = hart_pool(taken[count].hpa);
		EXPECT(!*taken[count].word);
		*taken[count++].word = mark;
	}
	while (count)
		give(&quota, &taken[--count], mark);
	EXPECT(!quota.used);
	return NULL;
}

static void one_pool_for_all(void **state)
{
	uint64_t free = start_pool(), hpa;
	struct pool_count count;

	run(take_and_give, HARTS);
	while (pool_scrub(512))
		;
	host.online = 1;
	host_hart = 0;
	pool_local_fence();
	pool_global_fence();
	pool_local_fence();
	for (hpa = HOST_POOL + MIB; hpa < HOST_POOL + POOL - PAGE_BYTES; hpa += PAGE_BYTES)
		assert_int_equal(pool_reclaim(hpa, 1), 0);
	pool_count(&count);
	assert_int_equal(count.free, free);
	assert_int_equal(count.dirty, 0);
	host_stop();
}

static struct gstage gs;
static struct quota tvm_quota;
static unsigned int rounds;

#define MARK	0xfeedULL

/* What a hart reads of tables: one word at a time, whole. */
static uint64_t load(uint64_t hpa, uint64_t index)
{
	return __atomic_load_n((uint64_t *)hart_pool(hpa) + index, __ATOMIC_ACQUIRE);
}

/* Run a vCPU, whose TLB keeps what it found until it traps. */
static void *vcpu(void *hart)
{
	unsigned int i;

	host_hart = (uintptr_t)hart;
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		uint32_t epoch = gstage_enter(&gs);
		uint64_t pte = load(gs.root, GPA >> 30);

		if (pte)
			pte = load((pte >> 10) << 12, GPA >> 21 & 511);
		if (pte)
			pte = load((pte >> 10) << 12, GPA >> 12 & 511);
		if (pte & 1) {
			const uint64_t *word = hart_pool((pte & 0x3ffffffffffc00ULL) << 2);

			for (i = 0; i < 5; i++) {
				EXPECT(__atomic_load_n(word, __ATOMIC_RELAXED) == MARK);
				sched_yield();
			}
		}
		gstage_leave(&gs, epoch);
	}
	return NULL;
}

static uint64_t marked_page(void)
{
	struct claim claim;
	uint64_t hpa;
	int err;

	do {
		err = page_alloc(&tvm_quota, PAGE_4K, &claim);
	} while (err == COVE_ERR_AGAIN);
	hpa = page_use(&claim, PAGE_TO_DATA, GPA);
	__atomic_store_n((uint64_t *)hart_pool(hpa), MARK, __ATOMIC_RELAXED);
	return hpa;
}

/* Take the page away, have it scrubbed, and map another, again and again. */
static void *change(void *hart)
{
	unsigned int i;

	host_hart = (uintptr_t)hart;
	for (i = 0; i < rounds; i++) {
		EXPECT(!gstage_reserve(&gs, GPA, PAGE_4K, 1));
		gstage_map(&gs, GPA, marked_page(), PAGE_4K, GSTAGE_PRIVATE);
		sched_yield();
		gstage_block(&gs, GPA, PAGE_BYTES);
		if (i & 1) {
			gstage_unblock(&gs, GPA, PAGE_BYTES);
			gstage_block(&gs, GPA, PAGE_BYTES);
		}
		while (gstage_fence(&gs))
			sched_yield();
		while (!gstage_all_fenced(&gs, GPA, PAGE_BYTES))
			sched_yield();
		gstage_remove(&gs, GPA, PAGE_BYTES);
		while (pool_scrub(512))
			;
	}
	__atomic_store_n(&finished, true, __ATOMIC_RELEASE);
	return NULL;
}

static void *vcpu_or_host(void *hart)
{
	return hart ? vcpu(hart) : change(hart);
}

static void nothing_goes_while_it_is_used(void **state)
{
	struct claim root;

	start_pool();
	tvm_quota = (struct quota){ .owner = 1, .limit = 1000 };
	assert_int_equal(page_alloc(&tvm_quota, PAGE_16K, &root), 0);
	gstage_init(&gs, &tvm_quota, &root, false);
	rounds = 500;
	run(vcpu_or_host, 3);
	host_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_pool_for_all),
		cmocka_unit_test(nothing_goes_while_it_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
