#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: boot.sh CPUS...
#
# Guests with so many CPUs boot, use disk and network, and power off; what was
# written to the disk is there afterwards.  "4-nov" means without vector, "4-aia"
# with the interrupt controller in the kernel.

. /src/selftests/e2e/lib.sh

one()
{
	local cpus=${1%%-*} name=guest-$1 vector=v cpu=host aia=none

	case $1 in
	*-nov) vector=nov cpu=host,v=off ;;
	*-aia) aia=aplic-imsic ;;
	esac
	grep -qE '^isa.*rv64[a-z]*v' /proc/cpuinfo || vector=nov

	guest_new "$name" basic "$cpus" $vector $aia
	guest_start "$name" -smp "$cpus" -cpu $cpu -machine aia=$aia
	guest_ran "$name" 400
	check "disk of $name after power off" e2fsck -fn "/tmp/$name/disk.ext4"
	debugfs -R 'cat from-guest' "/tmp/$name/disk.ext4" 2>/dev/null >"/tmp/$name/from-guest"
	seq 1 20000 >/tmp/expected
	check "file of $name read on the host" cmp /tmp/expected "/tmp/$name/from-guest"
}

plan $(($# * 3))
for guest in "$@"; do
	one "$guest"
done
