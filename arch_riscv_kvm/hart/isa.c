// SPDX-License-Identifier: GPL-2.0-only
/*
 * ISA extensions of vCPUs: what user space calls them, what the kernel calls
 * them, and whether they can be given and taken away.
 */
#include <linux/bitmap.h>
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <asm/cpufeature.h>
#include <asm/switch_to.h>
#include <asm/vector.h>
#include <kvm_riscv/isa.h>

/**
 * struct isa_ext - one extension
 * @host: what the kernel calls it, RISCV_ISA_EXT_*
 * @fixed: the guest has it whenever the host does, as no CSR hides it
 * @unless: the host has this one as well, RISCV_ISA_EXT_*: then it is not
 *	@fixed. 0, which is none that matters, if nothing changes that.
 * @offered: whether a vCPU may have it where the host does; NULL means yes
 */
struct isa_ext {
	u8 host;
	bool fixed;
	u8 unless;
	bool (*offered)(void);
};

static bool never(void)
{
	return false;
}

/* A counter's overflow is an interrupt. */
static bool lcofi_offered(void)
{
	return kvm_riscv_irq_lcofi;
}

/* The kernel switches FP state as D does, or not at all. */
static bool fp_offered(void)
{
	return has_fpu() &&
	       __riscv_isa_extension_available(NULL, RISCV_ISA_EXT_d);
}

/* What prctl() denies the VMM's thread, its guest doesn't get either. */
static bool vector_offered(void)
{
	return riscv_v_vsize && riscv_v_vstate_ctrl_user_allowed();
}

#define ISA_EXT(kvm, ...) \
	[KVM_RISCV_ISA_EXT_##kvm] = { .host = RISCV_ISA_EXT_##kvm, __VA_ARGS__ }
#define ISA_LETTER(kvm, letter, ...) \
	[KVM_RISCV_ISA_EXT_##kvm] = { .host = RISCV_ISA_EXT_##letter, __VA_ARGS__ }
#define FIXED	.fixed = true

static const struct isa_ext isa_exts[KVM_RISCV_ISA_EXT_MAX] = {
	ISA_LETTER(A, a, FIXED),
	ISA_LETTER(C, c, FIXED),
	ISA_LETTER(D, d, .offered = fp_offered),
	ISA_LETTER(F, f, .offered = fp_offered),
	ISA_LETTER(H, h, .offered = never),
	ISA_LETTER(I, i, FIXED),
	ISA_LETTER(M, m, FIXED),
	ISA_LETTER(V, v, .offered = vector_offered),

	/* To a guest KVM is M-mode: this one is what henvcfg can do. */
	ISA_EXT(SMNPM),
	ISA_EXT(SMSTATEEN),
	ISA_EXT(SSAIA, FIXED, .unless = RISCV_ISA_EXT_SMSTATEEN),
	ISA_EXT(SSCOFPMF, FIXED, .offered = lcofi_offered),
	ISA_EXT(SSNPM, FIXED),
	ISA_EXT(SSTC, FIXED),
	ISA_EXT(SVADE, FIXED, .unless = RISCV_ISA_EXT_SVADU),
	ISA_EXT(SVADU),
	ISA_EXT(SVINVAL, FIXED),
	ISA_EXT(SVNAPOT, FIXED),
	ISA_EXT(SVPBMT),
	ISA_EXT(SVVPTC, FIXED),

	ISA_EXT(ZAAMO, FIXED),
	ISA_EXT(ZABHA, FIXED),
	ISA_EXT(ZACAS, FIXED),
	ISA_EXT(ZALASR, FIXED),
	ISA_EXT(ZALRSC, FIXED),
	ISA_EXT(ZAWRS, FIXED),
	ISA_EXT(ZBA, FIXED),
	ISA_EXT(ZBB, FIXED),
	ISA_EXT(ZBC, FIXED),
	ISA_EXT(ZBKB, FIXED),
	ISA_EXT(ZBKC, FIXED),
	ISA_EXT(ZBKX, FIXED),
	ISA_EXT(ZBS, FIXED),
	ISA_EXT(ZCA, FIXED),
	ISA_EXT(ZCB, FIXED),
	ISA_EXT(ZCD, FIXED),
	ISA_EXT(ZCF, FIXED),
	ISA_EXT(ZCLSD, FIXED),
	ISA_EXT(ZCMOP, FIXED),
	ISA_EXT(ZFA, FIXED),
	ISA_EXT(ZFBFMIN, FIXED),
	ISA_EXT(ZFH, FIXED),
	ISA_EXT(ZFHMIN, FIXED),
	ISA_EXT(ZICBOM),
	/* Its instructions are hints, and never trap. */
	ISA_EXT(ZICBOP, FIXED),
	ISA_EXT(ZICBOZ),
	ISA_EXT(ZICCRSE, FIXED),
	ISA_EXT(ZICNTR, FIXED),
	ISA_EXT(ZICOND, FIXED),
	ISA_EXT(ZICSR, FIXED),
	ISA_EXT(ZIFENCEI, FIXED),
	ISA_EXT(ZIHINTNTL, FIXED),
	ISA_EXT(ZIHINTPAUSE, FIXED),
	ISA_EXT(ZIHPM, FIXED),
	ISA_EXT(ZILSD, FIXED),
	ISA_EXT(ZIMOP, FIXED),
	ISA_EXT(ZKND, FIXED),
	ISA_EXT(ZKNE, FIXED),
	ISA_EXT(ZKNH, FIXED),
	ISA_EXT(ZKR, FIXED),
	ISA_EXT(ZKSED, FIXED),
	ISA_EXT(ZKSH, FIXED),
	ISA_EXT(ZKT, FIXED),
	ISA_EXT(ZTSO, FIXED),
	ISA_EXT(ZVBB, FIXED),
	ISA_EXT(ZVBC, FIXED),
	ISA_EXT(ZVFBFMIN, FIXED),
	ISA_EXT(ZVFBFWMA, FIXED),
	ISA_EXT(ZVFH, FIXED),
	ISA_EXT(ZVFHMIN, FIXED),
	ISA_EXT(ZVKB, FIXED),
	ISA_EXT(ZVKG, FIXED),
	ISA_EXT(ZVKNED, FIXED),
	ISA_EXT(ZVKNHA, FIXED),
	ISA_EXT(ZVKNHB, FIXED),
	ISA_EXT(ZVKSED, FIXED),
	ISA_EXT(ZVKSH, FIXED),
	ISA_EXT(ZVKT, FIXED),
};

/* User space chooses the index: it must not steer speculation either. */
static const struct isa_ext *find(unsigned long kvm_ext)
{
	if (kvm_ext >= ARRAY_SIZE(isa_exts))
		return NULL;
	return &isa_exts[array_index_nospec(kvm_ext, ARRAY_SIZE(isa_exts))];
}

/**
 * kvm_riscv_isa_to_host() - the kernel's name of an extension
 * @kvm_ext: KVM_RISCV_ISA_EXT_*, of any value
 *
 * Return: RISCV_ISA_EXT_*, or -ENOENT for an id without meaning.
 */
int kvm_riscv_isa_to_host(unsigned long kvm_ext)
{
	const struct isa_ext *ext = find(kvm_ext);

	return ext ? ext->host : -ENOENT;
}

/**
 * kvm_riscv_isa_from_host() - user space's name of an extension
 * @ext: RISCV_ISA_EXT_*, of any value
 *
 * Return: KVM_RISCV_ISA_EXT_*, or -ENOENT if user space has no name for it.
 */
int kvm_riscv_isa_from_host(unsigned long ext)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(isa_exts); i++) {
		if (isa_exts[i].host == ext)
			return i;
	}
	return -ENOENT;
}

