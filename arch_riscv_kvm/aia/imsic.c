// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IMSIC of a vCPU. Its registers are in the software file, or in a guest
 * interrupt file of the hart on which the vCPU runs.
 *
 * With a guest file, MSIs of devices and IPIs of other vCPUs reach the guest
 * without an exit: the G-stage maps the file's page where the guest has its
 * IMSIC. When the vCPU comes to another hart it moves:
 *
 *	unmap the old page	the guest's MSIs trap, and wait for @lock
 *	switch imsic->file	from here on MSIs go to the new place
 *	move the registers	pending bits add up in the new place
 *	map the new page
 *
 * so that no MSI is lost. The software file takes over where a hart has no file
 * left, and when a hart goes offline.
 */
#include <linux/kvm_host.h>
#include <linux/swab.h>
#include <asm/csr.h>
#include <kvm_riscv/entry.h>
#include <kvm_riscv/mmu.h>
#include "imsic.h"

static bool in_guest_file(const struct imsic *imsic)
{
	return imsic->file.cpu >= 0;
}

/*
 * Drive the vCPU's line. imsic->lock is held. A vCPU that raises its own line, in
 * a fast exit, must not kick itself out of guest mode: it is about to go on
 * there, and would miss the kicks of others.
 */
static void set_line(struct imsic *imsic, unsigned int output)
{
	struct kvm_vcpu *vcpu = imsic->vcpu;

	/* Before the line: who sees that change reads this. */
	WRITE_ONCE(imsic->driven, output);
	if (!output)
		kvm_riscv_irq_lower(vcpu, IRQ_VS_EXT);
	else if (vcpu == kvm_get_running_vcpu())
		kvm_riscv_irq_raise_self(vcpu, IRQ_VS_EXT);
	else
		kvm_riscv_irq_raise(vcpu, IRQ_VS_EXT);
}

static void drive_line(struct imsic *imsic)
{
	set_line(imsic, imsic_regs_output(&imsic->regs, imsic->nr_ids));
}

/* The same, unless the registers have nothing new to deliver. */
static void update_line(struct imsic *imsic)
{
	unsigned int output = imsic_regs_output(&imsic->regs, imsic->nr_ids);

	if (output != imsic->driven)
		set_line(imsic, output);
}

/**
 * imsic_inject() - receive an MSI
 * @imsic: the IMSIC
 * @offset: where in its page the MSI is written to
 * @id: what is written
 *
 * Context: Any; interrupts may be off.
 * Return: 0, -ENODEV if nothing is at @offset, -EINVAL for an identity that the
 * file does not have.
 */
int imsic_inject(struct imsic *imsic, u32 offset, u32 id)
{
	unsigned long flags;

	if (offset == IMSIC_MMIO_SETIPNUM_BE)
		id = swab32(id);
	else if (offset != IMSIC_MMIO_SETIPNUM_LE)
		return -ENODEV;
	if (!id || id > imsic->nr_ids)
		return -EINVAL;

	raw_spin_lock_irqsave(&imsic->lock, flags);
	if (in_guest_file(imsic)) {
		/* A vCPU that blocks is woken up by the hart's interrupt. */
		writel(id, imsic->file.msi + IMSIC_MMIO_SETIPNUM_LE);
	} else {
		__set_bit(id, imsic->regs.eip);
		update_line(imsic);
	}
	raw_spin_unlock_irqrestore(&imsic->lock, flags);
	return 0;
}

/* Access a register of the software file; *@val becomes what it was before. */
static void access_reg(struct imsic *imsic, const struct imsic_reg *reg,
		       unsigned long *val, unsigned long mask)
{
	unsigned long flags, old;

	mask &= reg->writable;
	raw_spin_lock_irqsave(&imsic->lock, flags);
	old = *reg->word;
	if (mask) {
		*reg->word = (old & ~mask) | (*val & mask);
		update_line(imsic);
	}
	raw_spin_unlock_irqrestore(&imsic->lock, flags);
	*val = old;
}

/**
 * imsic_access() - access a register of the software file
 * @vcpu: the vCPU
 * @isel: its number
 * @val: value to write; its old value on return
 * @mask: bits to write
 *
 * Context: Any.
 * Return: 0, -ENOENT or -EINVAL as imsic_regs_find().
 */
