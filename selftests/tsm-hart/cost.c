// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the TSM's calls cost, in instructions of the hart: the host's ecall, the
 * TSM and the TVM together.  Exact on a machine with -icount.
 */

#include "tvm.h"

/* Stops of tvm_cost, in its order. */
enum {
	AT_START,
	AFTER_NOTHING,
	AFTER_10_CALLS,
	AFTER_110_CALLS,
	AFTER_16_PAGES,
	AFTER_LARGE_PAGE,
	STOPS
};

/* Two MiB of the host's, for the VM that is promoted. */
#define DATA		0x88000000UL
#define DATA_SIZE	(2 * MIB)

/**
 * instructions_of_call() - make a call of COVH's extension, and count
 * @fid: its function
 * @a0: arguments; the others are 0
 * @a1: the same
 *
 * Return: how many instructions the hart has retired meanwhile.
 */
uint64_t instructions_of_call(unsigned long fid, uint64_t a0, uint64_t a1)
{
	uint64_t before = csr_read(instret);

	sbi2(COVE_EXT_COVH, fid, a0, a1);
	return csr_read(instret) - before;
}

static uint64_t instructions_of_promotion(uint64_t data)
{
	uint64_t before = csr_read(instret), id, after;

	id = tvm_promote(tvm_cost, data, data ? DATA_SIZE : 0);
	after = csr_read(instret);
	report(id && tvm_gone(id), "a VM of which %lu KiB are data is promoted",
	       data ? DATA_SIZE >> 10 : 0);
	return after - before;
}

static void measure_promotion(void)
{
	uint64_t empty, full;

	for (uint64_t i = 0; i < DATA_SIZE; i += 8)
		*(volatile uint64_t *)(DATA + i) = i + 1;
	empty = instructions_of_promotion(0);
	full = instructions_of_promotion(DATA);
	print("# cost: promote a MiB %lu\n", (full - empty) / (DATA_SIZE / MIB));
}

/**
 * test_cost_of_calls() - measure, for the runner to judge
 */
void test_cost_of_calls(void)
{
	uint64_t id = tvm_promote(tvm_cost, 0, 0), cost[STOPS];
	struct tvm_exit exit;

	/* The last bit of whatever is done once in a hart's life */
	instructions_of_call(COVE_COVH_LIST_TVMS, 0, 0);
	print("# cost: null call %lu\n", instructions_of_call(COVE_COVH_LIST_TVMS, 0, 0));
	for (unsigned int i = 0; i < STOPS; i++) {
		cost[i] = instructions_of_call(COVE_COVH_RUN_VCPU, id, 0);
		report(nacl()->gpr[17] == SBI_DBCN && nacl()->gpr[10] == i,
		       "the TVM comes to its stop %u", i);
	}
	exit = tvm_run(id, 0);
	report(tvm_shut_down(&exit) && tvm_gone(id), "the TVM comes to its end");
	print("# cost: round trip %lu\n", cost[AFTER_NOTHING]);
	print("# cost: call served %lu\n", (cost[AFTER_110_CALLS] - cost[AFTER_10_CALLS]) / 100);
	print("# cost: zero page %lu\n", (cost[AFTER_16_PAGES] - cost[AFTER_NOTHING]) / 16);
	print("# cost: zero page of 2 MiB %lu\n", cost[AFTER_LARGE_PAGE] - cost[AFTER_NOTHING]);
	measure_promotion();
}
