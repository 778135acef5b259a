# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What every script here needs: where things live, how a long step is told to
# the user, and how an error ends.  Sourced, never run.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
scripts=$top/scripts
build=$top/build
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kvm-cove-riscv
export top scripts build cache

# An ordinary user's may lack these, and chroot is there.
PATH=$PATH:/usr/sbin:/sbin

# The kernel to build for and to test on: Debian stable's, or sid's.  Each has
# a directory with the packages' contents, the kernel's source, and versions.
export KERNEL=${KERNEL:-6.12}
kernel=$cache/debian
module=$build/module
if [ "$KERNEL" != 6.12 ]; then
	kernel=$cache/debian-$KERNEL
	module=$build/module-$KERNEL
fi

cross=riscv64-linux-gnu-
[ "$(uname -m)" = riscv64 ] && cross=
export cross

# die SENTENCE: the one sentence the user reads, then a failing exit.
die()
{
	printf '%s: error: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

note()
{
	printf '  - %s\n' "$*" >&2
}

# usage_if_asked "$@": print the comment block at the head of the script.
usage_if_asked()
{
	case ${1-} in
	-h|--help)
		sed -n '3,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$0"
		exit 0
		;;
	esac
}

# The time since STARTED, as people say it.
elapsed()
{
	local s=$((SECONDS - $1))

	if [ $s -ge 60 ]; then
		printf '%d min %02d s' $((s / 60)) $((s % 60))
	else
		printf '%d s' $s
	fi
}

# Show that a step is alive: on a terminal one line that is redrawn with the
# last line of its log, elsewhere one line every 30 seconds.
progress()
{
	local pid=$1 log=$2 started=$3 ticks=0

	while sleep 1 && kill -0 "$pid" 2>/dev/null; do
		ticks=$((ticks + 1))
		if [ -t 2 ]; then
			printf '\r\033[K    %s: %.60s' "$(elapsed "$started")" \
				"$(tail -qn1 "$log" | tr -dc '[:print:]')" >&2
		elif [ $((ticks % 30)) -eq 0 ]; then
			printf '    still running, %s\n' "$(elapsed "$started")" >&2
		fi
	done
	if [ -t 2 ]; then printf '\r\033[K' >&2; fi
}

# step NAME DESCRIPTION COMMAND...: run a long command quietly.  Its output
# goes to $build/log/NAME.log, and the end of that is shown if it fails.
step()
{
	local name=$1 what=$2 started=$SECONDS log=$build/log/$1.log
	local pid watcher rc=0
	shift 2

	mkdir -p "$build/log"
	printf '==> %s\n' "$what" >&2
	"$@" </dev/null >"$log" 2>&1 &
	pid=$!
	progress "$pid" "$log" "$started" &
	watcher=$!
	wait "$pid" || rc=$?
	wait "$watcher" || true
	if [ $rc -ne 0 ]; then
		explain_failure "$log"
		tail -n 15 "$log" | sed 's/^/    | /' >&2
		die "$what: failed after $(elapsed "$started"); the whole log is $log"
	fi
	printf '    done in %s\n' "$(elapsed "$started")" >&2
}

# The two causes that are not ours deserve their own sentence.
explain_failure()
{
	if grep -q 'No space left on device' "$1"; then
		die "the disk is full (the cache is $cache, the build directory $build)"
	fi
	if grep -qE 'Could not resolve|Temporary failure (in name )?resolving|Network is unreachable|Could not connect|Connection (failed|timed out)' "$1"; then
		die "no network: the Debian mirror cannot be reached, and what is needed is not in $cache yet"
	fi
}

# need_space KIB DIRECTORY: fail before a long step instead of in its middle.
need_space()
{
	local free

	mkdir -p "$2" 2>/dev/null || die "cannot create $2"
	free=$(df --output=avail -k "$2" | tail -n1)
	[ "$free" -ge "$1" ] ||
		die "$2 has $((free / 1024)) MiB free, and $(($1 / 1024)) MiB are needed"
}

# content_hash PATH...: one short name for the contents of files.
content_hash()
{
	local f

	for f in "$@"; do
		if [ -d "$f" ]; then
			find "$f" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sed "s|$f||"
		else
			sha256sum <"$f"
		fi
	done | sha256sum | cut -c1-16
}

# only_one NAME: hold a lock of that name until the script ends, so that two
# checkouts or two make runs don't build the same cached thing at once.
only_one()
{
	mkdir -p "$cache" 2>/dev/null || die "cannot create the cache directory $cache"
	exec 9>"$cache/.lock-$1" || die "cannot write to the cache directory $cache"
	flock 9
}

# alone_in DIRECTORY: the same for something that is built in a checkout.
alone_in()
{
	mkdir -p "$1" 2>/dev/null || die "cannot create $1"
	exec 8>"$1.lock" || die "cannot write beside $1"
	flock 8
}

# inside "$@": run this script again inside the tool root, unless it is there.
inside()
{
	[ -n "${KVM_COVE_INSIDE-}" ] || exec "$scripts/enter" "$0" "$@"
}

# tested WHAT: the version of WHAT that this tree was tested with.
tested()
{
	awk -v what="$1" '$1 == what { print $2 }' "$scripts/tested-versions"
}

# tell_if_untested WHAT VERSION
tell_if_untested()
{
	[ "$(tested "$1")" = "$2" ] ||
		note "$1 is $2 here; this tree was tested with $(tested "$1")"
}
