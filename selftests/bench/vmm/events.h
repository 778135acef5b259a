/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>

#include "vm.h"

/**
 * struct event - one line of the bench
 * @name:	as in bench.h, lower case
 * @id:		EV_
 * @count:	windows to open
 * @run:	opens them
 * @wfi_traps:	WFI leaves the guest, whatever the module would choose
 *
 * The remaining fields are for guest_event(), which most events run: @prepare
 * is called before the guest runs, @sync whenever it stores to DEV_SYNC. With
 * @both, vCPU 1 runs as well, in a thread: on another hart if there is one.
 */
struct event {
	const char *name;
	unsigned int id;
	unsigned int count;
	int (*run)(const struct event *ev);
	bool wfi_traps;

	unsigned int nr_vcpus;
	bool both;
	enum aia aia;
	unsigned long data_size;
	unsigned int backing;
	void (*prepare)(struct vm *vm);
	void (*sync)(struct vm *vm);
};

/* events.c */
int run_until_done(const struct event *ev, struct vm *vm, struct vcpu *vcpu);
void make_guest(const struct event *ev, struct vm *vm);

/* threads.c */
struct runner;
struct runner *runner_start(const struct event *ev, struct vm *vm,
			    struct vcpu *vcpu);
int runner_join(struct runner *runner);
void runner_stop(struct runner *runner);
void run_on_hart(unsigned int hart);

/* msi.c: MSIs of the VMM to a vCPU that runs on another hart */
int msi_file_event(const struct event *ev);
int msi_sw_event(const struct event *ev);
int irqfd_file_event(const struct event *ev);
int irqfd_sw_event(const struct event *ev);

/* linux.c: boots a Linux guest, from its first instruction to its last. */
int linux_boot_event(const struct event *ev);

/* Ends with an event that has no name. */
extern const struct event events[];

#endif
