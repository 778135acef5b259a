// SPDX-License-Identifier: GPL-2.0-only
/*
 * FP_F and FP_D registers: two views of one register file.
 *
 * F sees the lower half of each register. A value that changes it also sets
 * the upper half, to ones: that is how the hart itself keeps single precision
 * in a wider register (NaN boxing). Writing back what was read changes
 * nothing, so a VMM may restore the two views in any order.
 */
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <kvm_riscv/isa.h>
#include <kvm_riscv/regs.h>

#define NR_FP_REGS	32
#define F_FCSR		KVM_REG_RISCV_FP_F_REG(fcsr)
#define D_FCSR		KVM_REG_RISCV_FP_D_REG(fcsr)

static_assert(F_FCSR == NR_FP_REGS && D_FCSR == NR_FP_REGS);

static u64 *fp_reg(struct kvm_vcpu *vcpu, unsigned long num)
{
	return &vcpu->arch.fpu.fp.f[array_index_nospec(num, NR_FP_REGS)];
}

static int f_size(struct kvm_vcpu *vcpu, unsigned long num)
{
	if (!kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_f))
		return -ENOENT;
	return sizeof(u32);
}

static int f_get(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		 void *buf)
{
	u32 *val = buf;

	if (num > F_FCSR)
		return -ENOENT;
	if (num == F_FCSR)
		*val = vcpu->arch.fpu.fp.fcsr;
	else
		*val = *fp_reg(vcpu, num);
	return 0;
}

static int f_set(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		 const void *buf)
{
	u32 val = *(const u32 *)buf;

	if (num > F_FCSR)
		return -ENOENT;
	if (num == F_FCSR)
		vcpu->arch.fpu.fp.fcsr = val;
	else if (val != (u32)*fp_reg(vcpu, num))
		*fp_reg(vcpu, num) = GENMASK_ULL(63, 32) | val;
	return 0;
}

static unsigned int f_list(struct kvm_vcpu *vcpu, u64 *ids)
{
	if (!kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_f))
		return 0;
	return kvm_riscv_reg_list_range(ids, 0, KVM_REG_RISCV_FP_F |
					KVM_REG_SIZE_U32, NR_FP_REGS + 1);
}

const struct kvm_riscv_reg_group kvm_riscv_regs_fp_f = {
	.type = KVM_REG_RISCV_FP_F,
	.size = f_size,
	.get = f_get,
	.set = f_set,
	.list = f_list,
};

static int d_size(struct kvm_vcpu *vcpu, unsigned long num)
{
	if (!kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_d) || num > D_FCSR)
		return -ENOENT;
	return num == D_FCSR ? sizeof(u32) : sizeof(u64);
}

static int d_get(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		 void *buf)
{
	if (num == D_FCSR)
		*(u32 *)buf = vcpu->arch.fpu.fp.fcsr;
	else
		*(u64 *)buf = *fp_reg(vcpu, num);
	return 0;
}

static int d_set(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		 const void *buf)
{
	if (num == D_FCSR)
		vcpu->arch.fpu.fp.fcsr = *(const u32 *)buf;
	else
		*fp_reg(vcpu, num) = *(const u64 *)buf;
	return 0;
}

static unsigned int d_list(struct kvm_vcpu *vcpu, u64 *ids)
{
	unsigned int n;

	if (!kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_d))
		return 0;
	n = kvm_riscv_reg_list_range(ids, 0, KVM_REG_RISCV_FP_D |
				     KVM_REG_SIZE_U64, NR_FP_REGS);
	return kvm_riscv_reg_list_add(ids, n, KVM_REG_RISCV_FP_D |
				      KVM_REG_SIZE_U32 | D_FCSR);
}

const struct kvm_riscv_reg_group kvm_riscv_regs_fp_d = {
	.type = KVM_REG_RISCV_FP_D,
	.size = d_size,
	.get = d_get,
	.set = d_set,
	.list = d_list,
};
