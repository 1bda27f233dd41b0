#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# iperf3 as it is, over veth in all four pairings of the kernel's TCP and
# newinet-run: one stream and eight, to the server, from it, and both ways at
# once; over lo less of it. iperf3 counts the bytes at both ends.
# kernels: 6.12 7.3
# timeout: 1500
# needs: iperf3 iproute2 python3
# shellcheck disable=SC2016,SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=programs_common.sh
. "$(dirname "${BASH_SOURCE[0]}")/programs_common.sh"

# Small, since the machine may be an emulated one.
bytes=16777216
window=131072

# transfer OPTION...: one server for one client; the caller's $server ...
transfer()
{
	local pid client_pid found most=0 status=0

	: >"$tmp/server.log"
	(trap - EXIT; start "$server" "$server_ns" \
		iperf3 -4 -s -1 -p "$port" -B "$addr" --forceflush -i 0) \
		>"$tmp/server.log" 2>&1 &
	pid=$!
	pids+=("$pid")
	if ! wait_for 60 grep -q 'Server listening' "$tmp/server.log" ||
	   ! server_stack_is "$server" "$pid"; then
		cat "$tmp/server.log"
		kill "$pid"
		return 1
	fi
	over "$client" "$client_ns" iperf3 -4 -c "$addr" -p "$port" -i 0 -J \
		--get-server-output "$@" >"$tmp/client.json" 2>&1 &
	client_pid=$!
	while kill -0 "$client_pid" 2>/dev/null; do
		found=$(in_kernel "$client_ns" "$port")
		((found <= most)) || most=$found
		pause 0.2
	done
	wait "$client_pid" || status=$?
	if ((status)); then
		echo "the client's status: $status"
		tail -c 2000 "$tmp/client.json"
		kill "$pid" || true
		return 1
	fi
	wait_for 20 bash -c '! kill -0 "$1"' - "$pid" || kill "$pid"
	wait "$pid" || { cat "$tmp/server.log"; return 1; }
	# A short run may pass unseen; one that is given a time does not.
	echo "the kernel had $most client sockets for the port"
	if [[ $client == newinet ]]; then
		((most == 0)) || return 1
	elif [[ " $* " == *' -t '* ]]; then
		((most > 0)) || return 1
	fi
	/usr/bin/env python3 "$tmp/judge.py" "$tmp/client.json" "$bytes" \
		"$window"
}

# iperf3's receiver stops when the sender says so on its control connection,
# whatever is still on its way: up to both ends' buffers, which -w bounds (the
# kernel doubles it), and one block.
make_judge()
{
	cat >"$tmp/judge.py" <<'END'
import json, sys
report = json.load(open(sys.argv[1]))
wanted, window = int(sys.argv[2]), int(sys.argv[3])
if "error" in report:
    sys.exit(report["error"])
test, end = report["start"]["test_start"], report["end"]
names = [("sum_sent", "sum_received")]
if "sum_sent_bidir_reverse" in end:
    names.append(("sum_sent_bidir_reverse", "sum_received_bidir_reverse"))
bad = []
for sent, received in names:
    s, r = end[sent]["bytes"], end[received]["bytes"]
    print(sent, s, received, r)
    if not 0 < r <= s:
        bad.append("nothing received, or more than was sent")
    if test["bytes"]:
        lost = test["num_streams"] * (4 * window + test["blksize"])
        if s < wanted or r < wanted - lost:
            bad.append(f"less than {wanted}, or {lost} less received")
if len(end["streams"]) != test["num_streams"] * len(names):
    bad.append(f"{len(end['streams'])} streams")
if any(stream["receiver"]["bytes"] == 0 for stream in end["streams"]):
    bad.append("a stream that moved nothing")
sys.exit("; ".join(bad) or 0)
END
}

# one WHERE SERVER-STACK SERVER-NS ADDRESS CLIENT-STACK CLIENT-NS PORT
one()
{
	local server=$2 server_ns=$3 addr=$4 client=$5 client_ns=$6 port=$7
	local what="$1, $2 server, $5 client"

	local most=(-w "$window" -n "$bytes")

	check "$what: one stream" transfer "${most[@]}"
	port=$((port + 1))
	check "$what: eight streams" transfer -P 8 "${most[@]}"
	port=$((port + 1))
	[[ $1 == veth ]] || return 0
	port=$((port + 1))
	check "$what: one stream back" transfer -R "${most[@]}"
	port=$((port + 1))
	check "$what: eight streams back" transfer -R -P 8 "${most[@]}"
	port=$((port + 1))
	check "$what: both ways for two seconds" transfer --bidir -t 2
	port=$((port + 1))
	check "$what: small writes, no delay" \
		transfer -l 256 -N -w "$window" -n "$bytes"
}

make_judge
make_namespaces
port=5200
while read -r server client; do
	[[ $server != "$client" ]] ||
		one lo "$server" "$ns_a" 127.0.0.1 "$client" "$ns_a" "$port"
	one veth "$server" "$ns_b" "$addr_b" "$client" "$ns_a" $((port + 10))
	port=$((port + 20))
done < <(pairs)
finish
