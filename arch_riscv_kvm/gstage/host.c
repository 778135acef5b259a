// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking at the page table of the VMM.
 *
 * No reference on a page is taken: the MMU notifier tells when an entry is
 * about to lose its page, and the fault path uses what it reads here only if
 * none did (see fault.c).
 */
#include <linux/irqflags.h>
#include <linux/kvm_host.h>
#include <linux/mm_types.h>
#include <asm/pgtable.h>
#include <kvm_riscv/hostmap.h>

#define HOST_LEVEL_BITS		(PMD_SHIFT - PAGE_SHIFT)
#define HOST_TABLE_ENTRIES	BIT(HOST_LEVEL_BITS)

static unsigned int host_levels(void)
{
	if (pgtable_l5_enabled)
		return 5;
	return pgtable_l4_enabled ? 4 : 3;
}

/* Entries of a table of level 0, from that of @hva's page on both ways */
static void copy_window(const unsigned long *ptep, unsigned long hva,
			struct hostmap *map)
{
	unsigned int nr = map->before + 1 + map->after;
	unsigned int i;

	ptep -= map->before;
	hva -= map->before * PAGE_SIZE;
	for (i = 0; i < nr; i++) {
		unsigned long entry = READ_ONCE(ptep[i]);

		if (unlikely(entry & _PAGE_NAPOT))
			entry = hostmap_page(entry, 0, hva + i * PAGE_SIZE);
		map->window[i] = entry;
	}
}

/* The pages of a larger leaf */
static void make_window(unsigned long hva, struct hostmap *map)
{
	unsigned int nr = map->before + 1 + map->after;
	unsigned int i;

	hva -= map->before * PAGE_SIZE;
	for (i = 0; i < nr; i++, hva += PAGE_SIZE)
		map->window[i] = hostmap_page(map->entry, map->level, hva);
}

/**
 * hostmap_lookup() - find what the host maps at an address
 * @mm: the VMM's
 * @hva: the address
 * @map: result; the caller sets @before and @after, which shrink where the
 *	window would leave the host's table of 4 KiB pages
 *
 * Tables are freed only after all harts had interrupts on, or after an RCU
 * grace period: with interrupts off here they stay (as for GUP-fast).
 *
 * Context: Any.
 * Return: true if a page of 4 KiB, 2 MiB or 1 GiB is present there.
 */
bool hostmap_lookup(struct mm_struct *mm, unsigned long hva,
		    struct hostmap *map)
{
	const unsigned long *table = (const unsigned long *)mm->pgd;
	unsigned int page = (hva >> PAGE_SHIFT) & (HOST_TABLE_ENTRIES - 1);
	unsigned int level = host_levels() - 1;
	unsigned long flags;
	bool found = false;

	map->before = min(map->before, page);
	map->after = min(map->after, HOST_TABLE_ENTRIES - 1 - page);

	local_irq_save(flags);
	for (;; level--) {
		unsigned int index = (hva >> (PAGE_SHIFT +
				      HOST_LEVEL_BITS * level)) &
				     (HOST_TABLE_ENTRIES - 1);
		unsigned long entry = READ_ONCE(table[index]);

		if (!(entry & _PAGE_PRESENT))
			break;
		if (entry & _PAGE_LEAF) {
			map->entry = entry;
			map->level = level;
			found = level <= 2 && hostmap_present(entry);
			if (level)
				make_window(hva, map);
			else
				copy_window(&table[index], hva, map);
			break;
		}
		if (!level)
			break;
		table = pfn_to_virt(__page_val_to_pfn(entry));
	}
	local_irq_restore(flags);
	return found;
}
