/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a TVM runs, at the start of its memory.  Each program ends it: with
 * reason 0 if all was as it should be, and 1 if not.
 */

#define SBI_BASE	0x10
#define SBI_DBCN	0x4442434e
#define SBI_HSM		0x48534d
#define SBI_IPI		0x735049
#define SBI_RFENCE	0x52464e43
#define SBI_SRST	0x53525354
#define COVG		0x434f5647
#define IMPL_ID		0x4b564d43
#define ARG		0x1234

#define MEMORY		0x80100000	/* private, and not there yet */
#define SHARED		0x80200000
#define DEVICE		0x10000000
#define FLAG		0x80300000
#define LARGE		0x80400000

.macro	call	ext:req, fid:req
	li	a7, \ext
	li	a6, \fid
	ecall
.endm

	.option	norelax
	.option	norvc
	.section .rodata
	.balign	8
	.globl	tvm_begin, tvm_main, tvm_share, tvm_mmio, tvm_spin, tvm_smp, tvm_second
	.globl	tvm_vm, tvm_cost, tvm_wake, tvm_console, tvm_text, tvm_end
tvm_begin:
fail:
	li	a0, 0
	li	a1, 1
	call	SBI_SRST, 0
good:
	li	a0, 0
	li	a1, 0
	call	SBI_SRST, 0
	j	fail

	.balign	8
/* Its argument, the TSM's own calls, and memory that comes as it is needed. */
tvm_main:
	mv	s1, a1
	li	t0, ARG
	bne	s1, t0, fail
	call	SBI_BASE, 1
	bnez	a0, fail
	li	t0, IMPL_ID
	bne	a1, t0, fail
	li	a7, 0x12345678
	ecall
	li	t0, -2
	bne	a0, t0, fail
	li	t0, MEMORY
	ld	t1, (t0)
	bnez	t1, fail
	sd	s1, 8(t0)
	ld	t1, 8(t0)
	bne	t1, s1, fail
	/* Not the next page's: that one isn't there either. */
	li	t2, 4096
	add	t0, t0, t2
	ld	t1, 8(t0)
	bnez	t1, fail
	j	good

	.balign	8
/* A page for the host, which has 0x5555 in it, and gets 0x6666. */
tvm_share:
	li	a0, SHARED
	li	a1, 4096
	call	COVG, 2
	bnez	a0, fail
	li	t0, SHARED
	ld	t1, (t0)
	li	t2, 0x5555
	bne	t1, t2, fail
	li	t2, 0x6666
	sd	t2, 8(t0)
	j	good

	.balign	8
/* A device: what is read comes from the host, what is written goes there. */
tvm_mmio:
	li	a0, DEVICE
	li	a1, 4096
	call	COVG, 0
	bnez	a0, fail
	li	t0, DEVICE
	lw	t1, 4(t0)
	li	t2, 0x77
	bne	t1, t2, fail
	addi	t1, t1, 1
	sw	t1, 8(t0)
	j	good

	.balign	8
/* On and on: the host sees it count. */
tvm_spin:
	li	a0, SHARED
	li	a1, 4096
	call	COVG, 2
	bnez	a0, fail
	li	t0, SHARED
1:	ld	t1, (t0)
	addi	t1, t1, 1
	sd	t1, (t0)
	j	1b

	.balign	8
/* Have vCPU 1 write a flag. */
tvm_smp:
	li	a0, 1
	la	a1, tvm_second
	li	a2, ARG
	call	SBI_HSM, 0
	bnez	a0, fail
	li	t0, FLAG
1:	ld	t1, (t0)
	beqz	t1, 1b
	li	t2, ARG
	bne	t1, t2, fail
	j	good

	.balign	8
tvm_second:
	li	t0, 1
	bne	a0, t0, fail
	li	t0, FLAG
	sd	a1, (t0)
	call	SBI_HSM, 1
	j	fail

	.balign	8
/* Promoted: registers as they were, memory as it was. */
tvm_vm:
	li	t0, 0x1000 + 18
	bne	s2, t0, fail
	csrr	t1, sscratch
	li	t0, 0xabcd
	bne	t1, t0, fail
	li	t0, MEMORY
	ld	t1, (t0)
	li	t2, 0x9876
	bne	t1, t2, fail
	li	t0, FLAG
	ld	t1, (t0)
	bnez	t1, fail
	sd	t2, (t0)
	j	good

	.balign	8
/* What is measured: between two stops, of which the host is told by number. */
.macro	stop	number:req
	li	a0, \number
	call	SBI_DBCN, 2
.endm

tvm_cost:
	stop	0
	stop	1
	li	s0, 10
1:	call	SBI_BASE, 0
	addi	s0, s0, -1
	bnez	s0, 1b
	stop	2
	li	s0, 110
2:	call	SBI_BASE, 0
	addi	s0, s0, -1
	bnez	s0, 2b
	stop	3
	li	s1, MEMORY
	li	s2, 4096
	li	s0, 16
3:	add	s1, s1, s2
	ld	t0, (s1)
	addi	s0, s0, -1
	bnez	s0, 3b
	stop	4
	li	s1, LARGE
	ld	t0, (s1)
	stop	5
	j	good

	.balign	8
/* Wake another vCPU that waits, and fence it while it runs. */
tvm_wake:
	li	a0, 1
	la	a1, tvm_sleeper
	call	SBI_HSM, 0
	bnez	a0, fail
	li	t0, FLAG
	li	t1, 1
	li	t2, 2
1:	ld	t3, (t0)
	bne	t3, t1, 1b
	li	a0, 2
	li	a1, 0
	call	SBI_IPI, 0
	bnez	a0, fail
2:	ld	t3, (t0)
	bne	t3, t2, 2b
	li	a0, 0
	li	a1, -1
	call	SBI_RFENCE, 0
	bnez	a0, fail
	li	a0, 2
	li	a1, 0
	call	SBI_RFENCE, 1
	bnez	a0, fail
	j	good

	.balign	8
/*
 * It takes the interrupt: while S-mode's are not delegated, QEMU shows none of
 * them in sip, not even V=1's own.
 */
tvm_sleeper:
	la	t0, 2f
	csrw	stvec, t0
	csrwi	sie, 2
	csrsi	sstatus, 2
	li	t0, FLAG
	li	t1, 1
	sd	t1, (t0)
1:	wfi
	j	1b
	.balign	4
2:	csrr	t1, scause
	li	t2, 1
	slli	t3, t2, 63
	or	t2, t2, t3
	bne	t1, t2, fail
	csrci	sip, 2
	li	t1, 2
	sd	t1, (t0)
3:	j	3b

	.balign	8
/* Text to the console, from private memory; and what the host has read. */
tvm_console:
	li	a0, 16
	la	a1, tvm_text
	li	a2, 0
	call	SBI_DBCN, 0
	bnez	a0, fail
	li	t0, 7
	bne	a1, t0, fail
	li	s0, MEMORY
	sd	zero, (s0)
	li	a0, 8
	mv	a1, s0
	li	a2, 0
	call	SBI_DBCN, 1
	bnez	a0, fail
	li	t0, 3
	bne	a1, t0, fail
	ld	t1, (s0)
	li	t0, 0x636261
	bne	t0, t1, fail
	j	good
tvm_text:
	.ascii	"said by the TVM."
	.ascii	"which the host doesn't see"
	.balign	8
tvm_end:
