// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events, and the VMM's half of each.
 *
 * What the VMM does between two KVM_RUN is part of an exit to user space and is
 * counted, so the loop around it is as short as it can be made.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "events.h"
#include "vm.h"

enum verdict { EVENT_DONE, EVENT_FAILED, EVENT_GOES_ON };

static enum verdict on_mmio(const struct event *ev, struct vm *vm,
			    struct vcpu *vcpu)
{
	switch (vcpu->run->mmio.phys_addr - GUEST_DEV) {
	case DEV_ECHO:
		return EVENT_GOES_ON;
	case DEV_SYNC:
		if (ev->sync)
			ev->sync(vm);
		return EVENT_GOES_ON;
	case DEV_DONE:
		return EVENT_DONE;
	case DEV_FAIL:
		printf("bench: %s: guest failed: a0 %#llx a1 %#llx a2 %#llx\n",
		       ev->name, vcpu_get(vcpu, regs.a0),
		       vcpu_get(vcpu, regs.a1), vcpu_get(vcpu, regs.a2));
		return EVENT_FAILED;
	}
	printf("bench: %s: stray access to %#llx\n", ev->name,
	       vcpu->run->mmio.phys_addr);
	return EVENT_FAILED;
}

static enum verdict on_exit_to_user(const struct event *ev, struct vm *vm,
				    struct vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_MMIO:
		return on_mmio(ev, vm, vcpu);
	case KVM_EXIT_RISCV_SBI:
		vcpu->run->riscv_sbi.ret[0] = 0;
		return EVENT_GOES_ON;
	case KVM_EXIT_RISCV_CSR:
		vcpu->run->riscv_csr.ret_value = 0;
		return EVENT_GOES_ON;
	case KVM_EXIT_INTR:
		return vcpu->run->immediate_exit ? EVENT_DONE : EVENT_GOES_ON;
	}
	printf("bench: %s: exit reason %u at pc %#llx\n", ev->name,
	       vcpu->run->exit_reason, vcpu_get(vcpu, regs.pc));
	return EVENT_FAILED;
}

/* Until the guest says that it is done, or runner_stop(); 0, or -1 for failure */
int run_until_done(const struct event *ev, struct vm *vm, struct vcpu *vcpu)
{
	enum verdict verdict;

	do {
		if (ioctl(vcpu->fd, KVM_RUN, 0) && errno != EINTR)
			die(ev->name);
		verdict = on_exit_to_user(ev, vm, vcpu);
	} while (verdict == EVENT_GOES_ON);
	return verdict == EVENT_DONE ? 0 : -1;
}

/* As the event wants it, vCPU 0 ready to run */
void make_guest(const struct event *ev, struct vm *vm)
{
	vm_create(vm, ev->nr_vcpus ?: 1);
	if (ev->data_size)
		vm_add_data(vm, ev->data_size, ev->backing);
	if (ev->aia)
		vm_add_aia(vm, ev->aia);
	if (ev->prepare)
		ev->prepare(vm);
	vcpu_start(&vm->vcpu[0], ev->id, ev->count, 1);
}

static int guest_event(const struct event *ev)
{
	struct runner *other = NULL;
	struct vm vm;
	int ret;

	make_guest(ev, &vm);
	if (ev->both) {
		vcpu_start(&vm.vcpu[1], ev->id, 0, 0);
		other = runner_start(ev, &vm, &vm.vcpu[1]);
	}
	ret = run_until_done(ev, &vm, &vm.vcpu[0]);
	if (other)
		runner_stop(other);
	vm_destroy(&vm);
	return ret;
}

/* The run script switches QEMU's execution log on, then sends a line. */
static void sync_with_operator(struct vm *vm)
{
	int c;

	(void)vm;
	printf("bench: waiting for the operator\n");
	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

static int ioeventfd_event(const struct event *ev)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct vm vm;
	__u64 signalled = 0;
	int ret;

	if (fd < 0)
		die("eventfd");
	vm_create(&vm, 1);
	vm_add_ioeventfd(&vm, GUEST_DEV + DEV_IOEVENTFD, fd);
	vcpu_start(&vm.vcpu[0], ev->id, ev->count, 0);
	ret = run_until_done(ev, &vm, &vm.vcpu[0]);
	if (read(fd, &signalled, sizeof(signalled)) < 0 ||
	    signalled != ev->count) {
		printf("bench: %s: signalled %llu of %u times\n", ev->name,
		       signalled, ev->count);
		ret = -1;
	}
	vm_destroy(&vm);
	close(fd);
	return ret;
}

