// SPDX-License-Identifier: GPL-2.0-only
/*
 * ONE_REG: every listed register can be read and written back, what is set
 * reaches the guest, and wrong ids, sizes and values get their errno.
 */
#include "rvtest.h"
#include "rvharness.h"

#define MAX_REG_SIZE	256

#define REG_ID(type, sub, index, size)					\
	(KVM_REG_RISCV | (type) | (sub) | (index) | (size))
#define SZ64		KVM_REG_SIZE_U64
#define SZ32		KVM_REG_SIZE_U32
#define SUB(n)		((unsigned long)(n) << KVM_REG_RISCV_SUBTYPE_SHIFT)

#define ISA_SINGLE(ext)	RISCV_ISA_EXT_REG(ext)
#define ISA_MULTI(sub, ext)						\
	REG_ID(KVM_REG_RISCV_ISA_EXT, sub,				\
	       KVM_REG_RISCV_ISA_MULTI_REG(ext), SZ64)
#define SBI_MULTI(sub)	REG_ID(KVM_REG_RISCV_SBI_EXT, sub, 0, SZ64)
#define FP_D(index)	REG_ID(KVM_REG_RISCV_FP_D, 0, index, SZ64)
#define V_CSR(name)							\
	REG_ID(KVM_REG_RISCV_VECTOR, 0,					\
	       KVM_REG_RISCV_VECTOR_CSR_REG(name), SZ64)

static void guest_done(void)
{
	GUEST_DONE();
}

static bool may_refuse_set(uint64_t id, uint64_t value)
{
	/* Switching off a timer that is off is an error upstream, too. */
	return id == RISCV_TIMER_REG(state) && value == KVM_RISCV_TIMER_STATE_OFF;
}

TEST(list_round_trip)
{
	uint8_t before[MAX_REG_SIZE], after[MAX_REG_SIZE];
	struct kvm_reg_list *list;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	list = vcpu_get_reg_list(vcpu);
	ASSERT_LT(60, list->n);
	for (uint64_t i = 0; i < list->n; i++) {
		uint64_t id = list->reg[i];
		uint64_t value = 0;
		int err;

		ASSERT_LE(KVM_REG_SIZE(id), MAX_REG_SIZE);
		memset(before, 0, sizeof(before));
		err = rv_reg_errno(vcpu, false, id, before);
		TEST_ASSERT(!err, "get %#lx: %s", id, strerror(err));
		memcpy(&value, before, sizeof(value));
		err = rv_reg_errno(vcpu, true, id, before);
		TEST_ASSERT(!err || (err == EINVAL && may_refuse_set(id, value)),
			    "set %#lx to %#lx: %s", id, value, strerror(err));
		memset(after, 0, sizeof(after));
		err = rv_reg_errno(vcpu, false, id, after);
		TEST_ASSERT(!err, "get %#lx again: %s", id, strerror(err));
		TEST_ASSERT(id == RISCV_TIMER_REG(time) ||
			    !memcmp(before, after, sizeof(after)),
			    "%#lx changed by writing it back", id);
	}
	rv_run_done(vcpu);
	free(list);
	kvm_vm_free(vm);
}

TEST(list_is_a_set)
{
	struct kvm_reg_list *list, small = { .n = 0 };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	ASSERT_EQ(-1, ioctl(vcpu->fd, KVM_GET_REG_LIST, &small));
	ASSERT_EQ(E2BIG, errno);
	list = vcpu_get_reg_list(vcpu);
	ASSERT_EQ(list->n, small.n);
	for (uint64_t i = 0; i < list->n; i++) {
		ASSERT_EQ(KVM_REG_RISCV, list->reg[i] & KVM_REG_ARCH_MASK);
		for (uint64_t j = 0; j < i; j++)
			ASSERT_NE(list->reg[i], list->reg[j]);
	}
	kvm_vm_free(vm);
}

static uint64_t dump[32];

