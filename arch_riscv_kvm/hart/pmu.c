// SPDX-License-Identifier: GPL-2.0-only
/*
 * Performance counters of a vCPU, see kvm_riscv/pmu.h.
 *
 * A hardware counter is a perf event of the vCPU's thread that counts in VS- and
 * VU-mode only. Its value is @base and what the event has counted since then:
 * so a guest can set any value, and a counter of less than 64 bits in the host
 * is none in the guest.
 */
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <linux/perf_event.h>
#include <asm/cpufeature.h>
#include <kvm_riscv/isa.h>
#include <kvm_riscv/sbi.h>
#include "host_pmu.h"

#define CTR_CYCLE	(CSR_CYCLE - CSR_CYCLE)
#define CTR_TIME	(CSR_TIME - CSR_CYCLE)
#define CTR_INSTRET	(CSR_INSTRET - CSR_CYCLE)

/* What perf takes at most; longer ones end in decades. */
#define PERIOD_MAX	((u64)S64_MAX)

static unsigned int event_type(unsigned long event_idx)
{
	return event_idx >> 16;
}

static unsigned int event_code(unsigned long event_idx)
{
	return event_idx & SBI_PMU_EVENT_IDX_CODE_MASK;
}

static bool is_hw(const struct kvm_riscv_pmu *pmu, unsigned int ctr)
{
	return ctr < pmu->nr_hw;
}

/* The guest chooses the number: it must not steer speculation. */
static struct kvm_riscv_pmu_hw *hw_of(struct kvm_riscv_pmu *pmu,
				      unsigned int ctr)
{
	return &pmu->hw[array_index_nospec(ctr, KVM_RISCV_PMU_HW_MAX)];
}

static struct kvm_riscv_pmu_fw *fw_of(struct kvm_riscv_pmu *pmu,
				      unsigned int ctr)
{
	ctr = array_index_nospec(ctr - pmu->nr_hw, KVM_RISCV_PMU_FW_MAX);
	return &pmu->fw[ctr];
}

/*
 * Without Sscofpmf the host cannot count a guest's events apart from its own,
 * so a guest then gets no PMU at all.
 */
static unsigned int host_counters(void)
{
	u32 width = 0, nr = 0;

	if (!__riscv_isa_extension_available(NULL, RISCV_ISA_EXT_SSCOFPMF) ||
	    host_pmu_info(&width, &nr) || !width || !nr)
		return 0;
	/* One more for time, which the host does not count among them. */
	return min(nr + 1, KVM_RISCV_PMU_HW_MAX);
}

/**
 * kvm_riscv_pmu_init_vcpu() - give a new vCPU its counters
 * @vcpu: the vCPU, zeroed
 */
void kvm_riscv_pmu_init_vcpu(struct kvm_vcpu *vcpu)
{
	vcpu->arch.pmu.nr_hw = host_counters();
	vcpu->arch.pmu.snapshot = INVALID_GPA;
}

/**
 * kvm_riscv_pmu_reset() - stop all counters and forget their events
 * @vcpu: the vCPU, whose thread this is, or one that nobody else sees
 *
 * Context: May sleep.
 */
void kvm_riscv_pmu_reset(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	unsigned int ctr;

	for (ctr = 0; ctr < kvm_riscv_pmu_nr(pmu); ctr++) {
		kvm_riscv_pmu_release(vcpu, ctr);
		kvm_riscv_pmu_write(vcpu, ctr, 0);
	}
	pmu->snapshot = INVALID_GPA;
}

/* Events of SBI type 0 (hardware general events) as perf knows them */
static const u8 general_events[] = {
	[SBI_PMU_HW_CPU_CYCLES] = PERF_COUNT_HW_CPU_CYCLES,
	[SBI_PMU_HW_INSTRUCTIONS] = PERF_COUNT_HW_INSTRUCTIONS,
	[SBI_PMU_HW_CACHE_REFERENCES] = PERF_COUNT_HW_CACHE_REFERENCES,
	[SBI_PMU_HW_CACHE_MISSES] = PERF_COUNT_HW_CACHE_MISSES,
	[SBI_PMU_HW_BRANCH_INSTRUCTIONS] = PERF_COUNT_HW_BRANCH_INSTRUCTIONS,
	[SBI_PMU_HW_BRANCH_MISSES] = PERF_COUNT_HW_BRANCH_MISSES,
	[SBI_PMU_HW_BUS_CYCLES] = PERF_COUNT_HW_BUS_CYCLES,
	[SBI_PMU_HW_STALLED_CYCLES_FRONTEND] =
		PERF_COUNT_HW_STALLED_CYCLES_FRONTEND,
	[SBI_PMU_HW_STALLED_CYCLES_BACKEND] =
		PERF_COUNT_HW_STALLED_CYCLES_BACKEND,
	[SBI_PMU_HW_REF_CPU_CYCLES] = PERF_COUNT_HW_REF_CPU_CYCLES,
};

