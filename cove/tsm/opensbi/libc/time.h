/* SPDX-License-Identifier: BSD-2-Clause */
/* mbedtls includes it, and with our configuration uses nothing of it. */
#ifndef TSM_LIBC_TIME_H
#define TSM_LIBC_TIME_H
#endif
