// SPDX-License-Identifier: BSD-2-Clause
/*
 * vCPUs: what is kept of them, and what becomes of one: one table of
 * transitions.
 */

#include "vcpu.h"

#include <assert.h>
#include <cove/abi.h>
#include <string.h>

#include "hart.h"
#include "tvm.h"

static_assert(VCPU_HART_STATE + sizeof(struct vcpu) <= PAGE_BYTES,
	      "a vCPU is more than a page");

#define IN(state)	(1U << (state))

static const struct {
	uint8_t from;		/* set of enum vcpu_state */
	uint8_t to;		/* enum vcpu_state */
} rule[VCPU_EVENTS] = {
	[VCPU_BOOT]	= { IN(VCPU_STOPPED), VCPU_STARTED },
	[VCPU_CLAIM]	= { IN(VCPU_STOPPED), VCPU_STARTING },
	[VCPU_START]	= { IN(VCPU_STARTING), VCPU_START_PENDING },
	[VCPU_BEGIN]	= { IN(VCPU_START_PENDING), VCPU_STARTED },
	[VCPU_STOP]	= { IN(VCPU_STARTED), VCPU_STOPPED },
	[VCPU_SUSPEND]	= { IN(VCPU_STARTED), VCPU_SUSPENDED },
	[VCPU_RESUME]	= { IN(VCPU_SUSPENDED), VCPU_STARTED },
};

/**
 * vcpu_state() - what state a vCPU is in
 * @vcpu: the vCPU, locked or not
 */
enum vcpu_state vcpu_state(const struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE);
}

/**
 * vcpu_move() - let something happen to a vCPU
 * @vcpu: the vCPU; locked, but for VCPU_CLAIM, and VCPU_START after that
 * @event: what happens
 *
 * Return: false if that can't happen in its state; nothing has changed then.
 */
bool vcpu_move(struct vcpu *vcpu, enum vcpu_event event)
{
	enum vcpu_state state = vcpu_state(vcpu);

	do {
		if (!(rule[event].from & IN(state)))
			return false;
	} while (!__atomic_compare_exchange_n(&vcpu->state, &state, rule[event].to, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return true;
}

/**
 * vcpu_check() - may a TVM get a vCPU of this number?
 * @tvm: the TVM, locked, which isn't runnable yet
 * @id: the number, as the host gives it
 *
 * Return: 0, or COVE_ERR_INVALID_PARAM.
 */
int vcpu_check(const struct tvm *tvm, uint64_t id)
{
	return id < TVM_MAX_VCPUS && !tvm->vcpu[id] ? 0 : COVE_ERR_INVALID_PARAM;
}

/**
 * vcpu_create() - give a TVM a vCPU, which is stopped
 * @tvm: the TVM, locked
 * @id: its number, to which vcpu_check() has agreed
 * @claim: VCPU_STATE_PAGES for its state; none is left in it
 */
void vcpu_create(struct tvm *tvm, uint32_t id, struct claim *claim)
{
	uint64_t hpa = page_use(claim, PAGE_TO_STATE, 0);
	uint8_t *page = hart_pool(hpa);
	struct vcpu *vcpu = (struct vcpu *)(page + VCPU_HART_STATE);

	vcpu->hpa = hpa;
	vcpu->id = id;
	vcpu->tvm = tvm;
	vcpu->hart_state = page;
	vcpu->state = VCPU_STOPPED;
	vcpu->privilege = 1;
	vcpu->csr[VCPU_VSTIMECMP] = ~0ULL;
	tvm->vcpu[id] = vcpu;
	tvm->vcpu_mask |= 1ULL << id;
	tvm->vcpus++;
}

/**
 * vcpu_release() - take a vCPU away
 * @tvm: the TVM, locked, of which no vCPU runs, or will
 * @id: the vCPU's number; if there is none, nothing happens
 */
void vcpu_release(struct tvm *tvm, uint32_t id)
{
	struct vcpu *vcpu = tvm->vcpu[id];

	if (!vcpu)
		return;
	tvm->vcpu[id] = NULL;
	tvm->vcpu_mask &= ~(1ULL << id);
	tvm->vcpus--;
	page_put(&tvm->quota, vcpu->hpa);
}

/**
 * vcpu_set_boot() - make a vCPU the one that the TVM begins with
 * @vcpu: a new one; its other registers are as its TVM's creator has set them
 * @pc: where it begins, in VS-mode
 * @a0: its first argument
 * @a1: its second one
 */
void vcpu_set_boot(struct vcpu *vcpu, uint64_t pc, uint64_t a0, uint64_t a1)
{
	vcpu->pc = pc;
	vcpu->gpr[10] = a0;
	vcpu->gpr[11] = a1;
	vcpu_move(vcpu, VCPU_BOOT);
}

/**
 * vcpu_start() - have a vCPU started, by another one of its TVM
 * @vcpu: the vCPU, which needn't be locked
 * @pc: where it shall begin
 * @arg: what it finds in a1
 * @allowed: the host's bits of hvip
 *
 * Return: false if it isn't stopped.
 */
bool vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t arg, uint64_t allowed)
{
	if (!vcpu_move(vcpu, VCPU_CLAIM))
		return false;
	vcpu->start_pc = pc;
	vcpu->start_arg = arg;
	vcpu->start_allowed = allowed;
	vcpu_move(vcpu, VCPU_START);
	return true;
}

/**
 * vcpu_begin() - give a vCPU that was started its first registers
 * @vcpu: the vCPU, locked
 *
 * Nothing of what it did before it was stopped is left.  Nothing happens to a
 * vCPU that wasn't started anew.
 */
void vcpu_begin(struct vcpu *vcpu)
{
	uint64_t delta = vcpu->csr[VCPU_HTIMEDELTA];

	if (vcpu_state(vcpu) != VCPU_START_PENDING)
		return;
	memset(vcpu->hart_state, 0, VCPU_HART_STATE);
	memset(vcpu->gpr, 0, sizeof(vcpu->gpr));
	memset(vcpu->csr, 0, sizeof(vcpu->csr));
	vcpu->csr[VCPU_VSTIMECMP] = ~0ULL;
	vcpu->csr[VCPU_HTIMEDELTA] = delta;
	vcpu->pc = vcpu->start_pc;
	vcpu->privilege = 1;
	vcpu->gpr[10] = vcpu->id;
	vcpu->gpr[11] = vcpu->start_arg;
	vcpu->allowed = vcpu->start_allowed;
	vcpu->wait = (struct vcpu_wait){ .what = VCPU_NOTHING };
	vcpu_take_marks(vcpu);
	vcpu_move(vcpu, VCPU_BEGIN);
}

/**
 * vcpu_mark() - leave something for a vCPU
 * @vcpu: the vCPU, which needn't be locked
 * @mark: what
 *
 * If it runs afterwards, it was entered before it could see that, and has to
 * be kicked.
 */
void vcpu_mark(struct vcpu *vcpu, enum vcpu_mark mark)
{
	__atomic_fetch_or(&vcpu->marks, mark, __ATOMIC_SEQ_CST);
}

/**
 * vcpu_take_marks() - see what others have left
 * @vcpu: the vCPU, locked
 *
 * Return: a set of enum vcpu_mark, which aren't there any more.
 */
uint32_t vcpu_take_marks(struct vcpu *vcpu)
{
	if (!__atomic_load_n(&vcpu->marks, __ATOMIC_SEQ_CST))
		return 0;
	return __atomic_exchange_n(&vcpu->marks, 0, __ATOMIC_SEQ_CST);
}
