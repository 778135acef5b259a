// SPDX-License-Identifier: BSD-2-Clause
/*
 * Changing a hart's world: control and status registers, tables and fences.
 */

#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_scratch.h>

#include <assert.h>
#include <stddef.h>

/* OpenSBI's, and the core's own is the same. */
#undef PAGE_SHIFT
#include "../core/hart.h"
#include "../core/gstage.h"
#include "../core/tvm.h"
#include "../core/vcpu.h"
/* Not among OpenSBI's. */
#define CSR_VSTIMECMP	0x24d

#include "registers.h"
#include "world.h"

#define AT(member, offset)						\
	static_assert(offsetof(struct world, member) == (offset), #member " has moved")

AT(gpr, WORLD_GPR);
AT(t0, WORLD_T0);
AT(t1, WORLD_T1);
AT(sp, WORLD_SP);
AT(scratch, WORLD_SCRATCH);
AT(vector, WORLD_VECTOR);
AT(open, WORLD_OPEN);
AT(closed, WORLD_CLOSED);
AT(cfg2, WORLD_CFG2);
AT(reopen, WORLD_REOPEN);
AT(sink, WORLD_SINK);

static unsigned long world_offset;

/* of hfence.vvma and hfence.gvma, all of them */
static inline void fence_vs_stage(void)
{
	asm volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" : : : "memory");
}

static inline void fence_g_stage(void)
{
	asm volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
}

static inline void fence_wall(void)
{
	asm volatile("sfence.vma" : : : "memory");
}

static inline void write_wall(const struct world *world, uint64_t value)
{
	if (world->cfg2)
		csr_write(CSR_PMPCFG2, value);
	else
		csr_write(CSR_PMPCFG0, value);
	fence_wall();
}

/* Translations of the one world are gone before the other's are made. */
static void swap_tables(uint64_t hgatp)
{
	csr_write(CSR_VSATP, 0);
	fence_vs_stage();
	csr_write(CSR_HGATP, hgatp);
	fence_vs_stage();
	fence_g_stage();
}

/* VMID 0, as nothing is told by it: the host may use any for its own. */
static uint64_t hgatp_of(const struct tvm *tvm)
{
	return (uint64_t)GSTAGE_SV39X4 << 60 | tvm->gstage.root >> PAGE_SHIFT;
}

/*
 * Once the host has set hvip.VSTIP, QEMU lets M-mode clear it only while
 * menvcfg.STCE is off.  The TVM would take it for its own timer.
 */
static void clear_vstip(void)
{
	unsigned long menvcfg = csr_read_clear(CSR_MENVCFG, ENVCFG_STCE);

	csr_write(CSR_HVIP, 0);
	csr_write(CSR_MENVCFG, menvcfg);
}

static void world_become(struct world *world, struct vcpu *vcpu)
{
	struct hart_state *state = vcpu->hart_state;
	const uint32_t features = world->features;

	world->vcpu = vcpu;
	world->state = state;
	/* What of M-mode's is needed again; its own FS and VS are in there. */
	world->mstatus = csr_read_clear(CSR_MSTATUS, MSTATUS_FS | MSTATUS_VS);
	world->sepc = csr_read(CSR_SEPC);
	REGISTERS(NOTHING, ENTER_BOTH, ENTER_HOST, ENTER_LOST)
	if (!world->reopen)
		write_wall(world, world->open);
	world->hgatp = csr_read(CSR_HGATP);
	swap_tables(hgatp_of(vcpu->tvm));
	if (csr_read(CSR_HVIP) & MIP_VSTIP)
		clear_vstip();
}

/**
 * world_leave() - give the hart back to the host
 *
 * Nothing happens if it is the host's.  Before this, nothing of the host or
 * of OpenSBI that could run something of the host is called.
 */
void world_leave(void)
{
	struct world *world = world_here();
	const uint32_t features = world->features;
	struct hart_state *state = world->state;

	if (!world->vcpu)
		return;
	fp_take_back(world);
	if (!world->reopen)
		write_wall(world, world->closed);
	swap_tables(world->hgatp);
	REGISTERS(LEAVE_VCPU, LEAVE_BOTH, LEAVE_HOST, LEAVE_LOST)
	csr_write(CSR_SEPC, world->sepc);
	world_clear_mpv();
	csr_write(CSR_MSTATUS, world->mstatus);
	world->vcpu = NULL;
	world->state = NULL;
}

/* The TVM wants a unit that it only gets when it does. */
static bool wants_fp(const struct vcpu_exit *exit)
{
	return exit->cause == CAUSE_ILLEGAL_INSTRUCTION;
}

void hart_enter(struct vcpu *vcpu)
{
	struct world *world = world_here();

	if (world->vcpu != vcpu) {
		world_leave();
		world_become(world, vcpu);
	}
	vcpu->csr[VCPU_VSSTATUS] = (vcpu->csr[VCPU_VSSTATUS] & VSSTATUS_BITS) | VSSTATUS_UXL;
	REGISTERS(LOAD_VCPU, NOTHING, NOTHING, NOTHING)
	csr_write(CSR_SEPC, vcpu->pc);
	do {
		csr_set(CSR_HSTATUS, HSTATUS_SPV);
		if (vcpu->privilege)
			csr_set(CSR_SSTATUS, SSTATUS_SPP);
		else
			csr_clear(CSR_SSTATUS, SSTATUS_SPP);
		world_switch(world, vcpu->gpr);
		vcpu->exit.cause = csr_read(CSR_MCAUSE);
		vcpu->pc = csr_read(CSR_MEPC);
		vcpu->privilege = (csr_read(CSR_MSTATUS) & MSTATUS_MPP) != 0;
		csr_write(CSR_SEPC, vcpu->pc);
	} while (wants_fp(&vcpu->exit) && fp_lend(world));
	vcpu->exit.tval = csr_read(CSR_MTVAL);
	vcpu->exit.htval = csr_read(CSR_MTVAL2);
	vcpu->exit.htinst = csr_read(CSR_MTINST);
	REGISTERS(SAVE_VCPU, NOTHING, NOTHING, NOTHING)
}

/**
 * world_here() - of the calling hart
 */
struct world *world_here(void)
{
	return sbi_scratch_thishart_offset_ptr(world_offset);
}

/**
 * world_reserve() - make room for each hart's struct world
 *
 * Once, by the hart that boots.
 *
 * Return: false if there is none.
 */
bool world_reserve(void)
{
	world_offset = sbi_scratch_alloc_offset(sizeof(struct world));
	return world_offset;
}
