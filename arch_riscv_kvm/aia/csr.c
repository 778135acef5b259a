// SPDX-License-Identifier: GPL-2.0-only
/*
 * The AIA CSRs that trap: stopei and the interrupt file behind siselect when
 * the vCPU uses the software file, and its priorities always.
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include <kvm_riscv/isa.h>
#include "imsic.h"

#define PRIO_BITS	8
#define PRIO_SLOTS	(BITS_PER_LONG / PRIO_BITS)

/*
 * Where hviprio1 and hviprio2 have the priority of a major interrupt, by bytes;
 * from 16 on they follow without gaps. Other interrupts have none that could be
 * set (AIA spec, "Hypervisor virtual interrupt priorities").
 */
static const s8 prio_byte[] = {
	[0] = 0, [1] = 1, [2 ... 3] = -1, [4] = 2, [5] = 3, [6 ... 7] = -1,
	[8] = 4, [9 ... 12] = -1, [13] = 5, [14] = 6, [15] = 7,
	[16] = 8, [17] = 9, [18] = 10, [19] = 11,
	[20] = 12, [21] = 13, [22] = 14, [23] = 15,
};

/* A long of priorities as the CSRs have it */
static unsigned long read_prios(unsigned int word)
{
	switch (word) {
	case 0:
		return csr_read(CSR_HVIPRIO1);
#ifdef CONFIG_32BIT
	case 1:
		return csr_read(CSR_HVIPRIO1H);
	case 2:
		return csr_read(CSR_HVIPRIO2);
	default:
		return csr_read(CSR_HVIPRIO2H);
#else
	default:
		return csr_read(CSR_HVIPRIO2);
#endif
	}
}

static void write_prios(unsigned int word, unsigned long val)
{
	switch (word) {
	case 0:
		csr_write(CSR_HVIPRIO1, val);
		break;
#ifdef CONFIG_32BIT
	case 1:
		csr_write(CSR_HVIPRIO1H, val);
		break;
	case 2:
		csr_write(CSR_HVIPRIO2, val);
		break;
	default:
		csr_write(CSR_HVIPRIO2H, val);
		break;
#else
	default:
		csr_write(CSR_HVIPRIO2, val);
		break;
#endif
	}
}

static u8 access_prio(unsigned int irq, u8 val, u8 mask)
{
	unsigned int word, shift;
	unsigned long prios;
	u8 old;

	if (irq >= ARRAY_SIZE(prio_byte) || prio_byte[irq] < 0)
		return 0;
	word = prio_byte[irq] / PRIO_SLOTS;
	shift = prio_byte[irq] % PRIO_SLOTS * PRIO_BITS;

	prios = read_prios(word);
	old = prios >> shift;
	if (mask) {
		prios &= ~((unsigned long)mask << shift);
		prios |= (unsigned long)(val & mask) << shift;
		write_prios(word, prios);
	}
	return old;
}

/* iprio registers hold the priorities of four interrupts for each 32 bits. */
static bool access_iprio(unsigned long isel, unsigned long *val,
			 unsigned long mask)
{
	unsigned int first = (isel - ISELECT_IPRIO0) * 4;
	unsigned long old = 0;
	unsigned int i;

	if (isel % IMSIC_ISEL_STEP)
		return false;

	preempt_disable();
	for (i = 0; i < PRIO_SLOTS; i++) {
		unsigned int shift = i * PRIO_BITS;

		old |= (unsigned long)access_prio(first + i, *val >> shift,
						  mask >> shift) << shift;
	}
	preempt_enable();
	*val = old;
	return true;
}

static bool has_aia(struct kvm_vcpu *vcpu)
{
	return kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_SSAIA);
}

/**
 * kvm_riscv_aia_csr_for_user() - does user space serve stopei and sireg?
 * @vcpu: the vCPU
 *
 * Return: true if it has AIA, but no interrupt controller in the kernel.
 */
bool kvm_riscv_aia_csr_for_user(struct kvm_vcpu *vcpu)
{
	return has_aia(vcpu) && !vcpu->arch.aia.imsic &&
	       (vcpu->arch.guest.sstatus & SR_SPP);
}

/**
 * kvm_riscv_aia_sireg() - access sireg
 * @vcpu: the vCPU; loaded
 * @val: value to write; old value on return
 * @mask: bits to write
 * @write: a write, if of no bits
 *
 * Context: Any; does not sleep.
 * Return: false if there is no such register, or it is user space's.
 */
bool kvm_riscv_aia_sireg(struct kvm_vcpu *vcpu, unsigned long *val,
			 unsigned long mask, bool write)
{
	unsigned long isel;

	if (!has_aia(vcpu))
		return false;
	isel = csr_read(CSR_VSISELECT);
	if (isel >= ISELECT_IPRIO0 && isel <= ISELECT_IPRIO15)
		return access_iprio(isel, val, mask);
	return vcpu->arch.aia.imsic && !imsic_access(vcpu, isel, val, mask);
}

/**
 * kvm_riscv_aia_stopei() - access stopei
 * @vcpu: the vCPU; loaded
 * @val: old value on return
 * @mask: not used: any write claims
 * @write: a write
 *
 * Context: Any; does not sleep.
 * Return: false if it is user space's, or not there.
 */
bool kvm_riscv_aia_stopei(struct kvm_vcpu *vcpu, unsigned long *val,
			  unsigned long mask, bool write)
{
	if (!has_aia(vcpu) || !vcpu->arch.aia.imsic)
		return false;
	imsic_claim(vcpu, val, write);
	return true;
}
