// SPDX-License-Identifier: GPL-2.0-only
/*
 * IMSIC: random accesses by a guest and random MSIs against a model, with the
 * software file and with guest interrupt files.
 */
#include "rvaia.h"
#include "rvharness.h"

#define NR_IDS	127U
#define NR_OPS	3000

enum op { OP_SIREG, OP_READ, OP_CLAIM, OP_STOPEI, OP_PENDING, OP_END };

/* What the host asks the guest to do, and what came of it */
static struct {
	uint64_t op;
	uint64_t isel;
	uint64_t val;
} job;

static void guest_jobs(void)
{
	csr_write(CSR_SIE, 1UL << IRQ_EXT);
	for (;;) {
		GUEST_SYNC(1);
		switch (READ_ONCE(job.op)) {
		case OP_SIREG:
			job.val = guest_sireg_write(job.isel, job.val);
			break;
		case OP_READ:
			job.val = guest_sireg_read(job.isel);
			break;
		case OP_CLAIM:
			job.val = guest_claim();
			break;
		case OP_STOPEI:
			job.val = guest_stopei();
			break;
		case OP_PENDING:
			job.val = !!(csr_read(CSR_SIP) & (1UL << IRQ_EXT));
			break;
		default:
			GUEST_DONE();
		}
	}
}

FIXTURE(imsic) {
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	int aia;
};

FIXTURE_VARIANT(imsic) {
	unsigned int mode;
};

FIXTURE_VARIANT_ADD(imsic, software) {
	.mode = KVM_DEV_RISCV_AIA_MODE_EMUL,
};

FIXTURE_VARIANT_ADD(imsic, guest_file) {
	.mode = KVM_DEV_RISCV_AIA_MODE_HWACCEL,
};

FIXTURE_SETUP(imsic)
{
	if (!rv_aia_possible())
		SKIP(return, "the host has no AIA");
	if (variant->mode && !rv_aia_guest_files())
		SKIP(return, "the host has no guest interrupt files");
	self->vm = vm_create_with_one_vcpu(&self->vcpu, guest_jobs);
	self->aia = rv_aia_setup(self->vm, variant->mode, 1, NR_IDS, 0);
	rv_run_sync(self->vcpu, 1);
}

FIXTURE_TEARDOWN(imsic)
{
	close(self->aia);
	kvm_vm_free(self->vm);
}

static uint64_t guest_does(struct kvm_vcpu *vcpu, enum op op, uint64_t isel, uint64_t val)
{
	volatile uint64_t *words = addr_gva2hva(vcpu->vm, (uintptr_t)&job);

	words[0] = op;
	words[1] = isel;
	words[2] = val;
	rv_run_sync(vcpu, 1);
	return words[2];
}

struct model {
	uint64_t delivery;
	uint64_t threshold;
	uint64_t eip[2];
	uint64_t eie[2];
};

static unsigned int model_top(const struct model *m)
{
	for (unsigned int id = 1; id <= NR_IDS; id++) {
		if (m->threshold && id >= m->threshold)
			return 0;
		if (m->eip[id / 64] & m->eie[id / 64] & (1UL << (id % 64)))
			return id;
	}
	return 0;
}

TEST_F(imsic, follows_the_model)
{
	uint64_t seed = 0x13198a2e03707344;
	struct model m = {};

	for (unsigned int op = 0; op < NR_OPS; op++) {
		uint64_t val = rv_random(&seed) & rv_random(&seed);
		unsigned int id = 1 + rv_random(&seed) % NR_IDS;
		unsigned int w = rv_random(&seed) % 2;
		unsigned int top = model_top(&m);

		switch (rv_random(&seed) % 9) {
		case 0:
			ASSERT_EQ(m.eip[w], guest_does(self->vcpu, OP_SIREG,
						       IMSIC_EIP0 + 2 * w, val));
			m.eip[w] = w ? val : val & ~1UL;
			break;
		case 1:
			ASSERT_EQ(m.eie[w], guest_does(self->vcpu, OP_SIREG,
						       IMSIC_EIE0 + 2 * w, val));
			m.eie[w] = w ? val : val & ~1UL;
			break;
		case 2:
			val = rv_random(&seed) % 3 ? 0 : id;
			ASSERT_EQ(m.threshold, guest_does(self->vcpu, OP_SIREG,
							  IMSIC_EITHRESHOLD, val));
			m.threshold = val;
			break;
		case 3:
			val = rv_random(&seed) % 4 ? 1 : 0;
			ASSERT_EQ(m.delivery, guest_does(self->vcpu, OP_SIREG,
							 IMSIC_EIDELIVERY, val));
			m.delivery = val;
			break;
		case 4:
			ASSERT_EQ(top, guest_does(self->vcpu, OP_CLAIM, 0, 0));
			if (top)
				m.eip[top / 64] &= ~(1UL << (top % 64));
			break;
		case 5:
			ASSERT_EQ(top << 16 | top, guest_does(self->vcpu, OP_STOPEI, 0, 0));
			break;
		case 6:
			ASSERT_EQ(m.delivery && top,
				  guest_does(self->vcpu, OP_PENDING, 0, 0)) {
				TH_LOG("operation %u", op);
			}
			break;
		case 7:
			ASSERT_EQ(m.eip[w], rv_imsic_get(self->aia, 0, IMSIC_EIP0 + 2 * w));
			break;
		default:
			ASSERT_EQ(0, rv_msi(self->vm, IMSIC_GPA, id));
			m.eip[id / 64] |= 1UL << (id % 64);
		}
	}
}

