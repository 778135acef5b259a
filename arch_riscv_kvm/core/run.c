// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_RUN: the loop around the guest.
 *
 *	kvm_arch_vcpu_ioctl_run	until something is for user space
 *	  prepare		interrupts on: signals, requests that may sleep
 *	  enter			interrupts off: fences, then the guest
 *	  kvm_riscv_handle_exit	interrupts on: what fast exits left
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include <kvm_riscv/compat.h>
#include <kvm_riscv/entry.h>
#include <kvm_riscv/hart.h>
#include <kvm_riscv/mmu.h>
#include <kvm_riscv/work.h>

#define CREATE_TRACE_POINTS
#include <kvm_riscv/trace.h>

int kvm_cpu_has_pending_timer(struct kvm_vcpu *vcpu)
{
	return kvm_riscv_timer_pending(vcpu);
}

int kvm_arch_vcpu_runnable(struct kvm_vcpu *vcpu)
{
	if (kvm_riscv_vcpu_stopped(vcpu))
		return false;
	return kvm_riscv_irq_pending(vcpu) ||
	       (vcpu->arch.aia.imsic && kvm_riscv_imsic_pending(vcpu));
}

int kvm_arch_vcpu_should_kick(struct kvm_vcpu *vcpu)
{
	return kvm_vcpu_exiting_guest_mode(vcpu) == IN_GUEST_MODE;
}

bool kvm_arch_vcpu_in_kernel(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.guest.sstatus & SR_SPP;
}

void kvm_arch_vcpu_blocking(struct kvm_vcpu *vcpu)
{
}

void kvm_arch_vcpu_unblocking(struct kvm_vcpu *vcpu)
{
}

/**
 * kvm_riscv_vcpu_idle() - wait until the guest has an interrupt
 * @vcpu: the vCPU, whose thread this is; loaded
 *
 * Context: SRCU read lock held, dropped meanwhile; sleeps.
 */
void kvm_riscv_vcpu_idle(struct kvm_vcpu *vcpu)
{
	kvm_riscv_irq_sync(vcpu);
	if (kvm_arch_vcpu_runnable(vcpu))
		return;

	kvm_vcpu_srcu_read_unlock(vcpu);
	kvm_vcpu_halt(vcpu);
	kvm_vcpu_srcu_read_lock(vcpu);
}

/* Stopped: wait for a start, but let signals through. */
static void sleep_while_stopped(struct kvm_vcpu *vcpu)
{
	struct rcuwait *wait = kvm_arch_vcpu_get_wait(vcpu);

	rcuwait_wait_event(wait, !kvm_riscv_vcpu_stopped(vcpu),
			   TASK_INTERRUPTIBLE);
	if (kvm_riscv_vcpu_stopped(vcpu))
		kvm_make_request(KVM_REQ_SLEEP, vcpu);
}

static void update_steal_time(struct kvm_vcpu *vcpu)
{
	kvm_vcpu_srcu_read_lock(vcpu);
	kvm_riscv_sta_update(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);
}

/* Requests that may sleep. Those for the hart are left to enter(). */
static int serve_requests(struct kvm_vcpu *vcpu)
{
	if (!kvm_request_pending(vcpu))
		return KVM_RISCV_EXIT_RESUME;
	if (kvm_check_request(KVM_REQ_VM_DEAD, vcpu))
		return -EIO;
	/* Stays pending, and keeps the guest out, until there is room again. */
	if (kvm_dirty_ring_check_request(vcpu))
		return KVM_RISCV_EXIT_USER;

	kvm_clear_request(KVM_REQ_UNBLOCK, vcpu);
	if (kvm_check_request(KVM_REQ_SLEEP, vcpu))
		sleep_while_stopped(vcpu);
	if (kvm_check_request(KVM_REQ_VCPU_RESET, vcpu))
		kvm_riscv_vcpu_reset(vcpu);
	if (kvm_check_request(KVM_REQ_STEAL_UPDATE, vcpu))
		update_steal_time(vcpu);
	if (kvm_check_request(KVM_REQ_IMSIC_MOVE, vcpu))
		return kvm_riscv_imsic_move(vcpu);
	return KVM_RISCV_EXIT_RESUME;
}

static int prepare(struct kvm_vcpu *vcpu)
{
	int ret;

	ret = kvm_riscv_work(vcpu);
	if (ret < 0)
		return ret;
	return serve_requests(vcpu);
}

static bool must_not_enter(struct kvm_vcpu *vcpu)
{
	return kvm_request_pending(vcpu) || xfer_to_guest_mode_work_pending();
}

/*
 * Ticks that arrived while the guest ran are the guest's: let them be taken
 * before the accounting switches back.
 */
