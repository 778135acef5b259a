// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory that is not there yet, or not there any more: pages that a
 * thread of the VMM brings when they are asked for (userfaultfd), and pages
 * that the host has swapped out.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define SLOT		11
#define NR_PAGES	256UL
#define SLOT_SIZE	(NR_PAGES * PAGE_SZ)

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#define PM_SWAPPED	(1UL << 62)

#define ZRAM		"/sys/block/zram0/"
#define SWAP_ON		"modprobe zram && echo 64M >" ZRAM "disksize && " \
			"mkswap /dev/zram0 >/dev/null && swapon /dev/zram0"
#define SWAP_OFF	"swapoff /dev/zram0 && modprobe -r zram"

#define PATTERN(page)	(0x5a5a000000000000UL | (page))

FIXTURE(lazy)
{
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[2];
	uint64_t sp[2];
	char *mem;
	bool made_swap;
};

static char *word(char *mem, uint64_t page)
{
	return mem + page * PAGE_SZ;
}

/* Guest side */

static volatile uint64_t *guest_word(uint64_t page)
{
	return (void *)(HOLE_GVA + page * PAGE_SZ);
}

static void guest_read_all(uint64_t first)
{
	for (uint64_t i = 0; i < NR_PAGES; i++) {
		uint64_t page = (first + i) % NR_PAGES;

		GUEST_ASSERT_EQ(*guest_word(page), PATTERN(page));
	}
	GUEST_DONE();
}

/* Writes a second word, so that the first one tells what was there before. */
static void guest_write_all(uint64_t value)
{
	for (uint64_t i = 0; i < NR_PAGES; i++)
		guest_word(i)[1] = value + i;
	GUEST_DONE();
}

static uint64_t over;
static uint64_t rounds;

/* Nobody else writes to these pages: what was written last must be there. */
static void guest_count(void)
{
	for (uint64_t round = 1; !READ_ONCE(over); round++) {
		for (uint64_t i = 0; i < NR_PAGES; i++) {
			uint64_t val = guest_word(i)[1];

			__GUEST_ASSERT(val == round - 1, "page %lu: %lu in round %lu",
				       i, val, round);
			guest_word(i)[1] = round;
		}
		WRITE_ONCE(rounds, round);
	}
	GUEST_DONE();
}

/* Host side */

FIXTURE_SETUP(lazy)
{
	self->mem = mmap(NULL, SLOT_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->mem);
	ASSERT_EQ(0, madvise(self->mem, SLOT_SIZE, MADV_NOHUGEPAGE));
	self->vm = vm_create_with_vcpus(2, guest_read_all, self->vcpus);
	vm_set_user_memory_region(self->vm, SLOT, 0, HOLE_GPA, SLOT_SIZE,
				  self->mem);
	rv_map_hole(self->vm, NR_PAGES);
	for (int i = 0; i < 2; i++)
		self->sp[i] = rv_get(self->vcpus[i], RV_CORE(regs.sp));
}

FIXTURE_TEARDOWN(lazy)
{
	kvm_vm_free(self->vm);
	if (self->made_swap)
		system(SWAP_OFF);
}

static void begin(FIXTURE_DATA(lazy) *self, int i, void *fn, uint64_t arg)
{
	rv_restart_at(self->vcpus[i], fn);
	vcpu_set_reg(self->vcpus[i], RV_CORE(regs.sp), self->sp[i]);
	vcpu_args_set(self->vcpus[i], 1, arg);
}

static void run(FIXTURE_DATA(lazy) *self, void *fn, uint64_t arg)
{
	begin(self, 0, fn, arg);
	rv_run_done(self->vcpus[0]);
}

/**
 * struct pager - a thread that brings missing pages
 * @uffd: the userfaultfd, -1 if the host has none
 * @quit: what ends the thread when it is closed
 * @mem: the pages
 * @served: how many were brought
 * @tid: the thread
 */
