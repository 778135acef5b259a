/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local interrupt lines of a vCPU: VSSI, VSTI, VSEI and, with AIA, the
 * local interrupts 13 to 63.
 *
 * A line is driven by anybody and consumed by the vCPU's own thread. The
 * driver stores the level it wants into @level, then marks the line in
 * @changed; the vCPU folds the marked lines into its hvip before it enters
 * the guest. Until then the effective value of a line is
 *
 *	changed ? level : hvip
 *
 * so that a guest which clears its own VSSIP needs no write-back, and no lock
 * is needed: of two drivers that race, either order was possible.
 */
#ifndef _KVM_RISCV_IRQ_H
#define _KVM_RISCV_IRQ_H

#include <linux/types.h>
#include <asm/csr.h>

struct kvm_vcpu;

/* Harts let KVM raise LCOFI for a guest; set when the module is loaded. */
extern bool kvm_riscv_irq_lcofi;

/* Lines that have the same number at every level: LCOFI, and those above it */
static inline unsigned long kvm_riscv_irq_common(void)
{
	return ~0UL << (kvm_riscv_irq_lcofi ? IRQ_PMU_OVF : IRQ_LOCAL_MAX);
}

/**
 * struct kvm_riscv_irqs - interrupt lines, a bit per line as in hvip
 * @level: what the drivers of the lines last asked for
 * @changed: lines whose @level is not in hvip yet
 */
struct kvm_riscv_irqs {
	unsigned long level;
	unsigned long changed;
};

int kvm_riscv_irq_set(struct kvm_vcpu *vcpu, unsigned int irq);
int kvm_riscv_irq_clear(struct kvm_vcpu *vcpu, unsigned int irq);
void kvm_riscv_irq_raise(struct kvm_vcpu *vcpu, unsigned int irq);
void kvm_riscv_irq_raise_self(struct kvm_vcpu *vcpu, unsigned int irq);
void kvm_riscv_irq_lower(struct kvm_vcpu *vcpu, unsigned int irq);
unsigned long kvm_riscv_irq_read(struct kvm_vcpu *vcpu);
void kvm_riscv_irq_write(struct kvm_vcpu *vcpu, unsigned long hvip);
void kvm_riscv_irq_reset(struct kvm_vcpu *vcpu);
void kvm_riscv_irq_flush(struct kvm_vcpu *vcpu);
void kvm_riscv_irq_sync(struct kvm_vcpu *vcpu);
bool kvm_riscv_irq_pending(struct kvm_vcpu *vcpu);
bool kvm_riscv_irq_pending_hw(struct kvm_vcpu *vcpu);

#endif /* _KVM_RISCV_IRQ_H */
