// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pool: how large it is, where it is, and that nothing survives in it.
 *
 * It is a region of OpenSBI's root domain without access for S-mode.  That
 * gives its entry of the PMP, its node in the device tree, and the check of
 * addresses in all of OpenSBI's calls.
 */

#include <libfdt.h>
#include <sbi/sbi_console.h>
#include <sbi/sbi_domain.h>
#include <sbi/sbi_ecall_interface.h>
#include <sbi/sbi_hart.h>
#include <sbi/sbi_hsm.h>
#include <sbi/sbi_ipi.h>
#include <sbi/sbi_scratch.h>
#include <sbi/sbi_string.h>
#include <sbi/sbi_system.h>
#include <sbi/sbi_timer.h>

#include "../hart/wall.h"
#include "dma.h"
#include "memory.h"
#include "pool.h"

/* Of DRAM, unless the owner of the machine says otherwise. */
#define DEFAULT_FRACTION	8
#define SMALLEST		(16UL << 20)
/* How long a reset waits for the other harts to stop. */
#define STOP_MS			1000

#define MARK_SIZE		4096
#define MARK_MAGIC		0x6c6f6f702d6d7374UL	/* "tsm-pool" */

/*
 * At the very end of a pool.  After a reset that the firmware did not see,
 * it tells where secrets may be, even if the pool is smaller now or gone.
 * The host can forge it, and then has its own memory zeroed.
 */
struct pool_mark {
	uint64_t magic;
	uint64_t base;
	uint64_t size;
};

struct pool_area pool_area;

static struct memory_map map;
static const char command_line_word[] = "cove.pool=";

/* Write zeros where there are none: RAM that was never used stays so. */
static void scrub(uint64_t base, uint64_t end)
{
	uint64_t *word = (uint64_t *)base;

	for (; word != (uint64_t *)end; word += 8) {
		if (word[0] | word[1] | word[2] | word[3] |
		    word[4] | word[5] | word[6] | word[7]) {
			for (int i = 0; i < 8; i++)
				word[i] = 0;
		}
	}
}

/* Bytes, with one of the usual letters behind. */
static uint64_t parse_size(const char *text)
{
	uint64_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (*text - '0');
	if (*text == 'K')
		value <<= 10;
	else if (*text == 'M')
		value <<= 20;
	else if (*text == 'G')
		value <<= 30;
	return value;
}

static bool size_of_node(const void *fdt, uint64_t *size)
{
	int node = fdt_path_offset(fdt, "/chosen/cove"), len;
	const fdt32_t *cells = NULL;

	if (node >= 0)
		cells = fdt_getprop(fdt, node, "pool-size", &len);
	if (!cells || len != 8)
		return false;
	*size = (uint64_t)fdt32_to_cpu(cells[0]) << 32 | fdt32_to_cpu(cells[1]);
	return true;
}

static bool size_of_command_line(const void *fdt, uint64_t *size)
{
	int node = fdt_path_offset(fdt, "/chosen");
	const char *args = NULL;
	bool found = false;

	if (node >= 0)
		args = fdt_getprop(fdt, node, "bootargs", NULL);
	/* The last one counts, as everywhere in a command line. */
	for (const char *at = args; at && *at; at++) {
		if ((at == args || at[-1] == ' ') &&
		    !sbi_strncmp(at, command_line_word, sizeof(command_line_word) - 1)) {
			*size = parse_size(at + sizeof(command_line_word) - 1);
			found = true;
		}
	}
	return found;
}

static uint64_t round_down_to_power(uint64_t value)
{
	while (value & (value - 1))
		value &= value - 1;
	return value;
}

/* Find a place; without a wish of the owner, a smaller pool will do. */
static bool find_place(const void *fdt)
{
	uint64_t wanted = 0, size;
	bool asked = size_of_node(fdt, &wanted) || size_of_command_line(fdt, &wanted);

	if (asked && !wanted)
		return false;
	if (!asked)
		wanted = memory_total(&map) / DEFAULT_FRACTION;
	for (size = round_down_to_power(wanted); size >= SMALLEST; size /= 2) {
		uint64_t base = memory_top_free(&map, size);

		if (base) {
			pool_area = (struct pool_area){ base, size };
			return true;
		}
		if (asked)
			break;
	}
	sbi_printf("tsm: no confidential VMs: no room for a pool of %lu MiB\n",
		   (unsigned long)(wanted >> 20));
	return false;
}

