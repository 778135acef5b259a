// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI HSM: start, stop, status and suspend, their errors, the state in which
 * a hart starts, and two harts that start a third one at the same time.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <signal.h>

#define HSM_START	0
#define HSM_STOP	1
#define HSM_STATUS	2
#define HSM_SUSPEND	3

#define HSM_STARTED	0
#define HSM_STOPPED	1
#define HSM_SUSPENDED	4

#define RET_DEFAULT	0UL
#define NON_RET_DEFAULT	0x80000000UL

/* What a started hart found; it gets the GPA of this as its opaque value. */
struct arrival {
	uint64_t hartid;
	uint64_t opaque;
	uint64_t satp;
	uint64_t sstatus;
	uint64_t count;
};

#define ARR(field)	(offsetof(struct arrival, field))

static struct arrival arrival;

/*
 * Runs at its guest physical address with translation off: position
 * independent, no stack. Records the arrival and stops the hart again.
 */
static __attribute__((naked, aligned(16))) void hart_entry(void)
{
	asm volatile("sd	a0, %0(a1)\n"
		     "sd	a1, %1(a1)\n"
		     "csrr	t0, satp\n"
		     "sd	t0, %2(a1)\n"
		     "csrr	t0, sstatus\n"
		     "sd	t0, %3(a1)\n"
		     "fence	rw, rw\n"
		     "addi	t1, a1, %4\n"
		     "li	t0, 1\n"
		     "amoadd.d	t0, t0, (t1)\n"
		     "li	a7, %5\n"
		     "li	a6, %6\n"
		     "ecall\n"
		     "1: j	1b\n"
		     :: "i" (ARR(hartid)), "i" (ARR(opaque)), "i" (ARR(satp)),
			"i" (ARR(sstatus)), "i" (ARR(count)), "i" (SBI_HSM),
			"i" (HSM_STOP));
}

static long guest_hsm(unsigned long fid, unsigned long a0, unsigned long a1,
		      unsigned long a2)
{
	return guest_sbi(SBI_HSM, fid, a0, a1, a2, 0, 0).error;
}

static long guest_status(unsigned long hart)
{
	struct sbiret ret = guest_sbi(SBI_HSM, HSM_STATUS, hart, 0, 0, 0, 0);

	return ret.error ? ret.error : ret.value;
}

static void guest_wait_status(unsigned long hart, long status)
{
	unsigned long end = guest_time() + 80 * 1000 * 1000;

	while (guest_status(hart) != status)
		__GUEST_ASSERT(guest_time() < end, "hart %lu stays %ld", hart,
			       guest_status(hart));
}

/* A thread that keeps one vCPU running until it is told to end. */
struct runner {
	struct kvm_vcpu *vcpu;
	pthread_t tid;
	bool quit;
	int err;
};

static void *runner_main(void *arg)
{
	struct runner *r = arg;

	do {
		r->err = rv_run_errno(r->vcpu);
	} while (!READ_ONCE(r->quit) && (r->err == EINTR || r->err == EAGAIN));
	return NULL;
}

static void runner_start(struct runner *r, struct kvm_vcpu *vcpu)
{
	rv_interrupt_by(SIGUSR1);
	r->vcpu = vcpu;
	r->quit = false;
	TEST_ASSERT(!pthread_create(&r->tid, NULL, runner_main, r), "thread");
}

/* @want: errno of the last KVM_RUN. */
static void runner_end(struct runner *r, int want)
{
	WRITE_ONCE(r->quit, true);
	r->vcpu->run->immediate_exit = 1;
	pthread_kill(r->tid, SIGUSR1);
	pthread_join(r->tid, NULL);
	TEST_ASSERT(r->err == want, "vCPU %u: KVM_RUN: %s, exit %u",
		    r->vcpu->id, strerror(r->err), r->vcpu->run->exit_reason);
}

/* GPA and VA of the entry code and of the arrival record */
struct places {
	unsigned long entry;
	unsigned long record;
};

