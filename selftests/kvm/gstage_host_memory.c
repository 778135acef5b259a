// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory that the host shares with others: the zero page, the page cache,
 * pages that writeback has cleaned. What the guest may do to them is decided
 * by the host's own mapping, for the faulting page and for its neighbours,
 * which are mapped along with it.
 */
#include "rvtest.h"
#include "kselftest_harness.h"

#include <fcntl.h>

#define SLOT		12
#define NR_PAGES	64UL
#define SLOT_SIZE	(NR_PAGES * PAGE_SZ)

static void guest_sum(uint64_t first, uint64_t nr, uint64_t want)
{
	uint64_t sum = 0;

	for (uint64_t i = first; i < first + nr; i++)
		sum += *(volatile uint64_t *)(HOLE_GVA + i * PAGE_SZ);
	GUEST_ASSERT_EQ(sum, want);
	GUEST_DONE();
}

static void guest_add(uint64_t first, uint64_t nr, uint64_t value)
{
	for (uint64_t i = first; i < first + nr; i++)
		*(volatile uint64_t *)(HOLE_GVA + i * PAGE_SZ) += value;
	GUEST_DONE();
}

FIXTURE(memory)
{
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
	uint64_t sp;
	char path[64];
	int fd;
};

FIXTURE_SETUP(memory)
{
	/* If the working directory can be written, it is on a disk. */
	static const char * const dirs[] = { ".", "/tmp" };

	self->fd = -1;
	for (int i = 0; self->fd < 0 && i < ARRAY_SIZE(dirs); i++) {
		snprintf(self->path, sizeof(self->path),
			 "%s/gstage_host_memory.XXXXXX", dirs[i]);
		self->fd = mkstemp(self->path);
	}
	ASSERT_LE(0, self->fd);
	self->vm = __vm_create_with_one_vcpu(&self->vcpu, NR_PAGES, guest_sum);
	rv_map_hole(self->vm, NR_PAGES);
	self->sp = rv_get(self->vcpu, RV_CORE(regs.sp));
}

FIXTURE_TEARDOWN(memory)
{
	kvm_vm_free(self->vm);
	close(self->fd);
	unlink(self->path);
}

static void run_guest(FIXTURE_DATA(memory) *self, void *fn, uint64_t first,
		      uint64_t nr, uint64_t value)
{
	rv_restart_at(self->vcpu, fn);
	vcpu_set_reg(self->vcpu, RV_CORE(regs.sp), self->sp);
	vcpu_args_set(self->vcpu, 3, first, nr, value);
	rv_run_done(self->vcpu);
}

static uint64_t *word(char *mem, uint64_t page)
{
	return (uint64_t *)(mem + page * PAGE_SZ);
}

static char *add_slot(FIXTURE_DATA(memory) *self, int flags, int fd)
{
	char *mem = mmap(NULL, SLOT_SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);

	TEST_ASSERT(mem != MAP_FAILED, "mmap: %s", strerror(errno));
	vm_set_user_memory_region(self->vm, SLOT, 0, HOLE_GPA, SLOT_SIZE, mem);
	return mem;
}

static void fill_file(FIXTURE_DATA(memory) *self, uint64_t value)
{
	char page[PAGE_SZ] = {};

	memcpy(page, &value, sizeof(value));
	for (uint64_t i = 0; i < NR_PAGES; i++)
		TEST_ASSERT(pwrite(self->fd, page, PAGE_SZ, i * PAGE_SZ) ==
			    PAGE_SZ, "pwrite: %s", strerror(errno));
}

static uint64_t file_word(FIXTURE_DATA(memory) *self, uint64_t page)
{
	uint64_t value = ~0UL;

	TEST_ASSERT(pread(self->fd, &value, sizeof(value), page * PAGE_SZ) ==
		    sizeof(value), "pread: %s", strerror(errno));
	return value;
}

/*
 * All that was read is the one zero page. Stores must each get a page of their
 * own: a second VMA and the rest of the slot stay zero.
 */
