// SPDX-License-Identifier: GPL-2.0-only
/*
 * Splitting a large leaf into a table of leaves of the next smaller size.
 */
#include <linux/atomic.h>
#include <linux/kvm_host.h>
#include <kvm_riscv/gstage.h>

/**
 * gstage_split() - replace a leaf by a table that says the same
 * @ptep: where the leaf is
 * @leaf: the leaf as read
 * @level: its level, above 0
 * @cache: holds at least one zeroed table
 *
 * The leaf isn't made invalid first. A TLB may then hold the old leaf besides
 * the new ones, and it is unpredictable which of them a hart uses (privileged
 * spec, "Supervisor Memory-Management Fence Instruction"): all of them give the
 * same address, type and permissions, so none needs to go now. Later changes
 * of a small leaf are followed by a fence for its address, and that covers a
 * large leaf which a TLB still holds for it.
 *
 * Context: Owner's lock held, either side.
 * Return: false if the entry is no longer @leaf.
 */
bool gstage_split(u64 *ptep, u64 leaf, unsigned int level,
		  struct kvm_mmu_memory_cache *cache)
{
	unsigned int step = GSTAGE_PTE_PPN_SHIFT +
			    GSTAGE_LEVEL_BITS * (level - 1);
	u64 *table = gstage_table_get(cache);
	unsigned int i;

	for (i = 0; i < GSTAGE_TABLE_ENTRIES; i++)
		table[i] = leaf + ((u64)i << step);

	if (try_cmpxchg64(ptep, &leaf, gstage_table_pte(table)))
		return true;

	memset(table, 0, GSTAGE_TABLE_ENTRIES * sizeof(*table));
	gstage_table_put(cache, table);
	return false;
}
