// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_DEV_TYPE_RISCV_AIA: how user space sets up the interrupt controller of a
 * VM, and reads and writes its registers.
 */
#include <linux/kvm_host.h>
#include <linux/uaccess.h>
#include <asm/hwcap.h>
#include <asm/cpufeature.h>
#include "imsic.h"

DEFINE_STATIC_KEY_FALSE(kvm_riscv_aia_present);

static bool mode_valid(u32 val)
{
	switch (val) {
	case KVM_DEV_RISCV_AIA_MODE_EMUL:
		return true;
	case KVM_DEV_RISCV_AIA_MODE_HWACCEL:
	case KVM_DEV_RISCV_AIA_MODE_AUTO:
		return kvm_riscv_hgei_max();
	default:
		return false;
	}
}

/* One less than a multiple of 64 */
static bool ids_valid(u32 val)
{
	return val >= KVM_DEV_RISCV_AIA_IDS_MIN &&
	       val < KVM_DEV_RISCV_AIA_IDS_MAX &&
	       val < kvm_riscv_aia_max_ids() &&
	       (val & KVM_DEV_RISCV_AIA_IDS_MIN) == KVM_DEV_RISCV_AIA_IDS_MIN;
}

static bool sources_valid(u32 val)
{
	return val < KVM_DEV_RISCV_AIA_SRCS_MAX && val < kvm_riscv_aia_max_ids();
}

static bool group_bits_valid(u32 val)
{
	return val < KVM_DEV_RISCV_AIA_GROUP_BITS_MAX;
}

static bool group_shift_valid(u32 val)
{
	return val >= KVM_DEV_RISCV_AIA_GROUP_SHIFT_MIN &&
	       val < KVM_DEV_RISCV_AIA_GROUP_SHIFT_MAX;
}

static bool hart_bits_valid(u32 val)
{
	return val < KVM_DEV_RISCV_AIA_HART_BITS_MAX;
}

static bool guest_bits_valid(u32 val)
{
	return val < KVM_DEV_RISCV_AIA_GUEST_BITS_MAX;
}

/* The attributes of KVM_DEV_RISCV_AIA_GRP_CONFIG */
static const struct {
	size_t offset;
	bool (*valid)(u32 val);
} config_attrs[] = {
#define CONFIG(attr, field, fn) \
	[KVM_DEV_RISCV_AIA_CONFIG_##attr] = \
		{ offsetof(struct kvm_riscv_vm_aia, field), fn }
	CONFIG(MODE, mode, mode_valid),
	CONFIG(IDS, nr_ids, ids_valid),
	CONFIG(SRCS, nr_sources, sources_valid),
	CONFIG(GROUP_BITS, nr_group_bits, group_bits_valid),
	CONFIG(GROUP_SHIFT, nr_group_shift, group_shift_valid),
	CONFIG(HART_BITS, nr_hart_bits, hart_bits_valid),
	CONFIG(GUEST_BITS, nr_guest_bits, guest_bits_valid),
#undef CONFIG
};

/*
 * The following serve a group of attributes each, with kvm->lock held: read or
 * write @val, which has the size that the group's values have.
 */

static int access_config(struct kvm *kvm, u64 attr, bool write, void *val)
{
	struct kvm_riscv_vm_aia *aia = &kvm->arch.aia;
	u32 *field, *nr = val;

	if (attr >= ARRAY_SIZE(config_attrs))
		return -ENXIO;
	attr = array_index_nospec(attr, ARRAY_SIZE(config_attrs));
	field = (void *)aia + config_attrs[attr].offset;

	if (!write) {
		*nr = *field;
		return 0;
	}
	if (aia->initialized)
		return -EBUSY;
	if (!config_attrs[attr].valid(*nr))
		return -EINVAL;
	*field = *nr;
	return 0;
}

static u64 *find_addr(struct kvm *kvm, u64 attr)
{
	struct kvm_vcpu *vcpu;

	if (attr == KVM_DEV_RISCV_AIA_ADDR_APLIC)
		return &kvm->arch.aia.aplic_addr;
	attr -= KVM_DEV_RISCV_AIA_ADDR_IMSIC(0);
	if (attr >= atomic_read(&kvm->online_vcpus))
		return NULL;
	vcpu = kvm_get_vcpu(kvm, attr);
	return vcpu ? &vcpu->arch.aia.imsic_addr : NULL;
}

static_assert(KVM_DEV_RISCV_APLIC_ALIGN == KVM_DEV_RISCV_IMSIC_ALIGN);

static int access_addr(struct kvm *kvm, u64 attr, bool write, void *val)
{
	u64 *field = find_addr(kvm, attr);
	u64 *addr = val;

	if (!field)
		return -ENXIO;
	if (!write) {
		*addr = *field;
		return 0;
	}
	if (kvm->arch.aia.initialized)
		return -EBUSY;
	if (!IS_ALIGNED(*addr, KVM_DEV_RISCV_IMSIC_ALIGN))
		return -EINVAL;
	*field = *addr;
	return 0;
}

static int access_aplic(struct kvm *kvm, u64 attr, bool write, void *val)
{
	return kvm_riscv_aplic_attr(kvm, attr, write, val);
}

static int access_imsic(struct kvm *kvm, u64 attr, bool write, void *val)
{
	return kvm_riscv_imsic_attr(kvm, attr, write, val);
}

/* Bits of an IMSIC's address that number it among the others */
static u64 numbering_bits(const struct kvm_riscv_vm_aia *aia)
{
	u64 bits = (BIT_ULL(aia->nr_hart_bits + aia->nr_guest_bits) - 1) <<
		   IMSIC_MMIO_PAGE_SHIFT;

	return bits | (BIT_ULL(aia->nr_group_bits) - 1) << aia->nr_group_shift;
}

/* Every vCPU needs an address, that of its group and hart number in it. */
static int add_hart(struct kvm_vcpu *vcpu, u64 base)
{
	struct kvm_riscv_vm_aia *aia = &vcpu->kvm->arch.aia;
	u64 addr = vcpu->arch.aia.imsic_addr;
	int ret;

	if (addr == KVM_RISCV_AIA_NO_ADDR ||
	    (addr & ~numbering_bits(aia)) != base)
		return -EINVAL;
	ret = kvm_riscv_imsic_create(vcpu);
	if (ret)
		return ret;
	ret = xa_insert(&aia->harts, kvm_riscv_aia_hart(aia, addr), vcpu,
			GFP_KERNEL_ACCOUNT);
	/* Two of them with one address */
	return ret == -EBUSY ? -EINVAL : ret;
}

static int add_harts(struct kvm *kvm)
{
	struct kvm_riscv_vm_aia *aia = &kvm->arch.aia;
	struct kvm_vcpu *vcpu;
	unsigned long i;
	u64 base = 0;
	int ret;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		if (!i)
			base = vcpu->arch.aia.imsic_addr & ~numbering_bits(aia);
		ret = add_hart(vcpu, base);
		if (ret)
			return ret;
	}
	return 0;
}

