// SPDX-License-Identifier: GPL-2.0-only
/*
 * ONE_REG: which SBI extensions a guest sees, one by one or a word at a time.
 */
#include <linux/kvm_host.h>
#include <kvm_riscv/regs.h>

static int get_single(struct kvm_vcpu *vcpu, unsigned long id,
		      unsigned long *val)
{
	struct kvm_riscv_sbi *sbi = &vcpu->arch.sbi;

	if (id >= KVM_RISCV_SBI_EXT_MAX)
		return -ENOENT;
	id = array_index_nospec(id, KVM_RISCV_SBI_EXT_MAX);
	if (!test_bit(id, sbi->available))
		return -ENOENT;
	*val = test_bit(id, sbi->enabled);
	return 0;
}

static int set_single(struct kvm_vcpu *vcpu, unsigned long id,
		      unsigned long val)
{
	if (val > 1)
		return -EINVAL;
	return kvm_riscv_sbi_enable(vcpu, id, val);
}

/* Bits of word @word that stand for an extension */
static unsigned long word_mask(unsigned long word)
{
	unsigned long first = word * BITS_PER_LONG;

	return GENMASK(min(KVM_RISCV_SBI_EXT_MAX - first, BITS_PER_LONG) - 1, 0);
}

static int get_multi(struct kvm_vcpu *vcpu, unsigned long word,
		     unsigned long *val)
{
	if (word > KVM_REG_RISCV_SBI_MULTI_REG_LAST)
		return -ENOENT;
	word = array_index_nospec(word, KVM_REG_RISCV_SBI_MULTI_REG_LAST + 1);
	*val = vcpu->arch.sbi.enabled[word] & word_mask(word);
	return 0;
}

/* Extensions that this vCPU cannot have are passed over. */
static int set_multi(struct kvm_vcpu *vcpu, unsigned long word,
		     unsigned long val, bool on)
{
	unsigned long bit;

	if (word > KVM_REG_RISCV_SBI_MULTI_REG_LAST)
		return -ENOENT;
	for_each_set_bit(bit, &val, BITS_PER_LONG)
		kvm_riscv_sbi_enable(vcpu, word * BITS_PER_LONG + bit, on);
	return 0;
}

static int sbi_get(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		   void *buf)
{
	unsigned long index = num & ~KVM_REG_RISCV_SUBTYPE_MASK;
	unsigned long *val = buf;
	int ret;

	switch (num & KVM_REG_RISCV_SUBTYPE_MASK) {
	case KVM_REG_RISCV_SBI_SINGLE:
		return get_single(vcpu, index, val);
	case KVM_REG_RISCV_SBI_MULTI_EN:
		return get_multi(vcpu, index, val);
	case KVM_REG_RISCV_SBI_MULTI_DIS:
		ret = get_multi(vcpu, index, val);
		if (!ret)
			*val = ~*val;
		return ret;
	default:
		return -ENOENT;
	}
}

static int sbi_set(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		   const void *buf)
{
	unsigned long index = num & ~KVM_REG_RISCV_SUBTYPE_MASK;
	const unsigned long *val = buf;

	if (vcpu->arch.ran_once)
		return -EBUSY;

	switch (num & KVM_REG_RISCV_SUBTYPE_MASK) {
	case KVM_REG_RISCV_SBI_SINGLE:
		return set_single(vcpu, index, *val);
	case KVM_REG_RISCV_SBI_MULTI_EN:
		return set_multi(vcpu, index, *val, true);
	case KVM_REG_RISCV_SBI_MULTI_DIS:
		return set_multi(vcpu, index, *val, false);
	default:
		return -ENOENT;
	}
}

static unsigned int sbi_list(struct kvm_vcpu *vcpu, u64 *ids)
{
	unsigned int nr = 0;
	unsigned long id;

	for_each_set_bit(id, vcpu->arch.sbi.available, KVM_RISCV_SBI_EXT_MAX)
		nr = kvm_riscv_reg_list_add(ids, nr,
					    KVM_REG_RISCV_SBI_EXT |
					    KVM_REG_RISCV_SBI_SINGLE |
					    KVM_RISCV_REG_SIZE_XLEN | id);
	return nr;
}

const struct kvm_riscv_reg_group kvm_riscv_regs_sbi = {
	.type = KVM_REG_RISCV_SBI_EXT,
	.get = sbi_get,
	.set = sbi_set,
	.list = sbi_list,
};

/* State of extensions: each has registers of its own, if any. */

static const struct kvm_riscv_sbi_state *find_state(struct kvm_vcpu *vcpu,
						    unsigned long num)
{
	unsigned long subtype = num & KVM_REG_RISCV_SUBTYPE_MASK;
	const struct kvm_riscv_sbi_state *state = NULL;

	do {
		state = kvm_riscv_sbi_next_state(vcpu, state);
	} while (state && state->subtype != subtype);
	return state;
}

static int state_get(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		     void *buf)
{
	const struct kvm_riscv_sbi_state *state = find_state(vcpu, num);

	if (!state)
		return -ENOENT;
	return state->get(vcpu, num & ~KVM_REG_RISCV_SUBTYPE_MASK, buf);
}

static int state_set(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		     const void *buf)
{
	const struct kvm_riscv_sbi_state *state = find_state(vcpu, num);
	const unsigned long *val = buf;

	if (!state)
		return -ENOENT;
	return state->set(vcpu, num & ~KVM_REG_RISCV_SUBTYPE_MASK, *val);
}

static unsigned int state_list(struct kvm_vcpu *vcpu, u64 *ids)
{
	const struct kvm_riscv_sbi_state *state = NULL;
	unsigned long val;
	unsigned int num, n = 0;

	while ((state = kvm_riscv_sbi_next_state(vcpu, state)))
		for (num = 0; num < state->nr; num++)
			if (!state->get(vcpu, num, &val))
				n = kvm_riscv_reg_list_add(ids, n,
							   KVM_REG_RISCV_SBI_STATE |
							   KVM_RISCV_REG_SIZE_XLEN |
							   state->subtype | num);
	return n;
}

const struct kvm_riscv_reg_group kvm_riscv_regs_sbi_state = {
	.type = KVM_REG_RISCV_SBI_STATE,
	.get = state_get,
	.set = state_set,
	.list = state_list,
};
