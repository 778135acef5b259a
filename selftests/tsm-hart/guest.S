/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vCPU runs, at DIRECT_GPA; each test starts it at one of these.
 */

	.option	norelax
	.option	norvc
	.section .rodata
	.balign	8
	.globl	guest_begin, guest_spin, guest_faults, guest_fp, guest_vector
	.globl	guest_trap, guest_wfi, guest_user, guest_csrs, guest_end
guest_begin:
	/* Two calls, and no register is touched. */
	ecall
	ecall
1:	ecall
	j	1b

	.balign	8
guest_spin:
	j	guest_spin

	.balign	8
/* Exceptions that it serves itself: it counts them in s0. */
guest_faults:
	ebreak
	ecall

	.balign	8
guest_trap:
	addi	s0, s0, 1
	csrr	t0, sepc
	addi	t0, t0, 4
	csrw	sepc, t0
	sret

	.balign	8
guest_wfi:
	wfi

	.balign	8
/* f1 and f2, one by one: to a0, and changed. */
guest_fp:
	.option push
	.option arch, +d
	fmv.x.d	a0, f1
	fmv.d.x	f1, a1
	frcsr	a2
	fscsr	a3
	.option pop
	ecall
	j	guest_fp

	.balign	8
guest_vector:
	.option push
	.option arch, +v
	vsetivli zero, 2, e64, m1, ta, ma
	vmv.x.s	a0, v9
	vmv.s.x	v9, a1
	.option pop
	ecall
	j	guest_vector

	.balign	8
guest_user:
	ecall

	.balign	8
/* What S-mode has one of for both worlds: to a0, changed to a1. */
guest_csrs:
	csrrw	a0, scounteren, a1
	csrrw	a2, senvcfg, a3
	ecall
guest_end:
