// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and stores to addresses without memory: emulated devices.
 *
 * Only what a device driver uses, aligned loads and stores of integer
 * registers. Everything else, AMOs and floating point or vector accesses for
 * instance, meets what it would meet on a real bus that cannot do it: an access
 * fault.
 */
#include <linux/bitops.h>
#include <linux/kvm_host.h>
#include <linux/unaligned.h>
#include <asm/csr.h>
#include <kvm/iodev.h>
#include <kvm_riscv/entry.h>
#include "insn.h"

#define LOAD	0
#define STORE	BIT(0)	/* writes memory */
#define SIGNED	BIT(1)	/* extends the sign of what it loads */
#define NOT_X0	BIT(2)	/* another instruction if the register is x0 */

/*
 * Where the data register is: first bit and width of the field. A field of
 * three bits counts from x8.
 */
#define RD	{ 7, 5 }
#define RS2	{ 20, 5 }
#define C_RS2	{ 2, 5 }
#define C_REG	{ 2, 3 }

/**
 * struct access_insn - an instruction that accesses memory
 * @mask: its opcode bits
 * @match: their value
 * @len: bytes it accesses
 * @flags: LOAD or STORE, and the others
 * @reg: field that names its data register
 */
struct access_insn {
	u32 mask;
	u32 match;
	u8 len;
	u8 flags;
	struct {
		u8 shift;
		u8 bits;
	} reg;
};

/* In the order in which drivers use them: the search is linear. */
static const struct access_insn access_insns[] = {
	{ 0x707f, 0x2023, 4, STORE, RS2 },		/* sw */
	{ 0x707f, 0x2003, 4, LOAD | SIGNED, RD },	/* lw */
	{ 0x707f, 0x0023, 1, STORE, RS2 },		/* sb */
	{ 0x707f, 0x4003, 1, LOAD, RD },		/* lbu */
	{ 0x707f, 0x1023, 2, STORE, RS2 },		/* sh */
	{ 0x707f, 0x5003, 2, LOAD, RD },		/* lhu */
	{ 0x707f, 0x3023, 8, STORE, RS2 },		/* sd */
	{ 0x707f, 0x3003, 8, LOAD | SIGNED, RD },	/* ld */
	{ 0x707f, 0x6003, 4, LOAD, RD },		/* lwu */
	{ 0x707f, 0x1003, 2, LOAD | SIGNED, RD },	/* lh */
	{ 0x707f, 0x0003, 1, LOAD | SIGNED, RD },	/* lb */
	{ 0xe003, 0xc000, 4, STORE, C_REG },		/* c.sw */
	{ 0xe003, 0x4000, 4, LOAD | SIGNED, C_REG },	/* c.lw */
	{ 0xe003, 0xe000, 8, STORE, C_REG },		/* c.sd */
	{ 0xe003, 0x6000, 8, LOAD | SIGNED, C_REG },	/* c.ld */
	{ 0xfc03, 0x8800, 1, STORE, C_REG },		/* c.sb */
	{ 0xfc03, 0x8000, 1, LOAD, C_REG },		/* c.lbu */
	{ 0xfc43, 0x8c00, 2, STORE, C_REG },		/* c.sh */
	{ 0xfc43, 0x8400, 2, LOAD, C_REG },		/* c.lhu */
	{ 0xfc43, 0x8440, 2, LOAD | SIGNED, C_REG },	/* c.lh */
	{ 0xe003, 0xc002, 4, STORE, C_RS2 },		/* c.swsp */
	{ 0xe003, 0x4002, 4, LOAD | SIGNED | NOT_X0, RD }, /* c.lwsp */
	{ 0xe003, 0xe002, 8, STORE, C_RS2 },		/* c.sdsp */
	{ 0xe003, 0x6002, 8, LOAD | SIGNED | NOT_X0, RD }, /* c.ldsp */
};

static unsigned int data_reg(const struct access_insn *access, u32 insn)
{
	unsigned int reg = insn_field(insn, access->reg.shift,
				      access->reg.bits);

	return access->reg.bits == 3 ? reg + 8 : reg;
}

/* Where RV64 has doublewords RV32 has floats, which no device gets. */
static const struct access_insn *find_access(u32 insn)
{
	const struct access_insn *access;

	for (access = access_insns;
	     access < access_insns + ARRAY_SIZE(access_insns); access++) {
		if ((insn & access->mask) != access->match)
			continue;
		if (access->len > sizeof(long))
			return NULL;
		if ((access->flags & NOT_X0) && !data_reg(access, insn))
			return NULL;
		return access;
	}
	return NULL;
}

