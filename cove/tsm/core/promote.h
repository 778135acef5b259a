/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Promotion: take an ordinary VM's memory over, through the G-stage tables
 * that the host made for it.
 *
 * Those tables are in the host's memory, and it may write to them meanwhile.
 * Each entry is read once and then checked; data is copied into the pool, and
 * measured there.  Pages of zeros are neither copied nor measured: whether
 * the host had touched them makes no difference to the TVM.
 */
#ifndef TSM_PROMOTE_H
#define TSM_PROMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page.h"

struct gstage;
struct measure;
struct region_map;

/* Levels of Sv57x4, the root included. */
#define HOSTPT_LEVELS	5

/* The host's tables. */
struct hostpt {
	uint64_t root;
	uint8_t levels;		/* 3 to 5 */
};

/* What the host maps at an address. */
struct hostpt_leaf {
	uint64_t hpa;		/* of the 4 KiB page there */
	uint64_t bytes;		/* size of the leaf, or of the hole */
	bool present;
	bool writable;
};

/* A promotion under way: kept in the TVM between calls. */
struct promotion {
	struct hostpt host;
	uint64_t hgatp;			/* as the host gave it */
	uint64_t gpa;			/* next to be copied */
	bool started;
	uint64_t seen;			/* of which host pages: root of a bitmap */
	/* Tables on the way to the last address, from the lowest up; or 0. */
	uint64_t path[HOSTPT_LEVELS];
	uint64_t path_gpa;
};

int hostpt_init(struct hostpt *host, uint64_t hgatp);
int hostpt_step(const struct hostpt *host, uint64_t gpa, unsigned int level,
		uint64_t *table, struct hostpt_leaf *leaf);
int hostpt_find(const struct hostpt *host, uint64_t gpa, struct hostpt_leaf *leaf);
int hostpt_read(const struct hostpt *host, uint64_t gpa, void *to, size_t len);

int promote_begin(struct promotion *promotion, uint64_t hgatp);
int promote_slice(struct promotion *promotion, struct gstage *gs,
		  const struct region_map *regions, struct measure *measure,
		  uint64_t hgatp, unsigned int budget);
bool promote_end(struct promotion *promotion, struct quota *quota,
		 unsigned int budget);

#endif
