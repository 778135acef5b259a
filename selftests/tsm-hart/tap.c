// SPDX-License-Identifier: GPL-2.0-only
/* The console, and TAP on it. */

#include <stdarg.h>

#include "payload.h"

static unsigned int tests, failures;

static void put(char c)
{
	if (c == '\n')
		put('\r');
	sbi1(SBI_DBCN, 2, c);
}

static void put_number(uint64_t value, unsigned int base)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(digits[--n]);
}

/* %s, %d, %u, %x, the last three with any number of l. */
static void print_args(const char *format, va_list args)
{
	for (; *format; format++) {
		bool wide = false;
		int64_t value;

		if (*format != '%') {
			put(*format);
			continue;
		}
		while (*++format == 'l')
			wide = true;
		if (*format == 's') {
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(*s);
			continue;
		}
		value = wide ? va_arg(args, long) : va_arg(args, int);
		if (*format == 'd' && value < 0) {
			put('-');
			value = -value;
		}
		put_number(wide || *format == 'd' ? value : (uint32_t)value,
			   *format == 'x' ? 16 : 10);
	}
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_args(format, args);
	va_end(args);
}

void report(bool good, const char *format, ...)
{
	va_list args;

	tests++;
	failures += !good;
	print("%sok %u - ", good ? "" : "not ", tests);
	va_start(args, format);
	print_args(format, args);
	va_end(args);
	print("\n");
}

void skip(const char *name, const char *why)
{
	print("ok %u - %s # SKIP %s\n", ++tests, name, why);
}

unsigned int tap_end(void)
{
	print("1..%u\n", tests);
	return failures;
}
