# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# usage: basic.sh CPUS v|nov [none|aplic-imsic]
#
# What anybody would try first in a new guest.

cpus=$1 vector=$2 aia=${3:-none}

all_cpus_run()
{
	local cpu

	[ "$(nproc)" -eq "$cpus" ] || return
	for cpu in $(seq 0 $((cpus - 1))); do
		taskset $((1 << cpu)) sh -c 'i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done' || return
	done
}

vector_as_told()
{
	case $vector in
	v) grep -qE '^isa.*rv64[a-z]*v' /proc/cpuinfo && registers vector ;;
	nov) ! grep -qE '^isa.*rv64[a-z]*v' /proc/cpuinfo ;;
	esac
}

# With an IMSIC, devices send MSIs; and harts, each other.
interrupts_as_told()
{
	case $aia in
	none) grep -qi 'PLIC.*virtio' /proc/interrupts ;;
	*) grep -qi 'PCI-MSIX.*virtio' /proc/interrupts && grep -qi 'IMSIC\|IPI' /proc/interrupts ;;
	esac || { cat /proc/interrupts; false; }
}

network()
{
	ip addr add 10.0.2.15/24 dev eth0 &&
	ip link set eth0 up &&
	ping -c 3 -W 5 10.0.2.2
}

# Hosts without Sscofpmf have no counters to give.
performance_counters()
{
	dmesg | grep 'riscv-pmu-sbi:' || return 0
	counters
}

disk()
{
	local part
	part=$(awk '$2 == "/mnt" { print $1 }' /proc/mounts)

	seq 1 20000 >/mnt/from-guest && sync && umount /mnt &&
	mount -t ext4 "$part" /mnt && seq 1 20000 | cmp - /mnt/from-guest
}

time_passes()
{
	local before after
	before=$(date +%s)
	sleep 2
	after=$(date +%s)
	[ $((after - before)) -ge 2 ] && [ $((after - before)) -le 10 ]
}

plan 9
check "all $cpus CPUs run" all_cpus_run
check "floating point registers are kept" registers float
check "vector unit: $vector" vector_as_told
check "performance counters" performance_counters
check "disk" disk
check "interrupts: $aia" interrupts_as_told
check "network" network
check "timer" time_passes
check "kernel log" kernel_is_content
