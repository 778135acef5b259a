// SPDX-License-Identifier: GPL-2.0-only
/*
 * hgatp: which modes and VMIDs harts offer, and who gets which VMID.
 *
 * To its guest a vCPU is a hart, which has a TLB of its own: guests use one ASID
 * for different page tables on different harts, and fence only those. So each
 * vCPU has a VMID of its own, and vCPUs of one VM can take turns on a hart
 * without a fence.
 *
 * VMIDs are given out in generations. A vCPU keeps its VMID until it is loaded
 * into a hart after all VMIDs of a generation were used up; then it gets one of
 * the next generation. That needs no IPI:
 *
 *  - A hart on which the old VMID is loaded may go on with it. Nobody else can
 *    use that hart meanwhile, and fences act on what is in the hart's hgatp.
 *  - Translations of an earlier owner are flushed when a VMID is first loaded
 *    for a vCPU, and on each hart to which that moves, see
 *    kvm_riscv_tlb_load().
 */
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <asm/csr.h>
#include <kvm_riscv/gstage.h>
#include <kvm_riscv/mmu.h>
#include <kvm_riscv/tlb.h>

/* Generation in the bits above the longest VMID (VMIDLEN is at most 14) */
#define GENERATION_SHIFT	16
#define GENERATION_ONE		BIT_ULL(GENERATION_SHIFT)
#define GENERATION_MASK		(~(GENERATION_ONE - 1))

static struct gstage_mode {
	const char *name;
	u8 mode;
	u8 levels;
	bool offered;
} gstage_modes[] __ro_after_init = {
	{ "Sv57x4", HGATP_MODE_SV57X4, 5 },
	{ "Sv48x4", HGATP_MODE_SV48X4, 4 },
	{ "Sv39x4", HGATP_MODE_SV39X4, 3 },
};

static const struct gstage_mode *host_mode __read_mostly;

/*
 * An empty table, for harts that have no other. Hardware may walk the table in
 * hgatp at any time, also while no guest runs, and hgatp = 0 would be worse: it
 * would take what a guest left in vsatp for the address of a page table of the
 * host.
 */
static struct page *parking __read_mostly;

static DEFINE_RAW_SPINLOCK(vmid_lock);
static unsigned int vmid_bits __read_mostly;
/* Guarded by vmid_lock; the generation is also read without */
static u64 vmid_generation = GENERATION_ONE;
static u64 vmid_next = 1;

static unsigned long make_hgatp(u8 mode, unsigned long vmid, phys_addr_t root)
{
	return ((unsigned long)mode << HGATP_MODE_SHIFT) |
	       (vmid << HGATP_VMID_SHIFT) | (root >> PAGE_SHIFT);
}

static unsigned long parked_hgatp(const struct gstage_mode *m)
{
	return make_hgatp(m->mode, 0, page_to_phys(parking));
}

/* What this hart keeps of @hgatp, whose address is that of the empty table */
static unsigned long try_hgatp(unsigned long hgatp)
{
	csr_write(CSR_HGATP, hgatp);
	return csr_read(CSR_HGATP);
}

static bool hart_has_mode(const struct gstage_mode *m)
{
	unsigned long hgatp = parked_hgatp(m);

	return try_hgatp(hgatp) == hgatp;
}

/* With MODE=Bare the rest of hgatp is UNSPECIFIED: ask with a real mode. */
static unsigned int hart_vmid_bits(const struct gstage_mode *m)
{
	return hweight_long(try_hgatp(parked_hgatp(m) | HGATP_VMID) &
			    HGATP_VMID);
}

/* Leave the hart without a guest: @hgatp is 0 or that of the empty table. */
static void end_of_probe(unsigned long hgatp)
{
	csr_write(CSR_HGATP, hgatp);
	kvm_riscv_tlb_flush_hart();
}

/**
 * kvm_riscv_mmu_probe() - find out about the G-stage modes
 *
 * VMs may have those that this hart has, and by default the largest. Harts that
 * lack one of them are refused by kvm_riscv_vmid_enable_hart(). To be undone by
 * kvm_riscv_mmu_exit().
 *
 * Context: Module init, on a hart with H, which the caller does not leave; no
 * guest runs. May sleep.
 * Return: 0, -ENOMEM, or -ENODEV if no mode is known.
 */
int kvm_riscv_mmu_probe(void)
{
	unsigned int i;

	parking = alloc_pages(GFP_KERNEL | __GFP_ZERO, GSTAGE_ROOT_ORDER);
	if (!parking)
		return -ENOMEM;

	for (i = ARRAY_SIZE(gstage_modes); i--; ) {
		gstage_modes[i].offered = hart_has_mode(&gstage_modes[i]);
		if (gstage_modes[i].offered)
			host_mode = &gstage_modes[i];
	}
	if (host_mode)
		vmid_bits = hart_vmid_bits(host_mode);
	end_of_probe(0);
	if (host_mode)
		return 0;
	kvm_riscv_mmu_exit();
	return -ENODEV;
}

/**
 * kvm_riscv_mmu_exit() - undo kvm_riscv_mmu_probe()
 *
 * Context: Module exit; hgatp is 0 in all harts.
 */
void kvm_riscv_mmu_exit(void)
{
	__free_pages(parking, GSTAGE_ROOT_ORDER);
	parking = NULL;
}

/**
 * kvm_riscv_mmu_park_hart() - have this hart let go of an address space
 * @gs: address space; a hart that has another one in hgatp is left alone
 *
 * Hardware may still use what it holds of the tables: the caller fences.
 *
 * Context: On the hart, interrupts off; no vCPU that uses @gs is loaded.
 */
