/* SPDX-License-Identifier: GPL-2.0-only */
/* Hart ids and hart lists as SBI calls pass them. */
#ifndef _KVM_RISCV_SBI_HARTS_H
#define _KVM_RISCV_SBI_HARTS_H

#include <linux/kvm_host.h>

/**
 * struct sbi_harts - the harts of a hart list parameter
 * @kvm: their VM
 * @all: every vCPU of the VM, and more than @vcpu has room for; it is not used
 * @nr: how many
 * @vcpu: the vCPUs
 *
 * Looked up once, so that a call can check all of them before it acts on the
 * first. Large: on a fast path declare it __uninitialized.
 */
struct sbi_harts {
	struct kvm *kvm;
	bool all;
	unsigned int nr;
	struct kvm_vcpu *vcpu[BITS_PER_LONG];
};

static inline struct kvm_vcpu *sbi_harts_nth(const struct sbi_harts *harts,
					     unsigned int n)
{
	return harts->all ? kvm_get_vcpu(harts->kvm, n) : harts->vcpu[n];
}

struct kvm_vcpu *kvm_riscv_sbi_hart(struct kvm_vcpu *vcpu, unsigned long id);
bool kvm_riscv_sbi_hart_list(struct kvm_vcpu *vcpu, struct sbi_harts *harts);

#endif /* _KVM_RISCV_SBI_HARTS_H */
