// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "vm.h"

#define HUGE_SIZE	0x200000UL

void die(const char *what)
{
	printf("bench: error: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *map_pages(size_t size)
{
	char *p = mmap(NULL, size + HUGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t skip;

	if (p == MAP_FAILED)
		die("mmap");
	/* Aligned, so that huge pages are possible; nothing of it is touched. */
	skip = -(uintptr_t)p & (HUGE_SIZE - 1);
	if (skip)
		munmap(p, skip);
	munmap(p + skip + size, HUGE_SIZE - skip);
	return p + skip;
}

static void set_slot(struct vm *vm, unsigned int slot, unsigned int flags,
		     __u64 gpa, size_t size, void *host)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)host,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("memory slot");
}

/* Bytes of anonymous huge pages in use on this machine. */
static size_t anon_huge_bytes(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long kib = 0;
	char line[128];

	if (!f)
		die("/proc/meminfo");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "AnonHugePages: %lu kB", &kib) == 1)
			break;
	fclose(f);
	return kib * 1024;
}

/* Add the data region, @size bytes at GUEST_DATA. */
void vm_add_data(struct vm *vm, size_t size, enum backing backing)
{
	size_t huge_before = anon_huge_bytes();

	vm->data = map_pages(size);
	vm->data_size = size;
	if (backing != BACK_DEFAULT &&
	    madvise(vm->data, size, backing == BACK_HUGE ? MADV_HUGEPAGE :
							   MADV_NOHUGEPAGE))
		die("madvise");
	if (backing == BACK_RESIDENT || backing == BACK_HUGE)
		memset(vm->data, 1, size);
	if (backing == BACK_HUGE && anon_huge_bytes() - huge_before < size) {
		errno = ENOMEM;
		die("huge pages");
	}
	set_slot(vm, VM_SLOT_DATA, 0, GUEST_DATA, size, vm->data);
}

/* Start dirty logging of the data region: it is write-protected at once. */
void vm_log_dirty(struct vm *vm)
{
	set_slot(vm, VM_SLOT_DATA, KVM_MEM_LOG_DIRTY_PAGES, GUEST_DATA,
		 vm->data_size, vm->data);
}

/* A vCPU that waits sleeps at once, instead of spinning for a while first. */
void vm_dont_poll(struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HALT_POLL };

	if (ioctl(vm->fd, KVM_ENABLE_CAP, &cap))
		die("KVM_CAP_HALT_POLL");
}

void vm_add_ioeventfd(struct vm *vm, __u64 gpa, int fd)
{
	struct kvm_ioeventfd io = { .addr = gpa, .len = 4, .fd = fd };

	if (ioctl(vm->fd, KVM_IOEVENTFD, &io))
		die("ioeventfd");
}

/* The word at GUEST_SHARED */
__u64 vm_shared(struct vm *vm)
{
	char *at = (char *)vm->program + (GUEST_SHARED - GUEST_BASE);

	return __atomic_load_n((__u64 *)at, __ATOMIC_SEQ_CST);
}

static void vcpu_create(struct vm *vm, struct vcpu *vcpu, unsigned long id,
			size_t run_size)
{
	struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };

	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
	if (vcpu->fd < 0)
		die("KVM_CREATE_VCPU");
	vcpu->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die("mmap of kvm_run");
	/* Only vCPU 0 is created started. */
	if (ioctl(vcpu->fd, KVM_SET_MP_STATE, &runnable))
		die("KVM_SET_MP_STATE");
}

void vm_create(struct vm *vm, unsigned int nr_vcpus)
{
	size_t size = guest_program_end - guest_program;
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int run_size;

	if (kvm < 0)
		die("/dev/kvm");
	run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	memset(vm, 0, sizeof(*vm));
	vm->fd = ioctl(kvm, KVM_CREATE_VM, 0);
	if (run_size < 0 || vm->fd < 0)
		die("KVM_CREATE_VM");
	close(kvm);

	vm->program = map_pages(GUEST_SIZE);
	memcpy(vm->program, guest_program, size);
	set_slot(vm, VM_SLOT_PROGRAM, 0, GUEST_BASE, GUEST_SIZE, vm->program);

	vm->nr_vcpus = nr_vcpus;
	for (unsigned int i = 0; i < nr_vcpus; i++)
		vcpu_create(vm, &vm->vcpu[i], i, run_size);
}

void vm_destroy(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		munmap(vm->vcpu[i].run, getpagesize());
		close(vm->vcpu[i].fd);
	}
	if (vm->aia)
		close(vm->aia);
	close(vm->fd);
	munmap(vm->program, GUEST_SIZE);
	if (vm->data)
		munmap(vm->data, vm->data_size);
}

#define CORE_REG(offset)						\
	(KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE |	\
	 (offset) / sizeof(unsigned long))

/* A register of 64 bits */
__u64 vcpu_get_reg(struct vcpu *vcpu, __u64 id)
{
	__u64 value;
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg))
		die("KVM_GET_ONE_REG");
	return value;
}

__u64 vcpu_get_core(struct vcpu *vcpu, size_t offset)
{
	return vcpu_get_reg(vcpu, CORE_REG(offset));
}

void vcpu_set_core(struct vcpu *vcpu, size_t offset, __u64 value)
{
	struct kvm_one_reg reg = {
		.id = CORE_REG(offset), .addr = (uintptr_t)&value,
	};

	if (ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg))
		die("KVM_SET_ONE_REG");
}

/* Aim the vCPU at the guest program's entry; see the guest for the arguments. */
void vcpu_start(struct vcpu *vcpu, unsigned long event, unsigned long count,
		unsigned long peer)
{
	vcpu_set(vcpu, regs.pc, GUEST_BASE);
	vcpu_set(vcpu, regs.a0, event);
	vcpu_set(vcpu, regs.a1, count);
	vcpu_set(vcpu, regs.a2, peer);
}
