// SPDX-License-Identifier: GPL-2.0-only
/*
 * The APLIC of a VM: one supervisor-level domain in MSI delivery mode, in which
 * all sources are active here or nowhere.
 *
 * AIA spec, "Advanced Platform-Level Interrupt Controller (APLIC)"; "Precise
 * effects on interrupt-pending bits" says when a source is pending.
 */
#include <linux/bitmap.h>
#include <linux/irqchip/riscv-aplic.h>
#include <linux/kvm_host.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/swab.h>
#include <kvm/iodev.h>

/**
 * struct aplic - the APLIC
 * @iodev: its registers, for the guest
 * @kvm: whose it is
 * @nr_irqs: its sources are 1 to @nr_irqs - 1
 * @lock: guards what follows; a raw lock, taken with interrupts off, outside of
 *	those of IMSICs
 * @delivers: domaincfg.IE
 * @genmsi: what was last sent by that register
 * @pending: a bit per source
 * @enabled: the same
 * @wire: level of the source's wire
 * @mode: source mode, sourcecfg.SM
 * @target: where its MSIs go
 */
struct aplic {
	struct kvm_io_device iodev;
	struct kvm *kvm;
	unsigned int nr_irqs;
	raw_spinlock_t lock;	/* see above */
	bool delivers;
	u32 genmsi;
	DECLARE_BITMAP(pending, APLIC_MAX_SOURCE);
	DECLARE_BITMAP(enabled, APLIC_MAX_SOURCE);
	DECLARE_BITMAP(wire, APLIC_MAX_SOURCE);
	u8 mode[APLIC_MAX_SOURCE];
	u32 target[APLIC_MAX_SOURCE];
};

static bool is_wired(const struct aplic *aplic, unsigned int irq)
{
	return aplic->mode[irq] >= APLIC_SOURCECFG_SM_EDGE_RISE;
}

static bool is_level(const struct aplic *aplic, unsigned int irq)
{
	return aplic->mode[irq] >= APLIC_SOURCECFG_SM_LEVEL_HIGH;
}

/* The odd ones of the wired modes are active low. */
static bool rectified_input(const struct aplic *aplic, unsigned int irq)
{
	return is_wired(aplic, irq) &&
	       test_bit(irq, aplic->wire) != (aplic->mode[irq] & 1);
}

static u32 field(u32 target, u32 shift, u32 mask)
{
	return (target >> shift) & mask;
}

static void send(struct aplic *aplic, u32 target)
{
	kvm_riscv_aia_send_to_hart(aplic->kvm,
				   field(target, APLIC_TARGET_HART_IDX_SHIFT,
					 APLIC_TARGET_HART_IDX_MASK),
				   field(target, APLIC_TARGET_GUEST_IDX_SHIFT,
					 APLIC_TARGET_GUEST_IDX_MASK),
				   target & APLIC_TARGET_EIID_MASK);
}

static void deliver(struct aplic *aplic, unsigned int irq)
{
	if (!aplic->delivers || !test_bit(irq, aplic->pending) ||
	    !test_bit(irq, aplic->enabled))
		return;
	__clear_bit(irq, aplic->pending);
	send(aplic, aplic->target[irq]);
}

static void set_wire(struct aplic *aplic, unsigned int irq, bool level)
{
	bool before = rectified_input(aplic, irq);

	__assign_bit(irq, aplic->wire, level);
	if (rectified_input(aplic, irq)) {
		if (!before)
			__set_bit(irq, aplic->pending);
	} else if (is_level(aplic, irq)) {
		__clear_bit(irq, aplic->pending);
	}
	deliver(aplic, irq);
}

static void set_pending(struct aplic *aplic, unsigned int irq)
{
	if (!aplic->mode[irq] ||
	    (is_level(aplic, irq) && !rectified_input(aplic, irq)))
		return;
	__set_bit(irq, aplic->pending);
	deliver(aplic, irq);
}

static void clear_pending(struct aplic *aplic, unsigned int irq)
{
	__clear_bit(irq, aplic->pending);
}

static void enable(struct aplic *aplic, unsigned int irq)
{
	if (!aplic->mode[irq])
		return;
	__set_bit(irq, aplic->enabled);
	deliver(aplic, irq);
}

static void disable(struct aplic *aplic, unsigned int irq)
{
	__clear_bit(irq, aplic->enabled);
}

/* Registers. Those without an index get 0. */

static u32 read_zero(struct aplic *aplic, unsigned int index)
{
	return 0;
}

static u32 read_word(const unsigned long *bits, unsigned int word)
{
	return bits[word * 32 / BITS_PER_LONG] >> (word * 32 % BITS_PER_LONG);
}

