/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of QEMU's TCG plugin ABI, version 3 (QEMU 9.1 and later), that the
 * counter needs.  Declared here because distributions don't ship the header;
 * QEMU checks qemu_plugin_version when it loads the plugin.
 */
#ifndef QEMU_PLUGIN_ABI_H
#define QEMU_PLUGIN_ABI_H

#include <linux/types.h>
#include <stddef.h>

#define PLUGIN_ABI_VERSION	3
#define PLUGIN_EXPORT		__attribute__((visibility("default")))

struct qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_scoreboard;

/* A 64-bit cell at @offset in every vCPU's element of @score. */
struct qemu_plugin_u64 {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
};

enum qemu_plugin_cb_flags {
	QEMU_PLUGIN_CB_NO_REGS,
	QEMU_PLUGIN_CB_R_REGS,
};

struct qemu_plugin_reg_descriptor {
	struct qemu_plugin_register *handle;
	const char *name;
	const char *feature;
};

/* GLib's GArray and GByteArray; QEMU is linked with it. */
struct glib_array {
	char *data;
	unsigned int len;
};

struct glib_bytes {
	__u8 *data;
	unsigned int len;
};

struct glib_bytes *g_byte_array_new(void);
struct glib_bytes *g_byte_array_set_size(struct glib_bytes *array,
					 unsigned int length);

enum qemu_plugin_op {
	QEMU_PLUGIN_INLINE_ADD_U64,
	QEMU_PLUGIN_INLINE_STORE_U64,
};

enum qemu_plugin_cond {
	QEMU_PLUGIN_COND_NEVER,
	QEMU_PLUGIN_COND_ALWAYS,
	QEMU_PLUGIN_COND_EQ,
	QEMU_PLUGIN_COND_NE,
};

typedef void (*qemu_plugin_exec_cb)(unsigned int vcpu, void *udata);
typedef void (*qemu_plugin_trans_cb)(__u64 id, struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_vcpu_cb)(__u64 id, unsigned int vcpu);
typedef void (*qemu_plugin_exit_cb)(__u64 id, void *udata);

extern PLUGIN_EXPORT int qemu_plugin_version;

PLUGIN_EXPORT int qemu_plugin_install(__u64 id, const struct qemu_info_t *info,
				      int argc, char **argv);

void qemu_plugin_register_vcpu_tb_trans_cb(__u64 id, qemu_plugin_trans_cb cb);
void qemu_plugin_register_vcpu_init_cb(__u64 id, qemu_plugin_vcpu_cb cb);
void qemu_plugin_register_atexit_cb(__u64 id, qemu_plugin_exit_cb cb,
				    void *udata);

void qemu_plugin_register_vcpu_tb_exec_cond_cb(struct qemu_plugin_tb *tb,
					       qemu_plugin_exec_cb cb,
					       enum qemu_plugin_cb_flags flags,
					       enum qemu_plugin_cond cond,
					       struct qemu_plugin_u64 entry,
					       __u64 imm, void *udata);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    qemu_plugin_exec_cb cb,
					    enum qemu_plugin_cb_flags flags,
					    void *udata);
void qemu_plugin_register_vcpu_insn_exec_cond_cb(struct qemu_plugin_insn *insn,
						 qemu_plugin_exec_cb cb,
						 enum qemu_plugin_cb_flags flags,
						 enum qemu_plugin_cond cond,
						 struct qemu_plugin_u64 entry,
						 __u64 imm, void *udata);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn,
							 enum qemu_plugin_op op,
							 struct qemu_plugin_u64 entry,
							 __u64 imm);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
__u64 qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t index);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest,
			     size_t len);
__u64 qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t size);
void *qemu_plugin_scoreboard_find(struct qemu_plugin_scoreboard *score,
				  unsigned int vcpu);

/* Only in the callback of a vCPU's initialization */
struct glib_array *qemu_plugin_get_registers(void);
/* Only in callbacks with QEMU_PLUGIN_CB_R_REGS; appends to @buf */
int qemu_plugin_read_register(struct qemu_plugin_register *handle,
			      struct glib_bytes *buf);

#endif
