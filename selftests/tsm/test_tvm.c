// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of TVMs: what may happen to one in which state, and how the host
 * finds one.
 */

#include "unit.h"
#include "host.h"
#include "tvm.h"

#include <cove/abi.h>

#define MIB	(1ULL << 20)

static int start(void **state)
{
	host_start(4 * MIB, MIB);
	tvm_init();
	return 0;
}

static int stop(void **state)
{
	host_stop();
	return 0;
}

static struct tvm *new_tvm(void)
{
	struct tvm *tvm = NULL;

	assert_int_equal(tvm_new(&tvm), 0);
	return tvm;
}

/* One in use, and unlocked. */
static struct tvm *created(void)
{
	struct tvm *tvm = new_tvm();

	assert_true(tvm_move(tvm, TVM_CREATE));
	lock_drop(&tvm->lock);
	return tvm;
}

/* To a state, by what leads there from the start. */
static struct tvm *in_state(enum tvm_state wanted)
{
	static const enum tvm_event way[TVM_STATES][4] = {
		[TVM_NONE] = { TVM_EVENTS },
		[TVM_INITIALIZING] = { TVM_CREATE, TVM_EVENTS },
		[TVM_PROMOTING] = { TVM_PROMOTE, TVM_EVENTS },
		[TVM_RUNNABLE] = { TVM_PROMOTE, TVM_PROMOTED, TVM_EVENTS },
		[TVM_DEAD] = { TVM_CREATE, TVM_KILL, TVM_EVENTS },
		[TVM_DESTROYING] = { TVM_CREATE, TVM_DESTROY, TVM_EVENTS },
	};
	struct tvm *tvm = new_tvm();
	const enum tvm_event *event;

	for (event = way[wanted]; *event != TVM_EVENTS; event++)
		assert_true(tvm_move(tvm, *event));
	lock_drop(&tvm->lock);
	assert_int_equal(tvm_state(tvm), wanted);
	return tvm;
}

static void transitions(void **state)
{
	/* Where each event leads; what isn't here can't happen. */
	static const uint8_t expected[TVM_EVENTS][TVM_STATES] = {
		[TVM_CREATE] = { [TVM_NONE] = TVM_INITIALIZING },
		[TVM_FINALIZE] = { [TVM_INITIALIZING] = TVM_RUNNABLE },
		[TVM_PROMOTE] = { [TVM_NONE] = TVM_PROMOTING },
		[TVM_PROMOTED] = { [TVM_PROMOTING] = TVM_RUNNABLE },
		[TVM_KILL] = { [TVM_INITIALIZING] = TVM_DEAD, [TVM_PROMOTING] = TVM_DEAD,
			       [TVM_RUNNABLE] = TVM_DEAD },
		[TVM_DESTROY] = { [TVM_INITIALIZING] = TVM_DESTROYING,
				  [TVM_PROMOTING] = TVM_DESTROYING,
				  [TVM_RUNNABLE] = TVM_DESTROYING,
				  [TVM_DEAD] = TVM_DESTROYING,
				  [TVM_DESTROYING] = TVM_DESTROYING },
	};
	unsigned int from, event;

	for (from = 0; from < TVM_STATES; from++) {
		for (event = 0; event < TVM_EVENTS; event++) {
			struct tvm *tvm = in_state(from);
			/* The one that leads to NONE, which stands for "not" above. */
			bool end = from == TVM_DESTROYING && event == TVM_DESTROYED;
			enum tvm_state to = end ? TVM_NONE : expected[event][from];
			bool moves = end || to != TVM_NONE;

			assert_int_equal(tvm_move(tvm, event), moves);
			assert_int_equal(tvm_state(tvm), moves ? to : from);
			tvm_init();
		}
	}
}

static void found_by_its_id(void **state)
{
	struct tvm *one = created(), *two = created(), *found = NULL;
	uint64_t id = one->id, i;

	assert_int_not_equal(one->id, two->id);
	assert_int_not_equal(one->quota.owner, two->quota.owner);
	assert_int_equal(tvm_lock(two->id, &found), 0);
	assert_ptr_equal(found, two);
	/* While it is locked, and only then. */
	assert_int_equal(tvm_lock(two->id, &found), COVE_ERR_AGAIN);
	lock_drop(&two->lock);
	assert_int_equal(tvm_lock(two->id, &found), 0);
	lock_drop(&two->lock);
	/* The same place, and a number that differs in the upper half alone. */
	assert_int_equal(tvm_lock(id + TVM_MAX, &found), COVE_ERR_INVALID_PARAM);
	assert_int_equal(tvm_lock(id + (1ULL << 32), &found), COVE_ERR_INVALID_PARAM);
	for (i = 0; i < 2 * TVM_MAX; i++) {
		if (i != one->id && i != two->id)
			assert_int_equal(tvm_lock(i, &found), COVE_ERR_INVALID_PARAM);
	}
	assert_int_equal(tvm_lock(~0ULL, &found), COVE_ERR_INVALID_PARAM);
	/* An error leaves nothing locked. */
	assert_int_equal(tvm_lock(id, &found), 0);
}

