// SPDX-License-Identifier: BSD-2-Clause
/*
 * The memory that each hart shares with the host.
 */

#include "nacl.h"

#include <cove/abi.h>
#include <cove/nacl.h>

#include "hart.h"

/* Where it is, by hart; 0 is never ordinary memory of the host. */
static uint64_t shmem[HART_MAX];

#define SCRATCH		offsetof(struct cove_nacl_shmem, scratch)

/**
 * nacl_set_shmem() - the host chooses the memory (NACL's set_shmem)
 * @low: its address, a multiple of 4 KiB; all ones, as @high, for none
 * @high: upper half of an address of twice XLEN: zero
 * @flags: zero
 *
 * Return: 0, COVE_ERR_INVALID_PARAM, or COVE_ERR_INVALID_ADDRESS if it isn't
 * ordinary memory of the host.  What was chosen before stays then.
 */
int nacl_set_shmem(uint64_t low, uint64_t high, uint64_t flags)
{
	if (flags)
		return COVE_ERR_INVALID_PARAM;
	if (low == COVE_NACL_SHMEM_DISABLE && high == COVE_NACL_SHMEM_DISABLE) {
		shmem[hart_id()] = 0;
		return 0;
	}
	if (low & (COVE_NACL_SHMEM_ALIGN - 1))
		return COVE_ERR_INVALID_PARAM;
	if (high || !hart_host_ram(low, COVE_NACL_SHMEM_SIZE))
		return COVE_ERR_INVALID_ADDRESS;
	shmem[hart_id()] = low;
	return 0;
}

/**
 * nacl_ready() - has the host chosen memory for this hart?
 */
bool nacl_ready(void)
{
	return shmem[hart_id()];
}

static int read_at(uint64_t offset, uint64_t *value)
{
	uint64_t hpa = shmem[hart_id()];

	if (!hpa)
		return COVE_ERR_NO_SHMEM;
	*value = hart_load_host(hpa, COVE_NACL_SHMEM_SIZE, offset);
	return 0;
}

/**
 * nacl_read_gpr() - what the host gives for a register
 * @reg: its number, 0 to 31
 * @value: gets it
 *
 * Return: 0, or COVE_ERR_NO_SHMEM.
 */
int nacl_read_gpr(unsigned int reg, uint64_t *value)
{
	return read_at(NACL_GPR(reg), value);
}

/**
 * nacl_read_csr() - what the host gives for a CSR
 * @csr: COVE_CSR_*
 * @value: gets it
 *
 * Return: 0, or COVE_ERR_NO_SHMEM.
 */
int nacl_read_csr(unsigned int csr, uint64_t *value)
{
	return read_at(NACL_CSR(csr), value);
}

/**
 * nacl_write() - show registers and CSRs to the host
 * @words: their values, by NACL_GPR() and NACL_CSR()
 * @count: how many
 *
 * Return: 0, or COVE_ERR_NO_SHMEM.
 */
int nacl_write(const struct hart_word *words, unsigned int count)
{
	uint64_t hpa = shmem[hart_id()];

	if (!hpa)
		return COVE_ERR_NO_SHMEM;
	hart_store_host(hpa, COVE_NACL_SHMEM_SIZE, words, count);
	return 0;
}

/**
 * nacl_read_scratch() - bytes that the host gives
 * @to: where to
 * @len: how many, no more than there is room for
 *
 * Return: 0, or COVE_ERR_NO_SHMEM.
 */
int nacl_read_scratch(void *to, size_t len)
{
	if (!nacl_ready())
		return COVE_ERR_NO_SHMEM;
	return hart_read_host(to, shmem[hart_id()] + SCRATCH, len);
}

/**
 * nacl_write_scratch() - bytes for the host
 * @from: where from
 * @len: how many, no more than there is room for
 *
 * Return: 0, or COVE_ERR_NO_SHMEM.
 */
int nacl_write_scratch(const void *from, size_t len)
{
	if (!nacl_ready())
		return COVE_ERR_NO_SHMEM;
	return hart_write_host(shmem[hart_id()] + SCRATCH, from, len);
}
