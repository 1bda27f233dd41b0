#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# newinet-run --cgroup with servers and clients in Go, static and dynamic, and Java:
# plainly on the kernel's TCP, in the cgroup on newinet, for clients of both; with
# --ipv4, also those that would serve IPv4 by an IPv6 socket. Without --cgroup, Go
# is told in whatever way it was linked.
# kernels: 6.12 7.3
# cpus: 1
# root: langs
# timeout: 400
# full: yes
# shellcheck disable=SC2016,SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=programs_common.sh
. "$(dirname "${BASH_SOURCE[0]}")/programs_common.sh"

langs=$NEWINET_BIN/langs
number=$(</sys/module/newinet/parameters/protocol)
mkdir -p "$tmp/bin" "$tmp/lib/newinet"
cp "$src/scripts/run/newinet-run" "$tmp/bin/"
cp "$NEWINET_BIN"/run/{libnewinet-preload.so,newinet-exec,newinet-cgroup} "$tmp/lib/newinet/"
newinet_run=$tmp/bin/newinet-run
# The least that a virtual machine in a virtual machine can do.
java=(java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx64m -cp "$langs")

# serve NAME COMMAND...: sets $server and $port.
serve()
{
	local name=$1
	shift

	(trap - EXIT; exec "$@") >"$tmp/$name.out" 2>&1 &
	server=$!
	pids+=("$server")
	wait_for 60 grep -q '^port' "$tmp/$name.out" || {
		cat "$tmp/$name.out"
		return 1
	}
	port=$(sed -n 's/^port //p' "$tmp/$name.out")
}

# whose PROTOCOL: are the server's sockets of this one?
whose()
{
	python3 "$src/scripts/run/check/listening.py" "$server" "$1"
}

# fetch PROTOCOL: by a client of this one.
fetch()
{
	python3 - "$1" "$port" <<-'END'
		import socket, sys, threading
		s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, int(sys.argv[1]))
		s.connect(('127.0.0.1', int(sys.argv[2])))
		sent, got = b'newinet\n' * 25000, b''
		def send():
		    s.sendall(sent)
		    s.shutdown(socket.SHUT_WR)
		threading.Thread(target=send).start()
		while True:
		    more = s.recv(65536)
		    got += more
		    if not more:
		        break
		assert got == sent, len(got)
	END
}

# one NAME PROTOCOL COMMAND...: a server, and a client of each TCP.
one()
{
	local name=$1 protocol=$2
	shift 2

	if ! serve "${name// /-}" "$@"; then
		not_ok "$name starts"
		return
	fi
	check "$name: protocol $protocol" whose "$protocol"
	check "$name: a client of the kernel's TCP" fetch 6
	check "$name: a client of newinet" fetch "$number"
}

refused()
{
	local status=0 said

	said=$("$newinet_run" "$1" serve 127.0.0.1:0 2>&1) || status=$?
	echo "status $status: $said"
	((status == 126)) && [[ $said == *"$2"*newinet-run\ --cgroup* ]]
}

check "Go, static: refused without --cgroup" refused "$langs/echo-static" 'statically linked'
check "Go, dynamic: refused" refused "$langs/echo-dynamic" 'is a Go program'
check "Go, dynamic, without the note: refused" refused "$langs/echo-nameless" 'is a Go program'

in_cgroup=("$newinet_run" --cgroup)
one "Go, plain" 6 "$langs/echo-static" serve 127.0.0.1:0
for each in static dynamic; do
	one "Go, $each" "$number" "${in_cgroup[@]}" "$langs/echo-$each" serve 127.0.0.1:0
	check "Go, $each: its own client" "${in_cgroup[@]}" "$langs/echo-$each" \
		fetch "127.0.0.1:$port"
done
check "Go: a plain client" "$langs/echo-static" fetch "127.0.0.1:$port"
serve 'Go-everywhere' "${in_cgroup[@]}" "$langs/echo-static" serve :0
check "Go, everywhere: an IPv6 socket, the kernel's" whose 6
one "Go, everywhere, with --ipv4" "$number" \
	"${in_cgroup[@]}" --ipv4 "$langs/echo-static" serve :0

one "Java, plain" 6 "${java[@]}" Echo serve 127.0.0.1
one "Java" "$number" "${in_cgroup[@]}" "${java[@]}" -Djava.net.preferIPv4Stack=true Echo \
	serve 127.0.0.1
check "Java: its own client" "${in_cgroup[@]}" "${java[@]}" \
	-Djava.net.preferIPv4Stack=true Echo fetch 127.0.0.1 "$port"
one "Java, everywhere, with --ipv4" "$number" "${in_cgroup[@]}" --ipv4 "${java[@]}" Echo serve
finish
