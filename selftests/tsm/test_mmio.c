// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and stores that the host emulates: which instructions are, what the
 * host sees of one, and what becomes of its answer.
 */

#include "guest.h"
#include "mmio.h"

#define LOAD(funct3, rd)	((funct3) << 12 | (rd) << 7 | 3U)
#define STORE(funct3, rs2)	((rs2) << 20 | (funct3) << 12 | 0x23U)
/* As the hart transforms a compressed instruction. */
#define COMPRESSED(insn)	((insn) & ~2U)

static int start(void **state)
{
	guest_start(1);
	return 0;
}

static int stop(void **state)
{
	guest_stop();
	return 0;
}

/* All values of the 32 bits that say anything: 12 fixed ones aside. */
static void every_instruction(void **state)
{
	static const uint8_t load_bytes[8] = { 1, 2, 4, 8, 1, 2, 4, 0 };
	uint32_t funct3, reg, opcode;

	for (opcode = 0; opcode < 128; opcode++) {
		for (funct3 = 0; funct3 < 8; funct3++) {
			for (reg = 0; reg < 32; reg++) {
				uint32_t load = funct3 << 12 | reg << 7 | opcode;
				uint32_t store = reg << 20 | funct3 << 12 | opcode;
				bool is_load = (opcode | 2) == 3 && funct3 < 7;
				bool is_store = (opcode | 2) == 0x23 && funct3 < 4;
				struct mmio_access access;

				/* With register 0 both look the same. */
				assert_int_equal(mmio_decode(load, &access),
						 is_load || (is_store && !reg));
				if (is_load) {
					assert_false(access.store);
					assert_int_equal(access.reg, reg);
					assert_int_equal(access.bytes, load_bytes[funct3]);
					assert_int_equal(access.extends, funct3 < 4);
					assert_int_equal(access.length, opcode & 2 ? 4 : 2);
					assert_int_equal(access.shown, LOAD(funct3, 10));
				}
				assert_int_equal(mmio_decode(store, &access),
						 is_store || (is_load && !reg));
				if (is_store) {
					assert_true(access.store);
					assert_int_equal(access.reg, reg);
					assert_int_equal(access.bytes, 1 << funct3);
					assert_int_equal(access.length, opcode & 2 ? 4 : 2);
					assert_int_equal(access.shown, STORE(funct3, 10));
				}
			}
		}
	}
}

static void no_other_bits(void **state)
{
	struct mmio_access access;
	unsigned int bit;

	for (bit = 15; bit < 64; bit++) {
		assert_false(mmio_decode(LOAD(3ULL, 10ULL) | 1ULL << bit, &access));
		if (bit < 20 || bit > 24)
			assert_false(mmio_decode(STORE(3ULL, 10ULL) | 1ULL << bit, &access));
	}
	for (bit = 7; bit < 12; bit++)
		assert_false(mmio_decode(STORE(3ULL, 10ULL) | 1ULL << bit, &access));
	/* An access to the guest's page tables, and none at all. */
	assert_false(mmio_decode(0x3000, &access));
	assert_false(mmio_decode(0x3020, &access));
	assert_false(mmio_decode(0, &access));
}

static void run_access(uint64_t cause, uint64_t gpa, uint32_t htinst)
{
	const struct guest_step step = { cause, 0xffffffc000000000ULL | (gpa & 0xfff),
					 gpa >> 2, htinst, NULL };
	uint64_t value;

	guest_poison(0);
	guest_script(&step, 1);
	assert_int_equal(guest_run(guest_vcpu(0), &value), 0);
	assert_int_equal(value, 0);
}

/* What the host gives, what the guest gets. */
static void loads(void **state)
{
	static const struct {
		unsigned int funct3;
		uint64_t given, got;
	} table[] = {
		{ 0, 0x1234567890abcd80, 0xffffffffffffff80 },
		{ 0, 0x1234567890abcd7f, 0x7f },
		{ 1, 0x1234567890ab8000, 0xffffffffffff8000 },
		{ 1, 0x1234567890ab7fff, 0x7fff },
		{ 2, 0x1234567880000000, 0xffffffff80000000 },
		{ 2, 0x123456787fffffff, 0x7fffffff },
		{ 3, 0x8234567890abcdef, 0x8234567890abcdef },
		{ 4, 0x1234567890abcdff, 0xff },
		{ 5, 0x1234567890abffff, 0xffff },
		{ 6, 0x12345678ffffffff, 0xffffffff },
	};
	struct vcpu *vcpu = guest_vcpu(0);
	unsigned int i, reg;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		for (reg = 0; reg < 32; reg++) {
			uint64_t pc = vcpu->pc, saved[32];
			uint32_t insn = LOAD(table[i].funct3, reg);

			memset(vcpu->gpr + 1, 0x77, sizeof(vcpu->gpr) - 8);
			memcpy(saved, vcpu->gpr, sizeof(saved));
			run_access(21, DEVICE + 8, i & 1 ? COMPRESSED(insn) : insn);
			assert_int_equal(host_cause, 21);
			assert_int_equal(host_tval, 0);
			assert_int_equal(guest_csr(0, COVE_CSR_HTVAL), (DEVICE + 8) >> 2);
			assert_int_equal(guest_csr(0, COVE_CSR_HTINST),
					 LOAD(table[i].funct3, 10));
			assert_int_equal(guest_shmem(0)->gpr[10], 0);
			assert_int_equal(vcpu->pc, pc + (i & 1 ? 2 : 4));
			/* Nothing has changed until the host answers. */
			assert_memory_equal(vcpu->gpr, saved, sizeof(saved));
			guest_poison(0);
			guest_shmem(0)->gpr[10] = table[i].given;
			guest_runs_on(vcpu);
			if (reg)
				saved[reg] = table[i].got;
			assert_memory_equal(vcpu->gpr, saved, sizeof(saved));
			/* Once. */
			guest_shmem(0)->gpr[10] = 0x99;
			guest_runs_on(vcpu);
			assert_memory_equal(vcpu->gpr, saved, sizeof(saved));
		}
	}
}

