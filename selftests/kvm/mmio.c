// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO: every integer load and store, in its 32-bit, compressed and Zcb form,
 * reaches user space with the right address, length and data, and a load
 * leaves in its register what hardware would. What cannot be emulated gives
 * the guest an access fault and leaves the VM alive.
 */
#include "rvtest.h"
#include "rvharness.h"

#define DEV_OFF		0x40UL
#define DEV_GVA		(HOLE_GVA + DEV_OFF)
#define DEV_GPA		(HOLE_GPA + DEV_OFF)

#define PATTERN		0x8182838485868788UL
#define STORE_VALUE	0xf1e2d3c4b5a69788UL

typedef void (*op_fn)(struct guest_trap *trap, unsigned long addr,
		      unsigned long val);

/**
 * struct op - an instruction and what it must do
 * @name: for messages
 * @fn: executes it once in the guest
 * @offset: of the access from DEV_GVA
 * @len: bytes accessed
 * @want: value left in the register (loads)
 * @is_write: it is a store
 */
struct op {
	const char *name;
	op_fn fn;
	unsigned long offset;
	unsigned int len;
	unsigned long want;
	bool is_write;
};

#define OP_FN(id, arch, insn)						\
static void op_##id(struct guest_trap *trap, unsigned long addr,	\
		    unsigned long val)					\
{									\
	GUEST_TRY(trap, ".option push\n.option arch, +" arch "\n\t"	\
		  insn "\n\t.option pop",				\
		  [a] "r" (addr), [v] "r" (val));			\
}

#define OP32(id, insn)	OP_FN(id, "a", ".option norvc\n\t" insn)

/* Compressed forms take a0 as address and a1 as data. */
#define OPC_LOAD(id, arch, insn)					\
	OP_FN(id, arch, "mv a0, %[a]\n\tmv a1, %[r]\n\t" insn "\n\tmv %[r], a1")
#define OPC_STORE(id, arch, insn)					\
	OP_FN(id, arch, "mv a0, %[a]\n\tmv a1, %[v]\n\t" insn)
#define OPC_SP_LOAD(id, insn)						\
	OP_FN(id, "c", "mv t0, sp\n\tmv sp, %[a]\n\t" insn		\
	      "\n\tmv sp, t0\n\tmv %[r], a1")
#define OPC_SP_STORE(id, insn)						\
	OP_FN(id, "c", "mv t0, sp\n\tmv sp, %[a]\n\tmv a1, %[v]\n\t"	\
	      insn "\n\tmv sp, t0")

OP32(lb, "lb %[r], 0(%[a])")
OP32(lbu, "lbu %[r], 1(%[a])")
OP32(lh, "lh %[r], 2(%[a])")
OP32(lhu, "lhu %[r], -2(%[a])")
OP32(lw, "lw %[r], 4(%[a])")
OP32(lwu, "lwu %[r], 8(%[a])")
OP32(ld, "ld %[r], -8(%[a])")
OP32(sb, "sb %[v], 3(%[a])")
OP32(sh, "sh %[v], -2(%[a])")
OP32(sw, "sw %[v], 4(%[a])")
OP32(sd, "sd %[v], 8(%[a])")
OP32(sd_zero, "sd x0, 0(%[a])")
OPC_LOAD(c_lw, "c", "c.lw a1, 4(a0)")
OPC_LOAD(c_ld, "c", "c.ld a1, 8(a0)")
OPC_STORE(c_sw, "c", "c.sw a1, 4(a0)")
OPC_STORE(c_sd, "c", "c.sd a1, 8(a0)")
OPC_SP_LOAD(c_lwsp, "c.lwsp a1, 4(sp)")
OPC_SP_LOAD(c_ldsp, "c.ldsp a1, 8(sp)")
OPC_SP_STORE(c_swsp, "c.swsp a1, 4(sp)")
OPC_SP_STORE(c_sdsp, "c.sdsp a1, 8(sp)")
OPC_LOAD(c_lbu, "zcb", "c.lbu a1, 3(a0)")
OPC_LOAD(c_lhu, "zcb", "c.lhu a1, 2(a0)")
OPC_LOAD(c_lh, "zcb", "c.lh a1, 2(a0)")
OPC_STORE(c_sb, "zcb", "c.sb a1, 1(a0)")
OPC_STORE(c_sh, "zcb", "c.sh a1, 2(a0)")