int imsic_access(struct kvm_vcpu *vcpu, unsigned long isel, unsigned long *val,
		 unsigned long mask)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;
	struct imsic_reg reg;
	int ret;

	ret = imsic_regs_find(&imsic->regs, imsic->nr_ids, isel, &reg);
	if (!ret)
		access_reg(imsic, &reg, val, mask);
	return ret;
}

/**
 * imsic_claim() - access stopei of the software file
 * @vcpu: the vCPU
 * @val: result
 * @write: a write, of whatever value, claims the interrupt that is reported
 *
 * Context: Any.
 */
void imsic_claim(struct kvm_vcpu *vcpu, unsigned long *val, bool write)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;
	unsigned long flags;
	unsigned int id;

	raw_spin_lock_irqsave(&imsic->lock, flags);
	id = imsic_regs_top(&imsic->regs, imsic->nr_ids);
	if (id && write) {
		__clear_bit(id, imsic->regs.eip);
		update_line(imsic);
	}
	raw_spin_unlock_irqrestore(&imsic->lock, flags);
	*val = (unsigned long)id << TOPEI_ID_SHIFT | id;
}

/* @imsic->moving has to be held; nobody could when the system suspends. */
static void begin_move(struct imsic *imsic)
{
	if (!irqs_disabled())
		mutex_lock(&imsic->moving);
}

static void end_move(struct imsic *imsic)
{
	if (!irqs_disabled())
		mutex_unlock(&imsic->moving);
}

/*
 * Send MSIs to another place. If they went to the software file until now, what
 * it holds is moved to @regs.
 */
static void switch_file(struct imsic *imsic,
			const struct imsic_guest_file *file,
			struct imsic_regs *regs)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&imsic->lock, flags);
	if (!in_guest_file(imsic)) {
		*regs = imsic->regs;
		memset(&imsic->regs, 0, sizeof(imsic->regs));
		drive_line(imsic);
	}
	imsic->file = *file;
	raw_spin_unlock_irqrestore(&imsic->lock, flags);
}

static void move_to_software(struct imsic *imsic)
{
	static const struct imsic_guest_file none = { .cpu = -1 };
	struct imsic_guest_file old = imsic->file;
	struct kvm_vcpu *vcpu = imsic->vcpu;
	struct imsic_regs regs = {};
	unsigned long flags;

	if (old.cpu < 0)
		return;

	kvm_riscv_mmu_unmap_device(vcpu->kvm, vcpu->arch.aia.imsic_addr);
	switch_file(imsic, &none, &regs);
	imsic_vs_take(&old, &regs);
	hgei_put(&old);

	raw_spin_lock_irqsave(&imsic->lock, flags);
	imsic_regs_merge(&imsic->regs, &regs);
	drive_line(imsic);
	raw_spin_unlock_irqrestore(&imsic->lock, flags);
}

static int move_to_guest_file(struct imsic *imsic,
			      const struct imsic_guest_file *new)
{
	struct imsic_guest_file old = imsic->file;
	struct kvm_vcpu *vcpu = imsic->vcpu;
	struct imsic_regs regs = {};

	imsic_vs_clear(new);
	if (old.cpu >= 0)
		kvm_riscv_mmu_unmap_device(vcpu->kvm,
					   vcpu->arch.aia.imsic_addr);
	switch_file(imsic, new, &regs);
	if (old.cpu >= 0) {
		imsic_vs_take(&old, &regs);
		hgei_put(&old);
	}
	imsic_vs_give(new, &regs);
	return kvm_riscv_mmu_map_device(vcpu, vcpu->arch.aia.imsic_addr,
					new->msi_pa);
}

static void select_file(struct kvm_vcpu *vcpu, unsigned int line)
{
	struct kvm_riscv_guest_context *guest = &vcpu->arch.guest;

	/* A load changes other bits. */
	preempt_disable();
	guest->hstatus &= ~HSTATUS_VGEIN;
	guest->hstatus |= (unsigned long)line << HSTATUS_VGEIN_SHIFT;
	preempt_enable();
}

static int fail_entry(struct kvm_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	vcpu->run->fail_entry.hardware_entry_failure_reason = CSR_HSTATUS;
	vcpu->run->fail_entry.cpu = raw_smp_processor_id();
	return KVM_RISCV_EXIT_USER;
}

