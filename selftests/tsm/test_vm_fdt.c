// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device trees of VMs: good ones, and those that a hostile host would give.
 */

#include "libfdt_env.h"
#include "unit.h"
#include "host.h"
#include "host_vm.h"
#include "page.h"
#include "promote.h"
#include "region.h"
#include "vm_fdt.h"

#include <cove/abi.h>
#include <libfdt.h>
#include <stdlib.h>

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)
#define POOL	(16 * MIB)

/* The VM's RAM, of which the host has mapped what holds the tree. */
#define RAM	(2 * GIB)
#define TREE	(HOST_RAM + 4 * MIB)

static struct quota quota;
static struct region_map regions;
static struct hostpt vm;
static uint64_t vcpus;

static int start(void **state)
{
	unsigned int i;

	host_start(POOL, 16 * MIB);
	quota = (struct quota){ .owner = 1, .limit = ~0U };
	assert_int_equal(pool_init(HOST_POOL, POOL), 0);
	while (pool_scrub(512))
		;
	host_vm_start(3, HOST_RAM + MIB);
	for (i = 0; i < 32; i++)
		host_vm_map(RAM + i * PAGE_BYTES, TREE + i * PAGE_BYTES, 0, RWX);
	assert_int_equal(hostpt_init(&vm, host_vm_hgatp()), 0);
	memset(&regions, 0, sizeof(regions));
	vcpus = 0;
	return 0;
}

static int stop(void **state)
{
	host_stop();
	return 0;
}

static int read_at(uint64_t gpa)
{
	int err;

	memset(&regions, 0, sizeof(regions));
	err = vm_fdt_read(&vm, gpa, &quota, &regions, &vcpus);
	/* What it took for the copy is given back, whatever came of it. */
	assert_int_equal(quota.used, 0);
	while (pool_scrub(512))
		;
	return err;
}

/* What a tree shall say; the rest is as in a good one. */
struct tree {
	uint32_t address_cells, size_cells, cpu_cells;
	uint64_t memory[4][2];		/* of one node */
	unsigned int memories;
	uint64_t second[2];		/* of another, if it has a length */
	const char *second_status;
	uint32_t cpu[4];
	unsigned int cpus;
	const char *cpu_status[4];
	uint32_t filler;		/* bytes of a property in the root */
	const char *name;		/* of one more property in the root */
	int memory_bytes;		/* not zero: length of memory's reg */
	int cpu_bytes;
};

static const struct tree good = {
	.address_cells = 2, .size_cells = 2, .cpu_cells = 1,
	.memory = { { RAM, 256 * MIB } }, .memories = 1,
	.cpu = { 0, 1, 2, 3 }, .cpus = 4,
};

static void *tree_at;

static void put(int err)
{
	assert_int_equal(err, 0);
}

static int cells(fdt32_t *to, uint64_t value, uint32_t count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		to[i] = cpu_to_fdt32(count - i > 2 ? 0 : value >> 32 * (count - i - 1));
	return count;
}

static void put_memory(const struct tree *tree, const char *name,
		       const uint64_t (*range)[2], unsigned int count,
		       const char *status)
{
	fdt32_t reg[64];
	unsigned int i;
	int n = 0;

	put(fdt_begin_node(tree_at, name));
	put(fdt_property_string(tree_at, "device_type", "memory"));
	for (i = 0; i < count; i++) {
		n += cells(reg + n, range[i][0], tree->address_cells);
		n += cells(reg + n, range[i][1], tree->size_cells);
	}
	put(fdt_property(tree_at, "reg", reg, tree->memory_bytes ? : n * 4));
	if (status)
		put(fdt_property_string(tree_at, "status", status));
	put(fdt_end_node(tree_at));
}

static void put_cpus(const struct tree *tree)
{
	unsigned int i;

	put(fdt_begin_node(tree_at, "cpus"));
	put(fdt_property_u32(tree_at, "#address-cells", tree->cpu_cells));
	put(fdt_property_u32(tree_at, "#size-cells", 0));
	for (i = 0; i < tree->cpus; i++) {
		fdt32_t reg[8] = { 0 };
		int n = cells(reg, tree->cpu[i], tree->cpu_cells);
		char name[16];

		snprintf(name, sizeof(name), "cpu@%x", i);
		put(fdt_begin_node(tree_at, name));
		put(fdt_property_string(tree_at, "device_type", "cpu"));
		put(fdt_property(tree_at, "reg", reg,
				 tree->cpu_bytes ? : n * 4));
		if (tree->cpu_status[i])
			put(fdt_property_string(tree_at, "status", tree->cpu_status[i]));
		put(fdt_begin_node(tree_at, "interrupt-controller"));
		put(fdt_end_node(tree_at));
		put(fdt_end_node(tree_at));
	}
	put(fdt_begin_node(tree_at, "cpu-map"));
	put(fdt_end_node(tree_at));
	put(fdt_end_node(tree_at));
}

