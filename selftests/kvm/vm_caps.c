// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_ENABLE_CAP of VMs: how wide guest physical addresses are, and vCPUs that
 * user space resets by KVM_SET_MP_STATE.
 */
#include "rvtest.h"
#include "rvharness.h"

#ifndef KVM_CAP_RISCV_MP_STATE_RESET
#define KVM_CAP_RISCV_MP_STATE_RESET	242
#endif

#define SLOT		7

static const unsigned int widths[] = { 41, 50, 59 };

static int enable_errno(struct kvm_vm *vm, uint32_t cap, uint32_t flags,
			uint64_t arg)
{
	struct kvm_enable_cap enable = {
		.cap = cap, .flags = flags, .args = { arg },
	};

	return ioctl(vm->fd, KVM_ENABLE_CAP, &enable) ? errno : 0;
}

static int slot_errno(struct kvm_vm *vm, uint64_t gpa, uint64_t size, void *hva)
{
	return __vm_set_user_memory_region(vm, SLOT, 0, gpa, size, hva) ? errno : 0;
}

static unsigned int host_bits(void)
{
	return kvm_check_cap(KVM_CAP_VM_GPA_BITS);
}

/* The smallest width that has @bits; more than there is if none has. */
static unsigned int width_for(uint64_t bits)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(widths); i++)
		if (bits <= widths[i])
			return widths[i];
	return 64;
}

TEST(gpa_bits_are_rounded_up)
{
	struct kvm_vm *vm = vm_create_barebones();

	ASSERT_EQ(host_bits(), vm_check_cap(vm, KVM_CAP_VM_GPA_BITS));
	for (uint64_t bits = 0; bits <= 65; bits++) {
		unsigned int before = vm_check_cap(vm, KVM_CAP_VM_GPA_BITS);
		bool fits = width_for(bits) <= host_bits();

		ASSERT_EQ(fits ? 0 : EINVAL,
			  enable_errno(vm, KVM_CAP_VM_GPA_BITS, 0, bits));
		ASSERT_EQ(fits ? width_for(bits) : before,
			  vm_check_cap(vm, KVM_CAP_VM_GPA_BITS));
	}
	ASSERT_EQ(EINVAL, enable_errno(vm, KVM_CAP_VM_GPA_BITS, 0, 41 + (1UL << 32)));
	ASSERT_EQ(EINVAL, enable_errno(vm, KVM_CAP_VM_GPA_BITS, 1, 41));
	ASSERT_EQ(EINVAL, enable_errno(vm, KVM_CAP_ONE_REG, 0, 1));
	kvm_vm_free(vm);

	/* A VM of its own */
	vm = vm_create_barebones();
	ASSERT_EQ(host_bits(), vm_check_cap(vm, KVM_CAP_VM_GPA_BITS));
	kvm_vm_free(vm);
}

TEST(gpa_bits_limit_memory)
{
	uint64_t end = 1UL << widths[0];
	struct kvm_vm *vm = vm_create_barebones();
	void *mem = mmap(NULL, 2 * PAGE_SZ, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, slot_errno(vm, host_bits() > widths[0] ? end : 0, PAGE_SZ, mem));
	ASSERT_EQ(EBUSY, enable_errno(vm, KVM_CAP_VM_GPA_BITS, 0, 41));
	ASSERT_EQ(host_bits(), vm_check_cap(vm, KVM_CAP_VM_GPA_BITS));

	ASSERT_EQ(0, slot_errno(vm, 0, 0, mem));
	ASSERT_EQ(0, enable_errno(vm, KVM_CAP_VM_GPA_BITS, 0, 41));
	ASSERT_EQ(EFAULT, slot_errno(vm, end, PAGE_SZ, mem));
	ASSERT_EQ(EFAULT, slot_errno(vm, end - PAGE_SZ, 2 * PAGE_SZ, mem));
	ASSERT_EQ(0, slot_errno(vm, end - PAGE_SZ, PAGE_SZ, mem));
	kvm_vm_free(vm);

	vm = vm_create_barebones();
	__vm_vcpu_add(vm, 0);
	ASSERT_EQ(EBUSY, enable_errno(vm, KVM_CAP_VM_GPA_BITS, 0, 41));
	kvm_vm_free(vm);
}

