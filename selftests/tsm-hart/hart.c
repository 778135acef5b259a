// SPDX-License-Identifier: GPL-2.0-only
/* Harts: starting and stopping them, and giving them work. */

#include "payload.h"

#define TICKS_PER_US	10
#define WAIT_US		60000000

unsigned int hart_count = 1;

struct sbi_ret sbi_call(unsigned long ext, unsigned long fid, unsigned long arg0,
			unsigned long arg1, unsigned long arg2, unsigned long arg3,
			unsigned long arg4, unsigned long arg5)
{
	register unsigned long a0 asm("a0") = arg0;
	register unsigned long a1 asm("a1") = arg1;
	register unsigned long a2 asm("a2") = arg2;
	register unsigned long a3 asm("a3") = arg3;
	register unsigned long a4 asm("a4") = arg4;
	register unsigned long a5 asm("a5") = arg5;
	register unsigned long a6 asm("a6") = fid;
	register unsigned long a7 asm("a7") = ext;

	asm volatile("ecall" : "+r"(a0), "+r"(a1)
		     : "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a6), "r"(a7)
		     : "memory");
	return (struct sbi_ret){ a0, a1 };
}

void pause_us(unsigned int us)
{
	uint64_t end = csr_read(time) + us * TICKS_PER_US;

	while (csr_read(time) < end)
		;
}

static bool wait_for(unsigned int number, uint64_t state)
{
	for (unsigned int us = 0; us < WAIT_US; us += 10) {
		if (__atomic_load_n(&harts[number].state, __ATOMIC_ACQUIRE) == state)
			return true;
		pause_us(10);
	}
	return false;
}

/* Where start_other leads. */
void run_other(unsigned int number)
{
	struct hart *hart = &harts[number];

	for (;;) {
		uint64_t work;

		__atomic_store_n(&hart->state, HART_IDLE, __ATOMIC_RELEASE);
		do {
			work = __atomic_load_n(&hart->work, __ATOMIC_ACQUIRE);
		} while (!work);
		((void (*)(void))work)();
		__atomic_store_n(&hart->work, 0, __ATOMIC_RELEASE);
	}
}

bool hart_restart(unsigned int number)
{
	harts[number].work = 0;
	harts[number].state = HART_ABSENT;
	if (sbi3(SBI_HSM, HSM_START, harts[number].id, (unsigned long)start_other,
		 number).error)
		return false;
	return wait_for(number, HART_IDLE);
}

/* As work of another hart: it is gone until hart_restart(). */
void hart_stop_self(void)
{
	__atomic_store_n(&this_hart->state, HART_ABSENT, __ATOMIC_RELEASE);
	sbi0(SBI_HSM, HSM_STOP);
}

/* All that there are, numbered in the order of their ids. */
void harts_start(void)
{
	for (uint64_t id = 0; id < 64 && hart_count < MAX_HARTS; id++) {
		if (id == this_hart->id || sbi1(SBI_HSM, HSM_STATUS, id).error)
			continue;
		harts[hart_count].id = id;
		if (!hart_restart(hart_count)) {
			report(false, "hart %lu starts", id);
			continue;
		}
		hart_count++;
	}
}

void hart_ask(unsigned int number, void (*work)(void))
{
	harts[number].state = HART_BUSY;
	__atomic_store_n(&harts[number].work, (uint64_t)work, __ATOMIC_RELEASE);
}

void hart_wait(unsigned int number)
{
	if (!wait_for(number, HART_IDLE))
		report(false, "hart %u is done with its work", number);
}

void *memset(void *to, int value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((volatile uint8_t *)to)[i] = value;
	return to;
}

void *memcpy(void *to, const void *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}
