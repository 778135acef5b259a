// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI calls of guests: from an extension id to the extension that serves it,
 * and the parts of the binary encoding that the extensions share.
 */
#include <linux/kvm_host.h>
#include <kvm_riscv/entry.h>
#include "harts.h"

/*
 * The extensions with a single id, by a hash that tells apart all ids that the
 * SBI specification defines: every call takes the same few instructions.
 *
 * The legacy extensions have no entry and so are not available: their calls
 * belong to kernels with CONFIG_RISCV_SBI_V01, which distributions leave off;
 * see kvm_riscv_sbi_init_vcpu().
 */
#define SLOTS		64
#define SLOT(id)	((unsigned long)(id) * 33 / 32 % SLOTS)

static const struct kvm_riscv_sbi_ext *const slots[SLOTS] = {
	[SLOT(SBI_EXT_BASE)] = &kvm_riscv_sbi_base,
	[SLOT(SBI_EXT_TIME)] = &kvm_riscv_sbi_time,
	[SLOT(SBI_EXT_IPI)] = &kvm_riscv_sbi_ipi,
	[SLOT(SBI_EXT_RFENCE)] = &kvm_riscv_sbi_rfence,
	[SLOT(SBI_EXT_HSM)] = &kvm_riscv_sbi_hsm,
	[SLOT(SBI_EXT_SRST)] = &kvm_riscv_sbi_srst,
	[SLOT(SBI_EXT_DBCN)] = &kvm_riscv_sbi_dbcn,
	[SLOT(SBI_EXT_STA)] = &kvm_riscv_sbi_sta,
	[SLOT(SBI_EXT_SUSP)] = &kvm_riscv_sbi_susp,
	[SLOT(KVM_RISCV_SBI_FWFT_ID)] = &kvm_riscv_sbi_fwft,
	[SLOT(KVM_RISCV_SBI_MPXY_ID)] = &kvm_riscv_sbi_mpxy,
	[SLOT(SBI_EXT_PMU)] = &kvm_riscv_sbi_pmu,
};

/* The extensions with a range of ids */
static const struct kvm_riscv_sbi_ext *const ranges[] = {
	&kvm_riscv_sbi_experimental,
	&kvm_riscv_sbi_vendor,
};

static noinline const struct kvm_riscv_sbi_ext *find_range(unsigned long extid)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (extid >= ranges[i]->first && extid <= ranges[i]->last)
			return ranges[i];
	return NULL;
}

static __always_inline const struct kvm_riscv_sbi_ext *
find_enabled(struct kvm_vcpu *vcpu, unsigned long extid)
{
	const struct kvm_riscv_sbi_ext *ext = slots[SLOT(extid)];

	if (unlikely(!ext || ext->first != extid))
		ext = find_range(extid);
	if (unlikely(!ext || !test_bit(ext->reg_id, vcpu->arch.sbi.enabled)))
		return NULL;
	return ext;
}

static __always_inline void give_result(struct kvm_vcpu *vcpu,
					struct sbiret ret)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;

	guest->x[GPR_A0] = ret.error;
	guest->x[GPR_A1] = ret.value;
	guest->sepc += 4;
}

/**
 * kvm_riscv_sbi_find() - the extension that an id names
 * @vcpu: the vCPU whose guest asks
 * @extid: SBI extension id
 *
 * Context: Any.
 * Return: the extension, or NULL if this guest does not have it.
 */
const struct kvm_riscv_sbi_ext *kvm_riscv_sbi_find(struct kvm_vcpu *vcpu,
						   unsigned long extid)
{
	return find_enabled(vcpu, extid);
}

/**
 * kvm_riscv_sbi_ecall_fast() - serve an SBI call without leaving the entry loop
 * @vcpu: the vCPU; loaded
 *
 * Context: Interrupts off; the trap CSRs are those of the guest's ecall.
 * Return: true if the call is done, false to leave it to kvm_riscv_sbi_ecall().
 */
bool kvm_riscv_sbi_ecall_fast(struct kvm_vcpu *vcpu)
{
	const struct kvm_riscv_sbi_ext *ext;
	struct sbiret ret;

	ext = find_enabled(vcpu, vcpu->arch.guest.x[GPR_A7]);
	if (unlikely(!ext))
		ret = kvm_riscv_sbi_error(SBI_ERR_NOT_SUPPORTED);
	else if (likely(ext->fast))
		ret = ext->fast(vcpu);
	else
		return false;

	if (ret.error == KVM_RISCV_SBI_LEAVE)
		return false;
	give_result(vcpu, ret);
	return true;
}

/**
 * kvm_riscv_sbi_ecall() - serve an SBI call that may sleep or wait
 * @vcpu: the vCPU; kvm_riscv_sbi_ecall_fast() left the call
 *
 * Context: Interrupts and preemption on, SRCU read lock of kvm->srcu held.
 * Return: enum kvm_riscv_exit, or a negative errno for KVM_RUN.
 */
int kvm_riscv_sbi_ecall(struct kvm_vcpu *vcpu)
{
	const struct kvm_riscv_sbi_ext *ext;
	struct sbiret ret = {};
	int exit;

	ext = find_enabled(vcpu, vcpu->arch.guest.x[GPR_A7]);
	if (WARN_ON_ONCE(!ext || !ext->handle))
		return -EIO;

	exit = ext->handle(vcpu, &ret);
	if (exit == KVM_RISCV_EXIT_RESUME)
		give_result(vcpu, ret);
	return exit;
}

