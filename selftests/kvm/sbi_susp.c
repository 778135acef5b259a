// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI SUSP: which calls KVM refuses, and what becomes of the hart when user
 * space ends the sleep or did not begin one.
 */
#include "rvtest.h"
#include "rvharness.h"

#define OPAQUE		0x1122334455667788UL

/*
 * Where the hart wakes up, with translation off: hands over a0 and a1 as they
 * are, then satp and sstatus.
 */
asm(".pushsection .text\n"
	".balign 4\n"
	"resume:\n"
	"	csrr	a2, satp\n"
	"	csrr	a3, sstatus\n"
	"	li	a7, " __stringify(KVM_RISCV_SELFTESTS_SBI_EXT) "\n"
	"	li	a6, 9\n"
	"	ecall\n"
	"1:	j	1b\n"
	".popsection\n");
extern char resume[];

static uint64_t resume_gpa;

static struct sbiret guest_suspend(unsigned long type, unsigned long addr)
{
	return guest_sbi(SBI_SUSP, 0, type, addr, OPAQUE, 0, 0);
}

static void guest_refused(bool on)
{
	struct sbiret ret = guest_sbi(SBI_EXT_BASE, SBI_EXT_BASE_PROBE_EXT,
				      SBI_SUSP, 0, 0, 0, 0);

	GUEST_ASSERT_EQ(ret.value, (long)on);
	if (!on) {
		ret = guest_suspend(0, resume_gpa);
		GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
		GUEST_DONE();
	}
	GUEST_ASSERT_EQ(guest_sbi(SBI_SUSP, 1, 0, resume_gpa, 0, 0, 0).error,
			(long)SBI_ERR_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(guest_suspend(1, resume_gpa).error,
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_suspend(1UL << 31, resume_gpa).error,
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_suspend(0, HOLE_GPA).error,
			(long)SBI_ERR_INVALID_ADDRESS);
	GUEST_ASSERT_EQ(guest_suspend(0, -4UL).error,
			(long)SBI_ERR_INVALID_ADDRESS);
	/* The other hart is not stopped. */
	GUEST_ASSERT_EQ(guest_suspend(0, resume_gpa).error, (long)SBI_ERR_DENIED);
	GUEST_DONE();
}

static struct kvm_vm *create(struct kvm_vcpu *vcpus[2], void *guest_code, int on)
{
	struct kvm_vm *vm = vm_create_with_vcpus(2, guest_code, vcpus);

	resume_gpa = addr_gva2gpa(vm, (uintptr_t)resume);
	sync_global_to_guest(vm, resume_gpa);
	TEST_ASSERT_EQ(rv_get(vcpus[1], RV_SBI_SUSP), 0UL);
	vcpu_set_reg(vcpus[1], RV_SBI_SUSP, on);
	vcpu_args_set(vcpus[1], 1, (uint64_t)on);
	return vm;
}

TEST(refused)
{
	for (int on = 0; on < 2; on++) {
		struct kvm_vcpu *vcpus[2];
		struct kvm_vm *vm = create(vcpus, guest_refused, on);

		rv_run_done(vcpus[1]);
		kvm_vm_free(vm);
	}
}

/* Only the lower half of the sleep type counts. */
static void guest_sleep(void)
{
	struct sbiret ret = guest_suspend(1UL << 32, resume_gpa);

	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_FAILURE);
	GUEST_ASSERT_EQ(ret.value, 5L);
	csr_write(CSR_SSCRATCH, 1);
	csr_set(CSR_SSTATUS, SR_SIE);
	guest_suspend(0, resume_gpa);
	GUEST_FAIL("came back from sleep");
}

static void expect_sleep(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	vcpu_run(vcpu);
	TEST_ASSERT_EQ(run->exit_reason, KVM_EXIT_RISCV_SBI);
	TEST_ASSERT_EQ(run->riscv_sbi.extension_id, SBI_SUSP);
	TEST_ASSERT_EQ(run->riscv_sbi.args[1], resume_gpa);
	TEST_ASSERT_EQ(run->riscv_sbi.args[2], OPAQUE);
	TEST_ASSERT_EQ((long)run->riscv_sbi.ret[0], (long)SBI_ERR_NOT_SUPPORTED);
}

TEST(sleeps_and_wakes_up)
{
	struct kvm_vcpu *vcpus[2], *vcpu;
	struct kvm_vm *vm = create(vcpus, guest_sleep, 1);
	struct kvm_run *run;

	vcpu = vcpus[1];
	run = vcpu->run;
	rv_set_mp_state(vcpus[0], KVM_MP_STATE_STOPPED);
	expect_sleep(vcpu);
	run->riscv_sbi.ret[0] = SBI_ERR_FAILURE;
	run->riscv_sbi.ret[1] = 5;
	expect_sleep(vcpu);
	run->riscv_sbi.ret[0] = 0;

	/* Awake, so that it can be moved, before its first instruction */
	run->immediate_exit = 1;
	ASSERT_EQ(EINTR, rv_run_errno(vcpu));
	run->immediate_exit = 0;
	ASSERT_EQ(resume_gpa, rv_get(vcpu, RV_CORE(regs.pc)));
	ASSERT_EQ(0, rv_get(vcpu, RV_CSR(sscratch)));
	ASSERT_EQ(KVM_MP_STATE_RUNNABLE, rv_mp_state(vcpu));

	vcpu_run(vcpu);
	ASSERT_EQ(KVM_EXIT_RISCV_SBI, run->exit_reason);
	ASSERT_EQ(9, run->riscv_sbi.function_id);
	ASSERT_EQ(1, run->riscv_sbi.args[0]);
	ASSERT_EQ(OPAQUE, run->riscv_sbi.args[1]);
	ASSERT_EQ(0, run->riscv_sbi.args[2]);
	ASSERT_EQ(0, run->riscv_sbi.args[3] & SR_SIE);
	ASSERT_EQ(KVM_MP_STATE_STOPPED, rv_mp_state(vcpus[0]));
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
