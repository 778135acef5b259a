// SPDX-License-Identifier: BSD-2-Clause
/*
 * A TVM's memory, as the guest sees it: shared and private, faults, and the
 * TSM's own access to it.
 */

#include <cove/abi.h>
#include <cove/covh.h>
#include <string.h>

#include "hart.h"
#include "memory.h"
#include "tvm.h"

/*
 * Make something else of a range, and begin to take away what is mapped
 * there.  The regions change at once, so nothing is added meanwhile that has
 * to go.
 */
static int change(struct tvm *tvm, uint64_t gpa, uint64_t len,
		  enum region_kind from, enum region_kind to)
{
	int err;

	if (gpa & (PAGE_BYTES - 1))
		return COVE_ERR_INVALID_ADDRESS;
	if (!len || len & (PAGE_BYTES - 1) || len > COVE_MAX_PAGES * PAGE_BYTES)
		return COVE_ERR_INVALID_PARAM;
	if (tvm->changing.len)
		return COVE_ERR_AGAIN;
	if (!region_covers(tvm->regions, gpa, len, from))
		return COVE_ERR_INVALID_ADDRESS;
	err = gstage_split(&tvm->gstage, gpa, len);
	if (!err)
		err = region_change(tvm->regions, gpa, len, from, to);
	if (err)
		return err;
	gstage_block(&tvm->gstage, gpa, len);
	tvm->changing = (struct memory_changing){ .gpa = gpa, .len = len };
	return 0;
}

/**
 * memory_share() - the guest gives private memory away
 * @tvm: the TVM
 * @gpa: start of the range
 * @len: bytes, 64 MiB at most
 *
 * Its content is lost.  It is done when memory_settle() says so, and what the
 * host then maps there is shared.
 *
 * Return: 0; COVE_ERR_INVALID_PARAM; COVE_ERR_INVALID_ADDRESS if it isn't
 * private; COVE_ERR_AGAIN while another change is under way; or as
 * gstage_split() and region_change().
 */
int memory_share(struct tvm *tvm, uint64_t gpa, uint64_t len)
{
	return change(tvm, gpa, len, REGION_PRIVATE, REGION_SHARED);
}

/**
 * memory_unshare() - the guest takes memory back
 * @tvm: the TVM
 * @gpa: start of the range
 * @len: bytes, 64 MiB at most
 *
 * Its content is lost: it is zero, when memory_settle() says that it is done.
 *
 * Return: as memory_share().
 */
int memory_unshare(struct tvm *tvm, uint64_t gpa, uint64_t len)
{
	return change(tvm, gpa, len, REGION_SHARED, REGION_PRIVATE);
}

/**
 * memory_settle() - go on with a share or unshare
 * @tvm: the TVM
 *
 * Called until it says that it is done; harts that run other vCPUs of the TVM
 * have to be kicked, since the fence waits for them.
 *
 * Return: true if none is under way any more.
 */
bool memory_settle(struct tvm *tvm)
{
	struct memory_changing *c = &tvm->changing;
	struct gstage *gs = &tvm->gstage;

	if (!c->len)
		return true;
	/* Of a fence that the host began it isn't known when that was. */
	if (!c->fencing)
		c->fencing = !gstage_fence(gs);
	if (!c->fencing || !gstage_all_fenced(gs, c->gpa, c->len))
		return false;
	gstage_remove(gs, c->gpa, c->len);
	*c = (struct memory_changing){ 0 };
	return true;
}

/**
 * memory_changes() - does a share or unshare work on a part of this?
 * @tvm: the TVM
 * @gpa: start of the range
 * @len: bytes
 *
 * Nothing is mapped there until it is done.
 */
bool memory_changes(const struct tvm *tvm, uint64_t gpa, uint64_t len)
{
	const struct memory_changing *c = &tvm->changing;

	return gpa < c->gpa + c->len && c->gpa < gpa + len;
}

/* A zero page from the pool; a large one where there can be. */
static int map_zero(struct tvm *tvm, uint64_t gpa, enum page_size size)
{
	uint64_t start = gpa & ~(page_bytes(size) - 1);
	struct claim claim;
	int err;

	if (memory_changes(tvm, start, page_bytes(size)))
		return COVE_ERR_AGAIN;
	if (!region_covers(tvm->regions, start, page_bytes(size), REGION_PRIVATE) ||
	    !gstage_may_map(&tvm->gstage, start, size, 1))
		return COVE_ERR_INVALID_ADDRESS;
	err = gstage_reserve(&tvm->gstage, start, size, 1);
	if (!err)
		err = page_alloc(&tvm->quota, size, &claim);
	if (!err)
		gstage_map(&tvm->gstage, start, page_use(&claim, PAGE_TO_DATA, start), size,
			   GSTAGE_PRIVATE);
	return err;
}

