// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traps that go on to the guest, and reads of guest memory that may trap.
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include <kvm_riscv/entry.h>

static bool is_guest_page_fault(unsigned long scause)
{
	return scause == EXC_INST_GUEST_PAGE_FAULT ||
	       scause == EXC_LOAD_GUEST_PAGE_FAULT ||
	       scause == EXC_STORE_GUEST_PAGE_FAULT;
}

/**
 * kvm_riscv_trap_redirect() - let the guest take a trap in VS-mode
 * @vcpu: the vCPU; loaded
 * @trap: sepc, scause and stval as the guest shall see them
 *
 * Does to the VS-level CSRs what hardware does on a trap into VS-mode
 * (privileged spec, "Trap Entry"). An exception never uses a vectored entry.
 *
 * A guest-page fault is none of the guest's business: it comes from a read of
 * guest memory by kvm_riscv_unpriv_read(), of a page that the host took away
 * meanwhile. The guest then repeats its instruction, and the page comes back.
 *
 * Context: Called by the vCPU's own thread, interrupts on or off.
 */
void kvm_riscv_trap_redirect(struct kvm_vcpu *vcpu,
			     const struct kvm_cpu_trap *trap)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;
	unsigned long vsstatus;

	if (is_guest_page_fault(trap->scause))
		return;

	vsstatus = csr_read(CSR_VSSTATUS);
	vsstatus &= ~(SR_SPP | SR_SPIE);
	vsstatus |= guest->sstatus & SR_SPP;
	if (vsstatus & SR_SIE)
		vsstatus |= SR_SPIE;
	vsstatus &= ~SR_SIE;

	csr_write(CSR_VSSTATUS, vsstatus);
	csr_write(CSR_VSCAUSE, trap->scause);
	csr_write(CSR_VSTVAL, trap->stval);
	csr_write(CSR_VSEPC, trap->sepc);

	guest->sepc = csr_read(CSR_VSTVEC) & ~3UL;
	guest->sstatus |= SR_SPP;
}

/**
 * kvm_riscv_trap_illegal() - raise an illegal-instruction exception
 * @vcpu: the vCPU; loaded
 * @insn: the instruction at its sepc
 *
 * Return: KVM_RISCV_EXIT_RESUME, for handlers to return.
 */
int kvm_riscv_trap_illegal(struct kvm_vcpu *vcpu, unsigned long insn)
{
	const struct kvm_cpu_trap trap = {
		.sepc = vcpu->arch.guest.sepc,
		.scause = EXC_INST_ILLEGAL,
		.stval = insn,
	};

	kvm_riscv_trap_redirect(vcpu, &trap);
	return KVM_RISCV_EXIT_RESUME;
}

/*
 * Outside of guest mode fences are only posted: the hart may still translate to
 * memory that the guest has lost, and that is somebody else's by now. So do
 * here what is done before an entry. Returns false if the vCPU is in guest mode
 * already, where nobody takes memory away before interrupts are on.
 */
static bool begin_guest_access(struct kvm_vcpu *vcpu)
{
	if (vcpu->mode != OUTSIDE_GUEST_MODE)
		return false;
	/* The mode before the requests; pairs with kvm_request_needs_ipi(). */
	smp_store_mb(vcpu->mode, READING_SHADOW_PAGE_TABLES);
	kvm_riscv_tlb_serve_requests(vcpu);
	return true;
}

static void end_guest_access(struct kvm_vcpu *vcpu, bool begun)
{
	if (!begun)
		return;
	/* The access before the mode: then nobody waits for it any more. */
	smp_store_release(&vcpu->mode, OUTSIDE_GUEST_MODE);
}

/**
 * kvm_riscv_unpriv_read() - read guest memory as the guest would
 * @vcpu: the vCPU; loaded
 * @fetch: read an instruction (2 or 4 bytes, execute permission) instead of
 *	an XLEN word
 * @addr: guest virtual address
 * @trap: zeroed by this function; its scause is set if the access trapped
 *
 * Context: Called by the vCPU's own thread, interrupts on or off.
 * Return: the value, meaningless if @trap->scause is set.
 */
unsigned long kvm_riscv_unpriv_read(struct kvm_vcpu *vcpu, bool fetch,
				    unsigned long addr,
				    struct kvm_cpu_trap *trap)
{
	unsigned long flags, hstatus, stvec, val;
	bool begun;

	*trap = (struct kvm_cpu_trap) {};

	local_irq_save(flags);
	begun = begin_guest_access(vcpu);
	/* SPVP selects the privilege of the access, see hlv. */
	hstatus = vcpu->arch.guest.hstatus & ~HSTATUS_SPVP;
	if (vcpu->arch.guest.sstatus & SR_SPP)
		hstatus |= HSTATUS_SPVP;
	hstatus = csr_swap(CSR_HSTATUS, hstatus);
	stvec = csr_swap(CSR_STVEC, (unsigned long)kvm_riscv_unpriv_trap);

	val = fetch ? kvm_riscv_read_insn(trap, addr) :
		      kvm_riscv_read_word(trap, addr);

	csr_write(CSR_STVEC, stvec);
	csr_write(CSR_HSTATUS, hstatus);
	end_guest_access(vcpu, begun);
	local_irq_restore(flags);

	/* HLVX reports the faults of a load. */
	if (fetch && trap->scause == EXC_LOAD_PAGE_FAULT)
		trap->scause = EXC_INST_PAGE_FAULT;
	if (trap->scause)
		trap->sepc = vcpu->arch.guest.sepc;
	return val;
}
