// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI: BASE, which calls go to user space, switching extensions per vCPU, and
 * system reset.
 */
#include "rvtest.h"
#include "rvharness.h"

#define SBI_EXPERIMENTAL	0x08000000UL
#define SBI_VENDOR		0x09000000UL
#define SBI_VENDOR_LAST		0x09FFFFFFUL
#define SBI_UNKNOWN		0x7ffffff0UL

#define BASE_GET_MVENDORID	4
#define BASE_GET_MARCHID	5
#define BASE_GET_MIMPID		6

static void run_simple(void *guest_code)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_code);

	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static long guest_probe(unsigned long ext)
{
	struct sbiret ret = guest_sbi(SBI_EXT_BASE, SBI_EXT_BASE_PROBE_EXT,
				      ext, 0, 0, 0, 0);

	__GUEST_ASSERT(!ret.error, "probe of %#lx: %ld", ext, ret.error);
	return ret.value;
}

static long guest_base(unsigned long fid)
{
	struct sbiret ret = guest_sbi(SBI_EXT_BASE, fid, 0, 0, 0, 0, 0);

	__GUEST_ASSERT(!ret.error, "BASE function %lu: %ld", fid, ret.error);
	return ret.value;
}

static void guest_base_values(unsigned long mvendorid, unsigned long marchid,
			      unsigned long mimpid)
{
	unsigned long version = guest_base(SBI_EXT_BASE_GET_SPEC_VERSION);
	struct sbiret ret;

	GUEST_ASSERT_EQ(version, sbi_mk_version(3, 0));
	GUEST_ASSERT_EQ(guest_base(SBI_EXT_BASE_GET_IMP_ID), 3L);
	GUEST_ASSERT(guest_base(SBI_EXT_BASE_GET_IMP_VERSION) >= 0x060c00);
	GUEST_ASSERT_EQ((unsigned long)guest_base(BASE_GET_MVENDORID), mvendorid);
	GUEST_ASSERT_EQ((unsigned long)guest_base(BASE_GET_MARCHID), marchid);
	GUEST_ASSERT_EQ((unsigned long)guest_base(BASE_GET_MIMPID), mimpid);
	ret = guest_sbi(SBI_EXT_BASE, 7, 0, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	ret = guest_sbi(SBI_EXT_BASE, -1UL, 0, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	GUEST_DONE();
}

TEST(base_values)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_base_values);

	/* User space's choice, so that a zero from the host proves nothing. */
	vcpu_set_reg(vcpu, RISCV_CONFIG_REG(mvendorid), 0x1234);
	vcpu_set_reg(vcpu, RISCV_CONFIG_REG(marchid), 0x56789a);
	vcpu_set_reg(vcpu, RISCV_CONFIG_REG(mimpid), 0xbcdef0);
	vcpu_args_set(vcpu, 3, 0x1234UL, 0x56789aUL, 0xbcdef0UL);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static void guest_probe_all(void)
{
	GUEST_ASSERT(guest_probe(SBI_EXT_BASE));
	GUEST_ASSERT(guest_probe(SBI_TIME));
	GUEST_ASSERT(guest_probe(SBI_IPI));
	GUEST_ASSERT(guest_probe(SBI_RFENCE));
	GUEST_ASSERT(guest_probe(SBI_HSM));
	GUEST_ASSERT(guest_probe(SBI_SRST));
	GUEST_ASSERT(!guest_probe(SBI_DBCN));
	GUEST_ASSERT(!guest_probe(SBI_UNKNOWN));
	GUEST_DONE();
}

TEST(probe) { run_simple(guest_probe_all); }

static void guest_unknown(void)
{
	struct sbiret ret = guest_sbi(SBI_UNKNOWN, 0, 1, 2, 3, 4, 5);

	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	ret = guest_sbi(SBI_TIME, 1, 0, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	ret = guest_sbi(SBI_SRST, 1, 0, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	/* Neither shutdown, nor a reset, nor in the vendor's range. */
	ret = guest_sbi(SBI_SRST, 0, 3, 0, 0, 0, 0);
	GUEST_ASSERT(ret.error < 0);
	ret = guest_sbi(SBI_DBCN, 2, 'x', 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	GUEST_DONE();
}

TEST(unknown_calls) { run_simple(guest_unknown); }

static const unsigned long forwarded[] = {
	SBI_EXPERIMENTAL, SBI_EXPERIMENTAL + 0x1234, SBI_VENDOR,
	SBI_VENDOR_LAST,
};

static void guest_forward(void)
{
	struct sbiret ret;

	for (unsigned long i = 0; i < ARRAY_SIZE(forwarded); i++) {
		ret = guest_sbi(forwarded[i], i + 7, 11, 12, 13, 14, 15);
		GUEST_ASSERT_EQ(ret.error, -(long)i);
		GUEST_ASSERT_EQ(ret.value, 100L + (long)i);
		GUEST_ASSERT_EQ(guest_probe(forwarded[i]), 200L + (long)i);
	}
	GUEST_DONE();
}

static void expect_sbi(struct kvm_vcpu *vcpu, unsigned long ext,
		       unsigned long fid)
{
	struct kvm_run *run = vcpu->run;

	vcpu_run(vcpu);
	TEST_ASSERT(run->exit_reason == KVM_EXIT_RISCV_SBI, "exit %u (%s)",
		    run->exit_reason, exit_reason_str(run->exit_reason));
	TEST_ASSERT_EQ(run->riscv_sbi.extension_id, ext);
	TEST_ASSERT_EQ(run->riscv_sbi.function_id, fid);
	/* What the guest gets if user space does not know the call. */
	TEST_ASSERT_EQ((long)run->riscv_sbi.ret[0], (long)SBI_ERR_NOT_SUPPORTED);
}

TEST(experimental_and_vendor_are_forwarded)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_forward);
	struct kvm_run *run = vcpu->run;

	for (unsigned long i = 0; i < ARRAY_SIZE(forwarded); i++) {
		expect_sbi(vcpu, forwarded[i], i + 7);
		for (int arg = 0; arg < 5; arg++)
			ASSERT_EQ(11 + arg, run->riscv_sbi.args[arg]);
		run->riscv_sbi.ret[0] = -i;
		run->riscv_sbi.ret[1] = 100 + i;

		expect_sbi(vcpu, SBI_EXT_BASE, SBI_EXT_BASE_PROBE_EXT);
		ASSERT_EQ(forwarded[i], run->riscv_sbi.args[0]);
		run->riscv_sbi.ret[0] = 0;
		run->riscv_sbi.ret[1] = 200 + i;
	}
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

/* An SBI exit is complete before an immediate exit, and only once. */
TEST(forward_completes_before_immediate_exit)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_forward);
	unsigned long pc;

	expect_sbi(vcpu, forwarded[0], 7);
	pc = rv_get(vcpu, RV_CORE(regs.pc));
	vcpu->run->riscv_sbi.ret[0] = 0x77;
	vcpu->run->riscv_sbi.ret[1] = 0x88;
	vcpu->run->immediate_exit = 1;
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(EINTR, rv_run_errno(vcpu));
		ASSERT_EQ(0x77, rv_get(vcpu, RV_CORE(regs.a0)));
		ASSERT_EQ(0x88, rv_get(vcpu, RV_CORE(regs.a1)));
		ASSERT_EQ(pc + 4, rv_get(vcpu, RV_CORE(regs.pc)));
	}
	kvm_vm_free(vm);
}

