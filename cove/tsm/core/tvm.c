// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of TVMs, and what becomes of one: one table of transitions.
 *
 * A TVM has its place here and not in the pool, so that its lock outlives it:
 * whoever looks for a TVM that another hart destroys finds the lock taken, or
 * another id.
 */

#include "tvm.h"

#include <cove/abi.h>
#include <string.h>

#include "hart.h"

static struct tvm tvms[TVM_MAX];

#define IN(state)	(1U << (state))
#define ALIVE		(IN(TVM_INITIALIZING) | IN(TVM_PROMOTING) | IN(TVM_RUNNABLE))

static const struct {
	uint8_t from;		/* set of enum tvm_state */
	uint8_t to;		/* enum tvm_state */
} rule[TVM_EVENTS] = {
	[TVM_CREATE]	= { IN(TVM_NONE), TVM_INITIALIZING },
	[TVM_FINALIZE]	= { IN(TVM_INITIALIZING), TVM_RUNNABLE },
	[TVM_PROMOTE]	= { IN(TVM_NONE), TVM_PROMOTING },
	[TVM_PROMOTED]	= { IN(TVM_PROMOTING), TVM_RUNNABLE },
	[TVM_KILL]	= { ALIVE, TVM_DEAD },
	[TVM_DESTROY]	= { ALIVE | IN(TVM_DEAD) | IN(TVM_DESTROYING), TVM_DESTROYING },
	[TVM_DESTROYED]	= { IN(TVM_DESTROYING), TVM_NONE },
};

/**
 * tvm_state() - what state a TVM is in
 * @tvm: the TVM, locked or not
 */
enum tvm_state tvm_state(const struct tvm *tvm)
{
	return __atomic_load_n(&tvm->state, __ATOMIC_ACQUIRE);
}

/**
 * tvm_move() - let something happen to a TVM
 * @tvm: the TVM; locked, unless a vCPU of it runs and @event is TVM_KILL
 * @event: what happens
 *
 * Return: false if that can't happen in its state; nothing has changed then.
 */
bool tvm_move(struct tvm *tvm, enum tvm_event event)
{
	enum tvm_state state = tvm_state(tvm);

	do {
		if (!(rule[event].from & IN(state)))
			return false;
	} while (!__atomic_compare_exchange_n(&tvm->state, &state, rule[event].to, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return true;
}

/**
 * tvm_kill() - end a TVM
 * @tvm: the TVM, locked or not; one of its vCPUs runs, or it is locked
 *
 * None of its vCPUs is entered again.  What it has stays until the host
 * destroys it.
 */
void tvm_kill(struct tvm *tvm)
{
	if (tvm_move(tvm, TVM_KILL))
		tvm_kick(tvm);
}

/**
 * tvm_kick() - make the vCPUs of a TVM that run leave it soon
 * @tvm: the TVM; one of its vCPUs runs, or it is locked
 *
 * One that enters says so first and looks at the state then; here, it is the
 * other way round.
 */
void tvm_kick(struct tvm *tvm)
{
	uint64_t harts = 0;
	unsigned int i;

	for (i = 0; i < TVM_MAX_VCPUS; i++) {
		const struct vcpu *vcpu = tvm->vcpu[i];

		if (vcpu && __atomic_load_n(&vcpu->running, __ATOMIC_SEQ_CST))
			harts |= 1ULL << __atomic_load_n(&vcpu->hart, __ATOMIC_RELAXED);
	}
	if (harts)
		hart_kick(harts);
}

/**
 * tvm_init() - there are no TVMs
 *
 * Context: before anybody else runs.
 */
void tvm_init(void)
{
	memset(tvms, 0, sizeof(tvms));
}

/* Another one than all that this place had in the last 2^26 times. */
static void next_id(struct tvm *tvm, unsigned int place)
{
	uint32_t id = (tvm->id | place) + TVM_MAX;

	if (id < TVM_MAX)
		id += TVM_MAX;
	__atomic_store_n(&tvm->id, id, __ATOMIC_RELAXED);
}

/**
 * tvm_new() - a place for a TVM
 * @tvm: gets it: locked, all zero but for its id and the owner in its quota
 *
 * It is free again if the lock is dropped before a transition is made.
 *
 * Return: 0, or COVE_ERR_OUT_OF_MEMORY if there are TVM_MAX already.
 */
int tvm_new(struct tvm **tvm)
{
	unsigned int i;

	for (i = 0; i < TVM_MAX; i++) {
		struct tvm *place = &tvms[i];

		if (tvm_state(place) != TVM_NONE || !lock_try(&place->lock))
			continue;
		if (tvm_state(place) == TVM_NONE) {
			memset(&place->quota, 0, sizeof(*place) - offsetof(struct tvm, quota));
			place->quota.owner = i + 1;
			next_id(place, i);
			*tvm = place;
			return 0;
		}
		lock_drop(&place->lock);
	}
	return COVE_ERR_OUT_OF_MEMORY;
}

/**
 * tvm_lock() - find a TVM, and lock it
 * @id: as the host knows it
 * @tvm: gets it
 *
 * Return: 0, COVE_ERR_INVALID_PARAM if there is none of that id, or
 * COVE_ERR_AGAIN if another hart has its lock.
 */
int tvm_lock(uint64_t id, struct tvm **tvm)
{
	struct tvm *place = &tvms[id % TVM_MAX];

	if (!lock_try(&place->lock))
		return COVE_ERR_AGAIN;
	if (place->id != id || tvm_state(place) == TVM_NONE) {
		lock_drop(&place->lock);
		return COVE_ERR_INVALID_PARAM;
	}
	*tvm = place;
	return 0;
}

/**
 * tvm_promoting() - find the TVM that a VM is becoming
 * @hgatp: of the VM, which the first call gave
 * @tvm: gets it, locked
 *
 * Return: as tvm_lock().
 */
int tvm_promoting(uint64_t hgatp, struct tvm **tvm)
{
	unsigned int i;

	for (i = 0; i < TVM_MAX; i++) {
		struct tvm *place = &tvms[i];

		if (tvm_state(place) != TVM_PROMOTING ||
		    __atomic_load_n(&place->origin.hgatp, __ATOMIC_RELAXED) != hgatp)
			continue;
		return tvm_lock(__atomic_load_n(&place->id, __ATOMIC_RELAXED), tvm);
	}
	return COVE_ERR_INVALID_PARAM;
}

/**
 * tvm_after() - list TVMs
 * @id: of the last one that was listed, or 0
 *
 * A TVM that is there all the time while they are listed is listed once.
 *
 * Return: the id of the next one, in whatever state, or 0 if there is none.
 */
uint32_t tvm_after(uint64_t id)
{
	unsigned int i;

	for (i = id ? id % TVM_MAX + 1 : 0; i < TVM_MAX; i++) {
		if (tvm_state(&tvms[i]) != TVM_NONE)
			return __atomic_load_n(&tvms[i].id, __ATOMIC_RELAXED);
	}
	return 0;
}

/**
 * tvm_count() - how many TVMs there are
 */
uint32_t tvm_count(void)
{
	uint32_t count = 0;
	unsigned int i;

	for (i = 0; i < TVM_MAX; i++)
		count += tvm_state(&tvms[i]) != TVM_NONE;
	return count;
}
