/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the TSM takes of mbedtls: SHA-384, and nothing that allocates, prints
 * or asks an operating system.
 */
#ifndef TSM_CRYPTO_MBEDTLS_CONFIG_H
#define TSM_CRYPTO_MBEDTLS_CONFIG_H

#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
/* mbedtls_platform_zeroize() is in sha384.c. */
#define MBEDTLS_PLATFORM_ZEROIZE_ALT

#endif