static void guest_dbcn(void)
{
	struct sbiret ret;

	GUEST_ASSERT(guest_probe(SBI_DBCN));
	for (unsigned long fid = 0; fid < 3; fid++) {
		ret = guest_sbi(SBI_DBCN, fid, 1, 2, 3, 0, 0);
		GUEST_ASSERT_EQ(ret.error, 0L);
		GUEST_ASSERT_EQ(ret.value, 50L + (long)fid);
	}
	ret = guest_sbi(SBI_DBCN, 3, 0, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	GUEST_DONE();
}

TEST(debug_console_when_enabled)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_dbcn);

	vcpu_set_reg(vcpu, RISCV_SBI_EXT_REG(KVM_RISCV_SBI_EXT_DBCN), 1);
	for (unsigned long fid = 0; fid < 3; fid++) {
		expect_sbi(vcpu, SBI_DBCN, fid);
		vcpu->run->riscv_sbi.ret[0] = 0;
		vcpu->run->riscv_sbi.ret[1] = 50 + fid;
	}
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static void guest_mpxy(bool on)
{
	struct sbiret ret;

	GUEST_ASSERT_EQ(guest_probe(SBI_MPXY), (long)on);
	ret = guest_sbi(SBI_MPXY, 5, 1, 2, 3, 0, 0);
	GUEST_ASSERT_EQ(ret.error, on ? 0L : (long)SBI_ERR_NOT_SUPPORTED);
	GUEST_ASSERT_EQ(ret.value, on ? 77L : 0L);
	GUEST_DONE();
}

