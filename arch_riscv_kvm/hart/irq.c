// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt lines of a vCPU, see kvm_riscv/irq.h for the protocol.
 */
#include <linux/bitops.h>
#include <linux/kvm_host.h>
#include <asm/csr.h>

/* vsie numbers VSSI, VSTI and VSEI one lower than hvip does. */
#define VS_LINES	(BIT(IRQ_VS_SOFT) | BIT(IRQ_VS_TIMER) | BIT(IRQ_VS_EXT))

bool kvm_riscv_irq_lcofi __ro_after_init;

static unsigned long vsie_to_hvip(unsigned long vsie)
{
	return ((vsie << VSIP_TO_HVIP_SHIFT) & VS_LINES) |
	       (vsie & kvm_riscv_irq_common());
}

static void drive(struct kvm_vcpu *vcpu, unsigned int irq, bool level)
{
	struct kvm_riscv_irqs *irqs = &vcpu->arch.irqs;

	if (level)
		set_bit(irq, &irqs->level);
	else
		clear_bit(irq, &irqs->level);
	/*
	 * Level before mark: whoever sees the mark sees this level or a later
	 * one. Pairs with the xchg() in kvm_riscv_irq_flush().
	 */
	smp_mb__before_atomic();
	set_bit(irq, &irqs->changed);
}

/**
 * kvm_riscv_irq_raise() - raise an interrupt line of any vCPU
 * @vcpu: the vCPU
 * @irq: its line, numbered as in hvip
 *
 * Context: Any but NMI. Does not wait.
 */
void kvm_riscv_irq_raise(struct kvm_vcpu *vcpu, unsigned int irq)
{
	struct kvm_riscv_irqs *irqs = &vcpu->arch.irqs;
	unsigned long line = BIT(irq);

	/* Raised, not yet taken: whoever raised it kicks. */
	if ((READ_ONCE(irqs->level) & line) && (READ_ONCE(irqs->changed) & line))
		return;

	drive(vcpu, irq, true);
	kvm_vcpu_kick(vcpu);
}

/**
 * kvm_riscv_irq_raise_self() - raise an interrupt line of the running vCPU
 * @vcpu: the vCPU whose thread this is
 * @irq: its line, numbered as in hvip
 */
void kvm_riscv_irq_raise_self(struct kvm_vcpu *vcpu, unsigned int irq)
{
	drive(vcpu, irq, true);
}

/**
 * kvm_riscv_irq_lower() - lower an interrupt line of any vCPU
 * @vcpu: the vCPU
 * @irq: its line, numbered as in hvip
 *
 * Context: Any but NMI. A guest that runs sees it on its next entry.
 */
void kvm_riscv_irq_lower(struct kvm_vcpu *vcpu, unsigned int irq)
{
	drive(vcpu, irq, false);
}

static bool line_valid(unsigned int irq)
{
	return irq < BITS_PER_LONG &&
	       (BIT(irq) & (kvm_riscv_irq_common() | VS_LINES));
}

/**
 * kvm_riscv_irq_set() - raise a line that user space or a device names
 * @vcpu: the vCPU
 * @irq: the line
 *
 * Return: 0, or -EINVAL for a line that is not a supervisor-level one.
 */
int kvm_riscv_irq_set(struct kvm_vcpu *vcpu, unsigned int irq)
{
	if (!line_valid(irq))
		return -EINVAL;
	kvm_riscv_irq_raise(vcpu, irq);
	return 0;
}

/**
 * kvm_riscv_irq_clear() - lower a line that user space or a device names
 * @vcpu: the vCPU
 * @irq: the line
 *
 * Return: 0, or -EINVAL for a line that is not a supervisor-level one.
 */
int kvm_riscv_irq_clear(struct kvm_vcpu *vcpu, unsigned int irq)
{
	if (!line_valid(irq))
		return -EINVAL;
	kvm_riscv_irq_lower(vcpu, irq);
	return 0;
}

/*
 * With AIA, an external interrupt that is pending in hvip has its priority in
 * hvictl. That is where QEMU looks whether there is one at all, too, as long as
 * no guest interrupt file is selected.
 */
