// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_PRE_FAULT_MEMORY: what was mapped ahead costs the guest no exits, is what
 * a load of the guest would have found, and nothing else was mapped.
 *
 * Exits are told apart by number: a sweep over the slot costs one for each
 * step that is not mapped, and few others (timer interrupts of the host).
 */
#include "rvtest.h"
#include "rvharness.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#define SLOT		13
#define SLOT_SIZE	(16 * MIB)
#define NR_PAGES	(SLOT_SIZE / PAGE_SZ)

/* One fault maps no more than that of small pages. */
#define STEP		(16 * PAGE_SZ)
#define STEPS		(SLOT_SIZE / STEP)
#define FEW_EXITS	(STEPS / 4)

static void guest_load(uint64_t from, uint64_t to, uint64_t value,
		       uint64_t step)
{
	for (uint64_t off = from; off < to; off += step)
		GUEST_ASSERT_EQ(*(volatile uint64_t *)(HOLE_GVA + off), value);
	GUEST_DONE();
}

static void guest_store(uint64_t from, uint64_t to, uint64_t value,
			uint64_t step)
{
	for (uint64_t off = from; off < to; off += step)
		*(volatile uint64_t *)(HOLE_GVA + off) = value;
	GUEST_DONE();
}

FIXTURE(prefault)
{
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
	uint64_t sp;
};

FIXTURE_SETUP(prefault)
{
	if (!kvm_has_cap(KVM_CAP_PRE_FAULT_MEMORY))
		SKIP(return, "no KVM_PRE_FAULT_MEMORY");
	self->vm = __vm_create_with_one_vcpu(&self->vcpu, NR_PAGES, guest_load);
	rv_map_hole(self->vm, NR_PAGES);
	self->sp = rv_get(self->vcpu, RV_CORE(regs.sp));
}

FIXTURE_TEARDOWN(prefault)
{
	kvm_vm_free(self->vm);
}

static char *get_memory(int flags, int fd, int advice)
{
	char *mem = mmap(NULL, SLOT_SIZE + HUGE_SZ, PROT_READ | PROT_WRITE,
			 flags, fd, 0);

	TEST_ASSERT(mem != MAP_FAILED, "mmap: %s", strerror(errno));
	mem = align_ptr_up(mem, HUGE_SZ);
	if (advice)
		madvise(mem, SLOT_SIZE, advice);
	return mem;
}

static char *get_anon(int advice)
{
	return get_memory(MAP_PRIVATE | MAP_ANONYMOUS, -1, advice);
}

static void fill(char *mem, uint64_t value)
{
	for (uint64_t off = 0; off < SLOT_SIZE; off += PAGE_SZ)
		*(uint64_t *)(mem + off) = value;
}

static void set_slot(FIXTURE_DATA(prefault) *self, uint32_t flags, char *mem)
{
	vm_set_user_memory_region(self->vm, SLOT, flags, HOLE_GPA, SLOT_SIZE,
				  mem);
}

static void start(FIXTURE_DATA(prefault) *self, void *fn, uint64_t from,
		  uint64_t to, uint64_t value, uint64_t step)
{
	rv_restart_at(self->vcpu, fn);
	vcpu_set_reg(self->vcpu, RV_CORE(regs.sp), self->sp);
	vcpu_args_set(self->vcpu, 4, from, to, value, step);
}

/* Exits that it costs to access each @step of [@from, @to) in the slot */
static uint64_t sweep_by(FIXTURE_DATA(prefault) *self, void *fn, uint64_t from,
			 uint64_t to, uint64_t value, uint64_t step)
{
	uint64_t before;

	/* An empty run has the guest's code and stack mapped. */
	start(self, fn, 0, 0, 0, step);
	rv_run_done(self->vcpu);

	start(self, fn, from, to, value, step);
	before = rv_exits(self->vcpu);
	rv_run_done(self->vcpu);
	return rv_exits(self->vcpu) - before;
}

