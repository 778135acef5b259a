// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions that KVM raises in the guest: fetches from where no memory is,
 * and how the trap arrives (vector base, sstatus, from S- and from U-mode).
 */
#include "rvtest.h"
#include "rvharness.h"

#define CODE_SLOT	5
#define CODE_GPA	(HOLE_GPA + 16 * PAGE_SZ)
#define CODE_GVA	(HOLE_GVA + 16 * PAGE_SZ)

#define INSN_RET	0x00008067U	/* jalr x0, 0(ra) */
#define INSN_JR_A0	0x00050067U	/* jalr x0, 0(a0) */

#define SR_SPP_BIT	(1UL << 8)
#define SR_SPIE_BIT	(1UL << 5)
#define SR_SIE_BIT	(1UL << 1)

#define PTE_USER	PGTBL_PTE_USER_MASK

static void guest_fetch_hole(unsigned long offset)
{
	struct guest_trap trap;
	unsigned long target = HOLE_GVA + offset;

	GUEST_TRY(&trap, "jalr ra, 0(%[a])", [a] "r" (target));
	GUEST_ASSERT(trap.taken);
	GUEST_ASSERT_EQ(trap.cause, CAUSE_INST_ACCESS);
	GUEST_ASSERT_EQ(trap.epc, target);
	GUEST_ASSERT_EQ(trap.tval, target);
	GUEST_DONE();
}

static void run_fetch(unsigned long offset)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_fetch_hole);

	rv_map_hole(vm, 2);
	vcpu_args_set(vcpu, 1, offset);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(fetch_without_memslot) { run_fetch(0); }
TEST(fetch_without_memslot_inside_page) { run_fetch(0x123 * 2); }

static void guest_fetch_after_delete(void)
{
	struct guest_trap trap;

	GUEST_TRY(&trap, "jalr ra, 0(%[a])", [a] "r" (CODE_GVA));
	GUEST_ASSERT(!trap.taken);
	GUEST_SYNC(1);

	GUEST_TRY(&trap, "jalr ra, 0(%[a])", [a] "r" (CODE_GVA));
	GUEST_ASSERT(trap.taken);
	GUEST_ASSERT_EQ(trap.cause, CAUSE_INST_ACCESS);
	GUEST_ASSERT_EQ(trap.epc, CODE_GVA);
	GUEST_SYNC(2);

	asm volatile("fence.i" ::: "memory");
	GUEST_TRY(&trap, "jalr ra, 0(%[a])", [a] "r" (CODE_GVA));
	GUEST_ASSERT(!trap.taken);
	GUEST_DONE();
}

static void set_code_slot(struct kvm_vm *vm, void *hva, unsigned long size,
			  uint32_t flags)
{
	vm_set_user_memory_region(vm, CODE_SLOT, flags, CODE_GPA, size, hva);
}

TEST(fetch_follows_the_memslot)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	uint32_t *code;

	vm = vm_create_with_one_vcpu(&vcpu, guest_fetch_after_delete);
	virt_map(vm, CODE_GVA, CODE_GPA, 1);
	code = mmap(NULL, PAGE_SZ, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)code);
	*code = INSN_RET;

	set_code_slot(vm, code, PAGE_SZ, 0);
	rv_run_sync(vcpu, 1);
	set_code_slot(vm, code, 0, 0);
	rv_run_sync(vcpu, 2);
	/* Code in a read-only slot (a ROM) must be executable. */
	set_code_slot(vm, code, PAGE_SZ, KVM_MEM_READONLY);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

/* stvec in vectored mode: an exception goes to its base all the same. */
static void guest_vectored(void)
{
	struct guest_trap trap;

	GUEST_TRY_VEC(&trap, 1, "csrr %[r], hstatus");
	GUEST_EXPECT_TRAP(&trap, CAUSE_INST_ILLEGAL);
	GUEST_DONE();
}

TEST(vectored_stvec)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_vectored);

	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

/*
 * Traps once from S-mode, with @sie as sstatus.SIE, and returns the sstatus
 * that the handler found. No interrupt is enabled in sie.
 */
static unsigned long guest_trap_sstatus(unsigned long sie)
{
	unsigned long sstatus;

	asm volatile("la	t0, 1f\n"
		     "csrw	stvec, t0\n"
		     "csrci	sstatus, 2\n"
		     "csrs	sstatus, %[sie]\n"
		     "csrr	t0, hstatus\n"
		     ".balign	4\n"
		     "1: csrr	%[out], sstatus\n"
		     "csrci	sstatus, 2\n"
		     : [out] "=&r" (sstatus) : [sie] "r" (sie)
		     : "t0", "memory");
	return sstatus;
}

static void guest_sstatus(void)
{
	unsigned long mask = SR_SPP_BIT | SR_SPIE_BIT | SR_SIE_BIT;

	GUEST_ASSERT_EQ(guest_trap_sstatus(0) & mask, SR_SPP_BIT);
	GUEST_ASSERT_EQ(guest_trap_sstatus(SR_SIE_BIT) & mask,
			SR_SPP_BIT | SR_SPIE_BIT);
	GUEST_DONE();
}

TEST(sstatus_stack)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_sstatus);

	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static void guest_from_user(unsigned long user_pc, unsigned long target)
{
	unsigned long cause, epc, sstatus;

	asm volatile("la	t0, 1f\n"
		     "csrw	stvec, t0\n"
		     "csrw	sepc, %[pc]\n"
		     "csrc	sstatus, %[spp]\n"
		     "mv	a0, %[target]\n"
		     "sret\n"
		     ".balign	4\n"
		     "1: csrr	%[cause], scause\n"
		     "csrr	%[epc], sepc\n"
		     "csrr	%[sst], sstatus\n"
		     : [cause] "=&r" (cause), [epc] "=&r" (epc),
		       [sst] "=&r" (sstatus)
		     : [pc] "r" (user_pc), [target] "r" (target),
		       [spp] "r" (SR_SPP_BIT)
		     : "t0", "a0", "memory");
	GUEST_ASSERT_EQ(cause, CAUSE_INST_ACCESS);
	GUEST_ASSERT_EQ(epc, target);
	GUEST_ASSERT_EQ(sstatus & SR_SPP_BIT, 0UL);
	GUEST_DONE();
}

/* Makes the 4K mapping of @gva one for U-mode. */
static void make_user_page(struct kvm_vm *vm, vm_vaddr_t gva)
{
	vm_paddr_t gpa;

	*rv_leaf_pte(vm, gva, &gpa) |= PTE_USER;
}

TEST(from_user_mode)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_from_user);
	vm_vaddr_t code = vm_vaddr_alloc_page(vm);

	rv_map_hole(vm, 1);
	*(uint32_t *)addr_gva2hva(vm, code) = INSN_JR_A0;
	make_user_page(vm, code);
	make_user_page(vm, HOLE_GVA);
	vcpu_args_set(vcpu, 2, code, HOLE_GVA);
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
