// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI PMU: its calls and their errors, firmware counters against known counts,
 * snapshots. What hardware counts is in sbi_pmu_hw.c.
 */
#include "rvtest.h"
#include "rvharness.h"
#include "pmu.h"

#define FID_UNKNOWN	8UL

FIXTURE(pmu) {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[2];
};

FIXTURE_SETUP(pmu)
{
	self->vm = vm_create_with_vcpus(2, NULL, self->vcpus);
	if (!pmu_has(self->vcpus[0]))
		SKIP(return, "the host has no Sscofpmf");
}

FIXTURE_TEARDOWN(pmu)
{
	kvm_vm_free(self->vm);
}

static void run_on(struct kvm_vcpu *vcpu, void *guest_code)
{
	vcpu_arch_set_entry_point(vcpu, guest_code);
	rv_run_done(vcpu);
}

static void guest_info(void)
{
	long nr = guest_pmu_nr();
	struct sbiret ret;

	GUEST_ASSERT(nr > 3 && nr <= 64);
	for (long ctr = 0; ctr < nr; ctr++) {
		ret = guest_pmu(SBI_EXT_PMU_COUNTER_GET_INFO, ctr, 0, 0, 0, 0);
		if (ctr == CTR_TIME) {
			GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_INVALID_PARAM);
			continue;
		}
		GUEST_ASSERT_EQ(ret.error, 0L);
		if (ret.value < 0)
			continue;
		GUEST_ASSERT_EQ(ret.value & 0xfff, 0xc00 + ctr);
		GUEST_ASSERT_EQ((ret.value >> 12) & 0x3f, 63L);
	}
	GUEST_ASSERT(guest_pmu_is_fw(nr - 1));
	GUEST_ASSERT(!guest_pmu_is_fw(CTR_CYCLE));

	ret = guest_pmu(SBI_EXT_PMU_COUNTER_GET_INFO, nr, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_INVALID_PARAM);
	ret = guest_pmu(SBI_EXT_PMU_COUNTER_GET_INFO, -1UL, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_INVALID_PARAM);
	ret = guest_pmu(FID_UNKNOWN, 0, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	ret = guest_pmu(-1UL, 0, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	GUEST_DONE();
}

TEST_F(pmu, counter_info) { run_on(self->vcpus[0], guest_info); }

static void guest_without(void)
{
	struct guest_trap trap;

	GUEST_ASSERT(!guest_sbi(SBI_EXT_BASE, SBI_EXT_BASE_PROBE_EXT,
				SBI_EXT_PMU, 0, 0, 0, 0).value);
	GUEST_ASSERT_EQ(guest_pmu(SBI_EXT_PMU_NUM_COUNTERS, 0, 0, 0, 0, 0).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_TRY(&trap, "rdcycle %[r]");
	GUEST_ASSERT(!trap.taken && !trap.value);
	GUEST_TRY(&trap, "csrr %[r], hpmcounter3");
	GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
	GUEST_DONE();
}

TEST_F(pmu, switched_off)
{
	vcpu_set_reg(self->vcpus[0], RISCV_SBI_EXT_REG(KVM_RISCV_SBI_EXT_PMU), 0);
	run_on(self->vcpus[0], guest_without);
}

/* Sets that are empty, or reach behind the last counter, also by overflow */
static void guest_bad_sets(void)
{
	unsigned long nr = guest_pmu_nr();
	const struct {
		unsigned long base, mask;
	} bad[] = {
		{ 0, 0 }, { nr, 1 }, { nr - 1, 2 }, { 0, 1UL << nr },
		{ -1UL, 1 }, { -1UL, 2 }, { -1UL, -1UL }, { 1UL << 63, 1 },
		{ nr - 1, -1UL }, { 1UL << 32, 1 },
	};

	for (unsigned long i = 0; i < ARRAY_SIZE(bad); i++) {
		unsigned long base = bad[i].base, mask = bad[i].mask;
		struct sbiret ret;

		ret = guest_pmu_config(base, mask, 0, EVENT_FW(5));
		__GUEST_ASSERT(ret.error == SBI_ERR_INVALID_PARAM,
			       "config %#lx %#lx: %ld", base, mask, ret.error);
		GUEST_ASSERT_EQ(guest_pmu_start(base, mask, 0, 0),
				(long)SBI_ERR_INVALID_PARAM);
		GUEST_ASSERT_EQ(guest_pmu_stop(base, mask, 0),
				(long)SBI_ERR_INVALID_PARAM);
	}
	GUEST_DONE();
}

TEST_F(pmu, bad_sets) { run_on(self->vcpus[0], guest_bad_sets); }

static void guest_bad_flags(void)
{
	unsigned long ctr = guest_pmu_first_fw();

	GUEST_ASSERT_EQ(guest_pmu_config(ctr, 1, 1UL << 8, EVENT_FW(5)).error,
			(long)SBI_ERR_INVALID_PARAM);
	guest_pmu_use(ctr, 0, EVENT_FW(5));
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 4, 0),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 3, 0),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 0, 0), 0L);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, 4), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, 0), 0L);
	GUEST_DONE();
}

