// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where interrupts of the VM go: GSIs to wires of the APLIC or to MSIs, MSIs to
 * the IMSIC at their address.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <kvm/iodev.h>
#include "imsic.h"

/**
 * kvm_riscv_aia_add_device() - let a device answer at an address
 * @kvm: the VM
 * @addr: guest physical address
 * @size: bytes
 * @device: the device
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM, or -ENOSPC if the VM has too many devices.
 */
int kvm_riscv_aia_add_device(struct kvm *kvm, u64 addr, unsigned int size,
			     struct kvm_io_device *device)
{
	int ret;

	mutex_lock(&kvm->slots_lock);
	ret = kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, addr, size, device);
	mutex_unlock(&kvm->slots_lock);
	return ret;
}

/**
 * kvm_riscv_aia_remove_device() - undo kvm_riscv_aia_add_device()
 * @kvm: the VM
 * @device: the device
 */
void kvm_riscv_aia_remove_device(struct kvm *kvm, struct kvm_io_device *device)
{
	mutex_lock(&kvm->slots_lock);
	kvm_io_bus_unregister_dev(kvm, KVM_MMIO_BUS, device);
	mutex_unlock(&kvm->slots_lock);
}

/**
 * kvm_riscv_aia_imsic() - the IMSIC of a hart
 * @kvm: the VM
 * @hart: the number that the address of the IMSIC gives it
 *
 * Context: Any.
 * Return: the IMSIC, or NULL if there is none.
 */
struct imsic *kvm_riscv_aia_imsic(struct kvm *kvm, u32 hart)
{
	struct kvm_vcpu *vcpu = xa_load(&kvm->arch.aia.harts, hart);

	return vcpu ? vcpu->arch.aia.imsic : NULL;
}

/**
 * kvm_riscv_aia_send_to_hart() - send an MSI by numbers
 * @kvm: the VM
 * @hart: hart number
 * @guest_index: 0 for the supervisor-level file, the only one that guests have
 * @id: identity
 *
 * Context: Any.
 * Return: 0, -EBUSY without a working controller, -ENODEV without such a file,
 * -EINVAL without such an identity.
 */
int kvm_riscv_aia_send_to_hart(struct kvm *kvm, u32 hart, u32 guest_index,
			       u32 id)
{
	struct imsic *imsic;

	if (!READ_ONCE(kvm->arch.aia.initialized))
		return -EBUSY;
	imsic = kvm_riscv_aia_imsic(kvm, hart);
	if (!imsic || guest_index)
		return -ENODEV;
	return imsic_inject(imsic, IMSIC_MMIO_SETIPNUM_LE, id);
}

/**
 * kvm_riscv_aia_hart() - the hart number in an address of an IMSIC
 * @aia: says where it is
 * @addr: guest physical address
 *
 * Return: group and hart number as one. That a hart has this address is left to
 * be seen.
 */
u32 kvm_riscv_aia_hart(const struct kvm_riscv_vm_aia *aia, u64 addr)
{
	u32 hart = (addr >> (IMSIC_MMIO_PAGE_SHIFT + aia->nr_guest_bits)) &
		   (BIT(aia->nr_hart_bits) - 1);
	u32 group = (addr >> aia->nr_group_shift) &
		    (BIT(aia->nr_group_bits) - 1);

	return group << aia->nr_hart_bits | hart;
}

/**
 * kvm_riscv_aia_send_msi() - send an MSI to the IMSIC at an address
 * @kvm: the VM
 * @msi: address and data
 *
 * An address at which no interrupt file of a guest's hart lies is not an
 * error: nothing happens, as with a store of a device.
 *
 * Context: Any.
 * Return: 0, -EBUSY without a working controller, -ENODEV or -EINVAL as
 * imsic_inject().
 */
int kvm_riscv_aia_send_msi(struct kvm *kvm, const struct kvm_msi *msi)
{
	struct kvm_riscv_vm_aia *aia = &kvm->arch.aia;
	u64 addr = (u64)msi->address_hi << 32 | msi->address_lo;
	u32 offset = addr & (IMSIC_MMIO_PAGE_SZ - 1);
	struct imsic *imsic;

	if (!READ_ONCE(aia->initialized))
		return -EBUSY;
	imsic = kvm_riscv_aia_imsic(kvm, kvm_riscv_aia_hart(aia, addr));
	if (!imsic || imsic->vcpu->arch.aia.imsic_addr != addr - offset)
		return 0;
	return imsic_inject(imsic, offset, msi->data);
}

