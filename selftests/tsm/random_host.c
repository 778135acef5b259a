// SPDX-License-Identifier: GPL-2.0-only
/* A host that calls the TSM at random, and its guests. */

#include "calls.h"
#include "host_vm.h"
#include "answers.h"
#include "random_host.h"

#include <cove/covg.h>

/* TVMs that are built, each of its own 2 MiB; then those that are promoted. */
#define BUILT		3
#define PROMOTED	2
#define SBI_HSM		0x48534d
#define SBI_IPI		0x735049
#define SBI_SRST	0x53525354

#define SHMEM(hart)	(HOST_RAM + 2 * MIB + (hart) * 16384ULL)
#define PARAMS(hart)	(HOST_RAM + 3 * MIB + (hart) * PAGE_BYTES)
#define VM_TABLES(vm)	(HOST_RAM + (64 + 16 * (vm)) * MIB)
#define VM_MEMORY	(HOST_RAM + 128 * MIB)
#define VM_TREE		(HOST_RAM + 160 * MIB)
#define VM_TREE_GPA	(BUILT_GPA + 4 * MIB)

/* The host's; 0 if it has none there.  Its harts don't tell each other. */
static uint64_t ids[BUILT + PROMOTED];
static uint64_t hgatp[PROMOTED];
static bool promoting[PROMOTED];
static __thread uint64_t dice_state;

static uint32_t dice(uint32_t below)
{
	dice_state = dice_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (dice_state >> 33) % below;
}

static void put_vm(unsigned int vm)
{
	unsigned int i;

	host_vm_start(3, VM_TABLES(vm));
	for (i = 0; i < 80; i++) {
		host_fill(VM_MEMORY + i * PAGE_BYTES, i + 1);
		host_vm_map(BUILT_GPA + i * PAGE_BYTES, VM_MEMORY + i * PAGE_BYTES, 0, RWX);
	}
	host_vm_map(VM_TREE_GPA, VM_TREE, 0, RWX);
	hgatp[vm] = host_vm_hgatp();
}

/* A guest's address, aligned, mostly where something happens often. */
static uint64_t any_gpa(void)
{
	if (!dice(50))
		return dice_state;
	if (!dice(8))
		return BUILT_GPA + dice(BUILT_SIZE / PAGE_BYTES) * PAGE_BYTES;
	return BUILT_GPA + 6 * MIB + dice(8) * PAGE_BYTES;
}

static void guest_call(struct vcpu *vcpu, uint64_t extension, uint64_t function,
		       uint64_t a0, uint64_t a1)
{
	vcpu->exit.cause = 10;
	vcpu->gpr[10] = a0;
	vcpu->gpr[11] = a1;
	vcpu->gpr[12] = 0;
	vcpu->gpr[16] = function;
	vcpu->gpr[17] = extension;
}

/* What a guest does until its hart is back in M-mode. */
static void enter(struct vcpu *vcpu)
{
	static const uint8_t faults[] = { 20, 21, 23 };
	uint64_t gpa = any_gpa();

	vcpu->exit = (struct vcpu_exit){ .cause = 1ULL << 63 | 9 };
	switch (dice(12)) {
	case 0:
		guest_call(vcpu, COVE_EXT_COVG, COVE_COVG_SHARE_MEMORY + dice(2), gpa,
			   (1 + dice(2)) * PAGE_BYTES);
		break;
	case 1:
		guest_call(vcpu, SBI_HSM, dice(3), dice(3), gpa);
		break;
	case 2:
		guest_call(vcpu, SBI_IPI, 0, dice(4), 0);
		break;
	case 3:
		if (!dice(30))
			guest_call(vcpu, SBI_SRST, 0, 0, 0);
		break;
	case 4:
		vcpu->exit.cause = dice(dice(20) ? 16 : 32);
		break;
	case 5: case 6: case 7: case 8:
		vcpu->exit.cause = faults[dice(ARRAY_SIZE(faults))];
		vcpu->exit.htval = gpa >> 2;
		break;
	default:
		break;
	}
}

/**
 * random_host_start() - machine, TSM, and VMs that can be promoted
 */
