// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI calls with a hart mask: IPI and RFENCE. Windows of 64 harts, harts that
 * do not exist, and whether a remote fence really reaches a running hart.
 */
#include "rvtest.h"
#include "rvharness.h"

#define SBI_ALL_HARTS		-1UL
#define FID_FENCE_I		0
#define FID_SFENCE		1
#define FID_SFENCE_ASID		2
#define FID_HFENCE_FIRST	3
#define FID_HFENCE_LAST		6

/* A hart id beyond the first window of 64. */
#define FAR_HART		70

static const uint32_t hart_ids[] = { 0, 1, FAR_HART };

#define NR_HARTS		ARRAY_SIZE(hart_ids)

/**
 * struct mask_case - a hart mask and whom it names
 * @mask: a0 of the call
 * @base: a1 of the call
 * @error: what the call returns
 * @reached: bitmap over hart_ids[], checked if there is no error
 */
struct mask_case {
	unsigned long mask;
	unsigned long base;
	long error;
	unsigned int reached;
};

static const struct mask_case mask_cases[] = {
	{ 0x1, 0, 0, 0x1 },
	{ 0x2, 0, 0, 0x2 },
	{ 0x3, 0, 0, 0x3 },
	{ 0x1, 1, 0, 0x2 },
	{ 0x0, 0, 0, 0x0 },
	{ 1UL << (FAR_HART - 64), 64, 0, 0x4 },
	{ 0x1, FAR_HART, 0, 0x4 },
	{ 1UL << 63, FAR_HART - 63, 0, 0x4 },
	{ 0x0, SBI_ALL_HARTS, 0, 0x7 },
	{ -1UL, SBI_ALL_HARTS, 0, 0x7 },
	{ 0x4, 0, SBI_ERR_INVALID_PARAM, 0 },
	{ 0x7, 0, SBI_ERR_INVALID_PARAM, 0 },
	{ -1UL, 0, SBI_ERR_INVALID_PARAM, 0 },
	{ 0x3, FAR_HART - 1, SBI_ERR_INVALID_PARAM, 0 },
	{ 0x1, 1000, SBI_ERR_INVALID_PARAM, 0 },
	{ 0x1, 1UL << 32, SBI_ERR_INVALID_PARAM, 0 },
	{ 0x7, -2UL, SBI_ERR_INVALID_PARAM, 0 },
	{ 1UL << 63, -64UL, SBI_ERR_INVALID_PARAM, 0 },
};

static void guest_call(unsigned long ext, unsigned long fid)
{
	for (unsigned long i = 0; i < ARRAY_SIZE(mask_cases); i++) {
		const struct mask_case *c = &mask_cases[i];
		struct sbiret ret;

		ret = guest_sbi(ext, fid, c->mask, c->base, 0x10000, PAGE_SZ, 1);
		__GUEST_ASSERT(ret.error == c->error,
			       "mask %#lx base %#lx: %ld instead of %ld",
			       c->mask, c->base, ret.error, c->error);
		GUEST_SYNC(i);
	}
	GUEST_DONE();
}

/* VM with the harts above, created from the last or from the first one. */
static struct kvm_vm *create(struct kvm_vcpu *vcpus[], void *guest_code,
			     bool backwards)
{
	struct kvm_vm *vm = vm_create(NR_HARTS);

	for (unsigned int i = 0; i < NR_HARTS; i++) {
		unsigned int n = backwards ? NR_HARTS - 1 - i : i;

		vcpus[n] = vm_vcpu_add(vm, hart_ids[n], guest_code);
	}
	return vm;
}

static unsigned int take_pending_ipis(struct kvm_vcpu *vcpus[])
{
	unsigned int pending = 0;

	for (unsigned int i = 0; i < NR_HARTS; i++) {
		if (rv_get(vcpus[i], RV_CSR(sip)) & (1UL << IRQ_SOFT))
			pending |= 1U << i;
		vcpu_set_reg(vcpus[i], RV_CSR(sip), 0);
	}
	return pending;
}

