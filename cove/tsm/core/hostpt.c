// SPDX-License-Identifier: BSD-2-Clause
/*
 * The G-stage tables that the host made for an ordinary VM, read as what they
 * are: somebody else's bytes, which may change at any time.
 *
 * Each entry is read once, by one access, and what was read is checked.  A
 * walk goes down a level with each step, so no tables make it endless.
 */

#include <cove/abi.h>

#include "gstage_pte.h"
#include "hart.h"
#include "promote.h"

/* Bits that are reserved, or mean something else than ordinary memory. */
#define PTE_HIGH	(~0ULL << 54)

static unsigned int shift_of(unsigned int level)
{
	return PAGE_SHIFT + 9 * level;
}

/**
 * hostpt_init() - look at hgatp
 * @host: the tables
 * @hgatp: as the host has it; its VMID doesn't matter
 *
 * Return: 0, or COVE_ERR_INVALID_ADDRESS if there are no tables, or their root
 * isn't ordinary memory of the host.
 */
int hostpt_init(struct hostpt *host, uint64_t hgatp)
{
	uint64_t mode = hgatp >> 60, root = (hgatp & ((1ULL << 44) - 1)) << PAGE_SHIFT;

	if (mode < GSTAGE_SV39X4 || mode > GSTAGE_SV39X4 + 2 ||
	    root & (page_bytes(PAGE_16K) - 1) ||
	    !hart_host_ram(root, page_bytes(PAGE_16K)))
		return COVE_ERR_INVALID_ADDRESS;
	*host = (struct hostpt){ .root = root, .levels = mode - GSTAGE_SV39X4 + 3 };
	return 0;
}

static int check_leaf(uint64_t pte, uint64_t gpa, unsigned int level,
		      struct hostpt_leaf *leaf)
{
	uint64_t hpa = pte_hpa(pte), offset = (1ULL << shift_of(level)) - 1;

	if (!(pte & PTE_R) || !(pte & PTE_U) || hpa & offset)
		return COVE_ERR_INVALID_ADDRESS;
	leaf->hpa = hpa | (gpa & offset & ~(PAGE_BYTES - 1));
	if (!hart_host_ram(leaf->hpa, PAGE_BYTES))
		return COVE_ERR_INVALID_ADDRESS;
	leaf->present = true;
	leaf->writable = pte & PTE_W;
	return 0;
}

/**
 * hostpt_step() - one level of a walk
 * @host: the tables
 * @gpa: the address that is looked for
 * @level: of the table: host->levels - 1 for the root, 0 for the last
 * @table: its address; changed to that of the next, or to 0 at the end
 * @leaf: gets what is mapped, at the end
 *
 * Return: 0, or COVE_ERR_INVALID_ADDRESS if the entry isn't one that a host
 * has use for, or names anything but ordinary memory of the host.
 */
int hostpt_step(const struct hostpt *host, uint64_t gpa, unsigned int level,
		uint64_t *table, struct hostpt_leaf *leaf)
{
	uint64_t index = gpa >> shift_of(level), pte;
	int err;

	/* The root has four times the entries of other tables. */
	index &= level == host->levels - 1U ? 2047 : 511;
	err = hart_read_host(&pte, *table + 8 * index, sizeof(pte));
	if (err)
		return err;

	*table = 0;
	*leaf = (struct hostpt_leaf){ .bytes = 1ULL << shift_of(level) };
	if (!(pte & PTE_V))
		return 0;
	if (pte & PTE_HIGH)
		return COVE_ERR_INVALID_ADDRESS;
	if (!pte_is_table(pte))
		return check_leaf(pte, gpa, level, leaf);
	if (!level || pte & (PTE_U | PTE_A | PTE_D) ||
	    !hart_host_ram(pte_hpa(pte), PAGE_BYTES))
		return COVE_ERR_INVALID_ADDRESS;
	*table = pte_hpa(pte);
	return 0;
}

/**
 * hostpt_find() - what the host maps at an address
 * @host: the tables
 * @gpa: the address
 * @leaf: gets it
 *
 * Return: 0, or COVE_ERR_INVALID_ADDRESS as of hostpt_step(), or if the tables
 * don't reach that far.
 */
int hostpt_find(const struct hostpt *host, uint64_t gpa, struct hostpt_leaf *leaf)
{
	unsigned int level = host->levels;
	uint64_t table = host->root;
	int err;

	if (gpa >> (shift_of(level) + 2))
		return COVE_ERR_INVALID_ADDRESS;
	do {
		err = hostpt_step(host, gpa, --level, &table, leaf);
	} while (!err && table);
	return err;
}

/**
 * hostpt_read() - copy from the memory of a VM that isn't a TVM yet
 * @host: its tables
 * @gpa: where
 * @to: inside of the TSM or of the pool
 * @len: bytes
 *
 * Return: 0, or COVE_ERR_INVALID_ADDRESS as of hostpt_step(), or if not all
 * of it is mapped.
 */
int hostpt_read(const struct hostpt *host, uint64_t gpa, void *to, size_t len)
{
	struct hostpt_leaf leaf;
	uint8_t *byte = to;
	int err;

	while (len) {
		size_t offset = gpa & (PAGE_BYTES - 1), part = PAGE_BYTES - offset;

		err = hostpt_find(host, gpa, &leaf);
		if (!err && !leaf.present)
			err = COVE_ERR_INVALID_ADDRESS;
		if (part > len)
			part = len;
		if (!err)
			err = hart_read_host(byte, leaf.hpa + offset, part);
		if (err)
			return err;
		byte += part;
		gpa += part;
		len -= part;
	}
	return 0;
}
