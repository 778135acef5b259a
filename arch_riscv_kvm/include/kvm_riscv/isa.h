/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which ISA extensions a vCPU has, may gain, and may lose.
 *
 * User space names an extension by enum KVM_RISCV_ISA_EXT_ID ("kvm_ext"), the
 * kernel by RISCV_ISA_EXT_* ("ext").
 */
#ifndef _KVM_RISCV_ISA_H
#define _KVM_RISCV_ISA_H

#include <linux/types.h>

struct kvm_vcpu;

void kvm_riscv_isa_init_vcpu(struct kvm_vcpu *vcpu);
int kvm_riscv_isa_to_host(unsigned long kvm_ext);
int kvm_riscv_isa_from_host(unsigned long ext);
bool kvm_riscv_isa_host_has(unsigned long kvm_ext);
bool kvm_riscv_isa_may_enable(unsigned long kvm_ext);
bool kvm_riscv_isa_may_disable(unsigned long kvm_ext);

/* @ext is one of the kernel's RISCV_ISA_EXT_*; for a vCPU, not for the host. */
#define kvm_riscv_vcpu_has_isa(vcpu, ext)	test_bit(ext, (vcpu)->arch.isa)

#endif /* _KVM_RISCV_ISA_H */
