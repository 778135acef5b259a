/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual hart of a TVM.
 */
#ifndef TSM_VCPU_H
#define TSM_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "lock.h"

struct tvm;

/* Registers that the core reads or writes; cove/tsm/hart has all of them. */
enum vcpu_csr {
	VCPU_VSSTATUS,
	VCPU_VSIE,
	VCPU_VSTVEC,
	VCPU_VSSCRATCH,
	VCPU_VSEPC,
	VCPU_VSCAUSE,
	VCPU_VSTVAL,
	VCPU_VSATP,
	VCPU_VSTIMECMP,
	VCPU_HVIP,
	VCPU_HTIMEDELTA,
	VCPU_CSRS
};

/* Why a vCPU came back, in the words of the trap CSRs. */
struct vcpu_exit {
	uint64_t cause;		/* as scause: bit 63 for interrupts */
	uint64_t tval;
	uint64_t htval;		/* faulting GPA >> 2 */
	uint64_t htinst;
};

struct vcpu {
	struct lock lock;		/* held by the hart that runs it */
	uint32_t id;
	struct tvm *tvm;
	uint64_t gpr[32];
	uint64_t pc;
	uint64_t privilege;		/* 1: VS, 0: VU */
	uint64_t csr[VCPU_CSRS];
	struct vcpu_exit exit;
	uint32_t epoch;			/* of gstage_enter() */
	bool running;			/* inside of hart_enter() */
	uint32_t hart;			/* where it ran last */
	void *hart_state;		/* what else cove/tsm/hart keeps of it */
};

#endif
