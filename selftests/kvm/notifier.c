// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMU notifiers: when the host's mapping changes, the guest must not go on
 * with the old page. Each case runs with the guest stopped or reading at full
 * speed in another thread, and holds guest and host memory against each other.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <sys/wait.h>

#define SLOT		11
#define NR_PAGES	512UL
#define SLOT_SIZE	(NR_PAGES * PAGE_SZ)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define KSM_DIR		"/sys/kernel/mm/ksm/"

/*
 * Handshake of the running guest: once it acknowledges a generation, each
 * page must hold (generation << 16 | page), or 0 where generation is 0.
 * During ANYTHING_GOES the guest only reads.
 */
#define ANYTHING_GOES	-1UL

static uint64_t generation;
static uint64_t acknowledged;
static uint64_t over;

static void guest_check_generation(void)
{
	for (;;) {
		uint64_t gen = READ_ONCE(generation);

		asm volatile("fence rw, rw" ::: "memory");
		for (uint64_t i = 0; i < NR_PAGES; i++) {
			uint64_t want = gen ? (gen << 16 | i) : 0;
			uint64_t val;

			val = *(volatile uint64_t *)(HOLE_GVA + i * PAGE_SZ);
			/* Newer is fine: the host went on meanwhile. */
			__GUEST_ASSERT(val == want || (val >> 16) > gen ||
				       gen == ANYTHING_GOES ||
				       READ_ONCE(generation) != gen,
				       "page %lu: %#lx, generation %lu", i,
				       val, gen);
		}
		WRITE_ONCE(acknowledged, gen);
		if (READ_ONCE(over))
			GUEST_DONE();
	}
}

static void guest_read(uint64_t page, uint64_t want)
{
	uint64_t val = *(volatile uint64_t *)(HOLE_GVA + page * PAGE_SZ);

	GUEST_ASSERT_EQ(val, want);
	GUEST_DONE();
}

static void guest_write(uint64_t page, uint64_t value)
{
	*(volatile uint64_t *)(HOLE_GVA + page * PAGE_SZ) = value;
	GUEST_DONE();
}

FIXTURE(map)
{
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
	uint64_t sp;
	char *mem;
};

static char *word(char *mem, uint64_t page)
{
	return mem + page * PAGE_SZ;
}

static void fill(char *mem, uint64_t gen)
{
	for (uint64_t i = 0; i < NR_PAGES; i++)
		*(uint64_t *)word(mem, i) = gen << 16 | i;
}

FIXTURE_SETUP(map)
{
	char *mem = mmap(NULL, SLOT_SIZE + HUGE_SZ, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)mem);
	self->mem = align_ptr_up(mem, HUGE_SZ);
	self->vm = __vm_create_with_one_vcpu(&self->vcpu, NR_PAGES, guest_read);
	vm_set_user_memory_region(self->vm, SLOT, 0, HOLE_GPA, SLOT_SIZE,
				  self->mem);
	rv_map_hole(self->vm, NR_PAGES);
	self->sp = rv_get(self->vcpu, RV_CORE(regs.sp));
}

FIXTURE_TEARDOWN(map)
{
	kvm_vm_free(self->vm);
}

/* Prepares one guest_read() or guest_write(). */
static void prepare(FIXTURE_DATA(map) *self, void *fn, uint64_t page,
		    uint64_t value)
{
	rv_restart_at(self->vcpu, fn);
	vcpu_set_reg(self->vcpu, RV_CORE(regs.sp), self->sp);
	vcpu_args_set(self->vcpu, 2, page, value);
}

static void expect_read(FIXTURE_DATA(map) *self, uint64_t page, uint64_t want)
{
	prepare(self, guest_read, page, want);
	rv_run_done(self->vcpu);
}

static void do_write(FIXTURE_DATA(map) *self, uint64_t page, uint64_t value)
{
	prepare(self, guest_write, page, value);
	rv_run_done(self->vcpu);
}

TEST_F(map, dontneed)
{
	fill(self->mem, 1);
	expect_read(self, 3, 1UL << 16 | 3);
	do_write(self, 4, 77);
	ASSERT_EQ(0, madvise(self->mem, SLOT_SIZE, MADV_DONTNEED));
	expect_read(self, 3, 0);
	expect_read(self, 4, 0);
	do_write(self, 4, 78);
	ASSERT_EQ(78, *(uint64_t *)word(self->mem, 4));
}