static unsigned long hvictl_for(struct kvm_vcpu *vcpu, unsigned long hvip)
{
	unsigned long hvictl = (unsigned long)IRQ_S_EXT << HVICTL_IID_SHIFT;

	if (hvip & BIT(IRQ_VS_EXT))
		hvictl |= kvm_riscv_imsic_priority(vcpu);
	return hvictl;
}

/**
 * kvm_riscv_irq_flush() - bring changed lines into the hart's hvip
 * @vcpu: the vCPU; loaded
 *
 * Context: Interrupts off.
 */
void kvm_riscv_irq_flush(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_irqs *irqs = &vcpu->arch.irqs;
	unsigned long changed, level;

	if (!READ_ONCE(irqs->changed))
		return;

	changed = xchg(&irqs->changed, 0);
	level = READ_ONCE(irqs->level);
	if (changed & level)
		csr_set(CSR_HVIP, changed & level);
	if (changed & ~level)
		csr_clear(CSR_HVIP, changed & ~level);
	if ((changed & BIT(IRQ_VS_EXT)) && kvm_riscv_aia_available()) {
		vcpu->arch.vs.hvictl = hvictl_for(vcpu, level);
		csr_write(CSR_HVICTL, vcpu->arch.vs.hvictl);
	}
}

/**
 * kvm_riscv_irq_sync() - bring memory up to date with the hart
 * @vcpu: the vCPU, whose thread this is; loaded
 *
 * While a vCPU is loaded, vs.hvip and vs.vsie are what the guest last left
 * there only after this call.
 */
void kvm_riscv_irq_sync(struct kvm_vcpu *vcpu)
{
	preempt_disable();
	vcpu->arch.vs.vsie = csr_read(CSR_VSIE);
	vcpu->arch.vs.hvip = csr_read(CSR_HVIP);
	preempt_enable();
}

/**
 * kvm_riscv_irq_read() - effective level of all lines
 * @vcpu: a vCPU that is not in guest mode
 *
 * Return: the lines, as in hvip.
 */
unsigned long kvm_riscv_irq_read(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_irqs *irqs = &vcpu->arch.irqs;
	unsigned long changed = READ_ONCE(irqs->changed);

	/* The mark before the level, see drive(). */
	smp_rmb();
	return (vcpu->arch.vs.hvip & ~changed) |
	       (READ_ONCE(irqs->level) & changed);
}

/**
 * kvm_riscv_irq_write() - replace the level of all lines
 * @vcpu: a vCPU that is not loaded
 * @hvip: the lines, as in hvip
 */
void kvm_riscv_irq_write(struct kvm_vcpu *vcpu, unsigned long hvip)
{
	WRITE_ONCE(vcpu->arch.irqs.changed, 0);
	vcpu->arch.vs.hvip = hvip;
	vcpu->arch.vs.hvictl = hvictl_for(vcpu, hvip);
	vcpu->arch.csrs_dirty = true;
}

/**
 * kvm_riscv_irq_reset() - lower all lines
 * @vcpu: a vCPU that is not loaded
 */
void kvm_riscv_irq_reset(struct kvm_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->arch.irqs.level, 0);
	kvm_riscv_irq_write(vcpu, 0);
}

/**
 * kvm_riscv_irq_pending() - does the guest have an enabled interrupt?
 * @vcpu: a vCPU that is not in guest mode; another thread's view may be stale
 *
 * Does not see a timer that the guest programs itself (Sstc).
 */
bool kvm_riscv_irq_pending(struct kvm_vcpu *vcpu)
{
	return kvm_riscv_irq_read(vcpu) & vsie_to_hvip(vcpu->arch.vs.vsie);
}

/**
 * kvm_riscv_irq_pending_hw() - the same, asked of the hart
 * @vcpu: the vCPU; loaded
 *
 * Context: Interrupts off. Sees the guest's own timer as well.
 */
bool kvm_riscv_irq_pending_hw(struct kvm_vcpu *vcpu)
{
	kvm_riscv_irq_flush(vcpu);
	return csr_read(CSR_VSIP) & csr_read(CSR_VSIE);
}
