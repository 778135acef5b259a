// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPU ioctls other than ONE_REG: MP_STATE, KVM_INTERRUPT, guest debug, ways
 * out of KVM_RUN, and what is refused.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <signal.h>
#include <sys/time.h>

static uint64_t guest_counter;

static void guest_spin(void)
{
	for (;;)
		WRITE_ONCE(guest_counter, guest_counter + 1);
}

static void guest_done(void)
{
	GUEST_DONE();
}

static volatile int signals;
static struct kvm_run *alarm_run;

/* A signal before KVM_RUN began would be lost but for immediate_exit. */
static void count_signal(int sig)
{
	signals++;
	alarm_run->immediate_exit = 1;
}

static void arm_alarm(struct kvm_vcpu *vcpu, unsigned int ms)
{
	struct sigaction act = { .sa_handler = count_signal };
	struct itimerval it = { .it_value.tv_usec = ms * 1000 };

	alarm_run = vcpu->run;
	alarm_run->immediate_exit = 0;
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

TEST(unsupported_ioctls)
{
	static const unsigned long cmds[] = {
		KVM_GET_REGS, KVM_SET_REGS, KVM_GET_SREGS, KVM_SET_SREGS,
		KVM_GET_FPU, KVM_SET_FPU, KVM_TRANSLATE, KVM_NMI,
		_IO(KVMIO, 0xfe), _IO('z', 1),
	};
	uint64_t buf[64] = { 0 };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++) {
		ASSERT_EQ(-1, ioctl(vcpu->fd, cmds[i], buf));
		TEST_ASSERT(errno == EINVAL || errno == ENOTTY,
			    "ioctl %#lx: %s", cmds[i], strerror(errno));
	}
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(vcpu_ids)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	long max;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	max = kvm_check_cap(KVM_CAP_MAX_VCPU_ID) ?:
	      kvm_check_cap(KVM_CAP_MAX_VCPUS);
	ASSERT_EQ(-1, ioctl(vm->fd, KVM_CREATE_VCPU, 0));
	ASSERT_EQ(EEXIST, errno);
	ASSERT_EQ(-1, ioctl(vm->fd, KVM_CREATE_VCPU, max));
	ASSERT_EQ(EINVAL, errno);
	ASSERT_EQ(-1, ioctl(vm->fd, KVM_CREATE_VCPU, -1UL));
	ASSERT_EQ(EINVAL, errno);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(capabilities)
{
	static const int yes[] = {
		KVM_CAP_IOEVENTFD, KVM_CAP_USER_MEMORY, KVM_CAP_SYNC_MMU,
		KVM_CAP_DESTROY_MEMORY_REGION_WORKS, KVM_CAP_ONE_REG,
		KVM_CAP_READONLY_MEM, KVM_CAP_MP_STATE, KVM_CAP_IMMEDIATE_EXIT,
		KVM_CAP_SET_GUEST_DEBUG,
	};
	int bits = kvm_check_cap(KVM_CAP_VM_GPA_BITS);

	for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++)
		TEST_ASSERT(kvm_check_cap(yes[i]), "capability %d", yes[i]);
	ASSERT_TRUE(bits == 41 || bits == 50 || bits == 59);
	ASSERT_LT(0, kvm_check_cap(KVM_CAP_NR_VCPUS));
	ASSERT_EQ(1024, kvm_check_cap(KVM_CAP_MAX_VCPUS));
	ASSERT_LE(32, kvm_check_cap(KVM_CAP_NR_MEMSLOTS));
	ASSERT_EQ(0, kvm_check_cap(0x7fff));
}

