/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What cmocka needs ahead of its header, and how a suite is run.
 */
#ifndef SELFTESTS_TSM_UNIT_H
#define SELFTESTS_TSM_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif
