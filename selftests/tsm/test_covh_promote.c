// SPDX-License-Identifier: GPL-2.0-only
/*
 * promote_to_tvm, as the host calls it: one VM with four vCPUs, and what the
 * host has to say of the one that boots.
 */

#include "calls.h"
#include "host_vm.h"


#define RAM		0x80000000ULL
#define RAM_SIZE	(16 * MIB)
#define IMAGE_PAGES	150
#define TREE		(RAM + 4 * MIB)
#define PC		(RAM + 0x1000)

/* Where the host has all that. */
#define AT_TABLES	(HOST_RAM + 64 * MIB)
#define AT_OTHER_TABLES	(HOST_RAM + 80 * MIB)
#define AT_MEMORY	(HOST_RAM + 96 * MIB)
#define AT_TREE		(HOST_RAM + 128 * MIB)

#define VMID(n)		((uint64_t)(n) << 44)

static void put_tree(unsigned int first_cpu)
{
	host_vm_put_tree(AT_TREE, RAM, RAM_SIZE, first_cpu, 4);
}

/* An ordinary VM, with its tables there; what is in its memory is the same. */
static void make_vm(uint64_t tables)
{
	unsigned int i;

	host_vm_start(3, tables);
	for (i = 0; i < IMAGE_PAGES; i++) {
		host_fill(AT_MEMORY + i * PAGE_BYTES, i + 1);
		host_vm_map(RAM + i * PAGE_BYTES, AT_MEMORY + i * PAGE_BYTES, 0, RWX);
	}
	host_vm_map(TREE, AT_TREE, 0, RWX);
	host_vm_map(TREE + PAGE_BYTES, AT_TREE + PAGE_BYTES, 0, RWX);
}

static struct cove_nacl_shmem *shmem(void)
{
	return host_ram(AT_SHMEM);
}

static uint64_t *shmem_csr(unsigned int csr)
{
	return &shmem()->csr[COVE_NACL_CSR(csr)];
}

static const struct {
	uint16_t csr;
	uint64_t given;
	uint64_t taken;
} boot_csrs[] = {	/* in the order of enum vcpu_csr */
	{ COVE_CSR_VSSTATUS, ~0ULL, 0x2000c6722 },
	{ COVE_CSR_VSIE, ~0ULL, 0x222 },
	{ COVE_CSR_VSTVEC, 0x80001003, 0x80001001 },
	{ COVE_CSR_VSSCRATCH, 0x1122334455667788, 0x1122334455667788 },
	{ COVE_CSR_VSEPC, 0x80001235, 0x80001234 },
	{ COVE_CSR_VSCAUSE, ~0ULL, 0x800000000000003f },
	{ COVE_CSR_VSTVAL, ~1ULL, ~1ULL },
	{ COVE_CSR_VSATP, 0x8001200000012345, 0x8001200000012345 },
};

static void put_boot_state(void)
{
	unsigned int i;

	memset(shmem(), 0xff, sizeof(*shmem()));
	for (i = 0; i < 32; i++)
		shmem()->gpr[i] = 0x1000 + i;
	for (i = 0; i < ARRAY_SIZE(boot_csrs); i++)
		*shmem_csr(boot_csrs[i].csr) = boot_csrs[i].given;
	*shmem_csr(COVE_CSR_HGATP) = host_vm_hgatp();
}

static int start(void **state)
{
	calls_start();
	put_tree(0);
	make_vm(AT_TABLES);
	put_boot_state();
	return 0;
}

static int stop(void **state)
{
	calls_stop();
	return 0;
}

static struct tsm_ret promote(void)
{
	return COVH(PROMOTE_TO_TVM, TREE, 0, PC, AT_IDENTITY);
}

static struct tsm_ret promote_all(void)
{
	struct tsm_ret ret;
	unsigned int calls = 0;

	do {
		ret = promote();
	} while (ret.error == COVE_ERR_AGAIN && calls++ < 1000);
	return ret;
}

