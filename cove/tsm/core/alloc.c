// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pool's allocator.
 *
 * Free pages of each size are in a list.  One that is split gives all pages
 * of the next size at once; when the last of them is free again, they are
 * put together.  All of that is at most 512 steps for each size.
 */

#include <cove/abi.h>

#include "hart.h"
#include "pool.h"

static const uint16_t parts[PAGE_SIZES] = { 0, 4, 128, 512 };

/* The page of the next size that this one is part of; 0 if there is none. */
static bool whole_of(uint32_t nr, enum page_size size, uint32_t *whole)
{
	if (size == PAGE_1G)
		return false;
	*whole = nr & ~(page_span(size + 1) - 1);
	return *whole + page_span(size + 1) <= pool.pages;
}

/**
 * pool_link() - add a page to a list
 * @list: its head
 * @nr: the page
 *
 * Context: pool.lock.
 */
void pool_link(uint32_t *list, uint32_t nr)
{
	struct page *page = &pool.page[nr];

	page->prev = 0;
	page->next = *list;
	if (*list)
		pool.page[*list].prev = nr;
	*list = nr;
}

/**
 * pool_unlink() - take a page out of the list that it is in
 * @list: the list's head
 * @nr: the page
 *
 * Context: pool.lock.
 */
void pool_unlink(uint32_t *list, uint32_t nr)
{
	struct page *page = &pool.page[nr];

	if (page->prev)
		pool.page[page->prev].next = page->next;
	else
		*list = page->next;
	if (page->next)
		pool.page[page->next].prev = page->prev;
}

/**
 * pool_take() - take a free page out of its list
 * @nr: the page
 *
 * Context: pool.lock.  What becomes of the page is for the caller to say.
 */
void pool_take(uint32_t nr)
{
	enum page_size size = pool.page[nr].size;
	uint32_t whole;

	pool_unlink(&pool.free[size], nr);
	if (whole_of(nr, size, &whole))
		pool.page[whole].free[size]--;
	pool.count.free -= page_span(size);
}

/**
 * pool_split_free() - make free pages of the next smaller size of a free page
 * @nr: the page, larger than 4 KiB
 *
 * Context: pool.lock.
 */
void pool_split_free(uint32_t nr)
{
	enum page_size size = pool.page[nr].size - 1;
	uint32_t span = page_span(size), i;

	pool_take(nr);
	page_cut(nr, size);
	/* From the last to the first, which is then the first to be taken. */
	for (i = parts[size + 1]; i-- > 0; )
		pool_link(&pool.free[size], nr + i * span);
	pool.page[nr].free[size] = parts[size + 1];
	pool.count.free += (uint64_t)parts[size + 1] * span;
}

/**
 * pool_give() - add a page to the free ones
 * @nr: the page: zero, in state PAGE_FREE, and in no list
 *
 * Context: pool.lock.
 */
void pool_give(uint32_t nr)
{
	enum page_size size = pool.page[nr].size;
	uint32_t whole, i;

	pool.count.free += page_span(size);
	while (whole_of(nr, size, &whole) &&
	       ++pool.page[whole].free[size] == parts[size + 1]) {
		pool.page[whole].free[size] = 0;
		for (i = 0; i < parts[size + 1]; i++) {
			uint32_t part = whole + i * page_span(size);

			if (part != nr)
				pool_unlink(&pool.free[size], part);
		}
		nr = whole;
		size++;
		pool.page[nr].state = PAGE_FREE;
		pool.page[nr].size = size;
		pool.page[nr].named = 0;
	}
	pool_link(&pool.free[size], nr);
}

/* Largest page that begins here and ends before the last one. */
static enum page_size largest(uint32_t nr)
{
	enum page_size size = PAGE_1G;

	while (nr % page_span(size) || nr + page_span(size) >= pool.pages)
		size--;
	return size;
}

/**
 * pool_init() - take the pool over
 * @base: its address, a multiple of its size
 * @size: bytes: a power of two, from 4 MiB to 4 TiB
 *
 * Whatever was in it is to be scrubbed: no page is free before pool_scrub().
 *
 * Context: before anybody else runs.
 *
 * Return: 0, or COVE_ERR_INVALID_PARAM.
 */
