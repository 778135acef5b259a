/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor timer of a guest.
 *
 * With Sstc the guest programs vstimecmp itself, and the hart raises VSTI
 * while the vCPU is loaded; an hrtimer stands in for it while the vCPU blocks.
 * Without Sstc the guest asks by SBI, and an hrtimer raises VSTI.
 */
#ifndef _KVM_RISCV_TIMER_H
#define _KVM_RISCV_TIMER_H

#include <linux/hrtimer.h>
#include <linux/types.h>

struct kvm;
struct kvm_vcpu;

/**
 * struct kvm_riscv_vm_timer - time base of a VM
 * @htimedelta: added to the host's time CSR to give the guest's, in ticks
 */
struct kvm_riscv_vm_timer {
	u64 htimedelta;
};

/**
 * struct kvm_riscv_timer_state - timer of a vCPU
 * @hrt: fires when a guest that blocks, or one without Sstc, is due
 * @cycles: guest time (ticks) at which the timer is due; U64_MAX is never.
 *	With Sstc, vstimecmp has it while the vCPU is loaded.
 * @armed: @hrt was started for @cycles and has not fired
 * @sstc: the guest programs vstimecmp itself
 */
struct kvm_riscv_timer_state {
	struct hrtimer hrt;
	u64 cycles;
	bool armed;
	bool sstc;
};

void kvm_riscv_timer_init_vm(struct kvm *kvm);
void kvm_riscv_timer_init_vcpu(struct kvm_vcpu *vcpu);
void kvm_riscv_timer_destroy_vcpu(struct kvm_vcpu *vcpu);
void kvm_riscv_timer_reset(struct kvm_vcpu *vcpu);
void kvm_riscv_timer_apply_config(struct kvm_vcpu *vcpu);
void kvm_riscv_timer_load(struct kvm_vcpu *vcpu);
void kvm_riscv_timer_put(struct kvm_vcpu *vcpu);
bool kvm_riscv_timer_set_fast(struct kvm_vcpu *vcpu, u64 cycles);
void kvm_riscv_timer_set(struct kvm_vcpu *vcpu, u64 cycles);
void kvm_riscv_timer_start(struct kvm_vcpu *vcpu);
void kvm_riscv_timer_stop(struct kvm_vcpu *vcpu);
bool kvm_riscv_timer_pending(struct kvm_vcpu *vcpu);
u64 kvm_riscv_timer_now(struct kvm *kvm);
void kvm_riscv_timer_set_now(struct kvm *kvm, u64 now);

#endif /* _KVM_RISCV_TIMER_H */
