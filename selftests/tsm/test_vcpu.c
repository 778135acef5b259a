// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs: what may happen to one in which state, and what one begins with.
 */

#include "unit.h"
#include "host.h"
#include "tvm.h"

#include <cove/abi.h>

#define MIB	(1ULL << 20)

static struct tvm tvm;

static int start(void **state)
{
	host_start(4 * MIB, MIB);
	assert_int_equal(pool_init(HOST_POOL, 4 * MIB), 0);
	while (pool_scrub(512))
		;
	memset(&tvm, 0, sizeof(tvm));
	tvm.quota = (struct quota){ .owner = 1, .limit = 100 };
	return 0;
}

static int stop(void **state)
{
	uint32_t id;

	for (id = 0; id < TVM_MAX_VCPUS; id++)
		vcpu_release(&tvm, id);
	assert_int_equal(tvm.vcpus, 0);
	assert_int_equal(tvm.vcpu_mask, 0);
	assert_int_equal(tvm.quota.used, 0);
	host_stop();
	return 0;
}

static struct vcpu *create(uint32_t id)
{
	struct claim claim;

	assert_int_equal(vcpu_check(&tvm, id), 0);
	assert_int_equal(page_alloc(&tvm.quota, PAGE_4K, &claim), 0);
	vcpu_create(&tvm, id, &claim);
	assert_int_equal(claim.count, 0);
	return tvm.vcpu[id];
}

static struct vcpu *in_state(enum vcpu_state wanted)
{
	/* VCPU_EVENTS ends a way. */
	static const enum vcpu_event way[VCPU_STATES][4] = {
		[VCPU_STOPPED] = { VCPU_EVENTS },
		[VCPU_STARTED] = { VCPU_CLAIM, VCPU_START, VCPU_BEGIN, VCPU_EVENTS },
		[VCPU_STARTING] = { VCPU_CLAIM, VCPU_EVENTS },
		[VCPU_START_PENDING] = { VCPU_CLAIM, VCPU_START, VCPU_EVENTS },
		[VCPU_SUSPENDED] = { VCPU_BOOT, VCPU_SUSPEND, VCPU_EVENTS },
	};
	struct vcpu *vcpu = create(0);
	const enum vcpu_event *event;

	for (event = way[wanted]; *event != VCPU_EVENTS; event++)
		assert_true(vcpu_move(vcpu, *event));
	assert_int_equal(vcpu_state(vcpu), wanted);
	return vcpu;
}

static void transitions(void **state)
{
	static const struct {
		enum vcpu_event event;
		enum vcpu_state from, to;
	} legal[] = {
		{ VCPU_BOOT, VCPU_STOPPED, VCPU_STARTED },
		{ VCPU_CLAIM, VCPU_STOPPED, VCPU_STARTING },
		{ VCPU_START, VCPU_STARTING, VCPU_START_PENDING },
		{ VCPU_BEGIN, VCPU_START_PENDING, VCPU_STARTED },
		{ VCPU_STOP, VCPU_STARTED, VCPU_STOPPED },
		{ VCPU_SUSPEND, VCPU_STARTED, VCPU_SUSPENDED },
		{ VCPU_RESUME, VCPU_SUSPENDED, VCPU_STARTED },
	};
	static const enum vcpu_state states[] = {
		VCPU_STARTED, VCPU_STOPPED, VCPU_START_PENDING, VCPU_SUSPENDED,
		VCPU_STARTING,
	};
	unsigned int from, event, i;

	for (from = 0; from < ARRAY_SIZE(states); from++) {
		for (event = 0; event < VCPU_EVENTS; event++) {
			struct vcpu *vcpu = in_state(states[from]);
			enum vcpu_state to = states[from];
			bool moves = false;

			for (i = 0; i < ARRAY_SIZE(legal); i++) {
				if (legal[i].event != event || legal[i].from != states[from])
					continue;
				moves = true;
				to = legal[i].to;
			}
			assert_int_equal(vcpu_move(vcpu, event), moves);
			assert_int_equal(vcpu_state(vcpu), to);
			vcpu_release(&tvm, 0);
			while (pool_scrub(8))
				;
		}
	}
}

static void numbers(void **state)
{
	assert_int_equal(vcpu_check(&tvm, TVM_MAX_VCPUS), COVE_ERR_INVALID_PARAM);
	assert_int_equal(vcpu_check(&tvm, 1ULL << 32), COVE_ERR_INVALID_PARAM);
	create(TVM_MAX_VCPUS - 1);
	create(1);
	assert_int_equal(tvm.vcpus, 2);
	assert_int_equal(tvm.vcpu_mask, 1ULL << (TVM_MAX_VCPUS - 1) | 2);
	assert_int_equal(vcpu_check(&tvm, 1), COVE_ERR_INVALID_PARAM);
	assert_int_equal(vcpu_check(&tvm, TVM_MAX_VCPUS - 1), COVE_ERR_INVALID_PARAM);
	vcpu_release(&tvm, 1);
	assert_int_equal(vcpu_check(&tvm, 1), 0);
	assert_int_equal(tvm.vcpus, 1);
	/* There is none any more: nothing happens. */
	vcpu_release(&tvm, 1);
	assert_int_equal(tvm.vcpus, 1);
}

