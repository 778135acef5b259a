// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's timer: SBI set_timer and (with Sstc) stimecmp, WFI until it is
 * due, and its state in ONE_REG, as migration uses it.
 */
#include "rvtest.h"
#include "rvharness.h"

#define CSR_STIMECMP_NUM	0x14d
#define TIMER_BIT		(1UL << IRQ_TIMER)
#define NEVER			-1UL

static unsigned long guest_hz;

static unsigned long guest_ms(unsigned long ms)
{
	return guest_hz / 1000 * ms;
}

static bool guest_pending(void)
{
	return csr_read(CSR_SIP) & TIMER_BIT;
}

static void guest_set_timer(bool sstc, unsigned long when)
{
	if (sstc)
		asm volatile("csrw 0x14d, %0" :: "r" (when) : "memory");
	else
		GUEST_ASSERT_EQ(guest_sbi(SBI_TIME, 0, when, 0, 0, 0, 0).error, 0L);
}

static struct kvm_vcpu *create(void *guest_code)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_code);

	guest_hz = rv_get(vcpu, RISCV_TIMER_REG(frequency));
	sync_global_to_guest(vm, guest_hz);
	return vcpu;
}

/* Pending at the time set, not before, and gone when set to later. */
static void guest_fires(bool sstc)
{
	csr_write(CSR_SIE, 0);
	for (int i = 0; i < 5; i++) {
		unsigned long due = guest_time() + guest_ms(20);
		unsigned long late = due + guest_ms(4000);
		unsigned long now;

		guest_set_timer(sstc, due);
		do {
			now = guest_time();
			GUEST_ASSERT(now < late);
		} while (!guest_pending());
		/* Read after the bit was seen: must not be before its time. */
		GUEST_ASSERT(guest_time() >= due);
		GUEST_ASSERT(guest_pending());
		guest_set_timer(sstc, NEVER);
		GUEST_ASSERT(!guest_pending());
	}
	guest_set_timer(sstc, 0);
	for (unsigned long end = guest_time() + guest_ms(4000); !guest_pending();)
		GUEST_ASSERT(guest_time() < end);
	GUEST_DONE();
}

