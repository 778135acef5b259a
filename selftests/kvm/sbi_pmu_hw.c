// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI PMU, hardware counters: they count the guest and nothing else, when they
 * are started and from the value that they are given; their overflow; and no
 * perf event outlives its vCPU.
 */
#include "rvtest.h"
#include "rvharness.h"
#include "pmu.h"

#define CSR_HPMCOUNTER3_NUM	"0xc03"

FIXTURE(hw) {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
};

FIXTURE_SETUP(hw)
{
	self->vm = vm_create_with_one_vcpu(&self->vcpu, NULL);
	if (!pmu_has(self->vcpu))
		SKIP(return, "the host has no Sscofpmf");
}

FIXTURE_TEARDOWN(hw)
{
	kvm_vm_free(self->vm);
}

static void run_on(struct kvm_vcpu *vcpu, void *guest_code)
{
	vcpu_arch_set_entry_point(vcpu, guest_code);
	rv_run_done(vcpu);
}

static void guest_spin(unsigned long n)
{
	while (n--)
		asm volatile("nop");
}

static unsigned long guest_cycle(void)
{
	return csr_read(CSR_CYCLE);
}

/* Illegal without an event, whether there never was one or it was taken away */
static void guest_no_event(void)
{
	struct guest_trap trap;

	for (int i = 0; i < 2; i++) {
		GUEST_TRY(&trap, "rdcycle %[r]");
		GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
		GUEST_TRY(&trap, "rdinstret %[r]");
		GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
		GUEST_TRY(&trap, "csrr %[r], " CSR_HPMCOUNTER3_NUM);
		GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
		GUEST_TRY(&trap, "csrr %[r], hpmcounter31");
		GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);

		guest_pmu_use(CTR_CYCLE, 0, EVENT_CYCLES);
		GUEST_TRY(&trap, "rdcycle %[r]");
		GUEST_ASSERT(!trap.taken && !trap.value);
		GUEST_TRY(&trap, "csrw cycle, x0");
		GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
		guest_pmu_stop(CTR_CYCLE, 1, SBI_PMU_STOP_FLAG_RESET);
	}
	GUEST_DONE();
}

TEST_F(hw, no_counter_without_event) { run_on(self->vcpu, guest_no_event); }

static void guest_fixed(void)
{
	/* Their own events only, and nothing for time */
	GUEST_ASSERT_EQ(guest_pmu_config(CTR_CYCLE, 1, 0, EVENT_INSTRUCTIONS).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(guest_pmu_config(CTR_TIME, 1, 0, EVENT_CYCLES).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(guest_pmu_config(CTR_INSTRET, 1, 0, EVENT_CYCLES).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	/* First choice, then the next best */
	GUEST_ASSERT_EQ(guest_pmu_config(0, 0xff, 0, EVENT_CYCLES).value, 0L);
	GUEST_ASSERT_EQ(guest_pmu_config(0, 0xff, 0, EVENT_INSTRUCTIONS).value,
			2L);
	GUEST_ASSERT_EQ(guest_pmu_config(0, 0xff, 0, EVENT_CYCLES).value, 3L);
	GUEST_ASSERT_EQ(guest_pmu_config(0, 0xff, 0, EVENT_CYCLES).value, 4L);
	GUEST_DONE();
}

TEST_F(hw, fixed_counters) { run_on(self->vcpu, guest_fixed); }

static unsigned long guest_read(unsigned long ctr)
{
	switch (ctr) {
	case CTR_CYCLE:
		return csr_read(CSR_CYCLE);
	case CTR_INSTRET:
		return csr_read(CSR_INSTRET);
	default:
		return csr_read(CSR_HPMCOUNTER3);
	}
}

/* Far more than what may happen between two calls on this host */
#define A_LOT	(1UL << 46)

static void guest_counts(unsigned long ctr, unsigned long event)
{
	unsigned long first, second;

	guest_pmu_use(ctr, 0, event);
	guest_spin(10000);
	GUEST_ASSERT_EQ(guest_read(ctr), 0UL);

	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 0, 0), 0L);
	first = guest_read(ctr);
	guest_spin(10000);
	second = guest_read(ctr);
	__GUEST_ASSERT(second > first, "%lu, then %lu", first, second);
	/* Reading does not count (values did add up once, upstream). */
	GUEST_ASSERT(second < A_LOT);

	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, 0), 0L);
	first = guest_read(ctr);
	GUEST_ASSERT(first >= second && first < A_LOT);
	guest_spin(10000);
	GUEST_ASSERT_EQ(guest_read(ctr), first);

	/* On from where it stopped */
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 0, 0), 0L);
	guest_spin(10000);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, 0), 0L);
	GUEST_ASSERT(guest_read(ctr) > first && guest_read(ctr) < A_LOT);

	/* On from any value: those of which perf makes no period, too */
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 1, 1UL << 62), 0L);
	guest_spin(10000);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, 0), 0L);
	GUEST_ASSERT(guest_read(ctr) - (1UL << 62) - 1 < A_LOT);
	GUEST_ASSERT_EQ(guest_pmu_start(ctr, 1, 1, 100), 0L);
	guest_spin(10000);
	GUEST_ASSERT(guest_read(ctr) - 101 < A_LOT);
	GUEST_ASSERT_EQ(guest_pmu_stop(ctr, 1, SBI_PMU_STOP_FLAG_RESET), 0L);

	/* The value stays with the counter unless it is cleared. */
	guest_pmu_use(ctr, 0, event);
	GUEST_ASSERT(guest_read(ctr) > 100);
	guest_pmu_use(ctr, SBI_PMU_CFG_FLAG_SKIP_MATCH |
		      SBI_PMU_CFG_FLAG_CLEAR_VALUE, event);
	GUEST_ASSERT_EQ(guest_read(ctr), 0UL);
	GUEST_DONE();
}

TEST_F(hw, start_stop_value)
{
	static const struct {
		unsigned long ctr, event;
	} runs[] = {
		{ CTR_CYCLE, EVENT_CYCLES }, { CTR_INSTRET, EVENT_INSTRUCTIONS },
		{ 3, EVENT_CYCLES }, { 3, EVENT_INSTRUCTIONS },
	};

	for (unsigned long i = 0; i < ARRAY_SIZE(runs); i++) {
		struct kvm_vcpu *vcpu;
		struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_counts);

		vcpu_args_set(vcpu, 2, runs[i].ctr, runs[i].event);
		rv_run_done(vcpu);
		kvm_vm_free(vm);
	}
}

/* Time units of the guest for which it spins, and the host after it */
#define SPIN_TIME	5000000UL

static void guest_alone(void)
{
	unsigned long end, in_guest, in_host;

	guest_pmu_use(CTR_CYCLE, SBI_PMU_CFG_FLAG_AUTO_START, EVENT_CYCLES);
	in_guest = guest_cycle();
	end = guest_time() + SPIN_TIME;
	while (guest_time() < end)
		;
	in_guest = guest_cycle() - in_guest;

	in_host = guest_cycle();
	GUEST_SYNC(1);
	in_host = guest_cycle() - in_host;
	__GUEST_ASSERT(in_host < in_guest / 2, "%lu here, %lu in the host",
		       in_guest, in_host);
	GUEST_DONE();
}

TEST_F(hw, host_is_not_counted)
{
	unsigned long end;

	vcpu_arch_set_entry_point(self->vcpu, guest_alone);
	rv_run_sync(self->vcpu, 1);
	end = guest_time() + SPIN_TIME;
	while (guest_time() < end)
		;
	rv_run_done(self->vcpu);
}

