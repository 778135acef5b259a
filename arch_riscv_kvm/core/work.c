// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work that the host wants done by a thread before it enters a guest: signals,
 * rescheduling, task work.
 *
 * The kernel's function for it is not part of the module. It was compiled with
 * the struct kvm_vcpu of the kernel's own KVM, whose layout differs from ours,
 * and counts a signal in it. So it gets a stand-in that is large enough for any
 * layout, and what it does there is done again for the real vCPU. Nothing else
 * that is built into the kernel looks into struct kvm or struct kvm_vcpu.
 */
#include <linux/kvm_host.h>
#include <linux/sizes.h>
#include <kvm_riscv/compat.h>
#include <kvm_riscv/entry.h>
#include <kvm_riscv/work.h>

/* What precedes the architecture's part, ->run included, is laid out alike. */
static union {
	struct kvm_vcpu vcpu;
	u8 room[SZ_32K];
} stand_in;

static struct kvm_run stand_in_run;

/**
 * kvm_riscv_work_init() - prepare for kvm_riscv_work()
 */
void __init kvm_riscv_work_init(void)
{
	stand_in.vcpu.run = &stand_in_run;
}

/**
 * kvm_riscv_work() - do pending work of the host
 * @vcpu: the vCPU, whose thread this is
 *
 * Context: Interrupts and preemption on; may sleep.
 * Return: KVM_RISCV_EXIT_RESUME, or -EINTR for a signal, with
 * run->exit_reason set.
 */
int kvm_riscv_work(struct kvm_vcpu *vcpu)
{
	int ret;

	if (!__xfer_to_guest_mode_work_pending())
		return KVM_RISCV_EXIT_RESUME;

	ret = kvm_riscv_handle_work(&stand_in.vcpu);
	if (ret == -EINTR)
		kvm_handle_signal_exit(vcpu);
	return ret ?: KVM_RISCV_EXIT_RESUME;
}
