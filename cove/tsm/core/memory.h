/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TVM's memory: the calls of host and guest that give, take, and change it.
 *
 * All want the TVM's lock.  Each validates first, and changes nothing if it
 * returns an error other than COVE_ERR_AGAIN; then it can't fail.  What state
 * the TVM has to be in is checked by the caller.
 */
#ifndef TSM_MEMORY_H
#define TSM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page.h"

struct tvm;

/* add_tvm_measured_pages under way: its arguments, and how far it is. */
struct memory_measuring {
	struct claim claim;	/* pages not mapped yet */
	uint64_t from;
	uint64_t to;
	uint64_t gpa;
	uint64_t type;
	uint64_t count;		/* of that type; 0: none is under way */
	uint64_t done;		/* pages of 4 KiB */
	uint64_t hpa;		/* the page that is being filled */
};

/* A guest's share or unshare under way. */
struct memory_changing {
	uint64_t gpa;
	uint64_t len;		/* 0: none is under way */
	bool fencing;		/* its fence was begun */
};

int memory_add_tables(struct tvm *tvm, uint64_t hpa, uint64_t count);
int memory_add_measured(struct tvm *tvm, uint64_t from, uint64_t to,
			uint64_t type, uint64_t count, uint64_t gpa);
int memory_add_zero(struct tvm *tvm, uint64_t hpa, uint64_t type,
		    uint64_t count, uint64_t gpa);
int memory_add_shared(struct tvm *tvm, uint64_t hpa, uint64_t type,
		      uint64_t count, uint64_t gpa);

int memory_invalidate(struct tvm *tvm, uint64_t gpa, uint64_t len);
int memory_validate(struct tvm *tvm, uint64_t gpa, uint64_t len);
int memory_remove(struct tvm *tvm, uint64_t gpa, uint64_t len);

int memory_share(struct tvm *tvm, uint64_t gpa, uint64_t len);
int memory_unshare(struct tvm *tvm, uint64_t gpa, uint64_t len);
bool memory_settle(struct tvm *tvm);
bool memory_changes(const struct tvm *tvm, uint64_t gpa, uint64_t len);

int memory_fault(struct tvm *tvm, uint64_t gpa, bool fetch);
int memory_read(struct tvm *tvm, void *to, uint64_t gpa, size_t len);
int memory_write(struct tvm *tvm, uint64_t gpa, const void *from, size_t len);

bool memory_release(struct tvm *tvm, unsigned int budget);

#endif
