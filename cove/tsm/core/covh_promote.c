// SPDX-License-Identifier: BSD-2-Clause
/*
 * promote_to_tvm: how an ordinary VM becomes a TVM, in slices.
 *
 * The first call reads all that the host has to say, and makes the TVM and its
 * vCPUs of it, or nothing at all.  Then memory is copied, each call a slice.
 * Which promotion a call goes on with is told by the VM's tables.
 */

#include <cove/abi.h>
#include <cove/nacl.h>

#include "covh.h"
#include "hart.h"
#include "nacl.h"
#include "tvm.h"
#include "vm_fdt.h"

/* How much is copied and measured in a call, in pages of 4 KiB. */
#define PROMOTE_SLICE	64
/* What a TVM has that never got further than its start: all in one go. */
#define START_PAGES	1024

/* The host may give a VM another VMID between calls. */
#define HGATP_VMID	(0x3fffULL << 44)

/* SIE, SPIE, SPP, VS, FS, SUM, MXR; UXL is always 64. */
#define VSSTATUS_LEGAL	0xc6722ULL
#define VSSTATUS_UXL	(2ULL << 32)
#define VSATP_SV39	8

/* One that becomes a promotion of a VM has begun elsewhere meanwhile. */
static struct lock beginning;

/* The boot vCPU as the host gives it. */
struct boot_state {
	uint64_t gpr[32];
	uint64_t csr[VCPU_VSATP + 1];
};

/* What of a CSR there is; the rest of what the host gives is dropped. */
static const struct {
	uint16_t number;
	uint64_t legal;
	uint64_t fixed;
} boot_csr[VCPU_VSATP + 1] = {
	[VCPU_VSSTATUS]	= { COVE_CSR_VSSTATUS, VSSTATUS_LEGAL, VSSTATUS_UXL },
	[VCPU_VSIE]	= { COVE_CSR_VSIE, 0x222, 0 },
	[VCPU_VSTVEC]	= { COVE_CSR_VSTVEC, ~2ULL, 0 },
	[VCPU_VSSCRATCH] = { COVE_CSR_VSSCRATCH, ~0ULL, 0 },
	[VCPU_VSEPC]	= { COVE_CSR_VSEPC, ~1ULL, 0 },
	[VCPU_VSCAUSE]	= { COVE_CSR_VSCAUSE, 1ULL << 63 | 63, 0 },
	[VCPU_VSTVAL]	= { COVE_CSR_VSTVAL, ~0ULL, 0 },
	[VCPU_VSATP]	= { COVE_CSR_VSATP, ~0ULL, 0 },
};

/*
 * Each word of the host's is read once.  A mode of vsatp that the hart may
 * lack would be measured, but not be what the TVM runs with.
 */
static int read_boot_state(struct boot_state *boot)
{
	unsigned int i;
	uint64_t value;
	int err = 0;

	boot->gpr[0] = 0;
	for (i = 1; !err && i < 32; i++)
		err = nacl_read_gpr(i, &boot->gpr[i]);
	for (i = 0; !err && i <= VCPU_VSATP; i++) {
		err = nacl_read_csr(boot_csr[i].number, &value);
		boot->csr[i] = (value & boot_csr[i].legal) | boot_csr[i].fixed;
	}
	if (err)
		return err;
	if (boot->csr[VCPU_VSATP] && boot->csr[VCPU_VSATP] >> 60 != VSATP_SV39)
		return COVE_ERR_INVALID_PARAM;
	return 0;
}

/* Regions in ascending order, and vCPUs: as the VM's device tree has them. */
static int begin_layout(struct tvm *tvm)
{
	uint64_t vcpus, gpa = 0, end;
	unsigned int id;
	int err;

	err = vm_fdt_read(&tvm->promotion.host, tvm->origin.fdt, &tvm->quota,
			  tvm->regions, &vcpus);
	/* Its copy of that would be what page_alloc() waits for, each time anew. */
	pool_scrub(1);
	if (!err && !(vcpus & 1))
		err = COVE_ERR_INVALID_PARAM;
	for (; !err && region_next(tvm->regions, REGION_PRIVATE, &gpa, &end); gpa = end)
		covh_allow_region(tvm, gpa, end - gpa);
	for (id = 0; !err && id < TVM_MAX_VCPUS; id++) {
		if (vcpus >> id & 1)
			err = covh_create_vcpu(tvm, id, 0);
	}
	return err;
}

