// SPDX-License-Identifier: GPL-2.0-only
/*
 * APLIC: random accesses by the guest's driver (here: by attributes, which take
 * the same way) and random wires, against a model written from the AIA
 * specification; and the MMIO interface as a guest sees it.
 *
 * The MSIs that it sends are pending in the IMSIC, where nobody takes them.
 */
#include "rvaia.h"
#include "rvharness.h"

#include <errno.h>

#define NR_SOURCES	70U
#define NR_OPS		6000

/* What a source is, in words of "Precise effects on interrupt-pending bits" */
struct source {
	unsigned int mode;
	bool wire;
	bool pending;
	bool enabled;
	uint32_t target;
};

static struct {
	struct source source[NR_SOURCES + 1];
	bool delivers;
	uint64_t sent[2][2];
} model;

static bool input(const struct source *s)
{
	switch (s->mode) {
	case APLIC_EDGE_RISE:
	case APLIC_LEVEL_HIGH:
		return s->wire;
	case APLIC_EDGE_FALL:
	case APLIC_LEVEL_LOW:
		return !s->wire;
	default:
		return false;
	}
}

static bool is_level(const struct source *s)
{
	return s->mode == APLIC_LEVEL_HIGH || s->mode == APLIC_LEVEL_LOW;
}

static void forward(void)
{
	for (unsigned int i = 1; i <= NR_SOURCES; i++) {
		struct source *s = &model.source[i];
		unsigned int id = s->target & 0x7ff;

		if (!model.delivers || !s->pending || !s->enabled)
			continue;
		s->pending = false;
		if (s->target >> 18 < 2 && !((s->target >> 12) & 0x3f) && id && id < 128)
			model.sent[s->target >> 18][id / 64] |= 1UL << (id % 64);
	}
}

static void model_pending(unsigned int i, bool on)
{
	struct source *s = &model.source[i];

	if (!i || i > NR_SOURCES || s->mode == APLIC_INACTIVE)
		return;
	if (!on)
		s->pending = false;
	else if (!is_level(s) || input(s))
		s->pending = true;
}

static void model_enabled(unsigned int i, bool on)
{
	if (i && i <= NR_SOURCES && model.source[i].mode != APLIC_INACTIVE)
		model.source[i].enabled = on;
}

static void model_wire(unsigned int i, bool level)
{
	struct source *s = &model.source[i];
	bool before = input(s);

	s->wire = level;
	if (!before && input(s))
		s->pending = true;
	if (is_level(s) && !input(s))
		s->pending = false;
}

static void model_mode(unsigned int i, uint32_t val)
{
	struct source *s = &model.source[i];

	s->mode = val & (1 << 10) ? 0 : val & 7;
	if (s->mode == 2 || s->mode == 3)
		s->mode = APLIC_INACTIVE;
	if (s->mode == APLIC_INACTIVE) {
		s->pending = false;
		s->enabled = false;
	}
	/* "Might or might not" by the specification: what ours promises */
	if (is_level(s))
		s->pending = input(s);
}

static void word(unsigned int w, uint32_t val, void (*fn)(unsigned int, bool), bool on)
{
	for (unsigned int bit = 0; bit < 32; bit++)
		if (val & (1U << bit))
			fn(w * 32 + bit, on);
}

/* One access that changes something, in both */
static void random_op(struct kvm_vm *vm, int aia, uint64_t *seed)
{
	unsigned int i = 1 + rv_random(seed) % NR_SOURCES;
	unsigned int w = rv_random(seed) % (NR_SOURCES / 32 + 1);
	uint32_t val = rv_random(seed) & rv_random(seed);
	struct kvm_irq_level line = { .irq = i };

	switch (rv_random(seed) % 14) {
	case 0:
		val = rv_random(seed) % 8 ? rv_random(seed) % 8 : 1 << 10;
		rv_aia_set(aia, AIA_APLIC, APLIC_SOURCECFG(i), val);
		model_mode(i, val);
		break;
	case 1:
		val = rv_random(seed) % 3 << 18 | rv_random(seed) % 140;
		rv_aia_set(aia, AIA_APLIC, APLIC_TARGET(i), val);
		model.source[i].target = val;
		break;
	case 2:
		rv_aia_set(aia, AIA_APLIC, APLIC_SETIP(w), val);
		word(w, val, model_pending, true);
		break;
	case 3:
		rv_aia_set(aia, AIA_APLIC, APLIC_IN_CLRIP(w), val);
		word(w, val, model_pending, false);
		break;
	case 4:
		rv_aia_set(aia, AIA_APLIC, APLIC_SETIE(w), val);
		word(w, val, model_enabled, true);
		break;
	case 5:
		rv_aia_set(aia, AIA_APLIC, APLIC_CLRIE(w), val);
		word(w, val, model_enabled, false);
		break;
	case 6:
		i = rv_random(seed) % (NR_SOURCES + 3);
		rv_aia_set(aia, AIA_APLIC, rv_random(seed) % 2 ? APLIC_SETIPNUM :
			   APLIC_SETIPNUM_LE, i);
		model_pending(i, true);
		break;
	case 7:
		rv_aia_set(aia, AIA_APLIC, APLIC_SETIPNUM_BE, __builtin_bswap32(i));
		model_pending(i, true);
		break;
	case 8:
		rv_aia_set(aia, AIA_APLIC, APLIC_CLRIPNUM, i);
		model_pending(i, false);
		break;
	case 9:
		rv_aia_set(aia, AIA_APLIC, APLIC_SETIENUM, i);
		model_enabled(i, true);
		break;
	case 10:
		rv_aia_set(aia, AIA_APLIC, APLIC_CLRIENUM, i);
		model_enabled(i, false);
		break;
	case 11:
		val = rv_random(seed) % 4 ? APLIC_IE : 0;
		rv_aia_set(aia, AIA_APLIC, APLIC_DOMAINCFG, val | 0xff);
		model.delivers = val;
		break;
	default:
		line.level = rv_random(seed) % 2;
		vm_ioctl(vm, KVM_IRQ_LINE, &line);
		model_wire(i, line.level);
	}
	forward();
}

