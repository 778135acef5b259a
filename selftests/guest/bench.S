/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flat guest program of the bench: runs one event over and over, each time
 * between a BEGIN and an END marker.
 *
 * Entry: a0 = event, a1 = iterations, a2 = 0 or the hart to talk to; VS-mode,
 * no paging.  Ends by a store to DEV_DONE, or to DEV_FAIL when the event didn't
 * do what it should: a count of something that failed would mean nothing.
 *
 * s0 = device page, s1 = iterations left, s2 = interrupts taken, s3 = a2,
 * s4 = data region.  Only what belongs to an event is between its markers.
 */
#include "bench.h"

#define SBI_TIME		0x54494d45
#define SBI_IPI			0x735049
#define SBI_RFENCE		0x52464e43
#define SBI_RFENCE_SFENCE_VMA	1
#define SBI_HSM			0x48534d
#define SBI_HSM_STATUS		2
#define SBI_BASE		0x10
#define SBI_VENDOR		0x09000000

#define IE_SSIE			(1 << 1)
#define IE_STIE			(1 << 5)
#define IE_SEIE			(1 << 9)
#define SSTATUS_SIE		(1 << 1)
#define CSR_STIMECMP		0x14d
#define CSR_SEED		0x015
#define CSR_SISELECT		0x150
#define CSR_SIREG		0x151
#define CSR_STOPEI		0x15c
#define IMSIC_EIDELIVERY	0x70
#define IMSIC_EITHRESHOLD	0x72
#define IMSIC_EIE0		0xc0
#define TIMER_TICKS		1000	/* of 100 ns */
#define SLEEP_TICKS		20000
#define LINGER			10000

	.option	norelax
	.option	arch, rv64ima_zicsr_zifencei

	.macro	begin event
	slti	zero, zero, MARK_BEGIN | \event
	.endm

	.macro	end event
	slti	zero, zero, MARK_END | \event
	.endm

	.macro	sbi_call ext, fid
	li	a7, \ext
	li	a6, \fid
	.endm

	/* The tail of an event's loop. */
	.macro	repeat label
	addi	s1, s1, -1
	bnez	s1, \label
	j	done
	.endm

	.text
	.globl	_start
_start:
	li	s0, GUEST_DEV
	mv	s1, a1
	li	s2, 0
	mv	s3, a2
	li	s4, GUEST_DATA
	lla	t0, trap
	csrw	stvec, t0
	li	t0, EV_COUNT
	bgeu	a0, t0, fail
	lla	t0, event_table
	slli	t1, a0, 3
	add	t0, t0, t1
	ld	t0, 0(t0)
	jr	t0

done:
	sw	zero, DEV_DONE(s0)
	j	done

/* a0..a2: what went wrong */
fail:
	sd	a0, DEV_FAIL(s0)
	j	fail

	/* Interrupts are acknowledged and counted; all else is a failure. */
	.balign	4
trap:
	csrr	t6, scause
	bgez	t6, 3f
	andi	t6, t6, 0xf
	addi	t6, t6, -1
	bnez	t6, 1f
	csrci	sip, IE_SSIE
	j	2f
1:	addi	t6, t6, -4
	beqz	t6, 1f
	addi	t6, t6, -4
	bnez	t6, 3f
	csrrw	t6, CSR_STOPEI, zero
	j	2f
1:	li	t6, -1
	csrw	CSR_STIMECMP, t6
2:	addi	s2, s2, 1
	sret
3:	csrr	a0, scause
	csrr	a1, sepc
	csrr	a2, stval
	j	fail

/* Exactly 1 + 2 * CHECK_LOOPS guest instructions, and no exit. */
check_loop:
	begin	EV_CHECK_LOOP
	li	t0, CHECK_LOOPS
1:	addi	t0, t0, -1
	bnez	t0, 1b
	end	EV_CHECK_LOOP
	repeat	check_loop

/* Every form once: 6 reads, 7 writes, 3 fences, 1 barrier in 13. */
check_csr:
	begin	EV_CHECK_CSR
	csrr	t0, sscratch
	csrw	sscratch, t0
	csrrw	t1, sscratch, t0
	csrrs	t1, sscratch, t0
	csrrc	t1, sscratch, t0
	csrrwi	zero, sscratch, 3
	csrrsi	t1, sscratch, 0
	csrrci	t1, sscratch, 1
	csrwi	sscratch, 0
	sfence.vma
	sfence.vma t0, zero
	fence.i
	fence
	end	EV_CHECK_CSR
	repeat	check_csr

