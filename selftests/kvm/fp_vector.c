// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floating point and vector state: of a guest over exits and preemption, of
 * two guests on one CPU, of the VMM over KVM_RUN, and through ONE_REG.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <sched.h>

#define NR_FP		32
#define MAX_VLENB	256
#define SSTATUS_FS_SHIFT	13
#define SSTATUS_VS_SHIFT	9
#define STATE_DIRTY	3UL

#define VEC(insns)	".option push\n.option arch, +v\n" insns "\n.option pop\n"

/* Fills f0..f31 with base, base + 1, ... */
static void fp_fill(uint64_t base)
{
	uint64_t v[NR_FP];

	for (int i = 0; i < NR_FP; i++)
		v[i] = base + i;
#define LD(n)	"fld f" #n ", (" #n " * 8)(%0)\n"
	asm volatile(LD(0) LD(1) LD(2) LD(3) LD(4) LD(5) LD(6) LD(7)
		     LD(8) LD(9) LD(10) LD(11) LD(12) LD(13) LD(14) LD(15)
		     LD(16) LD(17) LD(18) LD(19) LD(20) LD(21) LD(22) LD(23)
		     LD(24) LD(25) LD(26) LD(27) LD(28) LD(29) LD(30) LD(31)
		     :: "r" (v) : "memory");
}

static void fp_read(uint64_t *v)
{
#define SD(n)	"fsd f" #n ", (" #n " * 8)(%0)\n"
	asm volatile(SD(0) SD(1) SD(2) SD(3) SD(4) SD(5) SD(6) SD(7)
		     SD(8) SD(9) SD(10) SD(11) SD(12) SD(13) SD(14) SD(15)
		     SD(16) SD(17) SD(18) SD(19) SD(20) SD(21) SD(22) SD(23)
		     SD(24) SD(25) SD(26) SD(27) SD(28) SD(29) SD(30) SD(31)
		     :: "r" (v) : "memory");
}

/* Each byte of v0..v31 becomes tag + the register's group of eight. */
static void v_fill(uint64_t tag)
{
	asm volatile(VEC("vsetvli t0, x0, e8, m8, ta, ma\n"
			 "vmv.v.x v0, %0\n\taddi t0, %0, 1\n"
			 "vmv.v.x v8, t0\n\taddi t0, %0, 2\n"
			 "vmv.v.x v16, t0\n\taddi t0, %0, 3\n"
			 "vmv.v.x v24, t0\n")
		     :: "r" (tag) : "t0", "memory");
}

static void v_read(uint8_t *v, unsigned long vlenb)
{
	asm volatile(VEC("vs8r.v v0, (%0)\n\tadd t0, %0, %1\n"
			 "vs8r.v v8, (t0)\n\tadd t0, t0, %1\n"
			 "vs8r.v v16, (t0)\n\tadd t0, t0, %1\n"
			 "vs8r.v v24, (t0)\n")
		     :: "r" (v), "r" (8 * vlenb) : "t0", "memory");
}

static uint8_t guest_v[2][NR_FP * MAX_VLENB];

static void guest_check(unsigned long me, uint64_t base, unsigned long vlenb)
{
	uint64_t fp[NR_FP];

	fp_read(fp);
	for (unsigned long i = 0; i < NR_FP; i++)
		__GUEST_ASSERT(fp[i] == base + i, "f%lu is %#lx", i, fp[i]);
	if (!vlenb)
		return;
	v_read(guest_v[me], vlenb);
	for (unsigned long i = 0; i < NR_FP * vlenb; i++) {
		uint8_t want = (base & 0xf0) + i / (8 * vlenb);

		__GUEST_ASSERT(guest_v[me][i] == want, "byte %lu of v: %#x", i,
			       guest_v[me][i]);
	}
}

static void guest_enable(unsigned long vlenb)
{
	csr_set(CSR_SSTATUS, SSTATUS_FS);
	if (vlenb)
		csr_set(CSR_SSTATUS, SSTATUS_VS);
}

static void guest_fill(uint64_t base, unsigned long vlenb)
{
	fp_fill(base);
	if (vlenb)
		v_fill(base & 0xf0);
}

static void guest_over_exits(uint64_t base, unsigned long vlenb)
{
	guest_enable(vlenb);
	for (int i = 0; i < 10; i++) {
		guest_fill(base, vlenb);
		GUEST_SYNC(1);
		guest_check(0, base, vlenb);
		/* And while the registers are clean */
		GUEST_SYNC(2);
		guest_check(0, base, vlenb);
		base += 0x1010;
	}
	GUEST_DONE();
}

/* glibc and the compiler use these registers here between the runs. */
static void disturb_host(void)
{
	fp_fill(0xdead0000);
}

