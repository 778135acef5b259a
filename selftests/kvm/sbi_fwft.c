// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI FWFT: which features there are, what setting them does, locks, and that
 * all of it moves with a VM and ends with a reset.
 */
#include "rvtest.h"
#include "rvharness.h"

#define FWFT_SET		0
#define FWFT_GET		1
#define LOCK			1UL
#define MISALIGNED		0UL
#define PMLEN			5UL
#define ERR_DENIED_LOCKED	(-14L)

#define ISA_SMNPM		RISCV_ISA_EXT_REG(62)
#define CAP_MP_STATE_RESET	242

/* Pointers that masking by 7 bits lets through, and only by 16 */
#define TAG_7			(1UL << 60)
#define TAG_16			(1UL << 50)

#define FWFT_REG(feature, field)					\
	__kvm_reg_id(KVM_REG_RISCV_SBI_STATE,				\
		     1UL << KVM_REG_RISCV_SUBTYPE_SHIFT,		\
		     3 * (feature) + (field), KVM_REG_SIZE_ULONG)
enum { R_MISALIGNED, R_PMLEN };
enum { R_ENABLE, R_FLAGS, R_VALUE };

static long guest_set(unsigned long feature, unsigned long value,
		      unsigned long flags)
{
	struct sbiret ret = guest_sbi(SBI_FWFT, FWFT_SET, feature, value, flags,
				      0, 0);

	GUEST_ASSERT_EQ(ret.value, 0L);
	return ret.error;
}

static struct sbiret guest_get(unsigned long feature)
{
	return guest_sbi(SBI_FWFT, FWFT_GET, feature, 0, 0, 0, 0);
}

static void guest_expect_error(unsigned long feature, long error)
{
	struct sbiret ret = guest_get(feature);

	GUEST_ASSERT_EQ(ret.error, error);
	GUEST_ASSERT_EQ(ret.value, 0L);
	GUEST_ASSERT_EQ(guest_set(feature, 0, 0), error);
	/* No such feature comes first. */
	GUEST_ASSERT_EQ(guest_set(feature, -1UL, -1UL), error);
}

static void guest_features(bool misaligned)
{
	static const unsigned long reserved[] = {
		6, 0x3fffffff, 0x40000000, 0x80000000, 0xc0000000, 0xffffffff,
	};
	struct sbiret ret;

	ret = guest_sbi(SBI_EXT_BASE, SBI_EXT_BASE_PROBE_EXT, SBI_FWFT, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.value, 1L);
	ret = guest_sbi(SBI_FWFT, 2, PMLEN, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	if (!misaligned)
		guest_expect_error(MISALIGNED, SBI_ERR_NOT_SUPPORTED);
	for (unsigned long id = 1; id < PMLEN; id++)
		guest_expect_error(id, SBI_ERR_NOT_SUPPORTED);
	for (unsigned int i = 0; i < ARRAY_SIZE(reserved); i++)
		guest_expect_error(reserved[i], SBI_ERR_DENIED);
	GUEST_DONE();
}

static int reg_errno(struct kvm_vcpu *vcpu, bool set, uint64_t id, uint64_t val)
{
	return rv_reg_errno(vcpu, set, id, &val);
}

TEST(features)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_features);
	int err = reg_errno(vcpu, false, FWFT_REG(R_MISALIGNED, R_VALUE), 0);

	ASSERT_EQ(1, rv_get(vcpu, RV_SBI_FWFT));
	vcpu_args_set(vcpu, 1, (uint64_t)!err);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static void guest_unsupported(uint64_t error)
{
	guest_expect_error(PMLEN, (long)error);
	GUEST_DONE();
}

/* Without the extension, without the feature, and without its ISA extension */
TEST(switched_off)
{
	const uint64_t off[] = {
		RV_SBI_FWFT, FWFT_REG(R_PMLEN, R_ENABLE), ISA_SMNPM,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(off); i++) {
		bool gone = i != 1;
		struct kvm_vcpu *vcpu;
		struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_unsupported);

		if (reg_errno(vcpu, false, off[i], 0))
			SKIP(return, "the host has no pointer masking");
		ASSERT_EQ(0, reg_errno(vcpu, true, off[i], 0));
		for (int field = R_ENABLE; field <= R_VALUE; field++) {
			uint64_t id = FWFT_REG(R_PMLEN, field);

			ASSERT_EQ(gone ? ENOENT : 0, reg_errno(vcpu, false, id, 0));
			ASSERT_EQ(gone ? ENOENT : 0, reg_errno(vcpu, true, id, 0));
		}
		vcpu_args_set(vcpu, 1, (uint64_t)SBI_ERR_NOT_SUPPORTED);
		rv_run_done(vcpu);
		kvm_vm_free(vm);
	}
}

