/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual hart of a TVM.
 *
 * Whoever runs a vCPU has its lock, and all of it.  Others may only call what
 * says so below, and read what is said to be atomic.
 */
#ifndef TSM_VCPU_H
#define TSM_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "lock.h"

struct claim;
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

/* As SBI's HSM numbers them; the last one is of ours. */
enum vcpu_state {
	VCPU_STARTED = 0,
	VCPU_STOPPED = 1,
	VCPU_START_PENDING = 2,
	VCPU_SUSPENDED = 4,
	VCPU_STARTING = 5,	/* its start is being written down */
	VCPU_STATES
};

/* What happens to a vCPU; vcpu.c has in which state it may. */
enum vcpu_event {
	VCPU_BOOT,		/* the TVM begins with it */
	VCPU_CLAIM,		/* another one wants to start it, */
	VCPU_START,		/* and has said where */
	VCPU_BEGIN,		/* its first entry then */
	VCPU_STOP,		/* it has stopped itself */
	VCPU_SUSPEND,
	VCPU_RESUME,
	VCPU_EVENTS
};

/* What others leave for a vCPU; it is seen to before its next entry. */
enum vcpu_mark {
	VCPU_MARK_IPI		= 1,
	VCPU_MARK_FENCE		= 2,
};

/* What has to be done before the guest goes on. */
enum vcpu_pending {
	VCPU_NOTHING,
	VCPU_LOAD,		/* the host gives what an MMIO load reads */
	VCPU_CONSOLE,		/* the host says how much it has written, */
	VCPU_CONSOLE_READ,	/* or gives what it has read */
	VCPU_CHANGE,		/* a share or unshare is to come to its end */
	VCPU_FENCE,		/* others have to leave the guest once */
	VCPU_PENDINGS
};

/* What is needed for it; which of it is told by the name. */
struct vcpu_wait {
	enum vcpu_pending what;
	uint8_t reg;		/* VCPU_LOAD: where to */
	uint8_t bytes;
	bool extends;		/* the sign */
	uint64_t function;	/* VCPU_CHANGE: of COVG */
	uint64_t gpa;		/* VCPU_CHANGE, VCPU_CONSOLE_READ */
	uint64_t len;		/* these, and VCPU_CONSOLE */
	uint64_t others;	/* VCPU_FENCE: mask of vCPUs */
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
	bool entered;			/* that was called, gstage_leave() wasn't */
	uint32_t running;		/* inside of hart_enter(); atomic */
	uint32_t hart;			/* where it ran last; atomic */
	void *hart_state;		/* what else cove/tsm/hart keeps of it */
	uint64_t hpa;			/* of the page */

	enum vcpu_state state;		/* atomic */
	uint32_t marks;			/* of enum vcpu_mark; atomic */
	uint32_t parked;		/* waits for an interrupt; atomic */
	uint64_t start_pc;		/* VCPU_START_PENDING */
	uint64_t start_arg;
	uint64_t start_allowed;
	uint64_t allowed;		/* bits of hvip that are the host's */
	uint64_t host_hvip;		/* which of them it has set */
	struct vcpu_wait wait;
};

/*
 * All that is kept of a vCPU is one page (vcpu_state_pages): from its start
 * what is cove/tsm/hart's, and struct vcpu behind that.
 */
#define VCPU_HART_STATE		3072
#define VCPU_STATE_PAGES	1

int vcpu_check(const struct tvm *tvm, uint64_t id);
void vcpu_create(struct tvm *tvm, uint32_t id, struct claim *claim);
void vcpu_set_boot(struct vcpu *vcpu, uint64_t pc, uint64_t a0, uint64_t a1);
void vcpu_release(struct tvm *tvm, uint32_t id);

enum vcpu_state vcpu_state(const struct vcpu *vcpu);
bool vcpu_move(struct vcpu *vcpu, enum vcpu_event event);
bool vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t arg, uint64_t allowed);
void vcpu_begin(struct vcpu *vcpu);
void vcpu_mark(struct vcpu *vcpu, enum vcpu_mark mark);
uint32_t vcpu_take_marks(struct vcpu *vcpu);

int vcpu_run(struct vcpu *vcpu, uint64_t *value);

#endif
