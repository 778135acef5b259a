/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of the pool: who has them, and the pool's only allocator.
 *
 * A page is in one state and has at most one owner.  All changes are rows of
 * one table in page.c, and a change that isn't there can't be made.
 * Documentation/cove-tsm.rst draws it.
 *
 * Pages that are free, converting, unassigned or claimed are zero: they are
 * scrubbed when their last user is gone, not when the next one comes.
 *
 * The pool's last page isn't touched: it has the firmware's mark for the next
 * boot.
 */
#ifndef TSM_PAGE_H
#define TSM_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SHIFT	12
#define PAGE_BYTES	4096UL

enum page_state {
	PAGE_FREE,		/* zero; the allocator's */
	PAGE_CONVERTING,	/* zero; named by the host, fences to come */
	PAGE_UNASSIGNED,	/* zero; named by the host, for any TVM */
	PAGE_CLAIMED,		/* zero; of a TVM which has no use for it yet */
	PAGE_STATE,		/* what the TSM keeps of a TVM */
	PAGE_TABLE,		/* of the TVM's G-stage tables */
	PAGE_DATA,		/* the TVM's own memory */
	PAGE_DIRTY,		/* nobody's; waits to be scrubbed */
	PAGE_SCRUBBING,		/* nobody's; a hart writes zeros */
	PAGE_TSM,		/* of the TSM itself, for good */
	PAGE_STATES
};

/* Pages come in these sizes, naturally aligned; 16 KiB for G-stage roots. */
enum page_size {
	PAGE_4K,
	PAGE_16K,
	PAGE_2M,
	PAGE_1G,
	PAGE_SIZES
};

/* What happens to a page; page.c has what it takes. */
enum page_event {
	PAGE_NAME,		/* convert_pages */
	PAGE_FENCED,		/* the last local_fence */
	PAGE_RECLAIM,		/* reclaim_pages */
	PAGE_ALLOC,		/* a TVM gets a free page */
	PAGE_CLAIM,		/* a TVM gets a page that the host named */
	PAGE_UNCLAIM,		/* and gives it back unused */
	PAGE_TO_STATE,
	PAGE_TO_TABLE,
	PAGE_TO_DATA,
	PAGE_PUT,		/* its TVM is done with it */
	PAGE_SCRUB,
	PAGE_SCRUBBED,
	PAGE_EVENTS
};

/*
 * What a TVM has of the pool.  The limit holds for free pages that it was
 * given; pages that the host named for it don't count.
 */
struct quota {
	uint16_t owner;		/* number of the TVM, not zero */
	uint32_t used;		/* 4 KiB pages */
	uint32_t limit;		/* 4 KiB pages */
};

/* Claimed pages: whoever has this may put them to use, and nobody else. */
struct claim {
	uint64_t hpa;
	uint32_t count;		/* of pages of that size, side by side */
	uint8_t size;		/* enum page_size */
};

/* What is known of the page at an address. */
struct page_info {
	uint64_t hpa;		/* where it begins */
	uint64_t gpa;		/* PAGE_DATA: where its TVM sees it */
	uint16_t owner;		/* or 0 */
	uint8_t state;		/* enum page_state */
	uint8_t size;		/* enum page_size */
	bool named;		/* by the host; it goes back to "unassigned" */
};

/* Numbers of 4 KiB pages. */
struct pool_count {
	uint64_t free;
	uint64_t dirty;
};

/* Bytes of a page of some size. */
static inline uint64_t page_bytes(enum page_size size)
{
	static const uint8_t shift[PAGE_SIZES] = { 12, 14, 21, 30 };

	return 1ULL << shift[size];
}

int pool_init(uint64_t base, uint64_t size);
void pool_trust_zeros(void);
void pool_where(uint64_t *base, uint64_t *size);
bool pool_has(uint64_t hpa, uint64_t len);
bool pool_scrub(unsigned int budget);
void pool_count(struct pool_count *count);

int pool_convert(uint64_t hpa, uint64_t count);
int pool_reclaim(uint64_t hpa, uint64_t count);
int pool_global_fence(void);
void pool_local_fence(void);

int page_alloc(struct quota *quota, enum page_size size, struct claim *claim);
int page_claim(struct quota *quota, uint64_t hpa, enum page_size size,
	       uint32_t count, struct claim *claim);
void page_unclaim(struct quota *quota, const struct claim *claim);
uint64_t page_use(struct claim *claim, enum page_event use, uint64_t gpa);
void page_put(struct quota *quota, uint64_t hpa);
void page_split(uint64_t hpa);
bool page_find(uint64_t hpa, struct page_info *info);

#endif
