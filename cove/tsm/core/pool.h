/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What page.c, alloc.c and convert.c know of the pool, and nobody else does.
 *
 * There is a struct page for each 4 KiB.  That of a larger page is the first
 * one; the others in it say nothing.  Numbers of pages count from the start
 * of the pool, where the array itself is: number 0 is never in a list, and
 * means "none" there.
 */
#ifndef TSM_POOL_H
#define TSM_POOL_H

#include "lock.h"
#include "page.h"

struct page {
	uint8_t state;		/* enum page_state */
	uint8_t size : 7;	/* enum page_size */
	uint8_t named : 1;	/* by the host */
	uint16_t owner;
	/*
	 * Of the first page of what could be one of the next size: how many of
	 * this size in it are free.
	 */
	uint16_t free[PAGE_SIZES - 1];
	union {
		uint32_t next;	/* PAGE_FREE, PAGE_DIRTY: in a list */
		uint32_t gfn;	/* PAGE_DATA: GPA >> PAGE_SHIFT */
		uint32_t epoch;	/* PAGE_CONVERTING: when that began */
	};
	uint32_t prev;
};

struct pool {
	struct lock lock;
	uint64_t base;
	uint32_t pages;
	struct page *page;
	uint32_t free[PAGE_SIZES];	/* heads of lists */
	uint32_t dirty;			/* head of a list */
	struct pool_count count;

	/* Conversions of epochs below this are done. */
	uint32_t fenced;
	uint32_t epoch;
	uint64_t fence_todo;		/* harts whose local fence is to come */
};

extern struct pool pool;

/* How many pages of 4 KiB are in one of a size. */
static inline uint32_t page_span(enum page_size size)
{
	return page_bytes(size) >> PAGE_SHIFT;
}

static inline uint64_t page_address(uint32_t nr)
{
	return pool.base + ((uint64_t)nr << PAGE_SHIFT);
}

static inline uint32_t page_number(uint64_t hpa)
{
	return (hpa - pool.base) >> PAGE_SHIFT;
}

/* Those below want pool.lock. */
uint32_t page_head(uint32_t nr);
bool page_permits(uint32_t nr, enum page_event event, uint16_t owner);
bool page_move(uint32_t nr, enum page_event event, uint16_t owner);
enum page_state page_settle(uint32_t nr);
void page_cut(uint32_t nr, enum page_size size);

void pool_link(uint32_t *list, uint32_t nr);
void pool_unlink(uint32_t *list, uint32_t nr);
void pool_take(uint32_t nr);
void pool_split_free(uint32_t nr);
void pool_give(uint32_t nr);
void pool_fence_settle(void);

#endif
