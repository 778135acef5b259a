# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# TAP for scripts that run in a guest; their output is the "tap" port.

tests=0

plan()
{
	echo "1..$1"
}

# check NAME COMMAND...
check()
{
	local name=$1 said status
	shift

	said=$("$@" 2>&1)
	status=$?
	[ -z "$said" ] || echo "$said" | tail -n 5 | sed 's/^/# /'
	tests=$((tests + 1))
	if [ $status -eq 0 ]; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
	fi
}

# A kernel that complains is a failure of its host, whatever else worked.
kernel_is_content()
{
	! dmesg | grep -E 'WARNING:|BUG:|Oops|detected stalls|Unable to handle'
}