TEST(kept_over_exits)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_over_exits);

	vcpu_args_set(vcpu, 2, 0x40UL << 8, rv_vlenb(vcpu));
	for (int i = 0; i < 10; i++) {
		rv_run_sync(vcpu, 1);
		disturb_host();
		rv_run_sync(vcpu, 2);
		disturb_host();
	}
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static void guest_over_preemption(unsigned long me, uint64_t base,
				  unsigned long vlenb)
{
	unsigned long end = guest_time() + 7 * 1000 * 1000;

	guest_enable(vlenb);
	guest_fill(base, vlenb);
	while (guest_time() < end) {
		guest_check(me, base, vlenb);
		for (int i = 0; i < 2000; i++)
			asm volatile("nop");
	}
	GUEST_DONE();
}

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	TEST_ASSERT(!sched_setaffinity(0, sizeof(set), &set), "affinity");
}

/* Both threads inherit the one CPU and take turns on it. */
TEST(two_vcpus_on_one_cpu)
{
	struct kvm_vcpu *vcpus[2];
	struct rv_thread threads[2];
	struct kvm_vm *vm;

	vm = vm_create_with_vcpus(2, guest_over_preemption, vcpus);
	pin_to(0);
	for (uint64_t i = 0; i < 2; i++) {
		vcpu_args_set(vcpus[i], 3, i, 0x10000 + 0x80 * i,
			      rv_vlenb(vcpus[i]));
		rv_thread_start(&threads[i], vcpus[i]);
	}
	rv_thread_join_done(&threads[0]);
	rv_thread_join_done(&threads[1]);
	kvm_vm_free(vm);
}

static void guest_short(uint64_t base, unsigned long vlenb)
{
	guest_enable(vlenb);
	guest_fill(base, vlenb);
	for (;;)
		GUEST_SYNC(1);
}

/* KVM_RUN with f0..f31 set before it, all in one piece of assembly. */
static long run_with_fp(int fd, uint64_t *in, uint64_t *out)
{
	register long a0 asm("a0") = fd;
	register long a1 asm("a1") = KVM_RUN;
	register long a2 asm("a2") = 0;
	register long a7 asm("a7") = 29;	/* ioctl */

	asm volatile("mv s2, %[in]\n\tmv s3, %[out]\n"
#undef LD
#undef SD
#define LD(n)	"fld f" #n ", (" #n " * 8)(s2)\n"
#define SD(n)	"fsd f" #n ", (" #n " * 8)(s3)\n"
		     LD(0) LD(1) LD(2) LD(3) LD(4) LD(5) LD(6) LD(7)
		     LD(8) LD(9) LD(10) LD(11) LD(12) LD(13) LD(14) LD(15)
		     LD(16) LD(17) LD(18) LD(19) LD(20) LD(21) LD(22) LD(23)
		     LD(24) LD(25) LD(26) LD(27) LD(28) LD(29) LD(30) LD(31)
		     "ecall\n"
		     SD(0) SD(1) SD(2) SD(3) SD(4) SD(5) SD(6) SD(7)
		     SD(8) SD(9) SD(10) SD(11) SD(12) SD(13) SD(14) SD(15)
		     SD(16) SD(17) SD(18) SD(19) SD(20) SD(21) SD(22) SD(23)
		     SD(24) SD(25) SD(26) SD(27) SD(28) SD(29) SD(30) SD(31)
		     : "+r" (a0)
		     : "r" (a1), "r" (a2), "r" (a7), [in] "r" (in),
		       [out] "r" (out)
		     : "s2", "s3", "memory");
	return a0;
}

TEST(vmm_keeps_its_fp_registers)
{
	uint64_t in[NR_FP], out[NR_FP];
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_short);

	vcpu_args_set(vcpu, 2, 0x770000UL, rv_vlenb(vcpu));
	for (uint64_t round = 0; round < 5; round++) {
		for (uint64_t i = 0; i < NR_FP; i++)
			in[i] = 0x1230000 + round * 0x100 + i;
		ASSERT_EQ(0, run_with_fp(vcpu->fd, in, out));
		for (int i = 0; i < NR_FP; i++)
			ASSERT_EQ(in[i], out[i]);
	}
	kvm_vm_free(vm);
}

/* System calls need not keep V, but must not show the guest's. */
TEST(vmm_does_not_see_the_guests_vectors)
{
	static uint8_t v[NR_FP * MAX_VLENB];
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_short);
	unsigned long vlenb = rv_vlenb(vcpu), equal = 0;

	if (!vlenb)
		SKIP(return, "the host has no V");
	vcpu_args_set(vcpu, 2, 0x50UL, vlenb);
	for (int round = 0; round < 3; round++) {
		register long a0 asm("a0") = vcpu->fd;
		register long a1 asm("a1") = KVM_RUN;
		register long a2 asm("a2") = 0;
		register long a7 asm("a7") = 29;

		v_fill(0xa0);
		asm volatile("ecall" : "+r" (a0)
			     : "r" (a1), "r" (a2), "r" (a7) : "memory");
		v_read(v, vlenb);
		ASSERT_EQ(0, a0);
		for (unsigned long i = 0; i < NR_FP * vlenb; i++)
			equal += v[i] == 0x50 + i / (8 * vlenb);
		ASSERT_EQ(0, equal);
	}
	kvm_vm_free(vm);
}

