// SPDX-License-Identifier: BSD-2-Clause
/*
 * Regions of a TVM's physical address space, in ascending order.
 */

#include "region.h"

#include <cove/abi.h>

#include "gstage.h"

#define KIND_MASK	0xfffULL

static uint64_t length(const struct region *region)
{
	return region->len_kind & ~KIND_MASK;
}

static enum region_kind kind_of(const struct region *region)
{
	return region->len_kind & KIND_MASK;
}

static uint64_t end_of(const struct region *region)
{
	return region->gpa + length(region);
}

/* The first region that ends behind an address. */
static uint32_t first(const struct region_map *map, uint64_t gpa)
{
	uint32_t low = 0, high = map->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (end_of(&map->region[middle]) > gpa)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int check_range(uint64_t gpa, uint64_t len)
{
	if (gpa & (PAGE_BYTES - 1) || gpa >= GSTAGE_END)
		return COVE_ERR_INVALID_ADDRESS;
	if (!len || len & (PAGE_BYTES - 1) || len > GSTAGE_END - gpa)
		return COVE_ERR_INVALID_PARAM;
	return 0;
}

static void insert(struct region_map *map, uint32_t at, uint64_t gpa,
		   uint64_t len, enum region_kind kind)
{
	uint32_t i;

	for (i = map->count++; i > at; i--)
		map->region[i] = map->region[i - 1];
	map->region[at] = (struct region){ gpa, len | kind };
}

static void drop(struct region_map *map, uint32_t at)
{
	uint32_t i;

	map->count--;
	for (i = at; i < map->count; i++)
		map->region[i] = map->region[i + 1];
}

/* Put a region together with the one behind it, if they are alike. */
static void merge(struct region_map *map, uint32_t at)
{
	struct region *region = &map->region[at];

	if (at + 1 >= map->count || end_of(region) != region[1].gpa ||
	    kind_of(region) != kind_of(&region[1]))
		return;
	region->len_kind += length(&region[1]);
	drop(map, at + 1);
}

/**
 * region_add() - add a region
 * @map: the regions
 * @gpa: where it begins
 * @len: bytes
 * @kind: what it is
 *
 * Return: 0; COVE_ERR_INVALID_ADDRESS or COVE_ERR_INVALID_PARAM if it isn't of
 * whole pages below GSTAGE_END, or overlaps another; COVE_ERR_OUT_OF_MEMORY if
 * there are too many.
 */
int region_add(struct region_map *map, uint64_t gpa, uint64_t len,
	       enum region_kind kind)
{
	uint32_t at;
	int err = check_range(gpa, len);

	if (err)
		return err;
	at = first(map, gpa);
	if (at < map->count && map->region[at].gpa < gpa + len)
		return COVE_ERR_INVALID_ADDRESS;
	if (map->count == REGION_MAX)
		return COVE_ERR_OUT_OF_MEMORY;
	insert(map, at, gpa, len, kind);
	return 0;
}

/**
 * region_remove() - remove regions
 * @map: the regions
 * @gpa: start of a range
 * @len: bytes
 * @kind: of the regions that go: all that overlap the range, as a whole
 *
 * Return: 0; COVE_ERR_INVALID_ADDRESS or COVE_ERR_INVALID_PARAM if the range
 * isn't of whole pages, or there is no such region in it.
 */
int region_remove(struct region_map *map, uint64_t gpa, uint64_t len,
		  enum region_kind kind)
{
	uint32_t at, removed = 0;
	int err = check_range(gpa, len);

	if (err)
		return err;
	at = first(map, gpa);
	while (at < map->count && map->region[at].gpa < gpa + len) {
		if (kind_of(&map->region[at]) == kind) {
			drop(map, at);
			removed++;
		} else {
			at++;
		}
	}
	return removed ? 0 : COVE_ERR_INVALID_ADDRESS;
}

/**
 * region_change() - make something else of a part of a region
 * @map: the regions
 * @gpa: start of the part
 * @len: bytes
 * @from: what all of it is
 * @to: what it will be
 *
 * Return: 0; COVE_ERR_INVALID_ADDRESS or COVE_ERR_INVALID_PARAM if it isn't of
 * whole pages, or not inside of one region of that kind;
 * COVE_ERR_OUT_OF_MEMORY if there are too many regions.
 */
int region_change(struct region_map *map, uint64_t gpa, uint64_t len,
		  enum region_kind from, enum region_kind to)
{
	uint64_t start, end;
	uint32_t at;
	int err = check_range(gpa, len);

	if (err)
		return err;
	if (!region_covers(map, gpa, len, from))
		return COVE_ERR_INVALID_ADDRESS;
	if (map->count + 2 > REGION_MAX)
		return COVE_ERR_OUT_OF_MEMORY;
	at = first(map, gpa);
	start = map->region[at].gpa;
	end = end_of(&map->region[at]);
	map->region[at] = (struct region){ gpa, len | to };
	if (gpa + len < end)
		insert(map, at + 1, gpa + len, end - gpa - len, from);
	if (start < gpa)
		insert(map, at++, start, gpa - start, from);
	merge(map, at);
	if (at)
		merge(map, at - 1);
	return 0;
}

/**
 * region_covers() - is a range inside of one region of a kind?
 * @map: the regions
 * @gpa: start of the range
 * @len: bytes
 * @kind: of the region
 */
bool region_covers(const struct region_map *map, uint64_t gpa, uint64_t len,
		   enum region_kind kind)
{
	uint32_t at = first(map, gpa);
	const struct region *region = &map->region[at];

	return at < map->count && kind_of(region) == kind && region->gpa <= gpa &&
		len <= end_of(region) - gpa;
}

/**
 * region_at() - what is at an address
 * @map: the regions
 * @gpa: the address
 *
 * Return: the kind of its region, or REGION_NONE.
 */
enum region_kind region_at(const struct region_map *map, uint64_t gpa)
{
	uint32_t at = first(map, gpa);

	if (at == map->count || map->region[at].gpa > gpa)
		return REGION_NONE;
	return kind_of(&map->region[at]);
}

/**
 * region_next() - the next part of a kind
 * @map: the regions
 * @kind: of which
 * @gpa: where to look from; moved forward to the part, if there is one
 * @end: gets the part's end
 *
 * Return: false if there is none.
 */
bool region_next(const struct region_map *map, enum region_kind kind,
		 uint64_t *gpa, uint64_t *end)
{
	uint32_t at;

	for (at = first(map, *gpa); at < map->count; at++) {
		const struct region *region = &map->region[at];

		if (kind_of(region) != kind)
			continue;
		if (region->gpa > *gpa)
			*gpa = region->gpa;
		*end = end_of(region);
		return true;
	}
	return false;
}
