// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest page faults: from a memslot, through the VMM's page table, to a leaf
 * of the G-stage table.
 *
 *   1. note mmu_invalidate_seq
 *   2. read the host's leaf, without lock or page reference
 *   3. if it isn't there, or not writable enough: fault it in as the VMM's
 *      own access would, and start again
 *   4. under the read side of mmu_lock: if no notifier ran since 1, the leaf
 *      still stands, and will for as long as the lock is held; install it
 *
 * See Documentation/gstage.rst.
 */
#include <linux/hugetlb.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include <asm/cpufeature.h>
#include <kvm_riscv/compat.h>
#include <kvm_riscv/gstage.h>
#include <kvm_riscv/hostmap.h>
#include <kvm_riscv/mmu.h>
#include <kvm_riscv/tlb.h>

/**
 * struct fault - one guest page fault
 * @slot: memslot of @gfn
 * @gfn: page that was accessed
 * @hva: where the VMM has it
 * @seq: mmu_invalidate_seq from before @host was read
 * @write: the guest stores
 * @ahead: the guest has not accessed it yet
 * @readonly: the slot takes no stores
 * @logging: stores to the slot are logged, by page
 * @host: the host's leaf
 * @mapping: the guest's leaf that follows from all of this
 */
struct fault {
	struct kvm_memory_slot *slot;
	gfn_t gfn;
	unsigned long hva;
	unsigned long seq;
	bool write;
	bool ahead;
	bool readonly;
	bool logging;
	struct hostmap host;
	struct gstage_mapping mapping;
};

/*
 * The SIGBUS that an access by the VMM itself would have got; it says how much
 * memory is gone.
 */
static void send_hwpoison(const struct fault *f)
{
	struct vm_area_struct *vma;
	short lsb = PAGE_SHIFT;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, f->hva);
	if (vma && is_vm_hugetlb_page(vma))
		lsb = huge_page_shift(hstate_vma(vma));
	mmap_read_unlock(current->mm);

	send_sig_mceerr(BUS_MCEERR_AR, (void __user *)f->hva, lsb, current);
}

/* Make the host's leaf present, and writable for a store. May sleep. */
static int fault_in(const struct fault *f)
{
	unsigned int foll = FOLL_INTERRUPTIBLE | (f->write ? FOLL_WRITE : 0);
	struct page *page;
	bool writable;
	kvm_pfn_t pfn;

	pfn = __kvm_faultin_pfn(f->slot, f->gfn, foll, &writable, &page);
	if (pfn == KVM_PFN_ERR_HWPOISON)
		return -EHWPOISON;
	if (pfn == KVM_PFN_ERR_SIGPENDING)
		return -EINTR;
	if (is_error_noslot_pfn(pfn))
		return -EFAULT;
	kvm_release_page_unused(page);
	return 0;
}

/* Steps 1 and 2. Returns whether the host's leaf permits the access. */
static bool look_up(struct kvm *kvm, struct fault *f)
{
	struct kvm_memory_slot *slot = f->slot;
	gfn_t first = max(round_down(f->gfn, HOSTMAP_WINDOW), slot->base_gfn);
	gfn_t last = min(f->gfn | (HOSTMAP_WINDOW - 1),
			 slot->base_gfn + slot->npages - 1);

	f->host.before = f->gfn - first;
	f->host.after = last - f->gfn;
	f->seq = READ_ONCE(kvm->mmu_invalidate_seq);
	/* Pairs with smp_wmb() in kvm_mmu_invalidate_end(). */
	smp_rmb();
	if (!hostmap_lookup(kvm->mm, f->hva, &f->host))
		return false;
	return !f->write || (f->host.entry & _PAGE_WRITE);
}

/*
 * A page that the guest does not store to now may be writable nevertheless if
 * it is dirty: then no record of a later store is needed here, since the host
 * cannot clean its own entry without a notifier call.
 */
static bool may_map_dirty(const struct fault *f)
{
	return !f->readonly && !f->logging;
}

static bool may_write(const struct fault *f, unsigned long entry)
{
	/* It becomes dirty now: account(). */
	if (f->write)
		return entry & _PAGE_WRITE;
	return may_map_dirty(f) && hostmap_dirty(entry);
}

/* Whether the block of @level around the page belongs to slot and leaf. */
static bool block_fits(const struct fault *f, kvm_pfn_t pfn, unsigned int level)
{
	u64 npages = gstage_block_size(level) >> PAGE_SHIFT;
	gfn_t first = round_down(f->gfn, npages);

	return !((f->gfn ^ pfn) & (npages - 1)) &&
	       first >= f->slot->base_gfn &&
	       first + npages <= f->slot->base_gfn + f->slot->npages;
}

