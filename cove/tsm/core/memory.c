// SPDX-License-Identifier: BSD-2-Clause
/*
 * A TVM's memory, as the host gives it and takes it: COVH's functions 10 to
 * 13 and 17 to 19.
 */

#include "memory.h"

#include <cove/abi.h>
#include <cove/covh.h>

#include "hart.h"
#include "tvm.h"

/* How much of a measured page is done in a call, in pages of 4 KiB. */
#define MEASURE_SLICE	64

/* Pages as calls name them; 16 KiB isn't among them. */
static int check_pages(uint64_t type, uint64_t count, enum page_size largest,
		       enum page_size *size)
{
	static const enum page_size sizes[] = {
		[COVE_PAGE_4K] = PAGE_4K, [COVE_PAGE_2M] = PAGE_2M, [COVE_PAGE_1G] = PAGE_1G,
	};

	if (type > COVE_PAGE_1G || sizes[type] > largest)
		return COVE_ERR_INVALID_PARAM;
	*size = sizes[type];
	/* A page of 1 GiB is one entry, and no more work than a small one. */
	if (!count || count > (*size == PAGE_2M ? COVE_MAX_PAGES / 512 : COVE_MAX_PAGES))
		return COVE_ERR_INVALID_PARAM;
	return 0;
}

/* Where pages are to be mapped: in a region, free, and with tables for it. */
static int check_place(struct tvm *tvm, uint64_t gpa, enum page_size size,
		       uint64_t count, enum region_kind kind)
{
	if (memory_changes(tvm, gpa, count * page_bytes(size)))
		return COVE_ERR_AGAIN;
	if (!region_covers(tvm->regions, gpa, count * page_bytes(size), kind) ||
	    !gstage_may_map(&tvm->gstage, gpa, size, count))
		return COVE_ERR_INVALID_ADDRESS;
	return gstage_reserve(&tvm->gstage, gpa, size, count);
}

/* Ranges of calls, for which a TVM has something mapped. */
static int check_range(uint64_t gpa, uint64_t len)
{
	if (gpa & (PAGE_BYTES - 1) || gpa >= GSTAGE_END)
		return COVE_ERR_INVALID_ADDRESS;
	if (!len || len & (PAGE_BYTES - 1) || len > COVE_MAX_PAGES * PAGE_BYTES ||
	    len > GSTAGE_END - gpa)
		return COVE_ERR_INVALID_PARAM;
	return 0;
}

/**
 * memory_add_tables() - add_tvm_page_table_pages
 * @tvm: the TVM
 * @hpa: first of unassigned pages
 * @count: how many of 4 KiB
 *
 * Return: 0, or what page_claim() returns.
 */
int memory_add_tables(struct tvm *tvm, uint64_t hpa, uint64_t count)
{
	struct claim claim;
	int err;

	if (count > COVE_MAX_PAGES)
		return COVE_ERR_INVALID_PARAM;
	err = page_claim(&tvm->quota, hpa, PAGE_4K, count, &claim);
	if (!err)
		gstage_donate(&tvm->gstage, &claim);
	return err;
}

/* Validate add_tvm_measured_pages, and take what it needs. */
static int begin_measuring(struct tvm *tvm, const struct memory_measuring *wanted)
{
	struct memory_measuring *m = &tvm->measuring;
	enum page_size size;
	struct claim claim;
	int err;

	err = check_pages(wanted->type, wanted->count, PAGE_2M, &size);
	if (err)
		return err;
	if (wanted->from & (PAGE_BYTES - 1) ||
	    !hart_host_ram(wanted->from, wanted->count * page_bytes(size)))
		return COVE_ERR_INVALID_ADDRESS;
	err = check_place(tvm, wanted->gpa, size, wanted->count, REGION_PRIVATE);
	if (!err)
		err = page_claim(&tvm->quota, wanted->to, size, wanted->count, &claim);
	if (err)
		return err;
	*m = *wanted;
	m->claim = claim;
	return 0;
}

/* Copy and measure 4 KiB; a new page is mapped before it is filled. */
static void measure_next(struct tvm *tvm)
{
	struct memory_measuring *m = &tvm->measuring;
	uint64_t at = m->done * PAGE_BYTES, gpa = m->gpa + at;
	uint64_t within = at & (page_bytes(m->claim.size) - 1);
	void *page;

	if (!within) {
		m->hpa = page_use(&m->claim, PAGE_TO_DATA, gpa);
		gstage_map(&tvm->gstage, gpa, m->hpa, m->claim.size, GSTAGE_PRIVATE);
	}
	page = hart_pool(m->hpa + within);
	/* It was ordinary memory when this began, and is so for good. */
	(void)hart_read_host(page, m->from + at, PAGE_BYTES);
	measure_page(&tvm->measure, gpa, page);
	m->done++;
}

