/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt controller of a guest: the Advanced Interrupt Architecture,
 * with one IMSIC per vCPU and one APLIC in MSI delivery mode per VM.
 *
 *	aia/device.c	how user space sets it up, saves and restores it
 *	aia/route.c	from GSIs, MSIs and irqfds to the following
 *	aia/aplic.c	wired interrupts; sends MSIs
 *	aia/imsic.c	receives MSIs; its registers are in one of two places:
 *	aia/imsic_file.c	in memory (software file), or
 *	aia/imsic_vs.c		in a guest interrupt file of a host hart
 *	aia/hgei.c	who has which guest interrupt file
 *	aia/csr.c	what a guest accesses through siselect, sireg and stopei
 */
#ifndef _KVM_RISCV_AIA_H
#define _KVM_RISCV_AIA_H

#include <linux/jump_label.h>
#include <linux/kvm_types.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct aplic;
struct imsic;
struct kvm;
struct kvm_io_device;
struct kvm_msi;
struct kvm_vcpu;

/**
 * struct kvm_riscv_vm_aia - the interrupt controller of a VM
 * @in_kernel: user space created the device
 * @initialized: it works; what follows is final
 * @mode: KVM_DEV_RISCV_AIA_MODE_*
 * @nr_ids: interrupt identities of each IMSIC; 1 is the first
 * @nr_sources: wired interrupts of the APLIC
 * @nr_group_bits: bits of an IMSIC's address that number its group
 * @nr_group_shift: where those begin
 * @nr_hart_bits: bits that number the hart in its group
 * @nr_guest_bits: bits that number the interrupt file of the hart
 * @aplic_addr: guest physical address of the APLIC
 * @aplic: its state; NULL without sources
 * @harts: vCPUs by the number that the address of their IMSIC gives them
 */
struct kvm_riscv_vm_aia {
	bool in_kernel;
	bool initialized;
	u32 mode;
	u32 nr_ids;
	u32 nr_sources;
	u32 nr_group_bits;
	u32 nr_group_shift;
	u32 nr_hart_bits;
	u32 nr_guest_bits;
	u64 aplic_addr;
	struct aplic *aplic;
	struct xarray harts;
};

/**
 * struct kvm_riscv_vcpu_aia - the interrupt controller of a vCPU
 * @imsic_addr: guest physical address of its interrupt file
 * @imsic: its state; NULL if the VM's controller is not in the kernel, or not
 *	initialized
 */
struct kvm_riscv_vcpu_aia {
	u64 imsic_addr;
	struct imsic *imsic;
};

#define KVM_RISCV_AIA_NO_ADDR	((u64)-1)

DECLARE_STATIC_KEY_FALSE(kvm_riscv_aia_present);

/* All harts of the host have the extension. */
static inline bool kvm_riscv_aia_available(void)
{
	return static_branch_likely(&kvm_riscv_aia_present);
}

/* device.c */
int kvm_riscv_aia_init(void);
void kvm_riscv_aia_exit(void);
void kvm_riscv_aia_init_vm(struct kvm *kvm);
void kvm_riscv_aia_destroy_vm(struct kvm *kvm);
void kvm_riscv_aia_init_vcpu(struct kvm_vcpu *vcpu);

/* route.c */
int kvm_riscv_aia_set_default_routing(struct kvm *kvm, unsigned int lines);
int kvm_riscv_aia_add_device(struct kvm *kvm, u64 addr, unsigned int size,
			     struct kvm_io_device *device);
void kvm_riscv_aia_remove_device(struct kvm *kvm, struct kvm_io_device *device);
int kvm_riscv_aia_send_msi(struct kvm *kvm, const struct kvm_msi *msi);
int kvm_riscv_aia_send_to_hart(struct kvm *kvm, u32 hart, u32 guest_index,
			       u32 id);
u32 kvm_riscv_aia_hart(const struct kvm_riscv_vm_aia *aia, u64 addr);
struct imsic *kvm_riscv_aia_imsic(struct kvm *kvm, u32 hart);

/* hgei.c */
int kvm_riscv_hgei_init(void);
void kvm_riscv_hgei_exit(void);
void kvm_riscv_hgei_enable_hart(void);
void kvm_riscv_hgei_disable_hart(void);
unsigned int kvm_riscv_hgei_max(void);
unsigned int kvm_riscv_aia_max_ids(void);

/* aplic.c */
int kvm_riscv_aplic_create(struct kvm *kvm);
void kvm_riscv_aplic_destroy(struct kvm *kvm);
int kvm_riscv_aplic_set_line(struct kvm *kvm, unsigned int irq, bool level);
int kvm_riscv_aplic_attr(struct kvm *kvm, unsigned long offset, bool write,
			 u32 *val);
int kvm_riscv_aplic_has_attr(struct kvm *kvm, unsigned long offset);

/* imsic.c */
int kvm_riscv_imsic_create(struct kvm_vcpu *vcpu);
void kvm_riscv_imsic_remove(struct kvm_vcpu *vcpu);
void kvm_riscv_imsic_destroy(struct kvm_vcpu *vcpu);
void kvm_riscv_imsic_reset(struct kvm_vcpu *vcpu);
void kvm_riscv_imsic_refresh(struct kvm_vcpu *vcpu);
void kvm_riscv_imsic_load(struct kvm_vcpu *vcpu, int cpu);
void kvm_riscv_imsic_put(struct kvm_vcpu *vcpu);
int kvm_riscv_imsic_move(struct kvm_vcpu *vcpu);
void kvm_riscv_imsic_release(struct kvm_vcpu *vcpu);
unsigned int kvm_riscv_imsic_priority(struct kvm_vcpu *vcpu);
bool kvm_riscv_imsic_pending(struct kvm_vcpu *vcpu);
int kvm_riscv_imsic_attr(struct kvm *kvm, unsigned long attr, bool write,
			 unsigned long *val);
int kvm_riscv_imsic_has_attr(struct kvm *kvm, unsigned long attr);

/* csr.c */
bool kvm_riscv_aia_csr_for_user(struct kvm_vcpu *vcpu);
bool kvm_riscv_aia_sireg(struct kvm_vcpu *vcpu, unsigned long *val,
			 unsigned long mask, bool write);
bool kvm_riscv_aia_stopei(struct kvm_vcpu *vcpu, unsigned long *val,
			  unsigned long mask, bool write);

#endif /* _KVM_RISCV_AIA_H */
