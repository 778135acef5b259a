/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where harts begin, and where the host's traps go.
 */

#define STACK_SHIFT	14

	.option	norelax
	.section .text.entry, "ax"
	.globl	_start
_start:
	la	t0, bss_start
	la	t1, bss_end
1:	sd	zero, (t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b
	mv	s0, a1
	li	a1, 0
	call	hart_init
	mv	a1, s0
	call	boot
1:	j	1b

/* Of harts started or resumed: a0 is the id, a1 the number here. */
	.globl	start_other
start_other:
	mv	s0, a1
	call	hart_init
	mv	a0, s0
	call	run_other
1:	j	1b

hart_init:
	la	sp, stacks
	addi	t0, a1, 1
	slli	t0, t0, STACK_SHIFT
	add	sp, sp, t0
	la	t0, trap
	csrw	stvec, t0
	slli	t0, a1, 6
	la	tp, harts
	add	tp, tp, t0
	csrw	sscratch, tp
	sd	a0, 0(tp)
	sd	a1, 8(tp)
	ret

/*
 * A trap that a probe waits for continues at its fixup (24(tp)), with cause
 * and value noted; of any other the test ends.
 */
	.balign	4
trap:
	csrrw	tp, sscratch, tp
	sd	t0, 56(tp)
	ld	t0, 24(tp)
	beqz	t0, 1f
	csrw	sepc, t0
	sd	zero, 24(tp)
	csrr	t0, scause
	sd	t0, 32(tp)
	csrr	t0, stval
	sd	t0, 40(tp)
	ld	t0, 56(tp)
	csrrw	tp, sscratch, tp
	sret
1:	csrr	a0, scause
	csrr	a1, stval
	csrr	a2, sepc
	call	unexpected_trap
	j	1b

/* probe_*(address): the cause of the trap, or -1 if there was none. */
.macro	PROBE name:req, insn:vararg
	.globl	probe_\name
probe_\name:
	la	t1, 1f
	sd	t1, 24(tp)
	li	t2, -1
	sd	t2, 32(tp)
	\insn
1:	sd	zero, 24(tp)
	ld	a0, 32(tp)
	ret
.endm

PROBE	load, ld t2, (a0)
PROBE	store, sd zero, (a0)
PROBE	amo, amoadd.d t2, zero, (a0)
PROBE	fetch, jalr t2, (a0)

	.bss
	.balign	64
	.globl	harts
harts:
	.space	64 * 8
stacks:
	.space	8 << STACK_SHIFT
