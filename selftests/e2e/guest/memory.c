// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: memory MIB FILE
 *
 * Until FILE appears, fill memory with a pattern that tells pages apart, and
 * verify it over and over.  One page in eight has the contents of its
 * neighbour, so that the host can merge the two (KSM); one word a page is
 * rewritten now and then, so that it has to part them again.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096UL
#define WORDS		(PAGE / sizeof(uint64_t))
#define MARK_WORD	(WORDS / 2)

static uint64_t pattern(unsigned long page, unsigned long word)
{
	/* Pages 8n and 8n+1 are twins. */
	if (page % 8 == 1)
		page--;
	return (page * WORDS + word) * 0x9e3779b97f4a7c15ULL;
}

/* Twins are rewritten in the same round, every sixteenth. */
static int rewritten(unsigned long page, uint64_t round)
{
	return (page / 2 + round) % 16 == 0;
}

/* What the word that is rewritten holds at the start of @round. */
static uint64_t mark(unsigned long page, uint64_t round)
{
	uint64_t done;

	for (done = round; done && done + 16 > round; done--)
		if (rewritten(page, done - 1))
			return done;
	return 0;
}

static int page_is_intact(const uint64_t *p, unsigned long page, uint64_t round)
{
	uint64_t want_mark = mark(page, round);
	unsigned long word;

	for (word = 0; word < WORDS; word++) {
		uint64_t want = word == MARK_WORD ? want_mark : pattern(page, word);

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
	int stop;

	if (argc != 3) {
		fprintf(stderr, "usage: memory MIB FILE\n");
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
		mem[page * WORDS + MARK_WORD] = mark(page, 0);
	}
	puts("filled");
	fflush(stdout);

	/* One more round after the last thing that happened to the memory. */
	do {
		stop = !access(argv[2], F_OK);
		for (page = 0; page < pages; page++) {
			uint64_t *p = mem + page * WORDS;

			if (!page_is_intact(p, page, round))
				return 1;
			if (rewritten(page, round))
				p[MARK_WORD] = round + 1;
		}
		round++;
	} while (!stop);
	printf("%lu rounds\n", (unsigned long)round);
	return 0;
}
