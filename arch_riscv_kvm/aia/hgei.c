// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest interrupt files of the host: each hart has a few, and gives them to
 * vCPUs that run there. While its vCPU blocks, a file that has something to
 * deliver raises the supervisor guest external interrupt, which wakes it up.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/kvm_host.h>
#include <linux/percpu.h>
#include <asm/csr.h>
#include <asm/hwcap.h>
#include "imsic.h"

/**
 * struct hgei_hart - the guest interrupt files of a hart
 * @lock: guards the rest; a raw leaf lock, taken with interrupts off
 * @free: lines that nobody has, a bit each
 * @owner: vCPU that has the line
 */
struct hgei_hart {
	raw_spinlock_t lock;	/* guards this structure */
	unsigned long free;
	struct kvm_vcpu *owner[BITS_PER_LONG];
};

static DEFINE_PER_CPU(struct hgei_hart, hgei_harts);
static int hgei_irq;
static unsigned int max_lines;

/* Lines of this hart, which may have fewer than others; 0 is not a line. */
static unsigned long probe_lines(void)
{
	const struct imsic_global_config *imsic = imsic_get_global_config();
	unsigned long lines;

	if (!imsic)
		return 0;
	csr_write(CSR_HGEIE, -1UL);
	lines = csr_read(CSR_HGEIE);
	csr_write(CSR_HGEIE, 0);
	return lines & (BIT(BIT(imsic->guest_index_bits)) - 1) & ~1UL;
}

static void probe_max(void *unused)
{
	unsigned int lines = hweight_long(probe_lines());

	if (lines > READ_ONCE(max_lines))
		WRITE_ONCE(max_lines, lines);
}

/**
 * kvm_riscv_hgei_max() - guest interrupt files of the hart that has most
 */
unsigned int kvm_riscv_hgei_max(void)
{
	return max_lines;
}

/**
 * kvm_riscv_aia_max_ids() - identities that an interrupt file can have
 *
 * Return: their number, the identity 0 that does not exist included: a
 * multiple of 64.
 */
unsigned int kvm_riscv_aia_max_ids(void)
{
	const struct imsic_global_config *imsic = imsic_get_global_config();

	return max_lines ? imsic->nr_guest_ids + 1 : IMSIC_MAX_ID;
}

/**
 * hgei_get() - get a file of a hart
 * @cpu: its CPU
 * @vcpu: who wants it
 * @file: result; it holds what its last owner left
 *
 * Context: Any.
 * Return: true, or false if there is none left.
 */
bool hgei_get(int cpu, struct kvm_vcpu *vcpu, struct imsic_guest_file *file)
{
	const struct imsic_global_config *imsic = imsic_get_global_config();
	struct hgei_hart *hart = per_cpu_ptr(&hgei_harts, cpu);
	const struct imsic_local_config *local;
	unsigned long flags;
	bool found;

	raw_spin_lock_irqsave(&hart->lock, flags);
	found = hart->free;
	if (found) {
		file->line = __ffs(hart->free);
		hart->free &= ~BIT(file->line);
		hart->owner[file->line] = vcpu;
	}
	raw_spin_unlock_irqrestore(&hart->lock, flags);
	if (!found)
		return false;

	local = per_cpu_ptr(imsic->local, cpu);
	file->cpu = cpu;
	file->msi = local->msi_va + file->line * IMSIC_MMIO_PAGE_SZ;
	file->msi_pa = local->msi_pa + file->line * IMSIC_MMIO_PAGE_SZ;
	return true;
}

/**
 * hgei_put() - give a file back
 * @file: the file
 *
 * Context: Any.
 */
void hgei_put(const struct imsic_guest_file *file)
{
	struct hgei_hart *hart = per_cpu_ptr(&hgei_harts, file->cpu);
	unsigned long flags;

	raw_spin_lock_irqsave(&hart->lock, flags);
	hart->owner[file->line] = NULL;
	hart->free |= BIT(file->line);
	raw_spin_unlock_irqrestore(&hart->lock, flags);
}

/**
 * hgei_has_free() - would hgei_get() succeed?
 * @cpu: CPU of the hart
 *
 * Context: Any; the answer may be stale.
 */
bool hgei_has_free(int cpu)
{
	return READ_ONCE(per_cpu(hgei_harts, cpu).free);
}