static void guest_overflow(void)
{
	GUEST_ASSERT_EQ(guest_pmu_shmem(SNAPSHOT_GPA, 0, 0), 0L);
	guest_pmu_use(CTR_INSTRET, 0, EVENT_INSTRUCTIONS);
	guest_pmu_use(3, 0, EVENT_CYCLES);
	guest_snapshot->overflown = -1UL;
	guest_snapshot->values[0] = 5;
	guest_snapshot->values[1] = -1000UL;
	GUEST_ASSERT_EQ(guest_pmu_start(2, 3, SBI_PMU_START_FLAG_INIT_SNAPSHOT, 0),
			0L);
	guest_spin(100000);
	/* From counter 2 on, the second one has overflown. */
	GUEST_ASSERT_EQ(guest_pmu_stop(2, 3, SBI_PMU_STOP_FLAG_TAKE_SNAPSHOT),
			0L);
	GUEST_ASSERT_EQ(guest_snapshot->overflown, 2UL);
	GUEST_ASSERT(guest_snapshot->values[1] < A_LOT);
	/* It stays so until the counter is started again. */
	guest_snapshot->overflown = 0;
	guest_pmu_stop(0, 4, SBI_PMU_STOP_FLAG_TAKE_SNAPSHOT);
	GUEST_ASSERT_EQ(guest_snapshot->overflown, 8UL);
	GUEST_ASSERT_EQ(guest_pmu_start(3, 1, 0, 0), 0L);
	guest_spin(1000);
	GUEST_ASSERT_EQ(guest_pmu_stop(3, 1, SBI_PMU_STOP_FLAG_TAKE_SNAPSHOT),
			0L);
	GUEST_ASSERT_EQ(guest_snapshot->overflown, 0UL);
	GUEST_DONE();
}

TEST_F(hw, overflow_in_the_snapshot)
{
	pmu_add_snapshot(self->vm, 0);
	run_on(self->vcpu, guest_overflow);
}

static volatile unsigned long overflows;

static void guest_lcofi(struct ex_regs *regs)
{
	csr_clear(CSR_SIP, 1UL << IRQ_PMU_OVF);
	GUEST_ASSERT_EQ(guest_pmu_stop(CTR_CYCLE, 1, 0), 0L);
	overflows++;
}

static void guest_interrupt(void)
{
	unsigned long end = guest_time() + 10 * SPIN_TIME;

	csr_set(CSR_SIE, 1UL << IRQ_PMU_OVF);
	local_irq_enable();
	guest_pmu_use(CTR_CYCLE, 0, EVENT_CYCLES);
	guest_pmu_start(CTR_CYCLE, 1, 1, -1000UL);
	while (!overflows)
		GUEST_ASSERT(guest_time() < end);
	GUEST_ASSERT(guest_cycle() < A_LOT);
	GUEST_DONE();
}

TEST_F(hw, overflow_interrupts)
{
	if (!rv_has_isa(self->vcpu, KVM_RISCV_ISA_EXT_SSCOFPMF))
		SKIP(return, "hvien of the host has no LCOFI");
	vm_init_vector_tables(self->vm);
	vcpu_init_vector_tables(self->vcpu);
	vm_install_interrupt_handler(self->vm, guest_lcofi);
	run_on(self->vcpu, guest_interrupt);
}

static void guest_many(void)
{
	GUEST_ASSERT_EQ(guest_pmu_config(0, 7, SBI_PMU_CFG_FLAG_AUTO_START,
					 EVENT_CYCLES).error, 0L);
	for (int i = 0; i < 6; i++)
		GUEST_ASSERT_EQ(guest_pmu_config(3, 0x3f, i & 1 ?
						 SBI_PMU_CFG_FLAG_AUTO_START : 0,
						 EVENT_CYCLES).error, 0L);
	GUEST_DONE();
}

static void *one_vm(void *arg)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_many);

	rv_run_done(vcpu);
	kvm_vm_free(vm);
	return NULL;
}

/* Objects in use; an event that leaks keeps the thread that it counts. */
static long tasks(void)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	char line[256];
	long n = -1;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "task_struct %ld", &n) == 1)
			break;
	}
	if (f)
		fclose(f);
	return n;
}

static void threads_with_vms(int n)
{
	pthread_t thread;

	while (n--) {
		pthread_create(&thread, NULL, one_vm, NULL);
		pthread_join(thread, NULL);
	}
}

TEST_F(hw, events_end_with_their_vcpu)
{
	long before;

	threads_with_vms(10);
	before = tasks();
	if (before < 0)
		SKIP(return, "no task_struct in /proc/slabinfo");
	threads_with_vms(80);
	usleep(200000);
	ASSERT_LT(tasks(), before + 40);
}

TEST_HARNESS_MAIN
