// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that harts share with the host: which is accepted, and that each
 * value is where the ABI has it, and nowhere else.
 */

#include "unit.h"
#include "host.h"
#include "nacl.h"

#include <cove/abi.h>
#include <cove/nacl.h>

#define RAM	(1ULL << 20)
#define NONE	COVE_NACL_SHMEM_DISABLE

static int write_gpr(unsigned int reg, uint64_t value)
{
	const struct hart_word word = { NACL_GPR(reg), value };

	return nacl_write(&word, 1);
}

static int write_csr(unsigned int csr, uint64_t value)
{
	const struct hart_word word = { NACL_CSR(csr), value };

	return nacl_write(&word, 1);
}

static int start(void **state)
{
	host_start(4 << 20, RAM);
	for (host_hart = 0; host_hart < 2; host_hart++)
		nacl_set_shmem(NONE, NONE, 0);
	host_hart = 0;
	return 0;
}

static int stop(void **state)
{
	host_stop();
	return 0;
}

static void memory_that_is_none(void **state)
{
	assert_int_equal(nacl_set_shmem(HOST_RAM, 0, 1), COVE_ERR_INVALID_PARAM);
	assert_int_equal(nacl_set_shmem(HOST_RAM + 8, 0, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(nacl_set_shmem(HOST_RAM, 1, 0), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(nacl_set_shmem(NONE, 0, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(nacl_set_shmem(HOST_RAM, NONE, 0), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(nacl_set_shmem(HOST_POOL, 0, 0), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(nacl_set_shmem(HOST_FIRMWARE, 0, 0), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(nacl_set_shmem(HOST_RAM - 0x1000, 0, 0), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(nacl_set_shmem(HOST_RAM + RAM - 0x2000, 0, 0),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(nacl_set_shmem(-4096ULL, 0, 0), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(nacl_set_shmem(0, 0, 0), COVE_ERR_INVALID_ADDRESS);
	assert_false(nacl_ready());
	assert_int_equal(nacl_set_shmem(HOST_RAM + RAM - 0x3000, 0, 0), 0);
	assert_true(nacl_ready());
	/* What is refused changes nothing. */
	assert_int_equal(nacl_set_shmem(HOST_POOL, 0, 0), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(write_gpr(0, 7), 0);
	assert_int_equal(*(uint64_t *)host_ram(HOST_RAM + RAM - 0x3000), 7);
}

static void each_hart_has_its_own(void **state)
{
	uint64_t value;

	assert_int_equal(nacl_set_shmem(HOST_RAM, 0, 0), 0);
	host_hart = 1;
	assert_false(nacl_ready());
	assert_int_equal(nacl_read_gpr(1, &value), COVE_ERR_NO_SHMEM);
	assert_int_equal(write_gpr(1, 1), COVE_ERR_NO_SHMEM);
	assert_int_equal(nacl_read_csr(COVE_CSR_HVIP, &value), COVE_ERR_NO_SHMEM);
	assert_int_equal(write_csr(COVE_CSR_HVIP, 1), COVE_ERR_NO_SHMEM);
	assert_int_equal(nacl_set_shmem(HOST_RAM + 0x3000, 0, 0), 0);
	write_csr(COVE_CSR_HVIP, 5);
	host_hart = 0;
	nacl_read_csr(COVE_CSR_HVIP, &value);
	assert_int_equal(value, 0);
	assert_int_equal(nacl_set_shmem(NONE, NONE, 0), 0);
	assert_false(nacl_ready());
	host_hart = 1;
	assert_true(nacl_ready());
	nacl_read_csr(COVE_CSR_HVIP, &value);
	assert_int_equal(value, 5);
	host_hart = 0;
}

/* Offsets as in the specification's picture, in bytes. */
static void values_are_in_their_places(void **state)
{
	static const struct {
		unsigned int csr, offset;
	} csrs[] = {
		{ COVE_CSR_VSSTATUS, 0x1000 }, { COVE_CSR_VSATP, 0x1400 },
		{ COVE_CSR_VSTIMECMP, 0x1268 }, { COVE_CSR_HTVAL, 0x1a18 },
		{ COVE_CSR_HTINST, 0x1a50 }, { COVE_CSR_HGATP, 0x1c00 },
	};
	uint64_t *word = host_ram(HOST_RAM), value;
	unsigned int i, j;

	assert_int_equal(nacl_set_shmem(HOST_RAM, 0, 0), 0);
	for (i = 0; i < ARRAY_SIZE(csrs) + 32; i++) {
		unsigned int offset = i < 32 ? 8 * i : csrs[i - 32].offset;

		memset(word, 0, COVE_NACL_SHMEM_SIZE);
		if (i < 32)
			assert_int_equal(write_gpr(i, 77), 0);
		else
			assert_int_equal(write_csr(csrs[i - 32].csr, 77), 0);
		for (j = 0; j < COVE_NACL_SHMEM_SIZE / 8; j++)
			assert_int_equal(word[j], 8 * j == offset ? 77 : 0);
		word[offset / 8] = 78;
		if (i < 32)
			assert_int_equal(nacl_read_gpr(i, &value), 0);
		else
			assert_int_equal(nacl_read_csr(csrs[i - 32].csr, &value), 0);
		assert_int_equal(value, 78);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_that_is_none, start, stop),
		cmocka_unit_test_setup_teardown(each_hart_has_its_own, start, stop),
		cmocka_unit_test_setup_teardown(values_are_in_their_places, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
