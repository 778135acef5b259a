/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores that the host emulates.
 */
#ifndef TSM_MMIO_H
#define TSM_MMIO_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu_wait;

struct mmio_access {
	bool store;
	bool extends;		/* a load: the sign */
	uint8_t bytes;
	uint8_t reg;		/* operand */
	uint8_t length;		/* of the instruction: 2 or 4 */
	uint32_t shown;		/* the instruction as the host sees it */
};

bool mmio_decode(uint64_t htinst, struct mmio_access *access);
uint64_t mmio_operand(const struct mmio_access *access, uint64_t value);
uint64_t mmio_result(const struct vcpu_wait *wait, uint64_t value);

#endif