void random_host_start(void)
{
	unsigned int i;

	calls_start();
	host.enter = enter;
	host.online = (1 << RANDOM_HARTS) - 1;
	memset(ids, 0, sizeof(ids));
	memset(promoting, 0, sizeof(promoting));
	for (i = 0; i < RANDOM_HARTS; i++) {
		host_hart = i;
		assert_int_equal(tsm_call(COVE_EXT_NACL, COVE_NACL_SET_SHMEM,
					  (const uint64_t[6]){ SHMEM(i) }).error, 0);
	}
	host_hart = 0;
	host_vm_put_tree(VM_TREE, BUILT_GPA, BUILT_SIZE, 0, 1);
	for (i = 0; i < PROMOTED; i++)
		put_vm(i);
	name_pages(NAMED, BUILT * 512);
}

/**
 * random_host_hart() - be a hart of it
 * @hart: which
 * @seed: of what it does
 */
void random_host_hart(unsigned int hart, uint64_t seed)
{
	host_hart = hart;
	dice_state = (seed + hart) * 0x9e3779b97f4a7c15ULL;
}

static struct tsm_ret create(unsigned int n)
{
	struct cove_tvm_create_params params = {
		NAMED_FOR(n) + PART_ROOT, NAMED_FOR(n) + PART_STATE,
	};
	struct tsm_ret ret;

	if (!dice(4))
		params = (struct cove_tvm_create_params){ 0 };
	memcpy(host_ram(PARAMS(host_hart)), &params, sizeof(params));
	ret = COVH(CREATE_TVM, PARAMS(host_hart), sizeof(params));
	if (!ret.error)
		__atomic_store_n(&ids[n], ret.value, __ATOMIC_RELAXED);
	return ret;
}

static struct tsm_ret promote(unsigned int vm)
{
	struct cove_nacl_shmem *shmem = host_ram(SHMEM(host_hart));
	struct tsm_ret ret;

	shmem->csr[COVE_NACL_CSR(COVE_CSR_HGATP)] = hgatp[vm];
	shmem->csr[COVE_NACL_CSR(COVE_CSR_VSATP)] = 0;
	ret = COVH(PROMOTE_TO_TVM, VM_TREE_GPA, 0, BUILT_PC, 0);
	__atomic_store_n(&promoting[vm], ret.error == COVE_ERR_AGAIN, __ATOMIC_RELAXED);
	if (ret.value)
		__atomic_store_n(&ids[BUILT + vm], ret.value, __ATOMIC_RELAXED);
	return ret;
}

/* One of the calls that a TVM is built by. */
static struct tsm_ret build_on(uint64_t id, unsigned int n)
{
	uint64_t at = NAMED_FOR(n);

	switch (dice(6)) {
	case 0:
		return COVH(ADD_MEMORY_REGION, id, BUILT_GPA, BUILT_SIZE);
	case 1:
		return COVH(ADD_PAGE_TABLE_PAGES, id, at + PART_TABLES + dice(16) * PAGE_BYTES,
			    1 + dice(4));
	case 2:
		return COVH(ADD_MEASURED_PAGES, id, AT_IMAGE, at + PART_IMAGE, COVE_PAGE_4K, 64 + 6,
			    BUILT_GPA);
	case 3:
		return COVH(CREATE_VCPU, id, dice(2), at + PART_VCPUS + dice(4) * PAGE_BYTES);
	case 4:
		return COVH(CREATE_VCPU, id, dice(2), 0);
	default:
		return COVH(FINALIZE_TVM, id, BUILT_PC, BUILT_ARG, 0);
	}
}

static struct tsm_ret change(uint64_t id, unsigned int n)
{
	uint64_t gpa = any_gpa(), count = dice(3) ? 1 : 1 + dice(8);

