/* SPDX-License-Identifier: GPL-2.0-only */
/* A virtual machine with as little around it as the KVM API allows. */
#ifndef VM_H
#define VM_H

#include <linux/kvm.h>
#include <linux/types.h>
#include <stddef.h>
#include <stdnoreturn.h>

#define VM_MAX_VCPUS	4

struct vcpu {
	int fd;
	struct kvm_run *run;
};

struct vm {
	int fd;
	int aia;		/* its interrupt controller, or 0 */
	unsigned int nr_vcpus;
	struct vcpu vcpu[VM_MAX_VCPUS];
	void *program;
	char *data;		/* what backs GUEST_DATA, or NULL */
	size_t data_size;
};

/* How the data region is backed. */
enum backing {
	BACK_ABSENT,		/* 4K pages, none there yet */
	BACK_RESIDENT,		/* 4K pages, all there */
	BACK_HUGE,		/* 2M pages, all there */
	BACK_DEFAULT,		/* none there yet, as the host likes */
};

/* Where the registers of its vCPUs' IMSICs are. */
enum aia {
	AIA_NONE,
	AIA_SOFTWARE,
	AIA_FILES,		/* guest interrupt files */
};

#define VM_SLOT_PROGRAM	0
#define VM_SLOT_DATA	1

extern const char guest_program[], guest_program_end[];

/* Print @what and what errno says, and end the process. */
noreturn void die(const char *what);

void vm_create(struct vm *vm, unsigned int nr_vcpus);
void vm_destroy(struct vm *vm);
void vm_add_data(struct vm *vm, size_t size, enum backing backing);
void vm_log_dirty(struct vm *vm);
void vm_dont_poll(struct vm *vm);
void vm_add_ioeventfd(struct vm *vm, __u64 gpa, int fd);
__u64 vm_shared(struct vm *vm);

/* aia.c */
void vm_add_aia(struct vm *vm, enum aia aia);
void vm_signal_msi(struct vm *vm);
void vm_add_irqfd(struct vm *vm, int fd);

void vcpu_start(struct vcpu *vcpu, unsigned long event, unsigned long count,
		unsigned long peer);
__u64 vcpu_get_core(struct vcpu *vcpu, size_t offset);
void vcpu_set_core(struct vcpu *vcpu, size_t offset, __u64 value);
__u64 vcpu_get_reg(struct vcpu *vcpu, __u64 id);

#define vcpu_get(vcpu, reg)						\
	vcpu_get_core(vcpu, offsetof(struct kvm_riscv_core, reg))
#define vcpu_set(vcpu, reg, value)					\
	vcpu_set_core(vcpu, offsetof(struct kvm_riscv_core, reg), value)

#endif
