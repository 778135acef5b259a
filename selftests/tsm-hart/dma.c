// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices against the pool: attacks by DMA of a PCI device and of fw_cfg.  If
 * the TSM says that there is a wall, each has to fail; if it says that there
 * is none, each has to succeed, or the TSM and these tests are worth nothing.
 */

#include <cove/covh.h>

#include "../../cove/tsm/check/direct.h"
#include "payload.h"

#define CAUSE_LOAD	5
#define CAUSE_STORE	7

#define FIRMWARE	0x80000000UL
#define CLINT_TIME	0x0200bff8UL
#define APLIC_M		0x0c000000UL
#define IMSIC_M		0x24000000UL
#define IMSIC_S		0x28000000UL
#define IMSIC_GUEST	0x28001000UL
#define IOMMU		0x03010000UL
#define IOMMU_DDTP	16
#define IOMMU_BARE	1
#define UART		0x10000000UL
#define VIRTIO_MMIO	0x10001000UL
#define VIRTIO_SLOTS	8
#define FW_CFG		0x10100000UL
#define FW_CFG_DMA	0x10100010UL
/* The runner puts the address of the IOMMU's tables here. */
#define TABLES_AT	0x8f000000UL

/* Nobody else has this, and the runner looks for it. */
#define MARK		0x6d61726b6d61726bUL	/* "kramkram" */

/* Entries of the firmware's queue for them. */
#define FAULT_QUEUE	32

#define INTERRUPT	5
#define SISELECT_EIP0	0x80

/*
 * What to try where there is no wall: nothing, as what is there reads as zero;
 * reading; writing as well, without harm to the machine.
 */
enum open_test { NOTHING, READ, READ_WRITE };

struct target {
	const char *name;
	uint64_t address;
	enum open_test open;
};

static volatile uint64_t buffer __attribute__((aligned(64)));
static uint32_t wall;

/* By its own calls for it, the firmware for tests says the same. */
static bool ask(uint32_t *protection, uint64_t *count)
{
	static struct {
		struct cove_tsm_info info;
		struct cove_tsm_vendor_info vendor;
	} said;

	if (sbi0(COVE_EXT_COVH, DIRECT_NULL).error) {
		if (sbi2(COVE_EXT_COVH, COVE_COVH_GET_TSM_INFO, (unsigned long)&said,
			 sizeof(said)).value != sizeof(said))
			return false;
		*protection = said.vendor.dma_protection;
		*count = said.vendor.dma_faults;
	} else {
		*protection = sbi0(COVE_EXT_COVH, DIRECT_DMA).value;
		*count = sbi0(COVE_EXT_COVH, DIRECT_DMA_FAULTS).value;
	}
	return true;
}

/* So far; asking for it is what empties the IOMMU's queue. */
static uint64_t faults(void)
{
	uint32_t protection;
	uint64_t count = 0;

	ask(&protection, &count);
	return count;
}

/* What is refused reads as zero. */
static uint64_t read_by_device(uint64_t address)
{
	buffer = MARK;
	edu_read((unsigned long)&buffer, 8);
	edu_read(address, 8);
	edu_write((unsigned long)&buffer, 8);
	return buffer;
}

static void write_by_device(uint64_t address, uint64_t value, uint64_t len)
{
	buffer = value;
	edu_read((unsigned long)&buffer, 8);
	edu_write(address, len);
}

static void attack(const struct target *target)
{
	uint64_t before = faults();

	write_by_device(target->address, MARK, 8);
	report(faults() > before, "a device can't write to %s", target->name);
	before = faults();
	report(!read_by_device(target->address) && faults() > before, "nor read it");
}

/* The same shows that the attack works, and what the TSM says is true. */
static void attack_without_wall(const struct target *target)
{
	uint64_t value;

	if (target->open == READ_WRITE)
		write_by_device(target->address, MARK, 8);
	value = read_by_device(target->address);
	report(target->open == READ ? value : value == MARK, "without a wall, a device reads%s %s",
	       target->open == READ ? "" : " and writes", target->name);
}

static void test_forbidden(void)
{
	const struct target targets[] = {
		{ "the pool", pool.base + pool.size / 2, READ_WRITE },
		{ "the pool's first page", pool.base, NOTHING },
		{ "the pool's last page", pool.base + pool.size - 4096, READ },
		{ "the firmware's code", FIRMWARE, READ },
		{ "the IOMMU's tables", *(uint64_t *)TABLES_AT, READ_WRITE },
		{ "the IOMMU's registers", IOMMU, NOTHING },
		{ "the timer of M-mode", CLINT_TIME, READ },
		{ "the interrupt controller of M-mode", APLIC_M, READ },
		{ "an interrupt file of M-mode", IMSIC_M, NOTHING },
		{ "a guest's interrupt file", IMSIC_GUEST, NOTHING },
		{ "fw_cfg", FW_CFG_DMA, READ },
		{ "a slot of virtio-mmio", VIRTIO_MMIO, READ },
		{ "the console", UART, NOTHING },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(targets); i++) {
		if (wall != COVE_DMA_NONE)
			attack(&targets[i]);
		else if (targets[i].open != NOTHING)
			attack_without_wall(&targets[i]);
	}
}

/* One access may be more than one fault, but always the same number. */
static uint64_t faults_of_one(void)
{
	uint64_t before = faults();

	edu_write(pool.base, 8);
	return faults() - before;
}

