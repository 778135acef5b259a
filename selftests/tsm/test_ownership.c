// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has which page.  First the table alone: everything that can happen, to
 * a page in every state, for its owner, another and nobody, with the whole
 * pool compared afterwards.  Then everything that the TSM does with pages, at
 * random, with the whole pool compared after each step with a model that has
 * neither lists nor sizes.
 */

#include "unit.h"
#include "host.h"
#include "pool.h"

#include <cove/abi.h>
#include <stdlib.h>

#define POOL_SIZE	(8ULL << 20)
#define PAGES		(POOL_SIZE / PAGE_BYTES)

/*
 * What is expected, written from Documentation/cove-tsm.rst: one line for
 * each arrow.  Who: 0 nobody, + a new owner, = the owner, - the owner, who
 * loses it.
 */
static const struct arrow {
	enum page_event event;
	enum page_state from, to, to_named;
	char who;
} arrows[] = {
	{ PAGE_NAME, PAGE_FREE, PAGE_CONVERTING, PAGE_CONVERTING, '0' },
	{ PAGE_FENCED, PAGE_CONVERTING, PAGE_UNASSIGNED, PAGE_UNASSIGNED, '0' },
	{ PAGE_RECLAIM, PAGE_UNASSIGNED, PAGE_FREE, PAGE_FREE, '0' },
	{ PAGE_ALLOC, PAGE_FREE, PAGE_CLAIMED, PAGE_CLAIMED, '+' },
	{ PAGE_CLAIM, PAGE_UNASSIGNED, PAGE_CLAIMED, PAGE_CLAIMED, '+' },
	{ PAGE_UNCLAIM, PAGE_CLAIMED, PAGE_FREE, PAGE_UNASSIGNED, '-' },
	{ PAGE_TO_STATE, PAGE_CLAIMED, PAGE_STATE, PAGE_STATE, '=' },
	{ PAGE_TO_TABLE, PAGE_CLAIMED, PAGE_TABLE, PAGE_TABLE, '=' },
	{ PAGE_TO_DATA, PAGE_CLAIMED, PAGE_DATA, PAGE_DATA, '=' },
	{ PAGE_PUT, PAGE_STATE, PAGE_DIRTY, PAGE_DIRTY, '-' },
	{ PAGE_PUT, PAGE_TABLE, PAGE_DIRTY, PAGE_DIRTY, '-' },
	{ PAGE_PUT, PAGE_DATA, PAGE_DIRTY, PAGE_DIRTY, '-' },
	{ PAGE_SCRUB, PAGE_DIRTY, PAGE_SCRUBBING, PAGE_SCRUBBING, '0' },
	{ PAGE_SCRUBBED, PAGE_SCRUBBING, PAGE_FREE, PAGE_UNASSIGNED, '0' },
};

static int start(void **state)
{
	host_start(POOL_SIZE, 1 << 20);
	assert_int_equal(pool_init(HOST_POOL, POOL_SIZE), 0);
	while (pool_scrub(64))
		;
	return 0;
}

static const struct arrow *arrow_of(enum page_event event, enum page_state from)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(arrows); i++) {
		if (arrows[i].event == event && arrows[i].from == from)
			return &arrows[i];
	}
	return NULL;
}

static bool who_may(const struct arrow *arrow, uint16_t owner, uint16_t who)
{
	switch (arrow->who) {
	case '0':
		return !owner;
	case '+':
		return !owner && who;
	default:
		return owner && owner == who;
	}
}

static void try_move(uint32_t nr, enum page_event event, uint16_t who)
{
	static struct page before[PAGES];
	struct page *page = &pool.page[nr];
	const struct arrow *arrow = arrow_of(event, page->state);
	bool legal = arrow && who_may(arrow, page->owner, who);

	memcpy(before, pool.page, sizeof(before));
	if (legal) {
		before[nr].state = page->named ? arrow->to_named : arrow->to;
		if (arrow->who == '+')
			before[nr].owner = who;
		if (arrow->who == '-')
			before[nr].owner = 0;
	}
	assert_int_equal(page_permits(nr, event, who), legal);
	assert_int_equal(page_move(nr, event, who), legal);
	assert_memory_equal(before, pool.page, sizeof(before));
}

static void every_event_in_every_state(void **state)
{
	uint32_t nr = PAGES / 2;
	unsigned int from, named, owner, event, who;

	for (from = 0; from < PAGE_STATES; from++) {
		for (named = 0; named < 2; named++) {
			for (owner = 0; owner < 2; owner++) {
				for (event = 0; event < PAGE_EVENTS; event++) {
					for (who = 0; who < 3; who++) {
						pool.page[nr].state = from;
						pool.page[nr].named = named;
						pool.page[nr].owner = owner;
						try_move(nr, event, who);
					}
				}
			}
		}
	}
}