/* The thread stays on this CPU meanwhile. */
static int move_here(struct imsic *imsic)
{
	struct kvm_vcpu *vcpu = imsic->vcpu;
	int cpu = raw_smp_processor_id();
	struct imsic_guest_file new;
	int ret;

	if (imsic->file.cpu == cpu) {
		select_file(vcpu, imsic->file.line);
		return KVM_RISCV_EXIT_RESUME;
	}
	if (hgei_get(cpu, vcpu, &new)) {
		ret = move_to_guest_file(imsic, &new);
		select_file(vcpu, new.line);
		return ret ?: KVM_RISCV_EXIT_RESUME;
	}
	if (vcpu->kvm->arch.aia.mode == KVM_DEV_RISCV_AIA_MODE_HWACCEL)
		return fail_entry(vcpu);

	move_to_software(imsic);
	select_file(vcpu, 0);
	return KVM_RISCV_EXIT_RESUME;
}

/**
 * kvm_riscv_imsic_move() - have the registers where the vCPU is
 * @vcpu: the vCPU, whose thread this is; loaded
 *
 * If its hart has a guest file left, that is in the hart, else in the software
 * file; unless the VM insists on guest files.
 *
 * Context: May sleep.
 * Return: enum kvm_riscv_exit, or -ENOMEM.
 */
int kvm_riscv_imsic_move(struct kvm_vcpu *vcpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;
	int ret;

	if (!imsic || !imsic->use_guest_files)
		return KVM_RISCV_EXIT_RESUME;

	begin_move(imsic);
	migrate_disable();
	ret = move_here(imsic);
	migrate_enable();
	end_move(imsic);
	/* User space may try again elsewhere, or once others are gone. */
	if (ret == KVM_RISCV_EXIT_USER)
		kvm_make_request(KVM_REQ_IMSIC_MOVE, vcpu);
	return ret;
}

/**
 * kvm_riscv_imsic_release() - leave a hart that goes offline
 * @vcpu: a vCPU that has a guest file of this hart, or just had
 *
 * Context: On that hart. Interrupts off only if the system suspends.
 */
void kvm_riscv_imsic_release(struct kvm_vcpu *vcpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;

	begin_move(imsic);
	if (imsic->file.cpu == raw_smp_processor_id())
		move_to_software(imsic);
	end_move(imsic);

	kvm_make_request(KVM_REQ_IMSIC_MOVE, vcpu);
	kvm_vcpu_kick(vcpu);
}

/**
 * kvm_riscv_imsic_load() - part of vcpu_load
 * @vcpu: the vCPU; it has an IMSIC
 * @cpu: this CPU
 *
 * A vCPU without a guest file asks again on each CPU that has one to give.
 *
 * Context: Preemption off.
 */
void kvm_riscv_imsic_load(struct kvm_vcpu *vcpu, int cpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;
	int file_cpu = READ_ONCE(imsic->file.cpu);

	if (!imsic->use_guest_files)
		return;
	if (file_cpu == cpu)
		csr_clear(CSR_HGEIE, BIT(imsic->file.line));
	else if (file_cpu >= 0 || hgei_has_free(cpu) ||
		 vcpu->kvm->arch.aia.mode == KVM_DEV_RISCV_AIA_MODE_HWACCEL)
		kvm_make_request(KVM_REQ_IMSIC_MOVE, vcpu);
}

/**
 * kvm_riscv_imsic_put() - part of vcpu_put
 * @vcpu: the vCPU; it has an IMSIC
 *
 * If it blocks, its file shall wake it up; at once, if something came since it
 * was looked at.
 *
 * Context: Preemption off.
 */
void kvm_riscv_imsic_put(struct kvm_vcpu *vcpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;

	if (READ_ONCE(imsic->file.cpu) == smp_processor_id() &&
	    kvm_vcpu_is_blocking(vcpu))
		csr_set(CSR_HGEIE, BIT(imsic->file.line));
}

/**
 * kvm_riscv_imsic_pending() - has a guest file something to deliver?
 * @vcpu: a vCPU that has an IMSIC
 *
 * Only the hart of the file can tell; elsewhere the answer is that it might.
 * Of the software file the vCPU's line tells.
 *
 * Context: Any but guest mode of @vcpu.
 */
