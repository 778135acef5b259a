#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: exec sh suspend.sh
#
# Runs ./suspend in a host of its own. A suspend resets all devices, and
# Linux's driver of virtio-9p does not set its device up again. So nothing may
# use /src and /job meanwhile: everything moves to memory, the caller's own
# script included (thus exec), and the driver gives its devices up until the
# end.

program=/src/build/selftests/kvm/suspend
driver=/sys/bus/virtio/drivers/9pnet_virtio

if [ "$0" != /tmp/suspend.sh ]; then
	cp "$0" /tmp/suspend.sh && cp $program /tmp/suspend || exit 1
	cd /tmp && exec sh /tmp/suspend.sh
fi

devices=$(cd $driver && ls -d virtio*)
umount /src /job || exit 1
for device in $devices; do
	echo "$device" >$driver/unbind
done

echo "TAP version 14"
echo "1..1"
echo "# Subtest: suspend"
timeout -s KILL 180 ./suspend </dev/null >log 2>&1
status=$?
sed 's/^/    /' log

for device in $devices; do
	echo "$device" >$driver/bind
done
options=trans=virtio,version=9p2000.L,msize=262144
mount -t 9p -o $options,ro src /src
mount -t 9p -o $options,access=any job /job
cp log /job/suspend.log

case $status in
0) echo "ok 1 - suspend" ;;
4) echo "ok 1 - suspend # SKIP $(sed -n 's/^1\.\.0 # SKIP *//p' log | head -n1)" ;;
*) echo "not ok 1 - suspend"; exit 1 ;;
esac
