// SPDX-License-Identifier: BSD-2-Clause
/*
 * Telling the host of an exit: the one place where something of a vCPU leaves
 * the TSM.
 */

#include "report.h"

#include <cove/nacl.h>

#include "array.h"
#include "hart.h"
#include "nacl.h"
#include "vcpu.h"

enum shown {
	SHOW_WAKE	= 1,	/* vsie, vstimecmp, htimedelta */
	SHOW_PAGE	= 2,	/* htval, without the offset in a page */
	SHOW_BYTE	= 4,	/* htval and stval with it */
	SHOW_INSN	= 8,	/* htinst */
	SHOW_A0		= 16,
	SHOW_ARGS	= 32,	/* a0 to a7 */
};

static const uint8_t shown[REPORT_KINDS] = {
	[REPORT_INTERRUPT]	= SHOW_WAKE,
	[REPORT_PAGE]		= SHOW_WAKE | SHOW_PAGE,
	[REPORT_LOAD]		= SHOW_WAKE | SHOW_BYTE | SHOW_INSN,
	[REPORT_STORE]		= SHOW_WAKE | SHOW_BYTE | SHOW_INSN | SHOW_A0,
	[REPORT_WFI]		= SHOW_WAKE | SHOW_INSN,
	[REPORT_CALL]		= SHOW_WAKE | SHOW_ARGS,
	[REPORT_END]		= 0,
};

/**
 * report_send() - tell the host of an exit
 * @vcpu: which
 * @report: what
 *
 * All places of the NACL memory that an exit may use are written: what isn't
 * told is 0.  NACL memory that isn't there gets nothing.
 */
void report_send(const struct vcpu *vcpu, const struct report *report)
{
	const uint8_t show = shown[report->kind];
	const bool wake = show & SHOW_WAKE;
	struct hart_word words[] = {
		{ NACL_CSR(COVE_CSR_VSIE), wake ? vcpu->csr[VCPU_VSIE] : 0 },
		{ NACL_CSR(COVE_CSR_VSTIMECMP), wake ? vcpu->csr[VCPU_VSTIMECMP] : 0 },
		{ NACL_CSR(COVE_CSR_HTIMEDELTA), wake ? vcpu->csr[VCPU_HTIMEDELTA] : 0 },
		{ NACL_CSR(COVE_CSR_HTINST), show & SHOW_INSN ? report->htinst : 0 },
		{ NACL_CSR(COVE_CSR_HTVAL), 0 },
		{ NACL_GPR(10), show & (SHOW_A0 | SHOW_ARGS) ? report->a[0] : 0 },
		{ NACL_GPR(11), 0 }, { NACL_GPR(12), 0 }, { NACL_GPR(13), 0 },
		{ NACL_GPR(14), 0 }, { NACL_GPR(15), 0 }, { NACL_GPR(16), 0 },
		{ NACL_GPR(17), 0 },
	};
	struct hart_word *htval = &words[4], *a = &words[5];
	uint64_t gpa = 0;
	unsigned int i;

	if (show & SHOW_BYTE)
		gpa = report->gpa;
	if (show & SHOW_PAGE)
		gpa = report->gpa & ~0xfffULL;
	htval->value = gpa >> 2;
	for (i = 1; show & SHOW_ARGS && i < 8; i++)
		a[i].value = report->a[i];
	nacl_write(words, ARRAY_SIZE(words));
	hart_report(report->cause, gpa & 3);
}
