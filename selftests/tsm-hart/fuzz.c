// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TVM of random instructions: whatever it does, it comes back to the TSM,
 * and the host and its memory are as before.
 */

#include <cove/covh.h>

#include "../../cove/tsm/check/direct.h"
#include "payload.h"

#define ROUNDS		10	/* of new instructions */
#define STARTS		50	/* at different places of them */
#define TICKS		300	/* that a run may take */
#define VSTIMECMP	8	/* in enum vcpu_csr */

static uint8_t image[DIRECT_IMAGE] __attribute__((aligned(4096)));
static struct direct vcpu __attribute__((aligned(4096)));
static uint64_t state;

static uint64_t random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Half of them are of opcode SYSTEM: CSRs, fences, returns. */
static uint32_t instruction(void)
{
	uint32_t word = random() >> 13;

	if (random() & 1)
		word = (word & ~0x7fU) | 0x73;
	return word | 3;
}

static void fill(void)
{
	for (unsigned int i = 0; i < DIRECT_IMAGE; i += 4) {
		uint32_t word = instruction();

		memcpy(image + i, &word, 4);
	}
	sbi1(COVE_EXT_COVH, DIRECT_LOAD, (unsigned long)image);
}

static bool start_somewhere(void)
{
	memset(&vcpu, 0, sizeof(vcpu));
	for (unsigned int i = 1; i < 32; i++)
		vcpu.gpr[i] = random() & 1 ? random() : DIRECT_GPA + (random() & 0x1fffff);
	vcpu.pc = DIRECT_GPA + (random() & (DIRECT_IMAGE - 4));
	vcpu.privilege = random() & 1;
	for (unsigned int i = 0; i < 8; i++)
		vcpu.csr[i] = random();
	vcpu.csr[7] = 0;
	vcpu.csr[VSTIMECMP] = random();
	csr_write(stimecmp, csr_read(time) + TICKS);
	return !sbi1(COVE_EXT_COVH, DIRECT_RUN, (unsigned long)&vcpu).error;
}

/**
 * test_fuzz() - if the firmware has the calls for it
 */
void test_fuzz(void)
{
	uint64_t seed = csr_read(time) * 2654435761 | 1, causes = 0;
	bool good = true;

	if (sbi0(COVE_EXT_COVH, DIRECT_NULL).error)
		return;
	print("# random instructions: seed %lx\n", seed);
	state = seed;
	csr_set(sie, 0x20);
	for (unsigned int round = 0; round < ROUNDS && good; round++) {
		fill();
		for (unsigned int i = 0; i < STARTS && good; i++) {
			good = start_somewhere() && csr_read(sscratch) == (uint64_t)this_hart &&
			       !csr_read(vsatp) && !csr_read(hgatp);
			if (vcpu.cause < 64)
				causes |= 1UL << vcpu.cause;
		}
	}
	csr_clear(sie, 0x20);
	csr_write(stimecmp, ~0UL);
	report(good, "the host outlives random instructions of a TVM (seed %lx)", seed);
	print("# they came back with causes %lx\n", causes);
}
