// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's G-stage tables: whatever is in them, one step of a walk reads one
 * entry of one table, and all that it finds is the host's ordinary memory.
 *
 *	core: hostpt.c
 *	check: --unwind 6
 *	full: --unwind 6
 */

#include "prove.h"

#include <cove/abi.h>

#include "hart.h"
#include "page.h"
#include "promote.h"

void prove_init(void)
{
	struct hostpt host;
	int err;

	prove_hart_init();
	err = hostpt_init(&host, nondet_u64());
	check(!err || err == COVE_ERR_INVALID_ADDRESS);
	if (!err) {
		check(host.levels >= 3 && host.levels <= HOSTPT_LEVELS);
		check(!(host.root & 0x3fff) && hart_host_ram(host.root, 0x4000));
	}
	check(!prove_access.count);
	reached();
}

void prove_step(void)
{
	struct hostpt host = { .root = nondet_u64(), .levels = nondet_u32() };
	uint64_t gpa = nondet_u64(), table = nondet_u64(), was = table;
	unsigned int level = nondet_u32();
	struct hostpt_leaf leaf;
	size_t size;

	prove_hart_init();
	assume(host.levels >= 3 && host.levels <= HOSTPT_LEVELS && level < host.levels);
	size = level == host.levels - 1 ? 0x4000 : 0x1000;
	assume(!(table & (size - 1)) && hart_host_ram(table, size));

	if (!hostpt_step(&host, gpa, level, &table, &leaf)) {
		check(leaf.bytes == 0x1000ULL << 9 * level);
		if (table) {
			check(level && !leaf.present);
			check(!(table & 0xfff) && hart_host_ram(table, 0x1000));
		}
		if (leaf.present) {
			check(!(leaf.hpa & 0xfff) && hart_host_ram(leaf.hpa, 0x1000));
			/* The page that the hart would find, in leaves of any size. */
			check(!((leaf.hpa ^ gpa) & (leaf.bytes - 1) & ~0xfffULL));
		}
	}
	check(prove_access.count == 1 && prove_access.len == 8);
	check(!(prove_access.hpa & 7));
	check(prove_access.hpa >= was && prove_access.hpa - was <= size - 8);
	reached();
}
