// SPDX-License-Identifier: GPL-2.0-only
/* The supervisor timer of a guest, see kvm_riscv/timer.h. */
#include <linux/kvm_host.h>
#include <linux/math64.h>
#include <asm/csr.h>
#include <asm/delay.h>
#include <asm/timex.h>
#include <kvm_riscv/compat.h>
#include <kvm_riscv/isa.h>

#define NEVER	U64_MAX

static void write_htimedelta(u64 ticks)
{
	csr_write(CSR_HTIMEDELTA, (unsigned long)ticks);
	if (IS_ENABLED(CONFIG_32BIT))
		csr_write(CSR_HTIMEDELTAH, ticks >> 32);
}

/* In two halves, no value in between may be earlier than old and new. */
static void write_vstimecmp(u64 ticks)
{
	if (IS_ENABLED(CONFIG_32BIT)) {
		csr_write(CSR_VSTIMECMP, -1UL);
		csr_write(CSR_VSTIMECMPH, ticks >> 32);
	}
	csr_write(CSR_VSTIMECMP, (unsigned long)ticks);
}

/* Only this hart's guest writes it, and that one is not running. */
static u64 read_vstimecmp(void)
{
	u64 ticks = csr_read(CSR_VSTIMECMP);

	if (IS_ENABLED(CONFIG_32BIT))
		ticks |= (u64)csr_read(CSR_VSTIMECMPH) << 32;
	return ticks;
}

/**
 * kvm_riscv_timer_now() - guest time
 * @kvm: the VM
 *
 * Return: ticks of the host's timebase.
 */
u64 kvm_riscv_timer_now(struct kvm *kvm)
{
	return get_cycles64() + READ_ONCE(kvm->arch.timer.htimedelta);
}

/**
 * kvm_riscv_timer_set_now() - set guest time
 * @kvm: the VM
 * @now: ticks of the host's timebase
 *
 * A vCPU sees it when it is loaded next.
 */
void kvm_riscv_timer_set_now(struct kvm *kvm, u64 now)
{
	WRITE_ONCE(kvm->arch.timer.htimedelta, now - get_cycles64());
}

/* Nanoseconds until the timer is due, rounded up: 0 means that it is. */
static u64 ns_left(struct kvm_vcpu *vcpu)
{
	u64 now = kvm_riscv_timer_now(vcpu->kvm);
	u64 due = vcpu->arch.timer.cycles;
	u32 hz = riscv_timebase;
	u64 seconds;
	u32 ticks;

	if (now >= due)
		return 0;

	seconds = div_u64_rem(due - now, hz, &ticks);
	if (seconds >= KTIME_SEC_MAX)
		return KTIME_MAX;
	return seconds * NSEC_PER_SEC +
	       div_u64((u64)ticks * NSEC_PER_SEC + hz - 1, hz);
}

/*
 * The host's clock and the time CSR may run at slightly different speeds, and
 * user space may have set guest time: too early is possible.
 */
static enum hrtimer_restart timer_fired(struct hrtimer *hrt)
{
	struct kvm_vcpu *vcpu = container_of(hrt, struct kvm_vcpu,
					     arch.timer.hrt);
	struct kvm_riscv_timer_state *timer = &vcpu->arch.timer;
	u64 ns = ns_left(vcpu);

	if (ns) {
		hrtimer_forward_now(hrt, ns_to_ktime(ns));
		return HRTIMER_RESTART;
	}

	WRITE_ONCE(timer->armed, false);
	if (timer->sstc)
		kvm_vcpu_wake_up(vcpu);
	else
		kvm_riscv_irq_raise(vcpu, IRQ_VS_TIMER);
	return HRTIMER_NORESTART;
}

static void cancel(struct kvm_riscv_timer_state *timer)
{
	hrtimer_cancel(&timer->hrt);
	timer->armed = false;
}

/* @timer->hrt is not active. */
static void arm(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_timer_state *timer = &vcpu->arch.timer;

	if (timer->cycles == NEVER)
		return;
	timer->armed = true;
	hrtimer_start(&timer->hrt, ns_to_ktime(ns_left(vcpu)),
		      HRTIMER_MODE_REL_HARD);
}

/* First the callback, then the line: it may be raising that just now. */
static void restart(struct kvm_vcpu *vcpu, u64 cycles)
{
	cancel(&vcpu->arch.timer);
	kvm_riscv_irq_lower(vcpu, IRQ_VS_TIMER);
	vcpu->arch.timer.cycles = cycles;
	arm(vcpu);
}

/**
 * kvm_riscv_timer_init_vm() - let guest time start at 0
 * @kvm: a new VM
 */
void kvm_riscv_timer_init_vm(struct kvm *kvm)
{
	kvm_riscv_timer_set_now(kvm, 0);
}

/**
 * kvm_riscv_timer_init_vcpu() - set up the timer of a vCPU
 * @vcpu: a new vCPU, which already has its ISA
 */
void kvm_riscv_timer_init_vcpu(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_timer_state *timer = &vcpu->arch.timer;

	hrtimer_setup(&timer->hrt, timer_fired, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_HARD);
	timer->cycles = NEVER;
	kvm_riscv_timer_apply_config(vcpu);
}

