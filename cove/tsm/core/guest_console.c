// SPDX-License-Identifier: BSD-2-Clause
/*
 * The debug console: bytes go between the TVM's private memory and the NACL
 * memory's scratch space, a few at a time, which SBI allows.
 */

#include <cove/abi.h>

#include "guest_sbi.h"
#include "memory.h"
#include "nacl.h"
#include "tvm.h"

/* At once. */
#define CONSOLE_BYTES	256

enum {
	CONSOLE_WRITE,
	CONSOLE_READ,
	CONSOLE_WRITE_BYTE,
};

static uint64_t part_of(uint64_t len)
{
	return len < CONSOLE_BYTES ? len : CONSOLE_BYTES;
}

/* SBI has one error for all that is wrong with a buffer. */
static int buffer_error(int err)
{
	if (!err || err == COVE_ERR_AGAIN)
		return err;
	return err == COVE_ERR_INVALID_ADDRESS ? COVE_ERR_INVALID_PARAM : COVE_ERR_FAILED;
}

static void wait_for(struct guest_call *call, enum vcpu_pending what,
		     uint64_t function, uint64_t gpa, uint64_t len)
{
	call->vcpu->wait = (struct vcpu_wait){ .what = what, .gpa = gpa, .len = len };
	guest_tell_host(call, SBI_EXT_DBCN, function, len, 0);
}

static int write(struct guest_call *call)
{
	uint8_t bytes[CONSOLE_BYTES];
	uint64_t len = part_of(call->a[0]);
	int err;

	if (call->a[2])
		return COVE_ERR_INVALID_PARAM;
	if (!len)
		return 0;
	err = memory_read(call->vcpu->tvm, bytes, call->a[1], len);
	if (err)
		return buffer_error(err);
	nacl_write_scratch(bytes, len);
	wait_for(call, VCPU_CONSOLE, CONSOLE_WRITE, 0, len);
	return 0;
}

static int read(struct guest_call *call)
{
	uint64_t len = part_of(call->a[0]);

	if (call->a[2])
		return COVE_ERR_INVALID_PARAM;
	if (!len)
		return 0;
	if (!region_covers(call->vcpu->tvm->regions, call->a[1], len, REGION_PRIVATE))
		return COVE_ERR_INVALID_PARAM;
	wait_for(call, VCPU_CONSOLE_READ, CONSOLE_READ, call->a[1], len);
	return 0;
}

/* The byte is the host's in a0, as SBI has it. */
static int write_byte(struct guest_call *call)
{
	wait_for(call, VCPU_CONSOLE, CONSOLE_WRITE_BYTE, 0, 0);
	guest_tell_host(call, SBI_EXT_DBCN, CONSOLE_WRITE_BYTE, call->a[0] & 0xff, 0);
	return 0;
}

static const struct guest_function console_functions[] = {
	[CONSOLE_WRITE]		= { .serve = write, .locks = true },
	[CONSOLE_READ]		= { .serve = read, .locks = true },
	[CONSOLE_WRITE_BYTE]	= { .serve = write_byte },
};

const struct guest_extension guest_console = {
	SBI_EXT_DBCN, ARRAY_SIZE(console_functions),
	console_functions,
};

/* What the host says: no other error than these, and no more bytes. */
static int answer(const struct vcpu_wait *wait, uint64_t *done)
{
	uint64_t err = 0;

	*done = 0;
	nacl_read_gpr(10, &err);
	if (err == (uint64_t)COVE_ERR_DENIED)
		return COVE_ERR_DENIED;
	if (err)
		return COVE_ERR_FAILED;
	nacl_read_gpr(11, done);
	if (*done > wait->len)
		*done = wait->len;
	return 0;
}

static enum next finish(struct vcpu *vcpu, int err, uint64_t done)
{
	vcpu->gpr[10] = err;
	vcpu->gpr[11] = err ? 0 : done;
	vcpu->wait.what = VCPU_NOTHING;
	return NEXT_ENTER;
}

/**
 * console_written() - the host has written what was in the scratch space
 * @vcpu: whose call it was
 * @report: isn't used
 *
 * Return: NEXT_ENTER.
 */
enum next console_written(struct vcpu *vcpu, struct report *report)
{
	uint64_t done;
	int err = answer(&vcpu->wait, &done);

	return finish(vcpu, err, done);
}

/**
 * console_read() - the host has put into the scratch space what it has read
 * @vcpu: whose call it was
 * @report: isn't used
 *
 * Return: NEXT_ENTER, or NEXT_AGAIN if the TVM is locked.
 */
enum next console_read(struct vcpu *vcpu, struct report *report)
{
	uint8_t bytes[CONSOLE_BYTES];
	uint64_t done;
	int err = answer(&vcpu->wait, &done);

	if (err || !done)
		return finish(vcpu, err, done);
	if (!vcpu_lock_tvm(vcpu))
		return NEXT_AGAIN;
	err = nacl_read_scratch(bytes, done);
	if (!err)
		err = memory_write(vcpu->tvm, vcpu->wait.gpa, bytes, done);
	lock_drop(&vcpu->tvm->lock);
	if (err == COVE_ERR_AGAIN)
		return NEXT_AGAIN;
	return finish(vcpu, buffer_error(err), done);
}
