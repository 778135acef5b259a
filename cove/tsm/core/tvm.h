/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A confidential VM, and the table of all of them.
 *
 * All of a TVM is under its lock, but for the state: a vCPU that runs may end
 * its TVM without the lock, so the state is changed by tvm_move() and read by
 * tvm_state(), and nothing relies on a TVM that is RUNNABLE staying so.
 */
#ifndef TSM_TVM_H
#define TSM_TVM_H

#include <stdbool.h>
#include <stdint.h>

#include <cove/covh.h>

#include "gstage.h"
#include "lock.h"
#include "measure.h"
#include "memory.h"
#include "page.h"
#include "promote.h"
#include "region.h"
#include "vcpu.h"

/* TVMs at one time; the number of one, plus 1, is the owner of its pages. */
#define TVM_MAX		64
#define TVM_MAX_VCPUS	64

/* Pages that the host names for a TVM's state (tvm_state_pages). */
#define TVM_STATE_PAGES	1

enum tvm_state {
	TVM_NONE,
	TVM_INITIALIZING,	/* between create_tvm and finalize_tvm */
	TVM_PROMOTING,		/* between slices of promote_to_tvm */
	TVM_RUNNABLE,
	TVM_DEAD,		/* can't be run, is still to be destroyed */
	TVM_DESTROYING,		/* between slices of destroy_tvm */
	TVM_STATES
};

/* What happens to a TVM; tvm.c has in which state it may. */
enum tvm_event {
	TVM_CREATE,		/* create_tvm */
	TVM_FINALIZE,		/* finalize_tvm */
	TVM_PROMOTE,		/* the first call of promote_to_tvm */
	TVM_PROMOTED,		/* the last one */
	TVM_KILL,		/* what it did, or what it is, can't go on */
	TVM_DESTROY,		/* destroy_tvm */
	TVM_DESTROYED,		/* its last slice */
	TVM_EVENTS
};

/* Of which VM it is promoted: what the host gives with each call. */
struct tvm_origin {
	uint64_t hgatp;			/* atomic */
	uint64_t fdt;
	uint64_t pc;
	uint64_t identity;
};

struct tvm {
	struct lock lock;
	uint32_t id;			/* as the host knows it */
	enum tvm_state state;
	struct quota quota;
	struct gstage gstage;
	uint64_t state_hpa;		/* the page of its regions */
	struct region_map *regions;
	struct measure measure;
	struct promotion promotion;
	struct tvm_origin origin;
	struct memory_measuring measuring;
	struct memory_changing changing;
	bool identified;
	uint8_t identity[COVE_IDENTITY_SIZE];	/* the host's word, not measured */
	uint32_t vcpus;
	uint64_t vcpu_mask;		/* which there are */
	struct vcpu *vcpu[TVM_MAX_VCPUS];
};

void tvm_init(void);
int tvm_new(struct tvm **tvm);
int tvm_lock(uint64_t id, struct tvm **tvm);
int tvm_promoting(uint64_t hgatp, struct tvm **tvm);
uint32_t tvm_after(uint64_t id);
uint32_t tvm_count(void);

enum tvm_state tvm_state(const struct tvm *tvm);
bool tvm_move(struct tvm *tvm, enum tvm_event event);
void tvm_kill(struct tvm *tvm);
void tvm_kick(struct tvm *tvm);

#endif