static void make_mapping(struct fault *f)
{
	struct gstage_mapping *m = &f->mapping;
	unsigned long entry = f->host.entry;
	unsigned int level = f->logging ? 0 : f->host.level;
	kvm_pfn_t pfn = hostmap_pfn(entry, f->host.level, f->hva);
	u64 mask;

	while (level && !block_fits(f, pfn, level))
		level--;
	mask = (gstage_block_size(level) >> PAGE_SHIFT) - 1;

	m->level = level;
	m->gpa = (f->gfn & ~mask) << PAGE_SHIFT;
	m->pte = gstage_leaf(pfn & ~mask, may_write(f, entry),
			     hostmap_pbmt(entry));
}

/*
 * Whether pages [@first, @last] may have changed since the host's leaf was
 * read. Called with either side of mmu_lock held.
 */
static bool is_stale(struct kvm *kvm, const struct fault *f, gfn_t first,
		     gfn_t last)
{
	if (kvm->mmu_invalidate_seq != f->seq)
		return true;
	return unlikely(kvm->mmu_invalidate_in_progress) &&
	       first < kvm->mmu_invalidate_range_end &&
	       last >= kvm->mmu_invalidate_range_start;
}

/* Map the neighbours of a page that the host has present too. */
static void map_around(struct kvm *kvm, struct fault *f, u64 *ptep)
{
	struct hostmap *host = &f->host;
	unsigned int nr = host->before + 1 + host->after;
	bool map_dirty = may_map_dirty(f);
	unsigned int i;

	if (is_stale(kvm, f, f->gfn - host->before, f->gfn + host->after))
		return;

	for (i = 0; i < nr; i++) {
		unsigned long entry = host->window[i];
		u64 pte = 0;

		if (hostmap_present(entry))
			pte = gstage_leaf(__page_val_to_pfn(entry),
					  map_dirty && hostmap_dirty(entry),
					  hostmap_pbmt(entry));
		host->window[i] = pte;
	}
	gstage_fill(ptep - host->before, host->window, nr);
}

/* The host's page, if it has one that it ages and writes back */
static struct page *tracked_page(kvm_pfn_t pfn)
{
	struct page *page = pfn_valid(pfn) ? pfn_to_page(pfn) : NULL;

	return page && !PageReserved(page) ? page : NULL;
}

/*
 * Bookkeeping for a page that was mapped. mmu_lock is held: as long as it is,
 * the host's leaf stands, and keeps the page.
 */
static void account(struct kvm *kvm, const struct fault *f)
{
	kvm_pfn_t pfn = hostmap_pfn(f->host.entry, f->host.level, f->hva);
	struct page *page = tracked_page(pfn);

	if (page && !f->ahead && !(f->host.entry & _PAGE_ACCESSED))
		mark_page_accessed(page);
	if (!f->write)
		return;
	if (page && !(f->host.entry & _PAGE_DIRTY))
		SetPageDirty(page);
	if (f->logging)
		mark_page_dirty_in_slot(kvm, f->slot, f->gfn);
}

static gfn_t last_gfn(const struct gstage_mapping *m)
{
	return (gstage_block_end(m->gpa, m->level) - 1) >> PAGE_SHIFT;
}

/*
 * Something else is mapped there, or a table of smaller leaves is where a
 * large one fits. Clear the place and flush, then install.
 */
static int replace(struct kvm_vcpu *vcpu, struct fault *f)
{
	struct gstage_mapping *m = &f->mapping;
	struct kvm *kvm = vcpu->kvm;
	int ret = -EAGAIN;

	write_lock(&kvm->mmu_lock);
	if (!is_stale(kvm, f, m->gpa >> PAGE_SHIFT, last_gfn(m))) {
		kvm_riscv_mmu_unmap(kvm, m->gpa,
				    gstage_block_end(m->gpa, m->level), false);
		ret = gstage_map(&kvm->arch.gstage, &vcpu->arch.table_cache, m);
		account(kvm, f);
	}
	write_unlock(&kvm->mmu_lock);
	return ret;
}

/* Step 4. Returns as gstage_map(), or -EAGAIN if a notifier ran. */
static int install(struct kvm_vcpu *vcpu, struct fault *f)
{
	struct gstage_mapping *m = &f->mapping;
	struct kvm *kvm = vcpu->kvm;
	int ret = -EAGAIN;

	make_mapping(f);

	read_lock(&kvm->mmu_lock);
	if (!is_stale(kvm, f, m->gpa >> PAGE_SHIFT, last_gfn(m))) {
		ret = gstage_map(&kvm->arch.gstage, &vcpu->arch.table_cache, m);
		if (ret >= 0)
			account(kvm, f);
		if (ret > 0 && !m->level)
			map_around(kvm, f, m->ptep);
	}
	read_unlock(&kvm->mmu_lock);

	return ret == -EEXIST ? replace(vcpu, f) : ret;
}

/*
 * All steps, once. Returns 1 if the leaf took the place of nothing, 0 if it, or
 * what it extends, was there; -EAGAIN if the page was taken away again meanwhile,
 * -EINTR for a signal, -EHWPOISON for memory that is gone, -EFAULT if the VMM has
 * none there, -ENOMEM.
 */
