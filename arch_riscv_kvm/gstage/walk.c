// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding entries of a G-stage table.
 *
 * Callers hold the owner's lock, either side: that keeps tables in place.
 * Entries may change under the read side, so each is read once.
 */
#include <linux/kvm_host.h>
#include <asm/page.h>
#include <kvm_riscv/gstage.h>

/**
 * gstage_walk() - find the entry that decides about an address
 * @gs: address space
 * @gpa: guest physical address
 * @level: set to the level of the entry
 *
 * Return: the leaf that maps @gpa, or the invalid entry that ends the walk.
 * What it held may have changed since.
 */
u64 *gstage_walk(const struct gstage *gs, u64 gpa, unsigned int *level)
{
	unsigned int l = gs->levels - 1;
	u64 *ptep = gstage_entry(gs->root, gs, gpa, l);

	while (l) {
		u64 pte = READ_ONCE(*ptep);

		if (!gstage_pte_is_table(pte))
			break;
		l--;
		ptep = gstage_entry(gstage_table_of(pte), gs, gpa, l);
	}
	*level = l;
	return ptep;
}

/**
 * gstage_next_mapped() - skip what has no tables
 * @gs: address space
 * @gpa: where to start
 * @end: where to give up
 *
 * A step is as large as the hole that an invalid entry leaves, so that even
 * an empty 59-bit space takes a few thousand.
 *
 * Return: the first address from @gpa on that a leaf maps, or @end.
 */
u64 gstage_next_mapped(const struct gstage *gs, u64 gpa, u64 end)
{
	while (gpa < end) {
		unsigned int level;
		u64 *ptep = gstage_walk(gs, gpa, &level);

		if (READ_ONCE(*ptep) & GSTAGE_PTE_V)
			return gpa;
		gpa = gstage_block_end(gpa, level);
	}
	return end;
}

/**
 * gstage_visit_leaves() - call a function on every leaf of a range
 * @gs: address space
 * @start: first address
 * @end: first address behind the range
 * @fn: called with each leaf that maps any part of the range, also where the
 *	leaf reaches beyond it. Must not turn it into a table.
 *
 * Return: whether any call returned true.
 */
bool gstage_visit_leaves(const struct gstage *gs, u64 start, u64 end,
			 gstage_leaf_fn fn)
{
	bool ret = false;
	u64 gpa = start;

	while (gpa < end) {
		unsigned int level;
		u64 *ptep = gstage_walk(gs, gpa, &level);

		/* The entries behind it, to the end of this 4 KiB of table */
		do {
			u64 pte = READ_ONCE(*ptep);

			if (gstage_pte_is_table(pte))
				break;
			if (gstage_pte_is_leaf(pte))
				ret |= fn(ptep);
			gpa = gstage_block_end(gpa, level);
			ptep++;
		} while (gpa < end && !IS_ALIGNED((uintptr_t)ptep, PAGE_SIZE));
	}
	return ret;
}