/* Stores x1..x31 as they were set; sscratch holds &dump. */
static __attribute__((naked)) void guest_dump(void)
{
	asm volatile("csrrw t6, sscratch, t6\n"
		     "sd x1, 8(t6)\n\tsd x2, 16(t6)\n\tsd x3, 24(t6)\n"
		     "sd x4, 32(t6)\n\tsd x5, 40(t6)\n\tsd x6, 48(t6)\n"
		     "sd x7, 56(t6)\n\tsd x8, 64(t6)\n\tsd x9, 72(t6)\n"
		     "sd x10, 80(t6)\n\tsd x11, 88(t6)\n\tsd x12, 96(t6)\n"
		     "sd x13, 104(t6)\n\tsd x14, 112(t6)\n\tsd x15, 120(t6)\n"
		     "sd x16, 128(t6)\n\tsd x17, 136(t6)\n\tsd x18, 144(t6)\n"
		     "sd x19, 152(t6)\n\tsd x20, 160(t6)\n\tsd x21, 168(t6)\n"
		     "sd x22, 176(t6)\n\tsd x23, 184(t6)\n\tsd x24, 192(t6)\n"
		     "sd x25, 200(t6)\n\tsd x26, 208(t6)\n\tsd x27, 216(t6)\n"
		     "sd x28, 224(t6)\n\tsd x29, 232(t6)\n\tsd x30, 240(t6)\n"
		     "csrrw t5, sscratch, t6\n"
		     "sd t5, 248(t6)\n"
		     "li a7, %0\n\tli a6, 0\n\tli a0, 0\n\tecall\n"
		     "1: j 1b\n" :: "i" (KVM_RISCV_SELFTESTS_SBI_EXT));
}

/* The i-th core register is xi: pc stands in the place of x0. */
static uint64_t core_reg(unsigned int i)
{
	return REG_ID(KVM_REG_RISCV_CORE, 0, i, SZ64);
}

TEST(core_registers_reach_the_guest)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_dump);
	for (unsigned int i = 1; i < 32; i++)
		vcpu_set_reg(vcpu, core_reg(i), 0x1111111111111111UL * i);
	vcpu_set_reg(vcpu, RV_CSR(sscratch), (uintptr_t)dump);
	vcpu_run(vcpu);
	ASSERT_EQ(KVM_EXIT_RISCV_SBI, vcpu->run->exit_reason);
	sync_global_from_guest(vm, dump);
	for (unsigned int i = 1; i < 32; i++)
		ASSERT_EQ(0x1111111111111111UL * i, dump[i]);
	for (unsigned int i = 18; i < 28; i++)
		ASSERT_EQ(0x1111111111111111UL * i, rv_get(vcpu, core_reg(i)));
	kvm_vm_free(vm);
}

static void guest_csrs(void)
{
	GUEST_ASSERT_EQ(csr_read(CSR_SSCRATCH), 0x1234567890abcdefUL);
	GUEST_ASSERT_EQ(csr_read(CSR_SEPC), 0x12345670UL);
	GUEST_ASSERT_EQ(csr_read(CSR_SCAUSE), 13UL);
	GUEST_ASSERT_EQ(csr_read(CSR_STVAL), 0xabcdUL);
	GUEST_ASSERT_EQ(csr_read(CSR_SIE), 1UL << IRQ_EXT);
	GUEST_ASSERT_EQ(csr_read(CSR_SCOUNTEREN) & 7, 2UL);
	csr_write(CSR_SSCRATCH, 0x77);
	csr_write(CSR_SEPC, 0x8888);
	csr_write(CSR_SIE, 1UL << IRQ_TIMER);
	GUEST_DONE();
}

TEST(csrs_reach_the_guest_and_come_back)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_csrs);
	vcpu_set_reg(vcpu, RV_CSR(sscratch), 0x1234567890abcdefUL);
	vcpu_set_reg(vcpu, RV_CSR(sepc), 0x12345670);
	vcpu_set_reg(vcpu, RV_CSR(scause), 13);
	vcpu_set_reg(vcpu, RV_CSR(stval), 0xabcd);
	vcpu_set_reg(vcpu, RV_CSR(sie), 1UL << IRQ_EXT);
	vcpu_set_reg(vcpu, RV_CSR(scounteren), 2);
	rv_run_done(vcpu);
	ASSERT_EQ(0x77, rv_get(vcpu, RV_CSR(sscratch)));
	ASSERT_EQ(0x8888, rv_get(vcpu, RV_CSR(sepc)));
	ASSERT_EQ(1UL << IRQ_TIMER, rv_get(vcpu, RV_CSR(sie)));
	kvm_vm_free(vm);
}

