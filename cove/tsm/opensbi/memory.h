/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the device tree tells of memory.
 */
#ifndef TSM_OPENSBI_MEMORY_H
#define TSM_OPENSBI_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct memory_range {
	uint64_t base;
	uint64_t end;		/* first byte behind it */
};

#define MEMORY_BANKS	8
#define MEMORY_USED	24

struct memory_map {
	unsigned int banks;
	unsigned int useds;
	bool incomplete;	/* more is used than was noted */
	struct memory_range bank[MEMORY_BANKS];
	/* Firmware, the next stage, and what the device tree reserves. */
	struct memory_range used[MEMORY_USED];
};

void memory_read_fdt(struct memory_map *map, const void *fdt);
bool memory_is_used(const struct memory_map *map, uint64_t base, uint64_t len);
uint64_t memory_total(const struct memory_map *map);
uint64_t memory_top_free(const struct memory_map *map, uint64_t size);

#endif
