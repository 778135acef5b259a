// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs: creation and capabilities.
 */
#include <linux/kvm_host.h>
#include <kvm_riscv/mmu.h>

/**
 * kvm_arch_init_vm() - set up the architecture's part of a new VM
 * @kvm: the VM, zeroed
 * @type: argument of KVM_CREATE_VM; no type is defined, any is taken
 *
 * Return: 0, or -ENOMEM.
 */
int kvm_arch_init_vm(struct kvm *kvm, unsigned long type)
{
	int ret;

	ret = kvm_riscv_mmu_init_vm(kvm);
	if (ret)
		return ret;
	kvm_riscv_timer_init_vm(kvm);
	kvm_riscv_aia_init_vm(kvm);
	return 0;
}

/**
 * kvm_arch_destroy_vm() - undo kvm_arch_init_vm(), and free the vCPUs
 * @kvm: the VM, of which nobody holds a reference
 */
void kvm_arch_destroy_vm(struct kvm *kvm)
{
	kvm_destroy_vcpus(kvm);
	kvm_riscv_aia_destroy_vm(kvm);
	kvm_riscv_mmu_destroy_vm(kvm);
}

/* Capabilities with a fixed answer; any other is not there. */
static const struct {
	long cap;
	int value;
} fixed_caps[] = {
	{ KVM_CAP_IOEVENTFD, 1 },
	{ KVM_CAP_USER_MEMORY, 1 },
	{ KVM_CAP_SYNC_MMU, 1 },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS, 1 },
	{ KVM_CAP_ONE_REG, 1 },
	{ KVM_CAP_READONLY_MEM, 1 },
	{ KVM_CAP_MP_STATE, 1 },
	{ KVM_CAP_IMMEDIATE_EXIT, 1 },
	{ KVM_CAP_SET_GUEST_DEBUG, 1 },
	{ KVM_CAP_PRE_FAULT_MEMORY, 1 },
	{ KVM_CAP_RISCV_MP_STATE_RESET, 1 },
	{ KVM_CAP_MAX_VCPUS, KVM_MAX_VCPUS },
	{ KVM_CAP_NR_MEMSLOTS, KVM_USER_MEM_SLOTS },
};

/**
 * kvm_vm_ioctl_check_extension() - KVM_CHECK_EXTENSION
 * @kvm: the VM, or NULL when asked of /dev/kvm
 * @ext: KVM_CAP_*
 *
 * Return: the value of the capability, 0 if there is no such.
 */
int kvm_vm_ioctl_check_extension(struct kvm *kvm, long ext)
{
	int i;

	if (ext == KVM_CAP_NR_VCPUS)
		return min_t(unsigned int, num_online_cpus(), KVM_MAX_VCPUS);
	if (ext == KVM_CAP_IRQCHIP)
		return kvm_riscv_aia_available();
	if (ext == KVM_CAP_VM_GPA_BITS)
		return kvm_riscv_mmu_gpa_bits(kvm);

	for (i = 0; i < ARRAY_SIZE(fixed_caps); i++)
		if (fixed_caps[i].cap == ext)
			return fixed_caps[i].value;
	return 0;
}

/**
 * kvm_vm_ioctl_enable_cap() - KVM_ENABLE_CAP of a VM
 * @kvm: the VM
 * @cap: a capability that is not generic KVM's, and its arguments
 *
 * Return: 0, -EINVAL for a capability or argument that is not there, or -EBUSY
 * if it is too late.
 */
int kvm_vm_ioctl_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap)
{
	if (cap->flags)
		return -EINVAL;

	switch (cap->cap) {
	case KVM_CAP_RISCV_MP_STATE_RESET:
		WRITE_ONCE(kvm->arch.mp_state_reset, true);
		return 0;
	case KVM_CAP_VM_GPA_BITS:
		return kvm_riscv_mmu_set_gpa_bits(kvm, cap->args[0]);
	default:
		return -EINVAL;
	}
}

/*
 * Ioctls on a VM beyond the generic ones
 *
 * Return: -EINVAL, there are none.
 */
int kvm_arch_vm_ioctl(struct file *filp, unsigned int ioctl, unsigned long arg)
{
	return -EINVAL;
}