/* Tells what the word is, and adds one. */
static void guest_increment(volatile uint64_t *word)
{
	for (;;) {
		GUEST_SYNC(*word);
		*word += 1;
	}
}

/*
 * A VM with addresses of @bits, 0 for the default, whose guest has the last page
 * of its space at HOLE_GVA and @mem behind it.
 */
static struct kvm_vcpu *create_with_bits(unsigned int bits, void *mem)
{
	struct kvm_vm *vm = vm_create(1);
	struct userspace_mem_region *region = memslot2region(vm, 0);
	struct kvm_userspace_memory_region2 none = region->region;
	struct kvm_vcpu *vcpu;
	uint64_t gpa, *pte;
	vm_paddr_t pte_gpa;

	/* Nothing ran yet: the library's memory can be taken out and put back. */
	none.memory_size = 0;
	vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION2, &none);
	if (bits)
		vm_enable_cap(vm, KVM_CAP_VM_GPA_BITS, bits);
	else
		bits = host_bits();
	vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION2, &region->region);

	gpa = (1UL << min(bits, 56U)) - PAGE_SZ;
	TEST_ASSERT(!slot_errno(vm, gpa, PAGE_SZ, mem), "slot at the end");
	vcpu = vm_vcpu_add(vm, 0, guest_increment);
	rv_map_hole(vm, 1);
	pte = rv_leaf_pte(vm, HOLE_GVA, &pte_gpa);
	*pte = (*pte & ~PGTBL_PTE_ADDR_MASK) |
	       ((gpa >> PGTBL_PAGE_SIZE_SHIFT) << PGTBL_PTE_ADDR_SHIFT);
	vcpu_args_set(vcpu, 1, HOLE_GVA);
	return vcpu;
}

/* On one CPU, in turns */
TEST(vms_of_different_widths)
{
	struct kvm_vcpu *vcpus[ARRAY_SIZE(widths)];
	uint64_t *mem = mmap(NULL, ARRAY_SIZE(widths) * PAGE_SZ,
			     PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int nr = 0;

	ASSERT_NE(MAP_FAILED, (void *)mem);
	rv_pin_to(0);
	for (unsigned int i = 0; i < ARRAY_SIZE(widths); i++) {
		if (widths[i] > host_bits())
			break;
		mem[nr * 512] = 1000 * nr;
		vcpus[nr] = create_with_bits(widths[i] == host_bits() ? 0 : widths[i],
					     &mem[nr * 512]);
		nr++;
	}
	for (unsigned int round = 0; round < 20; round++)
		for (unsigned int i = 0; i < nr; i++)
			rv_run_sync(vcpus[i], 1000 * i + round);
	for (unsigned int i = 0; i < nr; i++) {
		ASSERT_EQ(1000 * i + 19, mem[i * 512]);
		kvm_vm_free(vcpus[i]->vm);
	}
}

static void guest_leaves_traces(void)
{
	csr_write(CSR_SSCRATCH, 0x1234);
	csr_write(CSR_SIE, 1UL << IRQ_TIMER);
	csr_set(CSR_SSTATUS, SSTATUS_FS);
	GUEST_SYNC(1);
	GUEST_FAIL("went on after a reset");
}

static int mp_errno(struct kvm_vcpu *vcpu, uint32_t state)
{
	struct kvm_mp_state mp = { .mp_state = state };

	return __vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &mp) ? errno : 0;
}

