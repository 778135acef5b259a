/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SBI implementation that a guest sees.
 *
 * Each extension is one const descriptor in one file of sbi/; the registry
 * (sbi/registry.c) finds it by a7, and per vCPU a bitmap of ONE_REG ids says
 * which are enabled.
 */
#ifndef _KVM_RISCV_SBI_H
#define _KVM_RISCV_SBI_H

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/kvm.h>
#include <linux/kvm_types.h>
#include <linux/limits.h>
#include <linux/types.h>
#include <asm/sbi.h>

struct kvm_vcpu;

/* The SBI version that guests see, and how this implementation names itself. */
#define KVM_RISCV_SBI_VERSION_MAJOR	3
#define KVM_RISCV_SBI_VERSION_MINOR	0
#define KVM_RISCV_SBI_IMPID		3

/* Extensions of SBI 3.0, which 6.12's asm/sbi.h does not know */
#define KVM_RISCV_SBI_FWFT_ID		0x46574654
#define KVM_RISCV_SBI_MPXY_ID		0x4D505859

#ifndef SBI_ERR_DENIED_LOCKED
#define SBI_ERR_DENIED_LOCKED		-14
#endif

/* In place of an enum KVM_RISCV_SBI_EXT_ID: user space has no say. */
#define KVM_RISCV_SBI_ALWAYS_ON		KVM_RISCV_SBI_EXT_MAX

/**
 * struct kvm_riscv_sbi_state - registers by which user space moves the state of
 *	an extension
 * @subtype: KVM_REG_RISCV_SBI_*, of the register type KVM_REG_RISCV_SBI_STATE
 * @nr: how many registers there can be
 * @get: reads register @num, of any value; returns 0, or -ENOENT for one that
 *	this vCPU does not have
 * @set: writes it; returns 0 or an errno
 */
struct kvm_riscv_sbi_state {
	unsigned long subtype;
	unsigned int nr;
	int (*get)(struct kvm_vcpu *vcpu, unsigned long num,
		   unsigned long *val);
	int (*set)(struct kvm_vcpu *vcpu, unsigned long num, unsigned long val);
};

/**
 * struct kvm_riscv_sbi_ext - one SBI extension
 * @first: lowest extension id (a7) that it serves
 * @last: highest one
 * @reg_id: enum KVM_RISCV_SBI_EXT_ID that switches it, or
 *	KVM_RISCV_SBI_ALWAYS_ON
 * @default_off: user space must enable it
 * @available: whether this vCPU can have it at all; NULL means yes
 * @fast: serves a call with interrupts off and without waiting. Returns what
 *	the guest gets, or kvm_riscv_sbi_leave() to leave the call, untouched,
 *	to @handle. May be NULL.
 * @handle: serves, with interrupts on, what @fast leaves; may sleep. Returns
 *	KVM_RISCV_EXIT_RESUME to give *@ret, preset to success, to the guest and
 *	go on behind the ecall, KVM_RISCV_EXIT_USER with run->exit_reason set,
 *	or an errno. NULL if @fast leaves nothing.
 * @reset: forgets what the guest set up, when its hart is reset. May be NULL.
 * @state: its registers, or NULL if there is nothing to move
 */
struct kvm_riscv_sbi_ext {
	unsigned long first;
	unsigned long last;
	u8 reg_id;
	bool default_off;
	bool (*available)(struct kvm_vcpu *vcpu);
	struct sbiret (*fast)(struct kvm_vcpu *vcpu);
	int (*handle)(struct kvm_vcpu *vcpu, struct sbiret *ret);
	void (*reset)(struct kvm_vcpu *vcpu);
	const struct kvm_riscv_sbi_state *state;
};

/* Results of @fast; they travel in two registers. */
#define KVM_RISCV_SBI_LEAVE		LONG_MIN

static inline struct sbiret kvm_riscv_sbi_value(long value)
{
	return (struct sbiret) { .error = SBI_SUCCESS, .value = value };
}

static inline struct sbiret kvm_riscv_sbi_error(long error)
{
	return (struct sbiret) { .error = error };
}

static inline struct sbiret kvm_riscv_sbi_leave(void)
{
	return kvm_riscv_sbi_error(KVM_RISCV_SBI_LEAVE);
}

/**
 * struct kvm_riscv_sbi - SBI state of a vCPU
 * @available: ids (enum KVM_RISCV_SBI_EXT_ID) that it can have
 * @enabled: the subset that its guest sees; KVM_RISCV_SBI_ALWAYS_ON is set
 * @suspended: it sleeps in HSM hart_suspend; other vCPUs read it
 */
struct kvm_riscv_sbi {
	DECLARE_BITMAP(available, KVM_RISCV_SBI_EXT_MAX);
	DECLARE_BITMAP(enabled, KVM_RISCV_SBI_ALWAYS_ON + 1);
	bool suspended;
};

/**
 * struct kvm_riscv_sta - steal time of a vCPU
 * @shmem: where the guest wants it, or INVALID_GPA
 * @accounted: time that the vCPU's thread has waited (ns) and that the guest
 *	knows of; U64_MAX before the first load with another thread or @shmem
 */
struct kvm_riscv_sta {
	gpa_t shmem;
	u64 accounted;
};

/* Firmware features that a guest can set */
enum kvm_riscv_fwft_feature {
	KVM_RISCV_FWFT_MISALIGNED,
	KVM_RISCV_FWFT_PMLEN,
	KVM_RISCV_FWFT_NR,
};

/**
 * struct kvm_riscv_fwft - firmware features of a vCPU
 * @value: what the guest set; 0 after a reset
 * @locked: it cannot set it again until a reset
 * @off: user space does not let the guest see it
 */
struct kvm_riscv_fwft {
	struct {
		unsigned long value;
		bool locked;
		bool off;
	} features[KVM_RISCV_FWFT_NR];
};

extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_base;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_time;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_ipi;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_rfence;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_hsm;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_srst;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_dbcn;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_sta;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_susp;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_fwft;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_mpxy;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_pmu;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_experimental;
extern const struct kvm_riscv_sbi_ext kvm_riscv_sbi_vendor;

void kvm_riscv_sbi_init_vcpu(struct kvm_vcpu *vcpu);
void kvm_riscv_sbi_reset(struct kvm_vcpu *vcpu);
bool kvm_riscv_sbi_ecall_fast(struct kvm_vcpu *vcpu);
int kvm_riscv_sbi_ecall(struct kvm_vcpu *vcpu);
int kvm_riscv_sbi_forward(struct kvm_vcpu *vcpu, struct sbiret *ret);
int kvm_riscv_sbi_complete_forward(struct kvm_vcpu *vcpu);
const struct kvm_riscv_sbi_ext *kvm_riscv_sbi_find(struct kvm_vcpu *vcpu,
						   unsigned long extid);
int kvm_riscv_sbi_enable(struct kvm_vcpu *vcpu, unsigned long reg_id, bool on);
const struct kvm_riscv_sbi_state *
kvm_riscv_sbi_next_state(struct kvm_vcpu *vcpu,
			 const struct kvm_riscv_sbi_state *prev);

void kvm_riscv_fwft_init(const struct cpumask *harts);
unsigned long kvm_riscv_fwft_hedeleg(const struct kvm_vcpu *vcpu);
u64 kvm_riscv_fwft_henvcfg(const struct kvm_vcpu *vcpu);

void kvm_riscv_sta_load(struct kvm_vcpu *vcpu);
void kvm_riscv_sta_update(struct kvm_vcpu *vcpu);

#endif /* _KVM_RISCV_SBI_H */