bool kvm_riscv_imsic_pending(struct kvm_vcpu *vcpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;
	bool pending = false;
	int file_cpu;

	if (!(vcpu->arch.vs.vsie & BIT(IRQ_S_EXT)))
		return false;

	preempt_disable();
	file_cpu = READ_ONCE(imsic->file.cpu);
	if (file_cpu == smp_processor_id())
		pending = csr_read(CSR_HGEIP) & BIT(imsic->file.line);
	else if (file_cpu >= 0)
		pending = true;
	preempt_enable();
	return pending;
}

/**
 * kvm_riscv_imsic_priority() - priority of the external interrupt in the line
 * @vcpu: a vCPU
 *
 * Context: Any.
 * Return: 1 to 255, the lower the more urgent; of an IMSIC it is the identity.
 */
unsigned int kvm_riscv_imsic_priority(struct kvm_vcpu *vcpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;

	return imsic ? clamp(READ_ONCE(imsic->driven), 1U, 255U) : 1;
}

/**
 * kvm_riscv_imsic_refresh() - drive the vCPU's line again
 * @vcpu: a vCPU that does not run and whose lines were overwritten
 */
void kvm_riscv_imsic_refresh(struct kvm_vcpu *vcpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;
	unsigned long flags;

	if (!imsic)
		return;
	raw_spin_lock_irqsave(&imsic->lock, flags);
	drive_line(imsic);
	raw_spin_unlock_irqrestore(&imsic->lock, flags);
}

/**
 * kvm_riscv_imsic_reset() - empty the file
 * @vcpu: a vCPU that does not run
 *
 * Context: May sleep.
 */
void kvm_riscv_imsic_reset(struct kvm_vcpu *vcpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;
	unsigned long flags;

	if (!imsic)
		return;
	begin_move(imsic);
	if (in_guest_file(imsic))
		imsic_vs_clear(&imsic->file);
	raw_spin_lock_irqsave(&imsic->lock, flags);
	memset(&imsic->regs, 0, sizeof(imsic->regs));
	drive_line(imsic);
	raw_spin_unlock_irqrestore(&imsic->lock, flags);
	/* A reset of the hart forgot which file it had. */
	if (imsic->use_guest_files)
		kvm_make_request(KVM_REQ_IMSIC_MOVE, vcpu);
	end_move(imsic);
}

/* What an attribute names; without the vCPU's mutex only for has_attr. */
static struct imsic *find_imsic(struct kvm *kvm, unsigned long attr)
{
	unsigned long id = KVM_DEV_RISCV_AIA_IMSIC_GET_VCPU(attr);
	struct kvm_vcpu *vcpu;

	if (!kvm->arch.aia.initialized || id >= KVM_MAX_VCPU_IDS)
		return NULL;
	vcpu = kvm_get_vcpu_by_id(kvm, id);
	return vcpu ? vcpu->arch.aia.imsic : NULL;
}

static int access_attr(struct imsic *imsic, unsigned long isel, bool write,
		       unsigned long *val)
{
	struct imsic_reg reg;
	int ret;

	ret = imsic_regs_find(&imsic->regs, imsic->nr_ids, isel, &reg);
	if (ret)
		return ret;
	if (in_guest_file(imsic)) {
		*val &= reg.writable;
		imsic_vs_access(&imsic->file, isel, write, val);
	} else {
		access_reg(imsic, &reg, val, write ? -1UL : 0);
	}
	return 0;
}

/**
 * kvm_riscv_imsic_attr() - read or write a register, wherever it is
 * @kvm: the VM, its lock held
 * @attr: KVM_DEV_RISCV_AIA_IMSIC_MKATTR()
 * @write: which of both
 * @val: its value
 *
 * Context: May sleep; waits for the vCPU to leave KVM_RUN.
 * Return: 0, -ENODEV if there is no such IMSIC, -EINTR, -ENOENT or -EINVAL as
 * imsic_regs_find().
 */
