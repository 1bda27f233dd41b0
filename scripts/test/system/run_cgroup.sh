#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# newinet-run --cgroup: that every kind of program is on newinet in the cgroup and
# nothing outside of it, that the program sees nothing of it, that nothing stays
# behind whoever dies first, and what is said where it cannot be had.
# kernels: 6.1 6.12 7.3
# cpus: 1
# timeout: 300
# needs: gcc libc6-dev make musl-tools clang libbpf-dev bpftool python3 util-linux kmod procps
# shellcheck disable=SC2016,SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=programs_common.sh
. "$(dirname "${BASH_SOURCE[0]}")/programs_common.sh"

newinet_run=$tmp/bin/newinet-run
in_cgroup=("$newinet_run" --cgroup)
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# shellcheck source-path=SCRIPTDIR source=../lib/says.sh
. "$NEWINET_LIB/says.sh"

links()
{
	bpftool link | grep -c modify_return || :
}

folders()
{
	find /sys/fs/cgroup -name 'newinet-run-*'
}

# Nothing of ours is left: the keeper needs a moment after the program's end.
nothing_left()
{
	[[ ! $(folders) ]] && (($(links) == 0)) && ! pgrep newinet-keeper
}

check_nothing_left()
{
	wait_for 30 nothing_left || :
	check "$1: nothing is left" eval 'folders; bpftool link; nothing_left'
}

# Every kind of program.
kinds()
{
	local each

	for each in calls calls-static calls-musl calls-musl-dynamic calls-asan; do
		check "$each, plainly: the kernel's TCP" "$tmp/$each" 6 create connect
		check "$each, in the cgroup" \
			"${in_cgroup[@]}" "$tmp/$each" "$number" create connect
	done
	check "in the cgroup: whatever a socket goes by" "${in_cgroup[@]}" \
		"$tmp/calls-static" "$number" bind dissolve transfer inherit others threads
	cp "$tmp/calls" "$tmp/calls-setuid"
	chmod 4755 "$tmp/calls-setuid"
	check "a set-user-ID program" \
		"${in_cgroup[@]}" "${nobody[@]}" "$tmp/calls-setuid" "$number" create
	check "an ordinary user's program" \
		"${in_cgroup[@]}" "${nobody[@]}" "$tmp/calls-static" "$number" create
	check "a child with an empty environment" \
		"${in_cgroup[@]}" env -i "$tmp/calls" "$number" create
	check "the preloaded library in the cgroup" \
		"${in_cgroup[@]}" "$newinet_run" "$tmp/calls" "$number" create
	check "nested" "${in_cgroup[@]}" "${in_cgroup[@]}" \
		"$tmp/calls-static" "$number" create
	check "an IPv6 socket is the kernel's" "${in_cgroup[@]}" \
		python3 -c 'import socket; assert socket.socket(socket.AF_INET6).proto in (0, 6)'
	check "with --ipv4 there is none, also where that is nested" \
		says 1 'Protocol not supported' "${in_cgroup[@]}" "${in_cgroup[@]}" --ipv4 \
		python3 -c 'import socket; socket.socket(socket.AF_INET6)'
	check "in a cgroup that the program makes" "${in_cgroup[@]}" sh -c '
		own=/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)
		mkdir "$own/a" "$own/a/b" && echo 0 >"$own/a/b/cgroup.procs" &&
		"$0" "$1" create' "$tmp/calls-static" "$number"
	check "io_uring's and the C library's own way in" "${in_cgroup[@]}" \
		python3 -c 'import ctypes, socket, sys
fd = ctypes.CDLL(None).syscall(41, 2, 1, 0)
assert socket.socket(fileno=fd).proto == int(sys.argv[1])' "$number"
	check_nothing_left "every kind of program"
}

# The program has the place that it would have without us.
passing()
{
	check "the program's status" says 42 '' "${in_cgroup[@]}" sh -c 'exit 42'
	check "one that a signal kills" says 137 '' "${in_cgroup[@]}" sh -c 'kill -9 $$'
	check "arguments" says 0 '[-v][][a b][--]' "${in_cgroup[@]}" -- \
		printf '[%s]' -v '' 'a b' --
	check "not found: 127" says 127 'No such file' "${in_cgroup[@]}" no-such-program
	: >"$tmp/plain"
	check "not executable: 126" says 126 'Permission denied' \
		"${in_cgroup[@]}" "$tmp/plain"
	check "it meets no child of ours" says 0 '[]' "${in_cgroup[@]}" \
		sh -c 'read -r all </proc/$$/task/$$/children; echo "[$all]"'
	check "and no descriptor" says 0 "$(ls -x /proc/self/fd)" \
		"${in_cgroup[@]}" ls -x /proc/self/fd
	check "-v says where" says 0 "newinet's in /sys/fs/cgroup" \
		"${in_cgroup[@]}" -v true
	check "whoever reads its output waits for the program alone" \
		says 0 hello bash -c '"$@" | cat' - "${in_cgroup[@]}" \
		sh -c 'sleep 1000 >/dev/null 2>&1 </dev/null & echo hello'
	pkill -x sleep
	signals
	check_nothing_left "what the program sees"
}