	switch (dice(7)) {
	case 0:
		return COVH(ADD_ZERO_PAGES, id, NAMED_FOR(n % BUILT) + PART_ZERO +
			    dice(300) * PAGE_BYTES, COVE_PAGE_4K, count, gpa);
	case 1:
	case 2:
		return COVH(ADD_SHARED_PAGES, id, AT_SHARED + dice(100) * PAGE_BYTES,
			    COVE_PAGE_4K, count, gpa);
	case 3:
		return COVH(INVALIDATE_PAGES, id, gpa, count * PAGE_BYTES);
	case 4:
		return COVH(VALIDATE_PAGES, id, gpa, count * PAGE_BYTES);
	case 5:
		return COVH(REMOVE_PAGES, id, gpa, count * PAGE_BYTES);
	default:
		return COVH(TVM_FENCE, id);
	}
}

/* Of what is named to be added to TVMs, and of what isn't named at all. */
static struct tsm_ret pages(void)
{
	uint64_t hpa = NAMED_FOR(dice(BUILT + 1)) + PART_ZERO + dice(300) * PAGE_BYTES;

	switch (dice(12)) {
	case 0:
		return COVH(RECLAIM_PAGES, hpa, 1 + dice(4));
	case 1: case 2:
		return COVH(CONVERT_PAGES, hpa, 1 + dice(4));
	case 3: case 4:
		return COVH(GLOBAL_FENCE);
	default:
		return COVH(LOCAL_FENCE);
	}
}

static struct tsm_ret end(unsigned int n, uint64_t id)
{
	struct tsm_ret ret = COVH(DESTROY_TVM, id);

	if (!ret.error)
		__atomic_store_n(&ids[n], 0, __ATOMIC_RELAXED);
	return ret;
}

/* After the last run of a TVM the host has no use for it. */
static struct tsm_ret run(unsigned int n, uint64_t id)
{
	struct tsm_ret ret = COVH(RUN_VCPU, id, dice(2));

	return !ret.error && ret.value ? end(n, id) : ret;
}

/* What brings a TVM further that isn't finished, if the host has one there. */
static struct tsm_ret make(unsigned int n, uint64_t id)
{
	if (n < BUILT)
		return id ? build_on(id, n) : create(n);
	if (!id || __atomic_load_n(&promoting[n - BUILT], __ATOMIC_RELAXED))
		return promote(n - BUILT);
	return COVH(LIST_TVMS, id);
}

static struct tsm_ret any_call(void)
{
	unsigned int n = dice(BUILT + PROMOTED);
	uint64_t id = __atomic_load_n(&ids[n], __ATOMIC_RELAXED);

	switch (dice(20)) {
	case 0:
		if (!dice(30))
			return n < BUILT ? create(n) : promote(n - BUILT);
		return COVH(LIST_TVMS, id);
	case 1: case 2: case 3: case 4: case 5: case 6:
		return make(n, id);
	case 7: case 8: case 9: case 10: case 11:
		return run(n, id);
	case 12: case 13: case 14: case 15: case 17: case 18:
		return change(id, n);
	case 16:
		return dice(4) ? COVH(LIST_TVMS, id) : end(n, id);
	default:
		return pages();
	}
}

/**
 * random_host_step() - a call
 *
 * Return: false if it was answered by what is no answer.
 */
bool random_host_step(void)
{
	return is_answer(any_call().error);
}

/**
 * random_host_free() - end it all
 *
 * Return: how many pages are free, when all that was named is the pool's again.
 */
uint64_t random_host_free(void)
{
	uint64_t hpa;
	unsigned int round;

	destroy_all();
	while (pool_scrub(512))
		;
	/* One fence may be under way: end it, and go through another. */
	for (round = 0; round < 2; round++) {
		for (host_hart = 0; host_hart < RANDOM_HARTS; host_hart++)
			COVH(LOCAL_FENCE);
		host_hart = 0;
		COVH(GLOBAL_FENCE);
	}
	for (host_hart = 0; host_hart < RANDOM_HARTS; host_hart++)
		COVH(LOCAL_FENCE);
	host_hart = 0;
	for (hpa = NAMED; hpa < NAMED_FOR(BUILT + 1); hpa += PAGE_BYTES)
		assert_int_equal(ERROR(RECLAIM_PAGES, hpa, 1), 0);
	return free_pages();
}
