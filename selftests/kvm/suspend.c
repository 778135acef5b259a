// SPDX-License-Identifier: GPL-2.0-only
/*
 * System suspend with vCPUs around: each CPU is given back and made ready for
 * guests again, and must not take for granted what a vCPU had left in it.
 *
 * The kernel's own test mode walks the whole path of hibernation up to the
 * point where memory would be copied, all devices and CPUs but one being down,
 * waits there for five seconds, and comes back. See suspend.sh for how to run it.
 */
#include "rvaia.h"
#include "rvharness.h"

#define PM_TEST		"/sys/power/pm_test"
#define PM_DISK		"/sys/power/disk"
#define PM_STATE	"/sys/power/state"

#define MAX_CPUS	8
#define TICKS_PER_SEC	(10UL * 1000 * 1000)

static int nr_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < MAX_CPUS ? n : MAX_CPUS;
}

static bool can_suspend(void)
{
	char states[64] = "";
	int fd;

	if (!rv_write_str(PM_TEST, "none") || !rv_write_str(PM_DISK, "shutdown"))
		return false;
	fd = open(PM_STATE, O_RDONLY);
	if (fd < 0)
		return false;
	if (read(fd, states, sizeof(states) - 1) < 0)
		states[0] = 0;
	close(fd);
	return strstr(states, "disk");
}

/* Returns when the host is up again; pm_test is as it was in any case. */
static bool suspend_host(void)
{
	bool done;

	if (!rv_write_str(PM_TEST, "core"))
		return false;
	done = rv_write_str(PM_STATE, "disk");
	return rv_write_str(PM_TEST, "none") && done;
}

#define REQUIRE_SUSPEND()						\
do {									\
	if (!can_suspend())						\
		SKIP(return, "no " PM_TEST ", or no hibernation");	\
} while (0)

/* Guest side: state that is the vCPU's own, in everything that KVM switches */

static bool guest_has_v;

static void guest_own(uint64_t tag)
{
	csr_write(CSR_STVAL, tag);
	csr_write(CSR_SSCRATCH, ~tag);
	csr_write(CSR_SIE, 1UL << IRQ_SOFT);
	csr_set(CSR_SSTATUS, SSTATUS_FS);
	asm volatile("fmv.d.x f0, %0; fmv.d.x f31, %1" :: "r" (tag), "r" (~tag));
	if (!guest_has_v)
		return;
	csr_set(CSR_SSTATUS, SSTATUS_VS);
	asm volatile(".option push; .option arch, +v\n"
		     "vsetivli x0, 1, e64, m1, ta, ma\n"
		     "vmv.s.x v0, %0; vmv.s.x v31, %1\n"
		     ".option pop" :: "r" (tag), "r" (~tag));
}

static void guest_check(uint64_t tag)
{
	uint64_t first, last;

	GUEST_ASSERT_EQ(csr_read(CSR_STVAL), tag);
	GUEST_ASSERT_EQ(csr_read(CSR_SSCRATCH), ~tag);
	GUEST_ASSERT_EQ(csr_read(CSR_SIE), 1UL << IRQ_SOFT);
	asm volatile("fmv.x.d %0, f0; fmv.x.d %1, f31"
		     : "=r" (first), "=r" (last));
	GUEST_ASSERT_EQ(first, tag);
	GUEST_ASSERT_EQ(last, ~tag);
	if (!guest_has_v)
		return;
	asm volatile(".option push; .option arch, +v\n"
		     "vmv.x.s %0, v0; vmv.x.s %1, v31\n"
		     ".option pop" : "=r" (first), "=r" (last));
	GUEST_ASSERT_EQ(first, tag);
	GUEST_ASSERT_EQ(last, ~tag);
}

static void guest_stages(uint64_t tag)
{
	guest_own(tag);
	for (unsigned long i = 1;; i++) {
		GUEST_SYNC(i);
		guest_check(tag);
	}
}

/* Host side */

static struct kvm_vm *create(void *guest_code, struct kvm_vcpu **vcpus, int n)
{
	struct kvm_vm *vm = vm_create_with_vcpus(n, guest_code, vcpus);