signals()
{
	local pid status=0

	rm -f "$tmp/ready"
	(trap - EXIT; exec "${in_cgroup[@]}" bash -c 'trap "exit 9" TERM
		: >"$0"; while :; do read -rt 1 <> <(:); done' "$tmp/ready") &
	pid=$!
	check "a program that waits is there" wait_for 30 test -e "$tmp/ready"
	kill -TERM "$pid"
	wait "$pid" || status=$?
	check "a signal reaches it, and its status us: $status" test "$status" = 9
}

# waiting NAME: in a cgroup until $tmp/NAME.go is there, then who opens a socket.
waiting()
{
	(trap - EXIT; exec "${in_cgroup[@]}" sh -c ': >"$0.ready"
		until [ -e "$0.go" ]; do sleep 0.1; done
		"$1" "$2" create' "$tmp/$1" "$tmp/calls-static" "$number") >"$tmp/$1.out" 2>&1 &
	pids+=($!)
	wait_for 30 test -e "$tmp/$1.ready"
}

# Two at once; and what is not in any of them.
together()
{
	local one two

	check "one begins" waiting one
	one=${pids[-1]}
	check "another begins" waiting two
	two=${pids[-1]}
	check "they share the program on the hook" eval 'bpftool link; (($(links) == 1))'
	check "outside nothing has changed" "$tmp/calls-static" 6 create connect
	: >"$tmp/one.go"
	check "the first is on newinet" wait "$one"
	: >"$tmp/two.go"
	check "when the first has gone, so is the second" wait "$two"
	check_nothing_left "two at once"
}

# A child that stays when the program has ended, and its keeper.
outliving()
{
	check "a program leaves a child" "${in_cgroup[@]}" sh -c '
		(: >"$0.ready"
		until [ -e "$0.go" ]; do sleep 0.1; done
		"$1" "$2" create && : >"$0.good") >"$0.out" 2>&1 &' \
		"$tmp/child" "$tmp/calls-static" "$number"
	check "the child is there" wait_for 30 test -e "$tmp/child.ready"
	: >"$tmp/child.go"
	check "it is on newinet" wait_for 30 test -e "$tmp/child.good"
	check_nothing_left "a child that outlives"

	check "one begins" waiting three
	pkill -9 newinet-keeper
	check "its keeper was killed: the program on the hook is gone" \
		wait_for 30 eval '(($(links) == 0))'
	: >"$tmp/three.go"
	wait "${pids[-1]}" || :
	check "the next removes the folder" "${in_cgroup[@]}" true
	check_nothing_left "a keeper that was killed"
}

# Who may not, and where not.
refusals()
{
	check "an ordinary user is told" says 125 'needs CAP_BPF and CAP_PERFMON' \
		"${nobody[@]}" env HOME=/nonexistent "${in_cgroup[@]}" true
	check "or falls back, if asked to" "${nobody[@]}" env HOME=/nonexistent \
		"${in_cgroup[@]}" --fallback "$tmp/calls" 6 create
	check "these capabilities are enough" \
		setpriv --bounding-set -all,+bpf,+perfmon,+dac_override \
		"${in_cgroup[@]}" "$tmp/calls-static" "$number" create
	check "no place for a cgroup" says 125 'cannot make a cgroup in' unshare -m sh -c '
		mount -o remount,ro,bind /sys/fs/cgroup && exec "$@"' - "${in_cgroup[@]}" true
	check "no cgroups" says 125 'needs cgroup v2' unshare -m sh -c '
		umount -l /sys/fs/cgroup && exec "$@"' - "${in_cgroup[@]}" true
	# The namespace's end would kill the keeper before it has cleaned up.
	check "in namespaces of its own" unshare -m -C -n -p -f --mount-proc sh -c '
		ip link set lo up && umount -l /sys/fs/cgroup &&
		mount -t cgroup2 cgroup2 /sys/fs/cgroup && "$@" &&
		while pgrep newinet-keeper >/dev/null; do sleep 0.1; done' - \
		"${in_cgroup[@]}" "$tmp/calls-static" "$number" create connect
	mv "$tmp/lib/newinet/newinet-cgroup" "$tmp/away"
	check "built without clang" says 125 'apt-get install clang' "${in_cgroup[@]}" true
	mv "$tmp/away" "$tmp/lib/newinet/newinet-cgroup"
	check "--ipv4 alone" says 125 'takes --cgroup' "$newinet_run" --ipv4 true
	check_nothing_left "what is refused"
}

# Another BPF program on the hook: the one that was attached last is asked first,
# and the first that answers anything but 0 is right.
others()
{
	local at=/sys/fs/bpf/answers

	cp "$tmp/calls-static" "$tmp/answers"
	check "another program is attached" \
		"$tmp/attach" "$tmp/answers.bpf.o" "$at"
	check "it answers" "$tmp/answers" 262 is
	check "ours comes after it, and is asked first" \
		"${in_cgroup[@]}" "$tmp/answers" "$number" connect
	check "and it goes on answering elsewhere" "$tmp/answers" 262 is
	rm "$at"
	check "one begins" waiting four
	check "another program is attached" \
		"$tmp/attach" "$tmp/answers.bpf.o" "$at"
	check "now it is asked first, and we are told" \
		says 125 'another BPF program' "${in_cgroup[@]}" true
	rm "$at"
	: >"$tmp/four.go"
	check "when it is gone, what was there goes on" wait "${pids[-1]}"
	check_nothing_left "another program"
}

# The module's part.
module()
{
	check "one begins" waiting five
	wait_for 20 rmmod newinet
	: >"$tmp/five.go"
	wait "${pids[-1]}" || :
	check "its module was removed: never silently on the kernel's TCP" \
		grep 'Protocol not supported' "$tmp/five.out"
	check "no module: refused" says 1 'module is not loaded' "${in_cgroup[@]}" true
	check "no module, --fallback" "${in_cgroup[@]}" -f "$tmp/calls-static" 6 create
	check "no module, --fallback: silently" says 0 '' "${in_cgroup[@]}" -f true
	check "no module, --fallback -v: says so" \
		says 0 'falling back' "${in_cgroup[@]}" -f -v true
	insmod "$NEWINET_KO" protocol=0
	check "protocol=0: refused" says 1 'keeps AF_INET programs out' \
		"${in_cgroup[@]}" true
	wait_for 20 rmmod newinet
	insmod "$NEWINET_KO" protocol=254 access=admin
	check "protocol=254: found" \
		"${in_cgroup[@]}" "$tmp/calls-static" 254 create connect
	check "access=admin: an ordinary user in the cgroup may not" \
		says 1 'Operation not permitted' \
		"${in_cgroup[@]}" "${nobody[@]}" "$tmp/calls-static" 254 create
	check_nothing_left "the module"
}

# The module is installed, and not loaded: the first socket loads it by its alias, the
# one that newinet-run tries with as well as one from inside the cgroup.
by_alias()
{
	local where

	where=/lib/modules/$(uname -r)
	wait_for 20 rmmod newinet
	# Not among the kernel's own, which other machines see.
	mount -t tmpfs modules "$where"
	check "the module is installed" eval 'cp "$NEWINET_KO" "$where/newinet.ko" && depmod'
	check "installed, not loaded: newinet-run loads it" \
		"${in_cgroup[@]}" "$tmp/calls-static" "$number" create connect
	check "it is loaded" test -d /sys/module/newinet
	check "one begins" waiting six
	wait_for 20 rmmod newinet
	: >"$tmp/six.go"
	check "its first socket loads the module" wait "${pids[-1]}"
	check "it is loaded again" test -d /sys/module/newinet
	wait_for 20 rmmod newinet
	check "a socket of its family loads it" says 0 'socket=0' \
		"$NEWINET_BIN/net_call" newinet socket
	check_nothing_left "the alias"
	umount "$where"
}

# Installed, as that starts quicker.
mkdir -p "$tmp/bin" "$tmp/lib/newinet"
cp "$NEWINET_BIN"/run/* "$tmp/"
cp "$src/scripts/run/newinet-run" "$tmp/bin/"
cp "$tmp"/{libnewinet-preload.so,newinet-exec,newinet-cgroup} "$tmp/lib/newinet/"
number=$(</sys/module/newinet/parameters/protocol)
if [[ $NEWINET_KERNEL == 6.1 ]]; then
	check "no hook: refused" says 125 'no hook in socket()' "${in_cgroup[@]}" true
	check "no hook: no user is sent to the superuser" says 125 'no hook in socket()' \
		"${nobody[@]}" env HOME=/nonexistent "${in_cgroup[@]}" true
	check "no hook, --fallback" "${in_cgroup[@]}" -f "$tmp/calls-static" 6 create
	check_nothing_left "no hook"
	finish
fi
kinds
passing
together
outliving
refusals
others
module
by_alias
finish
