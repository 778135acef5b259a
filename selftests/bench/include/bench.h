/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest program, the VMM, the counting plugin and the report share:
 * the events, the markers and the guest's address map.  Included from C and
 * from assembly; the report reads the EV_ lines, so keep them plain.
 */
#ifndef BENCH_H
#define BENCH_H

/* Events: the number is the low byte of the marker's immediate. */
#define EV_CHECK_LOOP		1
#define EV_CHECK_CSR		2
#define EV_CHECK_EXEC		3
#define EV_HOST_SYSCALL		4
#define EV_RUN_IMMEDIATE_EXIT	5
#define EV_SBI_BASE		6
#define EV_SBI_SET_TIMER	7
#define EV_SBI_HSM_STATUS	8
#define EV_SBI_IPI_SELF		9
#define EV_SBI_IPI_OTHER	10
#define EV_SBI_RFENCE_SELF	11
#define EV_SBI_USER		12
#define EV_WFI_PENDING		13
#define EV_CSR_USER		14
#define EV_IOEVENTFD		15
#define EV_MMIO_STORE		16
#define EV_MMIO_LOAD		17
#define EV_FAULT_RESIDENT	18
#define EV_FAULT_ABSENT		19
#define EV_FAULT_DIRTY		20
#define EV_TOUCH_4K		21
#define EV_TOUCH_THP		22
#define EV_GUEST_TIMER		23
#define EV_VCPU_ALTERNATE	24
#define EV_VCPU_PINGPONG	25
#define EV_SBI_RFENCE_ALL	26
#define EV_FAULT_HUGE		27
#define EV_WFI_TIMER		28
#define EV_VM_CYCLE		29
#define EV_LINUX_BOOT		30
#define EV_WFI_PENDING_NOTRAP	31
#define EV_WFI_TIMER_NOTRAP	32
#define EV_IMSIC_SELF_FILE	33
#define EV_IMSIC_SELF_SW	34
#define EV_SBI_IPI_RUN		35
#define EV_IMSIC_IPI_FILE	36
#define EV_IMSIC_IPI_SW		37
#define EV_MSI_FILE		38
#define EV_MSI_SW		39
#define EV_IRQFD_FILE		40
#define EV_IRQFD_SW		41
#define EV_COUNT		42

/*
 * A marker is "slti x0, x0, imm", a HINT: it does nothing on any hart, no
 * compiler emits it, and its encoding tells the plugin at translation time
 * what it stands for.  Markers themselves are never counted.
 */
#define MARK_BEGIN		0x100	/* | event */
#define MARK_END		0x200	/* | event */
#define MARK_CANCEL		0x300	/* the event failed: close its window */
#define MARK_LEAVE		0x400	/* | event: the rest is another hart's */

/* Iterations counted by the self-checks, known to guest and report. */
#define CHECK_LOOPS		1000

/* Guest-physical map; the device page has no memslot behind it. */
#define GUEST_BASE		0x100000000
#define GUEST_SIZE		0x00010000
#define GUEST_DATA		0x200000000
#define GUEST_DEV		0x10000000
#define GUEST_IMSIC		0x28000000	/* a page for each vCPU */

/* In the program's memory: what a vCPU tells another one, or the VMM */
#define GUEST_SHARED		(GUEST_BASE + GUEST_SIZE - 8)

/* Registers of the device page. */
#define DEV_ECHO		0x00	/* accepted and forgotten by the VMM */
#define DEV_SYNC		0x08	/* the VMM runs the event's hook */
#define DEV_DONE		0x10	/* end of the event */
#define DEV_FAIL		0x18	/* an unexpected trap or result */
#define DEV_IOEVENTFD		0x20	/* backed by an ioeventfd */

#define PAGE_SIZE_4K		0x1000
#define FAULT_STRIDE		0x20000	/* wider than any sane fault-around */
#define HUGE_STRIDE		0x200000
#define PAGES_PER_4K_WINDOW	64
#define PAGES_PER_THP_WINDOW	512

#if !defined(__ASSEMBLER__) && defined(__riscv)
#include <sys/cdefs.h>

/* @imm is a constant: part of the instruction. */
static __always_inline void bench_mark(const int imm)
{
	asm volatile("slti zero, zero, %0" : : "i" (imm) : "memory");
}
#endif

#endif
