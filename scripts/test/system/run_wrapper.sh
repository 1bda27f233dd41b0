#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# newinet-run itself: that a program's stream sockets are newinet's and AF_INET
# in every call, that whatever it runs keeps that, that the rest is left alone,
# what is refused and how, with and without the module, from the checkout and
# installed.
# kernels: 6.12
# timeout: 1200
# needs: gcc libc6-dev make musl-tools python3 util-linux iproute2 kmod
# shellcheck disable=SC2016,SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=programs_common.sh
. "$(dirname "${BASH_SOURCE[0]}")/programs_common.sh"

# shellcheck source-path=SCRIPTDIR source=../lib/says.sh
. "$NEWINET_LIB/says.sh"

# calls NAME NUMBER [COMMAND...]: every group of calls, run by the command.
# AF_NEWINET has no Fast Open: it answers as AF_INET does where that is off.
calls()
{
	local name=$1 number=$2 fastopen=nofastopen group
	shift 2

	((number != 6)) || fastopen=fastopen
	for group in create bind connect dissolve transfer $fastopen inherit \
		     others threads exec; do
		check "$name: calls $group" "$@" "$tmp/calls" "$number" "$group"
	done
}

build()
{
	# The runner has made them.
	if [[ -d ${NEWINET_BIN:-}/run ]]; then
		cp -p "$NEWINET_BIN"/run/* "$tmp/"
	else
		make -s -C "$src/scripts/run" O="$tmp" all check-programs
	fi
}

# The statuses that env(1) would give, and what never needs the module.
statuses()
{
	: >"$tmp/plain"
	check "no program: 125" says 125 'which program' "$newinet_run"
	check "unknown option: 125" \
		says 125 'unknown option --x' "$newinet_run" --x true
	check "--help" says 0 'Usage: newinet-run' "$newinet_run" --help
	check "--version" says 0 'newinet-run ' "$newinet_run" --version
	check "not in PATH: 127" \
		says 127 'No such file' "$newinet_run" no-such-program
	check "no such path: 127" \
		says 127 'No such file' "$newinet_run" /no/such/program
	check "an empty name: 127" says 127 'No such file' "$newinet_run" ''
	check "a folder: 126" says 126 'Is a directory' "$newinet_run" "$tmp"
	check "not executable: 126" \
		says 126 'Permission denied' "$newinet_run" "$tmp/plain"
}

# Programs that the library cannot enter.
refusals()
{
	printf '#!%s\n' "$tmp/calls-static" >"$tmp/static-script"
	printf '#!/usr/bin/env calls-static\n' >"$tmp/static-env-script"
	cp "$tmp/calls" "$tmp/setuid"
	cp "$tmp/calls" "$tmp/setuid-unreadable"
	cp "$tmp/calls" "$tmp/setgid"
	cp "$tmp/calls" "$tmp/foreign"
	chown 65534 "$tmp/setuid"
	chgrp 65534 "$tmp/setgid"
	chmod u+s "$tmp/setuid"
	chmod g+s "$tmp/setgid"
	# The machine field of the ELF header: none that there is.
	printf '\xfe\xfe' | dd of="$tmp/foreign" bs=1 seek=18 conv=notrunc \
		status=none
	chmod 755 "$tmp"/static*script

	check "a static program is refused" \
		says 126 'statically linked' "$newinet_run" "$tmp/calls-static"
	check "a script whose interpreter is static is refused" \
		says 126 "$tmp/calls-static is statically" \
		"$newinet_run" "$tmp/static-script"
	check "the same through env" \
		says 126 "$tmp/calls-static is statically" \
		env PATH="$tmp:$PATH" "$newinet_run" "$tmp/static-env-script"
	check "a set-user-ID program is refused" \
		says 126 'set-user-ID' "$newinet_run" "$tmp/setuid"
	check "a set-group-ID program is refused" \
		says 126 'set-group-ID' "$newinet_run" "$tmp/setgid"
	chmod 4711 "$tmp/setuid-unreadable"
	check "so is one that cannot be read" says 126 'set-user-ID' \
		setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent \
		"$newinet_run" "$tmp/setuid-unreadable"
	check "a foreign program is refused" \
		says 126 'another machine' "$newinet_run" "$tmp/foreign"
	check "--fallback runs a static program on the kernel's TCP" \
		"$newinet_run" --fallback "$tmp/calls-static" 6 create bind
	check "-v says why" says 0 'statically linked' \
		"$newinet_run" -v -f "$tmp/calls-static" 6 create
}

# Without the module: never silently on the kernel's TCP.
missing()
{
	[[ $family == inet ]] || wait_for 20 rmmod newinet
	check "no module: refused" \
		says 1 'module is not loaded' "$newinet_run" "$tmp/calls" 6 create
	check "no module, --fallback: runs on the kernel's TCP" \
		"$newinet_run" --fallback "$tmp/calls" 6 create connect
	check "no module, --fallback: silently" \
		says 0 '' "$newinet_run" --fallback true
	check "no module, --fallback -v: says so" \
		says 0 "falling back" "$newinet_run" --fallback -v true
	check "no module, a preloaded program: EAFNOSUPPORT" \
		says 1 'socket: Protocol not supported' \
		env LD_PRELOAD="$tmp/libnewinet-preload.so" \
		"$tmp/calls" 6 connect
	check "no module, a preloaded program that may fall back" \
		env LD_PRELOAD="$tmp/libnewinet-preload.so" NEWINET_FALLBACK=1 \
		"$tmp/calls" 6 create connect
	[[ $family == inet ]] || insmod "$NEWINET_KO" "protocol=$number"
}

# access=admin: root goes on, others are told that they may not.
access()
{
	local nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups
		      env HOME=/nonexistent)

	check "an ordinary user may" \
		"${nobody[@]}" "$newinet_run" "$tmp/calls" "$number" create
	wait_for 20 rmmod newinet
	insmod "$NEWINET_KO" "protocol=$number" access=admin
	check "access=admin: root may" \
		"$newinet_run" "$tmp/calls" "$number" create
	check "access=admin: others may not, and are told so" \
		says 1 'you may not open newinet' \
		"${nobody[@]}" "$newinet_run" "$tmp/calls" "$number" create
	check "access=admin: others may fall back" \
		"${nobody[@]}" "$newinet_run" -f "$tmp/calls" 6 create
	wait_for 20 rmmod newinet
	insmod "$NEWINET_KO" "protocol=$number"
}

# The door shut by the administrator.
shut()
{
	wait_for 20 rmmod newinet
	insmod "$NEWINET_KO" protocol=0
	check "protocol=0: refused" says 1 'keeps AF_INET programs out' \
		"$newinet_run" "$tmp/calls" "$number" create
	wait_for 20 rmmod newinet
	insmod "$NEWINET_KO" protocol=254
	check "protocol=254: found" "$newinet_run" "$tmp/calls" 254 create connect
	wait_for 20 rmmod newinet
	insmod "$NEWINET_KO" "protocol=$number"
}

# What is run by what we run, and how much is said of it.
strangers()
{
	local v=("$newinet_run" -v)

	check "a build with AddressSanitizer" \
		"$newinet_run" "$tmp/calls-asan" "$number" create connect exec
	check "--cleared: who clears the environment leaves" \
		"$newinet_run" --cleared "$tmp/calls" "$number" is leave
	check "-v: a static child is named" says 0 'is statically linked' \
		"${v[@]}" sh -c '"$0" 6 create >/dev/null; exit 0' "$tmp/calls-static"
	check "-v: so it is when the environment was cleared" \
		says 0 'is statically linked' "${v[@]}" \
		env -i sh -c '"$0" 6 create >/dev/null; exit 0' "$tmp/calls-static"
	check "musl's dynamic programs run" \
		"$newinet_run" "$tmp/calls-musl-dynamic" "$number" create connect
	mkdir -p "$tmp/jail/lib"
	cp "$tmp/calls-musl-dynamic" "$tmp/jail/calls"
	cp -L /lib/ld-musl-*.so.1 "$tmp/jail/lib/"
	check "-v: in another root the library is not" says 0 'another root' \
		"${v[@]}" chroot "$tmp/jail" /calls 6 create
	check "-v: an IPv6 socket is named" says 0 'IPv6 stream socket stays' \
		"${v[@]}" python3 -c 'import socket; socket.socket(socket.AF_INET6)'
	# shellcheck disable=SC2016
	check "-v: one with a name of 3,000 letters" says 0 'IPv6 stream socket stays' \
		"${v[@]}" bash -c 'exec -a "$(printf %03000d 1)" "$0" -c "$1"' "$(type -P python3)" \
		'import socket; socket.socket(socket.AF_INET6)'
	check "-v: a program that is run by its descriptor is named" says 0 'statically linked' \
		"${v[@]}" python3 -c 'import os, sys
os.execve(os.open(sys.argv[1], os.O_RDONLY), ["calls", "6", "is"], os.environ)' "$tmp/calls-static"
	check "-v: into the file that its messages go to" bash -c \
		'"$@" 2>&1 && grep "statically linked" "$0"' "$tmp/log" \
		"${v[@]}" sh -c '"$0" 6 is 2>"$1"' "$tmp/calls-static" "$tmp/log"
	check "-v: not into one that it reads back" bash -c \
		'"$@" && [[ $(<"$0") == kept ]]' "$tmp/kept" \
		"${v[@]}" python3 -c 'import os, socket, sys
os.close(2)
assert os.open(sys.argv[1], os.O_RDWR | os.O_CREAT) == 2
os.write(2, b"kept")
socket.socket(socket.AF_INET6)' "$tmp/kept"
	check "without -v nothing is said" says 0 '' \
		"$newinet_run" python3 -c 'import socket; socket.socket(socket.AF_INET6)'
}

# What a program gets to see: arguments, status, environment.
passing()
{
	local lib

	check "the program's status" \
		says 42 '' "$newinet_run" sh -c 'exit 42'
	check "arguments, also empty ones and options" \
		says 0 '[-v][][a b][--]' "$newinet_run" -- \
		printf '[%s]' -v '' 'a b' --
	check "a script without #!" says 0 hello "$newinet_run" "$tmp/script"
	lib=$("$newinet_run" sh -c 'echo "$LD_PRELOAD"')
	check "LD_PRELOAD names the library" test -r "$lib"
	check "what was in LD_PRELOAD is kept, behind" \
		says 0 "$lib:$tmp/libnewinet-preload.so" \
		env LD_PRELOAD="$tmp/libnewinet-preload.so" \
		"$newinet_run" sh -c 'echo "$LD_PRELOAD"'
	check "newinet-run in newinet-run" \
		says 0 "[$lib]" "$newinet_run" "$newinet_run" \
		sh -c 'echo "[$LD_PRELOAD]"'
	check "children inherit" \
		"$newinet_run" sh -c '"$1" "$2" create; exit' - \
		"$tmp/calls" "$number"
	check "a script's interpreter" "$newinet_run" "$tmp/python" "$number"
	check "-v says which protocol" \
		says 0 "protocol $number" "$newinet_run" -v true
}

# The standard library of an interpreter, as a program of its own.
make_scripts()
{
	printf 'echo hello\n' >"$tmp/script"
	cat >"$tmp/python" <<'END'
#!/usr/bin/env python3
import ctypes, socket, sys, threading
libc = ctypes.CDLL(None)
def kernel_protocol(sock):
    value, size = ctypes.c_int(0), ctypes.c_uint(4)
    assert libc.syscall(55, sock.fileno(), 1, 38, ctypes.byref(value), ctypes.byref(size)) == 0
    return value.value
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
child, peer = server.accept()
assert peer == client.getsockname() and child.getpeername() == peer
for sock in server, client, child:
    assert kernel_protocol(sock) == int(sys.argv[1]), kernel_protocol(sock)
    again = socket.socket(fileno=sock.detach())
    assert again.family == socket.AF_INET and again.type == socket.SOCK_STREAM
    assert again.proto == int(sys.argv[1]), again.proto
END
	chmod 755 "$tmp/script" "$tmp/python"
}

# A copy of the checkout's folder that was never built, and an installed one.
places()
{
	local root=$tmp/root copy=$tmp/copy/scripts/run run

	mkdir -p "$copy" "$tmp/copy/module"
	cp -r "$src/module/uapi" "$tmp/copy/module/"
	cp "$src"/scripts/run/{newinet-run,Makefile,*.[ch]} "$copy/"
	echo "/* another checkout: $$ $EPOCHREALTIME */" >>"$copy/preload.c"
	check "a fresh checkout builds on first use" \
		"$copy/newinet-run" "${fall[@]}" "$tmp/calls" "$number" create
	mv "$copy/preload.c" "$tmp/gone.c"
	echo '#error broken' >"$copy/preload.c"
	check "one that cannot be built says so" \
		says 125 'cannot build' "$copy/newinet-run" true
	check "unless it may fall back" "$copy/newinet-run" --fallback true
	mkdir "$tmp/alone"
	cp "$src/scripts/run/newinet-run" "$tmp/alone/"
	check "alone it says what is missing" \
		says 125 'libnewinet-preload.so is missing' "$tmp/alone/newinet-run" true

	check "make install" make -s -C "$src/scripts/run" O="$tmp" install \
		PREFIX=/usr DESTDIR="$root"
	run=$root/usr/bin/newinet-run
	check "the installed one runs" \
		"$run" "${fall[@]}" "$tmp/calls" "$number" create connect
	touch "$root/usr/bin/Makefile"
	check "whatever else is in its folder" "$run" "${fall[@]}" true
	rm "$root/usr/bin/Makefile"
	check "and uses the installed library" \
		bash -c '[[ $("$1" "${@:3}" sh -c "echo \$LD_PRELOAD") == "$2" ]]' - \
		"$run" "${library[0]:+$root/usr/lib/newinet/${library[0]}}" \
		"${fall[@]}"
	check "and knows its version" bash -c \
		'[[ $("$1" --version) == "newinet-run $(. "$2"; echo "$PACKAGE_VERSION")" ]]' \
		- "$run" "$src/dkms.conf"
	check "with its man pages" test -r "$root/usr/share/man/man7/newinet.7" \
		-a -r "$root/usr/share/man/man1/newinet-run.1"
	check "make uninstall leaves nothing" bash -c \
		'make -s -C "$1" uninstall PREFIX=/usr DESTDIR="$2" &&
		 ! find "$2" -type f | grep .' - "$src/scripts/run" "$root"
}

ip link set lo up
sysctl -qw net.ipv4.tcp_fastopen=0
check "the library and the test programs build" build
make_scripts
statuses
refusals
check "plain: calls nofastopen" "$tmp/calls" 6 nofastopen
sysctl -qw net.ipv4.tcp_fastopen=3
calls "plain" 6
check "plain: python" "$tmp/python" 6
if [[ $family == inet ]]; then
	number=6 fall=(--fallback) library=('')
	missing
	places
	finish
fi
number=$(</sys/module/newinet/parameters/protocol) fall=() library=(libnewinet-preload.so)
calls "newinet-run" "$number" "$newinet_run"
strangers
passing
places
access
shut
missing
check "with the module again" "$newinet_run" "$tmp/calls" "$number" connect
finish