static void expected_measure(struct measure *measure)
{
	const uint64_t region[] = { RAM, RAM_SIZE }, entry[] = { PC, TREE };
	uint64_t gpr[31], csr[ARRAY_SIZE(boot_csrs)], i;

	measure_init(measure);
	measure_config(measure, MEASURE_CONFIG_REGION, region, 2);
	for (i = 0; i < 4; i++)
		measure_config(measure, MEASURE_CONFIG_VCPU, &i, 1);
	measure_config(measure, MEASURE_CONFIG_ENTRY, entry, 2);
	for (i = 0; i < 31; i++)
		gpr[i] = 0x1001 + i;
	measure_config(measure, MEASURE_CONFIG_GPRS, gpr, 31);
	for (i = 0; i < ARRAY_SIZE(csr); i++)
		csr[i] = boot_csrs[i].taken;
	measure_config(measure, MEASURE_CONFIG_CSRS, csr, ARRAY_SIZE(csr));
	for (i = 0; i < IMAGE_PAGES; i++)
		measure_page(measure, RAM + i * PAGE_BYTES, host_ram(AT_MEMORY + i * PAGE_BYTES));
	/* The tree's second page is zero. */
	measure_page(measure, TREE, host_ram(AT_TREE));
}

static void a_vm_becomes_a_tvm(void **state)
{
	struct measure expected;
	unsigned int i, calls = 1;
	struct tsm_ret ret, next;
	struct vcpu *boot;
	struct tvm *tvm;

	memset(host_ram(AT_IDENTITY), 0x42, COVE_IDENTITY_SIZE);
	ret = promote();
	assert_int_equal(ret.error, COVE_ERR_AGAIN);
	assert_int_equal(state_by_id(ret.value), TVM_PROMOTING);
	/* What the host says now of registers comes too late. */
	memset(shmem()->gpr, 0xee, sizeof(shmem()->gpr));
	do {
		*shmem_csr(COVE_CSR_HGATP) = host_vm_hgatp() | VMID(calls);
		next = promote();
		assert_int_equal(next.value, ret.value);
		calls++;
	} while (next.error == COVE_ERR_AGAIN);
	assert_int_equal(next.error, 0);
	assert_in_range(calls, 3, 20);

	tvm = look_at(ret.value);
	assert_int_equal(tvm_state(tvm), TVM_RUNNABLE);
	expected_measure(&expected);
	assert_memory_equal(&tvm->measure, &expected, sizeof(expected));
	assert_memory_equal(tvm->identity, host_ram(AT_IDENTITY), COVE_IDENTITY_SIZE);
	boot = tvm->vcpu[0];
	assert_int_equal(boot->pc, PC);
	assert_int_equal(boot->privilege, 1);
	assert_int_equal(boot->gpr[0], 0);
	for (i = 1; i < 32; i++)
		assert_int_equal(boot->gpr[i], 0x1000 + i);
	for (i = 0; i < ARRAY_SIZE(boot_csrs); i++)
		assert_int_equal(boot->csr[i], boot_csrs[i].taken);
	assert_int_equal(boot->csr[VCPU_VSTIMECMP], ~0ULL);
	assert_int_equal(boot->csr[VCPU_HTIMEDELTA], 0);
	assert_int_equal(boot->csr[VCPU_HVIP], 0);
	assert_int_equal(vcpu_state(boot), VCPU_STARTED);
	assert_int_equal(tvm->vcpus, 4);
	for (i = 1; i < 4; i++)
		assert_int_equal(vcpu_state(tvm->vcpu[i]), VCPU_STOPPED);
	/* Its memory may be as large as it says, tables beside. */
	assert_int_equal(memory_fault(tvm, RAM + RAM_SIZE - 1, false), 0);
	/* What only the promotion needed is gone. */
	assert_int_equal(tvm->promotion.seen, 0);
	/* The VM is no promotion any more: the next one is another's. */
	assert_int_equal(promote().error, COVE_ERR_AGAIN);
	assert_int_equal(tvm_count(), 2);
}

static void no_paging_is_as_good(void **state)
{
	struct tsm_ret ret;

	*shmem_csr(COVE_CSR_VSATP) = 0;
	ret = promote_all();
	assert_int_equal(ret.error, 0);
	assert_int_equal(look_at(ret.value)->vcpu[0]->csr[VCPU_VSATP], 0);
	assert_true(look_at(ret.value)->identified);
	ret = COVH(PROMOTE_TO_TVM, TREE, 0, PC, 0);
	assert_int_equal(ret.error, COVE_ERR_AGAIN);
	assert_false(look_at(ret.value)->identified);
}

static unsigned int reads_of[sizeof(struct cove_nacl_shmem) / 8];

static void count_reads(uint64_t hpa, size_t len)
{
	if (hpa >= AT_SHMEM && hpa < AT_SHMEM + sizeof(struct cove_nacl_shmem))
		reads_of[(hpa - AT_SHMEM) / 8] += len / 8;
}

