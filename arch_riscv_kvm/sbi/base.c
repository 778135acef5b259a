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

static bool base_fast(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	unsigned long extid = vcpu->arch.guest.x[GPR_A0];

	switch (vcpu->arch.guest.x[GPR_A6]) {
	case SBI_EXT_BASE_GET_SPEC_VERSION:
		ret->value = SPEC_VERSION;
		return true;
	case SBI_EXT_BASE_GET_IMP_ID:
		ret->value = KVM_RISCV_SBI_IMPID;
		return true;
	case SBI_EXT_BASE_GET_IMP_VERSION:
		ret->value = LINUX_VERSION_CODE;
		return true;
	case SBI_EXT_BASE_PROBE_EXT:
		if (is_forwarded(extid))
			return false;
		ret->value = !!kvm_riscv_sbi_find(vcpu, extid);
		return true;
	case SBI_EXT_BASE_GET_MVENDORID:
		ret->value = vcpu->arch.mvendorid;
		return true;
	case SBI_EXT_BASE_GET_MARCHID:
		ret->value = vcpu->arch.marchid;
		return true;
	case SBI_EXT_BASE_GET_MIMPID:
		ret->value = vcpu->arch.mimpid;
		return true;
	default:
		ret->error = SBI_ERR_NOT_SUPPORTED;
		return true;
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