/* Of OpenSBI's regions and the pool, one entry each. */
static unsigned int entries_needed(struct sbi_scratch *scratch)
{
	struct sbi_domain_memregion *region;
	unsigned int count = 1;

	sbi_domain_for_each_memregion(&root, region)
		count++;
	/* OpenSBI keeps one free for mapping memory to itself. */
	if (sbi_hart_has_extension(scratch, SBI_HART_EXT_SMEPMP))
		count++;
	return count;
}

static bool hart_is_able(struct sbi_scratch *scratch)
{
	unsigned int have = sbi_hart_pmp_count(scratch);
	unsigned int need = entries_needed(scratch);
	const char *lacks = NULL;

	if (!misa_extension('H'))
		lacks = "the hypervisor extension";
	else if (!sbi_hart_has_extension(scratch, SBI_HART_EXT_SSTC))
		lacks = "Sstc";
	else if (!have)
		lacks = "PMP";
	if (lacks)
		sbi_printf("tsm: no confidential VMs: the harts lack %s\n", lacks);
	else if (need > have || need > WALL_ENTRIES)
		sbi_printf("tsm: no confidential VMs: %u PMP entries are needed, %u are there\n",
			   need, have);
	else
		return true;
	return false;
}

/**
 * pool_entries_left() - how many entries of the PMP nobody needs
 *
 * Once the pool has its own.
 */
unsigned int pool_entries_left(void)
{
	struct sbi_scratch *scratch = sbi_scratch_thishart_ptr();
	unsigned int have = sbi_hart_pmp_count(scratch);
	/* The pool is among the regions now. */
	unsigned int taken = entries_needed(scratch) - 1;

	have = have < WALL_ENTRIES ? have : WALL_ENTRIES;
	return have > taken ? have - taken : 0;
}

/**
 * pool_reserve() - take the pool away from the host, and from its devices
 * @fdt: the device tree
 *
 * Once, by the hart that boots, before OpenSBI's domains are final.
 */
void pool_reserve(void *fdt)
{
	struct sbi_scratch *scratch = sbi_scratch_thishart_ptr();

	memory_read_fdt(&map, fdt);
	if (!hart_is_able(scratch) || !find_place(fdt))
		return;
	if (sbi_domain_root_add_memrange(pool_area.base, pool_area.size, pool_area.size,
					 SBI_DOMAIN_MEMREGION_M_READABLE |
					 SBI_DOMAIN_MEMREGION_M_WRITABLE)) {
		sbi_printf("tsm: no confidential VMs: the pool can't be reserved\n");
		pool_area = (struct pool_area){};
		return;
	}
	dma_close(fdt);
	sbi_printf("tsm: pool of %lu MiB at 0x%lx, %u of %u PMP entries, DMA protection: %s\n",
		   (unsigned long)(pool_area.size >> 20), (unsigned long)pool_area.base,
		   entries_needed(scratch) - 1, sbi_hart_pmp_count(scratch), dma_name());
}

static struct pool_mark *mark_before(uint64_t end)
{
	return (struct pool_mark *)(end - MARK_SIZE);
}

/* Scrub what a mark names, up to what was put there since. */
static void scrub_former(uint64_t end)
{
	struct pool_mark *mark = mark_before(end);
	uint64_t base = mark->base, at;

	if (mark->magic != MARK_MAGIC || mark->size < SMALLEST ||
	    mark->size & (mark->size - 1) || base & (mark->size - 1) ||
	    base + mark->size != end)
		return;
	for (at = base; at < end; at += MARK_SIZE) {
		if (!memory_is_used(&map, at, MARK_SIZE))
			scrub(at, at + MARK_SIZE);
	}
}

/**
 * pool_scrub_at_boot() - zero the pool, and what an earlier one has left
 *
 * Once, by the hart that boots, while the PMP is still open.
 */