struct pager {
	int uffd;
	int quit[2];
	char *mem;
	unsigned long served;
	pthread_t tid;
};

static void bring_page(struct pager *p, uint64_t addr)
{
	static char page[PAGE_SZ] __attribute__((aligned(PAGE_SZ)));
	struct uffdio_copy copy = {
		.dst = addr & ~(PAGE_SZ - 1),
		.src = (uintptr_t)page,
		.len = PAGE_SZ,
	};

	*(uint64_t *)page = PATTERN((copy.dst - (uintptr_t)p->mem) / PAGE_SZ);
	if (!ioctl(p->uffd, UFFDIO_COPY, &copy))
		p->served++;
	else	/* The other vCPU asked for it, too. */
		TEST_ASSERT(errno == EEXIST, "UFFDIO_COPY: %s", strerror(errno));
}

static void *pager_main(void *arg)
{
	struct pager *p = arg;
	struct pollfd fds[] = {
		{ .fd = p->uffd, .events = POLLIN },
		{ .fd = p->quit[0], .events = POLLIN },
	};
	struct uffd_msg msg;

	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		if (read(p->uffd, &msg, sizeof(msg)) != sizeof(msg))
			continue;
		TEST_ASSERT(msg.event == UFFD_EVENT_PAGEFAULT, "event %u",
			    msg.event);
		bring_page(p, msg.arg.pagefault.address);
	}
	return NULL;
}

static bool pager_open(struct pager *p, char *mem)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)mem, SLOT_SIZE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	*p = (struct pager) { .mem = mem };
	p->uffd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (p->uffd < 0)
		return false;
	TEST_ASSERT(!ioctl(p->uffd, UFFDIO_API, &api) &&
		    !ioctl(p->uffd, UFFDIO_REGISTER, &reg),
		    "userfaultfd: %s", strerror(errno));
	return true;
}

static void pager_start(struct pager *p)
{
	TEST_ASSERT(!pipe(p->quit) &&
		    !pthread_create(&p->tid, NULL, pager_main, p), "pager");
}

static void pager_stop(struct pager *p)
{
	close(p->quit[1]);
	pthread_join(p->tid, NULL);
	close(p->quit[0]);
	close(p->uffd);
}

#define REQUIRE_PAGER(p)						\
do {									\
	if (!pager_open(p, self->mem))					\
		SKIP(return, "the host has no userfaultfd");		\
} while (0)

/* Both vCPUs ask for all pages, beginning at different ends; then again. */
TEST_F(lazy, pages_come_when_asked_for)
{
	struct rv_thread threads[2];
	struct pager pager;

	REQUIRE_PAGER(&pager);
	pager_start(&pager);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2; i++) {
			begin(self, i, guest_read_all, i * NR_PAGES / 2);
			rv_thread_start(&threads[i], self->vcpus[i]);
		}
		for (int i = 0; i < 2; i++)
			rv_thread_join_done(&threads[i]);
		ASSERT_EQ(0, madvise(self->mem, SLOT_SIZE, MADV_DONTNEED));
	}
	pager_stop(&pager);
	/* Each page once a round, and none without being asked for */
	ASSERT_EQ(3 * NR_PAGES, pager.served);
}

TEST_F(lazy, a_store_asks_as_well)
{
	struct pager pager;

	REQUIRE_PAGER(&pager);
	pager_start(&pager);
	run(self, guest_write_all, 1000);
	pager_stop(&pager);
	ASSERT_EQ(NR_PAGES, pager.served);
	run(self, guest_read_all, 0);
	for (uint64_t i = 0; i < NR_PAGES; i++)
		ASSERT_EQ(1000 + i, ((uint64_t *)word(self->mem, i))[1]);
}

