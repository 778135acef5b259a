// SPDX-License-Identifier: BSD-2-Clause
/*
 * G-stage tables: lookup, mapping, and the tables that it takes.
 */

#include <cove/abi.h>

#include "hart.h"
#include "gstage_pte.h"

/**
 * gstage_slot() - the entry for an address
 * @gs: the tables
 * @gpa: the address, below GSTAGE_END
 * @size: size of the leaf that the entry could be; changed to a larger one if
 *	there is no table that far down
 *
 * Return: the entry: a table if @size is less than what it holds.
 */
uint64_t *gstage_slot(const struct gstage *gs, uint64_t gpa, enum page_size *size)
{
	uint64_t *pte = (uint64_t *)hart_pool(gs->root) + (gpa >> 30);

	if (*size == PAGE_1G || !pte_is_table(*pte)) {
		*size = PAGE_1G;
		return pte;
	}
	pte = (uint64_t *)hart_pool(pte_hpa(*pte)) + (gpa >> 21 & 511);
	if (*size == PAGE_2M || !pte_is_table(*pte)) {
		*size = PAGE_2M;
		return pte;
	}
	*size = PAGE_4K;
	return (uint64_t *)hart_pool(pte_hpa(*pte)) + (gpa >> 12 & 511);
}

/**
 * gstage_init() - tables that map nothing
 * @gs: the tables
 * @quota: the TVM's, which tables are taken on
 * @root: a page of 16 KiB
 * @donated: tables come from gstage_donate(), not from the pool
 */
void gstage_init(struct gstage *gs, struct quota *quota, struct claim *root,
		 bool donated)
{
	*gs = (struct gstage){
		.root = page_use(root, PAGE_TO_TABLE, 0),
		.quota = quota,
		.donated = donated,
	};
}

/**
 * gstage_hgatp() - hgatp of these tables, for VMID 0
 * @gs: the tables
 */
uint64_t gstage_hgatp(const struct gstage *gs)
{
	return (uint64_t)GSTAGE_SV39X4 << 60 | gs->root >> PAGE_SHIFT;
}

/* Tables not in use are linked by their first word. */
static void add_spare(struct gstage *gs, struct claim *claim)
{
	uint64_t hpa = page_use(claim, PAGE_TO_TABLE, 0);

	*(uint64_t *)hart_pool(hpa) = gs->spare;
	gs->spare = hpa;
	gs->spares++;
}

/**
 * gstage_donate() - give pages for tables
 * @gs: the tables
 * @claim: pages of 4 KiB; none is left in it
 */
void gstage_donate(struct gstage *gs, struct claim *claim)
{
	while (claim->count)
		add_spare(gs, claim);
}

/**
 * gstage_take_spare() - a table of zeros
 * @gs: the tables, of which one at least is spare
 *
 * Return: its address.
 */
uint64_t gstage_take_spare(struct gstage *gs)
{
	uint64_t hpa = gs->spare;
	uint64_t *link = hart_pool(hpa);

	gs->spare = *link;
	gs->spares--;
	*link = 0;
	return hpa;
}

/**
 * gstage_provide() - have tables ready
 * @gs: the tables
 * @count: how many
 *
 * Return: 0, COVE_ERR_OUT_OF_PTPAGES if the host has to donate them, or what
 * page_alloc() returns.
 */
int gstage_provide(struct gstage *gs, uint32_t count)
{
	struct claim claim;
	int err;

	while (gs->spares < count) {
		if (gs->donated)
			return COVE_ERR_OUT_OF_PTPAGES;
		err = page_alloc(gs->quota, PAGE_4K, &claim);
		if (err)
			return err;
		add_spare(gs, &claim);
	}
	return 0;
}

/**
 * gstage_find() - what is mapped at an address
 * @gs: the tables
 * @gpa: the address; nothing is mapped beyond GSTAGE_END
 * @leaf: gets it
 */
void gstage_find(const struct gstage *gs, uint64_t gpa, struct gstage_leaf *leaf)
{
	enum page_size size = PAGE_4K;
	uint64_t pte = 0;

	if (gpa < GSTAGE_END)
		pte = *gstage_slot(gs, gpa, &size);
	*leaf = (struct gstage_leaf){
		.gpa = gpa & ~(page_bytes(size) - 1),
		.size = size,
	};
	if (!pte)
		return;
	leaf->hpa = pte_hpa(pte);
	leaf->kind = pte & PTE_SHARED ? GSTAGE_SHARED : GSTAGE_PRIVATE;
	if (pte & PTE_BLOCKED) {
		leaf->kind |= GSTAGE_BLOCKED;
		leaf->epoch = pte >> PTE_EPOCH_SHIFT;
	}
}