/* Written between two runs, with nothing else that would force a reload. */
static void guest_csr_twice(void)
{
	csr_write(CSR_SSCRATCH, 1);
	GUEST_SYNC(1);
	GUEST_ASSERT_EQ(csr_read(CSR_SSCRATCH), 2UL);
	GUEST_ASSERT_EQ(csr_read(CSR_SIE), 1UL << IRQ_SOFT);
	GUEST_DONE();
}

TEST(csr_written_between_runs)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_csr_twice);
	rv_run_sync(vcpu, 1);
	ASSERT_EQ(1, rv_get(vcpu, RV_CSR(sscratch)));
	vcpu_set_reg(vcpu, RV_CSR(sscratch), 2);
	vcpu_set_reg(vcpu, RV_CSR(sie), 1UL << IRQ_SOFT);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static const struct {
	uint64_t id;
	int err;
} bad_id_cases[] = {
	{ REG_ID(0, 0, 0, SZ64), ENOENT },
	{ REG_ID(0x7fUL << KVM_REG_RISCV_TYPE_SHIFT, 0, 0, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_CONFIG, 0, 0, SZ32), EINVAL },
	{ REG_ID(KVM_REG_RISCV_CONFIG, 0, 100, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_CONFIG, 0, 0xffff, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_CORE, 0, 1, SZ32), EINVAL },
	{ REG_ID(KVM_REG_RISCV_CORE, 0, 33, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_CORE, 0, 0xffff, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_CORE, SUB(1), 0, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_CSR, 0, 0, SZ32), EINVAL },
	{ REG_ID(KVM_REG_RISCV_CSR, 0, 11, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_CSR, 0, 0xffff, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_CSR, SUB(3), 0, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_CSR, KVM_REG_RISCV_CSR_AIA, 7, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_TIMER, 0, 0, SZ32), EINVAL },
	{ REG_ID(KVM_REG_RISCV_TIMER, 0, 4, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_FP_F, 0, 0, SZ64), EINVAL },
	{ REG_ID(KVM_REG_RISCV_FP_F, 0, 33, SZ32), ENOENT },
	{ REG_ID(KVM_REG_RISCV_FP_D, 0, 0, SZ32), EINVAL },
	{ REG_ID(KVM_REG_RISCV_FP_D, 0, 32, SZ64), EINVAL },
	{ REG_ID(KVM_REG_RISCV_FP_D, 0, 40, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_ISA_EXT, 0, 0, SZ32), EINVAL },
	{ REG_ID(KVM_REG_RISCV_ISA_EXT, 0, 0x1000, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_ISA_EXT, KVM_REG_RISCV_ISA_MULTI_EN, 8, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_ISA_EXT, KVM_REG_RISCV_ISA_MULTI_DIS, 8, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_ISA_EXT, SUB(3), 0, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_SBI_EXT, 0, 1, SZ32), EINVAL },
	{ REG_ID(KVM_REG_RISCV_SBI_EXT, 0, 0x1000, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_SBI_EXT, KVM_REG_RISCV_SBI_MULTI_EN, 1, SZ64), ENOENT },
	{ REG_ID(KVM_REG_RISCV_SBI_EXT, SUB(3), 0, SZ64), ENOENT },
};

TEST(bad_ids)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad_id_cases); i++) {
		uint64_t buf[8] = { 0 };
		int get, set;

		get = rv_reg_errno(vcpu, false, bad_id_cases[i].id, buf);
		set = rv_reg_errno(vcpu, true, bad_id_cases[i].id, buf);
		TEST_ASSERT(get == bad_id_cases[i].err && set == bad_id_cases[i].err,
			    "%#lx: get %d set %d, expected %d", bad_id_cases[i].id,
			    get, set, bad_id_cases[i].err);
	}
	kvm_vm_free(vm);
}

