// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ordinary VM becomes a TVM: 8 MiB of RAM, of which the host has mapped a
 * program, a page of data, and the device tree.
 */

#include "tvm.h"

#define RAM_PAGES	2048UL
#define DATA		0x80100000UL
#define TREE		0x80180000UL
#define SV39X4		8UL
#define V		1UL
#define LEAF		0xdfUL	/* V R W X U A D */

struct tables {
	uint64_t root[2048];
	uint64_t middle[512];
	uint64_t last[2][512];
};

static struct tables tables __attribute__((aligned(16384)));
static uint64_t data[512] __attribute__((aligned(4096)));
static uint8_t tree[PAGE] __attribute__((aligned(4096)));

static uint64_t entry(const void *to, uint64_t bits)
{
	return (unsigned long)to >> 12 << 10 | bits;
}

static void map(uint64_t gpa, uint64_t hpa)
{
	tables.last[gpa >> 21 & 1][gpa >> 12 & 511] = entry((const void *)hpa, LEAF);
}

/* A device tree, written from its start to its end. */
static uint8_t *at;

static void put(uint32_t word)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = word >> shift;
}

static void put_string(const char *s, unsigned int len)
{
	memcpy(at, s, len);
	at += (len + 3) & ~3U;
}

static void begin_node(const char *name, unsigned int len)
{
	put(1);
	put_string(name, len);
}

/* Names are at these places. */
static const char names[] = "#address-cells\0#size-cells\0reg\0device_type";
enum { ADDRESS_CELLS = 0, SIZE_CELLS = 15, REG = 27, DEVICE_TYPE = 31 };

static void property(unsigned int name, unsigned int len)
{
	put(3);
	put(len);
	put(name);
}

static void property_u32(unsigned int name, uint32_t value)
{
	property(name, 4);
	put(value);
}

static void put_nodes(uint32_t first_cpu)
{
	begin_node("", 1);
	property_u32(ADDRESS_CELLS, 2);
	property_u32(SIZE_CELLS, 2);
	begin_node("memory@80000000", 16);
	property(DEVICE_TYPE, 7);
	put_string("memory", 7);
	property(REG, 16);
	put(0);
	put(GUEST);
	put(0);
	put(RAM_PAGES * PAGE);
	put(2);
	begin_node("cpus", 5);
	property_u32(ADDRESS_CELLS, 1);
	property_u32(SIZE_CELLS, 0);
	begin_node("cpu@0", 6);
	property(DEVICE_TYPE, 4);
	put_string("cpu", 4);
	property_u32(REG, first_cpu);
	put(2);
	put(2);
	put(2);
	put(9);
}

/* Header, an empty list of reserved memory, nodes, names. */
static void make_tree(uint32_t first_cpu)
{
	const uint32_t nodes = 56, size_of_names = sizeof(names);
	uint32_t words[10] = { 0xd00dfeed, 0, nodes, 0, 40, 17, 16, 0, size_of_names, 0 };

	memset(tree, 0, sizeof(tree));
	at = tree + nodes;
	put_nodes(first_cpu);
	words[9] = at - tree - nodes;
	words[3] = at - tree;
	memcpy(at, names, sizeof(names));
	words[1] = words[3] + size_of_names;
	at = tree;
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		put(words[i]);
}

static void make_vm(void)
{
	make_tree(0);
	memset(&tables, 0, sizeof(tables));
	tables.root[GUEST >> 30] = entry(tables.middle, V);
	tables.middle[0] = entry(tables.last[0], V);
	tables.middle[1] = entry(tables.last[1], V);
	map(GUEST, tvm_image());
	map(DATA, (unsigned long)data);
	map(TREE, (unsigned long)tree);
	data[0] = 0x9876;

	memset(nacl(), 0, sizeof(*nacl()));
	for (unsigned int i = 1; i < 32; i++)
		nacl()->gpr[i] = 0x1000 + i;
	nacl()->csr[COVE_NACL_CSR(COVE_CSR_VSSCRATCH)] = 0xabcd;
	nacl()->csr[COVE_NACL_CSR(COVE_CSR_VSSTATUS)] = ~0UL;
	nacl()->csr[COVE_NACL_CSR(COVE_CSR_HGATP)] =
		SV39X4 << 60 | (unsigned long)tables.root >> 12;
}