/* More than the queue has room for are counted in part, and the next again. */
static void test_many_faults(void)
{
	uint64_t one = faults_of_one(), before = faults(), count;

	for (unsigned int i = 0; i < FAULT_QUEUE + 1; i++)
		edu_write(pool.base, 8);
	count = faults() - before;
	report(count >= FAULT_QUEUE, "many faults are counted up to the size of the queue (%lu)",
	       count);
	report(one && faults_of_one() == one, "and those that come after (%lu)", one);
}

/* What devices are for: memory of the host, and its interrupts. */
static void test_allowed(void)
{
	static volatile uint64_t own;
	const uint64_t at[] = {
		(unsigned long)&own, pool.base - 8, FIRMWARE + (2 << 20) - 8,
	};
	uint64_t before = faults();

	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		volatile uint64_t *word = (volatile uint64_t *)at[i];
		uint64_t kept = *word;
		bool good;

		*word = MARK + i;
		good = read_by_device(at[i]) == MARK + i;
		write_by_device(at[i], MARK - i, 8);
		report(good && *word == MARK - i, "a device reads and writes the host's memory (%lx)",
		       at[i]);
		*word = kept;
	}
	csr_write(siselect, SISELECT_EIP0);
	csr_write(sireg, 0);
	write_by_device(IMSIC_S, INTERRUPT, 4);
	report(csr_read(sireg) & 1 << INTERRUPT, "and raises interrupts of the host");
	csr_write(sireg, 0);
	report(faults() == before, "none of which is counted as a fault");
}

static volatile bool closed[MAX_HARTS];

static void look(void)
{
	bool good = probe_load(IOMMU) == CAUSE_LOAD && probe_store(IOMMU) == CAUSE_STORE &&
		    probe_load(IOMMU + 0xff8) == CAUSE_LOAD &&
		    probe_load(FW_CFG) == CAUSE_LOAD && probe_store(FW_CFG_DMA) == CAUSE_STORE;

	for (unsigned int i = 0; i < VIRTIO_SLOTS; i++) {
		good = good && probe_load(VIRTIO_MMIO + 0x1000 * i) == CAUSE_LOAD &&
		       probe_store(VIRTIO_MMIO + 0x1000 * i) == CAUSE_STORE;
	}
	closed[this_hart->number] = good;
}

static void test_registers(void)
{
	for (unsigned int i = 0; i < hart_count; i++) {
		if (i) {
			hart_ask(i, look);
			hart_wait(i);
		} else {
			look();
		}
		report(closed[i], "hart %u can't reach the IOMMU, fw_cfg or virtio-mmio", i);
	}
	report(probe_load(UART) == (uint64_t)-1, "the console beside them is the host's");
}

/* As bytes: the compiler would call a function for it that isn't here. */
static void put_big_endian(volatile uint8_t *to, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		to[bytes] = value;
		value >>= 8;
	}
}

/* fw_cfg writes its item 0, "QEMU", to the pool. */
static void test_fw_cfg(void)
{
	static volatile uint8_t job[16] __attribute__((aligned(16)));
	static volatile uint64_t trigger;
	uint64_t address = pool.base + pool.size / 2 + 4096;

	put_big_endian(job, 8 | 2, 4);		/* select and read */
	put_big_endian(job + 4, 4, 4);
	put_big_endian(job + 8, address, 8);
	put_big_endian((volatile uint8_t *)&trigger, (unsigned long)job, 8);
	asm volatile("fence" : : : "memory");
	*(volatile uint64_t *)FW_CFG_DMA = trigger;
	report((uint32_t)read_by_device(address) == 0x554d4551,
	       "without a wall, fw_cfg writes to the pool");
}

static void test_tree(const void *fdt)
{
	static const char * const gone[] = { "riscv,iommu", "qemu,fw-cfg-mmio", "virtio,mmio" };

	for (unsigned int i = 0; i < ARRAY_SIZE(gone); i++) {
		bool there = fdt_has(fdt, "compatible", gone[i]);

		if (wall != COVE_DMA_NONE)
			report(!there, "the device tree has no %s", gone[i]);
		else if (i)
			report(there, "the device tree has %s", gone[i]);
	}
	if (wall != COVE_DMA_NONE)
		report(!fdt_has(fdt, "iommu-map", NULL), "and no bus names an IOMMU");
}

/**
 * test_dma() - if there is a device for it
 * @fdt: the device tree
 */
void test_dma(const void *fdt)
{
	uint64_t count;

	if (!edu_find())
		return;
	report(ask(&wall, &count), "the TSM says what keeps devices from the pool");
	print("# DMA protection is %u\n", wall);
	/* An IOMMU that isn't the TSM's is the host's, to let all pass. */
	if (wall == COVE_DMA_NONE && fdt_has(fdt, "compatible", "riscv,iommu"))
		*(volatile uint64_t *)(IOMMU + IOMMU_DDTP) = IOMMU_BARE;
	test_tree(fdt);
	test_allowed();
	test_forbidden();
	if (wall == COVE_DMA_NONE) {
		test_fw_cfg();
		return;
	}
	test_many_faults();
	test_registers();
}

/**
 * test_dma_without_pool() - then the IOMMU is the host's
 * @fdt: the device tree
 */
void test_dma_without_pool(const void *fdt)
{
	if (fdt_has(fdt, "compatible", "riscv,iommu"))
		report(probe_load(IOMMU) == (uint64_t)-1, "without a pool the IOMMU is the host's");
}
