// SPDX-License-Identifier: GPL-2.0-only
/* The AIA device: creation, configuration, addresses, and what is refused. */
#include "rvaia.h"
#include "rvharness.h"

#include <errno.h>

#define BAD_POINTER	((void *)8)

FIXTURE(aia) {
	struct kvm_vcpu *vcpus[2];
	struct kvm_vm *vm;
	int fd;
};

static void guest_nothing(void)
{
	GUEST_DONE();
}

FIXTURE_SETUP(aia)
{
	if (!rv_aia_possible())
		SKIP(return, "the host has no AIA");
	self->vm = vm_create_with_vcpus(2, guest_nothing, self->vcpus);
	self->fd = rv_aia_create(self->vm);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(aia)
{
	close(self->fd);
	kvm_vm_free(self->vm);
}

TEST_F(aia, is_created_once)
{
	ASSERT_EQ(-EEXIST, rv_aia_create(self->vm));
}

TEST_F(aia, is_not_created_after_a_run)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_nothing);

	rv_run_done(vcpu);
	ASSERT_EQ(-EBUSY, rv_aia_create(vm));
	kvm_vm_free(vm);
}

/* An attribute of the configuration: a value that it takes, and others */
static const struct config_case {
	unsigned int attr;
	unsigned int good;
	unsigned int bad[4];
} config_cases[] = {
	{ KVM_DEV_RISCV_AIA_CONFIG_MODE, 0, { 3, -1U, 3, 3 } },
	{ KVM_DEV_RISCV_AIA_CONFIG_IDS, 127, { 0, 62, 64, 2048 } },
	{ KVM_DEV_RISCV_AIA_CONFIG_SRCS, 96, { 1024, -1U, 4096, 1024 } },
	{ KVM_DEV_RISCV_AIA_CONFIG_GROUP_BITS, 7, { 8, -1U, 9, 8 } },
	{ KVM_DEV_RISCV_AIA_CONFIG_GROUP_SHIFT, 24, { 23, 0, 56, -1U } },
	{ KVM_DEV_RISCV_AIA_CONFIG_HART_BITS, 15, { 16, -1U, 17, 16 } },
	{ KVM_DEV_RISCV_AIA_CONFIG_GUEST_BITS, 7, { 8, -1U, 9, 8 } },
};

TEST_F(aia, configuration)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(config_cases); i++) {
		const struct config_case *c = &config_cases[i];

		rv_aia_set(self->fd, AIA_CONFIG, c->attr, c->good);
		for (int k = 0; k < 4; k++) {
			ASSERT_EQ(EINVAL, rv_aia_set_errno(self->fd, AIA_CONFIG,
							   c->attr, c->bad[k])) {
				TH_LOG("attribute %u value %u", c->attr, c->bad[k]);
			}
		}
		ASSERT_EQ(c->good, rv_aia_get(self->fd, AIA_CONFIG, c->attr));
		ASSERT_EQ(EFAULT, rv_aia_errno(self->fd, false, AIA_CONFIG, c->attr,
					       BAD_POINTER));
		ASSERT_EQ(EFAULT, rv_aia_errno(self->fd, true, AIA_CONFIG, c->attr,
					       BAD_POINTER));
	}
	ASSERT_EQ(ENXIO, rv_aia_set_errno(self->fd, AIA_CONFIG, 7, 0));
	ASSERT_EQ(ENXIO, rv_aia_set_errno(self->fd, 5, 0, 0));
	ASSERT_EQ(ENXIO, rv_aia_set_errno(self->fd, AIA_CTRL, 1, 0));
}

TEST_F(aia, modes_need_guest_files)
{
	int want = rv_aia_guest_files() ? 0 : EINVAL;

	ASSERT_EQ(want, rv_aia_set_errno(self->fd, AIA_CONFIG,
					 KVM_DEV_RISCV_AIA_CONFIG_MODE,
					 KVM_DEV_RISCV_AIA_MODE_HWACCEL));
	ASSERT_EQ(want, rv_aia_set_errno(self->fd, AIA_CONFIG,
					 KVM_DEV_RISCV_AIA_CONFIG_MODE,
					 KVM_DEV_RISCV_AIA_MODE_AUTO));
}

