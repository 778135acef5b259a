// SPDX-License-Identifier: BSD-2-Clause
/*
 * The device tree of a VM that is to be promoted: where its memory is, and
 * which vCPUs it has.
 *
 * The tree is the host's word, as is the rest of the VM at that time.  It is
 * copied and then checked, by libfdt, which trusts nothing that it reads; what
 * libfdt may spend on it is limited here.  What is taken from it goes into the
 * measurement, and the guest reads its own copy.
 */

#include "libfdt_env.h"
#include <libfdt.h>

#include <cove/abi.h>

#include "hart.h"
#include "page.h"
#include "promote.h"
#include "region.h"
#include "tvm.h"
#include "vm_fdt.h"

/*
 * The names of properties are compared for each property: one of them in most
 * of the tree would take libfdt a hundred million steps.
 */
#define NAME_MAX_LEN	64

static bool names_are_short(const void *fdt)
{
	const char *names = (const char *)fdt + fdt_off_dt_strings(fdt);
	uint32_t i, len = 0;

	for (i = 0; i < fdt_size_dt_strings(fdt); i++) {
		len = names[i] ? len + 1 : 0;
		if (len > NAME_MAX_LEN)
			return false;
	}
	return true;
}

/* libfdt doesn't ask whether it is aligned, and not every hart can load then. */
static bool is_aligned(const void *fdt)
{
	return !(fdt_off_mem_rsvmap(fdt) % 8) && !(fdt_off_dt_struct(fdt) % 4);
}

static bool is_good(const void *fdt, uint32_t size)
{
	return fdt_totalsize(fdt) <= size && fdt_version(fdt) >= 17 &&
	       !fdt_check_header(fdt) && is_aligned(fdt) &&
	       names_are_short(fdt) && !fdt_check_full(fdt, size);
}

static bool is_enabled(const void *fdt, int node)
{
	return !fdt_getprop(fdt, node, "status", NULL) ||
	       !fdt_stringlist_search(fdt, node, "status", "okay") ||
	       !fdt_stringlist_search(fdt, node, "status", "ok");
}

static bool is_a(const void *fdt, int node, const char *type)
{
	return !fdt_stringlist_search(fdt, node, "device_type", type) &&
	       is_enabled(fdt, node);
}

/* A number of one or two cells, and the place behind it. */
static uint64_t number(const fdt32_t **cell, int cells)
{
	uint64_t value = 0;

	while (cells--)
		value = value << 32 | fdt32_ld((*cell)++);
	return value;
}

static int add_memory(const void *fdt, int node, struct region_map *regions)
{
	int address = fdt_address_cells(fdt, 0), size = fdt_size_cells(fdt, 0);
	const fdt32_t *cell;
	int err = 0, len;

	if (address < 1 || address > 2 || size < 1 || size > 2)
		return COVE_ERR_INVALID_PARAM;
	cell = fdt_getprop(fdt, node, "reg", &len);
	if (!cell || len % ((address + size) * sizeof(*cell)))
		return COVE_ERR_INVALID_PARAM;
	for (; !err && len; len -= (address + size) * sizeof(*cell)) {
		uint64_t gpa = number(&cell, address);

		err = region_add(regions, gpa, number(&cell, size), REGION_PRIVATE);
	}
	return err ? COVE_ERR_INVALID_PARAM : 0;
}

static int add_vcpus(const void *fdt, int cpus, uint64_t *vcpus)
{
	int cells = fdt_address_cells(fdt, cpus), node, len;

	fdt_for_each_subnode(node, fdt, cpus) {
		const fdt32_t *cell;
		uint64_t id;

		if (!is_a(fdt, node, "cpu"))
			continue;
		cell = fdt_getprop(fdt, node, "reg", &len);
		if (cells < 1 || cells > 2 || !cell || len != cells * (int)sizeof(*cell))
			return COVE_ERR_INVALID_PARAM;
		id = number(&cell, cells);
		if (id >= TVM_MAX_VCPUS || *vcpus >> id & 1)
			return COVE_ERR_INVALID_PARAM;
		*vcpus |= 1ULL << id;
	}
	return 0;
}

static int take(const void *fdt, uint32_t size, struct region_map *regions,
		uint64_t *vcpus)
{
	int cpus, node, err;

	*vcpus = 0;
	if (!is_good(fdt, size))
		return COVE_ERR_INVALID_PARAM;
	cpus = fdt_subnode_offset(fdt, 0, "cpus");
	if (cpus < 0)
		return COVE_ERR_INVALID_PARAM;
	err = add_vcpus(fdt, cpus, vcpus);
	fdt_for_each_subnode(node, fdt, 0) {
		if (!err && is_a(fdt, node, "memory"))
			err = add_memory(fdt, node, regions);
	}
	if (!err && (!*vcpus || !regions->count))
		err = COVE_ERR_INVALID_PARAM;
	return err;
}

/**
 * vm_fdt_read() - learn what a VM is made of
 * @host: its tables
 * @gpa: where it has its device tree
 * @quota: pays for a copy of that, until this returns
 * @regions: empty; memory nodes become private regions
 * @vcpus: gets a mask of the ids that its cpu nodes have
 *
 * Return: 0; COVE_ERR_INVALID_ADDRESS as of hostpt_read();
 * COVE_ERR_INVALID_PARAM if what is there isn't a sound tree of VM_FDT_MAX
 * bytes at most, or names no memory, no vCPU, a vCPU beyond TVM_MAX_VCPUS,
 * one twice, or more memory than there can be; or as page_alloc().
 */
int vm_fdt_read(const struct hostpt *host, uint64_t gpa, struct quota *quota,
		struct region_map *regions, uint64_t *vcpus)
{
	static const enum page_size sizes[] = { PAGE_4K, PAGE_16K, PAGE_2M };
	struct fdt_header header;
	struct claim claim;
	unsigned int i = 0;
	uint64_t hpa;
	uint32_t size;
	int err;

	err = hostpt_read(host, gpa, &header, sizeof(header));
	if (err)
		return err;
	size = fdt_totalsize(&header);
	if (size < sizeof(header) || size > VM_FDT_MAX)
		return COVE_ERR_INVALID_PARAM;
	while (size > page_bytes(sizes[i]))
		i++;
	err = page_alloc(quota, sizes[i], &claim);
	if (err)
		return err;
	hpa = page_use(&claim, PAGE_TO_STATE, 0);
	err = hostpt_read(host, gpa, hart_pool(hpa), size);
	if (!err)
		err = take(hart_pool(hpa), size, regions, vcpus);
	page_put(quota, hpa);
	return err;
}
