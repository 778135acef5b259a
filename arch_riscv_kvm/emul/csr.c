// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSR instructions that trap as virtual instructions: CSRs that the guest's
 * hart has, but that its host does not let it touch itself.
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include <asm/hwcap.h>
#include <kvm_riscv/entry.h>
#include <kvm_riscv/isa.h>
#include "insn.h"

/**
 * struct csr_write - the write half of a CSR instruction
 * @mask: bits that it changes
 * @value: what those become
 */
struct csr_write {
	unsigned long mask;
	unsigned long value;
};

enum csr_op {
	CSR_OP_WRITE = 1,
	CSR_OP_SET = 2,
	CSR_OP_CLEAR = 3,
};

#define CSR_OP_MASK	3
#define CSR_OP_IMM	4

static struct csr_write decode_write(struct kvm_vcpu *vcpu, u32 insn)
{
	unsigned int op = insn_funct3(insn);
	unsigned int rs1 = insn_rs1(insn);
	unsigned long source = op & CSR_OP_IMM ? rs1 : vcpu->arch.guest.x[rs1];

	switch (op & CSR_OP_MASK) {
	case CSR_OP_SET:
		return (struct csr_write) { source, -1UL };
	case CSR_OP_CLEAR:
		return (struct csr_write) { source, 0 };
	default:
		return (struct csr_write) { -1UL, source };
	}
}

/* See "Zicsr": with rs1 = x0, or 0 in its place, set and clear do not write. */
static bool is_read_only(u32 insn)
{
	return (insn_funct3(insn) & CSR_OP_MASK) != CSR_OP_WRITE &&
	       !insn_rs1(insn);
}

/* The guest's kernel decides whether its user mode may. */
static bool counter_read(struct kvm_vcpu *vcpu, unsigned int csr,
			 unsigned long *val)
{
	if (!(vcpu->arch.guest.sstatus & SR_SPP) &&
	    !(csr_read(CSR_SCOUNTEREN) & BIT(csr - CSR_CYCLE)))
		return false;
	return kvm_riscv_pmu_read_csr(vcpu, csr, val);
}

static bool has_seed(struct kvm_vcpu *vcpu)
{
	return kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_ZKR);
}

static bool supervisor_stopei(struct kvm_vcpu *vcpu, unsigned long *val,
			      unsigned long mask, bool write)
{
	return (vcpu->arch.guest.sstatus & SR_SPP) &&
	       kvm_riscv_aia_stopei(vcpu, val, mask, write);
}

static bool supervisor_sireg(struct kvm_vcpu *vcpu, unsigned long *val,
			     unsigned long mask, bool write)
{
	return (vcpu->arch.guest.sstatus & SR_SPP) &&
	       kvm_riscv_aia_sireg(vcpu, val, mask, write);
}

/**
 * struct emulated_csr - CSRs that do not end in an illegal instruction
 * @first: the lowest number
 * @last: the highest one
 * @read: reads it without waiting, interrupts on or off; false if the guest
 *	may not read it. The CSR is read-only then.
 * @access: in place of @read, for a CSR that can be written as well: gets the
 *	value to write, the bits to write, and whether it is a write, and leaves
 *	the old value; false if there is nothing to access
 * @for_user: whether user space serves this vCPU's accesses
 */
struct emulated_csr {
	unsigned int first;
	unsigned int last;
	bool (*read)(struct kvm_vcpu *vcpu, unsigned int csr,
		     unsigned long *val);
	bool (*access)(struct kvm_vcpu *vcpu, unsigned long *val,
		       unsigned long mask, bool write);
	bool (*for_user)(struct kvm_vcpu *vcpu);
};

static const struct emulated_csr emulated_csrs[] = {
	{ CSR_CYCLE, CSR_HPMCOUNTER31, .read = counter_read },
	{ CSR_SEED, CSR_SEED, .for_user = has_seed },
	{ CSR_STOPEI, CSR_STOPEI, .access = supervisor_stopei,
	  .for_user = kvm_riscv_aia_csr_for_user },
	{ CSR_SIREG, CSR_SIREG, .access = supervisor_sireg,
	  .for_user = kvm_riscv_aia_csr_for_user },
};

static const struct emulated_csr *find_csr(unsigned int csr)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(emulated_csrs); i++)
		if (csr >= emulated_csrs[i].first &&
		    csr <= emulated_csrs[i].last)
			return &emulated_csrs[i];
	return NULL;
}

static void finish(struct kvm_vcpu *vcpu, u32 insn, unsigned long old)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;

	if (insn_rd(insn))
		guest->x[insn_rd(insn)] = old;
	guest->sepc += 4;
}

static int complete_csr(struct kvm_vcpu *vcpu)
{
	finish(vcpu, vcpu->arch.csr.insn, vcpu->run->riscv_csr.ret_value);
	return 0;
}

static int ask_user(struct kvm_vcpu *vcpu, u32 insn)
{
	struct csr_write write = decode_write(vcpu, insn);
	struct kvm_run *run = vcpu->run;

	vcpu->stat.csr_exit_user++;
	run->exit_reason = KVM_EXIT_RISCV_CSR;
	run->riscv_csr.csr_num = insn_csr(insn);
	run->riscv_csr.new_value = write.value;
	run->riscv_csr.write_mask = write.mask;
	run->riscv_csr.ret_value = 0;

	vcpu->arch.csr.insn = insn;
	vcpu->arch.complete = complete_csr;
	return KVM_RISCV_EXIT_USER;
}

static bool access_csr(struct kvm_vcpu *vcpu, const struct emulated_csr *csr,
		       u32 insn, unsigned long *val)
{
	struct csr_write write;

	if (csr->access) {
		write = decode_write(vcpu, insn);
		*val = write.value;
		return csr->access(vcpu, val, write.mask, !is_read_only(insn));
	}
	return csr->read && is_read_only(insn) &&
	       csr->read(vcpu, insn_csr(insn), val);
}

/**
 * kvm_riscv_csr_emulate_fast() - complete an access to a CSR
 * @vcpu: the vCPU; loaded
 * @insn: a CSR instruction, at its sepc
 *
 * Context: Interrupts on or off; does not sleep.
 * Return: true if it is complete, false to leave it to kvm_riscv_csr_emulate().
 */
bool kvm_riscv_csr_emulate_fast(struct kvm_vcpu *vcpu, u32 insn)
{
	const struct emulated_csr *csr = find_csr(insn_csr(insn));
	unsigned long val;

	if (!csr || !access_csr(vcpu, csr, insn, &val))
		return false;

	vcpu->stat.csr_exit_kernel++;
	finish(vcpu, insn, val);
	return true;
}

/**
 * kvm_riscv_csr_emulate() - complete a CSR instruction, or have it completed
 * @vcpu: the vCPU; loaded
 * @insn: a CSR instruction, at its sepc
 *
 * Context: Interrupts on.
 * Return: enum kvm_riscv_exit.
 */
int kvm_riscv_csr_emulate(struct kvm_vcpu *vcpu, u32 insn)
{
	const struct emulated_csr *csr = find_csr(insn_csr(insn));

	if (kvm_riscv_csr_emulate_fast(vcpu, insn))
		return KVM_RISCV_EXIT_RESUME;
	if (csr && csr->for_user && csr->for_user(vcpu))
		return ask_user(vcpu, insn);
	return kvm_riscv_trap_illegal(vcpu, insn);
}
