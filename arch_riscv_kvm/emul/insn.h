/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of instructions (unprivileged spec, "RV32I Base", "C"). */
#ifndef _KVM_RISCV_EMUL_INSN_H
#define _KVM_RISCV_EMUL_INSN_H

#include <linux/types.h>

/* Both low bits set: 32 bits long. Longer formats are not in use. */
#define INSN_LONG	0x3U

static inline unsigned int insn_len(u32 insn)
{
	return (insn & INSN_LONG) == INSN_LONG ? 4 : 2;
}

static inline unsigned int insn_field(u32 insn, unsigned int shift,
				      unsigned int bits)
{
	return (insn >> shift) & ((1U << bits) - 1);
}

static inline unsigned int insn_rd(u32 insn)
{
	return insn_field(insn, 7, 5);
}

static inline unsigned int insn_funct3(u32 insn)
{
	return insn_field(insn, 12, 3);
}

static inline unsigned int insn_rs1(u32 insn)
{
	return insn_field(insn, 15, 5);
}

static inline unsigned int insn_csr(u32 insn)
{
	return insn_field(insn, 20, 12);
}

#endif /* _KVM_RISCV_EMUL_INSN_H */
