/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs with an interrupt controller in the kernel. */
#ifndef RVAIA_H
#define RVAIA_H

#include "rvtest.h"

#define AIA_CONFIG	KVM_DEV_RISCV_AIA_GRP_CONFIG
#define AIA_ADDR	KVM_DEV_RISCV_AIA_GRP_ADDR
#define AIA_CTRL	KVM_DEV_RISCV_AIA_GRP_CTRL
#define AIA_APLIC	KVM_DEV_RISCV_AIA_GRP_APLIC
#define AIA_IMSIC	KVM_DEV_RISCV_AIA_GRP_IMSIC

/* Mapped for the guest at the same addresses */
#define APLIC_GPA	0x47000000UL
#define IMSIC_GPA	0x48000000UL
#define IMSIC_OF(vcpu)	(IMSIC_GPA + (vcpu) * PAGE_SZ)

#define APLIC_DOMAINCFG		0x0000
#define APLIC_SOURCECFG(irq)	(0x0000 + 4 * (irq))
#define APLIC_SETIP(word)	(0x1c00 + 4 * (word))
#define APLIC_SETIPNUM		0x1cdc
#define APLIC_IN_CLRIP(word)	(0x1d00 + 4 * (word))
#define APLIC_CLRIPNUM		0x1ddc
#define APLIC_SETIE(word)	(0x1e00 + 4 * (word))
#define APLIC_SETIENUM		0x1edc
#define APLIC_CLRIE(word)	(0x1f00 + 4 * (word))
#define APLIC_CLRIENUM		0x1fdc
#define APLIC_SETIPNUM_LE	0x2000
#define APLIC_SETIPNUM_BE	0x2004
#define APLIC_GENMSI		0x3000
#define APLIC_TARGET(irq)	(0x3000 + 4 * (irq))
#define APLIC_IE		(1U << 8)
#define APLIC_INACTIVE		0
#define APLIC_DETACHED		1
#define APLIC_EDGE_RISE		4
#define APLIC_EDGE_FALL		5
#define APLIC_LEVEL_HIGH	6
#define APLIC_LEVEL_LOW		7

#define IMSIC_EIDELIVERY	0x70
#define IMSIC_EITHRESHOLD	0x72
#define IMSIC_EIP0		0x80
#define IMSIC_EIE0		0xc0

#define CSR_SISELECT_NR		"0x150"
#define CSR_SIREG_NR		"0x151"
#define CSR_STOPEI_NR		"0x15c"

static inline unsigned long guest_sireg_write(unsigned long isel,
					      unsigned long val)
{
	asm volatile("csrw " CSR_SISELECT_NR ", %1\n\t"
		     "csrrw %0, " CSR_SIREG_NR ", %0"
		     : "+r" (val) : "r" (isel) : "memory");
	return val;
}

static inline unsigned long guest_sireg_read(unsigned long isel)
{
	unsigned long val;

	asm volatile("csrw " CSR_SISELECT_NR ", %1\n\t"
		     "csrr %0, " CSR_SIREG_NR
		     : "=r" (val) : "r" (isel) : "memory");
	return val;
}

/* The identity of the most urgent interrupt, which is not pending any more */
static inline unsigned long guest_claim(void)
{
	unsigned long top;

	asm volatile("csrrw %0, " CSR_STOPEI_NR ", zero" : "=r" (top) :: "memory");
	return top >> 16;
}

static inline unsigned long guest_stopei(void)
{
	unsigned long top;

	asm volatile("csrr %0, " CSR_STOPEI_NR : "=r" (top) :: "memory");
	return top;
}

static inline void guest_write32(unsigned long addr, uint32_t val)
{
	*(volatile uint32_t *)addr = val;
}

static inline uint32_t guest_read32(unsigned long addr)
{
	return *(volatile uint32_t *)addr;
}

/* Deliver all identities to this hart, interrupts still off. */
static inline void guest_imsic_on(unsigned int nr_ids)
{
	for (unsigned int i = 0; i * 64 <= nr_ids; i++)
		guest_sireg_write(IMSIC_EIE0 + i * 2, -1UL);
	guest_sireg_write(IMSIC_EITHRESHOLD, 0);
	guest_sireg_write(IMSIC_EIDELIVERY, 1);
	csr_set(CSR_SIE, 1UL << IRQ_EXT);
}

bool rv_aia_possible(void);
bool rv_aia_guest_files(void);
int rv_aia_create(struct kvm_vm *vm);
int rv_aia_errno(int aia, bool set, uint32_t group, uint64_t attr, void *val);
int rv_aia_set_errno(int aia, uint32_t group, uint64_t attr, uint64_t val);
void rv_aia_set(int aia, uint32_t group, uint64_t attr, uint64_t val);
uint64_t rv_aia_get(int aia, uint32_t group, uint64_t attr);
uint64_t rv_imsic_get(int aia, unsigned int vcpu, unsigned long isel);
void rv_imsic_set(int aia, unsigned int vcpu, unsigned long isel, uint64_t val);
void rv_aia_configure(struct kvm_vm *vm, int aia, unsigned int mode,
		      unsigned int vcpus, unsigned int ids, unsigned int sources);
int rv_aia_setup(struct kvm_vm *vm, unsigned int mode, unsigned int vcpus,
		 unsigned int ids, unsigned int sources);
int rv_msi(struct kvm_vm *vm, uint64_t addr, uint32_t data);

#endif /* RVAIA_H */
