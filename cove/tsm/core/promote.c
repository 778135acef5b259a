// SPDX-License-Identifier: BSD-2-Clause
/*
 * Promotion: copy and measure an ordinary VM's memory, slice by slice.
 *
 * A page of the host is taken once: as a table, or as memory that the VM could
 * write to.  Two addresses that would be the same memory, or a table that
 * leads back to itself, end the promotion.  So does a table that is in another
 * place than when a slice before this one went through it.  Memory that is
 * mapped read-only may be there many times: hosts do that with the page of
 * zeros, and with equal pages.
 */

#include "promote.h"

#include <cove/abi.h>

#include "gstage.h"
#include "hart.h"
#include "measure.h"
#include "region.h"

/*
 * Which pages of the host were seen: a bitmap, of which a page stands for
 * 128 MiB, below two levels of pages with addresses.
 */
#define SEEN_SHIFT	27
#define SEEN_END	(1ULL << (SEEN_SHIFT + 9 + 9))

/* The next level of a page of addresses, made if need be. */
static int seen_level(struct quota *quota, uint64_t *entry)
{
	struct claim claim;
	int err;

	if (*entry)
		return 0;
	err = page_alloc(quota, PAGE_4K, &claim);
	if (!err)
		*entry = page_use(&claim, PAGE_TO_STATE, 0);
	return err;
}

/* Find the bit of a page; only this can fail. */
static int seen_find(struct promotion *promotion, struct quota *quota,
		     uint64_t hpa, uint8_t **byte)
{
	uint64_t *entry = &promotion->seen;
	unsigned int shift;
	int err;

	if (hpa >= SEEN_END)
		return COVE_ERR_INVALID_ADDRESS;
	err = seen_level(quota, entry);
	for (shift = SEEN_SHIFT + 9; !err && shift >= SEEN_SHIFT; shift -= 9) {
		entry = (uint64_t *)hart_pool(*entry) + (hpa >> shift & 511);
		err = seen_level(quota, entry);
	}
	if (!err)
		*byte = (uint8_t *)hart_pool(*entry) +
			(hpa >> (PAGE_SHIFT + 3) & (PAGE_BYTES - 1));
	return err;
}

static uint8_t seen_bit(uint64_t hpa)
{
	return 1 << (hpa >> PAGE_SHIFT & 7);
}

/* A table that no address before this one led through. */
static int new_table(struct promotion *promotion, struct quota *quota, uint64_t hpa)
{
	uint8_t *byte;
	int err = seen_find(promotion, quota, hpa, &byte);

	if (err)
		return err;
	if (*byte & seen_bit(hpa))
		return COVE_ERR_INVALID_ADDRESS;
	*byte |= seen_bit(hpa);
	return 0;
}

/**
 * promote_begin() - prepare to copy a VM
 * @promotion: the promotion
 * @hgatp: of the VM
 *
 * Return: 0, or COVE_ERR_INVALID_ADDRESS as of hostpt_init().
 */
int promote_begin(struct promotion *promotion, uint64_t hgatp)
{
	*promotion = (struct promotion){ .hgatp = hgatp };
	return hostpt_init(&promotion->host, hgatp);
}

/* The pages of the root are tables, too. */
static int start(struct promotion *promotion, struct quota *quota)
{
	uint64_t hpa = promotion->host.root;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < 4; i++)
		err = new_table(promotion, quota, hpa + i * PAGE_BYTES);
	promotion->started = !err;
	return err;
}

/* Do two addresses have their entries in the same table of a level? */
static bool same_table(uint64_t one, uint64_t other, unsigned int level)
{
	unsigned int shift = PAGE_SHIFT + 9 * (level + 1);

	return one >> shift == other >> shift;
}

/* Walk to the cursor, and compare with the way that the last walk took. */
static int walk(struct promotion *promotion, struct quota *quota,
		struct hostpt_leaf *leaf)
{
	unsigned int level = promotion->host.levels - 1, i;
	uint64_t gpa = promotion->gpa, last = promotion->path_gpa;
	uint64_t table = promotion->host.root;
	int err;

	promotion->path_gpa = gpa;
	for (i = 0; i < level; i++) {
		if (!same_table(gpa, last, i))
			promotion->path[i] = 0;
	}
	for (;;) {
		err = hostpt_step(&promotion->host, gpa, level, &table, leaf);
		if (err || !level--)
			return err;
		if (promotion->path[level] && promotion->path[level] != table)
			return COVE_ERR_FAILED;
		if (!table)
			return 0;
		if (promotion->path[level])
			continue;
		err = new_table(promotion, quota, table);
		if (err)
			return err;
		promotion->path[level] = table;
	}
}

/* Is there a page already?  If not, can there be a large one? */
static int provide(struct promotion *promotion, struct gstage *gs, uint64_t end,
		   const struct hostpt_leaf *host, struct gstage_leaf *leaf)
{
	uint64_t gpa = promotion->gpa;
	enum page_size size;
	struct claim claim;

	gstage_find(gs, gpa, leaf);
	for (size = PAGE_1G; !leaf->kind && size >= PAGE_2M; size--) {
		uint64_t hpa;

		if (host->bytes < page_bytes(size) || gpa + page_bytes(size) > end ||
		    !gstage_may_map(gs, gpa, size, 1) ||
		    page_alloc(gs->quota, size, &claim))
			continue;
		if (gstage_reserve(gs, gpa, size, 1)) {
			page_unclaim(gs->quota, &claim);
			continue;
		}
		hpa = page_use(&claim, PAGE_TO_DATA, gpa);
		gstage_map(gs, gpa, hpa, size, GSTAGE_PRIVATE);
		gstage_find(gs, gpa, leaf);
	}
	return leaf->kind ? 0 : gstage_reserve(gs, gpa, PAGE_4K, 1);
}

