// SPDX-License-Identifier: GPL-2.0-only
/*
 * A Linux guest without any device: kernel, initramfs and device tree in memory,
 * the timer and SBI.  Its init works on memory for a while and powers off.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "events.h"
#include "fdt.h"
#include "vm.h"

#define RAM_SIZE	0x10000000UL
/* Offsets into it; the kernel wants to be at a multiple of 2 MiB. */
#define KERNEL_AT	0x00200000UL
#define INITRD_AT	0x08000000UL
#define FDT_AT		0x0a000000UL

/* One hart: nothing of the guest waits for a second thread. */
#define CMDLINE		"earlycon=sbi keep_bootcon quiet loglevel=4 nokaslr"

#define SBI_DBCN	0x4442434e
#define CONSOLE_SIZE	2048

/* The last of what the guest wrote, for when it fails */
static char console[CONSOLE_SIZE];
static size_t console_end;

static size_t load_file(char *dest, size_t room, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t done = 0;

	if (fd < 0 || fstat(fd, &st) || (size_t)st.st_size > room)
		die(path);
	while (done < (size_t)st.st_size) {
		ssize_t n = read(fd, dest + done, st.st_size - done);

		if (n <= 0)
			die(path);
		done += n;
	}
	close(fd);
	return done;
}

static void add_cpu(struct fdt *fdt, struct vcpu *vcpu)
{
	const __u64 type = KVM_REG_RISCV | KVM_REG_SIZE_U64;
	bool sstc = vcpu_get_reg(vcpu, type | KVM_REG_RISCV_ISA_EXT |
				       KVM_RISCV_ISA_EXT_SSTC);

	fdt_node(fdt, "cpus");
	fdt_u32(fdt, "#address-cells", 1);
	fdt_u32(fdt, "#size-cells", 0);
	fdt_u32(fdt, "timebase-frequency",
		vcpu_get_reg(vcpu, type | KVM_REG_RISCV_TIMER |
				   KVM_REG_RISCV_TIMER_REG(frequency)));
	fdt_node(fdt, "cpu@0");
	fdt_string(fdt, "device_type", "cpu");
	fdt_string(fdt, "compatible", "riscv");
	fdt_u32(fdt, "reg", 0);
	fdt_string(fdt, "status", "okay");
	fdt_string(fdt, "mmu-type", "riscv,sv48");
	fdt_string(fdt, "riscv,isa",
		   sstc ? "rv64imafdc_zicsr_zifencei_sstc" :
			  "rv64imafdc_zicsr_zifencei");
	fdt_node(fdt, "interrupt-controller");
	fdt_string(fdt, "compatible", "riscv,cpu-intc");
	fdt_u32(fdt, "#interrupt-cells", 1);
	fdt_property(fdt, "interrupt-controller", NULL, 0);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
}

static void make_fdt(void *blob, struct vcpu *vcpu, size_t initrd_size)
{
	const __u64 ram[] = { htobe64(GUEST_DATA), htobe64(RAM_SIZE) };
	struct fdt fdt;

	fdt_begin(&fdt, blob);
	fdt_node(&fdt, "");
	fdt_u32(&fdt, "#address-cells", 2);
	fdt_u32(&fdt, "#size-cells", 2);
	fdt_string(&fdt, "compatible", "linux,dummy-virt");
	fdt_node(&fdt, "chosen");
	fdt_string(&fdt, "bootargs", CMDLINE);
	fdt_u64(&fdt, "linux,initrd-start", GUEST_DATA + INITRD_AT);
	fdt_u64(&fdt, "linux,initrd-end", GUEST_DATA + INITRD_AT + initrd_size);
	fdt_end_node(&fdt);
	fdt_node(&fdt, "memory");
	fdt_string(&fdt, "device_type", "memory");
	fdt_property(&fdt, "reg", ram, sizeof(ram));
	fdt_end_node(&fdt);
	add_cpu(&fdt, vcpu);
	fdt_end_node(&fdt);
	fdt_finish(&fdt);
}

