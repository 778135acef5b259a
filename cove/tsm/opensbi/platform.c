// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenSBI platform: the generic one, taken from OpenSBI's source as it is.
 *
 * The generic platform finds its devices in the device tree, which is all
 * that QEMU's virt machine needs.  Its boards with quirks are left out.
 */

#include <platform/generic/platform.c>

const struct platform_override *const platform_override_modules[] = { NULL };
