/* SPDX-License-Identifier: GPL-2.0-only */
/* An IMSIC from inside: registers, and the two places where they can be. */
#ifndef _KVM_RISCV_AIA_IMSIC_H
#define _KVM_RISCV_AIA_IMSIC_H

#include <linux/irqchip/riscv-imsic.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <kvm/iodev.h>

struct kvm_vcpu;

#define IMSIC_WORDS		(IMSIC_MAX_ID / BITS_PER_LONG)
/* Registers are numbered by 32 identities; there is one for each XLEN of them. */
#define IMSIC_ISEL_STEP		(BITS_PER_LONG / 32)

/**
 * struct imsic_regs - the registers of an interrupt file
 * @eidelivery: 1 if it drives the external interrupt of its hart
 * @eithreshold: identities from this one on don't count, unless it is 0
 * @eip: pending, a bit per identity
 * @eie: enabled
 */
struct imsic_regs {
	unsigned long eidelivery;
	unsigned long eithreshold;
	unsigned long eip[IMSIC_WORDS];
	unsigned long eie[IMSIC_WORDS];
};

/**
 * struct imsic_reg - one register, as siselect names it
 * @word: where it is in struct imsic_regs
 * @writable: its bits that can be written
 */
struct imsic_reg {
	unsigned long *word;
	unsigned long writable;
};

/**
 * struct imsic_guest_file - a guest interrupt file of the host
 * @cpu: its hart; -1 for none
 * @line: which of its files, from 1 on: a bit in hgeip, and VGEIN
 * @msi: its page, where MSIs are written to
 * @msi_pa: the same, for the guest's G-stage table
 */
struct imsic_guest_file {
	int cpu;
	unsigned int line;
	void __iomem *msi;
	phys_addr_t msi_pa;
};

/**
 * struct imsic - the interrupt file of a vCPU
 * @iodev: its page, as long as accesses trap
 * @vcpu: whose it is
 * @nr_ids: its identities are 1 to this one
 * @use_guest_files: the VM's mode allows them
 * @moving: serializes changes of @file; outside of mmu_lock
 * @lock: guards what follows; a raw lock, taken with interrupts off
 * @file: has the registers, if it is one
 * @regs: has them otherwise: the software file
 * @driven: what the vCPU's line was last driven with, the output of @regs
 */
struct imsic {
	struct kvm_io_device iodev;
	struct kvm_vcpu *vcpu;
	unsigned int nr_ids;
	bool use_guest_files;
	struct mutex moving;	/* see above */
	raw_spinlock_t lock;	/* see above */
	struct imsic_guest_file file;
	struct imsic_regs regs;
	unsigned int driven;
};

int imsic_regs_find(struct imsic_regs *regs, unsigned int nr_ids,
		    unsigned long isel, struct imsic_reg *reg);
unsigned int imsic_regs_top(const struct imsic_regs *regs, unsigned int nr_ids);
unsigned int imsic_regs_output(const struct imsic_regs *regs,
			       unsigned int nr_ids);
void imsic_regs_merge(struct imsic_regs *regs, const struct imsic_regs *more);

void imsic_vs_clear(const struct imsic_guest_file *file);
void imsic_vs_take(const struct imsic_guest_file *file,
		   struct imsic_regs *regs);
void imsic_vs_give(const struct imsic_guest_file *file,
		   const struct imsic_regs *regs);
void imsic_vs_access(const struct imsic_guest_file *file, unsigned long isel,
		     bool write, unsigned long *val);

bool hgei_get(int cpu, struct kvm_vcpu *vcpu, struct imsic_guest_file *file);
void hgei_put(const struct imsic_guest_file *file);
bool hgei_has_free(int cpu);

int imsic_inject(struct imsic *imsic, u32 offset, u32 id);
int imsic_access(struct kvm_vcpu *vcpu, unsigned long isel, unsigned long *val,
		 unsigned long mask);
void imsic_claim(struct kvm_vcpu *vcpu, unsigned long *val, bool write);

#endif /* _KVM_RISCV_AIA_IMSIC_H */
