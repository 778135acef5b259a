// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest interrupt files: interrupts without exits, vCPUs that move between
 * harts, more vCPUs than files, harts that go offline, and a VM that moves.
 */
#include "rvaia.h"
#include "rvharness.h"

#include <sched.h>
#include <signal.h>

#define NR_IDS		63U
#define NR_MSIS		3000
#define MAX_VCPUS	12
#define SBI_EXPERIMENTAL	0x08000000UL
#define ONLINE		"/sys/devices/system/cpu/cpu1/online"

#define EMUL	KVM_DEV_RISCV_AIA_MODE_EMUL
#define HWACCEL	KVM_DEV_RISCV_AIA_MODE_HWACCEL
#define AUTO	KVM_DEV_RISCV_AIA_MODE_AUTO

/* By vCPU: how many interrupts it took, whether it runs, and shall stop */
static struct {
	uint64_t taken;
	uint64_t running;
	uint64_t stop;
	uint64_t wait;
} guests[MAX_VCPUS];

/* Takes what comes, with interrupts off. */
static void guest_taker(uint64_t self)
{
	guest_imsic_on(NR_IDS);
	WRITE_ONCE(guests[self].running, 1);
	while (!READ_ONCE(guests[self].stop)) {
		if (READ_ONCE(guests[self].wait))
			guest_wfi();
		while (guest_claim())
			WRITE_ONCE(guests[self].taken, guests[self].taken + 1);
	}
	GUEST_DONE();
}

/* Sends IPIs to vCPU 0, each when the one before was taken. */
static void guest_sender(uint64_t self)
{
	GUEST_ASSERT(guest_wait_eq(&guests[0].running, 1));
	for (uint64_t i = 1; i <= NR_MSIS; i++) {
		guest_write32(IMSIC_OF(0), 1 + i % NR_IDS);
		GUEST_ASSERT(guest_wait_eq(&guests[0].taken, i));
	}
	WRITE_ONCE(guests[0].stop, 1);
	GUEST_DONE();
}

static volatile uint64_t *field(struct kvm_vm *vm, uint64_t *guest_field)
{
	return addr_gva2hva(vm, (uintptr_t)guest_field);
}

#define FIELD(vm, vcpu, name)	(*field(vm, &guests[vcpu].name))

static bool wait_for(volatile uint64_t *word, uint64_t want)
{
	for (int ms = 0; *word != want; ms++) {
		if (ms > 30000)
			return false;
		if (ms > 50)
			usleep(1000);
		else
			sched_yield();
	}
	return true;
}

static struct kvm_vm *create(unsigned int vcpus, struct kvm_vcpu **vcpu,
			     unsigned int mode, int *aia)
{
	struct kvm_vm *vm = vm_create_with_vcpus(vcpus, guest_taker, vcpu);

	for (unsigned int i = 0; i < vcpus; i++)
		vcpu_args_set(vcpu[i], 1, (uint64_t)i);
	*aia = rv_aia_setup(vm, mode, vcpus, NR_IDS, 0);
	return vm;
}

/* Threads inherit where they may run. */
static void start_on(int cpu, struct rv_thread *t, struct kvm_vcpu *vcpu)
{
	rv_pin_to(cpu);
	rv_thread_start(t, vcpu);
	rv_pin_to(0);
}

static void pin_thread(struct rv_thread *t, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	TEST_ASSERT(!pthread_setaffinity_np(t->tid, sizeof(set), &set),
		    "cannot move a vCPU to CPU %d", cpu);
}

/* Send one MSI after the other, and wait until each is taken. */
static bool send_all(struct kvm_vm *vm, unsigned int vcpu, unsigned int count)
{
	volatile uint64_t *taken = &FIELD(vm, vcpu, taken);
	uint64_t before = *taken;

	for (unsigned int i = 1; i <= count; i++) {
		if (rv_msi(vm, IMSIC_OF(vcpu), 1 + i % NR_IDS) ||
		    !wait_for(taken, before + i))
			return false;
	}
	return true;
}

