#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The VMM of a busy guest is killed with SIGKILL.  Nothing may stay behind: no
# process, no reference on the module, no memory.

. /src/selftests/e2e/lib.sh

nobody_uses_kvm()
{
	[ "$(cat /sys/module/kvm/refcnt)" -eq 0 ]
}

memory_is_back()
{
	local now
	now=$(mem_free_kib)
	echo "before: $before KiB free, now: $now"
	[ $((before - now)) -lt 8192 ]
}

plan 5
before=$(mem_free_kib)
guest_new victim busy
guest_start victim -smp 4
check "a busy guest runs" eventually 120 guest_says victim running
sleep 3
kill -9 "$(guest_pid victim)"
wait "$(guest_pid victim)" 2>/dev/null
check "its VMM is gone" test ! -e "/proc/$(guest_pid victim)/exe"
guest_keep victim
check "nobody uses KVM any more" eventually 10 nobody_uses_kvm
rm -rf /tmp/victim
check "its memory is free again" memory_is_back

guest_new after basic 2 "$(grep -qE '^isa.*rv64[a-z]*v' /proc/cpuinfo && echo v || echo nov)"
guest_start after
guest_ran after 400
