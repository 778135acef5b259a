/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kselftest_harness.h with a time limit for emulated hosts: the tests take
 * seconds, but on a busy build machine ten times as long.
 */
#ifndef RVHARNESS_H
#define RVHARNESS_H

#include "kselftest_harness.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	120

#endif /* RVHARNESS_H */
