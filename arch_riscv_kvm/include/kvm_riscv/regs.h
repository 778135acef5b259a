/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ONE_REG: registers of a vCPU as user space reads and writes them.
 *
 * A file of regs/ serves one register type of the id (KVM_REG_RISCV_*) and
 * registers itself by one const descriptor; regs/onereg.c dispatches.
 */
#ifndef _KVM_RISCV_REGS_H
#define _KVM_RISCV_REGS_H

#include <linux/kvm.h>
#include <linux/types.h>

struct kvm_vcpu;

/**
 * struct kvm_riscv_reg_group - the registers of one type
 * @type: KVM_REG_RISCV_* type bits of the id
 * @get: reads register @num (id without architecture, size and type bits)
 *	into @buf, which has room for @size bytes
 * @set: writes it from @buf
 * @list: stores the ids this vCPU has at @ids (unless NULL), returns how many
 *
 * @get and @set check @size themselves: most registers are XLEN wide, timer
 * and D registers 64 bits, F registers 32 bits, vector registers vlenb bytes.
 */
struct kvm_riscv_reg_group {
	u64 type;
	int (*get)(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		   void *buf);
	int (*set)(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		   const void *buf);
	unsigned int (*list)(struct kvm_vcpu *vcpu, u64 *ids);
};

extern const struct kvm_riscv_reg_group kvm_riscv_regs_config;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_core;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_csr;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_timer;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_fp_f;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_fp_d;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_isa;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_sbi;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_vector;

int kvm_riscv_reg_get(struct kvm_vcpu *vcpu, const struct kvm_one_reg *reg);
int kvm_riscv_reg_set(struct kvm_vcpu *vcpu, const struct kvm_one_reg *reg);
int kvm_riscv_reg_list(struct kvm_vcpu *vcpu, struct kvm_reg_list __user *list);

#endif /* _KVM_RISCV_REGS_H */