TEST_F(map, mprotect)
{
	fill(self->mem, 1);
	do_write(self, 5, 77);
	ASSERT_EQ(0, mprotect(self->mem, SLOT_SIZE, PROT_READ));
	expect_read(self, 5, 77);
	prepare(self, guest_write, 5, 78);
	ASSERT_EQ(EFAULT, rv_run_errno(self->vcpu));
	ASSERT_EQ(77, *(uint64_t *)word(self->mem, 5));
	ASSERT_EQ(0, mprotect(self->mem, SLOT_SIZE, PROT_NONE));
	prepare(self, guest_read, 5, 77);
	ASSERT_EQ(EFAULT, rv_run_errno(self->vcpu));
	/* The vCPU can go on once the fault has been repaired. */
	ASSERT_EQ(0, mprotect(self->mem, SLOT_SIZE, PROT_READ | PROT_WRITE));
	rv_run_done(self->vcpu);
	do_write(self, 5, 79);
	ASSERT_EQ(79, *(uint64_t *)word(self->mem, 5));
}

TEST_F(map, munmap)
{
	fill(self->mem, 1);
	do_write(self, 6, 77);
	ASSERT_EQ(0, munmap(self->mem, SLOT_SIZE));
	prepare(self, guest_read, 6, 0);
	ASSERT_EQ(EFAULT, rv_run_errno(self->vcpu));
	ASSERT_EQ((void *)self->mem,
		  mmap(self->mem, SLOT_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	rv_run_done(self->vcpu);
}

TEST_F(map, mremap)
{
	char *away;

	fill(self->mem, 1);
	do_write(self, 7, 77);
	away = mmap(NULL, SLOT_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	ASSERT_EQ(away, mremap(self->mem, SLOT_SIZE, SLOT_SIZE,
			       MREMAP_MAYMOVE | MREMAP_FIXED, away));
	ASSERT_EQ((void *)self->mem,
		  mmap(self->mem, SLOT_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	do_write(self, 7, 88);
	ASSERT_EQ(88, *(uint64_t *)word(self->mem, 7));
	ASSERT_EQ(77, *(uint64_t *)word(away, 7));
}

/* A forked child keeps what the memory was; the guest's writes must not show. */
TEST_F(map, fork_copies_on_write)
{
	int ready[2], go[2], status;
	char c = 0;
	pid_t pid;

	fill(self->mem, 1);
	do_write(self, 8, 77);
	ASSERT_EQ(0, pipe(ready) | pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(2);
		_exit(*(uint64_t *)word(self->mem, 8) == 77 ? 0 : 1);
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	do_write(self, 8, 99);
	ASSERT_EQ(99, *(uint64_t *)word(self->mem, 8));
	ASSERT_EQ(1, write(go[1], &c, 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	expect_read(self, 8, 99);
}

TEST_F(map, ksm_merges_and_breaks)
{
	long full;

	if (!rv_write_str(KSM_DIR "run", "1"))
		SKIP(return, "the host has no KSM");
	for (uint64_t i = 0; i < NR_PAGES; i++)
		memset(word(self->mem, i), 0x5a, PAGE_SZ);
	do_write(self, 0, 0x5a5a5a5a5a5a5a5aUL);
	ASSERT_EQ(0, madvise(self->mem, SLOT_SIZE, MADV_MERGEABLE));
	rv_write_str(KSM_DIR "pages_to_scan", "10000");
	rv_write_str(KSM_DIR "sleep_millisecs", "5");
	full = rv_read_long(KSM_DIR "full_scans");
	for (int i = 0; i < 800 && rv_read_long(KSM_DIR "full_scans") < full + 3; i++)
		usleep(10 * 1000);
	if (rv_read_long(KSM_DIR "pages_sharing") <= 0)
		SKIP(return, "KSM merged nothing");

	expect_read(self, 1, 0x5a5a5a5a5a5a5a5aUL);
	do_write(self, 0, 1);
	expect_read(self, 0, 1);
	expect_read(self, 1, 0x5a5a5a5a5a5a5a5aUL);
	ASSERT_EQ(1, *(uint64_t *)word(self->mem, 0));
	ASSERT_EQ(0x5a5a5a5a5a5a5a5aUL, *(uint64_t *)word(self->mem, 1));
	rv_write_str(KSM_DIR "run", "2");
}

/* Cases with the guest at full speed */

struct handshake {
	uint64_t *generation;
	uint64_t *acknowledged;
	uint64_t *over;
	struct rv_thread thread;
};

static void set_generation(struct handshake *h, uint64_t gen)
{
	__atomic_store_n(h->generation, gen, __ATOMIC_SEQ_CST);
}

static void start_reading(FIXTURE_DATA(map) *self, struct handshake *h)
{
	h->generation = addr_gva2hva(self->vm, (uintptr_t)&generation);
	h->acknowledged = addr_gva2hva(self->vm, (uintptr_t)&acknowledged);
	h->over = addr_gva2hva(self->vm, (uintptr_t)&over);
	set_generation(h, 1);
	vcpu_arch_set_entry_point(self->vcpu, guest_check_generation);
	rv_thread_start(&h->thread, self->vcpu);
}

/* Publishes @gen and waits until the guest has seen all pages under it. */
static void publish(struct handshake *h, uint64_t gen)
{
	set_generation(h, gen);
	for (int i = 0; i < 10000; i++) {
		if (__atomic_load_n(h->acknowledged, __ATOMIC_SEQ_CST) == gen)
			return;
		usleep(500);
	}
	TEST_FAIL("the guest does not get to generation %lu", gen);
}

static void stop_reading(struct handshake *h)
{
	__atomic_store_n(h->over, 1, __ATOMIC_SEQ_CST);
	rv_thread_join_done(&h->thread);
}

/*
 * Replaces the first @nr pages in one step, so that there is no gap, and writes
 * to the others.
 */
static void replace(char *mem, unsigned long nr, uint64_t gen)
{
	unsigned long size = nr * PAGE_SZ;
	char *fresh = mmap(NULL, SLOT_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fill(fresh, gen);
	TEST_ASSERT(mremap(fresh, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			   mem) == mem, "mremap: %s", strerror(errno));
	for (uint64_t i = nr; i < NR_PAGES; i++)
		*(uint64_t *)word(mem, i) = gen << 16 | i;
	if (nr < NR_PAGES)
		munmap(fresh + size, SLOT_SIZE - size);
}

TEST_F(map, new_mapping_under_a_running_guest)
{
	struct handshake h;

	fill(self->mem, 1);
	start_reading(self, &h);
	for (uint64_t gen = 2; gen < 20; gen++) {
		replace(self->mem, NR_PAGES, gen);
		publish(&h, gen);
	}
	stop_reading(&h);
}

/*
 * One page stays, and with it the table that maps all of them: nothing but the
 * flush of their range makes the guest see the new ones.
 */
TEST_F(map, all_but_one_under_a_running_guest)
{
	struct handshake h;

	ASSERT_EQ(0, madvise(self->mem, SLOT_SIZE, MADV_NOHUGEPAGE));
	fill(self->mem, 1);
	start_reading(self, &h);
	publish(&h, 1);
	for (uint64_t gen = 2; gen < 20; gen++) {
		replace(self->mem, NR_PAGES - 1, gen);
		publish(&h, gen);
	}
	stop_reading(&h);
}

TEST_F(map, dontneed_under_a_running_guest)
{
	struct handshake h;

	fill(self->mem, 1);
	start_reading(self, &h);
	for (int round = 0; round < 3; round++) {
		set_generation(&h, ANYTHING_GOES);
		ASSERT_EQ(0, madvise(self->mem, SLOT_SIZE, MADV_DONTNEED));
		publish(&h, 0);
		fill(self->mem, round + 1);
		publish(&h, round + 1);
	}
	stop_reading(&h);
}

TEST_F(map, collapse_under_a_running_guest)
{
	struct handshake h;

	ASSERT_EQ(0, madvise(self->mem, SLOT_SIZE, MADV_NOHUGEPAGE));
	fill(self->mem, 1);
	start_reading(self, &h);
	publish(&h, 1);
	ASSERT_EQ(0, madvise(self->mem, SLOT_SIZE, MADV_HUGEPAGE));
	if (madvise(self->mem, SLOT_SIZE, MADV_COLLAPSE)) {
		stop_reading(&h);
		SKIP(return, "the host does not collapse");
	}
	publish(&h, 1);
	for (uint64_t gen = 2; gen < 10; gen++) {
		fill(self->mem, gen);
		publish(&h, gen);
		/* Split again by giving one page away. */
		if (gen == 5) {
			set_generation(&h, ANYTHING_GOES);
			ASSERT_EQ(0, madvise(word(self->mem, 100), PAGE_SZ,
					     MADV_DONTNEED));
		}
	}
	stop_reading(&h);
}

TEST_HARNESS_MAIN
