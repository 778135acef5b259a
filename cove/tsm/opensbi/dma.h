/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What keeps devices from the pool.  PMP doesn't: it is a hart's.
 */
#ifndef TSM_OPENSBI_DMA_H
#define TSM_OPENSBI_DMA_H

#include <stdint.h>

void dma_close(void *fdt);
const char *dma_name(void);
uint32_t dma_protection(void);
uint64_t dma_faults(void);

#endif
