// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory slots: wrong arguments, the edges of the guest physical space, add,
 * delete, move, read-only, and faults that race with all of it.
 */
#include "rvtest.h"
#include "rvharness.h"

#define SLOT		7
#define SLOT_GPA	HOLE_GPA
#define SLOT_GVA	HOLE_GVA
#define NR_PAGES	16UL
#define SLOT_SIZE	(NR_PAGES * PAGE_SZ)
#define OTHER_GPA	(HOLE_GPA + 16 * MIB)
#define OTHER_GVA	(HOLE_GVA + 16 * MIB)

#define MMIO_FILL	0xffffffffffffffffUL

static void *anon(unsigned long size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TEST_ASSERT(mem != MAP_FAILED, "mmap");
	return mem;
}

static int slot_errno(struct kvm_vm *vm, uint32_t slot, uint32_t flags,
		      uint64_t gpa, uint64_t size, void *hva)
{
	return __vm_set_user_memory_region(vm, slot, flags, gpa, size, hva) ?
	       errno : 0;
}

static void set_slot(struct kvm_vm *vm, uint32_t flags, uint64_t gpa,
		     uint64_t size, void *hva)
{
	vm_set_user_memory_region(vm, SLOT, flags, gpa, size, hva);
}

static struct kvm_vcpu *create(void *guest_code)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_code);

	virt_map(vm, SLOT_GVA, SLOT_GPA, NR_PAGES);
	virt_map(vm, OTHER_GVA, OTHER_GPA, NR_PAGES);
	return vcpu;
}

TEST(wrong_arguments)
{
	struct kvm_vm *vm = vm_create_barebones();
	char *mem = anon(SLOT_SIZE);

	set_slot(vm, 0, SLOT_GPA, SLOT_SIZE, mem);
	ASSERT_EQ(EINVAL, slot_errno(vm, 8, 0, OTHER_GPA, 100, mem));
	ASSERT_EQ(EINVAL, slot_errno(vm, 8, 0, OTHER_GPA + 8, PAGE_SZ, mem));
	ASSERT_EQ(EINVAL, slot_errno(vm, 8, 0, OTHER_GPA, PAGE_SZ, mem + 1));
	ASSERT_EQ(EINVAL, slot_errno(vm, 8, 0, OTHER_GPA, 0, mem));
	ASSERT_EQ(EINVAL, slot_errno(vm, 8, 0, -PAGE_SZ, 2 * PAGE_SZ, mem));
	ASSERT_EQ(EINVAL, slot_errno(vm, 8, 0, OTHER_GPA, PAGE_SZ, (void *)-PAGE_SZ));
	ASSERT_EQ(EINVAL, slot_errno(vm, 8, 1U << 30, OTHER_GPA, PAGE_SZ, mem));
	ASSERT_EQ(EINVAL, slot_errno(vm, 1 << 16, 0, OTHER_GPA, PAGE_SZ, mem));
	ASSERT_EQ(EINVAL, slot_errno(vm, 0x7fff, 0, OTHER_GPA, PAGE_SZ, mem));
	ASSERT_EQ(EEXIST, slot_errno(vm, 8, 0, SLOT_GPA, PAGE_SZ, mem));
	ASSERT_EQ(EEXIST, slot_errno(vm, 8, 0, SLOT_GPA + SLOT_SIZE - PAGE_SZ,
				     2 * PAGE_SZ, mem));
	ASSERT_EQ(EINVAL, slot_errno(vm, SLOT, 0, SLOT_GPA, PAGE_SZ, mem));
	ASSERT_EQ(EINVAL, slot_errno(vm, SLOT, 0, SLOT_GPA, SLOT_SIZE,
				     mem + PAGE_SZ));
	ASSERT_EQ(EINVAL, slot_errno(vm, SLOT, KVM_MEM_READONLY, SLOT_GPA,
				     SLOT_SIZE, mem));
	ASSERT_EQ(0, slot_errno(vm, SLOT, 0, SLOT_GPA, SLOT_SIZE, mem));
	kvm_vm_free(vm);
}

