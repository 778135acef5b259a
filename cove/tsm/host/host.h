/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine on the build machine: what tests, fuzzers and proofs see of the
 * stand-in for cove/tsm/hart.
 *
 *	0x80000000	firmware, 2 MiB
 *	0x80200000	ordinary RAM of the host, of which holes can be made
 *	0x400000000	the pool
 *
 * The rest is MMIO, or nothing.
 */
#ifndef TSM_HOST_H
#define TSM_HOST_H

#include <stdint.h>

#include "hart.h"

#define HOST_FIRMWARE	0x80000000ULL
#define HOST_RAM	0x80200000ULL
#define HOST_POOL	0x400000000ULL

struct host {
	uint8_t *ram;
	uint64_t ram_size;
	uint8_t *pool;
	uint64_t pool_size;
	uint64_t online;		/* hart_online() */
	bool entropy;			/* is there a source? */
	uint64_t time;			/* hart_time() */

	/* What the core asked for. */
	uint64_t fences;
	uint64_t kicked;		/* mask of harts */
	uint64_t zeroed;		/* bytes */

	/* Called before each read of the host's memory: it may change it. */
	void (*before_read)(uint64_t hpa, size_t len);
	/* Stands for the vCPU that runs; sets its exit. */
	void (*enter)(struct vcpu *vcpu);
};

extern struct host host;
/* Number of the calling thread's hart. */
extern __thread unsigned int host_hart;
/* What hart_report() was called with there, and how often hart_fence_guest(). */
extern __thread uint64_t host_cause, host_tval, host_guest_fences;

void host_start(uint64_t pool_size, uint64_t ram_size);
void host_stop(void);
void *host_ram(uint64_t hpa);

#endif
