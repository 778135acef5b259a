// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU that runs in a thread beside the main one: on the same hart if there
 * is but one, else on the next.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "bench.h"
#include "events.h"

struct runner {
	pthread_t thread;
	const struct event *ev;
	struct vm *vm;
	struct vcpu *vcpu;
	int ret;
};

/* The calling thread, from now on */
void run_on_hart(unsigned int hart)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(hart, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void *runner_main(void *arg)
{
	struct runner *r = arg;

	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		run_on_hart(1);
	r->ret = run_until_done(r->ev, r->vm, r->vcpu);
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
}

/* There is one at a time. */
struct runner *runner_start(const struct event *ev, struct vm *vm,
			    struct vcpu *vcpu)
{
	struct sigaction action = { .sa_handler = on_signal };
	static struct runner runner;

	sigaction(SIGUSR1, &action, NULL);
	runner = (struct runner){ .ev = ev, .vm = vm, .vcpu = vcpu };
	errno = pthread_create(&runner.thread, NULL, runner_main, &runner);
	if (errno)
		die("thread");
	return &runner;
}

/* Wait until the guest says that it is done; 0 if it didn't fail. */
int runner_join(struct runner *runner)
{
	pthread_join(runner->thread, NULL);
	return runner->ret;
}

/* End a guest that runs forever. */
void runner_stop(struct runner *runner)
{
	runner->vcpu->run->immediate_exit = 1;
	pthread_kill(runner->thread, SIGUSR1);
	pthread_join(runner->thread, NULL);
}