static void stop(struct kvm_vm *vm, unsigned int vcpu)
{
	FIELD(vm, vcpu, stop) = 1;
	FIELD(vm, vcpu, wait) = 0;
	rv_msi(vm, IMSIC_OF(vcpu), 1);
}

FIXTURE(files) {
};

FIXTURE_SETUP(files)
{
	if (!rv_aia_possible() || !rv_aia_guest_files())
		SKIP(return, "the host has no guest interrupt files");
	rv_pin_to(0);
}

FIXTURE_TEARDOWN(files)
{
}

/*
 * The host's tick makes a vCPU exit now and then, the more the longer a test
 * takes.  Beside that, the guest's start and end (page faults, mostly) and
 * other business of the host on that CPU cost a few; a kick for each interrupt
 * would be many.
 */
#define FEW(of)	(100 + (of) / 10)

TEST_F(files, msis_cause_no_exits)
{
	uint64_t exits, ticks;
	struct kvm_vcpu *vcpu[1];
	struct rv_thread t;
	struct kvm_vm *vm;
	int aia;

	vm = create(1, vcpu, HWACCEL, &aia);
	ticks = rv_host_ticks(1);
	start_on(1, &t, vcpu[0]);
	ASSERT_TRUE(wait_for(&FIELD(vm, 0, running), 1));
	/* One by one: those that come together could share a kick. */
	ASSERT_TRUE(send_all(vm, 0, NR_MSIS));
	stop(vm, 0);
	rv_thread_join_done(&t);
	ticks = rv_host_ticks(1) - ticks;
	exits = rv_exits(vcpu[0]);
	ASSERT_GT(ticks + FEW(NR_MSIS), exits) {
		TH_LOG("%u MSIs, %lu ticks", NR_MSIS, ticks);
	}
	close(aia);
	kvm_vm_free(vm);
}

/* Neither the sender nor the target leaves its guest for it. */
TEST_F(files, ipis_cause_no_exits)
{
	uint64_t exits, ticks;
	struct kvm_vcpu *vcpu[2];
	struct rv_thread t[2];
	struct kvm_vm *vm;
	int aia;

	vm = create(2, vcpu, HWACCEL, &aia);
	vcpu_arch_set_entry_point(vcpu[1], guest_sender);
	ticks = rv_host_ticks(1);
	start_on(1, &t[0], vcpu[0]);
	rv_thread_start(&t[1], vcpu[1]);
	rv_thread_join_done(&t[0]);
	rv_thread_join_done(&t[1]);
	ticks = rv_host_ticks(1) - ticks;
	exits = rv_exits(vcpu[0]);
	ASSERT_GT(ticks + FEW(NR_MSIS), exits) {
		TH_LOG("%u IPIs, %lu ticks", NR_MSIS, ticks);
	}
	ASSERT_EQ(0, rv_stat(vcpu[0], "mmio_exit_kernel"));
	/* Before the target has its file, stores to it may trap. */
	ASSERT_GT(10, rv_stat(vcpu[1], "mmio_exit_kernel"));
	close(aia);
	kvm_vm_free(vm);
}

/* An MSI wakes a vCPU that blocks, through the hart's interrupt. */
TEST_F(files, msis_wake_up)
{
	struct kvm_vcpu *vcpu[1];
	struct rv_thread t;
	struct kvm_vm *vm;
	int aia;

	rv_write_str("/sys/module/kvm/parameters/wfi_trap_policy", "trap");
	vm = create(1, vcpu, HWACCEL, &aia);
	FIELD(vm, 0, wait) = 1;
	start_on(1, &t, vcpu[0]);
	ASSERT_TRUE(wait_for(&FIELD(vm, 0, running), 1));
	for (int i = 0; i < 50; i++) {
		usleep(i * 100);
		ASSERT_TRUE(send_all(vm, 0, 1));
	}
	stop(vm, 0);
	rv_thread_join_done(&t);
	ASSERT_LT(20, rv_stat(vcpu[0], "wfi_exit_stat"));
	rv_write_str("/sys/module/kvm/parameters/wfi_trap_policy", "adaptive");
	close(aia);
	kvm_vm_free(vm);
}