TEST(outside_the_guest_physical_space)
{
	unsigned int bits = kvm_check_cap(KVM_CAP_VM_GPA_BITS);
	struct kvm_vm *vm = vm_create_barebones();
	char *mem = anon(SLOT_SIZE);

	ASSERT_EQ(EFAULT, slot_errno(vm, SLOT, 0, 1UL << bits, PAGE_SZ, mem));
	ASSERT_EQ(EFAULT, slot_errno(vm, SLOT, 0, (1UL << bits) - PAGE_SZ,
				     2 * PAGE_SZ, mem));
	ASSERT_EQ(EFAULT, slot_errno(vm, SLOT, 0, 1UL << 60, PAGE_SZ, mem));
	kvm_vm_free(vm);
}

static void guest_increment(volatile uint64_t *word)
{
	*word = *word + 1;
	GUEST_DONE();
}

/* What a guest's own PTE can name; Sv57x4 has 59. */
#define PTE_GPA_BITS	56U

TEST(last_page_of_the_guest_physical_space)
{
	unsigned int bits = kvm_check_cap(KVM_CAP_VM_GPA_BITS);
	uint64_t gpa = (1UL << min(bits, PTE_GPA_BITS)) - PAGE_SZ;
	struct kvm_vcpu *vcpu = create(guest_increment);
	uint64_t *mem = anon(PAGE_SZ), *pte;
	vm_paddr_t pte_gpa;

	set_slot(vcpu->vm, 0, gpa, PAGE_SZ, mem);
	/* The library refuses to map so high: change a mapping it made. */
	pte = rv_leaf_pte(vcpu->vm, SLOT_GVA, &pte_gpa);
	*pte = (*pte & ~PGTBL_PTE_ADDR_MASK) |
	       ((gpa >> PGTBL_PAGE_SIZE_SHIFT) << PGTBL_PTE_ADDR_SHIFT);
	mem[511] = 41;
	vcpu_args_set(vcpu, 1, SLOT_GVA + 511 * 8);
	rv_run_done(vcpu);
	ASSERT_EQ(42, mem[511]);
	kvm_vm_free(vcpu->vm);
}

TEST(read_only_vma)
{
	struct kvm_vm *vm = vm_create_barebones();
	char *mem = anon(SLOT_SIZE);

	mprotect(mem, SLOT_SIZE, PROT_READ);
	ASSERT_EQ(EPERM, slot_errno(vm, SLOT, 0, SLOT_GPA, SLOT_SIZE, mem));
	ASSERT_EQ(0, slot_errno(vm, SLOT, KVM_MEM_READONLY, SLOT_GPA,
				SLOT_SIZE, mem));
	kvm_vm_free(vm);
}

/* Reads each page at the two places and hands over what it saw. */
static void guest_reader(void)
{
	for (;;) {
		for (unsigned long i = 0; i < NR_PAGES; i++) {
			uint64_t a = *(volatile uint64_t *)(SLOT_GVA + i * PAGE_SZ);
			uint64_t b = *(volatile uint64_t *)(OTHER_GVA + i * PAGE_SZ);

			GUEST_SYNC3(i, a, b);
		}
	}
}

static void fill(uint64_t *mem, uint64_t tag)
{
	for (unsigned long i = 0; i < NR_PAGES; i++)
		mem[i * 512] = tag + i;
}

/* Runs to the next ucall, answering reads of unbacked memory. */
static void run_past_mmio(struct kvm_vcpu *vcpu, struct ucall *uc)
{
	for (;;) {
		vcpu_run(vcpu);
		if (vcpu->run->exit_reason != KVM_EXIT_MMIO)
			break;
		TEST_ASSERT(!vcpu->run->mmio.is_write, "unexpected store");
		memset(vcpu->run->mmio.data, 0xff, 8);
	}
	if (get_ucall(vcpu, uc) == UCALL_ABORT)
		REPORT_GUEST_ASSERT(*uc);
}

