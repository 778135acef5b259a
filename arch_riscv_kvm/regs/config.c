// SPDX-License-Identifier: GPL-2.0-only
/* CONFIG registers: what the hart is, final once it ran. */
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <asm/cacheflush.h>
#include <asm/csr.h>
#include <asm/pgtable.h>
#include <kvm_riscv/isa.h>
#include <kvm_riscv/regs.h>

/* Extensions with a letter of their own, numbered by it. */
#define LETTERS		(BIT(RISCV_ISA_EXT_BASE) - 1)

/**
 * struct config_reg - one register
 * @ext: extension that the vCPU must have (RISCV_ISA_EXT_*)
 * @writable: bits that may be set in a value written; 0 if only the value
 *	that it has may be written
 * @id: where struct kvm_vcpu_arch has it, or 0 if the functions do the work
 * @get: its value
 * @set: changes it
 */
struct config_reg {
	u8 ext;
	unsigned long writable;
	size_t id;
	unsigned long (*get)(const struct kvm_vcpu *vcpu);
	void (*set)(struct kvm_vcpu *vcpu, unsigned long val);
};

static unsigned long get_isa(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.isa[0] & LETTERS;
}

/* Asking for what cannot be is no error: the guest gets what is possible. */
static void set_isa(struct kvm_vcpu *vcpu, unsigned long val)
{
	unsigned int letter;

	for (letter = 0; letter < RISCV_ISA_EXT_BASE; letter++) {
		int kvm_ext = kvm_riscv_isa_from_host(letter);
		bool on = val & BIT(letter);

		if (kvm_ext < 0)
			continue;
		if (!kvm_riscv_isa_may_disable(kvm_ext))
			on = true;
		assign_bit(letter, vcpu->arch.isa,
			   on && kvm_riscv_isa_may_enable(kvm_ext));
	}
}

static unsigned long get_cbom_size(const struct kvm_vcpu *vcpu)
{
	return riscv_cbom_block_size;
}

static unsigned long get_cboz_size(const struct kvm_vcpu *vcpu)
{
	return riscv_cboz_block_size;
}

static unsigned long get_cbop_size(const struct kvm_vcpu *vcpu)
{
	return kvm_riscv_cbop_block_size();
}

static unsigned long get_satp_mode(const struct kvm_vcpu *vcpu)
{
	return satp_mode >> SATP_MODE_SHIFT;
}

#define REG(name, ...) \
	[KVM_REG_RISCV_CONFIG_REG(name)] = { __VA_ARGS__ }
#define ALWAYS		.ext = RISCV_ISA_EXT_i
#define ANY_ID(name)	.writable = -1UL, .id = offsetof(struct kvm_vcpu_arch, name)

static const struct config_reg config_regs[] = {
	REG(isa, ALWAYS, .writable = LETTERS >> 1, .get = get_isa, .set = set_isa),
	REG(zicbom_block_size, .ext = RISCV_ISA_EXT_ZICBOM, .get = get_cbom_size),
	REG(zicboz_block_size, .ext = RISCV_ISA_EXT_ZICBOZ, .get = get_cboz_size),
	REG(mvendorid, ALWAYS, ANY_ID(mvendorid)),
	REG(marchid, ALWAYS, ANY_ID(marchid)),
	REG(mimpid, ALWAYS, ANY_ID(mimpid)),
	REG(satp_mode, ALWAYS, .get = get_satp_mode),
	[KVM_RISCV_CONFIG_ZICBOP_BLOCK_SIZE] = {
		.ext = RISCV_ISA_EXT_ZICBOP, .get = get_cbop_size,
	},
};

static const struct config_reg *find(struct kvm_vcpu *vcpu, unsigned long num)
{
	const struct config_reg *reg;

	if (num >= ARRAY_SIZE(config_regs))
		return NULL;
	reg = &config_regs[array_index_nospec(num, ARRAY_SIZE(config_regs))];
	return kvm_riscv_vcpu_has_isa(vcpu, reg->ext) ? reg : NULL;
}

static unsigned long *machine_id(struct kvm_vcpu *vcpu,
				 const struct config_reg *reg)
{
	return (void *)&vcpu->arch + reg->id;
}

static unsigned long read_config(struct kvm_vcpu *vcpu,
				 const struct config_reg *reg)
{
	return reg->id ? *machine_id(vcpu, reg) : reg->get(vcpu);
}

static int config_get(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		      void *buf)
{
	const struct config_reg *reg = find(vcpu, num);

	if (!reg)
		return -ENOENT;
	*(unsigned long *)buf = read_config(vcpu, reg);
	return 0;
}

static int config_set(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		      const void *buf)
{
	const struct config_reg *reg = find(vcpu, num);
	unsigned long val = *(const unsigned long *)buf;

	if (!reg)
		return -ENOENT;
	if (val == read_config(vcpu, reg))
		return 0;
	if (!reg->writable || (val & ~reg->writable))
		return -EINVAL;
	if (vcpu->arch.ran_once)
		return -EBUSY;

	if (reg->id)
		*machine_id(vcpu, reg) = val;
	else
		reg->set(vcpu, val);
	return 0;
}

static unsigned int config_list(struct kvm_vcpu *vcpu, u64 *ids)
{
	unsigned int num, n = 0;

	for (num = 0; num < ARRAY_SIZE(config_regs); num++) {
		if (find(vcpu, num))
			n = kvm_riscv_reg_list_add(ids, n,
						   KVM_REG_RISCV_CONFIG |
						   KVM_RISCV_REG_SIZE_XLEN |
						   num);
	}
	return n;
}

const struct kvm_riscv_reg_group kvm_riscv_regs_config = {
	.type = KVM_REG_RISCV_CONFIG,
	.get = config_get,
	.set = config_set,
	.list = config_list,
};
