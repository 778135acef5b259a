/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register state that crosses the world switch.
 *
 * Three objects, by who owns the values while a guest runs:
 *
 *   struct kvm_riscv_guest_context  loaded and saved on every entry and exit
 *   struct kvm_riscv_vs_state       loaded by vcpu_load, saved by vcpu_put
 *   struct kvm_riscv_host_context   what the host wants back
 */
#ifndef _KVM_RISCV_CONTEXT_H
#define _KVM_RISCV_CONTEXT_H

#include <linux/types.h>

/* Indices into struct kvm_riscv_guest_context::x, by ABI name. */
enum kvm_riscv_gpr {
	GPR_ZERO = 0,
	GPR_RA = 1,
	GPR_SP = 2,
	GPR_A0 = 10,
	GPR_A1 = 11,
	GPR_A2 = 12,
	GPR_A3 = 13,
	GPR_A4 = 14,
	GPR_A5 = 15,
	GPR_A6 = 16,
	GPR_A7 = 17,
};

/**
 * struct kvm_riscv_guest_context - what every entry loads and every exit saves
 * @x: integer registers by number; x[0] stays zero
 * @sepc: address of the next instruction of the guest
 * @sstatus: HS-level sstatus while the guest runs: SPP is the guest's mode,
 *	FS and VS say whether its FP and vector state is in the hart
 * @hstatus: HS-level hstatus to enter with; hardware changes none of the bits
 *	that matter to us, so it is never read back
 */
struct kvm_riscv_guest_context {
	unsigned long x[32];
	unsigned long sepc;
	unsigned long sstatus;
	unsigned long hstatus;
};

/**
 * struct kvm_riscv_vs_state - the supervisor-level CSRs of a guest
 *
 * The registers with a "vs" twin, and the few without one that a guest can
 * write directly (scounteren, senvcfg, sstateen0). One such object is one
 * view of a hart's supervisor level: a vCPU that itself runs guests owns two.
 * @hvip is the interrupt word that belongs to this view, and so are @hvictl,
 * which follows it, and the priorities. The high halves, from @vsieh on, have
 * a use with XLEN 32 only.
 */
struct kvm_riscv_vs_state {
	unsigned long vsstatus;
	unsigned long vsie;
	unsigned long vstvec;
	unsigned long vsscratch;
	unsigned long vsepc;
	unsigned long vscause;
	unsigned long vstval;
	unsigned long vsatp;
	unsigned long hvip;
	unsigned long hvictl;
	unsigned long scounteren;
	unsigned long senvcfg;
	unsigned long sstateen0;
	unsigned long vsiselect;
	unsigned long hviprio1;
	unsigned long hviprio2;
	unsigned long vsieh;
	unsigned long hviph;
	unsigned long hviprio1h;
	unsigned long hviprio2h;
};

/* VU-mode of a fresh guest reads cycle, time and instret. */
#define KVM_RISCV_SCOUNTEREN_RESET	0x7UL

/**
 * struct kvm_riscv_host_context - what the host wants back after a guest ran
 * @ra: and the following: registers that the C calling convention preserves
 * @s: s0..s11
 * @sstatus: saved when the run loop enters its section with interrupts off
 * @stvec: the host's trap vector
 * @hstatus: saved by vcpu_load, as are the following
 */
struct kvm_riscv_host_context {
	unsigned long ra;
	unsigned long sp;
	unsigned long gp;
	unsigned long tp;
	unsigned long s[12];
	unsigned long sstatus;
	unsigned long stvec;
	unsigned long hstatus;
	unsigned long scounteren;
	unsigned long senvcfg;
	unsigned long sstateen0;
};

/**
 * struct kvm_riscv_vcpu_config - CSR values that stay constant once a vCPU ran
 *
 * Derived from the ISA that user space chose. They are written to the hart
 * by vcpu_load only, and only where the hart holds another value.
 */
struct kvm_riscv_vcpu_config {
	unsigned long hedeleg;
	unsigned long hideleg;
	unsigned long hcounteren;
	u64 henvcfg;
	u64 hstateen0;
};

/**
 * struct kvm_cpu_trap - why the guest stopped
 *
 * Read from the CSRs before interrupts come back on; the name and the
 * fields are those that the kernel's tracepoint users know.
 */
struct kvm_cpu_trap {
	unsigned long sepc;
	unsigned long scause;
	unsigned long stval;
	unsigned long htval;
	unsigned long htinst;
};

#endif /* _KVM_RISCV_CONTEXT_H */
