/* SPDX-License-Identifier: GPL-2.0-only */
/* What the VMM's own page table says about guest memory. */
#ifndef _KVM_RISCV_HOSTMAP_H
#define _KVM_RISCV_HOSTMAP_H

#include <linux/kvm_types.h>
#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/pgtable.h>

struct mm_struct;

/* Pages that one fault may map: an aligned block of this many */
#define HOSTMAP_WINDOW	16

/**
 * struct hostmap - a leaf of the host's page table
 * @entry: the leaf
 * @level: 0 for a page of 4 KiB, 1 for 2 MiB, 2 for 1 GiB
 * @before: number of entries in @window ahead of the looked-up one; the caller
 *	sets how many it wants
 * @after: the same, behind it
 * @window: what there is for each of @before + 1 + @after pages, in the form of
 *	an entry of level 0; present or not
 *
 * All are a snapshot: good for use only if no MMU notifier ran since before
 * it was taken.
 */
struct hostmap {
	unsigned long entry;
	unsigned int level;
	unsigned int before;
	unsigned int after;
	u64 window[HOSTMAP_WINDOW];
};

bool hostmap_lookup(struct mm_struct *mm, unsigned long hva,
		    struct hostmap *map);

/* A page that user space may read; neither swapped out nor PROT_NONE */
static inline bool hostmap_present(unsigned long entry)
{
	unsigned long need = _PAGE_PRESENT | _PAGE_READ | _PAGE_USER;

	return (entry & need) == need;
}

/* Memory type, by Svpbmt; host and G-stage entries encode it alike */
static inline unsigned long hostmap_pbmt(unsigned long entry)
{
	if (!riscv_has_extension_unlikely(RISCV_ISA_EXT_SVPBMT))
		return 0;
	return entry & _PAGE_MTMASK_SVPBMT;
}

/* May be written to, and has been, as the host sees it */
static inline bool hostmap_dirty(unsigned long entry)
{
	unsigned long need = _PAGE_WRITE | _PAGE_DIRTY;

	return (entry & need) == need;
}

/* For the page at @hva, the entry of level 0 that says what a leaf says */
static __always_inline unsigned long
hostmap_page(unsigned long entry, unsigned int level, unsigned long hva)
{
	unsigned long pages = BIT(level * (PMD_SHIFT - PAGE_SHIFT));
	unsigned long pfn;

	/* Svnapot: the lowest set bit says how many low bits aren't ours */
	if (has_svnapot() && (entry & _PAGE_NAPOT)) {
		pfn = __page_val_to_pfn(entry);
		pages = (pfn & -pfn) << 1;
		entry &= ~(_PAGE_NAPOT | (pages / 2) << _PAGE_PFN_SHIFT);
	}
	return entry | ((hva >> PAGE_SHIFT) & (pages - 1)) << _PAGE_PFN_SHIFT;
}

/* The page frame of @hva, which a leaf @entry of @level maps */
static inline kvm_pfn_t hostmap_pfn(unsigned long entry, unsigned int level,
				    unsigned long hva)
{
	return __page_val_to_pfn(hostmap_page(entry, level, hva));
}

#endif /* _KVM_RISCV_HOSTMAP_H */
