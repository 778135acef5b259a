// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a vCPU: every cause that it may come back with, what the host sees
 * of each, and when it may be run at all.
 */

#include "guest.h"
#include "nacl.h"
#include "report.h"

#include <cove/abi.h>
#include <stdlib.h>
#include <time.h>

#define WFI		0x10500073
#define WRS_NTO		0x00d00073
#define LOAD_WORD	0x00002283	/* as htinst has it, to x5 */
#define STORE_WORD	0x00502023	/* of x5 */

#define VSSIP		(1ULL << 2)
#define VSEIP		(1ULL << 10)

/* All that the host must not see has this in its upper half. */
#define SECRET		0x5ec2e7a500000000ULL

static int start(void **state)
{
	guest_start(3);
	return 0;
}

static int stop(void **state)
{
	guest_stop();
	return 0;
}

static uint64_t run_one(const struct guest_step *step)
{
	uint64_t value;

	guest_script(step, 1);
	assert_int_equal(guest_run(guest_vcpu(0), &value), 0);
	return value;
}

static void fill_with_secrets(struct vcpu *vcpu)
{
	unsigned int i;

	for (i = 1; i < 32; i++)
		vcpu->gpr[i] = SECRET | i;
	for (i = 0; i < VCPU_CSRS; i++)
		vcpu->csr[i] = SECRET | 0x100 | i;
	vcpu->pc = SECRET | 0x200;
}

/*
 * Of the host's memory, what an exit writes is what is promised; the rest is
 * as it was.
 */
static void host_sees(const struct vcpu *vcpu, uint64_t a0, uint64_t htval,
		      uint64_t htinst, bool wake)
{
	struct cove_nacl_shmem *shmem = guest_shmem(0);
	unsigned int i;

	for (i = 10; i < 18; i++) {
		assert_int_equal(shmem->gpr[i], i == 10 ? a0 : 0);
		shmem->gpr[i] = POISON;
	}
	assert_int_equal(guest_csr(0, COVE_CSR_HTVAL), htval);
	assert_int_equal(guest_csr(0, COVE_CSR_HTINST), htinst);
	assert_int_equal(guest_csr(0, COVE_CSR_VSIE), wake ? vcpu->csr[VCPU_VSIE] : 0);
	assert_int_equal(guest_csr(0, COVE_CSR_VSTIMECMP),
			 wake ? vcpu->csr[VCPU_VSTIMECMP] : 0);
	assert_int_equal(guest_csr(0, COVE_CSR_HTIMEDELTA),
			 wake ? vcpu->csr[VCPU_HTIMEDELTA] : 0);
	shmem->csr[COVE_NACL_CSR(COVE_CSR_HTVAL)] = POISON;
	shmem->csr[COVE_NACL_CSR(COVE_CSR_HTINST)] = POISON;
	shmem->csr[COVE_NACL_CSR(COVE_CSR_VSIE)] = POISON;
	shmem->csr[COVE_NACL_CSR(COVE_CSR_VSTIMECMP)] = POISON;
	shmem->csr[COVE_NACL_CSR(COVE_CSR_HTIMEDELTA)] = POISON;
	for (i = 0; i < COVE_NACL_SHMEM_SIZE / 8; i++)
		assert_int_equal(((uint64_t *)shmem)[i], POISON);
}

