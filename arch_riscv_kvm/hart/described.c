// SPDX-License-Identifier: GPL-2.0-only
/*
 * ISA extensions that are younger than the kernel: it has no number for them,
 * or says nothing of them. KVM looks for itself, once, at what the device tree
 * says of each hart, and where henvcfg is to switch an extension at whether it
 * can. Without a device tree there are none.
 */
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/kvm_host.h>
#include <linux/log2.h>
#include <linux/of.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <kvm_riscv/isa.h>

/* Fields of henvcfg, and values that they may keep on all harts or not */
static const struct {
	u64 mask;
	u64 value;
} henvcfg_fields[] = {
	[KVM_RISCV_HENVCFG_ADUE] = { ENVCFG_ADUE, ENVCFG_ADUE },
	[KVM_RISCV_HENVCFG_PMLEN_7] = { ENVCFG_PMM, ENVCFG_PMM_PMLEN_7 },
	[KVM_RISCV_HENVCFG_PMLEN_16] = { ENVCFG_PMM, ENVCFG_PMM_PMLEN_16 },
};

static unsigned long henvcfg_kept __ro_after_init;

#define PMLENS	(BIT(KVM_RISCV_HENVCFG_PMLEN_7) | BIT(KVM_RISCV_HENVCFG_PMLEN_16))

/**
 * struct described - an extension to look for
 * @ext: RISCV_ISA_EXT_*
 * @needs: extension without which it would be of no use; I is always there
 * @fields: henvcfg has to keep one of these values; 0 if it has no part in it
 * @name: as in riscv,isa-extensions
 */
static const struct described {
	u8 ext;
	u8 needs;
	unsigned long fields;
	const char *name;
} described[] = {
	{ RISCV_ISA_EXT_SSNPM, RISCV_ISA_EXT_i, PMLENS, "ssnpm" },
	{ RISCV_ISA_EXT_SVADE, RISCV_ISA_EXT_i, 0, "svade" },
	{ RISCV_ISA_EXT_SVADU, RISCV_ISA_EXT_i, BIT(KVM_RISCV_HENVCFG_ADUE), "svadu" },
	{ RISCV_ISA_EXT_ZAAMO, RISCV_ISA_EXT_i, 0, "zaamo" },
	{ RISCV_ISA_EXT_ZABHA, RISCV_ISA_EXT_a, 0, "zabha" },
	{ RISCV_ISA_EXT_ZALASR, RISCV_ISA_EXT_i, 0, "zalasr" },
	{ RISCV_ISA_EXT_ZALRSC, RISCV_ISA_EXT_i, 0, "zalrsc" },
	{ RISCV_ISA_EXT_ZFBFMIN, RISCV_ISA_EXT_f, 0, "zfbfmin" },
	{ RISCV_ISA_EXT_ZICBOP, RISCV_ISA_EXT_i, 0, "zicbop" },
	{ RISCV_ISA_EXT_ZICCRSE, RISCV_ISA_EXT_a, 0, "ziccrse" },
	{ RISCV_ISA_EXT_ZVFBFMIN, RISCV_ISA_EXT_v, 0, "zvfbfmin" },
	{ RISCV_ISA_EXT_ZVFBFWMA, RISCV_ISA_EXT_v, 0, "zvfbfwma" },
};

static DECLARE_BITMAP(found, RISCV_ISA_EXT_MAX) __ro_after_init;
static u32 cbop_block_size __ro_after_init;

/* Nobody uses henvcfg yet; the host itself never does. */
static void probe_henvcfg(void *unused)
{
	unsigned long old = csr_read(CSR_HENVCFG);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(henvcfg_fields); i++) {
		csr_write(CSR_HENVCFG, henvcfg_fields[i].value);
		if ((csr_read(CSR_HENVCFG) & henvcfg_fields[i].mask) !=
		    henvcfg_fields[i].value)
			clear_bit(i, &henvcfg_kept);
	}
	csr_write(CSR_HENVCFG, old);
}

static bool all_harts_described_with(const char *name)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct device_node *node __free(device_node) =
			of_get_cpu_node(cpu, NULL);

		if (!node || of_property_match_string(node, "riscv,isa-extensions",
						      name) < 0)
			return false;
	}
	return true;
}

/* What all harts have in common; 0 if they differ, or one does not say. */
static u32 common_cbop_block_size(void)
{
	u32 common = 0, size;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct device_node *node __free(device_node) =
			of_get_cpu_node(cpu, NULL);

		if (!node || of_property_read_u32(node, "riscv,cbop-block-size",
						  &size))
			return 0;
		if (!is_power_of_2(size) || (common && size != common))
			return 0;
		common = size;
	}
	return common;
}

static bool look_for(const struct described *d)
{
	if (!__riscv_isa_extension_available(NULL, d->needs))
		return false;
	if (d->fields && !(d->fields & henvcfg_kept))
		return false;
	return all_harts_described_with(d->name);
}

/* Extensions that follow from others */
static void add_implied(void)
{
	if (__riscv_isa_extension_available(NULL, RISCV_ISA_EXT_a)) {
		__set_bit(RISCV_ISA_EXT_ZAAMO, found);
		__set_bit(RISCV_ISA_EXT_ZALRSC, found);
	}
	/* Switched off, Svadu is Svade. */
	if (test_bit(RISCV_ISA_EXT_SVADU, found))
		__set_bit(RISCV_ISA_EXT_SVADE, found);
	/* A guest's M-mode is henvcfg. */
	if (test_bit(RISCV_ISA_EXT_SSNPM, found))
		__set_bit(RISCV_ISA_EXT_SMNPM, found);
}

/**
 * kvm_riscv_described_init() - look for the extensions
 * @harts: online harts that have H
 *
 * Context: Module load; may sleep.
 */
void __init kvm_riscv_described_init(const struct cpumask *harts)
{
	unsigned int i;

	if (IS_ENABLED(CONFIG_64BIT)) {
		henvcfg_kept = GENMASK(ARRAY_SIZE(henvcfg_fields) - 1, 0);
		on_each_cpu_mask(harts, probe_henvcfg, NULL, true);
	}
	cbop_block_size = common_cbop_block_size();

	for (i = 0; i < ARRAY_SIZE(described); i++)
		if (look_for(&described[i]))
			__set_bit(described[i].ext, found);
	if (!cbop_block_size)
		__clear_bit(RISCV_ISA_EXT_ZICBOP, found);
	add_implied();
}

/**
 * kvm_riscv_described() - did KVM find an extension on all harts?
 * @ext: RISCV_ISA_EXT_*
 *
 * Return: false also for extensions that the kernel knows of.
 */
bool kvm_riscv_described(unsigned int ext)
{
	return test_bit(ext, found);
}

/**
 * kvm_riscv_henvcfg_keeps() - can henvcfg have a value on all harts?
 * @field: which
 */
bool kvm_riscv_henvcfg_keeps(enum kvm_riscv_henvcfg_field field)
{
	return henvcfg_kept & BIT(field);
}

/**
 * kvm_riscv_cbop_block_size() - bytes that a prefetch instruction stands for
 *
 * Return: 0 if the host does not have Zicbop.
 */
unsigned long kvm_riscv_cbop_block_size(void)
{
	return cbop_block_size;
}
