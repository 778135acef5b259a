/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call with a value of our own in every register that a call has to keep.
 */

/* All but x0, a0, a1, and a6 and a7, which have the call. */
.macro	KEPT	do:req
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 18, 19, 20
	\do	\n
	.endr
	.irp	n, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\do	\n
	.endr
.endm

.macro	poison	n:req
	li	x\n, 0x5a5a0000 + \n
.endm

.macro	compare	n:req
	li	a1, 0x5a5a0000 + \n
	beq	a1, x\n, 1f
	li	a1, 1
	slli	a1, a1, \n
	or	a0, a0, a1
1:
.endm

	.option	norelax
	.text
	.globl	call_and_compare
/*
 * a0: argument, a1: function, a2: extension.  Returns the numbers of the
 * registers that came back changed, as a mask; sscratch keeps what we need.
 */
call_and_compare:
	addi	sp, sp, -128
	sd	ra, 0(sp)
	sd	gp, 8(sp)
	sd	tp, 16(sp)
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	sd	s\n, 24 + 8 * \n(sp)
	.endr
	la	t0, kept_sp
	sd	sp, 0(t0)
	mv	a6, a1
	mv	a7, a2
	KEPT	poison
	ecall
	li	a0, 0
	KEPT	compare
	la	t0, kept_sp
	ld	sp, 0(t0)
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	ld	s\n, 24 + 8 * \n(sp)
	.endr
	ld	tp, 16(sp)
	ld	gp, 8(sp)
	ld	ra, 0(sp)
	addi	sp, sp, 128
	ret

	.bss
	.balign	8
kept_sp:
	.space	8
