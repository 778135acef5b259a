/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running a vCPU: what run.c, exit.c and those that serve a guest's calls
 * have of each other.  All want the lock of the vCPU.
 *
 * That of its TVM comes before it, but is only tried: when another hart has
 * it, the guest makes its access or its call once more.
 */
#ifndef TSM_RUN_H
#define TSM_RUN_H

#include <stdbool.h>
#include <stdint.h>

struct report;
struct vcpu;

/* What is next after an exit, or after what the guest has to wait for. */
enum next {
	NEXT_ENTER,		/* the guest goes on */
	NEXT_AGAIN,		/* the host makes its call again */
	NEXT_EXIT,		/* the host is told of the report */
};

/* Exceptions, as scause numbers them */
#define TRAP_FETCH_ACCESS	1
#define TRAP_ILLEGAL		2
#define TRAP_LOAD_ACCESS	5
#define TRAP_STORE_ACCESS	7
#define TRAP_SOFTWARE_CHECK	18
#define TRAP_VS_CALL		10
#define TRAP_GUEST_FETCH	20
#define TRAP_GUEST_LOAD		21
#define TRAP_VIRTUAL		22
#define TRAP_GUEST_STORE	23
#define TRAP_INTERRUPT		(1ULL << 63)

/* hvip, and sip one bit below */
#define HVIP_VSSIP		(1ULL << 2)
#define HVIP_VSEIP		(1ULL << 10)
#define SIP_STIP		(1ULL << 5)

/* run.c */
bool vcpu_lock_tvm(struct vcpu *vcpu);
bool vcpu_interrupted(const struct vcpu *vcpu);
bool vcpu_park(struct vcpu *vcpu);
enum next vcpu_end(struct vcpu *vcpu, struct report *report, uint64_t cause);

/* exit.c */
enum next exit_serve(struct vcpu *vcpu, struct report *report);

/* What a guest waits for: enum vcpu_pending. */
enum next console_written(struct vcpu *vcpu, struct report *report);
enum next console_read(struct vcpu *vcpu, struct report *report);
enum next covg_changed(struct vcpu *vcpu, struct report *report);
enum next rfence_done(struct vcpu *vcpu, struct report *report);

#endif
