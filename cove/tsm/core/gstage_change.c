// SPDX-License-Identifier: BSD-2-Clause
/*
 * G-stage tables: taking away what is mapped.
 *
 * A leaf is blocked first (not valid any more, but not forgotten); when a
 * fence has passed since, no hart can have it in a TLB, and it can go.  Tables
 * stay until the TVM is destroyed: a hart may have cached where they are.
 */

#include <cove/abi.h>

#include "hart.h"
#include "gstage_pte.h"

#define RUNNING(epoch)	(1ULL << ((epoch) & 1 ? 16 : 0))
#define RUNNING_MASK	0xffffULL

static uint32_t epoch_of(uint64_t fence)
{
	return fence >> 32;
}

/* vCPUs that run and entered before this epoch. */
static bool old_ones_run(uint64_t fence)
{
	uint32_t last = epoch_of(fence) - 1;

	return fence & RUNNING(last) * RUNNING_MASK;
}

/**
 * gstage_enter() - a vCPU is about to run
 * @gs: its TVM's tables
 *
 * The hart forgets all G-stage translations afterwards, and before it runs
 * the vCPU.
 *
 * Return: an epoch, for gstage_leave().
 */
uint32_t gstage_enter(struct gstage *gs)
{
	uint64_t fence = __atomic_load_n(&gs->fence, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(&gs->fence, &fence,
					    fence + RUNNING(epoch_of(fence)), true,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	return epoch_of(fence);
}

/**
 * gstage_epoch() - which epoch it is
 * @gs: the tables
 *
 * A vCPU that entered in this one has no need to enter anew.
 */
uint32_t gstage_epoch(const struct gstage *gs)
{
	return epoch_of(__atomic_load_n(&gs->fence, __ATOMIC_ACQUIRE));
}

/**
 * gstage_leave() - a vCPU has trapped, and will enter anew
 * @gs: its TVM's tables
 * @epoch: by gstage_enter()
 */
void gstage_leave(struct gstage *gs, uint32_t epoch)
{
	__atomic_fetch_sub(&gs->fence, RUNNING(epoch), __ATOMIC_RELEASE);
}

/**
 * gstage_fence() - begin a fence for all that was blocked so far
 * @gs: the tables
 *
 * It is over when all vCPUs that run now have trapped.
 *
 * Return: 0, or COVE_ERR_ALREADY_STARTED while the last one isn't over.
 */
int gstage_fence(struct gstage *gs)
{
	uint64_t fence = __atomic_load_n(&gs->fence, __ATOMIC_RELAXED);

	do {
		if (old_ones_run(fence))
			return COVE_ERR_ALREADY_STARTED;
	} while (!__atomic_compare_exchange_n(&gs->fence, &fence, fence + (1ULL << 32),
					      true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return 0;
}

/**
 * gstage_fence_done() - is the last fence over?
 * @gs: the tables
 */
bool gstage_fence_done(const struct gstage *gs)
{
	return !old_ones_run(__atomic_load_n(&gs->fence, __ATOMIC_ACQUIRE));
}

/*
 * Has a fence passed since a leaf was blocked?  Of its epoch, 10 bits are
 * known.  In the current one, and in the last while its fence isn't over, the
 * answer is no; 1024 epochs later it looks like that again, and one more
 * fence is needed.
 */
static bool fenced(const struct gstage *gs, const struct gstage_leaf *leaf)
{
	uint64_t fence = __atomic_load_n(&gs->fence, __ATOMIC_ACQUIRE);
	uint32_t age = (epoch_of(fence) - leaf->epoch) & PTE_EPOCH_MASK;

	return age > 1 || (age == 1 && !old_ones_run(fence));
}

static uint64_t *slot_of(const struct gstage *gs, const struct gstage_leaf *leaf)
{
	enum page_size size = leaf->size;

	return gstage_slot(gs, leaf->gpa, &size);
}

/* Make a table of a leaf, with the same pages in it. */
static void split_leaf(struct gstage *gs, const struct gstage_leaf *leaf)
{
	uint64_t *pte = slot_of(gs, leaf), value = *pte;
	uint64_t table = gstage_take_spare(gs), step = page_bytes(leaf->size) / 512;
	uint64_t *part = hart_pool(table);
	unsigned int i;

	for (i = 0; i < 512; i++)
		part[i] = value + (i * step >> 2);
	if (leaf->kind & GSTAGE_PRIVATE)
		page_split(leaf->hpa);
	pte_write(pte, pte_table(table));
}

/* No leaf is on both sides of an address any more. */
static int split_at(struct gstage *gs, uint64_t gpa)
{
	struct gstage_leaf leaf;
	int err;

	for (;;) {
		gstage_find(gs, gpa, &leaf);
		if (!leaf.kind || leaf.gpa == gpa)
			return 0;
		err = gstage_provide(gs, 1);
		if (err)
			return err;
		split_leaf(gs, &leaf);
	}
}

/**
 * gstage_split() - split leaves that are only partly in a range
 * @gs: the tables
 * @gpa: start of the range
 * @len: bytes
 *
 * Return: 0, or why there is no table for that: see gstage_provide().  The
 * same is mapped in any case.
 */
int gstage_split(struct gstage *gs, uint64_t gpa, uint64_t len)
{
	int err = split_at(gs, gpa);

	return err ? err : split_at(gs, gpa + len);
}

/**
 * gstage_block() - invalidate what is mapped in a range
 * @gs: the tables; no leaf is partly in the range
 * @gpa: start of the range
 * @len: bytes, up to GSTAGE_END at most
 */
void gstage_block(struct gstage *gs, uint64_t gpa, uint64_t len)
{
	uint64_t epoch = epoch_of(__atomic_load_n(&gs->fence, __ATOMIC_RELAXED));
	uint64_t end = gpa + len;
	struct gstage_leaf leaf;

	for (; gstage_next(gs, gpa, end, &leaf); gpa = leaf.gpa + page_bytes(leaf.size)) {
		uint64_t *pte = slot_of(gs, &leaf);

		if (leaf.kind & GSTAGE_BLOCKED)
			continue;
		pte_write(pte, (*pte & ~PTE_V) | PTE_BLOCKED |
			  (epoch & PTE_EPOCH_MASK) << PTE_EPOCH_SHIFT);
	}
}

/**
 * gstage_unblock() - make valid what gstage_block() had made invalid
 * @gs: the tables
 * @gpa: start of the range
 * @len: bytes, up to GSTAGE_END at most
 */
void gstage_unblock(struct gstage *gs, uint64_t gpa, uint64_t len)
{
	uint64_t end = gpa + len;
	struct gstage_leaf leaf;

	for (; gstage_next(gs, gpa, end, &leaf); gpa = leaf.gpa + page_bytes(leaf.size)) {
		uint64_t *pte = slot_of(gs, &leaf);

		pte_write(pte, (*pte & ~PTE_BLOCKED &
				~(PTE_EPOCH_MASK << PTE_EPOCH_SHIFT)) | PTE_V);
	}
}

/**
 * gstage_all_fenced() - may all that is mapped in a range be removed?
 * @gs: the tables
 * @gpa: start of the range
 * @len: bytes, up to GSTAGE_END at most
 *
 * Return: true if each leaf is blocked, a fence has passed since, and no leaf
 * is partly outside.  Holes don't matter.
 */
bool gstage_all_fenced(const struct gstage *gs, uint64_t gpa, uint64_t len)
{
	uint64_t start = gpa, end = gpa + len;
	struct gstage_leaf leaf;

	for (; gstage_next(gs, gpa, end, &leaf); gpa = leaf.gpa + page_bytes(leaf.size)) {
		if (leaf.gpa < start || leaf.gpa + page_bytes(leaf.size) > end ||
		    !(leaf.kind & GSTAGE_BLOCKED) || !fenced(gs, &leaf))
			return false;
	}
	return true;
}

/**
 * gstage_remove() - forget what is mapped in a range
 * @gs: the tables; gstage_all_fenced() said yes
 * @gpa: start of the range
 * @len: bytes
 *
 * The TVM's own pages are scrubbed; then they are free, or, if the host had
 * named them, unassigned.
 */
void gstage_remove(struct gstage *gs, uint64_t gpa, uint64_t len)
{
	uint64_t end = gpa + len;
	struct gstage_leaf leaf;

	for (; gstage_next(gs, gpa, end, &leaf); gpa = leaf.gpa + page_bytes(leaf.size)) {
		if (!(leaf.kind & GSTAGE_BLOCKED))
			continue;
		pte_write(slot_of(gs, &leaf), 0);
		if (leaf.kind & GSTAGE_PRIVATE)
			page_put(gs->quota, leaf.hpa);
	}
}

/* Empty a table, and those below it: as far as the budget goes. */
static bool release_table(struct gstage *gs, uint64_t hpa, unsigned int entries,
			  unsigned int *budget)
{
	uint64_t *table = hart_pool(hpa);
	unsigned int i;

	for (i = 0; i < entries; i++) {
		uint64_t pte = table[i];

		if (!pte)
			continue;
		if (pte_is_table(pte) && !release_table(gs, pte_hpa(pte), 512, budget))
			return false;
		if (!*budget)
			return false;
		--*budget;
		pte_write(&table[i], 0);
		if (!(pte & PTE_SHARED))
			page_put(gs->quota, pte_hpa(pte));
	}
	return true;
}

/**
 * gstage_release() - give back all pages, and all tables
 * @gs: the tables of a TVM of which no vCPU runs, or will
 * @budget: how many pages at most
 *
 * Return: true when nothing is left, and @gs can't be used any more.
 */
bool gstage_release(struct gstage *gs, unsigned int budget)
{
	if (!gs->root)
		return true;
	if (!release_table(gs, gs->root, 2048, &budget))
		return false;
	for (; gs->spares && budget; budget--)
		page_put(gs->quota, gstage_take_spare(gs));
	if (gs->spares || !budget)
		return false;
	page_put(gs->quota, gs->root);
	gs->root = 0;
	return true;
}