static void remove_harts(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm)
		kvm_riscv_imsic_remove(vcpu);
	xa_destroy(&kvm->arch.aia.harts);
}

static int initialize(struct kvm *kvm)
{
	struct kvm_riscv_vm_aia *aia = &kvm->arch.aia;
	int ret;

	if (aia->initialized)
		return -EBUSY;
	/* A vCPU that is just being created would be left out. */
	if (kvm->created_vcpus != atomic_read(&kvm->online_vcpus))
		return -EBUSY;
	if (aia->nr_ids < aia->nr_sources)
		return -EINVAL;
	if (aia->nr_sources && aia->aplic_addr == KVM_RISCV_AIA_NO_ADDR)
		return -EINVAL;

	ret = kvm_riscv_aplic_create(kvm);
	if (ret)
		return ret;
	ret = add_harts(kvm);
	if (ret) {
		remove_harts(kvm);
		kvm_riscv_aplic_destroy(kvm);
		return ret;
	}
	/* Whoever sees it sees the rest. */
	smp_store_release(&aia->initialized, true);
	return 0;
}

/* The groups whose attributes have a value */
static const struct {
	size_t size;
	int (*access)(struct kvm *kvm, u64 attr, bool write, void *val);
} groups[] = {
	[KVM_DEV_RISCV_AIA_GRP_CONFIG] = { sizeof(u32), access_config },
	[KVM_DEV_RISCV_AIA_GRP_ADDR] = { sizeof(u64), access_addr },
	[KVM_DEV_RISCV_AIA_GRP_APLIC] = { sizeof(u32), access_aplic },
	[KVM_DEV_RISCV_AIA_GRP_IMSIC] = { sizeof(unsigned long), access_imsic },
};

static int access_attr(struct kvm *kvm, struct kvm_device_attr *attr, bool write)
{
	void __user *uaddr = u64_to_user_ptr(attr->addr);
	u64 group = attr->group;
	u64 val = 0;
	int ret;

	if (group >= ARRAY_SIZE(groups) || !groups[group].access)
		return -ENXIO;
	group = array_index_nospec(group, ARRAY_SIZE(groups));
	if (write && copy_from_user(&val, uaddr, groups[group].size))
		return -EFAULT;

	mutex_lock(&kvm->lock);
	ret = groups[group].access(kvm, attr->attr, write, &val);
	mutex_unlock(&kvm->lock);

	if (!ret && !write && copy_to_user(uaddr, &val, groups[group].size))
		ret = -EFAULT;
	return ret;
}

static int aia_get_attr(struct kvm_device *dev, struct kvm_device_attr *attr)
{
	return access_attr(dev->kvm, attr, false);
}

static int aia_set_attr(struct kvm_device *dev, struct kvm_device_attr *attr)
{
	int ret = -ENXIO;

	if (attr->group != KVM_DEV_RISCV_AIA_GRP_CTRL)
		return access_attr(dev->kvm, attr, true);

	if (attr->attr == KVM_DEV_RISCV_AIA_CTRL_INIT) {
		mutex_lock(&dev->kvm->lock);
		ret = initialize(dev->kvm);
		mutex_unlock(&dev->kvm->lock);
	}
	return ret;
}

