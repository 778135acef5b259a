/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Proofs about cove/tsm/core, by CBMC.
 *
 * A proof is a function prove_...(), in a file named for what it is about: it
 * takes anything, assumes what a caller has to see to, calls, and asserts.  At
 * its end it says reached(), which has to fail: an assumption that nothing
 * meets would prove all else.
 *
 * The comment on top of each file has what it is built of, and the bounds:
 *
 *	core: files of cove/tsm/core
 *	check: options for level check
 *	full: options for level full
 */
#ifndef SELFTESTS_TSM_PROVE_H
#define SELFTESTS_TSM_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Any value at all. */
bool nondet_bool(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);

#define assume(condition)	__CPROVER_assume(condition)
#define check(condition)	__CPROVER_assert(condition, #condition)
#define reached()		__CPROVER_assert(false, "reached")

/*
 * The hart, and the host's RAM: any one interval, without the first and the
 * last page.  prove_hart_init() makes them anything; prove_access is the last
 * read or write of the host's memory.
 */
extern unsigned int prove_hart;
extern uint64_t prove_ram, prove_ram_end;
extern struct prove_access {
	unsigned int count;
	uint64_t hpa;
	size_t len;
} prove_access;

void prove_hart_init(void);

#endif
