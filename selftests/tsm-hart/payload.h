/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host without an operating system: the TSM's tests run in S-mode, right
 * above the firmware.
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_HARTS	8

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* Reached by tp; start.S knows the places. */
struct hart {
	uint64_t id;		/* as SBI has it */
	uint64_t number;	/* here, from 0 */
	uint64_t state;		/* of enum hart_state */
	uint64_t fixup;
	uint64_t cause;
	uint64_t tval;
	uint64_t work;		/* a function, while there is something to do */
	uint64_t scratch;
};

enum hart_state {
	HART_ABSENT,
	HART_IDLE,
	HART_BUSY,
};

extern struct hart harts[MAX_HARTS];

register struct hart *this_hart asm("tp");

struct sbi_ret {
	long error;
	long value;
};

struct sbi_ret sbi_call(unsigned long ext, unsigned long fid, unsigned long a0,
			unsigned long a1, unsigned long a2, unsigned long a3,
			unsigned long a4, unsigned long a5);

#define sbi0(ext, fid)			sbi_call(ext, fid, 0, 0, 0, 0, 0, 0)
#define sbi1(ext, fid, a)		sbi_call(ext, fid, a, 0, 0, 0, 0, 0)
#define sbi2(ext, fid, a, b)		sbi_call(ext, fid, a, b, 0, 0, 0, 0)
#define sbi3(ext, fid, a, b, c)		sbi_call(ext, fid, a, b, c, 0, 0, 0)
#define sbi4(ext, fid, a, b, c, d)	sbi_call(ext, fid, a, b, c, d, 0, 0)

#define SBI_BASE	0x10
#define SBI_TIME	0x54494d45
#define SBI_IPI		0x735049
#define SBI_RFENCE	0x52464e43
#define SBI_HSM		0x48534d
#define SBI_SRST	0x53525354
#define SBI_DBCN	0x4442434e
#define SBI_FWFT	0x46574654

#define HSM_START		0
#define HSM_STOP		1
#define HSM_STATUS		2
#define HSM_SUSPEND		3
#define HSM_RETENTIVE		0
#define HSM_NON_RETENTIVE	0x80000000

#define csr_read(csr) ({						\
	unsigned long value_;						\
	asm volatile("csrr %0, " #csr : "=r"(value_) : : "memory");	\
	value_;								\
})
#define csr_write(csr, value)						\
	asm volatile("csrw " #csr ", %0" : : "rK"(value) : "memory")
#define csr_set(csr, value)						\
	asm volatile("csrs " #csr ", %0" : : "rK"(value) : "memory")
#define csr_clear(csr, value)						\
	asm volatile("csrc " #csr ", %0" : : "rK"(value) : "memory")

/* console and TAP: tap.c */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
void skip(const char *name, const char *why);
unsigned int tap_end(void);

/* start.S */
void start_other(void);
uint64_t probe_load(uint64_t address);
uint64_t probe_store(uint64_t address);
uint64_t probe_amo(uint64_t address);
uint64_t probe_fetch(uint64_t address);

/* hart.c: other harts */
extern unsigned int hart_count;
void harts_start(void);
void hart_ask(unsigned int number, void (*work)(void));
void hart_wait(unsigned int number);
bool hart_restart(unsigned int number);
void hart_stop_self(void);
void pause_us(unsigned int us);
void *memset(void *to, int value, size_t len);
void *memcpy(void *to, const void *from, size_t len);

/* fdt.c */
struct fdt_range {
	uint64_t base;
	uint64_t size;
};

bool fdt_pool(const void *fdt, struct fdt_range *pool);
bool fdt_has(const void *fdt, const char *name, const char *value);
extern struct fdt_range pool;

/* edu.c: a device that copies up to 4 KiB by DMA */
bool edu_find(void);
void edu_read(uint64_t address, uint64_t len);
void edu_write(uint64_t address, uint64_t len);

/* What is tested: a file each. */
void test_wall(void);
void test_dma(const void *fdt);
void test_dma_without_pool(const void *fdt);
void test_memory(void);
void test_fuzz(void);
void test_world(void);
void test_cost_of_calls(void);
uint64_t instructions_of_call(unsigned long fid, uint64_t a0, uint64_t a1);
void test_world_after_suspend(void);
void test_calls(void);
void test_life(void);
void test_promotion(void);
void test_races(void);

#endif
