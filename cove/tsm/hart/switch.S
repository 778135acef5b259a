/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Into a TVM and out of it: the general registers.
 *
 * Entry is by sret from M-mode (hstatus.SPV, sstatus.SPP and sepc are set):
 * QEMU's csrw to mstatus doesn't change MPV, so mret would not reach V=1.
 *
 * While the TVM runs, mscratch is its struct world, and mtvec leads here:
 * none of its traps, nor an interrupt of M-mode meanwhile, sees OpenSBI.
 */

#include "world.h"

#define FRAME	112

/* Registers 1 to 31 but t0 (5), t1 (6) and one more, at \base. */
.macro	EACH_GPR op:req, base:req
	\op	x1, 8(\base)
	\op	x2, 16(\base)
	\op	x3, 24(\base)
	\op	x4, 32(\base)
	\op	x7, 56(\base)
	\op	x8, 64(\base)
	\op	x9, 72(\base)
	\op	x10, 80(\base)
	\op	x11, 88(\base)
	\op	x12, 96(\base)
	\op	x13, 104(\base)
	\op	x14, 112(\base)
	\op	x15, 120(\base)
	\op	x16, 128(\base)
	\op	x17, 136(\base)
	\op	x18, 144(\base)
	\op	x19, 152(\base)
	\op	x20, 160(\base)
	\op	x21, 168(\base)
	\op	x22, 176(\base)
	\op	x23, 184(\base)
	\op	x24, 192(\base)
	\op	x25, 200(\base)
	\op	x26, 208(\base)
	\op	x27, 216(\base)
	\op	x28, 224(\base)
	\op	x29, 232(\base)
	\op	x30, 240(\base)
	\op	x31, 248(\base)
.endm

/* What a C function expects to find again; gp and tp are the firmware's. */
.macro	EACH_SAVED op:req
	\op	ra, 0(sp)
	\op	s0, 8(sp)
	\op	s1, 16(sp)
	\op	s2, 24(sp)
	\op	s3, 32(sp)
	\op	s4, 40(sp)
	\op	s5, 48(sp)
	\op	s6, 56(sp)
	\op	s7, 64(sp)
	\op	s8, 72(sp)
	\op	s9, 80(sp)
	\op	s10, 88(sp)
	\op	s11, 96(sp)
.endm

/* Write the wall's register; \value is in struct world at t1. */
.macro	WALL value:req
	ld	t0, WORLD_CFG2(t1)
	bnez	t0, 1f
	ld	t0, \value(t1)
	csrw	pmpcfg0, t0
	j	2f
1:	ld	t0, \value(t1)
	csrw	pmpcfg2, t0
2:	sfence.vma
.endm

	.option	norelax
	.section .text
	.globl	world_switch
/* a0: struct world, a1: the vCPU's registers; returns when it has trapped. */
world_switch:
	addi	sp, sp, -FRAME
	EACH_SAVED sd
	sd	gp, 104(sp)
	sd	sp, WORLD_SP(a0)
	sd	a1, WORLD_GPR(a0)
	csrw	mscratch, a0
	lla	t0, tvm_trap
	csrw	mtvec, t0
	/* A reservation of the TSM's or the host's ends here. */
	addi	t0, a0, WORLD_SINK
	sc.d	zero, zero, (t0)

	mv	t1, a1
	ld	t0, 40(t1)
	sd	t0, WORLD_T0(a0)
	ld	t0, 48(t1)
	sd	t0, WORLD_T1(a0)
	EACH_GPR ld, t1

	/* From here on, only struct world is sure to be in reach. */
	csrr	t1, mscratch
	ld	t0, WORLD_REOPEN(t1)
	beqz	t0, 3f
	WALL	WORLD_OPEN
	.insn	r 0x73, 0, 0x31, x0, x0, x0		/* hfence.gvma */
3:	ld	t0, WORLD_T0(t1)
	ld	t1, WORLD_T1(t1)
	sret

	.balign	4
tvm_trap:
	csrrw	t1, mscratch, t1
	sd	t0, WORLD_T0(t1)
	ld	t0, WORLD_REOPEN(t1)
	beqz	t0, 3f
	WALL	WORLD_CLOSED
3:	ld	t0, WORLD_GPR(t1)
	EACH_GPR sd, t0
	ld	t2, WORLD_T0(t1)
	sd	t2, 40(t0)
	csrr	t2, mscratch
	sd	t2, 48(t0)

	/* And one of the TVM's here. */
	addi	t2, t1, WORLD_SINK
	sc.d	zero, zero, (t2)
	ld	t2, WORLD_SCRATCH(t1)
	csrw	mscratch, t2
	ld	t2, WORLD_VECTOR(t1)
	csrw	mtvec, t2
	ld	sp, WORLD_SP(t1)
	EACH_SAVED ld
	ld	gp, 104(sp)
	mv	tp, zero
	addi	sp, sp, FRAME
	ret

	.globl	world_clear_mpv
/*
 * mret to the next instruction, staying in M-mode: on QEMU the one way to
 * leave V=1 behind.  mepc and mstatus are loaded by whoever returns.
 */
world_clear_mpv:
	li	t0, 0x80			/* MPIE */
	csrc	mstatus, t0
	li	t0, 0x1800			/* MPP */
	csrs	mstatus, t0
	csrw	mepc, ra
	mret
