#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Four guests at once, and in the host the same work on registers.

. /src/selftests/e2e/lib.sh

vector=nov
if grep -qE '^isa.*rv64[a-z]*v' /proc/cpuinfo; then
	vector=v
fi

host_registers()
{
	"$programs/registers" float && { [ $vector = nov ] || "$programs/registers" vector; }
}

plan 5
for name in one two three four; do
	guest_new $name basic 1 $vector
	guest_start $name -smp 1 -m 256
done
check "registers of the host's processes are kept meanwhile" host_registers
for name in one two three four; do
	guest_ran $name 400
done