/**
 * kvm_riscv_timer_apply_config() - follow the vCPU's ISA
 * @vcpu: the vCPU; not loaded
 */
void kvm_riscv_timer_apply_config(struct kvm_vcpu *vcpu)
{
	vcpu->arch.timer.sstc = kvm_riscv_vcpu_has_isa(vcpu,
						       RISCV_ISA_EXT_SSTC);
}

/**
 * kvm_riscv_timer_destroy_vcpu() - stop the timer for good
 * @vcpu: the vCPU; not loaded
 */
void kvm_riscv_timer_destroy_vcpu(struct kvm_vcpu *vcpu)
{
	cancel(&vcpu->arch.timer);
}

/**
 * kvm_riscv_timer_reset() - a timer that never fires
 * @vcpu: the vCPU; not loaded
 */
void kvm_riscv_timer_reset(struct kvm_vcpu *vcpu)
{
	cancel(&vcpu->arch.timer);
	vcpu->arch.timer.cycles = NEVER;
}

/**
 * kvm_riscv_timer_load() - bring timer state into the hart
 * @vcpu: the vCPU
 *
 * Context: Preemption off. May wait for the hrtimer's callback on another CPU.
 */
void kvm_riscv_timer_load(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_timer_state *timer = &vcpu->arch.timer;

	write_htimedelta(READ_ONCE(vcpu->kvm->arch.timer.htimedelta));
	if (!timer->sstc)
		return;

	/* Not armed: nobody waits, a callback that is just ending is harmless */
	if (READ_ONCE(timer->armed))
		cancel(timer);
	write_vstimecmp(timer->cycles);
}

/**
 * kvm_riscv_timer_put() - bring timer state back to memory
 * @vcpu: the vCPU; vs.vsie is up to date
 *
 * A timer left in the hart would go on raising VSTI there, and a pending
 * interrupt, even one that is never taken, keeps WFI of an idle host from
 * waiting.
 *
 * Context: Preemption off.
 */
void kvm_riscv_timer_put(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_timer_state *timer = &vcpu->arch.timer;

	if (!timer->sstc)
		return;

	timer->cycles = read_vstimecmp();
	write_vstimecmp(NEVER);
	if (kvm_vcpu_is_blocking(vcpu) && (vcpu->arch.vs.vsie & IE_TIE))
		arm(vcpu);
}

/**
 * kvm_riscv_timer_set_fast() - program the timer from a fast exit
 * @vcpu: the vCPU; loaded
 * @cycles: guest time at which it is due
 *
 * Context: Interrupts off.
 * Return: false if kvm_riscv_timer_set() has to do it.
 */
bool kvm_riscv_timer_set_fast(struct kvm_vcpu *vcpu, u64 cycles)
{
	if (!vcpu->arch.timer.sstc)
		return false;
	write_vstimecmp(cycles);
	return true;
}

/**
 * kvm_riscv_timer_set() - program the timer (SBI spec, sbi_set_timer)
 * @vcpu: the vCPU, whose thread this is; loaded
 * @cycles: guest time at which it is due
 *
 * Also clears a pending timer interrupt.
 *
 * Context: Interrupts on. May wait for the hrtimer's callback.
 */
void kvm_riscv_timer_set(struct kvm_vcpu *vcpu, u64 cycles)
{
	if (vcpu->arch.timer.sstc) {
		preempt_disable();
		write_vstimecmp(cycles);
		preempt_enable();
		return;
	}

	restart(vcpu, cycles);
}

/**
 * kvm_riscv_timer_start() - let the timer run towards its compare value
 * @vcpu: the vCPU; no other thread programs its timer
 *
 * With Sstc there is nothing to do: the compare value takes effect when it is
 * loaded.
 *
 * Context: Interrupts on. May wait for the hrtimer's callback.
 */
void kvm_riscv_timer_start(struct kvm_vcpu *vcpu)
{
	if (!vcpu->arch.timer.sstc)
		restart(vcpu, vcpu->arch.timer.cycles);
}

/**
 * kvm_riscv_timer_stop() - keep the hrtimer from firing
 * @vcpu: the vCPU; no other thread programs its timer
 *
 * Context: Interrupts on. May wait for the hrtimer's callback.
 */
void kvm_riscv_timer_stop(struct kvm_vcpu *vcpu)
{
	cancel(&vcpu->arch.timer);
}

/**
 * kvm_riscv_timer_pending() - is a timer interrupt due that no line shows?
 * @vcpu: the vCPU, whose thread this is
 *
 * Sstc raises VSTI in the hart only. Without it, VSTI is a line like others
 * (kvm_riscv_irq_pending()).
 *
 * Return: true if the guest's timer is due and it has the interrupt enabled.
 */
bool kvm_riscv_timer_pending(struct kvm_vcpu *vcpu)
{
	u64 cycles = vcpu->arch.timer.cycles;
	unsigned long vsie = vcpu->arch.vs.vsie;

	if (!vcpu->arch.timer.sstc)
		return false;

	preempt_disable();
	if (kvm_get_running_vcpu() == vcpu) {
		cycles = read_vstimecmp();
		vsie = csr_read(CSR_VSIE);
	}
	preempt_enable();

	return (vsie & IE_TIE) && kvm_riscv_timer_now(vcpu->kvm) >= cycles;
}
