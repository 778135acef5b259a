// SPDX-License-Identifier: GPL-2.0-only
/* TVMs from the host's side: building one, and running it. */

#include "tvm.h"

#define MANY		1000000
#define IN_VAIN		10
#define CAUSE_VS_CALL	10
#define CAUSE_LOAD	21
#define CAUSE_STORE	23

static struct cove_nacl_shmem shmem[MAX_HARTS] __attribute__((aligned(4096)));
static uint8_t image[PAGE] __attribute__((aligned(4096)));

struct sbi_ret covh_call(unsigned long fid, const uint64_t args[6])
{
	return sbi_call(COVE_EXT_COVH, fid, args[0], args[1], args[2], args[3], args[4],
			args[5]);
}

struct sbi_ret covh_all(unsigned long fid, const uint64_t args[6])
{
	struct sbi_ret ret;
	unsigned int i = 0;

	do {
		ret = covh_call(fid, args);
	} while (ret.error == COVE_ERR_AGAIN && i++ < MANY);
	return ret;
}

uint64_t named_for(unsigned int hart)
{
	return pool.base + pool.size / 2 + hart * 2 * MIB;
}

struct cove_nacl_shmem *nacl(void)
{
	return &shmem[this_hart->number];
}

uint64_t nacl_csr(unsigned int csr)
{
	return nacl()->csr[COVE_NACL_CSR(csr)];
}

/* For the hart that calls. */
void share_nacl(void)
{
	sbi3(COVE_EXT_NACL, COVE_NACL_SET_SHMEM, (unsigned long)nacl(), 0, 0);
}

static void local_fence(void)
{
	share_nacl();
	COVH(LOCAL_FENCE);
}

/* All harts take part; the fence may have been begun before. */
bool fence_all(void)
{
	long error = ERROR(GLOBAL_FENCE);

	for (unsigned int i = 1; i < hart_count; i++) {
		hart_ask(i, local_fence);
		hart_wait(i);
	}
	local_fence();
	return !error;
}

/* Name 2 MiB for each hart, and more to spare. */
bool name_all(void)
{
	bool good = true;

	for (unsigned int i = 0; i <= MAX_HARTS; i++)
		good = good && !COVH_ALL(CONVERT_PAGES, named_for(i), 512).error;
	return good && fence_all();
}

/* The programs, where the host has them. */
uint64_t tvm_image(void)
{
	memcpy(image, tvm_begin, tvm_end - tvm_begin);
	return (unsigned long)image;
}

/* Of the pages that are for this hart; 0 if that fails. */
uint64_t tvm_create(void)
{
	uint64_t at = named_for(this_hart->number);
	struct cove_tvm_create_params params = { at + PART_ROOT, at + PART_STATE };
	struct sbi_ret ret = COVH_ALL(CREATE_TVM, (unsigned long)&params, sizeof(params));

	return ret.error ? 0 : ret.value;
}

/* A TVM with two vCPUs, of which the first begins with a program; or 0. */
uint64_t tvm_build(const char *program)
{
	uint64_t at = named_for(this_hart->number), id = tvm_create();

	if (!id || ERROR(ADD_MEMORY_REGION, id, GUEST, GUEST_SIZE) ||
	    ERROR(ADD_PAGE_TABLE_PAGES, id, at + PART_TABLES, 16) ||
	    COVH_ALL(ADD_MEASURED_PAGES, id, tvm_image(), at + PART_IMAGE, COVE_PAGE_4K, 1,
		     GUEST).error ||
	    ERROR(CREATE_VCPU, id, 0, at + PART_VCPUS) ||
	    ERROR(CREATE_VCPU, id, 1, at + PART_VCPUS + PAGE) ||
	    ERROR(FINALIZE_TVM, id, GUEST + (program - tvm_begin), GUEST_ARG, 0))
		return 0;
	return id;
}

/* Once: until there is something to tell. */
struct tvm_exit tvm_run(uint64_t id, uint64_t vcpu)
{
	struct sbi_ret ret = COVH_ALL(RUN_VCPU, id, vcpu);
	struct tvm_exit exit = {
		.error = ret.error, .value = ret.value, .scause = csr_read(scause),
	};

	exit.gpa = nacl_csr(COVE_CSR_HTVAL) << 2 | (csr_read(stval) & 3);
	return exit;
}

/*
 * On and on: what it lacks of private memory it gets, from this hart's pages.
 * Where another hart was faster, there is no place for a page any more; but if
 * that is so again and again, the page isn't there for another reason.
 */
struct tvm_exit tvm_run_on(uint64_t id, uint64_t vcpu)
{
	uint64_t zero = named_for(this_hart->number) + PART_ZERO;
	unsigned int vain = 0;
	struct tvm_exit exit;

	do {
		exit = tvm_run(id, vcpu);
		if (exit.error || exit.value ||
		    (exit.scause != CAUSE_LOAD && exit.scause != CAUSE_STORE))
			return exit;
		if (COVH_ALL(ADD_ZERO_PAGES, id, zero, COVE_PAGE_4K, 1, exit.gpa).error)
			vain++;
		else
			zero += PAGE;
	} while (vain < IN_VAIN);
	return exit;
}

/* It found all as it should be, and said so at its end. */
bool tvm_shut_down(const struct tvm_exit *exit)
{
	const uint64_t *gpr = nacl()->gpr;

	return !exit->error && exit->value && exit->scause == CAUSE_VS_CALL &&
		gpr[17] == SBI_SRST && !gpr[16] && !gpr[10] && !gpr[11];
}

bool tvm_gone(uint64_t id)
{
	return !COVH_ALL(DESTROY_TVM, id).error &&
		ERROR(DESTROY_TVM, id) == COVE_ERR_INVALID_PARAM;
}
