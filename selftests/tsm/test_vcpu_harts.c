// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs of one TVM, run by several harts at once.
 *
 * Each thread is a hart, on which the host runs whichever vCPU it finds; what
 * a vCPU does is a function that is called when it is entered.
 */

#include "guest.h"

#include <cove/abi.h>
#include <cove/covg.h>
#include <pthread.h>
#include <sched.h>

#define HARTS	4
#define VCPUS	4

#define SBI_IPI		0x735049
#define SBI_RFENCE	0x52464e43
#define SBI_HSM		0x48534d
#define SBI_SRST	0x53525354

#define VSSIP		(1ULL << 2)
#define SSIE		2

static bool failed, finished;

/* cmocka's assertions are for the main thread. */
#define EXPECT(condition) do { \
	if (!(condition)) { \
		if (!__atomic_exchange_n(&failed, true, __ATOMIC_RELAXED)) \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
	} \
} while (0)

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/* What each vCPU does, until it traps. */
static void (*program[VCPUS])(struct vcpu *vcpu);
/* How many harts are inside of each: the lock is there for one. */
static uint32_t inside[VCPUS];

static void enter(struct vcpu *vcpu)
{
	EXPECT(!__atomic_fetch_add(&inside[vcpu->id], 1, __ATOMIC_RELAXED));
	vcpu->exit = (struct vcpu_exit){ .cause = TIMER };
	program[vcpu->id](vcpu);
	__atomic_fetch_sub(&inside[vcpu->id], 1, __ATOMIC_RELAXED);
}

static void ecall(struct vcpu *vcpu, uint64_t extension, uint64_t function,
		  uint64_t a0, uint64_t a1, uint64_t a2)
{
	vcpu->exit.cause = 10;
	vcpu->gpr[10] = a0;
	vcpu->gpr[11] = a1;
	vcpu->gpr[12] = a2;
	vcpu->gpr[16] = function;
	vcpu->gpr[17] = extension;
}

static void shutdown(struct vcpu *vcpu)
{
	ecall(vcpu, SBI_SRST, 0, 0, 0, 0);
}

/*
 * The host: vCPUs that wait for an interrupt aren't run until another one's
 * exit says so.
 */
static uint64_t wakes[VCPUS];
static uint64_t parked_at[VCPUS];	/* wakes + 1 then; under the vCPU's lock */

static void map_shared(uint64_t gpa)
{
	int err = COVE_ERR_AGAIN;

	if (!lock_try(&guest_tvm.lock))
		return;
	if (region_at(guest_tvm.regions, gpa) == REGION_SHARED)
		err = memory_add_shared(&guest_tvm, HOST_RAM + 32 * MIB, 0, 1, gpa);
	EXPECT(!err || err == COVE_ERR_AGAIN || err == COVE_ERR_INVALID_ADDRESS);
	lock_drop(&guest_tvm.lock);
}

static void host_serves(struct vcpu *vcpu, uint64_t wakes_before)
{
	const uint64_t *gpr = guest_shmem(host_hart)->gpr;
	unsigned int i;

	if (host_cause == 22)
		parked_at[vcpu->id] = wakes_before + 1;
	if (host_cause == 21)
		map_shared(guest_csr(host_hart, COVE_CSR_HTVAL) << 2);
	if (host_cause != 10 || gpr[17] != SBI_IPI)
		return;
	for (i = 0; i < VCPUS; i++) {
		if (gpr[10] >> i & 1)
			__atomic_fetch_add(&wakes[i], 1, __ATOMIC_SEQ_CST);
	}
}

static void host_runs(struct vcpu *vcpu)
{
	uint64_t before = load(&wakes[vcpu->id]), value;
	int err;

	if (parked_at[vcpu->id] == before + 1)
		return;
	parked_at[vcpu->id] = 0;
	err = vcpu_run(vcpu, &value);
	EXPECT(!err || err == COVE_ERR_AGAIN || err == COVE_ERR_ALREADY_STOPPED);
	if (!err && value)
		__atomic_store_n(&finished, true, __ATOMIC_RELEASE);
	if (!err)
		host_serves(vcpu, before);
}

static void *host_thread(void *hart)
{
	unsigned int turn = (uintptr_t)hart;

	host_hart = (uintptr_t)hart;
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		struct vcpu *vcpu = guest_vcpu(turn++ % VCPUS);

		if (lock_try(&vcpu->lock)) {
			host_runs(vcpu);
			lock_drop(&vcpu->lock);
		}
		sched_yield();
	}
	return NULL;
}

