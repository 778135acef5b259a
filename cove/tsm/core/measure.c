// SPDX-License-Identifier: BSD-2-Clause
/*
 * Measurement of TVMs.
 *
 * The spec's rule is M' = H(M || new data), with SHA-384 for H (CoVE 0.7,
 * "Measurements").  It leaves open what the new data of a page is made of;
 * here it is the page followed by its GPA, and all numbers are 64 bit, little
 * endian.
 */

#include "measure.h"

#include <string.h>

#define PAGE_BYTES	4096

/* Hash the current value of a register; the caller adds to that. */
static void begin(struct sha384 *hash, const struct measure *measure,
		  unsigned int index)
{
	sha384_init(hash);
	sha384_update(hash, measure->reg[index], SHA384_LEN);
}

static void hash_number(struct sha384 *hash, uint64_t number)
{
	uint8_t bytes[sizeof(number)];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = number >> (8 * i);
	sha384_update(hash, bytes, sizeof(bytes));
}

/**
 * measure_init() - all registers as they are before anything was measured
 * @measure: the registers: zeros
 */
void measure_init(struct measure *measure)
{
	memset(measure, 0, sizeof(*measure));
}

/**
 * measure_extend() - extend a register by bytes
 * @measure: the registers
 * @index: which, below MEASURE_COUNT; that it may be extended now is checked
 *	by the caller
 * @data: the bytes
 * @len: how many
 */
void measure_extend(struct measure *measure, unsigned int index,
		    const void *data, size_t len)
{
	struct sha384 hash;

	begin(&hash, measure, index);
	sha384_update(&hash, data, len);
	sha384_final(&hash, measure->reg[index]);
}

/**
 * measure_page() - extend the register of pages by one page
 * @measure: the registers
 * @gpa: guest physical address at which the TVM will see it
 * @page: 4 KiB, of which nobody else can change a byte meanwhile
 */
void measure_page(struct measure *measure, uint64_t gpa, const void *page)
{
	struct sha384 hash;

	begin(&hash, measure, MEASURE_PAGES);
	sha384_update(&hash, page, PAGE_BYTES);
	hash_number(&hash, gpa);
	sha384_final(&hash, measure->reg[MEASURE_PAGES]);
}

/**
 * measure_config() - extend the register of configuration by one entry
 * @measure: the registers
 * @what: kind of the entry, which is hashed ahead of its values
 * @values: the values; their number is fixed by @what
 * @count: how many
 */
void measure_config(struct measure *measure, enum measure_config what,
		    const uint64_t *values, size_t count)
{
	struct sha384 hash;
	size_t i;

	begin(&hash, measure, MEASURE_CONFIG);
	hash_number(&hash, what);
	for (i = 0; i < count; i++)
		hash_number(&hash, values[i]);
	sha384_final(&hash, measure->reg[MEASURE_CONFIG]);
}