TEST_F(memory, zero_page_stays_zero)
{
	char *other = mmap(NULL, SLOT_SIZE, PROT_READ,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *mem = add_slot(self, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(mem, SLOT_SIZE, MADV_NOHUGEPAGE);
	for (uint64_t i = 0; i < NR_PAGES; i++)
		ASSERT_EQ(0, *(volatile uint64_t *)word(mem, i));
	run_guest(self, guest_sum, 0, NR_PAGES, 0);
	for (uint64_t i = 0; i < NR_PAGES; i += 5) {
		run_guest(self, guest_add, i, 1, i + 1);
		ASSERT_EQ(i + 1, *word(mem, i));
		ASSERT_EQ(0, *word(other, i));
		if (i + 1 < NR_PAGES)
			run_guest(self, guest_sum, i + 1, NR_PAGES - i - 1, 0);
	}
	for (uint64_t i = 0; i < NR_PAGES; i++)
		ASSERT_EQ(i % 5 ? 0 : i + 1, *word(mem, i));
}

/* A private mapping of a file: the guest's stores are not the file's. */
TEST_F(memory, private_file_is_not_written)
{
	char *mem;

	fill_file(self, 3);
	mem = add_slot(self, MAP_PRIVATE, self->fd);
	run_guest(self, guest_sum, 0, NR_PAGES, 3 * NR_PAGES);
	run_guest(self, guest_add, 0, NR_PAGES / 2, 4);
	for (uint64_t i = 0; i < NR_PAGES; i++) {
		ASSERT_EQ(i < NR_PAGES / 2 ? 7 : 3, *word(mem, i));
		ASSERT_EQ(3, file_word(self, i));
	}
	/* Pages without a copy still show what is written to the file. */
	fill_file(self, 5);
	run_guest(self, guest_sum, NR_PAGES / 2, NR_PAGES / 2, 5 * NR_PAGES / 2);
	run_guest(self, guest_sum, 0, NR_PAGES / 2, 7 * NR_PAGES / 2);
}

/*
 * Each store after writeback has to make its page dirty again, or the next
 * writeback leaves it out and dropping the page cache loses it. Odd rounds read
 * first, so that neighbours are mapped ahead of the store.
 */
TEST_F(memory, shared_file_gets_each_store)
{
	uint64_t sum = 0;

	fill_file(self, 0);
	add_slot(self, MAP_SHARED, self->fd);
	for (uint64_t round = 1; round <= 6; round++) {
		if (round & 1)
			run_guest(self, guest_sum, 0, NR_PAGES, sum * NR_PAGES);
		run_guest(self, guest_add, 0, NR_PAGES, round);
		sum += round;
		ASSERT_EQ(0, fsync(self->fd));
		ASSERT_EQ(0, posix_fadvise(self->fd, 0, SLOT_SIZE,
					   POSIX_FADV_DONTNEED));
		rv_write_str("/proc/sys/vm/drop_caches", "3");
		for (uint64_t i = 0; i < NR_PAGES; i++)
			ASSERT_EQ(sum, file_word(self, i));
	}
	run_guest(self, guest_sum, 0, NR_PAGES, sum * NR_PAGES);
}

/* The end of the file moves under the guest: nothing is mapped beyond it. */
TEST_F(memory, truncated_file)
{
	fill_file(self, 1);
	add_slot(self, MAP_SHARED, self->fd);
	run_guest(self, guest_add, 0, NR_PAGES, 1);
	ASSERT_EQ(0, ftruncate(self->fd, SLOT_SIZE / 2));
	run_guest(self, guest_sum, 0, NR_PAGES / 2, NR_PAGES);

	rv_restart_at(self->vcpu, guest_sum);
	vcpu_set_reg(self->vcpu, RV_CORE(regs.sp), self->sp);
	vcpu_args_set(self->vcpu, 3, NR_PAGES / 2, 1UL, 0UL);
	ASSERT_EQ(EFAULT, rv_run_errno(self->vcpu));

	/* Back, with zeroes: the guest's old pages must not be. */
	ASSERT_EQ(0, ftruncate(self->fd, SLOT_SIZE));
	rv_run_done(self->vcpu);
	run_guest(self, guest_sum, NR_PAGES / 2, NR_PAGES / 2, 0);
}

/*
 * A huge page of the host whose address differs from the guest's by an odd
 * number of small pages, in a slot that begins and ends inside of it: no
 * neighbour, and no large leaf, may show the guest what lies outside.
 */
TEST_F(memory, slot_inside_a_huge_page)
{
	char *huge = mmap(NULL, 2 * HUGE_SZ, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t first = 7, nr = 21;
	uint64_t sum = 0;

	huge = align_ptr_up(huge, HUGE_SZ);
	madvise(huge, HUGE_SZ, MADV_HUGEPAGE);
	for (uint64_t i = 0; i < HUGE_SZ / PAGE_SZ; i++)
		*word(huge, i) = 1000 + i;
	for (uint64_t i = 0; i < nr; i++)
		sum += 1000 + first + i;

	vm_set_user_memory_region(self->vm, SLOT, 0, HOLE_GPA + 4 * PAGE_SZ,
				  nr * PAGE_SZ, huge + first * PAGE_SZ);
	run_guest(self, guest_sum, 4, nr, sum);
	run_guest(self, guest_add, 4, nr, 1);
	for (uint64_t i = 0; i < HUGE_SZ / PAGE_SZ; i++)
		ASSERT_EQ(1000 + i + (i >= first && i < first + nr), *word(huge, i));

	/* The pages around the slot are nobody's. */
	for (uint64_t page = 3; page <= 4 + nr; page += nr + 1) {
		rv_restart_at(self->vcpu, guest_sum);
		vcpu_set_reg(self->vcpu, RV_CORE(regs.sp), self->sp);
		vcpu_args_set(self->vcpu, 3, page, 1UL, 0UL);
		ASSERT_EQ(0, rv_run_errno(self->vcpu));
		ASSERT_EQ(KVM_EXIT_MMIO, self->vcpu->run->exit_reason);
		ASSERT_EQ(HOLE_GPA + page * PAGE_SZ,
			  self->vcpu->run->mmio.phys_addr);
	}
}

TEST_HARNESS_MAIN
