/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the TSM and mbedtls use of C's library.  OpenSBI's fw_base.S has these
 * under their usual names, since compilers call them unasked.
 */
#ifndef TSM_LIBC_STRING_H
#define TSM_LIBC_STRING_H

#include <stddef.h>

void *memcpy(void *dest, const void *src, size_t count);
void *memmove(void *dest, const void *src, size_t count);
void *memset(void *s, int c, size_t count);
int memcmp(const void *s1, const void *s2, size_t count);

#endif
