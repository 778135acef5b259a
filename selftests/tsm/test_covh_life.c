// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TVM's life as the host sees it: each call in each state, memory that comes
 * and goes, and the end.
 */

#include "calls.h"

/* Named pages that no TVM was built of. */
#define SPARE	NAMED_FOR(7)

#define INTERRUPT	(1ULL << 63 | 9)

static unsigned int entries;
static bool kills;

/* What the TSM has locked while a vCPU runs; then an interrupt of the host. */
static void enter(struct vcpu *vcpu)
{
	struct tvm *tvm = vcpu->tvm;

	entries++;
	assert_false(lock_try(&vcpu->lock));
	assert_true(lock_try(&tvm->lock));
	lock_drop(&tvm->lock);
	/* The same vCPU, and the table, from another hart. */
	assert_int_equal(ERROR(RUN_VCPU, tvm->id, vcpu->id), COVE_ERR_AGAIN);
	if (kills)
		tvm_kill(tvm);
	vcpu->exit.cause = INTERRUPT;
}

static int start(void **state)
{
	calls_start();
	host.enter = enter;
	entries = 0;
	kills = false;
	name_pages(NAMED, 8 * 512);
	return 0;
}

static int stop(void **state)
{
	calls_stop();
	return 0;
}

static void scrub_all(void)
{
	while (pool_scrub(512))
		;
}

static uint64_t in_state(enum tvm_state wanted)
{
	uint64_t id = build(0);
	struct tvm *tvm = look_at(id);

	switch (wanted) {
	case TVM_RUNNABLE:
		finish(id);
		break;
	case TVM_DEAD:
		finish(id);
		tvm_kill(tvm);
		break;
	case TVM_DESTROYING:
		assert_true(tvm_move(tvm, TVM_DESTROY));
		break;
	default:
		tvm->state = wanted;
	}
	assert_int_equal(tvm_state(tvm), wanted);
	return id;
}

#define IN(state)	(1U << (state))
#define ALL		(IN(TVM_INITIALIZING) | IN(TVM_PROMOTING) | IN(TVM_RUNNABLE) | \
			 IN(TVM_DEAD) | IN(TVM_DESTROYING))

/* Arguments by which a call is refused only because of the TVM's state. */
static const struct {
	uint16_t fid;
	uint8_t states;
	uint64_t args[5];
	int64_t error;		/* if it is allowed */
} calls[] = {
	{ COVE_COVH_FINALIZE_TVM, IN(TVM_INITIALIZING), { BUILT_PC, 0, 0 }, 0 },
	{ COVE_COVH_DESTROY_TVM, ALL, {}, 0 },
	{ COVE_COVH_ADD_MEMORY_REGION, IN(TVM_INITIALIZING), { GIB, MIB }, 0 },
	{ COVE_COVH_ADD_PAGE_TABLE_PAGES, IN(TVM_INITIALIZING) | IN(TVM_RUNNABLE),
	  { SPARE, 2 }, 0 },
	{ COVE_COVH_ADD_MEASURED_PAGES, IN(TVM_INITIALIZING),
	  { AT_IMAGE, SPARE, COVE_PAGE_4K, 1, BUILT_GPA + MIB }, 0 },
	{ COVE_COVH_ADD_ZERO_PAGES, IN(TVM_RUNNABLE),
	  { SPARE, COVE_PAGE_4K, 1, BUILT_GPA + MIB }, 0 },
	{ COVE_COVH_ADD_SHARED_PAGES, IN(TVM_RUNNABLE),
	  { AT_SHARED, COVE_PAGE_4K, 1, BUILT_GPA + MIB }, COVE_ERR_INVALID_ADDRESS },
	{ COVE_COVH_CREATE_VCPU, IN(TVM_INITIALIZING), { 1, SPARE }, 0 },
	{ COVE_COVH_RUN_VCPU, IN(TVM_RUNNABLE), { 0 }, 0 },
	{ COVE_COVH_TVM_FENCE, IN(TVM_RUNNABLE), {}, 0 },
	{ COVE_COVH_INVALIDATE_PAGES, IN(TVM_RUNNABLE), { BUILT_GPA, PAGE_BYTES }, 0 },
	{ COVE_COVH_VALIDATE_PAGES, IN(TVM_RUNNABLE), { BUILT_GPA, PAGE_BYTES },
	  COVE_ERR_INVALID_ADDRESS },
	{ COVE_COVH_REMOVE_PAGES, IN(TVM_RUNNABLE), { BUILT_GPA, PAGE_BYTES },
	  COVE_ERR_INVALID_ADDRESS },
};