/* The same as sbi_base, once the VMM said when; the report wants the labels. */
	.globl	check_exec_begin, check_exec_end
check_exec:
	sw	zero, DEV_SYNC(s0)
1:	sbi_call SBI_BASE, 0
check_exec_begin:
	begin	EV_CHECK_EXEC
	ecall
check_exec_end:
	end	EV_CHECK_EXEC
	bnez	a0, fail
	repeat	1b

sbi_base:
	sbi_call SBI_BASE, 0
	begin	EV_SBI_BASE
	ecall
	end	EV_SBI_BASE
	bnez	a0, fail
	repeat	sbi_base

sbi_set_timer:
	sbi_call SBI_TIME, 0
	li	a0, -1
	begin	EV_SBI_SET_TIMER
	ecall
	end	EV_SBI_SET_TIMER
	bnez	a0, fail
	repeat	sbi_set_timer

sbi_hsm_status:
	sbi_call SBI_HSM, SBI_HSM_STATUS
	li	a0, 0
	begin	EV_SBI_HSM_STATUS
	ecall
	end	EV_SBI_HSM_STATUS
	bnez	a0, fail
	bnez	a1, fail		/* started */
	repeat	sbi_hsm_status

/* The interrupt is taken before END, or s2 says that it wasn't. */
sbi_ipi_self:
	csrwi	sie, IE_SSIE
	csrsi	sstatus, SSTATUS_SIE
1:	sbi_call SBI_IPI, 0
	li	a0, 1
	li	a1, 0
	li	s2, 0
	begin	EV_SBI_IPI_SELF
	ecall
	end	EV_SBI_IPI_SELF
	bnez	a0, fail
	beqz	s2, fail
	repeat	1b

/* Hart s3 isn't running and never will: the sender's side alone. */
sbi_ipi_other:
	sbi_call SBI_IPI, 0
	li	a0, 1
	mv	a1, s3
	begin	EV_SBI_IPI_OTHER
	ecall
	end	EV_SBI_IPI_OTHER
	bnez	a0, fail
	repeat	sbi_ipi_other

sbi_rfence_self:
	sbi_call SBI_RFENCE, SBI_RFENCE_SFENCE_VMA
	li	a0, 1
	li	a1, 0
	li	a2, 0
	li	a3, -1
	begin	EV_SBI_RFENCE_SELF
	ecall
	end	EV_SBI_RFENCE_SELF
	bnez	a0, fail
	repeat	sbi_rfence_self

/* The others never ran: the fence is left for them, nobody has to be waited for. */
sbi_rfence_all:
	sbi_call SBI_RFENCE, SBI_RFENCE_SFENCE_VMA
	li	a0, 0
	li	a1, -1
	li	a2, 0
	li	a3, -1
	begin	EV_SBI_RFENCE_ALL
	ecall
	end	EV_SBI_RFENCE_ALL
	bnez	a0, fail
	repeat	sbi_rfence_all

sbi_user:
	sbi_call SBI_VENDOR, 0
	begin	EV_SBI_USER
	ecall
	end	EV_SBI_USER
	bnez	a0, fail
	repeat	sbi_user

/* Pending and enabled, but not taken: WFI has nothing to wait for. */
	.macro	wfi_pending event
	csrwi	sie, IE_SSIE
	csrsi	sip, IE_SSIE
1:	begin	\event
	wfi
	end	\event
	repeat	1b
	.endm

wfi_pending:
	wfi_pending EV_WFI_PENDING

wfi_pending_notrap:
	wfi_pending EV_WFI_PENDING_NOTRAP

/* Long enough for the host to go idle; what wakes it is the guest's timer. */
	.macro	wfi_timer event
	li	t0, IE_STIE
	csrw	sie, t0
1:	li	t1, SLEEP_TICKS
	csrr	t0, time
	add	t0, t0, t1
	csrw	CSR_STIMECMP, t0
	begin	\event
2:	wfi				/* may end early */
	csrr	t0, sip
	andi	t0, t0, IE_STIE
	beqz	t0, 2b
	end	\event
	repeat	1b
	.endm

wfi_timer:
	wfi_timer EV_WFI_TIMER

