// SPDX-License-Identifier: BSD-2-Clause
/*
 * The IOMMU: its tables, its queues, and what it takes to start it.
 *
 * All of it is in the firmware's own memory, where neither the host nor, by
 * these very tables, a device can reach it.
 */

#include <sbi/riscv_io.h>
#include <sbi/riscv_locks.h>
#include <sbi/sbi_string.h>

#include <stddef.h>

#include "iommu.h"

#define PAGE		4096UL
#define ENTRIES		512		/* in a page of 8 bytes each */
/* Sv39x4: 2048 entries of 1 GiB. */
#define ROOT_ENTRIES	2048
#define LIMIT		(1UL << 41)
/* Where the host's memory ends within 1 GiB or 2 MiB, it takes one each. */
#define TABLES		16

/* V, R, W, U, A, D; nothing is executed by a device. */
#define LEAF		0xd7UL
#define TABLE		1UL
#define LEAF_BITS	0xeUL

#define COMMANDS	256		/* of 16 bytes */
#define FAULTS		32		/* of 32 bytes, in a page of their own */

/* How often a register is read before the IOMMU is taken for dead. */
#define PATIENCE	10000000

struct tables {
	uint64_t root[ROOT_ENTRIES];
	uint64_t table[TABLES][ENTRIES];
	/* Device ids of 16 bits: one page of contexts serves them all. */
	uint64_t directory[ENTRIES];
	uint64_t middle[ENTRIES];
	uint64_t contexts[ENTRIES];
	uint64_t commands[COMMANDS][2];
	uint64_t faults[ENTRIES];
};

static struct tables iommu_tables __attribute__((aligned(4 * PAGE)));
static unsigned int tables_used;

static uint64_t registers;
static uint64_t faults;
static spinlock_t faults_lock = SPIN_LOCK_INITIALIZER;

static void *at(unsigned int offset)
{
	return (void *)(registers + offset);
}

static uint64_t entry_for(uint64_t address, uint64_t flags)
{
	return address >> 12 << 10 | flags;
}

/* Of level 0: 4 KiB, 1: 2 MiB, 2: 1 GiB; with the tables on the way to it. */
static uint64_t *find_entry(uint64_t address, unsigned int level)
{
	uint64_t *entry = &iommu_tables.root[address >> 30];

	for (unsigned int from = 2; from > level; from--) {
		uint64_t *table;

		if (!*entry) {
			if (tables_used == TABLES)
				return NULL;
			*entry = entry_for((uint64_t)iommu_tables.table[tables_used++], TABLE);
		}
		if (*entry & LEAF_BITS)
			return NULL;
		table = (uint64_t *)(*entry >> 10 << 12);
		entry = &table[address >> (9 * from + 3) & (ENTRIES - 1)];
	}
	return *entry ? NULL : entry;
}

bool iommu_map(uint64_t base, uint64_t end)
{
	if (base >= end || end > LIMIT || (base | end) & (PAGE - 1))
		return false;
	while (base < end) {
		unsigned int level = 2;
		uint64_t *entry;

		while (level && (base & ((PAGE << 9 * level) - 1) ||
				 end - base < PAGE << 9 * level))
			level--;
		entry = find_entry(base, level);
		if (!entry)
			return false;
		*entry = entry_for(base, LEAF);
		base += PAGE << 9 * level;
	}
	return true;
}

static bool wait_for(unsigned int offset, uint32_t mask, uint32_t value)
{
	for (unsigned int i = 0; i < PATIENCE; i++) {
		if ((readl(at(offset)) & mask) == value)
			return true;
	}
	return false;
}

/* The same context for each of 2^16 devices, in three levels. */
static void build_directory(bool extended)
{
	/* In 64 or in 32 bytes; what isn't set is off, or all of it. */
	unsigned int words = extended ? 8 : 4;

	for (unsigned int i = 0; i < ENTRIES; i += words) {
		iommu_tables.contexts[i] = DDT_VALID;
		iommu_tables.contexts[i + 1] = IOHGATP_SV39X4 |
					       (uint64_t)iommu_tables.root >> 12;
	}
	for (unsigned int i = 0; i < ENTRIES; i++)
		iommu_tables.middle[i] = entry_for((uint64_t)iommu_tables.contexts, DDT_VALID);
	for (unsigned int i = 0; i < words / 4; i++)
		iommu_tables.directory[i] = entry_for((uint64_t)iommu_tables.middle, DDT_VALID);
}

