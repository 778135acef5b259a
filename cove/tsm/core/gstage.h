/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * G-stage tables of a TVM: Sv39x4, in the pool, written by the TSM alone.
 *
 * The caller has the TVM's lock, except for what a vCPU that runs does:
 * gstage_enter() and gstage_leave().  What can fail is in functions that
 * change nothing (gstage_may_map(), gstage_all()) or only provide for tables
 * (gstage_reserve()); after them, gstage_map() and its kin can't fail.
 */
#ifndef TSM_GSTAGE_H
#define TSM_GSTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "page.h"

/* GPAs are below this. */
#define GSTAGE_END	(1ULL << 41)
/* MODE of hgatp */
#define GSTAGE_SV39X4	8

/* Kinds of leaves, as bits: functions take sets of them. */
enum gstage_kind {
	GSTAGE_PRIVATE		= 1,	/* the TVM's page: RWX */
	GSTAGE_SHARED		= 2,	/* the host's page: RW, never X */
	GSTAGE_BLOCKED		= 4,	/* beside one of these: invalidated */
};

struct gstage_leaf {
	uint64_t gpa;		/* where the leaf begins */
	uint64_t hpa;
	uint32_t kind;		/* of enum gstage_kind; 0: there is none */
	uint32_t epoch;		/* of a blocked one: when that was */
	uint8_t size;		/* enum page_size; of a hole: that of the slot */
};

/*
 * fence: an epoch (bits 63:32), and how many vCPUs run that entered in an odd
 * (31:16) and in an even (15:0) epoch.  One that enters forgets all
 * translations, so a page blocked in an epoch is out of reach when nobody
 * runs any more who entered in that or an earlier one.
 */
struct gstage {
	uint64_t root;
	uint64_t fence;
	uint64_t spare;		/* tables not in use: a list */
	uint32_t spares;
	bool donated;		/* tables come from the host, not the pool */
	struct quota *quota;
};

void gstage_init(struct gstage *gs, struct quota *quota, struct claim *root,
		 bool donated);
void gstage_donate(struct gstage *gs, struct claim *claim);
uint64_t gstage_hgatp(const struct gstage *gs);
bool gstage_release(struct gstage *gs, unsigned int budget);

void gstage_find(const struct gstage *gs, uint64_t gpa, struct gstage_leaf *leaf);
bool gstage_next(const struct gstage *gs, uint64_t gpa, uint64_t end,
		 struct gstage_leaf *leaf);
bool gstage_all(const struct gstage *gs, uint64_t gpa, uint64_t len,
		uint32_t kinds);

bool gstage_may_map(const struct gstage *gs, uint64_t gpa, enum page_size size,
		    uint32_t count);
int gstage_reserve(struct gstage *gs, uint64_t gpa, enum page_size size,
		   uint32_t count);
void gstage_map(struct gstage *gs, uint64_t gpa, uint64_t hpa,
		enum page_size size, enum gstage_kind kind);

int gstage_split(struct gstage *gs, uint64_t gpa, uint64_t len);
void gstage_block(struct gstage *gs, uint64_t gpa, uint64_t len);
void gstage_unblock(struct gstage *gs, uint64_t gpa, uint64_t len);
bool gstage_all_fenced(const struct gstage *gs, uint64_t gpa, uint64_t len);
void gstage_remove(struct gstage *gs, uint64_t gpa, uint64_t len);

uint32_t gstage_enter(struct gstage *gs);
void gstage_leave(struct gstage *gs, uint32_t epoch);
uint32_t gstage_epoch(const struct gstage *gs);
int gstage_fence(struct gstage *gs);
bool gstage_fence_done(const struct gstage *gs);

#endif
