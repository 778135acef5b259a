# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Reboot twice, then power off.  The disk remembers how often.

boots=$(($(cat /mnt/boots 2>/dev/null || echo 0) + 1))
echo $boots >/mnt/boots
sync

[ $boots -gt 1 ] || plan 3
tests=$((boots - 1))
check "boot $boots" kernel_is_content
if [ $boots -lt 3 ]; then
	umount /mnt
	reboot -f
fi