/* @tag: what must be at a place, 0 for nothing */
static void expect_content(struct kvm_vcpu *vcpu, uint64_t tag_slot,
			   uint64_t tag_other)
{
	for (unsigned long i = 0; i < NR_PAGES; i++) {
		struct ucall uc;

		run_past_mmio(vcpu, &uc);
		TEST_ASSERT_EQ(uc.args[0], i);
		TEST_ASSERT_EQ(uc.args[1], tag_slot ? tag_slot + i : MMIO_FILL);
		TEST_ASSERT_EQ(uc.args[2], tag_other ? tag_other + i : MMIO_FILL);
	}
}

TEST(add_delete_move)
{
	struct kvm_vcpu *vcpu = create(guest_reader);
	uint64_t *one = anon(SLOT_SIZE), *two = anon(SLOT_SIZE);
	struct kvm_vm *vm = vcpu->vm;

	fill(one, 0x1000);
	fill(two, 0x2000);
	expect_content(vcpu, 0, 0);
	for (int round = 0; round < 3; round++) {
		set_slot(vm, 0, SLOT_GPA, SLOT_SIZE, one);
		expect_content(vcpu, 0x1000, 0);
		set_slot(vm, 0, OTHER_GPA, SLOT_SIZE, one);
		expect_content(vcpu, 0, 0x1000);
		set_slot(vm, 0, OTHER_GPA, 0, one);
		expect_content(vcpu, 0, 0);
		set_slot(vm, 0, SLOT_GPA, SLOT_SIZE, two);
		expect_content(vcpu, 0x2000, 0);
		set_slot(vm, KVM_MEM_LOG_DIRTY_PAGES, SLOT_GPA, SLOT_SIZE, two);
		expect_content(vcpu, 0x2000, 0);
		set_slot(vm, 0, SLOT_GPA, SLOT_SIZE, two);
		expect_content(vcpu, 0x2000, 0);
		set_slot(vm, 0, SLOT_GPA, 0, two);
	}
	expect_content(vcpu, 0, 0);
	kvm_vm_free(vm);
}

/* The same host memory in two slots */
TEST(two_slots_one_memory)
{
	struct kvm_vcpu *vcpu = create(guest_reader);
	uint64_t *mem = anon(SLOT_SIZE);
	struct kvm_vm *vm = vcpu->vm;

	fill(mem, 0x1000);
	set_slot(vm, 0, SLOT_GPA, SLOT_SIZE, mem);
	vm_set_user_memory_region(vm, SLOT + 1, 0, OTHER_GPA, SLOT_SIZE, mem);
	expect_content(vcpu, 0x1000, 0x1000);
	fill(mem, 0x3000);
	expect_content(vcpu, 0x3000, 0x3000);
	set_slot(vm, 0, SLOT_GPA, 0, mem);
	expect_content(vcpu, 0, 0x3000);
	kvm_vm_free(vm);
}

static void guest_read_only(void)
{
	volatile uint64_t *rom = (void *)SLOT_GVA;

	GUEST_ASSERT_EQ(rom[0], 0x1000UL);
	rom[0] = 77;
	GUEST_ASSERT_EQ(rom[0], 0x1000UL);
	/* Written before it was ever read */
	rom[512] = 78;
	GUEST_ASSERT_EQ(rom[512], 0x1001UL);
	GUEST_DONE();
}

