/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host, of several harts, that calls the TSM at random, but knows enough to
 * get far; and guests that are no better.
 */
#ifndef SELFTESTS_TSM_RANDOM_HOST_H
#define SELFTESTS_TSM_RANDOM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#define RANDOM_HARTS	4

void random_host_start(void);
void random_host_hart(unsigned int hart, uint64_t seed);
bool random_host_step(void);
uint64_t random_host_free(void);

#endif
