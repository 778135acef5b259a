// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's "edu": a PCI device that copies wherever it is told. */

#include "payload.h"

#define ECAM		0x30000000UL
#define SLOTS		32
#define EDU_ID		0x11e81234U
#define BAR		0x40000000UL
#define COMMAND		0x04		/* in the configuration space */
#define BAR0		0x10
#define MEMORY_MASTER	6

/* Registers, and the device's own 4 KiB as it addresses them. */
#define DMA_SOURCE	0x80
#define DMA_TARGET	0x88
#define DMA_LENGTH	0x90
#define DMA_CONTROL	0x98
#define DMA_RUN		1
#define DMA_TO_MEMORY	2
#define BUFFER		0x40000UL

#define WAIT_US		60000000

static volatile uint32_t *config(unsigned int slot, unsigned int offset)
{
	return (volatile uint32_t *)(ECAM + (slot << 15) + offset);
}

static volatile uint64_t *bar(unsigned int offset)
{
	return (volatile uint64_t *)(BAR + offset);
}

/**
 * edu_find() - get the device ready
 *
 * Return: false if there is none.
 */
bool edu_find(void)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		if (*config(slot, 0) != EDU_ID)
			continue;
		*config(slot, BAR0) = BAR;
		*config(slot, COMMAND) = MEMORY_MASTER;
		return true;
	}
	return false;
}

/* The device takes its time: a tenth of a second. */
static void copy(uint64_t from, uint64_t to, uint64_t len, uint64_t direction)
{
	*bar(DMA_SOURCE) = from;
	*bar(DMA_TARGET) = to;
	*bar(DMA_LENGTH) = len;
	asm volatile("fence" : : : "memory");
	*bar(DMA_CONTROL) = direction | DMA_RUN;
	for (unsigned int us = 0; *bar(DMA_CONTROL) & DMA_RUN; us += 1000) {
		if (us == WAIT_US) {
			report(false, "the device is done in time");
			return;
		}
		pause_us(1000);
	}
	asm volatile("fence" : : : "memory");
}

/**
 * edu_read() - let the device read from an address to its own memory
 */
void edu_read(uint64_t address, uint64_t len)
{
	copy(address, BUFFER, len, 0);
}

/**
 * edu_write() - let it write from its own memory to an address
 */
void edu_write(uint64_t address, uint64_t len)
{
	copy(BUFFER, address, len, DMA_TO_MEMORY);
}
