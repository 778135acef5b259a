#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Guests boot a disk by firmware, U-Boot and EDK2, as Documentation/guests.rst
# says; reboot through it, and power off.  The disk is laid out as that of a
# distribution: a root file system, and a partition for UEFI with GRUB.

. /src/selftests/e2e/lib.sh

uboot=/packages/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf
edk2=/packages/usr/share/qemu-efi-riscv64
grub=/packages/usr/lib/grub/riscv64-efi/monolithic/grubriscv64.efi

export PATH="$PATH:/packages/usr/sbin:/packages/usr/bin"
export LD_LIBRARY_PATH=/packages/usr/lib/riscv64-linux-gnu

# make_root NAME IMAGE: the file system, 1 MiB from the start of the disk.
make_root()
{
	local dir=/tmp/$1/root

	mkdir -p "$dir/boot" &&
	cp /guest/Image "/tmp/$1/initrd" "$dir/boot/" &&
	mkfs.ext4 -q -F -L guest -d "$dir" -E offset=1048576 "$2" 160M &&
	rm -r "$dir"
}

# make_esp NAME IMAGE@@OFFSET: GRUB where UEFI looks for it, and what tells GRUB
# where the rest is.
make_esp()
{
	cat >"/tmp/$1/grub.cfg" <<-END
		search --no-floppy --label guest --set root
		linux /boot/Image console=ttyS0 quiet panic=-1 loader=grub
		initrd /boot/initrd
		boot
	END
	mformat -i "$2" -T 65536 -h 64 -s 32 :: &&
	mmd -i "$2" ::/EFI ::/EFI/BOOT ::/EFI/debian &&
	mcopy -i "$2" $grub ::/EFI/BOOT/BOOTRISCV64.EFI &&
	mcopy -i "$2" "/tmp/$1/grub.cfg" ::/EFI/debian/grub.cfg
}

# make_disk NAME: all that tells the firmware what to boot.
make_disk()
{
	local disk=/tmp/$1/disk.img

	truncate -s 200M "$disk" &&
	sfdisk -q "$disk" <<-END &&
		label: gpt
		start=1MiB, size=160MiB, type=linux
		size=32MiB, type=uefi
	END
	make_root "$1" "$disk" &&
	make_esp "$1" "$disk@@161M"
}

# start NAME ARGUMENT...
start()
{
	local name=$1
	shift

	guest_start_firmware "$name" -action reboot=reset \
		-drive file="/tmp/$name/disk.img",format=raw,if=virtio "$@"
}

# Once for each boot.
greets_twice()
{
	[ "$(grep -c "$2" "/tmp/$1/console")" -eq 2 ]
}

plan 7
check "packages" mount_packages
for name in u-boot edk2; do
	guest_new $name firmware
	check "disk for $name" make_disk $name
done
start u-boot -kernel $uboot
cp $edk2/RISCV_VIRT_VARS.fd /tmp/edk2/
start edk2 -machine pflash0=code,pflash1=vars \
	-blockdev node-name=code,driver=file,read-only=on,filename=$edk2/RISCV_VIRT_CODE.fd \
	-blockdev node-name=vars,driver=file,filename=/tmp/edk2/RISCV_VIRT_VARS.fd
guest_ran u-boot 600
check "U-Boot greets at each boot" greets_twice u-boot '^U-Boot 20'
guest_ran edk2 600
check "EDK2 greets at each boot" greets_twice edk2 'EDK2 firmware version'
