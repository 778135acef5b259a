/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FP registers to memory and back. The kernel's own routines are not exported
 * to modules, and they know only struct task_struct.
 *
 * Both functions take a struct __riscv_d_ext_state: 32 registers of 64 bits,
 * then fcsr. The caller turns sstatus.FS on.
 */
#include <linux/linkage.h>

#define FCSR_OFFSET	256	/* checked in fp.c */

	.text

.macro fp_registers op
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\op	f\n, (8 * \n)(a0)
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	f\n, (8 * \n)(a0)
	.endr
.endm

SYM_FUNC_START(kvm_riscv_fp_save)
	frcsr	t0
	fp_registers fsd
	sw	t0, FCSR_OFFSET(a0)
	ret
SYM_FUNC_END(kvm_riscv_fp_save)

SYM_FUNC_START(kvm_riscv_fp_restore)
	lw	t0, FCSR_OFFSET(a0)
	fp_registers fld
	fscsr	t0
	ret
SYM_FUNC_END(kvm_riscv_fp_restore)