static void account_guest_exit(struct kvm_vcpu *vcpu, bool exited)
{
	if (exited && (vcpu->arch.trap.scause & CAUSE_IRQ_FLAG)) {
		local_irq_enable();
		local_irq_disable();
	}
	guest_timing_exit_irqoff();
}

static void leave_guest_mode(struct kvm_vcpu *vcpu)
{
	/*
	 * A remote fence does not wait for a vCPU that is outside guest mode:
	 * all that the guest did must be visible before.
	 */
	smp_store_release(&vcpu->mode, OUTSIDE_GUEST_MODE);
}

/* Returns true if an exit is left to handle. */
static bool enter(struct kvm_vcpu *vcpu)
{
	bool exited = false;

	preempt_disable();
	local_irq_disable();

	/*
	 * From here on requests come with an IPI, see
	 * Documentation/virt/kvm/vcpu-requests.rst; orders the mode before
	 * the requests are looked at. Pairs with kvm_request_needs_ipi().
	 */
	smp_store_mb(vcpu->mode, IN_GUEST_MODE);

	/*
	 * Fences are due on the hart that enters, with interrupts off: nothing
	 * may come between them and the guest.
	 */
	kvm_riscv_tlb_serve_requests(vcpu);
	if (!must_not_enter(vcpu)) {
		guest_timing_enter_irqoff();
		exited = kvm_riscv_enter(vcpu);
		leave_guest_mode(vcpu);
		account_guest_exit(vcpu, exited);
	} else {
		leave_guest_mode(vcpu);
	}

	local_irq_enable();
	/* The interrupt may have brought a task that wants this CPU. */
	if (exited && (vcpu->arch.trap.scause & CAUSE_IRQ_FLAG)) {
		kvm_riscv_wfi_choose(vcpu);
		if (unlikely(vcpu->arch.pmu.started))
			kvm_riscv_pmu_poll(vcpu);
	}
	preempt_enable();
	return exited;
}

static int handle_exit(struct kvm_vcpu *vcpu)
{
	int ret;

	/* The host took its interrupt as soon as interrupts came on. */
	if (vcpu->arch.trap.scause & CAUSE_IRQ_FLAG)
		return KVM_RISCV_EXIT_RESUME;

	kvm_vcpu_srcu_read_lock(vcpu);
	ret = kvm_riscv_handle_exit(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);
	return ret;
}

static int run_once(struct kvm_vcpu *vcpu)
{
	int ret;

	ret = prepare(vcpu);
	if (ret <= 0)
		return ret;
	if (!enter(vcpu))
		return KVM_RISCV_EXIT_RESUME;
	return handle_exit(vcpu);
}

/*
 * Some harts lack H. The vCPU must not be moved to one of them between an
 * exit and the end of its handling, which reads VS-level CSRs. A thread that
 * user space let run there is sent back.
 */
static int run_once_pinned(struct kvm_vcpu *vcpu)
{
	int ret;

	migrate_disable();
	if (kvm_riscv_cpu_has_h(raw_smp_processor_id())) {
		ret = run_once(vcpu);
	} else {
		vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
		vcpu->run->fail_entry.hardware_entry_failure_reason =
			CSR_HSTATUS;
		vcpu->run->fail_entry.cpu = raw_smp_processor_id();
		ret = KVM_RISCV_EXIT_USER;
	}
	migrate_enable();
	return ret;
}

static int run_loop(struct kvm_vcpu *vcpu)
{
	int ret;

	do {
		if (unlikely(READ_ONCE(kvm_riscv_harts_mixed)))
			ret = run_once_pinned(vcpu);
		else
			ret = run_once(vcpu);
	} while (ret > 0);
	return ret;
}

/* Finish what user space was asked to do, exactly once. */
static int complete_exit(struct kvm_vcpu *vcpu)
{
	int (*complete)(struct kvm_vcpu *vcpu) = vcpu->arch.complete;

	if (!complete)
		return 0;
	vcpu->arch.complete = NULL;
	return complete(vcpu);
}

/**
 * kvm_arch_vcpu_ioctl_run() - KVM_RUN
 * @vcpu: the vCPU
 *
 * Context: vcpu->mutex held.
 * Return: 0 with run->exit_reason set, -EINTR for a signal or immediate_exit,
 * or another negative errno if the vCPU cannot go on.
 */
int kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu)
{
	int ret;

	if (!vcpu->arch.ran_once) {
		kvm_riscv_vcpu_apply_config(vcpu);
		vcpu->arch.ran_once = true;
	}

	ret = complete_exit(vcpu);
	if (ret < 0)
		return ret;
	if (!vcpu->wants_to_run)
		return -EINTR;

	vcpu_load(vcpu);
	kvm_sigset_activate(vcpu);
	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;

	ret = run_loop(vcpu);

	kvm_sigset_deactivate(vcpu);
	vcpu_put(vcpu);
	return ret;
}