#define LOAD(id, off, bytes, result)	\
	{ #id, op_##id, off, bytes, result, false }
#define STORE(id, off, bytes)	{ #id, op_##id, off, bytes, 0, true }

static const struct op load_ops[] = {
	LOAD(lb, 0, 1, -0x78UL),
	LOAD(lbu, 1, 1, 0x88),
	LOAD(lh, 2, 2, -0x7878UL),
	LOAD(lhu, -2, 2, 0x8788),
	LOAD(lw, 4, 4, 0xffffffff85868788UL),
	LOAD(lwu, 8, 4, 0x85868788),
	LOAD(ld, -8, 8, PATTERN),
};

static const struct op store_ops[] = {
	STORE(sb, 3, 1), STORE(sh, -2, 2), STORE(sw, 4, 4), STORE(sd, 8, 8),
};

static const struct op compressed_ops[] = {
	LOAD(c_lw, 4, 4, 0xffffffff85868788UL),
	LOAD(c_ld, 8, 8, PATTERN),
	STORE(c_sw, 4, 4), STORE(c_sd, 8, 8),
	LOAD(c_lwsp, 4, 4, 0xffffffff85868788UL),
	LOAD(c_ldsp, 8, 8, PATTERN),
	STORE(c_swsp, 4, 4), STORE(c_sdsp, 8, 8),
};

static const struct op zcb_ops[] = {
	LOAD(c_lbu, 3, 1, 0x88),
	LOAD(c_lhu, 2, 2, 0x8788),
	LOAD(c_lh, 2, 2, -0x7878UL),
	STORE(c_sb, 1, 1), STORE(c_sh, 2, 2),
};

static void guest_ops(const struct op *ops, unsigned long nr)
{
	struct guest_trap trap;

	for (unsigned long i = 0; i < nr; i++) {
		ops[i].fn(&trap, DEV_GVA, STORE_VALUE);
		__GUEST_ASSERT(!trap.taken, "op %lu: cause %ld tval %#lx", i,
			       trap.cause, trap.tval);
		if (!ops[i].is_write)
			__GUEST_ASSERT(trap.value == ops[i].want,
				       "op %lu: loaded %#lx, expected %#lx",
				       i, trap.value, ops[i].want);
		GUEST_SYNC(i);
	}
	GUEST_DONE();
}

static void expect_mmio(struct kvm_vcpu *vcpu, const char *name,
			unsigned long gpa, unsigned int len, bool is_write)
{
	struct kvm_run *run = vcpu->run;

	vcpu_run(vcpu);
	TEST_ASSERT(run->exit_reason == KVM_EXIT_MMIO, "%s: exit %u (%s)",
		    name, run->exit_reason, exit_reason_str(run->exit_reason));
	TEST_ASSERT(run->mmio.phys_addr == gpa && run->mmio.len == len &&
		    !!run->mmio.is_write == is_write,
		    "%s: gpa %#llx len %u write %u, expected %#lx %u %u", name,
		    run->mmio.phys_addr, run->mmio.len, run->mmio.is_write,
		    gpa, len, is_write);
}

static void set_mmio_data(struct kvm_run *run, unsigned long data)
{
	memset(run->mmio.data, 0xee, sizeof(run->mmio.data));
	memcpy(run->mmio.data, &data, run->mmio.len);
}

static void check_store(struct kvm_run *run, const char *name,
			unsigned long want)
{
	unsigned long got = 0;
	unsigned int bits = run->mmio.len * 8;

	memcpy(&got, run->mmio.data, run->mmio.len);
	if (bits < 64)
		want &= (1UL << bits) - 1;
	TEST_ASSERT(got == want, "%s: stored %#lx, expected %#lx", name, got,
		    want);
}

static struct kvm_vcpu *create(void *guest_code)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_code);

	rv_map_hole(vm, 2);
	return vcpu;
}