static bool general_event(unsigned int code, struct perf_event_attr *attr)
{
	if (code == SBI_PMU_HW_NO_EVENT || code >= ARRAY_SIZE(general_events))
		return false;
	code = array_index_nospec(code, ARRAY_SIZE(general_events));
	attr->type = PERF_TYPE_HARDWARE;
	attr->config = general_events[code];
	return true;
}

/* SBI numbers caches, operations and results as perf does. */
static bool cache_event(unsigned int code, struct perf_event_attr *attr)
{
	unsigned int cache = code >> SBI_PMU_EVENT_CACHE_ID_SHIFT;
	unsigned int op = (code & SBI_PMU_EVENT_CACHE_OP_ID_CODE_MASK) >>
			  SBI_PMU_EVENT_CACHE_OP_SHIFT;
	unsigned int result = code & SBI_PMU_EVENT_CACHE_RESULT_ID_CODE_MASK;

	if (cache >= PERF_COUNT_HW_CACHE_MAX ||
	    op >= PERF_COUNT_HW_CACHE_OP_MAX)
		return false;
	attr->type = PERF_TYPE_HW_CACHE;
	attr->config = cache | op << 8 | result << 16;
	return true;
}

/* Of SBI 3.0: has room for longer ids than the host's perf takes */
#define EVENT_TYPE_RAW_V2	3

static bool raw_event(unsigned int code, u64 data, struct perf_event_attr *attr)
{
	if (code || data & ~RISCV_PMU_RAW_EVENT_MASK)
		return false;
	attr->type = PERF_TYPE_RAW;
	attr->config = data;
	return true;
}

/* Data belongs to raw events; with others it is reserved. */
static bool hw_event(unsigned long event_idx, u64 data,
		     struct perf_event_attr *attr)
{
	unsigned int code = event_code(event_idx);

	switch (event_type(event_idx)) {
	case SBI_PMU_EVENT_TYPE_HW:
		return !data && general_event(code, attr);
	case SBI_PMU_EVENT_TYPE_CACHE:
		return !data && cache_event(code, attr);
	case SBI_PMU_EVENT_TYPE_RAW:
	case EVENT_TYPE_RAW_V2:
		return raw_event(code, data, attr);
	default:
		return false;
	}
}

/**
 * kvm_riscv_pmu_can_count() - does an event fit a counter?
 * @vcpu: the vCPU
 * @ctr: a counter, below kvm_riscv_pmu_nr()
 * @event_idx: SBI event_idx, of any value
 *
 * Return: whether that kind of event could be configured there.
 */
bool kvm_riscv_pmu_can_count(struct kvm_vcpu *vcpu, unsigned int ctr,
			     unsigned long event_idx)
{
	bool fw = event_type(event_idx) == SBI_PMU_EVENT_TYPE_FW;

	switch (ctr) {
	case CTR_CYCLE:
		return event_idx == SBI_PMU_HW_CPU_CYCLES;
	case CTR_TIME:
		return false;
	case CTR_INSTRET:
		return event_idx == SBI_PMU_HW_INSTRUCTIONS;
	default:
		return fw != is_hw(&vcpu->arch.pmu, ctr);
	}
}

/* A counter has counted @count since it had the value @base. */
static void note_overflow(struct kvm_vcpu *vcpu, unsigned int ctr, u64 count)
{
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	u64 base = hw_of(pmu, ctr)->base;

	if (base + count >= base || test_and_set_bit(ctr, &pmu->overflown))
		return;
	if (kvm_riscv_vcpu_has_isa(vcpu, RISCV_ISA_EXT_SSCOFPMF))
		kvm_riscv_irq_raise(vcpu, IRQ_PMU_OVF);
}

/*
 * The host's driver calls this in its interrupt, with the count of @event up to
 * date. It has set up the next period already; let the ones after that be long,
 * for the guest's counter has 64 bits to go.
 */
static void overflow_handler(struct perf_event *event,
			     struct perf_sample_data *data,
			     struct pt_regs *regs)
{
	struct kvm_vcpu *vcpu = event->overflow_handler_context;
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	unsigned int ctr;

	event->hw.sample_period = PERIOD_MAX;
	local64_set(&event->hw.period_left, 0);

	for (ctr = 0; ctr < pmu->nr_hw; ctr++) {
		if (pmu->hw[ctr].event == event)
			note_overflow(vcpu, ctr, local64_read(&event->count));
	}
}

/* Events up to the overflow of a counter with this value */
static u64 period_from(u64 value)
{
	return value ? min(-value, PERIOD_MAX) : PERIOD_MAX;
}

