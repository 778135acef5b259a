// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI RFENCE extension: fences on other harts.
 *
 * A vCPU that is not in guest mode gets its fence posted: it applies it before
 * it next enters the guest, so the caller need not wait. One that is in guest
 * mode has to be brought out of it, which is waited for with interrupts on
 * only: two vCPUs that fence each other would hang otherwise.
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include <kvm_riscv/entry.h>
#include "harts.h"

/*
 * What a function becomes, for a range and for the whole address space. The
 * HFENCE functions are for harts with H, which guests do not have. And the
 * firmware events that a call is.
 */
static const struct {
	u8 range;
	u8 all;
	u8 sent;
	u8 received;
	bool has_range;
	bool has_asid;
} functions[] = {
	[SBI_EXT_RFENCE_REMOTE_FENCE_I] = {
		.all = KVM_RISCV_FENCE_I,
		.sent = SBI_PMU_FW_FENCE_I_SENT,
		.received = SBI_PMU_FW_FENCE_I_RCVD,
	},
	[SBI_EXT_RFENCE_REMOTE_SFENCE_VMA] = {
		.range = KVM_RISCV_HFENCE_VVMA_RANGE,
		.all = KVM_RISCV_HFENCE_VVMA_ALL,
		.sent = SBI_PMU_FW_SFENCE_VMA_SENT,
		.received = SBI_PMU_FW_SFENCE_VMA_RCVD,
		.has_range = true,
	},
	[SBI_EXT_RFENCE_REMOTE_SFENCE_VMA_ASID] = {
		.range = KVM_RISCV_HFENCE_VVMA_ASID_RANGE,
		.all = KVM_RISCV_HFENCE_VVMA_ASID_ALL,
		.sent = SBI_PMU_FW_SFENCE_VMA_ASID_SENT,
		.received = SBI_PMU_FW_SFENCE_VMA_ASID_RCVD,
		.has_range = true,
		.has_asid = true,
	},
};

/* Widen a range to whole pages. Returns false if it covers everything. */
static bool range_to_pages(struct kvm_riscv_hfence *fence, unsigned long start,
			   unsigned long last)
{
	fence->start = start & PAGE_MASK;
	fence->size = (last | ~PAGE_MASK) - fence->start + 1;
	return fence->size;
}

/*
 * Decode the call into @fence. Returns an SBI error, SBI_SUCCESS also for an
 * empty range.
 */
static long decode(struct kvm_vcpu *vcpu, struct kvm_riscv_hfence *fence,
		   bool *empty)
{
	const unsigned long *x = vcpu->arch.guest.x;
	unsigned long fid = x[GPR_A6];
	unsigned long start = x[GPR_A2];
	unsigned long size = x[GPR_A3];
	unsigned long asid = x[GPR_A4];

	if (fid >= ARRAY_SIZE(functions))
		return SBI_ERR_NOT_SUPPORTED;

	*empty = false;
	fence->type = functions[fid].all;
	if (functions[fid].has_asid) {
		if (asid & ~SATP_ASID_MASK)
			return SBI_ERR_INVALID_PARAM;
		fence->asid = asid;
	}

	/* The two ways to say "everything", see "Remote fence" in the spec */
	if (!functions[fid].has_range || size == -1UL || (!start && !size))
		return SBI_SUCCESS;
	if (!size) {
		*empty = true;
		return SBI_SUCCESS;
	}
	if (start + (size - 1) < start)
		return SBI_ERR_INVALID_ADDRESS;
	if (range_to_pages(fence, start, start + (size - 1)))
		fence->type = functions[fid].range;
	return SBI_SUCCESS;
}

static bool in_guest_mode(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->mode) != OUTSIDE_GUEST_MODE;
}

static bool any_in_guest_mode(struct kvm_vcpu *vcpu, struct sbi_harts *harts)
{
	struct kvm_vcpu *target;
	unsigned int i;

	for (i = 0; i < harts->nr; i++) {
		target = sbi_harts_nth(harts, i);
		if (target != vcpu && in_guest_mode(target))
			return true;
	}
	return false;
}

