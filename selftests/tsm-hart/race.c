// SPDX-License-Identifier: GPL-2.0-only
/*
 * All harts make calls about all TVMs at the same time: each builds, runs and
 * destroys its own, while the others do what they like to it.
 */

#include "../tsm/answers.h"
#include "tvm.h"

#define ROUNDS		60
#define CALLS		40

static volatile uint64_t ids[MAX_HARTS];
static unsigned int strange[MAX_HARTS];
static unsigned int ended[MAX_HARTS];
static uint64_t dice_state[MAX_HARTS];

static uint32_t dice(uint32_t below)
{
	uint64_t *state = &dice_state[this_hart->number];

	*state = *state * 6364136223846793005UL + 1442695040888963407UL;
	return (*state >> 33) % below;
}

/* A call with anything, about anybody's TVM, also one that is gone. */
static void any_call(void)
{
	static const uint8_t fids[] = {
		COVE_COVH_GLOBAL_FENCE, COVE_COVH_LOCAL_FENCE, COVE_COVH_ADD_MEMORY_REGION,
		COVE_COVH_ADD_PAGE_TABLE_PAGES,
		COVE_COVH_ADD_MEASURED_PAGES, COVE_COVH_ADD_ZERO_PAGES,
		COVE_COVH_ADD_SHARED_PAGES, COVE_COVH_CREATE_VCPU, COVE_COVH_RUN_VCPU,
		COVE_COVH_TVM_FENCE, COVE_COVH_INVALIDATE_PAGES, COVE_COVH_VALIDATE_PAGES,
		COVE_COVH_REMOVE_PAGES, COVE_COVH_DESTROY_TVM,
	};
	/* The last one is rare. */
	unsigned int kinds = dice(20) ? ARRAY_SIZE(fids) - 1 : ARRAY_SIZE(fids);
	uint64_t page = dice(256) * PAGE, args[6] = {
		ids[dice(hart_count)], GUEST + page, dice(4) * PAGE, dice(4), dice(4), GUEST + page,
	};

	if (dice(2))
		args[1] = named_for(dice(hart_count)) + page;
	if (!is_answer(covh_call(fids[dice(kinds)], args).error))
		strange[this_hart->number]++;
}

static void race(void)
{
	unsigned int me = this_hart->number;

	dice_state[me] = me + 1;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct tvm_exit exit;

		ids[me] = tvm_build(tvm_main);
		for (unsigned int i = 0; i < CALLS; i++)
			any_call();
		if (ids[me]) {
			exit = tvm_run_on(ids[me], 0);
			ended[me] += tvm_shut_down(&exit);
		}
		/* What came of a build that failed isn't known to anybody else. */
		for (uint64_t id = COVH(LIST_TVMS, 0).value; id; id = COVH(LIST_TVMS, id).value) {
			if (id == ids[me] || !dice(3))
				COVH_ALL(DESTROY_TVM, id);
		}
	}
}

/**
 * test_races() - calls about the same TVMs by all harts
 */
void test_races(void)
{
	unsigned int good = 0, bad = 0;
	uint64_t id;

	for (unsigned int i = 1; i < hart_count; i++)
		hart_ask(i, race);
	race();
	for (unsigned int i = 1; i < hart_count; i++)
		hart_wait(i);
	for (unsigned int i = 0; i < hart_count; i++) {
		good += ended[i];
		bad += strange[i];
	}
	report(!bad, "each call has an answer, whoever else calls (%u)", bad);
	report(good, "some TVMs come to their end meanwhile (%u)", good);
	while ((id = COVH(LIST_TVMS, 0).value)) {
		if (COVH_ALL(DESTROY_TVM, id).error)
			break;
	}
	report(!id, "all TVMs can be destroyed");
	for (unsigned int i = 0; i < 2; i++)
		fence_all();
	bad = 0;
	for (unsigned int i = 0; i < hart_count; i++)
		bad += COVH_ALL(RECLAIM_PAGES, named_for(i), 512).error != 0;
	report(!bad, "and all their pages are the pool's again");
}
