// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pages that the host names: convert_pages, fences, reclaim_pages, and the
 * claims of calls that build a TVM of such pages.
 *
 * The pool is closed to the host all the time, so a conversion takes a page
 * from the allocator only; the fences are there because the ABI has them.  A
 * page that was converted in an epoch can be used when the fence that ended
 * the epoch is over; nobody goes through the pages then, each is looked at
 * when it is needed.
 */

#include <cove/abi.h>
#include <cove/covh.h>

#include "hart.h"
#include "pool.h"

/* How much is scrubbed by a call that has to wait for it, in pages. */
#define SCRUB_BUDGET	256

/**
 * pool_fence_settle() - see whether the fence in progress is over
 *
 * Harts that are down have no part in it.
 *
 * Context: pool.lock.
 */
void pool_fence_settle(void)
{
	if (!(pool.fence_todo & hart_online()))
		pool.fenced = pool.epoch;
}

static int check_range(uint64_t hpa, uint64_t count)
{
	if (!count || count > COVE_MAX_PAGES)
		return COVE_ERR_INVALID_PARAM;
	if (hpa & (PAGE_BYTES - 1) || !pool_has(hpa, count << PAGE_SHIFT))
		return COVE_ERR_INVALID_ADDRESS;
	return 0;
}

/* Pages in one of the states, or soon. */
static int check_states(uint32_t nr, uint32_t count, unsigned int states)
{
	uint32_t end = nr + count, head;

	for (; nr < end; nr = head + page_span(pool.page[head].size)) {
		enum page_state state;

		head = page_head(nr);
		state = page_settle(head);
		if (state == PAGE_DIRTY || state == PAGE_SCRUBBING)
			return COVE_ERR_AGAIN;
		if (!(states & 1U << state))
			return COVE_ERR_INVALID_ADDRESS;
	}
	return 0;
}

/* Take a page out of the allocator: as pages of 4 KiB. */
static void name_page(uint32_t nr)
{
	uint32_t span = page_span(pool.page[nr].size), i;

	pool_take(nr);
	page_cut(nr, PAGE_4K);
	for (i = nr; i < nr + span; i++) {
		page_move(i, PAGE_NAME, 0);
		pool.page[i].named = 1;
		pool.page[i].epoch = pool.epoch;
	}
}

/* Scrub a bit, so that who comes again finds it done. */
static int unlock_with(int err)
{
	lock_drop(&pool.lock);
	if (err == COVE_ERR_AGAIN)
		pool_scrub(SCRUB_BUDGET);
	return err;
}

/**
 * pool_convert() - the host names free pages (convert_pages)
 * @hpa: address of the first
 * @count: how many of 4 KiB
 *
 * Return: 0, COVE_ERR_INVALID_PARAM, COVE_ERR_INVALID_ADDRESS if not all of
 * them are free pages of the pool, or COVE_ERR_AGAIN if they are about to be.
 */
int pool_convert(uint64_t hpa, uint64_t count)
{
	uint32_t nr, end, head;
	int err;

	err = check_range(hpa, count);
	if (err)
		return err;
	nr = page_number(hpa);
	end = nr + count;

	lock_take(&pool.lock);
	err = check_states(nr, count, 1U << PAGE_FREE);
	while (!err && nr < end) {
		head = page_head(nr);
		if (head < nr || head + page_span(pool.page[head].size) > end) {
			pool_split_free(head);
			continue;
		}
		nr += page_span(pool.page[head].size);
		name_page(head);
	}
	return unlock_with(err);
}

/**
 * pool_reclaim() - the host is done with pages (reclaim_pages)
 * @hpa: address of the first
 * @count: how many of 4 KiB; those that are free already stay so
 *
 * Return: 0, COVE_ERR_INVALID_PARAM, COVE_ERR_INVALID_ADDRESS if one of them
 * is in use or isn't fenced yet, or COVE_ERR_AGAIN if it is being scrubbed.
 */
int pool_reclaim(uint64_t hpa, uint64_t count)
{
	uint32_t nr, end;
	int err;

	err = check_range(hpa, count);
	if (err)
		return err;
	nr = page_number(hpa);
	end = nr + count;

	lock_take(&pool.lock);
	pool_fence_settle();
	err = check_states(nr, count, 1U << PAGE_FREE | 1U << PAGE_UNASSIGNED);
	for (; !err && nr < end; nr++) {
		/* Larger pages, and what is in them, are free already. */
		if (!page_move(nr, PAGE_RECLAIM, 0))
			continue;
		pool.page[nr].named = 0;
		pool_give(nr);
	}
	return unlock_with(err);
}

/**
 * pool_global_fence() - begin the fence for all conversions so far
 *
 * Return: 0, or COVE_ERR_ALREADY_STARTED while the last one isn't over.
 */
int pool_global_fence(void)
{
	int err = 0;

	lock_take(&pool.lock);
	pool_fence_settle();
	if (pool.fenced != pool.epoch) {
		err = COVE_ERR_ALREADY_STARTED;
	} else {
		pool.epoch++;
		pool.fence_todo = hart_online();
	}
	lock_drop(&pool.lock);
	return err;
}

/**
 * pool_local_fence() - this hart's part of the fence
 */
void pool_local_fence(void)
{
	hart_fence();
	lock_take(&pool.lock);
	pool.fence_todo &= ~(1ULL << hart_id());
	pool_fence_settle();
	lock_drop(&pool.lock);
}

/**
 * page_claim() - give pages that the host named to a TVM
 * @quota: the TVM's
 * @hpa: address of the first
 * @size: PAGE_4K, PAGE_16K or PAGE_2M; the address is a multiple of that
 * @count: how many
 * @claim: gets them
 *
 * Return: 0, COVE_ERR_INVALID_PARAM, COVE_ERR_INVALID_ADDRESS if not all of
 * them are unassigned, or COVE_ERR_AGAIN if one is being scrubbed.
 */
int page_claim(struct quota *quota, uint64_t hpa, enum page_size size,
	       uint32_t count, struct claim *claim)
{
	uint32_t span = page_span(size), nr, i;
	int err;

	err = check_range(hpa, (uint64_t)count * span);
	if (err)
		return err;
	if (hpa & (page_bytes(size) - 1))
		return COVE_ERR_INVALID_ADDRESS;
	nr = page_number(hpa);

	lock_take(&pool.lock);
	pool_fence_settle();
	err = check_states(nr, count * span, 1U << PAGE_UNASSIGNED);
	for (i = 0; !err && i < count; i++) {
		page_move(nr + i * span, PAGE_CLAIM, quota->owner);
		pool.page[nr + i * span].size = size;
	}
	if (!err)
		*claim = (struct claim){ .hpa = hpa, .count = count, .size = size };
	return unlock_with(err);
}

/**
 * page_unclaim() - give back what is left of a claim
 * @quota: the TVM's
 * @claim: by page_alloc() or page_claim()
 */
void page_unclaim(struct quota *quota, const struct claim *claim)
{
	uint32_t span = page_span(claim->size);
	uint32_t nr = page_number(claim->hpa), end = nr + claim->count * span;

	lock_take(&pool.lock);
	for (; nr < end; nr += span) {
		if (!page_move(nr, PAGE_UNCLAIM, quota->owner))
			continue;
		if (pool.page[nr].named) {
			page_cut(nr, PAGE_4K);
		} else {
			quota->used -= span;
			pool_give(nr);
		}
	}
	lock_drop(&pool.lock);
}