static void stores(void **state)
{
	static const uint64_t stored[] = { 0xef, 0xcdef, 0x90abcdef, 0x1234567890abcdef };
	struct vcpu *vcpu = guest_vcpu(0);
	unsigned int funct3, reg;

	for (funct3 = 0; funct3 < 4; funct3++) {
		for (reg = 0; reg < 32; reg++) {
			uint64_t pc = vcpu->pc, saved[32];

			memset(vcpu->gpr + 1, 0x77, sizeof(vcpu->gpr) - 8);
			if (reg)
				vcpu->gpr[reg] = 0x1234567890abcdef;
			memcpy(saved, vcpu->gpr, sizeof(saved));
			run_access(23, DEVICE + 0x18, STORE(funct3, reg));
			assert_int_equal(host_cause, 23);
			assert_int_equal(guest_csr(0, COVE_CSR_HTVAL), (DEVICE + 0x18) >> 2);
			assert_int_equal(guest_csr(0, COVE_CSR_HTINST), STORE(funct3, 10));
			assert_int_equal(guest_shmem(0)->gpr[10], reg ? stored[funct3] : 0);
			assert_int_equal(vcpu->pc, pc + 4);
			/* There is no answer to a store. */
			guest_poison(0);
			guest_runs_on(vcpu);
			assert_memory_equal(vcpu->gpr, saved, sizeof(saved));
		}
	}
}

/* The two low bits of the address are in stval. */
static void bytes_of_a_word(void **state)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		run_access(23, DEVICE + i, STORE(0, 5));
		assert_int_equal(guest_csr(0, COVE_CSR_HTVAL), (DEVICE + i) >> 2);
		assert_int_equal(host_tval, i & 3);
	}
}

static void refused(uint64_t cause, uint64_t gpa, uint32_t htinst, uint64_t becomes)
{
	struct vcpu *vcpu = guest_vcpu(0);
	uint64_t pc = vcpu->pc;

	vcpu->csr[VCPU_VSTVEC] = 0x5000;
	run_access(cause, gpa, htinst);
	assert_int_equal(host_cause, TIMER);
	assert_int_equal(vcpu->csr[VCPU_VSCAUSE], becomes);
	assert_int_equal(vcpu->csr[VCPU_VSTVAL], 0xffffffc000000000ULL | (gpa & 0xfff));
	assert_int_equal(vcpu->csr[VCPU_VSEPC], pc);
	assert_int_equal(vcpu->pc, 0x5000);
	assert_int_equal(vcpu->wait.what, VCPU_NOTHING);
	vcpu->pc = pc;
}

static void what_is_not_emulated(void **state)
{
	/* Not aligned, and the second part of one that isn't. */
	refused(21, DEVICE + 1, LOAD(1, 5), 5);
	refused(21, DEVICE + 2, LOAD(2, 5), 5);
	refused(21, DEVICE + 4, LOAD(3, 5), 5);
	refused(23, DEVICE + 4, STORE(3, 5), 7);
	refused(21, DEVICE + 0x1000, LOAD(3, 5) | 4 << 15, 5);
	/* What isn't what the cause says. */
	refused(23, DEVICE, LOAD(3, 5), 7);
	refused(21, DEVICE, STORE(3, 5), 5);
	/* fld, fsd, lr.d, amoadd.d, cbo.zero, nothing known */
	refused(21, DEVICE, LOAD(3, 5) | 4, 5);
	refused(23, DEVICE, STORE(3, 5) | 4, 7);
	refused(21, DEVICE, 0x1000302f, 5);
	refused(23, DEVICE, 0x0000302f, 7);
	refused(23, DEVICE, 0x0040200f, 7);
	refused(21, DEVICE, 0, 5);
	refused(23, DEVICE, 0, 7);
	/* Page tables, or code, on a device. */
	refused(21, DEVICE, 0x3000, 5);
	refused(23, DEVICE, 0x3020, 7);
	refused(20, DEVICE, 0, 1);
	refused(20, DEVICE, LOAD(3, 5), 1);
	/* Around it there is nothing. */
	refused(21, DEVICE - 8, LOAD(3, 5), 5);
	refused(23, DEVICE + DEVICE_SIZE, STORE(3, 5), 7);
	refused(20, NOWHERE, 0, 1);
	refused(21, 1ULL << 41, LOAD(3, 5), 5);
	refused(21, ~7ULL, LOAD(3, 5), 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_instruction),
		TEST(no_other_bits),
		TEST(loads),
		TEST(stores),
		TEST(bytes_of_a_word),
		TEST(what_is_not_emulated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
