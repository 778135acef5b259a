/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu.c: a start of a vCPU happens once, with all that one caller has said.
 *
 * Starters start one vCPU, again and again; the host runs it at any time, and
 * its guest stops it at any time.  Each change of its state is one step, as
 * the compare-and-exchange of vcpu_move() is.
 * Memory is as if each access were sequentially consistent.
 *
 * break: BREAK_CLAIM BREAK_STARTING
 */
#ifndef STARTERS
#define STARTERS	2
#endif

mtype = { STOPPED, STARTING, START_PENDING, STARTED };

mtype state = STOPPED;
byte pc, arg;		/* start_pc and start_arg */
byte starts;		/* that have succeeded, and haven't begun */

active [STARTERS] proctype starter()
{
	do
	:: true ->
		/* vcpu_start() */
		if
#ifdef BREAK_CLAIM
		:: state == STOPPED -> state = STARTING;
#else
		:: atomic { state == STOPPED -> state = STARTING }
#endif
			pc = _pid;
			arg = _pid;
			atomic { state = START_PENDING; starts++ }
		:: state != STOPPED	/* COVE_ERR_ALREADY_AVAILABLE */
		fi
	od
}

active proctype vcpu()
{
	byte at;

	do
	:: state == STOPPED	/* COVE_ERR_ALREADY_STOPPED */
#ifndef BREAK_STARTING
	:: state == STARTING	/* COVE_ERR_AGAIN */
#else
	:: state == STARTING || state == START_PENDING ->
		at = pc;
		assert(at == arg && starts == 1);
		atomic { state = STARTED; starts-- }
#endif
	:: state == START_PENDING ->
		/* vcpu_begin() */
		at = pc;
		assert(at == arg && starts == 1);
		atomic { state = STARTED; starts-- }
	:: state == STARTED	/* the guest runs, */
	:: atomic { state == STARTED -> state = STOPPED }	/* or stops */
	od
}
