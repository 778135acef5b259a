/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's uapi/asm/kvm.h, with what later kernels define in it.
 *
 * This file stands ahead of the kernel's own header of the same name.
 */
#ifndef _KVM_RISCV_ASM_KVM_H
#define _KVM_RISCV_ASM_KVM_H

/*
 * An enum cannot be added to: what a later header calls KVM_RISCV_SBI_EXT_MAX
 * may be more than we serve.
 */
#define KVM_RISCV_SBI_EXT_MAX	KVM_RISCV_SBI_EXT_MAX_OF_KERNEL
#include_next <asm/kvm.h>
#undef KVM_RISCV_SBI_EXT_MAX

/* Numbers of SBI extensions that 6.12 does not have; they are all or none. */
#ifndef KVM_REG_RISCV_SBI_FWFT
#define KVM_RISCV_SBI_EXT_SUSP	11
#define KVM_RISCV_SBI_EXT_FWFT	12
#define KVM_RISCV_SBI_EXT_MPXY	13
#endif
#define KVM_RISCV_SBI_EXT_MAX	(KVM_RISCV_SBI_EXT_MPXY + 1)

/* Where the dirty ring is in the mmap() of a vCPU, in pages */
#ifndef KVM_DIRTY_LOG_PAGE_OFFSET
#define KVM_DIRTY_LOG_PAGE_OFFSET	64
#endif

/* linux/kvm.h of later kernels has it. */
#ifndef KVM_CAP_RISCV_MP_STATE_RESET
#define KVM_CAP_RISCV_MP_STATE_RESET	242
#endif

#endif /* _KVM_RISCV_ASM_KVM_H */
