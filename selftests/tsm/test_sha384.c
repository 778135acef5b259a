// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-384 with our configuration of mbedtls, against FIPS 180's examples and
 * one that crosses blocks at every offset.
 */

#include "unit.h"
#include "crypto/sha384.h"

struct example {
	const char *message;
	unsigned int times;
	const char *digest;
};

static const struct example examples[] = {
	{ "", 1,
	  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"
	},
	{ "abc", 1,
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
	},
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  1,
	  "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039"
	},
	{ "aaaaaaaaaa", 100000,
	  "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985"
	},
};

static void digest_of(const struct example *example, char *text)
{
	uint8_t digest[SHA384_LEN];
	struct sha384 hash;
	unsigned int i;

	sha384_init(&hash);
	for (i = 0; i < example->times; i++)
		sha384_update(&hash, example->message, strlen(example->message));
	sha384_final(&hash, digest);
	for (i = 0; i < SHA384_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void examples_of_fips_180(void **state)
{
	char text[2 * SHA384_LEN + 1];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		digest_of(&examples[i], text);
		assert_string_equal(text, examples[i].digest);
	}
}

static void pieces_make_no_difference(void **state)
{
	uint8_t data[300], whole[SHA384_LEN], parts[SHA384_LEN];
	struct sha384 hash;
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = 7 * i;
	sha384_init(&hash);
	sha384_update(&hash, data, sizeof(data));
	sha384_final(&hash, whole);
	for (i = 0; i <= sizeof(data); i++) {
		sha384_init(&hash);
		sha384_update(&hash, data, i);
		sha384_update(&hash, data + i, sizeof(data) - i);
		sha384_final(&hash, parts);
		assert_memory_equal(parts, whole, SHA384_LEN);
	}
}

static void nothing_is_left_of_what_was_hashed(void **state)
{
	uint8_t digest[SHA384_LEN];
	struct sha384 hash;
	size_t i;

	sha384_init(&hash);
	sha384_update(&hash, "secret", 6);
	sha384_final(&hash, digest);
	for (i = 0; i < ARRAY_SIZE(hash.opaque) - 1; i++)
		assert_int_equal(hash.opaque[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_fips_180),
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(nothing_is_left_of_what_was_hashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
