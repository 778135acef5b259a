/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the calls of CoVE have in common: the word in a6, errors, versions.
 *
 * These headers are the only place that defines a number of this ABI.  They
 * are included by the TSM, the host's kernel, guests and tests, and follow
 * revision 0.7 of the CoVE specification; Documentation/cove-abi.rst has what
 * that leaves open and how it is decided here.
 */
#ifndef COVE_ABI_H
#define COVE_ABI_H

#ifndef __ASSEMBLER__
#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#endif

/* A layout is part of the ABI: the build fails when one moves. */
#define COVE_OFFSET(type, member, offset) \
	static_assert(offsetof(struct type, member) == (offset), \
		      #type "." #member " has moved")
#define COVE_SIZE(type, size) \
	static_assert(sizeof(struct type) == (size), \
		      "size of " #type " has changed")
#endif

/* Revision of the specification: major in bits 31:16, minor below. */
#define COVE_SPEC_VERSION		0x00000007
/* Version of what is decided here; it counts up with each change. */
#define COVE_ABI_VERSION		1

/* a6: the function, and the supervisor domain that is called (host only). */
#define COVE_FID_MASK			0xffff
#define COVE_RESERVED_MASK		0x03ff0000
#define COVE_SDID_SHIFT			26
#define COVE_SDID_MASK			0x3f

/* The one domain that SUPD reports: host and TSM answer to it alike. */
#define COVE_SDID_TSM			0

/* Errors as SBI numbers them. */
#define COVE_SUCCESS			0
#define COVE_ERR_FAILED			(-1)
#define COVE_ERR_NOT_SUPPORTED		(-2)
#define COVE_ERR_INVALID_PARAM		(-3)
#define COVE_ERR_DENIED			(-4)
#define COVE_ERR_INVALID_ADDRESS	(-5)
#define COVE_ERR_ALREADY_AVAILABLE	(-6)
#define COVE_ERR_ALREADY_STARTED	(-7)
#define COVE_ERR_ALREADY_STOPPED	(-8)
#define COVE_ERR_NO_SHMEM		(-9)
#define COVE_ERR_INVALID_STATE		(-10)
#define COVE_ERR_BAD_RANGE		(-11)
#define COVE_ERR_TIMEOUT		(-12)
#define COVE_ERR_IO			(-13)
#define COVE_ERR_DENIED_LOCKED		(-14)

/*
 * Errors that CoVE names without giving a number, and one of ours.  They are
 * far from SBI's, which count down from -1.
 */
#define COVE_ERR_OUT_OF_PTPAGES		(-1025)
#define COVE_ERR_OUT_OF_MEMORY		(-1026)
#define COVE_ERR_AUTH			(-1027)
#define COVE_ERR_BUSY			(-1028)
/* Not done yet, and nothing is lost: make the same call again. */
#define COVE_ERR_AGAIN			(-1029)

/* Sizes of pages in calls (tsm_page_type); 512 GiB pages are never offered. */
#define COVE_PAGE_4K			0
#define COVE_PAGE_2M			1
#define COVE_PAGE_1G			2
#define COVE_PAGE_512G			3

#endif
