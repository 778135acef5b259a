// SPDX-License-Identifier: BSD-2-Clause
/*
 * The wall against DMA: which there is on a machine, and what has to be taken
 * from the host for it.
 *
 * A wall has no holes, or isn't claimed.  The one for QEMU's virt machine with
 * iommu-sys=on is its IOMMU, owned by the TSM.  Of the devices that it doesn't
 * stand in front of, fw_cfg and the slots of virtio-mmio, the registers are
 * closed to the host; whatever is unknown, or doesn't fit, makes it none.
 */

#include <libfdt.h>
#include <sbi/sbi_console.h>
#include <sbi/sbi_domain.h>
#include <sbi_utils/fdt/fdt_helper.h>
#include <sbi_utils/irqchip/imsic.h>

#include <stddef.h>

#include <cove/covh.h>

#include "../hart/iommu.h"
#include "dma.h"
#include "pool.h"

#define ARRAY_SIZE_OF(array)	(sizeof(array) / sizeof((array)[0]))

/* A file of an IMSIC, and the smallest range that is closed. */
#define PAGE			4096UL

struct dma_wall {
	const char *name;
	uint32_t protection;
	/* NULL, or why not; "" if there is nothing of that kind. */
	const char *(*raise)(void *fdt);
	uint64_t (*faults)(void);
};

/* Devices of one kind; closed together, by one entry of the PMP. */
struct closing {
	const char *compatible;
	uint64_t base, size;	/* naturally aligned */
};

/* What the host loses, all of it on this machine; the IOMMU is the first. */
static struct closing closings[] = {
	{ "riscv,iommu" },
	{ "qemu,fw-cfg-mmio" },
	{ "virtio,mmio" },
};

static bool range_of_node(const void *fdt, int node, uint64_t *base, uint64_t *end)
{
	uint64_t size;

	if (fdt_get_node_addr_size(fdt, node, 0, base, &size) || !size)
		return false;
	*end = *base + size;
	return true;
}

/* The smallest range that has all nodes of a kind, and how many they are. */
static unsigned int measure(const void *fdt, struct closing *closing)
{
	uint64_t low = ~0UL, high = 0, base, end;
	unsigned int count = 0;
	int node = -1;

	for (;;) {
		node = fdt_node_offset_by_compatible(fdt, node, closing->compatible);
		if (node < 0 || !range_of_node(fdt, node, &base, &end))
			break;
		low = base < low ? base : low;
		high = end > high ? end : high;
		count++;
	}
	if (!count)
		return 0;
	closing->size = PAGE;
	while ((low & ~(closing->size - 1)) + closing->size < high)
		closing->size *= 2;
	closing->base = low & ~(closing->size - 1);
	return count;
}

/* OpenSBI puts smaller regions ahead of larger ones: they stay open. */
static bool stays_open(uint64_t base, uint64_t size)
{
	const unsigned long need = SBI_DOMAIN_MEMREGION_SU_READABLE |
				   SBI_DOMAIN_MEMREGION_SU_WRITABLE;
	const struct sbi_domain_memregion *region;

	sbi_domain_for_each_memregion(&root, region) {
		if (region->order < 64 && base - region->base < 1UL << region->order)
			return (region->flags & need) == need && 1UL << region->order < size;
	}
	return false;
}

/* Nothing else may lie there, but what OpenSBI has opened on its own. */
static bool hits_others(const void *fdt, const struct closing *closing)
{
	uint64_t base, end;

	for (int node = fdt_next_node(fdt, 0, NULL); node >= 0;
	     node = fdt_next_node(fdt, node, NULL)) {
		if (range_of_node(fdt, node, &base, &end) &&
		    base < closing->base + closing->size && closing->base < end &&
		    fdt_node_check_compatible(fdt, node, closing->compatible) &&
		    !stays_open(base, closing->size))
			return true;
	}
	return false;
}

/* All PCI devices are behind the IOMMU, if the device tree says so. */
static bool pci_is_behind(const void *fdt)
{
	unsigned int buses = 0;
	int node = -1;

	for (;;) {
		node = fdt_node_offset_by_prop_value(fdt, node, "device_type", "pci",
						     sizeof("pci"));
		if (node < 0)
			return buses;
		if (!fdt_getprop(fdt, node, "iommu-map", NULL))
			return false;
		buses++;
	}
}

