// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu_load and vcpu_put: the state that stays in a hart while a vCPU's
 * thread runs on it, from one sched_in to the next sched_out.
 *
 * The host itself uses none of the VS-level CSRs, so after a put they stay as
 * they are. Each hart remembers whose they are and which configuration it
 * holds; a load writes what differs.
 */
#include <linux/kvm_host.h>
#include <linux/percpu.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <kvm_riscv/hart.h>
#include <kvm_riscv/isa.h>
#include <kvm_riscv/load.h>
#include <kvm_riscv/mmu.h>

/**
 * struct hart_state - what a hart holds of a guest
 * @vcpu: which vCPU was last loaded; only compared, never dereferenced
 * @known: whether the following is what the hart holds
 * @cfg: values of its configuration CSRs
 * @vs: values of those CSRs that load_vs() writes, while no vCPU is loaded
 */
struct hart_state {
	struct kvm_vcpu *vcpu;
	bool known;
	struct kvm_riscv_vcpu_config cfg;
	struct kvm_riscv_vs_state vs;
};

static DEFINE_PER_CPU(struct hart_state, hart_state);

/**
 * kvm_riscv_load_invalidate_hart() - forget what this hart holds
 *
 * For a hart that lost its CSRs: it comes online, or back from a low-power
 * state.
 *
 * Context: Preemption off, no vCPU loaded here.
 */
void kvm_riscv_load_invalidate_hart(void)
{
	struct hart_state *hart = this_cpu_ptr(&hart_state);

	hart->vcpu = NULL;
	hart->known = false;
}

/**
 * kvm_riscv_load_forget() - make harts forget a vCPU that goes away
 * @vcpu: not loaded anywhere
 *
 * Another vCPU may later be allocated at the same address.
 */
void kvm_riscv_load_forget(struct kvm_vcpu *vcpu)
{
	int cpu;

	for_each_possible_cpu(cpu)
		cmpxchg(&per_cpu(hart_state, cpu).vcpu, vcpu, NULL);
}

static void load_config(struct hart_state *hart,
			const struct kvm_riscv_vcpu_config *cfg)
{
	bool all = !hart->known;

	if (all || hart->cfg.hedeleg != cfg->hedeleg)
		csr_write(CSR_HEDELEG, cfg->hedeleg);
	if (all || hart->cfg.hideleg != cfg->hideleg)
		csr_write(CSR_HIDELEG, cfg->hideleg);
	if (all || hart->cfg.hcounteren != cfg->hcounteren)
		csr_write(CSR_HCOUNTEREN, cfg->hcounteren);
	if (all || hart->cfg.henvcfg != cfg->henvcfg) {
		csr_write(CSR_HENVCFG, cfg->henvcfg);
		if (IS_ENABLED(CONFIG_32BIT))
			csr_write(CSR_HENVCFGH, cfg->henvcfg >> 32);
	}
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SMSTATEEN) &&
	    (all || hart->cfg.hstateen0 != cfg->hstateen0)) {
		csr_write(CSR_HSTATEEN0, cfg->hstateen0);
		if (IS_ENABLED(CONFIG_32BIT))
			csr_write(CSR_HSTATEEN0H, cfg->hstateen0 >> 32);
	}
	hart->cfg = *cfg;
}

/**
 * kvm_riscv_load_config() - bring a configuration that changed into the hart
 * @vcpu: the vCPU; loaded
 *
 * Context: Preemption off.
 */
void kvm_riscv_load_config(struct kvm_vcpu *vcpu)
{
	if (kvm_riscv_cpu_has_h(vcpu->cpu))
		load_config(this_cpu_ptr(&hart_state), &vcpu->arch.cfg);
}

