/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSM as the host calls it.
 */
#ifndef TSM_TSM_H
#define TSM_TSM_H

#include <stdbool.h>
#include <stdint.h>

/* What a call returns in a0 and a1. */
struct tsm_ret {
	int64_t error;
	uint64_t value;
};

int tsm_init(uint64_t pool_base, uint64_t pool_size);
bool tsm_offers(uint64_t extension);
struct tsm_ret tsm_call(uint64_t extension, uint64_t a6, const uint64_t args[6]);

#endif
