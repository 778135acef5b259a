/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COVI: interrupts by AIA (CoVE 0.7, "CoVE Interrupt Extension").  Numbers
 * only: our TSM doesn't offer AIA, and answers NOT_SUPPORTED.
 */
#ifndef COVE_COVI_H
#define COVE_COVI_H

#include <cove/abi.h>

#define COVE_EXT_COVI			0x434f5649

#define COVE_COVI_INIT_TVM_AIA		0
#define COVE_COVI_SET_IMSIC_ADDR	1
#define COVE_COVI_CONVERT_IMSIC		2
#define COVE_COVI_RECLAIM_IMSIC		3
#define COVE_COVI_BIND_IMSIC		4
#define COVE_COVI_UNBIND_IMSIC_BEGIN	5
#define COVE_COVI_UNBIND_IMSIC_END	6
#define COVE_COVI_INJECT		7
#define COVE_COVI_REBIND_IMSIC_BEGIN	8
#define COVE_COVI_REBIND_IMSIC_CLONE	9
#define COVE_COVI_REBIND_IMSIC_END	10

#endif