TEST_F(aia, addresses)
{
	ASSERT_EQ(-1UL, rv_aia_get(self->fd, AIA_ADDR, KVM_DEV_RISCV_AIA_ADDR_APLIC));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(EINVAL, rv_aia_set_errno(self->fd, AIA_ADDR, i, 0x10000800));
		rv_aia_set(self->fd, AIA_ADDR, i, 0x10000000 + i * PAGE_SZ);
		ASSERT_EQ(0x10000000 + i * PAGE_SZ, rv_aia_get(self->fd, AIA_ADDR, i));
	}
	/* Two vCPUs, so the numbers end here. */
	ASSERT_EQ(ENXIO, rv_aia_set_errno(self->fd, AIA_ADDR, 3, 0));
	ASSERT_EQ(ENXIO, rv_aia_set_errno(self->fd, AIA_ADDR, -1UL, 0));
}

static int init(int fd)
{
	return rv_aia_set_errno(fd, AIA_CTRL, KVM_DEV_RISCV_AIA_CTRL_INIT, 0);
}

TEST_F(aia, is_initialized_when_complete)
{
	uint64_t val = 0;

	/* Before: no registers, no interrupts */
	ASSERT_EQ(ENODEV, rv_aia_errno(self->fd, false, AIA_IMSIC, 0x70, &val));
	ASSERT_EQ(ENODEV, rv_aia_errno(self->fd, false, AIA_APLIC, 0, &val));
	ASSERT_EQ(EBUSY, rv_msi(self->vm, IMSIC_GPA, 1));

	ASSERT_EQ(EINVAL, init(self->fd));
	rv_aia_configure(self->vm, self->fd, 0, 2, 63, 64);
	/* More sources than identities */
	ASSERT_EQ(EINVAL, init(self->fd));
	rv_aia_set(self->fd, AIA_CONFIG, KVM_DEV_RISCV_AIA_CONFIG_SRCS, 40);
	/* Two IMSICs in one place, or one outside of the scheme */
	rv_aia_set(self->fd, AIA_ADDR, KVM_DEV_RISCV_AIA_ADDR_IMSIC(1), IMSIC_OF(0));
	ASSERT_EQ(EINVAL, init(self->fd));
	rv_aia_set(self->fd, AIA_ADDR, KVM_DEV_RISCV_AIA_ADDR_IMSIC(1), IMSIC_OF(2));
	ASSERT_EQ(EINVAL, init(self->fd));
	rv_aia_set(self->fd, AIA_ADDR, KVM_DEV_RISCV_AIA_ADDR_IMSIC(1), IMSIC_OF(1));
	rv_aia_set(self->fd, AIA_ADDR, KVM_DEV_RISCV_AIA_ADDR_APLIC, -4096UL);
	rv_aia_set(self->fd, AIA_ADDR, KVM_DEV_RISCV_AIA_ADDR_APLIC, APLIC_GPA);
	ASSERT_EQ(0, init(self->fd));

	ASSERT_EQ(EBUSY, init(self->fd));
	ASSERT_EQ(EBUSY, rv_aia_set_errno(self->fd, AIA_CONFIG,
					  KVM_DEV_RISCV_AIA_CONFIG_IDS, 63));
	ASSERT_EQ(EBUSY, rv_aia_set_errno(self->fd, AIA_ADDR, 0, 0));
	ASSERT_EQ(63, rv_aia_get(self->fd, AIA_CONFIG, KVM_DEV_RISCV_AIA_CONFIG_IDS));
	rv_run_done(self->vcpus[0]);
}

