// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder of loads and stores: every value of htinst there is.
 *
 *	core: mmio.c
 *	check: --unwind 12
 *	full: --unwind 12
 */

#include "prove.h"

#include "mmio.h"
#include "vcpu.h"

#define OPCODE_LOAD	0x03
#define OPCODE_STORE	0x23

/* Written down from the ISA's formats, without a table. */
static bool is_emulated(uint64_t htinst)
{
	uint32_t opcode = (htinst | 2) & 0x7f, funct3 = htinst >> 12 & 7;

	if (htinst >> 32 || !(htinst & 1))
		return false;
	/* No offset, and no other part of the access: bits 31:20 or 31:25, 11:7. */
	if (opcode == OPCODE_LOAD)
		return funct3 != 7 && !(htinst >> 15 & 0x1ffff);
	return opcode == OPCODE_STORE && funct3 < 4 && !(htinst >> 25) &&
		!(htinst >> 7 & 31) && !(htinst >> 15 & 31);
}

void prove_decode(void)
{
	uint64_t htinst = nondet_u64();
	uint32_t funct3 = htinst >> 12 & 7;
	struct mmio_access access, shown;
	bool found = mmio_decode(htinst, &access);

	check(found == is_emulated(htinst));
	if (found) {
		bool store = htinst & 0x20;

		check(access.store == store);
		check(access.bytes == 1 << (funct3 & 3));
		check(access.extends == (!store && funct3 < 4));
		check(access.reg == (htinst >> (store ? 20 : 7) & 31));
		check(access.length == (htinst & 2 ? 4 : 2));
		/* The host sees a0 in the place of the operand, and nothing else. */
		check(mmio_decode(access.shown, &shown));
		check(shown.reg == 10 && shown.store == store && shown.length == 4);
		check(shown.bytes == access.bytes && shown.extends == access.extends);
	}
	reached();
}

static uint64_t extended(uint64_t value, unsigned int bytes, bool sign)
{
	switch (bytes) {
	case 1:
		return sign ? (uint64_t)(int8_t)value : (uint8_t)value;
	case 2:
		return sign ? (uint64_t)(int16_t)value : (uint16_t)value;
	case 4:
		return sign ? (uint64_t)(int32_t)value : (uint32_t)value;
	default:
		return value;
	}
}

void prove_values(void)
{
	uint64_t value = nondet_u64();
	struct mmio_access access;
	struct vcpu_wait wait;

	assume(mmio_decode(nondet_u64(), &access));
	wait = (struct vcpu_wait){ .bytes = access.bytes, .extends = access.extends };
	check(mmio_operand(&access, value) == extended(value, access.bytes, false));
	check(mmio_result(&wait, value) == extended(value, access.bytes, access.extends));
	reached();
}
