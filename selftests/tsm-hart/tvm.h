/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TVMs from the host's side: what the tests of COVH's calls have in common.
 */
#ifndef TVM_H
#define TVM_H

#include <cove/covh.h>
#include <cove/covg.h>
#include <cove/nacl.h>
#include <cove/supd.h>

#include "payload.h"

#define PAGE		4096UL
#define MIB		(1UL << 20)

/* A call, as the firmware answers it. */
#define COVH(name, ...)		covh_call(COVE_COVH_##name, (const uint64_t[6]){ __VA_ARGS__ })
#define ERROR(name, ...)	(COVH(name, __VA_ARGS__).error)
/* The same, made again for as long as it answers "again". */
#define COVH_ALL(name, ...)	covh_all(COVE_COVH_##name, (const uint64_t[6]){ __VA_ARGS__ })

/*
 * Pages that the host names: 2 MiB for each hart, from the middle of the pool
 * on, in these parts; and 2 MiB that are spare.
 */
#define PART_ROOT	0UL
#define PART_STATE	0x4000UL
#define PART_VCPUS	0x8000UL
#define PART_TABLES	0x10000UL
#define PART_IMAGE	0x40000UL
#define PART_ZERO	0x80000UL

/* A TVM's memory: its program at the start, zero pages behind. */
#define GUEST		0x80000000UL
#define GUEST_SIZE	(16 * MIB)
#define GUEST_ARG	0x1234UL

/* tvm_guest.S */
extern const char tvm_begin[], tvm_main[], tvm_share[], tvm_mmio[], tvm_spin[];
extern const char tvm_smp[], tvm_second[], tvm_vm[], tvm_cost[], tvm_wake[];
extern const char tvm_console[], tvm_text[], tvm_end[];

/* What a run came back with. */
struct tvm_exit {
	long error;
	long value;
	uint64_t scause;
	uint64_t gpa;
};

struct sbi_ret covh_call(unsigned long fid, const uint64_t args[6]);
struct sbi_ret covh_all(unsigned long fid, const uint64_t args[6]);
uint64_t named_for(unsigned int hart);
bool fence_all(void);
bool name_all(void);
void share_nacl(void);
struct cove_nacl_shmem *nacl(void);
uint64_t nacl_csr(unsigned int csr);
uint64_t tvm_create(void);
uint64_t tvm_build(const char *program);
struct tvm_exit tvm_run(uint64_t id, uint64_t vcpu);
struct tvm_exit tvm_run_on(uint64_t id, uint64_t vcpu);
bool tvm_shut_down(const struct tvm_exit *exit);
bool tvm_gone(uint64_t id);
uint64_t tvm_image(void);
uint64_t tvm_promote(const char *program, uint64_t data, uint64_t len);

#endif