static struct places find_places(struct kvm_vm *vm)
{
	return (struct places) {
		.entry = addr_gva2gpa(vm, (uintptr_t)hart_entry),
		.record = addr_gva2gpa(vm, (uintptr_t)&arrival),
	};
}

static void guest_start_stop(unsigned long entry, unsigned long record)
{
	for (unsigned long i = 1; i <= 20; i++) {
		guest_wait_status(1, HSM_STOPPED);
		arrival.opaque = 0;
		GUEST_ASSERT_EQ(guest_hsm(HSM_START, 1, entry, record), 0L);
		GUEST_ASSERT(guest_wait_eq(&arrival.count, i));
		GUEST_ASSERT_EQ(arrival.hartid, 1UL);
		GUEST_ASSERT_EQ(arrival.opaque, record);
		GUEST_ASSERT_EQ(arrival.satp, 0UL);
		GUEST_ASSERT_EQ(arrival.sstatus & 2, 0UL);
	}
	guest_wait_status(1, HSM_STOPPED);
	GUEST_DONE();
}

TEST(start_and_stop)
{
	struct kvm_vcpu *vcpus[2];
	struct runner runner;
	struct places at;
	struct kvm_vm *vm;

	vm = vm_create_with_vcpus(2, guest_start_stop, vcpus);
	at = find_places(vm);
	vcpu_args_set(vcpus[0], 2, at.entry, at.record);
	rv_set_mp_state(vcpus[1], KVM_MP_STATE_STOPPED);
	runner_start(&runner, vcpus[1]);
	rv_run_done(vcpus[0]);
	ASSERT_EQ(KVM_MP_STATE_RUNNABLE, rv_mp_state(vcpus[0]));
	runner_end(&runner, EINTR);
	ASSERT_EQ(KVM_MP_STATE_STOPPED, rv_mp_state(vcpus[1]));
	kvm_vm_free(vm);
}

static void guest_errors(unsigned long entry, unsigned long record)
{
	GUEST_ASSERT_EQ(guest_status(0), (long)HSM_STARTED);
	GUEST_ASSERT_EQ(guest_status(1), (long)HSM_STOPPED);
	GUEST_ASSERT_EQ(guest_status(2), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_status(-1UL), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_status(1UL << 32), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_hsm(HSM_START, 2, entry, record),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_hsm(HSM_START, 1UL << 32, entry, record),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_hsm(HSM_START, 0, entry, record),
			(long)SBI_ERR_ALREADY_AVAILABLE);
	GUEST_ASSERT_EQ(guest_hsm(9, 0, 0, 0), (long)SBI_ERR_NOT_SUPPORTED);
	GUEST_DONE();
}

/* hart 1 stays stopped; VM and arguments for the error tests */
static void run_stopped(void *guest_code)
{
	struct kvm_vcpu *vcpus[2];
	struct kvm_vm *vm = vm_create_with_vcpus(2, guest_code, vcpus);
	struct places at = find_places(vm);

	vcpu_args_set(vcpus[0], 2, at.entry, at.record);
	rv_set_mp_state(vcpus[1], KVM_MP_STATE_STOPPED);
	rv_run_done(vcpus[0]);
	TEST_ASSERT_EQ(rv_mp_state(vcpus[1]), KVM_MP_STATE_STOPPED);
	kvm_vm_free(vm);
}

TEST(errors) { run_stopped(guest_errors); }

static void guest_bad_address(unsigned long entry, unsigned long record)
{
	GUEST_ASSERT_EQ(guest_hsm(HSM_START, 1, HOLE_GPA, record),
			(long)SBI_ERR_INVALID_ADDRESS);
	GUEST_ASSERT_EQ(guest_hsm(HSM_START, 1, -4UL, record),
			(long)SBI_ERR_INVALID_ADDRESS);
	GUEST_ASSERT_EQ(guest_status(1), (long)HSM_STOPPED);
	GUEST_DONE();
}

TEST(start_checks_its_address) { run_stopped(guest_bad_address); }