int pool_init(uint64_t base, uint64_t size)
{
	uint64_t own;
	uint32_t nr;

	if (size < 4 << 20 || size > 1ULL << 42 || size & (size - 1) || base & (size - 1))
		return COVE_ERR_INVALID_PARAM;
	pool = (struct pool){ .base = base, .pages = size >> PAGE_SHIFT,
			      .page = hart_pool(base), .epoch = 1, .fenced = 1 };
	own = (pool.pages * sizeof(struct page) + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	hart_zero(pool.page, own);

	for (nr = 0; nr < own >> PAGE_SHIFT; nr++)
		pool.page[nr].state = PAGE_TSM;
	pool.page[pool.pages - 1].state = PAGE_TSM;
	while (nr < pool.pages - 1) {
		enum page_size whole = largest(nr);

		pool.page[nr].state = PAGE_DIRTY;
		pool.page[nr].size = whole;
		pool_link(&pool.dirty, nr);
		nr += page_span(whole);
	}
	pool.count.dirty = pool.pages - 1 - (own >> PAGE_SHIFT);
	return 0;
}

/* Take a page from those to be scrubbed: no more than 2 MiB of it. */
static uint32_t next_dirty(void)
{
	uint32_t nr = pool.dirty, i;

	if (!nr)
		return 0;
	pool_unlink(&pool.dirty, nr);
	if (pool.page[nr].size == PAGE_1G) {
		page_cut(nr, PAGE_2M);
		for (i = 511; i > 0; i--)
			pool_link(&pool.dirty, nr + i * page_span(PAGE_2M));
	}
	page_move(nr, PAGE_SCRUB, 0);
	return nr;
}

/* Zeros are written: the page is free, or the host's to assign. */
static void scrubbed(uint32_t nr)
{
	pool.count.dirty -= page_span(pool.page[nr].size);
	page_move(nr, PAGE_SCRUBBED, 0);
	/* What the host named is in pages of 4 KiB, as it named it. */
	if (pool.page[nr].named)
		page_cut(nr, PAGE_4K);
	else
		pool_give(nr);
}

/**
 * pool_trust_zeros() - what awaits scrubbing is zero already
 *
 * Context: once, after pool_init(), by who has seen to it.
 */
void pool_trust_zeros(void)
{
	uint32_t nr;

	while ((nr = pool.dirty)) {
		pool_unlink(&pool.dirty, nr);
		page_move(nr, PAGE_SCRUB, 0);
		scrubbed(nr);
	}
}

/**
 * pool_where() - where the pool is
 * @base: gets its address
 * @size: gets its size in bytes
 */
void pool_where(uint64_t *base, uint64_t *size)
{
	*base = pool.base;
	*size = (uint64_t)pool.pages << PAGE_SHIFT;
}

/**
 * pool_scrub() - scrub some of the pages that await it
 * @budget: how many of 4 KiB; it may become 2 MiB more
 *
 * Any number of harts may do that at the same time.
 *
 * Return: true if there are more.
 */
bool pool_scrub(unsigned int budget)
{
	unsigned int done = 0, span;
	uint32_t nr;
	bool more;

	lock_take(&pool.lock);
	while (done < budget) {
		nr = next_dirty();
		if (!nr)
			break;
		span = page_span(pool.page[nr].size);
		lock_drop(&pool.lock);
		hart_zero(hart_pool(page_address(nr)), span * PAGE_BYTES);
		done += span;
		lock_take(&pool.lock);
		scrubbed(nr);
	}
	more = pool.count.dirty;
	lock_drop(&pool.lock);
	return more;
}

/**
 * pool_count() - how many pages of 4 KiB are free, and how many will be
 * @count: gets that
 */
void pool_count(struct pool_count *count)
{
	lock_take(&pool.lock);
	*count = pool.count;
	lock_drop(&pool.lock);
}

/* A free page of this size, out of its list; 0 if there is none. */
static uint32_t find_free(enum page_size size)
{
	enum page_size from = size;
	uint32_t nr;

	while (!pool.free[from]) {
		if (++from == PAGE_SIZES)
			return 0;
	}
	for (; from > size; from--)
		pool_split_free(pool.free[from]);
	nr = pool.free[size];
	pool_take(nr);
	return nr;
}

/**
 * page_alloc() - give a free page to a TVM
 * @quota: the TVM's
 * @size: of the page
 * @claim: gets the page
 *
 * Return: 0; COVE_ERR_OUT_OF_MEMORY if the TVM has all that it may have, or
 * there is no page; COVE_ERR_AGAIN if one may be there soon.
 */
int page_alloc(struct quota *quota, enum page_size size, struct claim *claim)
{
	uint32_t span = page_span(size), nr;
	int err = 0;

	lock_take(&pool.lock);
	if (quota->limit < quota->used || quota->limit - quota->used < span) {
		err = COVE_ERR_OUT_OF_MEMORY;
		goto out;
	}
	nr = find_free(size);
	if (!nr) {
		err = pool.count.dirty ? COVE_ERR_AGAIN : COVE_ERR_OUT_OF_MEMORY;
		goto out;
	}
	page_move(nr, PAGE_ALLOC, quota->owner);
	quota->used += span;
	*claim = (struct claim){ .hpa = page_address(nr), .count = 1, .size = size };
out:
	lock_drop(&pool.lock);
	if (err == COVE_ERR_AGAIN)
		pool_scrub(1);
	return err;
}

/**
 * page_put() - take a page from a TVM that is done with it
 * @quota: the TVM's
 * @hpa: address of the page, which was put to use by page_use()
 *
 * It is scrubbed later; see pool_scrub().
 */
void page_put(struct quota *quota, uint64_t hpa)
{
	uint32_t nr = page_number(hpa);
	struct page *page = &pool.page[nr];

	lock_take(&pool.lock);
	if (page_move(nr, PAGE_PUT, quota->owner)) {
		if (!page->named)
			quota->used -= page_span(page->size);
		pool.count.dirty += page_span(page->size);
		pool_link(&pool.dirty, nr);
	}
	lock_drop(&pool.lock);
}