static int configure_hw(struct kvm_vcpu *vcpu, unsigned int ctr,
			unsigned long event_idx, u64 data, unsigned long flags)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.sample_period = PERIOD_MAX,
		.config1 = RISCV_PMU_CONFIG1_GUEST_EVENTS,
		.disabled = true,
		.pinned = true,
		.exclude_host = true,
		.exclude_hv = true,
		.exclude_user = !!(flags & SBI_PMU_CFG_FLAG_SET_UINH),
		.exclude_kernel = !!(flags & SBI_PMU_CFG_FLAG_SET_SINH),
	};
	struct perf_event *event;

	if (!hw_event(event_idx, data, &attr))
		return -EOPNOTSUPP;
	event = perf_event_create_kernel_counter(&attr, -1, current,
						 overflow_handler, vcpu);
	if (IS_ERR(event))
		return PTR_ERR(event);

	kvm_riscv_pmu_release(vcpu, ctr);
	hw_of(&vcpu->arch.pmu, ctr)->event = event;
	return 0;
}

static int configure_fw(struct kvm_vcpu *vcpu, unsigned int ctr,
			unsigned long event_idx, u64 data)
{
	unsigned int code = event_code(event_idx);

	if (data || code >= SBI_PMU_FW_MAX)
		return -EOPNOTSUPP;
	fw_of(&vcpu->arch.pmu, ctr)->code = code;
	return 0;
}

/**
 * kvm_riscv_pmu_configure() - let a counter count an event from its next start
 * @vcpu: the vCPU, whose thread this is
 * @ctr: a counter that kvm_riscv_pmu_can_count() it, and is not started
 * @event_idx: SBI event_idx
 * @data: SBI event_data
 * @flags: SBI_PMU_CFG_FLAG_*; of these, modes in which not to count
 *
 * The counter keeps its value.
 *
 * Context: May sleep.
 * Return: 0, or an errno if neither KVM nor the host can count that; then
 * nothing has changed.
 */
int kvm_riscv_pmu_configure(struct kvm_vcpu *vcpu, unsigned int ctr,
			    unsigned long event_idx, u64 data,
			    unsigned long flags)
{
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	int ret;

	if (is_hw(pmu, ctr))
		ret = configure_hw(vcpu, ctr, event_idx, data, flags);
	else
		ret = configure_fw(vcpu, ctr, event_idx, data);
	if (!ret)
		pmu->configured |= BIT_ULL(ctr);
	return ret;
}

/* Tell others which firmware events are worth a call. */
static void update_fw_events(struct kvm_riscv_pmu *pmu)
{
	unsigned long events = 0;
	int i;

	for (i = 0; i < KVM_RISCV_PMU_FW_MAX; i++) {
		if (pmu->started & BIT_ULL(pmu->nr_hw + i))
			events |= BIT(pmu->fw[i].code);
	}
	WRITE_ONCE(pmu->fw_events, events);
}

/**
 * kvm_riscv_pmu_start() - let a counter count
 * @vcpu: the vCPU, whose thread this is
 * @ctr: a counter that is configured and not started
 *
 * Context: May sleep.
 */
void kvm_riscv_pmu_start(struct kvm_vcpu *vcpu, unsigned int ctr)
{
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	struct kvm_riscv_pmu_hw *hw;

	pmu->started |= BIT_ULL(ctr);
	if (!is_hw(pmu, ctr)) {
		update_fw_events(pmu);
		return;
	}

	hw = hw_of(pmu, ctr);
	clear_bit(ctr, &pmu->overflown);
	perf_event_period(hw->event, period_from(hw->base));
	perf_event_enable(hw->event);
}

/**
 * kvm_riscv_pmu_stop() - let a counter keep its value
 * @vcpu: the vCPU, whose thread this is
 * @ctr: a counter that is started
 *
 * Context: May sleep.
 */
void kvm_riscv_pmu_stop(struct kvm_vcpu *vcpu, unsigned int ctr)
{
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	struct kvm_riscv_pmu_hw *hw;
	u64 count;

	pmu->started &= ~BIT_ULL(ctr);
	if (!is_hw(pmu, ctr)) {
		update_fw_events(pmu);
		return;
	}

	hw = hw_of(pmu, ctr);
	count = perf_event_pause(hw->event, true);
	note_overflow(vcpu, ctr, count);
	hw->base += count;
}

/**
 * kvm_riscv_pmu_release() - take a counter's event away, and stop it
 * @vcpu: the vCPU, whose thread this is, or one that nobody else sees
 * @ctr: any counter
 *
 * Context: May sleep.
 */
