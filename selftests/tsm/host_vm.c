// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ordinary VM of the stand-in's host.
 */

#include "host.h"
#include "host_vm.h"
#include "page.h"

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

/* Something in a page that isn't zero, and for each @with another. */
void host_fill(uint64_t hpa, uint64_t with)
{
	uint64_t *word = host_ram(hpa);
	unsigned int i;

	for (i = 0; i < PAGE_BYTES / sizeof(*word); i++)
		word[i] = with * 0x9e3779b97f4a7c15ULL + i;
}
