// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devicetree Specification, "Flattened Devicetree (DTB) Format".  The header, an
 * empty list of reservations, the tree, and in the upper half the names.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "fdt.h"
#include "vm.h"

#define HEADER_SIZE	40
#define RESERVED_SIZE	16
#define STRINGS		(FDT_SIZE / 2)

enum token { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, END = 9 };

static void put(struct fdt *fdt, const void *data, size_t size)
{
	if (fdt->structs + size + 3 > STRINGS) {
		errno = E2BIG;
		die("device tree");
	}
	memcpy(fdt->blob + fdt->structs, data, size);
	fdt->structs += (size + 3) & ~3UL;
}

static void put_u32(struct fdt *fdt, __u32 value)
{
	value = htobe32(value);
	put(fdt, &value, sizeof(value));
}

void fdt_begin(struct fdt *fdt, void *blob)
{
	memset(blob, 0, FDT_SIZE);
	fdt->blob = blob;
	fdt->structs = HEADER_SIZE + RESERVED_SIZE;
	fdt->strings = STRINGS;
}

void fdt_node(struct fdt *fdt, const char *name)
{
	put_u32(fdt, BEGIN_NODE);
	put(fdt, name, strlen(name) + 1);
}

void fdt_end_node(struct fdt *fdt)
{
	put_u32(fdt, END_NODE);
}

void fdt_property(struct fdt *fdt, const char *name, const void *value,
		  size_t size)
{
	size_t len = strlen(name) + 1;

	if (fdt->strings + len > FDT_SIZE) {
		errno = E2BIG;
		die("device tree");
	}
	put_u32(fdt, PROP);
	put_u32(fdt, size);
	put_u32(fdt, fdt->strings - STRINGS);
	put(fdt, value, size);
	memcpy(fdt->blob + fdt->strings, name, len);
	fdt->strings += len;
}

void fdt_string(struct fdt *fdt, const char *name, const char *value)
{
	fdt_property(fdt, name, value, strlen(value) + 1);
}

void fdt_u32(struct fdt *fdt, const char *name, __u32 value)
{
	value = htobe32(value);
	fdt_property(fdt, name, &value, sizeof(value));
}

void fdt_u64(struct fdt *fdt, const char *name, __u64 value)
{
	value = htobe64(value);
	fdt_property(fdt, name, &value, sizeof(value));
}

void fdt_finish(struct fdt *fdt)
{
	__u32 header[HEADER_SIZE / 4] = {
		0xd00dfeed, FDT_SIZE, HEADER_SIZE + RESERVED_SIZE, STRINGS,
		HEADER_SIZE, 17, 16, 0, FDT_SIZE - STRINGS,
	};

	put_u32(fdt, END);
	header[9] = fdt->structs - HEADER_SIZE - RESERVED_SIZE;
	for (int i = 0; i < HEADER_SIZE / 4; i++)
		header[i] = htobe32(header[i]);
	memcpy(fdt->blob, header, HEADER_SIZE);
}
