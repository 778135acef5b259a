/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that the core knows of harts and memory.
 *
 * Implemented in M-mode by cove/tsm/hart, and on the build machine by
 * cove/tsm/host, where tests, fuzzers and proofs use the same core.
 */
#ifndef TSM_HART_H
#define TSM_HART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vcpu;

/* Harts are numbered from 0, without holes; sets of them are 64-bit masks. */
#define HART_MAX	64

/**
 * hart_id() - number of the calling hart
 */
unsigned int hart_id(void);

/**
 * hart_online() - mask of harts that are up
 *
 * A hart that comes up later has flushed all translations before it ran
 * anything of the host.
 */
uint64_t hart_online(void);

/**
 * hart_pool() - where the TSM sees a page of the pool
 * @hpa: an address inside of the pool
 *
 * Return: a pointer that is valid up to the end of the pool.
 */
void *hart_pool(uint64_t hpa);

/**
 * hart_host_ram() - is this ordinary memory of the host?
 * @hpa: first byte
 * @len: bytes, not zero
 *
 * Return: true if all of it is RAM, and nothing of it is firmware, pool, MMIO
 * or beyond the end of the address space.
 */
bool hart_host_ram(uint64_t hpa, uint64_t len);

/**
 * hart_read_host() - copy from the host's memory
 * @to: inside of the TSM or of the pool
 * @hpa: first byte; nothing is assumed of it
 * @len: bytes
 *
 * Each byte is read once.  An aligned copy of 8 bytes is one access.
 *
 * Return: 0, or COVE_ERR_INVALID_ADDRESS if it isn't ordinary RAM of the host.
 */
int hart_read_host(void *to, uint64_t hpa, size_t len);

/**
 * hart_write_host() - copy to the host's memory
 * @hpa: first byte; nothing is assumed of it
 * @from: inside of the TSM or of the pool
 * @len: bytes
 *
 * Return: 0, or COVE_ERR_INVALID_ADDRESS, and nothing was written.
 */
int hart_write_host(uint64_t hpa, const void *from, size_t len);

/* A word of the host's memory, by its place in a range. */
struct hart_word {
	uint64_t offset;
	uint64_t value;
};

/**
 * hart_load_host() - load a word of the host's memory, by one access
 * @hpa: start of a range of which hart_host_ram() has said that it is the
 *	host's: it is so for good
 * @len: its bytes
 * @offset: of the word, a multiple of 8
 */
uint64_t hart_load_host(uint64_t hpa, size_t len, uint64_t offset);

/**
 * hart_store_host() - store words in the host's memory
 * @hpa: start of a range, as above
 * @len: its bytes
 * @words: what to store, and where: multiples of 8
 * @count: how many
 */
void hart_store_host(uint64_t hpa, size_t len, const struct hart_word *words,
		     unsigned int count);

/**
 * hart_zero() - zero memory of the pool
 * @to: aligned to 4 KiB
 * @len: a multiple of 4 KiB
 */
void hart_zero(void *to, size_t len);

/**
 * hart_fence() - forget this hart's G-stage translations, of all VMIDs
 */
void hart_fence(void);

/**
 * hart_fence_guest() - forget this hart's VS-stage translations, and fetched
 * instructions
 *
 * Of the TVM whose vCPU the hart has run last, if it hasn't run the host since.
 */
void hart_fence_guest(void);

/**
 * hart_kick() - make harts leave their TVM soon
 * @mask: which; one that runs no TVM takes no notice, the caller's is ignored
 *
 * Doesn't wait.
 */
void hart_kick(uint64_t mask);

/**
 * hart_enter() - run a vCPU until it traps
 * @vcpu: of which the caller has the lock; its exit tells why it came back
 *
 * The pool is open to the TVM only inside of this call.  An interrupt that
 * isn't the TVM's comes back as an exit, too, and stays pending.
 */
void hart_enter(struct vcpu *vcpu);

/**
 * hart_report() - what the host finds in its trap CSRs after the call
 * @cause: scause
 * @tval: stval
 */
void hart_report(uint64_t cause, uint64_t tval);

/**
 * hart_time() - the time CSR
 */
uint64_t hart_time(void);

/**
 * hart_entropy() - random bytes from the platform
 * @to: where
 * @len: how many
 *
 * Return: true, or false if the platform has no source.
 */
bool hart_entropy(void *to, size_t len);

/**
 * hart_dma_protection() - what keeps DMA from the pool: COVE_DMA_*
 */
uint32_t hart_dma_protection(void);

/**
 * hart_dma_faults() - how many accesses of devices were refused
 *
 * Return: their number, or less if there were many between two calls.
 */
uint64_t hart_dma_faults(void);

/**
 * hart_log() - a line for the console
 * @format: as of printf: %u, %lu, %lx and %s only
 *
 * Never called with anything of a TVM's as an argument.
 */
void hart_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