TEST(mp_state)
{
	static const uint32_t bad[] = { 1, 3, 100, -1U };
	struct kvm_vcpu *vcpu, *second;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	ASSERT_EQ(KVM_MP_STATE_RUNNABLE, rv_mp_state(vcpu));
	second = __vm_vcpu_add(vm, 1);
	ASSERT_EQ(KVM_MP_STATE_STOPPED, rv_mp_state(second));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kvm_mp_state mp = { .mp_state = bad[i] };

		ASSERT_EQ(-1, __vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &mp));
		ASSERT_EQ(EINVAL, errno);
		ASSERT_EQ(KVM_MP_STATE_RUNNABLE, rv_mp_state(vcpu));
	}

	/* A stopped vCPU stays in KVM_RUN until a signal comes. */
	rv_set_mp_state(vcpu, KVM_MP_STATE_STOPPED);
	arm_alarm(vcpu, 100);
	ASSERT_EQ(EINTR, rv_run_errno(vcpu));
	ASSERT_EQ(1, signals);
	ASSERT_EQ(KVM_MP_STATE_STOPPED, rv_mp_state(vcpu));
	rv_set_mp_state(vcpu, KVM_MP_STATE_RUNNABLE);
	vcpu->run->immediate_exit = 0;
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(immediate_exit)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	uint64_t pc;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	pc = rv_get(vcpu, RV_CORE(regs.pc));
	vcpu->run->immediate_exit = 1;
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(EINTR, rv_run_errno(vcpu));
		ASSERT_EQ(pc, rv_get(vcpu, RV_CORE(regs.pc)));
	}
	vcpu->run->immediate_exit = 0;
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(signal_ends_a_run)
{
	struct kvm_vcpu *vcpu;
	uint64_t seen = 0;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_spin);
	for (int i = 1; i <= 3; i++) {
		arm_alarm(vcpu, 60);
		ASSERT_EQ(EINTR, rv_run_errno(vcpu));
		ASSERT_EQ(i, signals);
		ASSERT_EQ(KVM_EXIT_INTR, vcpu->run->exit_reason);
		sync_global_from_guest(vm, guest_counter);
		ASSERT_LT(seen, guest_counter);
		seen = guest_counter;
	}
	kvm_vm_free(vm);
}

TEST(signal_mask_for_the_run)
{
	struct {
		struct kvm_signal_mask head;
		uint64_t set;
	} mask = { .head.len = 8, .set = 0 };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	sigset_t block;

	vm = vm_create_with_one_vcpu(&vcpu, guest_spin);
	sigemptyset(&block);
	sigaddset(&block, SIGALRM);
	sigprocmask(SIG_BLOCK, &block, NULL);
	ASSERT_EQ(0, ioctl(vcpu->fd, KVM_SET_SIGNAL_MASK, &mask));
	arm_alarm(vcpu, 50);
	ASSERT_EQ(EINTR, rv_run_errno(vcpu));
	/* Blocked again outside of the run: still pending, not delivered. */
	ASSERT_EQ(0, signals);
	mask.head.len = 3;
	ASSERT_EQ(-1, ioctl(vcpu->fd, KVM_SET_SIGNAL_MASK, &mask));
	ASSERT_EQ(EINVAL, errno);
	kvm_vm_free(vm);
}

/* No memory at all, trap vector included: only a signal ends that. */
TEST(run_without_memory)
{
	struct kvm_vm *vm = vm_create_barebones();
	struct kvm_vcpu *vcpu = __vm_vcpu_add(vm, 0);

	arm_alarm(vcpu, 200);
	ASSERT_EQ(EINTR, rv_run_errno(vcpu));
	ASSERT_EQ(1, signals);
	kvm_vm_free(vm);
}

static uint64_t irq_taken;

static void guest_external_irq(struct ex_regs *regs)
{
	GUEST_ASSERT_EQ(regs->cause, (1UL << 63) | IRQ_EXT);
	WRITE_ONCE(irq_taken, irq_taken + 1);
	csr_clear(CSR_SIE, 1UL << IRQ_EXT);
}

static void guest_irqs(void)
{
	GUEST_ASSERT(!(csr_read(CSR_SIP) & (1UL << IRQ_EXT)));
	GUEST_SYNC(1);
	GUEST_ASSERT(csr_read(CSR_SIP) & (1UL << IRQ_EXT));
	/* A level, under the control of user space alone. */
	csr_clear(CSR_SIP, 1UL << IRQ_EXT);
	GUEST_ASSERT(csr_read(CSR_SIP) & (1UL << IRQ_EXT));
	GUEST_ASSERT_EQ(irq_taken, 0UL);
	csr_set(CSR_SIE, 1UL << IRQ_EXT);
	local_irq_enable();
	GUEST_ASSERT(guest_wait_eq(&irq_taken, 1));
	csr_set(CSR_SIE, 1UL << IRQ_EXT);
	GUEST_ASSERT(guest_wait_eq(&irq_taken, 2));
	local_irq_disable();
	GUEST_SYNC(2);
	GUEST_ASSERT(!(csr_read(CSR_SIP) & (1UL << IRQ_EXT)));
	GUEST_DONE();
}

