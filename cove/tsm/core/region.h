/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a TVM's physical address space is made of.  Regions are multiples of
 * 4 KiB and don't overlap; what is in none of them doesn't exist.
 *
 * Under the TVM's lock.
 */
#ifndef TSM_REGION_H
#define TSM_REGION_H

#include <stdbool.h>
#include <stdint.h>

enum region_kind {
	REGION_NONE,
	REGION_PRIVATE,		/* confidential memory */
	REGION_SHARED,		/* was that; the guest gave it to the host */
	REGION_MMIO,		/* emulated by the host */
};

struct region {
	uint64_t gpa;
	uint64_t len_kind;	/* bytes | kind */
};

/* One page of them. */
#define REGION_MAX	255

struct region_map {
	uint64_t count;
	uint64_t reserved;
	struct region region[REGION_MAX];
};

int region_add(struct region_map *map, uint64_t gpa, uint64_t len,
	       enum region_kind kind);
int region_remove(struct region_map *map, uint64_t gpa, uint64_t len,
		  enum region_kind kind);
int region_change(struct region_map *map, uint64_t gpa, uint64_t len,
		  enum region_kind from, enum region_kind to);
bool region_covers(const struct region_map *map, uint64_t gpa, uint64_t len,
		   enum region_kind kind);
bool region_next(const struct region_map *map, enum region_kind kind,
		 uint64_t *gpa, uint64_t *end);
enum region_kind region_at(const struct region_map *map, uint64_t gpa);

#endif