	guest_has_v = rv_has_isa(vcpus[0], KVM_RISCV_ISA_EXT_V);
	sync_global_to_guest(vm, guest_has_v);
	for (int i = 0; i < n; i++)
		vcpu_args_set(vcpus[i], 1, 0x1111222233334444UL * (i + 1));
	return vm;
}

/*
 * The vCPU that a CPU ran last comes back to it first: whoever skips the
 * reload for that reason finds what is left of the CPU's guest state. Then
 * all of them change CPUs.
 */
TEST(idle_vcpus)
{
	struct kvm_vcpu *vcpus[MAX_CPUS];
	int cpus = nr_cpus();
	struct kvm_vm *vm;

	REQUIRE_SUSPEND();
	vm = create(guest_stages, vcpus, cpus);
	for (int i = 0; i < cpus; i++) {
		rv_pin_to(i);
		rv_run_sync(vcpus[i], 1);
		rv_run_sync(vcpus[i], 2);
	}
	ASSERT_TRUE(suspend_host());
	for (int i = 0; i < cpus; i++) {
		rv_pin_to(i);
		rv_run_sync(vcpus[i], 3);
	}
	for (int i = 0; i < cpus; i++) {
		rv_pin_to((i + 1) % cpus);
		rv_run_sync(vcpus[i], 4);
	}
	kvm_vm_free(vm);
}

static uint64_t finish;
static uint64_t rounds[MAX_CPUS + 1];

static void guest_until_told(uint64_t tag, uint64_t me)
{
	guest_own(tag);
	while (!READ_ONCE(finish)) {
		guest_check(tag);
		WRITE_ONCE(rounds[me], rounds[me] + 1);
	}
	GUEST_DONE();
}

/*
 * Freezing the VMM's threads ends KVM_RUN as a signal does; a VMM repeats it.
 * One vCPU more than there are CPUs, so that each CPU changes between some.
 */
static void *run_until_exit(void *arg)
{
	struct rv_thread *t = arg;
	struct ucall uc;

	do {
		t->err = rv_run_errno(t->vcpu);
	} while (t->err == EINTR);
	t->cmd = t->err ? UCALL_NONE : get_ucall(t->vcpu, &uc);
	if (t->cmd == UCALL_ABORT)
		REPORT_GUEST_ASSERT(uc);
	return NULL;
}

static void wait_for_rounds(struct kvm_vm *vm, int n)
{
	uint64_t *now = addr_gva2hva(vm, (uintptr_t)rounds);
	uint64_t before[MAX_CPUS + 1];

	memcpy(before, now, n * sizeof(*before));
	for (int i = 0; i < n; i++) {
		for (int wait = 0; READ_ONCE(now[i]) < before[i] + 10; wait++) {
			TEST_ASSERT(wait < 30000, "vCPU %d stands still", i);
			usleep(1000);
		}
	}
}

TEST(running_vcpus)
{
	struct rv_thread threads[MAX_CPUS + 1];
	struct kvm_vcpu *vcpus[MAX_CPUS + 1];
	int n = nr_cpus() + 1;
	struct kvm_vm *vm;
	uint64_t *over;

	REQUIRE_SUSPEND();
	vm = create(guest_until_told, vcpus, n);
	over = addr_gva2hva(vm, (uintptr_t)&finish);
	for (int i = 0; i < n; i++) {
		vcpu_args_set(vcpus[i], 2, 0x1111222233334444UL * (i + 1), i);
		threads[i].vcpu = vcpus[i];
		ASSERT_EQ(0, pthread_create(&threads[i].tid, NULL,
					    run_until_exit, &threads[i]));
	}
	wait_for_rounds(vm, n);
	ASSERT_TRUE(suspend_host());
	wait_for_rounds(vm, n);
	__atomic_store_n(over, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < n; i++)
		rv_thread_join_done(&threads[i]);
	kvm_vm_free(vm);
}

