/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fences on behalf of guests.
 *
 * A fence for a vCPU that is in guest mode on another hart needs an IPI and a
 * wait; for all others it is posted: the vCPU applies it before it next enters
 * the guest. Each vCPU has a small queue; on overflow it is widened to a fence
 * of everything.
 */
#ifndef _KVM_RISCV_TLB_H
#define _KVM_RISCV_TLB_H

#include <linux/kvm_types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;

enum kvm_riscv_hfence_type {
	KVM_RISCV_FENCE_I,
	KVM_RISCV_HFENCE_VVMA_ALL,
	KVM_RISCV_HFENCE_VVMA_ASID_ALL,
	KVM_RISCV_HFENCE_VVMA_RANGE,
	KVM_RISCV_HFENCE_VVMA_ASID_RANGE,
	KVM_RISCV_HFENCE_GVMA_ALL,
	KVM_RISCV_HFENCE_GVMA_RANGE,
};

/**
 * struct kvm_riscv_hfence - one fence
 * @type: what it orders
 * @asid: address space, of the ASID types
 * @start: first guest virtual (VVMA) or guest physical (GVMA) address, page aligned
 * @size: bytes, of the range types
 */
struct kvm_riscv_hfence {
	enum kvm_riscv_hfence_type type;
	unsigned long asid;
	u64 start;
	u64 size;
};

#define KVM_RISCV_HFENCE_QUEUE	16

/**
 * struct kvm_riscv_hfence_queue - what a vCPU owes to, and holds in, a TLB
 * @lock: guards @nr, @all and @fences; a raw leaf lock, taken with interrupts
 *	off
 * @nr: used entries of @fences
 * @all: bits (enum kvm_riscv_hfence_type) of fences of everything
 * @fences: the others
 * @cpu: host CPU on which it was last loaded, -1 if that doesn't count. That
 *	and @vmid are its own thread's.
 * @vmid: its VMID, with generation, see gstage/vmid.c
 */
struct kvm_riscv_hfence_queue {
	raw_spinlock_t lock;
	unsigned int nr;
	unsigned long all;
	struct kvm_riscv_hfence fences[KVM_RISCV_HFENCE_QUEUE];
	int cpu;
	u64 vmid;
};

void kvm_riscv_tlb_init_vcpu(struct kvm_vcpu *vcpu);
void kvm_riscv_tlb_reset_vcpu(struct kvm_vcpu *vcpu);
void kvm_riscv_tlb_flush_hart(void);
void kvm_riscv_tlb_fence_gpa(gpa_t gpa);
void kvm_riscv_tlb_fence_local(const struct kvm_riscv_hfence *fence);
void kvm_riscv_tlb_fence_post(struct kvm_vcpu *vcpu,
			      const struct kvm_riscv_hfence *fence);
void kvm_riscv_tlb_fence_vcpus(struct kvm *kvm, unsigned long *vcpu_idx_mask,
			       const struct kvm_riscv_hfence *fence);
void kvm_riscv_tlb_drop_tables(struct kvm *kvm);
void kvm_riscv_tlb_serve_requests(struct kvm_vcpu *vcpu);
void kvm_riscv_tlb_load(struct kvm_vcpu *vcpu, int cpu);

#endif /* _KVM_RISCV_TLB_H */
