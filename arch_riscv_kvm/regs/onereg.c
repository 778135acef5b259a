// SPDX-License-Identifier: GPL-2.0-only
/*
 * ONE_REG: finds the group that an id belongs to, checks its size, and moves
 * the value between user space and that group.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <kvm_riscv/regs.h>

/* In the order in which KVM_GET_REG_LIST lists them. */
static const struct kvm_riscv_reg_group *const groups[] = {
	&kvm_riscv_regs_config,
	&kvm_riscv_regs_core,
	&kvm_riscv_regs_csr,
	&kvm_riscv_regs_timer,
	&kvm_riscv_regs_fp_f,
	&kvm_riscv_regs_fp_d,
	&kvm_riscv_regs_vector,
	&kvm_riscv_regs_isa,
	&kvm_riscv_regs_sbi,
	&kvm_riscv_regs_sbi_state,
};

/**
 * struct access - one access to a register
 * @group: what serves it
 * @num: number of the register in @group
 * @size: its bytes
 * @buf: its value: points to @word, or to memory of its own if it is larger
 * @word: room for a value of up to 64 bits
 */
struct access {
	const struct kvm_riscv_reg_group *group;
	unsigned long num;
	size_t size;
	void *buf;
	u64 word;
};

static const struct kvm_riscv_reg_group *find_group(u64 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (groups[i]->type == (id & KVM_REG_RISCV_TYPE_MASK))
			return groups[i];
	}
	return NULL;
}

static int begin_access(struct access *access, struct kvm_vcpu *vcpu, u64 id)
{
	int size = sizeof(unsigned long);

	access->group = find_group(id);
	if (!access->group)
		return -ENOENT;

	access->num = id & ~(KVM_REG_ARCH_MASK | KVM_REG_SIZE_MASK |
			     KVM_REG_RISCV_TYPE_MASK);
	if (access->group->size)
		size = access->group->size(vcpu, access->num);
	if (size < 0)
		return size;
	if (size != KVM_REG_SIZE(id))
		return -EINVAL;

	access->size = size;
	access->word = 0;
	access->buf = &access->word;
	if (size > sizeof(access->word)) {
		access->buf = kzalloc(size, GFP_KERNEL_ACCOUNT);
		if (!access->buf)
			return -ENOMEM;
	}
	return 0;
}

static void end_access(struct access *access)
{
	if (access->buf != &access->word)
		kfree(access->buf);
}

/**
 * kvm_riscv_reg_get() - serve KVM_GET_ONE_REG
 * @vcpu: the vCPU; not loaded, its mutex held
 * @reg: id and address in user space
 *
 * Context: May sleep.
 * Return: 0, -ENOENT for a register that the vCPU doesn't have, -EINVAL for a
 * wrong size, -EFAULT, -ENOMEM.
 */
int kvm_riscv_reg_get(struct kvm_vcpu *vcpu, const struct kvm_one_reg *reg)
{
	struct access access;
	int ret;

	ret = begin_access(&access, vcpu, reg->id);
	if (ret)
		return ret;

	ret = access.group->get(vcpu, access.num, access.size, access.buf);
	if (!ret && copy_to_user(u64_to_user_ptr(reg->addr), access.buf,
				 access.size))
		ret = -EFAULT;

	end_access(&access);
	return ret;
}

/**
 * kvm_riscv_reg_set() - serve KVM_SET_ONE_REG
 * @vcpu: the vCPU; not loaded, its mutex held
 * @reg: id and address in user space
 *
 * Context: May sleep.
 * Return: 0, -ENOENT for a register that the vCPU doesn't have, -EINVAL for a
 * wrong size or value, -EBUSY for a value that is final once the vCPU ran,
 * -EFAULT, -ENOMEM.
 */
int kvm_riscv_reg_set(struct kvm_vcpu *vcpu, const struct kvm_one_reg *reg)
{
	struct access access;
	int ret;

	ret = begin_access(&access, vcpu, reg->id);
	if (ret)
		return ret;

	if (copy_from_user(access.buf, u64_to_user_ptr(reg->addr), access.size))
		ret = -EFAULT;
	else
		ret = access.group->set(vcpu, access.num, access.size,
					access.buf);

	end_access(&access);
	return ret;
}

static unsigned int list_all(struct kvm_vcpu *vcpu, u64 *ids)
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		n += groups[i]->list(vcpu, ids ? ids + n : NULL);
	return n;
}

/**
 * kvm_riscv_reg_list() - serve KVM_GET_REG_LIST
 * @vcpu: the vCPU; not loaded, its mutex held
 * @list: n says how many ids there is room for, and afterwards how many
 *	registers there are
 *
 * Context: May sleep.
 * Return: 0, -E2BIG if there is too little room, -EFAULT, -ENOMEM.
 */
int kvm_riscv_reg_list(struct kvm_vcpu *vcpu, struct kvm_reg_list __user *list)
{
	u64 n = list_all(vcpu, NULL);
	int ret = 0;
	u64 room;
	u64 *ids;

	if (get_user(room, &list->n) || put_user(n, &list->n))
		return -EFAULT;
	if (room < n)
		return -E2BIG;

	ids = kcalloc(n, sizeof(*ids), GFP_KERNEL_ACCOUNT);
	if (!ids)
		return -ENOMEM;
	list_all(vcpu, ids);
	if (copy_to_user(list->reg, ids, n * sizeof(*ids)))
		ret = -EFAULT;
	kfree(ids);
	return ret;
}