static void run_ipi(bool backwards)
{
	struct kvm_vcpu *vcpus[NR_HARTS];
	struct kvm_vm *vm = create(vcpus, guest_call, backwards);

	vcpu_args_set(vcpus[0], 2, SBI_IPI, 0UL);
	for (unsigned long i = 0; i < ARRAY_SIZE(mask_cases); i++) {
		unsigned int reached;

		rv_run_sync(vcpus[0], i);
		reached = take_pending_ipis(vcpus);
		if (!mask_cases[i].error)
			TEST_ASSERT(reached == mask_cases[i].reached,
				    "mask %#lx base %#lx reached %#x, not %#x",
				    mask_cases[i].mask, mask_cases[i].base,
				    reached, mask_cases[i].reached);
	}
	rv_run_done(vcpus[0]);
	kvm_vm_free(vm);
}

TEST(ipi_hart_masks) { run_ipi(false); }
TEST(ipi_hart_masks_any_creation_order) { run_ipi(true); }

/* A base that wraps around must not reach the low harts. */
static void guest_wrapping_ipi(void)
{
	guest_sbi(SBI_IPI, 0, 0x7, -2UL, 0, 0, 0);
	guest_sbi(SBI_IPI, 0, -1UL, -60UL, 0, 0, 0);
	GUEST_DONE();
}

TEST(ipi_base_does_not_wrap)
{
	struct kvm_vcpu *vcpus[NR_HARTS];
	struct kvm_vm *vm = create(vcpus, guest_wrapping_ipi, false);

	rv_run_done(vcpus[0]);
	ASSERT_EQ(0, take_pending_ipis(vcpus));
	kvm_vm_free(vm);
}

static void run_rfence(unsigned long fid)
{
	struct kvm_vcpu *vcpus[NR_HARTS];
	struct kvm_vm *vm = create(vcpus, guest_call, false);

	vcpu_args_set(vcpus[0], 2, SBI_RFENCE, fid);
	for (unsigned long i = 0; i < ARRAY_SIZE(mask_cases); i++)
		rv_run_sync(vcpus[0], i);
	rv_run_done(vcpus[0]);
	kvm_vm_free(vm);
}

TEST(fence_i_hart_masks) { run_rfence(FID_FENCE_I); }
TEST(sfence_hart_masks) { run_rfence(FID_SFENCE); }
TEST(sfence_asid_hart_masks) { run_rfence(FID_SFENCE_ASID); }

static void guest_hfence(void)
{
	struct sbiret ret;

	for (unsigned long fid = FID_HFENCE_FIRST; fid <= FID_HFENCE_LAST + 1;
	     fid++) {
		ret = guest_sbi(SBI_RFENCE, fid, 1, 0, 0, PAGE_SZ, 0);
		GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	}
	ret = guest_sbi(SBI_IPI, 1, 1, 0, 0, 0, 0);
	GUEST_ASSERT_EQ(ret.error, (long)SBI_ERR_NOT_SUPPORTED);
	GUEST_DONE();
}

TEST(hfence_is_not_supported)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_hfence);

	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

/*
 * Remote fences between running harts. One hart flips the PTE of a page
 * between two frames and fences; the other one reads through it all the time.
 */
#define FLIP_ROUNDS	1000
#define FRAME_A		1UL
#define FRAME_B		2UL

static struct {
	uint64_t seen;
	uint64_t reads;
	uint64_t stop;
} flip;

static void guest_reader(volatile uint64_t *window)
{
	while (!READ_ONCE(flip.stop)) {
		WRITE_ONCE(flip.seen, *window);
		asm volatile("fence rw, rw" ::: "memory");
		WRITE_ONCE(flip.reads, flip.reads + 1);
	}
	GUEST_DONE();
}

static const struct {
	unsigned long fid;
	unsigned long size;
	unsigned long mask;
	unsigned long base;
} flip_calls[] = {
	{ FID_SFENCE, PAGE_SZ, 0x2, 0 },
	{ FID_SFENCE, -1UL, 0x2, 0 },
	{ FID_SFENCE, 64 * PAGE_SZ, 0x1, 1 },
	{ FID_SFENCE_ASID, PAGE_SZ, 0x3, 0 },
	{ FID_SFENCE_ASID, -1UL, 0x0, SBI_ALL_HARTS },
};

static void guest_flipper(unsigned long window, volatile uint64_t *pte,
			  uint64_t pte_a, uint64_t pte_b)
{
	for (unsigned long i = 0; i < FLIP_ROUNDS; i++) {
		unsigned long n = i % ARRAY_SIZE(flip_calls);
		unsigned long end = guest_time() + 50 * 1000 * 1000;
		struct sbiret ret;
		uint64_t reads;

		*pte = (i & 1) ? pte_a : pte_b;
		asm volatile("fence rw, rw" ::: "memory");
		ret = guest_sbi(SBI_RFENCE, flip_calls[n].fid,
				flip_calls[n].mask, flip_calls[n].base,
				flip_calls[n].size == -1UL ? 0 : window,
				flip_calls[n].size, 0);
		GUEST_ASSERT_EQ(ret.error, 0L);

		/* The read under way when the fence ended may be an old one. */
		reads = READ_ONCE(flip.reads);
		while (READ_ONCE(flip.reads) < reads + 2)
			GUEST_ASSERT(guest_time() < end);
		__GUEST_ASSERT(READ_ONCE(flip.seen) == ((i & 1) ? FRAME_A : FRAME_B),
			       "call %lu: stale translation", n);
	}
	WRITE_ONCE(flip.stop, 1);
	GUEST_DONE();
}

TEST(sfence_reaches_running_harts)
{
	struct kvm_vcpu *vcpus[2];
	struct rv_thread threads[2];
	vm_vaddr_t window, other, pt_gva = HOLE_GVA + 64 * PAGE_SZ;
	uint64_t pte_a, pte_b, *reads;
	vm_paddr_t pte_gpa;
	struct kvm_vm *vm;

	vm = vm_create_with_vcpus(2, guest_flipper, vcpus);
	vcpu_arch_set_entry_point(vcpus[1], guest_reader);
	window = vm_vaddr_alloc_page(vm);
	other = vm_vaddr_alloc_page(vm);
	*(uint64_t *)addr_gva2hva(vm, window) = FRAME_A;
	*(uint64_t *)addr_gva2hva(vm, other) = FRAME_B;
	pte_b = *rv_leaf_pte(vm, other, &pte_gpa);
	pte_a = *rv_leaf_pte(vm, window, &pte_gpa);
	virt_map(vm, pt_gva, pte_gpa & ~(PAGE_SZ - 1), 1);

	vcpu_args_set(vcpus[0], 4, window,
		      pt_gva + (pte_gpa & (PAGE_SZ - 1)), pte_a, pte_b);
	vcpu_args_set(vcpus[1], 1, window);
	reads = addr_gva2hva(vm, (uintptr_t)&flip.reads);
	/* On one CPU, each change of threads would do for a fence. */
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "needs two CPUs");
	rv_pin_to(1);
	rv_thread_start(&threads[1], vcpus[1]);
	while (!READ_ONCE(*reads))
		usleep(1000);
	rv_pin_to(0);
	rv_thread_start(&threads[0], vcpus[0]);
	rv_thread_join_done(&threads[0]);
	rv_thread_join_done(&threads[1]);
	kvm_vm_free(vm);
}

/* Two harts that fence each other without pause must both get on. */
static void guest_fence_storm(unsigned long other)
{
	for (unsigned long i = 0; i < 3000; i++) {
		struct sbiret ret;

		ret = guest_sbi(SBI_RFENCE, FID_SFENCE, 1UL << other, 0,
				i * PAGE_SZ, PAGE_SZ * (1 + (i & 7)), 0);
		GUEST_ASSERT_EQ(ret.error, 0L);
	}
	GUEST_DONE();
}

TEST(mutual_fences_do_not_hang)
{
	struct kvm_vcpu *vcpus[2];
	struct rv_thread threads[2];
	struct kvm_vm *vm;

	vm = vm_create_with_vcpus(2, guest_fence_storm, vcpus);
	vcpu_args_set(vcpus[0], 1, 1UL);
	vcpu_args_set(vcpus[1], 1, 0UL);
	rv_thread_start(&threads[0], vcpus[0]);
	rv_thread_start(&threads[1], vcpus[1]);
	rv_thread_join_done(&threads[0]);
	rv_thread_join_done(&threads[1]);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
