// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TVM whose guest is a script.
 */

#include "guest.h"
#include "nacl.h"

struct tvm guest_tvm;
unsigned int guest_entries;

static struct region_map regions;
static const struct guest_step *script;
static unsigned int steps_left;

static void enter(struct vcpu *vcpu)
{
	static const struct guest_step interrupt = { .cause = TIMER };
	const struct guest_step *step = &interrupt;

	assert_true(vcpu->running);
	assert_int_equal(vcpu->hart, host_hart);
	guest_entries++;
	if (steps_left) {
		step = script++;
		steps_left--;
	}
	vcpu->exit = (struct vcpu_exit){
		.cause = step->cause, .tval = step->tval,
		.htval = step->htval, .htinst = step->htinst,
	};
	if (step->before)
		step->before(vcpu);
}

/**
 * guest_start() - a TVM that can be run, of which the first vCPU is started
 * @vcpus: how many it has
 */
void guest_start(unsigned int vcpus)
{
	struct claim claim;
	unsigned int i;

	host_start(64 * MIB, 64 * MIB);
	assert_int_equal(pool_init(HOST_POOL, 64 * MIB), 0);
	while (pool_scrub(512))
		;
	memset(&guest_tvm, 0, sizeof(guest_tvm));
	memset(&regions, 0, sizeof(regions));
	guest_tvm.regions = &regions;
	guest_tvm.quota = (struct quota){ .owner = 1, .limit = 10000 };
	assert_int_equal(page_alloc(&guest_tvm.quota, PAGE_16K, &claim), 0);
	gstage_init(&guest_tvm.gstage, &guest_tvm.quota, &claim, false);
	assert_int_equal(region_add(&regions, DEVICE, DEVICE_SIZE, REGION_MMIO), 0);
	assert_int_equal(region_add(&regions, PRIVATE, PRIVATE_SIZE, REGION_PRIVATE), 0);
	assert_int_equal(region_change(&regions, SHARED, SHARED_SIZE, REGION_PRIVATE,
				       REGION_SHARED), 0);
	for (i = 0; i < vcpus; i++) {
		assert_int_equal(page_alloc(&guest_tvm.quota, PAGE_4K, &claim), 0);
		vcpu_create(&guest_tvm, i, &claim);
	}
	vcpu_set_boot(guest_vcpu(0), PRIVATE, 0, 0);
	guest_tvm.state = TVM_RUNNABLE;
	for (i = HART_MAX; i-- > 0;) {
		host_hart = i;
		nacl_set_shmem(SHMEM(i), 0, 0);
	}
	host.enter = enter;
	guest_script(NULL, 0);
	guest_poison(0);
	guest_entries = 0;
}

/**
 * guest_stop() - the TVM, and all that it had, is gone
 */
void guest_stop(void)
{
	unsigned int i;

	/* Whoever was counted among the vCPUs that run isn't any more. */
	assert_int_equal((uint32_t)guest_tvm.gstage.fence, 0);
	for (i = 0; i < TVM_MAX_VCPUS; i++)
		vcpu_release(&guest_tvm, i);
	while (!memory_release(&guest_tvm, 100))
		;
	assert_int_equal(guest_tvm.quota.used, 0);
	host_stop();
}

/**
 * guest_script() - what will happen
 * @steps: one for each time that the guest is entered
 * @count: how many
 */
void guest_script(const struct guest_step *steps, unsigned int count)
{
	script = steps;
	steps_left = count;
}

struct vcpu *guest_vcpu(unsigned int id)
{
	return guest_tvm.vcpu[id];
}

/**
 * guest_run() - run_tvm_vcpu, as its caller in the TSM makes it
 * @vcpu: the vCPU
 * @value: as of vcpu_run()
 *
 * Return: as vcpu_run().
 */
int guest_run(struct vcpu *vcpu, uint64_t *value)
{
	int err;

	*value = ~0ULL;
	assert_true(lock_try(&vcpu->lock));
	err = vcpu_run(vcpu, value);
	assert_false(vcpu->running);
	assert_false(vcpu->entered);
	lock_drop(&vcpu->lock);
	return err;
}

/**
 * guest_runs_on() - run a vCPU until the host has an interrupt
 * @vcpu: the vCPU, which exits for nothing else
 */
void guest_runs_on(struct vcpu *vcpu)
{
	uint64_t value;

	assert_int_equal(guest_run(vcpu, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(host_cause, TIMER);
}

/**
 * guest_call_sbi() - the guest makes a call
 * @vcpu: which of its vCPUs
 * @extension: a7
 * @function: a6
 * @a0: and so on
 * @a1: and so on
 * @a2: and so on
 *
 * The host's run ends with what the call made of it, else with an interrupt.
 *
 * Return: a0 afterwards.
 */
uint64_t guest_call_sbi(struct vcpu *vcpu, uint64_t extension, uint64_t function,
			uint64_t a0, uint64_t a1, uint64_t a2)
{
	static const struct guest_step ecall = { .cause = 10 };
	uint64_t pc = vcpu->pc, value;

	vcpu->gpr[10] = a0;
	vcpu->gpr[11] = a1;
	vcpu->gpr[12] = a2;
	vcpu->gpr[16] = function;
	vcpu->gpr[17] = extension;
	guest_script(&ecall, 1);
	assert_int_equal(guest_run(vcpu, &value), 0);
	assert_int_equal(vcpu->pc, pc + 4);
	return vcpu->gpr[10];
}

/**
 * guest_told() - hart 0's host was told of a call, and of nothing else
 * @extension: a7
 * @function: a6
 * @a0: what it sees of the arguments
 * @a1: the same
 */
void guest_told(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1)
{
	unsigned int i;

	assert_int_equal(host_cause, 10);
	assert_int_equal(host_tval, 0);
	for (i = 10; i < 18; i++)
		assert_int_equal(guest_shmem(0)->gpr[i], i == 10 ? a0 : i == 11 ? a1 :
				 i == 16 ? function : i == 17 ? extension : 0);
	assert_int_equal(guest_csr(0, COVE_CSR_HTVAL), 0);
	assert_int_equal(guest_csr(0, COVE_CSR_HTINST), 0);
}

struct cove_nacl_shmem *guest_shmem(unsigned int hart)
{
	return host_ram(SHMEM(hart));
}

/**
 * guest_poison() - fill a hart's NACL memory with what nobody else writes
 * @hart: the hart
 */
void guest_poison(unsigned int hart)
{
	uint64_t *word = host_ram(SHMEM(hart));
	unsigned int i;

	for (i = 0; i < COVE_NACL_SHMEM_SIZE / 8; i++)
		word[i] = POISON;
}

uint64_t guest_csr(unsigned int hart, unsigned int csr)
{
	return guest_shmem(hart)->csr[COVE_NACL_CSR(csr)];
}
