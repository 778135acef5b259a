// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSR accesses and virtual instructions: what a guest may read, what goes to
 * user space, and what must be an illegal instruction to it. Blocking
 * instructions (WFI, WRS) end when they should.
 */
#include "rvtest.h"
#include "rvharness.h"

#define CSR_SEED_NUM	0x015
#define SEED_OPST_ES16	(2UL << 30)

/*
 * Instructions of the hypervisor extension. Hardware raises a virtual
 * instruction trap for them; a guest without H must see an illegal one.
 */
#define H_INSNS(f)							\
	f(hstatus_read, "csrr %[r], 0x600")				\
	f(hstatus_write, "csrw 0x600, %[r]")				\
	f(hgatp_read, "csrr %[r], 0x680")				\
	f(vsstatus_read, "csrr %[r], 0x200")				\
	f(hfence_gvma, ".insn r 0x73, 0, 0x31, x0, x0, x0")		\
	f(hfence_vvma, ".insn r 0x73, 0, 0x11, x0, x0, x0")		\
	f(hlv_w, ".insn r 0x73, 4, 0x34, t0, sp, x0")			\
	f(hlvx_wu, ".insn r 0x73, 4, 0x34, t0, sp, x3")			\
	f(hsv_w, ".insn r 0x73, 4, 0x35, x0, sp, x0")

#define H_FN(name, insn)						\
static void h_##name(struct guest_trap *trap)				\
{									\
	GUEST_TRY(trap, insn);						\
}
#define H_ROW(name, insn)	{ #name, h_##name },

H_INSNS(H_FN)

static const struct {
	const char *name;
	void (*fn)(struct guest_trap *trap);
} h_insns[] = { H_INSNS(H_ROW) };

static void guest_h_insns(void)
{
	struct guest_trap trap;

	for (unsigned long i = 0; i < ARRAY_SIZE(h_insns); i++) {
		h_insns[i].fn(&trap);
		__GUEST_ASSERT(trap.taken, "%s did not trap", h_insns[i].name);
		__GUEST_ASSERT(trap.cause == CAUSE_INST_ILLEGAL &&
			       trap.epc == trap.pc,
			       "%s: cause %ld epc %#lx pc %#lx",
			       h_insns[i].name, trap.cause, trap.epc, trap.pc);
		__GUEST_ASSERT(!trap.tval ||
			       trap.tval == *(uint32_t *)trap.pc,
			       "%s: tval %#lx", h_insns[i].name, trap.tval);
	}
	GUEST_DONE();
}

static void run_simple(void *guest_code)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_code);

	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(hypervisor_instructions_are_illegal) { run_simple(guest_h_insns); }

/* Straight illegal, and never seen by KVM if the firmware redirects them. */
static void guest_machine_csr(void)
{
	struct guest_trap trap;

	GUEST_TRY(&trap, "csrr %[r], mstatus");
	GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
	GUEST_TRY(&trap, ".4byte 0xffffffff");
	GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
	GUEST_DONE();
}

TEST(machine_csr_is_illegal) { run_simple(guest_machine_csr); }

/* Either they count or they are absent; nothing else is allowed. */
static void guest_counters(void)
{
	struct guest_trap trap;
	unsigned long first, second;

	GUEST_TRY(&trap, "rdcycle %[r]");
	__GUEST_ASSERT(!trap.taken || trap.cause == CAUSE_INST_ILLEGAL,
		       "rdcycle: cause %ld", trap.cause);
	GUEST_TRY(&trap, "rdinstret %[r]");
	__GUEST_ASSERT(!trap.taken || trap.cause == CAUSE_INST_ILLEGAL,
		       "rdinstret: cause %ld", trap.cause);

	first = guest_time();
	for (int i = 0; i < 1000; i++)
		asm volatile("nop");
	second = guest_time();
	GUEST_ASSERT(second > first);
	GUEST_TRY(&trap, "csrw time, x0");
	GUEST_ASSERT(trap.taken);
	GUEST_DONE();
}

TEST(time_counts) { run_simple(guest_counters); }

static void guest_seed(void)
{
	unsigned long val;

	asm volatile("csrrw %0, 0x015, x0" : "=r" (val));
	GUEST_ASSERT_EQ(val, SEED_OPST_ES16 | 0x1234);
	asm volatile("csrrw x0, 0x015, %0" :: "r" (0x77UL));
	asm volatile("csrrsi %0, 0x015, 5" : "=r" (val));
	GUEST_ASSERT_EQ(val, 1UL);
	asm volatile("li a5, 0\n\tcsrrw a5, 0x015, x0" ::: "a5");
	GUEST_DONE();
}

