// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctls on a vCPU, and what else generic KVM asks about one.
 */
#include <linux/kvm_host.h>
#include <linux/uaccess.h>
#include <kvm_riscv/compat.h>
#include <kvm_riscv/regs.h>

static int ioctl_one_reg(struct kvm_vcpu *vcpu, unsigned int ioctl,
			 void __user *argp)
{
	struct kvm_one_reg reg;

	if (copy_from_user(&reg, argp, sizeof(reg)))
		return -EFAULT;
	if (ioctl == KVM_SET_ONE_REG)
		return kvm_riscv_reg_set(vcpu, &reg);
	return kvm_riscv_reg_get(vcpu, &reg);
}

/*
 * Ioctls on a vCPU beyond the generic ones
 *
 * Context: vcpu->mutex held, the vCPU is not loaded.
 * Return: 0, or a negative errno; -EINVAL for an unknown ioctl.
 */
long kvm_arch_vcpu_ioctl(struct file *filp, unsigned int ioctl,
			 unsigned long arg)
{
	struct kvm_vcpu *vcpu = filp->private_data;
	void __user *argp = (void __user *)arg;

	switch (ioctl) {
	case KVM_SET_ONE_REG:
	case KVM_GET_ONE_REG:
		return ioctl_one_reg(vcpu, ioctl, argp);
	case KVM_GET_REG_LIST:
		return kvm_riscv_reg_list(vcpu, argp);
	default:
		return -EINVAL;
	}
}

/* noinline: KVM_RUN comes by, and is not to pay for this one's stack. */
static noinline_for_stack int ioctl_interrupt(struct kvm_vcpu *vcpu,
					      void __user *argp)
{
	struct kvm_interrupt irq;

	if (copy_from_user(&irq, argp, sizeof(irq)))
		return -EFAULT;
	if (irq.irq == KVM_INTERRUPT_SET)
		return kvm_riscv_irq_set(vcpu, IRQ_VS_EXT);
	return kvm_riscv_irq_clear(vcpu, IRQ_VS_EXT);
}

/*
 * Ioctls that do not wait for vcpu->mutex
 *
 * Return: 0, a negative errno, or -ENOIOCTLCMD for all other ioctls.
 */
long kvm_arch_vcpu_unlocked_ioctl(struct file *filp, unsigned int ioctl,
				  unsigned long arg)
{
	if (ioctl != KVM_INTERRUPT)
		return -ENOIOCTLCMD;
	return ioctl_interrupt(filp->private_data, (void __user *)arg);
}

/* Registers travel by ONE_REG; the bulk structures of other architectures
 * have no content here.
 */

int kvm_arch_vcpu_ioctl_get_regs(struct kvm_vcpu *vcpu, struct kvm_regs *regs)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_set_regs(struct kvm_vcpu *vcpu, struct kvm_regs *regs)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_get_sregs(struct kvm_vcpu *vcpu,
				  struct kvm_sregs *sregs)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_set_sregs(struct kvm_vcpu *vcpu,
				  struct kvm_sregs *sregs)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_get_fpu(struct kvm_vcpu *vcpu, struct kvm_fpu *fpu)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_set_fpu(struct kvm_vcpu *vcpu, struct kvm_fpu *fpu)
{
	return -EINVAL;
}

int kvm_arch_vcpu_ioctl_translate(struct kvm_vcpu *vcpu,
				  struct kvm_translation *tr)
{
	return -EINVAL;
}

/* mmap of a vCPU file beyond struct kvm_run and the coalesced ring */
vm_fault_t kvm_arch_vcpu_fault(struct kvm_vcpu *vcpu, struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}
