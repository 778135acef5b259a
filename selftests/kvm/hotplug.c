// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU hotplug under KVM: a CPU that goes away and comes back has lost the
 * guest CSRs that a vCPU left on it, and a running vCPU must move elsewhere.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <sched.h>

#define ONLINE	"/sys/devices/system/cpu/cpu1/online"

#define STVAL_A		0x1111222233334444UL
#define SSCRATCH_A	0x5555666677778888UL

static void unpin(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	sched_setaffinity(0, sizeof(set), &set);
}

static bool set_online(bool on)
{
	return rv_write_str(ONLINE, on ? "1" : "0");
}

#define REQUIRE_HOTPLUG()						\
do {									\
	if (rv_read_long(ONLINE) != 1)					\
		SKIP(return, ONLINE " is missing or 0");		\
	rv_pin_to(0);							\
	if (!set_online(false))						\
		SKIP(return, "the host cannot take CPU 1 offline");	\
	ASSERT_TRUE(set_online(true));					\
} while (0)

static void guest_own_csrs(void)
{
	csr_write(CSR_STVAL, STVAL_A);
	csr_write(CSR_SSCRATCH, SSCRATCH_A);
	csr_write(CSR_SIE, 1UL << IRQ_SOFT);
	csr_set(CSR_SSTATUS, SSTATUS_FS);
	for (unsigned long i = 1;; i++) {
		GUEST_SYNC(i);
		GUEST_ASSERT_EQ(csr_read(CSR_STVAL), STVAL_A);
		GUEST_ASSERT_EQ(csr_read(CSR_SSCRATCH), SSCRATCH_A);
		GUEST_ASSERT_EQ(csr_read(CSR_SIE), 1UL << IRQ_SOFT);
	}
}

/*
 * The vCPU last ran on CPU 1 and nobody ran there since: whoever skips the
 * reload of its CSRs for that reason finds the reset values.
 */
TEST(idle_vcpu_of_a_cpu_that_was_offline)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	REQUIRE_HOTPLUG();
	vm = vm_create_with_one_vcpu(&vcpu, guest_own_csrs);
	for (unsigned long i = 1; i <= 4; i++) {
		rv_pin_to(1);
		rv_run_sync(vcpu, 3 * i - 2);
		rv_run_sync(vcpu, 3 * i - 1);
		rv_pin_to(0);
		ASSERT_TRUE(set_online(false));
		ASSERT_TRUE(set_online(true));
		rv_pin_to(1);
		rv_run_sync(vcpu, 3 * i);
	}
	unpin();
	kvm_vm_free(vm);
}

/* Created while the CPU was away, then run on it, and the other way round. */
TEST(vm_created_while_offline)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	REQUIRE_HOTPLUG();
	ASSERT_TRUE(set_online(false));
	vm = vm_create_with_one_vcpu(&vcpu, guest_own_csrs);
	rv_run_sync(vcpu, 1);
	ASSERT_TRUE(set_online(true));
	rv_pin_to(1);
	rv_run_sync(vcpu, 2);
	rv_run_sync(vcpu, 3);
	rv_pin_to(0);
	ASSERT_TRUE(set_online(false));
	rv_run_sync(vcpu, 4);
	kvm_vm_free(vm);

	/* The last VM went while CPU 1 was off: it must come up all the same. */
	ASSERT_TRUE(set_online(true));
	rv_pin_to(1);
	vm = vm_create_with_one_vcpu(&vcpu, guest_own_csrs);
	rv_run_sync(vcpu, 1);
	kvm_vm_free(vm);
	unpin();
}

static uint64_t finish;

static void guest_check_forever(uint64_t tag)
{
	csr_write(CSR_STVAL, tag);
	csr_write(CSR_SSCRATCH, ~tag);
	while (!READ_ONCE(finish)) {
		GUEST_ASSERT_EQ(csr_read(CSR_STVAL), tag);
		GUEST_ASSERT_EQ(csr_read(CSR_SSCRATCH), ~tag);
	}
	GUEST_DONE();
}

TEST(running_vcpus_move)
{
	struct rv_thread threads[3];
	struct kvm_vcpu *vcpus[3];
	struct kvm_vm *vm;
	uint64_t *over;

	REQUIRE_HOTPLUG();
	unpin();
	vm = vm_create_with_vcpus(3, guest_check_forever, vcpus);
	over = addr_gva2hva(vm, (uintptr_t)&finish);
	for (uint64_t i = 0; i < 3; i++) {
		vcpu_args_set(vcpus[i], 1, STVAL_A + i);
		rv_thread_start(&threads[i], vcpus[i]);
	}
	for (int round = 0; round < 4; round++) {
		usleep(100 * 1000);
		ASSERT_TRUE(set_online(false));
		usleep(50 * 1000);
		ASSERT_TRUE(set_online(true));
	}
	__atomic_store_n(over, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 3; i++)
		rv_thread_join_done(&threads[i]);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
