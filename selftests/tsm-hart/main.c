// SPDX-License-Identifier: GPL-2.0-only
/* Run all tests that make sense on this machine, then power off. */

#include <cove/covh.h>

#include "payload.h"

struct fdt_range pool;

void unexpected_trap(uint64_t cause, uint64_t tval, uint64_t epc);
void boot(uint64_t id, const void *fdt);

void unexpected_trap(uint64_t cause, uint64_t tval, uint64_t epc)
{
	report(false, "no unexpected trap (cause %lx, tval %lx, epc %lx)", cause, tval, epc);
	tap_end();
	sbi2(SBI_SRST, 0, 0, 1);
}

/* The runner puts a pool's mark and secrets here on some machines. */
#define FORMER_POOL	0x98000000UL
#define FORMER_SIZE	(64UL << 20)

static void former_pool(void)
{
	const uint64_t at[] = {
		FORMER_POOL, FORMER_POOL + FORMER_SIZE / 2,
		FORMER_POOL + FORMER_SIZE - 4096, FORMER_POOL + FORMER_SIZE - 4088,
	};
	bool zero = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		if (probe_load(at[i]) == (uint64_t)-1 && *(volatile uint64_t *)at[i])
			zero = false;
	}
	report(zero, "nothing is left of an earlier pool");
}

/* The runner asks for a reset by the first word, which a reset puts there again. */
#define RESET_WANTED	0x8f000008UL
#define RESET_DONE	0x8f001000UL

static void reset_once(void)
{
	volatile uint64_t *done = (volatile uint64_t *)RESET_DONE;

	if (*(volatile uint64_t *)RESET_WANTED != 1 || *done == 1)
		return;
	*done = 1;
	sbi2(SBI_SRST, 0, 1, 0);
}

void boot(uint64_t id __attribute__((unused)), const void *fdt)
{
	reset_once();
	print("TAP version 14\n");
	harts_start();
	print("# %u harts\n", hart_count);
	former_pool();
	if (fdt_pool(fdt, &pool)) {
		print("# pool at %lx, %lu bytes\n", pool.base, pool.size);
		if (sbi1(SBI_BASE, 3, COVE_EXT_COVH).value) {
			test_calls();
			test_life();
			test_promotion();
			test_cost_of_calls();
			test_races();
		}
		test_memory();
		test_world();
		test_fuzz();
		test_wall();
		test_world_after_suspend();
		test_dma(fdt);
	} else {
		print("# no pool\n");
		report(!sbi1(SBI_BASE, 3, COVE_EXT_COVH).value, "without a pool there is no COVH");
		test_dma_without_pool(fdt);
	}
	sbi2(SBI_SRST, 0, 0, tap_end() ? 1 : 0);
}