/* Post @fence to all of @harts but this one. Returns how many those are. */
static unsigned int post_others(struct kvm_vcpu *vcpu, struct sbi_harts *harts,
				const struct kvm_riscv_hfence *fence)
{
	unsigned int i, nr = 0;
	struct kvm_vcpu *target;

	for (i = 0; i < harts->nr; i++) {
		target = sbi_harts_nth(harts, i);
		if (target == vcpu)
			continue;
		kvm_riscv_tlb_fence_post(target, fence);
		nr++;
	}
	return nr;
}

/*
 * Fence all of @harts without waiting. Returns false if one of them is in guest
 * mode; fences that were posted by then are done twice, which is harmless.
 */
static bool fence_fast(struct kvm_vcpu *vcpu, struct sbi_harts *harts,
		       const struct kvm_riscv_hfence *fence)
{
	unsigned int others;

	if (any_in_guest_mode(vcpu, harts))
		return false;

	others = post_others(vcpu, harts, fence);
	if (others) {
		/*
		 * The fences and requests before the modes. Pairs with the
		 * smp_store_mb() of the mode before the requests are looked
		 * at: either a vCPU that enters sees the request, or it is
		 * seen in guest mode.
		 */
		smp_mb();
		if (any_in_guest_mode(vcpu, harts))
			return false;
	}

	if (others != harts->nr)
		kvm_riscv_tlb_fence_local(fence);
	return true;
}

static void count_events(struct kvm_vcpu *vcpu, struct sbi_harts *harts)
{
	unsigned long fid = vcpu->arch.guest.x[GPR_A6];
	unsigned int i;

	kvm_riscv_pmu_event(&vcpu->arch.pmu, functions[fid].sent);
	for (i = 0; i < harts->nr; i++)
		kvm_riscv_pmu_event(&sbi_harts_nth(harts, i)->arch.pmu,
				    functions[fid].received);
}

static struct sbiret rfence_fast(struct kvm_vcpu *vcpu)
{
	struct sbi_harts harts __uninitialized;
	struct kvm_riscv_hfence fence = {};
	bool empty;
	long error;

	error = decode(vcpu, &fence, &empty);
	if (error)
		return kvm_riscv_sbi_error(error);
	if (!kvm_riscv_sbi_hart_list(vcpu, &harts))
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	count_events(vcpu, &harts);
	if (!empty && !fence_fast(vcpu, &harts, &fence))
		return kvm_riscv_sbi_leave();
	return kvm_riscv_sbi_value(0);
}

/* The call was checked by rfence_fast(); its arguments are still the same. */
static int rfence_handle(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	DECLARE_BITMAP(mask, KVM_MAX_VCPUS) = {};
	struct sbi_harts harts;
	struct kvm_riscv_hfence fence = {};
	unsigned int i;
	bool empty;

	ret->error = decode(vcpu, &fence, &empty);
	if (ret->error || empty)
		return KVM_RISCV_EXIT_RESUME;
	if (!kvm_riscv_sbi_hart_list(vcpu, &harts)) {
		ret->error = SBI_ERR_INVALID_PARAM;
		return KVM_RISCV_EXIT_RESUME;
	}

	for (i = 0; i < harts.nr; i++)
		__set_bit(sbi_harts_nth(&harts, i)->vcpu_idx, mask);
	kvm_riscv_tlb_fence_vcpus(vcpu->kvm, mask, &fence);
	return KVM_RISCV_EXIT_RESUME;
}

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_rfence = {
	.first = SBI_EXT_RFENCE,
	.last = SBI_EXT_RFENCE,
	.reg_id = KVM_RISCV_SBI_EXT_RFENCE,
	.fast = rfence_fast,
	.handle = rfence_handle,
};
