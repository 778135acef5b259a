// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI HSM extension: start, stop and suspend harts.
 */
#include <linux/kvm_host.h>
#include <linux/wordpart.h>
#include <kvm_riscv/entry.h>
#include "harts.h"

static long hsm_start(struct kvm_vcpu *vcpu)
{
	const unsigned long *x = vcpu->arch.guest.x;
	struct kvm_vcpu *target = kvm_riscv_sbi_hart(vcpu, x[GPR_A0]);
	unsigned long pc = x[GPR_A1];

	if (!target)
		return SBI_ERR_INVALID_PARAM;
	if (!kvm_is_visible_gfn(vcpu->kvm, gpa_to_gfn(pc)))
		return SBI_ERR_INVALID_ADDRESS;
	if (kvm_riscv_vcpu_power_start(target, pc, x[GPR_A2]))
		return SBI_ERR_ALREADY_AVAILABLE;
	return SBI_SUCCESS;
}

/*
 * Takes effect before the next entry. The guest sees a return of this call
 * only if user space, not another hart, makes the vCPU run again.
 */
static long hsm_stop(struct kvm_vcpu *vcpu)
{
	kvm_riscv_vcpu_power_off(vcpu);
	return SBI_SUCCESS;
}

static long hsm_suspend(struct kvm_vcpu *vcpu)
{
	switch (lower_32_bits(vcpu->arch.guest.x[GPR_A0])) {
	case SBI_HSM_SUSPEND_RET_DEFAULT:
		WRITE_ONCE(vcpu->arch.sbi.suspended, true);
		kvm_riscv_vcpu_idle(vcpu);
		WRITE_ONCE(vcpu->arch.sbi.suspended, false);
		return SBI_SUCCESS;
	case SBI_HSM_SUSPEND_NON_RET_DEFAULT:
		return SBI_ERR_NOT_SUPPORTED;
	default:
		return SBI_ERR_INVALID_PARAM;
	}
}

/* A snapshot without locks: by the time the guest sees it, it may be stale. */
static long hart_state(struct kvm_vcpu *target)
{
	if (kvm_riscv_vcpu_stopped(target))
		return SBI_HSM_STATE_STOPPED;
	if (READ_ONCE(target->arch.power.start_valid))
		return SBI_HSM_STATE_START_PENDING;
	if (READ_ONCE(target->arch.sbi.suspended))
		return SBI_HSM_STATE_SUSPENDED;
	return SBI_HSM_STATE_STARTED;
}

static struct sbiret hsm_fast(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu *target;

	if (vcpu->arch.guest.x[GPR_A6] != SBI_EXT_HSM_HART_STATUS)
		return kvm_riscv_sbi_leave();

	target = kvm_riscv_sbi_hart(vcpu, vcpu->arch.guest.x[GPR_A0]);
	if (!target)
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	return kvm_riscv_sbi_value(hart_state(target));
}

static int hsm_handle(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	static long (*const functions[])(struct kvm_vcpu *vcpu) = {
		[SBI_EXT_HSM_HART_START] = hsm_start,
		[SBI_EXT_HSM_HART_STOP] = hsm_stop,
		[SBI_EXT_HSM_HART_SUSPEND] = hsm_suspend,
	};
	unsigned long fid = vcpu->arch.guest.x[GPR_A6];

	if (fid < ARRAY_SIZE(functions) && functions[fid])
		ret->error = functions[fid](vcpu);
	else
		ret->error = SBI_ERR_NOT_SUPPORTED;
	return KVM_RISCV_EXIT_RESUME;
}

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_hsm = {
	.first = SBI_EXT_HSM,
	.last = SBI_EXT_HSM,
	.reg_id = KVM_RISCV_SBI_EXT_HSM,
	.fast = hsm_fast,
	.handle = hsm_handle,
};
