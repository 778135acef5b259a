/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lazy floating point and vector state.
 *
 * A guest is entered with FS and VS of the HS-level sstatus off. Its first FP
 * or vector instruction traps (illegal instruction, not delegated); the fast
 * exit loads the state and turns the unit on.
 *
 * FP state stays in the hart until vcpu_put: nothing the kernel does on this
 * thread in between touches the FP registers. Vector state goes back to memory
 * before interrupts come on: the kernel itself uses the vector unit, for
 * copies to user space and in softirqs.
 */
#ifndef _KVM_RISCV_FPU_H
#define _KVM_RISCV_FPU_H

#include <linux/types.h>
#include <asm/ptrace.h>

struct kvm_vcpu;

/**
 * struct kvm_riscv_fpu - FP and vector registers of a vCPU in memory
 * @fp: valid unless the guest's sstatus.FS says the hart holds newer values.
 *	Laid out as for D even if the vCPU has only F: the registers are those
 *	of the host.
 * @v: vector CSRs and, in datap, the vector registers; the same with VS
 */
struct kvm_riscv_fpu {
	struct __riscv_d_ext_state fp;
	struct __riscv_v_ext_state v;
};

bool kvm_riscv_fpu_first_use(struct kvm_vcpu *vcpu);

void kvm_riscv_fp_reset(struct kvm_vcpu *vcpu);
void kvm_riscv_fp_put(struct kvm_vcpu *vcpu);

#ifdef CONFIG_RISCV_ISA_V
int kvm_riscv_vector_init_vcpu(struct kvm_vcpu *vcpu);
void kvm_riscv_vector_destroy_vcpu(struct kvm_vcpu *vcpu);
void kvm_riscv_vector_reset(struct kvm_vcpu *vcpu);
bool kvm_riscv_vector_first_use(struct kvm_vcpu *vcpu);
void kvm_riscv_vector_save(struct kvm_vcpu *vcpu);
#else
static inline int kvm_riscv_vector_init_vcpu(struct kvm_vcpu *vcpu)
{
	return 0;
}

static inline void kvm_riscv_vector_destroy_vcpu(struct kvm_vcpu *vcpu) {}
static inline void kvm_riscv_vector_reset(struct kvm_vcpu *vcpu) {}

static inline bool kvm_riscv_vector_first_use(struct kvm_vcpu *vcpu)
{
	return false;
}

static inline void kvm_riscv_vector_save(struct kvm_vcpu *vcpu) {}
#endif

/* fpu.S: FS of the sstatus CSR must be on. */
void kvm_riscv_fp_save(struct __riscv_d_ext_state *fp);
void kvm_riscv_fp_restore(const struct __riscv_d_ext_state *fp);

#endif /* _KVM_RISCV_FPU_H */