static void run_kind(struct __test_metadata *_metadata, void *guest, bool sstc)
{
	struct kvm_vcpu *vcpu = create(guest);

	if (sstc && !rv_has_isa(vcpu, KVM_RISCV_ISA_EXT_SSTC))
		SKIP(return, "the host has no Sstc");
	vcpu_args_set(vcpu, 1, (uint64_t)sstc);
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

TEST(sbi_timer_fires) { run_kind(_metadata, guest_fires, false); }
TEST(sstc_timer_fires) { run_kind(_metadata, guest_fires, true); }

static uint64_t timer_irqs;
static bool irq_sstc;

static void guest_timer_irq(struct ex_regs *regs)
{
	GUEST_ASSERT_EQ(regs->cause, (1UL << 63) | IRQ_TIMER);
	WRITE_ONCE(timer_irqs, timer_irqs + 1);
	guest_set_timer(irq_sstc, NEVER);
}

static void guest_wfi_irq(bool sstc)
{
	irq_sstc = sstc;
	for (unsigned long i = 1; i <= 5; i++) {
		unsigned long due = guest_time() + guest_ms(20);

		csr_set(CSR_SIE, TIMER_BIT);
		local_irq_enable();
		guest_set_timer(sstc, due);
		while (READ_ONCE(timer_irqs) < i)
			guest_wfi();
		local_irq_disable();
		GUEST_ASSERT(guest_time() >= due);
		GUEST_ASSERT_EQ(timer_irqs, i);
	}
	GUEST_DONE();
}

static void run_irq(struct __test_metadata *_metadata, bool sstc)
{
	struct kvm_vcpu *vcpu = create(guest_wfi_irq);

	if (sstc && !rv_has_isa(vcpu, KVM_RISCV_ISA_EXT_SSTC))
		SKIP(return, "the host has no Sstc");
	vm_init_vector_tables(vcpu->vm);
	vcpu_init_vector_tables(vcpu);
	vm_install_interrupt_handler(vcpu->vm, guest_timer_irq);
	vcpu_args_set(vcpu, 1, (uint64_t)sstc);
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

TEST(sbi_timer_wakes_wfi) { run_irq(_metadata, false); }
TEST(sstc_timer_wakes_wfi) { run_irq(_metadata, true); }

static void guest_clock(void)
{
	unsigned long now = guest_time();

	GUEST_SYNC1(now);
	GUEST_SYNC1(guest_time());
	GUEST_DONE();
}

TEST(time_is_set_for_the_vm)
{
	const unsigned long base = 1UL << 40;
	unsigned long first, reg;
	struct kvm_vcpu *vcpu = create(guest_clock), *other;
	struct ucall uc;

	other = vm_vcpu_add(vcpu->vm, 1, guest_clock);
	vcpu_set_reg(vcpu, RISCV_TIMER_REG(time), base);
	rv_run_ucall(vcpu, &uc);
	first = uc.args[0];
	ASSERT_LE(base, first);
	ASSERT_LT(first, base + 20 * guest_hz);
	rv_run_ucall(other, &uc);
	ASSERT_LE(first, uc.args[0]);
	ASSERT_LT(uc.args[0], base + 20 * guest_hz);
	reg = rv_get(other, RISCV_TIMER_REG(time));
	ASSERT_LE(uc.args[0], reg);

	/* And again, on vCPUs that have run. */
	vcpu_set_reg(other, RISCV_TIMER_REG(time), 2 * base);
	rv_run_ucall(vcpu, &uc);
	ASSERT_LE(2 * base, uc.args[0]);
	ASSERT_LT(uc.args[0], 2 * base + 20 * guest_hz);
	kvm_vm_free(vcpu->vm);
}

static void guest_await_restored(unsigned long due)
{
	unsigned long late = due + guest_ms(5000);

	while (!guest_pending())
		GUEST_ASSERT(guest_time() < late);
	__GUEST_ASSERT(guest_time() >= due, "fired at %#lx, due at %#lx",
		       guest_time(), due);
	GUEST_DONE();
}

/* What a VMM does on the destination of a migration. */
static void restore(struct kvm_vcpu *vcpu, unsigned long now, unsigned long due)
{
	vcpu_set_reg(vcpu, RISCV_TIMER_REG(frequency), guest_hz);
	vcpu_set_reg(vcpu, RISCV_TIMER_REG(time), now);
	vcpu_set_reg(vcpu, RISCV_TIMER_REG(compare), due);
	vcpu_set_reg(vcpu, RISCV_TIMER_REG(state), KVM_RISCV_TIMER_STATE_ON);
	vcpu_args_set(vcpu, 1, due);
}

TEST(restored_timer_fires_when_due)
{
	struct kvm_vcpu *vcpu = create(guest_await_restored);

	restore(vcpu, 1UL << 40, (1UL << 40) + guest_hz / 2);
	ASSERT_EQ((1UL << 40) + guest_hz / 2,
		  rv_get(vcpu, RISCV_TIMER_REG(compare)));
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

TEST(restored_overdue_timer_is_pending)
{
	struct kvm_vcpu *vcpu = create(guest_await_restored);

	restore(vcpu, 1UL << 40, (1UL << 40) - guest_hz);
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

static void guest_sleep_restored(unsigned long due)
{
	csr_set(CSR_SIE, TIMER_BIT);
	guest_wfi();
	while (!guest_pending())
		guest_wfi();
	GUEST_ASSERT(guest_time() >= due);
	GUEST_DONE();
}

TEST(restored_timer_wakes_wfi)
{
	struct kvm_vcpu *vcpu = create(guest_sleep_restored);

	restore(vcpu, 1UL << 40, (1UL << 40) + guest_hz / 4);
	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

static void guest_set_and_sync(bool sstc, unsigned long due)
{
	guest_set_timer(sstc, due);
	GUEST_SYNC(1);
	GUEST_ASSERT(!guest_pending());
	guest_set_timer(sstc, NEVER);
	GUEST_DONE();
}

/* The due time that the guest programmed is what a VMM saves. */
TEST(compare_is_saved)
{
	const unsigned long due = (1UL << 40) + 3600UL * 10000000;

	for (int sstc = 0; sstc < 2; sstc++) {
		struct kvm_vcpu *vcpu = create(guest_set_and_sync);

		if (sstc && !rv_has_isa(vcpu, KVM_RISCV_ISA_EXT_SSTC))
			break;
		vcpu_set_reg(vcpu, RISCV_TIMER_REG(time), 1UL << 40);
		vcpu_args_set(vcpu, 2, (uint64_t)sstc, due);
		rv_run_sync(vcpu, 1);
		ASSERT_EQ(due, rv_get(vcpu, RISCV_TIMER_REG(compare)));
		rv_run_done(vcpu);
		kvm_vm_free(vcpu->vm);
	}
}

static void guest_fresh(void)
{
	unsigned long end = guest_time() + guest_ms(50);

	while (guest_time() < end)
		GUEST_ASSERT(!guest_pending());
	GUEST_DONE();
}

TEST(fresh_vcpu_has_no_timer_pending)
{
	struct kvm_vcpu *vcpu = create(guest_fresh);

	rv_run_done(vcpu);
	kvm_vm_free(vcpu->vm);
}

TEST_HARNESS_MAIN
