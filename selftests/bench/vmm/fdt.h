/* SPDX-License-Identifier: GPL-2.0-only */
/* A flattened device tree, written front to back. */
#ifndef FDT_H
#define FDT_H

#include <linux/types.h>
#include <stddef.h>

struct fdt {
	char *blob;		/* FDT_SIZE bytes */
	size_t structs;		/* end of what was written of the tree, */
	size_t strings;		/* and of the names of properties */
};

#define FDT_SIZE	0x2000

void fdt_begin(struct fdt *fdt, void *blob);
void fdt_node(struct fdt *fdt, const char *name);
void fdt_end_node(struct fdt *fdt);
void fdt_property(struct fdt *fdt, const char *name, const void *value,
		  size_t size);
void fdt_string(struct fdt *fdt, const char *name, const char *value);
void fdt_u32(struct fdt *fdt, const char *name, __u32 value);
void fdt_u64(struct fdt *fdt, const char *name, __u64 value);
void fdt_finish(struct fdt *fdt);

#endif
