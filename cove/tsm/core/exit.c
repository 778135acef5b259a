// SPDX-License-Identifier: BSD-2-Clause
/*
 * Why a vCPU came back, and what is done about it: one table.
 *
 * What isn't there ends the TVM.  What the guest can deal with is given to the
 * guest, as the trap that a hart without H would have taken.
 */

#include <cove/abi.h>

#include "guest_sbi.h"
#include "mmio.h"
#include "report.h"
#include "run.h"
#include "tvm.h"

#define VSSTATUS_SIE	(1ULL << 1)
#define VSSTATUS_SPIE	(1ULL << 5)
#define VSSTATUS_SPP	(1ULL << 8)

/* htinst: the fault was on the way to the guest's own page tables. */
#define HTINST_TABLE_READ	0x3000
#define HTINST_TABLE_WRITE	0x3020

#define INSN_WFI		0x10500073
#define INSN_WRS_NTO		0x00d00073

/* An exception for the guest, of which the hart takes no part. */
static enum next guest_trap(struct vcpu *vcpu, uint64_t cause, uint64_t tval)
{
	uint64_t status = vcpu->csr[VCPU_VSSTATUS];
	uint64_t next = status & ~(VSSTATUS_SIE | VSSTATUS_SPIE | VSSTATUS_SPP);

	if (status & VSSTATUS_SIE)
		next |= VSSTATUS_SPIE;
	if (vcpu->privilege)
		next |= VSSTATUS_SPP;
	vcpu->csr[VCPU_VSSTATUS] = next;
	vcpu->csr[VCPU_VSEPC] = vcpu->pc;
	vcpu->csr[VCPU_VSCAUSE] = cause;
	vcpu->csr[VCPU_VSTVAL] = tval;
	vcpu->pc = vcpu->csr[VCPU_VSTVEC] & ~3ULL;
	vcpu->privilege = 1;
	return NEXT_ENTER;
}

static enum next reflect(struct vcpu *vcpu, struct report *report)
{
	return guest_trap(vcpu, vcpu->exit.cause, vcpu->exit.tval);
}

static enum next illegal(struct vcpu *vcpu, struct report *report)
{
	return guest_trap(vcpu, TRAP_ILLEGAL, vcpu->exit.tval);
}

/* There is nothing at that address, or not for such an access. */
static enum next no_access(struct vcpu *vcpu)
{
	uint64_t cause = TRAP_LOAD_ACCESS;

	if (vcpu->exit.cause == TRAP_GUEST_FETCH)
		cause = TRAP_FETCH_ACCESS;
	if (vcpu->exit.cause == TRAP_GUEST_STORE)
		cause = TRAP_STORE_ACCESS;
	return guest_trap(vcpu, cause, vcpu->exit.tval);
}

static enum next wait_for_interrupt(struct vcpu *vcpu, struct report *report)
{
	vcpu->pc += 4;
	if (!vcpu_park(vcpu))
		return NEXT_ENTER;
	*report = (struct report){
		.kind = REPORT_WFI, .cause = TRAP_VIRTUAL, .htinst = INSN_WFI,
	};
	return NEXT_EXIT;
}

/* A guest that spins for another vCPU may go on at any time. */
static enum next go_on(struct vcpu *vcpu, struct report *report)
{
	vcpu->pc += 4;
	return NEXT_ENTER;
}

static enum next virtual_instruction(struct vcpu *vcpu, struct report *report)
{
	if (vcpu->privilege && vcpu->exit.tval == INSN_WFI)
		return wait_for_interrupt(vcpu, report);
	if (vcpu->exit.tval == INSN_WRS_NTO)
		return go_on(vcpu, report);
	return illegal(vcpu, report);
}

/*
 * A device that the host emulates.  The instruction is done when the guest
 * goes on, but for what a load has read.
 */
static enum next device(struct vcpu *vcpu, struct report *report, uint64_t gpa)
{
	bool store = vcpu->exit.cause == TRAP_GUEST_STORE;
	struct mmio_access access;

