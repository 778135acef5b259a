/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * G-stage page tables: a policy-free object and the operations on it.
 *
 * Nothing here knows struct kvm_vcpu, memslots or the host's memory management.
 * A table serves an ordinary VM now, a nested shadow later.
 *
 * Levels count from the leaves: 0 maps 4 KiB, 1 maps 2 MiB, 2 maps 1 GiB. The
 * root, of 16 KiB, is at level gstage->levels - 1.
 *
 * Locking, by the owner's rwlock (kvm->mmu_lock): with the read side held,
 * entries may be filled and gain permissions, by cmpxchg, and tables may be
 * added. Everything else needs the write side: so whoever holds either side
 * can follow pointers to tables.
 */
#ifndef _KVM_RISCV_GSTAGE_H
#define _KVM_RISCV_GSTAGE_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/kvm_types.h>
#include <linux/types.h>
#include <asm/page.h>

/* Entry format, privileged spec, "Two-Stage Address Translation" */
#define GSTAGE_PTE_V		BIT_ULL(0)
#define GSTAGE_PTE_R		BIT_ULL(1)
#define GSTAGE_PTE_W		BIT_ULL(2)
#define GSTAGE_PTE_X		BIT_ULL(3)
#define GSTAGE_PTE_U		BIT_ULL(4)
#define GSTAGE_PTE_A		BIT_ULL(6)
#define GSTAGE_PTE_D		BIT_ULL(7)
#define GSTAGE_PTE_FLAGS	GENMASK_ULL(7, 0)
#define GSTAGE_PTE_PPN		GENMASK_ULL(53, 10)
#define GSTAGE_PTE_PPN_SHIFT	10
#define GSTAGE_PTE_PBMT		GENMASK_ULL(62, 61)

#define GSTAGE_PAGE_SHIFT	12
#define GSTAGE_LEVEL_BITS	9
#define GSTAGE_TABLE_ENTRIES	BIT(GSTAGE_LEVEL_BITS)
/* The root is indexed by two more bits */
#define GSTAGE_ROOT_BITS	(GSTAGE_LEVEL_BITS + 2)
#define GSTAGE_ROOT_ORDER	2
/* The largest leaf in use; larger ones have no counterpart in the host */
#define GSTAGE_MAX_LEAF_LEVEL	2

/**
 * struct gstage_hart - what a host hart's TLB may hold of an address space
 * @used: it was loaded there. If not, the hart holds nothing of the tables, and
 *	hgatp is not that of the address space.
 */
struct gstage_hart {
	bool used;
};

/**
 * struct gstage - one G-stage address space
 * @root: root table, 16 KiB (privileged spec, Sv39x4/Sv48x4/Sv57x4)
 * @root_pa: its physical address
 * @mode: HGATP_MODE_SV39X4, _SV48X4 or _SV57X4
 * @levels: 3, 4 or 5 by @mode
 * @harts: per host CPU, see kvm_riscv_tlb_load()
 */
struct gstage {
	u64 *root;
	phys_addr_t root_pa;
	u8 mode;
	u8 levels;
	struct gstage_hart __percpu *harts;
};

/**
 * struct gstage_mapping - a leaf to install
 * @gpa: guest physical address, aligned to the size of the leaf
 * @level: its level
 * @pte: its entry
 * @ptep: result of gstage_map(): where it is, or NULL if a larger leaf
 *	already provides it
 */
struct gstage_mapping {
	u64 gpa;
	unsigned int level;
	u64 pte;
	u64 *ptep;
};

/**
 * struct gstage_gather - what must leave the TLBs before memory is freed
 * @start: lowest address of an entry that was removed
 * @end: end of the highest one; nothing was removed if not above @start
 * @tables: detached tables; hardware may walk them until the TLBs are flushed
 */
struct gstage_gather {
	u64 start;
	u64 end;
	struct list_head tables;
};

static inline u64 gstage_block_size(unsigned int level)
{
	return 1ULL << (GSTAGE_PAGE_SHIFT + GSTAGE_LEVEL_BITS * level);
}