/* The harts, and one that another TVM has. */
static void run_all(void *(*another)(void *unused))
{
	pthread_t thread[HARTS + 1];
	uint64_t value;
	uintptr_t i;

	host.enter = enter;
	failed = false;
	finished = false;
	memset(wakes, 0, sizeof(wakes));
	memset(parked_at, 0, sizeof(parked_at));
	for (i = 0; i < HARTS + !!another; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, i < HARTS ? host_thread : another,
						(void *)i), 0);
	for (i = 0; i < HARTS + !!another; i++)
		pthread_join(thread[i], NULL);
	host_hart = 0;
	assert_false(failed);
	/* None of its vCPUs goes on. */
	assert_int_equal(tvm_state(&guest_tvm), TVM_DEAD);
	for (i = 0; i < VCPUS; i++) {
		int err = vcpu_run(guest_vcpu(i), &value);

		assert_true(err == COVE_ERR_ALREADY_STOPPED || (!err && value == 1));
	}
}

static void start_all(void)
{
	unsigned int i;

	guest_start(VCPUS);
	for (i = 1; i < VCPUS; i++)
		vcpu_set_boot(guest_vcpu(i), PRIVATE, i, 0);
}

/* A token goes round; who hasn't got it waits for an interrupt. */
#define ROUNDS	3000

static uint64_t token_at, passed;

static void pass_token(struct vcpu *vcpu)
{
	uint64_t next = (vcpu->id + 1) % VCPUS;

	vcpu->csr[VCPU_VSIE] = SSIE;
	vcpu->csr[VCPU_HVIP] &= ~VSSIP;
	if (load(&token_at) != vcpu->id) {
		vcpu->exit.cause = 22;
		vcpu->exit.tval = 0x10500073;
	} else if (++passed == ROUNDS) {
		shutdown(vcpu);
	} else {
		store(&token_at, next);
		ecall(vcpu, SBI_IPI, 0, 1, next, 0);
	}
}

static void no_wake_up_is_lost(void **state)
{
	unsigned int i;

	start_all();
	for (i = 0; i < VCPUS; i++)
		program[i] = pass_token;
	token_at = 0;
	passed = 0;
	run_all(NULL);
	assert_int_equal(passed, ROUNDS);
	guest_stop();
}

/*
 * Each vCPU has a copy of a number, as of an entry of page tables, until it is
 * fenced.  When a fence of all is over, nobody has an older one.
 */
#define FENCES	400

static uint64_t number, fenced;
static struct {
	uint64_t copy, hart, fences;
	bool has;
} tlb[VCPUS];

static void use_copy(struct vcpu *vcpu)
{
	unsigned int i;

	if (!tlb[vcpu->id].has || tlb[vcpu->id].hart != host_hart ||
	    tlb[vcpu->id].fences != host_guest_fences) {
		tlb[vcpu->id].copy = load(&number);
		tlb[vcpu->id].hart = host_hart;
		tlb[vcpu->id].fences = host_guest_fences;
		tlb[vcpu->id].has = true;
	}
	for (i = 0; i < 4; i++) {
		EXPECT(load(&fenced) <= tlb[vcpu->id].copy);
		sched_yield();
	}
}

static void change_and_fence(struct vcpu *vcpu)
{
	static uint64_t asked;

	if (load(&number) == FENCES) {
		asked = 0;
		shutdown(vcpu);
		return;
	}
	if (asked)
		store(&fenced, asked);
	asked = load(&number) + 1;
	store(&number, asked);
	ecall(vcpu, SBI_RFENCE, 1, 0, ~0ULL, 0);
}

/* Others fence as well, each other and the first one. */
static void use_and_fence(struct vcpu *vcpu)
{
	use_copy(vcpu);
	ecall(vcpu, SBI_RFENCE, 0, 0xf, 0, 0);
}

static void fences_are_over_when_they_say_so(void **state)
{
	start_all();
	program[0] = change_and_fence;
	program[1] = use_copy;
	program[2] = use_copy;
	program[3] = use_and_fence;
	number = 0;
	fenced = 0;
	memset(tlb, 0, sizeof(tlb));
	run_all(NULL);
	assert_int_equal(fenced, FENCES - 1);
	guest_stop();
}

/* One vCPU starts the others, which stop when they have counted. */
#define STARTS	1500

static uint64_t starts, counted;

static void start_others(struct vcpu *vcpu)
{
	static bool asked;

	if (asked && !vcpu->gpr[10])
		starts++;
	asked = starts < STARTS;
	if (!asked && load(&counted) == STARTS)
		shutdown(vcpu);
	if (asked)
		ecall(vcpu, SBI_HSM, 0, 1 + starts % (VCPUS - 1), PRIVATE + 4 * starts,
		      starts);
}

