/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way into a guest and out of it.
 *
 *	core/run.c	the loop, interrupts on
 *	entry/enter.c	interrupts off: enter, leave, fast exits, again
 *	entry/fastpath.c	what a fast exit may do
 *	entry/exit.c	exits served with interrupts on
 */
#ifndef _KVM_RISCV_ENTRY_H
#define _KVM_RISCV_ENTRY_H

#include <linux/types.h>
#include <kvm_riscv/context.h>

struct kvm_vcpu;
struct kvm_vcpu_arch;

/*
 * What a handler of an exit tells the run loop. Negative values are errnos
 * that KVM_RUN returns.
 */
enum kvm_riscv_exit {
	KVM_RISCV_EXIT_USER = 0,
	KVM_RISCV_EXIT_RESUME = 1,
};

void kvm_riscv_switch(struct kvm_vcpu_arch *arch);
void kvm_riscv_unpriv_trap(void);
unsigned long kvm_riscv_read_insn(struct kvm_cpu_trap *trap,
				  unsigned long addr);
unsigned long kvm_riscv_read_word(struct kvm_cpu_trap *trap,
				  unsigned long addr);

bool kvm_riscv_enter(struct kvm_vcpu *vcpu);
bool kvm_riscv_fast_exit(struct kvm_vcpu *vcpu, unsigned long scause);
int kvm_riscv_handle_exit(struct kvm_vcpu *vcpu);

void kvm_riscv_trap_redirect(struct kvm_vcpu *vcpu,
			     const struct kvm_cpu_trap *trap);
int kvm_riscv_trap_illegal(struct kvm_vcpu *vcpu, unsigned long insn);
unsigned long kvm_riscv_unpriv_read(struct kvm_vcpu *vcpu, bool fetch,
				    unsigned long addr,
				    struct kvm_cpu_trap *trap);

#endif /* _KVM_RISCV_ENTRY_H */
