// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dirty ring against a reference model, on each kind of host memory: which
 * pages it names, what a full ring does, what a reset makes of the pages, and
 * that a copy of a running guest's memory which follows the ring is complete.
 */
#include "rvtest.h"
#include "rvharness.h"

#define SLOT		14
#define NR_PAGES	2048UL
#define SLOT_SIZE	(NR_PAGES * PAGE_SZ)
#define WORDS		(NR_PAGES / 64)

#define ENTRY		sizeof(struct kvm_dirty_gfn)
/* The smallest ring there can be; 64 of its entries are held back. */
#define SMALL_RING	(PAGE_SZ / ENTRY)
#define SMALL_LIMIT	(SMALL_RING - 64)
#define MAX_RING	65536UL

static uint64_t stop;

static void store(uint64_t page, uint64_t value)
{
	*(volatile uint64_t *)(HOLE_GVA + page * PAGE_SZ) = value;
}

static void guest_write_random(uint64_t seed, uint64_t writes)
{
	uint64_t state = seed;

	for (;;) {
		for (uint64_t i = 0; i < writes; i++) {
			uint64_t r = rv_random(&state);

			store(r % NR_PAGES, r);
		}
		GUEST_SYNC(1);
	}
}

static void guest_write_forever(uint64_t seed)
{
	uint64_t state = seed;

	while (!READ_ONCE(stop)) {
		uint64_t r = rv_random(&state);

		store(r % NR_PAGES, r);
	}
	GUEST_DONE();
}

/* Round n stores n + page to each page of [@first, @first + @nr). */
static void guest_write_range(uint64_t first, uint64_t nr)
{
	for (uint64_t n = 1;; n++) {
		for (uint64_t page = first; page < first + nr; page++)
			store(page, n + page);
		GUEST_SYNC(1);
	}
}

/**
 * struct ring - the VMM's view of a vCPU's ring
 * @gfns: the entries
 * @size: how many there are
 * @next: index of the one to look at next, counted without wrapping
 */
struct ring {
	struct kvm_dirty_gfn *gfns;
	uint32_t size;
	uint32_t next;
};

FIXTURE(ring)
{
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
	struct ring ring;
	char *mem;
};

FIXTURE_VARIANT(ring)
{
	int advice;
	int map_flags;
};

FIXTURE_VARIANT_ADD(ring, small) { .advice = MADV_NOHUGEPAGE };
FIXTURE_VARIANT_ADD(ring, thp) { .advice = MADV_HUGEPAGE };
FIXTURE_VARIANT_ADD(ring, hugetlb) { .map_flags = MAP_HUGETLB };

static struct kvm_vm *create_vm(uint64_t entries)
{
	struct kvm_vm *vm = __vm_create(VM_SHAPE_DEFAULT, 2, NR_PAGES);

	vm_enable_dirty_ring(vm, entries * ENTRY);
	return vm;
}

static void ring_map(struct ring *ring, struct kvm_vcpu *vcpu)
{
	ring->gfns = vcpu_map_dirty_ring(vcpu);
	ring->size = vcpu->dirty_gfns_count;
	ring->next = 0;
}

static void set_logging(FIXTURE_DATA(ring) *self, bool on)
{
	vm_set_user_memory_region(self->vm, SLOT,
				  on ? KVM_MEM_LOG_DIRTY_PAGES : 0, HOLE_GPA,
				  SLOT_SIZE, self->mem);
}

static void setup(FIXTURE_DATA(ring) *self, uint64_t entries, char *mem)
{
	self->mem = mem;
	self->vm = create_vm(entries);
	self->vcpu = vm_vcpu_add(self->vm, 0, guest_write_random);
	ring_map(&self->ring, self->vcpu);
	set_logging(self, false);
	rv_map_hole(self->vm, NR_PAGES);
}

FIXTURE_SETUP(ring)
{
	char *mem;

	if (!kvm_has_cap(KVM_CAP_DIRTY_LOG_RING_ACQ_REL))
		SKIP(return, "no dirty ring");
	mem = rv_memory(SLOT_SIZE, variant->map_flags, variant->advice);
	if (!mem)
		SKIP(return, "no such memory on this host");
	setup(self, 4096, mem);
}

FIXTURE_TEARDOWN(ring)
{
	if (self->vm)
		kvm_vm_free(self->vm);
}

