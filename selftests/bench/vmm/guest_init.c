// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only process of the bench's Linux guest: fills memory, reads it again,
 * and powers off.  If something is wrong it ends, and the kernel panics.
 */
#include <stddef.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE	(96UL << 20)
#define WORDS	(SIZE / sizeof(unsigned long))
#define STEP	64	/* a word in each of 8 lines of a page */

int main(void)
{
	unsigned long *mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < WORDS; i += STEP)
		mem[i] = i + 1;
	for (size_t i = 0; i < WORDS; i += STEP) {
		if (mem[i] != i + 1)
			return 1;
	}
	for (int i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	reboot(RB_POWER_OFF);
	return 1;
}
