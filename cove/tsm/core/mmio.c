// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which load or store it was: from htinst, which the hart writes for a guest
 * page fault.  There the instruction has no offset and no base register; bit 1
 * is clear if it was a compressed one.
 */

#include "mmio.h"

#include "array.h"
#include "vcpu.h"

#define RD_SHIFT	7
#define RS2_SHIFT	20
#define NOT_COMPRESSED	2U
#define A0		10U

/* All but the operand, and bit 1. */
#define LOAD_MASK	0xfffff07dU
#define STORE_MASK	0xfe0ffffdU
#define LOAD(funct3)	((funct3) << 12 | 0x01)
#define STORE(funct3)	((funct3) << 12 | 0x21)

static const struct {
	uint32_t insn;
	uint8_t bytes;
	bool store;
	bool extends;
} accesses[] = {
	{ LOAD(0), 1, false, true },	/* lb */
	{ LOAD(1), 2, false, true },	/* lh */
	{ LOAD(2), 4, false, true },	/* lw, c.lw, c.lwsp */
	{ LOAD(3), 8, false, true },	/* ld, c.ld, c.ldsp */
	{ LOAD(4), 1, false, false },	/* lbu */
	{ LOAD(5), 2, false, false },	/* lhu */
	{ LOAD(6), 4, false, false },	/* lwu */
	{ STORE(0), 1, true, false },	/* sb */
	{ STORE(1), 2, true, false },	/* sh */
	{ STORE(2), 4, true, false },	/* sw, c.sw, c.swsp */
	{ STORE(3), 8, true, false },	/* sd, c.sd, c.sdsp */
};

/**
 * mmio_decode() - find out about a load or store
 * @htinst: by the hart; it has an offset in the place of rs1 if the fault was
 *	in the second part of an access that isn't aligned
 * @access: gets it
 *
 * Return: false if it is none, or one that isn't emulated.
 */
bool mmio_decode(uint64_t htinst, struct mmio_access *access)
{
	unsigned int i, shift;
	uint32_t mask;

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		mask = accesses[i].store ? STORE_MASK : LOAD_MASK;
		if (htinst >> 32 || (htinst & mask) != accesses[i].insn)
			continue;
		shift = accesses[i].store ? RS2_SHIFT : RD_SHIFT;
		*access = (struct mmio_access){
			.store = accesses[i].store,
			.extends = accesses[i].extends,
			.bytes = accesses[i].bytes,
			.reg = htinst >> shift & 31,
			.length = htinst & NOT_COMPRESSED ? 4 : 2,
			.shown = accesses[i].insn | A0 << shift | NOT_COMPRESSED,
		};
		return true;
	}
	return false;
}

static uint64_t low_bytes(uint64_t value, unsigned int bytes)
{
	return bytes == 8 ? value : value & ((1ULL << 8 * bytes) - 1);
}

/**
 * mmio_operand() - what a store stores
 * @access: the store
 * @value: of its register
 */
uint64_t mmio_operand(const struct mmio_access *access, uint64_t value)
{
	return low_bytes(value, access->bytes);
}

/**
 * mmio_result() - what a load finds
 * @wait: which load
 * @value: by the host, of which no more than the load's width counts
 */
uint64_t mmio_result(const struct vcpu_wait *wait, uint64_t value)
{
	uint64_t sign = 1ULL << (8 * wait->bytes - 1);

	value = low_bytes(value, wait->bytes);
	return wait->extends ? (value ^ sign) - sign : value;
}
