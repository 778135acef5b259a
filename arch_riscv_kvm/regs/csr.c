// SPDX-License-Identifier: GPL-2.0-only
/* CSR registers: the supervisor-level CSRs of the guest. */
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <asm/csr.h>
#include <kvm_riscv/isa.h>
#include <kvm_riscv/regs.h>

/**
 * struct csr_bank - the registers of one subtype
 * @subtype: KVM_REG_RISCV_CSR_*
 * @ext: extension that the vCPU must have (RISCV_ISA_EXT_*)
 * @count: how many registers
 * @offsets: where struct kvm_riscv_vs_state has each
 */
struct csr_bank {
	unsigned long subtype;
	u8 ext;
	u8 count;
	const u8 *offsets;
};

#define VS(index, field) \
	[index] = offsetof(struct kvm_riscv_vs_state, field)
#define GENERAL(name, field)	VS(KVM_REG_RISCV_CSR_REG(name), field)

static const u8 general[] = {
	GENERAL(sstatus, vsstatus),
	GENERAL(sie, vsie),
	GENERAL(stvec, vstvec),
	GENERAL(sscratch, vsscratch),
	GENERAL(sepc, vsepc),
	GENERAL(scause, vscause),
	GENERAL(stval, vstval),
	GENERAL(sip, hvip),
	GENERAL(satp, vsatp),
	GENERAL(scounteren, scounteren),
	GENERAL(senvcfg, senvcfg),
};

#define AIA(name, field)	VS(KVM_REG_RISCV_CSR_AIA_REG(name), field)

static const u8 aia[] = {
	AIA(siselect, vsiselect),
	AIA(iprio1, hviprio1),
	AIA(iprio2, hviprio2),
	AIA(sieh, vsieh),
	AIA(siph, hviph),
	AIA(iprio1h, hviprio1h),
	AIA(iprio2h, hviprio2h),
};

static const u8 smstateen[] = {
	VS(KVM_REG_RISCV_CSR_SMSTATEEN_REG(sstateen0), sstateen0),
};

static const struct csr_bank banks[] = {
	{ KVM_REG_RISCV_CSR_GENERAL, RISCV_ISA_EXT_i,
	  ARRAY_SIZE(general), general },
	{ KVM_REG_RISCV_CSR_AIA, RISCV_ISA_EXT_SSAIA, ARRAY_SIZE(aia), aia },
	{ KVM_REG_RISCV_CSR_SMSTATEEN, RISCV_ISA_EXT_SMSTATEEN,
	  ARRAY_SIZE(smstateen), smstateen },
};

/*
 * What a guest can change in its sstatus. The rest is read-only, derived or,
 * on QEMU at least, not masked in hardware: a garbage vsstatus there makes
 * instructions of the host trap.
 */
#define SSTATUS_WRITABLE	(SR_SIE | SR_SPIE | SR_SPP | SR_FS | SR_VS | \
				 SR_SUM | SSTATUS_MXR)
#define SSTATUS_MXR		BIT(19)

/*
 * Firmware lets U-mode read the counters before it starts an operating system,
 * which need not touch scounteren then. A VMM that boots a guest without
 * firmware, QEMU 10.0 for one, may write 0 for want of a better value, and
 * programs of the guest would die when they ask for the time. So 0 means the
 * value after a reset.
 */
static unsigned long boot_scounteren(unsigned long val)
{
	return val ?: KVM_RISCV_SCOUNTEREN_RESET;
}

static unsigned long *find(struct kvm_vcpu *vcpu, unsigned long num)
{
	unsigned long subtype = num & KVM_REG_RISCV_SUBTYPE_MASK;
	const struct csr_bank *bank;

	num &= ~KVM_REG_RISCV_SUBTYPE_MASK;
	for (bank = banks; bank < banks + ARRAY_SIZE(banks); bank++) {
		if (bank->subtype != subtype ||
		    !kvm_riscv_vcpu_has_isa(vcpu, bank->ext) ||
		    num >= bank->count)
			continue;
		num = array_index_nospec(num, bank->count);
		return (void *)&vcpu->arch.vs + bank->offsets[num];
	}
	return NULL;
}

/*
 * sip numbers the three VS-level interrupts one lower than hvip does. Of the
 * others only those from LCOFI on exist at this level.
 */
static unsigned long hvip_to_sip(unsigned long hvip)
{
	return ((hvip >> VSIP_TO_HVIP_SHIFT) & VSIP_VALID_MASK) |
	       (hvip & kvm_riscv_irq_common());
}

static unsigned long sip_to_hvip(unsigned long sip)
{
	return ((sip & VSIP_VALID_MASK) << VSIP_TO_HVIP_SHIFT) |
	       (sip & BIT(IRQ_PMU_OVF));
}

/* The external interrupt is the controller's, if that is in the kernel. */
static void set_sip(struct kvm_vcpu *vcpu, unsigned long val)
{
	kvm_riscv_irq_write(vcpu, sip_to_hvip(val));
	kvm_riscv_imsic_refresh(vcpu);
}

static int get_csr(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		   void *buf)
{
	unsigned long *reg = find(vcpu, num);
	unsigned long *val = buf;

	if (!reg)
		return -ENOENT;
	if (reg == &vcpu->arch.vs.hvip)
		*val = hvip_to_sip(kvm_riscv_irq_read(vcpu));
	else
		*val = *reg;
	return 0;
}

static int set_csr(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		   const void *buf)
{
	unsigned long *reg = find(vcpu, num);
	unsigned long val = *(const unsigned long *)buf;

	if (!reg)
		return -ENOENT;
	if (reg == &vcpu->arch.vs.hvip)
		set_sip(vcpu, val);
	else if (reg == &vcpu->arch.vs.vsstatus)
		*reg = (val & SSTATUS_WRITABLE) | (*reg & ~SSTATUS_WRITABLE);
	else if (reg == &vcpu->arch.vs.scounteren)
		*reg = boot_scounteren(val);
	else
		*reg = val;

	/* The hart that ran the vCPU last still has the old value. */
	vcpu->arch.csrs_dirty = true;
	return 0;
}

static unsigned int list_csrs(struct kvm_vcpu *vcpu, u64 *ids)
{
	const struct csr_bank *bank;
	unsigned int n = 0;

	for (bank = banks; bank < banks + ARRAY_SIZE(banks); bank++) {
		if (!kvm_riscv_vcpu_has_isa(vcpu, bank->ext))
			continue;
		n = kvm_riscv_reg_list_range(ids, n, KVM_REG_RISCV_CSR |
					     KVM_RISCV_REG_SIZE_XLEN |
					     bank->subtype, bank->count);
	}
	return n;
}

const struct kvm_riscv_reg_group kvm_riscv_regs_csr = {
	.type = KVM_REG_RISCV_CSR,
	.get = get_csr,
	.set = set_csr,
	.list = list_csrs,
};
