// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI STA extension: how long other tasks kept a vCPU from its host CPU.
 *
 * The guest names 64 bytes of its memory. Each time the vCPU's thread comes
 * back to a CPU after it had to wait for one, the sum is brought up to date
 * there, before the guest goes on.
 */
#include <linux/kvm_host.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>
#include <kvm_riscv/entry.h>

#define STA_ALIGN	64
#define STA_DISABLE	-1UL

static_assert(sizeof(struct sbi_sta_struct) == STA_ALIGN);

static bool sta_available(struct kvm_vcpu *vcpu)
{
	return sched_info_on();
}

static void sta_reset(struct kvm_vcpu *vcpu)
{
	vcpu->arch.sta.shmem = INVALID_GPA;
}

/* Time that this thread was ready to run and did not, in ns */
static u64 waited(void)
{
#ifdef CONFIG_SCHED_INFO
	return current->sched_info.run_delay;
#else
	return 0;
#endif
}

static long set_shmem(struct kvm_vcpu *vcpu)
{
	static const struct sbi_sta_struct nothing;
	const unsigned long *x = vcpu->arch.guest.x;
	struct kvm_riscv_sta *sta = &vcpu->arch.sta;
	gpa_t shmem = x[GPR_A0];

	if (x[GPR_A2])
		return SBI_ERR_INVALID_PARAM;
	if (x[GPR_A0] == STA_DISABLE && x[GPR_A1] == STA_DISABLE) {
		sta->shmem = INVALID_GPA;
		return SBI_SUCCESS;
	}
	if (!IS_ALIGNED(shmem, STA_ALIGN))
		return SBI_ERR_INVALID_PARAM;
	if (IS_ENABLED(CONFIG_32BIT))
		shmem |= (u64)x[GPR_A1] << 32;
	else if (x[GPR_A1])
		return SBI_ERR_INVALID_ADDRESS;
	if (kvm_vcpu_write_guest(vcpu, shmem, &nothing, sizeof(nothing)))
		return SBI_ERR_INVALID_ADDRESS;

	sta->shmem = shmem;
	sta->accounted = waited();
	return SBI_SUCCESS;
}

static int sta_handle(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	if (vcpu->arch.guest.x[GPR_A6] == SBI_EXT_STA_STEAL_TIME_SET_SHMEM)
		ret->error = set_shmem(vcpu);
	else
		ret->error = SBI_ERR_NOT_SUPPORTED;
	return KVM_RISCV_EXIT_RESUME;
}

/**
 * kvm_riscv_sta_load() - see whether there is steal time to tell
 * @vcpu: the vCPU, whose thread this is; its guest wants to know
 *
 * Time is counted by thread: what one waited before it ran this vCPU, or
 * before user space restored the vCPU's state, was not stolen from the guest.
 *
 * Context: Preemption off; called when the vCPU is loaded.
 */
void kvm_riscv_sta_load(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_sta *sta = &vcpu->arch.sta;
	u64 now = waited();

	if (now < sta->accounted)
		sta->accounted = now;
	else if (now > sta->accounted)
		kvm_make_request(KVM_REQ_STEAL_UPDATE, vcpu);
}

static int write_field(struct kvm_vcpu *vcpu, size_t offset, const void *val,
		       size_t size)
{
	/*
	 * The guest takes the sum only if it finds the same even sequence
	 * number before and after it: keep the three stores in order.
	 */
	smp_wmb();
	return kvm_vcpu_write_guest(vcpu, vcpu->arch.sta.shmem + offset, val,
				    size);
}

#define WRITE_FIELD(vcpu, field, val) \
	write_field(vcpu, offsetof(struct sbi_sta_struct, field), \
		    &(val), sizeof(val))

/**
 * kvm_riscv_sta_update() - add steal time to what the guest's memory says
 * @vcpu: the vCPU, whose thread this is
 *
 * If the memory is not there just now, nothing is lost: it is tried again
 * when the vCPU has waited again.
 *
 * Context: May sleep; SRCU read lock of kvm->srcu held.
 */
void kvm_riscv_sta_update(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_sta *sta = &vcpu->arch.sta;
	u64 now = waited();
	struct sbi_sta_struct shmem;
	__le32 sequence;
	__le64 steal;

	if (sta->shmem == INVALID_GPA ||
	    kvm_vcpu_read_guest(vcpu, sta->shmem, &shmem, sizeof(shmem)))
		return;

	sequence = cpu_to_le32(le32_to_cpu(shmem.sequence) | 1);
	if (WRITE_FIELD(vcpu, sequence, sequence))
		return;

	steal = cpu_to_le64(le64_to_cpu(shmem.steal) + now - sta->accounted);
	if (!WRITE_FIELD(vcpu, steal, steal))
		sta->accounted = now;

	le32_add_cpu(&sequence, 1);
	WRITE_FIELD(vcpu, sequence, sequence);
}

/* The two halves of the address; without XLEN 32 the upper one has no use. */
static int sta_get(struct kvm_vcpu *vcpu, unsigned long num,
		   unsigned long *val)
{
	gpa_t shmem = vcpu->arch.sta.shmem;

	switch (num) {
	case KVM_REG_RISCV_SBI_STA_REG(shmem_lo):
		*val = shmem;
		return 0;
	case KVM_REG_RISCV_SBI_STA_REG(shmem_hi):
		*val = IS_ENABLED(CONFIG_32BIT) ? upper_32_bits(shmem) : 0;
		return 0;
	default:
		return -ENOENT;
	}
}

static int sta_set(struct kvm_vcpu *vcpu, unsigned long num, unsigned long val)
{
	struct kvm_riscv_sta *sta = &vcpu->arch.sta;

	sta->accounted = U64_MAX;
	switch (num) {
	case KVM_REG_RISCV_SBI_STA_REG(shmem_lo):
		if (val != STA_DISABLE && !IS_ALIGNED(val, STA_ALIGN))
			return -EINVAL;
		if (IS_ENABLED(CONFIG_32BIT))
			sta->shmem = (sta->shmem & ~(gpa_t)U32_MAX) | val;
		else
			sta->shmem = val;
		return 0;
	case KVM_REG_RISCV_SBI_STA_REG(shmem_hi):
		if (IS_ENABLED(CONFIG_32BIT))
			sta->shmem = (u64)val << 32 | lower_32_bits(sta->shmem);
		else if (val)
			return -EINVAL;
		return 0;
	default:
		return -ENOENT;
	}
}

static const struct kvm_riscv_sbi_state sta_state = {
	.subtype = KVM_REG_RISCV_SBI_STA,
	.nr = sizeof(struct kvm_riscv_sbi_sta) / sizeof(unsigned long),
	.get = sta_get,
	.set = sta_set,
};

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_sta = {
	.first = SBI_EXT_STA,
	.last = SBI_EXT_STA,
	.reg_id = KVM_RISCV_SBI_EXT_STA,
	.available = sta_available,
	.handle = sta_handle,
	.reset = sta_reset,
	.state = &sta_state,
};
