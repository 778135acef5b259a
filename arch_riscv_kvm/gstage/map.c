// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filling a G-stage table, under the read side of the owner's lock.
 *
 * Concurrent callers compete by cmpxchg. An entry only ever goes from invalid
 * to valid or gains permissions here; whoever loses looks again.
 */
#include <linux/atomic.h>
#include <linux/kvm_host.h>
#include <asm/page.h>
#include <kvm_riscv/gstage.h>

/* Take a zeroed table out of @cache, which must not be empty. */
u64 *gstage_table_get(struct kvm_mmu_memory_cache *cache)
{
	return kvm_mmu_memory_cache_alloc(cache);
}

/* Give back an unused table, zeroed. */
void gstage_table_put(struct kvm_mmu_memory_cache *cache, u64 *table)
{
	cache->objects[cache->nobjs++] = table;
}

/* The entry that points to @table */
u64 gstage_table_pte(const u64 *table)
{
	u64 pfn = __pa(table) >> GSTAGE_PAGE_SHIFT;

	return (pfn << GSTAGE_PTE_PPN_SHIFT) | GSTAGE_PTE_V;
}

/* What @leaf of @level says about the (smaller or equal) block at @gpa */
static u64 leaf_at(u64 leaf, unsigned int level, u64 gpa)
{
	u64 offset = gpa & (gstage_block_size(level) - 1);

	return leaf + ((offset >> GSTAGE_PAGE_SHIFT) << GSTAGE_PTE_PPN_SHIFT);
}

static void add_table(u64 *ptep, struct kvm_mmu_memory_cache *cache)
{
	u64 *table = gstage_table_get(cache);

	if (cmpxchg64(ptep, 0, gstage_table_pte(table)) != 0)
		gstage_table_put(cache, table);
}

/*
 * There is a leaf, of the wanted size or larger. If it goes to the same place
 * it gains what it lacks. A larger leaf that lacks W is split first: the
 * caller asks for less than the whole because it tracks writes.
 *
 * Returns 0 when done, -EEXIST if it maps something else, -EAGAIN to look
 * again.
 */
static int merge_leaf(u64 *ptep, u64 old, unsigned int level,
		      struct gstage_mapping *m,
		      struct kvm_mmu_memory_cache *cache)
{
	u64 missing = m->pte & ~old & GSTAGE_PTE_FLAGS;

	if ((leaf_at(old, level, m->gpa) ^ m->pte) &
	    (GSTAGE_PTE_PPN | GSTAGE_PTE_PBMT))
		return -EEXIST;

	if (level > m->level && (missing & GSTAGE_PTE_W)) {
		gstage_split(ptep, old, level, cache);
		return -EAGAIN;
	}
	if (missing && !try_cmpxchg64(ptep, &old, old | missing))
		return -EAGAIN;

	m->ptep = level == m->level ? ptep : NULL;
	return 0;
}

/**
 * gstage_map() - install a leaf
 * @gs: address space
 * @cache: holds at least gs->levels - 1 zeroed tables
 * @m: what to install; m->ptep is set
 *
 * Context: Owner's lock held, either side. Does not sleep.
 * Return: 1 if the leaf took the place of an invalid entry: no TLB needs to
 * forget anything but that. 0 if the translation was there, or was there with
 * fewer permissions: the caller's hart may hold the old one. -EEXIST if
 * another translation, or a table, is in the way: only the holder of the write
 * side can remove it.
 */
int gstage_map(struct gstage *gs, struct kvm_mmu_memory_cache *cache,
	       struct gstage_mapping *m)
{
	unsigned int level = gs->levels - 1;
	u64 *ptep = gstage_entry(gs->root, gs, m->gpa, level);

	for (;;) {
		u64 old = READ_ONCE(*ptep);

		if (gstage_pte_is_leaf(old)) {
			int ret = merge_leaf(ptep, old, level, m, cache);

			if (ret != -EAGAIN)
				return ret;
		} else if (level > m->level) {
			if (old) {
				level--;
				ptep = gstage_entry(gstage_table_of(old), gs,
						    m->gpa, level);
			} else {
				add_table(ptep, cache);
			}
		} else if (old) {
			return -EEXIST;
		} else if (try_cmpxchg64(ptep, &old, m->pte)) {
			m->ptep = ptep;
			return 1;
		}
	}
}

/**
 * gstage_fill() - install leaves where there is nothing
 * @ptep: entries of a table of level 0
 * @ptes: what to install, 0 where nothing is wanted
 * @nr: how many
 *
 * Context: Owner's lock held, either side.
 */
void gstage_fill(u64 *ptep, const u64 *ptes, unsigned int nr)
{
	for (; nr; nr--, ptep++, ptes++) {
		if (*ptes && !READ_ONCE(*ptep))
			cmpxchg64_relaxed(ptep, 0, *ptes);
	}
}
