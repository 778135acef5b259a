// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binary statistics: the names that tools know, and counts that follow what
 * the guest did.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <signal.h>
#include <sys/time.h>

static const char * const vcpu_names[] = {
	"ecall_exit_stat", "wfi_exit_stat", "wrs_exit_stat", "mmio_exit_user",
	"mmio_exit_kernel", "csr_exit_user", "csr_exit_kernel",
	"signal_exits", "exits", "halt_wakeup", "blocking",
};

static const char * const vm_names[] = { "remote_tlb_flush" };

/**
 * struct stats - an open stats file
 * @fd: the file
 * @header: its header
 * @descs: descriptors of all its statistics
 */
struct stats {
	int fd;
	struct kvm_stats_header header;
	struct kvm_stats_desc *descs;
};

static void stats_open(struct stats *s, int fd)
{
	s->fd = fd;
	read_stats_header(fd, &s->header);
	s->descs = read_stats_descriptors(fd, &s->header);
}

static struct kvm_stats_desc *find(struct stats *s, const char *name)
{
	for (uint32_t i = 0; i < s->header.num_desc; i++) {
		struct kvm_stats_desc *d;

		d = get_stats_descriptor(s->descs, i, &s->header);
		if (!strcmp(d->name, name))
			return d;
	}
	return NULL;
}

static uint64_t get(struct stats *s, const char *name)
{
	uint64_t val = 0;

	read_stat_data(s->fd, &s->header, find(s, name), &val, 1);
	return val;
}

#define NR_MMIO		7
#define NR_FORWARDED	5
#define NR_BASE		9
#define NR_WFI		3

#define NR_SIGNALS	10000
#define NR_VCPUS	16
#define VICTIM		7

static void guest_events(void)
{
	volatile uint64_t *dev = (void *)HOLE_GVA;

	for (int i = 0; i < NR_MMIO; i++)
		*dev = i;
	for (int i = 0; i < NR_BASE; i++)
		guest_sbi(SBI_EXT_BASE, SBI_EXT_BASE_GET_IMP_ID, 0, 0, 0, 0, 0);
	csr_write(CSR_SIE, 1UL << IRQ_SOFT);
	csr_set(CSR_SIP, 1UL << IRQ_SOFT);
	for (int i = 0; i < NR_WFI; i++)
		guest_wfi();
	for (int i = 1; i <= NR_FORWARDED; i++)
		GUEST_SYNC(i);
	for (;;)
		;
}

TEST(names)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_events);
	struct stats s;

	stats_open(&s, vcpu_get_stats_fd(vcpu));
	for (unsigned int i = 0; i < ARRAY_SIZE(vcpu_names); i++)
		TEST_ASSERT(find(&s, vcpu_names[i]), "no %s", vcpu_names[i]);
	stats_open(&s, vm_get_stats_fd(vm));
	for (unsigned int i = 0; i < ARRAY_SIZE(vm_names); i++)
		TEST_ASSERT(find(&s, vm_names[i]), "no %s", vm_names[i]);
	kvm_vm_free(vm);
}

TEST(counts)
{
	struct itimerval it = { .it_value.tv_usec = 50 * 1000 };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_events);
	uint64_t exits;
	struct stats s;

	rv_map_hole(vm, 1);
	stats_open(&s, vcpu_get_stats_fd(vcpu));
	for (unsigned int i = 0; i < ARRAY_SIZE(vcpu_names) - 2; i++)
		ASSERT_EQ(0, get(&s, vcpu_names[i]));

	for (int i = 0; i < NR_MMIO; i++) {
		vcpu_run(vcpu);
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	}
	ASSERT_EQ(NR_MMIO, get(&s, "mmio_exit_user"));
	ASSERT_EQ(0, get(&s, "mmio_exit_kernel"));
	ASSERT_LE(NR_MMIO, get(&s, "exits"));

	rv_run_sync(vcpu, 1);
	/* WFI need not trap; calls served in the kernel need not count. */
	ASSERT_GE(NR_WFI, get(&s, "wfi_exit_stat"));
	ASSERT_LE(1, get(&s, "ecall_exit_stat"));
	ASSERT_GE(1 + NR_BASE, get(&s, "ecall_exit_stat"));
	exits = get(&s, "exits");
	ASSERT_LE(NR_MMIO + NR_BASE + 1, exits);
	for (int i = 2; i <= NR_FORWARDED; i++)
		rv_run_sync(vcpu, i);
	ASSERT_LE(NR_FORWARDED, get(&s, "ecall_exit_stat"));
	ASSERT_LE(exits + NR_FORWARDED - 1, get(&s, "exits"));

	ASSERT_EQ(0, get(&s, "signal_exits"));
	rv_interrupt_by(SIGALRM);
	setitimer(ITIMER_REAL, &it, NULL);
	ASSERT_EQ(EINTR, rv_run_errno(vcpu));
	ASSERT_EQ(1, get(&s, "signal_exits"));
	kvm_vm_free(vm);
}

