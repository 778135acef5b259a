/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ONE_REG: registers of a vCPU as user space reads and writes them.
 *
 * A file of regs/ serves one register type of the id (KVM_REG_RISCV_*) and
 * registers itself by one const descriptor; regs/onereg.c dispatches.
 *
 * All of it runs with the vCPU put: its state is in memory, FP and vector
 * registers included.
 */
#ifndef _KVM_RISCV_REGS_H
#define _KVM_RISCV_REGS_H

#include <linux/kvm.h>
#include <linux/types.h>

struct kvm_vcpu;

/**
 * struct kvm_riscv_reg_group - the registers of one type
 * @type: KVM_REG_RISCV_* type bits of the id
 * @size: bytes that register @num has, or an errno. NULL if each has XLEN
 *	bits. Any other size in an id is refused before @get and @set see it.
 * @get: reads register @num (id without architecture, size and type bits)
 *	into @buf, which has room for @size bytes
 * @set: writes it from @buf
 * @list: stores the ids this vCPU has at @ids (unless NULL), returns how many
 *
 * @num is what user space passed: any value. @get and @set return 0 or an
 * errno, -ENOENT for a register that the vCPU doesn't have.
 */
struct kvm_riscv_reg_group {
	u64 type;
	int (*size)(struct kvm_vcpu *vcpu, unsigned long num);
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
extern const struct kvm_riscv_reg_group kvm_riscv_regs_vector;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_isa;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_sbi;
extern const struct kvm_riscv_reg_group kvm_riscv_regs_sbi_state;

/* Size bits of an id whose register has XLEN bits. */
#define KVM_RISCV_REG_SIZE_XLEN \
	(IS_ENABLED(CONFIG_64BIT) ? KVM_REG_SIZE_U64 : KVM_REG_SIZE_U32)

/**
 * kvm_riscv_reg_list_add() - add one id to a list
 * @ids: the list; NULL only counts
 * @n: ids it has already
 * @id: the id without KVM_REG_RISCV
 *
 * Return: how many ids it has now.
 */
static inline unsigned int kvm_riscv_reg_list_add(u64 *ids, unsigned int n,
						  u64 id)
{
	if (ids)
		ids[n] = KVM_REG_RISCV | id;
	return n + 1;
}

/**
 * kvm_riscv_reg_list_range() - add the ids of registers 0 to @count - 1
 * @ids: the list; NULL only counts
 * @n: ids it has already
 * @first: id of register 0 without KVM_REG_RISCV
 * @count: how many
 *
 * Return: how many ids it has now.
 */
static inline unsigned int kvm_riscv_reg_list_range(u64 *ids, unsigned int n,
						    u64 first,
						    unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		n = kvm_riscv_reg_list_add(ids, n, first | i);
	return n;
}

int kvm_riscv_reg_get(struct kvm_vcpu *vcpu, const struct kvm_one_reg *reg);
int kvm_riscv_reg_set(struct kvm_vcpu *vcpu, const struct kvm_one_reg *reg);
int kvm_riscv_reg_list(struct kvm_vcpu *vcpu, struct kvm_reg_list __user *list);

#endif /* _KVM_RISCV_REGS_H */
