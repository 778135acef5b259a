#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's libvirt, with the configuration that it comes with, starts, suspends,
# resumes and stops the guest of Documentation/libvirt-guest.xml.

. /src/selftests/e2e/lib.sh

xml=/src/Documentation/libvirt-guest.xml
console=/var/log/libvirt/qemu/guest-console.log

# The packages are only unpacked: here is what their scripts would do.  What is
# in the place of a file, such as a link to busybox, is removed first.
install_packages()
{
	mount_packages &&
	tar -C /packages -cf - . | tar -C / -xf - || return
	ln -s /run /var/run
	printf '%s\n' root:x:0:0:root:/root:/bin/sh \
		libvirt-qemu:x:64055:104:QEMU:/var/lib/libvirt:/usr/sbin/nologin >/etc/passwd
	printf '%s\n' root:x:0: kvm:x:104: libvirt-qemu:x:64055:libvirt-qemu >/etc/group
	chgrp kvm /dev/kvm && chmod 660 /dev/kvm
}

libvirt_starts()
{
	virtlogd -d -p /run/virtlogd.pid &&
	LIBVIRT_LOG_OUTPUTS=2:file:/job/libvirtd.log libvirtd -d -p /run/libvirtd.pid &&
	eventually 120 virsh version && virsh version
}

libvirt_stops()
{
	kill "$(cat /run/libvirtd.pid)" "$(cat /run/virtlogd.pid)" &&
	eventually 60 test ! -e /run/libvirtd.pid -a ! -e /run/virtlogd.pid
}

libvirt_finds_kvm()
{
	virsh domcapabilities --virttype kvm --machine virt >/tmp/capabilities &&
	grep -F "mode name='host-passthrough' supported='yes'" /tmp/capabilities
}

files_of_the_guest()
{
	cp /guest/Image /guest/initrd /var/lib/libvirt/boot/ &&
	cp /guest/disk.ext4 /var/lib/libvirt/images/guest.img
}

# The sum over vCPUs, of KVM itself: it moves whenever the guest does.
exits()
{
	cat /sys/kernel/debug/kvm/"$(cat /run/libvirt/qemu/guest.pid)"-*/exits
}

vcpus_run()
{
	[ "$(exits)" -gt 0 ]
}

qemu_runs_on_kvm()
{
	virsh qemu-monitor-command --hmp guest 'info kvm' | grep -F 'kvm support: enabled' &&
	eventually 60 vcpus_run
}

state_is()
{
	[ "$(virsh -q domstate guest | head -n1)" = "$1" ]
}

# console_open: what is typed goes to descriptor 3.  What the guest says has to
# be read by somebody, though it is in the log as well.
console_open()
{
	local tty
	tty=$(virsh -q ttyconsole guest) || return
	exec 3<>"$tty"
	cat <&3 >/dev/null 2>&1 &
	reader=$!
}

console_close()
{
	exec 3>&-
	kill $reader 2>/dev/null
	wait $reader 2>/dev/null
}

# guest_does NUMBER COMMAND: type it at the guest's shell, which tells its status.
guest_does()
{
	echo "$2; echo status of $1: \$?" >&3
	eventually 120 grep -q "^status of $1: [0-9]" $console &&
	grep -q "^status of $1: 0" $console
}

guest_has_network()
{
	guest_does 1 'ip addr add 10.0.2.15/24 dev eth0 && ip link set eth0 up' &&
	guest_does 2 'ping -c 3 -W 20 10.0.2.2'
}

guest_counts()
{
	guest_does 4 '{ while :; do n=$((n + 1)); echo count $n; sleep 1; done & }' &&
	eventually 60 counted_beyond 2
}

count()
{
	sed -n 's/^count \([0-9]*\).*/\1/p' $console | tail -n1
}

counted_beyond()
{
	[ "$(count)" -gt "$1" ]
}

count_stands()
{
	local before
	before=$(count)
	sleep 10
	[ "$(count)" -eq "$before" ]
}

# Not one exit, from the first moment on; the last lines of the console may
# still be on their way to the log.
suspends()
{
	local before

	virsh suspend guest && state_is paused || return
	before=$(exits)
	eventually 5 count_stands && [ "$(exits)" -eq "$before" ]
}

resumes()
{
	local before
	before=$(count)

	virsh resume guest && state_is running && eventually 60 counted_beyond $((before + 2))
}

powers_off()
{
	echo exit >&3
	eventually 120 state_is 'shut off'
}

disk_has_file()
{
	e2fsck -fn /var/lib/libvirt/images/guest.img &&
	debugfs -R 'cat from-guest' /var/lib/libvirt/images/guest.img >/tmp/from-guest &&
	seq 1 20000 | cmp - /tmp/from-guest
}

starts_and_is_destroyed()
{
	virsh start guest && eventually 60 vcpus_run && virsh destroy guest && state_is 'shut off'
}

undefines()
{
	virsh undefine guest && [ -z "$(virsh -q list --all)" ]
}

# The same guest, with the lines that libvirt.rst has for AIA; not defined, so
# that it is gone when it is destroyed.
starts_with_aia()
{
	sed -n '/<qemu:commandline>/,/<\/qemu:commandline>/p' /src/Documentation/libvirt.rst >/tmp/lines
	sed -e "s|<domain type='kvm'|& xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'|" \
		-e '/<\/devices>/r /tmp/lines' $xml >/tmp/aia.xml
	virsh create --validate /tmp/aia.xml && eventually 300 grep -q '^guest# ' $console
}

# The guest's wired interrupts go through an APLIC, and that is in the kernel.
aia_is_kvms()
{
	local status=0

	guest_does 5 'grep APLIC-MSI.*ttyS0 /proc/interrupts' || status=1
	[ "$(cat /sys/kernel/debug/kvm/*/mmio_exit_kernel)" -gt 0 ] || status=1
	virsh destroy guest && return $status
}

nothing_is_left()
{
	[ "$(cat /sys/module/kvm/refcnt)" -eq 0 ] && ! pidof qemu-system-riscv64
}

plan 22
check "libvirt's packages" install_packages
check "libvirt starts" libvirt_starts
check "libvirt finds KVM" libvirt_finds_kvm
check "files of the guest" files_of_the_guest
check "define" virsh define --validate $xml
check "start" virsh start guest
check "QEMU runs on KVM" qemu_runs_on_kvm
check "the guest boots" eventually 300 grep -q '^guest# ' $console
console_open
result $? "its console is opened"
check "network" guest_has_network
check "disk" guest_does 3 'seq 1 20000 >/mnt/from-guest && sync'
check "the guest counts" guest_counts
check "suspend" suspends
check "resume" resumes
check "the guest powers off" powers_off
console_close
check "what it wrote is on its disk" disk_has_file
check "start again, and destroy" starts_and_is_destroyed
check "undefine" undefines
check "a guest with AIA boots" starts_with_aia
console_open
check "its interrupts are KVM's" aia_is_kvms
console_close
check "libvirt stops" libvirt_stops
check "nothing is left" nothing_is_left
cp $console /var/log/libvirt/qemu/guest.log /job/
