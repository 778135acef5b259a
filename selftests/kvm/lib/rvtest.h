/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What our KVM selftests share: a probe for instructions that may trap, short
 * forms of ONE_REG access, and run helpers that fail with a reason.
 *
 * Names that begin with guest_ or GUEST_ are for code that runs in the guest:
 * it has no libc, no TLS, and interrupts off unless a test turns them on.
 */
#ifndef RVTEST_H
#define RVTEST_H

#include <pthread.h>
#include <stdint.h>

#include "kvm_util.h"
#include "processor.h"
#include "sbi.h"
#include "test_util.h"
#include "ucall_common.h"

#define CAUSE_INST_ACCESS	1UL
#define CAUSE_INST_ILLEGAL	2UL
#define CAUSE_BREAK		3UL
#define CAUSE_LOAD_ACCESS	5UL
#define CAUSE_STORE_ACCESS	7UL
#define CAUSE_ECALL_U		8UL
#define CAUSE_LOAD_PAGE		13UL
#define CAUSE_STORE_PAGE	15UL

#define IRQ_SOFT		1
#define IRQ_TIMER		5
#define IRQ_EXT			9

#define SSTATUS_FS		(3UL << 13)
#define SSTATUS_VS		(3UL << 9)
#define SSTATUS_SUM		(1UL << 18)

#define PAGE_SZ			4096UL
#define MIB			(1UL << 20)
#define HUGE_SZ			(2 * MIB)

#ifndef MADV_HUGEPAGE
#define MADV_HUGEPAGE		14
#define MADV_NOHUGEPAGE		15
#endif

/* A guest physical range that no test backs with a memslot. */
#define HOLE_GPA		0x40000000UL
#define HOLE_GVA		0x40000000UL

#define SBI_TIME		0x54494D45UL
#define SBI_IPI			0x735049UL
#define SBI_RFENCE		0x52464E43UL
#define SBI_HSM			0x48534DUL
#define SBI_SRST		0x53525354UL
#define SBI_DBCN		0x4442434EUL
#define SBI_SUSP		0x53555350UL
#define SBI_FWFT		0x46574654UL
#define SBI_MPXY		0x4D505859UL

/* Numbers that the exported headers of 6.12 do not have */
#define RV_SBI_SUSP		RISCV_SBI_EXT_REG(11)
#define RV_SBI_FWFT		RISCV_SBI_EXT_REG(12)
#define RV_SBI_MPXY		RISCV_SBI_EXT_REG(13)

/**
 * struct guest_trap - outcome of one instruction tried in the guest
 * @taken: 1 if the instruction trapped
 * @cause: scause of that trap
 * @tval: stval of that trap
 * @epc: sepc of that trap
 * @pc: where the instruction stands
 * @value: what the instruction left in %[r]
 */
struct guest_trap {
	unsigned long taken;
	unsigned long cause;
	unsigned long tval;
	unsigned long epc;
	unsigned long pc;
	unsigned long value;
};

#define GUEST_POISON	0x5a5aa5a5deadbeefUL

/*
 * Run @insn with the trap vector set to what follows it, so that execution
 * goes on behind it either way. The instruction may write %[r] (poisoned
 * before), ra, t0..t2, a0..a2 and ft0, and reads the extra operands.
 */
#define GUEST_TRY_VEC(t, vecbits, insn, ...)				\
do {									\
	unsigned long __taken, __vec, __pc, __r = GUEST_POISON;		\
									\
	asm volatile(							\
	"	.option	push\n"						\
	"	.option	norvc\n"					\
	"	la	%[pc], 2f\n"					\
	"	la	%[vec], 1f\n"					\
	"	ori	%[vec], %[vec], " #vecbits "\n"			\
	"	csrrw	%[vec], stvec, %[vec]\n"			\
	"	li	%[taken], 1\n"					\
	"	.option	pop\n"						\
	"2:	" insn "\n"						\
	"	li	%[taken], 0\n"					\
	"	.balign	4\n"						\
	"1:	csrw	stvec, %[vec]\n"				\
	: [taken] "=&r" (__taken), [vec] "=&r" (__vec),			\
	  [pc] "=&r" (__pc), [r] "+&r" (__r)				\
	: __VA_ARGS__							\
	: "ra", "t0", "t1", "t2", "a0", "a1", "a2", "ft0", "memory");	\
	(t)->taken = __taken;						\
	(t)->cause = csr_read(CSR_SCAUSE);				\
	(t)->tval = csr_read(CSR_STVAL);				\
	(t)->epc = csr_read(CSR_SEPC);					\
	(t)->pc = __pc;							\
	(t)->value = __r;						\
} while (0)