static bool host_has(unsigned int ext)
{
	return __riscv_isa_extension_available(NULL, ext) ||
	       kvm_riscv_described(ext);
}

/**
 * kvm_riscv_isa_host_has() - do all harts of the host have an extension?
 * @kvm_ext: KVM_RISCV_ISA_EXT_*, of any value
 *
 * Such an extension has a ONE_REG register, even if no vCPU may have it.
 *
 * Return: false also for an id without meaning.
 */
bool kvm_riscv_isa_host_has(unsigned long kvm_ext)
{
	const struct isa_ext *ext = find(kvm_ext);

	return ext && host_has(ext->host);
}

/**
 * kvm_riscv_isa_may_enable() - may a vCPU have an extension?
 * @kvm_ext: KVM_RISCV_ISA_EXT_*, of any value
 *
 * Context: The thread of the VMM: the answer may depend on its prctl() state.
 * Return: false also for an id without meaning.
 */
bool kvm_riscv_isa_may_enable(unsigned long kvm_ext)
{
	const struct isa_ext *ext = find(kvm_ext);

	return kvm_riscv_isa_host_has(kvm_ext) &&
	       (!ext->offered || ext->offered());
}

/**
 * kvm_riscv_isa_may_disable() - may a vCPU lack an extension of the host?
 * @kvm_ext: KVM_RISCV_ISA_EXT_*, of any value
 *
 * Only those that a guest cannot use behind KVM's back: their instructions or
 * CSRs trap, or a bit of henvcfg, hstateen or sstatus turns them off.
 *
 * Return: false also for an id without meaning.
 */
bool kvm_riscv_isa_may_disable(unsigned long kvm_ext)
{
	const struct isa_ext *ext = find(kvm_ext);

	return ext && (!ext->fixed || (ext->unless && host_has(ext->unless)));
}

/**
 * kvm_riscv_isa_init_vcpu() - give a new vCPU all it may have
 * @vcpu: the vCPU
 *
 * Context: The thread of the VMM, before anything that asks for the ISA.
 */
void kvm_riscv_isa_init_vcpu(struct kvm_vcpu *vcpu)
{
	unsigned int i;

	bitmap_zero(vcpu->arch.isa, RISCV_ISA_EXT_MAX);
	for (i = 0; i < ARRAY_SIZE(isa_exts); i++) {
		if (kvm_riscv_isa_may_enable(i))
			__set_bit(isa_exts[i].host, vcpu->arch.isa);
	}
}
