// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI as a TVM sees it: what each call answers, what it does to other vCPUs,
 * and what the host is told of it.
 */

#include "guest.h"

#include <cove/abi.h>
#include <cove/covh.h>

#define BASE	0x10
#define TIME	0x54494d45
#define IPI	0x735049
#define RFENCE	0x52464e43
#define HSM	0x48534d
#define SRST	0x53525354
#define DBCN	0x4442434e
#define COVG	0x434f5647

#define VSSIP	(1ULL << 2)
#define VCPUS	4

static int start(void **state)
{
	unsigned int i;

	guest_start(VCPUS);
	for (i = 1; i < VCPUS; i++)
		vcpu_set_boot(guest_vcpu(i), PRIVATE, i, 0);
	return 0;
}

static int stop(void **state)
{
	guest_stop();
	return 0;
}

static struct vcpu *caller(void)
{
	return guest_vcpu(0);
}

/* A call that the host doesn't hear of. */
static uint64_t call(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
		     uint64_t a2)
{
	uint64_t result = guest_call_sbi(caller(), extension, function, a0, a1, a2);

	assert_int_equal(host_cause, TIMER);
	return result;
}

/* One that it does, of which it sees these two arguments. */
static uint64_t told(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
		     uint64_t a2, uint64_t shown0, uint64_t shown1)
{
	uint64_t result;

	guest_poison(0);
	result = guest_call_sbi(caller(), extension, function, a0, a1, a2);
	guest_told(extension, function, shown0, shown1);
	return result;
}

static uint64_t value(void)
{
	return caller()->gpr[11];
}

static void what_there_is(void **state)
{
	static const struct {
		uint64_t id;
		unsigned int functions;
	} there[] = {
		{ BASE, 7 }, { TIME, 1 }, { IPI, 1 }, { RFENCE, 3 }, { HSM, 4 }, { SRST, 1 },
		{ DBCN, 3 }, { COVG, 11 },
	};
	/* Legacy ones, PMU, CPPC, NACL, STA, SSE, FWFT, SUSP, MPXY, COVH, ... */
	static const uint64_t absent[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 0x504d55, 0x43505043, 0x4e41434c, 0x535441,
		0x535345, 0x46574654, 0x53555350, 0x4d505859, 0x434f5648, 0x434f5649,
		0x53555044, 0x44425452, ~0ULL, 1ULL << 32 | BASE, 0x0a000000, 0x09000000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(there); i++) {
		assert_int_equal(call(BASE, 3, there[i].id, 0, 0), 0);
		assert_int_equal(value(), 1);
		assert_int_equal(call(there[i].id, there[i].functions, 0, 0, 0),
				 ERR(COVE_ERR_NOT_SUPPORTED));
		assert_int_equal(call(there[i].id, ~0ULL, 0, 0, 0), ERR(COVE_ERR_NOT_SUPPORTED));
		assert_int_equal(value(), 0);
	}
	for (i = 0; i < ARRAY_SIZE(absent); i++) {
		assert_int_equal(call(BASE, 3, absent[i], 0, 0), 0);
		assert_int_equal(value(), 0);
		assert_int_equal(call(absent[i], 0, 1, 2, 3), ERR(COVE_ERR_NOT_SUPPORTED));
		assert_int_equal(value(), 0);
	}
}

static void base(void **state)
{
	static const uint64_t values[] = {
		0x02000000, COVE_TSM_IMPL_ID, COVE_ABI_VERSION, 0, 0, 0, 0,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		assert_int_equal(call(BASE, i, 0, 0, 0), 0);
		assert_int_equal(value(), values[i]);
	}
}