/* The file keeps its vCPU alive, and can be read after all else is closed. */
TEST(outlives_the_vm)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_events);
	struct stats s;
	uint64_t exits;

	rv_map_hole(vm, 1);
	stats_open(&s, vcpu_get_stats_fd(vcpu));
	vcpu_run(vcpu);
	exits = get(&s, "exits");
	kvm_vm_free(vm);
	ASSERT_EQ(exits, get(&s, "exits"));
	close(s.fd);
}

/* A number that stands for all registers but the time. */
static uint64_t digest(struct kvm_vcpu *vcpu)
{
	struct kvm_reg_list *list = vcpu_get_reg_list(vcpu);
	uint64_t sum = 0;

	for (uint64_t i = 0; i < list->n; i++) {
		uint64_t buf[32] = { 0 };

		if (list->reg[i] == RISCV_TIMER_REG(time))
			continue;
		TEST_ASSERT(!rv_reg_errno(vcpu, false, list->reg[i], buf),
			    "cannot read %#lx", (uint64_t)list->reg[i]);
		for (unsigned int j = 0; j < ARRAY_SIZE(buf); j++)
			sum = sum * 0x100000001b3UL + buf[j];
	}
	free(list);
	return sum;
}

/* The sum of all statistics but one, histograms included */
static uint64_t sum_without(struct stats *s, const char *name)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->header.num_desc; i++) {
		struct kvm_stats_desc *d;
		uint64_t val[64] = { 0 };

		d = get_stats_descriptor(s->descs, i, &s->header);
		if (!strcmp(d->name, name))
			continue;
		TEST_ASSERT(d->size <= ARRAY_SIZE(val), "%s is large", d->name);
		read_stat_data(s->fd, &s->header, d, val, d->size);
		for (unsigned int j = 0; j < d->size; j++)
			sum += val[j];
	}
	return sum;
}

/* KVM_RUN with all signals unblocked; the kernel's set has 8 bytes. */
static void unblock_signals_in_run(struct kvm_vcpu *vcpu)
{
	struct {
		struct kvm_signal_mask mask;
		uint64_t set;
	} none = { .mask.len = sizeof(none.set) };

	vcpu_ioctl(vcpu, KVM_SET_SIGNAL_MASK, &none.mask);
}

/*
 * Counting a signal must write to nothing else. What lies around a vCPU in
 * memory is other vCPUs: they would notice.
 */
TEST(signals_count_for_their_vcpu_alone)
{
	struct kvm_vcpu *vcpus[NR_VCPUS];
	struct stats stats[NR_VCPUS];
	uint64_t before[NR_VCPUS];
	uint64_t others[NR_VCPUS];
	sigset_t usr1;
	struct kvm_vm *vm;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	vm = vm_create_with_vcpus(NR_VCPUS, guest_events, vcpus);
	for (int i = 0; i < NR_VCPUS; i++) {
		stats_open(&stats[i], vcpu_get_stats_fd(vcpus[i]));
		before[i] = digest(vcpus[i]);
		others[i] = sum_without(&stats[i], "signal_exits");
	}

	/* Pending all the time, and unblocked within KVM_RUN only */
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	raise(SIGUSR1);
	unblock_signals_in_run(vcpus[VICTIM]);
	for (int i = 0; i < NR_SIGNALS; i++)
		ASSERT_EQ(EINTR, rv_run_errno(vcpus[VICTIM]));

	for (int i = 0; i < NR_VCPUS; i++) {
		uint64_t want = i == VICTIM ? NR_SIGNALS : 0;

		ASSERT_EQ(want, get(&stats[i], "signal_exits"));
		ASSERT_EQ(others[i], sum_without(&stats[i], "signal_exits"));
		ASSERT_EQ(before[i], digest(vcpus[i]));
	}
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