void kvm_riscv_mmu_park_hart(const struct gstage *gs)
{
	unsigned long ppn = csr_read(CSR_HGATP) & HGATP_PPN;

	if (ppn != gs->root_pa >> PAGE_SHIFT)
		return;
	csr_write(CSR_HGATP, parked_hgatp(host_mode));
}

/* Harts may differ in VMIDLEN: use what all of them have. */
static void limit_vmid_bits(unsigned int bits)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vmid_lock, flags);
	/* Harts that run guests at once need a VMID each, 0 is not given out. */
	if (BIT(bits) <= num_possible_cpus())
		bits = 0;
	if (bits < vmid_bits) {
		vmid_bits = bits;
		WRITE_ONCE(vmid_generation, vmid_generation + GENERATION_ONE);
		vmid_next = 1;
	}
	raw_spin_unlock_irqrestore(&vmid_lock, flags);
}

/* One mode does not imply the smaller ones. */
static bool hart_has_offered_modes(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gstage_modes); i++)
		if (gstage_modes[i].offered && !hart_has_mode(&gstage_modes[i]))
			return false;
	return true;
}

/**
 * kvm_riscv_vmid_enable_hart() - make this hart fit for the modes of VMs
 *
 * Leaves nothing of guests in its TLB, and the empty table in hgatp.
 *
 * Context: On a hart with H that comes online, interrupts on or off.
 * Return: 0, or -EOPNOTSUPP if it lacks a mode that the others have.
 */
int kvm_riscv_vmid_enable_hart(void)
{
	if (!hart_has_offered_modes()) {
		end_of_probe(0);
		return -EOPNOTSUPP;
	}
	limit_vmid_bits(hart_vmid_bits(host_mode));
	end_of_probe(parked_hgatp(host_mode));
	return 0;
}

const char *kvm_riscv_mmu_mode_name(void)
{
	return host_mode->name;
}

unsigned int kvm_riscv_mmu_vmid_bits(void)
{
	return vmid_bits;
}

/**
 * kvm_riscv_mmu_gpa_bits() - how wide guest physical addresses are
 * @kvm: the VM, or NULL for the widest that a VM may have
 */
unsigned int kvm_riscv_mmu_gpa_bits(struct kvm *kvm)
{
	return gstage_gpa_bits(kvm ? kvm->arch.gstage.levels :
				     host_mode->levels);
}

/* The smallest mode that has @bits; NULL if there is none */
static const struct gstage_mode *find_mode(u64 bits)
{
	unsigned int i;

	for (i = ARRAY_SIZE(gstage_modes); i--; ) {
		const struct gstage_mode *m = &gstage_modes[i];

		if (m->offered && bits <= gstage_gpa_bits(m->levels))
			return m;
	}
	return NULL;
}

/**
 * kvm_riscv_mmu_set_gpa_bits() - choose the G-stage mode of a VM
 * @kvm: the VM
 * @bits: how wide guest physical addresses have to be at least
 *
 * Nothing may depend on the mode yet. The root table of one mode, while it is
 * empty, is as good for all others.
 *
 * Context: May sleep.
 * Return: 0, -EINVAL if no mode has as many, -EBUSY if the VM has a vCPU or
 * memory.
 */
int kvm_riscv_mmu_set_gpa_bits(struct kvm *kvm, u64 bits)
{
	const struct gstage_mode *m = find_mode(bits);
	int ret = 0;

	if (!m)
		return -EINVAL;

	mutex_lock(&kvm->lock);
	mutex_lock(&kvm->slots_lock);
	if (kvm->created_vcpus || !kvm_are_all_memslots_empty(kvm)) {
		ret = -EBUSY;
	} else {
		kvm->arch.gstage.mode = m->mode;
		kvm->arch.gstage.levels = m->levels;
	}
	mutex_unlock(&kvm->slots_lock);
	mutex_unlock(&kvm->lock);
	return ret;
}

static bool is_current(u64 vmid)
{
	return !((vmid ^ READ_ONCE(vmid_generation)) & GENERATION_MASK);
}

static u64 take_vmid(void)
{
	if (!vmid_bits)
		return vmid_generation;
	if (vmid_next >> vmid_bits) {
		WRITE_ONCE(vmid_generation, vmid_generation + GENERATION_ONE);
		vmid_next = 1;
	}
	return vmid_generation | vmid_next++;
}

/* A VMID of the current generation, whose earlier owners are to be flushed */
static void renew_vmid(struct kvm_riscv_hfence_queue *q)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vmid_lock, flags);
	q->vmid = take_vmid();
	raw_spin_unlock_irqrestore(&vmid_lock, flags);
	q->cpu = -1;
}

/**
 * kvm_riscv_mmu_hgatp() - the value of hgatp to load for a vCPU
 * @vcpu: the vCPU that is being loaded
 *
 * kvm_riscv_tlb_load() has to follow when it has been written.
 *
 * Context: Preemption off.
 */
unsigned long kvm_riscv_mmu_hgatp(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_hfence_queue *q = &vcpu->arch.hfence;
	const struct gstage *gs = &vcpu->kvm->arch.gstage;

	if (!is_current(q->vmid))
		renew_vmid(q);
	return make_hgatp(gs->mode, q->vmid & ~GENERATION_MASK, gs->root_pa);
}

/**
 * kvm_riscv_mmu_init_vm() - give a VM its G-stage address space
 * @kvm: the VM
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int kvm_riscv_mmu_init_vm(struct kvm *kvm)
{
	return gstage_init(&kvm->arch.gstage, host_mode->mode,
			   host_mode->levels);
}