static bool is_zero(const uint64_t *page)
{
	unsigned int i;

	for (i = 0; i < PAGE_BYTES / sizeof(*page); i++) {
		if (page[i])
			return false;
	}
	return true;
}

/* Copy the page at the cursor; @fresh is a page to put it in, if need be. */
static int copy(struct promotion *promotion, struct gstage *gs, uint64_t end,
		const struct hostpt_leaf *host, struct measure *measure,
		struct claim *fresh)
{
	uint64_t gpa = promotion->gpa;
	struct gstage_leaf leaf;
	uint8_t *seen;
	void *page;
	int err;

	err = seen_find(promotion, gs->quota, host->hpa, &seen);
	if (err)
		return err;
	if (*seen & seen_bit(host->hpa))
		return COVE_ERR_INVALID_ADDRESS;
	err = provide(promotion, gs, end, host, &leaf);
	if (!err && !leaf.kind && !fresh->count)
		err = page_alloc(gs->quota, PAGE_4K, fresh);
	if (err)
		return err;
	page = hart_pool(leaf.kind ? leaf.hpa + (gpa - leaf.gpa) : fresh->hpa);
	err = hart_read_host(page, host->hpa, PAGE_BYTES);
	if (err)
		return err;

	/* Nothing fails from here on. */
	if (host->writable)
		*seen |= seen_bit(host->hpa);
	if (is_zero(page))
		return 0;
	measure_page(measure, gpa, page);
	if (!leaf.kind)
		gstage_map(gs, gpa, page_use(fresh, PAGE_TO_DATA, gpa), PAGE_4K,
			   GSTAGE_PRIVATE);
	return 0;
}

/* What is at the cursor, and move it on. */
static int step(struct promotion *promotion, struct gstage *gs, uint64_t end,
		struct measure *measure, struct claim *fresh)
{
	struct hostpt_leaf host;
	int err;

	err = walk(promotion, gs->quota, &host);
	if (!err && host.present)
		err = copy(promotion, gs, end, &host, measure, fresh);
	if (err)
		return err;
	if (host.present)
		promotion->gpa += PAGE_BYTES;
	else
		promotion->gpa = (promotion->gpa & ~(host.bytes - 1)) + host.bytes;
	return 0;
}

/**
 * promote_slice() - copy and measure some of a VM
 * @promotion: begun by promote_begin()
 * @gs: the TVM's tables, which get what is copied; tables and pages come from
 *	the pool, on its quota
 * @regions: of which those that are private are copied; the same in each call
 * @measure: is extended by each page that isn't zero, in ascending order
 * @hgatp: as the host gives it with this call
 * @budget: how many pages, or holes, to go through at most
 *
 * Return: 0 when all is copied, COVE_ERR_AGAIN when there is more; or
 * COVE_ERR_INVALID_PARAM if @hgatp isn't that of the first call,
 * COVE_ERR_INVALID_ADDRESS if the host's tables name what is none of the VM's
 * memory, COVE_ERR_FAILED if they changed meanwhile, or
 * COVE_ERR_OUT_OF_MEMORY.  After one of these the TVM can only be destroyed.
 */
int promote_slice(struct promotion *promotion, struct gstage *gs,
		  const struct region_map *regions, struct measure *measure,
		  uint64_t hgatp, unsigned int budget)
{
	struct claim fresh = { .size = PAGE_4K };
	uint64_t end;
	int err = 0;

	if (hgatp != promotion->hgatp)
		return COVE_ERR_INVALID_PARAM;
	if (!promotion->started)
		err = start(promotion, gs->quota);
	while (!err && region_next(regions, REGION_PRIVATE, &promotion->gpa, &end)) {
		if (!budget--)
			err = COVE_ERR_AGAIN;
		else
			err = step(promotion, gs, end, measure, &fresh);
	}
	if (fresh.count)
		page_unclaim(gs->quota, &fresh);
	return err;
}

/**
 * promote_end() - give back what only the promotion needed
 * @promotion: the promotion, whether it came to its end or not
 * @quota: the TVM's
 * @budget: how many pages at most
 *
 * Return: true when nothing is left.
 */
bool promote_end(struct promotion *promotion, struct quota *quota,
		 unsigned int budget)
{
	uint64_t *top, *middle;
	unsigned int i, j;

	if (!promotion->seen)
		return true;
	top = hart_pool(promotion->seen);
	for (i = 0; i < 512; i++) {
		if (!top[i])
			continue;
		middle = hart_pool(top[i]);
		for (j = 0; j < 512; j++) {
			if (!middle[j])
				continue;
			if (!budget--)
				return false;
			page_put(quota, middle[j]);
			middle[j] = 0;
		}
		page_put(quota, top[i]);
		top[i] = 0;
	}
	page_put(quota, promotion->seen);
	promotion->seen = 0;
	return true;
}