TEST_F(pmu, bad_flags) { run_on(self->vcpus[0], guest_bad_flags); }

static void guest_bad_events(void)
{
	static const struct {
		unsigned long event, data;
	} bad[] = {
		{ 0, 0 }, { 11, 0 }, { 0xffff, 0 }, { EVENT_CYCLES, 1 },
		{ 0x10000 | 7 << 3, 0 }, { 0x10000 | 3 << 1, 0 },
		{ 0x1ffff, 0 }, { EVENT_RAW | 1, 0 }, { EVENT_RAW, 1UL << 48 },
		{ EVENT_RAW_V2 | 1, 0 }, { EVENT_RAW_V2, 1UL << 56 },
		{ 0x40000, 0 }, { EVENT_FW(22), 0 }, { EVENT_FW(0xffff), 0 },
		{ EVENT_FW(5), 1 }, { 0x100000 | EVENT_CYCLES, 0 },
		{ 1UL << 32 | EVENT_CYCLES, 0 }, { -1UL, 0 },
	};
	unsigned long all = (1UL << guest_pmu_nr()) - 1;
	struct sbiret ret;

	for (unsigned long i = 0; i < ARRAY_SIZE(bad); i++) {
		ret = guest_pmu(SBI_EXT_PMU_COUNTER_CFG_MATCH, 0, all, 0,
				bad[i].event, bad[i].data);
		__GUEST_ASSERT(ret.error == SBI_ERR_NOT_SUPPORTED,
			       "event %#lx: %ld", bad[i].event, ret.error);
	}
	/* A firmware event has no business in a hardware counter. */
	ret = guest_pmu_config(0, 0xf, 0, EVENT_FW(5));
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	ret = guest_pmu_config(guest_pmu_first_fw(), 1, 0, EVENT_CYCLES);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	/* Had one of them been configured, it would start. */
	GUEST_ASSERT_EQ(guest_pmu_start(0, all, 0, 0),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_pmu_stop(0, all, 0), (long)SBI_ERR_INVALID_PARAM);
	GUEST_DONE();
}

TEST_F(pmu, bad_events) { run_on(self->vcpus[0], guest_bad_events); }

static void guest_states(void)
{
	unsigned long ctr = guest_pmu_first_fw();
	long nr = guest_pmu_nr();
	unsigned long all = (1UL << (nr - ctr)) - 1;

	/* Not configured: an error, but the rest of the set is served. */
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 0, 0),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, 0), (long)SBI_ERR_INVALID_PARAM);
	guest_pmu_use(ctr, 0, EVENT_FW(SBI_PMU_FW_SET_TIMER));
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 3, 0, 0),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 0, 0),
			(long)SBI_ERR_ALREADY_STARTED);
	/* A value is not set under a running counter. */
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 1, 77),
			(long)SBI_ERR_ALREADY_STARTED);
	GUEST_ASSERT_EQ(guest_pmu_fw(ctr), 0L);

	/* Taken, and started; then free again */
	GUEST_ASSERT_EQ(guest_pmu_config(ctr, 1, 0, EVENT_FW(6)).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(guest_pmu_config(ctr, 1, 1, EVENT_FW(6)).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, 0), 0L);
	guest_pmu_use(ctr, SBI_PMU_CFG_FLAG_SKIP_MATCH, EVENT_FW(6));
	GUEST_ASSERT_EQ(guest_pmu_config(CTR_TIME, 1, 1, EVENT_CYCLES).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, SBI_PMU_STOP_FLAG_RESET),
			(long)SBI_ERR_ALREADY_STOPPED);
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 0, 0),
			(long)SBI_ERR_INVALID_PARAM);

	/* As many as there are, and not one more */
	for (long n = ctr; n < nr; n++)
		GUEST_ASSERT_EQ(guest_pmu_config(ctr, all, 0, EVENT_FW(6)).value,
				n);
	GUEST_ASSERT_EQ(guest_pmu_config(ctr, all, 0, EVENT_FW(6)).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_DONE();
}

