// SPDX-License-Identifier: GPL-2.0-only
/* VECTOR registers: the vector CSRs, and v0 to v31, of vlenb bytes each. */
#include <linux/bitops.h>
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <asm/vector.h>
#include <kvm_riscv/isa.h>
#include <kvm_riscv/regs.h>

#define VLENB		KVM_REG_RISCV_VECTOR_CSR_REG(vlenb)
#define NR_CSRS		(VLENB + 1)
#define V0		KVM_REG_RISCV_VECTOR_REG(0)
#define NR_VREGS	32

/* vstart, vl, vtype, vcsr and vlenb, in the order of their numbers */
static_assert(NR_CSRS == 5);
static_assert(NR_CSRS <= V0);

static unsigned long vlenb(void)
{
	return riscv_v_vsize / NR_VREGS;
}

static int vector_size(struct kvm_vcpu *vcpu, unsigned long num)
{
	if (!kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_v) ||
	    num >= V0 + NR_VREGS)
		return -ENOENT;
	return num < V0 ? sizeof(unsigned long) : vlenb();
}

/* @num has a size, but between the CSRs and v0 there is a gap. */
static void *find(struct kvm_vcpu *vcpu, unsigned long num)
{
	struct __riscv_v_ext_state *v = &vcpu->arch.fpu.v;

	if (num >= V0) {
		num = array_index_nospec(num - V0, NR_VREGS);
		return v->datap + num * vlenb();
	}
	if (num >= NR_CSRS)
		return NULL;
	return &v->vstart + array_index_nospec(num, NR_CSRS);
}

static int vector_get(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		      void *buf)
{
	const void *reg = find(vcpu, num);

	if (!reg)
		return -ENOENT;
	memcpy(buf, reg, size);
	return 0;
}

static int vector_set(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		      const void *buf)
{
	void *reg = find(vcpu, num);

	if (!reg)
		return -ENOENT;
	if (num == VLENB)
		return memcmp(reg, buf, size) ? -EINVAL : 0;
	memcpy(reg, buf, size);
	return 0;
}

static unsigned int vector_list(struct kvm_vcpu *vcpu, u64 *ids)
{
	unsigned int i, n;
	u64 vreg;

	if (!kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_v))
		return 0;

	n = kvm_riscv_reg_list_range(ids, 0, KVM_REG_RISCV_VECTOR |
				     KVM_RISCV_REG_SIZE_XLEN, NR_CSRS);
	vreg = KVM_REG_RISCV_VECTOR |
	       ((u64)__ffs(vlenb()) << KVM_REG_SIZE_SHIFT);
	for (i = 0; i < NR_VREGS; i++)
		n = kvm_riscv_reg_list_add(ids, n, vreg | (V0 + i));
	return n;
}

const struct kvm_riscv_reg_group kvm_riscv_regs_vector = {
	.type = KVM_REG_RISCV_VECTOR,
	.size = vector_size,
	.get = vector_get,
	.set = vector_set,
	.list = vector_list,
};