/* The host's other hart gets no second chance to change a word. */
static void each_word_is_read_once(void **state)
{
	const unsigned int hgatp = offsetof(struct cove_nacl_shmem, csr) / 8 +
				   COVE_NACL_CSR(COVE_CSR_HGATP);
	unsigned int i, words = 0;

	memset(reads_of, 0, sizeof(reads_of));
	host.before_read = count_reads;
	assert_int_equal(promote().error, COVE_ERR_AGAIN);
	for (i = 0; i < ARRAY_SIZE(reads_of); i++) {
		assert_in_range(reads_of[i], 0, 1);
		words += reads_of[i];
	}
	assert_int_equal(words, 31 + ARRAY_SIZE(boot_csrs) + 1);
	memset(reads_of, 0, sizeof(reads_of));
	assert_int_equal(promote().error, COVE_ERR_AGAIN);
	for (i = 0; i < ARRAY_SIZE(reads_of); i++)
		assert_int_equal(reads_of[i], i == hgatp);
}

/* Refused: there is no TVM, and nothing is taken. */
static void refused(struct tsm_ret ret, int64_t error)
{
	static uint64_t before;

	while (pool_scrub(512))
		;
	if (!before)
		before = free_pages();
	assert_int_equal(ret.error, error);
	assert_int_equal(ret.value, 0);
	assert_int_equal(tvm_count(), 0);
	assert_int_equal(free_pages(), before);
}

static void what_is_refused(void **state)
{
	refused(COVH(PROMOTE_TO_TVM, TREE, TREE, PC, 0), COVE_ERR_NOT_SUPPORTED);
	refused(COVH(PROMOTE_TO_TVM, TREE, 0, PC + 1, 0), COVE_ERR_INVALID_PARAM);
	refused(COVH(PROMOTE_TO_TVM, TREE + 4, 0, PC, 0), COVE_ERR_INVALID_ADDRESS);
	refused(COVH(PROMOTE_TO_TVM, TREE, 0, PC, AT_IDENTITY + 8), COVE_ERR_INVALID_PARAM);
	refused(COVH(PROMOTE_TO_TVM, TREE, 0, PC, HOST_POOL), COVE_ERR_INVALID_PARAM);
	/* No memory there, and no tree. */
	refused(COVH(PROMOTE_TO_TVM, TREE + MIB, 0, PC, 0), COVE_ERR_INVALID_ADDRESS);
	refused(COVH(PROMOTE_TO_TVM, RAM, 0, PC, 0), COVE_ERR_INVALID_PARAM);

	*shmem_csr(COVE_CSR_HGATP) = 0;
	refused(promote(), COVE_ERR_INVALID_ADDRESS);
	*shmem_csr(COVE_CSR_HGATP) = 0x8000000000000000 | HOST_POOL >> 12;
	refused(promote(), COVE_ERR_INVALID_ADDRESS);
	*shmem_csr(COVE_CSR_HGATP) = host_vm_hgatp();
	*shmem_csr(COVE_CSR_VSATP) = 9ULL << 60;
	refused(promote(), COVE_ERR_INVALID_PARAM);
	*shmem_csr(COVE_CSR_VSATP) = 1;
	refused(promote(), COVE_ERR_INVALID_PARAM);
	*shmem_csr(COVE_CSR_VSATP) = 0;

	/* vCPUs, but not the one that boots. */
	put_tree(1);
	refused(promote(), COVE_ERR_INVALID_PARAM);
	put_tree(0);
	host_hart = 1;
	refused(promote(), COVE_ERR_NO_SHMEM);
	host_hart = 0;
	assert_int_equal(promote_all().error, 0);
}

static void no_room(void **state)
{
	uint64_t hpa, left;

	for (hpa = HOST_POOL; hpa < HOST_POOL + CALLS_POOL; hpa += PAGE_BYTES)
		(void)ERROR(CONVERT_PAGES, hpa, 1);
	assert_int_equal(ERROR(GLOBAL_FENCE), 0);
	assert_int_equal(ERROR(LOCAL_FENCE), 0);
	/* With each page more it gets further, and leaves nothing until it's in. */
	for (left = 0; left < 11; left++) {
		int64_t error = promote().error;
		unsigned int calls = 0;

		while (error == COVE_ERR_AGAIN && !tvm_count() && calls++ < 1000)
			error = promote().error;
		assert_int_equal(error, COVE_ERR_OUT_OF_MEMORY);
		if (tvm_count())
			break;
		while (pool_scrub(512))
			;
		assert_int_equal(free_pages(), left);
		assert_int_equal(ERROR(RECLAIM_PAGES, NAMED + left * PAGE_BYTES, 1), 0);
	}
	assert_in_range(left, 9, 10);
}

