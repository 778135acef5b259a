/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * G-stage page tables: a policy-free object and the operations on it.
 *
 * Nothing here knows struct kvm_vcpu. A table serves an ordinary VM now, a
 * nested shadow later.
 */
#ifndef _KVM_RISCV_GSTAGE_H
#define _KVM_RISCV_GSTAGE_H

#include <linux/kvm_types.h>
#include <linux/types.h>

struct kvm;

/**
 * struct gstage - one G-stage address space
 * @root: root table, 16 KiB (privileged spec, Sv39x4/Sv48x4/Sv57x4)
 * @root_pa: its physical address
 * @mode: HGATP_MODE_SV39X4, _SV48X4 or _SV57X4
 * @levels: 3, 4 or 5 by @mode
 * @vmid: VMID in hgatp, valid while @vmid_generation is current
 * @vmid_generation: see gstage/vmid.c; 0 is never current
 */
struct gstage {
	u64 *root;
	phys_addr_t root_pa;
	u8 mode;
	u8 levels;
	unsigned long vmid;
	unsigned long vmid_generation;
};

#endif /* _KVM_RISCV_GSTAGE_H */
