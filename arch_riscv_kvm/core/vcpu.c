// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of a vCPU: creation, configuration, reset, power state.
 */
#include <linux/kvm_host.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/sbi.h>
#include <kvm_riscv/hart.h>
#include <kvm_riscv/isa.h>
#include <kvm_riscv/load.h>
#include <kvm_riscv/mmu.h>

/* ISA extension of the guest to what henvcfg then grants. */
static const struct {
	unsigned int ext;
	u64 henvcfg;
} henvcfg_grants[] = {
	{ RISCV_ISA_EXT_SVPBMT, ENVCFG_PBMTE },
	{ RISCV_ISA_EXT_SVADU, ENVCFG_ADUE },
	{ RISCV_ISA_EXT_SSTC, ENVCFG_STCE },
	{ RISCV_ISA_EXT_ZICBOM, ENVCFG_CBIE | ENVCFG_CBCFE },
	{ RISCV_ISA_EXT_ZICBOZ, ENVCFG_CBZE },
};

static u64 config_henvcfg(struct kvm_vcpu *vcpu)
{
	u64 henvcfg = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(henvcfg_grants); i++)
		if (kvm_riscv_vcpu_has_isa(vcpu, henvcfg_grants[i].ext))
			henvcfg |= henvcfg_grants[i].henvcfg;
	/* With both, it is for the guest to switch: Svade until it does. */
	if (kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_SVADE))
		henvcfg &= ~ENVCFG_ADUE;
	return henvcfg | kvm_riscv_fwft_henvcfg(vcpu);
}

static u64 config_hstateen0(struct kvm_vcpu *vcpu)
{
	u64 hstateen0 = SMSTATEEN0_HSENVCFG;

	if (!riscv_has_extension_unlikely(RISCV_ISA_EXT_SMSTATEEN))
		return 0;
	if (kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_SSAIA))
		hstateen0 |= SMSTATEEN0_AIA | SMSTATEEN0_AIA_IMSIC |
			     SMSTATEEN0_AIA_ISEL;
	if (kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_SMSTATEEN))
		hstateen0 |= SMSTATEEN0_SSTATEEN0;
	return hstateen0;
}

static unsigned long config_hedeleg(struct kvm_vcpu *vcpu)
{
	unsigned long hedeleg = KVM_RISCV_HEDELEG | kvm_riscv_fwft_hedeleg(vcpu);

	/* A debugger in the VMM wants to see the guest's breakpoints. */
	if (vcpu->guest_debug & KVM_GUESTDBG_ENABLE)
		hedeleg &= ~BIT(EXC_BREAKPOINT);
	return hedeleg;
}

/**
 * kvm_riscv_vcpu_apply_config() - turn the chosen ISA into CSR values
 * @vcpu: the vCPU; not loaded
 *
 * Called when user space first runs the vCPU; its ISA is fixed from then on.
 */
void kvm_riscv_vcpu_apply_config(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_vcpu_config *cfg = &vcpu->arch.cfg;

	cfg->hedeleg = config_hedeleg(vcpu);
	cfg->hideleg = KVM_RISCV_HIDELEG;
	cfg->hcounteren = KVM_RISCV_HCOUNTEREN;
	cfg->henvcfg = config_henvcfg(vcpu);
	cfg->hstateen0 = config_hstateen0(vcpu);
	vcpu->arch.csrs_dirty = true;
	kvm_riscv_timer_apply_config(vcpu);
}

/**
 * kvm_riscv_vcpu_update_config() - follow a firmware feature that changed
 * @vcpu: the vCPU, whose thread this is, or one that cannot run meanwhile
 */
void kvm_riscv_vcpu_update_config(struct kvm_vcpu *vcpu)
{
	preempt_disable();
	vcpu->arch.cfg.hedeleg = config_hedeleg(vcpu);
	vcpu->arch.cfg.henvcfg = config_henvcfg(vcpu);
	if (vcpu->cpu != -1)
		kvm_riscv_load_config(vcpu);
	else
		vcpu->arch.csrs_dirty = true;
	preempt_enable();
}

/* Registers as a hart has them after SBI hart_start (SBI spec, HSM). */
static void reset_registers(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;
	struct kvm_riscv_power *power = &vcpu->arch.power;

	*guest = (struct kvm_riscv_guest_context) {
		.sstatus = SR_SPP | SR_SPIE,
		.hstatus = HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VTW,
	};
	vcpu->arch.vs = (struct kvm_riscv_vs_state) {
		.scounteren = KVM_RISCV_SCOUNTEREN_RESET,
	};
#ifdef CONFIG_64BIT
	guest->sstatus |= SR_UXL_64;
	guest->hstatus |= 2UL << HSTATUS_VSXL_SHIFT;
	vcpu->arch.vs.vsstatus = SR_UXL_64;
#endif
	vcpu->arch.csrs_dirty = true;

	spin_lock(&power->lock);
	if (power->start_valid) {
		guest->sepc = power->start_pc;
		guest->x[GPR_A0] = vcpu->vcpu_id;
		guest->x[GPR_A1] = power->start_arg;
		power->start_valid = false;
	}
	spin_unlock(&power->lock);
}

