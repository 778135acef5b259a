/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measurement registers of a TVM.
 *
 * Initial registers are written until the TVM is finalized, runtime
 * registers by the TVM itself afterwards; indices count the initial ones
 * first.  Documentation/cove-abi.rst has the table of what is in which, and
 * the exact bytes that are hashed: a verifier has to repeat them.
 */
#ifndef TSM_MEASURE_H
#define TSM_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/sha384.h"

/* The spec's upper limits are 8 and 18. */
#define MEASURE_INITIAL		8
#define MEASURE_RUNTIME		8
#define MEASURE_COUNT		(MEASURE_INITIAL + MEASURE_RUNTIME)

/* Initial registers that the TSM extends; the others stay zero. */
#define MEASURE_PAGES		4
#define MEASURE_CONFIG		5

/* What an entry of the configuration register is about. */
enum measure_config {
	MEASURE_CONFIG_REGION	= 1,	/* gpa, length */
	MEASURE_CONFIG_VCPU	= 2,	/* id */
	MEASURE_CONFIG_ENTRY	= 3,	/* pc, argument */
	MEASURE_CONFIG_GPRS	= 4,	/* x1 to x31 of the boot vCPU */
	MEASURE_CONFIG_CSRS	= 5,	/* its vs* CSRs, in the table's order */
};

struct measure {
	uint8_t reg[MEASURE_COUNT][SHA384_LEN];
};

void measure_init(struct measure *measure);
void measure_extend(struct measure *measure, unsigned int index,
		    const void *data, size_t len);
void measure_page(struct measure *measure, uint64_t gpa, const void *page);
void measure_config(struct measure *measure, enum measure_config what,
		    const uint64_t *values, size_t count);

#endif
