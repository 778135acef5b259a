// SPDX-License-Identifier: BSD-2-Clause
/*
 * The floating-point and vector units, which a TVM gets when it first uses
 * them in a turn on a hart.
 *
 * What the host has in them is not kept: it knows that a run may cost it
 * both.  What a TVM has left in them is saved and wiped before the host runs.
 */

#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>

/* Not among OpenSBI's. */
#define CSR_VCSR	0x00f

#include "world.h"

/* FS and VS have the same values. */
#define UNIT_CLEAN(unit)	((unit) / 3 * 2)

#define EACH_F(op)							\
	#op " f0, 0(%0)\n"    #op " f1, 8(%0)\n"    #op " f2, 16(%0)\n"	\
	#op " f3, 24(%0)\n"   #op " f4, 32(%0)\n"   #op " f5, 40(%0)\n"	\
	#op " f6, 48(%0)\n"   #op " f7, 56(%0)\n"   #op " f8, 64(%0)\n"	\
	#op " f9, 72(%0)\n"   #op " f10, 80(%0)\n"  #op " f11, 88(%0)\n"	\
	#op " f12, 96(%0)\n"  #op " f13, 104(%0)\n" #op " f14, 112(%0)\n"	\
	#op " f15, 120(%0)\n" #op " f16, 128(%0)\n" #op " f17, 136(%0)\n"	\
	#op " f18, 144(%0)\n" #op " f19, 152(%0)\n" #op " f20, 160(%0)\n"	\
	#op " f21, 168(%0)\n" #op " f22, 176(%0)\n" #op " f23, 184(%0)\n"	\
	#op " f24, 192(%0)\n" #op " f25, 200(%0)\n" #op " f26, 208(%0)\n"	\
	#op " f27, 216(%0)\n" #op " f28, 224(%0)\n" #op " f29, 232(%0)\n"	\
	#op " f30, 240(%0)\n" #op " f31, 248(%0)\n"

static void f_load(const uint64_t *f, uint64_t fcsr)
{
	asm volatile(".option push\n.option arch, +d\n"
		     EACH_F(fld)
		     "csrw fcsr, %1\n"
		     ".option pop" : : "r"(f), "r"(fcsr) : "memory");
}

static uint64_t f_save(uint64_t *f)
{
	uint64_t fcsr;

	asm volatile(".option push\n.option arch, +d\n"
		     EACH_F(fsd)
		     "csrr %0, fcsr\n"
		     ".option pop" : "=&r"(fcsr) : "0"(f) : "memory");
	return fcsr;
}

static void v_load(const struct hart_state *state)
{
	const uint8_t *v = state->v;
	unsigned long vlenb = csr_read(CSR_VLENB) * 8;

	asm volatile(".option push\n.option arch, +v\n"
		     "vl8r.v v0, (%0)\nadd %0, %0, %1\n"
		     "vl8r.v v8, (%0)\nadd %0, %0, %1\n"
		     "vl8r.v v16, (%0)\nadd %0, %0, %1\n"
		     "vl8r.v v24, (%0)\n"
		     "vsetvl zero, %2, %3\n"
		     "csrw vstart, %4\n"
		     "csrw vcsr, %5\n"
		     ".option pop"
		     : "+&r"(v)
		     : "r"(vlenb), "r"(state->vl), "r"(state->vtype),
		       "r"(state->vstart), "r"(state->vcsr)
		     : "memory");
}

static void v_save(struct hart_state *state)
{
	uint8_t *v = state->v;
	unsigned long vlenb = csr_read(CSR_VLENB) * 8;

	state->vstart = csr_swap(CSR_VSTART, 0);
	state->vl = csr_read(CSR_VL);
	state->vtype = csr_read(CSR_VTYPE);
	state->vcsr = csr_read(CSR_VCSR);
	asm volatile(".option push\n.option arch, +v\n"
		     "vs8r.v v0, (%0)\nadd %0, %0, %1\n"
		     "vs8r.v v8, (%0)\nadd %0, %0, %1\n"
		     "vs8r.v v16, (%0)\nadd %0, %0, %1\n"
		     "vs8r.v v24, (%0)\n"
		     ".option pop" : "+&r"(v) : "r"(vlenb) : "memory");
}

static void v_wipe(void)
{
	unsigned long vl;

	asm volatile(".option push\n.option arch, +v\n"
		     "csrw vstart, zero\n"
		     "vsetvli %0, zero, e8, m8, ta, ma\n"
		     "vmv.v.i v0, 0\nvmv.v.i v8, 0\n"
		     "vmv.v.i v16, 0\nvmv.v.i v24, 0\n"
		     "vsetvli zero, zero, e8, m8, ta, ma\n"
		     "csrw vcsr, zero\n"
		     ".option pop" : "=r"(vl) : : "memory");
}

static bool wanted(const struct world *world, uint32_t feature, unsigned long unit)
{
	return world->features & feature && csr_read(CSR_VSSTATUS) & unit &&
	       !(csr_read(CSR_MSTATUS) & unit);
}

/**
 * fp_lend() - let a TVM have the units that it has switched on
 * @world: of a hart whose TVM came back with an illegal instruction
 *
 * Return: true if it has more than before, and should try again.
 */
bool fp_lend(struct world *world)
{
	const struct hart_state *state = world->state;
	bool lent = false;

	if (wanted(world, WORLD_F, MSTATUS_FS)) {
		csr_set(CSR_MSTATUS, MSTATUS_FS);
		f_load(state->f, state->fcsr);
		csr_clear(CSR_MSTATUS, MSTATUS_FS);
		csr_set(CSR_MSTATUS, UNIT_CLEAN(MSTATUS_FS));
		lent = true;
	}
	if (wanted(world, WORLD_V, MSTATUS_VS)) {
		csr_set(CSR_MSTATUS, MSTATUS_VS);
		v_load(state);
		csr_clear(CSR_MSTATUS, MSTATUS_VS);
		csr_set(CSR_MSTATUS, UNIT_CLEAN(MSTATUS_VS));
		lent = true;
	}
	return lent;
}

/**
 * fp_take_back() - save what a TVM has in the units, and leave nothing there
 * @world: of the hart
 */
void fp_take_back(struct world *world)
{
	static const uint64_t zero[32];
	struct hart_state *state = world->state;
	unsigned long mstatus = csr_read(CSR_MSTATUS);

	if (mstatus & MSTATUS_FS) {
		if ((mstatus & MSTATUS_FS) == MSTATUS_FS)
			state->fcsr = f_save(state->f);
		f_load(zero, 0);
	}
	if (mstatus & MSTATUS_VS) {
		if ((mstatus & MSTATUS_VS) == MSTATUS_VS)
			v_save(state);
		v_wipe();
	}
}