/**
 * kvm_riscv_vcpu_reset() - bring a vCPU into its reset state
 * @vcpu: the vCPU, whose thread this is, or one that is not visible yet
 *
 * Preemption is off meanwhile: a sched_out would save into the state that is
 * being reset.
 */
void kvm_riscv_vcpu_reset(struct kvm_vcpu *vcpu)
{
	bool loaded;

	/* Gives perf events back, which may sleep. */
	kvm_riscv_pmu_reset(vcpu);

	preempt_disable();
	loaded = vcpu->cpu != -1;
	if (loaded)
		kvm_arch_vcpu_put(vcpu);

	reset_registers(vcpu);
	kvm_riscv_fp_reset(vcpu);
	kvm_riscv_vector_reset(vcpu);
	kvm_riscv_timer_reset(vcpu);
	kvm_riscv_irq_reset(vcpu);
	kvm_riscv_sbi_reset(vcpu);
	kvm_riscv_tlb_reset_vcpu(vcpu);
	vcpu->arch.last_cpu = -1;
	vcpu->arch.complete = NULL;

	if (loaded)
		kvm_arch_vcpu_load(vcpu, smp_processor_id());
	preempt_enable();
	kvm_riscv_imsic_reset(vcpu);
}

/* Where the next reset lets the vCPU begin; caller holds the power lock. */
static void set_start_locked(struct kvm_riscv_power *power, unsigned long pc,
			     unsigned long arg)
{
	power->start_pc = pc;
	power->start_arg = arg;
	power->start_valid = true;
}

/**
 * kvm_riscv_vcpu_restart() - reset a vCPU that goes on at an address
 * @vcpu: the vCPU, whose thread this is
 * @pc: guest physical address of its next instruction
 * @arg: value of its a1; a0 is its id
 */
void kvm_riscv_vcpu_restart(struct kvm_vcpu *vcpu, unsigned long pc,
			    unsigned long arg)
{
	struct kvm_riscv_power *power = &vcpu->arch.power;

	spin_lock(&power->lock);
	set_start_locked(power, pc, arg);
	spin_unlock(&power->lock);
	kvm_riscv_vcpu_reset(vcpu);
}

int kvm_arch_vcpu_precreate(struct kvm *kvm, unsigned int id)
{
	return 0;
}

/**
 * kvm_arch_vcpu_create() - set up the architecture's part of a new vCPU
 * @vcpu: the vCPU, zeroed
 *
 * Return: 0, or -ENOMEM.
 */
int kvm_arch_vcpu_create(struct kvm_vcpu *vcpu)
{
	int ret;

	spin_lock_init(&vcpu->arch.power.lock);
	vcpu->arch.mvendorid = sbi_get_mvendorid();
	vcpu->arch.marchid = sbi_get_marchid();
	vcpu->arch.mimpid = sbi_get_mimpid();

	kvm_riscv_isa_init_vcpu(vcpu);
	kvm_riscv_aia_init_vcpu(vcpu);
	kvm_riscv_mmu_init_vcpu(vcpu);
	kvm_riscv_tlb_init_vcpu(vcpu);
	kvm_riscv_timer_init_vcpu(vcpu);

	ret = kvm_riscv_vector_init_vcpu(vcpu);
	if (ret)
		goto err_timer;

	kvm_riscv_pmu_init_vcpu(vcpu);
	kvm_riscv_sbi_init_vcpu(vcpu);
	kvm_riscv_vcpu_reset(vcpu);
	return 0;

err_timer:
	kvm_riscv_timer_destroy_vcpu(vcpu);
	kvm_riscv_mmu_destroy_vcpu(vcpu);
	return ret;
}

/* The first vCPU boots, the others wait for SBI hart_start. */
void kvm_arch_vcpu_postcreate(struct kvm_vcpu *vcpu)
{
	if (vcpu->vcpu_idx)
		kvm_riscv_vcpu_power_off(vcpu);
}

/**
 * kvm_arch_vcpu_destroy() - undo kvm_arch_vcpu_create()
 * @vcpu: the vCPU, of which nobody holds a reference
 */
void kvm_arch_vcpu_destroy(struct kvm_vcpu *vcpu)
{
	kvm_riscv_load_forget(vcpu);
	kvm_riscv_pmu_reset(vcpu);
	kvm_riscv_imsic_destroy(vcpu);
	kvm_riscv_vector_destroy_vcpu(vcpu);
	kvm_riscv_timer_destroy_vcpu(vcpu);
	kvm_riscv_mmu_destroy_vcpu(vcpu);
}

/* Caller holds the power lock. A start that did not come to pass is off. */
static void cancel_start_locked(struct kvm_vcpu *vcpu)
{
	vcpu->arch.power.start_valid = false;
	kvm_clear_request(KVM_REQ_VCPU_RESET, vcpu);
}

