// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to the registers of a guest interrupt file. Only its own hart can:
 * hstatus.VGEIN selects the file, vsiselect the register.
 */
#include <linux/kvm_host.h>
#include <linux/smp.h>
#include <asm/csr.h>
#include "imsic.h"

/**
 * struct vs_access - something to do on the hart that has a file
 * @file: the file
 * @fn: does it, with the file selected
 * @regs: where registers go, or come from
 * @isel: one register
 * @val: its value
 */
struct vs_access {
	const struct imsic_guest_file *file;
	void (*fn)(struct vs_access *access);
	struct imsic_regs *regs;
	unsigned long isel;
	unsigned long val;
};

/* A vCPU may be loaded on this hart: it gets its selection back. */
static void run_access(void *data)
{
	struct vs_access *access = data;
	unsigned long vsiselect = csr_read(CSR_VSISELECT);
	unsigned long hstatus = csr_read(CSR_HSTATUS);
	unsigned long vgein = (unsigned long)access->file->line <<
			      HSTATUS_VGEIN_SHIFT;

	csr_write(CSR_HSTATUS, (hstatus & ~HSTATUS_VGEIN) | vgein);
	access->fn(access);
	csr_write(CSR_HSTATUS, hstatus);
	csr_write(CSR_VSISELECT, vsiselect);
}

/*
 * A hart that is offline by now has lost what it held. Interrupts are off only
 * when the system suspends: then no other hart is left.
 */
static void access_file(struct vs_access *access)
{
	if (irqs_disabled())
		run_access(access);
	else
		smp_call_function_single(access->file->cpu, run_access, access, 1);
}

static unsigned long swap_reg(unsigned long isel, unsigned long val)
{
	csr_write(CSR_VSISELECT, isel);
	return csr_swap(CSR_VSIREG, val);
}

static void write_reg(unsigned long isel, unsigned long val)
{
	csr_write(CSR_VSISELECT, isel);
	csr_write(CSR_VSIREG, val);
}

/* Words that the files of the host have */
static unsigned int nr_words(void)
{
	return kvm_riscv_aia_max_ids() / BITS_PER_LONG;
}

static void clear(struct vs_access *access)
{
	unsigned int i;

	write_reg(IMSIC_EIDELIVERY, 0);
	write_reg(IMSIC_EITHRESHOLD, 0);
	for (i = 0; i < nr_words(); i++) {
		write_reg(IMSIC_EIE0 + i * IMSIC_ISEL_STEP, 0);
		write_reg(IMSIC_EIP0 + i * IMSIC_ISEL_STEP, 0);
	}
}

static void take(struct vs_access *access)
{
	struct imsic_regs *regs = access->regs;
	unsigned int i;

	csr_clear(CSR_HGEIE, BIT(access->file->line));
	regs->eidelivery = swap_reg(IMSIC_EIDELIVERY, 0);
	regs->eithreshold = swap_reg(IMSIC_EITHRESHOLD, 0);
	for (i = 0; i < nr_words(); i++) {
		regs->eie[i] = swap_reg(IMSIC_EIE0 + i * IMSIC_ISEL_STEP, 0);
		regs->eip[i] = swap_reg(IMSIC_EIP0 + i * IMSIC_ISEL_STEP, 0);
	}
}

/* Interrupts that arrived since are pending there already. */
static void give(struct vs_access *access)
{
	const struct imsic_regs *regs = access->regs;
	unsigned int i;

	for (i = 0; i < nr_words(); i++) {
		write_reg(IMSIC_EIE0 + i * IMSIC_ISEL_STEP, regs->eie[i]);
		csr_write(CSR_VSISELECT, IMSIC_EIP0 + i * IMSIC_ISEL_STEP);
		csr_set(CSR_VSIREG, regs->eip[i]);
	}
	write_reg(IMSIC_EITHRESHOLD, regs->eithreshold);
	write_reg(IMSIC_EIDELIVERY, regs->eidelivery);
}

static void read_one(struct vs_access *access)
{
	csr_write(CSR_VSISELECT, access->isel);
	access->val = csr_read(CSR_VSIREG);
}

static void write_one(struct vs_access *access)
{
	write_reg(access->isel, access->val);
}

/**
 * imsic_vs_clear() - empty a file
 * @file: the file; its CPU is online
 *
 * Context: Interrupts on.
 */
void imsic_vs_clear(const struct imsic_guest_file *file)
{
	struct vs_access access = { .file = file, .fn = clear };

	access_file(&access);
}

/**
 * imsic_vs_take() - move the registers out of a file
 * @file: the file; nothing is sent to it any more. It is empty afterwards.
 * @regs: result; zeroed
 *
 * Context: Interrupts on, or off if @file is this hart's.
 */
void imsic_vs_take(const struct imsic_guest_file *file, struct imsic_regs *regs)
{
	struct vs_access access = { .file = file, .fn = take, .regs = regs };

	access_file(&access);
}

/**
 * imsic_vs_give() - move registers into a file
 * @file: the file; what is pending there stays so
 * @regs: the registers
 *
 * Context: Interrupts on.
 */
void imsic_vs_give(const struct imsic_guest_file *file,
		   const struct imsic_regs *regs)
{
	struct vs_access access = {
		.file = file, .fn = give, .regs = (struct imsic_regs *)regs,
	};

	access_file(&access);
}

/**
 * imsic_vs_access() - read or write one register of a file
 * @file: the file; its CPU is online
 * @isel: the register, one that exists
 * @write: which of both
 * @val: its value
 *
 * Context: Interrupts on.
 */
void imsic_vs_access(const struct imsic_guest_file *file, unsigned long isel,
		     bool write, unsigned long *val)
{
	struct vs_access access = {
		.file = file, .fn = write ? write_one : read_one,
		.isel = isel, .val = *val,
	};

	access_file(&access);
	*val = access.val;
}
