/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-384 (FIPS 180-4), by mbedtls.
 */
#ifndef TSM_CRYPTO_SHA384_H
#define TSM_CRYPTO_SHA384_H

#include <stddef.h>
#include <stdint.h>

#define SHA384_LEN	48

/* A hash under way: mbedtls' context, which only sha384.c looks into. */
struct sha384 {
	uint64_t opaque[28];
};

void sha384_init(struct sha384 *hash);
void sha384_update(struct sha384 *hash, const void *data, size_t len);
void sha384_final(struct sha384 *hash, uint8_t digest[SHA384_LEN]);

#endif
