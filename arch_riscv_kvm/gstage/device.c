// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of the host's devices that a guest accesses itself: its interrupt files.
 * They are at addresses without a memslot, and come and go with the hart on
 * which a vCPU runs.
 */
#include <linux/kvm_host.h>
#include <kvm_riscv/gstage.h>
#include <kvm_riscv/mmu.h>

/* Nothing is fetched from a device. PMAs say what kind of memory it is. */
static u64 device_leaf(phys_addr_t pa)
{
	return gstage_leaf(pa >> PAGE_SHIFT, true, 0) & ~GSTAGE_PTE_X;
}

/**
 * kvm_riscv_mmu_map_device() - let a guest access a page of a device
 * @vcpu: the vCPU, whose thread this is
 * @gpa: guest physical address, page aligned; nothing is mapped there
 * @pa: physical address of the page
 *
 * No fence follows: a hart that remembers the invalid entry takes a guest page
 * fault, which is served as if there were none. Memory of a memslot at @gpa
 * wins.
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM.
 */
int kvm_riscv_mmu_map_device(struct kvm_vcpu *vcpu, gpa_t gpa, phys_addr_t pa)
{
	struct gstage *gs = &vcpu->kvm->arch.gstage;
	struct gstage_mapping mapping = {
		.gpa = gpa,
		.pte = device_leaf(pa),
	};
	int ret;

	ret = kvm_mmu_topup_memory_cache(&vcpu->arch.table_cache, gs->levels);
	if (ret)
		return ret;

	read_lock(&vcpu->kvm->mmu_lock);
	gstage_map(gs, &vcpu->arch.table_cache, &mapping);
	read_unlock(&vcpu->kvm->mmu_lock);
	return 0;
}

/**
 * kvm_riscv_mmu_unmap_device() - take a page of a device from a guest
 * @kvm: the VM
 * @gpa: guest physical address, page aligned
 *
 * No vCPU accesses it any more when this returns. The table stays: it will be
 * needed again, and nobody needs to be interrupted for the sake of one who
 * walks it.
 *
 * Context: Any in which no vCPU of the VM runs; else interrupts on.
 */
void kvm_riscv_mmu_unmap_device(struct kvm *kvm, gpa_t gpa)
{
	unsigned int level;
	u64 *ptep;

	write_lock(&kvm->mmu_lock);
	ptep = gstage_walk(&kvm->arch.gstage, gpa, &level);
	if (ptep && !level && gstage_pte_is_leaf(*ptep)) {
		WRITE_ONCE(*ptep, 0);
		kvm_flush_remote_tlbs_range(kvm, gpa_to_gfn(gpa), 1);
	}
	write_unlock(&kvm->mmu_lock);
}