/* noinline_for_stack: whole traps are for the rare cases, and zeroed at once. */
static noinline_for_stack int access_fault(struct kvm_vcpu *vcpu,
					   const struct kvm_cpu_trap *trap)
{
	struct kvm_cpu_trap fault = *trap;

	fault.scause = trap->scause == EXC_STORE_GUEST_PAGE_FAULT ?
		       EXC_STORE_ACCESS : EXC_LOAD_ACCESS;
	kvm_riscv_trap_redirect(vcpu, &fault);
	return KVM_RISCV_EXIT_RESUME;
}

/*
 * Read the trapped instruction from guest memory. Returns false if that cannot
 * be done: then the guest has been given a trap, or repeats the instruction.
 */
static noinline_for_stack bool read_insn(struct kvm_vcpu *vcpu,
					 const struct kvm_cpu_trap *trap,
					 u32 *insn)
{
	struct kvm_cpu_trap fault;

	*insn = kvm_riscv_unpriv_read(vcpu, true, trap->sepc, &fault);
	if (fault.scause)
		kvm_riscv_trap_redirect(vcpu, &fault);
	return !fault.scause;
}

static u8 transformed_len(unsigned long htinst)
{
	return htinst & BIT(1) ? 4 : 2;
}

/*
 * The trapped instruction and its length (privileged spec, "Transformed
 * Instruction or Pseudoinstruction for mtinst or htinst"). Returns false if the
 * guest has to go on without the access, as read_insn() does.
 */
static bool fetch_insn(struct kvm_vcpu *vcpu, const struct kvm_cpu_trap *trap,
		       u32 *insn, u8 *len)
{
	if (trap->htinst & 1) {
		/* In bit 1 is the length, the rest looks like 32 bits. */
		*insn = trap->htinst | INSN_LONG;
		*len = transformed_len(trap->htinst);
		return true;
	}
	if (trap->htinst) {
		/*
		 * A pseudoinstruction: not the instruction accessed this
		 * address, but the walk of a page table that lies there.
		 */
		access_fault(vcpu, trap);
		return false;
	}
	if (!read_insn(vcpu, trap, insn))
		return false;
	*len = insn_len(*insn);
	return true;
}

/*
 * In a transformed instruction the field of rs1 says how far into a misaligned
 * access the address is that faulted.
 */
static bool is_misaligned(const struct kvm_cpu_trap *trap, gpa_t gpa,
			  unsigned int len)
{
	return (gpa & (len - 1)) ||
	       ((trap->htinst & 1) && insn_rs1(trap->htinst));
}

static void finish(struct kvm_vcpu *vcpu, u64 data)
{
	const struct kvm_riscv_mmio *mmio = &vcpu->arch.mmio;
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;
	unsigned int unused = 64 - mmio->len * 8;

	if (!mmio->is_write && mmio->rd) {
		data <<= unused;
		guest->x[mmio->rd] = mmio->sign_extend ? (s64)data >> unused :
							 data >> unused;
	}
	guest->sepc += mmio->insn_len;
}

/* All eight bytes are copied: the length says which of them count. */
static int complete_mmio(struct kvm_vcpu *vcpu)
{
	u64 data;

	memcpy(&data, vcpu->run->mmio.data, sizeof(data));
	finish(vcpu, data);
	return 0;
}

static int ask_user(struct kvm_vcpu *vcpu, gpa_t gpa, u64 data)
{
	const struct kvm_riscv_mmio *mmio = &vcpu->arch.mmio;
	struct kvm_run *run = vcpu->run;

	vcpu->stat.mmio_exit_user++;
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = gpa;
	run->mmio.len = mmio->len;
	run->mmio.is_write = mmio->is_write;
	if (mmio->is_write)
		memcpy(run->mmio.data, &data, sizeof(data));

	vcpu->arch.complete = complete_mmio;
	return KVM_RISCV_EXIT_USER;
}

static int ask_bus(struct kvm_vcpu *vcpu, gpa_t gpa, u64 *data)
{
	const struct kvm_riscv_mmio *mmio = &vcpu->arch.mmio;

	if (mmio->is_write)
		return kvm_io_bus_write(vcpu, KVM_MMIO_BUS, gpa, mmio->len,
					data);
	return kvm_io_bus_read(vcpu, KVM_MMIO_BUS, gpa, mmio->len, data);
}

