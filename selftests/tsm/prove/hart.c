// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any hart, and any host: stands for cove/tsm/hart in proofs.
 */

#include "prove.h"

#include <cove/abi.h>

#include "hart.h"

unsigned int prove_hart;
uint64_t prove_ram, prove_ram_end;
struct prove_access prove_access;

void prove_hart_init(void)
{
	prove_ram = nondet_u64();
	prove_ram_end = nondet_u64();
	assume(prove_ram >= 4096 && prove_ram <= prove_ram_end);
	assume(prove_ram_end <= ~0ULL - 4095);
	prove_hart = nondet_u32();
	assume(prove_hart < HART_MAX);
}

unsigned int hart_id(void)
{
	return prove_hart;
}

bool hart_host_ram(uint64_t hpa, uint64_t len)
{
	return hpa >= prove_ram && hpa < prove_ram_end && len <= prove_ram_end - hpa;
}

static int touch(uint64_t hpa, size_t len)
{
	if (!hart_host_ram(hpa, len))
		return COVE_ERR_INVALID_ADDRESS;
	prove_access.count++;
	prove_access.hpa = hpa;
	prove_access.len = len;
	return 0;
}

/* The host's bytes are any bytes, and others at each read. */
int hart_read_host(void *to, uint64_t hpa, size_t len)
{
	int err = touch(hpa, len);

	check(__CPROVER_w_ok(to, len));
	if (!err)
		__CPROVER_havoc_slice(to, len);
	return err;
}

int hart_write_host(uint64_t hpa, const void *from, size_t len)
{
	check(__CPROVER_r_ok(from, len));
	return touch(hpa, len);
}
