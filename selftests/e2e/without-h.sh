#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: without-h.sh CPU
#
# The device tree says that CPU (not 0) has no hypervisor extension: the module
# says so, guests run on the others, and none ever enters on this one.

. /src/selftests/e2e/lib.sh

lacking=$1

it_is_told()
{
	dmesg | grep "cpu$lacking has no hypervisor extension"
}

# The VMM is told KVM_EXIT_FAIL_ENTRY, which this QEMU does not know by name.
entry_refused()
{
	grep 'un-handled exit reason 9' /tmp/refused/qemu.log
}

no_instruction_ran()
{
	! [ -s /tmp/refused/console ] && ! [ -s /tmp/refused/tap ]
}

plug()
{
	echo 0 >"/sys/devices/system/cpu/cpu$lacking/online" &&
	echo 1 >"/sys/devices/system/cpu/cpu$lacking/online"
}

plan 6
check "the module tells which CPU lacks H" it_is_told

taskset -p 1 $$ >/dev/null
guest_new elsewhere basic 2 v
guest_start elsewhere
guest_ran elsewhere 400

taskset -p $((1 << lacking)) $$ >/dev/null
guest_new refused basic 2 v
guest_start refused -d unimp
check "a vCPU there is refused" eventually 30 entry_refused
sleep 2
check "and has run no instruction" no_instruction_ran
kill -9 "$(guest_pid refused)"
wait "$(guest_pid refused)" 2>/dev/null
guest_keep refused

taskset -p 1 $$ >/dev/null
check "the CPU goes offline and comes back" plug
check "it still lacks H" it_is_told
