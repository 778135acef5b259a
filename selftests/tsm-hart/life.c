// SPDX-License-Identifier: GPL-2.0-only
/*
 * TVMs that the host builds, on each hart: they run, need memory, share some,
 * have a device, start a vCPU, and end.
 */

#include "tvm.h"

#define CAUSE_VS_CALL	10
#define CAUSE_LOAD	21
#define CAUSE_VIRTUAL	22
#define CAUSE_STORE	23
#define SHARED		0x80200000UL
#define DEVICE		0x10000000UL

static uint64_t shared[MAX_HARTS][512] __attribute__((aligned(4096)));

/* Of each hart: 0, or where it went wrong. */
static unsigned int wrong[MAX_HARTS];

#define CHECK(good) do { \
	if (!wrong[this_hart->number] && !(good)) \
		wrong[this_hart->number] = __LINE__; \
} while (0)

/* A program that lacks nothing but memory, from its first page to its end. */
static void run_main(void)
{
	uint64_t id = tvm_build(tvm_main);
	struct tvm_exit exit;

	CHECK(id);
	exit = tvm_run_on(id, 0);
	CHECK(tvm_shut_down(&exit));
	/* It is dead, which isn't gone. */
	CHECK(ERROR(RUN_VCPU, id, 0) == COVE_ERR_INVALID_PARAM);
	CHECK(ERROR(TVM_FENCE, id) == COVE_ERR_INVALID_PARAM);
	CHECK(tvm_gone(id));
}

/* Told of the share; then it faults there, and finds the host's page. */
static void run_share(void)
{
	uint64_t *page = shared[this_hart->number], id = tvm_build(tvm_share);
	struct tvm_exit exit;

	page[0] = 0x5555;
	page[1] = 0;
	CHECK(id);
	exit = tvm_run(id, 0);
	CHECK(!exit.error && !exit.value && exit.scause == CAUSE_VS_CALL);
	CHECK(nacl()->gpr[17] == COVE_EXT_COVG && nacl()->gpr[16] == COVE_COVG_SHARE_MEMORY);
	CHECK(nacl()->gpr[10] == SHARED && nacl()->gpr[11] == PAGE);
	exit = tvm_run(id, 0);
	CHECK(!exit.error && exit.scause == CAUSE_LOAD && exit.gpa == SHARED);
	/* Neither one page more nor a page of its own. */
	CHECK(ERROR(ADD_SHARED_PAGES, id, (unsigned long)page, COVE_PAGE_4K, 2, SHARED) ==
	      COVE_ERR_INVALID_ADDRESS);
	CHECK(ERROR(ADD_ZERO_PAGES, id, named_for(this_hart->number) + PART_ZERO, COVE_PAGE_4K,
		    1, SHARED) == COVE_ERR_INVALID_ADDRESS);
	CHECK(ERROR(ADD_SHARED_PAGES, id, pool.base, COVE_PAGE_4K, 1, SHARED) ==
	      COVE_ERR_INVALID_ADDRESS);
	CHECK(!ERROR(ADD_SHARED_PAGES, id, (unsigned long)page, COVE_PAGE_4K, 1, SHARED));
	exit = tvm_run(id, 0);
	CHECK(tvm_shut_down(&exit));
	CHECK(page[1] == 0x6666);
	CHECK(tvm_gone(id));
}

static void run_mmio(void)
{
	uint64_t id = tvm_build(tvm_mmio);
	struct tvm_exit exit;

	CHECK(id);
	exit = tvm_run(id, 0);
	CHECK(!exit.error && exit.scause == CAUSE_VS_CALL);
	CHECK(nacl()->gpr[17] == COVE_EXT_COVG && nacl()->gpr[10] == DEVICE);
	exit = tvm_run(id, 0);
	CHECK(!exit.error && exit.scause == CAUSE_LOAD && exit.gpa == DEVICE + 4);
	nacl()->gpr[10] = 0x77;
	exit = tvm_run(id, 0);
	CHECK(!exit.error && exit.scause == CAUSE_STORE && exit.gpa == DEVICE + 8);
	CHECK(nacl()->gpr[10] == 0x78);
	exit = tvm_run(id, 0);
	CHECK(tvm_shut_down(&exit));
	CHECK(tvm_gone(id));
}

static void each_on_its_own(const char *name, void (*work)(void))
{
	for (unsigned int i = 0; i < hart_count; i++)
		wrong[i] = 0;
	for (unsigned int i = 1; i < hart_count; i++)
		hart_ask(i, work);
	work();
	for (unsigned int i = 1; i < hart_count; i++)
		hart_wait(i);
	for (unsigned int i = 0; i < hart_count; i++)
		report(!wrong[i], "hart %u: a TVM %s (line %u)", i, name, wrong[i]);
}

static volatile uint64_t shared_id;
static struct tvm_exit second_exit;

static void run_second(void)
{
	second_exit = tvm_run_on(shared_id, 1);
}

/* Two vCPUs of one TVM on two harts, at the same time. */
static void two_vcpus(void)
{
	struct tvm_exit exit;

	if (hart_count == 1) {
		skip("two vCPUs of a TVM on two harts", "there is one hart");
		return;
	}
	shared_id = tvm_build(tvm_smp);
	report(ERROR(RUN_VCPU, shared_id, 1) == COVE_ERR_ALREADY_STOPPED,
	       "a vCPU that was not started does not run");
	exit = tvm_run(shared_id, 0);
	report(!exit.error && exit.scause == CAUSE_VS_CALL && nacl()->gpr[17] == SBI_HSM &&
	       nacl()->gpr[10] == 1, "the host is told which vCPU to run");
	hart_ask(1, run_second);
	exit = tvm_run_on(shared_id, 0);
	hart_wait(1);
	report(tvm_shut_down(&exit), "two vCPUs of a TVM see each other's memory");
	report(!second_exit.error, "the other one has told that it stopped");
	report(tvm_gone(shared_id), "and the TVM is destroyed");
}

