/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's uapi/asm/kvm.h, with what later kernels define in it.
 *
 * This file stands ahead of the kernel's own header of the same name.
 */
#ifndef _KVM_RISCV_ASM_KVM_H
#define _KVM_RISCV_ASM_KVM_H

/*
 * Enums cannot be added to: what a later header calls the end of one may be
 * more than we serve.
 */
#define KVM_RISCV_ISA_EXT_MAX	KVM_RISCV_ISA_EXT_MAX_OF_KERNEL
#define KVM_RISCV_SBI_EXT_MAX	KVM_RISCV_SBI_EXT_MAX_OF_KERNEL
#include_next <asm/kvm.h>
#undef KVM_RISCV_ISA_EXT_MAX
#undef KVM_RISCV_SBI_EXT_MAX

/* Numbers that 6.12 does not have, and 7.2 has all of */
#ifndef KVM_REG_RISCV_SBI_FWFT
#define KVM_RISCV_ISA_EXT_SMNPM		62
#define KVM_RISCV_ISA_EXT_SSNPM		63
#define KVM_RISCV_ISA_EXT_SVADE		64
#define KVM_RISCV_ISA_EXT_SVADU		65
#define KVM_RISCV_ISA_EXT_SVVPTC	66
#define KVM_RISCV_ISA_EXT_ZABHA		67
#define KVM_RISCV_ISA_EXT_ZICCRSE	68
#define KVM_RISCV_ISA_EXT_ZAAMO		69
#define KVM_RISCV_ISA_EXT_ZALRSC	70
#define KVM_RISCV_ISA_EXT_ZICBOP	71
#define KVM_RISCV_ISA_EXT_ZFBFMIN	72
#define KVM_RISCV_ISA_EXT_ZVFBFMIN	73
#define KVM_RISCV_ISA_EXT_ZVFBFWMA	74
#define KVM_RISCV_ISA_EXT_ZCLSD		75
#define KVM_RISCV_ISA_EXT_ZILSD		76
#define KVM_RISCV_ISA_EXT_ZALASR	77

#define KVM_RISCV_SBI_EXT_SUSP	11
#define KVM_RISCV_SBI_EXT_FWFT	12
#define KVM_RISCV_SBI_EXT_MPXY	13

#define KVM_REG_RISCV_SBI_FWFT	(0x1 << KVM_REG_RISCV_SUBTYPE_SHIFT)
#endif
#define KVM_RISCV_ISA_EXT_MAX	(KVM_RISCV_ISA_EXT_ZALASR + 1)
#define KVM_RISCV_SBI_EXT_MAX	(KVM_RISCV_SBI_EXT_MPXY + 1)

/* Follows satp_mode in later versions of struct kvm_riscv_config */
#define KVM_RISCV_CONFIG_ZICBOP_BLOCK_SIZE \
	(KVM_REG_RISCV_CONFIG_REG(satp_mode) + 1)

/* Where the dirty ring is in the mmap() of a vCPU, in pages */
#ifndef KVM_DIRTY_LOG_PAGE_OFFSET
#define KVM_DIRTY_LOG_PAGE_OFFSET	64
#endif

/* linux/kvm.h of later kernels has it. */
#ifndef KVM_CAP_RISCV_MP_STATE_RESET
#define KVM_CAP_RISCV_MP_STATE_RESET	242
#endif

#endif /* _KVM_RISCV_ASM_KVM_H */
