// SPDX-License-Identifier: BSD-2-Clause
/*
 * The extensions that take the least: BASE and TIME.
 */

#include <cove/abi.h>
#include <cove/covh.h>

#include "guest_sbi.h"
#include "vcpu.h"

#define SBI_VERSION_2_0		0x02000000

static int base_version(struct guest_call *call)
{
	call->value = SBI_VERSION_2_0;
	return 0;
}

static int base_id(struct guest_call *call)
{
	call->value = COVE_TSM_IMPL_ID;
	return 0;
}

static int base_id_version(struct guest_call *call)
{
	call->value = COVE_ABI_VERSION;
	return 0;
}

static int base_probe(struct guest_call *call)
{
	call->value = guest_has(call->a[0]);
	return 0;
}

/* A hart's maker is none of the guest's business. */
static int base_machine(struct guest_call *call)
{
	return 0;
}

static const struct guest_function base_functions[] = {
	{ .serve = base_version },
	{ .serve = base_id },
	{ .serve = base_id_version },
	{ .serve = base_probe },
	{ .serve = base_machine },	/* mvendorid */
	{ .serve = base_machine },	/* marchid */
	{ .serve = base_machine },	/* mimpid */
};

const struct guest_extension guest_base = {
	SBI_EXT_BASE, ARRAY_SIZE(base_functions), base_functions,
};

/* Sstc's register is the guest's own; this is for who doesn't know. */
static int set_timer(struct guest_call *call)
{
	call->vcpu->csr[VCPU_VSTIMECMP] = call->a[0];
	return 0;
}

static const struct guest_function time_functions[] = { { .serve = set_timer } };

const struct guest_extension guest_time = {
	SBI_EXT_TIME, ARRAY_SIZE(time_functions), time_functions,
};