static void make(const struct tree *tree)
{
	void *filler;

	tree_at = host_ram(TREE);
	put(fdt_create(tree_at, 32 * PAGE_BYTES));
	put(fdt_finish_reservemap(tree_at));
	put(fdt_begin_node(tree_at, ""));
	put(fdt_property_u32(tree_at, "#address-cells", tree->address_cells));
	put(fdt_property_u32(tree_at, "#size-cells", tree->size_cells));
	if (tree->filler) {
		put(fdt_property_placeholder(tree_at, "filler", tree->filler, &filler));
		memset(filler, 0x5a, tree->filler);
	}
	if (tree->name)
		put(fdt_property_string(tree_at, tree->name, ""));
	put(fdt_begin_node(tree_at, "chosen"));
	put(fdt_property_string(tree_at, "bootargs", "device_type=memory"));
	put(fdt_end_node(tree_at));
	put_memory(tree, "memory@80000000", tree->memory, tree->memories, NULL);
	if (tree->second[1])
		put_memory(tree, "memory@1", &tree->second, 1, tree->second_status);
	put_cpus(tree);
	put(fdt_end_node(tree_at));
	put(fdt_finish(tree_at));
}

static int read_tree(const struct tree *tree)
{
	make(tree);
	return read_at(RAM);
}

static void a_tree_as_of_qemu(void **state)
{
	assert_int_equal(read_tree(&good), 0);
	assert_int_equal(vcpus, 15);
	assert_int_equal(regions.count, 1);
	assert_true(region_covers(&regions, RAM, 256 * MIB, REGION_PRIVATE));
}

static void trees_of_each_size(void **state)
{
	static const uint32_t fillers[] = { 3000, 5000, 15000, 17000, 60000 };
	struct tree tree = good;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fillers); i++) {
		tree.filler = fillers[i];
		assert_int_equal(read_tree(&tree), 0);
		assert_int_equal(vcpus, 15);
	}
	tree.filler = VM_FDT_MAX;
	assert_int_equal(read_tree(&tree), COVE_ERR_INVALID_PARAM);
}

static void memory_in_several_places(void **state)
{
	struct tree tree = good;

	tree.memory[1][0] = 16 * GIB;
	tree.memory[1][1] = GIB;
	tree.memories = 2;
	tree.second[0] = GIB;
	tree.second[1] = MIB;
	assert_int_equal(read_tree(&tree), 0);
	assert_int_equal(regions.count, 3);
	assert_true(region_covers(&regions, 16 * GIB, GIB, REGION_PRIVATE));
	assert_true(region_covers(&regions, GIB, MIB, REGION_PRIVATE));
	tree.second_status = "okay";
	assert_int_equal(read_tree(&tree), 0);
	assert_int_equal(regions.count, 3);
	tree.second_status = "disabled";
	assert_int_equal(read_tree(&tree), 0);
	assert_int_equal(regions.count, 2);
}

static void one_cell_and_two(void **state)
{
	struct tree tree = good;

	tree.address_cells = 1;
	tree.size_cells = 1;
	tree.cpu_cells = 2;
	tree.cpu_status[1] = "disabled";
	tree.cpu_status[2] = "ok";
	tree.cpu_status[3] = "fail";
	assert_int_equal(read_tree(&tree), 0);
	assert_int_equal(vcpus, 5);
	assert_true(region_covers(&regions, RAM, 256 * MIB, REGION_PRIVATE));
}

