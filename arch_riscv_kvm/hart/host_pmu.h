/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's own performance counters, as far as its driver tells of them. */
#ifndef _HOST_PMU_H
#define _HOST_PMU_H

#include <linux/errno.h>
#include <linux/perf/riscv_pmu.h>

#ifdef CONFIG_RISCV_PMU_SBI

static inline int host_pmu_info(u32 *width, u32 *nr)
{
	return riscv_pmu_get_hpm_info(width, nr);
}

#else

/* For attributes of events that can't be created then */
#define RISCV_PMU_CONFIG1_GUEST_EVENTS	0

static inline int host_pmu_info(u32 *width, u32 *nr)
{
	return -ENODEV;
}

#endif

#endif /* _HOST_PMU_H */