static void count_and_stop(struct vcpu *vcpu)
{
	unsigned int i;

	EXPECT(vcpu->gpr[10] == vcpu->id);
	EXPECT(vcpu->pc == PRIVATE + 4 * vcpu->gpr[11]);
	EXPECT(vcpu->gpr[11] % (VCPUS - 1) + 1 == vcpu->id);
	for (i = 0; i < 32; i++)
		EXPECT(i == 10 || i == 11 || !vcpu->gpr[i]);
	EXPECT(!vcpu->csr[VCPU_VSSCRATCH]);
	vcpu->csr[VCPU_VSSCRATCH] = 1;
	vcpu->gpr[5] = 1;
	__atomic_fetch_add(&counted, 1, __ATOMIC_SEQ_CST);
	ecall(vcpu, SBI_HSM, 1, 0, 0, 0);
}

static void each_start_is_one(void **state)
{
	unsigned int i;

	guest_start(VCPUS);
	program[0] = start_others;
	for (i = 1; i < VCPUS; i++)
		program[i] = count_and_stop;
	starts = 0;
	counted = 0;
	run_all(NULL);
	assert_int_equal(counted, STARTS);
	guest_stop();
}

/*
 * A page is shared and taken back again and again, while others have it in
 * their TLBs, and its memory goes to another TVM.
 */
#define CHANGES	300
#define PLACE	(PRIVATE + 4 * MIB)
#define MARK	0x6d61726bULL

/* As a hart finds it: the word there, or NULL. */
static uint64_t *translate(uint64_t gpa)
{
	uint64_t hpa = guest_tvm.gstage.root;
	unsigned int shift;

	for (shift = 30; shift >= 12; shift -= 9) {
		uint64_t index = shift == 30 ? gpa >> 30 : gpa >> shift & 511;
		uint64_t pte = load((uint64_t *)hart_pool(hpa) + index);

		hpa = (pte & 0x3ffffffffffc00ULL) << 2;
		if (!(pte & 1))
			return NULL;
		if (!(pte & 0xe))
			continue;
		hpa |= gpa & ((1ULL << shift) - 1);
		return hpa >= HOST_POOL ? hart_pool(hpa) : host_ram(hpa);
	}
	return NULL;
}

static void look(struct vcpu *vcpu)
{
	uint64_t *word = translate(PLACE);
	unsigned int i;

	if (!word) {
		vcpu->exit = (struct vcpu_exit){ .cause = 21, .htval = PLACE >> 2 };
		return;
	}
	for (i = 0; i < 4; i++) {
		uint64_t value = load(word);

		EXPECT(!value || value == MARK);
		if (!value)
			store(word, MARK);
		sched_yield();
	}
}

static void share_and_unshare(struct vcpu *vcpu)
{
	static uint64_t changes, pc;
	bool shared;

	/* A call that was not made is made again. */
	if (changes && vcpu->pc == pc)
		changes--;
	else if (changes)
		EXPECT(!vcpu->gpr[10] && !vcpu->gpr[11]);
	if (changes == CHANGES) {
		changes = 0;
		shutdown(vcpu);
		return;
	}
	shared = changes++ & 1;
	pc = vcpu->pc;
	ecall(vcpu, COVE_EXT_COVG, shared ? COVE_COVG_UNSHARE_MEMORY : COVE_COVG_SHARE_MEMORY,
	      PLACE, PAGE_BYTES, 0);
}

/* The other TVM takes what is free, and puts something else there. */
static void *take_memory(void *unused)
{
	struct quota quota = { .owner = 2, .limit = 100000 };
	struct claim claim;

	host_hart = HARTS;
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		uint64_t hpa;

		pool_scrub(1);
		if (page_alloc(&quota, PAGE_4K, &claim))
			continue;
		hpa = page_use(&claim, PAGE_TO_DATA, 0);
		EXPECT(!load(hart_pool(hpa)));
		store(hart_pool(hpa), 0xbad);
		sched_yield();
		store(hart_pool(hpa), 0xbad);
		page_put(&quota, hpa);
	}
	return NULL;
}

static void nothing_is_shared_too_long(void **state)
{
	unsigned int i;

	start_all();
	program[0] = share_and_unshare;
	for (i = 1; i < VCPUS; i++)
		program[i] = look;
	run_all(take_memory);
	guest_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_wake_up_is_lost),
		cmocka_unit_test(fences_are_over_when_they_say_so),
		cmocka_unit_test(each_start_is_one),
		cmocka_unit_test(nothing_is_shared_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
