// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI FWFT extension: what a guest may change of how its hart behaves.
 *
 * Each feature is a bit or field of hedeleg or henvcfg. Here is only its value;
 * the two CSRs are put together where all of the vCPU's configuration is.
 */
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <linux/smp.h>
#include <linux/wordpart.h>
#include <asm/csr.h>
#include <kvm_riscv/entry.h>
#include <kvm_riscv/isa.h>

#define FWFT_SET		0
#define FWFT_GET		1
#define FWFT_LOCK		BIT(0)

/* Feature ids: the first and the last that are defined are those we have. */
#define FWFT_MISALIGNED		0
#define FWFT_PMLEN		5

#define MISALIGNED_DELEG	(BIT(EXC_LOAD_MISALIGNED) | BIT(EXC_STORE_MISALIGNED))

/* Misaligned accesses of S-mode, and so of guests, trap to S-mode on all harts */
static bool misaligned_traps __ro_after_init;

static void ask_firmware(void *unused)
{
	struct sbiret ret = sbi_ecall(KVM_RISCV_SBI_FWFT_ID, FWFT_GET,
				      FWFT_MISALIGNED, 0, 0, 0, 0, 0);

	if (ret.error || ret.value != 1)
		WRITE_ONCE(misaligned_traps, false);
}

/**
 * kvm_riscv_fwft_init() - see what guests can be offered
 * @harts: online harts that have H
 *
 * What the firmware handles itself no guest ever sees. KVM does not ask it to
 * change that: the rest of the host would have to cope.
 *
 * Context: Module load; may sleep.
 */
void __init kvm_riscv_fwft_init(const struct cpumask *harts)
{
	misaligned_traps = sbi_probe_extension(KVM_RISCV_SBI_FWFT_ID) > 0;
	if (misaligned_traps)
		on_each_cpu_mask(harts, ask_firmware, NULL, true);
}

static bool has_misaligned(const struct kvm_vcpu *vcpu)
{
	return misaligned_traps;
}

static bool takes_misaligned(unsigned long value)
{
	return value <= 1;
}

static bool has_pmlen(const struct kvm_vcpu *vcpu)
{
	return kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_SMNPM);
}

static bool takes_pmlen(unsigned long value)
{
	switch (value) {
	case 0:
		return true;
	case 7:
		return kvm_riscv_henvcfg_keeps(KVM_RISCV_HENVCFG_PMLEN_7);
	case 16:
		return kvm_riscv_henvcfg_keeps(KVM_RISCV_HENVCFG_PMLEN_16);
	default:
		return false;
	}
}

static const struct feature {
	u32 id;
	bool (*supported)(const struct kvm_vcpu *vcpu);
	bool (*takes)(unsigned long value);
} features[] = {
	[KVM_RISCV_FWFT_MISALIGNED] = {
		FWFT_MISALIGNED, has_misaligned, takes_misaligned,
	},
	[KVM_RISCV_FWFT_PMLEN] = { FWFT_PMLEN, has_pmlen, takes_pmlen },
};

static_assert(ARRAY_SIZE(features) == KVM_RISCV_FWFT_NR);

/**
 * kvm_riscv_fwft_hedeleg() - exceptions that a guest wants to itself
 * @vcpu: the vCPU
 *
 * Return: bits for hedeleg.
 */
unsigned long kvm_riscv_fwft_hedeleg(const struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.fwft.features[KVM_RISCV_FWFT_MISALIGNED].value)
		return MISALIGNED_DELEG;
	return 0;
}

/**
 * kvm_riscv_fwft_henvcfg() - how a guest wants its VS-mode to behave
 * @vcpu: the vCPU
 *
 * Return: bits for henvcfg.
 */
u64 kvm_riscv_fwft_henvcfg(const struct kvm_vcpu *vcpu)
{
	/* User space may take it away from a vCPU that never ran. */
	if (!has_pmlen(vcpu))
		return 0;

	switch (vcpu->arch.fwft.features[KVM_RISCV_FWFT_PMLEN].value) {
	case 7:
		return ENVCFG_PMM_PMLEN_7;
	case 16:
		return ENVCFG_PMM_PMLEN_16;
	default:
		return 0;
	}
}

static void fwft_reset(struct kvm_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		vcpu->arch.fwft.features[i].value = 0;
		vcpu->arch.fwft.features[i].locked = false;
	}
	kvm_riscv_vcpu_update_config(vcpu);
}

