// SPDX-License-Identifier: GPL-2.0-only
/*
 * The switch between the host's world and a vCPU's, by the calls that the
 * firmware has only for this (cove/tsm/check).
 */

#include <cove/covh.h>

#include "../../cove/tsm/check/direct.h"
#include "payload.h"

#define POISON			0xa5a5a5a500000000UL
#define CAUSE_ILLEGAL		2
#define CAUSE_ECALL_VU		8
#define CAUSE_ECALL_VS		10
#define CAUSE_LOAD_GUEST_FAULT	21
#define CAUSE_VIRTUAL_INSN	22
#define INTERRUPT		(1UL << 63)
#define TICKS			100000

/* in the order of enum vcpu_csr */
enum {
	VSSTATUS, VSIE, VSTVEC, VSSCRATCH, VSEPC, VSCAUSE, VSTVAL, VSATP,
	VSTIMECMP, HVIP, HTIMEDELTA
};

extern const char guest_begin[], guest_spin[], guest_faults[], guest_fp[], guest_vector[];
extern const char guest_trap[], guest_wfi[], guest_user[], guest_csrs[], guest_end[];

uint64_t call_and_compare(uint64_t arg, uint64_t fid, uint64_t ext);

/* Of each hart: they run at the same time. */
static struct direct vcpus[MAX_HARTS] __attribute__((aligned(4096)));
static uint8_t image[DIRECT_IMAGE] __attribute__((aligned(4096)));

static struct direct *vcpu_here(void)
{
	return &vcpus[this_hart->number];
}

static void start_at(const char *program)
{
	struct direct *vcpu = vcpu_here();

	memset(vcpu, 0, sizeof(*vcpu));
	for (unsigned int i = 1; i < 32; i++)
		vcpu->gpr[i] = POISON + i;
	vcpu->pc = DIRECT_GPA + (program - guest_begin);
	vcpu->privilege = 1;
	vcpu->csr[VSTIMECMP] = ~0UL;
	vcpu->csr[VSTVEC] = DIRECT_GPA + (guest_trap - guest_begin);
}

static uint64_t run(void)
{
	sbi1(COVE_EXT_COVH, DIRECT_RUN, (unsigned long)vcpu_here());
	return vcpu_here()->cause;
}

static void load(void)
{
	sbi1(COVE_EXT_COVH, DIRECT_LOAD, (unsigned long)image);
}

static bool gprs_are_kept(void)
{
	for (unsigned int i = 1; i < 32; i++) {
		if (vcpu_here()->gpr[i] != POISON + i)
			return false;
	}
	return true;
}

static void test_round_trip(void)
{
	struct direct *vcpu = vcpu_here();
	uint64_t changed;

	start_at(guest_begin);
	report(run() == CAUSE_ECALL_VS, "a TVM's ecall comes to the TSM");
	report(vcpu->pc == DIRECT_GPA, "with its address");
	report(gprs_are_kept(), "a TVM finds its registers, and keeps them");
	changed = call_and_compare((unsigned long)vcpu, DIRECT_RUN, COVE_EXT_COVH);
	report(!changed, "so does the host (%lx)", changed);
	changed = call_and_compare(0, DIRECT_NULL, COVE_EXT_COVH);
	report(!changed, "and by a call that runs nothing (%lx)", changed);
	start_at(guest_user);
	vcpu->privilege = 0;
	report(run() != CAUSE_ECALL_VU, "an ecall of VU-mode is the TVM's own");
}

/* What the host has in CSRs: a value, and what of it has to be there after. */
#define HOST_CSRS(CSR)							\
	CSR(sepc, 0x1234, ~0UL)						\
	CSR(scause, 7, ~0UL)						\
	CSR(stval, 0x5555, ~0UL)					\
	CSR(sscratch, 0x6666, ~0UL)					\
	CSR(scounteren, 5, 7)						\
	CSR(senvcfg, 0x40, 0x40)					\
	CSR(hstatus, 0x200000, 0x200000)				\
	CSR(hgeie, 2, ~0UL)						\
	CSR(hie, 0x444, 0x444)						\
	CSR(hgatp, 0x8000000000090000, ~0UL)				\
	CSR(sie, 0x222, 0x222)