int kvm_riscv_imsic_attr(struct kvm *kvm, unsigned long attr, bool write,
			 unsigned long *val)
{
	struct imsic *imsic = find_imsic(kvm, attr);
	int ret;

	if (!imsic)
		return -ENODEV;
	if (mutex_lock_killable(&imsic->vcpu->mutex))
		return -EINTR;
	begin_move(imsic);
	ret = access_attr(imsic, KVM_DEV_RISCV_AIA_IMSIC_GET_ISEL(attr), write,
			  val);
	end_move(imsic);
	mutex_unlock(&imsic->vcpu->mutex);
	return ret;
}

/**
 * kvm_riscv_imsic_has_attr() - is there such a register?
 * @kvm: the VM, its lock held
 * @attr: KVM_DEV_RISCV_AIA_IMSIC_MKATTR()
 *
 * Return: as kvm_riscv_imsic_attr().
 */
int kvm_riscv_imsic_has_attr(struct kvm *kvm, unsigned long attr)
{
	struct imsic *imsic = find_imsic(kvm, attr);
	struct imsic_reg reg;

	if (!imsic)
		return -ENODEV;
	return imsic_regs_find(&imsic->regs, imsic->nr_ids,
			       KVM_DEV_RISCV_AIA_IMSIC_GET_ISEL(attr), &reg);
}

/* Reads give 0 (AIA spec, "Memory region for an interrupt file"). */
static int imsic_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		      gpa_t addr, int len, void *val)
{
	if (len != 4 || (addr & 3))
		return -EOPNOTSUPP;
	memset(val, 0, len);
	return 0;
}

static int imsic_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		       gpa_t addr, int len, const void *val)
{
	struct imsic *imsic = container_of(dev, struct imsic, iodev);

	if (len != 4 || (addr & 3))
		return -EOPNOTSUPP;
	/* Stores to other offsets, and of other identities, are ignored. */
	imsic_inject(imsic, addr & (IMSIC_MMIO_PAGE_SZ - 1), *(const u32 *)val);
	return 0;
}

static const struct kvm_io_device_ops imsic_ops = {
	.read = imsic_read,
	.write = imsic_write,
};

/**
 * kvm_riscv_imsic_create() - give a vCPU its IMSIC
 * @vcpu: a vCPU that does not run; the configuration of its VM is complete
 *
 * Context: kvm->lock held; may sleep.
 * Return: 0, or as kvm_riscv_aia_add_device().
 */
int kvm_riscv_imsic_create(struct kvm_vcpu *vcpu)
{
	struct kvm_riscv_vm_aia *aia = &vcpu->kvm->arch.aia;
	struct imsic *imsic;
	int ret;

	imsic = kzalloc(sizeof(*imsic), GFP_KERNEL_ACCOUNT);
	if (!imsic)
		return -ENOMEM;
	imsic->vcpu = vcpu;
	imsic->nr_ids = aia->nr_ids;
	imsic->use_guest_files = aia->mode != KVM_DEV_RISCV_AIA_MODE_EMUL;
	imsic->file.cpu = -1;
	mutex_init(&imsic->moving);
	raw_spin_lock_init(&imsic->lock);

	kvm_iodevice_init(&imsic->iodev, &imsic_ops);
	ret = kvm_riscv_aia_add_device(vcpu->kvm, vcpu->arch.aia.imsic_addr,
				       KVM_DEV_RISCV_IMSIC_SIZE, &imsic->iodev);
	if (ret) {
		kfree(imsic);
		return ret;
	}
	vcpu->arch.aia.imsic = imsic;
	return 0;
}

/**
 * kvm_riscv_imsic_remove() - undo kvm_riscv_imsic_create()
 * @vcpu: a vCPU that did not run since
 *
 * Context: kvm->lock held; may sleep.
 */
void kvm_riscv_imsic_remove(struct kvm_vcpu *vcpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;

	if (!imsic)
		return;
	kvm_riscv_aia_remove_device(vcpu->kvm, &imsic->iodev);
	kvm_riscv_imsic_destroy(vcpu);
}

/**
 * kvm_riscv_imsic_destroy() - free what a vCPU has
 * @vcpu: a vCPU that goes away with its VM, whose bus is gone
 */
void kvm_riscv_imsic_destroy(struct kvm_vcpu *vcpu)
{
	struct imsic *imsic = vcpu->arch.aia.imsic;

	if (!imsic)
		return;
	if (in_guest_file(imsic))
		hgei_put(&imsic->file);
	vcpu->arch.aia.imsic = NULL;
	kfree(imsic);
}