/* Each MSI is taken once, wherever the vCPU is meanwhile. */
TEST_F(files, nothing_is_lost_on_the_way)
{
	struct kvm_vcpu *vcpu[1];
	uint64_t taken = 0;
	struct rv_thread t;
	struct kvm_vm *vm;
	int aia;

	vm = create(1, vcpu, AUTO, &aia);
	start_on(1, &t, vcpu[0]);
	ASSERT_TRUE(wait_for(&FIELD(vm, 0, running), 1));
	for (int round = 0; round < 200; round++) {
		/* Some before, some after, some during the move */
		for (unsigned int id = 1; id <= NR_IDS; id++) {
			if (id == 20)
				pin_thread(&t, round % 2);
			ASSERT_EQ(0, rv_msi(vm, IMSIC_OF(0), id));
		}
		taken += NR_IDS;
		ASSERT_TRUE(wait_for(&FIELD(vm, 0, taken), taken)) {
			TH_LOG("round %d: %lu of %lu", round, FIELD(vm, 0, taken), taken);
		}
	}
	stop(vm, 0);
	rv_thread_join_done(&t);
	close(aia);
	kvm_vm_free(vm);
}

/* With more vCPUs on a hart than it has files, some use the software file. */
TEST_F(files, more_vcpus_than_files)
{
	struct kvm_vcpu *vcpu[MAX_VCPUS];
	struct rv_thread t[MAX_VCPUS];
	struct kvm_vm *vm;
	int aia;

	vm = create(MAX_VCPUS, vcpu, AUTO, &aia);
	for (int i = 0; i < MAX_VCPUS; i++) {
		FIELD(vm, i, wait) = 1;
		start_on(1, &t[i], vcpu[i]);
	}
	for (int i = 0; i < MAX_VCPUS; i++)
		ASSERT_TRUE(wait_for(&FIELD(vm, i, running), 1));
	for (int round = 0; round < 5; round++)
		for (int i = 0; i < MAX_VCPUS; i++)
			ASSERT_TRUE(send_all(vm, i, 3));
	for (int i = 0; i < MAX_VCPUS; i++) {
		stop(vm, i);
		rv_thread_join_done(&t[i]);
	}
	close(aia);
	kvm_vm_free(vm);
}

/* A VM that insists on files is told where there is none, and loses nothing. */
TEST_F(files, insisting_fails_entry)
{
	struct kvm_vcpu *vcpu[MAX_VCPUS];
	unsigned int failed = 0;
	struct kvm_vm *vm;
	int aia;

	rv_interrupt_by(SIGALRM);
	vm = create(MAX_VCPUS, vcpu, HWACCEL, &aia);
	rv_pin_to(1);
	for (int i = 0; i < MAX_VCPUS; i++) {
		ualarm(100 * 1000, 0);
		if (rv_run_errno(vcpu[i]))
			continue;
		ASSERT_EQ(KVM_EXIT_FAIL_ENTRY, vcpu[i]->run->exit_reason);
		ASSERT_EQ(1, vcpu[i]->run->fail_entry.cpu);
		failed++;
	}
	/* Elsewhere there are files left. */
	ASSERT_LT(0, failed);
	ASSERT_GT(MAX_VCPUS, failed);
	rv_pin_to(0);
	ualarm(100 * 1000, 0);
	ASSERT_EQ(EINTR, rv_run_errno(vcpu[MAX_VCPUS - 1]));
	close(aia);
	kvm_vm_free(vm);
}

