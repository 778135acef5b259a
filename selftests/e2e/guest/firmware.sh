# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Booted from a disk by firmware: once more by a reboot, then power off.  The
# disk remembers how often.

# GRUB says so in the command line, by the configuration that it found.
loaded_by_grub()
{
	cat /proc/cmdline
	grep -qw loader=grub /proc/cmdline
}

has_uefi()
{
	[ -d /sys/firmware/efi ]
}

boots=$(($(cat /mnt/boots 2>/dev/null || echo 0) + 1))
echo $boots >/mnt/boots
sync

[ $boots -gt 1 ] || plan 6
tests=$(((boots - 1) * 3))
check "boot $boots: loaded by GRUB" loaded_by_grub
check "boot $boots: the firmware's services are there" has_uefi
check "boot $boots: kernel log" kernel_is_content
if [ $boots -lt 2 ]; then
	umount /mnt
	reboot -f
fi
