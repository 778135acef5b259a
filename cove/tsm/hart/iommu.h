/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A RISC-V IOMMU that the TSM keeps for itself: one address space for all
 * devices, in which an address is itself, or nothing.
 *
 * Registers and tables are those of the RISC-V IOMMU specification 1.0, as
 * far as they are used here.
 */
#ifndef TSM_IOMMU_H
#define TSM_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

/* Offsets of registers; those marked with 64 have as many bits. */
#define IOMMU_CAPABILITIES	0	/* 64 */
#define IOMMU_FCTL		8
#define IOMMU_DDTP		16	/* 64 */
#define IOMMU_CQB		24	/* 64 */
#define IOMMU_CQH		32
#define IOMMU_CQT		36
#define IOMMU_FQB		40	/* 64 */
#define IOMMU_FQH		48
#define IOMMU_FQT		52
#define IOMMU_CQCSR		72
#define IOMMU_FQCSR		76
#define IOMMU_PQCSR		80

#define CAP_VERSION(cap)	((cap) & 0xff)
#define CAP_VERSION_1_0		0x10
#define CAP_SV39X4		(1UL << 17)
#define CAP_MSI_FLAT		(1UL << 22)

/* Big endian tables; guest addresses of 34 bits. */
#define FCTL_BE			(1U << 0)
#define FCTL_GXL		(1U << 2)

#define DDTP_MODE		0xfUL
#define DDTP_OFF		0UL
#define DDTP_3LVL		4UL
#define DDTP_BUSY		(1UL << 4)

/* Of cqcsr, fqcsr and pqcsr alike; errors are cleared by writing them. */
#define QUEUE_ENABLE		(1U << 0)
#define QUEUE_MEMORY_FAULT	(1U << 8)
#define QUEUE_ON		(1U << 16)
#define QUEUE_BUSY		(1U << 17)
#define CQCSR_ERRORS		(7U << 8)
#define FQCSR_OVERFLOW		(1U << 9)

/* Commands, by their first 8 bytes; without operands they mean everything. */
#define CMD_IOTINVAL_GVMA	(1UL | 1UL << 7)
#define CMD_IOFENCE		(2UL | 1UL << 12 | 1UL << 13)
#define CMD_IODIR_INVAL_DDT	3UL

/* A valid entry of a device directory, or the first word of a context. */
#define DDT_VALID		1UL
#define IOHGATP_SV39X4		(8UL << 60)

/**
 * iommu_map() - let devices reach a range
 * @base: first byte, aligned to 4 KiB
 * @end: first byte behind it, likewise
 *
 * Before iommu_start().  No range is given twice.
 *
 * Return: false if there is no room for tables, or the range is too high.
 */
bool iommu_map(uint64_t base, uint64_t end);

/**
 * iommu_start() - confine devices to what has been mapped
 * @registers: where they are
 *
 * No device reaches anything from the IOMMU's first answer until then.
 *
 * Return: NULL, or what is wrong with it, in words.
 */
const char *iommu_start(uint64_t registers);

/**
 * iommu_faults() - how many accesses have been refused
 *
 * Return: their number; more were refused if the queue has run full since the
 * last call.
 */
uint64_t iommu_faults(void);

#endif