static void new_ones(void **state)
{
	struct vcpu *vcpu = create(5);
	struct page_info info;

	assert_true(page_find(vcpu->hpa, &info));
	assert_int_equal(info.state, PAGE_STATE);
	assert_ptr_equal(vcpu->tvm, &tvm);
	assert_int_equal(vcpu->id, 5);
	assert_int_equal(vcpu_state(vcpu), VCPU_STOPPED);
	assert_int_equal(vcpu->privilege, 1);
	/* A timer that isn't set. */
	assert_int_equal(vcpu->csr[VCPU_VSTIMECMP], ~0ULL);
	/* What the hart keeps is in the same page, and not where this is. */
	assert_ptr_equal(vcpu->hart_state, hart_pool(vcpu->hpa));
	assert_true((uint8_t *)vcpu - (uint8_t *)vcpu->hart_state >= VCPU_HART_STATE);
}

static void boot(void **state)
{
	struct vcpu *vcpu = create(3);

	vcpu->gpr[5] = 55;
	vcpu_set_boot(vcpu, 0x1000, 3, 77);
	assert_int_equal(vcpu_state(vcpu), VCPU_STARTED);
	assert_int_equal(vcpu->pc, 0x1000);
	assert_int_equal(vcpu->gpr[5], 55);
	assert_int_equal(vcpu->gpr[10], 3);
	assert_int_equal(vcpu->gpr[11], 77);
	/* It is no new start. */
	vcpu_begin(vcpu);
	assert_int_equal(vcpu->gpr[5], 55);
}

/* Everything of a vCPU is as at its first start. */
static void start_anew(void **state)
{
	struct vcpu *vcpu = create(2);
	uint8_t *hart = vcpu->hart_state;
	unsigned int i;

	vcpu_set_boot(vcpu, 0, 0, 0);
	assert_false(vcpu_start(vcpu, 1, 2, 3));
	assert_true(vcpu_move(vcpu, VCPU_STOP));
	memset(hart, 0xa5, VCPU_HART_STATE);
	memset(vcpu->gpr, 0xa5, sizeof(vcpu->gpr));
	memset(vcpu->csr, 0xa5, sizeof(vcpu->csr));
	vcpu->csr[VCPU_HTIMEDELTA] = 1234;
	vcpu->privilege = 0;
	vcpu->allowed = ~0ULL;
	vcpu->wait.what = VCPU_LOAD;
	vcpu_mark(vcpu, VCPU_MARK_IPI);

	assert_true(vcpu_start(vcpu, 0x2000, 99, 1 << 10));
	assert_int_equal(vcpu_state(vcpu), VCPU_START_PENDING);
	/* Not twice, and what it has stays until it begins. */
	assert_false(vcpu_start(vcpu, 0x3000, 98, 0));
	assert_int_equal(vcpu->gpr[1], 0xa5a5a5a5a5a5a5a5ULL);
	vcpu_begin(vcpu);
	assert_int_equal(vcpu_state(vcpu), VCPU_STARTED);
	assert_int_equal(vcpu->pc, 0x2000);
	assert_int_equal(vcpu->privilege, 1);
	assert_int_equal(vcpu->allowed, 1 << 10);
	assert_int_equal(vcpu->wait.what, VCPU_NOTHING);
	for (i = 0; i < 32; i++)
		assert_int_equal(vcpu->gpr[i], i == 10 ? 2 : i == 11 ? 99 : 0);
	for (i = 0; i < VCPU_CSRS; i++)
		assert_int_equal(vcpu->csr[i], i == VCPU_VSTIMECMP ? ~0ULL :
					       i == VCPU_HTIMEDELTA ? 1234 : 0);
	for (i = 0; i < VCPU_HART_STATE; i++)
		assert_int_equal(hart[i], 0);
	assert_int_equal(vcpu_take_marks(vcpu), 0);
}

static void marks(void **state)
{
	struct vcpu *vcpu = create(0);

	assert_int_equal(vcpu_take_marks(vcpu), 0);
	vcpu_mark(vcpu, VCPU_MARK_IPI);
	vcpu_mark(vcpu, VCPU_MARK_IPI);
	assert_int_equal(vcpu_take_marks(vcpu), VCPU_MARK_IPI);
	vcpu_mark(vcpu, VCPU_MARK_FENCE);
	vcpu_mark(vcpu, VCPU_MARK_IPI);
	assert_int_equal(vcpu_take_marks(vcpu), VCPU_MARK_FENCE | VCPU_MARK_IPI);
	assert_int_equal(vcpu_take_marks(vcpu), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(transitions),
		TEST(numbers),
		TEST(new_ones),
		TEST(boot),
		TEST(start_anew),
		TEST(marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
