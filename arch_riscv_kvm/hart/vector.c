// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lazy vector state, see kvm_riscv/fpu.h.
 *
 * To the kernel, the guest's use of the unit looks like kernel-mode vector:
 * the state of the host's user space is in current->thread.vstate and is
 * marked for a restore on the way back to user space, and nobody expects
 * anything of what is in the registers until then.
 */
#include <linux/kvm_host.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <asm/csr.h>
#include <asm/vector.h>
#include <kvm_riscv/isa.h>

/**
 * kvm_riscv_vector_init_vcpu() - allocate memory for the vector registers
 * @vcpu: a new vCPU
 *
 * Every vCPU gets it if the host has a vector unit: user space may give V and
 * take it away until the vCPU runs.
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int kvm_riscv_vector_init_vcpu(struct kvm_vcpu *vcpu)
{
	struct __riscv_v_ext_state *v = &vcpu->arch.fpu.v;

	if (!riscv_v_vsize)
		return 0;

	v->datap = kzalloc(riscv_v_vsize, GFP_KERNEL_ACCOUNT);
	if (!v->datap)
		return -ENOMEM;
	v->vlenb = riscv_v_vsize / 32;
	return 0;
}

/**
 * kvm_riscv_vector_destroy_vcpu() - free what kvm_riscv_vector_init_vcpu() got
 * @vcpu: the vCPU; fine if that failed or never ran
 */
void kvm_riscv_vector_destroy_vcpu(struct kvm_vcpu *vcpu)
{
	kfree(vcpu->arch.fpu.v.datap);
	vcpu->arch.fpu.v.datap = NULL;
}

/**
 * kvm_riscv_vector_reset() - zero the vector registers and CSRs
 * @vcpu: the vCPU; not loaded
 */
void kvm_riscv_vector_reset(struct kvm_vcpu *vcpu)
{
	struct __riscv_v_ext_state *v = &vcpu->arch.fpu.v;

	if (!v->datap)
		return;

	memset(v->datap, 0, riscv_v_vsize);
	v->vstart = 0;
	v->vl = 0;
	v->vtype = 0;
	v->vcsr = 0;
}

/**
 * kvm_riscv_vector_first_use() - turn on the vector unit if the guest has
 * @vcpu: its guest stopped at an illegal instruction
 *
 * Context: Interrupts off, guest state in the hart.
 * Return: true if it was off behind the guest's back, and is on now.
 */
bool kvm_riscv_vector_first_use(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;
	struct __riscv_v_ext_state *v = &vcpu->arch.fpu.v;
	struct pt_regs *regs = task_pt_regs(current);

	if (guest->sstatus & SR_VS)
		return false;
	if (!kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_v))
		return false;
	if (!(csr_read(CSR_VSSTATUS) & SR_VS))
		return false;

	riscv_v_vstate_save(&current->thread.vstate, regs);
	riscv_v_vstate_set_restore(current, regs);

	__riscv_v_vstate_restore(v, v->datap);
	guest->sstatus |= SR_VS_CLEAN;
	return true;
}

/**
 * kvm_riscv_vector_save() - bring vector state back to memory
 * @vcpu: its guest stopped and is not re-entered at once
 *
 * Context: Interrupts off since the guest stopped. Leaves VS of the sstatus
 * CSR in any state.
 */
void kvm_riscv_vector_save(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;
	struct __riscv_v_ext_state *v = &vcpu->arch.fpu.v;

	if ((guest->sstatus & SR_VS) == SR_VS_DIRTY)
		__riscv_v_vstate_save(v, v->datap);
	guest->sstatus &= ~SR_VS;
}
