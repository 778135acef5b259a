// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host side helpers of our KVM selftests, see rvtest.h.
 */
#include "rvtest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>

uint64_t rv_get(struct kvm_vcpu *vcpu, uint64_t id)
{
	uint64_t val = 0;

	vcpu_get_reg(vcpu, id, &val);
	return val;
}

/* 0, or the errno of a GET (or SET) of register @id from @buf. */
int rv_reg_errno(struct kvm_vcpu *vcpu, bool set, uint64_t id, void *buf)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)buf };
	int ret;

	ret = ioctl(vcpu->fd, set ? KVM_SET_ONE_REG : KVM_GET_ONE_REG, &reg);
	return ret ? errno : 0;
}

bool rv_has_isa(struct kvm_vcpu *vcpu, unsigned long ext)
{
	return __vcpu_has_isa_ext(vcpu, ext);
}

/* Bytes in a vector register, 0 without V. */
unsigned long rv_vlenb(struct kvm_vcpu *vcpu)
{
	uint64_t id = __kvm_reg_id(KVM_REG_RISCV_VECTOR, 0,
				   KVM_REG_RISCV_VECTOR_CSR_REG(vlenb),
				   KVM_REG_SIZE_ULONG);
	unsigned long vlenb = 0;

	if (!rv_has_isa(vcpu, KVM_RISCV_ISA_EXT_V))
		return 0;
	vcpu_get_reg(vcpu, id, &vlenb);
	return vlenb;
}

/* Runs to the next ucall; a failed guest assertion ends the test. */
uint64_t rv_run_ucall(struct kvm_vcpu *vcpu, struct ucall *uc)
{
	uint64_t cmd;

	do {
		vcpu_run(vcpu);
		TEST_ASSERT(vcpu->run->exit_reason == KVM_EXIT_RISCV_SBI,
			    "exit %u (%s) where a ucall was expected, pc %#lx",
			    vcpu->run->exit_reason,
			    exit_reason_str(vcpu->run->exit_reason),
			    rv_get(vcpu, RV_CORE(regs.pc)));
		cmd = get_ucall(vcpu, uc);
		if (cmd == UCALL_PRINTF)
			REPORT_GUEST_PRINTF(*uc);
	} while (cmd == UCALL_PRINTF);

	if (cmd == UCALL_ABORT)
		REPORT_GUEST_ASSERT(*uc);
	TEST_ASSERT(cmd != UCALL_UNHANDLED, "unexpected trap %ld in the guest",
		    uc->args[1]);
	return cmd;
}

void rv_run_sync(struct kvm_vcpu *vcpu, uint64_t stage)
{
	struct ucall uc;
	uint64_t cmd = rv_run_ucall(vcpu, &uc);

	TEST_ASSERT(cmd == UCALL_SYNC && uc.args[1] == stage,
		    "ucall %lu stage %lu, expected stage %lu",
		    cmd, uc.args[1], stage);
}

void rv_run_done(struct kvm_vcpu *vcpu)
{
	struct ucall uc;
	uint64_t cmd = rv_run_ucall(vcpu, &uc);

	TEST_ASSERT(cmd == UCALL_DONE, "ucall %lu instead of DONE", cmd);
}

/* KVM_RUN once: 0 for an exit, else its errno. */
int rv_run_errno(struct kvm_vcpu *vcpu)
{
	return ioctl(vcpu->fd, KVM_RUN, NULL) ? errno : 0;
}

/* Gives the guest virtual addresses for @pages of the unbacked range. */
void rv_map_hole(struct kvm_vm *vm, unsigned long pages)
{
	virt_map(vm, HOLE_GVA, HOLE_GPA, pages);
}

/* The 4K PTE that maps @gva in the guest's table, and where it stands. */
uint64_t *rv_leaf_pte(struct kvm_vm *vm, vm_vaddr_t gva, vm_paddr_t *gpa)
{
	vm_paddr_t table = vm->pgd;
	uint64_t *pte = NULL;

	for (int level = vm->pgtable_levels - 1; level >= 0; level--) {
		*gpa = table + ((gva >> (12 + 9 * level)) & 0x1ff) * 8;
		pte = addr_gpa2hva(vm, *gpa);
		table = ((*pte & PGTBL_PTE_ADDR_MASK) >> PGTBL_PTE_ADDR_SHIFT)
			<< PGTBL_PAGE_SIZE_SHIFT;
	}
	return pte;
}

/* Lets a vCPU whose guest code has ended begin again. */
void rv_restart_at(struct kvm_vcpu *vcpu, void *guest_code)
{
	vcpu->run->immediate_exit = 1;
	TEST_ASSERT(rv_run_errno(vcpu) == EINTR, "exit not completed");
	vcpu->run->immediate_exit = 0;
	vcpu_arch_set_entry_point(vcpu, guest_code);
}