/* What the TVM says is in the scratch space: that, and nothing behind it. */
static void run_console(void)
{
	uint64_t id = tvm_build(tvm_console);
	char *scratch = (char *)nacl()->scratch;
	struct tvm_exit exit;

	CHECK(id);
	memset(scratch, 0, 64);
	exit = tvm_run(id, 0);
	CHECK(!exit.error && exit.scause == CAUSE_VS_CALL);
	CHECK(nacl()->gpr[17] == SBI_DBCN && nacl()->gpr[16] == 0 && nacl()->gpr[10] == 16);
	for (unsigned int i = 0; i < 16; i++)
		CHECK(scratch[i] == tvm_text[i]);
	CHECK(!scratch[16]);
	nacl()->gpr[10] = 0;
	nacl()->gpr[11] = 7;
	exit = tvm_run_on(id, 0);
	CHECK(!exit.error && exit.scause == CAUSE_VS_CALL);
	CHECK(nacl()->gpr[17] == SBI_DBCN && nacl()->gpr[16] == 1 && nacl()->gpr[10] == 8);
	memcpy(scratch, "abcd", 4);
	nacl()->gpr[10] = 0;
	nacl()->gpr[11] = 3;
	exit = tvm_run(id, 0);
	CHECK(tvm_shut_down(&exit));
	CHECK(tvm_gone(id));
}

static volatile bool sleeps, woken;

/* A vCPU that waits isn't run before there is something to wait for. */
static void run_sleeper(void)
{
	do {
		second_exit = tvm_run_on(shared_id, 1);
		if (second_exit.scause == CAUSE_VIRTUAL) {
			sleeps = true;
			while (!woken)
				pause_us(100);
		}
	} while (!second_exit.error && !second_exit.value);
}

/* Until it ends, and how often the host was told to wake the second one. */
static struct tvm_exit run_waker(unsigned int *hints)
{
	struct tvm_exit exit;

	for (*hints = 0; ; woken = true, ++*hints) {
		do {
			exit = tvm_run_on(shared_id, 0);
		} while (!exit.error && exit.scause >> 63);
		if (exit.error || exit.scause != CAUSE_VS_CALL || nacl()->gpr[17] != SBI_IPI ||
		    nacl()->gpr[10] != 2 || nacl()->gpr[11])
			return exit;
	}
}

/* An IPI to one that waits, and fences of one that runs on and on. */
static void wake_and_fence(void)
{
	struct tvm_exit exit;
	unsigned int hints;

	if (hart_count == 1) {
		skip("a vCPU wakes another one", "there is one hart");
		return;
	}
	sleeps = false;
	woken = false;
	shared_id = tvm_build(tvm_wake);
	tvm_run(shared_id, 0);
	hart_ask(1, run_sleeper);
	while (!sleeps)
		pause_us(100);
	exit = run_waker(&hints);
	woken = true;
	report(hints == 1, "the host is told to wake a vCPU (%u times)", hints);
	report(tvm_shut_down(&exit), "which wakes, and is fenced (error %ld, cause %lx)",
	       exit.error, exit.scause);
	hart_wait(1);
	report(second_exit.value == 1 || second_exit.error == COVE_ERR_INVALID_PARAM,
	       "it ends with its TVM");
	report(tvm_gone(shared_id), "which is destroyed");
}

/* An interrupt is the host's affair: it serves it, and goes on. */
static void run_spin(void)
{
	do {
		second_exit = tvm_run(shared_id, 0);
	} while (!second_exit.error && !second_exit.value && second_exit.scause >> 63);
}

static bool counts(void)
{
	volatile uint64_t *counter = shared[0];
	uint64_t before = *counter;

	for (unsigned int ms = 0; ms < 60000; ms++) {
		pause_us(1000);
		if (*counter != before)
			return true;
	}
	return false;
}

/* One that never comes out by itself is told to, and gone all the same. */
static void destroyed_while_it_runs(void)
{
	struct tvm_exit exit;

	if (hart_count == 1) {
		skip("a TVM is destroyed while it runs", "there is one hart");
		return;
	}
	shared_id = tvm_build(tvm_spin);
	tvm_run(shared_id, 0);
	exit = tvm_run(shared_id, 0);
	report(exit.gpa == SHARED && !ERROR(ADD_SHARED_PAGES, shared_id, (unsigned long)shared[0],
					    COVE_PAGE_4K, 1, SHARED), "a TVM gets its shared page");
	hart_ask(1, run_spin);
	report(counts(), "and runs on another hart");
	report(ERROR(RUN_VCPU, shared_id, 0) == COVE_ERR_AGAIN,
	       "where it is, it does not run twice");
	report(!ERROR(TVM_FENCE, shared_id) && counts(), "a fence does not end it");
	report(tvm_gone(shared_id), "it is destroyed while it runs");
	hart_wait(1);
	report(second_exit.value == 1 || second_exit.error == COVE_ERR_INVALID_PARAM,
	       "and its hart comes back (error %ld, value %ld, cause %lx)", second_exit.error,
	       second_exit.value, second_exit.scause);
}

/**
 * test_life() - TVMs from their start to their end
 */
void test_life(void)
{
	each_on_its_own("runs, and gets memory as it needs it", run_main);
	each_on_its_own("shares a page with the host", run_share);
	each_on_its_own("has a device that the host emulates", run_mmio);
	each_on_its_own("has a console", run_console);
	two_vcpus();
	wake_and_fence();
	destroyed_while_it_runs();
	each_on_its_own("runs after all that", run_main);
}
