# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# usage: memory.sh MIB [TOUCHED]
#
# Keep a pattern in memory, and look at it over and over, while the host takes
# pages away.  It ends when the host unplugs the network: that gets through
# without anything that a test has to add to the guest.  TOUCHED MiB are used
# and freed before: memory that the guest does not miss, but the host has.

link_is_up()
{
	[ "$(cat /sys/class/net/eth0/carrier)" = 1 ]
}

memory_was_intact()
{
	cat /tmp/said
	return $status
}

ip link set eth0 up
mkdir -p /tmp
if [ -n "${2-}" ]; then
	memory "$2" / >/dev/null
fi
memory "$1" /tmp/stop >/tmp/said 2>&1 &
worker=$!
while kill -0 $worker 2>/dev/null && ! grep -q filled /tmp/said; do
	sleep 1
done

plan 2
while link_is_up; do
	sleep 1
done
touch /tmp/stop
wait $worker
status=$?
check "$1 MiB are as they were written" memory_was_intact
check "kernel log" kernel_is_content