int rv_mp_state(struct kvm_vcpu *vcpu)
{
	struct kvm_mp_state mp;

	vcpu_mp_state_get(vcpu, &mp);
	return mp.mp_state;
}

void rv_set_mp_state(struct kvm_vcpu *vcpu, int state)
{
	struct kvm_mp_state mp = { .mp_state = state };

	vcpu_mp_state_set(vcpu, &mp);
}

/*
 * Zeroed memory that begins at a huge page's boundary; NULL if the host has none
 * of that kind to give.
 */
char *rv_memory(unsigned long size, int map_flags, int advice)
{
	char *mem;

	if (map_flags & MAP_HUGETLB)
		rv_write_str("/proc/sys/vm/nr_hugepages", "16");
	mem = mmap(NULL, size + HUGE_SZ, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | map_flags, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;
	mem = align_ptr_up(mem, HUGE_SZ);
	if (advice && madvise(mem, size, advice))
		return NULL;
	memset(mem, 0, size);
	return mem;
}

/* The vCPU's statistic of that name; 0 if there is none */
uint64_t rv_stat(struct kvm_vcpu *vcpu, const char *name)
{
	int fd = vcpu_get_stats_fd(vcpu);
	struct kvm_stats_header header;
	struct kvm_stats_desc *descs;
	uint64_t val = 0;

	read_stats_header(fd, &header);
	descs = read_stats_descriptors(fd, &header);
	for (uint32_t i = 0; i < header.num_desc; i++) {
		struct kvm_stats_desc *d = get_stats_descriptor(descs, i, &header);

		if (!strcmp(d->name, name))
			read_stat_data(fd, &header, d, &val, 1);
	}
	free(descs);
	close(fd);
	return val;
}

/* How often the guest was left so far */
uint64_t rv_exits(struct kvm_vcpu *vcpu)
{
	return rv_stat(vcpu, "exits");
}

/*
 * How often the host's timer interrupted a CPU so far.  Each time costs a vCPU
 * that runs there an exit, and how often depends on how long a test takes.
 */
uint64_t rv_host_ticks(unsigned int cpu)
{
	FILE *f = fopen("/proc/interrupts", "r");
	uint64_t sum = 0;
	char line[1024];

	TEST_ASSERT(f, "/proc/interrupts can't be read");
	while (fgets(line, sizeof(line), f)) {
		char *next;

		if (!strstr(line, "riscv-timer"))
			continue;
		next = strchr(line, ':') + 1;
		for (unsigned int i = 0; i < cpu; i++)
			strtoul(next, &next, 10);
		sum += strtoul(next, NULL, 10);
	}
	fclose(f);
	return sum;
}

static void *thread_main(void *arg)
{
	struct rv_thread *t = arg;
	struct ucall uc;

	t->cmd = UCALL_NONE;
	t->err = rv_run_errno(t->vcpu);
	if (t->err)
		return NULL;

	t->cmd = get_ucall(t->vcpu, &uc);
	if (t->cmd == UCALL_ABORT)
		REPORT_GUEST_ASSERT(uc);
	return NULL;
}

/* Starts KVM_RUN of @vcpu in a thread; it ends with the first exit. */
void rv_thread_start(struct rv_thread *t, struct kvm_vcpu *vcpu)
{
	t->vcpu = vcpu;
	TEST_ASSERT(!pthread_create(&t->tid, NULL, thread_main, t),
		    "pthread_create");
}

void rv_thread_join_done(struct rv_thread *t)
{
	pthread_join(t->tid, NULL);
	TEST_ASSERT(!t->err, "vCPU %u: KVM_RUN: %s", t->vcpu->id,
		    strerror(t->err));
	TEST_ASSERT(t->cmd == UCALL_DONE, "vCPU %u: exit %u, ucall %lu",
		    t->vcpu->id, t->vcpu->run->exit_reason, t->cmd);
}

/* For the calling thread, and those that it will start */
void rv_pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	TEST_ASSERT(!sched_setaffinity(0, sizeof(set), &set),
		    "no CPU %d: %s", cpu, strerror(errno));
}

static void nothing(int sig) { }

/* From now on the signal ends system calls, and does nothing else. */
void rv_interrupt_by(int sig)
{
	struct sigaction act = { .sa_handler = nothing };

	TEST_ASSERT(!sigaction(sig, &act, NULL), "sigaction");
}

/* First number in a file, -1 if there is none. */
long rv_read_long(const char *path)
{
	char text[64] = "";
	char *end;
	long val;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	val = strtol(text, &end, 10);
	return end == text ? -1 : val;
}

bool rv_write_str(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}