/* A call changes a0 and a1, and nothing else that the guest has. */
static void registers(void **state)
{
	struct vcpu *vcpu = caller();
	uint64_t gpr[32];
	unsigned int i;

	for (i = 1; i < 32; i++)
		vcpu->gpr[i] = 0x1000 + i;
	memcpy(gpr, vcpu->gpr, sizeof(gpr));
	call(BASE, 0, 1, 2, 3);
	for (i = 0; i < 32; i++) {
		if (i < 10 || i > 17 || (i > 12 && i < 16))
			assert_int_equal(vcpu->gpr[i], gpr[i]);
	}
	assert_int_equal(vcpu->gpr[12], 3);
	assert_int_equal(vcpu->gpr[17], BASE);
}

static void set_timer(void **state)
{
	assert_int_equal(call(TIME, 0, 12345, 0, 0), 0);
	assert_int_equal(caller()->csr[VCPU_VSTIMECMP], 12345);
	assert_int_equal(call(TIME, 0, ~0ULL, 0, 0), 0);
	assert_int_equal(caller()->csr[VCPU_VSTIMECMP], ~0ULL);
}

static uint32_t marks_of(unsigned int id)
{
	return guest_vcpu(id)->marks;
}

static void masks(void **state)
{
	static const struct {
		uint64_t mask, base;
		int64_t result;
		uint32_t marked;
	} calls[] = {
		{ 0, 0, 0, 0 },
		{ 0xe, 0, 0, 0xe },
		{ 7, 1, 0, 0xe },
		{ 1, 3, 0, 8 },
		{ 0, ~0ULL, 0, 0xe },	/* the caller's own is taken at once */
		{ 0x10, 0, COVE_ERR_INVALID_PARAM, 0 },
		{ 0x1e, 0, COVE_ERR_INVALID_PARAM, 0 },
		{ 1, 4, COVE_ERR_INVALID_PARAM, 0 },
		{ 1, 63, COVE_ERR_INVALID_PARAM, 0 },
		{ 2, 63, COVE_ERR_INVALID_PARAM, 0 },
		{ 1, 64, COVE_ERR_INVALID_PARAM, 0 },
		{ 1ULL << 63, 1, COVE_ERR_INVALID_PARAM, 0 },
		{ ~0ULL, 0, COVE_ERR_INVALID_PARAM, 0 },
		{ 1, ~1ULL, COVE_ERR_INVALID_PARAM, 0 },
		{ 0, 64, 0, 0 },
		{ 0, ~1ULL, 0, 0 },
	};
	unsigned int i, id, which;

	for (which = 0; which < 2; which++) {
		for (i = 0; i < ARRAY_SIZE(calls); i++) {
			assert_int_equal(call(which ? RFENCE : IPI, 0, calls[i].mask,
					      calls[i].base, 0), ERR(calls[i].result));
			assert_int_equal(value(), 0);
			for (id = 0; id < VCPUS; id++) {
				assert_int_equal(marks_of(id), calls[i].marked >> id & 1 ?
						 which ? VCPU_MARK_FENCE : VCPU_MARK_IPI : 0);
				guest_vcpu(id)->marks = 0;
			}
		}
	}
}

static void pretend_running(unsigned int id, unsigned int hart)
{
	guest_vcpu(id)->running = 1;
	guest_vcpu(id)->hart = hart;
}

static void ipis(void **state)
{
	/* To itself. */
	assert_int_equal(call(IPI, 0, 1, 0, 0), 0);
	assert_int_equal(caller()->csr[VCPU_HVIP], VSSIP);
	/* To one that runs, one that doesn't, and one that the host has parked. */
	pretend_running(1, 5);
	guest_vcpu(3)->parked = 1;
	host.kicked = 0;
	assert_int_equal(told(IPI, 0, 0xe, 0, 0, 8, 0), 0);
	assert_int_equal(host.kicked, 1 << 5);
	assert_int_equal(marks_of(1), VCPU_MARK_IPI);
	assert_int_equal(marks_of(2), VCPU_MARK_IPI);
	assert_int_equal(marks_of(3), VCPU_MARK_IPI);
	guest_vcpu(1)->running = 0;
	/* They have it when they are entered, and are parked no more. */
	guest_runs_on(guest_vcpu(3));
	assert_int_equal(guest_vcpu(3)->csr[VCPU_HVIP], VSSIP);
	assert_int_equal(guest_vcpu(3)->parked, 0);
	assert_int_equal(call(IPI, 0, 8, 0, 0), 0);
}

