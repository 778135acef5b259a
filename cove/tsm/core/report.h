/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host is told when a vCPU comes back to it.
 *
 * Whatever a handler has put into a report, no more leaves than the table in
 * report.c lets out for its kind.  Documentation/cove-abi.rst has that table.
 */
#ifndef TSM_REPORT_H
#define TSM_REPORT_H

#include <stdint.h>

struct vcpu;

enum report_kind {
	REPORT_INTERRUPT,	/* of the host's; the guest can go on */
	REPORT_PAGE,		/* the host has to map something */
	REPORT_LOAD,		/* MMIO: the host's answer is in a0 */
	REPORT_STORE,		/* MMIO: the operand is in a0 */
	REPORT_WFI,		/* until there is an interrupt */
	REPORT_CALL,		/* something the host does, or has to know */
	REPORT_END,		/* the TVM is dead */
	REPORT_KINDS
};

struct report {
	enum report_kind kind;
	uint64_t cause;		/* scause */
	uint64_t gpa;
	uint64_t htinst;
	uint64_t a[8];		/* a0 to a7 */
	uint64_t value;		/* of run_tvm_vcpu: not 0 for the last time */
};

void report_send(const struct vcpu *vcpu, const struct report *report);

#endif