/* What is inside of a larger page isn't a page. */
static void nothing_happens_inside_of_a_page(void **state)
{
	uint32_t nr = PAGES / 2;
	unsigned int event, who;

	pool.page[nr].size = PAGE_2M;
	for (event = 0; event < PAGE_EVENTS; event++) {
		for (who = 0; who < 2; who++) {
			pool.page[nr + 5].state = PAGE_DATA;
			pool.page[nr + 5].owner = 1;
			assert_false(page_permits(nr + 5, event, who));
			pool.page[nr + 5].state = PAGE_FREE;
			pool.page[nr + 5].owner = 0;
			assert_false(page_move(nr + 5, event, who));
		}
	}
}

/* The model: 4 KiB pages, each by itself. */
static struct model {
	uint8_t state;
	uint8_t named;
	uint16_t owner;
	uint64_t gpa;
	uint32_t epoch;
} model[PAGES];

static uint32_t model_epoch, model_fenced;
static uint64_t model_todo;
static struct quota quotas[2];
static uint32_t model_used[2];

static struct claim claims[16];
static struct quota *claimer[16];
static unsigned int claims_held;

static struct held {
	uint64_t hpa;
	uint8_t size;
	struct quota *quota;
} pages[PAGES];
static unsigned int pages_held;

static uint64_t seed;