int kvm_vm_ioctl_irq_line(struct kvm *kvm, struct kvm_irq_level *irql,
			  bool line_status)
{
	if (!irqchip_in_kernel(kvm))
		return -ENXIO;
	return kvm_riscv_aplic_set_line(kvm, irql->irq, irql->level);
}

int kvm_set_msi(struct kvm_kernel_irq_routing_entry *e, struct kvm *kvm,
		int irq_source_id, int level, bool line_status)
{
	struct kvm_msi msi = {
		.address_lo = e->msi.address_lo,
		.address_hi = e->msi.address_hi,
		.data = e->msi.data,
	};

	/* An MSI has no other edge. */
	if (!level)
		return -1;
	return kvm_riscv_aia_send_msi(kvm, &msi);
}

static int set_pin(struct kvm_kernel_irq_routing_entry *e, struct kvm *kvm,
		   int irq_source_id, int level, bool line_status)
{
	return kvm_riscv_aplic_set_line(kvm, e->irqchip.pin, level);
}

/**
 * kvm_set_routing_entry() - take over an entry of KVM_SET_GSI_ROUTING
 * @kvm: the VM
 * @e: result
 * @ue: what user space wants
 *
 * Return: 0, or -EINVAL for a pin that cannot be, and other kinds of entries.
 */
int kvm_set_routing_entry(struct kvm *kvm,
			  struct kvm_kernel_irq_routing_entry *e,
			  const struct kvm_irq_routing_entry *ue)
{
	switch (ue->type) {
	case KVM_IRQ_ROUTING_IRQCHIP:
		if (ue->u.irqchip.pin >= KVM_IRQCHIP_NUM_PINS ||
		    ue->u.irqchip.irqchip >= KVM_NR_IRQCHIPS)
			return -EINVAL;
		e->set = set_pin;
		e->irqchip.irqchip = ue->u.irqchip.irqchip;
		e->irqchip.pin = ue->u.irqchip.pin;
		return 0;
	case KVM_IRQ_ROUTING_MSI:
		e->set = kvm_set_msi;
		e->msi.address_lo = ue->u.msi.address_lo;
		e->msi.address_hi = ue->u.msi.address_hi;
		e->msi.data = ue->u.msi.data;
		e->msi.flags = ue->flags;
		e->msi.devid = ue->u.msi.devid;
		return 0;
	default:
		return -EINVAL;
	}
}

/**
 * kvm_riscv_aia_set_default_routing() - GSI n is wire n
 * @kvm: the VM
 * @lines: how many wires, wire 0 that does not exist included
 *
 * Return: 0, or -ENOMEM.
 */
int kvm_riscv_aia_set_default_routing(struct kvm *kvm, unsigned int lines)
{
	struct kvm_irq_routing_entry *entries;
	unsigned int i;
	int ret;

	entries = kcalloc(lines, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	for (i = 0; i < lines; i++) {
		entries[i].gsi = i;
		entries[i].type = KVM_IRQ_ROUTING_IRQCHIP;
		entries[i].u.irqchip.pin = i;
	}
	ret = kvm_set_irq_routing(kvm, entries, lines, 0);
	kfree(entries);
	return ret;
}

/*
 * irqfds: from a wait queue's callback, interrupts off. Only MSIs: the work that
 * serves the others pulses the wire, or raises it until it is resampled, and which
 * of both is not known here.
 */
int kvm_arch_set_irq_inatomic(struct kvm_kernel_irq_routing_entry *e,
			      struct kvm *kvm, int irq_source_id, int level,
			      bool line_status)
{
	if (!level || e->type != KVM_IRQ_ROUTING_MSI)
		return -EWOULDBLOCK;
	return kvm_set_msi(e, kvm, irq_source_id, level, line_status);
}

bool kvm_arch_can_set_irq_routing(struct kvm *kvm)
{
	return irqchip_in_kernel(kvm);
}

bool kvm_arch_irqchip_in_kernel(struct kvm *kvm)
{
	return irqchip_in_kernel(kvm);
}
