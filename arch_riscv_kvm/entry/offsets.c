// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offsets into struct kvm_vcpu_arch for switch.S; becomes offsets.h.
 */
#include <linux/kbuild.h>
#include <linux/kvm_host.h>

void kvm_riscv_offsets(void);

void kvm_riscv_offsets(void)
{
	OFFSET(GUEST_X, kvm_vcpu_arch, guest.x);
	OFFSET(GUEST_SEPC, kvm_vcpu_arch, guest.sepc);
	OFFSET(GUEST_SSTATUS, kvm_vcpu_arch, guest.sstatus);
	OFFSET(GUEST_HSTATUS, kvm_vcpu_arch, guest.hstatus);
	OFFSET(HOST_RA, kvm_vcpu_arch, host.ra);
	OFFSET(HOST_SP, kvm_vcpu_arch, host.sp);
	OFFSET(HOST_GP, kvm_vcpu_arch, host.gp);
	OFFSET(HOST_TP, kvm_vcpu_arch, host.tp);
	OFFSET(HOST_S, kvm_vcpu_arch, host.s);
	OFFSET(HOST_STVEC, kvm_vcpu_arch, host.stvec);
	OFFSET(TRAP_SCAUSE, kvm_cpu_trap, scause);
	OFFSET(TRAP_SEPC, kvm_cpu_trap, sepc);
	OFFSET(TRAP_STVAL, kvm_cpu_trap, stval);
	OFFSET(TRAP_HTVAL, kvm_cpu_trap, htval);
	OFFSET(TRAP_HTINST, kvm_cpu_trap, htinst);
}