/* What it finds zero, having put something there. */
#define LOST_CSRS(CSR)							\
	CSR(hedeleg, 0xb100, 0)						\
	CSR(hideleg, 0x444, 0)						\
	CSR(hcounteren, 7, 0)						\
	CSR(henvcfg, 0x40, 0)						\
	CSR(hvip, 0x444, 0)						\
	CSR(htimedelta, 0x777, 0)						\
	CSR(vsie, 0, 0)							\
	CSR(vstvec, 0x1000, 0)						\
	CSR(vsscratch, 0x2222, 0)						\
	CSR(vsepc, 0x3330, 0)						\
	CSR(vscause, 3, 0)							\
	CSR(vstval, 0x4444, 0)						\
	CSR(vsatp, 0x8000000000090000, 0)					\
	CSR(vstimecmp, 0x1111, ~0UL)

static void leak_run(const char *name)
{
	struct direct *vcpu = vcpu_here();

	start_at(guest_begin);
	for (unsigned int i = VSTVEC; i <= VSTVAL; i++)
		vcpu->csr[i] = POISON + 0x100 * i;
	vcpu->csr[VSCAUSE] = 15;
	report(run() == CAUSE_ECALL_VS, "leak test: a run, %s", name);
}

static void test_leaks(void)
{
	struct direct *vcpu = vcpu_here();
	bool kept = true;

#define SET(csr, value, ...)	csr_write(csr, value);
#define CHECK(csr, value, mask) {					\
	unsigned long found = csr_read(csr);				\
									\
	report(!((found ^ (value)) & (mask)), #csr " is the host's again (%lx)", found); \
}
	csr_clear(sstatus, 2);
	HOST_CSRS(SET)
	leak_run("the host's registers poisoned");
	HOST_CSRS(CHECK)
	csr_write(sscratch, this_hart);
	csr_write(hgeie, 0);
	csr_write(hie, 0);
	csr_write(sie, 0);
	csr_write(hgatp, 0);
#undef CHECK
#define CHECK(csr, value, after) {					\
	unsigned long found = csr_read(csr);				\
									\
	report(found == (after), #csr " tells the host nothing (%lx)", found);	\
}
	LOST_CSRS(SET)
	leak_run("with values of the host in hypervisor's registers");
	LOST_CSRS(CHECK)
	for (unsigned int i = VSTVEC; i <= VSTVAL; i++)
		kept = kept && (i == VSCAUSE || vcpu->csr[i] == POISON + 0x100 * i);
	report(kept, "the TVM's are as it left them");
	start_at(guest_csrs);
	csr_write(scounteren, 5);
	csr_write(senvcfg, 0x40);
	vcpu->gpr[11] = 2;
	vcpu->gpr[13] = 0;
	report(run() == CAUSE_ECALL_VS && !vcpu->gpr[10] && !vcpu->gpr[12],
	       "the TVM sees nothing of the host's in what they share");
	report(csr_read(scounteren) == 5 && csr_read(senvcfg) == 0x40,
	       "nor the host of the TVM's");
	start_at(guest_csrs);
	report(run() == CAUSE_ECALL_VS && vcpu->gpr[10] == 2, "which the TVM finds again");
}

static uint64_t time_in(unsigned int ticks)
{
	return csr_read(time) + ticks;
}

static void test_interrupts(void)
{
	struct direct *vcpu = vcpu_here();

	start_at(guest_spin);
	csr_set(sie, 2);
	csr_set(sip, 2);
	report(run() == (INTERRUPT | 1), "a software interrupt of the host ends a run");
	csr_clear(sip, 2);
	csr_clear(sie, 2);

	start_at(guest_spin);
	csr_write(stimecmp, time_in(TICKS));
	csr_set(sie, 0x20);
	report(run() == (INTERRUPT | 5), "the host's timer ends a run");
	report(csr_read(sip) & 0x20, "and is still pending");
	csr_write(stimecmp, ~0UL);
	csr_clear(sie, 0x20);

	/* The TVM's own timer: taken there, by its handler, which returns. */
	start_at(guest_spin);
	vcpu->gpr[8] = 0;
	vcpu->csr[VSIE] = 0x20;
	vcpu->csr[VSSTATUS] = 2;
	vcpu->csr[VSTIMECMP] = csr_read(time);
	/* Long enough for a busy machine to let the TVM's come first. */
	csr_write(stimecmp, time_in(20 * TICKS));
	csr_set(sie, 0x20);
	report(run() == (INTERRUPT | 5) && vcpu->gpr[8], "the TVM's own timer comes to it");
	csr_write(stimecmp, ~0UL);
	csr_clear(sie, 0x20);
}