static int map_page(struct kvm_vcpu *vcpu, struct fault *f)
{
	struct kvm *kvm = vcpu->kvm;
	int ret;

	/* Twice, as replace() may free tables that it needs again. */
	ret = kvm_mmu_topup_memory_cache(&vcpu->arch.table_cache,
					 2 * kvm->arch.gstage.levels);
	if (ret)
		return ret;

	if (!look_up(kvm, f)) {
		ret = fault_in(f);
		if (ret)
			return ret;
		/* Taken away again already: so may be the reason to wait. */
		if (!look_up(kvm, f))
			return -EAGAIN;
	}
	return install(vcpu, f);
}

/*
 * Fill in what memslots say of the page at @gpa. Returns 0, or without a slot
 * that serves the access -ENOENT. One that is on its way out is -EAGAIN: it is
 * gone, or back, once the caller has left its SRCU section. Inline: it is on the
 * way of every fault.
 */
static __always_inline int find_slot(struct kvm_vcpu *vcpu, struct fault *f,
				     gpa_t gpa)
{
	f->gfn = gpa >> PAGE_SHIFT;
	f->slot = kvm_vcpu_gfn_to_memslot(vcpu, f->gfn);
	if (!f->slot)
		return -ENOENT;
	if (f->slot->flags & KVM_MEMSLOT_INVALID)
		return -EAGAIN;
	f->readonly = f->slot->flags & KVM_MEM_READONLY;
	if (f->write && f->readonly)
		return -ENOENT;
	f->logging = !f->readonly && kvm_slot_dirty_track_enabled(f->slot);
	f->hva = __gfn_to_hva_memslot(f->slot, f->gfn);
	return 0;
}

/*
 * The hart may hold what made the guest fault: the translation from before it
 * gained permissions, possibly through another vCPU, or, without Svvptc, the
 * invalid entry. Other harts that hold it fault, and come here.
 */
static void fence_after(gpa_t gpa, bool fresh)
{
	if (fresh && riscv_has_extension_unlikely(RISCV_ISA_EXT_SVVPTC))
		return;
	preempt_disable();
	kvm_riscv_tlb_fence_gpa(gpa);
	preempt_enable();
}

/**
 * kvm_riscv_mmu_fault() - serve a guest page fault
 * @vcpu: the vCPU
 * @gpa: guest physical address that was accessed
 * @access: how
 *
 * Context: vCPU loaded, SRCU read lock held; may sleep.
 * Return: enum kvm_riscv_fault, -EFAULT if the VMM has no memory there, -ENOMEM.
 */
int kvm_riscv_mmu_fault(struct kvm_vcpu *vcpu, gpa_t gpa,
			enum kvm_riscv_access access)
{
	struct fault f __uninitialized;
	int ret;

	f.write = access == KVM_RISCV_ACCESS_WRITE;
	f.ahead = false;
	ret = find_slot(vcpu, &f, gpa);
	if (ret == -ENOENT)
		return KVM_RISCV_FAULT_MMIO;
	if (!ret)
		ret = map_page(vcpu, &f);

	switch (ret) {
	case -EHWPOISON:
		send_hwpoison(&f);
		fallthrough;
	case -EINTR:
		/* The run loop sees the signal before the guest tries again. */
	case -EAGAIN:
		return KVM_RISCV_FAULT_RESUME;
	}
	if (ret < 0)
		return ret;
	fence_after(gpa, ret > 0);
	return KVM_RISCV_FAULT_RESUME;
}

/**
 * kvm_arch_vcpu_pre_fault_memory() - map a page ahead of the guest's access
 * @vcpu: the vCPU
 * @range: what user space asked for; its beginning is mapped
 *
 * As a load would: CoW is not broken. No fence follows. A hart that remembers
 * the invalid entry, which it is allowed to, faults and finds the leaf.
 *
 * The page does not count as accessed, but its leaf has A: a hart that does not
 * set A by itself would fault after all.
 *
 * Context: vCPU loaded, SRCU read lock held; may sleep.
 * Return: bytes of @range that one leaf maps; -ENOENT without a memslot, -EAGAIN
 * if it is about to change, -EINTR for a signal, -EHWPOISON for memory that is
 * gone, -EFAULT if the VMM has none there, -ENOMEM.
 */
long kvm_arch_vcpu_pre_fault_memory(struct kvm_vcpu *vcpu,
				    struct kvm_pre_fault_memory *range)
{
	struct fault f __uninitialized;
	int ret;

	f.write = false;
	f.ahead = true;
	ret = find_slot(vcpu, &f, range->gpa);
	if (ret)
		return ret;

	while ((ret = map_page(vcpu, &f)) == -EAGAIN) {
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	if (ret < 0)
		return ret;
	return min(range->size,
		   gstage_block_end(f.mapping.gpa, f.mapping.level) -
		   range->gpa);
}
