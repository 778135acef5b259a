// SPDX-License-Identifier: GPL-2.0-only
/* A host that makes calls of the TSM. */

#include "calls.h"

/* Machine, pool, and a TSM that knows where the host's shared memory is. */
void calls_start(void)
{
	struct tsm_ret ret;

	host_start(CALLS_POOL, CALLS_RAM);
	assert_int_equal(tsm_init(HOST_POOL, CALLS_POOL), 0);
	ret = tsm_call(COVE_EXT_NACL, COVE_NACL_SET_SHMEM, (const uint64_t[6]){ AT_SHMEM });
	assert_int_equal(ret.error, 0);
}

void calls_stop(void)
{
	host_stop();
}

void name_pages(uint64_t hpa, uint64_t count)
{
	unsigned int hart;

	assert_int_equal(ERROR(CONVERT_PAGES, hpa, count), 0);
	assert_int_equal(ERROR(GLOBAL_FENCE), 0);
	for (hart = 0; hart < 64; hart++) {
		host_hart = hart;
		if (host.online >> hart & 1)
			assert_int_equal(ERROR(LOCAL_FENCE), 0);
	}
	host_hart = 0;
}

void put_params(uint64_t page_directory, uint64_t state)
{
	struct cove_tvm_create_params params = { page_directory, state };

	memcpy(host_ram(AT_PARAMS), &params, sizeof(params));
}

/* A new TVM whose pages are all the host's; the n-th 2 MiB are for it. */
uint64_t create_donated(unsigned int n)
{
	struct tsm_ret ret;

	put_params(NAMED_FOR(n) + PART_ROOT, NAMED_FOR(n) + PART_STATE);
	ret = COVH(CREATE_TVM, AT_PARAMS, sizeof(struct cove_tvm_create_params));
	assert_int_equal(ret.error, 0);
	return ret.value;
}

/* One that lacks nothing but finalize_tvm. */
uint64_t build(unsigned int n)
{
	uint64_t id = create_donated(n), at = NAMED_FOR(n);

	assert_int_equal(ERROR(ADD_MEMORY_REGION, id, BUILT_GPA, BUILT_SIZE), 0);
	assert_int_equal(ERROR(ADD_PAGE_TABLE_PAGES, id, at + PART_TABLES, PART_TABLE_PAGES), 0);
	assert_int_equal(ERROR(ADD_MEASURED_PAGES, id, AT_IMAGE, at + PART_IMAGE, COVE_PAGE_4K,
			       BUILT_IMAGE, BUILT_GPA), 0);
	assert_int_equal(ERROR(CREATE_VCPU, id, 0, at + PART_VCPUS), 0);
	assert_int_equal(ERROR(CREATE_VCPU, id, 5, at + PART_VCPUS + PAGE_BYTES), 0);
	return id;
}

uint64_t finish(uint64_t id)
{
	assert_int_equal(ERROR(FINALIZE_TVM, id, BUILT_PC, BUILT_ARG, 0), 0);
	return id;
}

/* Return: how many calls it took. */
uint64_t destroy(uint64_t id)
{
	uint64_t calls = 0;
	int64_t error;

	do {
		error = ERROR(DESTROY_TVM, id);
		calls++;
	} while (error == COVE_ERR_AGAIN && calls < 100000);
	assert_int_equal(error, 0);
	return calls;
}

void destroy_all(void)
{
	uint64_t id;

	while ((id = COVH(LIST_TVMS, 0).value))
		destroy(id);
}

/* What the TSM has of a TVM; unlocked, as nobody else is there. */
struct tvm *look_at(uint64_t id)
{
	struct tvm *tvm = NULL;

	assert_int_equal(tvm_lock(id, &tvm), 0);
	lock_drop(&tvm->lock);
	return tvm;
}

enum tvm_state state_by_id(uint64_t id)
{
	return tvm_state(look_at(id));
}

enum page_state page_state_at(uint64_t hpa)
{
	struct page_info info;

	assert_true(page_find(hpa, &info));
	return info.state;
}

uint64_t free_pages(void)
{
	struct pool_count count;

	pool_count(&count);
	return count.free;
}
