/* SPDX-License-Identifier: BSD-2-Clause */
/* gcc's own asks for a C library's. */
#ifndef TSM_LIBC_LIMITS_H
#define TSM_LIBC_LIMITS_H

#define CHAR_BIT	__CHAR_BIT__

#endif
