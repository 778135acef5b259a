// SPDX-License-Identifier: BSD-2-Clause
/*
 * The way from the host to the TSM, and what each hart needs for it whenever
 * OpenSBI has set it up: at boot, after a stop and after a suspend.
 */

#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_error.h>
#include <sbi/sbi_hart.h>
#include <sbi/sbi_scratch.h>

#include <assert.h>
#include <stddef.h>

#include "../hart/wall.h"
#include "../hart/world.h"
#include "call.h"
#include "pool.h"

#define AT(member, offset)						\
	static_assert(offsetof(struct call, member) == (offset), #member " has moved")

AT(t0, CALL_T0);
AT(sp, CALL_SP);
AT(tp, CALL_TP);
AT(gp, CALL_GP);
AT(ra, CALL_RA);
AT(t, CALL_T1);
AT(a, CALL_A0);
AT(mepc, CALL_MEPC);
AT(mstatus, CALL_MSTATUS);
static_assert(sizeof(struct call) == CALL_SIZE, "struct call has changed");

static call_handler handle;

/**
 * call_register() - say who serves the host's calls
 * @handler: who
 *
 * Once, by the hart that boots; before OpenSBI writes its PMP.
 */
void call_register(call_handler handler)
{
	handle = handler;
}

/**
 * call_prepare() - get ready for calls, if there is a pool
 *
 * Once, by the hart that boots, before OpenSBI writes its PMP.
 */
void call_prepare(void)
{
	if (pool_area.size && world_reserve())
		tsm_setup();
}

void call_from_host(struct call *call)
{
	handle(call);
	world_leave();
}

static uint32_t features(struct sbi_scratch *scratch)
{
	uint32_t found = 0;

	if (sbi_hart_has_extension(scratch, SBI_HART_EXT_SMSTATEEN))
		found |= WORLD_STATEEN;
	if (sbi_hart_has_extension(scratch, SBI_HART_EXT_SMAIA))
		found |= WORLD_AIA;
	if (misa_extension('D'))
		found |= WORLD_F;
	if (misa_extension('V')) {
		csr_set(CSR_MSTATUS, MSTATUS_VS);
		if (csr_read(CSR_VLENB) * 32 <= HART_STATE_V)
			found |= WORLD_V;
	}
	return found;
}

int __real_sbi_hart_pmp_configure(struct sbi_scratch *scratch);
int __wrap_sbi_hart_pmp_configure(struct sbi_scratch *scratch);

/* The last that OpenSBI does on a hart before the host runs there. */
int __wrap_sbi_hart_pmp_configure(struct sbi_scratch *scratch)
{
	bool smepmp = sbi_hart_has_extension(scratch, SBI_HART_EXT_SMEPMP);
	struct world *world;
	int rc = __real_sbi_hart_pmp_configure(scratch);

	if (rc || !pool_area.size || !handle)
		return rc;
	world = world_here();
	*world = (struct world){ .scratch = (unsigned long)scratch };
	/* A hart without the wall can't run a TVM, nor anything of the host. */
	if (!wall_find(world, pool_area.base, pool_area.size, smepmp))
		return SBI_EFAIL;
	world->features = features(scratch);
	world->vector = (unsigned long)host_vector;
	csr_write(CSR_MTVEC, world->vector);
	return 0;
}
