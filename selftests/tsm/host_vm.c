// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ordinary VM of the stand-in's host.
 */

#include "libfdt_env.h"
#include "unit.h"
#include "host.h"
#include "host_vm.h"
#include "page.h"

#include <libfdt.h>

uint64_t host_vm_root;
static unsigned int levels;
static uint64_t next_table;

/* No memory is mapped.  The root is 16 KiB below @tables, the others follow. */
void host_vm_start(unsigned int host_levels, uint64_t tables)
{
	levels = host_levels;
	host_vm_root = tables - page_bytes(PAGE_16K);
	next_table = tables;
}

/* A page beside the tables, for whatever it is. */
uint64_t host_vm_page(void)
{
	next_table += PAGE_BYTES;
	return next_table - PAGE_BYTES;
}

uint64_t host_vm_hgatp(void)
{
	return (levels + 5ULL) << 60 | 7ULL << 44 | host_vm_root >> PAGE_SHIFT;
}

/* The entry of an address at a level; tables are made on the way. */
uint64_t *host_vm_entry(uint64_t gpa, unsigned int level)
{
	uint64_t table = host_vm_root;
	unsigned int i;

	for (i = levels - 1; ; i--) {
		uint64_t *pte = (uint64_t *)host_ram(table) +
			(gpa >> (12 + 9 * i) & (i == levels - 1 ? 2047 : 511));

		if (i == level)
			return pte;
		if (!*pte)
			*pte = host_vm_page() >> 2 | TABLE;
		table = (*pte & ~0x3ffULL) << 2;
	}
}

void host_vm_map(uint64_t gpa, uint64_t hpa, unsigned int level, uint64_t bits)
{
	*host_vm_entry(gpa, level) = hpa >> 2 | bits;
}

static void must(int err)
{
	assert_int_equal(err, 0);
}

static void put_cpu(void *fdt, unsigned int id)
{
	char name[16];

	snprintf(name, sizeof(name), "cpu@%x", id);
	must(fdt_begin_node(fdt, name));
	must(fdt_property_string(fdt, "device_type", "cpu"));
	must(fdt_property_u32(fdt, "reg", id));
	must(fdt_end_node(fdt));
}

/* A device tree, in the page at @hpa: one range of memory, and so many cpus. */
void host_vm_put_tree(uint64_t hpa, uint64_t ram, uint64_t ram_size,
		      unsigned int first_cpu, unsigned int cpus)
{
	const fdt64_t reg[] = { cpu_to_fdt64(ram), cpu_to_fdt64(ram_size) };
	void *fdt = host_ram(hpa);
	unsigned int i;

	must(fdt_create(fdt, PAGE_BYTES));
	must(fdt_finish_reservemap(fdt));
	must(fdt_begin_node(fdt, ""));
	must(fdt_property_u32(fdt, "#address-cells", 2));
	must(fdt_property_u32(fdt, "#size-cells", 2));
	must(fdt_begin_node(fdt, "cpus"));
	must(fdt_property_u32(fdt, "#address-cells", 1));
	must(fdt_property_u32(fdt, "#size-cells", 0));
	for (i = first_cpu; i < first_cpu + cpus; i++)
		put_cpu(fdt, i);
	must(fdt_end_node(fdt));
	must(fdt_begin_node(fdt, "memory"));
	must(fdt_property_string(fdt, "device_type", "memory"));
	must(fdt_property(fdt, "reg", reg, sizeof(reg)));
	must(fdt_end_node(fdt));
	must(fdt_end_node(fdt));
	must(fdt_finish(fdt));
}

/* Something in a page that isn't zero, and for each @with another. */
void host_fill(uint64_t hpa, uint64_t with)
{
	uint64_t *word = host_ram(hpa);
	unsigned int i;

	for (i = 0; i < PAGE_BYTES / sizeof(*word); i++)
		word[i] = with * 0x9e3779b97f4a7c15ULL + i;
}