wfi_timer_notrap:
	wfi_timer EV_WFI_TIMER_NOTRAP

csr_user:
	begin	EV_CSR_USER
	csrrw	t0, CSR_SEED, zero
	end	EV_CSR_USER
	repeat	csr_user

ioeventfd:
	begin	EV_IOEVENTFD
	sw	zero, DEV_IOEVENTFD(s0)
	end	EV_IOEVENTFD
	repeat	ioeventfd

mmio_store:
	begin	EV_MMIO_STORE
	sw	zero, DEV_ECHO(s0)
	end	EV_MMIO_STORE
	repeat	mmio_store

mmio_load:
	begin	EV_MMIO_LOAD
	lw	t0, DEV_ECHO(s0)
	end	EV_MMIO_LOAD
	repeat	mmio_load

	.macro	touch_pages event, stride
	li	t1, \stride
1:	begin	\event
	sd	zero, 0(s4)
	end	\event
	add	s4, s4, t1
	repeat	1b
	.endm

fault_resident:
	touch_pages EV_FAULT_RESIDENT, FAULT_STRIDE

fault_absent:
	touch_pages EV_FAULT_ABSENT, FAULT_STRIDE

fault_huge:
	touch_pages EV_FAULT_HUGE, HUGE_STRIDE

/* Touched once; then the VMM write-protects; then each page faults again. */
fault_dirty:
	li	t1, FAULT_STRIDE
	mv	t2, s1
	mv	t3, s4
1:	sd	zero, 0(t3)
	add	t3, t3, t1
	addi	t2, t2, -1
	bnez	t2, 1b
	sw	zero, DEV_SYNC(s0)
	touch_pages EV_FAULT_DIRTY, FAULT_STRIDE

	.macro	touch_window event, pages
	li	t1, PAGE_SIZE_4K
1:	li	t2, \pages
	begin	\event
2:	sd	zero, 0(s4)
	add	s4, s4, t1
	addi	t2, t2, -1
	bnez	t2, 2b
	end	\event
	repeat	1b
	.endm

touch_4k:
	touch_window EV_TOUCH_4K, PAGES_PER_4K_WINDOW

touch_thp:
	touch_window EV_TOUCH_THP, PAGES_PER_THP_WINDOW

/* Armed, awaited by spinning, taken: nothing of it is the host's business. */
guest_timer:
	li	t0, IE_STIE
	csrw	sie, t0
	csrsi	sstatus, SSTATUS_SIE
1:	li	s2, 0
	begin	EV_GUEST_TIMER
	csrr	t0, time
	addi	t0, t0, TIMER_TICKS
	csrw	CSR_STIMECMP, t0
2:	beqz	s2, 2b
	end	EV_GUEST_TIMER
	repeat	1b

/* The VMM has the markers: between two KVM_RUN. */
vcpu_alternate:
	sw	zero, DEV_ECHO(s0)
	j	vcpu_alternate

	.macro	wait_for_ipi
9:	wfi
	csrr	t0, sip
	andi	t0, t0, IE_SSIE
	beqz	t0, 9b
	csrci	sip, IE_SSIE
	.endm

	.macro	send_ipi
	sbi_call SBI_IPI, 0
	li	a0, 1
	mv	a1, s3
	ecall
	bnez	a0, fail
	.endm

/* Hart 0 sends, hart 1 answers; both wait in WFI, on one CPU of the host. */
vcpu_pingpong:
	csrwi	sie, IE_SSIE
	beqz	s3, 2f
1:	begin	EV_VCPU_PINGPONG
	send_ipi
	wait_for_ipi
	end	EV_VCPU_PINGPONG
	repeat	1b
2:	wait_for_ipi
	send_ipi
	j	2b

/* Identities of the first register, all of them, as external interrupts. */
	.macro	imsic_on
	li	t0, IMSIC_EIDELIVERY
	csrw	CSR_SISELECT, t0
	csrwi	CSR_SIREG, 1
	li	t0, IMSIC_EITHRESHOLD
	csrw	CSR_SISELECT, t0
	csrwi	CSR_SIREG, 0
	li	t0, IMSIC_EIE0
	csrw	CSR_SISELECT, t0
	li	t0, -1
	csrw	CSR_SIREG, t0
	li	t0, IE_SEIE
	csrw	sie, t0
	.endm

	.macro	imsic_self event
	imsic_on
	csrsi	sstatus, SSTATUS_SIE
	li	t1, GUEST_IMSIC
	li	t2, 1
