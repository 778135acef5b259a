// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual-instruction exceptions: what a guest does that its host has to do
 * for it, and the two instructions by which it waits.
 */
#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/sched/stat.h>
#include <asm/csr.h>
#include <kvm_riscv/entry.h>
#include "insn.h"

enum wfi_trap {
	WFI_TRAP_ADAPTIVE,
	WFI_TRAP_ALWAYS,
	WFI_TRAP_NEVER,
};

static const char *const wfi_trap_names[] = {
	[WFI_TRAP_ADAPTIVE] = "adaptive",
	[WFI_TRAP_ALWAYS] = "trap",
	[WFI_TRAP_NEVER] = "notrap",
};

static int wfi_trap = WFI_TRAP_ADAPTIVE;

static int set_wfi_trap(const char *val, const struct kernel_param *kp)
{
	int policy = sysfs_match_string(wfi_trap_names, val);

	if (policy < 0)
		return policy;
	WRITE_ONCE(wfi_trap, policy);
	return 0;
}

static int get_wfi_trap(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", wfi_trap_names[READ_ONCE(wfi_trap)]);
}

static const struct kernel_param_ops wfi_trap_ops = {
	.set = set_wfi_trap,
	.get = get_wfi_trap,
};

module_param_cb(wfi_trap_policy, &wfi_trap_ops, NULL, 0644);
MODULE_PARM_DESC(wfi_trap_policy,
		 "Does WFI of a guest give up the CPU: trap, notrap, or (adaptive) only if another task wants it");

static bool wfi_shall_trap(void)
{
	switch (READ_ONCE(wfi_trap)) {
	case WFI_TRAP_ALWAYS:
		return true;
	case WFI_TRAP_NEVER:
		return false;
	default:
		return !single_task_running();
	}
}

/**
 * kvm_riscv_wfi_choose() - decide whether WFI leaves the guest
 * @vcpu: the vCPU, whose thread this is
 *
 * Alone on its CPU, a guest that waits may as well wait in the hart: an
 * interrupt for it, or one of the host, ends the WFI. Another task that comes
 * to want the CPU comes by an interrupt; then this is asked again.
 *
 * Context: Preemption off.
 */
void kvm_riscv_wfi_choose(struct kvm_vcpu *vcpu)
{
	if (wfi_shall_trap())
		vcpu->arch.guest.hstatus |= HSTATUS_VTW;
	else
		vcpu->arch.guest.hstatus &= ~HSTATUS_VTW;
}

static bool in_vs_mode(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.guest.sstatus & SR_SPP;
}

static void skip(struct kvm_vcpu *vcpu)
{
	vcpu->arch.guest.sepc += 4;
}

/* Nothing to wait for if an interrupt is pending already. */
static bool wfi_fast(struct kvm_vcpu *vcpu, u32 insn)
{
	if (!in_vs_mode(vcpu) || !kvm_riscv_irq_pending_hw(vcpu))
		return false;

	vcpu->stat.wfi_exit_stat++;
	skip(vcpu);
	return true;
}

/* As on a hart that has an S-mode, WFI is not for user mode. */
static int wfi(struct kvm_vcpu *vcpu, u32 insn)
{
	if (!in_vs_mode(vcpu))
		return kvm_riscv_trap_illegal(vcpu, insn);

	vcpu->stat.wfi_exit_stat++;
	kvm_riscv_vcpu_idle(vcpu);
	skip(vcpu);
	return KVM_RISCV_EXIT_RESUME;
}

/* It waits for another hart's store: let that hart's vCPU have the CPU. */
static int wrs(struct kvm_vcpu *vcpu, u32 insn)
{
	vcpu->stat.wrs_exit_stat++;
	kvm_vcpu_on_spin(vcpu, in_vs_mode(vcpu));
	skip(vcpu);
	return KVM_RISCV_EXIT_RESUME;
}

/**
 * struct virtual_insn - an instruction that is emulated
 * @mask: its opcode bits
 * @match: their value
 * @fast: completes it with interrupts off and without waiting, or returns
 *	false to leave it, untouched, to @handle. May be NULL.
 * @handle: completes it with interrupts on; returns an enum kvm_riscv_exit
 */
struct virtual_insn {
	u32 mask;
	u32 match;
	bool (*fast)(struct kvm_vcpu *vcpu, u32 insn);
	int (*handle)(struct kvm_vcpu *vcpu, u32 insn);
};

/* The CSR entries leave open where the operand comes from: rs1 or immediate. */
static const struct virtual_insn virtual_insns[] = {
	{ 0xffffffff, 0x10500073, wfi_fast, wfi },	/* wfi */
	{ 0x307f, 0x2073, kvm_riscv_csr_emulate_fast,
	  kvm_riscv_csr_emulate },			/* csrrs[i] */
	{ 0x307f, 0x1073, kvm_riscv_csr_emulate_fast,
	  kvm_riscv_csr_emulate },			/* csrrw[i] */
	{ 0x307f, 0x3073, kvm_riscv_csr_emulate_fast,
	  kvm_riscv_csr_emulate },			/* csrrc[i] */
	{ 0xffffffff, 0x00d00073, NULL, wrs },		/* wrs.nto */
	{ 0xffffffff, 0x01d00073, NULL, wrs },		/* wrs.sto */
};

static const struct virtual_insn *find_insn(u32 insn)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(virtual_insns); i++)
		if ((insn & virtual_insns[i].mask) == virtual_insns[i].match)
			return &virtual_insns[i];
	return NULL;
}

/**
 * kvm_riscv_virtual_insn_fast() - emulate without leaving the entry loop
 * @vcpu: the vCPU; loaded
 *
 * Context: Interrupts off; the trap CSRs are those of the guest's trap.
 * Return: true if the instruction is complete, false to leave it to
 * kvm_riscv_virtual_insn().
 */
bool kvm_riscv_virtual_insn_fast(struct kvm_vcpu *vcpu)
{
	/* Zero, which is no such instruction, if the hart does not report it */
	u32 insn = csr_read(CSR_STVAL);
	const struct virtual_insn *virtual = find_insn(insn);

	return virtual && virtual->fast && virtual->fast(vcpu, insn);
}

/**
 * kvm_riscv_virtual_insn() - emulate what a virtual-instruction exception names
 * @vcpu: the vCPU; loaded
 * @trap: the exception
 *
 * Instructions without emulation are illegal ones in the guest: its hart has
 * no H, and what is left otherwise are CSRs it does not have either.
 *
 * Context: Interrupts on, SRCU read lock of kvm->srcu held; may sleep.
 * Return: enum kvm_riscv_exit.
 */
int kvm_riscv_virtual_insn(struct kvm_vcpu *vcpu, struct kvm_cpu_trap *trap)
{
	const struct virtual_insn *virtual;
	struct kvm_cpu_trap fault;
	u32 insn = trap->stval;

	if (!insn) {
		insn = kvm_riscv_unpriv_read(vcpu, true, trap->sepc, &fault);
		if (fault.scause) {
			kvm_riscv_trap_redirect(vcpu, &fault);
			return KVM_RISCV_EXIT_RESUME;
		}
	}

	virtual = find_insn(insn);
	if (!virtual)
		return kvm_riscv_trap_illegal(vcpu, insn);
	return virtual->handle(vcpu, insn);
}