static void compare(struct __test_metadata *_metadata, int aia, unsigned int op)
{
	uint32_t ip = 0, ie = 0, in = 0;

	for (unsigned int i = 0; i <= NR_SOURCES; i++) {
		const struct source *s = &model.source[i];
		uint32_t bit = 1U << (i % 32);

		ip |= s->pending ? bit : 0;
		ie |= s->enabled ? bit : 0;
		in |= input(s) ? bit : 0;
		if (i)
			ASSERT_EQ(s->mode, rv_aia_get(aia, AIA_APLIC, APLIC_SOURCECFG(i)));
		if (i % 32 != 31 && i != NR_SOURCES)
			continue;
		ASSERT_EQ(ip, rv_aia_get(aia, AIA_APLIC, APLIC_SETIP(i / 32))) {
			TH_LOG("operation %u", op);
		}
		ASSERT_EQ(ie, rv_aia_get(aia, AIA_APLIC, APLIC_SETIE(i / 32)));
		ASSERT_EQ(in, rv_aia_get(aia, AIA_APLIC, APLIC_IN_CLRIP(i / 32)));
		ip = 0;
		ie = 0;
		in = 0;
	}
	for (unsigned int hart = 0; hart < 2; hart++)
		for (unsigned int w = 0; w < 2; w++)
			ASSERT_EQ(model.sent[hart][w],
				  rv_imsic_get(aia, hart, IMSIC_EIP0 + 2 * w));
}

static void guest_nothing(void)
{
	GUEST_DONE();
}

TEST(follows_the_model)
{
	uint64_t seed = 0x243f6a8885a308d3;
	struct kvm_vcpu *vcpus[2];
	struct kvm_vm *vm;
	int aia;

	if (!rv_aia_possible())
		SKIP(return, "the host has no AIA");
	vm = vm_create_with_vcpus(2, guest_nothing, vcpus);
	aia = rv_aia_setup(vm, KVM_DEV_RISCV_AIA_MODE_EMUL, 2, 127, NR_SOURCES);
	for (unsigned int op = 0; op < NR_OPS; op++) {
		random_op(vm, aia, &seed);
		if (op % 16 == 0)
			compare(_metadata, aia, op);
		/* Make room for further ones. */
		if (op % 64 == 0) {
			for (unsigned int hart = 0; hart < 2; hart++)
				for (unsigned int w = 0; w < 2; w++)
					rv_imsic_set(aia, hart, IMSIC_EIP0 + 2 * w, 0);
			memset(model.sent, 0, sizeof(model.sent));
		}
	}
	close(aia);
	kvm_vm_free(vm);
}

static void guest_mmio(void)
{
	GUEST_ASSERT_EQ(guest_read32(APLIC_GPA), 0x80000004);
	guest_write32(APLIC_GPA, APLIC_IE);
	GUEST_ASSERT_EQ(guest_read32(APLIC_GPA), 0x80000104);
	/* Registers that do not exist are zero. */
	guest_write32(APLIC_GPA + 0x1bc0, -1);
	GUEST_ASSERT_EQ(guest_read32(APLIC_GPA + 0x1bc0), 0);
	GUEST_ASSERT_EQ(guest_read32(APLIC_GPA + APLIC_SOURCECFG(NR_SOURCES + 1)), 0);

	guest_write32(APLIC_GPA + APLIC_SOURCECFG(3), APLIC_EDGE_RISE);
	guest_write32(APLIC_GPA + APLIC_TARGET(3), 9);
	guest_write32(APLIC_GPA + APLIC_SETIENUM, 3);
	GUEST_ASSERT_EQ(guest_read32(APLIC_GPA + APLIC_SETIE(0)), 8);
	guest_imsic_on(127);
	guest_write32(APLIC_GPA + APLIC_SETIPNUM, 3);
	GUEST_ASSERT_EQ(guest_claim(), 9UL);
	guest_write32(APLIC_GPA + APLIC_GENMSI, 11);
	GUEST_ASSERT_EQ(guest_claim(), 11UL);
	GUEST_ASSERT_EQ(guest_claim(), 0UL);
	GUEST_DONE();
}

TEST(guest_drives_it_by_mmio)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	if (!rv_aia_possible())
		SKIP(return, "the host has no AIA");
	vm = vm_create_with_one_vcpu(&vcpu, guest_mmio);
	close(rv_aia_setup(vm, KVM_DEV_RISCV_AIA_MODE_EMUL, 1, 127, NR_SOURCES));
	rv_run_done(vcpu);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
