// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurement: the bytes that Documentation/cove-abi.rst promises, and no
 * others, go into the register meant, and into no other.
 *
 * What is expected was computed by Python's hashlib from the documented
 * rules, not by this code:
 *
 *	H = hashlib.sha384; Z = bytes(48); q = lambda *v: struct.pack(f'<{len(v)}Q', *v)
 */

#include "unit.h"
#include "measure.h"

static void digest_is(const uint8_t *digest, const char *expected)
{
	char text[2 * SHA384_LEN + 1];
	unsigned int i;

	for (i = 0; i < SHA384_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, expected);
}

/* All registers but @index are as they were at first. */
static void only_this_one(const struct measure *measure, unsigned int index)
{
	const uint8_t zero[SHA384_LEN] = {};
	unsigned int i;

	for (i = 0; i < MEASURE_COUNT; i++) {
		if (i == index)
			assert_memory_not_equal(measure->reg[i], zero, SHA384_LEN);
		else
			assert_memory_equal(measure->reg[i], zero, SHA384_LEN);
	}
}

static void pages_with_their_addresses(void **state)
{
	static uint8_t page[4096];
	struct measure measure, other;
	unsigned int i;

	measure_init(&measure);
	for (i = 0; i < sizeof(page); i++)
		page[i] = i % 251;
	/* one = H(Z + page + q(0x80200000)) */
	measure_page(&measure, 0x80200000, page);
	digest_is(measure.reg[MEASURE_PAGES],
		  "30b60042f71d2e94df1a17fe1e3cd972da0d3a90a4b56d2101da5a1ac961467ea456198f6fa90a13218e338a6b020703");
	only_this_one(&measure, MEASURE_PAGES);

	/* H(one + bytes(4096) + q(0x80201000)) */
	memset(page, 0, sizeof(page));
	measure_page(&measure, 0x80201000, page);
	digest_is(measure.reg[MEASURE_PAGES],
		  "56d5e36e35a79bc270d86aa45d79c9a744a8bc9a6cbcf9a0ba40ef01d25ffeaf0c080d48eed73b658b7269c439c61ced");

	/* The address counts. */
	measure_init(&measure);
	measure_init(&other);
	measure_page(&measure, 0x80200000, page);
	measure_page(&other, 0x80201000, page);
	assert_memory_not_equal(&measure, &other, sizeof(measure));
}

static void configuration(void **state)
{
	const uint64_t entry[] = { 0x80200000, 0x87e00000 };
	struct measure measure;

	measure_init(&measure);
	/* H(Z + q(3, 0x80200000, 0x87e00000)) */
	measure_config(&measure, MEASURE_CONFIG_ENTRY, entry, 2);
	digest_is(measure.reg[MEASURE_CONFIG],
		  "3d1f6da4482c5f321afc79ec4df319188326d0b5d6d4ac0d698fa9a5d75914214581424927190281144f85db31485d34");
	only_this_one(&measure, MEASURE_CONFIG);
}

static void runtime(void **state)
{
	struct measure measure;

	measure_init(&measure);
	/* H(Z + b'digest') */
	measure_extend(&measure, MEASURE_INITIAL, "digest", 6);
	digest_is(measure.reg[MEASURE_INITIAL],
		  "f30c6ca0449dbda9a720836ddb64a71e8463be316e5b5837ec6127cb3627fbd85ad162f83c77abc653c25d5923f0a002");
	only_this_one(&measure, MEASURE_INITIAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_with_their_addresses),
		cmocka_unit_test(configuration),
		cmocka_unit_test(runtime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
