/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What generic KVM (linux/kvm_host.h) asks the architecture to define.
 *
 * This file stands ahead of the kernel's own header of the same name. It only
 * composes: each concern has its header in kvm_riscv/.
 */
#ifndef _ASM_RISCV_KVM_HOST_H
#define _ASM_RISCV_KVM_HOST_H

#include <linux/kvm.h>
#include <linux/kvm_types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/hwcap.h>
#include <kvm_riscv/aia.h>
#include <kvm_riscv/context.h>
#include <kvm_riscv/emul.h>
#include <kvm_riscv/fpu.h>
#include <kvm_riscv/gstage.h>
#include <kvm_riscv/irq.h>
#include <kvm_riscv/pmu.h>
#include <kvm_riscv/sbi.h>
#include <kvm_riscv/timer.h>
#include <kvm_riscv/tlb.h>
#include <kvm_riscv/vcpu.h>

#define KVM_MAX_VCPUS			1024
#define KVM_HALT_POLL_NS_DEFAULT	500000
#define KVM_VCPU_MAX_FEATURES		0
#define KVM_IRQCHIP_NUM_PINS		1024
#define KVM_HAVE_MMU_RWLOCK

#define KVM_REQ_SLEEP \
	KVM_ARCH_REQ_FLAGS(0, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)
#define KVM_REQ_VCPU_RESET	KVM_ARCH_REQ(1)
#define KVM_REQ_HFENCE \
	KVM_ARCH_REQ_FLAGS(2, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)

#define KVM_REQ_STEAL_UPDATE	KVM_ARCH_REQ(3)
#define KVM_REQ_IMSIC_MOVE	KVM_ARCH_REQ(4)

#define __KVM_HAVE_ARCH_FLUSH_REMOTE_TLBS_RANGE

#define irqchip_in_kernel(kvm)	((kvm)->arch.aia.in_kernel)

/*
 * Generic code of 7.2 wants this where the kernel profiles guests. perf is not
 * told about ours, on 6.12 neither.
 */
static inline bool kvm_arch_pmi_in_guest(struct kvm_vcpu *vcpu)
{
	return false;
}

struct kvm_vm_stat {
	struct kvm_vm_stat_generic generic;
};

struct kvm_vcpu_stat {
	struct kvm_vcpu_stat_generic generic;
	u64 ecall_exit_stat;
	u64 wfi_exit_stat;
	u64 wrs_exit_stat;
	u64 mmio_exit_user;
	u64 mmio_exit_kernel;
	u64 csr_exit_user;
	u64 csr_exit_kernel;
	u64 signal_exits;
	u64 exits;
};

struct kvm_arch_memory_slot {
};

struct kvm_arch {
	/* G-stage address space of the guest; guarded by mmu_lock */
	struct gstage gstage;

	struct kvm_riscv_vm_timer timer;
	struct kvm_riscv_vm_aia aia;

	/* User space may reset vCPUs by KVM_SET_MP_STATE */
	bool mp_state_reset;
};

struct kvm_vcpu_arch {
	/* Touched by entry/switch.S: keep within reach of a 12-bit offset. */
	struct kvm_riscv_guest_context guest;
	struct kvm_riscv_host_context host;

	/* Why the guest last stopped, for exits served with interrupts on */
	struct kvm_cpu_trap trap;

	struct kvm_riscv_irqs irqs;
	struct kvm_riscv_vcpu_config cfg;
	struct kvm_riscv_vs_state vs;
	struct kvm_riscv_timer_state timer;
	struct kvm_riscv_hfence_queue hfence;
	struct kvm_riscv_sbi sbi;
	struct kvm_riscv_sta sta;
	struct kvm_riscv_fwft fwft;
	struct kvm_riscv_pmu pmu;
	struct kvm_riscv_vcpu_aia aia;

	/* Host CPU on which the guest last ran, -1 after a reset */
	int last_cpu;

	/* The CSRs of @cfg or @vs differ from what @last_cpu was left with */
	bool csrs_dirty;

	/* Config registers are final: user space ran this vCPU */
	bool ran_once;

	/* Finishes, on the next KVM_RUN, what user space was asked to do */
	int (*complete)(struct kvm_vcpu *vcpu);
	struct kvm_riscv_mmio mmio;
	struct kvm_riscv_mmio_device mmio_device;
	struct kvm_riscv_csr_access csr;

	/* Page tables are allocated ahead: faults install them under a lock */
	struct kvm_mmu_memory_cache table_cache;

	struct kvm_riscv_power power;

	/* RISCV_ISA_EXT_* of the kernel that the guest may use */
	DECLARE_BITMAP(isa, RISCV_ISA_EXT_MAX);
	unsigned long mvendorid;
	unsigned long marchid;
	unsigned long mimpid;

	struct kvm_riscv_fpu fpu;
};

static inline void kvm_arch_sync_events(struct kvm *kvm) {}

#endif /* _ASM_RISCV_KVM_HOST_H */
