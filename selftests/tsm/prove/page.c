// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ownership of pages: from any sound state of a pool, one event, of any page
 * and for anybody, changes that page by a row of the table or nothing at all.
 *
 *	core: page.c
 *	check: -DPAGES=8 --unwind 9
 *	full: -DPAGES=16 --unwind 17
 */

#include "prove.h"

#include "pool.h"

static struct page pages[PAGES], old[PAGES];

static bool has_owner(uint8_t state)
{
	return state == PAGE_CLAIMED || state == PAGE_STATE || state == PAGE_TABLE ||
		state == PAGE_DATA;
}

/* One owner where there is to be one, and none elsewhere; named or not. */
static bool is_sound(void)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		const struct page *page = &pages[i];

		if (page->state >= PAGE_STATES || page->size > PAGE_16K ||
		    has_owner(page->state) != !!page->owner)
			return false;
		if (page->named && (page->state == PAGE_FREE || page->state == PAGE_TSM))
			return false;
		if (!page->named && (page->state == PAGE_CONVERTING ||
				     page->state == PAGE_UNASSIGNED))
			return false;
	}
	return true;
}

/* What becomes of a page, or PAGE_STATES: the table once more. */
static uint8_t becomes(const struct page *page, uint32_t event, uint16_t owner)
{
	bool own = owner && page->owner == owner;

	switch (page->state) {
	case PAGE_FREE:
		return event == PAGE_NAME ? PAGE_CONVERTING :
			event == PAGE_ALLOC && owner ? PAGE_CLAIMED : PAGE_STATES;
	case PAGE_CONVERTING:
		return event == PAGE_FENCED ? PAGE_UNASSIGNED : PAGE_STATES;
	case PAGE_UNASSIGNED:
		return event == PAGE_RECLAIM ? PAGE_FREE :
			event == PAGE_CLAIM && owner ? PAGE_CLAIMED : PAGE_STATES;
	case PAGE_CLAIMED:
		return !own ? PAGE_STATES :
			event == PAGE_TO_STATE ? PAGE_STATE :
			event == PAGE_TO_TABLE ? PAGE_TABLE :
			event == PAGE_TO_DATA ? PAGE_DATA :
			event != PAGE_UNCLAIM ? PAGE_STATES :
			page->named ? PAGE_UNASSIGNED : PAGE_FREE;
	case PAGE_STATE:
	case PAGE_TABLE:
	case PAGE_DATA:
		return own && event == PAGE_PUT ? PAGE_DIRTY : PAGE_STATES;
	case PAGE_DIRTY:
		return event == PAGE_SCRUB ? PAGE_SCRUBBING : PAGE_STATES;
	case PAGE_SCRUBBING:
		return event != PAGE_SCRUBBED ? PAGE_STATES :
			page->named ? PAGE_UNASSIGNED : PAGE_FREE;
	default:
		return PAGE_STATES;
	}
}

/* The first of a page's numbers; sizes up to 16 KiB. */
static uint32_t head_of(uint32_t nr)
{
	return old[nr & ~3U].size == PAGE_16K ? nr & ~3U : nr;
}

void prove_move(void)
{
	uint32_t nr = nondet_u32(), event = nondet_u32(), other = nondet_u32();
	uint16_t owner = nondet_u16();
	bool moved;
	uint8_t to;

	__CPROVER_havoc_object(pages);
	pool.page = pages;
	pool.pages = PAGES;
	assume(is_sound());
	assume(nr < PAGES && other < PAGES && event < PAGE_EVENTS);
	__CPROVER_array_copy(old, pages);
	to = head_of(nr) == nr ? becomes(&old[nr], event, owner) : PAGE_STATES;

	check(page_head(nr) == head_of(nr));
	check(page_permits(nr, event, owner) == (to != PAGE_STATES));
	moved = page_move(nr, event, owner);
	check(moved == (to != PAGE_STATES));
	/* Whoever names a page, or takes it back, says so beside it. */
	if (moved && (event == PAGE_NAME || event == PAGE_RECLAIM))
		pages[nr].named = event == PAGE_NAME;
	check(is_sound());
	if (moved) {
		check(pages[nr].state == to);
		/* From one owner to another it goes by way of nobody. */
		check(!old[nr].owner || !pages[nr].owner || pages[nr].owner == old[nr].owner);
		check(!pages[nr].owner || pages[nr].owner == owner);
	}
	check(other == nr || (pages[other].state == old[other].state &&
			      pages[other].owner == old[other].owner &&
			      pages[other].named == old[other].named));
	check(moved || (pages[nr].state == old[nr].state && pages[nr].owner == old[nr].owner));
	check(pages[other].size == old[other].size && pages[other].next == old[other].next);
	reached();
}
