// SPDX-License-Identifier: GPL-2.0-only
/*
 * count - TCG plugin that counts instructions between markers, exactly
 *
 * Every instruction adds one to a counter of the mode it runs in, and to a
 * second one when it accesses a CSR or fences; the counting is translated
 * inline, per instruction and not per block, so that a block which a trap cuts
 * short is counted as far as it ran.  An instruction that traps counts when it
 * traps, and again when it is executed anew.
 *
 * The mode is told from the PC: the firmware has an address range of its own,
 * kernel addresses have bit 63 set, the rest is user space.  A guest looks the
 * same, so it is told by time: what runs from kvm.ko's sret into it to the trap
 * vector that kvm.ko has then is the guest's, except firmware.  Both are the
 * first of their kind in the address range of modules, where nothing else is
 * when the first guest runs; so they needn't be known beforehand.
 *
 * Arguments: out=FILE (required), trace=EVENT (record the instructions of the
 * shortest window of that event).
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "qemu_plugin_abi.h"

#define FIRMWARE_BASE	0x80000000UL
#define FIRMWARE_SIZE	0x00200000UL

/* The kernel's image begins at the end of it. */
#define MODULES_BASE	0xffffffff00000000UL
#define MODULES_SIZE	0x0000000080000000UL

#define OPCODE_SRET	0x10200073
#define MAX_VCPUS	8

/* scause of a guest page fault: bits of the three causes */
#define GUEST_FAULTS	(1UL << 20 | 1UL << 21 | 1UL << 23)

enum mode { MODE_M, MODE_HS, MODE_U, MODE_GUEST, MODES };
enum kind { KIND_INSN, KIND_CSR_READ, KIND_CSR_WRITE, KIND_FENCE, KIND_BARRIER,
	    KINDS };

/* One vCPU's scoreboard element: cells of 64 bits. */
struct counters {
	__u64 count[MODES][KINDS];
	__u64 entered[MODES][KINDS];	/* count, when the guest was entered */
	__u64 exits;		/* times the guest was left */
	__u64 faults;		/* of which by guest page faults */
	__u64 in_guest;
	__u64 tracing;
};

/* The same, with what ran in the guest in its place. */
struct totals {
	__u64 count[MODES][KINDS];
	__u64 exits;
	__u64 faults;
};

struct place {
	__u64 pc;
	__u32 opcode;
};

struct trace {
	const struct place **place;
	size_t len, cap;
};

int qemu_plugin_version = PLUGIN_ABI_VERSION;

static struct qemu_plugin_scoreboard *board;
static FILE *out;
static unsigned int traced_event;
static __u64 entry_pc, exit_pc;		/* 0 until the first guest runs */
static struct qemu_plugin_register *scause;
static struct glib_bytes *scause_value[MAX_VCPUS];
static struct trace current, shortest;

/*
 * The open window, of all vCPUs together. Whoever ends it ends it for all of
 * them but the one that began it, if that is another: its part lasts until it
 * leaves, which may be before or after.
 */
struct window {
	unsigned int event;		/* 0: none is open */
	unsigned int vcpu;		/* began it */
	bool left;			/* that one has left */
	bool ended;			/* for the others */
	struct totals at_begin[MAX_VCPUS];
	struct totals sum;
};

static struct window window;
static pthread_mutex_t window_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int nr_vcpus;
static unsigned long samples[256];

static struct qemu_plugin_u64 cell(size_t offset)
{
	return (struct qemu_plugin_u64){ .score = board, .offset = offset };
}

static struct qemu_plugin_u64 counter(enum mode mode, enum kind kind)
{
	return cell(offsetof(struct counters, count) +
		    (mode * KINDS + kind) * sizeof(__u64));
}

static enum mode mode_of(__u64 pc)
{
	if (pc >> 63)
		return MODE_HS;
	if (pc - FIRMWARE_BASE < FIRMWARE_SIZE)
		return MODE_M;
	return MODE_U;
}

static bool in_modules(__u64 pc)
{
	return pc - MODULES_BASE < MODULES_SIZE;
}

