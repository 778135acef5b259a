/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COVG: calls of a TVM to the TSM (CoVE 0.7, "CoVE Guest Extension").
 * Addresses are guest physical, lengths are bytes.
 */
#ifndef COVE_COVG_H
#define COVE_COVG_H

#include <cove/abi.h>

#define COVE_EXT_COVG			0x434f5647

#define COVE_COVG_ADD_MMIO_REGION	0	/* gpa, length */
#define COVE_COVG_REMOVE_MMIO_REGION	1	/* gpa, length */
#define COVE_COVG_SHARE_MEMORY		2	/* gpa, length */
#define COVE_COVG_UNSHARE_MEMORY	3	/* gpa, length */
#define COVE_COVG_ALLOW_INTERRUPT	4	/* id, all ones: every one */
#define COVE_COVG_DENY_INTERRUPT	5	/* id, all ones: every one */
#define COVE_COVG_GET_ATTCAPS		6	/* gpa, length */
#define COVE_COVG_EXTEND_MEASUREMENT	7	/* gpa, length, index */
#define COVE_COVG_GET_EVIDENCE		8
#define COVE_COVG_RETRIEVE_SECRET	9
#define COVE_COVG_READ_MEASUREMENT	10	/* gpa, length, index */
#define COVE_COVG_COUNT			11

#define COVE_ALL_INTERRUPTS		(~0ULL)

/* hash algorithms */
#define COVE_HASH_SHA384		0
#define COVE_HASH_SHA512		1
#define COVE_HASH_SHA3_384		2
#define COVE_HASH_SHA3_512		3

/* bits of evidence formats */
#define COVE_FORMAT_CBOR		0
#define COVE_FORMAT_X509		1

/* types of measurement registers, and how many of each there may be */
#define COVE_REGISTER_INITIAL		0
#define COVE_REGISTER_RUNTIME		1
#define COVE_MAX_INITIAL		8
#define COVE_MAX_RUNTIME		18
#define COVE_NO_PCR			0xff

#ifndef __ASSEMBLER__

struct cove_register_descriptor {
	uint32_t hash;
	uint32_t type;
	uint8_t tcg_pcr;
	uint8_t reserved[3];
};

COVE_OFFSET(cove_register_descriptor, hash, 0);
COVE_OFFSET(cove_register_descriptor, type, 4);
COVE_OFFSET(cove_register_descriptor, tcg_pcr, 8);
COVE_SIZE(cove_register_descriptor, 12);

/* Result of get_attcaps. */
struct cove_attcaps {
	uint64_t tcb_svn;
	uint32_t hash;
	uint32_t formats;
	uint8_t initial;
	uint8_t runtime;
	uint8_t reserved[2];
	struct cove_register_descriptor reg[COVE_MAX_INITIAL + COVE_MAX_RUNTIME];
	uint8_t pad[4];
};

COVE_OFFSET(cove_attcaps, tcb_svn, 0);
COVE_OFFSET(cove_attcaps, hash, 8);
COVE_OFFSET(cove_attcaps, formats, 12);
COVE_OFFSET(cove_attcaps, initial, 16);
COVE_OFFSET(cove_attcaps, runtime, 17);
COVE_OFFSET(cove_attcaps, reg, 20);
COVE_SIZE(cove_attcaps, 336);

#endif
#endif
