// SPDX-License-Identifier: GPL-2.0-only
/*
 * What changes guest memory from outside of the guest: MMU notifiers, memslot
 * updates, the beginning and the end of a VM.
 */
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <kvm_riscv/gstage.h>
#include <kvm_riscv/mmu.h>
#include <kvm_riscv/tlb.h>

/* Flush what was gathered, then free it. mmu_lock is held for writing. */
static void flush_and_free(struct kvm *kvm, struct gstage_gather *gather)
{
	if (!list_empty(&gather->tables))
		kvm_riscv_tlb_drop_tables(kvm);
	else if (gather->end > gather->start)
		kvm_flush_remote_tlbs_range(kvm, gather->start >> PAGE_SHIFT,
					    (gather->end - gather->start) >>
					    PAGE_SHIFT);
	gstage_gather_free(gather);
}

/**
 * kvm_riscv_mmu_unmap() - take guest memory away, from TLBs as well
 * @kvm: the VM
 * @start: first guest physical address, page aligned
 * @end: first address behind the range, page aligned
 * @may_block: mmu_lock may be dropped on the way
 *
 * TLBs are flushed before mmu_lock is dropped: else another caller could find
 * nothing left to unmap and free a page that a TLB still maps.
 *
 * Context: mmu_lock held for writing.
 */
void kvm_riscv_mmu_unmap(struct kvm *kvm, gpa_t start, gpa_t end,
			 bool may_block)
{
	struct gstage *gs = &kvm->arch.gstage;
	struct gstage_gather gather;
	gpa_t gpa = start;

	lockdep_assert_held_write(&kvm->mmu_lock);

	gstage_gather_init(&gather);
	while ((gpa = gstage_next_mapped(gs, gpa, end)) < end) {
		gpa_t next = min(gstage_block_end(gpa, 1), end);

		gstage_unmap(gs, gpa, next, &gather);
		gpa = next;
		if (may_block && (need_resched() ||
				  rwlock_needbreak(&kvm->mmu_lock))) {
			flush_and_free(kvm, &gather);
			cond_resched_rwlock_write(&kvm->mmu_lock);
		}
	}
	flush_and_free(kvm, &gather);
}

static void unmap_slot(struct kvm *kvm, const struct kvm_memory_slot *slot)
{
	gpa_t start = gfn_to_gpa(slot->base_gfn);

	write_lock(&kvm->mmu_lock);
	kvm_riscv_mmu_unmap(kvm, start, start + gfn_to_gpa(slot->npages), true);
	write_unlock(&kvm->mmu_lock);
}

/* Returns false: nothing is left to flush. */
bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	kvm_riscv_mmu_unmap(kvm, gfn_to_gpa(range->start),
			    gfn_to_gpa(range->end), range->may_block);
	return false;
}

bool kvm_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	return gstage_clear_young(&kvm->arch.gstage, gfn_to_gpa(range->start),
				  gfn_to_gpa(range->end));
}

bool kvm_test_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	return gstage_test_young(&kvm->arch.gstage, gfn_to_gpa(range->start),
				 gfn_to_gpa(range->end));
}

/* What a slot asks of the VMAs behind it. Called with mmap_lock held. */
static int check_vmas(const struct kvm_memory_slot *slot)
{
	unsigned long start = slot->userspace_addr;
	unsigned long end = start + (slot->npages << PAGE_SHIFT);
	struct vma_iterator vmi;
	struct vm_area_struct *vma;

	vma_iter_init(&vmi, current->mm, start);
	for_each_vma_range(vmi, vma, end) {
		if (!(slot->flags & KVM_MEM_READONLY) &&
		    !(vma->vm_flags & VM_WRITE))
			return -EPERM;
		/* Nobody would learn of what a device writes */
		if ((vma->vm_flags & VM_PFNMAP) &&
		    (slot->flags & KVM_MEM_LOG_DIRTY_PAGES))
			return -EINVAL;
	}
	return 0;
}

/**
 * kvm_arch_prepare_memory_region() - may a memslot become so
 * @kvm: the VM
 * @old: the slot as it is, if any
 * @new: the slot as it shall be, NULL for KVM_MR_DELETE
 * @change: the kind of change
 *
 * Nothing is mapped here, device memory neither: guest page faults do.
 *
 * Return: 0, -EFAULT if the slot does not fit into the guest's physical address
 * space, -EPERM or -EINVAL for a VMA that does not suit it.
 */
int kvm_arch_prepare_memory_region(struct kvm *kvm,
				   const struct kvm_memory_slot *old,
				   struct kvm_memory_slot *new,
				   enum kvm_mr_change change)
{
	gfn_t limit = 1ULL << (kvm_riscv_mmu_gpa_bits(kvm) - PAGE_SHIFT);
	int ret;

	if (change == KVM_MR_DELETE)
		return 0;
	if (new->base_gfn >= limit || new->npages > limit - new->base_gfn)
		return -EFAULT;

	mmap_read_lock(current->mm);
	ret = check_vmas(new);
	mmap_read_unlock(current->mm);
	return ret;
}

void kvm_arch_commit_memory_region(struct kvm *kvm,
				   struct kvm_memory_slot *old,
				   const struct kvm_memory_slot *new,
				   enum kvm_mr_change change)
{
	bool logged, logs;

	/* A slot that is new, or back elsewhere, has nothing mapped. */
	if (change != KVM_MR_FLAGS_ONLY)
		return;

	logged = old->flags & KVM_MEM_LOG_DIRTY_PAGES;
	logs = new->flags & KVM_MEM_LOG_DIRTY_PAGES;
	if (logs && !logged)
		kvm_riscv_mmu_start_logging(kvm, new);
	/* Faults bring back what logging split, as large as it can be. */
	if (logged && !logs)
		unmap_slot(kvm, new);
}

void kvm_arch_free_memslot(struct kvm *kvm, struct kvm_memory_slot *slot)
{
}

void kvm_arch_memslots_updated(struct kvm *kvm, u64 gen)
{
}

void kvm_arch_flush_shadow_memslot(struct kvm *kvm,
				   struct kvm_memory_slot *slot)
{
	unmap_slot(kvm, slot);
}

/*
 * The VMM's memory goes away. This may run in its exit and in the last put of
 * the VM at once; the root table stays for both until
 * kvm_riscv_mmu_destroy_vm().
 */
void kvm_arch_flush_shadow_all(struct kvm *kvm)
{
	gpa_t end = 1ULL << kvm_riscv_mmu_gpa_bits(kvm);

	write_lock(&kvm->mmu_lock);
	kvm_riscv_mmu_unmap(kvm, 0, end, true);
	write_unlock(&kvm->mmu_lock);
}

void kvm_riscv_mmu_destroy_vm(struct kvm *kvm)
{
	/* A hart that ran the VM last still has its root in hgatp. */
	kvm_riscv_tlb_drop_tables(kvm);
	gstage_destroy(&kvm->arch.gstage);
}

void kvm_riscv_mmu_init_vcpu(struct kvm_vcpu *vcpu)
{
	vcpu->arch.table_cache.gfp_zero = __GFP_ZERO;
}

void kvm_riscv_mmu_destroy_vcpu(struct kvm_vcpu *vcpu)
{
	kvm_mmu_free_memory_cache(&vcpu->arch.table_cache);
}
