// SPDX-License-Identifier: GPL-2.0-only
/* The wall around the pool, as the host meets it. */

#include "payload.h"

#define CAUSE_FETCH	1
#define CAUSE_LOAD	5
#define CAUSE_STORE	7

/* What a hart sees of the pool at these places: a mask of failures. */
static uint64_t closed_here(void)
{
	const uint64_t at[] = {
		pool.base, pool.base + 4096, pool.base + pool.size / 2,
		pool.base + pool.size - 4096, pool.base + pool.size - 8,
	};
	uint64_t open = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		open |= (probe_load(at[i]) != CAUSE_LOAD) << 0;
		open |= (probe_store(at[i]) != CAUSE_STORE) << 1;
		open |= (probe_amo(at[i]) != CAUSE_STORE) << 2;
		open |= (probe_fetch(at[i]) != CAUSE_FETCH) << 3;
	}
	return open;
}

static volatile uint64_t seen[MAX_HARTS];

static void look(void)
{
	seen[this_hart->number] = closed_here();
}

static void all_look(const char *when)
{
	for (unsigned int i = 1; i < hart_count; i++)
		hart_ask(i, look);
	look();
	for (unsigned int i = 1; i < hart_count; i++)
		hart_wait(i);
	for (unsigned int i = 0; i < hart_count; i++)
		report(!seen[i], "hart %u can't read, write or execute the pool %s",
		       i, when);
}

static void neighbours(void)
{
	report(probe_load(pool.base - 8) == (uint64_t)-1, "what is before the pool is the host's");
}

/* SBI calls that take an address must not reach it for the host. */
static void by_firmware(void)
{
	report(sbi3(SBI_DBCN, 0, 8, pool.base, 0).error, "the firmware prints nothing of the pool");
	report(sbi3(SBI_DBCN, 1, 8, pool.base, 0).error, "and reads no input to it");
	report(sbi3(SBI_HSM, HSM_SUSPEND, HSM_NON_RETENTIVE, pool.base, 0).error,
	       "and resumes no hart in it");
	if (hart_count > 1) {
		hart_ask(1, hart_stop_self);
		while (sbi1(SBI_HSM, HSM_STATUS, harts[1].id).value != 1)
			;
		report(sbi3(SBI_HSM, HSM_START, harts[1].id, pool.base, 0).error,
		       "and starts no hart in it");
		report(hart_restart(1), "a stopped hart starts again");
	}
}

static void suspend_self(void)
{
	uint64_t number = this_hart->number;

	/* Pending before, so that the hart wakes at once. */
	csr_set(sie, 2);
	csr_set(sip, 2);
	/* It starts anew, and must not find this work again. */
	__atomic_store_n(&this_hart->work, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&this_hart->state, HART_ABSENT, __ATOMIC_RELEASE);
	sbi3(SBI_HSM, HSM_SUSPEND, HSM_NON_RETENTIVE, (unsigned long)start_other, number);
	report(false, "a non-retentive suspend doesn't return");
}

static void after_suspend(void)
{
	for (unsigned int i = 1; i < hart_count; i++) {
		hart_ask(i, suspend_self);
		hart_wait(i);
	}
}

void test_wall(void)
{
	neighbours();
	all_look("after boot");
	by_firmware();
	if (hart_count == 1)
		return;
	all_look("after one was stopped and started");
	after_suspend();
	all_look("after the others were suspended");
}
