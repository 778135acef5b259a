#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: upstream.sh quick|short|full
#
# Upstream's KVM selftests, one test of ours for each program.

. /src/selftests/e2e/lib.sh

form=$1
built=/src/build/selftests/upstream
list=/tmp/list

grep -v '^#' $e2e/upstream.tests | tr -d '\t' >/tmp/all
case $form in
quick) awk -F'|' '$2 <= 60' /tmp/all >$list ;;
*) cp /tmp/all $list ;;
esac

plan "$(wc -l <$list)"
while IFS='|' read -r program limit full short; do
	program=${program% }
	options=$short
	if [ "$form" = full ]; then
		options=$full
	fi
	name=${program##*/}
	program=${program%:*}
	before=$(date +%s)
	# shellcheck disable=SC2086 # options are words
	timeout -s KILL ${limit} $built/$program $options </dev/null >/tmp/log 2>&1
	status=$?
	echo "# time: $(($(date +%s) - before))"
	cp /tmp/log "/job/$name.log"
	case $status in
	0) result 0 "$name" ;;
	4) skip "$name" "$(tail -n1 /tmp/log | tr -d '#')" ;;
	*)
		tail -n 12 /tmp/log | sed 's/^/# /'
		echo "# exit status $status"
		result 1 "$name" ;;
	esac
done <$list
