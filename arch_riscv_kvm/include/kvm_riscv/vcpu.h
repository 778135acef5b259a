/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Life of a vCPU as the other layers see it: power state, reset, and the
 * completion of an exit that user space had to serve.
 */
#ifndef _KVM_RISCV_VCPU_H
#define _KVM_RISCV_VCPU_H

#include <linux/kvm.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct kvm_vcpu;

/**
 * struct kvm_riscv_power - power state of a vCPU and where it starts next
 * @lock: guards everything here; a leaf lock, taken with interrupts on
 * @state: KVM_MP_STATE_RUNNABLE or KVM_MP_STATE_STOPPED; read without @lock
 *	where a stale answer is harmless
 * @start_pc: guest address at which the next reset starts
 * @start_arg: a1 at that start; a0 is the vCPU id
 * @start_valid: a start is waiting for the vCPU's own thread
 */
struct kvm_riscv_power {
	spinlock_t lock;	/* guards this structure */
	u32 state;
	bool start_valid;
	unsigned long start_pc;
	unsigned long start_arg;
};

void kvm_riscv_vcpu_power_off(struct kvm_vcpu *vcpu);
int kvm_riscv_vcpu_power_start(struct kvm_vcpu *vcpu, unsigned long pc,
			       unsigned long arg);
bool kvm_riscv_vcpu_stopped(struct kvm_vcpu *vcpu);

void kvm_riscv_vcpu_reset(struct kvm_vcpu *vcpu);
void kvm_riscv_vcpu_restart(struct kvm_vcpu *vcpu, unsigned long pc,
			    unsigned long arg);
void kvm_riscv_vcpu_apply_config(struct kvm_vcpu *vcpu);
void kvm_riscv_vcpu_update_config(struct kvm_vcpu *vcpu);
void kvm_riscv_vcpu_idle(struct kvm_vcpu *vcpu);

#endif /* _KVM_RISCV_VCPU_H */