static void fail(const char *why, unsigned int imm)
{
	fprintf(out, "error\t%s\t%#x\n", why, imm);
	fflush(out);
}

/* What has run in the guest since it was entered was counted by its PC. */
static void settle(struct totals *totals, const struct counters *now)
{
	memcpy(totals->count, now->count, sizeof(totals->count));
	totals->exits = now->exits;
	totals->faults = now->faults;
	if (!now->in_guest)
		return;
	for (int m = MODE_HS; m <= MODE_U; m++)
		for (int k = 0; k < KINDS; k++) {
			totals->count[MODE_GUEST][k] += now->count[m][k] -
							now->entered[m][k];
			totals->count[m][k] = now->entered[m][k];
		}
}

static struct counters *counters_of(unsigned int vcpu)
{
	return qemu_plugin_scoreboard_find(board, vcpu);
}

static void window_begin(unsigned int vcpu, unsigned int event)
{
	if (window.event)
		fail("window opened inside another one", event);
	memset(&window, 0, sizeof(window));
	window.event = event;
	window.vcpu = vcpu;
	if (event == traced_event) {
		current.len = 0;
		counters_of(vcpu)->tracing = 1;
	}
	for (unsigned int i = 0; i < nr_vcpus; i++)
		settle(&window.at_begin[i], counters_of(i));
}

static void trace_keep(void)
{
	struct trace old = shortest;

	if (old.place && old.len <= current.len)
		return;
	shortest = current;
	current = old;
}

static void window_report(void)
{
	fprintf(out, "sample\t%u\t%lu\t%llu\t%llu", window.event,
		samples[window.event]++, window.sum.exits, window.sum.faults);
	for (int m = 0; m < MODES; m++)
		for (int k = 0; k < KINDS; k++)
			fprintf(out, "\t%llu", window.sum.count[m][k]);
	fputc('\n', out);
	window.event = 0;
}

/* What the vCPU counted since the window was opened belongs to it. */
static void window_add(unsigned int vcpu)
{
	const struct totals *then = &window.at_begin[vcpu];
	struct counters *counters = counters_of(vcpu);
	struct totals now;

	settle(&now, counters);
	window.sum.exits += now.exits - then->exits;
	window.sum.faults += now.faults - then->faults;
	for (int m = 0; m < MODES; m++)
		for (int k = 0; k < KINDS; k++)
			window.sum.count[m][k] += now.count[m][k] -
						  then->count[m][k];
	if (counters->tracing) {
		counters->tracing = 0;
		trace_keep();
	}
}

static void window_leave(unsigned int vcpu, unsigned int event)
{
	if (event != window.event || vcpu != window.vcpu || window.left) {
		fail("window left that is not open", event);
		return;
	}
	window.left = true;
	window_add(vcpu);
	if (window.ended)
		window_report();
}

static void window_end(unsigned int vcpu, unsigned int event)
{
	if (event != window.event || window.ended ||
	    (vcpu == window.vcpu && window.left)) {
		fail("window closed that is not open", event);
		return;
	}
	window.ended = true;
	for (unsigned int i = 0; i < nr_vcpus; i++)
		if (i != window.vcpu)
			window_add(i);
	if (vcpu == window.vcpu)
		window_leave(vcpu, event);
	else if (window.left)
		window_report();
}

static void marker_cb(unsigned int vcpu, void *udata)
{
	unsigned int imm = (uintptr_t)udata, low = imm & 0xff;

	pthread_mutex_lock(&window_lock);
	switch (imm & ~0xffu) {
	case MARK_BEGIN:
		window_begin(vcpu, low);
		break;
	case MARK_LEAVE:
		window_leave(vcpu, low);
		break;
	case MARK_END:
		window_end(vcpu, low);
		break;
	case MARK_CANCEL:
		window.event = 0;
		counters_of(vcpu)->tracing = 0;
		break;
	default:
		fail("unknown marker", imm);
	}
	pthread_mutex_unlock(&window_lock);
}

