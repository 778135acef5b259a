// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI PMU extension: decodes and checks the calls; the counters are in
 * hart/pmu.c.
 *
 * A call on a set of counters checks its arguments first. Then it does what it
 * can for each counter of the set, as other SBI implementations do: kernels
 * stop and reset "all counters", configured or not, and ignore the error.
 */
#include <linux/kvm_host.h>
#include <asm/csr.h>
#include <kvm_riscv/entry.h>

#define CONFIG_FLAGS	(SBI_PMU_CFG_FLAG_SKIP_MATCH |			\
			 SBI_PMU_CFG_FLAG_CLEAR_VALUE |			\
			 SBI_PMU_CFG_FLAG_AUTO_START |			\
			 SBI_PMU_CFG_FLAG_SET_VUINH |			\
			 SBI_PMU_CFG_FLAG_SET_VSINH |			\
			 SBI_PMU_CFG_FLAG_SET_UINH |			\
			 SBI_PMU_CFG_FLAG_SET_SINH |			\
			 SBI_PMU_CFG_FLAG_SET_MINH)
#define START_FLAGS	(SBI_PMU_START_FLAG_SET_INIT_VALUE |		\
			 SBI_PMU_START_FLAG_INIT_SNAPSHOT)
#define STOP_FLAGS	(SBI_PMU_STOP_FLAG_RESET |			\
			 SBI_PMU_STOP_FLAG_TAKE_SNAPSHOT)

#define CTR_TIME	(CSR_TIME - CSR_CYCLE)
#define SHMEM_DISABLE	-1UL

/* A 64-bit argument that begins in register @reg */
static u64 arg64(const unsigned long *x, unsigned int reg)
{
	if (IS_ENABLED(CONFIG_32BIT))
		return (u64)x[reg + 1] << 32 | x[reg];
	return x[reg];
}

/*
 * The set in a0 (counter_idx_base) and a1 (counter_idx_mask), as bits of
 * counters; 0 if it has none, or one beyond the last.
 */
static u64 decode_set(const struct kvm_riscv_pmu *pmu, const unsigned long *x)
{
	unsigned long base = x[GPR_A0];
	unsigned long mask = x[GPR_A1];
	unsigned int nr = kvm_riscv_pmu_nr(pmu);

	if (!mask || base >= nr || __fls(mask) >= nr - base)
		return 0;
	return (u64)mask << base;
}

/* The lowest counter of @set, which is not empty; it is gone from there then */
static unsigned int take_lowest(u64 *set)
{
	unsigned int ctr = __ffs64(*set);

	*set &= *set - 1;
	return ctr;
}

static struct sbiret num_counters(struct kvm_vcpu *vcpu, const unsigned long *x)
{
	return kvm_riscv_sbi_value(kvm_riscv_pmu_nr(&vcpu->arch.pmu));
}

static struct sbiret get_info(struct kvm_vcpu *vcpu, const unsigned long *x)
{
	const struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	unsigned long ctr = x[GPR_A0];
	union sbi_pmu_ctr_info info = { .width = 63 };

	if (ctr >= kvm_riscv_pmu_nr(pmu) || ctr == CTR_TIME)
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	if (ctr < pmu->nr_hw)
		info.csr = CSR_CYCLE + ctr;
	else
		info.type = SBI_PMU_CTR_TYPE_FW;
	return kvm_riscv_sbi_value(info.value);
}

/* Returns false if a0 is no firmware counter. */
static bool read_fw(struct kvm_vcpu *vcpu, const unsigned long *x, u64 *val)
{
	const struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	unsigned long ctr = x[GPR_A0];

	if (ctr < pmu->nr_hw || ctr >= kvm_riscv_pmu_nr(pmu))
		return false;
	*val = kvm_riscv_pmu_read(vcpu, ctr);
	return true;
}

static struct sbiret fw_read(struct kvm_vcpu *vcpu, const unsigned long *x)
{
	u64 val;

	if (!read_fw(vcpu, x, &val))
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	return kvm_riscv_sbi_value(val);
}

static struct sbiret fw_read_hi(struct kvm_vcpu *vcpu, const unsigned long *x)
{
	u64 val;

	if (!read_fw(vcpu, x, &val))
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	return kvm_riscv_sbi_value(IS_ENABLED(CONFIG_32BIT) ? val >> 32 : 0);
}

/*
 * The first counter of @set for an event, or -1. SKIP_MATCH asks for the first
 * one, whatever it counted before.
 */
static int find_counter(struct kvm_vcpu *vcpu, u64 set,
			unsigned long event_idx, unsigned long flags)
{
	const struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	bool skip_match = flags & SBI_PMU_CFG_FLAG_SKIP_MATCH;
	u64 busy = skip_match ? pmu->started : pmu->configured;
	unsigned int ctr;

	while (set) {
		ctr = take_lowest(&set);
		if (!(busy & BIT_ULL(ctr)) &&
		    kvm_riscv_pmu_can_count(vcpu, ctr, event_idx))
			return ctr;
		if (skip_match)
			break;
	}
	return -1;
}

