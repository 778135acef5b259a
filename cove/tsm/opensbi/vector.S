/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mtvec while the host runs.  Calls of COVH go to the TSM by the shortest
 * way; the rest goes to OpenSBI, with all registers as they were.
 */

#include <sbi/sbi_scratch.h>
#include <cove/covh.h>

#include "call.h"

#define CAUSE_ECALL_S	9

.macro	EACH_CALL_REGISTER op:req
	\op	tp, CALL_TP(sp)
	\op	gp, CALL_GP(sp)
	\op	ra, CALL_RA(sp)
	\op	t1, CALL_T1(sp)
	\op	t2, CALL_T1+8(sp)
	\op	t3, CALL_T1+16(sp)
	\op	t4, CALL_T1+24(sp)
	\op	t5, CALL_T1+32(sp)
	\op	t6, CALL_T1+40(sp)
	\op	a0, CALL_A0(sp)
	\op	a1, CALL_A0+8(sp)
	\op	a2, CALL_A0+16(sp)
	\op	a3, CALL_A0+24(sp)
	\op	a4, CALL_A0+32(sp)
	\op	a5, CALL_A0+40(sp)
	\op	a6, CALL_A0+48(sp)
	\op	a7, CALL_A0+56(sp)
.endm

	.option	norelax
	.section .entry, "ax", %progbits
	.balign	8
	.globl	host_vector
host_vector:
	csrrw	tp, mscratch, tp
	sd	t0, SBI_SCRATCH_TMP0_OFFSET(tp)
	csrr	t0, mcause
	addi	t0, t0, -CAUSE_ECALL_S
	bnez	t0, 1f
	li	t0, COVE_EXT_COVH
	bne	a7, t0, 1f

	/* The stack is below OpenSBI's scratch, and empty. */
	sd	sp, CALL_SP-CALL_SIZE(tp)
	addi	sp, tp, -CALL_SIZE
	ld	t0, SBI_SCRATCH_TMP0_OFFSET(tp)
	sd	t0, CALL_T0(sp)
	csrrw	tp, mscratch, tp
	EACH_CALL_REGISTER sd
	csrr	t0, mepc
	addi	t0, t0, 4
	sd	t0, CALL_MEPC(sp)
	csrr	t0, mstatus
	sd	t0, CALL_MSTATUS(sp)
	mv	a0, sp
	call	call_from_host
	ld	t0, CALL_MSTATUS(sp)
	csrw	mstatus, t0
	ld	t0, CALL_MEPC(sp)
	csrw	mepc, t0
	EACH_CALL_REGISTER ld
	ld	t0, CALL_T0(sp)
	ld	sp, CALL_SP(sp)
	mret

1:	ld	t0, SBI_SCRATCH_TMP0_OFFSET(tp)
	csrrw	tp, mscratch, tp
	j	_trap_handler_hyp