/* A hart that goes offline takes no interrupt with it. */
TEST_F(files, hart_goes_offline)
{
	struct kvm_vcpu *vcpu[1];
	struct rv_thread t;
	struct kvm_vm *vm;
	cpu_set_t both;
	int aia;

	if (rv_read_long(ONLINE) != 1)
		SKIP(return, ONLINE " is missing or 0");
	vm = create(1, vcpu, HWACCEL, &aia);
	FIELD(vm, 0, wait) = 1;
	start_on(1, &t, vcpu[0]);
	CPU_ZERO(&both);
	CPU_SET(0, &both);
	CPU_SET(1, &both);
	ASSERT_TRUE(wait_for(&FIELD(vm, 0, running), 1));
	for (int round = 0; round < 5; round++) {
		pthread_setaffinity_np(t.tid, sizeof(both), &both);
		ASSERT_EQ(0, rv_msi(vm, IMSIC_OF(0), 5));
		ASSERT_TRUE(rv_write_str(ONLINE, "0"));
		ASSERT_TRUE(wait_for(&FIELD(vm, 0, taken), 1 + round * 11));
		ASSERT_TRUE(send_all(vm, 0, 10));
		ASSERT_TRUE(rv_write_str(ONLINE, "1"));
		pin_thread(&t, 1);
	}
	stop(vm, 0);
	rv_thread_join_done(&t);
	close(aia);
	kvm_vm_free(vm);
}

FIXTURE(move) {
};

FIXTURE_VARIANT(move) {
	unsigned int mode;
};

FIXTURE_VARIANT_ADD(move, software) {
	.mode = EMUL,
};

FIXTURE_VARIANT_ADD(move, guest_files) {
	.mode = AUTO,
};

FIXTURE_SETUP(move)
{
	if (!rv_aia_possible())
		SKIP(return, "the host has no AIA");
	if (variant->mode && !rv_aia_guest_files())
		SKIP(return, "the host has no guest interrupt files");
}

FIXTURE_TEARDOWN(move)
{
}

/* Claims interrupts one by one, with a look at the world between. */
static void guest_traveller(void)
{
	uint64_t n = 0;

	guest_imsic_on(NR_IDS);
	guest_write32(APLIC_GPA + APLIC_DOMAINCFG, APLIC_IE);
	guest_write32(APLIC_GPA + APLIC_SOURCECFG(7), APLIC_LEVEL_HIGH);
	guest_write32(APLIC_GPA + APLIC_TARGET(7), 33);
	guest_write32(APLIC_GPA + APLIC_SETIENUM, 7);
	csr_write(CSR_SSCRATCH, 0xabcdef);
	for (;;) {
		/* Not a ucall: that names an address of the VMM. */
		guest_sbi(SBI_EXPERIMENTAL, 0, ++n, 0, 0, 0, 0);
		GUEST_ASSERT_EQ(csr_read(CSR_SSCRATCH), 0xabcdefUL);
		GUEST_ASSERT_EQ(guest_sireg_read(IMSIC_EIDELIVERY), 1UL);
		GUEST_ASSERT_EQ(guest_sireg_read(IMSIC_EIE0), -2UL);
		GUEST_ASSERT_EQ(guest_read32(APLIC_GPA + APLIC_TARGET(7)), 33);
		GUEST_ASSERT(csr_read(CSR_SIP) & (1UL << IRQ_EXT));
		/* n, then the wired one, which stays as long as its wire */
		GUEST_ASSERT_EQ(guest_claim(), n % 30 + 1);
		GUEST_ASSERT_EQ(guest_claim(), 33UL);
		GUEST_ASSERT_EQ(guest_claim(), 0UL);
		guest_write32(APLIC_GPA + APLIC_SETIPNUM_LE, 7);
	}
}

static void copy_registers(struct kvm_vcpu *from, struct kvm_vcpu *to)
{
	struct kvm_reg_list *list = vcpu_get_reg_list(from);

	for (uint64_t i = 0; i < list->n; i++) {
		uint64_t buf[32] = {};

		/* Of an extension that is switched off for good */
		if (rv_reg_errno(from, false, list->reg[i], buf))
			continue;
		TEST_ASSERT(!rv_reg_errno(to, true, list->reg[i], buf),
			    "register %#llx: %s", list->reg[i], strerror(errno));
	}
	free(list);
}

