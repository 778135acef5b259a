// SPDX-License-Identifier: GPL-2.0-only
/*
 * ISA extensions that are younger than 6.12: they are there where the host's
 * device tree has them, and switch what they should.
 */
#include "rvtest.h"
#include "rvharness.h"

#include <fcntl.h>
#include <glob.h>

/* Numbers that the exported headers of 6.12 do not have */
enum {
	SMNPM = 62, SSNPM, SVADE, SVADU, SVVPTC, ZABHA, ZICCRSE, ZAAMO, ZALRSC,
	ZICBOP, ZFBFMIN, ZVFBFMIN, ZVFBFWMA, ZCLSD, ZILSD, ZALASR, NR_ISA,
};

#define ZICBOP_BLOCK_SIZE	(RISCV_CONFIG_REG(satp_mode) + 1)
#define PTE_A			(1UL << 6)
#define PTE_D			(1UL << 7)
#define SENVCFG_PMM		(3UL << 32)

static const char *const names[NR_ISA] = {
	[SMNPM] = "smnpm", [SSNPM] = "ssnpm", [SVADE] = "svade",
	[SVADU] = "svadu", [SVVPTC] = "svvptc", [ZABHA] = "zabha",
	[ZICCRSE] = "ziccrse", [ZAAMO] = "zaamo", [ZALRSC] = "zalrsc",
	[ZICBOP] = "zicbop", [ZFBFMIN] = "zfbfmin", [ZVFBFMIN] = "zvfbfmin",
	[ZVFBFWMA] = "zvfbfwma", [ZCLSD] = "zclsd", [ZILSD] = "zilsd",
	[ZALASR] = "zalasr",
};

static void guest_done(void)
{
	GUEST_DONE();
}

static bool file_has_string(const char *path, const char *string)
{
	int fd = open(path, O_RDONLY);
	char buf[4096];
	ssize_t n;

	TEST_ASSERT(fd >= 0, "%s", path);
	n = read(fd, buf, sizeof(buf));
	close(fd);
	for (ssize_t i = 0; i < n; i += strlen(buf + i) + 1)
		if (!strcmp(buf + i, string))
			return true;
	return false;
}

/* Do all harts have it, by the device tree? */
static bool described(const char *name)
{
	bool all = true;
	glob_t cpus;

	TEST_ASSERT(!glob("/proc/device-tree/cpus/cpu@*/riscv,isa-extensions", 0,
			  NULL, &cpus), "no device tree");
	for (size_t i = 0; i < cpus.gl_pathc; i++)
		all &= file_has_string(cpus.gl_pathv[i], name);
	globfree(&cpus);
	return all;
}

static int isa_errno(struct kvm_vcpu *vcpu, bool set, unsigned long ext,
		     uint64_t val)
{
	return rv_reg_errno(vcpu, set, RISCV_ISA_EXT_REG(ext), &val);
}

/* Whether the hart can, is another question: see the tests below. */
static bool is_expected(unsigned int ext)
{
	switch (ext) {
	case SMNPM:
		return described("ssnpm");
	case ZAAMO:
	case ZALRSC:
		return true;
	case ZCLSD:
	case ZILSD:
		return false;
	default:
		return described(names[ext]);
	}
}

TEST(there_where_the_host_has_them)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_done);

	for (unsigned int ext = SMNPM; ext < NR_ISA; ext++) {
		bool there = !isa_errno(vcpu, false, ext, 0);

		if (ext == SVADE || ext == SVADU)
			continue;
		TEST_ASSERT(there == is_expected(ext), "%s: %d", names[ext], there);
		TEST_ASSERT(there == rv_has_isa(vcpu, ext), "%s is off", names[ext]);
		ASSERT_EQ(there ? 0 : ENOENT, isa_errno(vcpu, true, ext, 1));
		if (ext == SMNPM)
			continue;
		/* No CSR takes it away. */
		ASSERT_EQ(there ? EINVAL : ENOENT, isa_errno(vcpu, true, ext, 0));
	}
	ASSERT_EQ(ENOENT, isa_errno(vcpu, false, NR_ISA, 0));
	ASSERT_EQ(ENOENT, isa_errno(vcpu, true, NR_ISA, 1));
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST(zicbop_block_size)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	uint64_t size = 0;

	if (!rv_has_isa(vcpu, ZICBOP)) {
		ASSERT_EQ(ENOENT, rv_reg_errno(vcpu, false, ZICBOP_BLOCK_SIZE, &size));
		SKIP(return, "the host has no Zicbop: ENOENT checked only");
	}
	ASSERT_EQ(0, rv_reg_errno(vcpu, false, ZICBOP_BLOCK_SIZE, &size));
	/* QEMU's, in big endian there */
	ASSERT_EQ(64, size);
	ASSERT_EQ(0, rv_reg_errno(vcpu, true, ZICBOP_BLOCK_SIZE, &size));
	size = 128;
	ASSERT_EQ(EINVAL, rv_reg_errno(vcpu, true, ZICBOP_BLOCK_SIZE, &size));
	kvm_vm_free(vm);
}

