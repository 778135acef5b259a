/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVENTS_H
#define EVENTS_H

struct vm;

/**
 * struct event - one line of the bench
 * @name:	as in bench.h, lower case
 * @id:		EV_
 * @count:	windows to open
 * @run:	opens them
 *
 * The remaining fields are for guest_event(), which most events run: @prepare
 * is called before the guest runs, @sync whenever it stores to DEV_SYNC.
 */
struct event {
	const char *name;
	unsigned int id;
	unsigned int count;
	int (*run)(const struct event *ev);

	unsigned int nr_vcpus;
	unsigned long data_size;
	unsigned int backing;
	void (*prepare)(struct vm *vm);
	void (*sync)(struct vm *vm);
};

/* linux.c: boots a Linux guest, from its first instruction to its last. */
int linux_boot_event(const struct event *ev);

/* Ends with an event that has no name. */
extern const struct event events[];

#endif
