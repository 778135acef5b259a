/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two worlds of a hart: the host's, and that of the TVM whose vCPU it
 * runs.  It changes into the TVM's by hart_enter(), stays there while the TSM
 * serves the TVM, and changes back by world_leave().
 */
#ifndef TSM_WORLD_H
#define TSM_WORLD_H

/* Offsets in struct world, for switch.S. */
#define WORLD_GPR	0
#define WORLD_T0	8
#define WORLD_T1	16
#define WORLD_SP	24
#define WORLD_SCRATCH	32
#define WORLD_VECTOR	40
#define WORLD_OPEN	48
#define WORLD_CLOSED	56
#define WORLD_CFG2	64
#define WORLD_REOPEN	72
#define WORLD_SINK	80

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#include "../core/vcpu.h"

struct hart_state;

enum world_feature {
	WORLD_STATEEN	= 1,
	WORLD_AIA	= 2,
	WORLD_F		= 4,
	WORLD_V		= 8,
};

struct world {
	uint64_t *gpr;		/* of the vCPU; x0's place isn't used */
	uint64_t t0, t1;	/* the vCPU's, on their way */
	uint64_t sp;		/* of hart_enter() */
	uint64_t scratch;	/* mscratch and mtvec as OpenSBI has them */
	uint64_t vector;
	uint64_t open;		/* pmpcfg0 or 2 with the pool open for a TVM */
	uint64_t closed;
	uint64_t cfg2;		/* it is pmpcfg2 */
	uint64_t reopen;	/* Smepmp: what is open to S isn't to M */
	uint64_t sink;		/* for a store that fails */

	/* From here on C alone. */
	struct vcpu *vcpu;	/* whose world it is; NULL: the host's */
	struct hart_state *state;
	uint64_t mstatus;	/* the host's, and so on */
	uint64_t sepc;
	uint64_t hgatp;
	uint64_t mvien, mideleg, medeleg, hgeie, mie, hstatus;
	uint64_t scounteren, senvcfg, sstateen0, vsiselect;
	uint32_t features;
};

/* What is kept of a vCPU beside what the core knows. */
struct hart_state {
	uint64_t scounteren, senvcfg, sstateen0, vsiselect;
	uint64_t f[32];
	uint64_t fcsr;
	uint64_t vstart, vl, vtype, vcsr;
	uint64_t reserved[7];
	uint8_t v[];		/* 32 registers */
};

/* Bytes that are left for the vector registers. */
#define HART_STATE_V	(VCPU_HART_STATE - sizeof(struct hart_state))

/* switch.S */
void world_switch(struct world *world, uint64_t *gpr);
void world_clear_mpv(void);

/* world.c */
struct world *world_here(void);
bool world_reserve(void);
void world_leave(void);

/* fp.c */
bool fp_lend(struct world *world);
void fp_take_back(struct world *world);

#endif
#endif