/* A promotion goes on with what it began with, or not at all. */
static void other_arguments(void **state)
{
	struct tsm_ret ret = promote();

	assert_int_equal(ret.error, COVE_ERR_AGAIN);
	assert_int_equal(COVH(PROMOTE_TO_TVM, TREE + 8, 0, PC, AT_IDENTITY).error,
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(COVH(PROMOTE_TO_TVM, TREE, 0, PC + 2, AT_IDENTITY).error,
			 COVE_ERR_INVALID_PARAM);
	assert_int_equal(COVH(PROMOTE_TO_TVM, TREE, 0, PC, 0).error, COVE_ERR_INVALID_PARAM);
	assert_int_equal(promote_all().value, ret.value);
	assert_int_equal(tvm_count(), 1);
}

/* Two VMs, in turns. */
static void two_at_a_time(void **state)
{
	uint64_t hgatp[2] = { host_vm_hgatp() }, id[2];
	int64_t error[2] = { COVE_ERR_AGAIN, COVE_ERR_AGAIN };
	struct measure expected;
	unsigned int i;

	make_vm(AT_OTHER_TABLES);
	hgatp[1] = host_vm_hgatp();
	assert_true(hgatp[0] != hgatp[1]);
	for (i = 0; error[0] || error[1]; i ^= 1) {
		struct tsm_ret ret;

		*shmem_csr(COVE_CSR_HGATP) = hgatp[i];
		if (!error[i])
			continue;
		ret = promote();
		assert_true(!ret.error || ret.error == COVE_ERR_AGAIN);
		error[i] = ret.error;
		id[i] = ret.value;
	}
	assert_true(id[0] != id[1]);
	expected_measure(&expected);
	for (i = 0; i < 2; i++)
		assert_memory_equal(&look_at(id[i])->measure, &expected, sizeof(expected));
}

/* The tables change: the TVM is dead, but not out of sight. */
static void a_promotion_that_fails(void **state)
{
	struct tsm_ret ret = promote(), again;

	assert_int_equal(ret.error, COVE_ERR_AGAIN);
	host_vm_map(RAM + 149 * PAGE_BYTES, HOST_POOL, 0, RWX);
	again = promote_all();
	assert_int_equal(again.error, COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(again.value, ret.value);
	assert_int_equal(state_by_id(ret.value), TVM_DEAD);
	assert_int_equal(COVH(LIST_TVMS, 0).value, ret.value);
	destroy(ret.value);
	refused((struct tsm_ret){ 0 }, 0);
}

static void a_promotion_that_is_given_up(void **state)
{
	struct tsm_ret ret = promote();

	assert_int_equal(ret.error, COVE_ERR_AGAIN);
	destroy(ret.value);
	refused((struct tsm_ret){ 0 }, 0);
	/* The next one begins anew. */
	assert_int_equal(promote_all().error, 0);
}

static int64_t error_from_elsewhere;
static size_t at_read_of;

static void call_from_elsewhere(uint64_t hpa, size_t len)
{
	if (len != at_read_of)
		return;
	host.before_read = NULL;
	error_from_elsewhere = promote().error;
}

/* The same VM from another hart: while it begins, and while it is copied. */
static void two_harts_and_one_vm(void **state)
{
	assert_int_equal(tsm_call(COVE_EXT_NACL, COVE_NACL_SET_SHMEM,
				  (const uint64_t[6]){ AT_SHMEM }).error, 0);
	at_read_of = COVE_IDENTITY_SIZE;
	host.before_read = call_from_elsewhere;
	error_from_elsewhere = 0;
	assert_int_equal(promote().error, COVE_ERR_AGAIN);
	assert_int_equal(error_from_elsewhere, COVE_ERR_AGAIN);
	assert_int_equal(tvm_count(), 1);

	at_read_of = PAGE_BYTES;
	host.before_read = call_from_elsewhere;
	error_from_elsewhere = 0;
	assert_int_equal(promote().error, COVE_ERR_AGAIN);
	assert_int_equal(error_from_elsewhere, COVE_ERR_AGAIN);
	assert_int_equal(promote_all().error, 0);
	assert_int_equal(tvm_count(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vm_becomes_a_tvm),
		TEST(no_paging_is_as_good),
		TEST(each_word_is_read_once),
		TEST(what_is_refused),
		TEST(no_room),
		TEST(other_arguments),
		TEST(two_at_a_time),
		TEST(a_promotion_that_fails),
		TEST(a_promotion_that_is_given_up),
		TEST(two_harts_and_one_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