static void every_call_in_every_state(void **unused)
{
	enum tvm_state state;
	unsigned int i;

	for (state = TVM_INITIALIZING; state < TVM_STATES; state++) {
		for (i = 0; i < ARRAY_SIZE(calls); i++) {
			const uint64_t *a = calls[i].args;
			uint64_t id = in_state(state);
			const uint64_t args[6] = { id, a[0], a[1], a[2], a[3], a[4] };
			struct tvm *tvm = look_at(id);
			struct tsm_ret ret = tsm_call(COVE_EXT_COVH, calls[i].fid, args);

			if (calls[i].states & IN(state)) {
				assert_int_equal(ret.error, calls[i].error);
			} else {
				assert_int_equal(ret.error, COVE_ERR_INVALID_PARAM);
				assert_int_equal(tvm_state(tvm), state);
				assert_int_equal(page_state_at(SPARE), PAGE_UNASSIGNED);
			}
			assert_int_equal(ret.value, 0);
			assert_true(lock_try(&tvm->lock));
			lock_drop(&tvm->lock);
			destroy_all();
			scrub_all();
		}
	}
}

/* All that a TVM has had is zero, and the host's to name for another. */
static void nothing_is_left(void **state)
{
	uint64_t id = finish(build(0)), hpa, i;
	const uint64_t *word;

	memset(host_ram(AT_IMAGE), 0x5a, BUILT_IMAGE * PAGE_BYTES);
	destroy(id);
	assert_int_equal(COVH(LIST_TVMS, 0).value, 0);
	scrub_all();
	for (hpa = NAMED_FOR(0); hpa < NAMED_FOR(1); hpa += PAGE_BYTES) {
		assert_int_equal(page_state_at(hpa), PAGE_UNASSIGNED);
		word = hart_pool(hpa);
		for (i = 0; i < PAGE_BYTES / 8; i++)
			assert_int_equal(word[i], 0);
	}
	assert_int_not_equal(finish(build(0)), id);
}

static void the_end_takes_several_calls(void **state)
{
	uint64_t id = finish(build(0)), other;

	assert_int_equal(ERROR(ADD_ZERO_PAGES, id, NAMED_FOR(1), COVE_PAGE_4K, 2000,
			       BUILT_GPA + 2 * MIB), 0);
	assert_int_equal(ERROR(DESTROY_TVM, id), COVE_ERR_AGAIN);
	/* It is there, and for nothing else. */
	assert_int_equal(state_by_id(id), TVM_DESTROYING);
	assert_int_equal(COVH(LIST_TVMS, 0).value, id);
	other = create_donated(6);
	assert_int_equal(tvm_count(), 2);
	assert_in_range(destroy(id), 2, 10);
	assert_int_equal(ERROR(DESTROY_TVM, id), COVE_ERR_INVALID_PARAM);
	assert_int_equal(COVH(LIST_TVMS, 0).value, other);
}

/* It isn't over while a vCPU runs: that one is told to leave. */
static void the_end_while_it_runs(void **state)
{
	uint64_t id = finish(build(0));
	struct tvm *tvm = look_at(id);
	struct vcpu *vcpu = tvm->vcpu[5];

	assert_true(lock_try(&vcpu->lock));
	vcpu->running = true;
	vcpu->hart = 9;
	assert_int_equal(ERROR(DESTROY_TVM, id), COVE_ERR_AGAIN);
	assert_true(host.kicked == 1ULL << 9);
	assert_int_equal(tvm_state(tvm), TVM_DESTROYING);
	assert_non_null(tvm->vcpu[0]);
	assert_int_equal(page_state_at(NAMED + PART_IMAGE), PAGE_DATA);
	/* Nobody comes in any more. */
	assert_int_equal(ERROR(RUN_VCPU, id, 0), COVE_ERR_INVALID_PARAM);
	vcpu->running = false;
	assert_int_equal(ERROR(DESTROY_TVM, id), COVE_ERR_AGAIN);
	lock_drop(&vcpu->lock);
	destroy(id);
}

