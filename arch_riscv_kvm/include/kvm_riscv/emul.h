/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that KVM completes on behalf of a guest.
 *
 * All handlers return an enum kvm_riscv_exit or a negative errno. They leave
 * sepc on the instruction until it is complete.
 */
#ifndef _KVM_RISCV_EMUL_H
#define _KVM_RISCV_EMUL_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm_vcpu;
struct kvm_cpu_trap;

/**
 * struct kvm_riscv_mmio - the access that user space was asked to serve
 * @insn_len: bytes by which sepc advances on completion
 * @len: bytes accessed
 * @rd: data register: receives a loaded value, or held the stored one
 * @sign_extend: the load extends the sign of its value
 * @is_write: a store; nothing is left to do but to advance
 */
struct kvm_riscv_mmio {
	u8 insn_len;
	u8 len;
	u8 rd;
	bool sign_extend;
	bool is_write;
};

/**
 * struct kvm_riscv_mmio_device - a page that a device in the kernel answers
 * @gfn: the page
 * @generation: of the memslots, when no memory was there
 */
struct kvm_riscv_mmio_device {
	gfn_t gfn;
	u64 generation;
};

/**
 * struct kvm_riscv_csr_access - the CSR instruction that user space serves
 * @insn: the instruction; its rd receives the old value
 */
struct kvm_riscv_csr_access {
	u32 insn;
};

int kvm_riscv_mmio_access(struct kvm_vcpu *vcpu, struct kvm_cpu_trap *trap,
			  gpa_t gpa);
bool kvm_riscv_mmio_fast(struct kvm_vcpu *vcpu);
int kvm_riscv_virtual_insn(struct kvm_vcpu *vcpu, struct kvm_cpu_trap *trap);
bool kvm_riscv_virtual_insn_fast(struct kvm_vcpu *vcpu);
void kvm_riscv_wfi_choose(struct kvm_vcpu *vcpu);
int kvm_riscv_csr_emulate(struct kvm_vcpu *vcpu, u32 insn);
bool kvm_riscv_csr_emulate_fast(struct kvm_vcpu *vcpu, u32 insn);

#endif /* _KVM_RISCV_EMUL_H */
