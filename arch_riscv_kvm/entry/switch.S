/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world switch.
 *
 * What a guest and its host share are the integer registers and five CSRs;
 * everything else is swapped less often (core/load.c) or not at all. The host
 * side follows the calling convention: only preserved registers are kept.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/csr.h>
#include "offsets.h"

	.text
	.option norelax

/* Apply \op to every preserved register of the host. */
.macro host_registers op
	\op	ra, HOST_RA(a0)
	\op	sp, HOST_SP(a0)
	\op	gp, HOST_GP(a0)
	\op	tp, HOST_TP(a0)
	\op	s0, (HOST_S + 0 * SZREG)(a0)
	\op	s1, (HOST_S + 1 * SZREG)(a0)
	\op	s2, (HOST_S + 2 * SZREG)(a0)
	\op	s3, (HOST_S + 3 * SZREG)(a0)
	\op	s4, (HOST_S + 4 * SZREG)(a0)
	\op	s5, (HOST_S + 5 * SZREG)(a0)
	\op	s6, (HOST_S + 6 * SZREG)(a0)
	\op	s7, (HOST_S + 7 * SZREG)(a0)
	\op	s8, (HOST_S + 8 * SZREG)(a0)
	\op	s9, (HOST_S + 9 * SZREG)(a0)
	\op	s10, (HOST_S + 10 * SZREG)(a0)
	\op	s11, (HOST_S + 11 * SZREG)(a0)
.endm

/* Apply \op to every register of the guest but a0 (x10), the base address. */
.macro guest_registers op
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9
	\op	x\n, (GUEST_X + \n * SZREG)(a0)
	.endr
	.irp	n, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21
	\op	x\n, (GUEST_X + \n * SZREG)(a0)
	.endr
	.irp	n, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	x\n, (GUEST_X + \n * SZREG)(a0)
	.endr
.endm

/*
 * void kvm_riscv_switch(struct kvm_vcpu_arch *arch)
 *
 * Runs the guest until it traps to HS-mode. Called with interrupts off, and
 * returns so: the trap clears sstatus.SIE, and the guest's sstatus never has
 * it set. On return the sstatus and hstatus CSRs still hold the guest's
 * values; the caller restores the host's when it is done with the guest.
 * Until then only code that neither returns to user space nor uses FP or
 * vector registers may run.
 */
SYM_FUNC_START(kvm_riscv_switch)
	host_registers REG_S

	REG_L	t0, GUEST_SSTATUS(a0)
	REG_L	t1, GUEST_HSTATUS(a0)
	REG_L	t2, GUEST_SEPC(a0)
	la	t3, .Lguest_trapped
	csrw	CSR_SSTATUS, t0
	csrw	CSR_HSTATUS, t1
	csrw	CSR_SEPC, t2
	csrw	CSR_STVEC, t3
	csrw	CSR_SSCRATCH, a0

	guest_registers REG_L
	REG_L	a0, (GUEST_X + 10 * SZREG)(a0)
	sret

	/* stvec holds a mode in its two low bits */
	.balign 4
.Lguest_trapped:
	csrrw	a0, CSR_SSCRATCH, a0
	guest_registers REG_S

	/* The host's trap entry takes sscratch == 0 as "came from the kernel" */
	csrrw	t0, CSR_SSCRATCH, zero
	REG_L	t1, HOST_STVEC(a0)
	csrr	t2, CSR_SEPC
	csrr	t3, CSR_SSTATUS
	csrw	CSR_STVEC, t1
	REG_S	t0, (GUEST_X + 10 * SZREG)(a0)
	REG_S	t2, GUEST_SEPC(a0)
	REG_S	t3, GUEST_SSTATUS(a0)

	host_registers REG_L
	ret
SYM_FUNC_END(kvm_riscv_switch)