/**
 * gstage_next() - the first leaf in a range
 * @gs: the tables
 * @gpa: start of the range
 * @end: its end, at most GSTAGE_END
 * @leaf: gets it; it may begin before the range and end after it
 *
 * Return: false if there is none.
 */
bool gstage_next(const struct gstage *gs, uint64_t gpa, uint64_t end,
		 struct gstage_leaf *leaf)
{
	while (gpa < end) {
		gstage_find(gs, gpa, leaf);
		if (leaf->kind)
			return true;
		gpa = leaf->gpa + page_bytes(leaf->size);
	}
	return false;
}

/**
 * gstage_all() - is all of a range mapped in some way?
 * @gs: the tables
 * @gpa: start of the range
 * @len: bytes
 * @kinds: which leaves there may be: GSTAGE_PRIVATE, GSTAGE_SHARED or both,
 *	with GSTAGE_BLOCKED or without
 *
 * Return: true if there are such leaves for all of it, and no leaf is partly
 * outside.
 */
bool gstage_all(const struct gstage *gs, uint64_t gpa, uint64_t len,
		uint32_t kinds)
{
	uint64_t end = gpa + len;
	struct gstage_leaf leaf;

	while (gpa < end) {
		gstage_find(gs, gpa, &leaf);
		if (leaf.gpa != gpa || !(leaf.kind & kinds & ~GSTAGE_BLOCKED) ||
		    (leaf.kind ^ kinds) & GSTAGE_BLOCKED)
			return false;
		gpa += page_bytes(leaf.size);
	}
	return gpa == end;
}

/* Aligned, and below the end. */
static bool in_range(uint64_t gpa, enum page_size size, uint32_t count)
{
	return !(gpa & (page_bytes(size) - 1)) && gpa < GSTAGE_END &&
		count <= (GSTAGE_END - gpa) / page_bytes(size);
}

/**
 * gstage_may_map() - can pages be mapped there?
 * @gs: the tables
 * @gpa: where
 * @size: of the pages: PAGE_4K, PAGE_2M or PAGE_1G
 * @count: how many, one after another
 *
 * Return: true if all of these leaves are holes, and no table is in the way.
 */
bool gstage_may_map(const struct gstage *gs, uint64_t gpa, enum page_size size,
		    uint32_t count)
{
	uint64_t end = gpa + count * page_bytes(size);
	struct gstage_leaf leaf;

	if (size == PAGE_16K || !in_range(gpa, size, count) ||
	    gstage_next(gs, gpa, end, &leaf))
		return false;
	for (; size != PAGE_4K && gpa < end; gpa += page_bytes(size)) {
		enum page_size slot = size;

		/* A table without entries may still be cached by harts. */
		if (*gstage_slot(gs, gpa, &slot))
			return false;
	}
	return true;
}

/* Tables of one size of leaves that are missing in a range. */
static uint32_t missing(const struct gstage *gs, uint64_t gpa, uint64_t end,
			enum page_size above)
{
	uint32_t count = 0;

	for (gpa &= ~(page_bytes(above) - 1); gpa < end; gpa += page_bytes(above)) {
		enum page_size slot = above;

		count += !*gstage_slot(gs, gpa, &slot);
	}
	return count;
}

/**
 * gstage_reserve() - have the tables ready that a mapping takes
 * @gs: the tables
 * @gpa: where, as checked by gstage_may_map()
 * @size: of the pages
 * @count: how many
 *
 * Return: as gstage_provide().
 */
int gstage_reserve(struct gstage *gs, uint64_t gpa, enum page_size size,
		   uint32_t count)
{
	uint64_t end = gpa + count * page_bytes(size);
	uint32_t tables = 0;

	if (size != PAGE_1G)
		tables += missing(gs, gpa, end, PAGE_1G);
	if (size == PAGE_4K)
		tables += missing(gs, gpa, end, PAGE_2M);
	return gstage_provide(gs, tables);
}

/**
 * gstage_map() - map a page
 * @gs: the tables; gstage_may_map() and gstage_reserve() went well
 * @gpa: where
 * @hpa: the page: PAGE_DATA of this TVM and for this address, or, shared,
 *	ordinary RAM of the host
 * @size: of the page
 * @kind: GSTAGE_PRIVATE or GSTAGE_SHARED
 */
void gstage_map(struct gstage *gs, uint64_t gpa, uint64_t hpa,
		enum page_size size, enum gstage_kind kind)
{
	enum page_size slot = size;
	uint64_t *pte = gstage_slot(gs, gpa, &slot);

	while (slot != size) {
		pte_write(pte, pte_table(gstage_take_spare(gs)));
		slot = size;
		pte = gstage_slot(gs, gpa, &slot);
	}
	pte_write(pte, pte_leaf(hpa, kind == GSTAGE_SHARED ? PTE_OF_SHARED : PTE_OF_PRIVATE));
}
