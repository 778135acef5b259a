// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI IPI extension: supervisor software interrupts for other harts.
 *
 * Raising a line and kicking its vCPU waits for nobody, so all of it is a fast
 * exit.
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include "harts.h"

static long send_ipi(struct kvm_vcpu *vcpu)
{
	struct sbi_harts harts __uninitialized;
	struct kvm_vcpu *target;
	unsigned int i;

	if (!kvm_riscv_sbi_hart_list(vcpu, &harts))
		return SBI_ERR_INVALID_PARAM;

	kvm_riscv_pmu_event(&vcpu->arch.pmu, SBI_PMU_FW_IPI_SENT);
	for (i = 0; i < harts.nr; i++) {
		target = sbi_harts_nth(&harts, i);
		kvm_riscv_pmu_event(&target->arch.pmu, SBI_PMU_FW_IPI_RCVD);
		if (target == vcpu)
			kvm_riscv_irq_raise_self(vcpu, IRQ_VS_SOFT);
		else
			kvm_riscv_irq_raise(target, IRQ_VS_SOFT);
	}
	return SBI_SUCCESS;
}

static struct sbiret ipi_fast(struct kvm_vcpu *vcpu)
{
	long error = SBI_ERR_NOT_SUPPORTED;

	if (vcpu->arch.guest.x[GPR_A6] == SBI_EXT_IPI_SEND_IPI)
		error = send_ipi(vcpu);
	return kvm_riscv_sbi_error(error);
}

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_ipi = {
	.first = SBI_EXT_IPI,
	.last = SBI_EXT_IPI,
	.reg_id = KVM_RISCV_SBI_EXT_IPI,
	.fast = ipi_fast,
};
