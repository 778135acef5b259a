/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way from the host to the TSM: a trap vector ahead of OpenSBI's.
 */
#ifndef TSM_OPENSBI_CALL_H
#define TSM_OPENSBI_CALL_H

#define CALL_T0		0
#define CALL_SP		8
#define CALL_TP		16
#define CALL_GP		24
#define CALL_RA		32
#define CALL_T1		40
#define CALL_A0		88
#define CALL_MEPC	152
#define CALL_MSTATUS	160
#define CALL_SIZE	176

#ifndef __ASSEMBLER__
#include <stdint.h>

/* What the host finds again, but for a0 and a1, the call's result. */
struct call {
	uint64_t t0, sp, tp, gp, ra;
	uint64_t t[6];		/* t1 to t6 */
	uint64_t a[8];
	uint64_t mepc;
	uint64_t mstatus;
	uint64_t reserved;
};

/* Serves a call of EXT_COVH: result in a[0] and a[1]. */
typedef void (*call_handler)(struct call *call);

void call_register(call_handler handler);
void call_prepare(void);

/* Of setup.c, or in tests of the hart's part of another: says who serves calls. */
void tsm_setup(void);

/* vector.S */
void host_vector(void);
void call_from_host(struct call *call);
#endif
#endif