TEST(read_only_slot)
{
	struct kvm_vcpu *vcpu = create(guest_read_only);
	uint64_t *mem = anon(SLOT_SIZE);
	struct kvm_run *run = vcpu->run;

	fill(mem, 0x1000);
	set_slot(vcpu->vm, KVM_MEM_READONLY, SLOT_GPA, SLOT_SIZE, mem);
	for (int i = 0; i < 2; i++) {
		vcpu_run(vcpu);
		ASSERT_EQ(KVM_EXIT_MMIO, run->exit_reason);
		ASSERT_EQ(SLOT_GPA + i * PAGE_SZ, run->mmio.phys_addr);
		ASSERT_EQ(8, run->mmio.len);
		ASSERT_TRUE(run->mmio.is_write);
		ASSERT_EQ(77 + i, run->mmio.data[0]);
	}
	rv_run_done(vcpu);
	ASSERT_EQ(0x1000, mem[0]);
	ASSERT_EQ(0x1001, mem[512]);
	kvm_vm_free(vcpu->vm);
}

/* What a flash chip is told and tells (CFI, Intel's command set) */
#define FLASH_PROGRAM	0x40U
#define FLASH_READ	0xffU
#define FLASH_READY	0x80U
#define FLASH_ROUNDS	3UL

/* Programs a word of a flash chip, as firmware does to keep its variables. */
static void guest_flash(uint64_t word)
{
	volatile uint64_t *array = (void *)(SLOT_GVA + word * 8);
	volatile uint32_t *chip = (volatile void *)array;

	for (unsigned long i = 0; i < FLASH_ROUNDS; i++) {
		GUEST_ASSERT_EQ(*array, 0x1000 + i);
		*chip = FLASH_PROGRAM;
		*chip = i;
		GUEST_ASSERT_EQ(*chip, FLASH_READY);
		*chip = FLASH_READ;
	}
	GUEST_ASSERT_EQ(*array, 0x1000 + FLASH_ROUNDS);
	GUEST_DONE();
}

static void expect_flash_access(struct kvm_vcpu *vcpu, uint64_t gpa,
				bool is_write, uint8_t val)
{
	struct kvm_run *run = vcpu->run;

	vcpu_run(vcpu);
	TEST_ASSERT_EQ(run->exit_reason, KVM_EXIT_MMIO);
	TEST_ASSERT_EQ(run->mmio.phys_addr, gpa);
	TEST_ASSERT_EQ(run->mmio.len, 4);
	TEST_ASSERT_EQ(run->mmio.is_write, is_write);
	if (is_write)
		TEST_ASSERT_EQ(run->mmio.data[0], val);
	else
		memcpy(run->mmio.data, &(uint32_t){ val }, 4);
}

/*
 * A VMM's flash chip: memory that is only read, until a command makes a device
 * of all of it, and another one memory again. The slot goes and comes between
 * a store's exit and the entry that completes it.
 */
static void run_flash(uint64_t *mem, uint64_t size)
{
	uint64_t word = size / 8 - 1, gpa = SLOT_GPA + word * 8;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_flash);

	virt_map(vm, SLOT_GVA, SLOT_GPA, size / PAGE_SZ);
	vcpu_args_set(vcpu, 1, word);
	mem[word] = 0x1000;
	set_slot(vm, KVM_MEM_READONLY, SLOT_GPA, size, mem);
	for (uint64_t i = 0; i < FLASH_ROUNDS; i++) {
		expect_flash_access(vcpu, gpa, true, FLASH_PROGRAM);
		set_slot(vm, 0, SLOT_GPA, 0, NULL);
		expect_flash_access(vcpu, gpa, true, i);
		expect_flash_access(vcpu, gpa, false, FLASH_READY);
		expect_flash_access(vcpu, gpa, true, FLASH_READ);
		TEST_ASSERT_EQ(mem[word], 0x1000 + i);
		mem[word]++;
		set_slot(vm, KVM_MEM_READONLY, SLOT_GPA, size, mem);
	}
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(flash) { run_flash(anon(SLOT_SIZE), SLOT_SIZE); }

TEST(flash_in_a_huge_page)
{
	run_flash((void *)rv_memory(HUGE_SZ, 0, MADV_HUGEPAGE), HUGE_SZ);
}