static void guest_pmlen(bool has_16)
{
	GUEST_ASSERT_EQ(guest_get(PMLEN).value, 0L);
	GUEST_ASSERT_EQ(guest_set(PMLEN, 7, 0), 0L);
	GUEST_ASSERT_EQ(guest_get(PMLEN).value, 7L);
	GUEST_ASSERT_EQ(guest_set(PMLEN, 16, 0),
			has_16 ? 0L : (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_get(PMLEN).value, has_16 ? 16L : 7L);

	/* Refused: nothing changes. */
	GUEST_ASSERT_EQ(guest_set(PMLEN, 7, 0), 0L);
	GUEST_ASSERT_EQ(guest_set(PMLEN, 1, LOCK), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_set(PMLEN, 1UL << 32, 0), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_set(PMLEN, 0, 2), (long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_set(PMLEN, 0, LOCK | 1UL << 63),
			(long)SBI_ERR_INVALID_PARAM);
	GUEST_ASSERT_EQ(guest_get(PMLEN).value, 7L);

	/* Ids have 32 bits. */
	GUEST_ASSERT_EQ(guest_set(PMLEN | 1UL << 32, 0, 0), 0L);
	GUEST_ASSERT_EQ(guest_get(PMLEN | 1UL << 32).value, 0L);
	GUEST_ASSERT_EQ(guest_get(PMLEN).value, 0L);

	GUEST_ASSERT_EQ(guest_set(PMLEN, 7, LOCK), 0L);
	GUEST_ASSERT_EQ(guest_set(PMLEN, 0, 0), ERR_DENIED_LOCKED);
	GUEST_ASSERT_EQ(guest_set(PMLEN, 7, LOCK), ERR_DENIED_LOCKED);
	GUEST_ASSERT_EQ(guest_get(PMLEN).value, 7L);
	GUEST_SYNC(1);
	GUEST_ASSERT_EQ(guest_set(PMLEN, 0, 0), 0L);
	GUEST_ASSERT_EQ(guest_get(PMLEN).value, 0L);
	GUEST_DONE();
}

static bool has_pmlen(struct kvm_vcpu *vcpu, uint64_t len)
{
	return !reg_errno(vcpu, true, FWFT_REG(R_PMLEN, R_VALUE), len) &&
	       !reg_errno(vcpu, true, FWFT_REG(R_PMLEN, R_VALUE), 0);
}

TEST(values_and_locks)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_pmlen);

	if (!has_pmlen(vcpu, 7))
		SKIP(return, "the host has no pointer masking");
	vcpu_args_set(vcpu, 1, (uint64_t)has_pmlen(vcpu, 16));
	rv_run_sync(vcpu, 1);
	ASSERT_EQ(1, rv_get(vcpu, FWFT_REG(R_PMLEN, R_ENABLE)));
	ASSERT_EQ(LOCK, rv_get(vcpu, FWFT_REG(R_PMLEN, R_FLAGS)));
	ASSERT_EQ(7, rv_get(vcpu, FWFT_REG(R_PMLEN, R_VALUE)));
	vcpu_set_reg(vcpu, FWFT_REG(R_PMLEN, R_FLAGS), 0);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(bad_registers)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_pmlen);

	ASSERT_EQ(ENOENT, reg_errno(vcpu, false, FWFT_REG(2, 0), 0));
	ASSERT_EQ(ENOENT, reg_errno(vcpu, true, FWFT_REG(2, 0), 0));
	ASSERT_EQ(ENOENT, reg_errno(vcpu, true, FWFT_REG(0x5000, 0), 0));
	if (!has_pmlen(vcpu, 7))
		SKIP(return, "the host has no pointer masking");
	ASSERT_EQ(EINVAL, reg_errno(vcpu, true, FWFT_REG(R_PMLEN, R_ENABLE), 2));
	ASSERT_EQ(EINVAL, reg_errno(vcpu, true, FWFT_REG(R_PMLEN, R_FLAGS), 2));
	ASSERT_EQ(EINVAL, reg_errno(vcpu, true, FWFT_REG(R_PMLEN, R_VALUE), 8));
	ASSERT_EQ(EINVAL, reg_errno(vcpu, true, FWFT_REG(R_PMLEN, R_VALUE), -1UL));
	ASSERT_EQ(0, rv_get(vcpu, FWFT_REG(R_PMLEN, R_VALUE)));
	kvm_vm_free(vm);
}

static void guest_steps(uint64_t value, long error)
{
	for (int stage = 0;; stage++) {
		GUEST_ASSERT_EQ(guest_get(PMLEN).value, (long)value);
		GUEST_ASSERT_EQ(guest_set(PMLEN, value, 0), error);
		GUEST_SYNC(stage);
	}
}

