/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads of guest memory with the guest's own translation and permissions
 * (privileged spec, "Hypervisor Virtual-Machine Load and Store Instructions").
 *
 * Called with interrupts off, hstatus.SPVP as the guest's privilege and stvec
 * at kvm_riscv_unpriv_trap. An access that traps fills the struct kvm_cpu_trap
 * at a0 and reads as whatever.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/csr.h>
#include "offsets.h"

	.text
	.option norvc

/* hlvx.hu \rd, (\rs1), for assemblers that do not know H */
.macro hlvx_hu rd, rs1
	.insn	r 0x73, 4, 0x32, \rd, \rs1, x3
.endm

.macro hlv_xlen rd, rs1
#if __riscv_xlen == 64
	.insn	r 0x73, 4, 0x36, \rd, \rs1, x0
#else
	.insn	r 0x73, 4, 0x34, \rd, \rs1, x0
#endif
.endm

/* Notes the trap at a0 and skips the access. Clobbers a1. */
	.balign 4
SYM_CODE_START(kvm_riscv_unpriv_trap)
	csrr	a1, CSR_SEPC
	REG_S	a1, TRAP_SEPC(a0)
	addi	a1, a1, 4
	csrw	CSR_SEPC, a1
	csrr	a1, CSR_SCAUSE
	REG_S	a1, TRAP_SCAUSE(a0)
	csrr	a1, CSR_STVAL
	REG_S	a1, TRAP_STVAL(a0)
	csrr	a1, CSR_HTVAL
	REG_S	a1, TRAP_HTVAL(a0)
	csrr	a1, CSR_HTINST
	REG_S	a1, TRAP_HTINST(a0)
	sret
SYM_CODE_END(kvm_riscv_unpriv_trap)

/* unsigned long kvm_riscv_read_word(struct kvm_cpu_trap *trap, addr) */
SYM_FUNC_START(kvm_riscv_read_word)
	mv	a2, a1
	hlv_xlen a3, a2
	mv	a0, a3
	ret
SYM_FUNC_END(kvm_riscv_read_word)

/*
 * unsigned long kvm_riscv_read_insn(struct kvm_cpu_trap *trap, addr)
 *
 * By halfwords: the second one may lie on another page, or not be there.
 */
SYM_FUNC_START(kvm_riscv_read_insn)
	mv	a2, a1
	hlvx_hu	a3, a2
	REG_L	a4, TRAP_SCAUSE(a0)
	bnez	a4, 1f
	andi	a4, a3, 3
	addi	a4, a4, -3
	bnez	a4, 1f
	addi	a2, a2, 2
	hlvx_hu	a4, a2
	slli	a4, a4, 16
	or	a3, a3, a4
1:	mv	a0, a3
	ret
SYM_FUNC_END(kvm_riscv_read_insn)