/* For each source of a word that @val names */
static void for_word(struct aplic *aplic, unsigned int word, u32 val,
		     void (*fn)(struct aplic *aplic, unsigned int irq))
{
	unsigned long bits = val;
	unsigned int bit;

	for_each_set_bit(bit, &bits, 32) {
		unsigned int irq = word * 32 + bit;

		if (irq && irq < aplic->nr_irqs)
			fn(aplic, irq);
	}
}

static void for_number(struct aplic *aplic, u32 irq,
		       void (*fn)(struct aplic *aplic, unsigned int irq))
{
	if (irq && irq < aplic->nr_irqs)
		fn(aplic, array_index_nospec(irq, APLIC_MAX_SOURCE));
}

static u32 read_domaincfg(struct aplic *aplic, unsigned int index)
{
	return APLIC_DOMAINCFG_RDONLY | APLIC_DOMAINCFG_DM |
	       (aplic->delivers ? APLIC_DOMAINCFG_IE : 0);
}

static void write_domaincfg(struct aplic *aplic, unsigned int index, u32 val)
{
	unsigned int irq;

	aplic->delivers = val & APLIC_DOMAINCFG_IE;
	for_each_and_bit(irq, aplic->pending, aplic->enabled, aplic->nr_irqs)
		deliver(aplic, irq);
}

static u32 read_sourcecfg(struct aplic *aplic, unsigned int irq)
{
	return aplic->mode[irq];
}

/* There is no child to delegate to: that, and modes without meaning, are 0. */
static void write_sourcecfg(struct aplic *aplic, unsigned int irq, u32 val)
{
	u32 mode = val & APLIC_SOURCECFG_SM_MASK;

	if ((val & APLIC_SOURCECFG_D) ||
	    (mode > APLIC_SOURCECFG_SM_DETACH &&
	     mode < APLIC_SOURCECFG_SM_EDGE_RISE))
		mode = APLIC_SOURCECFG_SM_INACTIVE;
	aplic->mode[irq] = mode;
	if (!mode) {
		__clear_bit(irq, aplic->pending);
		__clear_bit(irq, aplic->enabled);
	} else if (is_level(aplic, irq)) {
		/* The wire may have had the level before anybody asked. */
		__assign_bit(irq, aplic->pending, rectified_input(aplic, irq));
		deliver(aplic, irq);
	}
}

static u32 read_setip(struct aplic *aplic, unsigned int word)
{
	return read_word(aplic->pending, word);
}

static void write_setip(struct aplic *aplic, unsigned int word, u32 val)
{
	for_word(aplic, word, val, set_pending);
}

static void write_setipnum(struct aplic *aplic, unsigned int index, u32 val)
{
	for_number(aplic, val, set_pending);
}

static void write_setipnum_be(struct aplic *aplic, unsigned int index, u32 val)
{
	for_number(aplic, swab32(val), set_pending);
}

static u32 read_in_clrip(struct aplic *aplic, unsigned int word)
{
	u32 val = 0;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++)
		if (rectified_input(aplic, word * 32 + bit))
			val |= BIT(bit);
	return val;
}

static void write_in_clrip(struct aplic *aplic, unsigned int word, u32 val)
{
	for_word(aplic, word, val, clear_pending);
}

static void write_clripnum(struct aplic *aplic, unsigned int index, u32 val)
{
	for_number(aplic, val, clear_pending);
}

static u32 read_setie(struct aplic *aplic, unsigned int word)
{
	return read_word(aplic->enabled, word);
}

static void write_setie(struct aplic *aplic, unsigned int word, u32 val)
{
	for_word(aplic, word, val, enable);
}

static void write_setienum(struct aplic *aplic, unsigned int index, u32 val)
{
	for_number(aplic, val, enable);
}

static void write_clrie(struct aplic *aplic, unsigned int word, u32 val)
{
	for_word(aplic, word, val, disable);
}

static void write_clrienum(struct aplic *aplic, unsigned int index, u32 val)
{
	for_number(aplic, val, disable);
}

static u32 read_genmsi(struct aplic *aplic, unsigned int index)
{
	return aplic->genmsi;
}

/* Sent at once, so it is never busy. */
static void write_genmsi(struct aplic *aplic, unsigned int index, u32 val)
{
	aplic->genmsi = val & (APLIC_TARGET_HART_IDX | APLIC_TARGET_EIID);
	send(aplic, aplic->genmsi);
}

static u32 read_target(struct aplic *aplic, unsigned int irq)
{
	return aplic->target[irq];
}

static void write_target(struct aplic *aplic, unsigned int irq, u32 val)
{
	aplic->target[irq] = val & (APLIC_TARGET_HART_IDX |
				    APLIC_TARGET_GUEST_IDX | APLIC_TARGET_EIID);
}

/* How many registers of a kind there are */
enum count {
	ONE,
	PER_WORD,	/* of 32 sources, from that of source 0 on */
	PER_SOURCE,	/* from that of source 1 on */
};

