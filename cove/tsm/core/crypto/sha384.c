// SPDX-License-Identifier: BSD-2-Clause
/*
 * SHA-384 by mbedtls, whose released source is compiled as it is, as part of
 * this file.
 *
 * Its functions return errors for hardware that may fail and for hashes
 * other than two; with our configuration, none of them can occur.
 */

#define MBEDTLS_CONFIG_FILE "crypto/mbedtls_config.h"
#include <library/sha512.c>
#include <assert.h>
#include <stdalign.h>

#include "sha384.h"

static_assert(sizeof(mbedtls_sha512_context) <= sizeof(struct sha384),
	      "mbedtls' context fits");
static_assert(alignof(mbedtls_sha512_context) <= alignof(struct sha384),
	      "and so does its alignment");

/* What was there may be of a TVM: the compiler must not find it dead. */
void mbedtls_platform_zeroize(void *buf, size_t len)
{
	memset(buf, 0, len);
	__asm__ volatile("" : : "r"(buf) : "memory");
}

/*
 * Where bytes can't be swapped by one instruction, gcc calls this, and
 * firmware has no libgcc.  The barriers keep gcc from seeing what it is, and
 * making it call itself.
 */
uint64_t __bswapdi2(uint64_t x);
uint64_t __bswapdi2(uint64_t x)
{
	x = (x & 0x00ff00ff00ff00ff) << 8 | (x >> 8 & 0x00ff00ff00ff00ff);
	__asm__("" : "+r"(x));
	x = (x & 0x0000ffff0000ffff) << 16 | (x >> 16 & 0x0000ffff0000ffff);
	__asm__("" : "+r"(x));
	return x << 32 | x >> 32;
}

static mbedtls_sha512_context *context(struct sha384 *hash)
{
	return (mbedtls_sha512_context *)hash->opaque;
}

/**
 * sha384_init() - begin a hash
 * @hash: what holds its state; a hash that is given up needs no end
 */
void sha384_init(struct sha384 *hash)
{
	mbedtls_sha512_init(context(hash));
	(void)mbedtls_sha512_starts(context(hash), 1);
}

/**
 * sha384_update() - hash the next bytes
 * @hash: begun by sha384_init()
 * @data: the bytes
 * @len: how many, in bytes; may be 0
 */
void sha384_update(struct sha384 *hash, const void *data, size_t len)
{
	(void)mbedtls_sha512_update(context(hash), data, len);
}

/**
 * sha384_final() - end a hash, and forget what was hashed
 * @hash: begun by sha384_init(); to be begun again before any other use
 * @digest: gets the result
 */
void sha384_final(struct sha384 *hash, uint8_t digest[SHA384_LEN])
{
	(void)mbedtls_sha512_finish(context(hash), digest);
	mbedtls_sha512_free(context(hash));
}
