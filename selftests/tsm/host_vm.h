/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ordinary VM of the stand-in's host: G-stage tables in its RAM, as Linux
 * makes them.
 */
#ifndef SELFTESTS_TSM_HOST_VM_H
#define SELFTESTS_TSM_HOST_VM_H

#include <stdint.h>

/* Bits of entries as Linux writes them: V R W X U A D; V. */
#define RWX	0xdfULL
#define RX	0xdbULL
#define TABLE	0x01ULL

/* The root, which is there after host_vm_start(). */
extern uint64_t host_vm_root;

void host_vm_start(unsigned int levels, uint64_t tables);
uint64_t host_vm_page(void);
uint64_t host_vm_hgatp(void);
uint64_t *host_vm_entry(uint64_t gpa, unsigned int level);
void host_vm_map(uint64_t gpa, uint64_t hpa, unsigned int level, uint64_t bits);
void host_vm_put_tree(uint64_t hpa, uint64_t ram, uint64_t ram_size,
		      unsigned int first_cpu, unsigned int cpus);
void host_fill(uint64_t hpa, uint64_t with);

#endif