#define MANY_SLOTS	300

static void guest_touch_many(void)
{
	for (unsigned long i = 0; i < MANY_SLOTS; i++) {
		volatile uint64_t *word = (void *)(OTHER_GVA + 2 * i * PAGE_SZ);

		GUEST_ASSERT_EQ(*word, 0x5000 + i);
		*word = 0x6000 + i;
	}
	GUEST_DONE();
}

TEST(many_slots)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_touch_many);
	uint64_t *mem = anon(MANY_SLOTS * PAGE_SZ);

	virt_map(vm, OTHER_GVA, OTHER_GPA, 2 * MANY_SLOTS);
	for (unsigned long i = 0; i < MANY_SLOTS; i++) {
		mem[i * 512] = 0x5000 + i;
		vm_set_user_memory_region(vm, SLOT + i, 0,
					  OTHER_GPA + 2 * i * PAGE_SZ, PAGE_SZ,
					  mem + i * 512);
	}
	rv_run_done(vcpu);
	for (unsigned long i = 0; i < MANY_SLOTS; i++) {
		ASSERT_EQ(0x6000 + i, mem[i * 512]);
		vm_set_user_memory_region(vm, SLOT + i, 0, 0, 0, NULL);
	}
	kvm_vm_free(vm);
}

/*
 * A guest that reads without pause, and a host that moves the slot and swaps
 * the memory behind it. @generation is raised after each swap is complete.
 */
static uint64_t generation;
static uint64_t race_over;

static void guest_race(void)
{
	while (!READ_ONCE(race_over)) {
		for (unsigned long i = 0; i < NR_PAGES; i++) {
			uint64_t least = READ_ONCE(generation), val;

			asm volatile("fence rw, rw" ::: "memory");
			val = *(volatile uint64_t *)(SLOT_GVA + i * PAGE_SZ);
			if (val == MMIO_FILL)
				continue;
			__GUEST_ASSERT((val & 0xff) == i && (val >> 8) >= least,
				       "page %lu: %#lx, generation %lu", i, val,
				       least);
		}
	}
	GUEST_DONE();
}

static void *race_thread(void *arg)
{
	struct ucall uc;

	run_past_mmio(arg, &uc);
	TEST_ASSERT(uc.cmd == UCALL_DONE, "ucall %lu", uc.cmd);
	return NULL;
}

TEST(faults_race_with_slot_changes)
{
	struct kvm_vcpu *vcpu = create(guest_race);
	uint64_t *mem[2] = { anon(SLOT_SIZE), anon(SLOT_SIZE) };
	struct kvm_vm *vm = vcpu->vm;
	uint64_t *gen, *over;
	pthread_t tid;

	gen = addr_gva2hva(vm, (uintptr_t)&generation);
	over = addr_gva2hva(vm, (uintptr_t)&race_over);
	fill(mem[0], 0);
	set_slot(vm, 0, SLOT_GPA, SLOT_SIZE, mem[0]);
	ASSERT_EQ(0, pthread_create(&tid, NULL, race_thread, vcpu));
	for (uint64_t n = 1; n <= 200; n++) {
		uint64_t *next = mem[n & 1];

		/* Away and back, then other memory in its place. */
		set_slot(vm, 0, OTHER_GPA, SLOT_SIZE, mem[!(n & 1)]);
		set_slot(vm, 0, SLOT_GPA, SLOT_SIZE, mem[!(n & 1)]);
		set_slot(vm, 0, SLOT_GPA, 0, NULL);
		fill(next, n << 8);
		set_slot(vm, 0, SLOT_GPA, SLOT_SIZE, next);
		__atomic_store_n(gen, n, __ATOMIC_SEQ_CST);
		usleep(500);
	}
	__atomic_store_n(over, 1, __ATOMIC_SEQ_CST);
	pthread_join(tid, NULL);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