static uint64_t sweep(FIXTURE_DATA(prefault) *self, void *fn, uint64_t from,
		      uint64_t to, uint64_t value)
{
	return sweep_by(self, fn, from, to, value, STEP);
}

/* 0 or errno of one call, which must not tell of progress that it denies */
static int prefault_once(struct kvm_vcpu *vcpu,
			 struct kvm_pre_fault_memory *range)
{
	struct kvm_pre_fault_memory before = *range;
	int ret = __vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, range);
	int err = ret ? errno : 0;

	TEST_ASSERT(range->gpa + range->size == before.gpa + before.size,
		    "the end moved to %#llx", range->gpa + range->size);
	TEST_ASSERT(err ? range->size == before.size :
			  range->size < before.size,
		    "%llx of %llx left, %s", range->size, before.size,
		    strerror(err));
	return err;
}

/* The whole range, as long as there is progress. 0 or errno. */
static int prefault(struct kvm_vcpu *vcpu, uint64_t gpa, uint64_t size,
		    uint64_t *left)
{
	struct kvm_pre_fault_memory range = { .gpa = gpa, .size = size };
	int err;

	do
		err = prefault_once(vcpu, &range);
	while (range.size && (!err || err == EINTR));
	if (left)
		*left = range.size;
	return err;
}

TEST_F(prefault, loads_cost_no_exits)
{
	char *mem = get_anon(MADV_NOHUGEPAGE);

	fill(mem, 7);
	set_slot(self, 0, mem);
	ASSERT_EQ(0, prefault(self->vcpu, HOLE_GPA, SLOT_SIZE, NULL));
	EXPECT_GT(FEW_EXITS, sweep(self, guest_load, 0, SLOT_SIZE, 7));
}

/* The VMM has written these pages: nobody waits to hear of stores to them. */
TEST_F(prefault, stores_to_dirty_pages_cost_no_exits)
{
	char *mem = get_anon(MADV_NOHUGEPAGE);

	fill(mem, 7);
	set_slot(self, 0, mem);
	ASSERT_EQ(0, prefault(self->vcpu, HOLE_GPA, SLOT_SIZE, NULL));
	EXPECT_GT(FEW_EXITS, sweep(self, guest_store, 0, SLOT_SIZE, 9));
	for (uint64_t off = 0; off < SLOT_SIZE; off += STEP)
		ASSERT_EQ(9, *(uint64_t *)(mem + off));
}

TEST_F(prefault, maps_what_it_was_asked_for)
{
	char *mem = get_anon(MADV_NOHUGEPAGE);
	uint64_t half = SLOT_SIZE / 2;

	fill(mem, 7);
	set_slot(self, 0, mem);
	ASSERT_EQ(0, prefault(self->vcpu, HOLE_GPA + half, half, NULL));
	EXPECT_LE(STEPS / 2, sweep(self, guest_load, 0, half, 7)) {
		TH_LOG("more is mapped");
	}
	EXPECT_GT(FEW_EXITS, sweep(self, guest_load, half, SLOT_SIZE, 7));
}

/*
 * A page of each huge page is enough. A fault of the guest would have mapped the
 * rest of it too, so these few exits must not be there: the best of some tries
 * was not disturbed by a timer.
 */
