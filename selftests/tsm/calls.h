/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host that makes calls of the TSM, for tests of these.
 */
#ifndef SELFTESTS_TSM_CALLS_H
#define SELFTESTS_TSM_CALLS_H

#include "unit.h"
#include "host.h"
#include "tsm.h"
#include "tvm.h"

#include <cove/abi.h>
#include <cove/covh.h>
#include <cove/nacl.h>

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)

#define CALLS_POOL	(64 * MIB)
#define CALLS_RAM	(256 * MIB)

/* COVH(CREATE_TVM, address, length): what the host gets back. */
#define COVH(name, ...) \
	tsm_call(COVE_EXT_COVH, COVE_COVH_##name, (const uint64_t[6]){ __VA_ARGS__ })
#define ERROR(name, ...)	(COVH(name, __VA_ARGS__).error)

/* Where the host has what it gives in memory. */
#define AT_PARAMS	(HOST_RAM + 4096)
#define AT_IDENTITY	(HOST_RAM + 8192)
#define AT_SHMEM	(HOST_RAM + 16384)
#define AT_INFO		(HOST_RAM + 32768)
#define AT_IMAGE	(HOST_RAM + 1 * MIB)
#define AT_SHARED	(HOST_RAM + 16 * MIB)

/*
 * Pages that the host names, 2 MiB for each TVM that it builds: its parts are
 * at these offsets.
 */
#define NAMED		(HOST_POOL + 16 * MIB)
#define NAMED_FOR(n)	(NAMED + (n) * 2 * MIB)
#define PART_ROOT	0
#define PART_STATE	0x4000
#define PART_VCPUS	0x8000
#define PART_TABLES	0x10000
#define PART_TABLE_PAGES 16
#define PART_IMAGE	0x40000
#define PART_ZERO	0x80000

/* What a TVM that is built has: its region, and what is measured there. */
#define BUILT_GPA	0x80000000ULL
#define BUILT_SIZE	(32 * MIB)
#define BUILT_IMAGE	4
#define BUILT_PC	(BUILT_GPA + 0x40)
#define BUILT_ARG	0x1234

void calls_start(void);
void calls_stop(void);
void name_pages(uint64_t hpa, uint64_t count);
void put_params(uint64_t page_directory, uint64_t state);
uint64_t create_donated(unsigned int n);
uint64_t build(unsigned int n);
uint64_t finish(uint64_t id);
uint64_t destroy(uint64_t id);
void destroy_all(void);
struct tvm *look_at(uint64_t id);
enum tvm_state state_by_id(uint64_t id);
enum page_state page_state_at(uint64_t hpa);
uint64_t free_pages(void);

#endif