/* The base register has the logarithm of the size, less 1, in its low bits. */
static bool start_queue(unsigned int base, unsigned int csr, void *queue, unsigned int log2)
{
	writeq(entry_for((uint64_t)queue, log2 - 1), at(base));
	writel(QUEUE_ENABLE, at(csr));
	return wait_for(csr, QUEUE_ON | QUEUE_BUSY, QUEUE_ON);
}

static bool stop_queue(unsigned int csr)
{
	writel(0, at(csr));
	return wait_for(csr, QUEUE_ON | QUEUE_BUSY, 0);
}

/* Who used the IOMMU before may have left something in its caches. */
static bool forget_everything(void)
{
	static const uint64_t commands[] = {
		CMD_IODIR_INVAL_DDT, CMD_IOTINVAL_GVMA, CMD_IOFENCE,
	};
	unsigned int tail = readl(at(IOMMU_CQT));

	for (unsigned int i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		iommu_tables.commands[tail][0] = commands[i];
		iommu_tables.commands[tail][1] = 0;
		tail = (tail + 1) % COMMANDS;
	}
	writel(tail, at(IOMMU_CQT));
	return wait_for(IOMMU_CQH, ~0U, tail) && !(readl(at(IOMMU_CQCSR)) & CQCSR_ERRORS);
}

static bool switch_off(void)
{
	if (!wait_for(IOMMU_DDTP, DDTP_BUSY, 0))
		return false;
	/* The table's address has to stay as it was. */
	writeq(readq(at(IOMMU_DDTP)) & ~(DDTP_MODE | DDTP_BUSY), at(IOMMU_DDTP));
	return wait_for(IOMMU_DDTP, DDTP_MODE | DDTP_BUSY, DDTP_OFF);
}

const char *iommu_start(uint64_t base)
{
	uint64_t capabilities;

	registers = base;
	capabilities = readq(at(IOMMU_CAPABILITIES));
	if (CAP_VERSION(capabilities) != CAP_VERSION_1_0 || !(capabilities & CAP_SV39X4))
		return "it lacks Sv39x4, or is of another version";
	/* Off is the state in which devices reach nothing. */
	if (!switch_off() || !stop_queue(IOMMU_CQCSR) || !stop_queue(IOMMU_FQCSR) ||
	    !stop_queue(IOMMU_PQCSR))
		return "it can't be stopped";
	writel(readl(at(IOMMU_FCTL)) & ~(FCTL_BE | FCTL_GXL), at(IOMMU_FCTL));
	if (readl(at(IOMMU_FCTL)) & (FCTL_BE | FCTL_GXL))
		return "it has other formats";
	build_directory(capabilities & CAP_MSI_FLAT);
	if (!start_queue(IOMMU_CQB, IOMMU_CQCSR, iommu_tables.commands, 8) ||
	    !start_queue(IOMMU_FQB, IOMMU_FQCSR, iommu_tables.faults, 5) ||
	    !forget_everything())
		return "it doesn't answer";
	writel(readl(at(IOMMU_FQT)), at(IOMMU_FQH));
	writeq(entry_for((uint64_t)iommu_tables.directory, DDTP_3LVL), at(IOMMU_DDTP));
	if (!wait_for(IOMMU_DDTP, DDTP_MODE | DDTP_BUSY, DDTP_3LVL))
		return "it knows no directory of three levels";
	return NULL;
}

uint64_t iommu_faults(void)
{
	const uint32_t lost = FQCSR_OVERFLOW | QUEUE_MEMORY_FAULT;
	uint64_t count;
	uint32_t tail;

	spin_lock(&faults_lock);
	tail = readl(at(IOMMU_FQT));
	faults += (tail - readl(at(IOMMU_FQH))) % FAULTS;
	writel(tail, at(IOMMU_FQH));
	/* One at least was lost; none is recorded until this is cleared. */
	if (readl(at(IOMMU_FQCSR)) & lost) {
		faults++;
		writel(QUEUE_ENABLE | lost, at(IOMMU_FQCSR));
	}
	count = faults;
	spin_unlock(&faults_lock);
	return count;
}
