/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory that each hart shares with the host (NACL).  All of it is the
 * host's: what is read may change at once, what is written may be overwritten.
 */
#ifndef TSM_NACL_H
#define TSM_NACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cove/nacl.h>

struct hart_word;

/* Where a register or a CSR is. */
#define NACL_GPR(reg)	(offsetof(struct cove_nacl_shmem, gpr) + 8 * (reg))
#define NACL_CSR(number)						\
	(offsetof(struct cove_nacl_shmem, csr) + 8 * COVE_NACL_CSR(number))

int nacl_set_shmem(uint64_t low, uint64_t high, uint64_t flags);
bool nacl_ready(void);
int nacl_read_gpr(unsigned int reg, uint64_t *value);
int nacl_read_csr(unsigned int csr, uint64_t *value);
int nacl_write(const struct hart_word *words, unsigned int count);
int nacl_read_scratch(void *to, size_t len);
int nacl_write_scratch(const void *from, size_t len);

#endif
