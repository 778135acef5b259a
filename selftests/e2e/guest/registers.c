// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: registers float|vector
 *
 * Several processes fill all registers of a unit with a value of their own,
 * give the CPU away, and look whether they find them again.  Run in a guest,
 * and in its host at the same time, this shows units that are switched lazily
 * and too late.
 */

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES	4
#define ROUNDS		400
#define SPIN		20000

/* Assembler loop over register numbers; the body says \\n, .endr ends it. */
#define FOR_1_TO_31	".irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17," \
			"18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
#define FOR_ALL		".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17," \
			"18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"

/* Whether all 32 registers still hold @seed after some time. */
static int float_kept(uint64_t seed, long spin)
{
	uint64_t bad;

	asm volatile(FOR_ALL
		"	fmv.d.x	f\\n, %[seed]\n"
		".endr\n"
		"	mv	%[bad], zero\n"
		"1:	addi	%[spin], %[spin], -1\n"
		"	bnez	%[spin], 1b\n"
		FOR_ALL
		"	fmv.x.d	t0, f\\n\n"
		"	xor	t0, t0, %[seed]\n"
		"	or	%[bad], %[bad], t0\n"
		".endr\n"
		: [bad] "=&r"(bad), [spin] "+&r"(spin)
		: [seed] "r"(seed)
		: "t0", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8",
		  "f9", "f10", "f11", "f12", "f13", "f14", "f15", "f16", "f17",
		  "f18", "f19", "f20", "f21", "f22", "f23", "f24", "f25", "f26",
		  "f27", "f28", "f29", "f30", "f31");
	return !bad;
}

/* The same for v0-v31, whose difference is gathered in v1 at the end. */
static int vector_kept(uint64_t seed, long spin)
{
	uint64_t bad;

	asm volatile("	.option push\n"
		"	.option arch, +v\n"
		"	vsetvli	t0, zero, e64, m1, ta, ma\n"
		FOR_ALL
		"	vmv.v.x	v\\n, %[seed]\n"
		".endr\n"
		"1:	addi	%[spin], %[spin], -1\n"
		"	bnez	%[spin], 1b\n"
		"	vxor.vx	v0, v0, %[seed]\n"
		FOR_1_TO_31
		"	vxor.vx	v\\n, v\\n, %[seed]\n"
		"	vor.vv	v0, v0, v\\n\n"
		".endr\n"
		"	vmv.v.i	v1, 0\n"
		"	vredor.vs v1, v0, v1\n"
		"	vmv.x.s	%[bad], v1\n"
		"	.option pop\n"
		: [bad] "=&r"(bad), [spin] "+&r"(spin)
		: [seed] "r"(seed)
		: "t0", "memory");
	return !bad;
}

static int worker(int number, int (*kept)(uint64_t seed, long spin))
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t seed = 0x0123456789abcdefULL * (number + 1) + round;

		if (!kept(seed, SPIN)) {
			printf("process %d, round %d: a register changed\n", number, round);
			return 1;
		}
		/* Also leave the unit unused for a while. */
		if (round % 16 == 0)
			usleep(1000);
		else
			sched_yield();
	}
	return 0;
}

int main(int argc, char **argv)
{
	int (*kept)(uint64_t seed, long spin) = float_kept;
	int number, status, failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: registers float|vector\n");
		return 2;
	}
	if (!strcmp(argv[1], "vector"))
		kept = vector_kept;

	for (number = 0; number < PROCESSES; number++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (!pid)
			_exit(worker(number, kept));
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed ? 1 : 0;
}