/* An interrupt that a guest's file of the IMSIC raises for the hypervisor. */
static void test_sgei(void)
{
	csr_write(hgeie, ~0UL);
	if (!csr_read(hgeie)) {
		skip("a guest external interrupt of the host", "no guest files");
		return;
	}
	/* eidelivery, eithreshold, eie0 and eip0 of guest file 1 */
	csr_write(hstatus, (csr_read(hstatus) & ~0x3f000UL) | 1 << 12);
	csr_write(0x250, 0x70);
	csr_write(0x251, 1);
	csr_write(0x250, 0x72);
	csr_write(0x251, 0);
	csr_write(0x250, 0xc0);
	csr_write(0x251, 2);
	csr_write(0x250, 0x80);
	csr_write(0x251, 2);
	csr_set(hie, 1 << 12);
	csr_set(sie, 1 << 12);
	report(csr_read(hgeip) & 2, "a guest external interrupt is pending");
	start_at(guest_begin);
	report(run() == CAUSE_ECALL_VS, "which does not lead from a TVM to the host");
	report(csr_read(hgeie), "hgeie is the host's again");
	csr_write(0x250, 0x80);
	csr_write(0x251, 0);
	csr_write(hgeie, 0);
	csr_clear(hie, 1 << 12);
	csr_clear(hstatus, 0x3f000);
}

static void test_exceptions(void)
{
	struct direct *vcpu = vcpu_here();

	start_at(guest_faults);
	vcpu->gpr[8] = 0;
	report(run() == CAUSE_ECALL_VS && vcpu->gpr[8] == 1,
	       "a TVM serves its own breakpoint");
	start_at(guest_wfi);
	report(run() == CAUSE_VIRTUAL_INSN, "WFI comes to the TSM");
	start_at(guest_begin);
	vcpu->pc = DIRECT_GPA + (2 << 20);
	report(run() == 20 && vcpu->htval == vcpu->pc >> 2, "so does a fetch from nowhere");
	start_at(guest_begin);
	vcpu->csr[VSSTATUS] = ~0UL;
	report(run() == CAUSE_ECALL_VS && !(vcpu->csr[VSSTATUS] & 1 << 17),
	       "bits of vsstatus that don't exist do no harm");
	start_at(guest_end);
	report(run() == CAUSE_ILLEGAL, "and an illegal instruction");
}

/* The firmware changes medeleg for the host; a run must not lose that. */
static void test_delegation(void)
{
	sbi3(SBI_FWFT, 0, 0, 1, 0);
	start_at(guest_begin);
	report(run() == CAUSE_ECALL_VS && sbi1(SBI_FWFT, 1, 0).value == 1,
	       "what the host has delegated to it stays so");
	sbi3(SBI_FWFT, 0, 0, 0, 0);
}

static void test_units(void)
{
	struct direct *vcpu = vcpu_here();

	/* FS initial, so that it may; then off. */
	start_at(guest_fp);
	vcpu->csr[VSSTATUS] = 1 << 13;
	vcpu->gpr[13] = 1;
	report(run() == CAUSE_ECALL_VS && !vcpu->gpr[10] && !vcpu->gpr[12],
	       "floating-point registers of a TVM begin as zero");
	start_at(guest_fp);
	vcpu->csr[VSSTATUS] = 1 << 13;
	report(run() == CAUSE_ECALL_VS && vcpu->gpr[10] == POISON + 11 && vcpu->gpr[12] == 1,
	       "and are kept");
	start_at(guest_fp);
	report(run() == CAUSE_ILLEGAL, "with FS off they are out of reach");
	csr_set(sstatus, 1 << 13);
	{
		uint64_t f1;

		asm volatile(".option push\n.option arch, +d\nfmv.x.d %0, f1\n.option pop"
			     : "=r"(f1));
		report(!f1, "the host sees nothing of them");
	}
	csr_clear(sstatus, 3 << 13);
	start_at(guest_vector);
	vcpu->csr[VSSTATUS] = 1 << 9;
	if (run() == CAUSE_ILLEGAL) {
		skip("vector registers", "no vector unit");
		return;
	}
	report(vcpu->cause == CAUSE_ECALL_VS && !vcpu->gpr[10], "vector registers begin as zero");
	start_at(guest_vector);
	vcpu->csr[VSSTATUS] = 1 << 9;
	report(run() == CAUSE_ECALL_VS && vcpu->gpr[10] == POISON + 11, "and are kept");
	csr_set(sstatus, 1 << 9);
	{
		uint64_t v9;

		asm volatile(".option push\n.option arch, +v\n"
			     "vsetivli zero, 2, e64, m1, ta, ma\nvmv.x.s %0, v9\n.option pop"
			     : "=r"(v9));
		report(!v9, "the host sees nothing of them");
	}
	csr_clear(sstatus, 3 << 9);
}

