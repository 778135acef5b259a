/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TSM_ARRAY_H
#define TSM_ARRAY_H

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif
