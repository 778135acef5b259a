// SPDX-License-Identifier: GPL-2.0-only
/*
 * WFI: whether it leaves the guest is the policy's choice, and that it ends
 * when it has to is not.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <signal.h>

#define POLICY		"/sys/module/kvm/parameters/wfi_trap_policy"
#define NR_WFI		200UL
#define TIMER_BIT	(1UL << IRQ_TIMER)

/* Each of them waits a millisecond for the timer. */
static void guest_waits(void)
{
	csr_write(CSR_SIE, TIMER_BIT);
	for (unsigned long i = 0; i < NR_WFI; i++) {
		unsigned long due = guest_time() + 10000;

		GUEST_ASSERT_EQ(guest_sbi(SBI_TIME, 0, due, 0, 0, 0, 0).error, 0L);
		while (!(csr_read(CSR_SIP) & TIMER_BIT))
			guest_wfi();
		GUEST_ASSERT(guest_time() >= due);
	}
	GUEST_DONE();
}

/* How many of NR_WFI waits left the guest, on CPU 1 */
static unsigned long exits_of_wfi(struct __test_metadata *_metadata,
				  const char *policy)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_waits);
	unsigned long exits;

	rv_pin_to(1);
	ASSERT_TRUE(rv_write_str(POLICY, policy));
	rv_run_done(vcpu);
	exits = rv_stat(vcpu, "wfi_exit_stat");
	kvm_vm_free(vm);
	return exits;
}

FIXTURE(wfi) {
};

FIXTURE_SETUP(wfi)
{
	if (access(POLICY, W_OK))
		SKIP(return, "this kvm.ko has no policy for WFI");
}

FIXTURE_TEARDOWN(wfi)
{
	rv_write_str(POLICY, "adaptive");
}

TEST_F(wfi, traps_when_told_to)
{
	ASSERT_LE(NR_WFI / 2, exits_of_wfi(_metadata, "trap"));
}

TEST_F(wfi, stays_when_told_to)
{
	ASSERT_EQ(0, exits_of_wfi(_metadata, "notrap"));
}

/* Now and then a thread of the kernel wants the CPU for a moment. */
TEST_F(wfi, stays_when_alone)
{
	ASSERT_GE(NR_WFI / 4, exits_of_wfi(_metadata, "adaptive"));
}

TEST_F(wfi, makes_room_for_others)
{
	unsigned long exits;
	pid_t pid = fork();

	if (!pid) {
		rv_pin_to(1);
		for (;;)
			;
	}
	exits = exits_of_wfi(_metadata, "adaptive");
	kill(pid, SIGKILL);
	ASSERT_LE(NR_WFI / 2, exits);
}

TEST_F(wfi, refuses_other_policies)
{
	ASSERT_FALSE(rv_write_str(POLICY, "sometimes"));
	ASSERT_TRUE(rv_write_str(POLICY, "trap"));
	ASSERT_FALSE(rv_write_str(POLICY, "2"));
}

TEST_HARNESS_MAIN
