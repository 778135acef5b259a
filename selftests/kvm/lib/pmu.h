/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of SBI PMU, as a guest makes them. */
#ifndef PMU_H
#define PMU_H

#include "rvtest.h"

/* Younger than the selftest library of 6.12 */
#define SBI_ERR_NO_SHMEM	(-9)

/* Firmware events, "PMU Firmware Events" */
enum {
	SBI_PMU_FW_ILLEGAL_INSN = 4,
	SBI_PMU_FW_SET_TIMER,
	SBI_PMU_FW_IPI_SENT,
	SBI_PMU_FW_IPI_RCVD,
	SBI_PMU_FW_FENCE_I_SENT,
	SBI_PMU_FW_FENCE_I_RCVD,
	SBI_PMU_FW_SFENCE_VMA_SENT,
	SBI_PMU_FW_SFENCE_VMA_RCVD,
	SBI_PMU_FW_SFENCE_VMA_ASID_SENT,
	SBI_PMU_FW_SFENCE_VMA_ASID_RCVD,
	SBI_PMU_FW_HFENCE_GVMA_SENT,
};

#define EVENT_CYCLES		1UL
#define EVENT_INSTRUCTIONS	2UL
#define EVENT_RAW		0x20000UL
#define EVENT_RAW_V2		0x30000UL
#define EVENT_FW(code)		(0xf0000UL | (code))

#define CTR_CYCLE		0UL
#define CTR_TIME		1UL
#define CTR_INSTRET		2UL

#define SNAPSHOT_GPA		(1UL << 30)
#define SNAPSHOT_SLOT		1

/* Layout of the shared page, see "Set PMU snapshot shared memory" */
struct pmu_snapshot {
	uint64_t overflown;
	uint64_t values[64];
};

#define guest_snapshot	((volatile struct pmu_snapshot *)SNAPSHOT_GPA)

static inline struct sbiret guest_pmu(unsigned long fid, unsigned long a0,
				      unsigned long a1, unsigned long a2,
				      unsigned long a3, unsigned long a4)
{
	return guest_sbi(SBI_EXT_PMU, fid, a0, a1, a2, a3, a4);
}

static inline long guest_pmu_nr(void)
{
	return guest_pmu(SBI_EXT_PMU_NUM_COUNTERS, 0, 0, 0, 0, 0).value;
}

static inline bool guest_pmu_is_fw(unsigned long ctr)
{
	return guest_pmu(SBI_EXT_PMU_COUNTER_GET_INFO, ctr, 0, 0, 0, 0).value < 0;
}

static inline unsigned long guest_pmu_first_fw(void)
{
	unsigned long ctr = 3;

	while (!guest_pmu_is_fw(ctr))
		ctr++;
	return ctr;
}

static inline struct sbiret guest_pmu_config(unsigned long base,
					     unsigned long mask,
					     unsigned long flags,
					     unsigned long event)
{
	return guest_pmu(SBI_EXT_PMU_COUNTER_CFG_MATCH, base, mask, flags,
			 event, 0);
}

/* Configures counter @ctr, and no other */
static inline void guest_pmu_use(unsigned long ctr, unsigned long flags,
				 unsigned long event)
{
	struct sbiret ret = guest_pmu_config(ctr, 1, flags, event);

	__GUEST_ASSERT(!ret.error && ret.value == (long)ctr,
		       "counter %lu, event %#lx: %ld, %ld", ctr, event,
		       ret.error, ret.value);
}

static inline long guest_pmu_start(unsigned long base, unsigned long mask,
				   unsigned long flags, unsigned long value)
{
	return guest_pmu(SBI_EXT_PMU_COUNTER_START, base, mask, flags, value,
			 0).error;
}

static inline long guest_pmu_stop(unsigned long base, unsigned long mask,
				  unsigned long flags)
{
	return guest_pmu(SBI_EXT_PMU_COUNTER_STOP, base, mask, flags, 0, 0).error;
}

static inline long guest_pmu_fw(unsigned long ctr)
{
	struct sbiret ret = guest_pmu(SBI_EXT_PMU_COUNTER_FW_READ, ctr, 0, 0,
				      0, 0);

	GUEST_ASSERT_EQ(ret.error, 0L);
	return ret.value;
}

static inline long guest_pmu_shmem(unsigned long lo, unsigned long hi,
				   unsigned long flags)
{
	return guest_pmu(SBI_EXT_PMU_SNAPSHOT_SET_SHMEM, lo, hi, flags, 0,
			 0).error;
}

static inline bool pmu_has(struct kvm_vcpu *vcpu)
{
	return __vcpu_has_sbi_ext(vcpu, KVM_RISCV_SBI_EXT_PMU);
}

static inline void pmu_add_snapshot(struct kvm_vm *vm, uint32_t flags)
{
	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, SNAPSHOT_GPA,
				    SNAPSHOT_SLOT, 1, flags);
	virt_map(vm, SNAPSHOT_GPA, SNAPSHOT_GPA, 1);
}

#endif /* PMU_H */
