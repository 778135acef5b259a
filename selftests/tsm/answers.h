/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host's calls may answer when their arguments are at random, for
 * tests on the build machine and on harts.
 */
#ifndef SELFTESTS_TSM_ANSWERS_H
#define SELFTESTS_TSM_ANSWERS_H

#include <stdbool.h>

#include <cove/abi.h>

static inline bool is_answer(long error)
{
	switch (error) {
	case COVE_SUCCESS:
	case COVE_ERR_INVALID_PARAM:
	case COVE_ERR_INVALID_ADDRESS:
	case COVE_ERR_INVALID_STATE:
	case COVE_ERR_ALREADY_STARTED:
	case COVE_ERR_ALREADY_STOPPED:
	case COVE_ERR_OUT_OF_PTPAGES:
	case COVE_ERR_OUT_OF_MEMORY:
	case COVE_ERR_AGAIN:
		return true;
	default:
		return false;
	}
}

#endif
