// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fences: on this hart, and those that a vCPU owes until it runs.
 *
 * All fences here except kvm_riscv_tlb_flush_hart() act on the VMID that is in
 * hgatp. That is the right one wherever a vCPU is loaded, and it stays right
 * for a fence in a queue, whatever VMID the vCPU has by then.
 */
#include <linux/bitmap.h>
#include <linux/kvm_host.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <asm/cacheflush.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/insn-def.h>
#include <kvm_riscv/gstage.h>
#include <kvm_riscv/mmu.h>
#include <kvm_riscv/tlb.h>

/* Pages above which it is cheaper to fence everything, as in the host's MM */
#define FENCE_MAX_PAGES		64

/* hfence.gvma takes bits 2 and up of the address */
#define GVMA_ADDR_SHIFT		2

static unsigned long loaded_vmid(void)
{
	return (csr_read(CSR_HGATP) & HGATP_VMID) >> HGATP_VMID_SHIFT;
}

static unsigned long fence_pages(const struct kvm_riscv_hfence *f)
{
	return DIV_ROUND_UP_ULL(f->size, PAGE_SIZE);
}

/*
 * The instructions. rs2 = x0 is not the same as a register that holds 0; the
 * macros take register names.
 */
#define DEFINE_FENCE(name, insn, rs1, rs2)				\
static __always_inline void name(unsigned long addr, unsigned long id)	\
{									\
	register unsigned long a0 asm("a0") = addr;			\
	register unsigned long a1 asm("a1") = id;			\
									\
	asm volatile (insn(rs1, rs2) : : "r" (a0), "r" (a1) : "memory");	\
}

DEFINE_FENCE(hfence_vvma, HFENCE_VVMA, a0, zero)
DEFINE_FENCE(hinval_vvma, HINVAL_VVMA, a0, zero)
DEFINE_FENCE(hfence_vvma_asid, HFENCE_VVMA, a0, a1)
DEFINE_FENCE(hinval_vvma_asid, HINVAL_VVMA, a0, a1)
DEFINE_FENCE(hfence_vvma_asid_all, HFENCE_VVMA, zero, a1)
DEFINE_FENCE(hfence_gvma, HFENCE_GVMA, a0, a1)
DEFINE_FENCE(hinval_gvma, HINVAL_GVMA, a0, a1)
DEFINE_FENCE(hfence_gvma_all, HFENCE_GVMA, zero, a1)

typedef void (*fence_fn)(unsigned long addr, unsigned long id);

/*
 * A range, page by page. With Svinval the fence proper comes once, around as
 * many invalidations as there are pages.
 */
static __always_inline void fence_range(const struct kvm_riscv_hfence *f,
					unsigned long id, unsigned int shift,
					fence_fn hfence, fence_fn hinval)
{
	unsigned long n = fence_pages(f);
	unsigned long addr = f->start;

	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SVINVAL)) {
		asm volatile (SFENCE_W_INVAL() : : : "memory");
		for (; n; n--, addr += PAGE_SIZE)
			hinval(addr >> shift, id);
		asm volatile (SFENCE_INVAL_IR() : : : "memory");
	} else {
		for (; n; n--, addr += PAGE_SIZE)
			hfence(addr >> shift, id);
	}
}

static void fence_i(const struct kvm_riscv_hfence *f)
{
	local_flush_icache_all();
}

static void vvma_all(const struct kvm_riscv_hfence *f)
{
	asm volatile (HFENCE_VVMA(zero, zero) : : : "memory");
}

static void vvma_asid_all(const struct kvm_riscv_hfence *f)
{
	hfence_vvma_asid_all(0, f->asid);
}

static void vvma_range(const struct kvm_riscv_hfence *f)
{
	fence_range(f, 0, 0, hfence_vvma, hinval_vvma);
}

static void vvma_asid_range(const struct kvm_riscv_hfence *f)
{
	fence_range(f, f->asid, 0, hfence_vvma_asid, hinval_vvma_asid);
}

static void gvma_all(const struct kvm_riscv_hfence *f)
{
	hfence_gvma_all(0, loaded_vmid());
}

