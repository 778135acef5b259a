// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty logging: a page of a logged slot is writable only if its bit is set, or
 * if a vCPU's dirty ring has an entry for it that was not reset.
 *
 * Enabling write-protects what is mapped, large leaves as a whole. A store then
 * splits the leaf, makes its page writable and sets the bit or fills the entry
 * (fault.c), both under mmu_lock, so that whoever takes bits away, and
 * write-protects these pages again, with the write side held loses none.
 */
#include <linux/bitops.h>
#include <linux/kvm_host.h>
#include <linux/sched.h>
#include <kvm_riscv/gstage.h>
#include <kvm_riscv/mmu.h>

/**
 * kvm_riscv_mmu_start_logging() - write-protect a slot
 * @kvm: the VM
 * @slot: the slot; faults already know that it is logged
 *
 * The flush can wait for the end: only slots_lock's holders, as we are, read
 * the log.
 *
 * Context: slots_lock held; may sleep.
 */
void kvm_riscv_mmu_start_logging(struct kvm *kvm,
				 const struct kvm_memory_slot *slot)
{
	struct gstage *gs = &kvm->arch.gstage;
	gpa_t gpa = gfn_to_gpa(slot->base_gfn);
	gpa_t end = gpa + gfn_to_gpa(slot->npages);
	bool flush = false;

	write_lock(&kvm->mmu_lock);
	while ((gpa = gstage_next_mapped(gs, gpa, end)) < end) {
		gpa_t next = min(gstage_block_end(gpa, 1), end);

		flush |= gstage_write_protect(gs, gpa, next);
		gpa = next;
		cond_resched_rwlock_write(&kvm->mmu_lock);
	}
	write_unlock(&kvm->mmu_lock);

	if (flush)
		kvm_flush_remote_tlbs_memslot(kvm, slot);
}

/*
 * Write-protect the pages whose bits in @mask are set; the first bit stands for
 * the page at @gfn_offset. Others keep W, and with it their bit in the log.
 * The caller holds mmu_lock for writing and flushes.
 */
void kvm_arch_mmu_enable_log_dirty_pt_masked(struct kvm *kvm,
					     struct kvm_memory_slot *slot,
					     gfn_t gfn_offset,
					     unsigned long mask)
{
	gpa_t base = gfn_to_gpa(slot->base_gfn + gfn_offset);
	unsigned long start, end = 0;

	for (;;) {
		start = find_next_bit(&mask, BITS_PER_LONG, end);
		if (start >= BITS_PER_LONG)
			break;
		end = find_next_zero_bit(&mask, BITS_PER_LONG, start);
		gstage_write_protect(&kvm->arch.gstage,
				     base + gfn_to_gpa(start),
				     base + gfn_to_gpa(end));
	}
}

/* The log is always in step: nothing is collected from hardware. */
void kvm_arch_sync_dirty_log(struct kvm *kvm, struct kvm_memory_slot *slot)
{
}
