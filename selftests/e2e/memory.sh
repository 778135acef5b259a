#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Pages are taken from running guests, by every way that the host has: swap,
# merging (KSM), a balloon (MADV_DONTNEED).  The guests verify a pattern in
# their memory all the while.  Another guest lives in huge pages.

. /src/selftests/e2e/lib.sh

swapped_kib()
{
	awk '$1 == "VmSwap:" { print $2 }' "/proc/$(guest_pid "$1")/status"
}

swap_on()
{
	modprobe zram &&
	echo 1G >/sys/block/zram0/disksize && mkswap /dev/zram0 >/dev/null &&
	swapon /dev/zram0 && mkdir -p /tmp/cg && mount -t cgroup2 none /tmp/cg &&
	echo +memory >/tmp/cg/cgroup.subtree_control
}

# Push a part of a guest out, again and again: it takes its pages back.
swap_out()
{
	local round most=0 now

	for round in 1 2 3 4 5; do
		echo 64M >/tmp/cg/guest/memory.reclaim 2>/dev/null
		now=$(swapped_kib swap)
		echo "round $round: $now KiB of the guest swapped out"
		[ "$now" -le $most ] || most=$now
		sleep 1
	done
	[ "$most" -ge 32768 ]
}

# QEMU marks a guest's memory as mergeable by itself.
merged()
{
	[ "$(cat /sys/kernel/mm/ksm/pages_sharing)" -ge 1000 ]
}

unmerged()
{
	[ "$(cat /sys/kernel/mm/ksm/pages_shared)" -eq 0 ]
}

rss_kib()
{
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$(guest_pid "$1")/status"
}

balloon_takes()
{
	local before
	before=$(rss_kib balloon)

	monitor balloon 'balloon 256'
	eventually 150 balloon_took "$before" || return
	echo "$before KiB before, $(rss_kib balloon) after"
	monitor balloon 'balloon 512'
}

# Of the 256 MiB that the balloon gets, at most 150 were never touched.
balloon_took()
{
	[ "$(rss_kib balloon)" -lt $(($1 - 49152)) ]
}

huge_pages_used()
{
	awk '$1 == "HugePages_Total:" { total = $2 }
	     $1 == "HugePages_Free:" { free = $2 }
	     END { exit !(total - free >= 100) }' /proc/meminfo
}

plan 14

check "swap" swap_on
mkdir /tmp/cg/guest
guest_new swap memory 128
guest_start swap
echo "$(guest_pid swap)" >/tmp/cg/guest/cgroup.procs
check "a guest fills its memory" eventually 120 grep -q '^1\.\.2' /tmp/swap/tap
check "a good part of it is swapped out" swap_out
guest_stop swap
guest_ran swap 400

echo 20000 >/sys/kernel/mm/ksm/pages_to_scan
echo 20 >/sys/kernel/mm/ksm/sleep_millisecs
guest_new ksm memory 96
guest_start ksm
check "a guest fills its memory" eventually 120 grep -q '^1\.\.2' /tmp/ksm/tap
echo 1 >/sys/kernel/mm/ksm/run
check "its pages are merged" eventually 60 merged
guest_stop ksm
guest_ran ksm 300
echo 2 >/sys/kernel/mm/ksm/run
check "no page stays merged" eventually 30 unmerged

guest_new balloon memory 64 200
guest_start balloon -device virtio-balloon-pci
check "a guest fills its memory" eventually 120 grep -q '^1\.\.2' /tmp/balloon/tap
check "a balloon takes memory" balloon_takes
guest_stop balloon
guest_ran balloon 400

mkdir -p /tmp/pages
mount -t hugetlbfs pages /tmp/pages
echo 160 >/proc/sys/vm/nr_hugepages
guest_new huge memory 64
guest_start huge -m 256 -mem-path /tmp/pages -mem-prealloc
check "a guest in huge pages fills its memory" eventually 120 grep -q '^1\.\.2' /tmp/huge/tap
check "huge pages are used" huge_pages_used
sleep 5
guest_stop huge
guest_ran huge 400
