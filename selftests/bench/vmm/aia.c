// SPDX-License-Identifier: GPL-2.0-only
/* An interrupt controller in the kernel, MSIs only. */
#include <sys/ioctl.h>

#include "bench.h"
#include "vm.h"

#define NR_IDS		63
#define HART_BITS	2	/* VM_MAX_VCPUS */

/* The addresses of IMSICs, and the MSI that a route leads to */
#define IMSIC_OF(vcpu)	(GUEST_IMSIC + (__u64)(vcpu) * PAGE_SIZE_4K)
#define MSI_GSI		1

static void set_attr(int aia, __u32 group, __u64 attr, __u64 value)
{
	struct kvm_device_attr a = {
		.group = group, .attr = attr, .addr = (__u64)&value,
	};

	if (ioctl(aia, KVM_SET_DEVICE_ATTR, &a))
		die("attribute of AIA");
}

/* Each of its vCPUs has an IMSIC, in a guest file or in software. */
void vm_add_aia(struct vm *vm, enum aia aia)
{
	struct kvm_create_device dev = { .type = KVM_DEV_TYPE_RISCV_AIA };
	const __u32 config = KVM_DEV_RISCV_AIA_GRP_CONFIG;

	if (ioctl(vm->fd, KVM_CREATE_DEVICE, &dev))
		die("AIA");
	set_attr(dev.fd, config, KVM_DEV_RISCV_AIA_CONFIG_MODE,
		 aia == AIA_FILES ? KVM_DEV_RISCV_AIA_MODE_HWACCEL :
				    KVM_DEV_RISCV_AIA_MODE_EMUL);
	set_attr(dev.fd, config, KVM_DEV_RISCV_AIA_CONFIG_IDS, NR_IDS);
	set_attr(dev.fd, config, KVM_DEV_RISCV_AIA_CONFIG_SRCS, 0);
	set_attr(dev.fd, config, KVM_DEV_RISCV_AIA_CONFIG_HART_BITS, HART_BITS);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		set_attr(dev.fd, KVM_DEV_RISCV_AIA_GRP_ADDR,
			 KVM_DEV_RISCV_AIA_ADDR_IMSIC(i), IMSIC_OF(i));
	set_attr(dev.fd, KVM_DEV_RISCV_AIA_GRP_CTRL,
		 KVM_DEV_RISCV_AIA_CTRL_INIT, 0);
	vm->aia = dev.fd;
}

void vm_signal_msi(struct vm *vm)
{
	struct kvm_msi msi = { .address_lo = IMSIC_OF(0), .data = 1 };

	if (ioctl(vm->fd, KVM_SIGNAL_MSI, &msi) < 0)
		die("KVM_SIGNAL_MSI");
}

/* Whenever @fd, an eventfd, is written to, vCPU 0 gets an MSI. */
void vm_add_irqfd(struct vm *vm, int fd)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} routing = {
		.head.nr = 1,
		.entry = {
			.gsi = MSI_GSI,
			.type = KVM_IRQ_ROUTING_MSI,
			.u.msi = { .address_lo = IMSIC_OF(0), .data = 1 },
		},
	};
	struct kvm_irqfd irqfd = { .fd = fd, .gsi = MSI_GSI };

	if (ioctl(vm->fd, KVM_SET_GSI_ROUTING, &routing))
		die("KVM_SET_GSI_ROUTING");
	if (ioctl(vm->fd, KVM_IRQFD, &irqfd))
		die("KVM_IRQFD");
}