static uint64_t word(FIXTURE_DATA(ring) *self, uint64_t page)
{
	return *(volatile uint64_t *)(self->mem + page * PAGE_SZ);
}

static struct kvm_dirty_gfn *entry_at(struct ring *ring, uint32_t index)
{
	return &ring->gfns[index % ring->size];
}

/* The page that the next entry names, -1 if there is none */
static int64_t ring_peek(struct ring *ring)
{
	struct kvm_dirty_gfn *e = entry_at(ring, ring->next);

	if (__atomic_load_n(&e->flags, __ATOMIC_ACQUIRE) != KVM_DIRTY_GFN_F_DIRTY)
		return -1;
	TEST_ASSERT(e->slot == SLOT && e->offset < NR_PAGES,
		    "slot %u offset %#llx", e->slot, e->offset);
	return e->offset;
}

/* Takes up to @max entries out, each sets its bit. Returns how many. */
static uint32_t harvest(struct ring *ring, uint64_t *bitmap, uint32_t max)
{
	uint32_t count = 0;
	int64_t page;

	while (count < max && (page = ring_peek(ring)) >= 0) {
		bitmap[page / 64] |= 1UL << (page % 64);
		__atomic_store_n(&entry_at(ring, ring->next)->flags,
				 KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
		ring->next++;
		count++;
	}
	return count;
}

static bool has_page(const uint64_t *bitmap, uint64_t page)
{
	return bitmap[page / 64] >> (page % 64) & 1;
}

static unsigned int count_pages(const uint64_t *bitmap)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		count += __builtin_popcountl(bitmap[i]);
	return count;
}

static void expect_range(const uint64_t *bitmap, uint64_t first, uint64_t nr)
{
	for (uint64_t page = 0; page < NR_PAGES; page++)
		TEST_ASSERT(has_page(bitmap, page) ==
			    (page >= first && page < first + nr), "page %lu",
			    page);
}

static void start(struct kvm_vcpu *vcpu, void *fn, uint64_t a0, uint64_t a1)
{
	vcpu_arch_set_entry_point(vcpu, fn);
	vcpu_args_set(vcpu, 2, a0, a1);
}

/* Guest stopped: each page that was written once, and no other. */
TEST_F(ring, names_exactly_the_written_pages)
{
	const uint64_t writes = 300;
	uint64_t state = 0x9e3779b97f4a7c15;

	start(self->vcpu, guest_write_random, state, writes);
	for (int round = 0; round < 14; round++) {
		uint64_t model[WORDS] = {}, found[WORDS] = {};
		uint32_t count;

		/* Logging begins after the guest has run, and has a pause. */
		if (round == 3 || round == 8)
			set_logging(self, true);
		if (round == 7)
			set_logging(self, false);
		for (uint64_t i = 0; i < writes; i++) {
			uint64_t page = rv_random(&state) % NR_PAGES;

			model[page / 64] |= 1UL << (page % 64);
		}
		rv_run_sync(self->vcpu, 1);
		count = harvest(&self->ring, found, -1);
		if (round < 3 || round == 7) {
			ASSERT_EQ(0, count);
			continue;
		}
		ASSERT_EQ(count_pages(found), count) {
			TH_LOG("round %d: a page was named twice", round);
		}
		ASSERT_EQ(0, memcmp(model, found, sizeof(model))) {
			TH_LOG("round %d: %u pages written, %u named", round,
			       count_pages(model), count);
		}
		ASSERT_EQ(count, kvm_vm_reset_dirty_ring(self->vm));
	}
}

