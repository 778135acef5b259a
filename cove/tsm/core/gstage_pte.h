/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of G-stage tables, and what the files about them share.
 */
#ifndef TSM_GSTAGE_PTE_H
#define TSM_GSTAGE_PTE_H

#include "gstage.h"

#define PTE_V		0x01ULL
#define PTE_R		0x02ULL
#define PTE_W		0x04ULL
#define PTE_X		0x08ULL
#define PTE_U		0x10ULL
#define PTE_A		0x40ULL
#define PTE_D		0x80ULL
#define PTE_RWX		(PTE_R | PTE_W | PTE_X)
/* The two bits that hardware leaves to us. */
#define PTE_SHARED	0x100ULL
#define PTE_BLOCKED	0x200ULL
/* Of entries that aren't valid, hardware leaves all bits to us. */
#define PTE_EPOCH_SHIFT	54
#define PTE_EPOCH_MASK	0x3ffULL
#define PTE_PPN_MASK	0x003ffffffffffc00ULL

/* A and D are set: no hart has to write to the tables. */
#define PTE_OF_PRIVATE	(PTE_V | PTE_RWX | PTE_U | PTE_A | PTE_D)
#define PTE_OF_SHARED	(PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D | PTE_SHARED)

static inline bool pte_is_table(uint64_t pte)
{
	return (pte & (PTE_V | PTE_RWX)) == PTE_V;
}

static inline uint64_t pte_hpa(uint64_t pte)
{
	return (pte & PTE_PPN_MASK) << 2;
}

static inline uint64_t pte_leaf(uint64_t hpa, uint64_t bits)
{
	return hpa >> 2 | bits;
}

static inline uint64_t pte_table(uint64_t hpa)
{
	return hpa >> 2 | PTE_V;
}

/* Harts that walk the tables see what was written before, too. */
static inline void pte_write(uint64_t *pte, uint64_t value)
{
	__atomic_store_n(pte, value, __ATOMIC_RELEASE);
}

uint64_t *gstage_slot(const struct gstage *gs, uint64_t gpa, enum page_size *size);
uint64_t gstage_take_spare(struct gstage *gs);
int gstage_provide(struct gstage *gs, uint32_t count);

#endif
