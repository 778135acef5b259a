/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wall around the pool: one entry of the PMP.
 */
#ifndef TSM_WALL_H
#define TSM_WALL_H

#include <stdbool.h>
#include <stdint.h>

/* The world switch knows pmpcfg0 and pmpcfg2. */
#define WALL_ENTRIES	16

struct world;

bool wall_find(struct world *world, uint64_t base, uint64_t size, bool smepmp);

#endif