/* A page is named again once it was reset, not when it was merely taken out. */
TEST_F(ring, reset_protects_what_was_harvested)
{
	uint64_t first[WORDS] = {}, found[WORDS] = {};

	set_logging(self, true);
	start(self->vcpu, guest_write_range, 500, 700);
	rv_run_sync(self->vcpu, 1);
	ASSERT_EQ(300, harvest(&self->ring, first, 300));
	rv_run_sync(self->vcpu, 1);
	ASSERT_EQ(400, harvest(&self->ring, found, -1));
	ASSERT_EQ(700, count_pages(found) + count_pages(first));

	/* Nobody has reset anything: all pages are still writable. */
	rv_run_sync(self->vcpu, 1);
	ASSERT_EQ(-1, ring_peek(&self->ring));

	ASSERT_EQ(700, kvm_vm_reset_dirty_ring(self->vm));
	ASSERT_EQ(0, kvm_vm_reset_dirty_ring(self->vm));
	rv_run_sync(self->vcpu, 1);
	memset(found, 0, sizeof(found));
	ASSERT_EQ(700, harvest(&self->ring, found, -1));
	expect_range(found, 500, 700);

	/* Only part of them goes back, in two steps and backwards in memory. */
	ASSERT_EQ(700, kvm_vm_reset_dirty_ring(self->vm));
	rv_run_sync(self->vcpu, 1);
	memset(first, 0, sizeof(first));
	ASSERT_EQ(77, harvest(&self->ring, first, 77));
	ASSERT_EQ(77, kvm_vm_reset_dirty_ring(self->vm));
	rv_run_sync(self->vcpu, 1);
	memset(found, 0, sizeof(found));
	ASSERT_EQ(700, harvest(&self->ring, found, -1));
	ASSERT_EQ(700, count_pages(found));
	for (uint64_t page = 500; page < 1200; page++)
		ASSERT_EQ(6 + page, word(self, page));
}

/* KVM_RUN of a vCPU whose ring has to be emptied first */
static void expect_full(struct kvm_vcpu *vcpu)
{
	TEST_ASSERT(!rv_run_errno(vcpu) &&
		    vcpu->run->exit_reason == KVM_EXIT_DIRTY_RING_FULL,
		    "exit %u (%s)", vcpu->run->exit_reason,
		    exit_reason_str(vcpu->run->exit_reason));
}

FIXTURE(full) { FIXTURE_DATA(ring) r; };

FIXTURE_SETUP(full)
{
	if (!kvm_has_cap(KVM_CAP_DIRTY_LOG_RING_ACQ_REL))
		SKIP(return, "no dirty ring");
	setup(&self->r, SMALL_RING, rv_memory(SLOT_SIZE, 0, MADV_HUGEPAGE));
	set_logging(&self->r, true);
}

FIXTURE_TEARDOWN(full)
{
	if (self->r.vm)
		kvm_vm_free(self->r.vm);
}

TEST_F(full, keeps_the_guest_out_until_it_is_reset)
{
	FIXTURE_DATA(ring) *r = &self->r;
	const uint64_t last = SMALL_LIMIT - 1;
	uint64_t found[WORDS] = {};

	start(r->vcpu, guest_write_range, 0, NR_PAGES);
	for (int i = 0; i < 3; i++)
		expect_full(r->vcpu);

	/* To take entries out is not enough. */
	ASSERT_EQ(SMALL_LIMIT, harvest(&r->ring, found, -1));
	expect_range(found, 0, SMALL_LIMIT);
	expect_full(r->vcpu);
	ASSERT_EQ(-1, ring_peek(&r->ring));

	/* A signal, or immediate_exit, is told first. */
	r->vcpu->run->immediate_exit = 1;
	ASSERT_EQ(EINTR, rv_run_errno(r->vcpu));
	r->vcpu->run->immediate_exit = 0;
	expect_full(r->vcpu);

	/* The store that filled the ring is done only when there is room. */
	ASSERT_EQ(0, word(r, last));
	ASSERT_EQ(SMALL_LIMIT, kvm_vm_reset_dirty_ring(r->vm));
	expect_full(r->vcpu);
	ASSERT_EQ(1 + last, word(r, last));
	ASSERT_EQ(last, ring_peek(&r->ring));
}

TEST_F(full, nothing_is_lost)
{
	FIXTURE_DATA(ring) *r = &self->r;
	uint64_t found[WORDS] = {};
	unsigned int fills = 0;

	start(r->vcpu, guest_write_range, 0, NR_PAGES);
	for (;;) {
		uint32_t count;

		ASSERT_EQ(0, rv_run_errno(r->vcpu));
		count = harvest(&r->ring, found, -1);
		ASSERT_EQ(count, kvm_vm_reset_dirty_ring(r->vm));
		if (r->vcpu->run->exit_reason != KVM_EXIT_DIRTY_RING_FULL)
			break;
		ASSERT_EQ(SMALL_LIMIT, count);
		fills++;
	}
	ASSERT_EQ(UCALL_SYNC, get_ucall(r->vcpu, NULL));
	/* The last page of each fill comes again in the next. */
	ASSERT_EQ((NR_PAGES - 1) / (SMALL_LIMIT - 1), fills);
	ASSERT_EQ(NR_PAGES, count_pages(found));
	for (uint64_t page = 0; page < NR_PAGES; page++)
		ASSERT_EQ(1 + page, word(r, page));
}

