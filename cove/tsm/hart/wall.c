// SPDX-License-Identifier: BSD-2-Clause
/*
 * The wall around the pool: what a hart writes to its PMP to open and to
 * close it.
 */

#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>

#include "wall.h"
#include "world.h"

/* Entries in one of RV64's pmpcfg registers. */
#define PER_REGISTER	8

/**
 * wall_find() - look up the pool's entry after OpenSBI has written the PMP
 * @world: where to note what opens and closes it
 * @base: of the pool
 * @size: of the pool
 * @smepmp: entries are for M-mode, or for S-mode, but not for both
 *
 * Return: false if this hart has no such entry, and can't run a TVM.
 */
bool wall_find(struct world *world, uint64_t base, uint64_t size, bool smepmp)
{
	for (unsigned int i = 0; i < WALL_ENTRIES; i++) {
		unsigned int shift = i % PER_REGISTER * 8;
		unsigned long prot, addr, order;

		if (pmp_get(i, &prot, &addr, &order) || !(prot & PMP_A) ||
		    addr != base || order >= 64 || 1UL << order != size)
			continue;
		world->cfg2 = i >= PER_REGISTER;
		world->closed = csr_read_num(world->cfg2 ? CSR_PMPCFG2 : CSR_PMPCFG0);
		world->open = (world->closed & ~(0xffUL << shift)) |
			      (PMP_A_NAPOT | PMP_R | PMP_W | PMP_X) << shift;
		world->reopen = smepmp;
		return true;
	}
	return false;
}
