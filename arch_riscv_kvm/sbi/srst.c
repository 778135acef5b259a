// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI SRST extension: the guest asks for a shutdown or a reboot of its VM.
 *
 * User space does it. All vCPUs stop here and now, so that none of them runs on
 * in a VM that is about to be torn down or reset.
 */
#include <linux/kvm_host.h>
#include <kvm_riscv/entry.h>

static const u32 events[] = {
	[SBI_SRST_RESET_TYPE_SHUTDOWN] = KVM_SYSTEM_EVENT_SHUTDOWN,
	[SBI_SRST_RESET_TYPE_COLD_REBOOT] = KVM_SYSTEM_EVENT_RESET,
	[SBI_SRST_RESET_TYPE_WARM_REBOOT] = KVM_SYSTEM_EVENT_RESET,
};

/* sepc stays on the ecall: there is nothing to return to. */
static int system_event(struct kvm_vcpu *vcpu, u32 event, u32 reason)
{
	struct kvm_run *run = vcpu->run;
	struct kvm_vcpu *target;
	unsigned long i;

	kvm_for_each_vcpu(i, target, vcpu->kvm)
		kvm_riscv_vcpu_power_off(target);

	memset(&run->system_event, 0, sizeof(run->system_event));
	run->system_event.type = event;
	run->system_event.ndata = 1;
	run->system_event.data[0] = reason;
	run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	return KVM_RISCV_EXIT_USER;
}

static int srst_handle(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	const unsigned long *x = vcpu->arch.guest.x;
	/* Both parameters are 32 bits wide. */
	u32 type = x[GPR_A0];
	u32 reason = x[GPR_A1];

	if (x[GPR_A6] != SBI_EXT_SRST_RESET) {
		ret->error = SBI_ERR_NOT_SUPPORTED;
		return KVM_RISCV_EXIT_RESUME;
	}
	if (type >= ARRAY_SIZE(events)) {
		ret->error = SBI_ERR_INVALID_PARAM;
		return KVM_RISCV_EXIT_RESUME;
	}
	return system_event(vcpu, events[type], reason);
}

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_srst = {
	.first = SBI_EXT_SRST,
	.last = SBI_EXT_SRST,
	.reg_id = KVM_RISCV_SBI_EXT_SRST,
	.handle = srst_handle,
};
