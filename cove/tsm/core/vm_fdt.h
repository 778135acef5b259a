/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM that is to be promoted is made of, by its device tree.
 */
#ifndef TSM_VM_FDT_H
#define TSM_VM_FDT_H

#include <stdint.h>

struct hostpt;
struct quota;
struct region_map;

/* Larger trees are refused: QEMU's for 64 vCPUs has 40 KiB. */
#define VM_FDT_MAX	65536

int vm_fdt_read(const struct hostpt *host, uint64_t gpa, struct quota *quota,
		struct region_map *regions, uint64_t *vcpus);

#endif