static const char *survey(const void *fdt)
{
	unsigned int count, room = pool_entries_left();

	if (fdt_node_check_compatible(fdt, 0, "riscv-virtio"))
		return "";
	for (unsigned int i = 0; i < ARRAY_SIZE_OF(closings); i++) {
		count = measure(fdt, &closings[i]);
		if (!i && count != 1)
			return count ? "there is more than one" : "";
		if (!count)
			return "a device that has to be closed isn't in the device tree";
		if (hits_others(fdt, &closings[i]))
			return "a device of the host would be closed, too";
	}
	if (!pci_is_behind(fdt))
		return "a PCI bus isn't behind it";
	return room < ARRAY_SIZE_OF(closings) ? "there are not enough PMP entries" : NULL;
}

/* The host's own interrupt file of each hart, and none of a guest's. */
static bool map_interrupt_files(const void *fdt)
{
	struct imsic_data imsic;
	int node = -1;

	for (;;) {
		node = fdt_node_offset_by_compatible(fdt, node, "riscv,imsics");
		if (node < 0)
			return true;
		if (fdt_parse_imsic_node(fdt, node, &imsic))
			return false;
		if (imsic.targets_mmode)
			continue;
		for (unsigned int i = 0; i < IMSIC_MAX_REGS && imsic.regs[i].size; i++) {
			uint64_t file = imsic.regs[i].addr, end = file + imsic.regs[i].size;

			for (; file < end; file += PAGE << imsic.guest_index_bits) {
				if (!iommu_map(file, file + PAGE))
					return false;
			}
		}
	}
}

static bool map_ram(uint64_t base, uint64_t end)
{
	base = (base + PAGE - 1) & ~(PAGE - 1);
	end &= ~(PAGE - 1);
	return base >= end || iommu_map(base, end);
}

/* The host finds no trace of what it can't use. */
static void forget_nodes(void *fdt)
{
	int node;

	for (unsigned int i = 0; i < ARRAY_SIZE_OF(closings); i++) {
		while ((node = fdt_node_offset_by_compatible(fdt, -1,
							     closings[i].compatible)) >= 0)
			fdt_nop_node(fdt, node);
	}
	node = -1;
	while ((node = fdt_node_offset_by_prop_value(fdt, node, "device_type", "pci",
						     sizeof("pci"))) >= 0)
		fdt_nop_property(fdt, node, "iommu-map");
}

static const char *raise_iommu(void *fdt)
{
	const char *why = survey(fdt);

	if (why)
		return why;
	if (!memory_each_hosts(map_ram) || !map_interrupt_files(fdt))
		return "its tables are too small";
	why = iommu_start(closings[0].base);
	if (why)
		return why;
	for (unsigned int i = 0; i < ARRAY_SIZE_OF(closings); i++) {
		if (sbi_domain_root_add_memrange(closings[i].base, closings[i].size,
						 closings[i].size,
						 SBI_DOMAIN_MEMREGION_MMIO |
						 SBI_DOMAIN_MEMREGION_M_READABLE |
						 SBI_DOMAIN_MEMREGION_M_WRITABLE))
			return "a device can't be closed";
	}
	forget_nodes(fdt);
	return NULL;
}

static const char *raise_none(void *fdt)
{
	return NULL;
}

static uint64_t no_faults(void)
{
	return 0;
}

/* The best comes first, and the last always stands. */
static const struct dma_wall walls[] = {
	{ "iommu", COVE_DMA_IOMMU, raise_iommu, iommu_faults },
	{ "none", COVE_DMA_NONE, raise_none, no_faults },
};

static const struct dma_wall *wall;

/**
 * dma_close() - keep devices from the pool, if this machine can
 * @fdt: the device tree, which loses what the host must not use
 *
 * Once, by the hart that boots, when the pool is reserved; before OpenSBI's
 * domains are final, and before the host runs.
 */
void dma_close(void *fdt)
{
	for (unsigned int i = 0; i < ARRAY_SIZE_OF(walls); i++) {
		const char *why = walls[i].raise(fdt);

		if (!why) {
			wall = &walls[i];
			return;
		}
		if (*why)
			sbi_printf("tsm: DMA is not confined by %s: %s\n", walls[i].name, why);
	}
}

/**
 * dma_name() - of what keeps devices from the pool, in a word
 */
const char *dma_name(void)
{
	return wall->name;
}

/**
 * dma_protection() - what keeps devices from the pool: COVE_DMA_*
 */
uint32_t dma_protection(void)
{
	return wall->protection;
}

/**
 * dma_faults() - accesses of devices that were refused, as far as known
 */
uint64_t dma_faults(void)
{
	return wall->faults();
}