/* Index of the feature that a0 names, or an SBI error if it is not there. */
static long find_feature(struct kvm_vcpu *vcpu)
{
	u32 id = lower_32_bits(vcpu->arch.guest.x[GPR_A0]);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].id == id && features[i].supported(vcpu) &&
		    !vcpu->arch.fwft.features[i].off)
			return i;
	/* Reserved, or specific to a platform that this is not */
	return id > FWFT_PMLEN ? SBI_ERR_DENIED : SBI_ERR_NOT_SUPPORTED;
}

static long set_feature(struct kvm_vcpu *vcpu, unsigned int i)
{
	unsigned long value = vcpu->arch.guest.x[GPR_A1];
	unsigned long flags = vcpu->arch.guest.x[GPR_A2];

	if (flags & ~FWFT_LOCK)
		return SBI_ERR_INVALID_PARAM;
	if (vcpu->arch.fwft.features[i].locked)
		return SBI_ERR_DENIED_LOCKED;
	if (!features[i].takes(value))
		return SBI_ERR_INVALID_PARAM;

	vcpu->arch.fwft.features[i].value = value;
	vcpu->arch.fwft.features[i].locked = flags & FWFT_LOCK;
	kvm_riscv_vcpu_update_config(vcpu);
	return SBI_SUCCESS;
}

static int fwft_handle(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	unsigned long fid = vcpu->arch.guest.x[GPR_A6];
	long i;

	if (fid > FWFT_GET) {
		ret->error = SBI_ERR_NOT_SUPPORTED;
		return KVM_RISCV_EXIT_RESUME;
	}

	i = find_feature(vcpu);
	if (i < 0)
		ret->error = i;
	else if (fid == FWFT_SET)
		ret->error = set_feature(vcpu, i);
	else
		ret->value = vcpu->arch.fwft.features[i].value;
	return KVM_RISCV_EXIT_RESUME;
}

/* Registers: three for each feature, in the order of the features */
enum { REG_ENABLE, REG_FLAGS, REG_VALUE, REGS };

/* Index of the feature that a register belongs to, or -ENOENT */
static int reg_feature(struct kvm_vcpu *vcpu, unsigned long num)
{
	unsigned long i = num / REGS;

	if (i >= ARRAY_SIZE(features))
		return -ENOENT;
	i = array_index_nospec(i, ARRAY_SIZE(features));
	return features[i].supported(vcpu) ? i : -ENOENT;
}

static int fwft_get_reg(struct kvm_vcpu *vcpu, unsigned long num,
			unsigned long *val)
{
	int i = reg_feature(vcpu, num);

	if (i < 0)
		return i;
	switch (num % REGS) {
	case REG_ENABLE:
		*val = !vcpu->arch.fwft.features[i].off;
		break;
	case REG_FLAGS:
		*val = vcpu->arch.fwft.features[i].locked ? FWFT_LOCK : 0;
		break;
	default:
		*val = vcpu->arch.fwft.features[i].value;
	}
	return 0;
}

/* A lock keeps the guest out, not user space, which restores what was there. */
static int fwft_set_reg(struct kvm_vcpu *vcpu, unsigned long num,
			unsigned long val)
{
	int i = reg_feature(vcpu, num);

	if (i < 0)
		return i;
	if (num % REGS == REG_VALUE ? !features[i].takes(val) : val > 1)
		return -EINVAL;

	switch (num % REGS) {
	case REG_ENABLE:
		vcpu->arch.fwft.features[i].off = !val;
		break;
	case REG_FLAGS:
		vcpu->arch.fwft.features[i].locked = val;
		break;
	default:
		vcpu->arch.fwft.features[i].value = val;
		kvm_riscv_vcpu_update_config(vcpu);
	}
	return 0;
}

static const struct kvm_riscv_sbi_state fwft_state = {
	.subtype = KVM_REG_RISCV_SBI_FWFT,
	.nr = KVM_RISCV_FWFT_NR * REGS,
	.get = fwft_get_reg,
	.set = fwft_set_reg,
};

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_fwft = {
	.first = KVM_RISCV_SBI_FWFT_ID,
	.last = KVM_RISCV_SBI_FWFT_ID,
	.reg_id = KVM_RISCV_SBI_EXT_FWFT,
	.handle = fwft_handle,
	.reset = fwft_reset,
	.state = &fwft_state,
};