/* What is written by attributes is what the guest finds, and the reverse. */
TEST_F(imsic, attributes_are_the_registers)
{
	rv_imsic_set(self->aia, 0, IMSIC_EIP0, 0xf0);
	rv_imsic_set(self->aia, 0, IMSIC_EIE0, 0x30);
	rv_imsic_set(self->aia, 0, IMSIC_EIDELIVERY, 1);
	ASSERT_EQ(0xf0, guest_does(self->vcpu, OP_READ, IMSIC_EIP0, 0));
	ASSERT_EQ(1, guest_does(self->vcpu, OP_PENDING, 0, 0));
	ASSERT_EQ(4, guest_does(self->vcpu, OP_CLAIM, 0, 0));
	ASSERT_EQ(0xe0, rv_imsic_get(self->aia, 0, IMSIC_EIP0));
	rv_imsic_set(self->aia, 0, IMSIC_EITHRESHOLD, 5);
	ASSERT_EQ(0, guest_does(self->vcpu, OP_PENDING, 0, 0));
	ASSERT_EQ(5, guest_does(self->vcpu, OP_READ, IMSIC_EITHRESHOLD, 0));
}

/* sip as user space overwrites it does not take the file's interrupt away. */
TEST_F(imsic, sip_follows_the_file)
{
	rv_imsic_set(self->aia, 0, IMSIC_EIP0, 2);
	rv_imsic_set(self->aia, 0, IMSIC_EIE0, 2);
	rv_imsic_set(self->aia, 0, IMSIC_EIDELIVERY, 1);
	vcpu_set_reg(self->vcpu, RV_CSR(sip), 0);
	ASSERT_EQ(1, guest_does(self->vcpu, OP_PENDING, 0, 0));
	rv_imsic_set(self->aia, 0, IMSIC_EIP0, 0);
	vcpu_set_reg(self->vcpu, RV_CSR(sip), 1UL << IRQ_EXT);
	ASSERT_EQ(0, guest_does(self->vcpu, OP_PENDING, 0, 0));
}

static void guest_csrs(void)
{
	struct guest_trap t;

	/* Priorities of local interrupts are where they are written to. */
	guest_sireg_write(0x30, 0x4400112200000000);
	GUEST_ASSERT_EQ(guest_sireg_read(0x30) & 0xff00, 0UL);
	/* Half a register, none at all, identities that there are not */
	GUEST_TRY(&t, "csrw 0x150, %[sel]\n\tcsrr %[r], 0x151", [sel] "r" (0x31UL));
	GUEST_ASSERT(t.taken && t.cause == CAUSE_INST_ILLEGAL);
	GUEST_TRY(&t, "csrw 0x150, %[sel]\n\tcsrr %[r], 0x151", [sel] "r" (0x81UL));
	GUEST_ASSERT(t.taken && t.cause == CAUSE_INST_ILLEGAL);
	GUEST_TRY(&t, "csrw 0x150, %[sel]\n\tcsrr %[r], 0x151", [sel] "r" (0x71UL));
	GUEST_ASSERT(t.taken && t.cause == CAUSE_INST_ILLEGAL);
	GUEST_DONE();
}

TEST(csrs_that_are_not_there)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	if (!rv_aia_possible())
		SKIP(return, "the host has no AIA");
	vm = vm_create_with_one_vcpu(&vcpu, guest_csrs);
	close(rv_aia_setup(vm, KVM_DEV_RISCV_AIA_MODE_EMUL, 1, 63, 0));
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

static void guest_asks_user(void)
{
	GUEST_ASSERT_EQ(guest_sireg_write(IMSIC_EIE0, 0x55), 0x1234UL);
	GUEST_ASSERT_EQ(guest_claim(), 7UL);
	GUEST_DONE();
}

/* A VMM that has the controller itself serves the CSRs. */
TEST(csrs_of_a_controller_in_user_space)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	if (!rv_aia_possible())
		SKIP(return, "the host has no AIA");
	vm = vm_create_with_one_vcpu(&vcpu, guest_asks_user);
	vcpu_run(vcpu);
	ASSERT_EQ(KVM_EXIT_RISCV_CSR, vcpu->run->exit_reason);
	ASSERT_EQ(0x151, vcpu->run->riscv_csr.csr_num);
	ASSERT_EQ(0x55, vcpu->run->riscv_csr.new_value);
	ASSERT_EQ(-1UL, vcpu->run->riscv_csr.write_mask);
	vcpu->run->riscv_csr.ret_value = 0x1234;
	vcpu_run(vcpu);
	ASSERT_EQ(0x15c, vcpu->run->riscv_csr.csr_num);
	vcpu->run->riscv_csr.ret_value = 7 << 16;
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