/* Each line fires once: its vCPU enables it again when it blocks again. */
static irqreturn_t hgei_interrupt(int irq, void *dev_id)
{
	unsigned long lines = csr_read(CSR_HGEIP) & csr_read(CSR_HGEIE);
	struct hgei_hart *hart = this_cpu_ptr(&hgei_harts);
	unsigned int line;

	csr_clear(CSR_HGEIE, lines);
	raw_spin_lock(&hart->lock);
	for_each_set_bit(line, &lines, BITS_PER_LONG)
		if (hart->owner[line])
			kvm_vcpu_kick(hart->owner[line]);
	raw_spin_unlock(&hart->lock);
	return IRQ_HANDLED;
}

/* The owner of a line, with a reference on its VM; NULL if it is going away */
static struct kvm_vcpu *get_owner(struct hgei_hart *hart, unsigned int line)
{
	struct kvm_vcpu *owner;
	unsigned long flags;

	raw_spin_lock_irqsave(&hart->lock, flags);
	owner = hart->owner[line];
	if (owner && !kvm_get_kvm_safe(owner->kvm))
		owner = NULL;
	raw_spin_unlock_irqrestore(&hart->lock, flags);
	return owner;
}

/**
 * kvm_riscv_hgei_enable_hart() - let this hart give files to vCPUs
 *
 * Context: On the hart in question, preemption off.
 */
void kvm_riscv_hgei_enable_hart(void)
{
	struct hgei_hart *hart = this_cpu_ptr(&hgei_harts);
	unsigned long lines, flags;
	unsigned int line;

	if (!hgei_irq)
		return;

	lines = probe_lines();
	raw_spin_lock_irqsave(&hart->lock, flags);
	hart->free = lines;
	for_each_set_bit(line, &lines, BITS_PER_LONG)
		if (hart->owner[line])
			hart->free &= ~BIT(line);
	raw_spin_unlock_irqrestore(&hart->lock, flags);

	enable_percpu_irq(hgei_irq, irq_get_trigger_type(hgei_irq));
	csr_set(CSR_HIE, BIT(IRQ_S_GEXT));
}

/**
 * kvm_riscv_hgei_disable_hart() - take the files of this hart away from vCPUs
 *
 * Their registers go to the software file, and they get another file where they
 * run next.
 *
 * Context: On the hart in question; it goes offline, or KVM is unloaded.
 */
void kvm_riscv_hgei_disable_hart(void)
{
	struct hgei_hart *hart = this_cpu_ptr(&hgei_harts);
	unsigned long flags;
	unsigned int line;

	if (!hgei_irq)
		return;

	csr_clear(CSR_HIE, BIT(IRQ_S_GEXT));
	disable_percpu_irq(hgei_irq);

	raw_spin_lock_irqsave(&hart->lock, flags);
	hart->free = 0;
	raw_spin_unlock_irqrestore(&hart->lock, flags);

	for (line = 1; line < BITS_PER_LONG; line++) {
		struct kvm_vcpu *owner = get_owner(hart, line);

		if (!owner)
			continue;
		kvm_riscv_imsic_release(owner);
		kvm_put_kvm(owner->kvm);
	}
	csr_write(CSR_HGEIE, 0);
}

/**
 * kvm_riscv_hgei_init() - find the files, and the interrupt that they raise
 *
 * Context: Module load; may sleep.
 * Return: 0, also if the host has none, or a negative errno.
 */
int kvm_riscv_hgei_init(void)
{
	struct irq_domain *domain;
	int cpu, ret;

	for_each_possible_cpu(cpu)
		raw_spin_lock_init(&per_cpu(hgei_harts, cpu).lock);

	on_each_cpu(probe_max, NULL, 1);
	if (!max_lines)
		return 0;

	domain = irq_find_matching_fwnode(riscv_get_intc_hwnode(),
					  DOMAIN_BUS_ANY);
	if (!domain)
		return -ENOENT;
	hgei_irq = irq_create_mapping(domain, IRQ_S_GEXT);
	if (!hgei_irq)
		return -ENOMEM;

	ret = request_percpu_irq(hgei_irq, hgei_interrupt, "riscv-kvm",
				 &hgei_harts);
	if (ret)
		hgei_irq = 0;
	return ret;
}

/**
 * kvm_riscv_hgei_exit() - undo kvm_riscv_hgei_init()
 *
 * All harts are disabled.
 */
void kvm_riscv_hgei_exit(void)
{
	if (hgei_irq)
		free_percpu_irq(hgei_irq, &hgei_harts);
	hgei_irq = 0;
}
