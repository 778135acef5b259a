// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits served with interrupts on: cause to handler.
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include <kvm_riscv/entry.h>
#include <kvm_riscv/mmu.h>

typedef int (*exit_fn)(struct kvm_vcpu *vcpu);

/* Firmware events of the SBI that an exception is */
static const u8 pmu_events[] = {
	[EXC_INST_ILLEGAL] = SBI_PMU_FW_ILLEGAL_INSN,
	[EXC_LOAD_MISALIGNED] = SBI_PMU_FW_MISALIGNED_LOAD,
	[EXC_LOAD_ACCESS] = SBI_PMU_FW_ACCESS_LOAD,
	[EXC_STORE_MISALIGNED] = SBI_PMU_FW_MISALIGNED_STORE,
	[EXC_STORE_ACCESS] = SBI_PMU_FW_ACCESS_STORE,
};

/* An exception that would be the guest's own had it been delegated. */
static int exit_redirect(struct kvm_vcpu *vcpu)
{
	kvm_riscv_trap_redirect(vcpu, &vcpu->arch.trap);
	return KVM_RISCV_EXIT_RESUME;
}

/* The same, for an exception that is counted */
static int exit_counted(struct kvm_vcpu *vcpu)
{
	kvm_riscv_pmu_event(&vcpu->arch.pmu,
			    pmu_events[vcpu->arch.trap.scause]);
	return exit_redirect(vcpu);
}

static int exit_breakpoint(struct kvm_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_DEBUG;
	return KVM_RISCV_EXIT_USER;
}

static int exit_virtual_insn(struct kvm_vcpu *vcpu)
{
	return kvm_riscv_virtual_insn(vcpu, &vcpu->arch.trap);
}

/*
 * Nothing answers the address. Instructions do not come from devices, so a
 * fetch is the guest's mistake; a load or store goes to an emulated device.
 */
static int exit_no_memory(struct kvm_vcpu *vcpu, gpa_t gpa)
{
	struct kvm_cpu_trap *trap = &vcpu->arch.trap;

	if (trap->scause != EXC_INST_GUEST_PAGE_FAULT)
		return kvm_riscv_mmio_access(vcpu, trap, gpa);

	trap->scause = EXC_INST_ACCESS;
	return exit_redirect(vcpu);
}

/*
 * Pseudoinstructions in htinst: the walk of the guest's own page tables was to
 * set A or D in an entry of 32 or 64 bits, whatever the guest was doing
 * (privileged spec, "Transformed Instruction or Pseudoinstruction for mtinst or
 * htinst").
 */
#define HTINST_PTE32_WRITE	0x2020
#define HTINST_PTE64_WRITE	0x3020

static bool is_pte_write(unsigned long htinst)
{
	return htinst == HTINST_PTE32_WRITE || htinst == HTINST_PTE64_WRITE;
}

static int exit_guest_page_fault(struct kvm_vcpu *vcpu)
{
	static const enum kvm_riscv_access accesses[] = {
		[EXC_INST_GUEST_PAGE_FAULT] = KVM_RISCV_ACCESS_FETCH,
		[EXC_LOAD_GUEST_PAGE_FAULT] = KVM_RISCV_ACCESS_READ,
		[EXC_STORE_GUEST_PAGE_FAULT] = KVM_RISCV_ACCESS_WRITE,
	};
	const struct kvm_cpu_trap *trap = &vcpu->arch.trap;
	/* htval holds the address shifted right by two; stval its low bits. */
	gpa_t gpa = ((gpa_t)trap->htval << 2) | (trap->stval & 3);
	enum kvm_riscv_access access = accesses[trap->scause];
	int ret;

	if (is_pte_write(trap->htinst))
		access = KVM_RISCV_ACCESS_WRITE;

	ret = kvm_riscv_mmu_fault(vcpu, gpa, access);
	if (ret == KVM_RISCV_FAULT_MMIO)
		return exit_no_memory(vcpu, gpa);
	return ret;
}

static const exit_fn exit_handlers[] = {
	[EXC_INST_ACCESS] = exit_redirect,
	[EXC_INST_ILLEGAL] = exit_counted,
	[EXC_BREAKPOINT] = exit_breakpoint,
	[EXC_LOAD_MISALIGNED] = exit_counted,
	[EXC_LOAD_ACCESS] = exit_counted,
	[EXC_STORE_MISALIGNED] = exit_counted,
	[EXC_STORE_ACCESS] = exit_counted,
	[EXC_SUPERVISOR_SYSCALL] = kvm_riscv_sbi_ecall,
	[EXC_INST_GUEST_PAGE_FAULT] = exit_guest_page_fault,
	[EXC_LOAD_GUEST_PAGE_FAULT] = exit_guest_page_fault,
	[EXC_VIRTUAL_INST_FAULT] = exit_virtual_insn,
	[EXC_STORE_GUEST_PAGE_FAULT] = exit_guest_page_fault,
};

/* The hart reported a cause that no delegation of ours lets through. */
static int exit_unexpected(struct kvm_vcpu *vcpu)
{
	const struct kvm_cpu_trap *trap = &vcpu->arch.trap;

	kvm_pr_unimpl("vcpu%d: unexpected exit: scause 0x%lx sepc 0x%lx\n",
		      vcpu->vcpu_id, trap->scause, trap->sepc);
	kvm_pr_unimpl("stval 0x%lx htval 0x%lx htinst 0x%lx\n",
		      trap->stval, trap->htval, trap->htinst);
	return -EFAULT;
}

/**
 * kvm_riscv_handle_exit() - serve an exit that the fast path left
 * @vcpu: the vCPU; vcpu->arch.trap says which, and is not an interrupt
 *
 * Context: Interrupts and preemption on, SRCU read lock of kvm->srcu held; may
 * sleep.
 * Return: enum kvm_riscv_exit, or a negative errno for KVM_RUN.
 */
int kvm_riscv_handle_exit(struct kvm_vcpu *vcpu)
{
	unsigned long scause = vcpu->arch.trap.scause;

	if (scause >= ARRAY_SIZE(exit_handlers) || !exit_handlers[scause])
		return exit_unexpected(vcpu);
	return exit_handlers[scause](vcpu);
}
