// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: memory MIB SECONDS
 *
 * Fill memory with a pattern that tells pages apart, and verify it over and
 * over.  One page in eight is given the contents of its neighbour, so that the
 * host can merge pages (KSM), and one word a page is rewritten in each round,
 * so that it has to break that up again.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE		4096UL
#define WORDS		(PAGE / sizeof(uint64_t))
#define ROUND_WORD	(WORDS / 2)

static uint64_t pattern(unsigned long page, unsigned long word)
{
	/* Pages 8n and 8n+1 are twins. */
	if (page % 8 == 1)
		page--;
	return (page * WORDS + word) * 0x9e3779b97f4a7c15ULL;
}

static int page_is_intact(const uint64_t *p, unsigned long page, uint64_t round)
{
	unsigned long word;

	for (word = 0; word < WORDS; word++) {
		uint64_t want = word == ROUND_WORD ? round : pattern(page, word);

		if (p[word] == want)
			continue;
		printf("page %lu word %lu: %#lx instead of %#lx\n", page, word,
		       (unsigned long)p[word], (unsigned long)want);
		return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long pages, page, word;
	uint64_t *mem, round = 0;
	time_t end;

	if (argc != 3) {
		fprintf(stderr, "usage: memory MIB SECONDS\n");
		return 2;
	}

	pages = strtoul(argv[1], NULL, 0) << 20 >> 12;
	mem = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		perror("mmap");
		return 1;
	}

	for (page = 0; page < pages; page++) {
		for (word = 0; word < WORDS; word++)
			mem[page * WORDS + word] = pattern(page, word);
		mem[page * WORDS + ROUND_WORD] = round;
	}
	puts("filled");
	fflush(stdout);

	end = time(NULL) + strtol(argv[2], NULL, 0);
	while (time(NULL) < end) {
		for (page = 0; page < pages; page++) {
			uint64_t *p = mem + page * WORDS;

			if (!page_is_intact(p, page, round))
				return 1;
			p[ROUND_WORD] = round + 1;
		}
		round++;
	}
	printf("%lu rounds\n", (unsigned long)round);
	return round ? 0 : 1;
}