TEST_F(pmu, states_of_a_counter) { run_on(self->vcpus[0], guest_states); }

static void guest_not_fw(void)
{
	unsigned long bad[] = { 0, 1, 3, guest_pmu_nr(), -1UL };
	struct sbiret ret;

	for (unsigned long i = 0; i < ARRAY_SIZE(bad); i++) {
		ret = guest_pmu(SBI_EXT_PMU_COUNTER_FW_READ, bad[i], 0, 0, 0, 0);
		GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_INVALID_PARAM);
		ret = guest_pmu(SBI_EXT_PMU_COUNTER_FW_READ_HI, bad[i], 0, 0, 0,
				0);
		GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_INVALID_PARAM);
	}
	ret = guest_pmu(SBI_EXT_PMU_COUNTER_FW_READ_HI, guest_pmu_nr() - 1, 0, 0,
			0, 0);
	GUEST_ASSERT(!ret.error && !ret.value);
	GUEST_DONE();
}

TEST_F(pmu, fw_read_wants_a_firmware_counter)
{
	run_on(self->vcpus[0], guest_not_fw);
}

static void guest_illegal(unsigned int n)
{
	struct guest_trap trap;

	while (n--)
		GUEST_TRY(&trap, ".4byte 0xffffffff");
}

/* Does each thing of which firmware counters tell a number of times of its own */
static void guest_act(void)
{
	for (int i = 0; i < 2; i++)
		guest_sbi(SBI_TIME, 0, -1UL, 0, 0, 0, 0);
	for (int i = 0; i < 3; i++)
		guest_sbi(SBI_IPI, 0, 1, 0, 0, 0, 0);
	for (int i = 0; i < 4; i++)
		guest_sbi(SBI_RFENCE, 0, 1, 0, 0, 0, 0);
	for (int i = 0; i < 5; i++)
		guest_sbi(SBI_RFENCE, 1, 1, 0, 0, 0, 0);
	for (int i = 0; i < 6; i++)
		guest_sbi(SBI_RFENCE, 2, 1, 0, 0, 0, 0);
	guest_illegal(7);
	/* Errors are no events. */
	guest_sbi(SBI_IPI, 0, 1, 4000, 0, 0, 0);
	guest_sbi(SBI_RFENCE, 0, 1, 4000, 0, 0, 0);
	guest_sbi(SBI_TIME, 1, 0, 0, 0, 0, 0);
}

static const struct {
	unsigned long code;
	long times;
} acts[] = {
	{ SBI_PMU_FW_SET_TIMER, 2 },
	{ SBI_PMU_FW_IPI_SENT, 3 },
	{ SBI_PMU_FW_IPI_RCVD, 3 },
	{ SBI_PMU_FW_FENCE_I_SENT, 4 },
	{ SBI_PMU_FW_FENCE_I_RCVD, 4 },
	{ SBI_PMU_FW_SFENCE_VMA_SENT, 5 },
	{ SBI_PMU_FW_SFENCE_VMA_RCVD, 5 },
	{ SBI_PMU_FW_SFENCE_VMA_ASID_SENT, 6 },
	{ SBI_PMU_FW_SFENCE_VMA_ASID_RCVD, 6 },
	{ SBI_PMU_FW_ILLEGAL_INSN, 7 },
	{ SBI_PMU_FW_HFENCE_GVMA_SENT, 0 },
	/* A second counter of the same event */
	{ SBI_PMU_FW_SET_TIMER, 2 },
};