/* kvm.ko has another sret, which returns from a trap of its own. */
static void enter_guest_cb(unsigned int vcpu, void *udata)
{
	struct counters *now = counters_of(vcpu);
	__u64 pc = (uintptr_t)udata;

	if (!entry_pc)
		entry_pc = pc;
	if (pc != entry_pc)
		return;
	memcpy(now->entered, now->count, sizeof(now->entered));
	now->in_guest = 1;
}

static bool is_guest_fault(unsigned int vcpu)
{
	struct glib_bytes *value = scause_value[vcpu];
	__u64 cause = 0;

	g_byte_array_set_size(value, 0);
	if (qemu_plugin_read_register(scause, value) == sizeof(cause))
		memcpy(&cause, value->data, sizeof(cause));
	return cause < 64 && (GUEST_FAULTS >> cause & 1);
}

/* A block begins in the range of modules while a guest runs. */
static void leave_guest_cb(unsigned int vcpu, void *udata)
{
	struct counters *now = counters_of(vcpu);
	__u64 pc = (uintptr_t)udata;
	struct totals totals;

	if (!exit_pc)
		exit_pc = pc;
	/* Else it is the guest's, whose kernel may have modules too. */
	if (pc != exit_pc)
		return;
	settle(&totals, now);
	memcpy(now->count, totals.count, sizeof(now->count));
	now->in_guest = 0;
	now->exits++;
	now->faults += is_guest_fault(vcpu);
}

static void trace_cb(unsigned int vcpu, void *udata)
{
	struct counters *now = counters_of(vcpu);

	if (now->in_guest)
		return;
	if (current.len == current.cap) {
		current.cap = current.cap ? 2 * current.cap : 4096;
		current.place = realloc(current.place, current.cap *
					sizeof(*current.place));
		if (!current.place)
			abort();
	}
	current.place[current.len++] = udata;
}

/* Which counters besides KIND_INSN an opcode moves, as a mask of kinds. */
static unsigned int kinds_of(__u32 op)
{
	unsigned int funct3 = op >> 12 & 7, funct7 = op >> 25;
	unsigned int rd = op >> 7 & 31, rs1 = op >> 15 & 31;
	unsigned int mask = 0;

	if ((op & 0x7f) == 0x0f) {		/* MISC-MEM */
		if (funct3 == 1)
			return 1 << KIND_FENCE;	/* fence.i */
		if (funct3 == 0 && op != 0x0100000f)	/* not pause */
			return 1 << KIND_BARRIER;
		return 0;
	}
	if ((op & 0x7f) != 0x73)		/* SYSTEM */
		return 0;
	if (funct3 & 3) {
		/* csrrw with rd=x0 doesn't read, csrrs/c of x0 or 0 don't write. */
		if ((funct3 & 3) != 1 || rd)
			mask |= 1 << KIND_CSR_READ;
		if ((funct3 & 3) == 1 || rs1)
			mask |= 1 << KIND_CSR_WRITE;
		return mask;
	}
	if (funct3 || rd)
		return 0;
	switch (funct7) {
	case 0x09:	/* sfence.vma */
	case 0x0b:	/* sinval.vma */
	case 0x0c:	/* sfence.w.inval, sfence.inval.ir */
	case 0x11:	/* hfence.vvma */
	case 0x13:	/* hinval.vvma */
	case 0x31:	/* hfence.gvma */
	case 0x33:	/* hinval.gvma */
		return 1 << KIND_FENCE;
	}
	return 0;
}

/* slti x0, x0, imm: returns imm, or 0 (not a marker) */
static unsigned int marker_of(__u32 op)
{
	return (op & 0x000fffff) == 0x00002013 ? op >> 20 : 0;
}

/* Recorded places are referred to until the end: never freed. */
static const struct place *new_place(__u64 pc, __u32 opcode)
{
	static struct place *chunk;
	static size_t left;

	if (!left) {
		left = 1 << 16;
		chunk = malloc(left * sizeof(*chunk));
		if (!chunk)
			abort();
	}
	left--;
	chunk->pc = pc;
	chunk->opcode = opcode;
	return chunk++;
}

