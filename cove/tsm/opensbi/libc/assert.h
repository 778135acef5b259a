/* SPDX-License-Identifier: BSD-2-Clause */
/* Assertions at compile time are all that firmware has use for. */
#ifndef TSM_LIBC_ASSERT_H
#define TSM_LIBC_ASSERT_H

#define static_assert	_Static_assert

#endif
