/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TVM whose guest is a script: each time it is entered, the next step says
 * why it traps.  When there are no more, it is an interrupt of the host's.
 */
#ifndef SELFTESTS_TSM_GUEST_H
#define SELFTESTS_TSM_GUEST_H

#include "unit.h"
#include "host.h"
#include "tvm.h"

#include <cove/nacl.h>

#define MIB		(1ULL << 20)
#define GIB		(1ULL << 30)

/* What the guest's address space is made of. */
#define PRIVATE		GIB
#define PRIVATE_SIZE	(64 * MIB)
#define SHARED		(PRIVATE + 32 * MIB)	/* of that */
#define SHARED_SIZE	(4 * MIB)
#define DEVICE		0x10000000ULL
#define DEVICE_SIZE	0x2000ULL
#define NOWHERE		0x20000000ULL

#define INTERRUPT	(1ULL << 63)
#define TIMER		(INTERRUPT | 7)

/* Where the host has its memory for each hart, and what it puts there. */
#define SHMEM(hart)	(HOST_RAM + 0x10000ULL * (hart))
#define POISON		0x600d600d600d600dULL

/* What a call of the guest's answers, as it is in a0. */
#define ERR(error)	((uint64_t)(int64_t)(error))

struct guest_step {
	uint64_t cause, tval, htval, htinst;
	/* Called as the guest, before it traps. */
	void (*before)(struct vcpu *vcpu);
};

extern struct tvm guest_tvm;
/* How often it was entered. */
extern unsigned int guest_entries;

void guest_start(unsigned int vcpus);
void guest_stop(void);
void guest_script(const struct guest_step *steps, unsigned int count);
struct vcpu *guest_vcpu(unsigned int id);
int guest_run(struct vcpu *vcpu, uint64_t *value);
void guest_runs_on(struct vcpu *vcpu);
uint64_t guest_call_sbi(struct vcpu *vcpu, uint64_t extension, uint64_t function,
			uint64_t a0, uint64_t a1, uint64_t a2);
void guest_told(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1);
void guest_poison(unsigned int hart);
struct cove_nacl_shmem *guest_shmem(unsigned int hart);
uint64_t guest_csr(unsigned int hart, unsigned int csr);

#endif
