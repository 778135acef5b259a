/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory: the policy between memslots and the VM's G-stage table. */
#ifndef _KVM_RISCV_MMU_H
#define _KVM_RISCV_MMU_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct gstage;
struct kvm;
struct kvm_memory_slot;
struct kvm_vcpu;

/**
 * enum kvm_riscv_fault - outcome of a guest page fault
 * @KVM_RISCV_FAULT_RESUME: mapped, or somebody else mapped it, or a signal is
 *	pending; go on
 * @KVM_RISCV_FAULT_MMIO: no memory answers this access
 */
enum kvm_riscv_fault {
	KVM_RISCV_FAULT_RESUME = 1,
	KVM_RISCV_FAULT_MMIO = 2,
};

enum kvm_riscv_access {
	KVM_RISCV_ACCESS_READ,
	KVM_RISCV_ACCESS_WRITE,
	KVM_RISCV_ACCESS_FETCH,
};

int kvm_riscv_mmu_probe(void);
void kvm_riscv_mmu_exit(void);
const char *kvm_riscv_mmu_mode_name(void);
unsigned int kvm_riscv_mmu_vmid_bits(void);
unsigned int kvm_riscv_mmu_gpa_bits(struct kvm *kvm);
int kvm_riscv_mmu_set_gpa_bits(struct kvm *kvm, u64 bits);

int kvm_riscv_mmu_init_vm(struct kvm *kvm);
void kvm_riscv_mmu_destroy_vm(struct kvm *kvm);
void kvm_riscv_mmu_init_vcpu(struct kvm_vcpu *vcpu);
void kvm_riscv_mmu_destroy_vcpu(struct kvm_vcpu *vcpu);

int kvm_riscv_mmu_fault(struct kvm_vcpu *vcpu, gpa_t gpa,
			enum kvm_riscv_access access);

void kvm_riscv_mmu_unmap(struct kvm *kvm, gpa_t start, gpa_t end,
			 bool may_block);
void kvm_riscv_mmu_start_logging(struct kvm *kvm,
				 const struct kvm_memory_slot *slot);

int kvm_riscv_mmu_map_device(struct kvm_vcpu *vcpu, gpa_t gpa, phys_addr_t pa);
void kvm_riscv_mmu_unmap_device(struct kvm *kvm, gpa_t gpa);

int kvm_riscv_vmid_enable_hart(void);
void kvm_riscv_mmu_park_hart(const struct gstage *gs);
unsigned long kvm_riscv_mmu_hgatp(struct kvm_vcpu *vcpu);

#endif /* _KVM_RISCV_MMU_H */
