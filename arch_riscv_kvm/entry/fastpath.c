// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fast exits: served with interrupts off, right after the guest stopped.
 *
 * A handler here
 *   - never sleeps, never waits for another hart, takes raw locks only;
 *   - looks at no memslot and takes no SRCU read lock, but for MMIO to a device
 *     in the kernel that is known to be there;
 *   - leaves everything untouched when it returns false: the exit is then
 *     served again, from the start, with interrupts on (exit.c).
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include <kvm_riscv/entry.h>

typedef bool (*fast_exit_fn)(struct kvm_vcpu *vcpu);

static const fast_exit_fn fast_exits[] = {
	[EXC_INST_ILLEGAL] = kvm_riscv_fpu_first_use,
	[EXC_SUPERVISOR_SYSCALL] = kvm_riscv_sbi_ecall_fast,
	[EXC_LOAD_GUEST_PAGE_FAULT] = kvm_riscv_mmio_fast,
	[EXC_VIRTUAL_INST_FAULT] = kvm_riscv_virtual_insn_fast,
	[EXC_STORE_GUEST_PAGE_FAULT] = kvm_riscv_mmio_fast,
};

/**
 * kvm_riscv_fast_exit() - serve an exit without leaving the entry loop
 * @vcpu: the vCPU that stopped; loaded
 * @scause: why
 *
 * Context: Interrupts off; the trap CSRs are still those of the guest's trap.
 * Return: true if the guest can go on.
 */
bool kvm_riscv_fast_exit(struct kvm_vcpu *vcpu, unsigned long scause)
{
	/* An interrupt is out of range as well. */
	if (scause >= ARRAY_SIZE(fast_exits) || !fast_exits[scause])
		return false;
	return fast_exits[scause](vcpu);
}