TEST(message_proxy_when_enabled)
{
	for (int on = 0; on < 2; on++) {
		struct kvm_vcpu *vcpu;
		struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_mpxy);

		ASSERT_EQ(0, rv_get(vcpu, RV_SBI_MPXY));
		vcpu_set_reg(vcpu, RV_SBI_MPXY, on);
		vcpu_args_set(vcpu, 1, (uint64_t)on);
		if (on) {
			expect_sbi(vcpu, SBI_MPXY, 5);
			vcpu->run->riscv_sbi.ret[0] = 0;
			vcpu->run->riscv_sbi.ret[1] = 77;
		}
		rv_run_done(vcpu);
		kvm_vm_free(vm);
	}
}

static const struct {
	unsigned long reg;
	unsigned long ext;
} switchable[] = {
	{ KVM_RISCV_SBI_EXT_TIME, SBI_TIME },
	{ KVM_RISCV_SBI_EXT_IPI, SBI_IPI },
	{ KVM_RISCV_SBI_EXT_RFENCE, SBI_RFENCE },
	{ KVM_RISCV_SBI_EXT_SRST, SBI_SRST },
	{ KVM_RISCV_SBI_EXT_HSM, SBI_HSM },
	{ KVM_RISCV_SBI_EXT_VENDOR, SBI_VENDOR },
};

/* The first vCPU lacks @i only; the second one still has everything. */
static void guest_switched(unsigned long i, bool off)
{
	struct sbiret ret;

	for (unsigned long n = 0; n < ARRAY_SIZE(switchable) - 1; n++)
		GUEST_ASSERT_EQ(!guest_probe(switchable[n].ext), off && n == i);
	if (off) {
		ret = guest_sbi(switchable[i].ext, 0, 1, 0, 0, 0, 0);
		GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	}
	GUEST_DONE();
}

TEST(extensions_switch_off_per_vcpu)
{
	for (unsigned long i = 0; i < ARRAY_SIZE(switchable); i++) {
		struct kvm_vcpu *vcpus[2];
		struct kvm_vm *vm;

		vm = vm_create_with_vcpus(2, guest_switched, vcpus);
		vcpu_set_reg(vcpus[0], RISCV_SBI_EXT_REG(switchable[i].reg), 0);
		vcpu_args_set(vcpus[0], 2, i, 1);
		vcpu_args_set(vcpus[1], 2, i, 0);
		rv_run_done(vcpus[0]);
		rv_run_done(vcpus[1]);
		kvm_vm_free(vm);
	}
}

static void guest_reset(unsigned long type, unsigned long reason)
{
	guest_sbi(SBI_SRST, 0, type, reason, 0, 0, 0);
	GUEST_FAIL("came back from a system reset");
}

TEST(system_reset)
{
	static const uint32_t events[] = {
		KVM_SYSTEM_EVENT_SHUTDOWN, KVM_SYSTEM_EVENT_RESET,
		KVM_SYSTEM_EVENT_RESET,
	};

	for (unsigned long type = 0; type < ARRAY_SIZE(events); type++) {
		struct kvm_vcpu *vcpus[2];
		struct kvm_run *run;
		struct kvm_vm *vm;

		vm = vm_create_with_vcpus(2, guest_reset, vcpus);
		run = vcpus[0]->run;
		vcpu_args_set(vcpus[0], 2, type, type);
		vcpu_run(vcpus[0]);
		ASSERT_EQ(KVM_EXIT_SYSTEM_EVENT, run->exit_reason);
		ASSERT_EQ(events[type], run->system_event.type);
		ASSERT_EQ(1, run->system_event.ndata);
		ASSERT_EQ(type, run->system_event.data[0]);
		ASSERT_EQ(KVM_MP_STATE_STOPPED, rv_mp_state(vcpus[0]));
		ASSERT_EQ(KVM_MP_STATE_STOPPED, rv_mp_state(vcpus[1]));
		kvm_vm_free(vm);
	}
}

TEST_HARNESS_MAIN
