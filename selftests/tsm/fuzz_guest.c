// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: a guest that does anything, and a host that answers anything.
 *
 * The input is what they do: which vCPU is run, why it traps and with which
 * registers, what the host has in its memory for it, and which pages it maps
 * and takes away.
 */

#include "guest.h"

#include <cove/abi.h>
#include <cove/covh.h>

#define VCPUS	3
/* All that the host must not see has this in its upper half. */
#define SECRET	0x5ec2e7a500000000ULL
/* Runs, or other things that the host does, for one input. */
#define STEPS	64

static const uint8_t *input;
static size_t left;

static uint8_t byte(void)
{
	if (!left)
		return 0;
	left--;
	return *input++;
}

/* A value that means something, near to one, or eight bytes of the input. */
static uint64_t any_value(void)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 6, 8, 10, 48, 64, 256, 336, 4096, 8192,
		DEVICE, DEVICE + 8, DEVICE + DEVICE_SIZE, NOWHERE,
		PRIVATE, PRIVATE + 4 * MIB, PRIVATE + PRIVATE_SIZE, PRIVATE_SIZE,
		SHARED, SHARED_SIZE, SHARED + 2 * MIB, SHARED + SHARED_SIZE, 2 * MIB,
		1ULL << 41, 1ULL << 63, ~0ULL, ~0ULL << 12, ~0ULL >> 1,
		0x10, 0x54494d45, 0x735049, 0x52464e43, 0x48534d, 0x53525354, 0x4442434e,
		0x434f5647, 0x434f5648, 0x80000000,
		/* instructions: wfi, wrs.nto; lw and sd as htinst has them */
		0x10500073, 0x00d00073, 0x2283, 0x503023, 0x2281, 0x3000, 0x3020,
	};
	uint8_t which = byte();
	uint64_t value = 0;
	unsigned int i;

	if (which < ARRAY_SIZE(values))
		return values[which];
	if (which < 128)
		return values[which % ARRAY_SIZE(values)] + (int8_t)byte();
	if (which < 192)
		return values[which % ARRAY_SIZE(values)] + 4096ULL * byte();
	if (which < 224)
		return byte();
	for (i = 0; i < 8; i++)
		value = value << 8 | byte();
	return value;
}

static void any_exit(struct vcpu *vcpu)
{
	static const uint64_t causes[] = { 10, 20, 21, 22, 23, 2, TIMER, INTERRUPT | 1 };
	uint8_t how = byte();
	unsigned int i;

	vcpu->exit = (struct vcpu_exit){ .cause = TIMER };
	if (!left)
		return;
	vcpu->exit.cause = how < 240 ? causes[how % ARRAY_SIZE(causes)] : any_value();
	if (vcpu->exit.cause == 10) {
		for (i = 10; i < 13; i++)
			vcpu->gpr[i] = any_value();
		vcpu->gpr[16] = byte() % 16;
		vcpu->gpr[17] = any_value();
		return;
	}
	vcpu->gpr[5] = 0x1234;
	vcpu->exit.tval = any_value();
	vcpu->exit.htval = any_value() >> 2;
	vcpu->exit.htinst = any_value();
	vcpu->privilege = how >> 7;
	vcpu->csr[VCPU_VSIE] = how & 0x22 ? 0x222 : 0;
}

static void secrets(struct vcpu *vcpu)
{
	unsigned int i;

	for (i = 1; i < 32; i++)
		vcpu->gpr[i] = SECRET | i;
	for (i = 0; i < VCPU_CSRS; i++) {
		if (i != VCPU_VSIE && i != VCPU_HTIMEDELTA && i != VCPU_VSTIMECMP)
			vcpu->csr[i] = SECRET | i;
	}
}

static void run_any(void)
{
	struct cove_nacl_shmem *shmem = guest_shmem(0);
	struct vcpu *vcpu = guest_vcpu(byte() % VCPUS);
	uint64_t *word = host_ram(SHMEM(0)), value;
	unsigned int i;
	int err;

	secrets(vcpu);
	shmem->gpr[10] = any_value();
	shmem->gpr[11] = any_value();
	shmem->csr[COVE_NACL_CSR(COVE_CSR_HVIP)] = any_value();
	err = guest_run(vcpu, &value);
	assert_true(!err || err == COVE_ERR_AGAIN || err == COVE_ERR_ALREADY_STOPPED);
	assert_true(err || value == (tvm_state(&guest_tvm) == TVM_DEAD));
	if (err == COVE_ERR_ALREADY_STOPPED)
		vcpu_start(vcpu, PRIVATE, 0, 0);
	/* The host is told of the external interrupt alone. */
	assert_false(vcpu->host_hvip & ~(1ULL << 10));
	for (i = 0; i < COVE_NACL_SHMEM_SIZE / 8; i++)
		assert_int_not_equal(word[i] >> 32, SECRET >> 32);
}

static void host_changes(uint8_t how)
{
	uint64_t gpa = SHARED + (byte() & 15) * PAGE_BYTES;
	uint64_t len = (1 + byte() % 8) * PAGE_BYTES;

	switch (how & 7) {
	case 0:
		memory_add_shared(&guest_tvm, HOST_RAM + 32 * MIB, COVE_PAGE_2M, 1, SHARED);
		break;
	case 1:
		memory_invalidate(&guest_tvm, gpa, len);
		break;
	case 2:
		memory_validate(&guest_tvm, gpa, len);
		break;
	case 3:
		memory_remove(&guest_tvm, gpa, len);
		break;
	case 4:
		gstage_fence(&guest_tvm.gstage);
		break;
	case 5:
		guest_tvm.quota.limit = guest_tvm.quota.used + (byte() & 3);
		break;
	default:
		memory_add_shared(&guest_tvm, HOST_RAM + 40 * MIB, COVE_PAGE_4K,
				  len / PAGE_BYTES, gpa);
	}
}

/* What is mapped is the TVM's, for this address; or the host's and shared. */
static void check_tables(void)
{
	uint64_t gpa = PRIVATE, end = PRIVATE + PRIVATE_SIZE;
	struct gstage_leaf leaf;
	struct page_info info;

	for (; gstage_next(&guest_tvm.gstage, gpa, end, &leaf);
	     gpa = leaf.gpa + page_bytes(leaf.size)) {
		enum region_kind kind = leaf.kind & GSTAGE_PRIVATE ? REGION_PRIVATE :
								     REGION_SHARED;

		if (leaf.kind & GSTAGE_PRIVATE) {
			assert_true(page_find(leaf.hpa, &info));
			assert_int_equal(info.owner, guest_tvm.quota.owner);
			assert_int_equal(info.state, PAGE_DATA);
			assert_int_equal(info.gpa, leaf.gpa);
		} else {
			assert_true(hart_host_ram(leaf.hpa, page_bytes(leaf.size)));
		}
		/* Until it is gone, what changes is blocked. */
		if (!(leaf.kind & GSTAGE_BLOCKED))
			assert_true(region_covers(guest_tvm.regions, leaf.gpa,
						  page_bytes(leaf.size), kind));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int i;

	input = data;
	left = size;
	guest_start(VCPUS);
	host.enter = any_exit;
	for (i = 0; i < STEPS && left && tvm_state(&guest_tvm) == TVM_RUNNABLE; i++) {
		uint8_t what = byte();

		if (what < 200)
			run_any();
		else
			host_changes(what);
		check_tables();
		assert_false(guest_tvm.lock.held);
	}
	guest_stop();
	return 0;
}
