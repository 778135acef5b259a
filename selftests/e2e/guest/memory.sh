# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# usage: memory.sh MIB SECONDS
#
# Keep a pattern in memory for a while, and look at it over and over, while
# the host takes pages away.  Says "filled" when it is all there.

mkfifo /fifo
memory "$1" "$2" >/fifo 2>&1 &
worker=$!
grep -m1 -x filled </fifo
plan 2
check "$1 MiB are as they were written, for $2 s" wait $worker
check "kernel log" kernel_is_content