TEST(mp_state_resets)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_leaves_traces);
	uint64_t compare = 12345;

	rv_run_sync(vcpu, 1);
	ASSERT_EQ(EINVAL, mp_errno(vcpu, KVM_MP_STATE_INIT_RECEIVED));
	ASSERT_EQ(0x1234, rv_get(vcpu, RV_CSR(sscratch)));

	ASSERT_EQ(EINVAL, enable_errno(vm, KVM_CAP_RISCV_MP_STATE_RESET, 1, 0));
	ASSERT_EQ(EINVAL, mp_errno(vcpu, KVM_MP_STATE_INIT_RECEIVED));
	ASSERT_EQ(1, vm_check_cap(vm, KVM_CAP_RISCV_MP_STATE_RESET));
	ASSERT_EQ(0, enable_errno(vm, KVM_CAP_RISCV_MP_STATE_RESET, 0, 0));

	vcpu_set_reg(vcpu, RISCV_TIMER_REG(compare), compare);
	ASSERT_EQ(0, mp_errno(vcpu, KVM_MP_STATE_INIT_RECEIVED));
	ASSERT_EQ(0, rv_get(vcpu, RV_CORE(regs.pc)));
	ASSERT_EQ(0, rv_get(vcpu, RV_CORE(regs.sp)));
	ASSERT_EQ(KVM_RISCV_MODE_S, rv_get(vcpu, RV_CORE(mode)));
	ASSERT_EQ(0, rv_get(vcpu, RV_CSR(sscratch)));
	ASSERT_EQ(0, rv_get(vcpu, RV_CSR(stvec)));
	ASSERT_EQ(0, rv_get(vcpu, RV_CSR(sie)));
	ASSERT_EQ(0, rv_get(vcpu, RV_CSR(satp)));
	ASSERT_EQ(0, rv_get(vcpu, RV_CSR(sstatus)) & (SSTATUS_FS | SSTATUS_VS));
	ASSERT_NE(compare, rv_get(vcpu, RISCV_TIMER_REG(compare)));
	ASSERT_EQ(KVM_MP_STATE_RUNNABLE, rv_mp_state(vcpu));

	rv_set_mp_state(vcpu, KVM_MP_STATE_STOPPED);
	ASSERT_EQ(0, mp_errno(vcpu, KVM_MP_STATE_INIT_RECEIVED));
	ASSERT_EQ(KVM_MP_STATE_STOPPED, rv_mp_state(vcpu));
	kvm_vm_free(vm);
}

/* Two places to begin at, with translation off: each tells which it was. */
asm(".pushsection .text\n"
	".balign 4\n"
	"place_1:\n"
	"	li	a6, 11\n"
	"	j	1f\n"
	"place_2:\n"
	"	li	a6, 12\n"
	"1:	li	a7, " __stringify(KVM_RISCV_SELFTESTS_SBI_EXT) "\n"
	"	ecall\n"
	"	j	1b\n"
	".popsection\n");
extern char place_1[], place_2[];

static void guest_starts_another(uint64_t pc)
{
	GUEST_ASSERT_EQ(guest_sbi(SBI_HSM, 0, 1, pc, 0, 0, 0).error, 0L);
	GUEST_DONE();
}

/* What user space sets after the reset is not undone by a start before it. */
TEST(reset_drops_a_pending_start)
{
	for (int reset = 0; reset < 2; reset++) {
		struct kvm_vcpu *vcpus[2];
		struct kvm_vm *vm;

		vm = vm_create_with_vcpus(2, guest_starts_another, vcpus);
		vm_enable_cap(vm, KVM_CAP_RISCV_MP_STATE_RESET, 0);
		rv_set_mp_state(vcpus[1], KVM_MP_STATE_STOPPED);
		vcpu_args_set(vcpus[0], 1, addr_gva2gpa(vm, (uintptr_t)place_1));
		rv_run_done(vcpus[0]);

		ASSERT_EQ(KVM_MP_STATE_RUNNABLE, rv_mp_state(vcpus[1]));
		if (reset)
			ASSERT_EQ(0, mp_errno(vcpus[1], KVM_MP_STATE_INIT_RECEIVED));
		vcpu_set_reg(vcpus[1], RV_CORE(regs.pc),
			     addr_gva2gpa(vm, (uintptr_t)place_2));
		vcpu_run(vcpus[1]);
		ASSERT_EQ(KVM_EXIT_RISCV_SBI, vcpus[1]->run->exit_reason);
		ASSERT_EQ(reset ? 12 : 11, vcpus[1]->run->riscv_sbi.function_id);
		kvm_vm_free(vm);
	}
}

TEST_HARNESS_MAIN