TEST(restored_and_of_each_vcpu)
{
	struct kvm_vcpu *vcpus[2];
	struct kvm_vm *vm = vm_create_with_vcpus(2, guest_steps, vcpus);

	if (!has_pmlen(vcpus[0], 7))
		SKIP(return, "the host has no pointer masking");
	vcpu_set_reg(vcpus[0], FWFT_REG(R_PMLEN, R_FLAGS), LOCK);
	vcpu_set_reg(vcpus[0], FWFT_REG(R_PMLEN, R_VALUE), 7);
	vcpu_args_set(vcpus[0], 2, 7UL, ERR_DENIED_LOCKED);
	vcpu_args_set(vcpus[1], 2, 0UL, 0UL);
	for (int stage = 0; stage < 3; stage++)
		for (int i = 0; i < 2; i++)
			rv_run_sync(vcpus[i], stage);
	kvm_vm_free(vm);
}

TEST(reset_unlocks)
{
	struct kvm_mp_state init = { .mp_state = KVM_MP_STATE_INIT_RECEIVED };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_steps);

	if (!has_pmlen(vcpu, 7))
		SKIP(return, "the host has no pointer masking");
	vm_enable_cap(vm, CAP_MP_STATE_RESET, 0);
	vcpu_set_reg(vcpu, FWFT_REG(R_PMLEN, R_VALUE), 7);
	vcpu_set_reg(vcpu, FWFT_REG(R_PMLEN, R_FLAGS), LOCK);
	vcpu_args_set(vcpu, 2, 7UL, ERR_DENIED_LOCKED);
	rv_run_sync(vcpu, 0);
	vcpu_set_reg(vcpu, FWFT_REG(R_PMLEN, R_ENABLE), 0);
	vcpu_mp_state_set(vcpu, &init);
	ASSERT_EQ(0, rv_get(vcpu, FWFT_REG(R_PMLEN, R_VALUE)));
	ASSERT_EQ(0, rv_get(vcpu, FWFT_REG(R_PMLEN, R_FLAGS)));
	/* That was user space's choice. */
	ASSERT_EQ(0, rv_get(vcpu, FWFT_REG(R_PMLEN, R_ENABLE)));
	kvm_vm_free(vm);
}

static uint64_t word = 0x1234;

/* Whether a load from a pointer with a tag goes through */
static bool guest_loads(unsigned long tag)
{
	struct guest_trap trap;

	GUEST_TRY(&trap, "ld %[r], 0(%[a])", [a] "r" ((unsigned long)&word | tag));
	if (trap.taken)
		GUEST_EXPECT_TRAP(&trap, CAUSE_LOAD_PAGE);
	else
		GUEST_ASSERT_EQ(trap.value, 0x1234UL);
	return !trap.taken;
}

static void guest_masks(void)
{
	GUEST_ASSERT_EQ(guest_set(PMLEN, 7, 0), 0L);
	GUEST_SYNC(guest_loads(TAG_7));
	GUEST_ASSERT(!guest_loads(TAG_16));
	if (!guest_set(PMLEN, 16, 0))
		GUEST_ASSERT(guest_loads(TAG_7) && guest_loads(TAG_16));
	GUEST_ASSERT_EQ(guest_set(PMLEN, 0, 0), 0L);
	GUEST_ASSERT(!guest_loads(TAG_7) && !guest_loads(TAG_16));
	GUEST_DONE();
}

static void guest_masks_in_turns(bool masked)
{
	for (int stage = 0;; stage++) {
		GUEST_ASSERT_EQ(guest_loads(TAG_7), masked);
		GUEST_SYNC(stage);
	}
}

/* By the guest, and restored; two vCPUs in turns on one CPU */
TEST(pointers_are_masked)
{
	struct kvm_vcpu *vcpu, *vcpus[2];
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_masks);
	struct ucall uc;

	if (!has_pmlen(vcpu, 7))
		SKIP(return, "the host has no pointer masking");
	rv_run_ucall(vcpu, &uc);
	if (!uc.args[1])
		SKIP(return, "the hart takes henvcfg.PMM, and does not follow it");
	rv_run_done(vcpu);
	kvm_vm_free(vm);

	vm = vm_create_with_vcpus(2, guest_masks_in_turns, vcpus);
	rv_pin_to(0);
	vcpu_set_reg(vcpus[0], FWFT_REG(R_PMLEN, R_VALUE), 7);
	vcpu_args_set(vcpus[0], 1, 1UL);
	vcpu_args_set(vcpus[1], 1, 0UL);
	for (int stage = 0; stage < 10; stage++)
		for (int i = 0; i < 2; i++)
			rv_run_sync(vcpus[i], stage);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
