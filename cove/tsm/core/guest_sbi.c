// SPDX-License-Identifier: BSD-2-Clause
/*
 * A TVM's ecalls: which extensions there are, and the way to them.
 */

#include "guest_sbi.h"

#include <cove/abi.h>

#include "report.h"
#include "tvm.h"

/* By how often they are called. */
static const struct guest_extension *const extensions[] = {
	&guest_time, &guest_ipi, &guest_rfence, &guest_hsm, &guest_console,
	&guest_covg, &guest_srst, &guest_base,
};

static const struct guest_extension *find(uint64_t id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extensions); i++) {
		if (extensions[i]->id == id)
			return extensions[i];
	}
	return NULL;
}

/**
 * guest_has() - is there an extension?
 * @id: its number
 */
bool guest_has(uint64_t id)
{
	return find(id);
}

/**
 * guest_tell_host() - have the host told of a call
 * @call: the call
 * @extension: what the host finds in a7
 * @function: in a6
 * @a0: and so on
 * @a1: what else it has to know
 */
void guest_tell_host(struct guest_call *call, uint64_t extension,
		     uint64_t function, uint64_t a0, uint64_t a1)
{
	*call->report = (struct report){
		.kind = REPORT_CALL, .cause = TRAP_VS_CALL,
		.a = { a0, a1, [6] = function, [7] = extension },
	};
	call->exits = true;
}

static int serve(struct guest_call *call)
{
	const struct guest_extension *extension = find(call->a[7]);
	const struct guest_function *function;
	int err;

	if (!extension || call->a[6] >= extension->count)
		return COVE_ERR_NOT_SUPPORTED;
	function = &extension->function[call->a[6]];
	if (!function->serve)
		return COVE_ERR_NOT_SUPPORTED;
	if (!function->locks)
		return function->serve(call);
	if (!vcpu_lock_tvm(call->vcpu))
		return COVE_ERR_AGAIN;
	err = function->serve(call);
	lock_drop(&call->vcpu->tvm->lock);
	return err;
}

/**
 * guest_call() - serve an ecall of VS-mode
 * @vcpu: the vCPU
 * @report: gets what the host is told, if it is
 *
 * Return: what is next.
 */
enum next guest_call(struct vcpu *vcpu, struct report *report)
{
	struct guest_call call = { .vcpu = vcpu, .a = &vcpu->gpr[10], .report = report };
	int err = serve(&call);

	if (err == COVE_ERR_AGAIN)
		return NEXT_ENTER;
	vcpu->pc += 4;
	vcpu->gpr[10] = err;
	vcpu->gpr[11] = call.value;
	return call.exits ? NEXT_EXIT : NEXT_ENTER;
}
