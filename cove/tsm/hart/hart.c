// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the core wants of a hart and of memory (core/hart.h), but for
 * hart_enter(), which is in world.c.
 */

#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_console.h>
#include <sbi/sbi_ecall_interface.h>
#include <sbi/sbi_hart.h>
#include <sbi/sbi_hsm.h>
#include <sbi/sbi_ipi.h>
#include <sbi/sbi_scratch.h>
#include <sbi/sbi_string.h>

#include <stdarg.h>
#include <stddef.h>

#include <cove/covh.h>

#include "../core/crypto/sha384.h"
#include "../core/hart.h"
#include "../opensbi/dma.h"
#include "../opensbi/pool.h"
#include "log.h"

/* Zkr: bits of a read of seed, and how often it may have nothing yet. */
#define CSR_SEED	0x015
#define SEED_STATE	(3UL << 30)
#define SEED_READY	(2UL << 30)
#define SEED_DEAD	(3UL << 30)
#define SEED_TRIES	10000

/* A line that hart_log() prints, without what is longer. */
#define LOG_LINE	128

unsigned int hart_id(void)
{
	return current_hartindex();
}

uint64_t hart_online(void)
{
	uint64_t mask = 0;

	for (u32 i = 0; i <= sbi_scratch_last_hartindex() && i < HART_MAX; i++) {
		int state = __sbi_hsm_hart_get_state(i);

		/* One that starts flushes everything when it writes its PMP. */
		if (state >= 0 && state != SBI_HSM_STATE_STOPPED &&
		    state != SBI_HSM_STATE_START_PENDING)
			mask |= 1UL << i;
	}
	return mask;
}

void *hart_pool(uint64_t hpa)
{
	return (void *)hpa;
}

bool hart_host_ram(uint64_t hpa, uint64_t len)
{
	return memory_is_hosts(hpa, len);
}

/* Each word, or byte where one of both isn't aligned, is accessed once. */
static void copy(void *to, const void *from, size_t len)
{
	uint64_t *word = to;
	const uint64_t *from_word = from;
	uint8_t *byte;
	const uint8_t *from_byte;

	if (!(((unsigned long)to | (unsigned long)from) & 7)) {
		for (; len >= 8; len -= 8)
			__atomic_store_n(word++, __atomic_load_n(from_word++, __ATOMIC_RELAXED),
					 __ATOMIC_RELAXED);
	}
	byte = (uint8_t *)word;
	from_byte = (const uint8_t *)from_word;
	while (len--)
		__atomic_store_n(byte++, __atomic_load_n(from_byte++, __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
}

/* With Smepmp, the host's memory has to be mapped to M-mode for that long. */
static void copy_host(void *to, const void *from, size_t len, uint64_t hpa)
{
	sbi_hart_map_saddr(hpa, len);
	copy(to, from, len);
	sbi_hart_unmap_saddr();
}

int hart_read_host(void *to, uint64_t hpa, size_t len)
{
	if (!memory_is_hosts(hpa, len))
		return COVE_ERR_INVALID_ADDRESS;
	copy_host(to, (const void *)hpa, len, hpa);
	return COVE_SUCCESS;
}

int hart_write_host(uint64_t hpa, const void *from, size_t len)
{
	if (!memory_is_hosts(hpa, len))
		return COVE_ERR_INVALID_ADDRESS;
	copy_host((void *)hpa, from, len, hpa);
	return COVE_SUCCESS;
}

uint64_t hart_load_host(uint64_t hpa, size_t len, uint64_t offset)
{
	uint64_t value;

	sbi_hart_map_saddr(hpa, len);
	value = __atomic_load_n((const uint64_t *)(hpa + offset), __ATOMIC_RELAXED);
	sbi_hart_unmap_saddr();
	return value;
}

void hart_store_host(uint64_t hpa, size_t len, const struct hart_word *words,
		     unsigned int count)
{
	sbi_hart_map_saddr(hpa, len);
	for (unsigned int i = 0; i < count; i++)
		__atomic_store_n((uint64_t *)(hpa + words[i].offset), words[i].value,
				 __ATOMIC_RELAXED);
	sbi_hart_unmap_saddr();
}

void hart_zero(void *to, size_t len)
{
	uint64_t *word = to;

	for (; len; len -= 64, word += 8) {
		word[0] = 0;
		word[1] = 0;
		word[2] = 0;
		word[3] = 0;
		word[4] = 0;
		word[5] = 0;
		word[6] = 0;
		word[7] = 0;
	}
}

void hart_fence(void)
{
	/* hfence.gvma */
	asm volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
}

void hart_fence_guest(void)
{
	/* hfence.vvma: while M-mode serves a TVM, hgatp is the TVM's */
	asm volatile(".insn r 0x73, 0, 0x11, x0, x0, x0\n"
		     "fence.i" : : : "memory");
}

/* OpenSBI finds no event of its own when such an interrupt comes to it. */
void hart_kick(uint64_t mask)
{
	for (u32 i = 0; i <= sbi_scratch_last_hartindex() && i < HART_MAX; i++) {
		if (mask >> i & 1 && i != current_hartindex())
			sbi_ipi_raw_send(i);
	}
}

/* V=1 has no access to these, so they stay until the host runs. */
void hart_report(uint64_t cause, uint64_t tval)
{
	csr_write(CSR_SCAUSE, cause);
	csr_write(CSR_STVAL, tval);
}

uint64_t hart_time(void)
{
	return csr_read(CSR_TIME);
}

/* 16 bits, or -1. */
static int seed(void)
{
	for (unsigned int i = 0; i < SEED_TRIES; i++) {
		unsigned long value = csr_swap(CSR_SEED, 0);

		if ((value & SEED_STATE) == SEED_READY)
			return value & 0xffff;
		if ((value & SEED_STATE) == SEED_DEAD)
			break;
	}
	return -1;
}

/* As sources may give half as much entropy as bits: a hash of twice as many. */
static bool conditioned(uint8_t digest[SHA384_LEN])
{
	uint16_t raw[SHA384_LEN];
	struct sha384 hash;

	for (unsigned int i = 0; i < SHA384_LEN; i++) {
		int bits = seed();

		if (bits < 0)
			return false;
		raw[i] = bits;
	}
	sha384_init(&hash);
	sha384_update(&hash, raw, sizeof(raw));
	sha384_final(&hash, digest);
	return true;
}

bool hart_entropy(void *to, size_t len)
{
	uint8_t digest[SHA384_LEN];

	if (!sbi_hart_has_extension(sbi_scratch_thishart_ptr(), SBI_HART_EXT_ZKR))
		return false;
	while (len) {
		size_t part = len < SHA384_LEN ? len : SHA384_LEN;

		if (!conditioned(digest))
			return false;
		sbi_memcpy(to, digest, part);
		to = (uint8_t *)to + part;
		len -= part;
	}
	return true;
}

uint32_t hart_dma_protection(void)
{
	return dma_protection();
}

uint64_t hart_dma_faults(void)
{
	return dma_faults();
}

void hart_log(const char *format, ...)
{
	char line[LOG_LINE];
	va_list args;

	va_start(args, format);
	log_format(line, sizeof(line), format, args);
	va_end(args);
	sbi_printf("tsm: %s\n", line);
}
