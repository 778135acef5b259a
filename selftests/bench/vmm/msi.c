// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSIs that the VMM sends to a vCPU which runs on another hart. A window begins
 * before the system call, which is the sender's part of it, and ends when the
 * guest has claimed the interrupt.
 */
#include <stdio.h>
#include <sys/cdefs.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"
#include "events.h"

#define WAIT_US		20

/* The guest counts what it has taken, from 1: that it is ready. */
static void wait_for_guest(struct vm *vm, __u64 count)
{
	while (vm_shared(vm) != count)
		usleep(WAIT_US);
}

static void send_msi(struct vm *vm, int event)
{
	(void)event;
	vm_signal_msi(vm);
}

static void signal_irqfd(struct vm *vm, int event)
{
	const __u64 one = 1;

	(void)vm;
	if (write(event, &one, sizeof(one)) != sizeof(one))
		die("eventfd");
}

/* @id and @send are constants where this is called. */
static __always_inline int send_all(const struct event *ev, const int id,
				    void (*send)(struct vm *vm, int event))
{
	int event = eventfd(0, EFD_CLOEXEC);
	struct runner *guest;
	struct vm vm;
	int ret;

	if (event < 0)
		die("eventfd");
	make_guest(ev, &vm);
	vm_add_irqfd(&vm, event);
	guest = runner_start(ev, &vm, &vm.vcpu[0]);
	for (unsigned int i = 1; i <= ev->count; i++) {
		wait_for_guest(&vm, i);
		bench_mark(MARK_BEGIN | id);
		send(&vm, event);
		bench_mark(MARK_LEAVE | id);
	}
	ret = runner_join(guest);
	vm_destroy(&vm);
	close(event);
	return ret;
}

int msi_file_event(const struct event *ev)
{
	return send_all(ev, EV_MSI_FILE, send_msi);
}

int msi_sw_event(const struct event *ev)
{
	return send_all(ev, EV_MSI_SW, send_msi);
}

int irqfd_file_event(const struct event *ev)
{
	return send_all(ev, EV_IRQFD_FILE, signal_irqfd);
}

int irqfd_sw_event(const struct event *ev)
{
	return send_all(ev, EV_IRQFD_SW, signal_irqfd);
}