TEST(vector_ids)
{
	unsigned long vlenb, buf[MAX_REG_SIZE / 8] = { 0 };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	uint64_t v0, v32, short_v0, size;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	vlenb = rv_vlenb(vcpu);
	v0 = KVM_REG_RISCV_VECTOR_REG(0);
	if (!vlenb) {
		ASSERT_EQ(ENOENT, rv_reg_errno(vcpu, false, V_CSR(vl), buf));
		SKIP(return, "the host has no V: ENOENT checked only");
	}
	size = (uint64_t)__builtin_ctzl(vlenb) << KVM_REG_SIZE_SHIFT;
	for (unsigned int i = 0; i < 32; i++) {
		uint64_t id = REG_ID(KVM_REG_RISCV_VECTOR, 0, v0 + i, size);

		memset(buf, 0x40 + i, sizeof(buf));
		ASSERT_EQ(0, rv_reg_errno(vcpu, true, id, buf));
		memset(buf, 0, sizeof(buf));
		ASSERT_EQ(0, rv_reg_errno(vcpu, false, id, buf));
		ASSERT_EQ(0x40 + i, ((uint8_t *)buf)[vlenb - 1]);
		ASSERT_EQ(0, ((uint8_t *)buf)[vlenb]);
	}
	v32 = REG_ID(KVM_REG_RISCV_VECTOR, 0, v0 + 32, size);
	ASSERT_EQ(ENOENT, rv_reg_errno(vcpu, false, v32, buf));
	ASSERT_EQ(ENOENT, rv_reg_errno(vcpu, false, V_CSR(datap), buf));
	ASSERT_EQ(ENOENT, rv_reg_errno(vcpu, true, V_CSR(datap), buf));
	short_v0 = REG_ID(KVM_REG_RISCV_VECTOR, 0, v0, SZ32);
	ASSERT_EQ(EINVAL, rv_reg_errno(vcpu, false, short_v0, buf));
	buf[0] = vlenb * 2;
	ASSERT_EQ(EINVAL, rv_reg_errno(vcpu, true, V_CSR(vlenb), buf));
	buf[0] = vlenb;
	ASSERT_EQ(0, rv_reg_errno(vcpu, true, V_CSR(vlenb), buf));
	kvm_vm_free(vm);
}

static int set_errno(struct kvm_vcpu *vcpu, uint64_t id, uint64_t value)
{
	return rv_reg_errno(vcpu, true, id, &value);
}

TEST(bad_values)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	ASSERT_EQ(EINVAL, set_errno(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_F), 2));
	ASSERT_EQ(EINVAL, set_errno(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_I), 0));
	ASSERT_EQ(EINVAL, set_errno(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_H), 1));
	ASSERT_EQ(EINVAL, set_errno(vcpu, RISCV_SBI_EXT_REG(KVM_RISCV_SBI_EXT_TIME), 2));
	ASSERT_EQ(EINVAL, set_errno(vcpu, RISCV_CONFIG_REG(isa), 1UL << 30));
	ASSERT_EQ(EINVAL, set_errno(vcpu, RISCV_CONFIG_REG(satp_mode), 3));
	ASSERT_EQ(EINVAL, set_errno(vcpu, RISCV_TIMER_REG(frequency), 1));
	if (rv_has_isa(vcpu, KVM_RISCV_ISA_EXT_ZICBOZ))
		ASSERT_EQ(EINVAL, set_errno(vcpu, RISCV_CONFIG_REG(zicboz_block_size), 3));
	ASSERT_EQ(EFAULT, rv_reg_errno(vcpu, false, RV_CORE(regs.a0), (void *)8));
	ASSERT_EQ(EFAULT, rv_reg_errno(vcpu, true, RV_CORE(regs.a0), (void *)8));
	ASSERT_EQ(EFAULT, rv_reg_errno(vcpu, true, RV_CSR(sepc), (void *)8));
	ASSERT_EQ(EFAULT, rv_reg_errno(vcpu, false, FP_D(0), (void *)8));
	kvm_vm_free(vm);
}