void kvm_riscv_pmu_release(struct kvm_vcpu *vcpu, unsigned int ctr)
{
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	struct kvm_riscv_pmu_hw *hw;

	if (pmu->started & BIT_ULL(ctr))
		kvm_riscv_pmu_stop(vcpu, ctr);
	pmu->configured &= ~BIT_ULL(ctr);
	if (!is_hw(pmu, ctr))
		return;

	hw = hw_of(pmu, ctr);
	clear_bit(ctr, &pmu->overflown);
	if (hw->event)
		perf_event_release_kernel(hw->event);
	hw->event = NULL;
}

/*
 * An event of this thread counts on this CPU, or nowhere just now. perf's own
 * function for it takes a mutex.
 */
static u64 count_now(struct perf_event *event)
{
	unsigned long flags;
	u64 count;

	local_irq_save(flags);
	if (event->state == PERF_EVENT_STATE_ACTIVE &&
	    event->oncpu == smp_processor_id())
		event->pmu->read(event);
	count = local64_read(&event->count);
	local_irq_restore(flags);
	return count;
}

/**
 * kvm_riscv_pmu_read() - value of a counter
 * @vcpu: the vCPU, whose thread this is
 * @ctr: any counter
 *
 * Context: Interrupts on or off; does not sleep.
 */
u64 kvm_riscv_pmu_read(struct kvm_vcpu *vcpu, unsigned int ctr)
{
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	struct kvm_riscv_pmu_hw *hw;

	if (!is_hw(pmu, ctr))
		return atomic64_read(&fw_of(pmu, ctr)->value);

	hw = hw_of(pmu, ctr);
	if (pmu->started & BIT_ULL(ctr))
		return hw->base + count_now(hw->event);
	return hw->base;
}

/**
 * kvm_riscv_pmu_write() - set the value of a counter
 * @vcpu: the vCPU, whose thread this is
 * @ctr: a counter that is not started
 * @value: its new value
 */
void kvm_riscv_pmu_write(struct kvm_vcpu *vcpu, unsigned int ctr, u64 value)
{
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;

	if (is_hw(pmu, ctr))
		hw_of(pmu, ctr)->base = value;
	else
		atomic64_set(&fw_of(pmu, ctr)->value, value);
}

/**
 * kvm_riscv_pmu_read_csr() - what a guest finds in cycle or an hpmcounter
 * @vcpu: the vCPU, whose thread this is
 * @csr: CSR_CYCLE to CSR_HPMCOUNTER31
 * @val: the value
 *
 * Without the PMU extension, cycle and instret stand still; that they can be
 * read keeps software alive that expects them to be there.
 *
 * Context: Interrupts on or off; does not sleep.
 * Return: false if the guest has no such counter, or no event in it.
 */
bool kvm_riscv_pmu_read_csr(struct kvm_vcpu *vcpu, unsigned int csr,
			    unsigned long *val)
{
	unsigned int ctr = csr - CSR_CYCLE;

	if (!kvm_riscv_sbi_find(vcpu, SBI_EXT_PMU)) {
		*val = 0;
		return ctr == CTR_CYCLE || ctr == CTR_INSTRET;
	}
	if (ctr >= vcpu->arch.pmu.nr_hw ||
	    !(vcpu->arch.pmu.configured & BIT_ULL(ctr)))
		return false;
	*val = kvm_riscv_pmu_read(vcpu, ctr);
	return true;
}

/**
 * kvm_riscv_pmu_poll() - look for overflows that nobody told of
 * @vcpu: the vCPU, whose thread this is; some counter is started
 *
 * The host's driver forgets an overflow if it stops the counter, to switch
 * tasks, before it has seen the interrupt. A guest that samples would wait for
 * the interrupt until its counter has gone through 64 bits.
 *
 * Context: Does not sleep. Called after exits that an interrupt caused: the
 * host's tick is one.
 */
void kvm_riscv_pmu_poll(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_pmu *pmu = &vcpu->arch.pmu;
	unsigned int ctr;

	for (ctr = 0; ctr < pmu->nr_hw; ctr++) {
		if (pmu->started & BIT_ULL(ctr))
			note_overflow(vcpu, ctr, count_now(pmu->hw[ctr].event));
	}
}

/**
 * kvm_riscv_pmu_count() - count a firmware event
 * @pmu: the counters of the vCPU to which it happened
 * @code: SBI_PMU_FW_*; call kvm_riscv_pmu_event() instead
 *
 * Context: Any thread; the guest may stop or configure counters meanwhile.
 */
void kvm_riscv_pmu_count(struct kvm_riscv_pmu *pmu, unsigned int code)
{
	u64 started = READ_ONCE(pmu->started);
	int i;

	for (i = 0; i < KVM_RISCV_PMU_FW_MAX; i++) {
		if (started & BIT_ULL(pmu->nr_hw + i) &&
		    READ_ONCE(pmu->fw[i].code) == code)
			atomic64_inc(&pmu->fw[i].value);
	}
}
