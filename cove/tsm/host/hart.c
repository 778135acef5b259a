// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stand-in for cove/tsm/hart on the build machine.
 */

#include "host.h"

#include <cove/abi.h>
#include <cove/covh.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct host host;
__thread unsigned int host_hart;
__thread uint64_t host_cause, host_tval, host_guest_fences;

/* Memory of which only what is touched takes any. */
static void *reserve(uint64_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/**
 * host_start() - begin anew
 * @pool_size: bytes
 * @ram_size: bytes
 */
void host_start(uint64_t pool_size, uint64_t ram_size)
{
	host_stop();
	host = (struct host){
		.ram = reserve(ram_size), .ram_size = ram_size,
		.pool = reserve(pool_size), .pool_size = pool_size,
		.online = 1, .entropy = true,
	};
	host_hart = 0;
}

/**
 * host_stop() - give the memory back
 */
void host_stop(void)
{
	if (host.ram)
		munmap(host.ram, host.ram_size);
	if (host.pool)
		munmap(host.pool, host.pool_size);
	host.ram = NULL;
	host.pool = NULL;
}

/**
 * host_ram() - where a test sees the host's RAM
 * @hpa: an address in it
 */
void *host_ram(uint64_t hpa)
{
	return host.ram + (hpa - HOST_RAM);
}

unsigned int hart_id(void)
{
	return host_hart;
}

uint64_t hart_online(void)
{
	return host.online;
}

void *hart_pool(uint64_t hpa)
{
	return host.pool + (hpa - HOST_POOL);
}

bool hart_host_ram(uint64_t hpa, uint64_t len)
{
	return hpa >= HOST_RAM && hpa - HOST_RAM < host.ram_size &&
		len <= host.ram_size - (hpa - HOST_RAM);
}

int hart_read_host(void *to, uint64_t hpa, size_t len)
{
	if (!hart_host_ram(hpa, len))
		return COVE_ERR_INVALID_ADDRESS;
	if (host.before_read)
		host.before_read(hpa, len);
	memcpy(to, host_ram(hpa), len);
	return 0;
}

int hart_write_host(uint64_t hpa, const void *from, size_t len)
{
	if (!hart_host_ram(hpa, len))
		return COVE_ERR_INVALID_ADDRESS;
	memcpy(host_ram(hpa), from, len);
	return 0;
}

uint64_t hart_load_host(uint64_t hpa, size_t len, uint64_t offset)
{
	if (host.before_read)
		host.before_read(hpa + offset, sizeof(uint64_t));
	return *(const uint64_t *)host_ram(hpa + offset);
}

void hart_store_host(uint64_t hpa, size_t len, const struct hart_word *words,
		     unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		*(uint64_t *)host_ram(hpa + words[i].offset) = words[i].value;
}

/* The system has zeros that take no memory. */
void hart_zero(void *to, size_t len)
{
	if (madvise(to, len, MADV_DONTNEED))
		memset(to, 0, len);
	__atomic_fetch_add(&host.zeroed, len, __ATOMIC_RELAXED);
}

void hart_fence(void)
{
	__atomic_fetch_add(&host.fences, 1, __ATOMIC_RELAXED);
}

void hart_fence_guest(void)
{
	host_guest_fences++;
}

void hart_report(uint64_t cause, uint64_t tval)
{
	host_cause = cause;
	host_tval = tval;
}

void hart_kick(uint64_t mask)
{
	__atomic_fetch_or(&host.kicked, mask & ~(1ULL << host_hart), __ATOMIC_RELAXED);
}

void hart_enter(struct vcpu *vcpu)
{
	host.enter(vcpu);
}

uint64_t hart_time(void)
{
	return __atomic_fetch_add(&host.time, 1, __ATOMIC_RELAXED);
}

/* Bytes that a test can tell from zeros; nobody relies on more. */
bool hart_entropy(void *to, size_t len)
{
	if (host.entropy)
		memset(to, 0xa5, len);
	return host.entropy;
}

uint32_t hart_dma_protection(void)
{
	return COVE_DMA_NONE;
}

uint64_t hart_dma_faults(void)
{
	return 0;
}

void hart_log(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
