/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COVH's calls about a TVM as a whole: how one is made, and how it ends.
 *
 * What they have of addresses and numbers is the host's word; of a TVM, the
 * caller has the lock, and it is in a state in which the call is allowed.
 */
#ifndef TSM_COVH_H
#define TSM_COVH_H

#include <stdbool.h>
#include <stdint.h>

struct tvm;

int covh_create(uint64_t params, uint64_t len, uint64_t *id);
int covh_add_region(struct tvm *tvm, uint64_t gpa, uint64_t len);
int covh_create_vcpu(struct tvm *tvm, uint64_t vcpu, uint64_t state);
int covh_finalize(struct tvm *tvm, uint64_t pc, uint64_t arg, uint64_t identity);
int covh_destroy(struct tvm *tvm);

int covh_promote(uint64_t fdt, uint64_t tap, uint64_t pc, uint64_t identity,
		 uint64_t *id);

/* For both ways to make one. */
int covh_start(struct tvm *tvm, uint64_t page_directory, uint64_t state);
int covh_read_identity(struct tvm *tvm, uint64_t identity);
void covh_allow_region(struct tvm *tvm, uint64_t gpa, uint64_t len);
bool covh_release(struct tvm *tvm, unsigned int budget);

#endif
