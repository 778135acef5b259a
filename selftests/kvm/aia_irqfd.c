// SPDX-License-Identifier: GPL-2.0-only
/* irqfds on wired lines, edge and level with resampling, and on MSI routes. */
#include "rvaia.h"
#include "rvharness.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#define NR_IDS		63
#define IRQ		9
#define ID		21
#define MSI_GSI		500

static uint64_t mode;

/* Sets up the source, then tells of each interrupt, and ends it. */
static void guest_handler(void)
{
	guest_imsic_on(NR_IDS);
	guest_write32(APLIC_GPA + APLIC_DOMAINCFG, APLIC_IE);
	guest_write32(APLIC_GPA + APLIC_SOURCECFG(IRQ), mode);
	guest_write32(APLIC_GPA + APLIC_TARGET(IRQ), ID);
	guest_write32(APLIC_GPA + APLIC_SETIENUM, IRQ);
	for (;;) {
		unsigned long id;

		/* 1000: not ended yet; 2000: ended, if it is a level's */
		GUEST_SYNC(1000);
		id = guest_claim();
		GUEST_SYNC(id);
		if (id == ID && mode >= APLIC_LEVEL_HIGH)
			guest_write32(APLIC_GPA + APLIC_SETIPNUM_LE, IRQ);
		GUEST_SYNC(2000);
	}
}

FIXTURE(irqfd) {
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	int aia;
	int event;
	int resample;
};

FIXTURE_SETUP(irqfd)
{
	if (!rv_aia_possible())
		SKIP(return, "the host has no AIA");
	self->vm = vm_create_with_one_vcpu(&self->vcpu, guest_handler);
	self->aia = rv_aia_setup(self->vm, KVM_DEV_RISCV_AIA_MODE_EMUL, 1, NR_IDS, 40);
	self->event = eventfd(0, EFD_NONBLOCK);
	self->resample = eventfd(0, EFD_NONBLOCK);
}

FIXTURE_TEARDOWN(irqfd)
{
	close(self->event);
	close(self->resample);
	close(self->aia);
	kvm_vm_free(self->vm);
}

static int assign(struct kvm_vm *vm, int event, int resample, uint32_t gsi, uint32_t flags)
{
	struct kvm_irqfd irqfd = {
		.fd = event, .gsi = gsi, .flags = flags, .resamplefd = resample,
	};

	return ioctl(vm->fd, KVM_IRQFD, &irqfd) ? errno : 0;
}

static void start(struct kvm_vm *vm, struct kvm_vcpu *vcpu, unsigned int source_mode)
{
	*(uint64_t *)addr_gva2hva(vm, (uintptr_t)&mode) = source_mode;
	rv_run_sync(vcpu, 1000);
}

/* One round of the guest, which finds interrupt @id */
static void round_finds(struct kvm_vcpu *vcpu, unsigned int id)
{
	rv_run_sync(vcpu, id);
	rv_run_sync(vcpu, 2000);
	rv_run_sync(vcpu, 1000);
}

/* Wires are driven by a work item: give it time. */
static void signal_event(int fd)
{
	uint64_t one = 1;

	TEST_ASSERT(write(fd, &one, sizeof(one)) == sizeof(one), "eventfd");
	usleep(100 * 1000);
}

static bool was_signalled(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}

TEST_F(irqfd, edge)
{
	start(self->vm, self->vcpu, APLIC_EDGE_RISE);
	ASSERT_EQ(0, assign(self->vm, self->event, 0, IRQ, 0));
	round_finds(self->vcpu, 0);
	for (int i = 0; i < 3; i++) {
		signal_event(self->event);
		round_finds(self->vcpu, ID);
		round_finds(self->vcpu, 0);
	}
	ASSERT_EQ(0, assign(self->vm, self->event, 0, IRQ, KVM_IRQFD_FLAG_DEASSIGN));
	signal_event(self->event);
	round_finds(self->vcpu, 0);
}