static void gone_is_gone(void **state)
{
	struct tvm *tvm = created(), *found;
	uint32_t id = tvm->id;

	assert_true(tvm_move(tvm, TVM_DESTROY));
	assert_int_equal(tvm_lock(id, &found), 0);
	tvm->vcpus = 3;
	tvm->regions = (void *)tvm;
	assert_true(tvm_move(tvm, TVM_DESTROYED));
	lock_drop(&tvm->lock);
	assert_int_equal(tvm_lock(id, &found), COVE_ERR_INVALID_PARAM);

	/* The next one there has nothing of it, nor its id. */
	assert_ptr_equal(new_tvm(), tvm);
	assert_int_not_equal(tvm->id, id);
	assert_int_equal(tvm->vcpus, 0);
	assert_null(tvm->regions);
	/* It isn't found before it is something. */
	lock_drop(&tvm->lock);
	assert_int_equal(tvm_lock(tvm->id, &found), COVE_ERR_INVALID_PARAM);
}

/* When numbers are used up they begin anew, and none is 0. */
static void ids_come_again(void **state)
{
	struct tvm *tvm = new_tvm();

	tvm->id = -TVM_MAX;
	lock_drop(&tvm->lock);
	assert_ptr_equal(new_tvm(), tvm);
	assert_int_equal(tvm->id, TVM_MAX);
	assert_int_equal(new_tvm()->id, TVM_MAX + 1);
}

static void so_many_and_no_more(void **state)
{
	struct tvm *tvm, *first = created(), *second = created();
	uint32_t id = 0;
	unsigned int i;

	assert_int_equal(tvm_count(), 2);
	for (i = 2; i < TVM_MAX; i++)
		created();
	assert_int_equal(tvm_new(&tvm), COVE_ERR_OUT_OF_MEMORY);
	assert_int_equal(tvm_count(), TVM_MAX);

	/* A free place that somebody has the lock of is none. */
	assert_true(tvm_move(first, TVM_DESTROY));
	assert_true(tvm_move(first, TVM_DESTROYED));
	assert_true(lock_try(&first->lock));
	assert_int_equal(tvm_new(&tvm), COVE_ERR_OUT_OF_MEMORY);
	lock_drop(&first->lock);
	assert_int_equal(tvm_new(&tvm), 0);
	assert_ptr_equal(tvm, first);

	/* The list has all others, each once. */
	for (i = 1; (id = tvm_after(id)); i++) {
		assert_int_equal(tvm_lock(id, &tvm), 0);
		assert_true(tvm != first);
	}
	assert_int_equal(i, TVM_MAX);
	assert_int_equal(tvm_after(0), second->id);
	assert_int_equal(tvm_after(~0ULL), 0);
}

static void promotions(void **state)
{
	struct tvm *tvm = new_tvm(), *found;

	tvm->origin.hgatp = 0x8000000000080000;
	assert_int_equal(tvm_promoting(tvm->origin.hgatp, &found), COVE_ERR_INVALID_PARAM);
	assert_true(tvm_move(tvm, TVM_PROMOTE));
	assert_int_equal(tvm_promoting(tvm->origin.hgatp, &found), COVE_ERR_AGAIN);
	lock_drop(&tvm->lock);
	assert_int_equal(tvm_promoting(tvm->origin.hgatp + 4, &found), COVE_ERR_INVALID_PARAM);
	assert_int_equal(tvm_promoting(tvm->origin.hgatp, &found), 0);
	assert_ptr_equal(found, tvm);
	assert_true(tvm_move(tvm, TVM_PROMOTED));
	lock_drop(&tvm->lock);
	assert_int_equal(tvm_promoting(tvm->origin.hgatp, &found), COVE_ERR_INVALID_PARAM);
}

/* By the end of a TVM, or for a fence: only harts that run it. */
static void harts_are_kicked(void **state)
{
	struct vcpu one = { .running = true, .hart = 3 };
	struct vcpu two = { .running = false, .hart = 4 };
	struct vcpu last = { .running = true, .hart = 63 };
	struct tvm *tvm = created();

	tvm_kick(tvm);
	assert_int_equal(host.kicked, 0);
	tvm->vcpu[0] = &one;
	tvm->vcpu[1] = &two;
	tvm->vcpu[TVM_MAX_VCPUS - 1] = &last;
	tvm_kick(tvm);
	assert_true(host.kicked == (1ULL << 3 | 1ULL << 63));
	host.kicked = 0;
	tvm_kill(tvm);
	assert_int_equal(tvm_state(tvm), TVM_DEAD);
	assert_true(host.kicked == (1ULL << 3 | 1ULL << 63));
	/* Once is enough. */
	host.kicked = 0;
	tvm_kill(tvm);
	assert_int_equal(host.kicked, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(transitions),
		TEST(found_by_its_id),
		TEST(gone_is_gone),
		TEST(ids_come_again),
		TEST(so_many_and_no_more),
		TEST(promotions),
		TEST(harts_are_kicked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