static __always_inline struct kvm_vcpu *hart_by_id(struct kvm_vcpu *vcpu,
						   unsigned long id)
{
	if (id == vcpu->vcpu_id)
		return vcpu;
	/* Generic code takes an int; a larger id must not alias a smaller one. */
	if (id >= KVM_MAX_VCPU_IDS)
		return NULL;
	return kvm_get_vcpu_by_id(vcpu->kvm, id);
}

/**
 * kvm_riscv_sbi_hart() - the vCPU that a hart id names
 * @vcpu: the vCPU whose guest asks
 * @id: hart id as the guest passed it
 *
 * Context: Any.
 * Return: the vCPU, or NULL if there is none.
 */
struct kvm_vcpu *kvm_riscv_sbi_hart(struct kvm_vcpu *vcpu, unsigned long id)
{
	return hart_by_id(vcpu, id);
}

static void list_all(struct sbi_harts *harts)
{
	unsigned int i;

	harts->nr = atomic_read(&harts->kvm->online_vcpus);
	harts->all = harts->nr > ARRAY_SIZE(harts->vcpu);
	if (harts->all)
		return;
	for (i = 0; i < harts->nr; i++)
		harts->vcpu[i] = kvm_get_vcpu(harts->kvm, i);
}

/**
 * kvm_riscv_sbi_hart_list() - decode and check a hart list parameter
 * @vcpu: the vCPU whose guest calls, hart_mask in a0 and hart_mask_base in a1
 * @harts: the harts
 *
 * See the SBI specification, "Hart list parameter".
 *
 * Context: Any.
 * Return: true, or false if the list names a hart that is not there.
 */
bool kvm_riscv_sbi_hart_list(struct kvm_vcpu *vcpu, struct sbi_harts *harts)
{
	unsigned long mask = vcpu->arch.guest.x[GPR_A0];
	unsigned long base = vcpu->arch.guest.x[GPR_A1];

	harts->kvm = vcpu->kvm;
	if (base == -1UL) {
		list_all(harts);
		return true;
	}

	harts->all = false;
	harts->nr = 0;
	for (; mask; mask &= mask - 1) {
		unsigned long id = base + __ffs(mask);
		struct kvm_vcpu *target;

		/* A sum that wraps around names no hart. */
		target = id >= base ? hart_by_id(vcpu, id) : NULL;
		if (!target)
			return false;
		harts->vcpu[harts->nr++] = target;
	}
	return true;
}

static void init_ext(struct kvm_vcpu *vcpu, const struct kvm_riscv_sbi_ext *ext)
{
	struct kvm_riscv_sbi *sbi = &vcpu->arch.sbi;

	if (ext->reg_id == KVM_RISCV_SBI_ALWAYS_ON) {
		__set_bit(ext->reg_id, sbi->enabled);
		return;
	}
	if (ext->available && !ext->available(vcpu))
		return;
	__set_bit(ext->reg_id, sbi->available);
	if (!ext->default_off)
		__set_bit(ext->reg_id, sbi->enabled);
}

/**
 * kvm_riscv_sbi_init_vcpu() - give a new vCPU the extensions it starts with
 * @vcpu: the vCPU, zeroed, the rest of it set up
 */
void kvm_riscv_sbi_init_vcpu(struct kvm_vcpu *vcpu)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++)
		if (slots[i])
			init_ext(vcpu, slots[i]);
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		init_ext(vcpu, ranges[i]);

	/*
	 * Upstream lists the switch of the legacy extensions, on by default,
	 * in kernels that have none of them, too; user space expects it.
	 */
	__set_bit(KVM_RISCV_SBI_EXT_V01, vcpu->arch.sbi.available);
	__set_bit(KVM_RISCV_SBI_EXT_V01, vcpu->arch.sbi.enabled);
}

/**
 * kvm_riscv_sbi_enable() - switch an extension on or off
 * @vcpu: a vCPU that never ran
 * @reg_id: enum KVM_RISCV_SBI_EXT_ID
 * @on: whether the guest shall see it
 *
 * Return: 0, or -ENOENT if the vCPU cannot have it.
 */
int kvm_riscv_sbi_enable(struct kvm_vcpu *vcpu, unsigned long reg_id, bool on)
{
	struct kvm_riscv_sbi *sbi = &vcpu->arch.sbi;

	if (reg_id >= KVM_RISCV_SBI_EXT_MAX)
		return -ENOENT;
	reg_id = array_index_nospec(reg_id, KVM_RISCV_SBI_EXT_MAX);
	if (!test_bit(reg_id, sbi->available))
		return -ENOENT;
	__assign_bit(reg_id, sbi->enabled, on);
	return 0;
}

/**
 * kvm_riscv_sbi_reset() - forget what a guest set up by SBI calls
 * @vcpu: the vCPU; not loaded
 */
void kvm_riscv_sbi_reset(struct kvm_vcpu *vcpu)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++)
		if (slots[i] && slots[i]->reset)
			slots[i]->reset(vcpu);
}

/**
 * kvm_riscv_sbi_next_state() - go through the extensions that have registers
 * @vcpu: the vCPU
 * @prev: what this returned before; NULL for the first
 *
 * Return: the state of the next extension that the guest sees, or NULL.
 */
const struct kvm_riscv_sbi_state *
kvm_riscv_sbi_next_state(struct kvm_vcpu *vcpu,
			 const struct kvm_riscv_sbi_state *prev)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		const struct kvm_riscv_sbi_ext *ext = slots[i];

		if (!ext || !ext->state ||
		    !test_bit(ext->reg_id, vcpu->arch.sbi.enabled))
			continue;
		if (!prev)
			return ext->state;
		if (ext->state == prev)
			prev = NULL;
	}
	return NULL;
}