/* Note a page that is a device's, as long as no memslot changes. */
static void learn_device(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	struct kvm_riscv_mmio_device *device = &vcpu->arch.mmio_device;
	u64 generation = kvm_memslots(vcpu->kvm)->generation;

	if (device->gfn == gfn && device->generation == generation)
		return;
	if (kvm_vcpu_gfn_to_memslot(vcpu, gfn))
		return;
	device->gfn = gfn;
	device->generation = generation;
}

/* What @insn wants of address @gpa; false if no device does that. */
static bool decode(struct kvm_vcpu *vcpu, const struct kvm_cpu_trap *trap,
		   gpa_t gpa, u32 insn, u8 insn_len)
{
	bool is_write = trap->scause == EXC_STORE_GUEST_PAGE_FAULT;
	const struct access_insn *access = find_access(insn);

	if (!access || is_write != !!(access->flags & STORE) ||
	    is_misaligned(trap, gpa, access->len))
		return false;

	vcpu->arch.mmio = (struct kvm_riscv_mmio) {
		.insn_len = insn_len,
		.len = access->len,
		.rd = data_reg(access, insn),
		.sign_extend = access->flags & SIGNED,
		.is_write = is_write,
	};
	return true;
}

/*
 * Offer the access to the devices in the kernel. Returns false, with the data
 * of a store in *@data, if none of them takes it.
 */
static bool serve_in_kernel(struct kvm_vcpu *vcpu, gpa_t gpa, u64 *data)
{
	const struct kvm_riscv_mmio *mmio = &vcpu->arch.mmio;

	*data = mmio->is_write ? vcpu->arch.guest.x[mmio->rd] : 0;
	if (ask_bus(vcpu, gpa, data))
		return false;

	vcpu->stat.mmio_exit_kernel++;
	finish(vcpu, *data);
	return true;
}

/**
 * kvm_riscv_mmio_fast() - serve an access to a device in the kernel at once
 * @vcpu: the vCPU; loaded
 *
 * For the page of the device that was last accessed only: all other faults are
 * not to pay for a look at the memslots here. Devices on the bus take plain
 * spinlocks, which sleep with PREEMPT_RT.
 *
 * Context: Interrupts off, the trap CSRs are those of the guest-page fault.
 * Return: true if a device took it.
 */
bool kvm_riscv_mmio_fast(struct kvm_vcpu *vcpu)
{
	const struct kvm_riscv_mmio_device *device = &vcpu->arch.mmio_device;
	gpa_t gpa = (gpa_t)csr_read(CSR_HTVAL) << 2;
	struct kvm_cpu_trap *trap = &vcpu->arch.trap;
	bool served = false;
	u64 data;

	if (gpa_to_gfn(gpa) != device->gfn || IS_ENABLED(CONFIG_PREEMPT_RT))
		return false;

	trap->htinst = csr_read(CSR_HTINST);
	if (!(trap->htinst & 1))
		return false;
	trap->scause = csr_read(CSR_SCAUSE);
	gpa |= csr_read(CSR_STVAL) & 3;

	if (!decode(vcpu, trap, gpa, trap->htinst | INSN_LONG,
		    transformed_len(trap->htinst)))
		return false;

	kvm_vcpu_srcu_read_lock(vcpu);
	if (kvm_memslots(vcpu->kvm)->generation == device->generation)
		served = serve_in_kernel(vcpu, gpa, &data);
	kvm_vcpu_srcu_read_unlock(vcpu);
	return served;
}

/**
 * kvm_riscv_mmio_access() - serve a load or store that no memory answers
 * @vcpu: the vCPU; loaded
 * @trap: the guest-page fault
 * @gpa: guest physical address, with its low bits
 *
 * Devices in the kernel come first, then user space.
 *
 * Context: Interrupts on, SRCU read lock of kvm->srcu held; may sleep.
 * Return: enum kvm_riscv_exit.
 */
int kvm_riscv_mmio_access(struct kvm_vcpu *vcpu, struct kvm_cpu_trap *trap,
			  gpa_t gpa)
{
	u8 insn_len;
	u64 data;
	u32 insn;

	if (!fetch_insn(vcpu, trap, &insn, &insn_len))
		return KVM_RISCV_EXIT_RESUME;
	if (!decode(vcpu, trap, gpa, insn, insn_len))
		return access_fault(vcpu, trap);
	if (!serve_in_kernel(vcpu, gpa, &data))
		return ask_user(vcpu, gpa, data);

	learn_device(vcpu, gpa_to_gfn(gpa));
	return KVM_RISCV_EXIT_RESUME;
}