#define PC_OF(program)	(GUEST + ((program) - tvm_begin))
#define PC		PC_OF(tvm_vm)

static struct sbi_ret promote_at(uint64_t pc)
{
	return COVH_ALL(PROMOTE_TO_TVM, TREE, 0, pc, 0);
}

/* A VM that begins with a program, and has up to 2 MiB of data; or 0. */
uint64_t tvm_promote(const char *program, uint64_t hpa, uint64_t len)
{
	struct sbi_ret ret;

	make_vm();
	for (uint64_t i = 0; i < len; i += PAGE)
		map(GUEST + 2 * MIB + i, hpa + i);
	ret = promote_at(PC_OF(program));
	return ret.error ? 0 : ret.value;
}

static void expect(long error, const char *what)
{
	struct sbi_ret ret = promote_at(PC);

	report(ret.error == error && !COVH(LIST_TVMS, 0).value, "no promotion of %s (%ld)", what,
	       ret.error);
}

static void refusals(void)
{
	uint64_t *hgatp = &nacl()->csr[COVE_NACL_CSR(COVE_CSR_HGATP)];
	uint64_t good = *hgatp;

	report(ERROR(PROMOTE_TO_TVM, TREE, TREE, PC, 0) == COVE_ERR_NOT_SUPPORTED &&
	       ERROR(PROMOTE_TO_TVM, TREE + 1, 0, PC, 0) == COVE_ERR_INVALID_ADDRESS &&
	       ERROR(PROMOTE_TO_TVM, TREE, 0, PC + 1, 0) == COVE_ERR_INVALID_PARAM &&
	       ERROR(PROMOTE_TO_TVM, TREE, 0, PC, pool.base) == COVE_ERR_INVALID_PARAM &&
	       !COVH(LIST_TVMS, 0).value, "a promotion's arguments are checked");
	*hgatp = 0;
	expect(COVE_ERR_INVALID_ADDRESS, "no tables");
	*hgatp = SV39X4 << 60 | pool.base >> 12;
	expect(COVE_ERR_INVALID_ADDRESS, "tables in the pool");
	*hgatp = good;
	make_tree(1);
	expect(COVE_ERR_INVALID_PARAM, "a VM without vCPU 0");
	tree[0] = 0;
	expect(COVE_ERR_INVALID_PARAM, "a VM without a device tree");
	make_tree(0);
}

/* What is found only while memory is copied leaves a TVM that is dead. */
static void failures(void)
{
	const struct {
		const char *name;
		uint64_t entry;
	} bad[] = {
		{ "memory of the pool", entry((void *)pool.base, LEAF) },
		{ "memory of the firmware", entry((void *)0x80000000, LEAF) },
		{ "a device", entry((void *)0x10000000, LEAF) },
		{ "one page twice", entry(data, LEAF) },
		{ "a table as memory", entry(tables.last[1], LEAF) },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sbi_ret ret;

		make_vm();
		tables.last[1][511] = bad[i].entry;
		ret = promote_at(PC);
		report(ret.error == COVE_ERR_INVALID_ADDRESS && ret.value &&
		       COVH(LIST_TVMS, 0).value == ret.value &&
		       ERROR(RUN_VCPU, ret.value, 0) == COVE_ERR_INVALID_PARAM &&
		       tvm_gone(ret.value), "no promotion of a VM with %s", bad[i].name);
	}
}

/**
 * test_promotion() - ordinary VMs that become TVMs, or don't
 */
void test_promotion(void)
{
	struct tvm_exit exit;
	struct sbi_ret ret;

	make_vm();
	refusals();
	failures();
	make_vm();
	ret = promote_at(PC);
	report(!ret.error && ret.value, "a VM becomes a TVM (%ld)", ret.error);
	/* Too late for the TVM, which has its own. */
	data[0] = 1;
	memset(&tables, 0, sizeof(tables));
	exit = tvm_run(ret.value, 0);
	report(tvm_shut_down(&exit), "it finds its registers and memory, and gets more");
	report(tvm_gone(ret.value), "and is destroyed");
	report(!COVH(LIST_TVMS, 0).value, "no TVM is left");
}