/* A VMM whose vCPU waits for a page that never comes can be killed. */
TEST_F(lazy, killed_while_waiting)
{
	int status, ready[2];
	char c = 0;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kvm_vcpu *vcpu;
		struct kvm_vm *vm;
		struct pager pager;
		char *mem;

		vm = vm_create_with_one_vcpu(&vcpu, guest_read_all);
		mem = mmap(NULL, SLOT_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		vm_set_user_memory_region(vm, SLOT, 0, HOLE_GPA, SLOT_SIZE, mem);
		rv_map_hole(vm, NR_PAGES);
		if (!pager_open(&pager, mem))
			_exit(4);
		if (write(ready[1], &c, 1) == 1)
			rv_run_errno(vcpu);
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		SKIP(return, "the host has no userfaultfd");
	usleep(300 * 1000);
	ASSERT_EQ(0, waitpid(pid, &status, WNOHANG));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
}

/* Swap, in compressed memory unless the host has some already */

static bool have_swap(void)
{
	char text[256] = "";
	int fd = open("/proc/swaps", O_RDONLY);

	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strchr(text, '/');
}

static bool make_swap(FIXTURE_DATA(lazy) *self)
{
	if (!have_swap())
		self->made_swap = !system(SWAP_ON);
	return have_swap();
}

static unsigned long swapped_pages(char *mem)
{
	uint64_t entries[NR_PAGES];
	unsigned long n = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);
	off_t from = (uintptr_t)mem / PAGE_SZ * sizeof(*entries);

	TEST_ASSERT(pread(fd, entries, sizeof(entries), from) ==
		    sizeof(entries), "pagemap: %s", strerror(errno));
	close(fd);
	for (unsigned int i = 0; i < NR_PAGES; i++)
		n += !!(entries[i] & PM_SWAPPED);
	return n;
}

static unsigned long swap_out(char *mem)
{
	TEST_ASSERT(!madvise(mem, SLOT_SIZE, MADV_PAGEOUT), "MADV_PAGEOUT: %s",
		    strerror(errno));
	return swapped_pages(mem);
}

#define REQUIRE_SWAP()							\
do {									\
	if (!make_swap(self))						\
		SKIP(return, "neither swap nor zram");			\
} while (0)

/*
 * Read back in, pages are clean, and need not be written again when they go
 * out again: unless KVM tells that the guest has written to them since.
 */
TEST_F(lazy, swapped_out_between_runs)
{
	REQUIRE_SWAP();
	for (uint64_t i = 0; i < NR_PAGES; i++)
		*(uint64_t *)word(self->mem, i) = PATTERN(i);
	for (uint64_t round = 1; round <= 3; round++) {
		run(self, guest_read_all, 0);
		ASSERT_LT(NR_PAGES / 2, swap_out(self->mem));
		run(self, guest_read_all, 0);
		run(self, guest_write_all, round * 1000);
		ASSERT_LT(NR_PAGES / 2, swap_out(self->mem));
		for (uint64_t i = 0; i < NR_PAGES; i++)
			ASSERT_EQ(round * 1000 + i,
				  ((uint64_t *)word(self->mem, i))[1]);
	}
}

TEST_F(lazy, swapped_out_under_a_running_guest)
{
	unsigned long out = 0;
	struct rv_thread thread;
	uint64_t *seen, *finish;

	REQUIRE_SWAP();
	seen = addr_gva2hva(self->vm, (uintptr_t)&rounds);
	finish = addr_gva2hva(self->vm, (uintptr_t)&over);
	begin(self, 0, guest_count, 0);
	rv_thread_start(&thread, self->vcpus[0]);
	for (int i = 0; i < 40; i++) {
		uint64_t start = READ_ONCE(*seen);

		for (int wait = 0; READ_ONCE(*seen) == start; wait++) {
			TEST_ASSERT(wait < 30000, "the guest stands still");
			usleep(1000);
		}
		out += swap_out(self->mem);
	}
	__atomic_store_n(finish, 1, __ATOMIC_SEQ_CST);
	rv_thread_join_done(&thread);
	ASSERT_LT(NR_PAGES, out);
}

TEST_HARNESS_MAIN
