// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI calls that user space serves (KVM_EXIT_RISCV_SBI): the debug console, the
 * message proxy, and the experimental and vendor extensions.
 */
#include <linux/kvm_host.h>
#include <kvm_riscv/entry.h>

/**
 * kvm_riscv_sbi_complete_forward() - give user space's answer to the guest
 * @vcpu: the vCPU; kvm_riscv_sbi_forward() let user space serve its call
 *
 * Return: 0.
 */
int kvm_riscv_sbi_complete_forward(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;

	guest->x[GPR_A0] = vcpu->run->riscv_sbi.ret[0];
	guest->x[GPR_A1] = vcpu->run->riscv_sbi.ret[1];
	guest->sepc += 4;
	return 0;
}

/**
 * kvm_riscv_sbi_forward() - let user space serve an SBI call
 * @vcpu: the vCPU whose guest calls
 * @ret: not used, user space's answer goes to the guest when it next runs
 *
 * A user space that does not know the call leaves the answer as it is here:
 * not supported.
 *
 * Return: KVM_RISCV_EXIT_USER.
 */
int kvm_riscv_sbi_forward(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	const unsigned long *x = vcpu->arch.guest.x;
	struct kvm_run *run = vcpu->run;
	int i;

	vcpu->stat.ecall_exit_stat++;
	run->exit_reason = KVM_EXIT_RISCV_SBI;
	run->riscv_sbi.extension_id = x[GPR_A7];
	run->riscv_sbi.function_id = x[GPR_A6];
	for (i = 0; i < ARRAY_SIZE(run->riscv_sbi.args); i++)
		run->riscv_sbi.args[i] = x[GPR_A0 + i];
	run->riscv_sbi.ret[0] = SBI_ERR_NOT_SUPPORTED;
	run->riscv_sbi.ret[1] = 0;

	vcpu->arch.complete = kvm_riscv_sbi_complete_forward;
	return KVM_RISCV_EXIT_USER;
}

static int dbcn_handle(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	if (vcpu->arch.guest.x[GPR_A6] <= SBI_EXT_DBCN_CONSOLE_WRITE_BYTE)
		return kvm_riscv_sbi_forward(vcpu, ret);

	ret->error = SBI_ERR_NOT_SUPPORTED;
	return KVM_RISCV_EXIT_RESUME;
}

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_dbcn = {
	.first = SBI_EXT_DBCN,
	.last = SBI_EXT_DBCN,
	.reg_id = KVM_RISCV_SBI_EXT_DBCN,
	.default_off = true,
	.handle = dbcn_handle,
};

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_mpxy = {
	.first = KVM_RISCV_SBI_MPXY_ID,
	.last = KVM_RISCV_SBI_MPXY_ID,
	.reg_id = KVM_RISCV_SBI_EXT_MPXY,
	.default_off = true,
	.handle = kvm_riscv_sbi_forward,
};

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_experimental = {
	.first = SBI_EXT_EXPERIMENTAL_START,
	.last = SBI_EXT_EXPERIMENTAL_END,
	.reg_id = KVM_RISCV_SBI_EXT_EXPERIMENTAL,
	.handle = kvm_riscv_sbi_forward,
};

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_vendor = {
	.first = SBI_EXT_VENDOR_START,
	.last = SBI_EXT_VENDOR_END,
	.reg_id = KVM_RISCV_SBI_EXT_VENDOR,
	.handle = kvm_riscv_sbi_forward,
};