static void interrupt(struct kvm_vcpu *vcpu, uint32_t irq)
{
	struct kvm_interrupt arg = { .irq = irq };

	vcpu_ioctl(vcpu, KVM_INTERRUPT, &arg);
}

TEST(kvm_interrupt)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_irqs);
	vm_init_vector_tables(vm);
	vcpu_init_vector_tables(vcpu);
	vm_install_interrupt_handler(vm, guest_external_irq);

	rv_run_sync(vcpu, 1);
	interrupt(vcpu, KVM_INTERRUPT_SET);
	ASSERT_EQ(1UL << IRQ_EXT, rv_get(vcpu, RV_CSR(sip)));
	rv_run_sync(vcpu, 2);
	interrupt(vcpu, KVM_INTERRUPT_UNSET);
	ASSERT_EQ(0, rv_get(vcpu, RV_CSR(sip)));
	rv_run_done(vcpu);
	ASSERT_EQ(-1, ioctl(vcpu->fd, KVM_INTERRUPT, NULL));
	ASSERT_EQ(EFAULT, errno);
	kvm_vm_free(vm);
}

static void guest_wait_irq(void)
{
	WRITE_ONCE(guest_counter, 1);
	while (!(csr_read(CSR_SIP) & (1UL << IRQ_EXT)))
		;
	GUEST_DONE();
}

/* KVM_INTERRUPT does not wait for a running vCPU, and reaches it. */
TEST(kvm_interrupt_of_a_running_vcpu)
{
	struct rv_thread thread;
	struct kvm_vcpu *vcpu;
	uint64_t *started;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_wait_irq);
	started = addr_gva2hva(vm, (uintptr_t)&guest_counter);
	rv_thread_start(&thread, vcpu);
	while (!READ_ONCE(*started))
		usleep(1000);
	interrupt(vcpu, KVM_INTERRUPT_SET);
	rv_thread_join_done(&thread);
	kvm_vm_free(vm);
}

static void guest_ebreak(void)
{
	struct guest_trap trap;

	asm volatile(".global dbg_1\n.option push\n.option norvc\n"
		     "dbg_1: ebreak\n.option pop\n");
	GUEST_SYNC(1);
	asm volatile(".global dbg_2\ndbg_2: c.ebreak\n.balign 4\n");
	GUEST_SYNC(2);
	GUEST_TRY(&trap, ".option norvc\n\tebreak");
	GUEST_EXPECT_TRAP(&trap, CAUSE_BREAK);
	GUEST_DONE();
}

static void expect_debug(struct kvm_vcpu *vcpu, char *at, int len)
{
	vcpu_run(vcpu);
	TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_DEBUG);
	TEST_ASSERT_EQ(rv_get(vcpu, RV_CORE(regs.pc)), (uintptr_t)at);
	vcpu_set_reg(vcpu, RV_CORE(regs.pc), (uintptr_t)at + len);
}

TEST(guest_debug)
{
	extern char dbg_1[], dbg_2[];
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_ebreak);
	vcpu_guest_debug_set(vcpu, &debug);
	expect_debug(vcpu, dbg_1, 4);
	rv_run_sync(vcpu, 1);
	expect_debug(vcpu, dbg_2, 2);
	rv_run_sync(vcpu, 2);
	/* Off again, after the vCPU ran: the guest gets its exception. */
	debug.control = 0;
	vcpu_guest_debug_set(vcpu, &debug);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static void *run_in_thread(void *arg)
{
	rv_run_sync(arg, 2);
	return NULL;
}

static void guest_two_threads(void)
{
	GUEST_SYNC(1);
	GUEST_SYNC(2);
	GUEST_DONE();
}

TEST(moves_between_threads)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	pthread_t tid;

	vm = vm_create_with_one_vcpu(&vcpu, guest_two_threads);
	rv_run_sync(vcpu, 1);
	ASSERT_EQ(0, pthread_create(&tid, NULL, run_in_thread, vcpu));
	pthread_join(tid, NULL);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