TEST(configuration_is_fixed_by_the_first_run)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	uint64_t isa;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	vcpu_set_reg(vcpu, RISCV_CONFIG_REG(mvendorid), 77);
	rv_run_done(vcpu);

	ASSERT_EQ(0, set_errno(vcpu, RISCV_CONFIG_REG(mvendorid), 77));
	ASSERT_EQ(EBUSY, set_errno(vcpu, RISCV_CONFIG_REG(mvendorid), 78));
	ASSERT_EQ(EBUSY, set_errno(vcpu, RISCV_CONFIG_REG(marchid), -2UL));
	ASSERT_EQ(EBUSY, set_errno(vcpu, RISCV_CONFIG_REG(mimpid), -2UL));
	isa = rv_get(vcpu, RISCV_CONFIG_REG(isa));
	ASSERT_EQ(0, set_errno(vcpu, RISCV_CONFIG_REG(isa), isa));
	ASSERT_EQ(EBUSY, set_errno(vcpu, RISCV_CONFIG_REG(isa), isa & ~(1UL << 5)));
	ASSERT_EQ(0, set_errno(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_F), 1));
	ASSERT_EQ(EBUSY, set_errno(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_F), 0));
	ASSERT_EQ(1, rv_get(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_F)));
	ASSERT_EQ(EBUSY, set_errno(vcpu, RISCV_SBI_EXT_REG(KVM_RISCV_SBI_EXT_TIME), 0));
	ASSERT_EQ(EBUSY, set_errno(vcpu, SBI_MULTI(KVM_REG_RISCV_SBI_MULTI_DIS), 2));
	ASSERT_EQ(1, rv_get(vcpu, RISCV_SBI_EXT_REG(KVM_RISCV_SBI_EXT_TIME)));
	kvm_vm_free(vm);
}

TEST(isa_single_and_multi_agree)
{
	uint64_t enabled[KVM_REG_RISCV_ISA_MULTI_REG_LAST + 1];
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	for (unsigned long r = 0; r < ARRAY_SIZE(enabled); r++) {
		uint64_t ext = r * 64, disabled;

		enabled[r] = rv_get(vcpu, ISA_MULTI(KVM_REG_RISCV_ISA_MULTI_EN, ext));
		disabled = rv_get(vcpu, ISA_MULTI(KVM_REG_RISCV_ISA_MULTI_DIS, ext));
		ASSERT_EQ(~enabled[r], disabled);
	}
	for (unsigned long ext = 0; ext < KVM_RISCV_ISA_EXT_MAX; ext++)
		TEST_ASSERT(rv_has_isa(vcpu, ext) ==
			    !!(enabled[ext / 64] & (1UL << (ext % 64))),
			    "extension %lu", ext);
	kvm_vm_free(vm);
}

TEST(isa_multi_switches)
{
	uint64_t fd = (1UL << KVM_RISCV_ISA_EXT_D) | (1UL << KVM_RISCV_ISA_EXT_F);
	uint64_t keep = 1UL << KVM_RISCV_ISA_EXT_M;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	/* M cannot be switched off: the multi form leaves it and goes on. */
	vcpu_set_reg(vcpu, ISA_MULTI(KVM_REG_RISCV_ISA_MULTI_DIS, 0), fd | keep);
	ASSERT_EQ(0, rv_get(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_D)));
	ASSERT_EQ(0, rv_get(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_F)));
	ASSERT_EQ(1, rv_get(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_M)));
	ASSERT_EQ(0, rv_get(vcpu, RISCV_CONFIG_REG(isa)) & (1UL << 5));
	vcpu_set_reg(vcpu, ISA_MULTI(KVM_REG_RISCV_ISA_MULTI_EN, 0), fd);
	ASSERT_EQ(1, rv_get(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_D)));
	ASSERT_EQ(1, rv_get(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_F)));
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static uint8_t zero_block[512] __attribute__((aligned(512)));

static void guest_cbo_zero(bool allowed)
{
	struct guest_trap trap;

	zero_block[0] = 1;
	GUEST_TRY(&trap, ".option push\n.option arch, +zicboz\n\t"
		  "cbo.zero (%[a])\n\t.option pop", [a] "r" (zero_block));
	GUEST_ASSERT_EQ(trap.taken, (unsigned long)!allowed);
	if (!allowed)
		GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
	GUEST_ASSERT_EQ(zero_block[0], !allowed);
	GUEST_DONE();
}

TEST(isa_switch_has_its_effect)
{
	for (int on = 0; on < 2; on++) {
		struct kvm_vcpu *vcpu;
		struct kvm_vm *vm;

		vm = vm_create_with_one_vcpu(&vcpu, guest_cbo_zero);
		if (!rv_has_isa(vcpu, KVM_RISCV_ISA_EXT_ZICBOZ))
			SKIP(return, "the host has no Zicboz");
		vcpu_set_reg(vcpu, ISA_SINGLE(KVM_RISCV_ISA_EXT_ZICBOZ), on);
		vcpu_args_set(vcpu, 1, (uint64_t)on);
		rv_run_done(vcpu);
		kvm_vm_free(vm);
	}
}