static void running(void **state)
{
	uint64_t id = finish(build(0));
	struct tsm_ret ret;

	assert_int_equal(ERROR(RUN_VCPU, id, 1), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(RUN_VCPU, id, TVM_MAX_VCPUS), COVE_ERR_INVALID_PARAM);
	assert_int_equal(ERROR(RUN_VCPU, id, 1ULL << 32), COVE_ERR_INVALID_PARAM);
	/* Only the one that boots has been started. */
	assert_int_equal(ERROR(RUN_VCPU, id, 5), COVE_ERR_ALREADY_STOPPED);
	assert_int_equal(entries, 0);
	ret = COVH(RUN_VCPU, id, 0);
	assert_int_equal(ret.error, 0);
	assert_int_equal(ret.value, 0);
	assert_int_equal(entries, 1);
	assert_true(lock_try(&look_at(id)->vcpu[0]->lock));
	lock_drop(&look_at(id)->vcpu[0]->lock);

	/* It dies while it runs: that is told once. */
	kills = true;
	COVH(RUN_VCPU, id, 0);
	assert_int_equal(state_by_id(id), TVM_DEAD);
	assert_int_equal(ERROR(RUN_VCPU, id, 0), COVE_ERR_INVALID_PARAM);
	assert_int_equal(entries, 2);
	assert_int_equal(COVH(LIST_TVMS, 0).value, id);
	destroy(id);
}

static void half_measured(void **state)
{
	uint64_t id = build(0);

	assert_int_equal(ERROR(ADD_MEASURED_PAGES, id, AT_IMAGE, NAMED_FOR(1), COVE_PAGE_4K,
			       200, BUILT_GPA + 2 * MIB), COVE_ERR_AGAIN);
	destroy(id);
	scrub_all();
	assert_int_equal(page_state_at(NAMED_FOR(1)), PAGE_UNASSIGNED);
	assert_int_equal(page_state_at(NAMED_FOR(1) + 199 * PAGE_BYTES), PAGE_UNASSIGNED);
}

static void listing(void **state)
{
	uint64_t id[3], i, last;

	assert_int_equal(COVH(LIST_TVMS, 0).value, 0);
	for (i = 0; i < 3; i++)
		id[i] = create_donated(i);
	tvm_kill(look_at(id[1]));
	last = 0;
	for (i = 0; i < 3; i++) {
		last = COVH(LIST_TVMS, last).value;
		assert_int_equal(last, id[i]);
	}
	assert_int_equal(COVH(LIST_TVMS, last).error, 0);
	assert_int_equal(COVH(LIST_TVMS, last).value, 0);
	/* Even one that another hart has the lock of. */
	assert_true(lock_try(&look_at(id[0])->lock));
	assert_int_equal(COVH(LIST_TVMS, 0).value, id[0]);
	assert_int_equal(COVH(LIST_TVMS, ~0ULL).value, 0);
}

/* Calls scrub what has to be scrubbed, a bit each. */
static void scrubbing(void **state)
{
	struct pool_count count;
	unsigned int i = 0;

	finish(build(0));
	destroy_all();
	do {
		assert_true(i++ < 100);
		assert_int_equal(ERROR(LOCAL_FENCE), 0);
		pool_count(&count);
	} while (count.dirty);
}

