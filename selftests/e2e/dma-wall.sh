#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: dma-wall.sh
#
# The firmware owns the IOMMU: an ordinary kernel finds neither that nor fw_cfg
# or virtio-mmio, and its virtio devices, which all go through the IOMMU, work.

. /src/selftests/e2e/lib.sh

tree=/proc/device-tree

# no_node COMPATIBLE
no_node()
{
	! find $tree/ -name compatible -exec grep -l "$1" {} + | grep .
}

no_bus_names_it()
{
	! find $tree/ -name iommu-map | grep .
}

# VIRTIO_F_ACCESS_PLATFORM is bit 33: the driver has agreed to use DMA's rules.
all_agree()
{
	local device seen=0

	for device in /sys/bus/virtio/devices/*; do
		seen=$((seen + 1))
		[ "$(cut -c34 "$device/features")" = 1 ] || return
	done
	[ $seen -ge 4 ]
}

# Past the kernel's caches.
disk_works()
{
	dd if=/dev/vda of=/dev/null bs=1M count=64 iflag=direct &&
	dd if=/dev/zero of=/var/dma-wall bs=1M count=16 oflag=direct conv=fsync &&
	cmp -n 16777216 /var/dma-wall /dev/zero
}

plan 6
check "the kernel finds no IOMMU" no_node riscv,iommu
check "nor fw_cfg" no_node qemu,fw-cfg-mmio
check "nor a slot of virtio-mmio" no_node virtio,mmio
check "and no bus names an IOMMU" no_bus_names_it
check "all virtio devices go through it" all_agree
check "the disk behind it works" disk_works
