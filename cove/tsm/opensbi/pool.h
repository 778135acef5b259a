/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pool: memory that is taken away from the host at boot.
 */
#ifndef TSM_OPENSBI_POOL_H
#define TSM_OPENSBI_POOL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Naturally aligned, so that one entry of the PMP closes it.  No pool: 0.  Its
 * last page has the mark for the next boot, and is nobody else's.
 */
struct pool_area {
	uint64_t base;
	uint64_t size;
};

extern struct pool_area pool_area;

void pool_reserve(void *fdt);
unsigned int pool_entries_left(void);
void pool_scrub_at_boot(void);
bool memory_is_hosts(uint64_t base, uint64_t len);
bool memory_each_hosts(bool (*visit)(uint64_t base, uint64_t end));

#endif