/* First address behind the block of @level that contains @gpa */
static inline u64 gstage_block_end(u64 gpa, unsigned int level)
{
	return (gpa | (gstage_block_size(level) - 1)) + 1;
}

static inline unsigned int gstage_gpa_bits(unsigned int levels)
{
	return GSTAGE_PAGE_SHIFT + GSTAGE_LEVEL_BITS * levels + 2;
}

static inline bool gstage_pte_is_table(u64 pte)
{
	return (pte & GSTAGE_PTE_V) &&
	       !(pte & (GSTAGE_PTE_R | GSTAGE_PTE_W | GSTAGE_PTE_X));
}

static inline bool gstage_pte_is_leaf(u64 pte)
{
	return (pte & GSTAGE_PTE_V) &&
	       (pte & (GSTAGE_PTE_R | GSTAGE_PTE_W | GSTAGE_PTE_X));
}

static inline u64 gstage_pte_pfn(u64 pte)
{
	return (pte & GSTAGE_PTE_PPN) >> GSTAGE_PTE_PPN_SHIFT;
}

/* The table that a table entry points to */
static inline u64 *gstage_table_of(u64 pte)
{
	return __va(gstage_pte_pfn(pte) << GSTAGE_PAGE_SHIFT);
}

/* The entry for @gpa in @table of @level */
static inline u64 *gstage_entry(u64 *table, const struct gstage *gs, u64 gpa,
				unsigned int level)
{
	unsigned int bits = level == gs->levels - 1 ? GSTAGE_ROOT_BITS :
						      GSTAGE_LEVEL_BITS;
	u64 index = gpa >> (GSTAGE_PAGE_SHIFT + GSTAGE_LEVEL_BITS * level);

	return &table[index & (BIT(bits) - 1)];
}

/*
 * A readable and executable leaf. A is always set, and D with W: not every
 * hart updates them, and one that doesn't raises a guest page fault instead.
 */
static inline u64 gstage_leaf(u64 pfn, bool writable, u64 pbmt)
{
	u64 pte = (pfn << GSTAGE_PTE_PPN_SHIFT) | pbmt | GSTAGE_PTE_V |
		  GSTAGE_PTE_R | GSTAGE_PTE_X | GSTAGE_PTE_U | GSTAGE_PTE_A;

	return writable ? pte | GSTAGE_PTE_W | GSTAGE_PTE_D : pte;
}

/* Called with an entry that is a leaf; what true means is up to the caller */
typedef bool (*gstage_leaf_fn)(u64 *ptep);

u64 *gstage_walk(const struct gstage *gs, u64 gpa, unsigned int *level);
u64 gstage_next_mapped(const struct gstage *gs, u64 gpa, u64 end);
bool gstage_visit_leaves(const struct gstage *gs, u64 start, u64 end,
			 gstage_leaf_fn fn);

int gstage_map(struct gstage *gs, struct kvm_mmu_memory_cache *cache,
	       struct gstage_mapping *m);
void gstage_fill(u64 *ptep, const u64 *ptes, unsigned int nr);
u64 *gstage_table_get(struct kvm_mmu_memory_cache *cache);
void gstage_table_put(struct kvm_mmu_memory_cache *cache, u64 *table);
u64 gstage_table_pte(const u64 *table);

bool gstage_split(u64 *ptep, u64 leaf, unsigned int level,
		  struct kvm_mmu_memory_cache *cache);

int gstage_init(struct gstage *gs, unsigned int mode, unsigned int levels);
void gstage_destroy(struct gstage *gs);
void gstage_gather_init(struct gstage_gather *gather);
void gstage_gather_free(struct gstage_gather *gather);
void gstage_unmap(struct gstage *gs, u64 start, u64 end,
		  struct gstage_gather *gather);
bool gstage_write_protect(struct gstage *gs, u64 start, u64 end);
bool gstage_clear_young(struct gstage *gs, u64 start, u64 end);
bool gstage_test_young(struct gstage *gs, u64 start, u64 end);

#endif /* _KVM_RISCV_GSTAGE_H */