static void guest_sleep(void)
{
	unsigned long due = guest_time() + TICKS_PER_SEC;

	csr_write(CSR_SIE, 1UL << IRQ_TIMER);
	guest_sbi(SBI_TIME, 0, due, 0, 0, 0, 0);
	while (!(csr_read(CSR_SIP) & (1UL << IRQ_TIMER)))
		guest_wfi();
	GUEST_ASSERT(guest_time() >= due);
	GUEST_DONE();
}

/* Its time comes while the host is away. */
TEST(sleeping_vcpu)
{
	struct rv_thread thread = { };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	REQUIRE_SUSPEND();
	vm = vm_create_with_one_vcpu(&vcpu, guest_sleep);
	thread.vcpu = vcpu;
	ASSERT_EQ(0, pthread_create(&thread.tid, NULL, run_until_exit, &thread));
	usleep(100 * 1000);
	ASSERT_TRUE(suspend_host());
	rv_thread_join_done(&thread);
	kvm_vm_free(vm);
}

/*
 * Guest interrupt files. Each CPU but the last goes offline with vCPUs' files in
 * it, the last one suspends with them; a VM that insists on files gets others.
 */

#define NR_IDS		63U
#define WFI_POLICY	"/sys/module/kvm/parameters/wfi_trap_policy"

#define REQUIRE_FILES()							\
do {									\
	REQUIRE_SUSPEND();						\
	if (!rv_aia_possible() || !rv_aia_guest_files())		\
		SKIP(return, "the host has no guest interrupt files");	\
} while (0)

static struct kvm_vm *create_with_files(void *guest_code, struct kvm_vcpu **vcpus,
					int n, int *aia)
{
	struct kvm_vm *vm = vm_create_with_vcpus(n, guest_code, vcpus);

	for (int i = 0; i < n; i++)
		vcpu_args_set(vcpus[i], 1, (uint64_t)i);
	*aia = rv_aia_setup(vm, KVM_DEV_RISCV_AIA_MODE_HWACCEL, n, NR_IDS, 0);
	return vm;
}

/* By vCPU: one identity more, pending and enabled */
#define FILE_ENABLED(me)	(1UL << 17 | 1UL << 50 | 1UL << (20 + (me)))
#define FILE_PENDING(me)	(1UL << 17 | 1UL << 3 | 1UL << (20 + (me)))
#define FILE_THRESHOLD		60

/* What waits in the file is delivered when the guest comes back to it. */
static void guest_with_file(uint64_t me)
{
	guest_sireg_write(IMSIC_EIE0, FILE_ENABLED(me));
	guest_sireg_write(IMSIC_EITHRESHOLD, FILE_THRESHOLD);
	guest_sireg_write(IMSIC_EIDELIVERY, 1);
	csr_set(CSR_SIE, 1UL << IRQ_EXT);
	for (unsigned int id = 1; id <= NR_IDS; id++)
		if (FILE_PENDING(me) & 1UL << id)
			guest_write32(IMSIC_OF(me), id);
	GUEST_SYNC(1);
	GUEST_ASSERT_EQ(guest_sireg_read(IMSIC_EIE0), FILE_ENABLED(me));
	GUEST_ASSERT_EQ(guest_sireg_read(IMSIC_EIP0), FILE_PENDING(me));
	GUEST_ASSERT_EQ(guest_sireg_read(IMSIC_EITHRESHOLD), FILE_THRESHOLD);
	GUEST_ASSERT_EQ(guest_sireg_read(IMSIC_EIDELIVERY), 1UL);
	GUEST_ASSERT(csr_read(CSR_SIP) & 1UL << IRQ_EXT);
	GUEST_ASSERT_EQ(guest_claim(), 17UL);
	GUEST_ASSERT_EQ(guest_claim(), 20 + me);
	GUEST_ASSERT_EQ(guest_claim(), 0UL);
	GUEST_ASSERT(!(csr_read(CSR_SIP) & 1UL << IRQ_EXT));
	guest_sireg_write(IMSIC_EIE0, -1UL);
	GUEST_ASSERT_EQ(guest_claim(), 3UL);
	guest_write32(IMSIC_OF(me), 33);
	GUEST_ASSERT_EQ(guest_claim(), 33UL);
	GUEST_DONE();
}