TEST_F(aia, registers)
{
	uint64_t val = 0;

	rv_aia_configure(self->vm, self->fd, 0, 2, 127, 40);
	ASSERT_EQ(0, init(self->fd));

	ASSERT_EQ(0x80000004, rv_aia_get(self->fd, AIA_APLIC, APLIC_DOMAINCFG));
	ASSERT_EQ(EOPNOTSUPP, rv_aia_errno(self->fd, false, AIA_APLIC, 2, &val));
	ASSERT_EQ(ENODEV, rv_aia_errno(self->fd, false, AIA_APLIC,
				       APLIC_SOURCECFG(41), &val));
	ASSERT_EQ(ENODEV, rv_aia_errno(self->fd, true, AIA_APLIC,
				       APLIC_SETIP(2), &val));
	ASSERT_EQ(ENODEV, rv_aia_errno(self->fd, false, AIA_APLIC, 0x4000, &val));
	ASSERT_EQ(ENODEV, rv_aia_errno(self->fd, false, AIA_APLIC, 1UL << 32, &val));

	for (int vcpu = 0; vcpu < 2; vcpu++) {
		rv_imsic_set(self->fd, vcpu, IMSIC_EIP0, -1UL);
		ASSERT_EQ(-2UL, rv_imsic_get(self->fd, vcpu, IMSIC_EIP0));
		rv_imsic_set(self->fd, vcpu, IMSIC_EIE0 + 2, 0x1234567890);
		ASSERT_EQ(0x1234567890, rv_imsic_get(self->fd, vcpu, IMSIC_EIE0 + 2));
		rv_imsic_set(self->fd, vcpu, IMSIC_EIDELIVERY, 3);
		ASSERT_EQ(1, rv_imsic_get(self->fd, vcpu, IMSIC_EIDELIVERY));
	}
	ASSERT_EQ(EINVAL, rv_aia_errno(self->fd, false, AIA_IMSIC, IMSIC_EIP0 + 1, &val));
	ASSERT_EQ(EINVAL, rv_aia_errno(self->fd, true, AIA_IMSIC, IMSIC_EIP0 + 4, &val));
	ASSERT_EQ(ENOENT, rv_aia_errno(self->fd, false, AIA_IMSIC, 0x71, &val));
	ASSERT_EQ(ENODEV, rv_aia_errno(self->fd, false, AIA_IMSIC,
				       KVM_DEV_RISCV_AIA_IMSIC_MKATTR(2, 0x70), &val));
}

TEST_F(aia, interrupts_that_cannot_be)
{
	struct kvm_irq_level line = { .irq = 41, .level = 1 };

	rv_aia_configure(self->vm, self->fd, 0, 2, 127, 40);
	ASSERT_EQ(0, init(self->fd));
	ASSERT_EQ(EINVAL, rv_msi(self->vm, IMSIC_GPA, 0));
	ASSERT_EQ(EINVAL, rv_msi(self->vm, IMSIC_GPA, 128));
	ASSERT_EQ(ENODEV, rv_msi(self->vm, IMSIC_GPA + 8, 1));
	/* Nobody is there, as for a store of a device. */
	ASSERT_EQ(0, rv_msi(self->vm, IMSIC_OF(2), 1));
	ASSERT_EQ(0, rv_msi(self->vm, 1UL << 40 | IMSIC_GPA, 1));
	ASSERT_EQ(0, rv_imsic_get(self->fd, 0, IMSIC_EIP0));

	ASSERT_EQ(-1, ioctl(self->vm->fd, KVM_IRQ_LINE, &line));
	ASSERT_EQ(ENODEV, errno);
	line.irq = 0;
	ASSERT_EQ(-1, ioctl(self->vm->fd, KVM_IRQ_LINE, &line));
	line.irq = 40;
	ASSERT_EQ(0, ioctl(self->vm->fd, KVM_IRQ_LINE, &line));
	ASSERT_EQ(0, rv_msi(self->vm, IMSIC_GPA, 127));
	ASSERT_EQ(1UL << 63, rv_imsic_get(self->fd, 0, IMSIC_EIP0 + 2));
	/* The other byte order has a register of its own. */
	ASSERT_EQ(0, rv_msi(self->vm, IMSIC_OF(1) + 4, 5U << 24));
	ASSERT_EQ(1UL << 5, rv_imsic_get(self->fd, 1, IMSIC_EIP0));
}

TEST_HARNESS_MAIN