	if (vcpu->exit.cause == TRAP_GUEST_FETCH ||
	    !mmio_decode(vcpu->exit.htinst, &access) || access.store != store ||
	    gpa & (access.bytes - 1))
		return no_access(vcpu);
	*report = (struct report){
		.kind = access.store ? REPORT_STORE : REPORT_LOAD,
		.cause = vcpu->exit.cause,
		.gpa = gpa,
		.htinst = access.shown,
	};
	if (access.store)
		report->a[0] = mmio_operand(&access, vcpu->gpr[access.reg]);
	else
		vcpu->wait = (struct vcpu_wait){
			.what = VCPU_LOAD, .reg = access.reg,
			.bytes = access.bytes, .extends = access.extends,
		};
	vcpu->pc += access.length;
	return NEXT_EXIT;
}

/* Somebody changes what is there: the guest tries again until that is over. */
static enum next changing(struct tvm *tvm)
{
	if (!memory_settle(tvm))
		tvm_kick(tvm);
	return NEXT_ENTER;
}

static enum next guest_fault(struct vcpu *vcpu, struct report *report)
{
	const struct vcpu_exit *exit = &vcpu->exit;
	bool table = exit->htinst == HTINST_TABLE_READ || exit->htinst == HTINST_TABLE_WRITE;
	bool fetch = exit->cause == TRAP_GUEST_FETCH;
	uint64_t gpa = exit->htval << 2 | (exit->tval & 3);
	enum region_kind kind = region_at(vcpu->tvm->regions, gpa);

	if (kind == REGION_NONE)
		return no_access(vcpu);
	if (kind == REGION_MMIO)
		return device(vcpu, report, gpa);
	/* What the host can write to holds neither instructions nor tables. */
	switch (memory_fault(vcpu->tvm, gpa, fetch || table)) {
	case 0:
		return NEXT_ENTER;
	case COVE_ERR_AGAIN:
		return changing(vcpu->tvm);
	case COVE_ERR_DENIED:
		return no_access(vcpu);
	default:
		*report = (struct report){
			.kind = REPORT_PAGE, .cause = exit->cause, .gpa = gpa,
		};
		return NEXT_EXIT;
	}
}

static const struct {
	enum next (*serve)(struct vcpu *vcpu, struct report *report);
	bool locks;		/* the TVM */
} exits[] = {
	[0]			= { .serve = reflect },	/* misaligned fetch */
	[TRAP_FETCH_ACCESS]	= { .serve = reflect },
	[TRAP_ILLEGAL]		= { .serve = reflect },
	[3]			= { .serve = reflect },	/* breakpoint */
	[4]			= { .serve = reflect },	/* misaligned load */
	[TRAP_LOAD_ACCESS]	= { .serve = reflect },
	[6]			= { .serve = reflect },	/* misaligned store */
	[TRAP_STORE_ACCESS]	= { .serve = reflect },
	[8]			= { .serve = reflect },	/* ecall of VU-mode */
	[TRAP_VS_CALL]		= { .serve = guest_call },
	[12]			= { .serve = reflect },	/* page fault of a fetch, */
	[13]			= { .serve = reflect },	/* a load, */
	[15]			= { .serve = reflect },	/* a store */
	[TRAP_SOFTWARE_CHECK]	= { .serve = reflect },
	[TRAP_GUEST_FETCH]	= { .serve = guest_fault, .locks = true },
	[TRAP_GUEST_LOAD]	= { .serve = guest_fault, .locks = true },
	[TRAP_VIRTUAL]		= { .serve = virtual_instruction },
	[TRAP_GUEST_STORE]	= { .serve = guest_fault, .locks = true },
};

/**
 * exit_serve() - see to an exit
 * @vcpu: the vCPU
 * @report: gets what the host is told, if it is
 *
 * Return: what is next.
 */
enum next exit_serve(struct vcpu *vcpu, struct report *report)
{
	uint64_t cause = vcpu->exit.cause;
	enum next next;

	if (cause & TRAP_INTERRUPT) {
		*report = (struct report){ .kind = REPORT_INTERRUPT, .cause = cause };
		return NEXT_EXIT;
	}
	if (cause >= ARRAY_SIZE(exits) || !exits[cause].serve)
		return vcpu_end(vcpu, report, cause);
	if (!exits[cause].locks)
		return exits[cause].serve(vcpu, report);
	if (!vcpu_lock_tvm(vcpu))
		return NEXT_ENTER;
	next = exits[cause].serve(vcpu, report);
	lock_drop(&vcpu->tvm->lock);
	return next;
}
