// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI TIME extension.
 */
#include <linux/kvm_host.h>
#include <kvm_riscv/entry.h>

static u64 time_argument(struct kvm_vcpu *vcpu)
{
	const unsigned long *x = vcpu->arch.guest.x;

	if (IS_ENABLED(CONFIG_32BIT))
		return (u64)x[GPR_A1] << 32 | x[GPR_A0];
	return x[GPR_A0];
}

static struct sbiret time_fast(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.guest.x[GPR_A6] != SBI_EXT_TIME_SET_TIMER)
		return kvm_riscv_sbi_error(SBI_ERR_NOT_SUPPORTED);
	kvm_riscv_pmu_event(&vcpu->arch.pmu, SBI_PMU_FW_SET_TIMER);
	if (!kvm_riscv_timer_set_fast(vcpu, time_argument(vcpu)))
		return kvm_riscv_sbi_leave();
	return kvm_riscv_sbi_value(0);
}

static int time_handle(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	kvm_riscv_timer_set(vcpu, time_argument(vcpu));
	return KVM_RISCV_EXIT_RESUME;
}

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_time = {
	.first = SBI_EXT_TIME,
	.last = SBI_EXT_TIME,
	.reg_id = KVM_RISCV_SBI_EXT_TIME,
	.fast = time_fast,
	.handle = time_handle,
};
