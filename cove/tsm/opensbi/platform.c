// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenSBI platform: the generic one, taken from OpenSBI's source as it is.
 *
 * The generic platform finds its devices in the device tree, which is all
 * that QEMU's virt machine needs.  Its boards with quirks are left out.
 */

/* Both are defined by the generic platform, and are ours to extend. */
#define fw_platform_init	generic_fw_platform_init
#define platform_ops		generic_platform_ops
#include <platform/generic/platform.c>
#undef fw_platform_init
#undef platform_ops

/* OpenSBI's own types have to come before C's. */
#include "call.h"
#include "pool.h"

/* The promote calls hash and walk tables: more than an SBI call needs. */
#define TSM_STACK_SIZE	0x4000

const struct platform_override *const platform_override_modules[] = { NULL };

static struct sbi_platform_operations tsm_platform_ops;

static int tsm_domains_init(void)
{
	int rc = generic_domains_init();

	if (!rc)
		pool_reserve(fdt_get_address_rw());
	return rc;
}

static int tsm_final_init(bool cold_boot)
{
	int rc = generic_final_init(cold_boot);

	if (!rc && cold_boot) {
		pool_scrub_at_boot();
		call_prepare();
	}
	return rc;
}

unsigned long fw_platform_init(unsigned long arg0, unsigned long arg1,
			       unsigned long arg2, unsigned long arg3,
			       unsigned long arg4)
{
	unsigned long fdt = generic_fw_platform_init(arg0, arg1, arg2, arg3, arg4);

	tsm_platform_ops = generic_platform_ops;
	tsm_platform_ops.domains_init = tsm_domains_init;
	tsm_platform_ops.final_init = tsm_final_init;
	platform.platform_ops_addr = (unsigned long)&tsm_platform_ops;
	platform.hart_stack_size = TSM_STACK_SIZE;
	return fdt;
}