static struct sbiret config_match(struct kvm_vcpu *vcpu, const unsigned long *x)
{
	u64 set = decode_set(&vcpu->arch.pmu, x);
	unsigned long event_idx = x[GPR_A3];
	unsigned long flags = x[GPR_A2];
	int ctr;

	if (!set || flags & ~CONFIG_FLAGS)
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);

	ctr = find_counter(vcpu, set, event_idx, flags);
	if (ctr < 0 ||
	    kvm_riscv_pmu_configure(vcpu, ctr, event_idx, arg64(x, GPR_A4),
				    flags))
		return kvm_riscv_sbi_error(SBI_ERR_NOT_SUPPORTED);

	if (flags & SBI_PMU_CFG_FLAG_CLEAR_VALUE)
		kvm_riscv_pmu_write(vcpu, ctr, 0);
	if (flags & SBI_PMU_CFG_FLAG_AUTO_START)
		kvm_riscv_pmu_start(vcpu, ctr);
	return kvm_riscv_sbi_value(ctr);
}

/* Guest address of the snapshot's value of a counter */
static gpa_t snapshot_value(const struct kvm_riscv_pmu *pmu, unsigned int slot)
{
	return pmu->snapshot +
	       offsetof(struct riscv_pmu_snapshot_data, ctr_values[slot]);
}

/* Start values come from memory before anything starts: it may be gone. */
static long init_from_snapshot(struct kvm_vcpu *vcpu, u64 set,
			       unsigned int base)
{
	const struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	__le64 values[BITS_PER_LONG];
	unsigned int ctr;

	if (pmu->snapshot == INVALID_GPA)
		return SBI_ERR_NO_SHMEM;
	if (kvm_vcpu_read_guest(vcpu, snapshot_value(pmu, 0), values,
				sizeof(values)))
		return SBI_ERR_FAILURE;

	set &= pmu->configured & ~pmu->started;
	while (set) {
		ctr = take_lowest(&set);
		kvm_riscv_pmu_write(vcpu, ctr, le64_to_cpu(values[ctr - base]));
	}
	return SBI_SUCCESS;
}

static long init_from_argument(struct kvm_vcpu *vcpu, u64 set, u64 value)
{
	const struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;

	set &= pmu->configured & ~pmu->started;
	while (set)
		kvm_riscv_pmu_write(vcpu, take_lowest(&set), value);
	return SBI_SUCCESS;
}

static struct sbiret start(struct kvm_vcpu *vcpu, const unsigned long *x)
{
	const struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	u64 set = decode_set(pmu, x);
	unsigned long flags = x[GPR_A2];
	long error = SBI_SUCCESS;
	u64 todo, started;

	if (!set || flags & ~START_FLAGS || flags == START_FLAGS)
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	if (flags & SBI_PMU_START_FLAG_INIT_SNAPSHOT)
		error = init_from_snapshot(vcpu, set, x[GPR_A0]);
	else if (flags & SBI_PMU_START_FLAG_SET_INIT_VALUE)
		error = init_from_argument(vcpu, set, arg64(x, GPR_A3));
	if (error)
		return kvm_riscv_sbi_error(error);

	started = pmu->started;
	todo = set & pmu->configured & ~started;
	while (todo)
		kvm_riscv_pmu_start(vcpu, take_lowest(&todo));

	if (set & ~pmu->configured)
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	if (set & started)
		return kvm_riscv_sbi_error(SBI_ERR_ALREADY_STARTED);
	return kvm_riscv_sbi_value(0);
}

/* Values of @set, and which of all counters from @base on have overflown */
static long take_snapshot(struct kvm_vcpu *vcpu, u64 set, unsigned int base)
{
	const struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	__le64 overflown = cpu_to_le64((u64)pmu->overflown >> base);
	unsigned int ctr;
	__le64 value;

	while (set) {
		ctr = take_lowest(&set);
		value = cpu_to_le64(kvm_riscv_pmu_read(vcpu, ctr));
		if (kvm_vcpu_write_guest(vcpu, snapshot_value(pmu, ctr - base),
					 &value, sizeof(value)))
			return SBI_ERR_FAILURE;
	}
	if (kvm_vcpu_write_guest(vcpu, pmu->snapshot, &overflown,
				 sizeof(overflown)))
		return SBI_ERR_FAILURE;
	return SBI_SUCCESS;
}

static void release_set(struct kvm_vcpu *vcpu, u64 set)
{
	while (set)
		kvm_riscv_pmu_release(vcpu, take_lowest(&set));
}

static struct sbiret stop(struct kvm_vcpu *vcpu, const unsigned long *x)
{
	const struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	u64 set = decode_set(pmu, x);
	unsigned long flags = x[GPR_A2];
	u64 configured = set & pmu->configured;
	u64 started = set & pmu->started;
	u64 todo = started;
	long error = SBI_SUCCESS;