/* Exits that reach the host; calls are in test_guest_sbi.c and test_covg.c. */
static void what_the_host_sees(void **state)
{
	static const struct {
		struct guest_step step;
		uint64_t a0, htval, htinst, tval;
		uint64_t value;
	} exits[] = {
		{ { .cause = INTERRUPT | 1, .tval = SECRET, .htval = SECRET, .htinst = SECRET },
		  .value = 0 },
		{ { .cause = INTERRUPT | 12, .tval = SECRET, .htval = SECRET },
		  .value = 0 },
		{ { .cause = 21, .tval = SECRET | 3, .htval = (SHARED + 0x123 * 4) >> 2,
		    .htinst = LOAD_WORD }, .htval = SHARED >> 2 },
		{ { .cause = 23, .tval = SECRET | 3, .htval = (SHARED + 0xffc) >> 2,
		    .htinst = STORE_WORD }, .htval = SHARED >> 2 },
		{ { .cause = 21, .tval = SECRET, .htval = (DEVICE + 0x124) >> 2,
		    .htinst = LOAD_WORD },
		  .htval = (DEVICE + 0x124) >> 2, .htinst = 0x2503 },
		/* Of the word that is stored, not the upper half. */
		{ { .cause = 23, .tval = SECRET, .htval = (DEVICE + 0x124) >> 2,
		    .htinst = STORE_WORD },
		  .a0 = 5, .htval = (DEVICE + 0x124) >> 2, .htinst = 0xa02023 },
		{ { .cause = 22, .tval = WFI, .htval = SECRET, .htinst = SECRET },
		  .htinst = WFI },
		/* The end: causes that no guest may have. */
		{ { .cause = 9, .tval = SECRET, .htval = SECRET, .htinst = SECRET },
		  .value = 1 },
		{ { .cause = 19, .tval = SECRET, .htval = SECRET, .htinst = SECRET },
		  .value = 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(exits); i++) {
		struct vcpu *vcpu = guest_vcpu(0);

		fill_with_secrets(vcpu);
		/* WFI waits. */
		vcpu->csr[VCPU_VSIE] = SECRET;
		guest_poison(0);
		assert_int_equal(run_one(&exits[i].step), exits[i].value);
		assert_int_equal(host_cause, exits[i].step.cause);
		assert_int_equal(host_tval, exits[i].tval);
		host_sees(vcpu, exits[i].a0, exits[i].htval, exits[i].htinst, !exits[i].value);
		vcpu->wait.what = VCPU_NOTHING;
		guest_tvm.state = TVM_RUNNABLE;
	}
}

/* Whatever a handler leaves in a report, its kind has the last word. */
static void every_report(void **state)
{
	static const struct {
		bool wake, page, byte, insn, a0, args;
	} may[REPORT_KINDS] = {
		[REPORT_INTERRUPT] = { .wake = true },
		[REPORT_PAGE] = { .wake = true, .page = true },
		[REPORT_LOAD] = { .wake = true, .byte = true, .insn = true },
		[REPORT_STORE] = { .wake = true, .byte = true, .insn = true, .a0 = true },
		[REPORT_WFI] = { .wake = true, .insn = true },
		[REPORT_CALL] = { .wake = true, .a0 = true, .args = true },
		[REPORT_END] = { .wake = false },
	};
	struct cove_nacl_shmem *shmem = guest_shmem(0);
	struct vcpu *vcpu = guest_vcpu(0);
	unsigned int kind, i;

	fill_with_secrets(vcpu);
	for (kind = 0; kind < REPORT_KINDS; kind++) {
		const struct report report = {
			.kind = kind, .cause = 77, .gpa = 0x12345677, .htinst = 0x5555,
			.a = { 100, 101, 102, 103, 104, 105, 106, 107 }, .value = 1,
		};

		guest_poison(0);
		report_send(vcpu, &report);
		assert_int_equal(host_cause, 77);
		assert_int_equal(host_tval, may[kind].byte ? 3 : 0);
		for (i = 1; i < 8; i++) {
			assert_int_equal(shmem->gpr[10 + i], may[kind].args ? 100 + i : 0);
			shmem->gpr[10 + i] = 0;
		}
		host_sees(vcpu, may[kind].a0 ? 100 : 0,
			  may[kind].byte ? 0x12345677 >> 2 : may[kind].page ? 0x12345000 >> 2 : 0,
			  may[kind].insn ? 0x5555 : 0, may[kind].wake);
	}
}

/* What is no exit is the guest's own trap. */
static void every_cause(void **state)
{
	static const uint64_t given_back =
		1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 |
		1 << 8 | 1 << 12 | 1 << 13 | 1 << 15 | 1 << 18;
	static const uint64_t served = 1 << 10 | 1 << 20 | 1 << 21 | 1 << 22 | 1 << 23;
	struct vcpu *vcpu = guest_vcpu(0);
	unsigned int cause, mode;

	for (cause = 0; cause < 67; cause++) {
		const struct guest_step step = { .cause = cause < 64 ? cause : 1ULL << (cause - 4),
						 .tval = 0x1234 };

		if (cause < 64 && served >> cause & 1)
			continue;
		for (mode = 0; mode < 4; mode++) {
			bool vs = mode & 1, sie = mode & 2;

			vcpu->pc = 0x8000;
			vcpu->privilege = vs;
			vcpu->csr[VCPU_VSSTATUS] = sie ? 1ULL << 1 : 1ULL << 5 | 1ULL << 8;
			/* Vectored: exceptions go to the base. */
			vcpu->csr[VCPU_VSTVEC] = 0x5001;
			vcpu->csr[VCPU_VSCAUSE] = ~0ULL;
			if (cause < 64 && given_back >> cause & 1) {
				assert_int_equal(run_one(&step), 0);
				assert_int_equal(host_cause, TIMER);
				assert_int_equal(vcpu->csr[VCPU_VSCAUSE], cause);
				assert_int_equal(vcpu->csr[VCPU_VSTVAL], 0x1234);
				assert_int_equal(vcpu->csr[VCPU_VSEPC], 0x8000);
				assert_int_equal(vcpu->csr[VCPU_VSSTATUS],
						 (uint64_t)sie << 5 | (uint64_t)vs << 8);
				assert_int_equal(vcpu->pc, 0x5000);
				assert_int_equal(vcpu->privilege, 1);
			} else {
				assert_int_equal(run_one(&step), 1);
				assert_int_equal(host_cause, step.cause);
				assert_int_equal(tvm_state(&guest_tvm), TVM_DEAD);
				assert_int_equal(vcpu->csr[VCPU_VSCAUSE], ~0ULL);
				guest_tvm.state = TVM_RUNNABLE;
			}
		}
	}
}

static void states(void **state)
{
	struct vcpu *vcpu = guest_vcpu(1);
	uint64_t value;

	assert_int_equal(guest_run(vcpu, &value), COVE_ERR_ALREADY_STOPPED);
	assert_int_equal(value, 0);
	assert_true(vcpu_move(vcpu, VCPU_CLAIM));
	assert_int_equal(guest_run(vcpu, &value), COVE_ERR_AGAIN);
	assert_int_equal(guest_entries, 0);
	vcpu->start_pc = 0x1000;
	assert_true(vcpu_move(vcpu, VCPU_START));
	guest_runs_on(vcpu);
	assert_int_equal(guest_entries, 1);
	assert_int_equal(vcpu->pc, 0x1000);
	assert_int_equal(vcpu_state(vcpu), VCPU_STARTED);
	assert_true(vcpu_move(vcpu, VCPU_SUSPEND));
	guest_runs_on(vcpu);
	assert_int_equal(vcpu_state(vcpu), VCPU_STARTED);

	/* Without memory to tell the host, it isn't entered. */
	nacl_set_shmem(COVE_NACL_SHMEM_DISABLE, COVE_NACL_SHMEM_DISABLE, 0);
	guest_entries = 0;
	assert_int_equal(guest_run(vcpu, &value), COVE_ERR_NO_SHMEM);
	assert_int_equal(guest_entries, 0);
}

static void of_a_dead_tvm(void **state)
{
	static const enum tvm_state dead[] = {
		TVM_INITIALIZING, TVM_PROMOTING, TVM_DEAD, TVM_DESTROYING,
	};
	struct vcpu *vcpu = guest_vcpu(0);
	unsigned int i;
	uint64_t value;

	for (i = 0; i < ARRAY_SIZE(dead); i++) {
		guest_tvm.state = dead[i];
		guest_poison(0);
		assert_int_equal(guest_run(vcpu, &value), 0);
		assert_int_equal(value, 1);
		assert_int_equal(guest_entries, 0);
		host_sees(vcpu, 0, 0, 0, false);
	}
}

static void die(struct vcpu *vcpu)
{
	tvm_kill(&guest_tvm);
}

/* Another vCPU, or the host, ends the TVM: it isn't entered once more. */
static void killed_meanwhile(void **state)
{
	static const struct guest_step steps[] = { { .cause = 2, .before = die }, { .cause = 2 } };
	uint64_t value;

	guest_script(steps, 2);
	assert_int_equal(guest_run(guest_vcpu(0), &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(guest_entries, 1);
}

/* The host's interrupts: those that the guest has allowed, and no others. */
static void interrupts(void **state)
{
	struct vcpu *vcpu = guest_vcpu(0);
	uint64_t *hvip = &guest_shmem(0)->csr[COVE_NACL_CSR(COVE_CSR_HVIP)];

	*hvip = ~0ULL;
	guest_runs_on(vcpu);
	assert_int_equal(vcpu->csr[VCPU_HVIP], 0);
	vcpu->allowed = VSEIP;
	guest_runs_on(vcpu);
	assert_int_equal(vcpu->csr[VCPU_HVIP], VSEIP);
	/* It is a level, of which the host has the say each time. */
	*hvip = ~VSEIP;
	guest_runs_on(vcpu);
	assert_int_equal(vcpu->csr[VCPU_HVIP], 0);
	/* That of software is the guest's. */
	vcpu->csr[VCPU_HVIP] = ~0ULL;
	guest_runs_on(vcpu);
	assert_int_equal(vcpu->csr[VCPU_HVIP], VSSIP);
	*hvip = VSEIP;
	vcpu_mark(vcpu, VCPU_MARK_IPI);
	vcpu->csr[VCPU_HVIP] = 0;
	guest_runs_on(vcpu);
	assert_int_equal(vcpu->csr[VCPU_HVIP], VSEIP | VSSIP);
	assert_int_equal(vcpu->marks, 0);
}

static void all_or_nothing(struct vcpu *vcpu)
{
	static unsigned int entered;

	guest_shmem(0)->csr[COVE_NACL_CSR(COVE_CSR_HVIP)] = entered++ & 1 ? ~0ULL : 0;
	assert_int_equal(vcpu->csr[VCPU_HVIP], VSEIP);
}

/* It is read once for a call, whatever the host makes of it meanwhile. */
static void read_once(void **state)
{
	static const struct guest_step steps[] = {
		{ .cause = 2, .before = all_or_nothing }, { .cause = 2, .before = all_or_nothing },
		{ .cause = 2, .before = all_or_nothing },
	};
	struct vcpu *vcpu = guest_vcpu(0);

	vcpu->allowed = VSEIP;
	guest_shmem(0)->csr[COVE_NACL_CSR(COVE_CSR_HVIP)] = VSEIP;
	guest_script(steps, ARRAY_SIZE(steps));
	guest_runs_on(vcpu);
}

static const struct guest_step wfi = { .cause = 22, .tval = WFI };

static bool waits(void)
{
	uint64_t pc = guest_vcpu(0)->pc;

	assert_int_equal(run_one(&wfi), 0);
	/* It is over, in any case, when the guest goes on. */
	assert_int_equal(guest_vcpu(0)->pc, pc + 4);
	assert_int_equal(guest_vcpu(0)->parked, host_cause == 22);
	return host_cause == 22;
}

static void waiting_for_interrupts(void **state)
{
	struct vcpu *vcpu = guest_vcpu(0);
	uint64_t *hvip = &guest_shmem(0)->csr[COVE_NACL_CSR(COVE_CSR_HVIP)];

	*hvip = 0;
	assert_true(waits());
	vcpu->csr[VCPU_VSIE] = 0x222;
	assert_true(waits());
	/* Each of the three that it may have, if it is enabled. */
	vcpu->csr[VCPU_HVIP] = VSSIP;
	assert_false(waits());
	vcpu->csr[VCPU_VSIE] = 0x220;
	assert_true(waits());
	vcpu->csr[VCPU_HVIP] = 0;
	vcpu->allowed = VSEIP;
	*hvip = VSEIP;
	assert_false(waits());
	vcpu->csr[VCPU_VSIE] = 0x22;
	assert_true(waits());
	*hvip = 0;
	vcpu->csr[VCPU_VSTIMECMP] = host.time + 1000;
	assert_true(waits());
	vcpu->csr[VCPU_HTIMEDELTA] = 2000;
	assert_false(waits());
	vcpu->csr[VCPU_VSIE] = 2;
	assert_true(waits());
}

static void ipi(struct vcpu *vcpu)
{
	vcpu_mark(vcpu, VCPU_MARK_IPI);
}

/* An IPI that comes between the guest's last look and its WFI. */
static void an_ipi_just_before(void **state)
{
	static const struct guest_step step = { .cause = 22, .tval = WFI, .before = ipi };

	guest_vcpu(0)->csr[VCPU_VSIE] = 2;
	assert_int_equal(run_one(&step), 0);
	assert_int_equal(host_cause, TIMER);
	assert_int_equal(guest_vcpu(0)->parked, 0);
	assert_int_equal(guest_vcpu(0)->csr[VCPU_HVIP], VSSIP);
}

static void is_illegal(uint64_t insn, uint64_t privilege)
{
	const struct guest_step step = { .cause = 22, .tval = insn };
	struct vcpu *vcpu = guest_vcpu(0);

	vcpu->privilege = privilege;
	assert_int_equal(run_one(&step), 0);
	assert_int_equal(host_cause, TIMER);
	assert_int_equal(vcpu->csr[VCPU_VSCAUSE], 2);
	assert_int_equal(vcpu->csr[VCPU_VSTVAL], insn);
	vcpu->csr[VCPU_VSCAUSE] = 0;
}

static void virtual_instructions(void **state)
{
	const struct guest_step wrs = { .cause = 22, .tval = WRS_NTO };
	struct vcpu *vcpu = guest_vcpu(0);

	is_illegal(WFI, 0);
	is_illegal(0, 1);
	is_illegal(0xc0002573, 1);	/* rdcycle a0 */
	is_illegal(0x22000073, 1);	/* hfence.vvma */
	is_illegal(SECRET | WFI, 1);
	vcpu->pc = 0x9000;
	assert_int_equal(run_one(&wrs), 0);
	assert_int_equal(vcpu->pc, 0x9004);
	assert_int_equal(vcpu->csr[VCPU_VSCAUSE], 0);
}

static void fault(uint64_t cause, uint64_t gpa)
{
	const struct guest_step step = { .cause = cause, .tval = gpa & 0xfff, .htval = gpa >> 2 };

	assert_int_equal(run_one(&step), 0);
}

static void faults_of_private_memory(void **state)
{
	struct vcpu *vcpu = guest_vcpu(0);
	uint64_t pc = vcpu->pc;
	struct gstage_leaf leaf;

	fault(23, PRIVATE + 0x123);
	assert_int_equal(host_cause, TIMER);
	assert_int_equal(vcpu->pc, pc);
	gstage_find(&guest_tvm.gstage, PRIVATE, &leaf);
	assert_int_equal(leaf.kind, GSTAGE_PRIVATE);
	fault(20, PRIVATE + 8 * MIB);
	assert_int_equal(host_cause, TIMER);
	/* The host has taken it away. */
	assert_int_equal(memory_invalidate(&guest_tvm, PRIVATE, PAGE_BYTES), 0);
	fault(21, PRIVATE + 0xff0);
	assert_int_equal(host_cause, 21);
	assert_int_equal(host_tval, 0);
	assert_int_equal(guest_csr(0, COVE_CSR_HTVAL), PRIVATE >> 2);
	/* There is no memory left for it. */
	guest_tvm.quota.limit = guest_tvm.quota.used;
	fault(20, PRIVATE + 16 * MIB + 0x10);
	assert_int_equal(host_cause, 20);
	assert_int_equal(guest_csr(0, COVE_CSR_HTVAL), (PRIVATE + 16 * MIB) >> 2);
	assert_int_equal(vcpu->pc, pc);
}

static void faults_of_shared_memory(void **state)
{
	static const struct guest_step table = {
		.cause = 21, .htval = SHARED >> 2, .htinst = 0x3000 };
	static const struct guest_step marking = {
		.cause = 23, .htval = SHARED >> 2, .htinst = 0x3020 };
	struct vcpu *vcpu = guest_vcpu(0);

	fault(21, SHARED);
	assert_int_equal(host_cause, 21);
	assert_int_equal(memory_add_shared(&guest_tvm, HOST_RAM + 32 * MIB, 0, 1, SHARED), 0);
	fault(21, SHARED);
	assert_int_equal(host_cause, TIMER);
	/* No code there, and no page tables. */
	fault(20, SHARED);
	assert_int_equal(vcpu->csr[VCPU_VSCAUSE], 1);
	assert_int_equal(run_one(&table), 0);
	assert_int_equal(host_cause, TIMER);
	assert_int_equal(vcpu->csr[VCPU_VSCAUSE], 5);
	assert_int_equal(run_one(&marking), 0);
	assert_int_equal(vcpu->csr[VCPU_VSCAUSE], 7);
}

static void script_entries(const struct guest_step *step, unsigned int count)
{
	guest_entries = 0;
	guest_script(step, count);
}

/* As long as another hart has the TVM, the guest tries again. */
static void when_the_tvm_is_locked(void **state)
{
	static struct guest_step faults[5000];
	static const uint8_t causes[] = { 23, 21, 20 };
	struct vcpu *vcpu = guest_vcpu(0);
	uint64_t pc = vcpu->pc, value;
	struct gstage_leaf leaf;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		faults[i] = (struct guest_step){ .cause = causes[i % 3], .htval = PRIVATE >> 2 };
	assert_true(lock_try(&guest_tvm.lock));
	/* The host's interrupt is not kept waiting. */
	script_entries(faults, 3);
	guest_runs_on(vcpu);
	assert_int_equal(guest_entries, 4);
	/* Nor is the host, if it has none. */
	script_entries(faults, ARRAY_SIZE(faults));
	guest_poison(0);
	assert_int_equal(guest_run(vcpu, &value), COVE_ERR_AGAIN);
	assert_int_equal(value, 0);
	assert_in_range(guest_entries, 2, ARRAY_SIZE(faults) - 1);
	assert_int_equal(guest_shmem(0)->gpr[10], POISON);
	assert_int_equal(vcpu->pc, pc);
	gstage_find(&guest_tvm.gstage, PRIVATE, &leaf);
	assert_int_equal(leaf.kind, 0);
	lock_drop(&guest_tvm.lock);
	fault(23, PRIVATE);
	assert_int_equal(host_cause, TIMER);
	assert_true(lock_try(&guest_tvm.lock));
}

static unsigned int not_over;

static void fence_now(struct vcpu *vcpu)
{
	if (gstage_fence_done(&guest_tvm.gstage))
		assert_int_equal(gstage_fence(&guest_tvm.gstage), 0);
	not_over += !gstage_fence_done(&guest_tvm.gstage);
}

/*
 * A fence waits for a vCPU that runs, until it has trapped and enters anew;
 * when there was none, the vCPU keeps its translations.
 */
static void fences(void **state)
{
	static const struct guest_step quiet[] = { { .cause = 2 }, { .cause = 2 }, { .cause = 2 } };
	static const struct guest_step fenced[] = {
		{ .cause = 2, .before = fence_now }, { .cause = 2, .before = fence_now },
		{ .cause = 2 },
	};
	struct vcpu *vcpu = guest_vcpu(0);
	uint64_t before = host.fences;

	guest_script(quiet, 3);
	guest_runs_on(vcpu);
	assert_int_equal(host.fences, before + 1);
	guest_script(fenced, 3);
	guest_runs_on(vcpu);
	assert_int_equal(host.fences, before + 1 + 3);
	assert_int_equal(not_over, 2);
	assert_true(gstage_fence_done(&guest_tvm.gstage));
	/* What others have asked for, before the guest sees anything. */
	before = host_guest_fences;
	vcpu_mark(vcpu, VCPU_MARK_FENCE);
	guest_runs_on(vcpu);
	assert_int_equal(host_guest_fences, before + 1);
	guest_runs_on(vcpu);
	assert_int_equal(host_guest_fences, before + 1);
}

static uint32_t other_epoch;

static void other_leaves(struct vcpu *vcpu)
{
	gstage_leave(&guest_tvm.gstage, other_epoch);
}

/* An access to memory whose share isn't through: it waits, and helps. */
static void faults_of_what_changes(void **state)
{
	static const struct guest_step steps[] = {
		{ .cause = 23, .htval = PRIVATE >> 2 }, { .cause = 23, .htval = PRIVATE >> 2 },
		{ .cause = 23, .htval = PRIVATE >> 2, .before = other_leaves },
		{ .cause = 23, .htval = PRIVATE >> 2 },
	};
	struct vcpu *other = guest_vcpu(1);
	uint64_t value;

	fault(23, PRIVATE);
	assert_int_equal(memory_share(&guest_tvm, PRIVATE, PAGE_BYTES), 0);
	other_epoch = gstage_enter(&guest_tvm.gstage);
	other->running = 1;
	other->hart = 3;
	host.kicked = 0;
	script_entries(steps, ARRAY_SIZE(steps));
	assert_int_equal(guest_run(guest_vcpu(0), &value), 0);
	/* Now it is shared, and the host has to map something. */
	assert_int_equal(host_cause, 23);
	assert_int_equal(guest_entries, 4);
	assert_int_equal(host.kicked, 1 << 3);
	other->running = 0;
}

static void other_shares(struct vcpu *vcpu)
{
	assert_int_equal(memory_share(&guest_tvm, PRIVATE, PAGE_BYTES), 0);
}

/* Nobody waits for a vCPU that is served. */
static void changes_that_wait_for_nobody(void **state)
{
	static const struct guest_step steps[] = {
		{ .cause = 23, .htval = PRIVATE >> 2, .before = other_shares },
		{ .cause = 23, .htval = PRIVATE >> 2 }, { .cause = 23, .htval = PRIVATE >> 2 },
	};
	uint64_t value;

	fault(23, PRIVATE);
	script_entries(steps, ARRAY_SIZE(steps));
	assert_int_equal(guest_run(guest_vcpu(0), &value), 0);
	assert_int_equal(host_cause, 23);
	assert_int_equal(guest_entries, 2);
}

static uint64_t seed;

static uint64_t dice(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return seed >> 33 ^ seed;
}

/* Values that have a meaning somewhere, near to them, or none at all. */
static uint64_t any_value(void)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 8, 10, 48, 64, 256, 4096, DEVICE, PRIVATE, SHARED, NOWHERE,
		PRIVATE + PRIVATE_SIZE, SHARED_SIZE, 1ULL << 41, ~0ULL, ~0ULL << 12, 1ULL << 63,
		0x10, 0x54494d45, 0x735049, 0x52464e43, 0x48534d, 0x53525354, 0x4442434e,
		0x434f5647, 0x434f5648, LOAD_WORD, STORE_WORD, WFI, WRS_NTO, 0x3000,
	};
	uint64_t value = values[dice() % ARRAY_SIZE(values)];

	switch (dice() % 8) {
	case 0:
		return value + dice() % 9 - 4;
	case 1:
		return value + (dice() % 64) * 4096;
	case 2:
		return dice() << 32 ^ dice();
	default:
		return value;
	}
}

static void random_step(struct vcpu *vcpu)
{
	static const uint8_t causes[] = { 10, 10, 10, 10, 20, 21, 23, 22, 2, 1, 18 };
	unsigned int i;

	for (i = 10; i < 18; i++)
		vcpu->gpr[i] = any_value();
	/* Functions are few. */
	if (dice() % 4)
		vcpu->gpr[16] = dice() % 12;
	vcpu->exit.cause = causes[dice() % ARRAY_SIZE(causes)];
	if (!(dice() % 500))
		vcpu->exit.cause = any_value();
	vcpu->exit.tval = any_value();
	vcpu->exit.htval = any_value() >> (dice() % 4 ? 2 : 0);
	vcpu->exit.htinst = any_value();
	vcpu->privilege = dice() & 1;
}

/* No register but a0 to a7 is ever shown, and no CSR but three. */
static void no_secret_is_out(void)
{
	const uint64_t *word = host_ram(SHMEM(0));
	unsigned int i;

	for (i = 0; i < COVE_NACL_SHMEM_SIZE / 8; i++)
		assert_int_not_equal(word[i] >> 32, SECRET >> 32);
}

/*
 * A guest that does anything: the host gets its hart back, in bounded time,
 * and the worst that happens is the end of the TVM.
 */
static void any_guest(void **state)
{
	static struct guest_step steps[16];
	const char *given = getenv("SEED");
	unsigned int round, i, ends = 0;

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	print_message("# SEED=%#llx\n", (unsigned long long)seed);
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		steps[i] = (struct guest_step){ .before = random_step };
	for (round = 0; round < 30000; round++) {
		struct vcpu *vcpu = guest_vcpu(dice() % 3);
		uint64_t value;
		int err;

		for (i = 1; i < 32; i++)
			vcpu->gpr[i] = SECRET | i;
		vcpu->csr[VCPU_VSSCRATCH] = SECRET;
		vcpu->csr[VCPU_VSEPC] = SECRET;
		vcpu->csr[VCPU_HTIMEDELTA] = 0;
		vcpu->csr[VCPU_VSTIMECMP] = 0;
		vcpu->csr[VCPU_VSIE] = dice() & 0x222;
		guest_shmem(0)->gpr[10] = any_value();
		guest_shmem(0)->gpr[11] = any_value();
		guest_shmem(0)->csr[COVE_NACL_CSR(COVE_CSR_HVIP)] = any_value();
		guest_script(steps, 1 + dice() % ARRAY_SIZE(steps));
		err = guest_run(vcpu, &value);
		assert_true(!err || err == COVE_ERR_AGAIN || err == COVE_ERR_ALREADY_STOPPED);
		if (err == COVE_ERR_ALREADY_STOPPED)
			assert_true(vcpu_start(vcpu, PRIVATE, 0, VSEIP));
		no_secret_is_out();
		assert_false(guest_tvm.lock.held);
		assert_int_equal(!err && value, tvm_state(&guest_tvm) == TVM_DEAD);
		if (!err && value) {
			ends++;
			guest_stop();
			guest_start(3);
		}
	}
	assert_in_range(ends, 1, 29999);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_host_sees),
		TEST(every_report),
		TEST(every_cause),
		TEST(states),
		TEST(of_a_dead_tvm),
		TEST(killed_meanwhile),
		TEST(interrupts),
		TEST(read_once),
		TEST(waiting_for_interrupts),
		TEST(an_ipi_just_before),
		TEST(virtual_instructions),
		TEST(faults_of_private_memory),
		TEST(faults_of_shared_memory),
		TEST(when_the_tvm_is_locked),
		TEST(fences),
		TEST(faults_of_what_changes),
		TEST(changes_that_wait_for_nobody),
		TEST(any_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