/**
 * memory_add_measured() - add_tvm_measured_pages
 * @tvm: the TVM, which isn't finalized
 * @from: what to copy: ordinary memory of the host
 * @to: first of unassigned pages
 * @type: COVE_PAGE_4K or COVE_PAGE_2M
 * @count: how many of that type
 * @gpa: where they are mapped, in private memory
 *
 * In slices: while it returns COVE_ERR_AGAIN after it has begun, another
 * set of arguments is refused by COVE_ERR_INVALID_STATE.
 *
 * Return: 0 when all are measured; COVE_ERR_INVALID_PARAM,
 * COVE_ERR_INVALID_ADDRESS, COVE_ERR_OUT_OF_PTPAGES.
 */
int memory_add_measured(struct tvm *tvm, uint64_t from, uint64_t to,
			uint64_t type, uint64_t count, uint64_t gpa)
{
	struct memory_measuring *m = &tvm->measuring, wanted = {
		.from = from, .to = to, .type = type, .count = count, .gpa = gpa,
	};
	uint64_t total;
	unsigned int i;
	int err = 0;

	if (!m->count)
		err = begin_measuring(tvm, &wanted);
	else if (m->from != from || m->to != to || m->type != type ||
		 m->count != count || m->gpa != gpa)
		err = COVE_ERR_INVALID_STATE;
	if (err)
		return err;

	total = count * (page_bytes(m->claim.size) / PAGE_BYTES);
	for (i = 0; i < MEASURE_SLICE && m->done < total; i++)
		measure_next(tvm);
	if (m->done < total)
		return COVE_ERR_AGAIN;
	m->count = 0;
	return 0;
}

/**
 * memory_add_zero() - add_tvm_zero_pages
 * @tvm: the TVM, which is finalized
 * @hpa: first of unassigned pages, which are zero
 * @type: COVE_PAGE_4K or COVE_PAGE_2M
 * @count: how many of that type
 * @gpa: where they are mapped, in private memory
 *
 * Return: 0, COVE_ERR_INVALID_PARAM, COVE_ERR_INVALID_ADDRESS,
 * COVE_ERR_OUT_OF_PTPAGES, or COVE_ERR_AGAIN if a page is being scrubbed.
 */
int memory_add_zero(struct tvm *tvm, uint64_t hpa, uint64_t type,
		    uint64_t count, uint64_t gpa)
{
	enum page_size size;
	struct claim claim;
	int err;

	err = check_pages(type, count, PAGE_2M, &size);
	if (!err)
		err = check_place(tvm, gpa, size, count, REGION_PRIVATE);
	if (!err)
		err = page_claim(&tvm->quota, hpa, size, count, &claim);
	if (err)
		return err;
	for (; claim.count; gpa += page_bytes(size))
		gstage_map(&tvm->gstage, gpa, page_use(&claim, PAGE_TO_DATA, gpa), size,
			   GSTAGE_PRIVATE);
	return 0;
}

/**
 * memory_add_shared() - add_tvm_shared_pages
 * @tvm: the TVM
 * @hpa: first of pages that are ordinary memory of the host
 * @type: COVE_PAGE_4K, COVE_PAGE_2M or COVE_PAGE_1G
 * @count: how many of that type
 * @gpa: where they are mapped, in memory that the guest has shared
 *
 * Return: 0, COVE_ERR_INVALID_PARAM, COVE_ERR_INVALID_ADDRESS,
 * COVE_ERR_OUT_OF_PTPAGES or, if tables come from the pool, as page_alloc().
 */
int memory_add_shared(struct tvm *tvm, uint64_t hpa, uint64_t type,
		      uint64_t count, uint64_t gpa)
{
	enum page_size size;
	uint64_t step, i;
	int err;

	err = check_pages(type, count, PAGE_1G, &size);
	if (err)
		return err;
	step = page_bytes(size);
	if (hpa & (step - 1) || !hart_host_ram(hpa, count * step))
		return COVE_ERR_INVALID_ADDRESS;
	err = check_place(tvm, gpa, size, count, REGION_SHARED);
	for (i = 0; !err && i < count; i++)
		gstage_map(&tvm->gstage, gpa + i * step, hpa + i * step, size, GSTAGE_SHARED);
	return err;
}

