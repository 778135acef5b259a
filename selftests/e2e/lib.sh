# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For scenarios, which run in the host (busybox sh): TAP, and guests.
#
# A guest runs one script of guest/, whose TAP it writes to a virtio port; its
# console is kept in /job/NAME.console.  All guests of a scenario live in
# /tmp/NAME: disk.ext4 (a fresh copy), tap, console, pid, status.

e2e=/src/selftests/e2e
programs=/src/build/selftests/guest
tests=0

plan()
{
	echo "TAP version 14"
	echo "1..$1"
}

# result STATUS NAME: one line of TAP.
result()
{
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
	fi
}

skip()
{
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# check NAME COMMAND...: the test passes if the command succeeds.
check()
{
	local name=$1 said status
	shift

	said=$("$@" 2>&1)
	status=$?
	[ -z "$said" ] || echo "$said" | sed 's/^/# /'
	result $status "$name"
}

# eventually SECONDS COMMAND...: succeed as soon as the command does.
eventually()
{
	local left=$1
	shift

	while ! "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 1
	done
}

# mount_packages: those that plan.toml asks for, and the host's root has not.
mount_packages()
{
	mkdir -p /packages &&
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,ro packages /packages
}

# guest_new NAME SCRIPT [ARGUMENT...]: lay out a guest that will run
# guest/SCRIPT.sh with these arguments.
guest_new()
{
	local dir=/tmp/$1 script=$2
	shift 2

	rm -rf "$dir"
	mkdir -p "$dir/add/tests"
	cp /guest/disk.ext4 "$dir/"
	cp "$e2e/guest/tap.sh" "$e2e/guest/$script.sh" "$programs"/* "$dir/add/tests/"
	printf '%s\n' 'cd /tests && PATH=$PATH:/tests && . ./tap.sh' \
		"set -- $*" ". ./$script.sh" >"$dir/add/test"
	(cd "$dir/add" && find . | cpio --quiet -o -H newc | gzip -1) >"$dir/add.gz"
	cat /guest/initrd "$dir/add.gz" >"$dir/initrd"
	rm -rf "$dir/add" "$dir/add.gz"
}

# guest_start NAME ARGUMENT...: start it, with further arguments of QEMU.
# -cpu host and 2 vCPUs of 512 MiB unless they say otherwise.
guest_start()
{
	local name=$1 dir=/tmp/$1
	shift

	guest_start_firmware "$name" -kernel /guest/Image -initrd "$dir/initrd" \
		-append "console=ttyS0 quiet panic=-1 ${guest_append-}" \
		-drive file="$dir/disk.ext4",format=raw,if=virtio "$@"
}

# guest_start_firmware NAME ARGUMENT...: the same, but these have to say from
# what it boots.
guest_start_firmware()
{
	local dir=/tmp/$1
	shift

	: >"$dir/tap"
	rm -f "$dir/monitor.in" "$dir/monitor.out"
	mkfifo "$dir/monitor.in" "$dir/monitor.out"
	qemu-system-riscv64 -machine virt,accel=kvm -cpu host -smp 2 -m 512 \
		-display none -no-reboot \
		-netdev user,id=net -device virtio-net-pci,netdev=net,romfile= \
		-device virtio-serial-pci \
		-chardev file,id=tap,path="$dir/tap" \
		-device virtserialport,chardev=tap,name=tap \
		-serial file:"$dir/console" \
		-chardev pipe,id=monitor,path="$dir/monitor" -mon chardev=monitor \
		"$@" </dev/null >"$dir/qemu.log" 2>&1 &
	echo $! >"$dir/pid"
}

guest_pid()
{
	cat "/tmp/$1/pid"
}

guest_alive()
{
	[ -e "/proc/$(guest_pid "$1")/exe" ]
}

# guest_wait NAME SECONDS: until QEMU has ended; its exit status, or 124.
guest_wait()
{
	local status=0 pid
	pid=$(guest_pid "$1")

	if ! eventually "$2" test ! -e "/proc/$pid/exe"; then
		kill -9 "$pid"
		status=124
	fi
	wait "$pid" 2>/dev/null || status=$?
	guest_keep "$1"
	return $status
}

# guest_keep NAME: leave its console and QEMU's messages for the reader.
guest_keep()
{
	cp "/tmp/$1/console" "/job/$1.console" 2>/dev/null
	cp "/tmp/$1/qemu.log" "/job/$1.qemu" 2>/dev/null
}

# guest_says NAME LINE: the guest has written this line to its port.
guest_says()
{
	grep -qxF "$2" "/tmp/$1/tap"
}

# guest_ran NAME SECONDS: wait for it to power off; its TAP becomes a subtest.
guest_ran()
{
	local status=0

	guest_wait "$1" "$2" || status=$?
	echo "# Subtest: $1"
	sed 's/^/    /' "/tmp/$1/tap"
	if [ $status -ne 0 ]; then
		echo "# QEMU ended with $status"
		tail -n 5 "/tmp/$1/qemu.log" "/tmp/$1/console" | sed 's/^/# /'
	elif grep -q '^not ok' "/tmp/$1/tap"; then
		status=1
	fi
	result $status "$1"
}

# monitor NAME COMMAND: a command for QEMU's monitor.
monitor()
{
	echo "$2" >"/tmp/$1/monitor.in"
}

# guest_stop NAME: tell guest/memory.sh that it has seen enough.
guest_stop()
{
	monitor "$1" 'set_link net off'
}

mem_free_kib()
{
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "MemFree:" { print $2 }' /proc/meminfo
}
