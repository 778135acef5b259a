/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COVH: calls of the host to the TSM (CoVE 0.7, "CoVE Host Extension").
 *
 * Addresses are host physical unless the argument is called gpa.  Counts of
 * pages are in units of the page type named in the call, else of 4 KiB.
 */
#ifndef COVE_COVH_H
#define COVE_COVH_H

#include <cove/abi.h>

#define COVE_EXT_COVH			0x434f5648

#define COVE_COVH_GET_TSM_INFO		0	/* address, length */
#define COVE_COVH_CONVERT_PAGES		1	/* address, pages */
#define COVE_COVH_RECLAIM_PAGES		2	/* address, pages */
#define COVE_COVH_GLOBAL_FENCE		3
#define COVE_COVH_LOCAL_FENCE		4
#define COVE_COVH_CREATE_TVM		5	/* params address, length */
#define COVE_COVH_FINALIZE_TVM		6	/* tvm, pc, argument, identity */
#define COVE_COVH_PROMOTE_TO_TVM	7	/* fdt gpa, tap gpa, pc, identity */
#define COVE_COVH_DESTROY_TVM		8	/* tvm */
#define COVE_COVH_ADD_MEMORY_REGION	9	/* tvm, gpa, bytes */
#define COVE_COVH_ADD_PAGE_TABLE_PAGES	10	/* tvm, address, pages */
#define COVE_COVH_ADD_MEASURED_PAGES	11	/* tvm, from, to, type, pages, gpa */
#define COVE_COVH_ADD_ZERO_PAGES	12	/* tvm, address, type, pages, gpa */
#define COVE_COVH_ADD_SHARED_PAGES	13	/* tvm, address, type, pages, gpa */
#define COVE_COVH_CREATE_VCPU		14	/* tvm, vcpu, state address */
#define COVE_COVH_RUN_VCPU		15	/* tvm, vcpu */
#define COVE_COVH_TVM_FENCE		16	/* tvm */
#define COVE_COVH_INVALIDATE_PAGES	17	/* tvm, gpa, bytes */
#define COVE_COVH_VALIDATE_PAGES	18	/* tvm, gpa, bytes */
#define COVE_COVH_REMOVE_PAGES		19	/* tvm, gpa, bytes */
#define COVE_COVH_COUNT			20

/* Ours, from here on: when tsm_impl_id is COVE_TSM_IMPL_ID. */
#define COVE_COVH_VENDOR		0x8000
#define COVE_COVH_LIST_TVMS		0x8000	/* the last tvm's id, or 0 */

/* tsm_state */
#define COVE_TSM_NOT_LOADED		0
#define COVE_TSM_LOADED			1
#define COVE_TSM_READY			2

/* tsm_impl_id: 1 and 2 are taken by others, the rest is free. */
#define COVE_TSM_IMPL_ID		0x4b564d43

/* Bits of tsm_capabilities */
#define COVE_TSM_CAP_PROMOTE_TVM	0
#define COVE_TSM_CAP_ATTEST_LOCAL	1
#define COVE_TSM_CAP_ATTEST_REMOTE	2
#define COVE_TSM_CAP_AIA		3
#define COVE_TSM_CAP_MRIF		4
#define COVE_TSM_CAP_MEMORY_ALLOCATION	5

/* TVM states in the specification's words */
#define COVE_TVM_INITIALIZING		0
#define COVE_TVM_RUNNABLE		1

/* What keeps devices' DMA away from the pool. */
#define COVE_DMA_NONE			0
#define COVE_DMA_IOPMP			1
#define COVE_DMA_IOMMU			2

/*
 * No call moves more than this many 4 KiB pages at once (64 MiB): others
 * have to wait for the firmware.  Larger ranges take several calls.
 */
#define COVE_MAX_PAGES			16384

/* create_tvm wants a page directory of this size and alignment. */
#define COVE_PAGE_DIRECTORY_SIZE	16384

/* finalize_tvm and promote_to_tvm take an identity of this size. */
#define COVE_IDENTITY_SIZE		64

#ifndef __ASSEMBLER__

/* Result of get_tsm_info, as specified. */
struct cove_tsm_info {
	uint32_t state;
	uint32_t impl_id;
	uint32_t version;
	uint32_t reserved;
	uint64_t capabilities;
	uint64_t tvm_state_pages;
	uint64_t tvm_max_vcpus;
	uint64_t vcpu_state_pages;
};

COVE_OFFSET(cove_tsm_info, state, 0);
COVE_OFFSET(cove_tsm_info, impl_id, 4);
COVE_OFFSET(cove_tsm_info, version, 8);
COVE_OFFSET(cove_tsm_info, capabilities, 16);
COVE_OFFSET(cove_tsm_info, tvm_state_pages, 24);
COVE_OFFSET(cove_tsm_info, tvm_max_vcpus, 32);
COVE_OFFSET(cove_tsm_info, vcpu_state_pages, 40);
COVE_SIZE(cove_tsm_info, 48);

/*
 * Ours, behind it: written when the buffer has room for both.  The meaning
 * holds for impl_id COVE_TSM_IMPL_ID only.
 */
struct cove_tsm_vendor_info {
	uint32_t abi_version;		/* COVE_ABI_VERSION */
	uint32_t spec_version;		/* COVE_SPEC_VERSION */
	uint32_t dma_protection;	/* COVE_DMA_* */
	uint32_t max_pages;		/* COVE_MAX_PAGES */
	uint64_t pool_base;		/* bytes */
	uint64_t pool_size;		/* bytes */
	uint64_t pool_free;		/* 4 KiB pages that nobody uses */
	uint64_t tvms;			/* that exist */
	uint64_t dma_faults;		/* accesses by devices that were refused */
};

COVE_OFFSET(cove_tsm_vendor_info, abi_version, 0);
COVE_OFFSET(cove_tsm_vendor_info, spec_version, 4);
COVE_OFFSET(cove_tsm_vendor_info, dma_protection, 8);
COVE_OFFSET(cove_tsm_vendor_info, max_pages, 12);
COVE_OFFSET(cove_tsm_vendor_info, pool_base, 16);
COVE_OFFSET(cove_tsm_vendor_info, pool_size, 24);
COVE_OFFSET(cove_tsm_vendor_info, pool_free, 32);
COVE_OFFSET(cove_tsm_vendor_info, tvms, 40);
COVE_OFFSET(cove_tsm_vendor_info, dma_faults, 48);
COVE_SIZE(cove_tsm_vendor_info, 56);

/* Input of create_tvm: both in converted memory. */
struct cove_tvm_create_params {
	uint64_t page_directory;	/* COVE_PAGE_DIRECTORY_SIZE */
	uint64_t state;			/* tvm_state_pages */
};

COVE_OFFSET(cove_tvm_create_params, page_directory, 0);
COVE_OFFSET(cove_tvm_create_params, state, 8);
COVE_SIZE(cove_tvm_create_params, 16);

#endif
#endif