static uint64_t fp_d_reg(unsigned int i)
{
	return __kvm_reg_id(KVM_REG_RISCV_FP_D, 0, i, KVM_REG_SIZE_U64);
}

static uint64_t v_reg(unsigned int i, unsigned long vlenb)
{
	return __kvm_reg_id(KVM_REG_RISCV_VECTOR, 0, KVM_REG_RISCV_VECTOR_REG(i),
			    (uint64_t)__builtin_ctzl(vlenb) << KVM_REG_SIZE_SHIFT);
}

static void guest_one_reg(unsigned long vlenb)
{
	guest_enable(vlenb);
	guest_check(0, 0x20, vlenb);
	guest_fill(0x60, vlenb);
	GUEST_SYNC(1);
	guest_check(0, 0x90, vlenb);
	GUEST_DONE();
}

static void set_state(struct kvm_vcpu *vcpu, uint64_t base, unsigned long vlenb)
{
	uint8_t v[MAX_VLENB];

	for (unsigned int i = 0; i < NR_FP; i++) {
		vcpu_set_reg(vcpu, fp_d_reg(i), base + i);
		if (!vlenb)
			continue;
		memset(v, (base & 0xf0) + i / 8, vlenb);
		TEST_ASSERT(!rv_reg_errno(vcpu, true, v_reg(i, vlenb), v), "v");
	}
}

TEST(one_reg_reaches_the_registers)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_one_reg);
	unsigned long vlenb = rv_vlenb(vcpu);
	uint8_t v[MAX_VLENB];

	vcpu_args_set(vcpu, 1, vlenb);
	set_state(vcpu, 0x20, vlenb);
	rv_run_sync(vcpu, 1);
	for (unsigned int i = 0; i < NR_FP; i++) {
		ASSERT_EQ(0x60 + i, rv_get(vcpu, fp_d_reg(i)));
		if (!vlenb)
			continue;
		ASSERT_EQ(0, rv_reg_errno(vcpu, false, v_reg(i, vlenb), v));
		ASSERT_EQ(0x60 + i / 8, v[vlenb - 1]);
	}
	set_state(vcpu, 0x90, vlenb);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

/* What the guest itself sees in sstatus must be what it did. */
static void guest_status_bits(unsigned long vlenb)
{
	csr_clear(CSR_SSTATUS, SSTATUS_FS);
	csr_set(CSR_SSTATUS, 1UL << SSTATUS_FS_SHIFT);
	GUEST_ASSERT_EQ((csr_read(CSR_SSTATUS) & SSTATUS_FS) >> SSTATUS_FS_SHIFT, 1UL);
	fp_fill(1);
	GUEST_ASSERT_EQ((csr_read(CSR_SSTATUS) & SSTATUS_FS) >> SSTATUS_FS_SHIFT,
			STATE_DIRTY);
	GUEST_SYNC(1);
	GUEST_ASSERT_EQ((csr_read(CSR_SSTATUS) & SSTATUS_FS) >> SSTATUS_FS_SHIFT,
			STATE_DIRTY);
	if (vlenb) {
		csr_clear(CSR_SSTATUS, SSTATUS_VS);
		csr_set(CSR_SSTATUS, 1UL << SSTATUS_VS_SHIFT);
		v_fill(1);
		GUEST_ASSERT_EQ((csr_read(CSR_SSTATUS) & SSTATUS_VS) >> SSTATUS_VS_SHIFT,
				STATE_DIRTY);
	}
	GUEST_DONE();
}

TEST(status_bits_of_the_guest)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_status_bits);

	vcpu_args_set(vcpu, 1, rv_vlenb(vcpu));
	rv_run_sync(vcpu, 1);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static void guest_off(unsigned long vlenb)
{
	struct guest_trap trap;

	csr_clear(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	GUEST_TRY(&trap, "fmv.d.x ft0, x0");
	GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
	if (vlenb) {
		GUEST_TRY(&trap, VEC("vsetvli t0, x0, e8, m1, ta, ma"));
		GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
	}
	GUEST_DONE();
}

/* Off in the guest's own sstatus: illegal there, not switched on for it. */
TEST(off_is_illegal)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_off);

	vcpu_args_set(vcpu, 1, rv_vlenb(vcpu));
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static void guest_no_fp(void)
{
	struct guest_trap trap;

	csr_set(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	GUEST_TRY(&trap, "fmv.d.x ft0, x0");
	GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
	GUEST_TRY(&trap, VEC("vsetvli t0, x0, e8, m1, ta, ma"));
	GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
	GUEST_DONE();
}

/* Extensions switched off for the vCPU stay off, whatever the guest does. */
TEST(disabled_extensions_are_illegal)
{
	static const int off[] = {
		KVM_RISCV_ISA_EXT_V, KVM_RISCV_ISA_EXT_D, KVM_RISCV_ISA_EXT_F,
	};
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_no_fp);

	for (unsigned int i = 0; i < ARRAY_SIZE(off); i++)
		if (rv_has_isa(vcpu, off[i]))
			vcpu_set_reg(vcpu, RISCV_ISA_EXT_REG(off[i]), 0);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