static void run_ops(const struct op *ops, unsigned long nr)
{
	struct kvm_vcpu *vcpu = create(guest_ops);

	vcpu_args_set(vcpu, 2, ops, nr);
	for (unsigned long i = 0; i < nr; i++) {
		expect_mmio(vcpu, ops[i].name, DEV_GPA + ops[i].offset,
			    ops[i].len, ops[i].is_write);
		if (ops[i].is_write)
			check_store(vcpu->run, ops[i].name, STORE_VALUE);
		else
			set_mmio_data(vcpu->run, PATTERN);
		rv_run_sync(vcpu, i);
	}
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

TEST(loads_extend_by_their_sign) { run_ops(load_ops, ARRAY_SIZE(load_ops)); }
TEST(stores) { run_ops(store_ops, ARRAY_SIZE(store_ops)); }
TEST(compressed) { run_ops(compressed_ops, ARRAY_SIZE(compressed_ops)); }

TEST(zcb)
{
	struct kvm_vcpu *vcpu = create(guest_ops);
	bool has_zcb = rv_has_isa(vcpu, KVM_RISCV_ISA_EXT_ZCB);

	kvm_vm_free(vcpu->vm);
	if (!has_zcb)
		SKIP(return, "the host has no Zcb");
	run_ops(zcb_ops, ARRAY_SIZE(zcb_ops));
}

/*
 * One function per register: loads into it, and stores from it. The other
 * operands stay in registers that are not under test.
 */
#define REG_FNS(reg, base, out, keep)					\
static __attribute__((naked)) void load_##reg(void)			\
{									\
	asm volatile("mv " #base ", a0\n\tmv " #out ", a1\n\t"		\
		     "mv " #keep ", " #reg "\n\t"			\
		     "ld " #reg ", 0(" #base ")\n\t"			\
		     "sd " #reg ", 0(" #out ")\n\t"			\
		     "mv " #reg ", " #keep "\n\tret");			\
}									\
static __attribute__((naked)) void store_##reg(void)			\
{									\
	asm volatile("mv " #base ", a0\n\tmv " #out ", a1\n\t"		\
		     "mv " #keep ", " #reg "\n\t"			\
		     "mv " #reg ", " #out "\n\t"			\
		     "sd " #reg ", 0(" #base ")\n\t"			\
		     "mv " #reg ", " #keep "\n\tret");			\
}

#define FOR_EACH_REG(f)							\
	f(ra, a3, a4, a5) f(sp, a3, a4, a5) f(gp, a3, a4, a5)		\
	f(tp, a3, a4, a5) f(t0, a3, a4, a5) f(t1, a3, a4, a5)		\
	f(t2, a3, a4, a5) f(s0, a3, a4, a5) f(s1, a3, a4, a5)		\
	f(a0, a3, a4, a5) f(a1, a3, a4, a5) f(a2, a3, a4, a5)		\
	f(a3, t0, t1, t2) f(a4, t0, t1, t2) f(a5, t0, t1, t2)		\
	f(a6, a3, a4, a5) f(a7, a3, a4, a5) f(s2, a3, a4, a5)		\
	f(s3, a3, a4, a5) f(s4, a3, a4, a5) f(s5, a3, a4, a5)		\
	f(s6, a3, a4, a5) f(s7, a3, a4, a5) f(s8, a3, a4, a5)		\
	f(s9, a3, a4, a5) f(s10, a3, a4, a5) f(s11, a3, a4, a5)		\
	f(t3, a3, a4, a5) f(t4, a3, a4, a5) f(t5, a3, a4, a5)		\
	f(t6, a3, a4, a5)

FOR_EACH_REG(REG_FNS)

struct reg_op {
	const char *name;
	void (*load)(void);
	void (*store)(void);
};

#define REG_ROW(reg, base, out, keep)	{ #reg, load_##reg, store_##reg },

static const struct reg_op reg_ops[] = { FOR_EACH_REG(REG_ROW) };

typedef void (*reg_load_fn)(unsigned long addr, unsigned long *out);
typedef void (*reg_store_fn)(unsigned long addr, unsigned long value);

static void guest_registers(void)
{
	for (unsigned long i = 0; i < ARRAY_SIZE(reg_ops); i++) {
		unsigned long got = 0;

		((reg_load_fn)reg_ops[i].load)(DEV_GVA, &got);
		__GUEST_ASSERT(got == PATTERN + i, "register %lu: %#lx", i, got);
		((reg_store_fn)reg_ops[i].store)(DEV_GVA, STORE_VALUE + i);
	}
	GUEST_DONE();
}

TEST(every_register)
{
	struct kvm_vcpu *vcpu = create(guest_registers);

	for (unsigned long i = 0; i < ARRAY_SIZE(reg_ops); i++) {
		expect_mmio(vcpu, reg_ops[i].name, DEV_GPA, 8, false);
		set_mmio_data(vcpu->run, PATTERN + i);
		expect_mmio(vcpu, reg_ops[i].name, DEV_GPA, 8, true);
		check_store(vcpu->run, reg_ops[i].name, STORE_VALUE + i);
	}
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

static void guest_x0(void)
{
	struct guest_trap trap;

	GUEST_TRY(&trap, "lw x0, 0(%[a])\n\tmv %[r], x0", [a] "r" (DEV_GVA));
	GUEST_ASSERT(!trap.taken);
	GUEST_ASSERT_EQ(trap.value, 0UL);
	op_sd_zero(&trap, DEV_GVA, 0);
	GUEST_ASSERT(!trap.taken);
	GUEST_DONE();
}

TEST(register_zero)
{
	struct kvm_vcpu *vcpu = create(guest_x0);

	expect_mmio(vcpu, "lw x0", DEV_GPA, 4, false);
	set_mmio_data(vcpu->run, PATTERN);
	expect_mmio(vcpu, "sd x0", DEV_GPA, 8, true);
	check_store(vcpu->run, "sd x0", 0);
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

OP32(amoadd, "amoadd.w %[r], %[v], (%[a])")
OP32(amoswap, "amoswap.d %[r], %[v], (%[a])")
OP32(lr, "lr.w %[r], (%[a])")
OP_FN(flw, "f", "flw ft0, 0(%[a])")
OP_FN(fld, "d", "fld ft0, 0(%[a])")
OP_FN(fsw, "f", "fsw ft0, 0(%[a])")
OP_FN(fsd, "d", "fsd ft0, 0(%[a])")
OP32(lh_mis, "lh %[r], 1(%[a])")
OP32(lw_mis, "lw %[r], 2(%[a])")
OP32(ld_mis, "ld %[r], 4(%[a])")
OP32(sh_mis, "sh %[v], 1(%[a])")
OP32(sw_mis, "sw %[v], 2(%[a])")
OP32(sd_mis, "sd %[v], 4(%[a])")

struct bad_op {
	op_fn fn;
	unsigned long offset;
	unsigned long cause;
};

static const struct bad_op atomics[] = {
	{ op_amoadd, 0, CAUSE_STORE_ACCESS },
	{ op_amoswap, 0, CAUSE_STORE_ACCESS },
	{ op_lr, 0, CAUSE_LOAD_ACCESS },
};

static const struct bad_op floats[] = {
	{ op_flw, 0, CAUSE_LOAD_ACCESS }, { op_fld, 0, CAUSE_LOAD_ACCESS },
	{ op_fsw, 0, CAUSE_STORE_ACCESS }, { op_fsd, 0, CAUSE_STORE_ACCESS },
};

static const struct bad_op misaligned[] = {
	{ op_lh_mis, 1, CAUSE_LOAD_ACCESS },
	{ op_lw_mis, 2, CAUSE_LOAD_ACCESS },
	{ op_ld_mis, 4, CAUSE_LOAD_ACCESS },
	{ op_sh_mis, 1, CAUSE_STORE_ACCESS },
	{ op_sw_mis, 2, CAUSE_STORE_ACCESS },
	{ op_sd_mis, 4, CAUSE_STORE_ACCESS },
};

static void guest_bad_ops(const struct bad_op *ops, unsigned long nr)
{
	struct guest_trap trap;

	csr_set(CSR_SSTATUS, SSTATUS_FS);
	for (unsigned long i = 0; i < nr; i++) {
		ops[i].fn(&trap, DEV_GVA, 1);
		__GUEST_ASSERT(trap.taken, "op %lu did not trap", i);
		__GUEST_ASSERT(trap.cause == ops[i].cause &&
			       trap.epc == trap.pc &&
			       trap.tval == DEV_GVA + ops[i].offset,
			       "op %lu: cause %ld epc %#lx (at %#lx) tval %#lx",
			       i, trap.cause, trap.epc, trap.pc, trap.tval);
	}
	op_lw(&trap, DEV_GVA, 0);
	GUEST_ASSERT(!trap.taken);
	GUEST_DONE();
}

/* The VM must outlive it all: an ordinary access still works at the end. */
static void run_bad_ops(const struct bad_op *ops, unsigned long nr)
{
	struct kvm_vcpu *vcpu = create(guest_bad_ops);

	vcpu_args_set(vcpu, 2, ops, nr);
	expect_mmio(vcpu, "lw after the faults", DEV_GPA + 4, 4, false);
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

TEST(atomics_fault) { run_bad_ops(atomics, ARRAY_SIZE(atomics)); }
TEST(floats_fault) { run_bad_ops(floats, ARRAY_SIZE(floats)); }
TEST(misaligned_faults) { run_bad_ops(misaligned, ARRAY_SIZE(misaligned)); }

static void guest_read_write(void)
{
	asm volatile("li a5, 0\n"
		     "lw a5, 0(%0)\n"
		     "sw a5, 0(%0)\n" :: "r" (DEV_GVA) : "a5", "memory");
	GUEST_DONE();
}

/*
 * User space that wants the state settled (to save it, say) asks for an
 * immediate exit: by then the load must have written its register.
 */
TEST(completes_before_immediate_exit)
{
	struct kvm_vcpu *vcpu = create(guest_read_write);
	unsigned long pc;

	expect_mmio(vcpu, "lw", DEV_GPA, 4, false);
	set_mmio_data(vcpu->run, 0x12345678);
	pc = rv_get(vcpu, RV_CORE(regs.pc));
	vcpu->run->immediate_exit = 1;
	ASSERT_EQ(EINTR, rv_run_errno(vcpu));
	ASSERT_EQ(0x12345678, rv_get(vcpu, RV_CORE(regs.a5)));
	ASSERT_LT(pc, rv_get(vcpu, RV_CORE(regs.pc)));
	pc = rv_get(vcpu, RV_CORE(regs.pc));

	/* Once only: a second try must not step over another instruction. */
	ASSERT_EQ(EINTR, rv_run_errno(vcpu));
	ASSERT_EQ(pc, rv_get(vcpu, RV_CORE(regs.pc)));

	vcpu->run->immediate_exit = 0;
	expect_mmio(vcpu, "sw", DEV_GPA, 4, true);
	check_store(vcpu->run, "sw", 0x12345678);
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

TEST_HARNESS_MAIN
