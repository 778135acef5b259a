# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Keep CPUs, disk and memory busy until somebody ends the guest.

for cpu in $(seq 0 $(($(nproc) - 1))); do
	taskset $((1 << cpu)) sh -c 'while :; do dd if=/dev/zero of=/tmp/x$$ bs=1M count=8; done' 2>/dev/null &
done
memory 96 /never >/dev/null &
sleep 1
echo running
while :; do
	dd if=/dev/zero of=/mnt/busy bs=64k count=64 2>/dev/null
	sync
done
