/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernel versions: the only file that asks for one.
 *
 * The rest of the code is written for 7.2's interfaces; here, those of 6.12
 * are brought into their form. Versions between these two are not supported.
 */
#ifndef _KVM_RISCV_COMPAT_H
#define _KVM_RISCV_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)

#include <linux/entry-kvm.h>

#define kvm_arch_vcpu_unlocked_ioctl	kvm_arch_vcpu_async_ioctl

static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}

static inline kvm_pfn_t
__kvm_faultin_pfn(const struct kvm_memory_slot *slot, gfn_t gfn,
		  unsigned int foll, bool *writable, struct page **page)
{
	kvm_pfn_t pfn;

	pfn = __gfn_to_pfn_memslot(slot, gfn, false, foll & FOLL_INTERRUPTIBLE,
				   NULL, foll & FOLL_WRITE, writable, NULL);
	*page = is_error_noslot_pfn(pfn) ? NULL :
					   kvm_pfn_to_refcounted_page(pfn);
	return pfn;
}

static inline void kvm_release_page_unused(struct page *page)
{
	if (page)
		put_page(page);
}

/*
 * 6.12 counts a signal in the vCPU that it is given: core/work.c says why that
 * is not ours.
 */
static inline int kvm_riscv_handle_work(struct kvm_vcpu *stand_in)
{
	return xfer_to_guest_mode_handle_work(stand_in);
}

#else

#include <linux/entry-virt.h>

static inline int kvm_riscv_handle_work(struct kvm_vcpu *stand_in)
{
	return xfer_to_guest_mode_handle_work();
}

#endif

#endif /* _KVM_RISCV_COMPAT_H */
