#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: own.sh [PROGRAM...]
#
# Our own KVM selftests; their TAP appears as a subtest of each program.

. /src/selftests/e2e/lib.sh

built=/src/build/selftests/kvm
# shellcheck disable=SC2046 # names are words
[ $# -gt 0 ] || set -- $(cat $built/programs)

plan $#
for name in "$@"; do
	echo "# Subtest: $name"
	timeout -s KILL 180 "$built/$name" </dev/null >/tmp/log 2>&1
	status=$?
	cp /tmp/log "/job/$name.log"
	# A test that ended early may have left one offline.
	for cpu in /sys/devices/system/cpu/cpu[0-9]*/online; do
		echo 1 >"$cpu"
	done
	sed 's/^/    /' /tmp/log
	case $status in
	4) skip "$name" "$(sed -n 's/^1\.\.0 # SKIP *//p' /tmp/log | head -n1)" ;;
	*)
		[ $status -eq 0 ] || echo "# $name: exit status $status"
		result $status "$name" ;;
	esac
done
