/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spinlocks.
 *
 * Order, from first to last: the start of promotions, a TVM, its vCPUs by
 * ascending number, the pool.  Nobody waits for another hart with a lock held.
 * A call of the host or of a TVM takes the first three by lock_try() and
 * answers "again" when that fails; the pool's is held for short and bounded
 * work only, so it is spun on.
 */
#ifndef TSM_LOCK_H
#define TSM_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lock {
	uint32_t held;
};

/**
 * lock_try() - take a lock if nobody has it
 * @lock: the lock
 *
 * Return: whether it is now the caller's.
 */
static inline bool lock_try(struct lock *lock)
{
	return !__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE);
}

/**
 * lock_take() - take a lock, and spin until nobody else has it
 * @lock: the lock; whoever has it gives it back in bounded time
 */
static inline void lock_take(struct lock *lock)
{
	while (!lock_try(lock)) {
		while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED))
			;
	}
}

/**
 * lock_drop() - give a lock back
 * @lock: the lock, which the caller has
 */
static inline void lock_drop(struct lock *lock)
{
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#endif