static void copy_aia(int from, int to)
{
	for (unsigned int w = 0; w <= 64 / 32; w++) {
		rv_aia_set(to, AIA_APLIC, APLIC_DOMAINCFG, 0);
		for (unsigned int irq = w * 32 ?: 1; irq < (w + 1) * 32 && irq <= 40; irq++) {
			rv_aia_set(to, AIA_APLIC, APLIC_SOURCECFG(irq),
				   rv_aia_get(from, AIA_APLIC, APLIC_SOURCECFG(irq)));
			rv_aia_set(to, AIA_APLIC, APLIC_TARGET(irq),
				   rv_aia_get(from, AIA_APLIC, APLIC_TARGET(irq)));
		}
		if (w > 1)
			break;
		rv_aia_set(to, AIA_APLIC, APLIC_SETIP(w),
			   rv_aia_get(from, AIA_APLIC, APLIC_SETIP(w)));
		rv_aia_set(to, AIA_APLIC, APLIC_SETIE(w),
			   rv_aia_get(from, AIA_APLIC, APLIC_SETIE(w)));
	}
	for (unsigned long isel = IMSIC_EIE0; isel >= IMSIC_EIP0; isel -= IMSIC_EIE0 - IMSIC_EIP0)
		rv_imsic_set(to, 0, isel, rv_imsic_get(from, 0, isel));
	rv_imsic_set(to, 0, IMSIC_EITHRESHOLD, rv_imsic_get(from, 0, IMSIC_EITHRESHOLD));
	rv_imsic_set(to, 0, IMSIC_EIDELIVERY, rv_imsic_get(from, 0, IMSIC_EIDELIVERY));
	rv_aia_set(to, AIA_APLIC, APLIC_DOMAINCFG,
		   rv_aia_get(from, AIA_APLIC, APLIC_DOMAINCFG));
}

static void copy_memory(struct kvm_vm *from, struct kvm_vm *to)
{
	struct userspace_mem_region *region;
	int bkt;

	hash_for_each(from->regions.slot_hash, bkt, region, slot_node)
		memcpy(addr_gpa2hva(to, region->region.guest_phys_addr),
		       (void *)region->region.userspace_addr,
		       region->region.memory_size);
}

/* Everything but the wires, which are the VMM's, goes to another VM. */
TEST_F(move, guest_does_not_notice)
{
	struct kvm_irq_level line = { .irq = 7 };
	struct kvm_vcpu *vcpu, *next;
	struct kvm_vm *vm, *new;
	int aia, new_aia;

	vm = vm_create_with_one_vcpu(&vcpu, guest_traveller);
	aia = rv_aia_setup(vm, variant->mode, 1, NR_IDS, 40);
	for (uint64_t n = 1; n <= 12; n++) {
		vcpu_run(vcpu);
		ASSERT_EQ(KVM_EXIT_RISCV_SBI, vcpu->run->exit_reason);
		ASSERT_EQ(SBI_EXPERIMENTAL, vcpu->run->riscv_sbi.extension_id);
		ASSERT_EQ(n, vcpu->run->riscv_sbi.args[0]);
		/* The edge first, so that there is one where it is seen. */
		line.level = 0;
		vm_ioctl(vm, KVM_IRQ_LINE, &line);
		line.level = 1;
		vm_ioctl(vm, KVM_IRQ_LINE, &line);
		ASSERT_EQ(0, rv_msi(vm, IMSIC_GPA, n % 30 + 1));
		if (n % 3)
			continue;

		/* Let the call complete, so that nothing is half done. */
		vcpu->run->immediate_exit = 1;
		rv_run_errno(vcpu);
		vcpu->run->immediate_exit = 0;
		new = vm_create_with_one_vcpu(&next, guest_traveller);
		new_aia = rv_aia_setup(new, variant->mode, 1, NR_IDS, 40);
		vm_ioctl(new, KVM_IRQ_LINE, &line);
		copy_memory(vm, new);
		copy_registers(vcpu, next);
		copy_aia(aia, new_aia);
		close(aia);
		kvm_vm_free(vm);
		vm = new;
		vcpu = next;
		aia = new_aia;
	}
	close(aia);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