static void gvma_range(const struct kvm_riscv_hfence *f)
{
	fence_range(f, loaded_vmid(), GVMA_ADDR_SHIFT, hfence_gvma,
		    hinval_gvma);
}

/**
 * struct fence_op - what a type of fence does
 * @fence: executes it
 * @wide: the type that includes it, and needs no operand
 * @range_of: the type to which a range that is too long widens
 * @is_range: has @start and @size
 */
struct fence_op {
	void (*fence)(const struct kvm_riscv_hfence *f);
	u8 wide;
	u8 range_of;
	bool is_range;
};

static const struct fence_op fence_ops[] = {
	[KVM_RISCV_FENCE_I] = {
		fence_i, KVM_RISCV_FENCE_I,
	},
	[KVM_RISCV_HFENCE_VVMA_ALL] = {
		vvma_all, KVM_RISCV_HFENCE_VVMA_ALL,
	},
	[KVM_RISCV_HFENCE_VVMA_ASID_ALL] = {
		vvma_asid_all, KVM_RISCV_HFENCE_VVMA_ALL,
	},
	[KVM_RISCV_HFENCE_VVMA_RANGE] = {
		vvma_range, KVM_RISCV_HFENCE_VVMA_ALL,
		KVM_RISCV_HFENCE_VVMA_ALL, true,
	},
	[KVM_RISCV_HFENCE_VVMA_ASID_RANGE] = {
		vvma_asid_range, KVM_RISCV_HFENCE_VVMA_ALL,
		KVM_RISCV_HFENCE_VVMA_ASID_ALL, true,
	},
	[KVM_RISCV_HFENCE_GVMA_ALL] = {
		gvma_all, KVM_RISCV_HFENCE_GVMA_ALL,
	},
	[KVM_RISCV_HFENCE_GVMA_RANGE] = {
		gvma_range, KVM_RISCV_HFENCE_GVMA_ALL,
		KVM_RISCV_HFENCE_GVMA_ALL, true,
	},
};

/* The type as which @f is executed: long ranges become something wider. */
static enum kvm_riscv_hfence_type effective_type(const struct kvm_riscv_hfence *f)
{
	const struct fence_op *op = &fence_ops[f->type];

	if (op->is_range && fence_pages(f) > FENCE_MAX_PAGES)
		return op->range_of;
	return f->type;
}

/**
 * kvm_riscv_tlb_fence_local() - execute a fence for the loaded vCPU
 * @fence: the fence
 *
 * Context: Preemption or interrupts off, the vCPU's hgatp is in this hart.
 */
void kvm_riscv_tlb_fence_local(const struct kvm_riscv_hfence *fence)
{
	fence_ops[effective_type(fence)].fence(fence);
}

/**
 * kvm_riscv_tlb_fence_gpa() - forget what this hart holds for one guest page
 * @gpa: address in it
 *
 * Context: As kvm_riscv_tlb_fence_local().
 */
void kvm_riscv_tlb_fence_gpa(gpa_t gpa)
{
	hfence_gvma(gpa >> GVMA_ADDR_SHIFT, loaded_vmid());
}

/**
 * kvm_riscv_tlb_flush_hart() - forget all guests on this hart
 *
 * Context: Preemption off.
 */
void kvm_riscv_tlb_flush_hart(void)
{
	asm volatile (HFENCE_GVMA(zero, zero) : : : "memory");
	/* VS-stage translations by themselves: of the VMID in hgatp only. */
	vvma_all(NULL);
}

void kvm_riscv_tlb_init_vcpu(struct kvm_vcpu *vcpu)
{
	raw_spin_lock_init(&vcpu->arch.hfence.lock);
	vcpu->arch.hfence.cpu = -1;
}

/**
 * kvm_riscv_tlb_reset_vcpu() - have a vCPU start with an empty TLB
 * @vcpu: not loaded
 *
 * The next load flushes all that the vCPU could find, and with it does what it
 * owes. A request for that may be left, and finds an empty queue.
 */
void kvm_riscv_tlb_reset_vcpu(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_hfence_queue *q = &vcpu->arch.hfence;
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	q->nr = 0;
	q->all = 0;
	raw_spin_unlock_irqrestore(&q->lock, flags);
	q->cpu = -1;
}