static void set_boot_state(struct tvm *tvm, const struct boot_state *boot)
{
	const uint64_t entry[] = { tvm->origin.pc, tvm->origin.fdt };
	struct vcpu *vcpu = tvm->vcpu[0];
	unsigned int i;

	for (i = 1; i < 32; i++)
		vcpu->gpr[i] = boot->gpr[i];
	for (i = 0; i <= VCPU_VSATP; i++)
		vcpu->csr[i] = boot->csr[i];
	vcpu_set_boot(vcpu, tvm->origin.pc, boot->gpr[10], boot->gpr[11]);
	measure_config(&tvm->measure, MEASURE_CONFIG_ENTRY, entry, 2);
	measure_config(&tvm->measure, MEASURE_CONFIG_GPRS, boot->gpr + 1, 31);
	measure_config(&tvm->measure, MEASURE_CONFIG_CSRS, boot->csr, VCPU_VSATP + 1);
}

/* The first call: a TVM with vCPUs, regions and no memory yet; or nothing. */
static int begin(const struct tvm_origin *origin, struct tvm **made)
{
	struct boot_state boot;
	struct tvm *tvm;
	int err;

	if (origin->pc & 1)
		return COVE_ERR_INVALID_PARAM;
	if (origin->fdt & 7)
		return COVE_ERR_INVALID_ADDRESS;
	err = read_boot_state(&boot);
	if (!err)
		err = tvm_new(&tvm);
	if (err)
		return err;
	err = covh_read_identity(tvm, origin->identity);
	if (!err)
		err = covh_start(tvm, 0, 0);
	if (err) {
		lock_drop(&tvm->lock);
		return err;
	}

	tvm->origin.fdt = origin->fdt;
	tvm->origin.pc = origin->pc;
	tvm->origin.identity = origin->identity;
	__atomic_store_n(&tvm->origin.hgatp, origin->hgatp, __ATOMIC_RELAXED);
	err = promote_begin(&tvm->promotion, origin->hgatp);
	if (!err)
		err = begin_layout(tvm);
	if (err) {
		covh_release(tvm, START_PAGES);
		lock_drop(&tvm->lock);
		return err;
	}
	set_boot_state(tvm, &boot);
	tvm_move(tvm, TVM_PROMOTE);
	*made = tvm;
	return 0;
}

static bool same_origin(const struct tvm *tvm, const struct tvm_origin *origin)
{
	return tvm->origin.fdt == origin->fdt && tvm->origin.pc == origin->pc &&
		tvm->origin.identity == origin->identity;
}

/* The promotion that this call is about, locked: an old or a new one. */
static int find(const struct tvm_origin *origin, struct tvm **tvm)
{
	int err;

	/* Two calls for the same VM mustn't both be the first. */
	if (!lock_try(&beginning))
		return COVE_ERR_AGAIN;
	err = tvm_promoting(origin->hgatp, tvm);
	if (err == COVE_ERR_INVALID_PARAM) {
		err = begin(origin, tvm);
	} else if (!err && !same_origin(*tvm, origin)) {
		lock_drop(&(*tvm)->lock);
		err = COVE_ERR_INVALID_PARAM;
	}
	lock_drop(&beginning);
	return err;
}

static int slice(struct tvm *tvm)
{
	int err = promote_slice(&tvm->promotion, &tvm->gstage, tvm->regions, &tvm->measure,
				tvm->origin.hgatp, PROMOTE_SLICE);

	if (!err && !promote_end(&tvm->promotion, &tvm->quota, PROMOTE_SLICE))
		err = COVE_ERR_AGAIN;
	return err;
}

/**
 * covh_promote() - promote_to_tvm
 * @fdt: where the VM has its device tree, a multiple of 8
 * @tap: 0, as there is no local attestation
 * @pc: where vCPU 0 goes on
 * @identity: as of covh_read_identity()
 * @id: gets the TVM's, once there is one: with COVE_ERR_AGAIN and other errors
 *	as well
 *
 * Return: 0 when all is done.  COVE_ERR_NOT_SUPPORTED, COVE_ERR_NO_SHMEM,
 * COVE_ERR_INVALID_PARAM, and what leaves no id: nothing has happened.
 * COVE_ERR_AGAIN: there is more to do.  Any other, and the TVM is dead, as of
 * promote_slice().
 */
int covh_promote(uint64_t fdt, uint64_t tap, uint64_t pc, uint64_t identity,
		 uint64_t *id)
{
	struct tvm_origin origin = { .fdt = fdt, .pc = pc, .identity = identity };
	struct tvm *tvm;
	int err;

	if (tap)
		return COVE_ERR_NOT_SUPPORTED;
	err = nacl_read_csr(COVE_CSR_HGATP, &origin.hgatp);
	origin.hgatp &= ~HGATP_VMID;
	if (!err)
		err = find(&origin, &tvm);
	if (err)
		return err;
	*id = tvm->id;
	err = slice(tvm);
	if (!err)
		tvm_move(tvm, TVM_PROMOTED);
	else if (err != COVE_ERR_AGAIN)
		tvm_kill(tvm);
	lock_drop(&tvm->lock);
	return err;
}