static void guest_expect(unsigned long ctr, unsigned long i, long value)
{
	__GUEST_ASSERT(guest_pmu_fw(ctr) == value, "event %lu: %ld, not %ld",
		       acts[i].code, guest_pmu_fw(ctr), value);
}

static void guest_counts(void)
{
	unsigned long fw = guest_pmu_first_fw();
	unsigned long mask = (1UL << ARRAY_SIZE(acts)) - 1;

	for (unsigned long i = 0; i < ARRAY_SIZE(acts); i++)
		guest_pmu_use(fw + i, 0, EVENT_FW(acts[i].code));
	/* Not before they are started, and not after they are stopped */
	guest_act();
	GUEST_ASSERT_EQ(guest_pmu_start(fw, mask, 0, 0), 0L);
	guest_act();
	GUEST_ASSERT_EQ(guest_pmu_stop(fw, mask, 0), 0L);
	guest_act();
	for (unsigned long i = 0; i < ARRAY_SIZE(acts); i++)
		guest_expect(fw + i, i, acts[i].times);

	/* On from there, on from a value, and from zero; read while it counts */
	GUEST_ASSERT_EQ(guest_pmu_start(fw, mask, 0, 0), 0L);
	guest_act();
	for (unsigned long i = 0; i < ARRAY_SIZE(acts); i++)
		guest_expect(fw + i, i, 2 * acts[i].times);
	GUEST_ASSERT_EQ(guest_pmu_stop(fw, mask, 0), 0L);
	GUEST_ASSERT_EQ(guest_pmu_start(fw, mask, 1, 1UL << 40), 0L);
	guest_act();
	GUEST_ASSERT_EQ(guest_pmu_stop(fw, mask, SBI_PMU_STOP_FLAG_RESET), 0L);
	for (unsigned long i = 0; i < ARRAY_SIZE(acts); i++) {
		guest_expect(fw + i, i, (1L << 40) + acts[i].times);
		guest_pmu_use(fw + i, SBI_PMU_CFG_FLAG_CLEAR_VALUE |
			      SBI_PMU_CFG_FLAG_AUTO_START,
			      EVENT_FW(acts[i].code));
	}
	guest_act();
	for (unsigned long i = 0; i < ARRAY_SIZE(acts); i++)
		guest_expect(fw + i, i, acts[i].times);
	GUEST_DONE();
}

TEST_F(pmu, firmware_counters) { run_on(self->vcpus[0], guest_counts); }

static void guest_receiver(void)
{
	static const unsigned long codes[] = {
		SBI_PMU_FW_IPI_RCVD, SBI_PMU_FW_FENCE_I_RCVD,
		SBI_PMU_FW_SFENCE_VMA_RCVD, SBI_PMU_FW_IPI_SENT,
	};
	unsigned long fw = guest_pmu_first_fw();

	for (unsigned long i = 0; i < ARRAY_SIZE(codes); i++)
		guest_pmu_use(fw + i, SBI_PMU_CFG_FLAG_AUTO_START,
			      EVENT_FW(codes[i]));
	GUEST_SYNC(1);
	GUEST_ASSERT_EQ(guest_pmu_fw(fw), 2L);
	GUEST_ASSERT_EQ(guest_pmu_fw(fw + 1), 3L);
	GUEST_ASSERT_EQ(guest_pmu_fw(fw + 2), 4L);
	GUEST_ASSERT_EQ(guest_pmu_fw(fw + 3), 0L);
	GUEST_DONE();
}

static void guest_sender(void)
{
	for (int i = 0; i < 2; i++)
		guest_sbi(SBI_IPI, 0, 2, 0, 0, 0, 0);
	for (int i = 0; i < 3; i++)
		guest_sbi(SBI_RFENCE, 0, 0, -1UL, 0, 0, 0);
	for (int i = 0; i < 4; i++)
		guest_sbi(SBI_RFENCE, 1, 3, 0, 0x1000, 0x1000, 0);
	GUEST_DONE();
}