static void queue_add(struct kvm_riscv_hfence_queue *q,
		      const struct kvm_riscv_hfence *fence)
{
	enum kvm_riscv_hfence_type type = effective_type(fence);
	const struct fence_op *op = &fence_ops[type];
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	if (type == op->wide || q->nr == KVM_RISCV_HFENCE_QUEUE) {
		q->all |= BIT(op->wide);
	} else if (!(q->all & BIT(op->wide))) {
		q->fences[q->nr] = *fence;
		q->fences[q->nr++].type = type;
	}
	raw_spin_unlock_irqrestore(&q->lock, flags);
}

/**
 * kvm_riscv_tlb_fence_post() - have a vCPU execute a fence before it next runs
 * @vcpu: the vCPU
 * @fence: the fence
 *
 * If the vCPU is in guest mode this is not noticed: see
 * kvm_riscv_tlb_fence_vcpus() for that.
 *
 * Context: Any, interrupts may be off.
 */
void kvm_riscv_tlb_fence_post(struct kvm_vcpu *vcpu,
			      const struct kvm_riscv_hfence *fence)
{
	queue_add(&vcpu->arch.hfence, fence);
	kvm_make_request(KVM_REQ_HFENCE, vcpu);
}

/**
 * kvm_riscv_tlb_fence_vcpus() - fence on vCPUs, wherever they run
 * @kvm: the VM
 * @vcpu_idx_mask: bitmap of vcpu_idx, of KVM_MAX_VCPUS bits
 * @fence: the fence
 *
 * Returns when none of them runs without having executed it.
 *
 * Context: Interrupts on: this waits for IPIs.
 */
void kvm_riscv_tlb_fence_vcpus(struct kvm *kvm, unsigned long *vcpu_idx_mask,
			       const struct kvm_riscv_hfence *fence)
{
	struct kvm_vcpu *vcpu;
	unsigned int i;

	for_each_set_bit(i, vcpu_idx_mask, atomic_read(&kvm->online_vcpus)) {
		vcpu = kvm_get_vcpu(kvm, i);
		if (vcpu)
			queue_add(&vcpu->arch.hfence, fence);
	}
	kvm_make_vcpus_request_mask(kvm, KVM_REQ_HFENCE, vcpu_idx_mask);
}

/**
 * kvm_arch_flush_remote_tlbs_range() - make a VM forget a range of its memory
 * @kvm: the VM
 * @gfn: first page
 * @nr_pages: number of pages
 *
 * Context: Interrupts on; mmu_lock may be held.
 * Return: 0, it is done.
 */
int kvm_arch_flush_remote_tlbs_range(struct kvm *kvm, gfn_t gfn, u64 nr_pages)
{
	struct kvm_riscv_hfence fence = {
		.type = KVM_RISCV_HFENCE_GVMA_RANGE,
		.start = gfn_to_gpa(gfn),
		.size = gfn_to_gpa(nr_pages),
	};
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm)
		queue_add(&vcpu->arch.hfence, &fence);
	kvm_make_all_cpus_request(kvm, KVM_REQ_HFENCE);
	return 0;
}

static bool holds_vm(int cpu, void *kvm)
{
	const struct gstage *gs = &((struct kvm *)kvm)->arch.gstage;

	return READ_ONCE(per_cpu_ptr(gs->harts, cpu)->used);
}

/* On each hart that holds something of a VM, interrupts off */
static void drop_tables(void *info)
{
	struct kvm *kvm = info;
	struct gstage *gs = &kvm->arch.gstage;
	struct gstage_hart *hart = this_cpu_ptr(gs->harts);
	struct kvm_vcpu *vcpu = kvm_get_running_vcpu();

	if (!vcpu || vcpu->kvm != kvm) {
		kvm_riscv_mmu_park_hart(gs);
		WRITE_ONCE(hart->used, false);
	}
	/* Each vCPU that ran here did so under a VMID of its own. */
	asm volatile (HFENCE_GVMA(zero, zero) : : : "memory");
}

