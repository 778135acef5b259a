/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI as a TVM sees it: all of it is served here, and the host is told only
 * what it has to do.
 */
#ifndef TSM_GUEST_SBI_H
#define TSM_GUEST_SBI_H

#include <stdbool.h>
#include <stdint.h>

#include "array.h"
#include "run.h"

struct report;
struct tvm;
struct vcpu;

#define SBI_EXT_BASE	0x10
#define SBI_EXT_TIME	0x54494d45
#define SBI_EXT_IPI	0x735049
#define SBI_EXT_RFENCE	0x52464e43
#define SBI_EXT_HSM	0x48534d
#define SBI_EXT_SRST	0x53525354
#define SBI_EXT_DBCN	0x4442434e

/* A call, and what becomes of it beside its error. */
struct guest_call {
	struct vcpu *vcpu;
	const uint64_t *a;	/* a0 to a5 */
	uint64_t value;		/* for a1 */
	bool exits;		/* the host is told of the report */
	struct report *report;
};

/*
 * COVE_ERR_AGAIN as a result has the guest make the call once more; the guest
 * never sees it.
 */
struct guest_function {
	int (*serve)(struct guest_call *call);
	bool locks;		/* wants the TVM's lock */
};

struct guest_extension {
	uint64_t id;
	uint64_t count;
	const struct guest_function *function;	/* by number; may have holes */
};

extern const struct guest_extension guest_base, guest_time;
extern const struct guest_extension guest_ipi, guest_rfence, guest_hsm, guest_srst;
extern const struct guest_extension guest_console, guest_covg;

enum next guest_call(struct vcpu *vcpu, struct report *report);
bool guest_has(uint64_t id);
void guest_tell_host(struct guest_call *call, uint64_t extension,
		     uint64_t function, uint64_t a0, uint64_t a1);

#endif