static volatile bool spinning, stop_ipis;
static volatile uint64_t ipi_cause;

static void spin_elsewhere(void)
{
	load();
	start_at(guest_spin);
	csr_set(sie, 2);
	spinning = true;
	ipi_cause = run();
	csr_clear(sip, 2);
	csr_clear(sie, 2);
}

static void fence_elsewhere(void)
{
	load();
	for (int i = 0; i < 200; i++) {
		start_at(guest_spin);
		csr_write(stimecmp, time_in(2000));
		csr_set(sie, 0x20);
		run();
		csr_write(stimecmp, ~0UL);
		csr_clear(sie, 0x20);
	}
	stop_ipis = true;
}

static void test_other_harts(void)
{
	struct sbi_ret ret = {};
	unsigned int fences = 0;

	hart_ask(1, spin_elsewhere);
	while (!spinning)
		;
	pause_us(1000);
	sbi2(SBI_IPI, 0, 1, harts[1].id);
	hart_wait(1);
	report(ipi_cause & INTERRUPT, "an IPI to a hart that runs a TVM ends the run");

	hart_ask(1, fence_elsewhere);
	while (!stop_ipis && !ret.error) {
		ret = sbi4(SBI_RFENCE, 1, 1, harts[1].id, 0, ~0UL);
		ret.error |= sbi2(SBI_IPI, 0, 1, harts[1].id).error;
		fences++;
	}
	hart_wait(1);
	report(!ret.error && fences, "fences and IPIs at a hart that runs a TVM are served");
}

static volatile uint64_t goes_on;

/* The vCPU is where it was before: at the second of its calls. */
static void go_on(void)
{
	struct direct *vcpu = vcpu_here();
	uint64_t pc = vcpu->pc + 4;

	/* What woke the hart would end the run, too. */
	csr_clear(sip, 2);
	csr_clear(sie, 2);
	vcpu->pc = pc;
	goes_on = run() == CAUSE_ECALL_VS && vcpu->pc == pc && gprs_are_kept();
}

static void begin_elsewhere(void)
{
	load();
	start_at(guest_begin);
	run();
}

/**
 * test_world_after_suspend() - vCPUs outlive the stops and suspends of a hart
 */
void test_world_after_suspend(void)
{
	if (hart_count == 1 || sbi0(COVE_EXT_COVH, DIRECT_NULL).error)
		return;
	for (unsigned int i = 1; i < hart_count; i++) {
		hart_ask(i, go_on);
		hart_wait(i);
		report(goes_on, "the vCPU of hart %u goes on after its stop or suspend", i);
	}
}

static void test_cost(void)
{
	uint64_t null, round, one, many;

	start_at(guest_begin);
	run();
	instructions_of_call(DIRECT_NULL, 0, 0);
	null = instructions_of_call(DIRECT_NULL, 0, 0);
	round = instructions_of_call(DIRECT_AGAIN, 0, 0);
	start_at(guest_begin);
	run();
	one = instructions_of_call(DIRECT_SERVE, 1, 0);
	many = instructions_of_call(DIRECT_SERVE, 11, 0);
	print("# instructions (exact with -icount): null call %lu, round trip %lu, ", null, round);
	print("ecall served here %lu\n", (many - one) / 10);
}

/**
 * test_world() - all tests of the switch, if the firmware has the calls for it
 */
void test_world(void)
{
	if (sbi0(COVE_EXT_COVH, DIRECT_NULL).error)
		return;
	memcpy(image, guest_begin, guest_end - guest_begin);
	load();
	test_round_trip();
	test_exceptions();
	test_delegation();
	test_leaks();
	test_interrupts();
	test_sgei();
	test_units();
	if (hart_count > 1)
		test_other_harts();
	for (unsigned int i = 1; i < hart_count; i++) {
		hart_ask(i, begin_elsewhere);
		hart_wait(i);
	}
	test_cost();
}
