// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI SUSP extension: the guest's system sleeps.
 *
 * What sleep is, and what ends it, only user space knows. KVM checks the call,
 * and when user space says that the sleep is over starts the hart anew.
 */
#include <linux/kvm_host.h>
#include <linux/wordpart.h>
#include <kvm_riscv/entry.h>

/* No lock: a guest that starts harts meanwhile breaks its own sleep. */
static bool others_stopped(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu *other;
	unsigned long i;

	kvm_for_each_vcpu(i, other, vcpu->kvm)
		if (other != vcpu && !kvm_riscv_vcpu_stopped(other))
			return false;
	return true;
}

static long check_suspend(struct kvm_vcpu *vcpu)
{
	const unsigned long *x = vcpu->arch.guest.x;

	if (x[GPR_A6] != SBI_EXT_SUSP_SYSTEM_SUSPEND)
		return SBI_ERR_NOT_SUPPORTED;
	if (lower_32_bits(x[GPR_A0]) != SBI_SUSP_SLEEP_TYPE_SUSPEND_TO_RAM)
		return SBI_ERR_INVALID_PARAM;
	if (!kvm_is_visible_gfn(vcpu->kvm, gpa_to_gfn(x[GPR_A1])))
		return SBI_ERR_INVALID_ADDRESS;
	if (!others_stopped(vcpu))
		return SBI_ERR_DENIED;
	return SBI_SUCCESS;
}

static int complete_suspend(struct kvm_vcpu *vcpu)
{
	const unsigned long *x = vcpu->arch.guest.x;

	if (vcpu->run->riscv_sbi.ret[0] != SBI_SUCCESS)
		return kvm_riscv_sbi_complete_forward(vcpu);
	kvm_riscv_vcpu_restart(vcpu, x[GPR_A1], x[GPR_A2]);
	return 0;
}

static int susp_handle(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	int exit;

	ret->error = check_suspend(vcpu);
	if (ret->error)
		return KVM_RISCV_EXIT_RESUME;

	exit = kvm_riscv_sbi_forward(vcpu, ret);
	vcpu->arch.complete = complete_suspend;
	return exit;
}

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_susp = {
	.first = SBI_EXT_SUSP,
	.last = SBI_EXT_SUSP,
	.reg_id = KVM_RISCV_SBI_EXT_SUSP,
	.default_off = true,
	.handle = susp_handle,
};