TEST(guest_files_of_idle_vcpus)
{
	struct kvm_vcpu *vcpus[MAX_CPUS];
	int cpus = nr_cpus();
	struct kvm_vm *vm;
	int aia;

	REQUIRE_FILES();
	vm = create_with_files(guest_with_file, vcpus, cpus, &aia);
	for (int i = 0; i < cpus; i++) {
		rv_pin_to(i);
		rv_run_sync(vcpus[i], 1);
	}
	ASSERT_TRUE(suspend_host());
	for (int i = 0; i < cpus; i++)
		ASSERT_EQ(FILE_PENDING(i), rv_imsic_get(aia, i, IMSIC_EIP0));
	/* The first comes back to its hart, the others go to another. */
	for (int i = 0; i < cpus; i++) {
		rv_pin_to(i / 2);
		rv_run_done(vcpus[i]);
	}
	close(aia);
	kvm_vm_free(vm);
}

/* By vCPU: it is set up, leaves interrupts alone, waits for them; has taken */
static struct {
	uint64_t ready;
	uint64_t hold;
	uint64_t wait;
	uint64_t taken;
} takers[MAX_CPUS];

static void guest_taker(uint64_t me)
{
	guest_imsic_on(NR_IDS);
	WRITE_ONCE(takers[me].ready, 1);
	while (!READ_ONCE(finish)) {
		if (READ_ONCE(takers[me].hold))
			continue;
		if (READ_ONCE(takers[me].wait))
			guest_wfi();
		while (guest_claim())
			WRITE_ONCE(takers[me].taken, takers[me].taken + 1);
	}
	GUEST_DONE();
}

static bool wait_until(volatile uint64_t *word, uint64_t value)
{
	for (int ms = 0; *word != value && ms < 60000; ms++)
		usleep(1000);
	return *word == value;
}

/* Some hold back an interrupt while the host is away; the others sleep. */
TEST(guest_files_of_running_vcpus)
{
	struct rv_thread threads[MAX_CPUS];
	struct kvm_vcpu *vcpus[MAX_CPUS];
	typeof(&takers[0]) taker;
	int n = nr_cpus();
	struct kvm_vm *vm;
	uint64_t *over;
	int aia;

	REQUIRE_FILES();
	ASSERT_TRUE(rv_write_str(WFI_POLICY, "trap"));
	vm = create_with_files(guest_taker, vcpus, n, &aia);
	taker = addr_gva2hva(vm, (uintptr_t)takers);
	over = addr_gva2hva(vm, (uintptr_t)&finish);
	for (int i = 0; i < n; i++) {
		taker[i].hold = i % 2 == 0;
		taker[i].wait = i % 2;
		threads[i].vcpu = vcpus[i];
		rv_pin_to(i);
		ASSERT_EQ(0, pthread_create(&threads[i].tid, NULL,
					    run_until_exit, &threads[i]));
		ASSERT_TRUE(wait_until(&taker[i].ready, 1));
		ASSERT_EQ(0, rv_msi(vm, IMSIC_OF(i), 5));
		ASSERT_TRUE(wait_until(&taker[i].taken, taker[i].wait));
	}
	rv_pin_to(0);
	ASSERT_TRUE(suspend_host());
	for (int i = 0; i < n; i++) {
		ASSERT_EQ(taker[i].wait, taker[i].taken);
		WRITE_ONCE(taker[i].hold, 0);
		ASSERT_TRUE(wait_until(&taker[i].taken, 1));
		for (unsigned int id = 1; id <= NR_IDS; id++) {
			ASSERT_EQ(0, rv_msi(vm, IMSIC_OF(i), id));
			ASSERT_TRUE(wait_until(&taker[i].taken, 1 + id));
		}
	}
	__atomic_store_n(over, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < n; i++) {
		rv_msi(vm, IMSIC_OF(i), 1);
		rv_thread_join_done(&threads[i]);
	}
	rv_write_str(WFI_POLICY, "adaptive");
	close(aia);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