static int run_again(uint64_t expected_cause)
{
	uint64_t value;
	int err = guest_run(caller(), &value);

	if (!err)
		assert_int_equal(host_cause, expected_cause);
	return err;
}

static int call_unfinished(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1)
{
	static const struct guest_step ecall = { .cause = 10 };
	struct vcpu *vcpu = caller();
	uint64_t value;

	vcpu->gpr[10] = a0;
	vcpu->gpr[11] = a1;
	vcpu->gpr[16] = function;
	vcpu->gpr[17] = extension;
	guest_script(&ecall, 1);
	return guest_run(vcpu, &value);
}

/* It is done when those that ran have left the guest, and not before. */
static void fences_of_others(void **state)
{
	uint64_t fences, pc = caller()->pc;
	unsigned int function;

	for (function = 0; function < 3; function++) {
		/* Nobody runs: they will do it themselves. */
		fences = host_guest_fences;
		assert_int_equal(call(RFENCE, function, 0xf, 0, 0), 0);
		assert_int_equal(host_guest_fences, fences + 1);
		guest_runs_on(guest_vcpu(1));
		assert_int_equal(host_guest_fences, fences + 2);
		guest_runs_on(guest_vcpu(1));
		assert_int_equal(host_guest_fences, fences + 2);
		pc += 4;
	}
	guest_vcpu(2)->marks = 0;
	guest_vcpu(3)->marks = 0;

	pretend_running(1, 5);
	pretend_running(2, 6);
	host.kicked = 0;
	guest_entries = 0;
	assert_int_equal(call_unfinished(RFENCE, 1, 6, 0), COVE_ERR_AGAIN);
	assert_int_equal(host.kicked, 3 << 5);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(caller()->pc, pc + 4);
	assert_int_equal(run_again(TIMER), COVE_ERR_AGAIN);
	/* One has trapped, one has entered anew and has done it. */
	guest_vcpu(1)->running = 0;
	assert_int_equal(run_again(TIMER), COVE_ERR_AGAIN);
	assert_int_equal(guest_entries, 1);
	vcpu_take_marks(guest_vcpu(2));
	assert_int_equal(run_again(TIMER), 0);
	assert_int_equal(guest_entries, 2);
	assert_int_equal(caller()->gpr[10], 0);
	guest_vcpu(2)->running = 0;
}

/* Both wait for the other: neither runs, so both go on. */
static void two_that_fence_each_other(void **state)
{
	struct vcpu *other = guest_vcpu(1);

	pretend_running(1, 5);
	assert_int_equal(call_unfinished(RFENCE, 0, 2, 0), COVE_ERR_AGAIN);
	other->running = 0;
	assert_int_equal(guest_call_sbi(other, RFENCE, 0, 1, 0, 0), 0);
	assert_int_equal(run_again(TIMER), 0);
}

