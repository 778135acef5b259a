// SPDX-License-Identifier: GPL-2.0-only
/* CORE registers: pc, the integer registers but x0, and the privilege mode. */
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <asm/csr.h>
#include <kvm_riscv/regs.h>

#define PC	KVM_REG_RISCV_CORE_REG(regs.pc)
#define MODE	KVM_REG_RISCV_CORE_REG(mode)
#define NR_REGS	(MODE + 1)

/* pc stands where x0 would, so that the others have their own numbers. */
static_assert(PC == 0);
static_assert(KVM_REG_RISCV_CORE_REG(regs.ra) == 1);
static_assert(KVM_REG_RISCV_CORE_REG(regs.t6) == 31);
static_assert(MODE == 32);

static unsigned long *find(struct kvm_vcpu *vcpu, unsigned long num)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;

	if (num == PC)
		return &guest->sepc;
	return &guest->x[array_index_nospec(num, ARRAY_SIZE(guest->x))];
}

static int core_get(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		    void *buf)
{
	unsigned long *val = buf;

	if (num >= NR_REGS)
		return -ENOENT;
	if (num == MODE)
		*val = (vcpu->arch.guest.sstatus & SR_SPP) ?
			KVM_RISCV_MODE_S : KVM_RISCV_MODE_U;
	else
		*val = *find(vcpu, num);
	return 0;
}

static int core_set(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		    const void *buf)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;
	unsigned long val = *(const unsigned long *)buf;

	if (num >= NR_REGS)
		return -ENOENT;
	if (num != MODE)
		*find(vcpu, num) = val;
	else if (val == KVM_RISCV_MODE_S)
		guest->sstatus |= SR_SPP;
	else
		guest->sstatus &= ~SR_SPP;
	return 0;
}

static unsigned int core_list(struct kvm_vcpu *vcpu, u64 *ids)
{
	return kvm_riscv_reg_list_range(ids, 0, KVM_REG_RISCV_CORE |
					KVM_RISCV_REG_SIZE_XLEN, NR_REGS);
}

const struct kvm_riscv_reg_group kvm_riscv_regs_core = {
	.type = KVM_REG_RISCV_CORE,
	.get = core_get,
	.set = core_set,
	.list = core_list,
};