/**
 * kvm_riscv_tlb_drop_tables() - keep hardware off tables that will be freed
 * @kvm: the VM, whose tables have been detached
 *
 * A posted fence is enough for pages: its vCPU executes it before the guest
 * can use the old translation. It comes too late for tables. Whatever privilege
 * a hart runs with, it may walk the tables below hgatp, from what it remembers
 * of them, at any time and for any address (privileged spec, "Virtual Memory
 * System"), and set A in what it takes for a leaf. So all harts that remember
 * something are interrupted. Those on which no vCPU of the VM is loaded forget
 * it altogether, and are left in peace the next time.
 *
 * This implies a fence of everything for all vCPUs.
 *
 * Context: Interrupts on: this waits for IPIs. mmu_lock may be held.
 */
void kvm_riscv_tlb_drop_tables(struct kvm *kvm)
{
	/* Detach before @used is read; pairs with kvm_riscv_tlb_load(). */
	smp_mb();
	on_each_cpu_cond(holds_vm, drop_tables, kvm, true);
}

/* Execute what is in the queue, whose request has been cleared. */
static void process_queue(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_hfence_queue *q = &vcpu->arch.hfence;
	struct kvm_riscv_hfence fences[KVM_RISCV_HFENCE_QUEUE];
	unsigned long all, type;
	unsigned int nr, i;

	raw_spin_lock(&q->lock);
	all = q->all;
	nr = q->nr;
	memcpy(fences, q->fences, nr * sizeof(fences[0]));
	q->all = 0;
	q->nr = 0;
	raw_spin_unlock(&q->lock);

	for_each_set_bit(type, &all, ARRAY_SIZE(fence_ops))
		fence_ops[type].fence(NULL);
	for (i = 0; i < nr; i++) {
		const struct fence_op *op = &fence_ops[fences[i].type];

		if (!(all & BIT(op->wide)))
			op->fence(&fences[i]);
	}
}

/**
 * kvm_riscv_tlb_serve_requests() - execute the fences that a vCPU owes
 * @vcpu: loaded on this hart; its mode says that it is in guest mode, or reads
 *	with the guest's translations
 *
 * From that mode on who requests a fence waits until interrupts are on again.
 *
 * Context: Interrupts off.
 */
void kvm_riscv_tlb_serve_requests(struct kvm_vcpu *vcpu)
{
	if (!kvm_request_pending(vcpu))
		return;
	if (kvm_check_request(KVM_REQ_TLB_FLUSH, vcpu))
		gvma_all(NULL);
	if (kvm_check_request(KVM_REQ_HFENCE, vcpu))
		process_queue(vcpu);
}

/**
 * kvm_riscv_tlb_load() - clear this hart of what a vCPU must not find
 * @vcpu: being loaded; hgatp has been written
 * @cpu: this CPU
 *
 * Fences, the guest's and ours, are executed only where a vCPU runs. So what a
 * hart holds under its VMID can be used only if the vCPU left it there and has
 * been nowhere else since. It is stale if
 *
 *  - this vCPU ran on another hart meanwhile, and fences with it;
 *  - its VMID is new: an earlier owner may have left something.
 *
 * The same goes for the instruction cache, and fence.i. Without VMIDs, all
 * vCPUs share VMID 0.
 *
 * Context: Preemption off, as part of vcpu_load().
 */
void kvm_riscv_tlb_load(struct kvm_vcpu *vcpu, int cpu)
{
	struct kvm_riscv_hfence_queue *q = &vcpu->arch.hfence;
	struct gstage_hart *hart = per_cpu_ptr(vcpu->kvm->arch.gstage.harts,
					       cpu);

	if (q->cpu == cpu && hart->used && likely(kvm_riscv_mmu_vmid_bits()))
		return;

	q->cpu = cpu;
	WRITE_ONCE(hart->used, true);
	/*
	 * Either kvm_riscv_tlb_drop_tables() interrupts this hart, or the
	 * fence here comes after its tables were detached.
	 */
	smp_mb();
	gvma_all(NULL);
	vvma_all(NULL);
	local_flush_icache_all();
}