#define GUEST_TRY(t, insn, ...)	GUEST_TRY_VEC(t, 0, insn, ##__VA_ARGS__)

#define GUEST_EXPECT_TRAP(t, want_cause)				\
do {									\
	__GUEST_ASSERT((t)->taken, "no trap, value %#lx", (t)->value);	\
	__GUEST_ASSERT((t)->cause == (want_cause) && (t)->epc == (t)->pc, \
		       "cause %ld epc %#lx pc %#lx tval %#lx",		\
		       (t)->cause, (t)->epc, (t)->pc, (t)->tval);	\
} while (0)

static inline struct sbiret guest_sbi(unsigned long ext, unsigned long fid,
				      unsigned long a0, unsigned long a1,
				      unsigned long a2, unsigned long a3,
				      unsigned long a4)
{
	return sbi_ecall(ext, fid, a0, a1, a2, a3, a4, 0);
}

static inline void guest_wfi(void)
{
	asm volatile("wfi" ::: "memory");
}

static inline unsigned long guest_time(void)
{
	unsigned long now;

	asm volatile("rdtime %0" : "=r" (now) :: "memory");
	return now;
}

/* Waits until *@word is @value, for a bounded time (10 MHz time base). */
static inline bool guest_wait_eq(const volatile uint64_t *word, uint64_t value)
{
	unsigned long end = guest_time() + 60UL * 10 * 1000 * 1000;

	while (*word != value) {
		if (guest_time() > end)
			return false;
	}
	asm volatile("fence rw, rw" ::: "memory");
	return true;
}

/* xorshift: the same sequence in guest and host */
static inline uint64_t rv_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Host side */

#define RV_CSR(name)	RISCV_GENERAL_CSR_REG(name)
#define RV_CORE(name)	RISCV_CORE_REG(name)

uint64_t rv_get(struct kvm_vcpu *vcpu, uint64_t id);
int rv_reg_errno(struct kvm_vcpu *vcpu, bool set, uint64_t id, void *buf);
bool rv_has_isa(struct kvm_vcpu *vcpu, unsigned long ext);
unsigned long rv_vlenb(struct kvm_vcpu *vcpu);

uint64_t rv_run_ucall(struct kvm_vcpu *vcpu, struct ucall *uc);
void rv_run_sync(struct kvm_vcpu *vcpu, uint64_t stage);
void rv_run_done(struct kvm_vcpu *vcpu);
int rv_run_errno(struct kvm_vcpu *vcpu);
void rv_map_hole(struct kvm_vm *vm, unsigned long pages);
uint64_t *rv_leaf_pte(struct kvm_vm *vm, vm_vaddr_t gva, vm_paddr_t *gpa);
void rv_restart_at(struct kvm_vcpu *vcpu, void *guest_code);

char *rv_memory(unsigned long size, int map_flags, int advice);
uint64_t rv_stat(struct kvm_vcpu *vcpu, const char *name);
uint64_t rv_exits(struct kvm_vcpu *vcpu);
uint64_t rv_host_ticks(unsigned int cpu);
int rv_mp_state(struct kvm_vcpu *vcpu);
void rv_set_mp_state(struct kvm_vcpu *vcpu, int state);

/**
 * struct rv_thread - a vCPU that runs in a thread of its own
 * @vcpu: the vCPU
 * @tid: the thread
 * @cmd: how it ended: a ucall command, or UCALL_NONE after an error
 * @err: errno of KVM_RUN, 0 if it left with an exit
 */
struct rv_thread {
	struct kvm_vcpu *vcpu;
	pthread_t tid;
	uint64_t cmd;
	int err;
};

void rv_thread_start(struct rv_thread *t, struct kvm_vcpu *vcpu);
void rv_thread_join_done(struct rv_thread *t);

void rv_pin_to(int cpu);
void rv_interrupt_by(int sig);
long rv_read_long(const char *path);
bool rv_write_str(const char *path, const char *text);

#endif /* RVTEST_H */