TEST_F(pmu, events_from_another_vcpu)
{
	vcpu_arch_set_entry_point(self->vcpus[1], guest_receiver);
	rv_run_sync(self->vcpus[1], 1);
	run_on(self->vcpus[0], guest_sender);
	rv_run_done(self->vcpus[1]);
}

static void guest_bad_shmem(void)
{
	unsigned long ctr = guest_pmu_first_fw();

	guest_pmu_use(ctr, 0, EVENT_FW(SBI_PMU_FW_SET_TIMER));
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 2, 0), (long)SBI_ERR_NO_SHMEM);
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 0, 0), 0L);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, 2), (long)SBI_ERR_NO_SHMEM);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, 0), 0L);

	GUEST_ASSERT_EQ(guest_pmu_shmem(SNAPSHOT_GPA, 0, 1),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_pmu_shmem(SNAPSHOT_GPA + 8, 0, 0),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_pmu_shmem(-1UL, 0, 0), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_pmu_shmem(SNAPSHOT_GPA, 1, 0),
			(long)SBI_ERR_INVALID_ADDRESS);
	GUEST_ASSERT_EQ(guest_pmu_shmem(SNAPSHOT_GPA + 0x1000, 0, 0),
			(long)SBI_ERR_INVALID_ADDRESS);
	GUEST_ASSERT_EQ(guest_pmu_shmem(1UL << 62, 0, 0),
			(long)SBI_ERR_INVALID_ADDRESS);
	/* The slot is read-only. */
	GUEST_ASSERT_EQ(guest_pmu_shmem(SNAPSHOT_GPA, 0, 0),
			(long)SBI_ERR_INVALID_ADDRESS);
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 2, 0), (long)SBI_ERR_NO_SHMEM);
	GUEST_DONE();
}

TEST_F(pmu, bad_snapshot_memory)
{
	pmu_add_snapshot(self->vm, KVM_MEM_READONLY);
	run_on(self->vcpus[0], guest_bad_shmem);
}

static void guest_snapshot_values(void)
{
	unsigned long fw = guest_pmu_first_fw();

	GUEST_ASSERT_EQ(guest_pmu_shmem(SNAPSHOT_GPA, 0, 0), 0L);
	guest_pmu_use(fw + 1, 0, EVENT_FW(SBI_PMU_FW_SET_TIMER));
	guest_pmu_use(fw + 3, 0, EVENT_FW(SBI_PMU_FW_IPI_SENT));
	for (int i = 0; i < 64; i++)
		guest_snapshot->values[i] = 1000 + i;

	/* Counters fw + 1 and fw + 3 are the first and third from fw + 1. */
	GUEST_ASSERT_EQ(guest_pmu_start(fw + 1, 5, 2, 0), 0L);
	GUEST_ASSERT_EQ(guest_pmu_fw(fw + 1), 1000L);
	GUEST_ASSERT_EQ(guest_pmu_fw(fw + 3), 1002L);
	guest_act();
	GUEST_ASSERT_EQ(guest_pmu_stop(fw + 1, 5, 2), 0L);
	GUEST_ASSERT_EQ(guest_snapshot->values[0], 1002UL);
	GUEST_ASSERT_EQ(guest_snapshot->values[1], 1001UL);
	GUEST_ASSERT_EQ(guest_snapshot->values[2], 1005UL);
	GUEST_ASSERT_EQ(guest_snapshot->values[3], 1003UL);
	GUEST_ASSERT_EQ(guest_snapshot->overflown, 0UL);

	/* Other base, other places; stopped counters are saved as well */
	GUEST_ASSERT_EQ(guest_pmu_stop(fw, 10, 2), (long)SBI_ERR_ALREADY_STOPPED);
	GUEST_ASSERT_EQ(guest_snapshot->values[1], 1002UL);
	GUEST_ASSERT_EQ(guest_snapshot->values[3], 1005UL);

	GUEST_SYNC(1);
	/* The memory is gone: an error, and nothing half done. */
	GUEST_ASSERT_EQ(guest_pmu_start(fw + 1, 5, 2, 0), (long)SBI_ERR_FAILURE);
	GUEST_ASSERT_EQ(guest_pmu_start(fw + 1, 5, 0, 0), 0L);
	guest_act();
	GUEST_ASSERT_EQ(guest_pmu_stop(fw + 1, 5, 2), (long)SBI_ERR_FAILURE);
	guest_act();
	GUEST_ASSERT_EQ(guest_pmu_fw(fw + 1), 1004L);
	GUEST_ASSERT_EQ(guest_pmu_fw(fw + 3), 1008L);

	GUEST_ASSERT_EQ(guest_pmu_shmem(-1UL, -1UL, 0), 0L);
	GUEST_ASSERT_EQ(guest_pmu_start(fw + 1, 5, 2, 0), (long)SBI_ERR_NO_SHMEM);
	GUEST_DONE();
}