/**
 * struct aplic_reg - registers of a kind
 * @offset: of the first
 * @count: how many
 * @acks: a write of a source's number is the end of its interrupt, if that is
 *	level-sensitive
 * @read: reads one, by its index: 0, number of the word, or of the source
 * @write: writes it; NULL if that has no effect
 */
struct aplic_reg {
	u32 offset;
	enum count count;
	bool acks;
	u32 (*read)(struct aplic *aplic, unsigned int index);
	void (*write)(struct aplic *aplic, unsigned int index, u32 val);
};

static const struct aplic_reg aplic_regs[] = {
	{ APLIC_SETIPNUM_LE, ONE, true, read_zero, write_setipnum },
	{ APLIC_SETIPNUM_BE, ONE, true, read_zero, write_setipnum_be },
	{ APLIC_SETIPNUM, ONE, true, read_zero, write_setipnum },
	{ APLIC_CLRIPNUM, ONE, false, read_zero, write_clripnum },
	{ APLIC_SETIENUM, ONE, false, read_zero, write_setienum },
	{ APLIC_CLRIENUM, ONE, false, read_zero, write_clrienum },
	{ APLIC_DOMAINCFG, ONE, false, read_domaincfg, write_domaincfg },
	{ APLIC_GENMSI, ONE, false, read_genmsi, write_genmsi },
	{ APLIC_SETIP_BASE, PER_WORD, false, read_setip, write_setip },
	{ APLIC_CLRIP_BASE, PER_WORD, false, read_in_clrip, write_in_clrip },
	{ APLIC_SETIE_BASE, PER_WORD, false, read_setie, write_setie },
	{ APLIC_CLRIE_BASE, PER_WORD, false, read_zero, write_clrie },
	{ APLIC_SOURCECFG_BASE, PER_SOURCE, false, read_sourcecfg, write_sourcecfg },
	{ APLIC_TARGET_BASE, PER_SOURCE, false, read_target, write_target },
};

static unsigned int count_regs(const struct aplic *aplic, enum count count)
{
	switch (count) {
	case PER_WORD:
		return DIV_ROUND_UP(aplic->nr_irqs, 32);
	case PER_SOURCE:
		return aplic->nr_irqs - 1;
	default:
		return 1;
	}
}

static const struct aplic_reg *find_reg(const struct aplic *aplic, u32 offset,
					unsigned int *index)
{
	const struct aplic_reg *reg;

	for (reg = aplic_regs; reg < aplic_regs + ARRAY_SIZE(aplic_regs); reg++) {
		u32 i = (offset - reg->offset) / 4;

		if (offset < reg->offset || i >= count_regs(aplic, reg->count))
			continue;
		i = array_index_nospec(i, APLIC_MAX_SOURCE);
		*index = i + (reg->count == PER_SOURCE);
		return reg;
	}
	return NULL;
}

static u32 read_reg(struct aplic *aplic, const struct aplic_reg *reg,
		    unsigned int index)
{
	unsigned long flags;
	u32 val;

	raw_spin_lock_irqsave(&aplic->lock, flags);
	val = reg->read(aplic, index);
	raw_spin_unlock_irqrestore(&aplic->lock, flags);
	return val;
}

static void write_reg(struct aplic *aplic, const struct aplic_reg *reg,
		      unsigned int index, u32 val)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&aplic->lock, flags);
	reg->write(aplic, index, val);
	raw_spin_unlock_irqrestore(&aplic->lock, flags);
}

/*
 * A guest ends a level-sensitive interrupt by a write to setipnum, which makes
 * the source pending again if its wire still has the level (AIA spec, "Level-
 * sensitive interrupts in MSI delivery mode"). So who waits for the end is told
 * first, and may lower the wire.
 */
static void tell_end(struct aplic *aplic, const struct aplic_reg *reg, u32 val)
{
	u32 irq = reg->offset == APLIC_SETIPNUM_BE ? swab32(val) : val;

	if (reg->acks && irq < aplic->nr_irqs &&
	    is_level(aplic, array_index_nospec(irq, APLIC_MAX_SOURCE)))
		kvm_notify_acked_irq(aplic->kvm, 0, irq);
}

static int aplic_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		      gpa_t addr, int len, void *val)
{
	struct aplic *aplic = container_of(dev, struct aplic, iodev);
	u32 offset = addr - vcpu->kvm->arch.aia.aplic_addr;
	const struct aplic_reg *reg;
	unsigned int index;

	if (len != 4 || (offset & 3))
		return -EOPNOTSUPP;
	reg = find_reg(aplic, offset, &index);
	*(u32 *)val = reg ? read_reg(aplic, reg, index) : 0;
	return 0;
}

