// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading of kvm.ko.
 */
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/workqueue.h>
#include <asm/sbi.h>
#include <kvm_riscv/hart.h>
#include <kvm_riscv/isa.h>
#include <kvm_riscv/mmu.h>
#include <kvm_riscv/work.h>

/*
 * Ioctls on /dev/kvm beyond the generic ones
 *
 * Return: -EINVAL, there are none.
 */
long kvm_arch_dev_ioctl(struct file *filp, unsigned int ioctl,
			unsigned long arg)
{
	return -EINVAL;
}

static long probe_mmu(void *unused)
{
	return kvm_riscv_mmu_probe();
}

static int __init check_sbi(void)
{
	if (sbi_spec_is_0_1()) {
		kvm_info("requires SBI v0.2 or higher\n");
		return -ENODEV;
	}
	if (!sbi_probe_extension(SBI_EXT_RFENCE)) {
		kvm_info("requires the SBI RFENCE extension\n");
		return -ENODEV;
	}
	return 0;
}

static int __init kvm_riscv_init(void)
{
	int ret;

	ret = check_sbi();
	if (ret)
		return ret;

	kvm_riscv_work_init();
	ret = kvm_riscv_harts_init();
	if (ret) {
		kvm_info("hypervisor extension not available\n");
		return ret;
	}

	kvm_riscv_described_init(&kvm_riscv_h_cpus);
	kvm_riscv_fwft_init(&kvm_riscv_h_cpus);
	ret = kvm_riscv_aia_init();
	if (ret)
		goto err_harts;

	ret = work_on_cpu(cpumask_first(&kvm_riscv_h_cpus), probe_mmu, NULL);
	if (ret) {
		kvm_info("no usable G-stage translation mode\n");
		goto err_aia;
	}

	kvm_info("hypervisor extension available\n");
	kvm_info("using %s G-stage page table format\n",
		 kvm_riscv_mmu_mode_name());
	kvm_info("VMID %u bits available\n", kvm_riscv_mmu_vmid_bits());
	if (kvm_riscv_aia_available())
		kvm_info("AIA available with %u guest interrupt files a hart\n",
			 kvm_riscv_hgei_max());

	ret = kvm_init(sizeof(struct kvm_vcpu), 0, THIS_MODULE);
	if (ret)
		goto err_mmu;
	return 0;

err_mmu:
	kvm_riscv_mmu_exit();
err_aia:
	kvm_riscv_aia_exit();
err_harts:
	kvm_riscv_harts_exit();
	return ret;
}
module_init(kvm_riscv_init);

static void __exit kvm_riscv_exit(void)
{
	kvm_exit();
	kvm_riscv_aia_exit();
	kvm_riscv_harts_exit();
	kvm_riscv_mmu_exit();
}
module_exit(kvm_riscv_exit);