TEST_F(prefault, huge_pages_are_mapped_as_a_whole)
{
	char *mem = get_anon(MADV_HUGEPAGE);
	uint64_t least = -1, exits;

	fill(mem, 7);
	set_slot(self, 0, mem);
	EXPECT_LT(SLOT_SIZE / HUGE_SZ,
		  sweep_by(self, guest_store, MIB, SLOT_SIZE, 7, HUGE_SZ)) {
		TH_LOG("mapped before anybody asked");
	}
	for (int try = 0; try < 5; try++) {
		vm_set_user_memory_region(self->vm, SLOT, 0, HOLE_GPA, 0, NULL);
		set_slot(self, 0, mem);
		for (uint64_t off = 5 * PAGE_SZ; off < SLOT_SIZE; off += HUGE_SZ)
			ASSERT_EQ(0, prefault(self->vcpu, HOLE_GPA + off,
					      PAGE_SZ, NULL));
		exits = sweep_by(self, guest_store, MIB, SLOT_SIZE, 8 + try,
				 HUGE_SZ);
		least = min(least, exits);
		ASSERT_EQ(8 + try, *(uint64_t *)(mem + SLOT_SIZE - MIB));
	}
	EXPECT_GT(SLOT_SIZE / HUGE_SZ / 2, least);
}

/* The vCPU that asks need not be the one that profits. */
TEST_F(prefault, by_a_vcpu_that_is_off)
{
	struct kvm_vcpu *other = vm_vcpu_add(self->vm, 1, guest_load);
	char *mem = get_anon(MADV_NOHUGEPAGE);

	rv_set_mp_state(other, KVM_MP_STATE_STOPPED);
	fill(mem, 7);
	set_slot(self, 0, mem);
	ASSERT_EQ(0, prefault(other, HOLE_GPA, SLOT_SIZE, NULL));
	EXPECT_GT(FEW_EXITS, sweep(self, guest_load, 0, SLOT_SIZE, 7));
	ASSERT_EQ(KVM_MP_STATE_STOPPED, rv_mp_state(other));
}

/* Memory that nobody has touched yet is there afterwards. */
TEST_F(prefault, absent_pages_come)
{
	int fd = memfd_create("prefault", 0);
	struct stat st;
	char *mem;

	ASSERT_EQ(0, ftruncate(fd, SLOT_SIZE + HUGE_SZ));
	mem = get_memory(MAP_SHARED, fd, 0);
	set_slot(self, 0, mem);
	ASSERT_EQ(0, prefault(self->vcpu, HOLE_GPA, SLOT_SIZE, NULL));
	ASSERT_EQ(0, fstat(fd, &st));
	ASSERT_LE(SLOT_SIZE, st.st_blocks * 512UL);
	EXPECT_GT(FEW_EXITS, sweep(self, guest_load, 0, SLOT_SIZE, 0));
	sweep(self, guest_store, 0, SLOT_SIZE, 5);
	for (uint64_t off = 0; off < SLOT_SIZE; off += STEP)
		ASSERT_EQ(5, *(uint64_t *)(mem + off));
	close(fd);
}

