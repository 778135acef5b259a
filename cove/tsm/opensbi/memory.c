// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the device tree tells of memory: where it is, and what of it is taken
 * when the firmware starts.
 */

#include <libfdt.h>
#include <sbi/sbi_scratch.h>
#include <sbi_utils/fdt/fdt_helper.h>

#include "memory.h"

/*
 * The next stage says how large it is only if it is a Linux Image; what
 * begins without that header gets this much.
 */
#define NEXT_STAGE_SIZE		(32UL << 20)
#define IMAGE_SIZE_OFFSET	16
#define IMAGE_MAGIC_OFFSET	56
#define IMAGE_MAGIC		0x05435352	/* "RSC\5" */

static void add_used(struct memory_map *map, uint64_t base, uint64_t len)
{
	if (!len)
		return;
	if (map->useds == MEMORY_USED || base + len < base) {
		map->incomplete = true;
		return;
	}
	map->used[map->useds++] = (struct memory_range){ base, base + len };
}

static void add_next_stage(struct memory_map *map, uint64_t base)
{
	const char *image = (const char *)(unsigned long)base;
	uint64_t len = NEXT_STAGE_SIZE;

	if (*(const uint32_t *)(image + IMAGE_MAGIC_OFFSET) == IMAGE_MAGIC)
		len = *(const uint64_t *)(image + IMAGE_SIZE_OFFSET);
	add_used(map, base, len);
}

/* A cell or two, as linux,initrd-start and its like are. */
static uint64_t read_number(const void *fdt, int node, const char *name)
{
	int len;
	const fdt32_t *cells = fdt_getprop(fdt, node, name, &len);

	if (cells && len == 4)
		return fdt32_to_cpu(cells[0]);
	if (cells && len == 8)
		return (uint64_t)fdt32_to_cpu(cells[0]) << 32 | fdt32_to_cpu(cells[1]);
	return 0;
}

static void add_reserved(struct memory_map *map, const void *fdt)
{
	int parent = fdt_path_offset(fdt, "/reserved-memory");
	uint64_t base, len;
	int node, i;

	for (i = 0; i < fdt_num_mem_rsv(fdt); i++) {
		if (!fdt_get_mem_rsv(fdt, i, &base, &len))
			add_used(map, base, len);
	}
	if (parent < 0)
		return;
	fdt_for_each_subnode(node, fdt, parent) {
		if (!fdt_get_node_addr_size(fdt, node, 0, &base, &len))
			add_used(map, base, len);
	}
}

static void add_banks(struct memory_map *map, const void *fdt)
{
	uint64_t base, len;
	int node = -1, i;

	for (;;) {
		node = fdt_node_offset_by_prop_value(fdt, node, "device_type",
						     "memory", sizeof("memory"));
		if (node < 0)
			break;
		for (i = 0; map->banks < MEMORY_BANKS &&
		     !fdt_get_node_addr_size(fdt, node, i, &base, &len); i++)
			map->bank[map->banks++] = (struct memory_range){ base, base + len };
	}
}

/**
 * memory_read_fdt() - collect what is known of memory at boot
 * @map: the result
 * @fdt: the device tree, which takes memory as well
 */
void memory_read_fdt(struct memory_map *map, const void *fdt)
{
	const struct sbi_scratch *scratch = sbi_scratch_thishart_ptr();
	int chosen = fdt_path_offset(fdt, "/chosen");

	*map = (struct memory_map){};
	add_banks(map, fdt);
	add_used(map, scratch->fw_start, scratch->fw_size);
	add_next_stage(map, scratch->next_addr);
	/* Fixups make the tree larger. */
	add_used(map, (unsigned long)fdt, fdt_totalsize(fdt) + 0x10000);
	if (chosen >= 0) {
		uint64_t initrd = read_number(fdt, chosen, "linux,initrd-start");

		add_used(map, initrd,
			 read_number(fdt, chosen, "linux,initrd-end") - initrd);
	}
	add_reserved(map, fdt);
}

/**
 * memory_is_used() - does anything lie in a range?
 * @map: of memory
 * @base: of the range
 * @len: of the range
 */
bool memory_is_used(const struct memory_map *map, uint64_t base, uint64_t len)
{
	unsigned int i;

	if (map->incomplete)
		return true;
	for (i = 0; i < map->useds; i++) {
		if (base < map->used[i].end && map->used[i].base < base + len)
			return true;
	}
	return false;
}

/**
 * memory_total() - bytes of RAM
 * @map: of memory
 */
uint64_t memory_total(const struct memory_map *map)
{
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < map->banks; i++)
		total += map->bank[i].end - map->bank[i].base;
	return total;
}

/**
 * memory_top_free() - find the highest free, naturally aligned range
 * @map: of memory
 * @size: of the range, a power of two
 *
 * Return: its base, or 0 if there is none.
 */
uint64_t memory_top_free(const struct memory_map *map, uint64_t size)
{
	uint64_t best = 0;
	unsigned int i;

	for (i = 0; i < map->banks; i++) {
		const struct memory_range *bank = &map->bank[i];
		uint64_t base = bank->end & ~(size - 1);

		while (base >= bank->base + size) {
			base -= size;
			if (!memory_is_used(map, base, size)) {
				best = base > best ? base : best;
				break;
			}
		}
	}
	return best;
}