static void guest_suspend(void)
{
	csr_write(CSR_SIE, 1UL << IRQ_SOFT);
	csr_set(CSR_SIP, 1UL << IRQ_SOFT);
	GUEST_ASSERT_EQ(guest_hsm(HSM_SUSPEND, RET_DEFAULT, 0, 0), 0L);
	/* The type is the low half of the argument. */
	GUEST_ASSERT_EQ(guest_hsm(HSM_SUSPEND, 1UL << 32, 0, 0), 0L);
	GUEST_ASSERT_EQ(guest_hsm(HSM_SUSPEND, NON_RET_DEFAULT, 0x1000, 0),
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(guest_hsm(HSM_SUSPEND, 1, 0, 0),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_hsm(HSM_SUSPEND, 0x7fffffff, 0, 0),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_DONE();
}

TEST(suspend_arguments) { run_stopped(guest_suspend); }

static uint64_t suspend_rounds;

static void guest_sleeper(void)
{
	csr_write(CSR_SIE, 1UL << IRQ_SOFT);
	for (;;) {
		GUEST_ASSERT_EQ(guest_hsm(HSM_SUSPEND, RET_DEFAULT, 0, 0), 0L);
		csr_clear(CSR_SIP, 1UL << IRQ_SOFT);
		WRITE_ONCE(suspend_rounds, suspend_rounds + 1);
	}
}

static void guest_waker(void)
{
	for (unsigned long i = 1; i <= 10; i++) {
		guest_wait_status(1, HSM_SUSPENDED);
		GUEST_ASSERT_EQ(suspend_rounds, i - 1);
		guest_sbi(SBI_IPI, 0, 1, 1, 0, 0, 0);
		GUEST_ASSERT(guest_wait_eq(&suspend_rounds, i));
	}
	GUEST_DONE();
}

TEST(suspend_ends_with_an_ipi)
{
	struct kvm_vcpu *vcpus[2];
	struct runner runner;
	struct kvm_vm *vm;

	vm = vm_create_with_vcpus(2, guest_waker, vcpus);
	vcpu_arch_set_entry_point(vcpus[1], guest_sleeper);
	runner_start(&runner, vcpus[1]);
	rv_run_done(vcpus[0]);
	runner_end(&runner, EINTR);
	kvm_vm_free(vm);
}

#define RACE_ROUNDS	150

static struct {
	uint64_t arrived[2];
	uint64_t started[2];
} race;

/* Harts 0 and 1 meet, then both try to start hart 2. */
static void guest_racer(unsigned long me, unsigned long entry,
			unsigned long record)
{
	for (unsigned long i = 1; i <= RACE_ROUNDS; i++) {
		long ret;

		WRITE_ONCE(race.arrived[me], i);
		while (READ_ONCE(race.arrived[!me]) < i)
			;
		ret = guest_hsm(HSM_START, 2, entry, record);
		__GUEST_ASSERT(!ret || ret == SBI_ERR_ALREADY_AVAILABLE,
			       "start: %ld", ret);
		race.started[me] += !ret;
		guest_wait_status(2, HSM_STOPPED);
	}
	GUEST_DONE();
}

TEST(two_harts_start_a_third)
{
	struct rv_thread threads[2];
	struct kvm_vcpu *vcpus[3];
	struct runner runner;
	uint64_t started;
	struct places at;
	struct kvm_vm *vm;

	vm = vm_create_with_vcpus(3, guest_racer, vcpus);
	at = find_places(vm);
	rv_set_mp_state(vcpus[2], KVM_MP_STATE_STOPPED);
	runner_start(&runner, vcpus[2]);
	for (unsigned long i = 0; i < 2; i++) {
		vcpu_args_set(vcpus[i], 3, i, at.entry, at.record);
		rv_thread_start(&threads[i], vcpus[i]);
	}
	rv_thread_join_done(&threads[0]);
	rv_thread_join_done(&threads[1]);
	runner_end(&runner, EINTR);

	/* Each start that was granted happened, exactly once. */
	sync_global_from_guest(vm, race);
	sync_global_from_guest(vm, arrival);
	started = race.started[0] + race.started[1];
	ASSERT_LE(RACE_ROUNDS, started);
	ASSERT_EQ(started, arrival.count);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
