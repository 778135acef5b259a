// SPDX-License-Identifier: BSD-2-Clause
/*
 * Leaving a trap that came from V=1 towards HS-mode.
 *
 * OpenSBI hands an illegal instruction of a guest to the hypervisor by
 * rewriting the saved mstatus (MPV=0, MPP=S) and returning with mret.  QEMU
 * (10.0 to 11.1 at least) ignores MPV in a write to mstatus: the bit stays
 * as the trap set it, so the mret goes to VS-mode at the address of the
 * hypervisor's trap vector, and the guest dies.  Every guest that enables
 * the vector unit lazily runs into this with its first vector instruction.
 *
 * What QEMU does right is mret itself, which leaves MPV at 0.  So before the
 * return, one mret is spent on going from M-mode to M-mode.  On hardware, the
 * csrw would have been enough; there the extra mret changes nothing.
 */

#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_trap.h>

struct sbi_trap_context *
__real_sbi_trap_handler(struct sbi_trap_context *tcntx);
struct sbi_trap_context *
__wrap_sbi_trap_handler(struct sbi_trap_context *tcntx);

/*
 * mret to the next instruction, staying in M-mode.  It copies MPIE to MIE,
 * and the trap exit code must not be interrupted: hence MPIE=0 first.  mepc
 * and the rest of mstatus are free: the exit code loads them afterwards.
 */
static void clear_mpv_by_mret(void)
{
	unsigned long target;

	csr_clear(CSR_MSTATUS, MSTATUS_MPIE);
	csr_set(CSR_MSTATUS, MSTATUS_MPP);
	asm volatile("	lla	%0, 1f\n"
		     "	csrw	mepc, %0\n"
		     "	mret\n"
		     "1:\n"
		     : "=&r"(target) : : "memory");
}

struct sbi_trap_context *__wrap_sbi_trap_handler(struct sbi_trap_context *tcntx)
{
	tcntx = __real_sbi_trap_handler(tcntx);

	/* Without the H extension MPV reads as zero. */
	if (!(tcntx->regs.mstatus & MSTATUS_MPV) &&
	    (csr_read(CSR_MSTATUS) & MSTATUS_MPV))
		clear_mpv_by_mret();

	return tcntx;
}