static void what_makes_no_vm(void **state)
{
	static const struct tree bad[] = {
		{ .memory_bytes = 12 }, { .memory_bytes = 20 }, { .cpu_bytes = 8 },
		{ .cpu_bytes = 2 }, { .address_cells = 3 }, { .size_cells = 3 },
		{ .cpu_cells = 3 },
		{ .cpus = 4, .cpu = { 0, 1, 1, 2 } },
		{ .cpus = 2, .cpu = { 0, 64 } }, { .cpus = 1, .cpu = { 0x80000000 } },
		{ .memories = 1, .memory = { { RAM + 1, MIB } } },
		{ .memories = 1, .memory = { { RAM, MIB + 1 } } },
		{ .memories = 1, .memory = { { 0, ~0ULL & ~0xfffULL } } },
		{ .memories = 1, .memory = { { ~0ULL << 12, PAGE_BYTES } } },
		{ .memories = 2, .memory = { { RAM, MIB }, { RAM, PAGE_BYTES } } },
		{ .memories = 1, .memory = { { RAM, 0 } } },
		{ .name = "a-property,whose-name-has-more-bytes-than-any-in-a-tree-of-an-os-" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree = bad[i];

		if (!tree.address_cells)
			tree.address_cells = good.address_cells;
		if (!tree.size_cells)
			tree.size_cells = good.size_cells;
		if (!tree.cpu_cells)
			tree.cpu_cells = good.cpu_cells;
		if (!tree.memories) {
			tree.memories = good.memories;
			memcpy(tree.memory, good.memory, sizeof(tree.memory));
		}
		if (!tree.cpus) {
			tree.cpus = good.cpus;
			memcpy(tree.cpu, good.cpu, sizeof(tree.cpu));
		}
		assert_int_equal(read_tree(&tree), COVE_ERR_INVALID_PARAM);
	}
}

static void nothing_in_it(void **state)
{
	struct tree tree = good;
	char *cpus;

	tree.memories = 0;
	assert_int_equal(read_tree(&tree), COVE_ERR_INVALID_PARAM);
	tree = good;
	tree.cpus = 0;
	assert_int_equal(read_tree(&tree), COVE_ERR_INVALID_PARAM);
	make(&good);
	cpus = (char *)fdt_get_name(tree_at, fdt_subnode_offset(tree_at, 0, "cpus"), NULL);
	memcpy(cpus, "none", 4);
	assert_int_equal(read_at(RAM), COVE_ERR_INVALID_PARAM);
}

static void not_all_of_it_is_there(void **state)
{
	struct tree tree = good;

	make(&good);
	assert_int_equal(read_at(RAM - PAGE_BYTES), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(read_at(RAM + 32 * PAGE_BYTES - 20), COVE_ERR_INVALID_ADDRESS);
	assert_int_equal(read_at(~0ULL - 20), COVE_ERR_INVALID_ADDRESS);
	tree.filler = 3 * PAGE_BYTES;
	make(&tree);
	*host_vm_entry(RAM + 2 * PAGE_BYTES, 0) = 0;
	assert_int_equal(read_at(RAM), COVE_ERR_INVALID_ADDRESS);
}

static void sizes_that_lie(void **state)
{
	static const uint32_t bad[] = { 0, 1, 39, 100, 0x7fffffff, ~0U };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		make(&good);
		fdt_set_totalsize(tree_at, bad[i]);
		assert_int_equal(read_at(RAM), COVE_ERR_INVALID_PARAM);
	}
}

static void not_aligned(void **state)
{
	make(&good);
	fdt_set_off_mem_rsvmap(tree_at, fdt_off_mem_rsvmap(tree_at) + 4);
	assert_int_equal(read_at(RAM), COVE_ERR_INVALID_PARAM);
	make(&good);
	memmove(tree_at + fdt_off_dt_struct(tree_at) + 2, tree_at + fdt_off_dt_struct(tree_at),
		fdt_size_dt_struct(tree_at) - 4);
	fdt_set_off_dt_struct(tree_at, fdt_off_dt_struct(tree_at) + 2);
	assert_int_equal(read_at(RAM), COVE_ERR_INVALID_PARAM);
}

/* The size is looked at before the copy: another one in the copy is no way out. */
static void grow(uint64_t hpa, size_t len)
{
	if (hpa == TREE)
		fdt_set_totalsize(tree_at, fdt_totalsize(tree_at) + 8);
}

static void grows_meanwhile(void **state)
{
	make(&good);
	host.before_read = grow;
	assert_int_equal(read_at(RAM), COVE_ERR_INVALID_PARAM);
}

static void no_page_for_the_copy(void **state)
{
	quota.limit = 0;
	assert_int_equal(read_tree(&good), COVE_ERR_OUT_OF_MEMORY);
}

/* Bytes changed at random: it says no, or yes to what is sound. */
static void bytes_at_random(void **state)
{
	const char *text = getenv("SEED");
	unsigned int seed = text ? atoi(text) : 1, i, yes = 0;

	print_message("# SEED=%u\n", seed);
	srandom(seed);
	for (i = 0; i < 20000; i++) {
		unsigned int changes = 1 + random() % 4;
		uint32_t size;
		int err;

		make(&good);
		size = fdt_totalsize(tree_at);
		while (changes--)
			((uint8_t *)tree_at)[random() % size] = random();
		err = read_at(RAM);
		yes += !err;
		if (!err) {
			assert_true(vcpus);
			assert_true(regions.count);
		}
	}
	assert_true(yes > 100);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tree_as_of_qemu),
		TEST(trees_of_each_size),
		TEST(memory_in_several_places),
		TEST(one_cell_and_two),
		TEST(what_makes_no_vm),
		TEST(nothing_in_it),
		TEST(not_all_of_it_is_there),
		TEST(sizes_that_lie),
		TEST(not_aligned),
		TEST(grows_meanwhile),
		TEST(no_page_for_the_copy),
		TEST(bytes_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
