// SPDX-License-Identifier: GPL-2.0-only
/*
 * ISA_EXT registers: extensions of the vCPU, one by one or BITS_PER_LONG at a
 * time, final once it ran.
 */
#include <linux/kvm_host.h>
#include <kvm_riscv/isa.h>
#include <kvm_riscv/regs.h>

static int get_one(struct kvm_vcpu *vcpu, unsigned long kvm_ext,
		   unsigned long *on)
{
	if (!kvm_riscv_isa_host_has(kvm_ext))
		return -ENOENT;
	*on = kvm_riscv_vcpu_has_isa(vcpu, kvm_riscv_isa_to_host(kvm_ext));
	return 0;
}

static int set_one(struct kvm_vcpu *vcpu, unsigned long kvm_ext,
		   unsigned long on)
{
	unsigned long was;
	int ret;

	ret = get_one(vcpu, kvm_ext, &was);
	if (ret || on == was)
		return ret;
	if (vcpu->arch.ran_once)
		return -EBUSY;
	if (on > 1 || !(on ? kvm_riscv_isa_may_enable(kvm_ext) :
			     kvm_riscv_isa_may_disable(kvm_ext)))
		return -EINVAL;

	assign_bit(kvm_riscv_isa_to_host(kvm_ext), vcpu->arch.isa, on);
	return 0;
}

static int get_many(struct kvm_vcpu *vcpu, unsigned long word,
		    unsigned long *mask)
{
	unsigned long bit, on;

	if (word > KVM_REG_RISCV_ISA_MULTI_REG_LAST)
		return -ENOENT;

	*mask = 0;
	for (bit = 0; bit < BITS_PER_LONG; bit++) {
		if (!get_one(vcpu, word * BITS_PER_LONG + bit, &on) && on)
			*mask |= BIT(bit);
	}
	return 0;
}

/* Extensions that can't be switched stay as they are. */
static int set_many(struct kvm_vcpu *vcpu, unsigned long word,
		    unsigned long mask, bool on)
{
	unsigned long bit;

	if (word > KVM_REG_RISCV_ISA_MULTI_REG_LAST)
		return -ENOENT;

	for_each_set_bit(bit, &mask, BITS_PER_LONG)
		set_one(vcpu, word * BITS_PER_LONG + bit, on);
	return 0;
}

static int isa_get(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		   void *buf)
{
	unsigned long index = num & ~KVM_REG_RISCV_SUBTYPE_MASK;
	unsigned long *val = buf;
	int ret;

	switch (num & KVM_REG_RISCV_SUBTYPE_MASK) {
	case KVM_REG_RISCV_ISA_SINGLE:
		return get_one(vcpu, index, val);
	case KVM_REG_RISCV_ISA_MULTI_EN:
		return get_many(vcpu, index, val);
	case KVM_REG_RISCV_ISA_MULTI_DIS:
		ret = get_many(vcpu, index, val);
		*val = ~*val;
		return ret;
	default:
		return -ENOENT;
	}
}

static int isa_set(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		   const void *buf)
{
	unsigned long index = num & ~KVM_REG_RISCV_SUBTYPE_MASK;
	unsigned long val = *(const unsigned long *)buf;

	switch (num & KVM_REG_RISCV_SUBTYPE_MASK) {
	case KVM_REG_RISCV_ISA_SINGLE:
		return set_one(vcpu, index, val);
	case KVM_REG_RISCV_ISA_MULTI_EN:
		return set_many(vcpu, index, val, true);
	case KVM_REG_RISCV_ISA_MULTI_DIS:
		return set_many(vcpu, index, val, false);
	default:
		return -ENOENT;
	}
}

static unsigned int isa_list(struct kvm_vcpu *vcpu, u64 *ids)
{
	unsigned int kvm_ext, n = 0;

	for (kvm_ext = 0; kvm_ext < KVM_RISCV_ISA_EXT_MAX; kvm_ext++) {
		if (kvm_riscv_isa_host_has(kvm_ext))
			n = kvm_riscv_reg_list_add(ids, n,
						   KVM_REG_RISCV_ISA_EXT |
						   KVM_REG_RISCV_ISA_SINGLE |
						   KVM_RISCV_REG_SIZE_XLEN |
						   kvm_ext);
	}
	return n;
}

const struct kvm_riscv_reg_group kvm_riscv_regs_isa = {
	.type = KVM_REG_RISCV_ISA_EXT,
	.get = isa_get,
	.set = isa_set,
	.list = isa_list,
};