static void expect_csr(struct kvm_vcpu *vcpu, unsigned long new_value,
		       unsigned long mask, unsigned long ret)
{
	struct kvm_run *run = vcpu->run;

	vcpu_run(vcpu);
	TEST_ASSERT(run->exit_reason == KVM_EXIT_RISCV_CSR, "exit %u (%s)",
		    run->exit_reason, exit_reason_str(run->exit_reason));
	TEST_ASSERT_EQ(run->riscv_csr.csr_num, CSR_SEED_NUM);
	TEST_ASSERT_EQ(run->riscv_csr.write_mask, mask);
	TEST_ASSERT_EQ(run->riscv_csr.new_value & mask, new_value & mask);
	run->riscv_csr.ret_value = ret;
}

TEST(seed_goes_to_user_space)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_seed);
	unsigned long pc;

	if (!rv_has_isa(vcpu, KVM_RISCV_ISA_EXT_ZKR))
		SKIP(return, "the host has no Zkr");

	expect_csr(vcpu, 0, -1UL, SEED_OPST_ES16 | 0x1234);
	expect_csr(vcpu, 0x77, -1UL, -1UL);
	expect_csr(vcpu, -1UL, 5, 1);

	/* As for MMIO: done before an immediate exit, and only once. */
	expect_csr(vcpu, 0, -1UL, 0x4321);
	pc = rv_get(vcpu, RV_CORE(regs.pc));
	vcpu->run->immediate_exit = 1;
	ASSERT_EQ(EINTR, rv_run_errno(vcpu));
	ASSERT_EQ(0x4321, rv_get(vcpu, RV_CORE(regs.a5)));
	ASSERT_EQ(pc + 4, rv_get(vcpu, RV_CORE(regs.pc)));
	ASSERT_EQ(EINTR, rv_run_errno(vcpu));
	ASSERT_EQ(pc + 4, rv_get(vcpu, RV_CORE(regs.pc)));
	vcpu->run->immediate_exit = 0;
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static uint64_t guest_flag;

/* With an interrupt pending and enabled, WFI goes on, even with SIE off. */
static void guest_wfi_pending(void)
{
	csr_write(CSR_SIE, 1UL << IRQ_SOFT);
	csr_set(CSR_SIP, 1UL << IRQ_SOFT);
	for (int i = 0; i < 100; i++)
		guest_wfi();
	csr_clear(CSR_SIP, 1UL << IRQ_SOFT);
	GUEST_DONE();
}

TEST(wfi_with_pending_interrupt) { run_simple(guest_wfi_pending); }

static void guest_wfi_until_irq(void)
{
	csr_write(CSR_SIE, 1UL << IRQ_EXT);
	guest_flag = 1;
	while (!(csr_read(CSR_SIP) & (1UL << IRQ_EXT)))
		guest_wfi();
	GUEST_DONE();
}

TEST(wfi_sleeps_until_interrupt)
{
	uint32_t irq = KVM_INTERRUPT_SET;
	struct kvm_vcpu *vcpu;
	struct rv_thread thread;
	struct kvm_vm *vm;
	uint64_t *flag;

	vm = vm_create_with_one_vcpu(&vcpu, guest_wfi_until_irq);
	flag = addr_gva2hva(vm, (uintptr_t)&guest_flag);
	rv_thread_start(&thread, vcpu);
	while (!READ_ONCE(*flag))
		usleep(1000);
	usleep(50 * 1000);
	vcpu_ioctl(vcpu, KVM_INTERRUPT, (struct kvm_interrupt *)&irq);
	rv_thread_join_done(&thread);
	kvm_vm_free(vm);
}

/* Zawrs: WRS.STO is bounded, WRS.NTO ends with the reservation. */
static void guest_wrs(void)
{
	static uint64_t word;
	uint64_t val;

	for (int i = 0; i < 20; i++) {
		asm volatile("lr.d %0, (%1)\n\t.4byte 0x01d00073"
			     : "=r" (val) : "r" (&word) : "memory");
		asm volatile("lr.d %0, (%1)\n\tsc.d t0, x0, (%1)\n\t"
			     ".4byte 0x00d00073"
			     : "=&r" (val) : "r" (&word) : "t0", "memory");
	}
	GUEST_DONE();
}

TEST(wrs_ends)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_wrs);

	if (!rv_has_isa(vcpu, KVM_RISCV_ISA_EXT_ZAWRS))
		SKIP(return, "the host has no Zawrs");
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