static void starting(void **state)
{
	struct vcpu *vcpu = guest_vcpu(2);

	assert_int_equal(call(HSM, 0, VCPUS, PRIVATE, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(HSM, 0, 64, PRIVATE, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(HSM, 0, ~0ULL, PRIVATE, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(HSM, 0, 2, PRIVATE, 0), ERR(COVE_ERR_ALREADY_AVAILABLE));
	assert_int_equal(call(HSM, 0, 0, PRIVATE, 0), ERR(COVE_ERR_ALREADY_AVAILABLE));
	assert_true(vcpu_move(vcpu, VCPU_STOP));
	assert_int_equal(call(HSM, 0, 2, NOWHERE, 0), ERR(COVE_ERR_INVALID_ADDRESS));
	assert_int_equal(call(HSM, 0, 2, SHARED, 0), ERR(COVE_ERR_INVALID_ADDRESS));
	assert_int_equal(call(HSM, 0, 2, DEVICE, 0), ERR(COVE_ERR_INVALID_ADDRESS));
	caller()->allowed = 1 << 10;
	/* The host learns whom it can run, not where or with what. */
	assert_int_equal(told(HSM, 0, 2, PRIVATE + 0x40, 0x1234, 2, 0), 0);
	assert_int_equal(call(HSM, 2, 2, 0, 0), 0);
	assert_int_equal(value(), VCPU_START_PENDING);
	assert_int_equal(call(HSM, 0, 2, PRIVATE, 0), ERR(COVE_ERR_ALREADY_AVAILABLE));
	guest_runs_on(vcpu);
	assert_int_equal(vcpu->pc, PRIVATE + 0x40);
	assert_int_equal(vcpu->gpr[10], 2);
	assert_int_equal(vcpu->gpr[11], 0x1234);
	assert_int_equal(vcpu->allowed, 1 << 10);
	assert_int_equal(call(HSM, 2, 2, 0, 0), 0);
	assert_int_equal(value(), VCPU_STARTED);
}

static void stopping(void **state)
{
	uint64_t run_value;

	assert_int_equal(told(HSM, 1, 77, 88, 99, 0, 0), 0);
	assert_int_equal(vcpu_state(caller()), VCPU_STOPPED);
	assert_int_equal(guest_run(caller(), &run_value), COVE_ERR_ALREADY_STOPPED);
	assert_int_equal(guest_call_sbi(guest_vcpu(1), HSM, 2, 0, 0, 0), 0);
	assert_int_equal(guest_vcpu(1)->gpr[11], VCPU_STOPPED);
}

static void statuses(void **state)
{
	assert_int_equal(call(HSM, 2, VCPUS, 0, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(HSM, 2, 1ULL << 32, 0, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(HSM, 2, 1, 0, 0), 0);
	assert_int_equal(value(), VCPU_STARTED);
	vcpu_move(guest_vcpu(1), VCPU_SUSPEND);
	call(HSM, 2, 1, 0, 0);
	assert_int_equal(value(), VCPU_SUSPENDED);
	vcpu_move(guest_vcpu(1), VCPU_RESUME);
	vcpu_move(guest_vcpu(1), VCPU_STOP);
	vcpu_move(guest_vcpu(1), VCPU_CLAIM);
	/* This state is no one else's business. */
	call(HSM, 2, 1, 0, 0);
	assert_int_equal(value(), VCPU_START_PENDING);
}

static void suspending(void **state)
{
	struct vcpu *vcpu = caller();

	assert_int_equal(call(HSM, 3, 1ULL << 32, 0, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(HSM, 3, 0x80000000, PRIVATE, 0), ERR(COVE_ERR_NOT_SUPPORTED));
	assert_int_equal(call(HSM, 3, 1, 0, 0), ERR(COVE_ERR_NOT_SUPPORTED));
	assert_int_equal(vcpu_state(vcpu), VCPU_STARTED);
	guest_poison(0);
	assert_int_equal(guest_call_sbi(vcpu, HSM, 3, 0, PRIVATE, 0), 0);
	assert_int_equal(host_cause, 22);
	assert_int_equal(guest_shmem(0)->gpr[10], 0);
	assert_int_equal(vcpu_state(vcpu), VCPU_SUSPENDED);
	assert_int_equal(vcpu->parked, 1);
	guest_runs_on(vcpu);
	assert_int_equal(vcpu_state(vcpu), VCPU_STARTED);
	assert_int_equal(vcpu->parked, 0);
	/* There is an interrupt already. */
	vcpu->csr[VCPU_VSIE] = 2;
	vcpu->csr[VCPU_HVIP] = VSSIP;
	assert_int_equal(call(HSM, 3, 0, 0, 0), 0);
	assert_int_equal(vcpu_state(vcpu), VCPU_STARTED);
}

static void reset(void **state)
{
	uint64_t type, reason, run_value;

	assert_int_equal(call(SRST, 0, 3, 0, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(SRST, 0, 0, 2, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(SRST, 0, ~0ULL, ~0ULL, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(tvm_state(&guest_tvm), TVM_RUNNABLE);
	for (type = 0; type < 3; type++) {
		for (reason = 0; reason < 2; reason++) {
			pretend_running(1, 7);
			host.kicked = 0;
			told(SRST, 0, type, reason, 0, type, reason);
			assert_int_equal(tvm_state(&guest_tvm), TVM_DEAD);
			/* The others don't go on either. */
			assert_int_equal(host.kicked, 1 << 7);
			guest_vcpu(1)->running = 0;
			assert_int_equal(guest_run(guest_vcpu(1), &run_value), 0);
			assert_int_equal(run_value, 1);
			guest_tvm.state = TVM_RUNNABLE;
		}
	}
}

static void value_of_a_reset(void **state)
{
	static const struct guest_step ecall = { .cause = 10 };
	struct vcpu *vcpu = caller();
	uint64_t run_value;

	vcpu->gpr[16] = 0;
	vcpu->gpr[17] = SRST;
	guest_script(&ecall, 1);
	assert_int_equal(guest_run(vcpu, &run_value), 0);
	assert_int_equal(run_value, 1);
	assert_int_equal(host_cause, 10);
}

/* What the host answers, and the guest gets, to a call with room for 100. */
static const struct {
	uint64_t err, count;
	int64_t result;
	uint64_t value;
} answers[] = {
	{ 0, 0, 0, 0 },
	{ 0, 99, 0, 99 },
	{ 0, 100, 0, 100 },
	{ 0, 101, 0, 100 },
	{ 0, ~0ULL, 0, 100 },
	{ ERR(COVE_ERR_FAILED), 5, COVE_ERR_FAILED, 0 },
	{ ERR(COVE_ERR_DENIED), 5, COVE_ERR_DENIED, 0 },
	{ ERR(COVE_ERR_AGAIN), 5, COVE_ERR_FAILED, 0 },
	{ 1, 5, COVE_ERR_FAILED, 0 },
};

static void console_write(void **state)
{
	uint8_t text[300], *scratch = (uint8_t *)guest_shmem(0)->scratch;
	uint64_t gpa = PRIVATE + PAGE_BYTES - 50;
	unsigned int i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = i % 251 + 1;
	assert_int_equal(memory_write(&guest_tvm, gpa, text, sizeof(text)), 0);
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		told(DBCN, 0, 100, gpa, 0, 100, 0);
		assert_memory_equal(scratch, text, 100);
		/* No byte more than the guest has said. */
		assert_int_equal(scratch[100], POISON >> 32 & 0xff);
		guest_shmem(0)->gpr[10] = answers[i].err;
		guest_shmem(0)->gpr[11] = answers[i].count;
		guest_runs_on(caller());
		assert_int_equal(caller()->gpr[10], ERR(answers[i].result));
		assert_int_equal(value(), answers[i].value);
	}
	/* More than goes at once. */
	told(DBCN, 0, sizeof(text), gpa, 0, 256, 0);
	assert_memory_equal(scratch, text, 256);
	guest_shmem(0)->gpr[10] = 0;
	guest_shmem(0)->gpr[11] = sizeof(text);
	guest_runs_on(caller());
	assert_int_equal(value(), 256);
	told(DBCN, 0, ~0ULL, gpa, 0, 256, 0);
	guest_runs_on(caller());
}

static void console_buffers(void **state)
{
	unsigned int function;

	for (function = 0; function < 2; function++) {
		assert_int_equal(call(DBCN, function, 0, NOWHERE, 0), 0);
		assert_int_equal(value(), 0);
		assert_int_equal(call(DBCN, function, 1, PRIVATE, 1),
				 ERR(COVE_ERR_INVALID_PARAM));
		assert_int_equal(call(DBCN, function, 1, NOWHERE, 0),
				 ERR(COVE_ERR_INVALID_PARAM));
		assert_int_equal(call(DBCN, function, 1, SHARED, 0),
				 ERR(COVE_ERR_INVALID_PARAM));
		assert_int_equal(call(DBCN, function, 8, SHARED - 4, 0),
				 ERR(COVE_ERR_INVALID_PARAM));
		assert_int_equal(call(DBCN, function, 8, PRIVATE - 4, 0),
				 ERR(COVE_ERR_INVALID_PARAM));
		assert_int_equal(call(DBCN, function, 8, ~3ULL, 0),
				 ERR(COVE_ERR_INVALID_PARAM));
	}
}

/* The TVM has no memory left for the page that is to be read. */
static void console_without_memory(void **state)
{
	guest_tvm.quota.limit = guest_tvm.quota.used;
	assert_int_equal(call(DBCN, 0, 8, PRIVATE + 8 * MIB, 0), ERR(COVE_ERR_FAILED));
}

static void console_read(void **state)
{
	uint8_t text[256], got[260], *scratch = (uint8_t *)guest_shmem(0)->scratch;
	uint64_t gpa = PRIVATE + PAGE_BYTES - 50;
	unsigned int i, j;

	for (i = 0; i < sizeof(text); i++)
		text[i] = i % 251 + 1;
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		memset(got, 0, sizeof(got));
		assert_int_equal(memory_write(&guest_tvm, gpa, got, sizeof(got)), 0);
		told(DBCN, 1, 100, gpa, 0, 100, 0);
		memcpy(scratch, text, sizeof(text));
		guest_shmem(0)->gpr[10] = answers[i].err;
		guest_shmem(0)->gpr[11] = answers[i].count;
		guest_runs_on(caller());
		assert_int_equal(caller()->gpr[10], ERR(answers[i].result));
		assert_int_equal(value(), answers[i].value);
		assert_int_equal(memory_read(&guest_tvm, got, gpa, sizeof(got)), 0);
		for (j = 0; j < sizeof(got); j++)
			assert_int_equal(got[j], j < answers[i].value ? text[j] : 0);
	}
	told(DBCN, 1, ~0ULL, gpa, 0, 256, 0);
	guest_shmem(0)->gpr[10] = 0;
	guest_shmem(0)->gpr[11] = 1;
	/* While another hart has the TVM, the host waits, and loses nothing. */
	assert_true(lock_try(&guest_tvm.lock));
	assert_int_equal(run_again(0), COVE_ERR_AGAIN);
	lock_drop(&guest_tvm.lock);
	assert_int_equal(run_again(TIMER), 0);
	assert_int_equal(value(), 1);
}

/* The guest gives the buffer away, by another vCPU, before the host answers. */
static void console_read_to_what_is_gone(void **state)
{
	told(DBCN, 1, 8, PRIVATE, 0, 8, 0);
	assert_int_equal(memory_share(&guest_tvm, PRIVATE, PAGE_BYTES), 0);
	guest_shmem(0)->gpr[10] = 0;
	guest_shmem(0)->gpr[11] = 8;
	guest_runs_on(caller());
	assert_int_equal(caller()->gpr[10], ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(value(), 0);
	assert_true(memory_settle(&guest_tvm));
}

/* Another TVM has all memory, but for these pages, which wait to be scrubbed. */
static void all_but(unsigned int dirty)
{
	static struct quota other;
	static uint64_t taken[8];
	struct claim claim;
	unsigned int i;

	other = (struct quota){ .owner = 2, .limit = ~0U };
	for (i = 0; !page_alloc(&other, PAGE_4K, &claim); i++)
		taken[i % ARRAY_SIZE(taken)] = page_use(&claim, PAGE_TO_DATA, 0);
	assert_in_range(i, ARRAY_SIZE(taken), ~0U);
	for (i = 0; i < dirty; i++)
		page_put(&other, taken[i]);
}

/* Memory that is there soon: the call is made until it is. */
static void console_while_memory_is_scrubbed(void **state)
{
	static const struct guest_step ecalls[] = {
		{ .cause = 10 }, { .cause = 10 }, { .cause = 10 }, { .cause = 10 },
		{ .cause = 10 }, { .cause = 10 },
	};
	struct vcpu *vcpu = caller();
	unsigned int again = 0;
	uint64_t run_value;

	all_but(3);
	vcpu->gpr[10] = 8;
	vcpu->gpr[11] = PRIVATE;
	vcpu->gpr[12] = 0;
	vcpu->gpr[16] = 0;
	vcpu->gpr[17] = DBCN;
	guest_entries = 0;
	guest_script(ecalls, ARRAY_SIZE(ecalls));
	assert_int_equal(guest_run(vcpu, &run_value), 0);
	assert_int_equal(host_cause, 10);
	assert_in_range(guest_entries, 2, ARRAY_SIZE(ecalls));
	assert_int_equal(guest_shmem(0)->gpr[10], 8);

	/* What the host has read isn't lost meanwhile. */
	guest_script(NULL, 0);
	guest_runs_on(vcpu);
	guest_stop();
	start(NULL);
	vcpu = caller();
	told(DBCN, 1, 8, PRIVATE + 8 * MIB, 0, 8, 0);
	all_but(3);
	guest_shmem(0)->gpr[10] = 0;
	guest_shmem(0)->gpr[11] = 8;
	guest_shmem(0)->scratch[0] = 0x1234567890abcdef;
	while (again < 5 && run_again(TIMER) == COVE_ERR_AGAIN)
		again++;
	assert_in_range(again, 1, 4);
	assert_int_equal(value(), 8);
	assert_int_equal(memory_read(&guest_tvm, &run_value, PRIVATE + 8 * MIB, 8), 0);
	assert_int_equal(run_value, 0x1234567890abcdef);
}

static void console_write_byte(void **state)
{
	told(DBCN, 2, 0x1234567890abcd41, 5, 6, 0x41, 0);
	guest_shmem(0)->gpr[10] = 0;
	guest_shmem(0)->gpr[11] = 7;
	guest_runs_on(caller());
	assert_int_equal(caller()->gpr[10], 0);
	assert_int_equal(value(), 0);
}

/* Calls that want the TVM are made again when another hart has it. */
static void locked(void **state)
{
	static const struct {
		uint64_t extension, function;
	} calls[] = { { HSM, 0 }, { DBCN, 0 }, { DBCN, 1 }, { COVG, 0 }, { COVG, 10 } };
	unsigned int i;

	assert_true(lock_try(&guest_tvm.lock));
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		uint64_t pc = caller()->pc;

		assert_int_equal(call_unfinished(calls[i].extension, calls[i].function, 5, 6), 0);
		assert_int_equal(host_cause, TIMER);
		assert_int_equal(caller()->pc, pc);
		assert_int_equal(caller()->gpr[10], 5);
		assert_int_equal(caller()->gpr[11], 6);
	}
	/* And those that don't are served. */
	assert_int_equal(call(IPI, 0, 1, 0, 0), 0);
	assert_int_equal(call(HSM, 2, 1, 0, 0), 0);
	lock_drop(&guest_tvm.lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_there_is),
		TEST(base),
		TEST(registers),
		TEST(set_timer),
		TEST(masks),
		TEST(ipis),
		TEST(fences_of_others),
		TEST(two_that_fence_each_other),
		TEST(starting),
		TEST(stopping),
		TEST(statuses),
		TEST(suspending),
		TEST(reset),
		TEST(value_of_a_reset),
		TEST(console_write),
		TEST(console_buffers),
		TEST(console_without_memory),
		TEST(console_read),
		TEST(console_read_to_what_is_gone),
		TEST(console_while_memory_is_scrubbed),
		TEST(console_write_byte),
		TEST(locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
