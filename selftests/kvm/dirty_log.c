// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty logging against a reference model, on each kind of host memory.
 *
 * Two checks. With the guest stopped, the log must name exactly the pages
 * that the guest wrote. With the guest running, a copy of its memory that is
 * brought up to date from the log alone must in the end equal the memory:
 * that is what a migration does.
 */
#include "rvtest.h"
#include "rvharness.h"

#define SLOT		9
#define NR_PAGES	2048UL
#define SLOT_SIZE	(NR_PAGES * PAGE_SZ)
#define HUGE_PAGES	(HUGE_SZ / PAGE_SZ)
#define BITMAP_BYTES	(NR_PAGES / 8)

static uint64_t stop;

static void guest_write_random(uint64_t seed, uint64_t writes)
{
	uint64_t state = seed;

	for (;;) {
		for (uint64_t i = 0; i < writes; i++) {
			uint64_t r = rv_random(&state);
			uint64_t off = (r % NR_PAGES) * PAGE_SZ +
				       ((r >> 32) & 0xff8);

			*(volatile uint64_t *)(HOLE_GVA + off) = r;
		}
		GUEST_SYNC(1);
	}
}

static void guest_write_forever(uint64_t seed)
{
	uint64_t state = seed;

	while (!READ_ONCE(stop)) {
		uint64_t r = rv_random(&state);
		uint64_t off = (r % NR_PAGES) * PAGE_SZ + ((r >> 32) & 0xff8);

		*(volatile uint64_t *)(HOLE_GVA + off) = r;
	}
	GUEST_DONE();
}

static void guest_write_each_page(void)
{
	for (uint64_t n = 1;; n++) {
		for (uint64_t i = 0; i < NR_PAGES; i++)
			*(volatile uint64_t *)(HOLE_GVA + i * PAGE_SZ) = n + i;
		GUEST_SYNC(1);
	}
}

FIXTURE(log)
{
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
	char *mem;
	unsigned long *bitmap;
};

FIXTURE_VARIANT(log)
{
	int advice;
	int map_flags;
	bool huge;
	bool manual;
};

FIXTURE_VARIANT_ADD(log, small) { .advice = MADV_NOHUGEPAGE };
FIXTURE_VARIANT_ADD(log, small_manual) {
	.advice = MADV_NOHUGEPAGE, .manual = true,
};
FIXTURE_VARIANT_ADD(log, thp) { .advice = MADV_HUGEPAGE, .huge = true };
FIXTURE_VARIANT_ADD(log, thp_manual) {
	.advice = MADV_HUGEPAGE, .huge = true, .manual = true,
};
FIXTURE_VARIANT_ADD(log, hugetlb) { .map_flags = MAP_HUGETLB, .huge = true };
FIXTURE_VARIANT_ADD(log, hugetlb_manual) {
	.map_flags = MAP_HUGETLB, .huge = true, .manual = true,
};

