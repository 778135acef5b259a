/* SPDX-License-Identifier: GPL-2.0-only */
/* Host harts: which can run guests, and what they hold while KVM is there. */
#ifndef _KVM_RISCV_HART_H
#define _KVM_RISCV_HART_H

#include <linux/cpumask.h>
#include <linux/types.h>
#include <asm/csr.h>

/*
 * Traps that a guest handles itself. Not among them: illegal instructions,
 * which KVM sees first for the sake of lazy FP and vector state, and accesses
 * that no memory answers.
 */
#define KVM_RISCV_HEDELEG						\
	(BIT(EXC_INST_MISALIGNED) | BIT(EXC_BREAKPOINT) |		\
	 BIT(EXC_SYSCALL) | BIT(EXC_INST_PAGE_FAULT) |			\
	 BIT(EXC_LOAD_PAGE_FAULT) | BIT(EXC_STORE_PAGE_FAULT))

#define KVM_RISCV_HIDELEG						\
	(BIT(IRQ_VS_SOFT) | BIT(IRQ_VS_TIMER) | BIT(IRQ_VS_EXT))

/* VS-mode reads the time CSR itself; the other counters trap. */
#define KVM_RISCV_HCOUNTEREN	BIT(CSR_TIME - CSR_CYCLE)

/* Set once a hart without H was seen; never cleared. */
extern bool kvm_riscv_harts_mixed;
extern cpumask_t kvm_riscv_h_cpus;

int kvm_riscv_harts_init(void);
void kvm_riscv_harts_exit(void);

/**
 * kvm_riscv_cpu_has_h() - can a vCPU run on this CPU?
 * @cpu: logical CPU number
 */
static inline bool kvm_riscv_cpu_has_h(int cpu)
{
	return likely(!READ_ONCE(kvm_riscv_harts_mixed)) ||
	       cpumask_test_cpu(cpu, &kvm_riscv_h_cpus);
}

#endif /* _KVM_RISCV_HART_H */
