#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Allocations that fail: each one in turn in each socket call, then at random
# in the receive path and everywhere in the stack under transfers. A call works
# or says why not, every byte arrives, nothing leaks (the leak scan at the end
# of the boot looks), and the module can go. AF_INET first: the same faults in
# the kernel's TCP.
# kernels: debug
# clock: real
# timeout: 150
# needs: iproute2
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

debug=/sys/kernel/debug
xfer=$NEWINET_BIN/net_xfer

calm() { for each in failslab fail_page_alloc; do echo 0 >"$debug/$each"/probability; done; }
cleanup() {
	calm
	net_cleanup
}
trap cleanup EXIT

# What fail-nth and the random faults share: sleeping allocations fail as well,
# and the log stays quiet.
prepare() {
	local each
	for each in failslab fail_page_alloc; do
		echo 0 >"$debug/$each"/verbose
		echo N >"$debug/$each"/ignore-gfp-wait
		echo N >"$debug/$each"/task-filter
		echo 1 >"$debug/$each"/interval
		echo 32 >"$debug/$each"/stacktrace-depth
		echo 0 >"$debug/$each"/probability
	done
	echo 0 >$debug/fail_usercopy/verbose
	echo N >$debug/fail_page_alloc/ignore-gfp-highmem
	echo 0 >$debug/fail_page_alloc/min-order
}

# range START END PER-CENT: so often fails what is called from this text.
range() {
	local each
	echo "from 0x$1 to 0x$2"
	[[ $1 && $2 && $1 < $2 ]] || return 1
	for each in failslab fail_page_alloc; do
		echo "0x$1" >"$debug/$each"/require-start
		echo "0x$2" >"$debug/$each"/require-end
		echo 1000000 >"$debug/$each"/times
		echo "$3" >"$debug/$each"/probability
	done
}

# Read once, and through cat: others seek in it, which takes for ever.
symbols() {
	# shellcheck disable=SC2002
	cat /proc/kallsyms | sort >"$net_tmp/symbols"
}

address_of() { awk -v name="$1" '$3 == name { print $1; exit }' "$net_tmp/symbols"; }

# The address of what follows a function.
end_of() {
	awk -v name="$1" 'seen && $1 "" != where { print $1; exit }
		$3 == name { seen = 1; where = $1 "" }' "$net_tmp/symbols"
}

# Where the module's text begins, and where its last function does.
module_text() { grep '\[newinet\]' "$net_tmp/symbols" | awk '$2 ~ /[tT]/ { print $1 }'; }
module_first() { module_text | head -n 1; }
module_last() { module_text | tail -n 1; }

# How many faults there were; none would prove nothing.
injected() {
	local each n=0
	for each in failslab fail_page_alloc; do
		n=$((n + 1000000 - $(<"$debug/$each/times")))
	done
	calm
	echo "$n faults"
	((n > 5))
}

# receiving FUNCTION PAIRINGS...: faults in what FUNCTION calls, from SYN to FIN.
receiving() {
	local function=$1 status=0
	shift
	range "$(address_of "$function")" "$(end_of "$function")" 4 || return 1
	while (($#)); do
		"$xfer" --client "$1@$ns_a" --server "$2@$ns_b" --addr "$addr_b" --limit 100 \
			--up 20K --down 20K --pairs 8 || status=1
		"$xfer" --client "$1@$ns_a" --server "$2@$ns_b" --addr "$addr_b" --limit 100 \
			--up 1M --down 1M || status=1
		shift 2
	done
	injected || status=1
	return "$status"
}

# everywhere START END CLIENT SERVER [LIMIT]: once connected, everything may fail.
everywhere() {
	local pid status=0
	rm -f "$net_tmp"/gate.*
	"$xfer" --client "$3@$ns_a" --server "$4@$ns_b" --addr "$addr_b" --limit "${5:-100}" \
		--up 2M --down 2M --gate "$net_tmp/gate" &
	pid=$!
	wait_for 20 test -e "$net_tmp/gate.client" -a -e "$net_tmp/gate.server" || status=1
	range "$1" "$2" 5 || status=1
	touch "$net_tmp/gate.go"
	wait "$pid" || status=1
	injected || status=1
	return "$status"
}

# The kernel's TCP never sends a FIN for which it had no memory (tcp_send_fin()),
# and its peer waits in vain: now and then it has to try again. Ours has not.
inet_everywhere() {
	local start end
	start=$(address_of tcp_enter_memory_pressure)
	end=$(address_of tcp_v4_rcv)
	everywhere "$start" "$end" inet inet 40 || everywhere "$start" "$end" inet inet 40 ||
		everywhere "$start" "$end" inet inet 40 || everywhere "$start" "$end" inet inet 40
}

each_call() {
	nsenter "--net=/run/netns/$ns_a" "$NEWINET_BIN/life_fail" "$1" "$2" >"$net_tmp/each" 2>&1 || true
	sed "s/^\(\(not \)\?ok \)[0-9]* - /\1- $1 and $2, each point of /" "$net_tmp/each"
	tap_count=$((tap_count + 11))
	if (($(grep -c '^ok' "$net_tmp/each") != 11)); then tap_failed=$((tap_failed + 1)); fi
}

net_pair
prepare
symbols
each_call inet inet
each_call newinet newinet
each_call newinet inet
check 'inet: faults in the receive path' receiving tcp_v4_rcv inet inet
sed 's/^/# /' "$net_tmp/check"
check 'newinet: faults in the receive path' receiving newtcp_rcv newinet newinet newinet inet \
	inet newinet
sed 's/^/# /' "$net_tmp/check"
check 'inet: faults everywhere' inet_everywhere
sed 's/^/# /' "$net_tmp/check"
for pair in 'newinet newinet' 'newinet inet' 'inet newinet'; do
	# shellcheck disable=SC2086
	check "${pair/ / to }: faults everywhere" \
		everywhere "$(module_first)" "$(module_last)" $pair
	sed 's/^/# /' "$net_tmp/check"
done
finish
