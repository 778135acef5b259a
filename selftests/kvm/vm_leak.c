// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the host: 1,000 VMs that are created, used and destroyed must
 * leave it where it was, and so must memslots that come and go in one VM.
 */
#include <glob.h>

#include "rvtest.h"
#include "rvharness.h"

#define NR_VMS		1000
#define NR_WARM_UP	150
#define LIMIT_KB	1024

#define CODE_GPA	0x80000000UL
#define DATA_GPA	0xc0000000UL
#define DATA_SIZE	(4 * MIB)

/*
 * s0 = data, s1 = bytes, s2 = step: stores to each step, then leaves through
 * an SBI call that user space gets. No translation: these are physical.
 */
static const uint32_t code[] = {
	0x00843023,	/* sd	s0, 0(s0)	*/
	0x01240433,	/* add	s0, s0, s2	*/
	0x412484b3,	/* sub	s1, s1, s2	*/
	0xfe904ae3,	/* bgtz	s1, -12		*/
	0x00000073,	/* ecall		*/
};

/* One VM by bare ioctls: the library would load a whole program into each. */
struct tiny_vm {
	int vm;
	int vcpu;
	struct kvm_run *run;
	size_t run_size;
};

static void set_reg(int vcpu, uint64_t id, uint64_t val)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&val };

	TEST_ASSERT(!ioctl(vcpu, KVM_SET_ONE_REG, &reg), "SET_ONE_REG");
}

static int set_slot(int vm, uint32_t slot, uint64_t gpa, uint64_t size,
		    void *hva)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = gpa, .memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static void run_over(struct tiny_vm *t, uint64_t gpa, uint64_t size,
		     uint64_t step)
{
	set_reg(t->vcpu, RV_CORE(regs.pc), CODE_GPA);
	set_reg(t->vcpu, RV_CORE(regs.s0), gpa);
	set_reg(t->vcpu, RV_CORE(regs.s1), size);
	set_reg(t->vcpu, RV_CORE(regs.s2), step);
	set_reg(t->vcpu, RV_CORE(regs.a7), SBI_EXT_EXPERIMENTAL_START);
	TEST_ASSERT(!ioctl(t->vcpu, KVM_RUN, 0), "KVM_RUN: %s", strerror(errno));
	TEST_ASSERT(t->run->exit_reason == KVM_EXIT_RISCV_SBI, "exit %u",
		    t->run->exit_reason);
	/* Complete the call, so that the next KVM_RUN begins at the new pc. */
	t->run->immediate_exit = 1;
	TEST_ASSERT(ioctl(t->vcpu, KVM_RUN, 0) && errno == EINTR, "completion");
	t->run->immediate_exit = 0;
}

static void tiny_create(struct tiny_vm *t, int kvm, void *code_page)
{
	t->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	TEST_ASSERT(t->vm >= 0, "KVM_CREATE_VM: %s", strerror(errno));
	t->vcpu = ioctl(t->vm, KVM_CREATE_VCPU, 0);
	TEST_ASSERT(t->vcpu >= 0, "KVM_CREATE_VCPU: %s", strerror(errno));
	t->run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	t->run = mmap(NULL, t->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      t->vcpu, 0);
	TEST_ASSERT(t->run != MAP_FAILED, "mmap of kvm_run");
	TEST_ASSERT(!set_slot(t->vm, 0, CODE_GPA, PAGE_SZ, code_page), "slot");
}

static void tiny_destroy(struct tiny_vm *t)
{
	munmap(t->run, t->run_size);
	close(t->vcpu);
	close(t->vm);
}

/* Sum of the numbers behind @label in a file of /proc */
static long proc_sum(const char *path, const char *label)
{
	char line[256];
	long sum = 0, val;
	FILE *f = fopen(path, "r");

	TEST_ASSERT(f, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		const char *at = line + strspn(line, " ");

		if (!strncmp(at, label, strlen(label)) &&
		    sscanf(at + strlen(label), "%ld", &val) == 1)
			sum += val;
	}
	fclose(f);
	return sum;
}