/* The same whatever the module is: a control of the whole set-up. */
static int host_syscall_event(const struct event *ev)
{
	for (unsigned int i = 0; i < ev->count; i++) {
		bench_mark(MARK_BEGIN | EV_HOST_SYSCALL);
		syscall(SYS_getppid);
		bench_mark(MARK_END | EV_HOST_SYSCALL);
	}
	return 0;
}

static int immediate_exit_event(const struct event *ev)
{
	struct vm vm;
	int ret = 0;

	vm_create(&vm, 1);
	vm.vcpu[0].run->immediate_exit = 1;
	for (unsigned int i = 0; i < ev->count; i++) {
		bench_mark(MARK_BEGIN | EV_RUN_IMMEDIATE_EXIT);
		ret |= ioctl(vm.vcpu[0].fd, KVM_RUN, 0) != -1;
		bench_mark(MARK_END | EV_RUN_IMMEDIATE_EXIT);
	}
	if (ret)
		printf("bench: %s: KVM_RUN didn't fail\n", ev->name);
	vm_destroy(&vm);
	return ret ? -1 : 0;
}

/* All of a VM's life: made, run for one exit, and gone. */
static int vm_cycle_event(const struct event *ev)
{
	int ret = 0;

	for (unsigned int i = 0; i < ev->count && !ret; i++) {
		struct vm vm;

		bench_mark(MARK_BEGIN | EV_VM_CYCLE);
		vm_create(&vm, 1);
		vcpu_start(&vm.vcpu[0], ev->id, 0, 0);
		ret = run_until_done(ev, &vm, &vm.vcpu[0]);
		vm_destroy(&vm);
		bench_mark(MARK_END | EV_VM_CYCLE);
	}
	return ret;
}

/* Two vCPUs take turns on one thread, an MMIO exit each: 2 switches a window. */
static int alternate_event(const struct event *ev)
{
	struct vm vm;
	int ret = 0;

	vm_create(&vm, 2);
	vcpu_start(&vm.vcpu[0], ev->id, 0, 0);
	vcpu_start(&vm.vcpu[1], ev->id, 0, 0);
	for (unsigned int i = 0; i < ev->count && !ret; i++) {
		bench_mark(MARK_BEGIN | EV_VCPU_ALTERNATE);
		ret |= ioctl(vm.vcpu[0].fd, KVM_RUN, 0);
		ret |= ioctl(vm.vcpu[1].fd, KVM_RUN, 0);
		bench_mark(MARK_END | EV_VCPU_ALTERNATE);
	}
	for (int i = 0; i < 2; i++)
		if (vm.vcpu[i].run->exit_reason != KVM_EXIT_MMIO)
			ret = -1;
	vm_destroy(&vm);
	return ret;
}

#define MANY	320	/* of which the report drops the first 64 */
#define FAULTS	256
#define WINDOWS	64
#define HUGES	16
#define VMS	96

