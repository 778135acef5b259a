// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool as a host finds it: the largest node of /reserved-memory that is
 * marked no-map.
 */

#include "payload.h"

enum { FDT_BEGIN = 1, FDT_END, FDT_PROP, FDT_NOP, FDT_LAST = 9 };

static uint32_t be32(const void *at)
{
	const uint8_t *byte = at;

	return (uint32_t)byte[0] << 24 | byte[1] << 16 | byte[2] << 8 | byte[3];
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

struct walk {
	const char *strings;
	unsigned int depth;
	bool reserved;		/* inside of /reserved-memory */
	bool no_map;
	struct fdt_range reg;
};

static void property(struct walk *walk, const char *at)
{
	const char *name = walk->strings + be32(at + 4);

	if (same(name, "no-map"))
		walk->no_map = true;
	if (same(name, "reg") && be32(at) >= 16) {
		walk->reg.base = (uint64_t)be32(at + 8) << 32 | be32(at + 12);
		walk->reg.size = (uint64_t)be32(at + 16) << 32 | be32(at + 20);
	}
}

static const char *padded(const char *at, uint32_t len)
{
	return at + ((len + 3) & ~3U);
}

static uint32_t length(const char *s)
{
	uint32_t len = 0;

	while (s[len])
		len++;
	return len;
}

bool fdt_pool(const void *fdt, struct fdt_range *range)
{
	const char *at = (const char *)fdt + be32((const char *)fdt + 8);
	struct walk walk = { .strings = (const char *)fdt + be32((const char *)fdt + 12) };

	*range = (struct fdt_range){};
	for (;;) {
		uint32_t token = be32(at);

		at += 4;
		switch (token) {
		case FDT_BEGIN:
			walk.depth++;
			walk.no_map = false;
			walk.reg = (struct fdt_range){};
			if (walk.depth == 2)
				walk.reserved = same(at, "reserved-memory");
			at = padded(at, length(at) + 1);
			break;
		case FDT_PROP:
			property(&walk, at);
			at = padded(at + 8, be32(at));
			break;
		case FDT_END:
			if (walk.depth == 3 && walk.reserved && walk.no_map &&
			    walk.reg.size > range->size)
				*range = walk.reg;
			walk.depth--;
			break;
		case FDT_NOP:
			break;
		default:
			/* Less than 16 MiB is the firmware itself. */
			return range->size >= 16 << 20;
		}
	}
}

/**
 * fdt_has() - is there a property?
 * @fdt: the device tree
 * @name: of the property
 * @value: with which it begins, as a string; NULL: any
 */
bool fdt_has(const void *fdt, const char *name, const char *value)
{
	const char *at = (const char *)fdt + be32((const char *)fdt + 8);
	const char *strings = (const char *)fdt + be32((const char *)fdt + 12);

	for (;;) {
		uint32_t token = be32(at);

		at += 4;
		if (token == FDT_BEGIN) {
			at = padded(at, length(at) + 1);
		} else if (token == FDT_PROP) {
			if (same(name, strings + be32(at + 4)) && (!value || same(value, at + 8)))
				return true;
			at = padded(at + 8, be32(at));
		} else if (token != FDT_END && token != FDT_NOP) {
			return false;
		}
	}
}