/* The line stays high until the guest ends the interrupt. */
TEST_F(irqfd, level_is_resampled)
{
	start(self->vm, self->vcpu, APLIC_LEVEL_HIGH);
	ASSERT_EQ(0, assign(self->vm, self->event, self->resample, IRQ,
			    KVM_IRQFD_FLAG_RESAMPLE));
	for (int i = 0; i < 3; i++) {
		signal_event(self->event);
		ASSERT_FALSE(was_signalled(self->resample));
		ASSERT_EQ(1U << IRQ, rv_aia_get(self->aia, AIA_APLIC, APLIC_IN_CLRIP(0)));
		rv_run_sync(self->vcpu, ID);
		ASSERT_FALSE(was_signalled(self->resample));
		rv_run_sync(self->vcpu, 2000);
		ASSERT_TRUE(was_signalled(self->resample));
		ASSERT_EQ(0, rv_aia_get(self->aia, AIA_APLIC, APLIC_IN_CLRIP(0)));
		rv_run_sync(self->vcpu, 1000);
		round_finds(self->vcpu, 0);
		ASSERT_FALSE(was_signalled(self->resample));
	}
}

/* A device that still wants something is heard again. */
TEST_F(irqfd, level_that_stays)
{
	struct kvm_irq_level line = { .irq = IRQ, .level = 1 };

	start(self->vm, self->vcpu, APLIC_LEVEL_HIGH);
	vm_ioctl(self->vm, KVM_IRQ_LINE, &line);
	for (int i = 0; i < 3; i++)
		round_finds(self->vcpu, ID);
	line.level = 0;
	vm_ioctl(self->vm, KVM_IRQ_LINE, &line);
	/* The last end found the line still high. */
	round_finds(self->vcpu, ID);
	round_finds(self->vcpu, 0);
}

static void set_routes(struct kvm_vm *vm, uint32_t data)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[2];
	} routes = {
		.head = { .nr = 2 },
		.entry = {
			{ .gsi = IRQ, .type = KVM_IRQ_ROUTING_IRQCHIP,
			  .u.irqchip = { .irqchip = 0, .pin = IRQ } },
			{ .gsi = MSI_GSI, .type = KVM_IRQ_ROUTING_MSI,
			  .u.msi = { .address_lo = IMSIC_GPA, .data = data } },
		},
	};

	TEST_ASSERT(!ioctl(vm->fd, KVM_SET_GSI_ROUTING, &routes), "routing");
}

TEST_F(irqfd, msi_route)
{
	start(self->vm, self->vcpu, APLIC_EDGE_RISE);
	set_routes(self->vm, 30);
	ASSERT_EQ(0, assign(self->vm, self->event, 0, MSI_GSI, 0));
	signal_event(self->event);
	round_finds(self->vcpu, 30);
	/* The irqfd follows a change of the route. */
	set_routes(self->vm, 31);
	signal_event(self->event);
	round_finds(self->vcpu, 31);
	round_finds(self->vcpu, 0);
}

TEST_F(irqfd, routes_that_cannot_be)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[1];
	} routes = {
		.head = { .nr = 1 },
		.entry = { { .gsi = 1, .type = KVM_IRQ_ROUTING_IRQCHIP,
			     .u.irqchip = { .irqchip = 0, .pin = 1024 } } },
	};

	ASSERT_EQ(-1, ioctl(self->vm->fd, KVM_SET_GSI_ROUTING, &routes));
	ASSERT_EQ(EINVAL, errno);
	routes.entry[0].u.irqchip.pin = 1;
	routes.entry[0].u.irqchip.irqchip = 1;
	ASSERT_EQ(-1, ioctl(self->vm->fd, KVM_SET_GSI_ROUTING, &routes));
	routes.entry[0].u.irqchip.irqchip = 0;
	ASSERT_EQ(0, ioctl(self->vm->fd, KVM_SET_GSI_ROUTING, &routes));
	routes.entry[0].type = KVM_IRQ_ROUTING_HV_SINT;
	ASSERT_EQ(-1, ioctl(self->vm->fd, KVM_SET_GSI_ROUTING, &routes));
}

TEST_HARNESS_MAIN