static uint32_t dice(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static uint32_t number(uint64_t hpa)
{
	return (hpa - HOST_POOL) / PAGE_BYTES;
}

static void compare(void)
{
	uint64_t free = 0, dirty = 0;
	struct pool_count count;
	struct page_info info;
	uint32_t nr;

	for (nr = 0; nr < PAGES; nr++) {
		struct model *m = &model[nr];

		if (m->state == PAGE_CONVERTING && m->epoch < model_fenced)
			m->state = PAGE_UNASSIGNED;
		assert_true(page_find(HOST_POOL + nr * PAGE_BYTES + 7, &info));
		assert_int_equal(info.state, m->state);
		assert_int_equal(info.owner, m->owner);
		assert_int_equal(info.named, m->named);
		if (m->state == PAGE_DATA)
			assert_int_equal(info.gpa + (nr - number(info.hpa)) * PAGE_BYTES,
					 m->gpa);
		free += m->state == PAGE_FREE;
		dirty += m->state == PAGE_DIRTY;
	}
	pool_count(&count);
	assert_int_equal(count.free, free);
	assert_int_equal(count.dirty, dirty);
	assert_int_equal(quotas[0].used, model_used[0]);
	assert_int_equal(quotas[1].used, model_used[1]);
}

/* What page.h promises of pages in these states. */
static void zero_where_promised(void)
{
	static const uint8_t zero[PAGE_BYTES];
	uint32_t nr;

	for (nr = 0; nr < PAGES; nr++) {
		if (model[nr].state <= PAGE_CLAIMED)
			assert_memory_equal(hart_pool(HOST_POOL + nr * PAGE_BYTES), zero,
					    PAGE_BYTES);
	}
}

/* All pages in one of the states? */
static int expect(uint32_t nr, uint32_t count, uint32_t states)
{
	int err = 0;

	for (; count--; nr++) {
		/* The answer is about the first that isn't. */
		if (model[nr].state == PAGE_DIRTY)
			return COVE_ERR_AGAIN;
		if (!(states >> model[nr].state & 1))
			return COVE_ERR_INVALID_ADDRESS;
	}
	return err;
}

/* After "again", a bit was scrubbed: see what, by asking. */
static void follow_scrub(void)
{
	struct page_info info;
	uint32_t nr;

	for (nr = 0; nr < PAGES; nr++) {
		page_find(HOST_POOL + nr * PAGE_BYTES, &info);
		if (model[nr].state == PAGE_DIRTY && info.state != PAGE_DIRTY) {
			model[nr].state = model[nr].named ? PAGE_UNASSIGNED : PAGE_FREE;
			assert_int_equal(info.state, model[nr].state);
		}
	}
}

static void do_convert(void)
{
	uint32_t nr = dice(PAGES), count = 1 + dice(dice(2) ? 8 : 700), i;
	int err;

	if (nr + count > PAGES)
		count = PAGES - nr;
	err = pool_convert(HOST_POOL + nr * PAGE_BYTES, count);
	assert_int_equal(err, expect(nr, count, 1 << PAGE_FREE));
	if (err == COVE_ERR_AGAIN)
		follow_scrub();
	for (i = nr; !err && i < nr + count; i++)
		model[i] = (struct model){ .state = PAGE_CONVERTING, .named = 1,
					   .epoch = model_epoch };
}

static void do_reclaim(void)
{
	uint32_t nr = dice(PAGES), count = 1 + dice(dice(2) ? 8 : 700), i;
	int err;

	if (nr + count > PAGES)
		count = PAGES - nr;
	err = pool_reclaim(HOST_POOL + nr * PAGE_BYTES, count);
	assert_int_equal(err, expect(nr, count, 1 << PAGE_FREE | 1 << PAGE_UNASSIGNED));
	if (err == COVE_ERR_AGAIN)
		follow_scrub();
	for (i = nr; !err && i < nr + count; i++)
		model[i] = (struct model){ .state = PAGE_FREE };
}

static void do_fences(void)
{
	unsigned int hart = dice(3);

	if (!dice(4)) {
		int err = pool_global_fence();

		assert_int_equal(err, model_todo ? COVE_ERR_ALREADY_STARTED : 0);
		if (!err) {
			model_epoch++;
			model_todo = host.online;
		}
	} else {
		host_hart = hart;
		pool_local_fence();
		host_hart = 0;
		model_todo &= ~(1ULL << hart);
	}
	if (!model_todo)
		model_fenced = model_epoch;
}

static void model_claim(uint32_t nr, uint32_t count, struct quota *quota)
{
	for (; count--; nr++) {
		model[nr].state = PAGE_CLAIMED;
		model[nr].owner = quota->owner;
	}
}

/* Is there a free page of this size, with what can be put together? */
static bool there_is(enum page_size size)
{
	uint32_t span = page_bytes(size) / PAGE_BYTES, nr;

	for (nr = 0; nr < PAGES; nr += span) {
		if (!expect(nr, span, 1 << PAGE_FREE))
			return true;
	}
	return false;
}

static void do_alloc(void)
{
	struct quota *quota = &quotas[dice(2)];
	enum page_size size = dice(3);
	uint32_t span = page_bytes(size) / PAGE_BYTES, nr;
	struct claim claim;
	int err, expected = 0;

	if (claims_held == ARRAY_SIZE(claims))
		return;
	if (quota->limit - quota->used < span)
		expected = COVE_ERR_OUT_OF_MEMORY;
	else if (!there_is(size))
		expected = pool.count.dirty ? COVE_ERR_AGAIN : COVE_ERR_OUT_OF_MEMORY;
	err = page_alloc(quota, size, &claim);
	assert_int_equal(err, expected);
	if (err == COVE_ERR_AGAIN)
		follow_scrub();
	if (err)
		return;
	assert_int_equal(claim.hpa & (page_bytes(size) - 1), 0);
	nr = number(claim.hpa);
	assert_int_equal(expect(nr, span, 1 << PAGE_FREE), 0);
	model_claim(nr, span, quota);
	model_used[quota - quotas] += span;
	claimer[claims_held] = quota;
	claims[claims_held++] = claim;
}

static void do_claim(void)
{
	struct quota *quota = &quotas[dice(2)];
	enum page_size size = dice(3);
	uint32_t span = page_bytes(size) / PAGE_BYTES;
	uint32_t nr = dice(PAGES / span) * span, count = 1 + dice(3);
	struct claim claim;
	int err;

	if (claims_held == ARRAY_SIZE(claims) || nr + count * span > PAGES)
		return;
	err = page_claim(quota, HOST_POOL + nr * PAGE_BYTES, size, count, &claim);
	assert_int_equal(err, expect(nr, count * span, 1 << PAGE_UNASSIGNED));
	if (err == COVE_ERR_AGAIN)
		follow_scrub();
	if (err)
		return;
	model_claim(nr, count * span, quota);
	claimer[claims_held] = quota;
	claims[claims_held++] = claim;
}

static void drop_claim(unsigned int i)
{
	claims_held--;
	claims[i] = claims[claims_held];
	claimer[i] = claimer[claims_held];
}

static void do_unclaim(void)
{
	unsigned int i = claims_held ? dice(claims_held) : 0;
	uint32_t nr, count;

	if (!claims_held)
		return;
	nr = number(claims[i].hpa);
	count = claims[i].count * (page_bytes(claims[i].size) / PAGE_BYTES);
	page_unclaim(claimer[i], &claims[i]);
	for (; count--; nr++) {
		if (!model[nr].named)
			model_used[claimer[i] - quotas]--;
		model[nr].state = model[nr].named ? PAGE_UNASSIGNED : PAGE_FREE;
		model[nr].owner = 0;
	}
	drop_claim(i);
}

static void do_use(void)
{
	static const enum page_event uses[] = { PAGE_TO_STATE, PAGE_TO_TABLE, PAGE_TO_DATA };
	unsigned int i = claims_held ? dice(claims_held) : 0, use = dice(3);
	uint64_t gpa = (uint64_t)dice(1 << 20) << 21, hpa;
	uint32_t nr, j;

	if (!claims_held)
		return;
	hpa = page_use(&claims[i], uses[use], gpa);
	memset(hart_pool(hpa), 0x5a, page_bytes(claims[i].size));
	nr = number(hpa);
	for (j = 0; j < page_bytes(claims[i].size) / PAGE_BYTES; j++) {
		model[nr + j].state = PAGE_STATE + use;
		model[nr + j].gpa = gpa + j * PAGE_BYTES;
	}
	pages[pages_held++] = (struct held){ hpa, claims[i].size, claimer[i] };
	if (!claims[i].count)
		drop_claim(i);
}

static void do_split(void)
{
	struct held *held;
	uint32_t i;

	if (!pages_held)
		return;
	held = &pages[dice(pages_held)];
	page_split(held->hpa);
	if (held->size != PAGE_2M || model[number(held->hpa)].state != PAGE_DATA)
		return;
	held->size = PAGE_4K;
	for (i = 1; i < 512; i++)
		pages[pages_held++] = (struct held){ held->hpa + i * PAGE_BYTES, PAGE_4K,
						     held->quota };
}

static void do_put(void)
{
	struct held held;
	uint32_t nr, span, i;

	if (!pages_held)
		return;
	i = dice(pages_held);
	held = pages[i];
	nr = number(held.hpa);
	span = page_bytes(held.size) / PAGE_BYTES;
	/* Another TVM can't do that. */
	page_put(&quotas[held.quota == quotas], held.hpa);
	page_put(held.quota, held.hpa);
	for (; span--; nr++) {
		if (!model[nr].named)
			model_used[held.quota - quotas]--;
		model[nr].state = PAGE_DIRTY;
		model[nr].owner = 0;
	}
	pages[i] = pages[--pages_held];
}

static void do_scrub(void)
{
	pool_scrub(dice(3) ? 1 : 600);
	follow_scrub();
}

static void everything_at_random(void **state)
{
	static void (*const act[])(void) = {
		do_convert, do_convert, do_reclaim, do_fences, do_fences, do_fences,
		do_alloc, do_alloc, do_claim, do_claim, do_claim, do_unclaim, do_use,
		do_use, do_use, do_split, do_put, do_put, do_put, do_put, do_scrub,
	};
	const char *wish = getenv("SEED");
	struct page_info info;
	uint32_t nr, i;

	seed = wish ? strtoull(wish, NULL, 0) : 20261127;
	print_message("# seed %llu\n", (unsigned long long)seed);
	host.online = 7;
	model_epoch = 1;
	model_fenced = 1;
	quotas[0] = (struct quota){ .owner = 1, .limit = 300 };
	quotas[1] = (struct quota){ .owner = 2, .limit = 1500 };
	for (nr = 0; nr < PAGES; nr++) {
		page_find(HOST_POOL + nr * PAGE_BYTES, &info);
		model[nr] = (struct model){ .state = info.state };
		assert_true(info.state == PAGE_FREE || info.state == PAGE_TSM);
	}
	for (i = 0; i < 6000; i++) {
		act[dice(ARRAY_SIZE(act))]();
		compare();
		if (i % 512 == 0)
			zero_where_promised();
	}

	/* When all is given back, all is free, and in the largest pages. */
	while (claims_held)
		do_unclaim();
	while (pages_held)
		do_put();
	while (pool_scrub(512))
		;
	follow_scrub();
	/* One fence may be under way: end it, and go through another. */
	for (i = 0; i < 2; i++) {
		for (host_hart = 0; host_hart < 3; host_hart++)
			pool_local_fence();
		assert_int_equal(pool_global_fence(), 0);
	}
	for (host_hart = 0; host_hart < 3; host_hart++)
		pool_local_fence();
	host_hart = 0;
	for (nr = 0; nr < PAGES; nr++)
		pool_reclaim(HOST_POOL + nr * PAGE_BYTES, 1);
	assert_int_equal(quotas[0].used, 0);
	assert_int_equal(quotas[1].used, 0);
	for (nr = 0; nr < PAGES; nr++) {
		page_find(HOST_POOL + nr * PAGE_BYTES, &info);
		assert_true(info.state == PAGE_FREE || info.state == PAGE_TSM);
	}
	/* The last 2 MiB have a page that is nobody's. */
	for (nr = 512; nr < PAGES - 512; nr += 512) {
		page_find(HOST_POOL + nr * PAGE_BYTES, &info);
		assert_int_equal(info.state, PAGE_FREE);
		assert_int_equal(info.size, PAGE_2M);
	}
}

static int stop(void **state)
{
	host_stop();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_event_in_every_state, start, stop),
		cmocka_unit_test_setup_teardown(nothing_happens_inside_of_a_page, start, stop),
		cmocka_unit_test_setup_teardown(everything_at_random, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