static int has_attr(struct kvm *kvm, struct kvm_device_attr *attr)
{
	switch (attr->group) {
	case KVM_DEV_RISCV_AIA_GRP_CONFIG:
		return attr->attr < ARRAY_SIZE(config_attrs) ? 0 : -ENXIO;
	case KVM_DEV_RISCV_AIA_GRP_ADDR:
		return find_addr(kvm, attr->attr) ? 0 : -ENXIO;
	case KVM_DEV_RISCV_AIA_GRP_CTRL:
		return attr->attr == KVM_DEV_RISCV_AIA_CTRL_INIT ? 0 : -ENXIO;
	case KVM_DEV_RISCV_AIA_GRP_APLIC:
		return kvm_riscv_aplic_has_attr(kvm, attr->attr);
	case KVM_DEV_RISCV_AIA_GRP_IMSIC:
		return kvm_riscv_imsic_has_attr(kvm, attr->attr);
	default:
		return -ENXIO;
	}
}

static int aia_has_attr(struct kvm_device *dev, struct kvm_device_attr *attr)
{
	int ret;

	mutex_lock(&dev->kvm->lock);
	ret = has_attr(dev->kvm, attr);
	mutex_unlock(&dev->kvm->lock);
	return ret;
}

/* Called with kvm->lock held, as long as no vCPU ran. */
static int aia_create(struct kvm_device *dev, u32 type)
{
	struct kvm *kvm = dev->kvm;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	if (irqchip_in_kernel(kvm))
		return -EEXIST;
	kvm_for_each_vcpu(i, vcpu, kvm) {
		bool ran;

		if (!mutex_trylock(&vcpu->mutex))
			return -EBUSY;
		ran = vcpu->arch.ran_once;
		mutex_unlock(&vcpu->mutex);
		if (ran)
			return -EBUSY;
	}
	kvm->arch.aia.in_kernel = true;
	return 0;
}

/* The controller stays as long as the VM. */
static void aia_destroy(struct kvm_device *dev)
{
	kfree(dev);
}

static const struct kvm_device_ops aia_device_ops = {
	.name = "kvm-riscv-aia",
	.create = aia_create,
	.destroy = aia_destroy,
	.set_attr = aia_set_attr,
	.get_attr = aia_get_attr,
	.has_attr = aia_has_attr,
};

/**
 * kvm_riscv_aia_init_vm() - the configuration that a VM starts with
 * @kvm: a new VM
 */
void kvm_riscv_aia_init_vm(struct kvm *kvm)
{
	struct kvm_riscv_vm_aia *aia = &kvm->arch.aia;

	xa_init(&aia->harts);
	aia->mode = kvm_riscv_hgei_max() ? KVM_DEV_RISCV_AIA_MODE_AUTO :
					   KVM_DEV_RISCV_AIA_MODE_EMUL;
	aia->nr_ids = kvm_riscv_aia_max_ids() - 1;
	aia->nr_group_shift = KVM_DEV_RISCV_AIA_GROUP_SHIFT_MIN;
	aia->aplic_addr = KVM_RISCV_AIA_NO_ADDR;
}

/**
 * kvm_riscv_aia_destroy_vm() - free what a VM has
 * @kvm: the VM, whose vCPUs are gone
 */
void kvm_riscv_aia_destroy_vm(struct kvm *kvm)
{
	kvm_riscv_aplic_destroy(kvm);
	xa_destroy(&kvm->arch.aia.harts);
}

/**
 * kvm_riscv_aia_init_vcpu() - what a vCPU starts with
 * @vcpu: a new vCPU
 */
void kvm_riscv_aia_init_vcpu(struct kvm_vcpu *vcpu)
{
	vcpu->arch.aia.imsic_addr = KVM_RISCV_AIA_NO_ADDR;
}

/**
 * kvm_riscv_aia_init() - offer the device, if the host has what it takes
 *
 * Context: Module load; may sleep.
 * Return: 0, also without AIA, or a negative errno.
 */
int kvm_riscv_aia_init(void)
{
	int ret;

	if (!riscv_isa_extension_available(NULL, SSAIA))
		return 0;
	ret = kvm_riscv_hgei_init();
	if (ret)
		return ret;
	ret = kvm_register_device_ops(&aia_device_ops, KVM_DEV_TYPE_RISCV_AIA);
	if (ret) {
		kvm_riscv_hgei_exit();
		return ret;
	}
	static_branch_enable(&kvm_riscv_aia_present);
	return 0;
}

/**
 * kvm_riscv_aia_exit() - undo kvm_riscv_aia_init()
 */
void kvm_riscv_aia_exit(void)
{
	if (!kvm_riscv_aia_available())
		return;
	kvm_unregister_device_ops(KVM_DEV_TYPE_RISCV_AIA);
	kvm_riscv_hgei_exit();
}
