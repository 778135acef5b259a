// SPDX-License-Identifier: BSD-2-Clause
/*
 * The TSM in OpenSBI: the host's calls go to the core.
 */

#include <sbi/sbi_console.h>
#include <sbi/sbi_ecall.h>
#include <sbi/sbi_trap.h>

#include <cove/covh.h>
#include <cove/nacl.h>
#include <cove/supd.h>

#include "../core/tsm.h"
#include "call.h"
#include "pool.h"

/* COVH's calls come by the short way of vector.S. */
static void serve(struct call *call)
{
	struct tsm_ret ret = tsm_call(COVE_EXT_COVH, call->a[6], call->a);

	call->a[0] = ret.error;
	call->a[1] = ret.value;
}

/* The others come by OpenSBI's. */
static int handle(unsigned long extension, unsigned long function,
		  struct sbi_trap_regs *regs, struct sbi_ecall_return *out)
{
	const uint64_t args[6] = { regs->a0, regs->a1, regs->a2, regs->a3, regs->a4, regs->a5 };
	struct tsm_ret ret = tsm_call(extension, function, args);

	out->value = ret.value;
	return ret.error;
}

/* In this table the host finds them by BASE, COVH as well. */
static struct sbi_ecall_extension extensions[] = {
	{ .name = "covh", .extid_start = COVE_EXT_COVH, .extid_end = COVE_EXT_COVH,
	  .handle = handle },
	{ .name = "supd", .extid_start = COVE_EXT_SUPD, .extid_end = COVE_EXT_SUPD,
	  .handle = handle },
	{ .name = "nacl", .extid_start = COVE_EXT_NACL, .extid_end = COVE_EXT_NACL,
	  .handle = handle },
};

void tsm_setup(void)
{
	unsigned int i;

	if (tsm_init(pool_area.base, pool_area.size)) {
		sbi_printf("tsm: no confidential VMs: the pool is too large\n");
		return;
	}
	call_register(serve);
	for (i = 0; i < array_size(extensions); i++)
		sbi_ecall_register_extension(&extensions[i]);
}
