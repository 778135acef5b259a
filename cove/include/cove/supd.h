/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SUPD: which supervisor domains there are (CoVE 0.7, "Supervisor Domains
 * Enumeration Extension").
 */
#ifndef COVE_SUPD_H
#define COVE_SUPD_H

#include <cove/abi.h>

#define COVE_EXT_SUPD			0x53555044

/* value: a bit for each live domain; bit 0 is always set. */
#define COVE_SUPD_GET_ACTIVE_DOMAINS	0

#endif
