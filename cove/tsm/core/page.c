// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ownership of the pool's pages: what can happen to a page in which state.
 */

#include <cove/abi.h>

#include "pool.h"

struct pool pool;

enum owner_rule {
	OWNER_NONE,		/* there is none */
	OWNER_TAKE,		/* there was none, and now there is */
	OWNER_KEEP,		/* it is the one who asks */
	OWNER_DROP,		/* it was the one who asks */
};

#define IN(state)	(1U << (state))

/* The only rows by which a page changes its state. */
static const struct {
	uint16_t from;		/* set of enum page_state */
	uint8_t to;		/* enum page_state */
	uint8_t to_if_named;	/* the same, of pages that the host named */
	uint8_t owner;		/* enum owner_rule */
} rule[PAGE_EVENTS] = {
	[PAGE_NAME] = {
		IN(PAGE_FREE), PAGE_CONVERTING, PAGE_CONVERTING, OWNER_NONE },
	[PAGE_FENCED] = {
		IN(PAGE_CONVERTING), PAGE_UNASSIGNED, PAGE_UNASSIGNED, OWNER_NONE },
	[PAGE_RECLAIM] = {
		IN(PAGE_UNASSIGNED), PAGE_FREE, PAGE_FREE, OWNER_NONE },
	[PAGE_ALLOC] = {
		IN(PAGE_FREE), PAGE_CLAIMED, PAGE_CLAIMED, OWNER_TAKE },
	[PAGE_CLAIM] = {
		IN(PAGE_UNASSIGNED), PAGE_CLAIMED, PAGE_CLAIMED, OWNER_TAKE },
	[PAGE_UNCLAIM] = {
		IN(PAGE_CLAIMED), PAGE_FREE, PAGE_UNASSIGNED, OWNER_DROP },
	[PAGE_TO_STATE] = {
		IN(PAGE_CLAIMED), PAGE_STATE, PAGE_STATE, OWNER_KEEP },
	[PAGE_TO_TABLE] = {
		IN(PAGE_CLAIMED), PAGE_TABLE, PAGE_TABLE, OWNER_KEEP },
	[PAGE_TO_DATA] = {
		IN(PAGE_CLAIMED), PAGE_DATA, PAGE_DATA, OWNER_KEEP },
	[PAGE_PUT] = {
		IN(PAGE_STATE) | IN(PAGE_TABLE) | IN(PAGE_DATA),
		PAGE_DIRTY, PAGE_DIRTY, OWNER_DROP },
	[PAGE_SCRUB] = {
		IN(PAGE_DIRTY), PAGE_SCRUBBING, PAGE_SCRUBBING, OWNER_NONE },
	[PAGE_SCRUBBED] = {
		IN(PAGE_SCRUBBING), PAGE_FREE, PAGE_UNASSIGNED, OWNER_NONE },
};

/**
 * page_head() - first of the 4 KiB pages that make up a page
 * @nr: any of them
 *
 * Context: pool.lock.
 */
uint32_t page_head(uint32_t nr)
{
	enum page_size size;
	uint32_t head = nr;

	for (size = PAGE_1G; size > PAGE_4K; size--) {
		head = nr & ~(page_span(size) - 1);
		if (pool.page[head].size == size)
			return head;
	}
	return nr;
}

/**
 * page_permits() - may this happen to a page now?
 * @nr: the page: its first number
 * @event: what is to happen
 * @owner: the TVM for which it happens; 0 if for none
 *
 * Context: pool.lock.
 */
bool page_permits(uint32_t nr, enum page_event event, uint16_t owner)
{
	const struct page *page = &pool.page[nr];

	if (page_head(nr) != nr || !(rule[event].from & IN(page->state)))
		return false;
	switch (rule[event].owner) {
	case OWNER_NONE:
		return !page->owner;
	case OWNER_TAKE:
		return !page->owner && owner;
	default:
		return page->owner && page->owner == owner;
	}
}

/**
 * page_move() - let something happen to a page
 * @nr: the page: its first number
 * @event: what happens
 * @owner: the TVM for which it happens; 0 if for none
 *
 * Context: pool.lock.
 *
 * Return: false if that is not permitted; nothing has changed then.
 */
bool page_move(uint32_t nr, enum page_event event, uint16_t owner)
{
	struct page *page = &pool.page[nr];

	if (!page_permits(nr, event, owner))
		return false;
	page->state = page->named ? rule[event].to_if_named : rule[event].to;
	if (rule[event].owner == OWNER_TAKE)
		page->owner = owner;
	else if (rule[event].owner == OWNER_DROP)
		page->owner = 0;
	return true;
}

/**
 * page_settle() - state of a page, which a fence may have changed meanwhile
 * @nr: the page: its first number
 *
 * Context: pool.lock; pool_fence_settle() was called.
 */
enum page_state page_settle(uint32_t nr)
{
	struct page *page = &pool.page[nr];

	if (page->state == PAGE_CONVERTING && (int32_t)(pool.fenced - page->epoch) > 0)
		page_move(nr, PAGE_FENCED, 0);
	return page->state;
}

/**
 * page_cut() - make smaller pages of one, in the same state
 * @nr: the page: its first number; in no list
 * @size: of the smaller ones
 *
 * What counts free pages stays as it is: none of these is among them.
 *
 * Context: pool.lock.
 */
void page_cut(uint32_t nr, enum page_size size)
{
	const struct page *whole = &pool.page[nr];
	uint32_t end = nr + page_span(whole->size), part;

	for (part = nr; part < end; part += page_span(size)) {
		struct page *page = &pool.page[part];

		page->state = whole->state;
		page->size = size;
		page->named = whole->named;
		page->owner = whole->owner;
		page->next = whole->next;
	}
}

/**
 * pool_has() - is this in the pool?
 * @hpa: first byte
 * @len: bytes
 *
 * Return: true if all of it is.
 */
bool pool_has(uint64_t hpa, uint64_t len)
{
	uint64_t size = (uint64_t)pool.pages << PAGE_SHIFT, offset = hpa - pool.base;

	return offset <= size && len <= size - offset;
}

/**
 * page_find() - what is known of a page
 * @hpa: any address in it
 * @info: gets it
 *
 * Return: false if the address isn't in the pool.
 */
bool page_find(uint64_t hpa, struct page_info *info)
{
	const struct page *page;
	uint32_t nr;

	if (!pool_has(hpa, 1))
		return false;
	lock_take(&pool.lock);
	pool_fence_settle();
	nr = page_head(page_number(hpa));
	page = &pool.page[nr];
	page_settle(nr);
	*info = (struct page_info){
		.hpa = page_address(nr),
		.gpa = page->state == PAGE_DATA ? (uint64_t)page->gfn << PAGE_SHIFT : 0,
		.owner = page->owner,
		.state = page->state,
		.size = page->size,
		.named = page->named,
	};
	lock_drop(&pool.lock);
	return true;
}

/**
 * page_use() - put the first page of a claim to use
 * @claim: the claim, which shrinks by that page; not empty
 * @use: PAGE_TO_STATE, PAGE_TO_TABLE or PAGE_TO_DATA
 * @gpa: of data: where its TVM will see it
 *
 * Return: its address.
 */
uint64_t page_use(struct claim *claim, enum page_event use, uint64_t gpa)
{
	uint64_t hpa = claim->hpa;
	uint32_t nr = page_number(hpa);

	lock_take(&pool.lock);
	if (page_move(nr, use, pool.page[nr].owner))
		pool.page[nr].gfn = gpa >> PAGE_SHIFT;
	lock_drop(&pool.lock);
	claim->hpa += page_bytes(claim->size);
	claim->count--;
	return hpa;
}

/**
 * page_split() - make 512 pages of one
 * @hpa: address of a page of data of 2 MiB or 1 GiB; others stay as they are
 */
void page_split(uint64_t hpa)
{
	uint32_t nr = page_number(hpa), span, i;
	struct page *page = &pool.page[nr];

	lock_take(&pool.lock);
	if (page_head(nr) == nr && page->state == PAGE_DATA && page->size >= PAGE_2M) {
		span = page_span(page->size) / 512;
		page_cut(nr, page->size == PAGE_1G ? PAGE_2M : PAGE_4K);
		for (i = 1; i < 512; i++)
			pool.page[nr + i * span].gfn += i * span;
	}
	lock_drop(&pool.lock);
}