	if (!set || flags & ~STOP_FLAGS)
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	if (flags & SBI_PMU_STOP_FLAG_TAKE_SNAPSHOT &&
	    pmu->snapshot == INVALID_GPA)
		return kvm_riscv_sbi_error(SBI_ERR_NO_SHMEM);

	while (todo)
		kvm_riscv_pmu_stop(vcpu, take_lowest(&todo));
	if (flags & SBI_PMU_STOP_FLAG_TAKE_SNAPSHOT)
		error = take_snapshot(vcpu, configured, x[GPR_A0]);
	if (flags & SBI_PMU_STOP_FLAG_RESET)
		release_set(vcpu, configured);

	if (error)
		return kvm_riscv_sbi_error(error);
	if (set != configured)
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	if (configured != started)
		return kvm_riscv_sbi_error(SBI_ERR_ALREADY_STOPPED);
	return kvm_riscv_sbi_value(0);
}

/* The specification lets nobody write there before a counter is stopped. */
static bool writable_page(struct kvm_vcpu *vcpu, gpa_t gpa)
{
	bool writable = false;
	unsigned long hva;

	hva = kvm_vcpu_gfn_to_hva_prot(vcpu, gpa_to_gfn(gpa), &writable);
	return !kvm_is_error_hva(hva) && writable;
}

static struct sbiret set_shmem(struct kvm_vcpu *vcpu, const unsigned long *x)
{
	gpa_t gpa = x[GPR_A0];

	if (x[GPR_A2])
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	if (x[GPR_A0] == SHMEM_DISABLE && x[GPR_A1] == SHMEM_DISABLE) {
		vcpu->arch.pmu.snapshot = INVALID_GPA;
		return kvm_riscv_sbi_value(0);
	}
	if (!PAGE_ALIGNED(gpa))
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_PARAM);
	if (IS_ENABLED(CONFIG_32BIT))
		gpa |= (u64)x[GPR_A1] << 32;
	else if (x[GPR_A1])
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_ADDRESS);
	if (!writable_page(vcpu, gpa))
		return kvm_riscv_sbi_error(SBI_ERR_INVALID_ADDRESS);

	vcpu->arch.pmu.snapshot = gpa;
	return kvm_riscv_sbi_value(0);
}

/**
 * struct pmu_function - a function of the extension
 * @serve: serves it; @x are the guest's registers
 * @sleeps: not with interrupts off
 */
static const struct pmu_function {
	struct sbiret (*serve)(struct kvm_vcpu *vcpu, const unsigned long *x);
	bool sleeps;
} functions[] = {
	[SBI_EXT_PMU_NUM_COUNTERS] = { num_counters },
	[SBI_EXT_PMU_COUNTER_GET_INFO] = { get_info },
	[SBI_EXT_PMU_COUNTER_CFG_MATCH] = { config_match, .sleeps = true },
	[SBI_EXT_PMU_COUNTER_START] = { start, .sleeps = true },
	[SBI_EXT_PMU_COUNTER_STOP] = { stop, .sleeps = true },
	[SBI_EXT_PMU_COUNTER_FW_READ] = { fw_read },
	[SBI_EXT_PMU_COUNTER_FW_READ_HI] = { fw_read_hi },
	[SBI_EXT_PMU_SNAPSHOT_SET_SHMEM] = { set_shmem, .sleeps = true },
};

static const struct pmu_function *find_function(const unsigned long *x)
{
	unsigned long fid = x[GPR_A6];

	if (fid >= ARRAY_SIZE(functions))
		return NULL;
	return &functions[array_index_nospec(fid, ARRAY_SIZE(functions))];
}

static struct sbiret pmu_fast(struct kvm_vcpu *vcpu)
{
	const unsigned long *x = vcpu->arch.guest.x;
	const struct pmu_function *function = find_function(x);

	if (!function)
		return kvm_riscv_sbi_error(SBI_ERR_NOT_SUPPORTED);
	if (function->sleeps)
		return kvm_riscv_sbi_leave();
	return function->serve(vcpu, x);
}

static int pmu_handle(struct kvm_vcpu *vcpu, struct sbiret *ret)
{
	const unsigned long *x = vcpu->arch.guest.x;

	*ret = find_function(x)->serve(vcpu, x);
	return KVM_RISCV_EXIT_RESUME;
}

static bool pmu_available(struct kvm_vcpu *vcpu)
{
	return kvm_riscv_pmu_nr(&vcpu->arch.pmu);
}

const struct kvm_riscv_sbi_ext kvm_riscv_sbi_pmu = {
	.first = SBI_EXT_PMU,
	.last = SBI_EXT_PMU,
	.reg_id = KVM_RISCV_SBI_EXT_PMU,
	.available = pmu_available,
	.fast = pmu_fast,
	.handle = pmu_handle,
};