static void count_insn(struct qemu_plugin_insn *insn, enum mode mode,
		       unsigned int kinds)
{
	const enum qemu_plugin_op add = QEMU_PLUGIN_INLINE_ADD_U64;

	for (int k = 0; k < KINDS; k++)
		if (kinds & 1 << k)
			qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, add,
									    counter(mode, k), 1);
}

static void trace_insn(struct qemu_plugin_insn *insn, __u64 pc, __u32 opcode)
{
	struct qemu_plugin_u64 tracing = cell(offsetof(struct counters, tracing));

	qemu_plugin_register_vcpu_insn_exec_cond_cb(insn, trace_cb, QEMU_PLUGIN_CB_NO_REGS,
						    QEMU_PLUGIN_COND_NE, tracing, 0,
						    (void *)new_place(pc, opcode));
}

static void translate_insn(struct qemu_plugin_insn *insn)
{
	__u64 pc = qemu_plugin_insn_vaddr(insn);
	enum mode mode = mode_of(pc);
	__u32 opcode = 0;

	qemu_plugin_insn_data(insn, &opcode, sizeof(opcode));
	if (marker_of(opcode)) {
		qemu_plugin_register_vcpu_insn_exec_cb(insn, marker_cb, QEMU_PLUGIN_CB_NO_REGS,
						       (void *)(uintptr_t)marker_of(opcode));
		return;
	}
	count_insn(insn, mode, kinds_of(opcode) | 1 << KIND_INSN);
	if (traced_event)
		trace_insn(insn, pc, opcode);
	if (opcode == OPCODE_SRET && in_modules(pc))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, enter_guest_cb, QEMU_PLUGIN_CB_NO_REGS,
						       (void *)(uintptr_t)pc);
}

static void translate_cb(__u64 id, struct qemu_plugin_tb *tb)
{
	struct qemu_plugin_u64 in_guest = cell(offsetof(struct counters, in_guest));
	__u64 pc = qemu_plugin_tb_vaddr(tb);

	(void)id;
	if (in_modules(pc))
		qemu_plugin_register_vcpu_tb_exec_cond_cb(tb, leave_guest_cb, QEMU_PLUGIN_CB_R_REGS,
							  QEMU_PLUGIN_COND_NE, in_guest, 0,
							  (void *)(uintptr_t)pc);

	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		translate_insn(qemu_plugin_tb_get_insn(tb, i));
}

static void vcpu_init_cb(__u64 id, unsigned int vcpu)
{
	struct glib_array *regs = qemu_plugin_get_registers();
	struct qemu_plugin_reg_descriptor *reg = (void *)regs->data;

	(void)id;
	if (vcpu >= MAX_VCPUS)
		abort();
	pthread_mutex_lock(&window_lock);
	if (vcpu >= nr_vcpus)
		nr_vcpus = vcpu + 1;
	scause_value[vcpu] = g_byte_array_new();
	for (unsigned int i = 0; i < regs->len; i++)
		if (!strcmp(reg[i].name, "scause"))
			scause = reg[i].handle;
	if (!scause)
		fail("QEMU does not show scause", 0);
	pthread_mutex_unlock(&window_lock);
}

static void exit_cb(__u64 id, void *udata)
{
	(void)id;
	(void)udata;
	for (size_t i = 0; i < shortest.len; i++)
		fprintf(out, "trace\t%llx\t%x\n", shortest.place[i]->pc,
			shortest.place[i]->opcode);
	if (window.event)
		fail("window never closed", window.event);
	fprintf(out, "end\n");
	fclose(out);
}

int qemu_plugin_install(__u64 id, const struct qemu_info_t *info,
			int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
		else if (!strncmp(argv[i], "trace=", 6))
			traced_event = strtoul(argv[i] + 6, NULL, 0);
		else
			return -1;
	}
	if (!out)
		return -1;

	board = qemu_plugin_scoreboard_new(sizeof(struct counters));
	qemu_plugin_register_vcpu_init_cb(id, vcpu_init_cb);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate_cb);
	qemu_plugin_register_atexit_cb(id, exit_cb, NULL);
	return 0;
}