static void guest_touch(volatile uint64_t *word, bool by_hardware)
{
	struct guest_trap trap;

	GUEST_TRY(&trap, "ld %[r], 0(%[a])", [a] "r" (word));
	if (!by_hardware)
		GUEST_EXPECT_TRAP(&trap, CAUSE_LOAD_PAGE);
	else
		GUEST_ASSERT(!trap.taken);
	GUEST_SYNC(1);
	GUEST_TRY(&trap, "sd zero, 0(%[a])", [a] "r" (word));
	if (!by_hardware)
		GUEST_EXPECT_TRAP(&trap, CAUSE_STORE_PAGE);
	else
		GUEST_ASSERT(!trap.taken);
	GUEST_DONE();
}

/* Lets a guest touch a page whose PTE has neither A nor D. */
static void try_ad(bool svade, int svadu, bool by_hardware)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_touch);
	vm_vaddr_t gva = vm_vaddr_alloc_page(vm);
	vm_paddr_t pte_gpa;
	uint64_t *pte;

	vcpu_set_reg(vcpu, RISCV_ISA_EXT_REG(SVADE), svade);
	if (svadu >= 0)
		vcpu_set_reg(vcpu, RISCV_ISA_EXT_REG(SVADU), svadu);
	vcpu_args_set(vcpu, 2, gva, (uint64_t)by_hardware);
	pte = rv_leaf_pte(vm, gva, &pte_gpa);
	*pte &= ~(PTE_A | PTE_D);
	rv_run_sync(vcpu, 1);
	TEST_ASSERT_EQ(*pte & (PTE_A | PTE_D), by_hardware ? PTE_A : 0);
	rv_run_done(vcpu);
	TEST_ASSERT_EQ(*pte & (PTE_A | PTE_D), by_hardware ? PTE_A | PTE_D : 0);
	kvm_vm_free(vm);
}

static bool host_has(unsigned int ext)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	bool has = !isa_errno(vcpu, false, ext, 0);

	kvm_vm_free(vm);
	return has;
}

TEST(svade)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	if (host_has(SVADU))
		SKIP(return, "the host has Svadu as well");
	ASSERT_EQ(described("svade"), host_has(SVADE));
	if (!host_has(SVADE))
		SKIP(return, "the host has no Svade");
	try_ad(true, -1, false);

	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	ASSERT_TRUE(rv_has_isa(vcpu, SVADE));
	ASSERT_EQ(EINVAL, isa_errno(vcpu, true, SVADE, 0));
	ASSERT_EQ(ENOENT, isa_errno(vcpu, true, SVADU, 1));
	kvm_vm_free(vm);
}

TEST(svadu)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	if (!host_has(SVADU))
		SKIP(return, "the host has no Svadu, or its firmware chose Svade");
	vm = vm_create_with_one_vcpu(&vcpu, guest_done);
	ASSERT_TRUE(rv_has_isa(vcpu, SVADE));
	ASSERT_TRUE(rv_has_isa(vcpu, SVADU));
	kvm_vm_free(vm);

	try_ad(true, true, false);
	try_ad(true, false, false);
	try_ad(false, true, true);
}

static void guest_ssnpm(void)
{
	/* The hart has what it was found to have: some length is not 0. */
	csr_write(CSR_SENVCFG, SENVCFG_PMM);
	if (!(csr_read(CSR_SENVCFG) & SENVCFG_PMM))
		csr_write(CSR_SENVCFG, 2UL << 32);
	GUEST_ASSERT(csr_read(CSR_SENVCFG) & SENVCFG_PMM);
	GUEST_DONE();
}

TEST(ssnpm)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_ssnpm);

	if (!rv_has_isa(vcpu, SSNPM))
		SKIP(return, "the host has no Ssnpm");
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
