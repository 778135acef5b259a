// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIMER registers. All have 64 bits on any XLEN.
 *
 * State says whether KVM's own timer runs: always off on a vCPU with Sstc,
 * for which the compare value is all there is.
 */
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <asm/delay.h>
#include <kvm_riscv/regs.h>

/**
 * struct timer_reg - one register
 * @get: its value
 * @set: changes it; returns 0 or an errno
 */
struct timer_reg {
	u64 (*get)(struct kvm_vcpu *vcpu);
	int (*set)(struct kvm_vcpu *vcpu, u64 val);
};

static u64 get_frequency(struct kvm_vcpu *vcpu)
{
	return riscv_timebase;
}

static int set_frequency(struct kvm_vcpu *vcpu, u64 val)
{
	return val == riscv_timebase ? 0 : -EINVAL;
}

static u64 get_time(struct kvm_vcpu *vcpu)
{
	return kvm_riscv_timer_now(vcpu->kvm);
}

/* All vCPUs have one time: the last write counts. */
static int set_time(struct kvm_vcpu *vcpu, u64 val)
{
	kvm_riscv_timer_set_now(vcpu->kvm, val);
	return 0;
}

static u64 get_compare(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.timer.cycles;
}

static int set_compare(struct kvm_vcpu *vcpu, u64 val)
{
	vcpu->arch.timer.cycles = val;
	return 0;
}

static u64 get_state(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->arch.timer.armed) ? KVM_RISCV_TIMER_STATE_ON :
						   KVM_RISCV_TIMER_STATE_OFF;
}

static int set_state(struct kvm_vcpu *vcpu, u64 val)
{
	if (val == KVM_RISCV_TIMER_STATE_ON)
		kvm_riscv_timer_start(vcpu);
	else if (val == KVM_RISCV_TIMER_STATE_OFF)
		kvm_riscv_timer_stop(vcpu);
	else
		return -EINVAL;
	return 0;
}

#define REG(name) \
	[KVM_REG_RISCV_TIMER_REG(name)] = { get_##name, set_##name }

static const struct timer_reg timer_regs[] = {
	REG(frequency),
	REG(time),
	REG(compare),
	REG(state),
};

static const struct timer_reg *find(unsigned long num)
{
	if (num >= ARRAY_SIZE(timer_regs))
		return NULL;
	return &timer_regs[array_index_nospec(num, ARRAY_SIZE(timer_regs))];
}

static int timer_size(struct kvm_vcpu *vcpu, unsigned long num)
{
	return sizeof(u64);
}

static int timer_get(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		     void *buf)
{
	const struct timer_reg *reg = find(num);

	if (!reg)
		return -ENOENT;
	*(u64 *)buf = reg->get(vcpu);
	return 0;
}

static int timer_set(struct kvm_vcpu *vcpu, unsigned long num, size_t size,
		     const void *buf)
{
	const struct timer_reg *reg = find(num);

	return reg ? reg->set(vcpu, *(const u64 *)buf) : -ENOENT;
}

static unsigned int timer_list(struct kvm_vcpu *vcpu, u64 *ids)
{
	return kvm_riscv_reg_list_range(ids, 0, KVM_REG_RISCV_TIMER |
					KVM_REG_SIZE_U64,
					ARRAY_SIZE(timer_regs));
}

const struct kvm_riscv_reg_group kvm_riscv_regs_timer = {
	.type = KVM_REG_RISCV_TIMER,
	.size = timer_size,
	.get = timer_get,
	.set = timer_set,
	.list = timer_list,
};
