// SPDX-License-Identifier: GPL-2.0-only
/*
 * The section of the run loop with interrupts off: enter the guest, and go
 * back in as long as fast exits (fastpath.c) can serve what it stopped for.
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include <kvm_riscv/compat.h>
#include <kvm_riscv/entry.h>
#include <kvm_riscv/mmu.h>
#include <kvm_riscv/trace.h>

/*
 * As guest_state_enter_irqoff() and guest_state_exit_irqoff() around the
 * switch, except that the quiescent state is reported to RCU once when the
 * fast loop is left, not twice per entry. That is soon enough: any interrupt
 * ends the loop. Nothing in here may be instrumented, for with context
 * tracking RCU does not watch while the guest runs.
 */
static noinstr void run_guest(struct kvm_vcpu *vcpu)
{
	instrumentation_begin();
	trace_hardirqs_on_prepare();
	lockdep_hardirqs_on_prepare();
	instrumentation_end();
	context_tracking_guest_enter();
	lockdep_hardirqs_on(CALLER_ADDR0);

	kvm_riscv_switch(&vcpu->arch);

	lockdep_hardirqs_off(CALLER_ADDR0);
	context_tracking_guest_exit();
	instrumentation_begin();
	trace_hardirqs_off_finish();
	instrumentation_end();
}

static void report_quiescent_state(void)
{
	if (!context_tracking_enabled_this_cpu())
		rcu_virt_note_context_switch();
}

static bool host_work_pending(struct kvm_vcpu *vcpu)
{
	return kvm_request_pending(vcpu) || xfer_to_guest_mode_work_pending();
}

/*
 * The trap CSRs are the hart's: the next trap, an interrupt of the host
 * included, overwrites them.
 */
static void read_trap(struct kvm_vcpu *vcpu, unsigned long scause)
{
	struct kvm_cpu_trap *trap = &vcpu->arch.trap;

	trap->sepc = vcpu->arch.guest.sepc;
	trap->scause = scause;
	if (scause & CAUSE_IRQ_FLAG)
		return;
	trap->stval = csr_read(CSR_STVAL);
	trap->htval = csr_read(CSR_HTVAL);
	trap->htinst = csr_read(CSR_HTINST);
}

/* Undo what switch.S leaves in the hart, before interrupts come on. */
static void restore_host(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.guest.sstatus & SR_VS)
		kvm_riscv_vector_save(vcpu);
	csr_write(CSR_SSTATUS, vcpu->arch.host.sstatus);
	csr_write(CSR_HSTATUS, vcpu->arch.host.hstatus);
}

/**
 * kvm_riscv_enter() - run the guest until it needs the kernel
 * @vcpu: loaded, its mode set to IN_GUEST_MODE, its requests looked at
 *
 * Serves fast exits on the way. Afterwards vcpu->arch.trap says why the guest
 * stopped.
 *
 * Context: Interrupts off throughout.
 * Return: true if kvm_riscv_handle_exit() has something to do, false if the
 * last exit was served and only other work ended the loop.
 */
bool kvm_riscv_enter(struct kvm_vcpu *vcpu)
{
	unsigned long scause;
	bool served;

	vcpu->arch.host.sstatus = csr_read(CSR_SSTATUS);
	do {
		/* Hardly ever: not worth a call each time */
		if (READ_ONCE(vcpu->arch.irqs.changed))
			kvm_riscv_irq_flush(vcpu);
		trace_kvm_entry(vcpu);
		run_guest(vcpu);
		vcpu->stat.exits++;
		scause = csr_read(CSR_SCAUSE);
		if (trace_kvm_exit_enabled()) {
			read_trap(vcpu, scause);
			trace_kvm_exit(&vcpu->arch.trap);
		}
		served = kvm_riscv_fast_exit(vcpu, scause);
	} while (served && !host_work_pending(vcpu));

	if (!served)
		read_trap(vcpu, scause);
	restore_host(vcpu);
	report_quiescent_state();
	return !served;
}
