/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NACL: the memory that host and TSM share, one for each hart (SBI 3.0,
 * "Nested Acceleration Extension", for XLEN 64).  Of the extension, the TSM
 * offers that memory alone: no feature is there.
 */
#ifndef COVE_NACL_H
#define COVE_NACL_H

#include <cove/abi.h>

#define COVE_EXT_NACL			0x4e41434c

#define COVE_NACL_PROBE_FEATURE		0	/* feature */
#define COVE_NACL_SET_SHMEM		1	/* low, high, flags (zero) */
#define COVE_NACL_SYNC_CSR		2
#define COVE_NACL_SYNC_HFENCE		3
#define COVE_NACL_SYNC_SRET		4

/* set_shmem: this in low and high takes the memory away again. */
#define COVE_NACL_SHMEM_DISABLE		(~0ULL)
#define COVE_NACL_SHMEM_SIZE		12288
#define COVE_NACL_SHMEM_ALIGN		4096

/* The place of a CSR: bits 11:10 and 7:0 of its number. */
#define COVE_NACL_CSR(csr)		((((csr) & 0xc00) >> 2) | ((csr) & 0xff))

/* CSRs that CoVE gives a meaning to. */
#define COVE_CSR_VSSTATUS		0x200
#define COVE_CSR_VSIE			0x204
#define COVE_CSR_VSTVEC			0x205
#define COVE_CSR_VSSCRATCH		0x240
#define COVE_CSR_VSEPC			0x241
#define COVE_CSR_VSCAUSE		0x242
#define COVE_CSR_VSTVAL			0x243
#define COVE_CSR_VSIP			0x244
#define COVE_CSR_VSTIMECMP		0x24d
#define COVE_CSR_VSATP			0x280
#define COVE_CSR_HSTATUS		0x600
#define COVE_CSR_HTIMEDELTA		0x605
#define COVE_CSR_HCOUNTEREN		0x606
#define COVE_CSR_HENVCFG		0x60a
#define COVE_CSR_HTVAL			0x643
#define COVE_CSR_HVIP			0x645
#define COVE_CSR_HTINST			0x64a
#define COVE_CSR_HGATP			0x680

#ifndef __ASSEMBLER__

struct cove_nacl_shmem {
	uint64_t gpr[32];		/* scratch area: CoVE's guest_gprs */
	uint64_t scratch[224];
	uint64_t hfence[240];
	uint64_t dirty[16];		/* not used by CoVE */
	uint64_t csr[1024];		/* by COVE_NACL_CSR() */
};

COVE_OFFSET(cove_nacl_shmem, gpr, 0);
COVE_OFFSET(cove_nacl_shmem, scratch, 0x100);
COVE_OFFSET(cove_nacl_shmem, hfence, 0x800);
COVE_OFFSET(cove_nacl_shmem, dirty, 0xf80);
COVE_OFFSET(cove_nacl_shmem, csr, 0x1000);
COVE_SIZE(cove_nacl_shmem, COVE_NACL_SHMEM_SIZE);

#define COVE_NACL_CSR_IS_AT(number, offset) \
	static_assert(offsetof(struct cove_nacl_shmem, csr) + \
		      8 * COVE_NACL_CSR(number) == (offset), \
		      #number " has moved")

COVE_NACL_CSR_IS_AT(COVE_CSR_VSSTATUS, 0x1000);
COVE_NACL_CSR_IS_AT(COVE_CSR_VSIE, 0x1020);
COVE_NACL_CSR_IS_AT(COVE_CSR_VSTVEC, 0x1028);
COVE_NACL_CSR_IS_AT(COVE_CSR_VSSCRATCH, 0x1200);
COVE_NACL_CSR_IS_AT(COVE_CSR_VSEPC, 0x1208);
COVE_NACL_CSR_IS_AT(COVE_CSR_VSCAUSE, 0x1210);
COVE_NACL_CSR_IS_AT(COVE_CSR_VSTVAL, 0x1218);
COVE_NACL_CSR_IS_AT(COVE_CSR_VSIP, 0x1220);
COVE_NACL_CSR_IS_AT(COVE_CSR_VSTIMECMP, 0x1268);
COVE_NACL_CSR_IS_AT(COVE_CSR_VSATP, 0x1400);
COVE_NACL_CSR_IS_AT(COVE_CSR_HSTATUS, 0x1800);
COVE_NACL_CSR_IS_AT(COVE_CSR_HTIMEDELTA, 0x1828);
COVE_NACL_CSR_IS_AT(COVE_CSR_HCOUNTEREN, 0x1830);
COVE_NACL_CSR_IS_AT(COVE_CSR_HENVCFG, 0x1850);
COVE_NACL_CSR_IS_AT(COVE_CSR_HTVAL, 0x1a18);
COVE_NACL_CSR_IS_AT(COVE_CSR_HVIP, 0x1a28);
COVE_NACL_CSR_IS_AT(COVE_CSR_HTINST, 0x1a50);
COVE_NACL_CSR_IS_AT(COVE_CSR_HGATP, 0x1c00);

#endif
#endif