void pool_scrub_at_boot(void)
{
	unsigned int i;

	for (i = 0; i < map.banks; i++) {
		const struct memory_range *bank = &map.bank[i];
		uint64_t end = (bank->base + SMALLEST) & ~(SMALLEST - 1);

		for (; end <= bank->end; end += SMALLEST)
			scrub_former(end);
	}
	if (!pool_area.size)
		return;
	scrub(pool_area.base, pool_area.base + pool_area.size);
	*mark_before(pool_area.base + pool_area.size) = (struct pool_mark){
		MARK_MAGIC, pool_area.base, pool_area.size
	};
}

static bool in_bank(uint64_t base, uint64_t len)
{
	for (unsigned int i = 0; i < map.banks; i++) {
		if (base >= map.bank[i].base && base < map.bank[i].end)
			return len <= map.bank[i].end - base;
	}
	return false;
}

static bool is_closed(const struct sbi_domain_memregion *region)
{
	const unsigned long need = SBI_DOMAIN_MEMREGION_SU_READABLE |
				   SBI_DOMAIN_MEMREGION_SU_WRITABLE;

	return (region->flags & need) != need;
}

/**
 * memory_is_hosts() - is this RAM that the host may use?
 * @base: first byte
 * @len: bytes, not zero
 *
 * Return: true if it is all in RAM, and nothing of it is closed to S-mode.
 */
bool memory_is_hosts(uint64_t base, uint64_t len)
{
	const struct sbi_domain_memregion *region;
	uint64_t last = base + len - 1;

	if (!in_bank(base, len))
		return false;
	/* OpenSBI's own check of ranges overlooks what lies in their middle. */
	sbi_domain_for_each_memregion(&root, region) {
		if (is_closed(region) && base <= region->base + (1UL << region->order) - 1 &&
		    region->base <= last)
			return false;
	}
	return true;
}

/* From an address up to a bank's end: the first range that is the host's. */
static struct memory_range next_hosts(uint64_t base, uint64_t end)
{
	struct memory_range range = { base, end };
	const struct sbi_domain_memregion *region;

	/* Behind a region, the next may begin at once. */
	for (bool moved = true; moved;) {
		moved = false;
		sbi_domain_for_each_memregion(&root, region) {
			if (is_closed(region) && region->base <= range.base &&
			    range.base - region->base < 1UL << region->order) {
				range.base = region->base + (1UL << region->order);
				moved = true;
			}
		}
	}
	sbi_domain_for_each_memregion(&root, region) {
		if (is_closed(region) && region->base > range.base && region->base < range.end)
			range.end = region->base;
	}
	return range;
}

/**
 * memory_each_hosts() - go through all RAM that the host may use
 * @visit: gets the ranges; false ends it
 *
 * Return: false if @visit has ended it.
 */
bool memory_each_hosts(bool (*visit)(uint64_t base, uint64_t end))
{
	for (unsigned int i = 0; i < map.banks; i++) {
		struct memory_range range = { .end = map.bank[i].base };

		for (;;) {
			range = next_hosts(range.end, map.bank[i].end);
			if (range.base >= range.end)
				break;
			if (!visit(range.base, range.end))
				return false;
		}
	}
	return true;
}

static bool others_run(void)
{
	for (u32 i = 0; i <= sbi_scratch_last_hartindex(); i++) {
		int state = __sbi_hsm_hart_get_state(i);

		if (i != current_hartindex() && (state == SBI_HSM_STATE_STARTED ||
						 state == SBI_HSM_STATE_STOP_PENDING))
			return true;
	}
	return false;
}

void __noreturn __real_sbi_system_reset(u32 type, u32 reason);
void __noreturn __wrap_sbi_system_reset(u32 type, u32 reason);

/* Every reset and shutdown that the firmware is asked for comes by here. */
void __noreturn __wrap_sbi_system_reset(u32 type, u32 reason)
{
	if (pool_area.size) {
		sbi_ipi_send_halt(0, -1UL);
		for (int ms = 0; ms < STOP_MS && others_run(); ms++)
			sbi_timer_mdelay(1);
		scrub(pool_area.base, pool_area.base + pool_area.size);
	}
	__real_sbi_system_reset(type, reason);
}
