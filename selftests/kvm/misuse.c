// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile or careless VMM: random ioctls, descriptors closed in any order,
 * foreign processes, SIGKILL in mid-run. What counts is that the host goes on:
 * the tests end, and an ordinary VM still works afterwards. Warnings in the
 * kernel log are the runner's to find.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

static void guest_done(void)
{
	GUEST_DONE();
}

static uint64_t spinning;

static void guest_spin(void)
{
	for (;;)
		WRITE_ONCE(spinning, spinning + 1);
}

/* An ordinary VM still works. */
static void check_host(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_done);

	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static uint64_t rnd_state;

static uint64_t rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state;
}

/* Ioctls that take effect beyond the VM under test, or that never return. */
static bool harmless(unsigned long cmd)
{
	return cmd != KVM_RUN && cmd != KVM_CREATE_VM && cmd != KVM_CREATE_VCPU;
}

static const unsigned long known[] = {
	KVM_SET_USER_MEMORY_REGION, KVM_SET_USER_MEMORY_REGION2,
	KVM_GET_DIRTY_LOG, KVM_CLEAR_DIRTY_LOG, KVM_IRQ_LINE, KVM_SIGNAL_MSI,
	KVM_SET_GSI_ROUTING, KVM_IRQFD, KVM_IOEVENTFD, KVM_CREATE_DEVICE,
	KVM_ENABLE_CAP, KVM_CHECK_EXTENSION, KVM_REGISTER_COALESCED_MMIO,
	KVM_UNREGISTER_COALESCED_MMIO, KVM_GET_ONE_REG, KVM_SET_ONE_REG,
	KVM_GET_REG_LIST, KVM_GET_MP_STATE, KVM_SET_MP_STATE, KVM_INTERRUPT,
	KVM_SET_GUEST_DEBUG, KVM_SET_SIGNAL_MASK, KVM_GET_REGS, KVM_SET_REGS,
	KVM_TRANSLATE, KVM_GET_STATS_FD, KVM_GET_API_VERSION,
	KVM_GET_VCPU_MMAP_SIZE, KVM_CREATE_IRQCHIP, KVM_GET_SREGS, KVM_GET_FPU,
};

static uint64_t fuzz_word(void *buf)
{
	static const uint64_t edges[] = {
		0, 1, 2, 7, 0xfff, 0x1000, 1UL << 31, 1UL << 32, 1UL << 49,
		1UL << 63, -1UL, -2UL, -4096UL,
	};

	switch (rnd() % 4) {
	case 0:
		return edges[rnd() % ARRAY_SIZE(edges)];
	case 1:
		return rnd() % 64;
	case 2:
		return (uintptr_t)buf + (rnd() & 0xf8);
	default:
		return rnd() >> (rnd() % 64);
	}
}

/* A ONE_REG id that gets past the first checks, most of the time. */
static uint64_t fuzz_reg_id(void)
{
	return KVM_REG_RISCV | (rnd() % 12) << KVM_REG_RISCV_TYPE_SHIFT |
	       (rnd() % 4) << KVM_REG_RISCV_SUBTYPE_SHIFT |
	       (rnd() % 8) << KVM_REG_SIZE_SHIFT |
	       (rnd() % 8 ? rnd() % 80 : rnd() & 0xffff);
}

static void fuzz_one(int fd)
{
	static uint64_t buf[1024];
	unsigned long cmd, arg;
	int ret;

	cmd = rnd() % 8 ? known[rnd() % ARRAY_SIZE(known)] : _IO(KVMIO, rnd() & 0xff);
	if (!harmless(cmd))
		return;
	for (int i = 0; i < 32; i++)
		buf[i] = fuzz_word(buf);
	if (cmd == KVM_GET_ONE_REG || cmd == KVM_SET_ONE_REG) {
		do {
			buf[0] = fuzz_reg_id();
		} while (buf[0] == RV_CSR(sstatus));	/* see set_random_reg() */
		if (rnd() % 8)
			buf[1] = (uintptr_t)&buf[512];
	}
	arg = rnd() % 8 ? (uintptr_t)buf : fuzz_word(buf);
	/* A slot over the program's own pages would be no use to the test. */
	ret = ioctl(fd, cmd, arg);
	if (ret > 2 && (cmd == KVM_GET_STATS_FD || cmd == KVM_CREATE_DEVICE))
		close(ret);
}

