/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of the firmware that selftests/tsm-hart tests the hart's part with:
 * a vCPU without a TVM around it, all of whose registers the host may set and
 * see.  They are in no firmware that is for use.
 */
#ifndef TSM_CHECK_DIRECT_H
#define TSM_CHECK_DIRECT_H

#include <stdint.h>

/* By EXT_COVH; a0: the host's address of struct direct. */
#define DIRECT_NULL	0x100	/* nothing */
#define DIRECT_LOAD	0x101	/* a0: DIRECT_IMAGE bytes for the vCPU's memory */
#define DIRECT_RUN	0x102	/* set all, run, tell all */
#define DIRECT_AGAIN	0x103	/* run as it is: a call that the host serves */
#define DIRECT_SERVE	0x104	/* a0: how often the TSM serves an ecall itself */

/* Of core/hart.h; the result is the call's value. */
#define DIRECT_READ	0x110	/* hart_read_host(): address, bytes: their sum */
#define DIRECT_WRITE	0x111	/* hart_write_host(): address, bytes: of 0x5a */
#define DIRECT_ONLINE	0x112	/* hart_online() */
#define DIRECT_KICK	0x113	/* hart_kick(): mask */
#define DIRECT_ENTROPY	0x114	/* hart_entropy(): 8 bytes; error if there are none */
#define DIRECT_LOG	0x115	/* hart_log(): three numbers */
#define DIRECT_DMA	0x116	/* hart_dma_protection() */
#define DIRECT_DMA_FAULTS 0x117	/* hart_dma_faults() */

/* At most so much is read or written at once. */
#define DIRECT_BYTES	256

/* The vCPU's memory: 2 MiB here, which begin with the image. */
#define DIRECT_GPA	0x80000000UL
#define DIRECT_IMAGE	4096

struct direct {
	uint64_t gpr[32];
	uint64_t pc;
	uint64_t privilege;
	uint64_t csr[11];	/* in the order of enum vcpu_csr */
	uint64_t cause, tval, htval, htinst;
};

#endif
