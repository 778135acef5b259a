/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libfdt wants of its surroundings, in place of OpenSBI's, which wants all
 * of OpenSBI: the core is compiled without.
 */
#ifndef LIBFDT_ENV_H
#define LIBFDT_ENV_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t fdt16_t;
typedef uint32_t fdt32_t;
typedef uint64_t fdt64_t;

static inline uint32_t fdt32_to_cpu(fdt32_t big)
{
	return __builtin_bswap32(big);
}

static inline fdt32_t cpu_to_fdt32(uint32_t value)
{
	return __builtin_bswap32(value);
}

static inline uint64_t fdt64_to_cpu(fdt64_t big)
{
	return __builtin_bswap64(big);
}

static inline fdt64_t cpu_to_fdt64(uint64_t value)
{
	return __builtin_bswap64(value);
}

#endif