static struct kvm_run *run_to_end;

/* A signal before KVM_RUN began would be lost but for immediate_exit. */
static void on_signal(int sig)
{
	if (run_to_end)
		WRITE_ONCE(run_to_end->immediate_exit, 1);
}

static void run_briefly(struct kvm_vcpu *vcpu)
{
	struct itimerval it = { .it_value.tv_usec = 2000 };

	run_to_end = vcpu->run;
	vcpu->run->immediate_exit = 0;
	setitimer(ITIMER_REAL, &it, NULL);
	rv_run_errno(vcpu);
	it.it_value.tv_usec = 0;
	setitimer(ITIMER_REAL, &it, NULL);
}

static void fuzz(uint64_t seed, unsigned int rounds)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct kvm_vm *vm = vm_create_barebones();
	struct kvm_vcpu *vcpu = __vm_vcpu_add(vm, 0);
	int kvm = open_kvm_dev_path_or_exit();

	sigaction(SIGALRM, &act, NULL);
	rnd_state = seed;
	for (unsigned int i = 0; i < rounds; i++) {
		int fds[] = { kvm, vm->fd, vcpu->fd, vcpu->fd };

		fuzz_one(fds[rnd() % ARRAY_SIZE(fds)]);
		if (i % 512 == 511) {
			vcpu->run->exit_reason = rnd() % 40;
			run_briefly(vcpu);
		}
	}
}

TEST(random_ioctls)
{
	for (uint64_t seed = 1; seed <= 6; seed++)
		fuzz(seed * 0x9e3779b97f4a7c15, 4000);
	check_host();
}

/* SIE SPIE SPP VS FS SUM MXR: all that a guest can set in sstatus. */
#define SSTATUS_LEGAL	0xc6722UL

/*
 * Random state before each run: whatever pc, mode, satp and stvec are.
 * sstatus gets legal bits only: QEMU (10.0) lets the others through vsstatus
 * into mstatus, where TW and TVM disable instructions of the host.
 */
static void set_random_reg(struct kvm_vcpu *vcpu)
{
	uint64_t type = rnd() & 1 ? KVM_REG_RISCV_CORE : KVM_REG_RISCV_CSR;
	uint64_t id = __kvm_reg_id(type, 0, rnd() % 33, KVM_REG_SIZE_U64);
	uint64_t val = fuzz_word(guest_spin);

	if (id == RV_CSR(sstatus))
		val &= SSTATUS_LEGAL;
	__vcpu_set_reg(vcpu, id, val);
}

TEST(random_vcpu_state)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_spin);

	sigaction(SIGALRM, &act, NULL);
	rnd_state = 0xfeedface;
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 20; i++)
			set_random_reg(vcpu);
		run_briefly(vcpu);
		if (vcpu->run->exit_reason == KVM_EXIT_SYSTEM_EVENT)
			rv_set_mp_state(vcpu, KVM_MP_STATE_RUNNABLE);
	}
	kvm_vm_free(vm);
	check_host();
}

/* kvm_run is shared: what it says must not be believed. */
TEST(corrupt_kvm_run)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_spin);

	sigaction(SIGALRM, &act, NULL);
	rnd_state = 0xabcdef;
	for (int round = 0; round < 60; round++) {
		uint8_t *bytes = (uint8_t *)vcpu->run;

		for (int i = 8; i < 256; i++)
			bytes[i] = rnd();
		vcpu->run->exit_reason = rnd() % 40;
		run_briefly(vcpu);
	}
	kvm_vm_free(vm);
	check_host();
}

/* All orders of closing /dev/kvm, the VM, the vCPU and its mapping */
TEST(close_in_any_order)
{
	for (int order = 0; order < 24; order++) {
		int left[4] = { 0, 1, 2, 3 }, nr = 4, code = order;
		int kvm = open_kvm_dev_path_or_exit();
		int vm = ioctl(kvm, KVM_CREATE_VM, 0);
		int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
		int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
		struct kvm_run *run;

		run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
		ASSERT_NE(MAP_FAILED, (void *)run);
		while (nr) {
			int pick = code % nr, what = left[pick];

			code /= nr;
			left[pick] = left[--nr];
			if (what == 3)
				munmap(run, size);
			else
				close(what == 0 ? kvm : what == 1 ? vm : vcpu);
		}
	}
	check_host();
}