static void console_write(struct vm *vm, __u64 gpa, __u64 len)
{
	__u64 offset = gpa - GUEST_DATA;

	if (offset >= RAM_SIZE || len > RAM_SIZE - offset)
		return;
	while (len--)
		console[console_end++ % CONSOLE_SIZE] = vm->data[offset++];
}

static void console_show(void)
{
	size_t i = console_end > CONSOLE_SIZE ? console_end - CONSOLE_SIZE : 0;

	for (; i < console_end; i++)
		putchar(console[i % CONSOLE_SIZE]);
	putchar('\n');
}

/* DBCN: console_write shows up at the end, whatever else it has is accepted. */
static void on_sbi(struct vm *vm, struct kvm_run *run)
{
	__u64 *args = (__u64 *)run->riscv_sbi.args;

	run->riscv_sbi.ret[0] = 0;
	run->riscv_sbi.ret[1] = 0;
	if (run->riscv_sbi.extension_id != SBI_DBCN)
		run->riscv_sbi.ret[0] = -2;	/* not supported */
	else if (run->riscv_sbi.function_id == 0) {
		console_write(vm, args[1], args[0]);
		run->riscv_sbi.ret[1] = args[0];
	}
}

static int report_exit(struct vcpu *vcpu)
{
	printf("bench: linux: exit reason %u at pc %#llx\n",
	       vcpu->run->exit_reason, vcpu_get(vcpu, regs.pc));
	console_show();
	return -1;
}

static int run_to_power_off(struct vm *vm, struct vcpu *vcpu)
{
	for (;;) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) && errno != EINTR)
			die("linux: KVM_RUN");
		switch (vcpu->run->exit_reason) {
		case KVM_EXIT_INTR:
			break;
		case KVM_EXIT_RISCV_SBI:
			on_sbi(vm, vcpu->run);
			break;
		case KVM_EXIT_SYSTEM_EVENT:
			return vcpu->run->system_event.type ==
			       KVM_SYSTEM_EVENT_SHUTDOWN ? 0 : report_exit(vcpu);
		default:
			return report_exit(vcpu);
		}
	}
}

/* MiB of the guest's memory that the host has had to provide */
static unsigned long resident_mib(struct vm *vm)
{
	static unsigned char present[RAM_SIZE / PAGE_SIZE_4K];
	unsigned long pages = 0;

	if (mincore(vm->data, RAM_SIZE, present))
		die("mincore");
	for (size_t i = 0; i < sizeof(present); i++)
		pages += present[i] & 1;
	return pages * PAGE_SIZE_4K >> 20;
}

int linux_boot_event(const struct event *ev)
{
	size_t initrd_size;
	struct vm vm;
	int ret;

	vm_create(&vm, 1);
	vm_add_data(&vm, RAM_SIZE, BACK_DEFAULT);
	load_file(vm.data + KERNEL_AT, INITRD_AT - KERNEL_AT, "/guest/Image");
	initrd_size = load_file(vm.data + INITRD_AT, FDT_AT - INITRD_AT,
				"/guest/initrd");
	make_fdt(vm.data + FDT_AT, &vm.vcpu[0], initrd_size);
	vcpu_set(&vm.vcpu[0], regs.pc, GUEST_DATA + KERNEL_AT);
	vcpu_set(&vm.vcpu[0], regs.a0, 0);
	vcpu_set(&vm.vcpu[0], regs.a1, GUEST_DATA + FDT_AT);

	bench_mark(MARK_BEGIN | EV_LINUX_BOOT);
	ret = run_to_power_off(&vm, &vm.vcpu[0]);
	bench_mark(MARK_END | EV_LINUX_BOOT);

	printf("bench: units %s %lu\n", ev->name, resident_mib(&vm));
	vm_destroy(&vm);
	return ret;
}
