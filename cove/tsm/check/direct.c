// SPDX-License-Identifier: BSD-2-Clause
/*
 * A vCPU without a TVM, for tests of the switch between worlds.
 *
 * Each hart has one, in the pool: 4 MiB with its tables, its state, and 2 MiB
 * for it to run in.
 */

#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_scratch.h>
#include <sbi/sbi_string.h>

#include <stddef.h>

#include <cove/abi.h>

/* OpenSBI's, and the core's own is the same. */
#undef PAGE_SHIFT
#include "../core/hart.h"
#include "../core/tvm.h"
#include "../core/vcpu.h"
#include "../hart/world.h"
#include "../opensbi/call.h"
#include "../opensbi/pool.h"
#include "direct.h"

#define SHARE		(4UL << 20)
#define ROOT		0UL		/* 16 KiB */
#define MIDDLE		0x4000UL
#define STATE		0x5000UL
#define OBJECTS		0x6000UL
#define MEMORY		(2UL << 20)

/* V, R, W, X, U, A, D */
#define LEAF		0xdfUL
#define TABLE		1UL

struct objects {
	struct tvm tvm;
	struct vcpu vcpu;
};

static uint64_t share_here(void)
{
	return pool_area.base + current_hartindex() * SHARE;
}

static struct objects *objects_here(void)
{
	return (struct objects *)(share_here() + OBJECTS);
}

static uint64_t entry_for(uint64_t hpa, uint64_t flags)
{
	return hpa >> PAGE_SHIFT << 10 | flags;
}

static int load(uint64_t image)
{
	uint64_t share = share_here();
	struct objects *objects = objects_here();

	sbi_memset((void *)share, 0, MEMORY);
	((uint64_t *)(share + ROOT))[DIRECT_GPA >> 30] = entry_for(share + MIDDLE, TABLE);
	((uint64_t *)(share + MIDDLE))[0] = entry_for(share + MEMORY, LEAF);
	sbi_memset((void *)(share + MEMORY), 0, MEMORY);
	objects->tvm.gstage.root = share + ROOT;
	objects->vcpu.tvm = &objects->tvm;
	objects->vcpu.hart_state = (void *)(share + STATE);
	return hart_read_host((void *)(share + MEMORY), image, DIRECT_IMAGE);
}

static int run(uint64_t host)
{
	struct vcpu *vcpu = &objects_here()->vcpu;
	struct direct now;

	if (hart_read_host(&now, host, sizeof(now)))
		return COVE_ERR_INVALID_ADDRESS;
	sbi_memcpy(vcpu->gpr, now.gpr, sizeof(now.gpr));
	sbi_memcpy(vcpu->csr, now.csr, sizeof(now.csr));
	vcpu->pc = now.pc;
	vcpu->privilege = now.privilege;
	hart_enter(vcpu);
	sbi_memcpy(now.gpr, vcpu->gpr, sizeof(now.gpr));
	sbi_memcpy(now.csr, vcpu->csr, sizeof(now.csr));
	now.pc = vcpu->pc;
	now.privilege = vcpu->privilege;
	now.cause = vcpu->exit.cause;
	now.tval = vcpu->exit.tval;
	now.htval = vcpu->exit.htval;
	now.htinst = vcpu->exit.htinst;
	world_leave();
	return hart_write_host(host, &now, sizeof(now));
}

static int serve(uint64_t times)
{
	struct vcpu *vcpu = &objects_here()->vcpu;

	do {
		hart_enter(vcpu);
		vcpu->pc += 4;
	} while (times--);
	return 0;
}

static int read_host(const struct call *call, uint64_t *value)
{
	uint8_t bytes[DIRECT_BYTES];
	int rc;

	if (call->a[1] > sizeof(bytes))
		return hart_host_ram(call->a[0], call->a[1]) ? COVE_ERR_INVALID_PARAM :
							       COVE_ERR_INVALID_ADDRESS;
	rc = hart_read_host(bytes, call->a[0], call->a[1]);
	for (uint64_t i = 0; !rc && i < call->a[1]; i++)
		*value += bytes[i];
	return rc;
}

static int write_host(const struct call *call)
{
	uint8_t bytes[DIRECT_BYTES];

	if (call->a[1] > sizeof(bytes))
		return hart_host_ram(call->a[0], call->a[1]) ? COVE_ERR_INVALID_PARAM :
							       COVE_ERR_INVALID_ADDRESS;
	sbi_memset(bytes, 0x5a, sizeof(bytes));
	return hart_write_host(call->a[0], bytes, call->a[1]);
}

static int entropy(uint64_t *value)
{
	return hart_entropy(value, sizeof(*value)) ? 0 : COVE_ERR_NOT_SUPPORTED;
}

static void direct_call(struct call *call)
{
	uint64_t value = 0;
	int rc = COVE_SUCCESS;

	switch (call->a[6]) {
	case DIRECT_NULL:
		break;
	case DIRECT_LOAD:
		rc = load(call->a[0]);
		break;
	case DIRECT_RUN:
		rc = run(call->a[0]);
		break;
	case DIRECT_AGAIN:
		rc = serve(0);
		break;
	case DIRECT_SERVE:
		rc = serve(call->a[0]);
		break;
	case DIRECT_READ:
		rc = read_host(call, &value);
		break;
	case DIRECT_WRITE:
		rc = write_host(call);
		break;
	case DIRECT_ONLINE:
		value = hart_online();
		break;
	case DIRECT_KICK:
		hart_kick(call->a[0]);
		break;
	case DIRECT_ENTROPY:
		rc = entropy(&value);
		break;
	case DIRECT_DMA:
		value = hart_dma_protection();
		break;
	case DIRECT_DMA_FAULTS:
		value = hart_dma_faults();
		break;
	case DIRECT_LOG:
		hart_log("%u %lu %lx %s", (unsigned int)call->a[0], call->a[1], call->a[0], "end");
		break;
	default:
		rc = COVE_ERR_NOT_SUPPORTED;
	}
	call->a[0] = rc;
	call->a[1] = value;
}

void tsm_setup(void)
{
	call_register(direct_call);
}
