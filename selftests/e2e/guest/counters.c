// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: counters
 *
 * The kernel's perf, with the hardware counters that it found: cycles and
 * instructions of this process grow with its work, and stand still without.
 */

#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS	1000000

static int open_counter(uint64_t event)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_HARDWARE,
		.config = event,
		.disabled = 1,
		.pinned = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static uint64_t value(int fd)
{
	uint64_t count = 0;

	/* A pinned event that got no counter reads as nothing. */
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}

static void work(void)
{
	for (int i = 0; i < ROUNDS; i++)
		__asm__ volatile("nop");
}

static int counts(uint64_t event)
{
	int fd = open_counter(event);
	uint64_t once, twice, stopped;

	if (fd < 0) {
		perror("perf_event_open");
		return 0;
	}
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	work();
	once = value(fd);
	work();
	twice = value(fd);
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	stopped = value(fd);
	work();
	printf("event %ju: %ju, %ju, %ju, %ju\n", event, once, twice, stopped,
	       value(fd));
	return once && once < twice && twice <= stopped &&
	       stopped == value(fd) && stopped < UINT64_C(1) << 40;
}

int main(void)
{
	int cycles = counts(PERF_COUNT_HW_CPU_CYCLES);

	return !(counts(PERF_COUNT_HW_INSTRUCTIONS) && cycles);
}
