// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lazy floating point state, see kvm_riscv/fpu.h.
 *
 * While the guest's values are in the hart, those of the host's user space are
 * in current->thread.fstate and its status (task_pt_regs(current)->status)
 * says clean. That is how the kernel itself leaves a thread that is switched
 * out, so all that looks at the thread meanwhile finds what it expects.
 */
#include <linux/kvm_host.h>
#include <linux/sched/task_stack.h>
#include <asm/csr.h>
#include <asm/processor.h>
#include <kvm_riscv/isa.h>

static_assert(offsetof(struct __riscv_d_ext_state, f[31]) == 248);
static_assert(offsetof(struct __riscv_d_ext_state, fcsr) == 256);

/* Both need FS of the sstatus CSR on. */
static void save_user(void)
{
	struct pt_regs *regs = task_pt_regs(current);

	if ((regs->status & SR_FS) != SR_FS_DIRTY)
		return;
	kvm_riscv_fp_save(&current->thread.fstate);
	regs->status = (regs->status & ~SR_FS) | SR_FS_CLEAN;
}

static void restore_user(void)
{
	if (task_pt_regs(current)->status & SR_FS)
		kvm_riscv_fp_restore(&current->thread.fstate);
}

static bool fp_first_use(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;

	if (guest->sstatus & SR_FS)
		return false;
	if (!kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_f) &&
	    !kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_d))
		return false;
	if (!(csr_read(CSR_VSSTATUS) & SR_FS))
		return false;

	csr_set(CSR_SSTATUS, SR_FS);
	save_user();
	kvm_riscv_fp_restore(&vcpu->arch.fpu.fp);
	guest->sstatus |= SR_FS_CLEAN;
	return true;
}

/**
 * kvm_riscv_fpu_first_use() - turn on a unit that the guest may be waiting for
 * @vcpu: its guest stopped at an illegal instruction
 *
 * The instruction is not looked at: harts need not report it in stval. If a
 * unit is off behind the back of a guest which has turned it on, the guest
 * retries with it on; an instruction that is really illegal comes back here
 * once more and finds nothing left to turn on. FP comes first, as it stays on
 * and is the cheaper one to have turned on in vain.
 *
 * Context: Interrupts off, guest state in the hart. Leaves FS and VS of the
 * sstatus CSR in any state.
 * Return: true if the guest may retry, false if the trap is its own.
 */
bool kvm_riscv_fpu_first_use(struct kvm_vcpu *vcpu)
{
	return fp_first_use(vcpu) || kvm_riscv_vector_first_use(vcpu);
}

/**
 * kvm_riscv_fp_put() - bring FP state back to memory, and the host's back
 * @vcpu: the vCPU, about to be put
 *
 * A thread that is switched out needs nothing back: the kernel loads its
 * registers when it is switched in again, and those of the next thread before
 * that one runs.
 *
 * Context: Preemption off; the thread that ran the vCPU.
 */
void kvm_riscv_fp_put(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;

	if (!(guest->sstatus & SR_FS))
		return;

	csr_set(CSR_SSTATUS, SR_FS);
	if ((guest->sstatus & SR_FS) == SR_FS_DIRTY)
		kvm_riscv_fp_save(&vcpu->arch.fpu.fp);
	if (!vcpu->scheduled_out)
		restore_user();
	csr_clear(CSR_SSTATUS, SR_FS);
	guest->sstatus &= ~SR_FS;
}

/**
 * kvm_riscv_fp_reset() - zero the FP registers
 * @vcpu: the vCPU; not loaded
 */
void kvm_riscv_fp_reset(struct kvm_vcpu *vcpu)
{
	memset(&vcpu->arch.fpu.fp, 0, sizeof(vcpu->arch.fpu.fp));
}