/* vCPUs of one VM often differ in a few of these only. */
static void load_vs(struct hart_state *hart,
		    const struct kvm_riscv_vs_state *vs)
{
	const struct kvm_riscv_vs_state *old = &hart->vs;
	bool all = !hart->known;

	if (all || old->vsstatus != vs->vsstatus)
		csr_write(CSR_VSSTATUS, vs->vsstatus);
	if (all || old->vsie != vs->vsie)
		csr_write(CSR_VSIE, vs->vsie);
	if (all || old->vstvec != vs->vstvec)
		csr_write(CSR_VSTVEC, vs->vstvec);
	if (all || old->vsscratch != vs->vsscratch)
		csr_write(CSR_VSSCRATCH, vs->vsscratch);
	if (all || old->vsepc != vs->vsepc)
		csr_write(CSR_VSEPC, vs->vsepc);
	if (all || old->vscause != vs->vscause)
		csr_write(CSR_VSCAUSE, vs->vscause);
	if (all || old->vstval != vs->vstval)
		csr_write(CSR_VSTVAL, vs->vstval);
	if (all || old->vsatp != vs->vsatp)
		csr_write(CSR_VSATP, vs->vsatp);
	if (all || old->hvip != vs->hvip)
		csr_write(CSR_HVIP, vs->hvip);
	if (!kvm_riscv_aia_available())
		return;
	if (all || old->hvictl != vs->hvictl)
		csr_write(CSR_HVICTL, vs->hvictl);
	if (all || old->vsiselect != vs->vsiselect)
		csr_write(CSR_VSISELECT, vs->vsiselect);
	if (all || old->hviprio1 != vs->hviprio1)
		csr_write(CSR_HVIPRIO1, vs->hviprio1);
	if (all || old->hviprio2 != vs->hviprio2)
		csr_write(CSR_HVIPRIO2, vs->hviprio2);
}

static void save(unsigned long *vs, unsigned long *held, unsigned long val)
{
	*vs = val;
	*held = val;
}

/*
 * For the vCPU, and to know what the hart holds. Without Ssaia a guest reaches
 * none of its CSRs (hstateen0, see isa.c): they are what was loaded.
 */
static void save_vs(struct hart_state *hart, struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_vs_state *vs = &vcpu->arch.vs;
	struct kvm_riscv_vs_state *held = &hart->vs;

	save(&vs->vsstatus, &held->vsstatus, csr_read(CSR_VSSTATUS));
	save(&vs->vsie, &held->vsie, csr_read(CSR_VSIE));
	save(&vs->vstvec, &held->vstvec, csr_read(CSR_VSTVEC));
	save(&vs->vsscratch, &held->vsscratch, csr_read(CSR_VSSCRATCH));
	save(&vs->vsepc, &held->vsepc, csr_read(CSR_VSEPC));
	save(&vs->vscause, &held->vscause, csr_read(CSR_VSCAUSE));
	save(&vs->vstval, &held->vstval, csr_read(CSR_VSTVAL));
	save(&vs->vsatp, &held->vsatp, csr_read(CSR_VSATP));
	save(&vs->hvip, &held->hvip, csr_read(CSR_HVIP));
	held->hvictl = vs->hvictl;
	if (kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_SSAIA)) {
		vs->vsiselect = csr_read(CSR_VSISELECT);
		vs->hviprio1 = csr_read(CSR_HVIPRIO1);
		vs->hviprio2 = csr_read(CSR_HVIPRIO2);
	}
	held->vsiselect = vs->vsiselect;
	held->hviprio1 = vs->hviprio1;
	held->hviprio2 = vs->hviprio2;
}

/*
 * CSRs that have no VS-level twin: the guest writes the hart's own. To the
 * host they matter only in U-mode, so they need not be swapped per exit.
 */
static void swap_in_guest(struct kvm_riscv_vs_state *guest,
			  struct kvm_riscv_host_context *host)
{
	host->scounteren = csr_read(CSR_SCOUNTEREN);
	if (guest->scounteren != host->scounteren)
		csr_write(CSR_SCOUNTEREN, guest->scounteren);

	host->senvcfg = csr_read(CSR_SENVCFG);
	if (guest->senvcfg != host->senvcfg)
		csr_write(CSR_SENVCFG, guest->senvcfg);

	if (!riscv_has_extension_unlikely(RISCV_ISA_EXT_SMSTATEEN))
		return;
	host->sstateen0 = csr_read(CSR_SSTATEEN0);
	if (guest->sstateen0 != host->sstateen0)
		csr_write(CSR_SSTATEEN0, guest->sstateen0);
}