static void pages_by_call(void **state)
{
	uint64_t id = finish(build(0));
	struct gstage_leaf leaf;
	struct tvm *tvm = look_at(id);

	assert_int_equal(ERROR(ADD_ZERO_PAGES, id, NAMED_FOR(1), COVE_PAGE_2M, 2,
			       BUILT_GPA + 4 * MIB), 0);
	gstage_find(&tvm->gstage, BUILT_GPA + 7 * MIB, &leaf);
	assert_int_equal(leaf.hpa, NAMED_FOR(2));
	assert_int_equal(leaf.size, PAGE_2M);
	assert_int_equal(leaf.kind, GSTAGE_PRIVATE);

	assert_int_equal(memory_share(tvm, BUILT_GPA + 8 * MIB, 2 * MIB), 0);
	assert_int_equal(ERROR(ADD_SHARED_PAGES, id, AT_SHARED, COVE_PAGE_4K, 3,
			       BUILT_GPA + 8 * MIB), 0);
	gstage_find(&tvm->gstage, BUILT_GPA + 8 * MIB + 2 * PAGE_BYTES, &leaf);
	assert_int_equal(leaf.hpa, AT_SHARED + 2 * PAGE_BYTES);
	assert_int_equal(leaf.kind, GSTAGE_SHARED);

	assert_int_equal(ERROR(INVALIDATE_PAGES, id, BUILT_GPA + 8 * MIB, 2 * PAGE_BYTES), 0);
	assert_int_equal(ERROR(VALIDATE_PAGES, id, BUILT_GPA + 8 * MIB, PAGE_BYTES), 0);
	assert_int_equal(ERROR(REMOVE_PAGES, id, BUILT_GPA + 8 * MIB + PAGE_BYTES, PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(TVM_FENCE, id), 0);
	assert_int_equal(ERROR(REMOVE_PAGES, id, BUILT_GPA + 8 * MIB, PAGE_BYTES),
			 COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(ERROR(REMOVE_PAGES, id, BUILT_GPA + 8 * MIB + PAGE_BYTES, PAGE_BYTES), 0);
	gstage_find(&tvm->gstage, BUILT_GPA + 8 * MIB + PAGE_BYTES, &leaf);
	assert_int_equal(leaf.kind, 0);
}

/* A fence that isn't over at once: who runs is told to leave. */
static void fences_of_a_tvm(void **state)
{
	uint64_t id = finish(build(0));
	struct tvm *tvm = look_at(id);
	uint32_t epoch = gstage_enter(&tvm->gstage);

	tvm->vcpu[0]->running = true;
	tvm->vcpu[0]->hart = 2;
	assert_int_equal(ERROR(TVM_FENCE, id), 0);
	assert_int_equal(host.kicked, 1 << 2);
	host.kicked = 0;
	assert_int_equal(ERROR(TVM_FENCE, id), COVE_ERR_ALREADY_STARTED);
	gstage_leave(&tvm->gstage, epoch);
	assert_int_equal(ERROR(TVM_FENCE, id), 0);
	assert_int_equal(host.kicked, 0);
}

/* What the guest has shared comes to its end by any of the host's calls. */
static void a_share_that_took_longer(void **state)
{
	uint64_t id = finish(build(0));
	struct tvm *tvm = look_at(id);
	uint32_t epoch = gstage_enter(&tvm->gstage);

	assert_int_equal(memory_share(tvm, BUILT_GPA, PAGE_BYTES), 0);
	assert_int_equal(ERROR(ADD_SHARED_PAGES, id, AT_SHARED, COVE_PAGE_4K, 1, BUILT_GPA),
			 COVE_ERR_AGAIN);
	gstage_leave(&tvm->gstage, epoch);
	assert_int_equal(ERROR(ADD_SHARED_PAGES, id, AT_SHARED, COVE_PAGE_4K, 1, BUILT_GPA), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_call_in_every_state),
		TEST(nothing_is_left),
		TEST(the_end_takes_several_calls),
		TEST(the_end_while_it_runs),
		TEST(running),
		TEST(half_measured),
		TEST(listing),
		TEST(scrubbing),
		TEST(pages_by_call),
		TEST(fences_of_a_tvm),
		TEST(a_share_that_took_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
