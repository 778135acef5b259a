/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu.c, run.c and guest_hart.c: an IPI isn't lost, whether its target runs,
 * is between two entries, or is left to the host.
 *
 * One vCPU, which the host runs on either of two harts, and senders that send
 * it an IPI and wait until the guest has seen it.  The guest goes on, or
 * waits by WFI; in a guest that goes on, only a kick makes the hart look at
 * what was left for it.  The host runs a vCPU that has parked when it was told
 * to, and it doesn't forget that it was told.  An IPI that is lost leaves
 * everybody waiting, which spin finds as an invalid end state.
 * Memory is as if each access were sequentially consistent.
 *
 * break: BREAK_KICK BREAK_TELL BREAK_LOOK BREAK_RUNNING
 */
#ifndef SENDERS
#define SENDERS	1
#endif

bool mark;		/* VCPU_MARK_IPI */
bool running;
bool parked;
byte on;		/* the hart */
bool kicked[2];		/* an interrupt is pending there */
bool told;		/* the host: to run the vCPU */
bool vssip;
byte sent, taken;	/* by whom the guest has IPIs to see */

active [SENDERS] proctype sender()
{
	do
	:: true ->
		/* vcpu_mark() */
		atomic { mark = true; sent = sent | (1 << _pid) }
		if
		:: running ->
#ifndef BREAK_KICK
			kicked[on] = true
#endif
		:: else ->
			if
#ifndef BREAK_TELL
			:: parked -> told = true
#endif
			:: else
			fi
		fi;
		/* The guest has seen it; only then is another one sent. */
		!(sent & (1 << _pid))
	od
}

/* Interrupts that come while a hart runs the host are of no consequence. */
inline host_takes_interrupts()
{
	if
	:: kicked[0] = false
	:: kicked[1] = false
	:: atomic { kicked[0] = false; kicked[1] = false }
	:: skip
	fi
}

#define take_marks	atomic { \
		if \
		:: mark -> vssip = true; mark = false; taken = sent \
		:: else \
		fi \
	}

active proctype vcpu()
{
	bool waits, exits;

	do
	:: true ->
		/* The host runs it, on any hart. */
		told = false;
		host_takes_interrupts();
		if
		:: on = 0
		:: on = 1
		fi;
		/* prepare() */
		parked = false;
		exits = false;
		do
		:: exits -> break
		:: else ->
			waits = false;
			/* enter() */
#ifdef BREAK_RUNNING
			take_marks;
			running = true;
#else
			running = true;
			take_marks;
#endif
			/* hart_enter(): the guest sees an IPI, does WFI, or goes on */
			if
			:: atomic { vssip -> vssip = false; sent = sent & ~taken }
			:: !vssip -> waits = true
			:: !vssip -> atomic { kicked[on] -> kicked[on] = false; exits = true }
			fi;
			running = false;
			if
			:: waits ->
				/* vcpu_park() */
				parked = true;
#ifdef BREAK_LOOK
				exits = true
#else
				if
				:: vssip || mark -> parked = false
				:: else -> exits = true
				fi
#endif
			:: else
			fi
		od;
		/* The host blocks it after WFI, and else runs it again. */
		if
		:: waits -> told
		:: else
		fi
	od
}
