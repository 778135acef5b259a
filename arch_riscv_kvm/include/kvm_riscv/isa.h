/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which ISA extensions a vCPU has, may gain, and may lose.
 *
 * User space names an extension by enum KVM_RISCV_ISA_EXT_ID ("kvm_ext"), the
 * kernel by RISCV_ISA_EXT_* ("ext").
 */
#ifndef _KVM_RISCV_ISA_H
#define _KVM_RISCV_ISA_H

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/types.h>
#include <asm/csr.h>
#include <asm/hwcap.h>

struct kvm_vcpu;

/*
 * Numbers for what 6.12's kernel has none for: from the end of its bitmap, so
 * that they mean nothing else. Later kernels have all of them.
 */
#ifndef RISCV_ISA_EXT_SMNPM
#define RISCV_ISA_EXT_SMNPM	112
#define RISCV_ISA_EXT_SSNPM	113
#define RISCV_ISA_EXT_SVADE	114
#define RISCV_ISA_EXT_SVADU	115
#define RISCV_ISA_EXT_ZAAMO	116
#define RISCV_ISA_EXT_ZABHA	117
#define RISCV_ISA_EXT_ZALASR	118
#define RISCV_ISA_EXT_ZALRSC	119
#define RISCV_ISA_EXT_ZCLSD	120
#define RISCV_ISA_EXT_ZFBFMIN	121
#define RISCV_ISA_EXT_ZICBOP	122
#define RISCV_ISA_EXT_ZICCRSE	123
#define RISCV_ISA_EXT_ZILSD	124
#define RISCV_ISA_EXT_ZVFBFMIN	125
#define RISCV_ISA_EXT_ZVFBFWMA	126
#endif

/* And fields of henvcfg: hardware updates A and D, pointer masking */
#ifndef ENVCFG_ADUE
#define ENVCFG_ADUE		BIT_ULL(61)
#endif
#ifndef ENVCFG_PMM
#define ENVCFG_PMM		GENMASK_ULL(33, 32)
#define ENVCFG_PMM_PMLEN_7	(2ULL << 32)
#define ENVCFG_PMM_PMLEN_16	(3ULL << 32)
#endif

/* Values that only some harts can have in henvcfg */
enum kvm_riscv_henvcfg_field {
	KVM_RISCV_HENVCFG_ADUE,
	KVM_RISCV_HENVCFG_PMLEN_7,
	KVM_RISCV_HENVCFG_PMLEN_16,
};

void kvm_riscv_described_init(const struct cpumask *harts);
bool kvm_riscv_described(unsigned int ext);
bool kvm_riscv_henvcfg_keeps(enum kvm_riscv_henvcfg_field field);
unsigned long kvm_riscv_cbop_block_size(void);

void kvm_riscv_isa_init_vcpu(struct kvm_vcpu *vcpu);
int kvm_riscv_isa_to_host(unsigned long kvm_ext);
int kvm_riscv_isa_from_host(unsigned long ext);
bool kvm_riscv_isa_host_has(unsigned long kvm_ext);
bool kvm_riscv_isa_may_enable(unsigned long kvm_ext);
bool kvm_riscv_isa_may_disable(unsigned long kvm_ext);

/* @ext is one of the kernel's RISCV_ISA_EXT_*; for a vCPU, not for the host. */
#define kvm_riscv_vcpu_has_isa(vcpu, ext)	test_bit(ext, (vcpu)->arch.isa)

#endif /* _KVM_RISCV_ISA_H */