/* One reset for part of the ring at a time: it is full again soon. */
TEST_F(full, a_little_room_is_a_little_room)
{
	FIXTURE_DATA(ring) *r = &self->r;
	uint64_t found[WORDS] = {};

	start(r->vcpu, guest_write_range, 0, NR_PAGES);
	expect_full(r->vcpu);
	for (int i = 1; i <= 20; i++) {
		ASSERT_EQ(10, harvest(&r->ring, found, 10));
		ASSERT_EQ(10, kvm_vm_reset_dirty_ring(r->vm));
		expect_full(r->vcpu);
	}
	harvest(&r->ring, found, -1);
	/* The store that fills the ring has its page already, from then on. */
	expect_range(found, 0, SMALL_LIMIT + 20 * 10);
}

struct runner {
	struct kvm_vcpu *vcpu;
	unsigned int fills;
	bool done;
	pthread_t tid;
};

static void *run_over_full_rings(void *arg)
{
	struct runner *runner = arg;

	for (;;) {
		TEST_ASSERT(!rv_run_errno(runner->vcpu), "KVM_RUN: %s",
			    strerror(errno));
		if (runner->vcpu->run->exit_reason != KVM_EXIT_DIRTY_RING_FULL)
			break;
		runner->fills++;
		sched_yield();
	}
	TEST_ASSERT(get_ucall(runner->vcpu, NULL) == UCALL_DONE, "exit %u",
		    runner->vcpu->run->exit_reason);
	__atomic_store_n(&runner->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Take the ring, reset, then copy: what is stored after that is named again. */
static unsigned int follow(FIXTURE_DATA(ring) *self, char *copy)
{
	uint64_t found[WORDS] = {};
	uint32_t count = harvest(&self->ring, found, -1);

	TEST_ASSERT(kvm_vm_reset_dirty_ring(self->vm) == count, "%u", count);
	for (uint64_t page = 0; page < NR_PAGES; page++)
		if (has_page(found, page))
			memcpy(copy + page * PAGE_SZ,
			       self->mem + page * PAGE_SZ, PAGE_SZ);
	return count;
}

static void copy_a_running_guest(FIXTURE_DATA(ring) *self, unsigned int rounds)
{
	struct runner runner = { .vcpu = self->vcpu };
	char *copy = calloc(1, SLOT_SIZE);
	uint64_t *guest_stop;
	unsigned int count = 0;

	guest_stop = addr_gva2hva(self->vm, (uintptr_t)&stop);
	start(self->vcpu, guest_write_forever, 0x123456789abcdefUL, 0);
	pthread_create(&runner.tid, NULL, run_over_full_rings, &runner);
	usleep(20 * 1000);

	set_logging(self, true);
	memcpy(copy, self->mem, SLOT_SIZE);
	for (unsigned int i = 0; i < rounds; i++) {
		count += follow(self, copy);
		usleep(2000);
	}
	__atomic_store_n(guest_stop, 1, __ATOMIC_SEQ_CST);
	/* It may wait for room in its ring. */
	while (!__atomic_load_n(&runner.done, __ATOMIC_ACQUIRE))
		follow(self, copy);
	pthread_join(runner.tid, NULL);
	count += follow(self, copy);

	TEST_ASSERT(count, "nothing was written");
	for (uint64_t page = 0; page < NR_PAGES; page++)
		TEST_ASSERT(!memcmp(copy + page * PAGE_SZ,
				    self->mem + page * PAGE_SZ, PAGE_SZ),
			    "page %lu was lost", page);
	free(copy);
}

TEST_F(ring, copy_follows_a_running_guest)
{
	copy_a_running_guest(self, 30);
}

/* The same, but the guest has to wait again and again. */
TEST_F(full, copy_follows_a_running_guest)
{
	copy_a_running_guest(&self->r, 60);
}

/* A ring for each vCPU, with what that one wrote */
TEST_F(ring, each_vcpu_has_its_own)
{
	uint64_t found[2][WORDS] = {};
	struct kvm_vcpu *other;
	struct ring ring;

	other = vm_vcpu_add(self->vm, 1, guest_write_range);
	ring_map(&ring, other);
	set_logging(self, true);
	start(self->vcpu, guest_write_range, 0, 200);
	start(other, guest_write_range, 150, 200);
	rv_run_sync(self->vcpu, 1);
	rv_run_sync(other, 1);
	ASSERT_EQ(200, harvest(&self->ring, found[0], -1));
	expect_range(found[0], 0, 200);
	/* 150 to 199 were writable already; whoever wrote first has named them. */
	ASSERT_EQ(150, harvest(&ring, found[1], -1));
	expect_range(found[1], 200, 150);
	ASSERT_EQ(350, kvm_vm_reset_dirty_ring(self->vm));

	memset(found, 0, sizeof(found));
	rv_run_sync(other, 1);
	rv_run_sync(self->vcpu, 1);
	ASSERT_EQ(200, harvest(&ring, found[1], -1));
	expect_range(found[1], 150, 200);
	ASSERT_EQ(150, harvest(&self->ring, found[0], -1));
	expect_range(found[0], 0, 150);
}

/* What the VMM writes into the ring is not to be trusted. */
TEST_F(full, nonsense_in_the_ring)
{
	static const struct kvm_dirty_gfn nonsense[] = {
		{ .slot = SLOT, .offset = NR_PAGES },
		{ .slot = SLOT, .offset = -1ULL },
		{ .slot = SLOT, .offset = 1ULL << 63 },
		{ .slot = SLOT, .offset = NR_PAGES - 1 },
		{ .slot = SLOT + 1, .offset = 0 },
		{ .slot = 0xffff, .offset = 0 },
		{ .slot = 0xffff0000 | SLOT, .offset = 0 },
		{ .slot = 0x7fff, .offset = 1ULL << 52 },
		{ .slot = 0, .offset = 0 },
		{ .slot = SLOT, .offset = -64ULL },
		{ .slot = SLOT, .offset = 0 },
	};
	FIXTURE_DATA(ring) *r = &self->r;
	uint64_t found[WORDS] = {};
	int i;

	start(r->vcpu, guest_write_range, 0, ARRAY_SIZE(nonsense));
	rv_run_sync(r->vcpu, 1);
	for (i = 0; i < ARRAY_SIZE(nonsense); i++) {
		struct kvm_dirty_gfn *e = entry_at(&r->ring, r->ring.next++);

		ASSERT_EQ(KVM_DIRTY_GFN_F_DIRTY, e->flags);
		e->slot = nonsense[i].slot;
		e->offset = nonsense[i].offset;
		__atomic_store_n(&e->flags, -1U, __ATOMIC_RELEASE);
	}
	ASSERT_EQ(i, kvm_vm_reset_dirty_ring(r->vm));

	/* Only page 0 was named, so only that one is protected. */
	rv_run_sync(r->vcpu, 1);
	ASSERT_EQ(1, harvest(&r->ring, found, -1));
	expect_range(found, 0, 1);
	for (uint64_t page = 0; page < ARRAY_SIZE(nonsense); page++)
		ASSERT_EQ(2 + page, word(r, page));
}

/* Entries outlive their slot. */
TEST_F(full, slot_goes_before_its_entries)
{
	FIXTURE_DATA(ring) *r = &self->r;
	uint64_t found[WORDS] = {};

	start(r->vcpu, guest_write_range, 0, 10);
	rv_run_sync(r->vcpu, 1);
	vm_set_user_memory_region(r->vm, SLOT, 0, HOLE_GPA, 0, NULL);
	ASSERT_EQ(10, harvest(&r->ring, found, -1));
	ASSERT_EQ(10, kvm_vm_reset_dirty_ring(r->vm));

	/* Back, and smaller */
	vm_set_user_memory_region(r->vm, SLOT, KVM_MEM_LOG_DIRTY_PAGES,
				  HOLE_GPA, 10 * PAGE_SZ, r->mem);
	rv_run_sync(r->vcpu, 1);
	ASSERT_EQ(10, harvest(&r->ring, found, -1));
	vm_set_user_memory_region(r->vm, SLOT, 0, HOLE_GPA, 0, NULL);
	vm_set_user_memory_region(r->vm, SLOT, KVM_MEM_LOG_DIRTY_PAGES,
				  HOLE_GPA, PAGE_SZ, r->mem);
	ASSERT_EQ(10, kvm_vm_reset_dirty_ring(r->vm));
}

static int enable(struct kvm_vm *vm, uint32_t cap, uint64_t size)
{
	return __vm_enable_cap(vm, cap, size) ? errno : 0;
}

TEST(wrong_arguments)
{
	const uint32_t cap = KVM_CAP_DIRTY_LOG_RING_ACQ_REL;
	unsigned long bitmap[WORDS];
	struct kvm_dirty_log get = { .slot = SLOT };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	if (!kvm_has_cap(cap))
		SKIP(return, "no dirty ring");
	ASSERT_EQ(MAX_RING * ENTRY, kvm_check_cap(cap));
	/* For hosts that order stores by themselves */
	ASSERT_EQ(0, kvm_check_cap(KVM_CAP_DIRTY_LOG_RING));
	/* All stores of the kernel to guest memory are made for a vCPU. */
	ASSERT_EQ(0, kvm_check_cap(KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP));

	vm = vm_create_barebones();
	ASSERT_EQ(EINVAL, enable(vm, KVM_CAP_DIRTY_LOG_RING, PAGE_SZ));
	ASSERT_EQ(EINVAL, enable(vm, cap, 0));
	ASSERT_EQ(EINVAL, enable(vm, cap, PAGE_SZ / 2));
	ASSERT_EQ(EINVAL, enable(vm, cap, 3 * PAGE_SZ));
	ASSERT_EQ(E2BIG, enable(vm, cap, 2 * MAX_RING * ENTRY));
	ASSERT_EQ(-1, __vm_ioctl(vm, KVM_RESET_DIRTY_RINGS, NULL));
	ASSERT_EQ(EINVAL, errno);
	ASSERT_EQ(0, enable(vm, cap, PAGE_SZ));
	ASSERT_EQ(EINVAL, enable(vm, cap, PAGE_SZ));
	ASSERT_EQ(EINVAL, enable(vm, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP, 0));
	ASSERT_EQ(0, __vm_ioctl(vm, KVM_RESET_DIRTY_RINGS, NULL));

	/* There is no bitmap beside the ring. */
	vm_set_user_memory_region(vm, SLOT, KVM_MEM_LOG_DIRTY_PAGES, HOLE_GPA,
				  SLOT_SIZE, rv_memory(SLOT_SIZE, 0, 0));
	get.dirty_bitmap = bitmap;
	ASSERT_EQ(-1, __vm_ioctl(vm, KVM_GET_DIRTY_LOG, &get));
	ASSERT_EQ(ENXIO, errno);
	kvm_vm_free(vm);

	vm = vm_create_with_one_vcpu(&vcpu, guest_write_random);
	ASSERT_EQ(EINVAL, enable(vm, cap, PAGE_SZ));
	kvm_vm_free(vm);
}

/* Whether the kernel can read a byte from @at for us */
static bool readable(const void *at)
{
	int fds[2];
	bool ok;

	TEST_ASSERT(!pipe(fds), "pipe");
	ok = write(fds[1], at, 1) == 1;
	close(fds[0]);
	close(fds[1]);
	return ok;
}

TEST(mapping)
{
	const uint64_t at = KVM_DIRTY_LOG_PAGE_OFFSET * PAGE_SZ;
	const int rw = PROT_READ | PROT_WRITE;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	char *map;

	if (!kvm_has_cap(KVM_CAP_DIRTY_LOG_RING_ACQ_REL))
		SKIP(return, "no dirty ring");
	vm = create_vm(SMALL_RING * 2);
	vcpu = vm_vcpu_add(vm, 0, guest_write_random);
	ASSERT_EQ(MAP_FAILED, mmap(NULL, 2 * PAGE_SZ, rw, MAP_PRIVATE, vcpu->fd,
				   at));
	ASSERT_EQ(MAP_FAILED, mmap(NULL, 2 * PAGE_SZ, rw | PROT_EXEC, MAP_SHARED,
				   vcpu->fd, at));
	map = mmap(NULL, 3 * PAGE_SZ, rw, MAP_SHARED, vcpu->fd, at);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_TRUE(readable(map));
	ASSERT_TRUE(readable(map + 2 * PAGE_SZ - 1));
	ASSERT_FALSE(readable(map + 2 * PAGE_SZ));
	kvm_vm_free(vm);

	/* It stays as long as the mapping does. */
	memset(map, 0, 2 * PAGE_SZ);
	munmap(map, 3 * PAGE_SZ);

	vm = vm_create_with_one_vcpu(&vcpu, guest_write_random);
	map = mmap(NULL, PAGE_SZ, rw, MAP_SHARED, vcpu->fd, at);
	ASSERT_TRUE(map == MAP_FAILED || !readable(map));
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
