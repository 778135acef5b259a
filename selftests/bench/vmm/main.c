// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench's only process: PID 1 of a host that has nothing but this program
 * and one kvm.ko.  Loads the module, runs the events, powers off.
 *
 * Environment, from the kernel's command line: EVENTS=a,b (default: all),
 * SYMBOLS=1 (print the kernel's and the module's symbols), CHECK=1 (check_exec as well,
 * which wants an operator).
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "events.h"
#include "vm.h"

#define SETTLE_SECONDS	5
#define SETTLE_MOST	300
#define IDLE_PERCENT	98

static void mount_one(const char *type, const char *dir)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, 0, NULL))
		die(dir);
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		die(path);
	close(fd);
}

static void print_symbols(void)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long addr;
	char line[512], type, name[256];

	if (!f)
		die("/proc/kallsyms");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx %c %255s", &addr, &type, name) == 3 &&
		    (type == 't' || type == 'T') && !strchr(".$", *name))
			printf("%lx %s\n", addr, name);
	fclose(f);
}

/* Is @name one of the comma-separated @list? */
static bool listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	if (!list)
		return true;
	for (; *list; list += strcspn(list, ",")) {
		list += *list == ',';
		if (!strncmp(list, name, len) && strchr(",", list[len]))
			return true;
	}
	return false;
}

static bool wanted(const struct event *ev)
{
	if (ev->id == EV_CHECK_EXEC)
		return getenv("CHECK");
	return listed(getenv("EVENTS"), ev->name);
}

/* Nothing to do for a module that has no choice: there WFI traps. */
static void choose_wfi(bool traps)
{
	int fd = open("/sys/module/kvm/parameters/wfi_trap_policy", O_WRONLY);

	if (fd < 0)
		return;
	dprintf(fd, "%s", traps ? "trap" : "adaptive");
	close(fd);
}

/* A child for each event: the next one finds the process as this one did. */
static void run_event(const struct event *ev)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		die("fork");
	if (!pid)
		exit(ev->run(ev) ? 1 : 0);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (status)
		bench_mark(MARK_CANCEL);
	printf("bench: event %s %s\n", ev->name, status ? "failed" : "done");
}

/* Jiffies of all harts so far, and how many of them were idle */
static void read_jiffies(unsigned long *all, unsigned long *idle)
{
	unsigned long jiffies[8] = { 0 };
	FILE *f = fopen("/proc/stat", "r");

	if (!f || fscanf(f, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", &jiffies[0],
			 &jiffies[1], &jiffies[2], &jiffies[3], &jiffies[4],
			 &jiffies[5], &jiffies[6], &jiffies[7]) != 8)
		die("/proc/stat");
	fclose(f);
	*idle = jiffies[3];
	*all = 0;
	for (int i = 0; i < 8; i++)
		*all += jiffies[i];
}

/* Until the host has done what it put off while booting: keys, tests. */
static void settle(void)
{
	for (int seconds = 0; seconds < SETTLE_MOST; seconds++) {
		unsigned long all[2], idle[2];

		read_jiffies(&all[0], &idle[0]);
		sleep(1);
		read_jiffies(&all[1], &idle[1]);
		if (seconds >= SETTLE_SECONDS && (idle[1] - idle[0]) * 100 >=
						 (all[1] - all[0]) * IDLE_PERCENT)
			return;
	}
	printf("bench: the host does not come to rest\n");
}

static void run_all(void)
{
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("devtmpfs", "/dev");
	load_module("/kvm.ko");
	if (getenv("SYMBOLS"))
		print_symbols();
	settle();
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		run_on_hart(0);
	for (const struct event *ev = events; ev->name; ev++) {
		if (wanted(ev)) {
			choose_wfi(ev->wfi_traps);
			run_event(ev);
		}
	}
	printf("bench: complete\n");
}

int main(void)
{
	pid_t pid;

	/* PID 1 must not exit, whatever happens: the work is a child's. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	pid = fork();
	if (!pid) {
		run_all();
		exit(0);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	reboot(RB_POWER_OFF);
	return 1;
}