static void power_off_locked(struct kvm_vcpu *vcpu)
{
	cancel_start_locked(vcpu);
	WRITE_ONCE(vcpu->arch.power.state, KVM_MP_STATE_STOPPED);
	kvm_make_request(KVM_REQ_SLEEP, vcpu);
	kvm_vcpu_kick(vcpu);
}

static void power_on_locked(struct kvm_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->arch.power.state, KVM_MP_STATE_RUNNABLE);
	kvm_vcpu_wake_up(vcpu);
}

/**
 * kvm_riscv_vcpu_power_off() - stop a vCPU
 * @vcpu: any vCPU; it leaves guest mode soon, if it is there
 *
 * Context: Interrupts on; does not sleep.
 */
void kvm_riscv_vcpu_power_off(struct kvm_vcpu *vcpu)
{
	spin_lock(&vcpu->arch.power.lock);
	power_off_locked(vcpu);
	spin_unlock(&vcpu->arch.power.lock);
}

/**
 * kvm_riscv_vcpu_power_start() - start a stopped vCPU at an address
 * @vcpu: any vCPU
 * @pc: guest physical address of its first instruction
 * @arg: value of its a1; a0 is its id
 *
 * Context: Interrupts on; does not sleep.
 * Return: 0, or -EALREADY if the vCPU was not stopped.
 */
int kvm_riscv_vcpu_power_start(struct kvm_vcpu *vcpu, unsigned long pc,
			       unsigned long arg)
{
	struct kvm_riscv_power *power = &vcpu->arch.power;
	int ret = -EALREADY;

	spin_lock(&power->lock);
	if (power->state == KVM_MP_STATE_STOPPED) {
		set_start_locked(power, pc, arg);
		kvm_make_request(KVM_REQ_VCPU_RESET, vcpu);
		power_on_locked(vcpu);
		ret = 0;
	}
	spin_unlock(&power->lock);
	return ret;
}

/**
 * kvm_riscv_vcpu_stopped() - is the vCPU stopped?
 * @vcpu: any vCPU; the answer may be stale unless the power lock is held
 */
bool kvm_riscv_vcpu_stopped(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->arch.power.state) == KVM_MP_STATE_STOPPED;
}

int kvm_arch_vcpu_ioctl_get_mpstate(struct kvm_vcpu *vcpu,
				    struct kvm_mp_state *mp_state)
{
	mp_state->mp_state = READ_ONCE(vcpu->arch.power.state);
	return 0;
}

/* Not a state that a vCPU is in, but what resets it, for VMs that ask for that */
static int receive_init(struct kvm_vcpu *vcpu)
{
	if (!READ_ONCE(vcpu->kvm->arch.mp_state_reset))
		return -EINVAL;

	spin_lock(&vcpu->arch.power.lock);
	cancel_start_locked(vcpu);
	spin_unlock(&vcpu->arch.power.lock);
	kvm_riscv_vcpu_reset(vcpu);
	return 0;
}

/**
 * kvm_arch_vcpu_ioctl_set_mpstate() - KVM_SET_MP_STATE
 * @vcpu: the vCPU; its mutex is held, so it does not run
 * @mp_state: the new state; INIT_RECEIVED resets registers and leaves the state
 *
 * Return: 0, or -EINVAL for a state other than RUNNABLE and STOPPED, and
 * INIT_RECEIVED if user space enabled it.
 */
int kvm_arch_vcpu_ioctl_set_mpstate(struct kvm_vcpu *vcpu,
				    struct kvm_mp_state *mp_state)
{
	int ret = 0;

	if (mp_state->mp_state == KVM_MP_STATE_INIT_RECEIVED)
		return receive_init(vcpu);

	spin_lock(&vcpu->arch.power.lock);
	switch (mp_state->mp_state) {
	case KVM_MP_STATE_RUNNABLE:
		power_on_locked(vcpu);
		break;
	case KVM_MP_STATE_STOPPED:
		power_off_locked(vcpu);
		break;
	default:
		ret = -EINVAL;
	}
	spin_unlock(&vcpu->arch.power.lock);
	return ret;
}

/**
 * kvm_arch_vcpu_ioctl_set_guest_debug() - KVM_SET_GUEST_DEBUG
 * @vcpu: the vCPU; its mutex is held, so it does not run
 * @dbg: what to debug; breakpoints that the guest executes, or nothing
 *
 * Return: 0.
 */
int kvm_arch_vcpu_ioctl_set_guest_debug(struct kvm_vcpu *vcpu,
					struct kvm_guest_debug *dbg)
{
	vcpu->guest_debug = 0;
	if (dbg->control & KVM_GUESTDBG_ENABLE)
		vcpu->guest_debug = dbg->control;
	vcpu->arch.cfg.hedeleg = config_hedeleg(vcpu);
	vcpu->arch.csrs_dirty = true;
	return 0;
}