/**
 * memory_fault() - a G-stage fault of the guest
 * @tvm: the TVM
 * @gpa: where
 * @fetch: of an instruction
 *
 * Return: 0 if the guest may try again: there is a page now, or was already;
 * COVE_ERR_AGAIN the same, but not at once; COVE_ERR_DENIED if it fetches what
 * is shared; COVE_ERR_INVALID_ADDRESS if the host has to do something about
 * it, and COVE_ERR_OUT_OF_MEMORY if it has to give memory.
 */
int memory_fault(struct tvm *tvm, uint64_t gpa, bool fetch)
{
	struct gstage_leaf leaf;
	enum region_kind kind = region_at(tvm->regions, gpa);

	if (kind == REGION_SHARED && fetch)
		return COVE_ERR_DENIED;
	gstage_find(&tvm->gstage, gpa, &leaf);
	if (leaf.kind & GSTAGE_BLOCKED)
		return memory_changes(tvm, gpa, 1) ? COVE_ERR_AGAIN : COVE_ERR_INVALID_ADDRESS;
	if (leaf.kind) {
		/* Another vCPU was faster. */
		hart_fence();
		return 0;
	}
	if (kind != REGION_PRIVATE || tvm->gstage.donated)
		return COVE_ERR_INVALID_ADDRESS;
	if (!map_zero(tvm, gpa, PAGE_2M))
		return 0;
	return map_zero(tvm, gpa, PAGE_4K);
}

/* The TSM's view of private memory: up to the end of a 4 KiB page. */
static int reach(struct tvm *tvm, uint64_t gpa, uint8_t **byte, size_t *len)
{
	struct gstage_leaf leaf;
	size_t part = PAGE_BYTES - (gpa & (PAGE_BYTES - 1));
	int err;

	if (region_at(tvm->regions, gpa) != REGION_PRIVATE)
		return COVE_ERR_INVALID_ADDRESS;
	gstage_find(&tvm->gstage, gpa, &leaf);
	if (!leaf.kind) {
		err = memory_fault(tvm, gpa, false);
		if (err)
			return err;
		gstage_find(&tvm->gstage, gpa, &leaf);
	}
	if (leaf.kind != GSTAGE_PRIVATE)
		return COVE_ERR_INVALID_ADDRESS;
	*byte = (uint8_t *)hart_pool(leaf.hpa) + (gpa - leaf.gpa);
	if (*len > part)
		*len = part;
	return 0;
}

/**
 * memory_read() - copy from a TVM's private memory
 * @tvm: the TVM
 * @to: where to
 * @gpa: where from
 * @len: bytes
 *
 * Return: 0, or COVE_ERR_INVALID_ADDRESS if not all of it is private memory;
 * or, if there was no page yet and none can be had, as memory_fault().
 */
int memory_read(struct tvm *tvm, void *to, uint64_t gpa, size_t len)
{
	uint8_t *out = to, *byte;
	size_t part;
	int err;

	for (; len; len -= part, gpa += part, out += part) {
		part = len;
		err = reach(tvm, gpa, &byte, &part);
		if (err)
			return err;
		memcpy(out, byte, part);
	}
	return 0;
}

/**
 * memory_write() - copy to a TVM's private memory
 * @tvm: the TVM
 * @gpa: where to
 * @from: where from
 * @len: bytes
 *
 * Return: as memory_read(); nothing is written if it fails.
 */
int memory_write(struct tvm *tvm, uint64_t gpa, const void *from, size_t len)
{
	const uint8_t *in = from;
	uint64_t at = gpa;
	uint8_t *byte;
	size_t left, part;
	int err;

	for (left = len; left; left -= part, at += part) {
		part = left;
		err = reach(tvm, at, &byte, &part);
		if (err)
			return err;
	}
	for (; len; len -= part, gpa += part, in += part) {
		part = len;
		err = reach(tvm, gpa, &byte, &part);
		if (err)
			return err;
		memcpy(byte, in, part);
	}
	return 0;
}
