/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each host hart holds of the vCPU that last ran on it. vcpu_load uses
 * it to write only the CSRs whose value differs.
 */
#ifndef _KVM_RISCV_LOAD_H
#define _KVM_RISCV_LOAD_H

struct kvm_vcpu;

void kvm_riscv_load_invalidate_hart(void);
void kvm_riscv_load_forget(struct kvm_vcpu *vcpu);
void kvm_riscv_load_config(struct kvm_vcpu *vcpu);

#endif /* _KVM_RISCV_LOAD_H */