1:	li	s2, 0
	begin	\event
	sw	t2, 0(t1)
2:	beqz	s2, 2b
	end	\event
	repeat	1b
	.endm

imsic_self_file:
	imsic_self EV_IMSIC_SELF_FILE

imsic_self_sw:
	imsic_self EV_IMSIC_SELF_SW

/* For a kick that nobody needed any more: it is part of the event. */
	.macro	linger
	li	t0, LINGER
9:	addi	t0, t0, -1
	bnez	t0, 9b
	.endm

/*
 * Two vCPUs that both run, each on a hart of its own. Hart 1 takes interrupts
 * and tells how many so far; the first word says that it is ready to.
 */
target:
	li	s5, GUEST_SHARED
	csrsi	sstatus, SSTATUS_SIE
	li	t1, 1
1:	sd	t1, 0(s5)
2:	addi	t0, s2, 1
	beq	t0, t1, 2b
	mv	t1, t0
	j	1b

	.macro	wait_for_target
	li	s5, GUEST_SHARED
9:	ld	s6, 0(s5)
	beqz	s6, 9b
	.endm

	.macro	wait_for_change
9:	ld	t0, 0(s5)
	beq	t0, s6, 9b
	mv	s6, t0
	linger
	.endm

sbi_ipi_run:
	csrwi	sie, IE_SSIE
	beqz	s3, target
	wait_for_target
1:	begin	EV_SBI_IPI_RUN
	send_ipi
	wait_for_change
	end	EV_SBI_IPI_RUN
	repeat	1b

	.macro	imsic_ipi event
	imsic_on
	beqz	s3, target
	wait_for_target
	li	t1, PAGE_SIZE_4K
	mul	t1, t1, s3
	li	t2, GUEST_IMSIC
	add	t1, t1, t2
	li	t2, 1
1:	begin	\event
	sw	t2, 0(t1)
	wait_for_change
	end	\event
	repeat	1b
	.endm

imsic_ipi_file:
	imsic_ipi EV_IMSIC_IPI_FILE

imsic_ipi_sw:
	imsic_ipi EV_IMSIC_IPI_SW

/* The VMM sends the next MSI when it was told that one was taken. */
	.macro	msi_target event
	imsic_on
	csrsi	sstatus, SSTATUS_SIE
	li	s5, GUEST_SHARED
	li	t1, 1
	sd	t1, 0(s5)
1:	beqz	s2, 1b
	linger
	end	\event
	li	s2, 0
	addi	t1, t1, 1
	sd	t1, 0(s5)
	repeat	1b
	.endm

msi_file:
	msi_target EV_MSI_FILE

msi_sw:
	msi_target EV_MSI_SW

irqfd_file:
	msi_target EV_IRQFD_FILE

irqfd_sw:
	msi_target EV_IRQFD_SW

	.balign	8
event_table:
	.dword	fail			/* 0: no event */
	.dword	check_loop
	.dword	check_csr
	.dword	check_exec
	.dword	fail			/* host_syscall: no guest */
	.dword	done			/* run_immediate_exit: never entered */
	.dword	sbi_base
	.dword	sbi_set_timer
	.dword	sbi_hsm_status
	.dword	sbi_ipi_self
	.dword	sbi_ipi_other
	.dword	sbi_rfence_self
	.dword	sbi_user
	.dword	wfi_pending
	.dword	csr_user
	.dword	ioeventfd
	.dword	mmio_store
	.dword	mmio_load
	.dword	fault_resident
	.dword	fault_absent
	.dword	fault_dirty
	.dword	touch_4k
	.dword	touch_thp
	.dword	guest_timer
	.dword	vcpu_alternate
	.dword	vcpu_pingpong
	.dword	sbi_rfence_all
	.dword	fault_huge
	.dword	wfi_timer
	.dword	done			/* vm_cycle: nothing but an exit */
	.dword	fail			/* linux_boot: another guest */
	.dword	wfi_pending_notrap
	.dword	wfi_timer_notrap
	.dword	imsic_self_file
	.dword	imsic_self_sw
	.dword	sbi_ipi_run
	.dword	imsic_ipi_file
	.dword	imsic_ipi_sw
	.dword	msi_file
	.dword	msi_sw
	.dword	irqfd_file
	.dword	irqfd_sw
