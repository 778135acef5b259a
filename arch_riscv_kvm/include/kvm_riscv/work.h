/* SPDX-License-Identifier: GPL-2.0-only */
/* Work of the host before a guest is entered. */
#ifndef _KVM_RISCV_WORK_H
#define _KVM_RISCV_WORK_H

struct kvm_vcpu;

void kvm_riscv_work_init(void);
int kvm_riscv_work(struct kvm_vcpu *vcpu);

#endif /* _KVM_RISCV_WORK_H */