#define EVENT(NAME, ID, COUNT, RUN, ...)				\
	{ .name = NAME, .id = ID, .count = COUNT, .run = RUN, ##__VA_ARGS__ }

const struct event events[] = {
	EVENT("check_loop", EV_CHECK_LOOP, MANY, guest_event),
	EVENT("check_csr", EV_CHECK_CSR, MANY, guest_event),
	EVENT("host_syscall", EV_HOST_SYSCALL, MANY, host_syscall_event),
	EVENT("run_immediate_exit", EV_RUN_IMMEDIATE_EXIT, MANY,
	      immediate_exit_event),
	EVENT("sbi_base", EV_SBI_BASE, MANY, guest_event),
	EVENT("sbi_set_timer", EV_SBI_SET_TIMER, MANY, guest_event),
	EVENT("sbi_hsm_status", EV_SBI_HSM_STATUS, MANY, guest_event),
	EVENT("sbi_ipi_self", EV_SBI_IPI_SELF, MANY, guest_event),
	EVENT("sbi_ipi_other", EV_SBI_IPI_OTHER, MANY, guest_event,
	      .nr_vcpus = 2),
	EVENT("sbi_rfence_self", EV_SBI_RFENCE_SELF, MANY, guest_event),
	EVENT("sbi_rfence_all", EV_SBI_RFENCE_ALL, MANY, guest_event,
	      .nr_vcpus = VM_MAX_VCPUS),
	EVENT("sbi_user", EV_SBI_USER, MANY, guest_event),
	EVENT("wfi_pending", EV_WFI_PENDING, MANY, guest_event,
	      .wfi_traps = true),
	EVENT("wfi_pending_notrap", EV_WFI_PENDING_NOTRAP, MANY, guest_event),
	EVENT("wfi_timer", EV_WFI_TIMER, WINDOWS, guest_event,
	      .wfi_traps = true, .prepare = vm_dont_poll),
	EVENT("wfi_timer_notrap", EV_WFI_TIMER_NOTRAP, WINDOWS, guest_event,
	      .prepare = vm_dont_poll),
	EVENT("csr_user", EV_CSR_USER, MANY, guest_event),
	EVENT("ioeventfd", EV_IOEVENTFD, MANY, ioeventfd_event),
	EVENT("mmio_store", EV_MMIO_STORE, MANY, guest_event),
	EVENT("mmio_load", EV_MMIO_LOAD, MANY, guest_event),
	EVENT("fault_resident", EV_FAULT_RESIDENT, FAULTS, guest_event,
	      .data_size = FAULTS * FAULT_STRIDE, .backing = BACK_RESIDENT),
	EVENT("fault_absent", EV_FAULT_ABSENT, FAULTS, guest_event,
	      .data_size = FAULTS * FAULT_STRIDE, .backing = BACK_ABSENT),
	EVENT("fault_dirty", EV_FAULT_DIRTY, FAULTS, guest_event,
	      .data_size = FAULTS * FAULT_STRIDE, .backing = BACK_RESIDENT,
	      .sync = vm_log_dirty),
	EVENT("fault_huge", EV_FAULT_HUGE, HUGES, guest_event,
	      .data_size = HUGES * HUGE_STRIDE, .backing = BACK_HUGE),
	EVENT("touch_4k", EV_TOUCH_4K, WINDOWS, guest_event,
	      .data_size = WINDOWS * PAGES_PER_4K_WINDOW * PAGE_SIZE_4K,
	      .backing = BACK_RESIDENT),
	EVENT("touch_thp", EV_TOUCH_THP, HUGES, guest_event,
	      .data_size = HUGES * PAGES_PER_THP_WINDOW * PAGE_SIZE_4K,
	      .backing = BACK_HUGE),
	EVENT("guest_timer", EV_GUEST_TIMER, WINDOWS, guest_event),
	EVENT("vcpu_alternate", EV_VCPU_ALTERNATE, MANY, alternate_event),
	EVENT("vcpu_pingpong", EV_VCPU_PINGPONG, MANY, guest_event,
	      .nr_vcpus = 2, .both = true),
	EVENT("vm_cycle", EV_VM_CYCLE, VMS, vm_cycle_event),
	EVENT("linux_boot", EV_LINUX_BOOT, 1, linux_boot_event),
	EVENT("imsic_self_file", EV_IMSIC_SELF_FILE, MANY, guest_event,
	      .aia = AIA_FILES),
	EVENT("imsic_self_sw", EV_IMSIC_SELF_SW, MANY, guest_event,
	      .aia = AIA_SOFTWARE),
	/* On two harts */
	EVENT("sbi_ipi_run", EV_SBI_IPI_RUN, WINDOWS, guest_event,
	      .nr_vcpus = 2, .both = true),
	EVENT("imsic_ipi_file", EV_IMSIC_IPI_FILE, WINDOWS, guest_event,
	      .nr_vcpus = 2, .both = true, .aia = AIA_FILES),
	EVENT("imsic_ipi_sw", EV_IMSIC_IPI_SW, WINDOWS, guest_event,
	      .nr_vcpus = 2, .both = true, .aia = AIA_SOFTWARE),
	EVENT("msi_file", EV_MSI_FILE, WINDOWS, msi_file_event,
	      .aia = AIA_FILES),
	EVENT("msi_sw", EV_MSI_SW, WINDOWS, msi_sw_event, .aia = AIA_SOFTWARE),
	EVENT("irqfd_file", EV_IRQFD_FILE, WINDOWS, irqfd_file_event,
	      .aia = AIA_FILES),
	EVENT("irqfd_sw", EV_IRQFD_SW, WINDOWS, irqfd_sw_event,
	      .aia = AIA_SOFTWARE),
	/* The operator's delays change all timing that comes after: last. */
	EVENT("check_exec", EV_CHECK_EXEC, 32, guest_event,
	      .sync = sync_with_operator),
	{ }
};
