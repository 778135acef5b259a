// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI base extension: who implements the SBI, and which parts of it.
 */
#include <linux/kvm_host.h>
#include <linux/version.h>

#define SPEC_VERSION \
	((KVM_RISCV_SBI_VERSION_MAJOR << SBI_SPEC_VERSION_MAJOR_SHIFT) | \
	 KVM_RISCV_SBI_VERSION_MINOR)

/* Only user space knows which of these it implements. */
static bool is_forwarded(unsigned long extid)
{
	return extid >= SBI_EXT_EXPERIMENTAL_START &&
	       extid <= SBI_EXT_VENDOR_END;
}

static_assert(SBI_EXT_EXPERIMENTAL_END + 1 == SBI_EXT_VENDOR_START);

static struct sbiret base_probe(struct kvm_vcpu *vcpu)
{
	unsigned long extid = vcpu->arch.guest.x[GPR_A0];

	if (is_forwarded(extid))
		return kvm_riscv_sbi_leave();
	return kvm_riscv_sbi_value(!!kvm_riscv_sbi_find(vcpu, extid));
}

static struct sbiret base_fast(struct kvm_vcpu *vcpu)
{
	switch (vcpu->arch.guest.x[GPR_A6]) {
	case SBI_EXT_BASE_GET_SPEC_VERSION:
		return kvm_riscv_sbi_value(SPEC_VERSION);
	case SBI_EXT_BASE_GET_IMP_ID:
		return kvm_riscv_sbi_value(KVM_RISCV_SBI_IMPID);
	case SBI_EXT_BASE_GET_IMP_VERSION:
		return kvm_riscv_sbi_value(LINUX_VERSION_CODE);
	case SBI_EXT_BASE_PROBE_EXT:
		return base_probe(vcpu);
	case SBI_EXT_BASE_GET_MVENDORID:
		return kvm_riscv_sbi_value(vcpu->arch.mvendorid);
	case SBI_EXT_BASE_GET_MARCHID:
		return kvm_riscv_sbi_value(vcpu->arch.marchid);
	case SBI_EXT_BASE_GET_MIMPID:
		return kvm_riscv_sbi_value(vcpu->arch.mimpid);
	default:
		return kvm_riscv_sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_base = {
	.first = SBI_EXT_BASE,
	.last = SBI_EXT_BASE,
	.reg_id = KVM_RISCV_SBI_ALWAYS_ON,
	.fast = base_fast,
	/* All that is left is to probe for a forwarded extension. */
	.handle = kvm_riscv_sbi_forward,
};