FIXTURE_SETUP(log)
{
	self->mem = rv_memory(SLOT_SIZE, variant->map_flags,
			      variant->advice);
	if (!self->mem)
		SKIP(return, "no such memory on this host");
	self->bitmap = calloc(1, BITMAP_BYTES);
	self->vm = __vm_create_with_one_vcpu(&self->vcpu, NR_PAGES, NULL);
	if (variant->manual)
		vm_enable_cap(self->vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
			      KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
	vm_set_user_memory_region(self->vm, SLOT, 0, HOLE_GPA, SLOT_SIZE,
				  self->mem);
	rv_map_hole(self->vm, NR_PAGES);
}

FIXTURE_TEARDOWN(log)
{
	if (self->vm)
		kvm_vm_free(self->vm);
}

static void set_logging(FIXTURE_DATA(log) *self, bool on)
{
	vm_set_user_memory_region(self->vm, SLOT,
				  on ? KVM_MEM_LOG_DIRTY_PAGES : 0, HOLE_GPA,
				  SLOT_SIZE, self->mem);
}

static bool is_dirty(const unsigned long *bitmap, unsigned long page)
{
	return bitmap[page / 64] & (1UL << (page % 64));
}

typedef void (*chunk_fn)(FIXTURE_DATA(log) *self, unsigned long first,
			 unsigned long nr, void *arg);

/*
 * Takes the log; @done is called for each range as soon as its pages are
 * protected again. With manual protection the ranges are of uneven size.
 */
static void harvest(FIXTURE_DATA(log) *self, bool manual, chunk_fn done,
		    void *arg)
{
	static const unsigned int sizes[] = { 64, 128, 192, 576, 64, 1024 };
	unsigned long first = 0;

	memset(self->bitmap, 0, BITMAP_BYTES);
	kvm_vm_get_dirty_log(self->vm, SLOT, self->bitmap);
	if (!manual) {
		done(self, 0, NR_PAGES, arg);
		return;
	}
	for (unsigned int i = 0; first < NR_PAGES; i++) {
		unsigned long nr = sizes[i % ARRAY_SIZE(sizes)];

		if (nr > NR_PAGES - first)
			nr = NR_PAGES - first;
		kvm_vm_clear_dirty_log(self->vm, SLOT,
				       self->bitmap + first / 64, first, nr);
		done(self, first, nr, arg);
		first += nr;
	}
}

static void no_op(FIXTURE_DATA(log) *self, unsigned long first,
		  unsigned long nr, void *arg)
{
}

TEST_F(log, names_exactly_the_written_pages)
{
	const uint64_t writes = 300;
	uint64_t state = 0x9e3779b97f4a7c15;
	uint64_t model[NR_PAGES / 64];

	vcpu_arch_set_entry_point(self->vcpu, guest_write_random);
	vcpu_args_set(self->vcpu, 2, state, writes);
	for (int round = 0; round < 12; round++) {
		/* Logging begins after the guest has run, and has a pause. */
		if (round == 3 || round == 8)
			set_logging(self, true);
		if (round == 7)
			set_logging(self, false);

		memset(model, 0, sizeof(model));
		for (uint64_t i = 0; i < writes; i++) {
			uint64_t page = rv_random(&state) % NR_PAGES;

			model[page / 64] |= 1UL << (page % 64);
		}
		rv_run_sync(self->vcpu, 1);
		if (round < 3 || round == 7)
			continue;
		harvest(self, variant->manual, no_op, NULL);
		for (unsigned long page = 0; page < NR_PAGES; page++)
			TEST_ASSERT(is_dirty(self->bitmap, page) ==
				    is_dirty(model, page),
				    "round %d page %lu: %s", round, page,
				    is_dirty(model, page) ? "lost" : "not written");
	}
}

/* Pages that nobody clears stay in the log (manual protection only). */
TEST_F(log, uncleared_pages_stay)
{
	if (!variant->manual)
		SKIP(return, "for manual protection");
	vcpu_arch_set_entry_point(self->vcpu, guest_write_each_page);
	set_logging(self, true);
	rv_run_sync(self->vcpu, 1);
	kvm_vm_get_dirty_log(self->vm, SLOT, self->bitmap);
	/* Clear part of a huge page. */
	kvm_vm_clear_dirty_log(self->vm, SLOT, self->bitmap + 1, 64, 128);
	memset(self->bitmap, 0, BITMAP_BYTES);
	kvm_vm_get_dirty_log(self->vm, SLOT, self->bitmap);
	for (unsigned long page = 0; page < NR_PAGES; page++)
		TEST_ASSERT(is_dirty(self->bitmap, page) ==
			    (page < 64 || page >= 192), "page %lu", page);
}

struct copy_arg {
	char *copy;
	unsigned long copied;
};

static void copy_dirty(FIXTURE_DATA(log) *self, unsigned long first,
		       unsigned long nr, void *arg)
{
	struct copy_arg *c = arg;

	for (unsigned long page = first; page < first + nr; page++) {
		if (!is_dirty(self->bitmap, page))
			continue;
		memcpy(c->copy + page * PAGE_SZ, self->mem + page * PAGE_SZ,
		       PAGE_SZ);
		c->copied++;
	}
}

TEST_F(log, copy_follows_a_running_guest)
{
	struct copy_arg c = { .copy = calloc(1, SLOT_SIZE) };
	struct rv_thread thread;
	uint64_t *guest_stop;

	guest_stop = addr_gva2hva(self->vm, (uintptr_t)&stop);
	vcpu_arch_set_entry_point(self->vcpu, guest_write_forever);
	vcpu_args_set(self->vcpu, 1, 0x123456789abcdefUL);
	rv_thread_start(&thread, self->vcpu);
	usleep(50 * 1000);

	set_logging(self, true);
	memcpy(c.copy, self->mem, SLOT_SIZE);
	for (int round = 0; round < 15; round++) {
		harvest(self, variant->manual, copy_dirty, &c);
		usleep(5000);
	}
	__atomic_store_n(guest_stop, 1, __ATOMIC_SEQ_CST);
	rv_thread_join_done(&thread);
	harvest(self, variant->manual, copy_dirty, &c);

	ASSERT_LT(0, c.copied);
	for (unsigned long page = 0; page < NR_PAGES; page++)
		TEST_ASSERT(!memcmp(c.copy + page * PAGE_SZ,
				    self->mem + page * PAGE_SZ, PAGE_SZ),
			    "page %lu was lost", page);
	free(c.copy);
}

/* Exits that it costs to write each page once */
static uint64_t exits_of_a_sweep(struct kvm_vcpu *vcpu)
{
	uint64_t before = rv_exits(vcpu);

	rv_run_sync(vcpu, 1);
	return rv_exits(vcpu) - before;
}

/* Room for timer interrupts of the host while the guest sweeps. */
#define FEW_EXITS	(HUGE_PAGES / 2)

TEST_F(log, huge_mappings_come_back)
{
	if (!variant->huge)
		SKIP(return, "for huge pages");
	vcpu_arch_set_entry_point(self->vcpu, guest_write_each_page);
	EXPECT_GT(FEW_EXITS, exits_of_a_sweep(self->vcpu)) {
		TH_LOG("not mapped huge in the first place");
	}

	set_logging(self, true);
	ASSERT_LE(NR_PAGES, exits_of_a_sweep(self->vcpu)) {
		TH_LOG("pages were not tracked one by one");
	}
	/* All pages are write protected now: each costs a fault if small. */
	harvest(self, variant->manual, no_op, NULL);
	set_logging(self, false);
	EXPECT_GT(FEW_EXITS, exits_of_a_sweep(self->vcpu)) {
		TH_LOG("huge pages are not rebuilt");
	}
	for (uint64_t i = 0; i < NR_PAGES; i++)
		ASSERT_EQ(3 + i, *(uint64_t *)(self->mem + i * PAGE_SZ));
}

TEST(wrong_arguments)
{
	struct kvm_clear_dirty_log clear = { .slot = SLOT };
	struct kvm_dirty_log get = { .slot = SLOT };
	unsigned long bitmap[NR_PAGES / 64] = { 0 };
	struct kvm_vm *vm = vm_create_barebones();
	char *mem = rv_memory(SLOT_SIZE, 0, 0);

	get.dirty_bitmap = bitmap;
	clear.dirty_bitmap = bitmap;
	ASSERT_EQ(-1, __vm_ioctl(vm, KVM_GET_DIRTY_LOG, &get));
	ASSERT_EQ(ENOENT, errno);
	vm_set_user_memory_region(vm, SLOT, 0, HOLE_GPA, SLOT_SIZE, mem);
	ASSERT_EQ(-1, __vm_ioctl(vm, KVM_GET_DIRTY_LOG, &get));
	ASSERT_EQ(ENOENT, errno);
	vm_enable_cap(vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		      KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
	vm_set_user_memory_region(vm, SLOT, KVM_MEM_LOG_DIRTY_PAGES, HOLE_GPA,
				  SLOT_SIZE, mem);
	ASSERT_EQ(0, __vm_ioctl(vm, KVM_GET_DIRTY_LOG, &get));
	clear.first_page = 1;
	clear.num_pages = 64;
	ASSERT_EQ(-1, __vm_ioctl(vm, KVM_CLEAR_DIRTY_LOG, &clear));
	ASSERT_EQ(EINVAL, errno);
	clear.first_page = 0;
	clear.num_pages = NR_PAGES + 64;
	ASSERT_EQ(-1, __vm_ioctl(vm, KVM_CLEAR_DIRTY_LOG, &clear));
	ASSERT_EQ(EINVAL, errno);
	get.dirty_bitmap = (void *)8;
	ASSERT_EQ(-1, __vm_ioctl(vm, KVM_GET_DIRTY_LOG, &get));
	ASSERT_EQ(EFAULT, errno);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
