/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual performance counters of a vCPU, as the SBI PMU extension and the
 * counter CSRs show them to its guest.
 *
 * Counter 0 is cycle and counter 2 instret; there is no counter 1, whose CSR is
 * time. Up to nr_hw, counter n is CSR_CYCLE + n; it counts what a perf event of
 * the vCPU's thread counts. Those from nr_hw on have no CSR and count firmware
 * events: what KVM does for the guest.
 *
 * Everything here belongs to the vCPU's own thread, but for @fw_events and the
 * values of firmware counters: other vCPUs count what they send.
 */
#ifndef _KVM_RISCV_PMU_H
#define _KVM_RISCV_PMU_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kvm_types.h>
#include <linux/types.h>
#include <asm/sbi.h>

struct kvm_vcpu;
struct perf_event;

/* As many counters as there are CSRs, and one for each firmware event */
#define KVM_RISCV_PMU_HW_MAX	32
#define KVM_RISCV_PMU_FW_MAX	SBI_PMU_FW_MAX

/**
 * struct kvm_riscv_pmu_hw - a counter with a CSR
 * @base: its value when @event began to count, or since it was stopped
 * @event: counts for it; NULL if no event is configured
 */
struct kvm_riscv_pmu_hw {
	u64 base;
	struct perf_event *event;
};

/**
 * struct kvm_riscv_pmu_fw - a counter of firmware events
 * @value: its value
 * @code: SBI_PMU_FW_*, which it counts
 */
struct kvm_riscv_pmu_fw {
	atomic64_t value;
	u16 code;
};

/**
 * struct kvm_riscv_pmu - the counters of a vCPU
 * @fw_events: bit per SBI_PMU_FW_* that any counter counts just now
 * @nr_hw: how many have a CSR, with the gap; 0 if the host has no such PMU
 * @configured: counters that have an event
 * @started: the subset that counts
 * @overflown: hardware counters that wrapped around since they were started
 * @snapshot: page in which the guest wants values of counters, or INVALID_GPA
 * @hw: counters by number
 * @fw: counters from @nr_hw on
 */
struct kvm_riscv_pmu {
	unsigned long fw_events;
	unsigned int nr_hw;
	u64 configured;
	u64 started;
	unsigned long overflown;
	gpa_t snapshot;
	struct kvm_riscv_pmu_hw hw[KVM_RISCV_PMU_HW_MAX];
	struct kvm_riscv_pmu_fw fw[KVM_RISCV_PMU_FW_MAX];
};

void kvm_riscv_pmu_init_vcpu(struct kvm_vcpu *vcpu);
void kvm_riscv_pmu_reset(struct kvm_vcpu *vcpu);
void kvm_riscv_pmu_poll(struct kvm_vcpu *vcpu);

bool kvm_riscv_pmu_can_count(struct kvm_vcpu *vcpu, unsigned int ctr,
			     unsigned long event_idx);
int kvm_riscv_pmu_configure(struct kvm_vcpu *vcpu, unsigned int ctr,
			    unsigned long event_idx, u64 data,
			    unsigned long flags);
void kvm_riscv_pmu_release(struct kvm_vcpu *vcpu, unsigned int ctr);
void kvm_riscv_pmu_start(struct kvm_vcpu *vcpu, unsigned int ctr);
void kvm_riscv_pmu_stop(struct kvm_vcpu *vcpu, unsigned int ctr);
u64 kvm_riscv_pmu_read(struct kvm_vcpu *vcpu, unsigned int ctr);
bool kvm_riscv_pmu_read_csr(struct kvm_vcpu *vcpu, unsigned int csr,
			    unsigned long *val);
void kvm_riscv_pmu_write(struct kvm_vcpu *vcpu, unsigned int ctr, u64 value);
void kvm_riscv_pmu_count(struct kvm_riscv_pmu *pmu, unsigned int code);

/**
 * kvm_riscv_pmu_nr() - how many counters there are, the gap included
 * @pmu: the counters
 */
static inline unsigned int kvm_riscv_pmu_nr(const struct kvm_riscv_pmu *pmu)
{
	return pmu->nr_hw ? pmu->nr_hw + KVM_RISCV_PMU_FW_MAX : 0;
}

/**
 * kvm_riscv_pmu_event() - a firmware event happened to a vCPU
 * @pmu: its counters
 * @code: SBI_PMU_FW_*
 *
 * Context: Any thread.
 */
static __always_inline void kvm_riscv_pmu_event(struct kvm_riscv_pmu *pmu,
						unsigned int code)
{
	if (unlikely(READ_ONCE(pmu->fw_events) & BIT(code)))
		kvm_riscv_pmu_count(pmu, code);
}

#endif /* _KVM_RISCV_PMU_H */
