// SPDX-License-Identifier: GPL-2.0-only
/* What the core's interface to harts and memory does on harts. */

#include <cove/covh.h>

#include "../../cove/tsm/check/direct.h"
#include "payload.h"

#define RAM_BASE	0x80000000UL

static uint8_t bytes[64] __attribute__((aligned(64)));

static long read_from(uint64_t address, uint64_t len)
{
	return sbi2(COVE_EXT_COVH, DIRECT_READ, address, len).error;
}

static long write_to(uint64_t address, uint64_t len)
{
	return sbi2(COVE_EXT_COVH, DIRECT_WRITE, address, len).error;
}

static void test_addresses(void)
{
	const struct {
		const char *name;
		uint64_t address, len;
	} bad[] = {
		{ "the pool", pool.base, 8 },
		{ "its end", pool.base + pool.size - 8, 8 },
		{ "what begins before it", pool.base - 8, 16 },
		{ "what has it in its middle", pool.base - 8, pool.size + 16 },
		{ "the firmware's code", RAM_BASE, 8 },
		{ "what follows it", RAM_BASE + 0x3fff8, 8 },
		{ "no memory", 0x40000000, 8 },
		{ "a device", 0x10000000, 1 },
		{ "what is behind all memory", ~0UL - 7, 8 },
		{ "what wraps around", ~0UL - 3, 16 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		report(read_from(bad[i].address, bad[i].len) == COVE_ERR_INVALID_ADDRESS,
		       "the TSM does not read %s for the host", bad[i].name);
		report(write_to(bad[i].address, bad[i].len) == COVE_ERR_INVALID_ADDRESS,
		       "nor write to %s", bad[i].name);
	}
}

static void test_copies(void)
{
	struct sbi_ret ret;
	bool exact = true;

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	ret = sbi2(COVE_EXT_COVH, DIRECT_READ, (unsigned long)bytes + 3, 18);
	report(!ret.error && ret.value == (3 + 20) * 9, "the TSM reads the host's memory");
	report(!write_to((unsigned long)bytes + 5, 17), "and writes to it");
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		exact = exact && bytes[i] == (i < 5 || i >= 22 ? i : 0x5a);
	report(exact, "no byte more or less");
}

static void stay_away(void)
{
	hart_stop_self();
}

static void test_harts(void)
{
	uint64_t all = (1UL << hart_count) - 1, online;

	report((uint64_t)sbi0(COVE_EXT_COVH, DIRECT_ONLINE).value == all, "all harts are online");
	report(!sbi1(COVE_EXT_COVH, DIRECT_KICK, ~0UL).error, "kicking harts does no harm");
	if (hart_count == 1)
		return;
	hart_ask(hart_count - 1, stay_away);
	while (sbi1(SBI_HSM, HSM_STATUS, harts[hart_count - 1].id).value != 1)
		;
	online = sbi0(COVE_EXT_COVH, DIRECT_ONLINE).value;
	/* All but one bit of all. */
	online ^= all;
	report(online && !(online & (online - 1)), "but not one that was stopped");
	report(hart_restart(hart_count - 1), "which comes back");
}

static void test_entropy(void)
{
	struct sbi_ret one = sbi0(COVE_EXT_COVH, DIRECT_ENTROPY);
	struct sbi_ret two = sbi0(COVE_EXT_COVH, DIRECT_ENTROPY);

	if (one.error) {
		report(one.error == COVE_ERR_NOT_SUPPORTED, "without Zkr there is no entropy");
		return;
	}
	report(one.value != two.value && one.value && two.value,
	       "the platform's entropy differs each time");
}

/**
 * test_memory() - if the firmware has the calls for it
 */
void test_memory(void)
{
	if (sbi0(COVE_EXT_COVH, DIRECT_NULL).error)
		return;
	test_addresses();
	test_copies();
	test_harts();
	test_entropy();
	sbi2(COVE_EXT_COVH, DIRECT_LOG, 4294967295, ~0UL);
}
