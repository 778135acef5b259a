// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lines for the console: OpenSBI has no printf that takes a va_list.
 */

#include <stdbool.h>
#include <stdint.h>

#include "log.h"

struct out {
	char *at;
	char *last;		/* for the zero at the end */
};

static void put(struct out *out, char c)
{
	if (out->at < out->last)
		*out->at++ = c;
}

static void put_number(struct out *out, uint64_t value, unsigned int base)
{
	char digit[20];
	unsigned int digits = 0;

	do {
		digit[digits++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (digits)
		put(out, digit[--digits]);
}

/**
 * log_format() - put a line together
 * @line: where
 * @size: of it, not zero; what is longer is left out
 * @format: %u, %lu, %lx and %s alone are known
 * @args: as for printf
 */
void log_format(char *line, size_t size, const char *format, va_list args)
{
	struct out out = { line, line + size - 1 };

	for (; *format; format++) {
		bool wide;

		if (*format != '%') {
			put(&out, *format);
			continue;
		}
		format++;
		if (*format == 's') {
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(&out, *s);
			continue;
		}
		wide = *format == 'l';
		format += wide;
		put_number(&out, wide ? va_arg(args, unsigned long) : va_arg(args, unsigned int),
			   *format == 'x' ? 16 : 10);
	}
	*out.at = 0;
}
