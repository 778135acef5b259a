#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest reboots twice, then powers off, all under one VMM.

. /src/selftests/e2e/lib.sh

plan 1
guest_new reboot reboot
guest_start reboot -action reboot=reset
guest_ran reboot 400
