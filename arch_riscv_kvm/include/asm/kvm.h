/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's uapi/asm/kvm.h, with what later kernels define in it.
 *
 * This file stands ahead of the kernel's own header of the same name.
 */
#ifndef _KVM_RISCV_ASM_KVM_H
#define _KVM_RISCV_ASM_KVM_H

#include_next <asm/kvm.h>

/* Where the dirty ring is in the mmap() of a vCPU, in pages */
#ifndef KVM_DIRTY_LOG_PAGE_OFFSET
#define KVM_DIRTY_LOG_PAGE_OFFSET	64
#endif

#endif /* _KVM_RISCV_ASM_KVM_H */
