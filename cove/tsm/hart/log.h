/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines for the console.
 */
#ifndef TSM_HART_LOG_H
#define TSM_HART_LOG_H

#include <stdarg.h>
#include <stddef.h>

void log_format(char *line, size_t size, const char *format, va_list args);

#endif
