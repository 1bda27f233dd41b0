#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Processes killed in the middle of a transfer, again and again, and listeners
# closed or changed in the middle of handshakes: ports, sockets and the module's references
# come back.
# clock: real
# timeout: 240
# needs: iproute2
# module: none
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

xfer=$NEWINET_BIN/net_xfer
ko=$net_tmp/newinet.ko
cp "$NEWINET_KO" "$ko"
rounds=50 patience=15
[[ $NEWINET_KERNEL != 6.1 ]] || rounds=20
[[ $NEWINET_KERNEL != debug ]] || rounds=20 patience=40

both_there() {
	children "$pid"
	((${#net_children[@]} == 2))
}

# killed CLIENT SERVER ROUNDS: whole transfers; of each, first one process or
# both, after a time that differs.
killed() {
	local i pid when status=0
	for ((i = 0; i < $3; i++)); do
		"$xfer" --client "$1@$ns_a" --server "$2@$ns_b" --addr "$addr_b" --endless \
			--limit 30 >"$net_tmp/said" 2>&1 &
		pid=$!
		wait_for 10 both_there || {
			cat "$net_tmp/said"
			kill -9 "$pid"
			status=1
			continue
		}
		printf -v when '0.%03d' $((i * 67 % 300))
		pause "$when"
		# The first child is the server, the second the client.
		kill -9 "${net_children[i % 2]}" || status=1
		# The other one ends by itself: its peer has reset the
		# connection, or ended the stream.
		((i % 3)) || kill -9 "${net_children[(i + 1) % 2]}" 2>/dev/null || true
		wait "$pid" || true
	done
	return "$status"
}

# survivors CLIENT SERVER: what the one that is left is told.
survivor() {
	local pid
	"$xfer" --client "$1@$ns_a" --server "$2@$ns_b" --addr "$addr_b" --endless \
		--limit 30 >"$net_tmp/said" 2>&1 &
	pid=$!
	wait_for 10 both_there || return 1
	pause 1
	kill -9 "${net_children[0]}"
	wait "$pid" || true
	cat "$net_tmp/said"
	# Data was under way, so the end is a reset, seen by one call as that, by
	# the other, if it comes after, as the end or a broken pipe.
	grep -Eq '^client .* (send ECONNRESET|send EPIPE|recv ECONNRESET)' "$net_tmp/said"
}

unloads() {
	wait_for "$patience" rmmod newinet || {
		echo "references: $(</sys/module/newinet/refcnt)"
		return 1
	}
}

nothing_left() {
	local line
	echo 1 >/sys/kernel/slab/NEWTCP/shrink 2>/dev/null || true
	line=$(grep -E '^NEWTCP ' /proc/slabinfo) || { echo 'no such cache'; return 1; }
	echo "$line"
	[[ $(awk '{ print $2 }' <<<"$line") == 0 ]]
}

net_pair
check 'inet is killed' killed inet inet 2
check 'inet learns of its killed peer' survivor inet inet
check 'inet: listeners closed under handshakes' nsenter "--net=/run/netns/$ns_a" \
	"$NEWINET_BIN/life_race" inet inet 2
check 'inet: a listener changes under handshakes' nsenter "--net=/run/netns/$ns_a" \
	"$NEWINET_BIN/life_options" inet 2
check 'inet: ports come and go' "$NEWINET_BIN/life_ports" inet 2
insmod "$ko"
check "newinet is killed, $rounds times" killed newinet newinet "$rounds"
check 'newinet or its inet server is killed' killed newinet inet 6
check 'newinet or its inet client is killed' killed inet newinet 6
check 'newinet learns of its killed newinet peer' survivor newinet newinet
check 'newinet learns of its killed inet peer' survivor newinet inet
check 'inet learns of its killed newinet peer' survivor inet newinet
for pair in 'newinet newinet' 'newinet inet' 'inet newinet'; do
	# shellcheck disable=SC2086
	check "listeners closed under handshakes: ${pair/ / to }" nsenter "--net=/run/netns/$ns_a" \
		"$NEWINET_BIN/life_race" $pair 5
	sed 's/^/# /' "$net_tmp/check"
done
check 'a listener changes under handshakes' nsenter "--net=/run/netns/$ns_a" \
	"$NEWINET_BIN/life_options" newinet 5
sed 's/^/# /' "$net_tmp/check"
check 'ports come and go' "$NEWINET_BIN/life_ports" newinet 5
sed 's/^/# /' "$net_tmp/check"
# Two at a time: the last owner goes while the first one comes.
check 'the first is found while the last goes' nsenter "--net=/run/netns/$ns_a" \
	"$NEWINET_BIN/life_intake" newinet 3
sed 's/^/# /' "$net_tmp/check"
check 'a transfer as ever' "$xfer" --client "newinet@$ns_a" --server "newinet@$ns_b" \
	--addr "$addr_b" --up 1M --down 1M
check 'no socket of ours is left' wait_for "$patience" nothing_left
check 'the module goes' unloads
finish