/**
 * memory_invalidate() - tvm_invalidate_pages
 * @tvm: the TVM
 * @gpa: start of the range
 * @len: bytes
 *
 * Return: 0; COVE_ERR_INVALID_PARAM; COVE_ERR_INVALID_ADDRESS if not all of it
 * is mapped; or there is no table to split a page: see gstage_split().
 */
int memory_invalidate(struct tvm *tvm, uint64_t gpa, uint64_t len)
{
	int err = check_range(gpa, len);

	if (!err)
		err = gstage_split(&tvm->gstage, gpa, len);
	if (err)
		return err;
	if (!gstage_all(&tvm->gstage, gpa, len, GSTAGE_PRIVATE | GSTAGE_SHARED))
		return COVE_ERR_INVALID_ADDRESS;
	gstage_block(&tvm->gstage, gpa, len);
	return 0;
}

/**
 * memory_validate() - tvm_validate_pages
 * @tvm: the TVM
 * @gpa: start of the range
 * @len: bytes
 *
 * Return: 0; COVE_ERR_INVALID_PARAM; COVE_ERR_INVALID_ADDRESS if not all of it
 * is invalidated, or the guest has given it away; or there is no table to
 * split a page: see gstage_split().
 */
int memory_validate(struct tvm *tvm, uint64_t gpa, uint64_t len)
{
	int err = check_range(gpa, len);

	if (!err)
		err = gstage_split(&tvm->gstage, gpa, len);
	if (err)
		return err;
	if (memory_changes(tvm, gpa, len) ||
	    !gstage_all(&tvm->gstage, gpa, len,
			GSTAGE_PRIVATE | GSTAGE_SHARED | GSTAGE_BLOCKED))
		return COVE_ERR_INVALID_ADDRESS;
	gstage_unblock(&tvm->gstage, gpa, len);
	return 0;
}

/*
 * The guest's own memory stays unless the guest has given it away: the host
 * could have a page of zeros in its place otherwise.
 */
static bool removable(struct tvm *tvm, uint64_t gpa, uint64_t end)
{
	struct gstage_leaf leaf;

	for (; gstage_next(&tvm->gstage, gpa, end, &leaf);
	     gpa = leaf.gpa + page_bytes(leaf.size)) {
		if (leaf.kind & GSTAGE_PRIVATE &&
		    !region_covers(tvm->regions, leaf.gpa, page_bytes(leaf.size),
				   REGION_SHARED))
			return false;
	}
	return true;
}

/**
 * memory_remove() - tvm_remove_pages
 * @tvm: the TVM
 * @gpa: start of the range
 * @len: bytes
 *
 * Return: 0; COVE_ERR_INVALID_PARAM; COVE_ERR_INVALID_ADDRESS if not all of it
 * is invalidated and fenced, or some of it is private memory; or there is no
 * table to split a page: see gstage_split().
 */
int memory_remove(struct tvm *tvm, uint64_t gpa, uint64_t len)
{
	struct gstage *gs = &tvm->gstage;
	int err = check_range(gpa, len);

	if (!err)
		err = gstage_split(gs, gpa, len);
	if (err)
		return err;
	if (!gstage_all(gs, gpa, len, GSTAGE_PRIVATE | GSTAGE_SHARED | GSTAGE_BLOCKED) ||
	    !gstage_all_fenced(gs, gpa, len) || !removable(tvm, gpa, gpa + len))
		return COVE_ERR_INVALID_ADDRESS;
	gstage_remove(gs, gpa, len);
	return 0;
}

/**
 * memory_release() - give back all memory of a TVM but its state
 * @tvm: the TVM, of which no vCPU runs, or will
 * @budget: how many pages at most, for each kind of use
 *
 * Return: true when nothing is left.
 */
bool memory_release(struct tvm *tvm, unsigned int budget)
{
	struct memory_measuring *m = &tvm->measuring;

	if (m->count) {
		page_unclaim(&tvm->quota, &m->claim);
		m->count = 0;
	}
	return promote_end(&tvm->promotion, &tvm->quota, budget) &&
		gstage_release(&tvm->gstage, budget);
}