/* Empty slabs that caches keep for later */
static void shrink_slabs(void)
{
	glob_t caches;

	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &caches))
		return;
	for (size_t i = 0; i < caches.gl_pathc; i++)
		rv_write_str(caches.gl_pathv[i], "1");
	globfree(&caches);
}

/*
 * Free memory in kB. Pages that the allocator keeps by CPU are free as well;
 * there are more of them than the limit allows.
 */
static long free_kb(void)
{
	sync();
	rv_write_str("/proc/sys/vm/drop_caches", "3");
	shrink_slabs();
	return proc_sum("/proc/meminfo", "MemFree:") +
	       proc_sum("/proc/zoneinfo", "count:") * (PAGE_SZ / 1024);
}

/*
 * What is freed later (by RCU, by a worker) may take its time on a busy
 * machine. What leaked does not come back.
 */
static long lost_kb(long before)
{
	long lost;

	for (int i = 0; i < 60; i++) {
		usleep(500 * 1000);
		lost = before - free_kb();
		if (lost < LIMIT_KB / 2)
			break;
	}
	return lost;
}

static long settled_free_kb(void)
{
	for (int i = 0; i < 3; i++) {
		free_kb();
		usleep(500 * 1000);
	}
	return free_kb();
}

FIXTURE(leak)
{
	int kvm;
	char *code_page;
	char *data;
};

FIXTURE_SETUP(leak)
{
	self->kvm = open_kvm_dev_path_or_exit();
	self->code_page = mmap(NULL, PAGE_SZ, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	memcpy(self->code_page, code, sizeof(code));
	self->data = mmap(NULL, DATA_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* Small pages, so that the VM needs a table at each level. */
	madvise(self->data, DATA_SIZE, MADV_NOHUGEPAGE);
	memset(self->data, 1, DATA_SIZE);
}

FIXTURE_TEARDOWN(leak)
{
	close(self->kvm);
}

static void one_vm(FIXTURE_DATA(leak) *self)
{
	struct tiny_vm t;

	tiny_create(&t, self->kvm, self->code_page);
	TEST_ASSERT(!set_slot(t.vm, 1, DATA_GPA, DATA_SIZE, self->data), "slot");
	run_over(&t, DATA_GPA, 2 * MIB + PAGE_SZ, 64 * PAGE_SZ);
	tiny_destroy(&t);
}

TEST_F(leak, thousand_vms)
{
	long before, lost;

	for (int i = 0; i < NR_WARM_UP; i++)
		one_vm(self);
	before = settled_free_kb();
	for (int i = 0; i < NR_VMS; i++)
		one_vm(self);
	lost = lost_kb(before);
	ksft_print_msg("%ld kB free before, %ld kB less after %d VMs: %ld bytes a VM\n",
		       before, lost, NR_VMS, lost * 1024 / NR_VMS);
	ASSERT_GT(LIMIT_KB, lost);
}

/* One VM, a slot at ever new places: its page tables must go with it. */
TEST_F(leak, slots_come_and_go)
{
	uint64_t places = 1UL << (kvm_check_cap(KVM_CAP_VM_GPA_BITS) - 31);
	struct tiny_vm t;
	long before, lost;

	if (places > 2000)
		places = 2000;
	tiny_create(&t, self->kvm, self->code_page);
	before = settled_free_kb();
	for (uint64_t i = 4; i < places; i++) {
		uint64_t gpa = i << 30;

		TEST_ASSERT(!set_slot(t.vm, 1, gpa, DATA_SIZE, self->data), "slot");
		run_over(&t, gpa, PAGE_SZ, PAGE_SZ);
		TEST_ASSERT(!set_slot(t.vm, 1, gpa, 0, NULL), "delete");
	}
	lost = lost_kb(before);
	tiny_destroy(&t);
	ksft_print_msg("%ld kB free before, %ld kB less after %lu slots\n",
		       before, lost, places);
	ASSERT_GT(LIMIT_KB, lost);
}

TEST_HARNESS_MAIN