TEST(mapping_outlives_the_vcpu)
{
	int kvm = open_kvm_dev_path_or_exit();
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *run;

	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	close(vcpu);
	close(vm);
	close(kvm);
	run->immediate_exit = 1;
	ASSERT_EQ(1, run->immediate_exit);
	munmap(run, size);
}

static sigjmp_buf bus_jump;

static void on_bus(int sig)
{
	siglongjmp(bus_jump, 1);
}

TEST(mapping_beyond_the_end)
{
	struct sigaction act = { .sa_handler = on_bus };
	struct kvm_vm *vm = vm_create_barebones();
	struct kvm_vcpu *vcpu = __vm_vcpu_add(vm, 0);
	int size = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	volatile char *beyond;
	char *run;

	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	run = mmap(NULL, size + 4 * PAGE_SZ, PROT_READ | PROT_WRITE, MAP_SHARED,
		   vcpu->fd, 0);
	if (run == MAP_FAILED)
		return;
	beyond = run + size + PAGE_SZ;
	if (!sigsetjmp(bus_jump, 1)) {
		*beyond = 1;
		TEST_FAIL("a page beyond kvm_run can be written");
	}
	kvm_vm_free(vm);
}

static void *run_thread(void *arg)
{
	return (void *)(long)rv_run_errno(arg);
}

TEST(vm_closed_while_running)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_spin);
	uint64_t *counter = addr_gva2hva(vm, (uintptr_t)&spinning);
	uint64_t seen;
	pthread_t tid;
	void *err;

	sigaction(SIGUSR1, &act, NULL);
	ASSERT_EQ(0, pthread_create(&tid, NULL, run_thread, vcpu));
	while (!READ_ONCE(*counter))
		usleep(1000);
	close(vm->fd);
	seen = READ_ONCE(*counter);
	usleep(20 * 1000);
	ASSERT_LT(seen, READ_ONCE(*counter));
	vcpu->run->immediate_exit = 1;
	pthread_kill(tid, SIGUSR1);
	pthread_join(tid, &err);
	ASSERT_EQ(EINTR, (long)err);
	close(vcpu->fd);
	check_host();
}

TEST(foreign_process)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kvm_mp_state mp;

		if (rv_run_errno(vcpu) != EIO)
			_exit(1);
		if (!ioctl(vcpu->fd, KVM_GET_MP_STATE, &mp) || errno != EIO)
			_exit(2);
		if (!ioctl(vm->fd, KVM_CREATE_VCPU, 5) || errno != EIO)
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

/* @threads vCPUs at full speed, killed after @ms milliseconds */
static void kill_in_mid_run(unsigned int ms)
{
	pid_t pid = fork();

	TEST_ASSERT(pid >= 0, "fork");
	if (!pid) {
		struct rv_thread threads[2];
		struct kvm_vcpu *vcpus[2];

		vm_create_with_vcpus(2, guest_spin, vcpus);
		rv_thread_start(&threads[0], vcpus[0]);
		rv_thread_start(&threads[1], vcpus[1]);
		pause();
	}
	usleep(ms * 1000);
	kill(pid, SIGKILL);
	TEST_ASSERT(waitpid(pid, NULL, 0) == pid, "waitpid");
}

TEST(killed_in_mid_run)
{
	for (unsigned int i = 0; i < 12; i++)
		kill_in_mid_run(10 + 17 * i % 90);
	check_host();
}

TEST(module_in_use_cannot_be_unloaded)
{
	struct kvm_vm *vm = vm_create_barebones();

	ASSERT_EQ(-1, syscall(SYS_delete_module, "kvm", O_NONBLOCK));
	ASSERT_TRUE(errno == EWOULDBLOCK || errno == EBUSY || errno == ENOENT);
	kvm_vm_free(vm);
	check_host();
}

TEST_HARNESS_MAIN