static int aplic_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		       gpa_t addr, int len, const void *val)
{
	struct aplic *aplic = container_of(dev, struct aplic, iodev);
	u32 offset = addr - vcpu->kvm->arch.aia.aplic_addr;
	const struct aplic_reg *reg;
	unsigned int index;

	if (len != 4 || (offset & 3))
		return -EOPNOTSUPP;
	reg = find_reg(aplic, offset, &index);
	if (!reg)
		return 0;
	tell_end(aplic, reg, *(const u32 *)val);
	write_reg(aplic, reg, index, *(const u32 *)val);
	return 0;
}

static const struct kvm_io_device_ops aplic_ops = {
	.read = aplic_read,
	.write = aplic_write,
};

/**
 * kvm_riscv_aplic_set_line() - drive the wire of a source
 * @kvm: the VM
 * @irq: the source
 * @level: level of the wire
 *
 * Context: Any; interrupts may be off.
 * Return: 0, -EBUSY without a working controller, -ENODEV without such a source.
 */
int kvm_riscv_aplic_set_line(struct kvm *kvm, unsigned int irq, bool level)
{
	struct aplic *aplic = kvm->arch.aia.aplic;
	unsigned long flags;

	if (!READ_ONCE(kvm->arch.aia.initialized))
		return -EBUSY;
	if (!aplic || !irq || irq >= aplic->nr_irqs)
		return -ENODEV;
	irq = array_index_nospec(irq, APLIC_MAX_SOURCE);

	raw_spin_lock_irqsave(&aplic->lock, flags);
	set_wire(aplic, irq, level);
	raw_spin_unlock_irqrestore(&aplic->lock, flags);
	return 0;
}

/**
 * kvm_riscv_aplic_attr() - read or write a register on behalf of user space
 * @kvm: the VM
 * @offset: of the register
 * @write: which of both
 * @val: its value
 *
 * Return: 0, -ENODEV without an APLIC or such a register, -EOPNOTSUPP if
 * @offset is not aligned.
 */
int kvm_riscv_aplic_attr(struct kvm *kvm, unsigned long offset, bool write,
			 u32 *val)
{
	struct aplic *aplic = kvm->arch.aia.aplic;
	const struct aplic_reg *reg;
	unsigned int index;

	if (!aplic)
		return -ENODEV;
	if (offset & 3)
		return -EOPNOTSUPP;
	reg = offset < KVM_DEV_RISCV_APLIC_SIZE ?
	      find_reg(aplic, offset, &index) : NULL;
	if (!reg)
		return -ENODEV;
	if (write)
		write_reg(aplic, reg, index, *val);
	else
		*val = read_reg(aplic, reg, index);
	return 0;
}

/**
 * kvm_riscv_aplic_has_attr() - is there such a register?
 * @kvm: the VM
 * @offset: of the register
 *
 * Return: as kvm_riscv_aplic_attr().
 */
int kvm_riscv_aplic_has_attr(struct kvm *kvm, unsigned long offset)
{
	u32 val;

	return kvm_riscv_aplic_attr(kvm, offset, false, &val);
}

/**
 * kvm_riscv_aplic_create() - give a VM its APLIC, if it has sources
 * @kvm: the VM; its configuration is complete
 *
 * Context: kvm->lock held; may sleep.
 * Return: 0, or as kvm_riscv_aia_add_device().
 */
int kvm_riscv_aplic_create(struct kvm *kvm)
{
	struct aplic *aplic;
	int ret;

	if (!kvm->arch.aia.nr_sources)
		return 0;

	aplic = kzalloc(sizeof(*aplic), GFP_KERNEL_ACCOUNT);
	if (!aplic)
		return -ENOMEM;
	aplic->kvm = kvm;
	aplic->nr_irqs = kvm->arch.aia.nr_sources + 1;
	raw_spin_lock_init(&aplic->lock);

	kvm_iodevice_init(&aplic->iodev, &aplic_ops);
	ret = kvm_riscv_aia_add_device(kvm, kvm->arch.aia.aplic_addr,
				       KVM_DEV_RISCV_APLIC_SIZE, &aplic->iodev);
	if (ret)
		goto err_free;

	ret = kvm_riscv_aia_set_default_routing(kvm, aplic->nr_irqs);
	if (ret)
		goto err_remove;
	kvm->arch.aia.aplic = aplic;
	return 0;

err_remove:
	kvm_riscv_aia_remove_device(kvm, &aplic->iodev);
err_free:
	kfree(aplic);
	return ret;
}

/**
 * kvm_riscv_aplic_destroy() - undo kvm_riscv_aplic_create()
 * @kvm: the VM
 *
 * Context: May sleep.
 */
void kvm_riscv_aplic_destroy(struct kvm *kvm)
{
	struct aplic *aplic = kvm->arch.aia.aplic;

	if (!aplic)
		return;
	kvm_riscv_aia_remove_device(kvm, &aplic->iodev);
	kvm->arch.aia.aplic = NULL;
	kfree(aplic);
}