/* As a load would: what is shared until somebody writes to it remains so. */
TEST_F(prefault, copy_on_write_is_not_broken)
{
	int fd = memfd_create("prefault", 0);
	char *file, *mem;

	ASSERT_EQ(0, ftruncate(fd, SLOT_SIZE + HUGE_SZ));
	file = mmap(NULL, SLOT_SIZE + HUGE_SZ, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	mem = get_memory(MAP_PRIVATE, fd, 0);
	/* Where in the file the slot begins depends on its alignment. */
	for (uint64_t off = 0; off < SLOT_SIZE + HUGE_SZ; off += PAGE_SZ)
		*(uint64_t *)(file + off) = 1;
	set_slot(self, 0, mem);
	ASSERT_EQ(0, prefault(self->vcpu, HOLE_GPA, SLOT_SIZE, NULL));
	for (uint64_t off = 0; off < SLOT_SIZE + HUGE_SZ; off += PAGE_SZ)
		*(uint64_t *)(file + off) = 2;
	sweep(self, guest_load, 0, SLOT_SIZE, 2);
	sweep(self, guest_store, 0, SLOT_SIZE / 2, 3);
	for (uint64_t off = 0; off < SLOT_SIZE + HUGE_SZ; off += PAGE_SZ)
		ASSERT_EQ(2, *(uint64_t *)(file + off));
	sweep(self, guest_load, 0, SLOT_SIZE / 2, 3);
	sweep(self, guest_load, SLOT_SIZE / 2, SLOT_SIZE, 2);
	munmap(file, SLOT_SIZE + HUGE_SZ);
	close(fd);
}

TEST_F(prefault, is_no_store_for_the_dirty_log)
{
	unsigned long *bitmap = calloc(1, NR_PAGES / 8);
	char *mem = get_anon(MADV_NOHUGEPAGE);

	fill(mem, 7);
	set_slot(self, KVM_MEM_LOG_DIRTY_PAGES, mem);
	ASSERT_EQ(0, prefault(self->vcpu, HOLE_GPA, SLOT_SIZE, NULL));
	kvm_vm_get_dirty_log(self->vm, SLOT, bitmap);
	for (int i = 0; i < NR_PAGES / 64; i++)
		ASSERT_EQ(0, bitmap[i]);
	sweep(self, guest_store, 0, SLOT_SIZE, 8);
	kvm_vm_get_dirty_log(self->vm, SLOT, bitmap);
	for (int i = 0; i < NR_PAGES / 64; i++)
		ASSERT_EQ(0x0001000100010001, bitmap[i]);
	free(bitmap);
}

TEST_F(prefault, read_only_slot)
{
	char *mem = get_anon(MADV_NOHUGEPAGE);

	fill(mem, 7);
	set_slot(self, KVM_MEM_READONLY, mem);
	ASSERT_EQ(0, prefault(self->vcpu, HOLE_GPA, SLOT_SIZE, NULL));
	EXPECT_GT(FEW_EXITS, sweep(self, guest_load, 0, SLOT_SIZE, 7));

	start(self, guest_store, STEP, 2 * STEP, 8, STEP);
	ASSERT_EQ(0, rv_run_errno(self->vcpu));
	ASSERT_EQ(KVM_EXIT_MMIO, self->vcpu->run->exit_reason);
	ASSERT_EQ(HOLE_GPA + STEP, self->vcpu->run->mmio.phys_addr);
	ASSERT_EQ(7, *(uint64_t *)(mem + STEP));
}

TEST_F(prefault, ends_at_the_slot)
{
	char *mem = get_anon(0);
	uint64_t left;

	set_slot(self, 0, mem);
	ASSERT_EQ(ENOENT, prefault(self->vcpu, HOLE_GPA + SLOT_SIZE - HUGE_SZ,
				   HUGE_SZ + 3 * PAGE_SZ, &left));
	ASSERT_EQ(3 * PAGE_SZ, left);
	ASSERT_EQ(ENOENT, prefault(self->vcpu, HOLE_GPA - PAGE_SZ, HUGE_SZ,
				   &left));
	ASSERT_EQ(HUGE_SZ, left);
	/* Far outside of what the G-stage can translate */
	ASSERT_EQ(ENOENT, prefault(self->vcpu, -2 * HUGE_SZ, HUGE_SZ, NULL));
}

TEST_F(prefault, memory_that_the_vmm_lacks)
{
	char *mem = get_anon(MADV_NOHUGEPAGE);
	uint64_t left;

	set_slot(self, 0, mem);
	mprotect(mem + HUGE_SZ, PAGE_SZ, PROT_NONE);
	ASSERT_EQ(EFAULT, prefault(self->vcpu, HOLE_GPA, 2 * HUGE_SZ, &left));
	ASSERT_EQ(HUGE_SZ, left);
	munmap(mem + HUGE_SZ, PAGE_SZ);
	ASSERT_EQ(EFAULT, prefault(self->vcpu, HOLE_GPA + HUGE_SZ, PAGE_SZ,
				   NULL));
}

TEST_F(prefault, wrong_arguments)
{
	static const struct kvm_pre_fault_memory wrong[] = {
		{ .gpa = HOLE_GPA, .size = PAGE_SZ, .flags = 1 },
		{ .gpa = HOLE_GPA, .size = PAGE_SZ, .flags = 1UL << 63 },
		{ .gpa = HOLE_GPA + 1, .size = PAGE_SZ },
		{ .gpa = HOLE_GPA, .size = PAGE_SZ + 8 },
		{ .gpa = HOLE_GPA, .size = 0 },
		{ .gpa = -PAGE_SZ, .size = PAGE_SZ },
		{ .gpa = HOLE_GPA, .size = -PAGE_SZ },
	};
	char *mem = get_anon(0);

	set_slot(self, 0, mem);
	for (int i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct kvm_pre_fault_memory range = wrong[i];

		ASSERT_EQ(EINVAL, prefault_once(self->vcpu, &range)) {
			TH_LOG("case %d", i);
		}
	}
	ASSERT_EQ(-1, ioctl(self->vcpu->fd, KVM_PRE_FAULT_MEMORY, 8));
	ASSERT_EQ(EFAULT, errno);
}

/* Signals, the VMM's mapping and the slot itself come in between. */

static struct {
	struct kvm_vm *vm;
	char *mem;
	pthread_t target;
	unsigned int count;
	bool over;
} disturbance;

static void *disturb(void *arg)
{
	for (unsigned int i = 0; !READ_ONCE(disturbance.over); i++) {
		char *at = disturbance.mem + (i % 5) * HUGE_SZ;

		switch (i % 4) {
		case 0:
			pthread_kill(disturbance.target, SIGUSR1);
			break;
		case 1:
			madvise(at, HUGE_SZ, MADV_DONTNEED);
			break;
		case 2:
			mprotect(at, HUGE_SZ, PROT_READ);
			mprotect(at, HUGE_SZ, PROT_READ | PROT_WRITE);
			break;
		case 3:
			vm_set_user_memory_region(disturbance.vm, SLOT, 0,
						  HOLE_GPA, 0, NULL);
			vm_set_user_memory_region(disturbance.vm, SLOT, 0,
						  HOLE_GPA, SLOT_SIZE,
						  disturbance.mem);
			break;
		}
		WRITE_ONCE(disturbance.count, i);
	}
	return NULL;
}

#define ROUNDS		40
#define DISTURBANCES	40

TEST_F(prefault, while_everything_changes)
{
	pthread_t thread;

	disturbance.vm = self->vm;
	disturbance.mem = get_anon(MADV_HUGEPAGE);
	disturbance.target = pthread_self();
	set_slot(self, 0, disturbance.mem);
	rv_interrupt_by(SIGUSR1);
	ASSERT_EQ(0, pthread_create(&thread, NULL, disturb, NULL));

	for (unsigned int i = 0; i < ROUNDS ||
	     READ_ONCE(disturbance.count) < DISTURBANCES; i++) {
		struct kvm_pre_fault_memory range = {
			.gpa = HOLE_GPA + (i % 5) * HUGE_SZ,
			.size = 3 * HUGE_SZ,
		};
		int err = prefault_once(self->vcpu, &range);

		ASSERT_TRUE(!err || err == EINTR || err == EAGAIN ||
			    err == ENOENT) {
			TH_LOG("%s", strerror(err));
		}
	}
	WRITE_ONCE(disturbance.over, true);
	pthread_join(thread, NULL);

	fill(disturbance.mem, 11);
	ASSERT_EQ(0, prefault(self->vcpu, HOLE_GPA, SLOT_SIZE, NULL));
	EXPECT_GT(FEW_EXITS, sweep(self, guest_load, 0, SLOT_SIZE, 11));
	EXPECT_GT(FEW_EXITS, sweep(self, guest_store, 0, SLOT_SIZE, 12));
	for (uint64_t off = 0; off < SLOT_SIZE; off += STEP)
		ASSERT_EQ(12, *(uint64_t *)(disturbance.mem + off));
}

TEST_HARNESS_MAIN
