// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TVM's calls about what it is made of: what each refuses, what an accepted
 * one gives, and what the host is told of it.
 */

#include "guest.h"

#include <cove/abi.h>
#include <cove/covg.h>

#define VSEIP		(1ULL << 10)

static int start(void **state)
{
	guest_start(2);
	vcpu_set_boot(guest_vcpu(1), PRIVATE, 1, 0);
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

static uint64_t call(uint64_t function, uint64_t a0, uint64_t a1, uint64_t a2)
{
	uint64_t result = guest_call_sbi(caller(), COVE_EXT_COVG, function, a0, a1, a2);

	assert_int_equal(host_cause, TIMER);
	assert_int_equal(caller()->gpr[11], 0);
	return result;
}

static void host_sees(uint64_t function, uint64_t a0, uint64_t a1)
{
	guest_told(COVE_EXT_COVG, function, a0, a1);
	guest_poison(0);
}

/* One of which the host is told, when it is done: that, and its arguments. */
static void told(uint64_t function, uint64_t a0, uint64_t a1)
{
	assert_int_equal(guest_call_sbi(caller(), COVE_EXT_COVG, function, a0, a1, 99), 0);
	host_sees(function, a0, a1);
	/* There is no answer of the host's. */
	guest_shmem(0)->gpr[10] = ERR(COVE_ERR_FAILED);
	guest_runs_on(caller());
	assert_int_equal(caller()->gpr[10], 0);
	assert_int_equal(caller()->gpr[11], 0);
}

static void not_offered(void **state)
{
	assert_int_equal(call(COVE_COVG_GET_EVIDENCE, PRIVATE, 0, 0),
			 ERR(COVE_ERR_NOT_SUPPORTED));
	assert_int_equal(call(COVE_COVG_RETRIEVE_SECRET, PRIVATE, 4096, 0),
			 ERR(COVE_ERR_NOT_SUPPORTED));
	assert_int_equal(call(COVE_COVG_COUNT, 0, 0, 0), ERR(COVE_ERR_NOT_SUPPORTED));
	/* Not the word of the host's calls, with a domain in it. */
	assert_int_equal(call(1ULL << COVE_SDID_SHIFT, NOWHERE, 4096, 0),
			 ERR(COVE_ERR_NOT_SUPPORTED));
}

static void mmio_regions(void **state)
{
	static const struct {
		uint64_t gpa, len;
		int64_t result;
	} refused[] = {
		{ NOWHERE + 1, 4096, COVE_ERR_INVALID_ADDRESS },
		{ NOWHERE, 0, COVE_ERR_INVALID_PARAM },
		{ NOWHERE, 4097, COVE_ERR_INVALID_PARAM },
		{ 1ULL << 41, 4096, COVE_ERR_INVALID_ADDRESS },
		{ ~0ULL << 12, 4096, COVE_ERR_INVALID_ADDRESS },
		{ NOWHERE, ~0ULL << 12, COVE_ERR_INVALID_PARAM },
		{ DEVICE, 4096, COVE_ERR_INVALID_ADDRESS },
		{ PRIVATE - 4096, 8192, COVE_ERR_INVALID_ADDRESS },
		{ SHARED, 4096, COVE_ERR_INVALID_ADDRESS },
		{ 0, 1ULL << 41, COVE_ERR_INVALID_ADDRESS },
	};
	struct region_map *regions = guest_tvm.regions;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(call(COVE_COVG_ADD_MMIO_REGION, refused[i].gpa, refused[i].len, 0),
				 ERR(refused[i].result));
	told(COVE_COVG_ADD_MMIO_REGION, NOWHERE, 8192);
	assert_int_equal(region_at(regions, NOWHERE + 8191), REGION_MMIO);
	assert_int_equal(region_at(regions, NOWHERE + 8192), REGION_NONE);
	assert_int_equal(call(COVE_COVG_ADD_MMIO_REGION, NOWHERE + 4096, 4096, 0),
			 ERR(COVE_ERR_INVALID_ADDRESS));

	assert_int_equal(call(COVE_COVG_REMOVE_MMIO_REGION, NOWHERE + 8192, 4096, 0),
			 ERR(COVE_ERR_INVALID_ADDRESS));
	assert_int_equal(call(COVE_COVG_REMOVE_MMIO_REGION, NOWHERE, 1, 0),
			 ERR(COVE_ERR_INVALID_PARAM));
	/* Memory isn't removed with the devices around it. */
	told(COVE_COVG_REMOVE_MMIO_REGION, 0, PRIVATE + PRIVATE_SIZE);
	assert_int_equal(region_at(regions, NOWHERE), REGION_NONE);
	assert_int_equal(region_at(regions, DEVICE), REGION_NONE);
	assert_int_equal(region_at(regions, PRIVATE), REGION_PRIVATE);
	assert_int_equal(region_at(regions, SHARED), REGION_SHARED);

	for (i = regions->count; i < REGION_MAX; i++)
		told(COVE_COVG_ADD_MMIO_REGION, 8192 * i, 4096);
	assert_int_equal(call(COVE_COVG_ADD_MMIO_REGION, 8192 * i, 4096, 0),
			 ERR(COVE_ERR_OUT_OF_MEMORY));
}

static void sharing(void **state)
{
	uint64_t gpa = PRIVATE + 4 * MIB, word = 42;

	assert_int_equal(call(COVE_COVG_SHARE_MEMORY, gpa + 8, 4096, 0),
			 ERR(COVE_ERR_INVALID_ADDRESS));
	assert_int_equal(call(COVE_COVG_SHARE_MEMORY, gpa, 8, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(COVE_COVG_SHARE_MEMORY, gpa, 0, 0), ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(COVE_COVG_SHARE_MEMORY, gpa, ~0ULL << 12, 0),
			 ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(COVE_COVG_SHARE_MEMORY, SHARED, 4096, 0),
			 ERR(COVE_ERR_INVALID_ADDRESS));
	assert_int_equal(call(COVE_COVG_SHARE_MEMORY, SHARED - 4096, 8192, 0),
			 ERR(COVE_ERR_INVALID_ADDRESS));
	assert_int_equal(call(COVE_COVG_SHARE_MEMORY, DEVICE, 4096, 0),
			 ERR(COVE_ERR_INVALID_ADDRESS));
	assert_int_equal(call(COVE_COVG_UNSHARE_MEMORY, gpa, 4096, 0),
			 ERR(COVE_ERR_INVALID_ADDRESS));

	assert_int_equal(memory_write(&guest_tvm, gpa, &word, 8), 0);
	told(COVE_COVG_SHARE_MEMORY, gpa, 8192);
	assert_int_equal(region_at(guest_tvm.regions, gpa), REGION_SHARED);
	assert_int_equal(memory_add_shared(&guest_tvm, HOST_RAM + 32 * MIB, 0, 1, gpa), 0);
	told(COVE_COVG_UNSHARE_MEMORY, gpa, 4096);
	assert_int_equal(region_at(guest_tvm.regions, gpa), REGION_PRIVATE);
	/* What was there is lost on the way. */
	assert_int_equal(memory_read(&guest_tvm, &word, gpa, 8), 0);
	assert_int_equal(word, 0);
}

static int begin(struct vcpu *vcpu, uint64_t function, uint64_t gpa, uint64_t len)
{
	static const struct guest_step ecall = { .cause = 10 };
	uint64_t value;

	vcpu->gpr[10] = gpa;
	vcpu->gpr[11] = len;
	vcpu->gpr[16] = function;
	vcpu->gpr[17] = COVE_EXT_COVG;
	guest_script(&ecall, 1);
	return guest_run(vcpu, &value);
}

static int again(struct vcpu *vcpu)
{
	uint64_t value;
	int err = guest_run(vcpu, &value);

	assert_int_equal(value, 0);
	return err;
}

/* Another vCPU may still have it in its TLB: the guest and the host wait. */
static void while_another_runs(void **state)
{
	uint64_t gpa = PRIVATE + 4 * MIB, pc = caller()->pc;
	struct vcpu *other = guest_vcpu(1);
	uint32_t epoch;

	assert_int_equal(memory_fault(&guest_tvm, gpa, false), 0);
	epoch = gstage_enter(&guest_tvm.gstage);
	other->running = 1;
	other->hart = 9;
	host.kicked = 0;
	guest_entries = 0;
	guest_poison(0);
	assert_int_equal(begin(caller(), COVE_COVG_SHARE_MEMORY, gpa, 4096), COVE_ERR_AGAIN);
	assert_int_equal(host.kicked, 1 << 9);
	assert_int_equal(caller()->pc, pc + 4);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(again(caller()), COVE_ERR_AGAIN);
	/* Not even when the TVM can't be asked. */
	assert_true(lock_try(&guest_tvm.lock));
	assert_int_equal(again(caller()), COVE_ERR_AGAIN);
	lock_drop(&guest_tvm.lock);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(guest_shmem(0)->gpr[17], POISON);
	gstage_leave(&guest_tvm.gstage, epoch);
	other->running = 0;
	assert_int_equal(again(caller()), 0);
	host_sees(COVE_COVG_SHARE_MEMORY, gpa, 4096);
	guest_runs_on(caller());
	assert_int_equal(caller()->gpr[10], 0);
}

/* Two at once: the second's call is made again until the first is through. */
static void two_changes(void **state)
{
	uint64_t one = PRIVATE + 4 * MIB, two = PRIVATE + 8 * MIB;
	struct vcpu *other = guest_vcpu(1);
	uint32_t epoch = gstage_enter(&guest_tvm.gstage);

	assert_int_equal(memory_fault(&guest_tvm, one, false), 0);
	assert_int_equal(memory_fault(&guest_tvm, two, false), 0);
	assert_int_equal(memory_share(&guest_tvm, one, 4096), 0);
	caller()->wait = (struct vcpu_wait){
		.what = VCPU_CHANGE, .function = COVE_COVG_SHARE_MEMORY, .gpa = one, .len = 4096,
	};
	caller()->running = 1;
	caller()->hart = 4;
	host.kicked = 0;
	assert_int_equal(begin(other, COVE_COVG_SHARE_MEMORY, two, 4096), 0);
	assert_int_equal(host_cause, TIMER);
	assert_int_equal(host.kicked, 1 << 4);
	assert_int_equal(region_at(guest_tvm.regions, two), REGION_PRIVATE);
	gstage_leave(&guest_tvm.gstage, epoch);
	caller()->running = 0;
	/* The one that asks again brings the first one to its end, */
	assert_int_equal(begin(other, COVE_COVG_SHARE_MEMORY, two, 4096), 0);
	assert_int_equal(host_cause, TIMER);
	/* and then its own, */
	assert_int_equal(begin(other, COVE_COVG_SHARE_MEMORY, two, 4096), 0);
	host_sees(COVE_COVG_SHARE_MEMORY, two, 4096);
	/* and the first sees that it is over. */
	assert_int_equal(again(caller()), 0);
	host_sees(COVE_COVG_SHARE_MEMORY, one, 4096);
}

/* A later change of another vCPU doesn't keep one that is through. */
static void a_later_change(void **state)
{
	uint64_t one = PRIVATE + 4 * MIB, two = PRIVATE + 8 * MIB;
	uint32_t epoch;

	caller()->wait = (struct vcpu_wait){
		.what = VCPU_CHANGE, .function = COVE_COVG_SHARE_MEMORY, .gpa = one, .len = 4096,
	};
	assert_int_equal(memory_fault(&guest_tvm, two, false), 0);
	epoch = gstage_enter(&guest_tvm.gstage);
	assert_int_equal(memory_share(&guest_tvm, two, 4096), 0);
	assert_int_equal(again(caller()), 0);
	host_sees(COVE_COVG_SHARE_MEMORY, one, 4096);
	gstage_leave(&guest_tvm.gstage, epoch);
}

static uint64_t hvip_after_run(void)
{
	guest_shmem(0)->csr[COVE_NACL_CSR(COVE_CSR_HVIP)] = ~0ULL;
	guest_runs_on(caller());
	return caller()->csr[VCPU_HVIP];
}

static void interrupts(void **state)
{
	static const uint64_t wrong[] = { 0, 1, 2, 6, 9, 11, 12, 63, 64, ~1ULL, 1ULL << 32 | 10 };
	static const uint64_t functions[] = {
		COVE_COVG_ALLOW_INTERRUPT, COVE_COVG_DENY_INTERRUPT,
	};
	unsigned int i, j;

	for (j = 0; j < ARRAY_SIZE(functions); j++) {
		for (i = 0; i < ARRAY_SIZE(wrong); i++)
			assert_int_equal(call(functions[j], wrong[i], 0, 0),
					 ERR(COVE_ERR_INVALID_PARAM));
	}
	assert_int_equal(hvip_after_run(), 0);
	for (i = 0; i < 2; i++) {
		uint64_t id = i ? COVE_ALL_INTERRUPTS : 10;

		guest_shmem(0)->csr[COVE_NACL_CSR(COVE_CSR_HVIP)] = 0;
		assert_int_equal(call(COVE_COVG_ALLOW_INTERRUPT, id, 0, 0), 0);
		assert_int_equal(hvip_after_run(), VSEIP);
		/* From this call on, not from the host's next. */
		assert_int_equal(call(COVE_COVG_DENY_INTERRUPT, id, 0, 0), 0);
		assert_int_equal(caller()->csr[VCPU_HVIP], 0);
		assert_int_equal(hvip_after_run(), 0);
	}
	/* The other vCPU's are its own. */
	assert_int_equal(call(COVE_COVG_ALLOW_INTERRUPT, 10, 0, 0), 0);
	guest_runs_on(guest_vcpu(1));
	assert_int_equal(guest_vcpu(1)->csr[VCPU_HVIP], 0);
}

/* Where results are put, or a digest is taken from. */
static void buffers(void **state)
{
	static const struct {
		uint64_t function, len, index;
	} calls[] = {
		{ COVE_COVG_GET_ATTCAPS, sizeof(struct cove_attcaps), 0 },
		{ COVE_COVG_EXTEND_MEASUREMENT, SHA384_LEN, MEASURE_INITIAL },
		{ COVE_COVG_READ_MEASUREMENT, SHA384_LEN, 0 },
	};
	static const uint64_t wrong[] = {
		PRIVATE + 8, PRIVATE + 4095, SHARED, DEVICE, NOWHERE, 0, 1ULL << 41, ~0ULL << 12,
		PRIVATE + PRIVATE_SIZE, PRIVATE - 4096,
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (j = 0; j < ARRAY_SIZE(wrong); j++)
			assert_int_equal(call(calls[i].function, wrong[j], calls[i].len,
					      calls[i].index), ERR(COVE_ERR_INVALID_ADDRESS));
		assert_int_equal(call(calls[i].function, PRIVATE, calls[i].len - 1,
				      calls[i].index), ERR(COVE_ERR_INVALID_PARAM));
		assert_int_equal(call(calls[i].function, PRIVATE, 0, calls[i].index),
				 ERR(COVE_ERR_INVALID_PARAM));
		assert_int_equal(call(calls[i].function, PRIVATE, calls[i].len,
				      calls[i].index), 0);
	}
}

static void attcaps(void **state)
{
	struct cove_attcaps caps, zero = { 0 };
	uint8_t after;
	unsigned int i;

	memset(&caps, 0xa5, sizeof(caps));
	assert_int_equal(memory_write(&guest_tvm, PRIVATE, &caps, sizeof(caps)), 0);
	after = 0x77;
	assert_int_equal(memory_write(&guest_tvm, PRIVATE + sizeof(caps), &after, 1), 0);
	assert_int_equal(call(COVE_COVG_GET_ATTCAPS, PRIVATE, 4096, 0), 0);
	assert_int_equal(memory_read(&guest_tvm, &caps, PRIVATE, sizeof(caps)), 0);
	assert_int_equal(memory_read(&guest_tvm, &after, PRIVATE + sizeof(caps), 1), 0);
	assert_int_equal(after, 0x77);
	assert_int_equal(caps.hash, COVE_HASH_SHA384);
	/* There is no evidence yet. */
	assert_int_equal(caps.formats, 0);
	assert_int_equal(caps.initial, 8);
	assert_int_equal(caps.runtime, 8);
	for (i = 0; i < ARRAY_SIZE(caps.reg); i++) {
		if (i >= 16) {
			assert_memory_equal(&caps.reg[i], &zero.reg[0], sizeof(caps.reg[i]));
			continue;
		}
		assert_int_equal(caps.reg[i].hash, COVE_HASH_SHA384);
		assert_int_equal(caps.reg[i].type, i >= 8);
		assert_int_equal(caps.reg[i].tcg_pcr, 0xff);
	}
}

static void measurements(void **state)
{
	struct measure model;
	uint8_t digest[SHA384_LEN], got[SHA384_LEN + 1];
	uint64_t index;

	measure_init(&model);
	for (index = 0; index < SHA384_LEN; index++)
		digest[index] = index * 7;
	measure_extend(&guest_tvm.measure, MEASURE_PAGES, digest, 8);
	measure_extend(&model, MEASURE_PAGES, digest, 8);
	assert_int_equal(memory_write(&guest_tvm, PRIVATE, digest, SHA384_LEN), 0);
	for (index = 0; index < 20; index++) {
		bool there = index >= 8 && index < 16;

		assert_int_equal(call(COVE_COVG_EXTEND_MEASUREMENT, PRIVATE, SHA384_LEN, index),
				 there ? 0 : ERR(COVE_ERR_INVALID_PARAM));
		if (there)
			measure_extend(&model, index, digest, SHA384_LEN);
	}
	assert_int_equal(call(COVE_COVG_EXTEND_MEASUREMENT, PRIVATE, SHA384_LEN, 1ULL << 32 | 8),
			 ERR(COVE_ERR_INVALID_PARAM));
	assert_int_equal(call(COVE_COVG_EXTEND_MEASUREMENT, PRIVATE, SHA384_LEN + 1, 8),
			 ERR(COVE_ERR_INVALID_PARAM));
	for (index = 0; index < 20; index++) {
		memset(got, 0x55, sizeof(got));
		assert_int_equal(memory_write(&guest_tvm, PRIVATE + 4096, got, sizeof(got)), 0);
		assert_int_equal(call(COVE_COVG_READ_MEASUREMENT, PRIVATE + 4096, 4096, index),
				 index < 16 ? 0 : ERR(COVE_ERR_INVALID_PARAM));
		assert_int_equal(memory_read(&guest_tvm, got, PRIVATE + 4096, sizeof(got)), 0);
		if (index < 16)
			assert_memory_equal(got, model.reg[index], SHA384_LEN);
		else
			assert_int_equal(got[0], 0x55);
		assert_int_equal(got[SHA384_LEN], 0x55);
	}
	assert_int_equal(call(COVE_COVG_READ_MEASUREMENT, PRIVATE, 4096, ~0ULL),
			 ERR(COVE_ERR_INVALID_PARAM));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(not_offered),
		TEST(mmio_regions),
		TEST(sharing),
		TEST(while_another_runs),
		TEST(two_changes),
		TEST(a_later_change),
		TEST(interrupts),
		TEST(buffers),
		TEST(attcaps),
		TEST(measurements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
