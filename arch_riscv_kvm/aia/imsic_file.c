// SPDX-License-Identifier: GPL-2.0-only
/*
 * The software file: an interrupt file in memory. Only arithmetic on struct
 * imsic_regs; who may call when is the business of imsic.c.
 *
 * AIA spec, "Incoming MSI Controller (IMSIC)", "Interrupt file registers".
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/nospec.h>
#include "imsic.h"

/**
 * imsic_regs_find() - find the register that siselect names
 * @regs: the file
 * @nr_ids: its identities
 * @isel: value of siselect
 * @reg: result
 *
 * Return: 0, -ENOENT if there is no such register, -EINVAL for one beyond the
 * last identity, or which has no number of its own at this XLEN.
 */
int imsic_regs_find(struct imsic_regs *regs, unsigned int nr_ids,
		    unsigned long isel, struct imsic_reg *reg)
{
	unsigned long *words = regs->eip;
	unsigned long first = IMSIC_EIP0;
	unsigned long num;

	switch (isel) {
	case IMSIC_EIDELIVERY:
		*reg = (struct imsic_reg) { &regs->eidelivery, 1 };
		return 0;
	case IMSIC_EITHRESHOLD:
		*reg = (struct imsic_reg) { &regs->eithreshold,
					    IMSIC_MAX_ID - 1 };
		return 0;
	case IMSIC_EIE0 ... IMSIC_EIE63:
		words = regs->eie;
		first = IMSIC_EIE0;
		fallthrough;
	case IMSIC_EIP0 ... IMSIC_EIP63:
		break;
	default:
		return -ENOENT;
	}

	num = (isel - first) / IMSIC_ISEL_STEP;
	if ((isel - first) % IMSIC_ISEL_STEP || num * BITS_PER_LONG > nr_ids)
		return -EINVAL;
	num = array_index_nospec(num, IMSIC_WORDS);
	/* There is no identity 0. */
	*reg = (struct imsic_reg) { &words[num], num ? -1UL : -2UL };
	return 0;
}

/**
 * imsic_regs_top() - the interrupt that stopei reports
 * @regs: the file
 * @nr_ids: its identities
 *
 * Return: the lowest identity that is pending and enabled and not held back by
 * the threshold, or 0.
 */
unsigned int imsic_regs_top(const struct imsic_regs *regs, unsigned int nr_ids)
{
	unsigned int end = regs->eithreshold ?: nr_ids + 1;
	unsigned int i, id;

	for (i = 0; i * BITS_PER_LONG <= nr_ids; i++) {
		unsigned long word = regs->eip[i] & regs->eie[i];

		if (!word)
			continue;
		id = i * BITS_PER_LONG + __ffs(word);
		return id < end ? id : 0;
	}
	return 0;
}

/**
 * imsic_regs_output() - what the file drives its hart's external interrupt with
 * @regs: the file
 * @nr_ids: its identities
 *
 * Return: the identity that stopei reports, or 0 if the line is low.
 */
unsigned int imsic_regs_output(const struct imsic_regs *regs,
			       unsigned int nr_ids)
{
	return regs->eidelivery ? imsic_regs_top(regs, nr_ids) : 0;
}

/**
 * imsic_regs_merge() - add what another file held
 * @regs: the file; it has what became pending since it took the other's place
 * @more: the other file
 */
void imsic_regs_merge(struct imsic_regs *regs, const struct imsic_regs *more)
{
	unsigned int i;

	regs->eidelivery = more->eidelivery;
	regs->eithreshold = more->eithreshold;
	for (i = 0; i < IMSIC_WORDS; i++) {
		regs->eip[i] |= more->eip[i];
		regs->eie[i] |= more->eie[i];
	}
}