static void swap_in_host(struct kvm_riscv_vs_state *guest,
			 const struct kvm_riscv_host_context *host)
{
	guest->scounteren = csr_read(CSR_SCOUNTEREN);
	if (guest->scounteren != host->scounteren)
		csr_write(CSR_SCOUNTEREN, host->scounteren);

	guest->senvcfg = csr_read(CSR_SENVCFG);
	if (guest->senvcfg != host->senvcfg)
		csr_write(CSR_SENVCFG, host->senvcfg);

	if (!riscv_has_extension_unlikely(RISCV_ISA_EXT_SMSTATEEN))
		return;
	guest->sstateen0 = csr_read(CSR_SSTATEEN0);
	if (guest->sstateen0 != host->sstateen0)
		csr_write(CSR_SSTATEEN0, host->sstateen0);
}

/*
 * Is what the hart holds that of this vCPU? Then nobody else was loaded here
 * meanwhile, and it was not loaded elsewhere; its VMID and its translations
 * are still good, too. Unless the hart had to let go of the VM's tables.
 */
static bool is_loaded(struct hart_state *hart, struct kvm_vcpu *vcpu, int cpu)
{
	return hart->vcpu == vcpu && vcpu->arch.last_cpu == cpu &&
	       this_cpu_read(vcpu->kvm->arch.gstage.harts->used);
}

static void load_csrs(struct hart_state *hart, struct kvm_vcpu *vcpu)
{
	load_config(hart, &vcpu->arch.cfg);
	load_vs(hart, &vcpu->arch.vs);
}

static void load_other(struct hart_state *hart, struct kvm_vcpu *vcpu, int cpu)
{
	load_csrs(hart, vcpu);
	csr_write(CSR_HGATP, kvm_riscv_mmu_hgatp(vcpu));
	kvm_riscv_tlb_load(vcpu, cpu);
	hart->vcpu = vcpu;
	hart->known = true;
	vcpu->arch.last_cpu = cpu;
}

/**
 * kvm_arch_vcpu_load() - bring a vCPU's state into the hart
 * @vcpu: the vCPU
 * @cpu: this CPU
 *
 * On a hart without H nothing happens: the run loop refuses to enter there.
 *
 * Context: Preemption off; called by vcpu_load() and on sched_in.
 */
void kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	struct hart_state *hart = this_cpu_ptr(&hart_state);
	struct kvm_riscv_host_context *host = &vcpu->arch.host;

	vcpu->cpu = cpu;
	if (!kvm_riscv_cpu_has_h(cpu))
		return;

	host->stvec = csr_read(CSR_STVEC);
	host->hstatus = csr_read(CSR_HSTATUS);

	if (!is_loaded(hart, vcpu, cpu))
		load_other(hart, vcpu, cpu);
	else if (vcpu->arch.csrs_dirty)
		load_csrs(hart, vcpu);
	vcpu->arch.csrs_dirty = false;

	swap_in_guest(&vcpu->arch.vs, host);
	kvm_riscv_timer_load(vcpu);
	kvm_riscv_wfi_choose(vcpu);
	if (vcpu->arch.aia.imsic)
		kvm_riscv_imsic_load(vcpu, cpu);
	if (unlikely(vcpu->arch.sta.shmem != INVALID_GPA))
		kvm_riscv_sta_load(vcpu);
}

/*
 * A VS-level interrupt that is pending and enabled would end every WFI of an
 * idle host at once.
 */
static void quiesce_irqs(struct hart_state *hart, struct kvm_vcpu *vcpu)
{
	if (!kvm_riscv_irq_pending(vcpu))
		return;
	csr_write(CSR_HVIP, 0);
	hart->vs.hvip = 0;
	if (kvm_riscv_aia_available()) {
		csr_write(CSR_HVICTL, 0);
		hart->vs.hvictl = 0;
	}
	vcpu->arch.csrs_dirty = true;
}

/**
 * kvm_arch_vcpu_put() - bring a vCPU's state back to memory
 * @vcpu: the vCPU
 *
 * Context: Preemption off; called by vcpu_put() and on sched_out.
 */
void kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
{
	struct hart_state *hart = this_cpu_ptr(&hart_state);
	int cpu = vcpu->cpu;

	vcpu->cpu = -1;
	if (!kvm_riscv_cpu_has_h(cpu))
		return;

	kvm_riscv_fp_put(vcpu);
	save_vs(hart, vcpu);
	quiesce_irqs(hart, vcpu);
	swap_in_host(&vcpu->arch.vs, &vcpu->arch.host);
	kvm_riscv_timer_put(vcpu);
	if (vcpu->arch.aia.imsic)
		kvm_riscv_imsic_put(vcpu);
}
