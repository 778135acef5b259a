// SPDX-License-Identifier: GPL-2.0-only
/* VMs with an interrupt controller in the kernel, see rvaia.h. */
#include "rvaia.h"

#include <errno.h>

/* Does the host offer the device? */
bool rv_aia_possible(void)
{
	return kvm_check_cap(KVM_CAP_IRQCHIP);
}

/* The file descriptor of the device, or a negative errno */
int rv_aia_create(struct kvm_vm *vm)
{
	struct kvm_create_device dev = { .type = KVM_DEV_TYPE_RISCV_AIA };

	return ioctl(vm->fd, KVM_CREATE_DEVICE, &dev) ? -errno : (int)dev.fd;
}

/* 0, or the errno of a get (or set) of an attribute */
int rv_aia_errno(int aia, bool set, uint32_t group, uint64_t attr, void *val)
{
	struct kvm_device_attr a = {
		.group = group, .attr = attr, .addr = (uintptr_t)val,
	};

	return ioctl(aia, set ? KVM_SET_DEVICE_ATTR : KVM_GET_DEVICE_ATTR, &a) ?
	       errno : 0;
}

int rv_aia_set_errno(int aia, uint32_t group, uint64_t attr, uint64_t val)
{
	return rv_aia_errno(aia, true, group, attr, &val);
}

void rv_aia_set(int aia, uint32_t group, uint64_t attr, uint64_t val)
{
	int err = rv_aia_set_errno(aia, group, attr, val);

	TEST_ASSERT(!err, "set group %u attribute %#lx to %#lx: %s", group, attr,
		    val, strerror(err));
}

uint64_t rv_aia_get(int aia, uint32_t group, uint64_t attr)
{
	uint64_t val = 0;
	int err = rv_aia_errno(aia, false, group, attr, &val);

	TEST_ASSERT(!err, "get group %u attribute %#lx: %s", group, attr,
		    strerror(err));
	return val;
}

uint64_t rv_imsic_get(int aia, unsigned int vcpu, unsigned long isel)
{
	return rv_aia_get(aia, AIA_IMSIC,
			  KVM_DEV_RISCV_AIA_IMSIC_MKATTR(vcpu, isel));
}

void rv_imsic_set(int aia, unsigned int vcpu, unsigned long isel, uint64_t val)
{
	rv_aia_set(aia, AIA_IMSIC, KVM_DEV_RISCV_AIA_IMSIC_MKATTR(vcpu, isel), val);
}

/* Guest interrupt files: without them the host refuses the mode. */
bool rv_aia_guest_files(void)
{
	struct kvm_vm *vm = vm_create_barebones();
	int aia = rv_aia_create(vm);
	bool files;

	files = aia >= 0 && !rv_aia_set_errno(aia, AIA_CONFIG,
					      KVM_DEV_RISCV_AIA_CONFIG_MODE,
					      KVM_DEV_RISCV_AIA_MODE_HWACCEL);
	if (aia >= 0)
		close(aia);
	kvm_vm_free(vm);
	return files;
}

/* All but the initialization */
void rv_aia_configure(struct kvm_vm *vm, int aia, unsigned int mode,
		      unsigned int vcpus, unsigned int ids, unsigned int sources)
{
	unsigned int bits = 0;

	while ((1U << bits) < vcpus)
		bits++;
	rv_aia_set(aia, AIA_CONFIG, KVM_DEV_RISCV_AIA_CONFIG_MODE, mode);
	rv_aia_set(aia, AIA_CONFIG, KVM_DEV_RISCV_AIA_CONFIG_IDS, ids);
	rv_aia_set(aia, AIA_CONFIG, KVM_DEV_RISCV_AIA_CONFIG_SRCS, sources);
	rv_aia_set(aia, AIA_CONFIG, KVM_DEV_RISCV_AIA_CONFIG_HART_BITS, bits);
	rv_aia_set(aia, AIA_ADDR, KVM_DEV_RISCV_AIA_ADDR_APLIC, APLIC_GPA);
	for (unsigned int i = 0; i < vcpus; i++)
		rv_aia_set(aia, AIA_ADDR, KVM_DEV_RISCV_AIA_ADDR_IMSIC(i),
			   IMSIC_OF(i));
	virt_map(vm, APLIC_GPA, APLIC_GPA, KVM_DEV_RISCV_APLIC_SIZE / PAGE_SZ);
	virt_map(vm, IMSIC_GPA, IMSIC_GPA, vcpus);
}

/* A controller that works; returns its file descriptor. */
int rv_aia_setup(struct kvm_vm *vm, unsigned int mode, unsigned int vcpus,
		 unsigned int ids, unsigned int sources)
{
	int aia = rv_aia_create(vm);

	TEST_ASSERT(aia >= 0, "no AIA device: %s", strerror(-aia));
	rv_aia_configure(vm, aia, mode, vcpus, ids, sources);
	rv_aia_set(aia, AIA_CTRL, KVM_DEV_RISCV_AIA_CTRL_INIT, 0);
	return aia;
}

/* 0, or the errno of KVM_SIGNAL_MSI */
int rv_msi(struct kvm_vm *vm, uint64_t addr, uint32_t data)
{
	struct kvm_msi msi = {
		.address_lo = addr, .address_hi = addr >> 32, .data = data,
	};

	return ioctl(vm->fd, KVM_SIGNAL_MSI, &msi) < 0 ? errno : 0;
}
