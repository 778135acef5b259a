/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage.c's fences: a page that was blocked, fenced and removed is in no
 * hart's TLB.
 *
 * Two harts run vCPUs, each with a TLB of one entry for the one page there is;
 * the holder of the TVM's lock blocks it, fences, removes and maps it anew.
 * The word that gstage_enter(), gstage_leave() and gstage_fence() share is
 * changed by one step each, as it is by one atomic operation.  Epochs count
 * modulo 4: of 32 bits, all that is asked is the last one, and whether the
 * leaf's is the current one, the last one, or neither.
 * Memory is as if each access were sequentially consistent.
 *
 * break: BREAK_AGE BREAK_FLUSH BREAK_WAIT
 */
#ifndef HARTS
#define HARTS	2
#endif
#define EPOCHS	4

byte epoch;
byte running[2];	/* who entered in an even or an odd epoch */
bool valid = true;	/* the leaf */
bool blocked;
byte blocked_in;
bool cached[HARTS];	/* in the TLB */
bool stale[HARTS];	/* and the page is somebody else's by now */

#define old_ones_run	(running[(epoch + 1) % 2] > 0)
#ifdef BREAK_WAIT
#define may_fence	(epoch < EPOCHS)
#else
#define may_fence	!old_ones_run
#endif
#define age		((epoch - blocked_in + EPOCHS) % EPOCHS)
#ifdef BREAK_AGE
#define fenced		(age >= 1)
#else
#define fenced		(age > 1 || (age == 1 && !old_ones_run))
#endif

active [HARTS] proctype hart()
{
	byte entered;
	byte me = _pid;

	do
	:: true ->
		/* gstage_enter() */
		atomic { entered = epoch; running[entered % 2]++ }
		/* hart_fence() */
#ifndef BREAK_FLUSH
		atomic { cached[me] = false; stale[me] = false }
#endif
		do
		:: valid -> cached[me] = true	/* a walk */
		:: cached[me] -> assert(!stale[me])	/* an access */
		:: entered == epoch -> skip	/* in again without a fence */
		:: break
		od;
		/* gstage_leave() */
		atomic { running[entered % 2]-- }
	od
}

active proctype changer()
{
	byte i;

	do
	:: true ->
		/* gstage_block(): the epoch is read before the leaf is written */
		blocked_in = epoch;
		atomic { valid = false; blocked = true }
		do
		:: atomic { may_fence -> epoch = (epoch + 1) % EPOCHS }
		:: fenced -> break
		:: skip	/* gstage_unblock(), and once more */
			-> atomic { valid = true; blocked = false };
			blocked_in = epoch;
			atomic { valid = false; blocked = true }
		od;
		/* gstage_remove(), and another page in its place */
		atomic {
			i = 0;
			do
			:: i < HARTS -> stale[i] = cached[i]; i++
			:: else -> break
			od
		}
		atomic { valid = true; blocked = false }
	od
}
