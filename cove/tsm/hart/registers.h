/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All registers that the host and a TVM could see of each other: the one
 * table from which both directions of the switch are made (world.c), and by
 * which the leak test judges them.
 *
 * x1 to x31 and the program counter are exchanged in switch.S; f0 to f31,
 * fcsr and the vector unit in fp.c, when a TVM has used them.
 *
 * VCPU(index, csr, after): banked for V=1; the core may look at the vCPU's
 *	value.  Loaded at each entry, saved at each exit.  The host's own value
 *	is lost: it finds "after".
 * BOTH(member, csr, needs): S-mode has one of it for V=0 and V=1.  Exchanged
 *	with the host's when the world changes; a vCPU's begins as 0.
 * HOST(member, csr, needs, value): what the TVM runs under: value, in which
 *	"old" is the host's.  The host finds its own again.
 * LOST(csr, needs, value): the same, but the host finds 0.
 *
 * needs: a bit of enum world_feature, or 0.
 *
 * Not here, as V=1 can neither read nor change them: stvec, sscratch, sepc,
 * scause, stval, satp, sie, sip, stimecmp (V=1 has vs* under these names),
 * htval, htinst (written at a call's end only), cycle, instret, hpmcounter*
 * (hcounteren), seed (mseccfg), srmcfg and what else hstateen0 closes.
 */

/* Exceptions a TVM handles on its own; access faults come to the TSM. */
#define TVM_EXCEPTIONS	(1 << 0 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 8 |	\
			 1 << 12 | 1 << 13 | 1 << 15)
/* VSSI, VSTI, VSEI */
#define TVM_INTERRUPTS	0x444
/* Guest external interrupts can't be kept from HS-mode otherwise. */
#define IRQ_SGEI	(1 << 12)

/* WFI traps; VSXL is 64 */
#define TVM_HSTATUS	(HSTATUS_VTW | 2UL << HSTATUS_VSXL_SHIFT)
/* stimecmp, cbo.zero, cbo.clean/flush, cbo.inval as flush */
#define TVM_HENVCFG	(ENVCFG_STCE | ENVCFG_CBZE | ENVCFG_CBCFE | 1 << 4)
/*
 * What there is of vsstatus: SIE, SPIE, SPP, VS, FS, SUM, MXR, and UXL is 64.
 * QEMU keeps any other bit that M-mode writes there, and has it in mstatus
 * while V=1: MPRV would do M-mode itself harm.
 */
#define VSSTATUS_BITS	(1 << 1 | 1 << 5 | 1 << 8 | MSTATUS_VS | MSTATUS_FS | 1 << 18 | 1 << 19)
#define VSSTATUS_UXL	(2UL << 32)
/* time alone */
#define TVM_COUNTERS	2

#define REGISTERS(VCPU, BOTH, HOST, LOST)				\
	LOST(HIDELEG, 0, TVM_INTERRUPTS)				\
	LOST(HEDELEG, 0, TVM_EXCEPTIONS)				\
	LOST(HENVCFG, 0, TVM_HENVCFG)					\
	LOST(HCOUNTEREN, 0, TVM_COUNTERS)				\
	LOST(HSTATEEN0, WORLD_STATEEN, SMSTATEEN0_HSENVCFG)		\
	LOST(HVIEN, WORLD_AIA, 0)					\
	LOST(HVICTL, WORLD_AIA, 0)					\
	LOST(HVIPRIO1, WORLD_AIA, 0)					\
	LOST(HVIPRIO2, WORLD_AIA, 0)					\
	HOST(mvien, MVIEN, WORLD_AIA, 0)				\
	HOST(mideleg, MIDELEG, 0, 0)					\
	HOST(medeleg, MEDELEG, 0, TVM_EXCEPTIONS)			\
	HOST(hgeie, HGEIE, 0, 0)					\
	HOST(mie, MIE, 0, old & ~(TVM_INTERRUPTS | IRQ_SGEI))		\
	HOST(hstatus, HSTATUS, 0, TVM_HSTATUS)				\
	BOTH(scounteren, SCOUNTEREN, 0)					\
	BOTH(senvcfg, SENVCFG, 0)					\
	BOTH(sstateen0, SSTATEEN0, WORLD_STATEEN)			\
	BOTH(vsiselect, VSISELECT, WORLD_AIA)				\
	VCPU(VCPU_VSSTATUS, VSSTATUS, 0)				\
	VCPU(VCPU_HVIP, HVIP, 0)					\
	VCPU(VCPU_VSIE, VSIE, 0)					\
	VCPU(VCPU_VSTVEC, VSTVEC, 0)					\
	VCPU(VCPU_VSSCRATCH, VSSCRATCH, 0)				\
	VCPU(VCPU_VSEPC, VSEPC, 0)					\
	VCPU(VCPU_VSCAUSE, VSCAUSE, 0)					\
	VCPU(VCPU_VSTVAL, VSTVAL, 0)					\
	VCPU(VCPU_VSTIMECMP, VSTIMECMP, -1)				\
	VCPU(VCPU_HTIMEDELTA, HTIMEDELTA, 0)				\
	VCPU(VCPU_VSATP, VSATP, 0)

/*
 * What becomes of the entries on the way into a TVM's world (ENTER) and out of
 * it (LEAVE), and at each entry (LOAD) and exit (SAVE).  They use the locals
 * world, state, features and vcpu.
 */
#define HAS(needs)	(!(needs) || features & (needs))

#define NOTHING(...)

#define ENTER_BOTH(member, reg, needs)					\
	if (HAS(needs))						\
		world->member = csr_swap(CSR_##reg, state->member);
#define ENTER_HOST(member, reg, needs, value)				\
	if (HAS(needs)) {					\
		uint64_t old = csr_read(CSR_##reg);			\
									\
		world->member = old;					\
		csr_write(CSR_##reg, value);				\
	}
#define ENTER_LOST(reg, needs, value)					\
	if (HAS(needs))						\
		csr_write(CSR_##reg, value);

#define LEAVE_VCPU(index, reg, after)					\
	csr_write(CSR_##reg, after);
#define LEAVE_BOTH(member, reg, needs)					\
	if (HAS(needs))						\
		state->member = csr_swap(CSR_##reg, world->member);
#define LEAVE_HOST(member, reg, needs, value)				\
	if (HAS(needs))						\
		csr_write(CSR_##reg, world->member);
#define LEAVE_LOST(reg, needs, value)					\
	if (HAS(needs))						\
		csr_write(CSR_##reg, 0);

#define LOAD_VCPU(index, reg, after)					\
	csr_write(CSR_##reg, vcpu->csr[index]);
#define SAVE_VCPU(index, reg, after)					\
	vcpu->csr[index] = csr_read(CSR_##reg);
