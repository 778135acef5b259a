// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI STA: where steal time may go, what is told, and that it survives a move
 * of the VM and a reset of the vCPU as it should. Upstream's steal_time checks
 * the figures against the host's.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <signal.h>

#define STA_DISABLE	-1UL
#define STA_REG(name) \
	__kvm_reg_id(KVM_REG_RISCV_SBI_STATE, KVM_REG_RISCV_SBI_STA, \
		     KVM_REG_RISCV_SBI_STA_REG(name), KVM_REG_SIZE_ULONG)

#define RO_GPA		0x50000000UL
#define RO_SLOT		7

struct sta {
	uint32_t sequence;
	uint32_t flags;
	uint64_t steal;
	uint8_t preempted;
	uint8_t pad[47];
};

static struct sta shmem __attribute__((aligned(64)));
static uint64_t shmem_gpa;
static uint64_t stop_flag;

static long guest_set(unsigned long lo, unsigned long hi, unsigned long flags)
{
	return guest_sbi(SBI_EXT_STA, 0, lo, hi, flags, 0, 0).error;
}

static void guest_arguments(void)
{
	long bad;

	memset(&shmem, 0xff, sizeof(shmem));
	GUEST_ASSERT_EQ(guest_set(shmem_gpa, 0, 1), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_set(shmem_gpa + 32, 0, 0), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_set(STA_DISABLE, 0, 0), (long)SBI_ERR_INVALID_PARAM);
	bad = SBI_ERR_INVALID_ADDRESS;
	GUEST_ASSERT_EQ(guest_set(shmem_gpa, 1, 0), bad);
	GUEST_ASSERT_EQ(guest_set(HOLE_GPA, 0, 0), bad);
	GUEST_ASSERT_EQ(guest_set(RO_GPA, 0, 0), bad);
	GUEST_ASSERT_EQ(guest_set(-64UL, 0, 0), bad);
	GUEST_ASSERT_EQ(guest_sbi(SBI_EXT_STA, 1, 0, 0, 0, 0, 0).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(shmem.steal, -1UL);

	/* Valid: all of it is zeroed, even over rubbish. */
	GUEST_ASSERT_EQ(guest_set(shmem_gpa, 0, 0), 0L);
	for (size_t i = 0; i < sizeof(shmem.pad); i++)
		GUEST_ASSERT_EQ(shmem.pad[i], 0);
	GUEST_ASSERT(shmem.preempted == 0 && shmem.flags == 0);
	GUEST_SYNC(1);
	GUEST_ASSERT_EQ(guest_set(STA_DISABLE, STA_DISABLE, 0), 0L);
	GUEST_SYNC(2);
	/* What was refused leaves what was there before. */
	GUEST_ASSERT_EQ(guest_set(shmem_gpa, 0, 0), 0L);
	GUEST_ASSERT_EQ(guest_set(HOLE_GPA, 0, 0), bad);
	GUEST_SYNC(3);
	GUEST_DONE();
}

static struct kvm_vm *create(struct kvm_vcpu **vcpu, void *guest_code)
{
	struct kvm_vm *vm = vm_create_with_one_vcpu(vcpu, guest_code);

	shmem_gpa = addr_gva2gpa(vm, (uintptr_t)&shmem);
	sync_global_to_guest(vm, shmem_gpa);
	return vm;
}

TEST(arguments_and_registers)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = create(&vcpu, guest_arguments);
	uint64_t val;

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, RO_GPA, RO_SLOT, 1,
				    KVM_MEM_READONLY);
	ASSERT_EQ(-1UL, rv_get(vcpu, STA_REG(shmem_lo)));
	rv_run_sync(vcpu, 1);
	ASSERT_EQ(shmem_gpa, rv_get(vcpu, STA_REG(shmem_lo)));
	ASSERT_EQ(0, rv_get(vcpu, STA_REG(shmem_hi)));
	rv_run_sync(vcpu, 2);
	ASSERT_EQ(-1UL, rv_get(vcpu, STA_REG(shmem_lo)));
	rv_run_sync(vcpu, 3);
	ASSERT_EQ(shmem_gpa, rv_get(vcpu, STA_REG(shmem_lo)));

	val = shmem_gpa + 8;
	ASSERT_EQ(EINVAL, rv_reg_errno(vcpu, true, STA_REG(shmem_lo), &val));
	val = 1;
	ASSERT_EQ(EINVAL, rv_reg_errno(vcpu, true, STA_REG(shmem_hi), &val));
	ASSERT_EQ(ENOENT, rv_reg_errno(vcpu, false, STA_REG(shmem_hi) + 1, &val));
	ASSERT_EQ(ENOENT, rv_reg_errno(vcpu, true, STA_REG(shmem_hi) + 1, &val));
	ASSERT_EQ(shmem_gpa, rv_get(vcpu, STA_REG(shmem_lo)));
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(switched_off)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = create(&vcpu, guest_arguments);
	uint64_t val = 0;

	vcpu_set_reg(vcpu, RISCV_SBI_EXT_REG(KVM_RISCV_SBI_EXT_STA), 0);
	ASSERT_EQ(ENOENT, rv_reg_errno(vcpu, false, STA_REG(shmem_lo), &val));
	ASSERT_EQ(ENOENT, rv_reg_errno(vcpu, true, STA_REG(shmem_lo), &val));
	kvm_vm_free(vm);
}

/* The sum, as a guest has to read it */
static uint64_t guest_steal(void)
{
	volatile struct sta *s = &shmem;
	uint32_t sequence;
	uint64_t steal;

	do {
		sequence = s->sequence;
		asm volatile("fence r, r" ::: "memory");
		steal = s->steal;
		asm volatile("fence r, r" ::: "memory");
	} while ((sequence & 1) || sequence != s->sequence);
	return steal;
}

static void guest_wait_steal(bool set)
{
	uint64_t before, end;

	if (set)
		GUEST_ASSERT_EQ(guest_set(shmem_gpa, 0, 0), 0L);
	for (int stage = 1;; stage++) {
		before = guest_steal();
		end = guest_time() + 60UL * 10 * 1000 * 1000;
		while (guest_steal() == before)
			GUEST_ASSERT(guest_time() < end);
		GUEST_ASSERT(guest_steal() > before);
		/* No more than the time that passed: a minute. */
		GUEST_ASSERT(guest_steal() - before < 60UL * 1000 * 1000 * 1000);
		GUEST_SYNC(stage);
	}
}

/* Another process that wants CPU 1 as well, where this one moves to */
static pid_t compete(void)
{
	pid_t pid;

	rv_pin_to(1);
	pid = fork();
	if (!pid)
		for (;;)
			;
	return pid;
}

TEST(counts_what_others_take)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = create(&vcpu, guest_wait_steal);
	pid_t pid = compete();

	vcpu_args_set(vcpu, 1, 1UL);
	for (int stage = 1; stage <= 3; stage++)
		rv_run_sync(vcpu, stage);
	kill(pid, SIGKILL);
	kvm_vm_free(vm);
}

TEST(goes_on_after_a_move)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = create(&vcpu, guest_wait_steal);
	struct sta *s = addr_gva2hva(vm, (uintptr_t)&shmem);
	pid_t pid = compete();

	s->steal = 1000;
	vcpu_args_set(vcpu, 1, 0UL);
	vcpu_set_reg(vcpu, STA_REG(shmem_lo), shmem_gpa);
	vcpu_set_reg(vcpu, STA_REG(shmem_hi), 0);
	rv_run_sync(vcpu, 1);
	ASSERT_LT(1000, s->steal);
	kill(pid, SIGKILL);
	kvm_vm_free(vm);
}

static void guest_spin(void)
{
	GUEST_ASSERT_EQ(guest_set(shmem_gpa, 0, 0), 0L);
	GUEST_SYNC(1);
	while (!READ_ONCE(stop_flag))
		;
	GUEST_DONE();
}

/* Memory that goes away is none of the vCPU's troubles. */
TEST(memory_goes_away)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = create(&vcpu, guest_spin);
	struct rv_thread thread;
	uint64_t gpa = RO_GPA;
	pid_t pid;

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, RO_GPA, RO_SLOT, 1, 0);
	rv_run_sync(vcpu, 1);
	vcpu_set_reg(vcpu, STA_REG(shmem_lo), gpa);
	vm_mem_region_delete(vm, RO_SLOT);

	pid = compete();
	rv_thread_start(&thread, vcpu);
	usleep(300 * 1000);
	*(uint64_t *)addr_gva2hva(vm, (uintptr_t)&stop_flag) = 1;
	rv_thread_join_done(&thread);
	ASSERT_EQ(gpa, rv_get(vcpu, STA_REG(shmem_lo)));
	kill(pid, SIGKILL);
	kvm_vm_free(vm);
}

/* Runs with translation off, and has nothing to do. */
asm(".pushsection .text\n"
	".balign 4\n"
	"second_hart: j second_hart\n"
	".popsection\n");
extern char second_hart[];

static void guest_first(uint64_t entry_gpa)
{
	GUEST_ASSERT_EQ(guest_sbi(SBI_HSM, 0, 1, entry_gpa, 0, 0, 0).error, 0L);
	GUEST_DONE();
}

/* A hart that starts again knows nothing of what it was told before. */
TEST(reset_forgets)
{
	struct kvm_vcpu *vcpus[2];
	struct kvm_vm *vm = vm_create_with_vcpus(2, guest_first, vcpus);
	struct rv_thread thread;

	rv_interrupt_by(SIGUSR1);
	rv_set_mp_state(vcpus[1], KVM_MP_STATE_STOPPED);
	vcpu_set_reg(vcpus[1], STA_REG(shmem_lo), 0x1000);
	vcpu_args_set(vcpus[0], 1, addr_gva2gpa(vm, (uintptr_t)second_hart));
	rv_run_done(vcpus[0]);

	rv_thread_start(&thread, vcpus[1]);
	usleep(200 * 1000);
	vcpus[1]->run->immediate_exit = 1;
	pthread_kill(thread.tid, SIGUSR1);
	pthread_join(thread.tid, NULL);
	ASSERT_EQ(EINTR, thread.err);
	ASSERT_EQ(-1UL, rv_get(vcpus[1], STA_REG(shmem_lo)));
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