TEST(sbi_multi_switches)
{
	uint64_t mask = (1UL << KVM_RISCV_SBI_EXT_TIME) |
			(1UL << KVM_RISCV_SBI_EXT_DBCN);
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	uint64_t en;

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	en = rv_get(vcpu, SBI_MULTI(KVM_REG_RISCV_SBI_MULTI_EN));
	ASSERT_EQ(1UL << KVM_RISCV_SBI_EXT_TIME, en & mask);
	ASSERT_EQ(~en, rv_get(vcpu, SBI_MULTI(KVM_REG_RISCV_SBI_MULTI_DIS)));
	vcpu_set_reg(vcpu, SBI_MULTI(KVM_REG_RISCV_SBI_MULTI_EN), mask);
	ASSERT_EQ(1, rv_get(vcpu, RISCV_SBI_EXT_REG(KVM_RISCV_SBI_EXT_DBCN)));
	vcpu_set_reg(vcpu, SBI_MULTI(KVM_REG_RISCV_SBI_MULTI_DIS), mask);
	ASSERT_EQ(0, rv_get(vcpu, RISCV_SBI_EXT_REG(KVM_RISCV_SBI_EXT_TIME)));
	ASSERT_EQ(en & ~mask, rv_get(vcpu, SBI_MULTI(KVM_REG_RISCV_SBI_MULTI_EN)));
	kvm_vm_free(vm);
}

/* sstatus: what a guest can set, and what else may be read there */
#define SSTATUS_WRITABLE	0xc6722UL
#define SSTATUS_UXL		(3UL << 32)
#define SSTATUS_UXL_64		(2UL << 32)
#define SSTATUS_SD		(1UL << 63)

static const uint64_t sstatus_values[] = {
	~0UL, 0, SSTATUS_WRITABLE, ~SSTATUS_WRITABLE, SSTATUS_SD, SSTATUS_UXL,
	1UL << 32,		/* UXL: 32 bits */
	1UL << 6,		/* UBE */
	3UL << 11,		/* MPP */
	1UL << 17,		/* MPRV */
	7UL << 20,		/* TVM, TW, TSR */
	0xffUL << 34,		/* SXL, SBE, MBE, GVA, MPV and beyond */
};

/* Instructions that a garbage sstatus would make trap, in some level */
static void guest_sstatus(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sstatus_values); i++) {
		uint64_t now = csr_read(CSR_SSTATUS);

		GUEST_ASSERT_EQ(now & SSTATUS_UXL, SSTATUS_UXL_64);
		GUEST_ASSERT_EQ(now & ~(SSTATUS_WRITABLE | SSTATUS_UXL |
					SSTATUS_SD), 0);
		now ^= sstatus_values[i];
		GUEST_ASSERT_EQ(now & SSTATUS_WRITABLE &
				~(SSTATUS_FS | SSTATUS_VS), 0);
		csr_write(CSR_SATP, csr_read(CSR_SATP));
		asm volatile("sfence.vma" ::: "memory");
		GUEST_SYNC(i);
	}
	GUEST_DONE();
}

/*
 * Read back before KVM_RUN: with TVM, TW or TSR in vsstatus, stock KVM takes
 * an illegal instruction in the host's kernel.
 */
TEST(sstatus_keeps_no_illegal_bits)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(&vcpu, guest_sstatus);
	for (unsigned int i = 0; i < ARRAY_SIZE(sstatus_values); i++) {
		uint64_t now;

		ASSERT_EQ(0, set_errno(vcpu, RV_CSR(sstatus), sstatus_values[i]));
		now = rv_get(vcpu, RV_CSR(sstatus));
		ASSERT_EQ(sstatus_values[i] & SSTATUS_WRITABLE,
			  now & SSTATUS_WRITABLE);
		ASSERT_EQ(SSTATUS_UXL_64, now & SSTATUS_UXL);
		ASSERT_EQ(0, now & ~(SSTATUS_WRITABLE | SSTATUS_UXL | SSTATUS_SD));
		rv_run_sync(vcpu, i);
	}
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
