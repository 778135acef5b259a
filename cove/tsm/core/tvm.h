/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A confidential VM.
 */
#ifndef TSM_TVM_H
#define TSM_TVM_H

#include <stdint.h>

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

enum tvm_state {
	TVM_NONE,
	TVM_INITIALIZING,	/* between create_tvm and finalize_tvm */
	TVM_PROMOTING,		/* between slices of promote_to_tvm */
	TVM_RUNNABLE,
	TVM_DEAD,		/* can't be run, is still to be destroyed */
	TVM_DESTROYING,		/* between slices of destroy_tvm */
};

struct tvm {
	struct lock lock;
	uint32_t id;			/* as the host knows it */
	enum tvm_state state;
	struct quota quota;
	struct gstage gstage;
	struct region_map *regions;	/* a page of its own */
	struct measure measure;
	struct promotion promotion;
	struct memory_measuring measuring;
	struct memory_changing changing;
	uint32_t vcpus;
	struct vcpu *vcpu[TVM_MAX_VCPUS];
};

#endif