TEST_F(pmu, snapshot_of_values)
{
	pmu_add_snapshot(self->vm, 0);
	vcpu_arch_set_entry_point(self->vcpus[0], guest_snapshot_values);
	rv_run_sync(self->vcpus[0], 1);
	vm_mem_region_delete(self->vm, SNAPSHOT_SLOT);
	rv_run_done(self->vcpus[0]);
}

/* What the PMU says to a hart that was just started; begins as no error at all */
static struct {
	long start;
	long snapshot;
} after_reset = { 1, 1 };

/*
 * A started hart runs at its guest physical address and has no stack. Tries to
 * start counter 0, without a snapshot and with one, then leaves to user space.
 */
static __attribute__((naked, aligned(16))) void hart_entry(void)
{
	asm volatile("mv	s0, a1\n"
		     "li	a7, %0\n"
		     "li	a6, %1\n"
		     "li	a0, 0\n"
		     "li	a1, 1\n"
		     "li	a2, 0\n"
		     "ecall\n"
		     "sd	a0, 0(s0)\n"
		     "li	a0, 0\n"
		     "li	a1, 1\n"
		     "li	a2, 2\n"
		     "ecall\n"
		     "sd	a0, 8(s0)\n"
		     "li	a7, 0x08000000\n"
		     "ecall\n"
		     "1: j	1b\n"
		     :: "i" (SBI_EXT_PMU), "i" (SBI_EXT_PMU_COUNTER_START));
}

static void guest_before_reset(void)
{
	GUEST_ASSERT_EQ(guest_pmu_shmem(SNAPSHOT_GPA, 0, 0), 0L);
	guest_pmu_use(CTR_CYCLE, 0, EVENT_CYCLES);
	GUEST_ASSERT_EQ(guest_pmu_start(CTR_CYCLE, 1, 2, 0), 0L);
	guest_sbi(SBI_HSM, 1, 0, 0, 0, 0, 0);
	GUEST_FAIL("came back from hart_stop");
}

static void guest_restarter(unsigned long entry, unsigned long result)
{
	while (guest_sbi(SBI_HSM, 2, 1, 0, 0, 0, 0).value != 1)
		;
	GUEST_ASSERT_EQ(guest_sbi(SBI_HSM, 0, 1, entry, result, 0, 0).error, 0L);
	GUEST_DONE();
}

TEST_F(pmu, reset_forgets)
{
	struct rv_thread thread;
	long *result = addr_gva2hva(self->vm, (vm_vaddr_t)&after_reset);

	pmu_add_snapshot(self->vm, 0);
	vcpu_arch_set_entry_point(self->vcpus[1], guest_before_reset);
	rv_thread_start(&thread, self->vcpus[1]);

	vcpu_args_set(self->vcpus[0], 2,
		      addr_gva2gpa(self->vm, (vm_vaddr_t)hart_entry),
		      addr_gva2gpa(self->vm, (vm_vaddr_t)&after_reset));
	run_on(self->vcpus[0], guest_restarter);
	pthread_join(thread.tid, NULL);
	ASSERT_EQ(SBI_ERR_INVALID_PARAM, result[0]);
	ASSERT_EQ(SBI_ERR_NO_SHMEM, result[1]);
}

TEST_HARNESS_MAIN
