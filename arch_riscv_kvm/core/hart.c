// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host harts: which of them have the hypervisor extension, and the CSRs that
 * hold the same values as long as KVM is there.
 *
 * The harts of one chip may differ. The kernel's ISA bitmap is what all harts
 * have in common, so each hart is asked for itself.
 */
#include <linux/cleanup.h>
#include <linux/cpu_pm.h>
#include <linux/cpumask.h>
#include <linux/kvm_host.h>
#include <linux/of.h>
#include <asm/asm-extable.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <kvm_riscv/hart.h>
#include <kvm_riscv/irq.h>
#include <kvm_riscv/load.h>
#include <kvm_riscv/mmu.h>

bool kvm_riscv_harts_mixed __read_mostly;
cpumask_t kvm_riscv_h_cpus __read_mostly;

/* Harts that are set up to run guests */
static cpumask_t enabled_cpus;

/* Does hstatus exist? A hart without it raises an illegal instruction. */
static bool probe_hstatus(void)
{
	unsigned long has_h = 0;
	unsigned long val;

	asm volatile("1:	csrr	%[val], %[hstatus]\n"
		     "	li	%[has_h], 1\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : [val] "=&r" (val), [has_h] "+r" (has_h)
		     : [hstatus] "i" (CSR_HSTATUS));
	return has_h;
}

/* Single letters follow "rv32" or "rv64", up to the first underscore. */
static bool isa_string_has_h(const char *isa)
{
	isa += strnlen(isa, 4);
	while (*isa && *isa != '_' && *isa != 'h')
		isa++;
	return *isa == 'h';
}

/*
 * Firmware may hide the extension of a hart whose CSRs are there. Without a
 * device tree (ACPI) the CSR alone decides.
 */
static bool described_with_h(int cpu)
{
	struct device_node *node __free(device_node) = of_get_cpu_node(cpu, NULL);
	const char *isa;

	if (!node)
		return true;
	if (of_property_present(node, "riscv,isa-extensions"))
		return of_property_match_string(node, "riscv,isa-extensions",
						"h") >= 0;
	if (of_property_read_string(node, "riscv,isa", &isa))
		return true;
	return isa_string_has_h(isa);
}

static void probe_hart(void *unused)
{
	int cpu = smp_processor_id();
	bool has_h = described_with_h(cpu) && probe_hstatus();

	if (has_h) {
		cpumask_set_cpu(cpu, &kvm_riscv_h_cpus);
		return;
	}
	cpumask_clear_cpu(cpu, &kvm_riscv_h_cpus);
	WRITE_ONCE(kvm_riscv_harts_mixed, true);
}

/* AIA's hvien, a bit of which QEMU 10.0 does not have. */
static void __init probe_lcofi(void *unused)
{
	if (!__riscv_isa_extension_available(NULL, RISCV_ISA_EXT_SSCOFPMF) ||
	    !__riscv_isa_extension_available(NULL, RISCV_ISA_EXT_SSAIA))
		return;
	csr_set(CSR_HVIEN, BIT(IRQ_PMU_OVF));
	kvm_riscv_irq_lcofi = csr_read(CSR_HVIEN) & BIT(IRQ_PMU_OVF);
	csr_clear(CSR_HVIEN, BIT(IRQ_PMU_OVF));
}

/* What a hart holds as long as KVM is there, and no vCPU changes */
static void set_up_hart(void)
{
	/* LCOFI is the host's own; what a guest gets of it, KVM injects. */
	if (kvm_riscv_irq_lcofi)
		csr_set(CSR_HVIEN, BIT(IRQ_PMU_OVF));
	csr_write(CSR_HVIP, 0);
	csr_write(CSR_HIDELEG, KVM_RISCV_HIDELEG);
	kvm_riscv_load_invalidate_hart();
}

/*
 * Interrupts first: once hideleg is clear, a pending VS-level interrupt that
 * vsie enables would be taken by the host.
 */
static void disable_hart(void)
{
	csr_write(CSR_VSIE, 0);
	csr_write(CSR_HVIP, 0);
	if (kvm_riscv_aia_available())
		csr_write(CSR_HVICTL, 0);
	if (kvm_riscv_irq_lcofi)
		csr_clear(CSR_HVIEN, BIT(IRQ_PMU_OVF));
	csr_write(CSR_HEDELEG, 0);
	csr_write(CSR_HIDELEG, 0);
	csr_write(CSR_HCOUNTEREN, 0);
	/* Not the other way round: a guest's vsatp would be used untranslated. */
	csr_write(CSR_VSATP, 0);
	csr_write(CSR_HGATP, 0);
	kvm_riscv_load_invalidate_hart();
}

/**
 * kvm_arch_enable_virtualization_cpu() - make this hart ready for guests
 *
 * A hart without H comes online all the same; no vCPU will enter on it.
 *
 * Context: On the hart in question, migration or interrupts off.
 * Return: 0, or a negative errno if the hart has H but cannot do what the
 * others can, which keeps it offline.
 */
int kvm_arch_enable_virtualization_cpu(void)
{
	int cpu = raw_smp_processor_id();
	int ret;

	probe_hart(NULL);
	if (!kvm_riscv_cpu_has_h(cpu)) {
		kvm_info("cpu%d has no hypervisor extension: no vCPU runs on it\n",
			 cpu);
		return 0;
	}

	guard(preempt)();
	set_up_hart();
	ret = kvm_riscv_vmid_enable_hart();
	if (ret)
		return ret;
	kvm_riscv_hgei_enable_hart();
	cpumask_set_cpu(cpu, &enabled_cpus);
	return 0;
}

/**
 * kvm_arch_disable_virtualization_cpu() - give this hart back
 *
 * Context: On the hart in question, migration or interrupts off.
 */
void kvm_arch_disable_virtualization_cpu(void)
{
	if (!cpumask_test_and_clear_cpu(raw_smp_processor_id(), &enabled_cpus))
		return;
	/* Waits for vCPUs that just change their interrupt file. */
	kvm_riscv_hgei_disable_hart();
	guard(preempt)();
	disable_hart();
}

/* A hart loses its CSRs in a non-retentive state of cpuidle, too. */
static int cpu_pm_event(struct notifier_block *nb, unsigned long event,
			void *unused)
{
	if (event == CPU_PM_EXIT &&
	    cpumask_test_cpu(raw_smp_processor_id(), &enabled_cpus)) {
		set_up_hart();
		csr_write(CSR_HGATP, 0);
		kvm_riscv_tlb_flush_hart();
	}
	return NOTIFY_OK;
}

static struct notifier_block cpu_pm_nb = {
	.notifier_call = cpu_pm_event,
};

/**
 * kvm_riscv_harts_init() - look at all online harts
 *
 * Context: Module load; may sleep.
 * Return: 0, or -ENODEV if no hart has the hypervisor extension.
 */
int __init kvm_riscv_harts_init(void)
{
	on_each_cpu(probe_hart, NULL, 1);
	if (cpumask_empty(&kvm_riscv_h_cpus))
		return -ENODEV;
	smp_call_function_single(cpumask_first(&kvm_riscv_h_cpus), probe_lcofi,
				 NULL, 1);
	return cpu_pm_register_notifier(&cpu_pm_nb);
}

/**
 * kvm_riscv_harts_exit() - undo kvm_riscv_harts_init()
 */
void kvm_riscv_harts_exit(void)
{
	cpu_pm_unregister_notifier(&cpu_pm_nb);
}
