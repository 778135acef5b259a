// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking translations and permissions away, under the write side of the
 * owner's lock, and the beginning and end of a table's life.
 *
 * Nothing here flushes a TLB. gstage_unmap() gathers what the caller must
 * flush, and the tables that may be freed afterwards.
 */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <kvm_riscv/gstage.h>

/**
 * gstage_init() - make an empty address space
 * @gs: address space
 * @mode: HGATP_MODE_*
 * @levels: that belong to it
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int gstage_init(struct gstage *gs, unsigned int mode, unsigned int levels)
{
	struct page *page;

	page = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, GSTAGE_ROOT_ORDER);
	if (!page)
		return -ENOMEM;
	gs->harts = alloc_percpu_gfp(struct gstage_hart, GFP_KERNEL_ACCOUNT);
	if (!gs->harts) {
		__free_pages(page, GSTAGE_ROOT_ORDER);
		return -ENOMEM;
	}
	gs->root = page_to_virt(page);
	gs->root_pa = page_to_phys(page);
	gs->mode = mode;
	gs->levels = levels;
	return 0;
}

void gstage_gather_init(struct gstage_gather *gather)
{
	gather->start = U64_MAX;
	gather->end = 0;
	INIT_LIST_HEAD(&gather->tables);
}

/* Free what was gathered. The TLBs have been flushed. */
void gstage_gather_free(struct gstage_gather *gather)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &gather->tables, lru)
		__free_page(page);
	gstage_gather_init(gather);
}

static void gather_range(struct gstage_gather *gather, u64 gpa,
			 unsigned int level)
{
	u64 end = gstage_block_end(gpa, level);

	gather->start = min(gather->start, end - gstage_block_size(level));
	gather->end = max(gather->end, end);
}

/* Detached: nobody but hardware looks at @table and the tables below it. */
static void gather_tables(struct gstage_gather *gather, u64 *table,
			  unsigned int level)
{
	unsigned int i;

	list_add(&virt_to_page(table)->lru, &gather->tables);
	if (!level)
		return;
	for (i = 0; i < GSTAGE_TABLE_ENTRIES; i++) {
		if (gstage_pte_is_table(table[i]))
			gather_tables(gather, gstage_table_of(table[i]),
				      level - 1);
	}
}

static bool table_is_empty(const u64 *table)
{
	unsigned int i;

	for (i = 0; i < GSTAGE_TABLE_ENTRIES; i++) {
		if (table[i])
			return false;
	}
	return true;
}

static void remove_entry(u64 *ptep, u64 gpa, unsigned int level,
			 struct gstage_gather *gather)
{
	u64 pte = *ptep;

	WRITE_ONCE(*ptep, 0);
	gather_range(gather, gpa, level);
	if (gstage_pte_is_table(pte))
		gather_tables(gather, gstage_table_of(pte), level - 1);
}

/*
 * Remove what a table of @level maps in [@gpa, @end), and tables that are left
 * empty. Recursion is bounded by the number of levels.
 */
static void unmap_table(struct gstage *gs, u64 *table, unsigned int level,
			u64 gpa, u64 end, struct gstage_gather *gather)
{
	u64 *ptep = gstage_entry(table, gs, gpa, level);
	u64 next;

	for (; gpa < end; gpa = next, ptep++) {
		u64 pte = *ptep;
		u64 *child;

		next = min(gstage_block_end(gpa, level), end);
		if (!pte)
			continue;
		if (gstage_pte_is_table(pte) &&
		    next - gpa < gstage_block_size(level)) {
			child = gstage_table_of(pte);
			unmap_table(gs, child, level - 1, gpa, next, gather);
			if (!table_is_empty(child))
				continue;
		}
		remove_entry(ptep, gpa, level, gather);
	}
}

/**
 * gstage_unmap() - remove all translations of a range
 * @gs: address space
 * @start: first address
 * @end: first address behind the range
 * @gather: what was removed is added to it
 *
 * A leaf that reaches beyond the range goes as a whole. Tables below an entry
 * that goes, and tables left empty, are detached.
 *
 * Context: Owner's lock held for writing.
 */
void gstage_unmap(struct gstage *gs, u64 start, u64 end,
		  struct gstage_gather *gather)
{
	unmap_table(gs, gs->root, gs->levels - 1, start, end, gather);
}

/**
 * gstage_destroy() - free an address space
 * @gs: address space, initialized or all zero
 *
 * Context: Nobody uses it any more, no hart has it in hgatp and enters a guest.
 * May sleep.
 */
void gstage_destroy(struct gstage *gs)
{
	struct gstage_gather gather;
	unsigned int i;

	if (!gs->root)
		return;

	gstage_gather_init(&gather);
	for (i = 0; i < BIT(GSTAGE_ROOT_BITS); i++) {
		if (!gstage_pte_is_table(gs->root[i]))
			continue;
		gather_tables(&gather, gstage_table_of(gs->root[i]),
			      gs->levels - 2);
		gstage_gather_free(&gather);
		cond_resched();
	}
	free_pages((unsigned long)gs->root, GSTAGE_ROOT_ORDER);
	free_percpu(gs->harts);
	gs->root = NULL;
	gs->harts = NULL;
}

/* Harts may update A and D at any time: change entries atomically. */
static bool clear_flags(u64 *ptep, u64 flags, u64 test)
{
	u64 pte = READ_ONCE(*ptep);

	do {
		if (!(pte & test))
			return false;
	} while (!try_cmpxchg64(ptep, &pte, pte & ~flags));
	return true;
}

static bool write_protect(u64 *ptep)
{
	return clear_flags(ptep, GSTAGE_PTE_W | GSTAGE_PTE_D, GSTAGE_PTE_W);
}

static bool clear_young(u64 *ptep)
{
	return clear_flags(ptep, GSTAGE_PTE_A, GSTAGE_PTE_A);
}

static bool test_young(u64 *ptep)
{
	return READ_ONCE(*ptep) & GSTAGE_PTE_A;
}

/**
 * gstage_write_protect() - take W from all leaves of a range
 * @gs: address space
 * @start: first address
 * @end: first address behind the range
 *
 * A leaf that reaches beyond the range is protected as a whole.
 *
 * Context: Owner's lock held for writing.
 * Return: whether TLBs must be flushed.
 */
bool gstage_write_protect(struct gstage *gs, u64 start, u64 end)
{
	return gstage_visit_leaves(gs, start, end, write_protect);
}

/* As gstage_write_protect(), with A. Returns whether any A was set. */
bool gstage_clear_young(struct gstage *gs, u64 start, u64 end)
{
	return gstage_visit_leaves(gs, start, end, clear_young);
}

/* Whether any leaf of a range has A set */
bool gstage_test_young(struct gstage *gs, u64 start, u64 end)
{
	return gstage_visit_leaves(gs, start, end, test_young);
}
