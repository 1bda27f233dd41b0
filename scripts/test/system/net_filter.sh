#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Whatever refuses or follows the kernel's TCP does the same to AF_NEWINET:
# netfilter's INPUT and OUTPUT, conntrack, tc, XDP, IPsec's policies, and the BPF programs
# of cgroups. What AF_INET meets in the same place is what is expected.
# clock: real
# timeout: 300
# needs: iproute2 nftables conntrack
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

call=$NEWINET_BIN/net_call
bpf=$NEWINET_BIN/net_bpf
cg=/sys/fs/cgroup/net_filter_$$
port=7000

cleanup() {
	net_cleanup
	rm -f "/sys/fs/bpf/net_filter_$$"
	rmdir "$cg" 2>/dev/null || true
}
trap cleanup EXIT

# in_cg COMMAND...: as a member of the cgroup.
in_cg() {
	# shellcheck disable=SC2016
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cg" "$@"
}

# new_server FAMILY [in_cg]: an echo server in b, on a port of its own.
new_server() {
	port=$((port + 1))
	rm -f "$net_tmp/up"
	"${@:2}" "$call" "$1@$ns_b" socket reuse "bind:$addr_b:$port" listen \
		"ready:$net_tmp/up" serve >/dev/null &
	server=$!
	wait_for 20 test -e "$net_tmp/up" || fail "no server for $1"
}

end_server() {
	kill "$server"
	wait "$server" 2>/dev/null || true
}

# attempt FAMILY [in_cg]: what becomes of a connection from a to the server.
attempt() {
	"${@:2}" "$call" "$1@$ns_a" socket stop "patience:${patience:-20000}" \
		"connect:$addr_b:$port" stop send:100 "patience:${patience:-20000}" recv || true
}

# refused WHAT EXPECTED PUT-UP TAKE-DOWN [WHO-IS-IN-THE-CGROUP]: for each
# family, an attempt with the filter in place, and one after.
refused() {
	local what=$1 expected=$2 up=$3 down=$4 who=${5:-} family said after seen patience
	local in_server=() in_client=()
	[[ $who == server ]] && in_server=(in_cg)
	[[ $who == client ]] && in_client=(in_cg)
	for family in $families ${doors:+door}; do
		new_server "$family" "${in_server[@]}"
		$up
		patience=''
		[[ $expected != *timeout* ]] || patience=1200
		said=$(attempt "$family" "${in_client[@]}")
		# A rule that counts must have seen something.
		seen=$(matched)
		$down
		patience=''
		after=$(attempt "$family" "${in_client[@]}")
		end_server
		check "$what: $family is refused: $expected" \
			same "$expected" "$said" "$seen"
		check "$what: $family is let through after" \
			same 'socket=0 connect=0 send=0 recv=byte' "$after"
	done
}

same() {
	echo "expected: $1"
	echo "was:      $2"
	[[ $1 == "$2" ]] || return 1
	[[ -z ${3:-} ]] || echo "the rule matched $3 packets"
	[[ ${3:-1} != 0 ]]
}

timeout_text='socket=0 connect=timeout'

# The debug kernel, many times slower, sees one of each kind: what refuses is
# the stock kernels' to show, that it refuses cleanly the debug kernel's.
some=''
[[ $NEWINET_KERNEL != debug ]] || some=yes

# --- netfilter
# ip-netns would mount a sysfs each time.
nft_at() { nsenter "--net=/run/netns/$1" nft "${@:2}"; }
nft_in=''
rule() {
	nft_in=$1
	nft_at "$nft_in" -f - <<-END
		table ip t {
			chain c { type filter hook $2 priority 0; ${*:3}; }
		}
	END
}
matched() {
	[[ -z $nft_in ]] || nft_at "$nft_in" list table ip t |
		sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
}
no_rule() {
	nft_at "$nft_in" delete table ip t
	nft_in=''
}
server_input_drop() { rule "$ns_b" input tcp dport "$port" counter drop; }
server_input_reset() { rule "$ns_b" input tcp dport "$port" counter reject with tcp reset; }
server_input_icmp() { rule "$ns_b" input tcp dport "$port" counter reject with icmp port-unreachable; }
server_output_drop() { rule "$ns_b" output tcp sport "$port" counter drop; }
client_output_drop() { rule "$ns_a" output tcp dport "$port" counter drop; }
client_output_reset() { rule "$ns_a" output tcp dport "$port" counter reject with tcp reset; }
client_input_drop() { rule "$ns_a" input tcp sport "$port" counter drop; }

netfilter() {
	local refusal='socket=0 connect=ECONNREFUSED'
	refused 'INPUT drops at the server' "$timeout_text" server_input_drop no_rule
	refused 'OUTPUT rejects at the client' "$refusal" client_output_reset no_rule
	[[ ! $some ]] || return 0
	refused 'INPUT rejects by RST' "$refusal" server_input_reset no_rule
	refused 'INPUT rejects by ICMP' "$refusal" server_input_icmp no_rule
	refused 'OUTPUT drops at the server' "$timeout_text" server_output_drop no_rule
	refused 'OUTPUT drops at the client' "$timeout_text" client_output_drop no_rule
	refused 'INPUT drops at the client' "$timeout_text" client_input_drop no_rule
}

# midway FAMILY: a rule that comes and goes while a connection is open.
midway() {
	local client status=0
	rm -f "$net_tmp"/step*
	new_server "$1"
	"$call" "$1@$ns_a" socket "connect:$addr_b:$port" \
		"ready:$net_tmp/step1" "wait:$net_tmp/step2" send:100 patience:1000 recv \
		"ready:$net_tmp/step3" patience:20000 recv >"$net_tmp/said" &
	client=$!
	wait_for 20 test -e "$net_tmp/step1" || status=1
	server_input_drop
	touch "$net_tmp/step2"
	wait_for 20 test -e "$net_tmp/step3" || status=1
	no_rule
	wait "$client" || status=1
	end_server
	same 'socket=0 connect=0 send=0 recv=timeout recv=byte' "$(<"$net_tmp/said")" || status=1
	return "$status"
}

# followed FAMILY: conntrack at both ends while a connection is open, and
# after; no packet of its life may be invalid.
followed() {
	local ns client status=0 entry invalid
	rm -f "$net_tmp"/step*
	new_server "$1"
	for ns in "$ns_a" "$ns_b"; do
		nft_at "$ns" -f - <<-'END'
			table ip follow {
				chain i { type filter hook input priority 0; ct state invalid counter; }
				chain o { type filter hook output priority 0; ct state invalid counter; }
			}
		END
	done
	"$call" "$1@$ns_a" socket "connect:$addr_b:$port" send:3000 recv \
		"ready:$net_tmp/step1" "wait:$net_tmp/step2" send:100000 shutdown \
		"ready:$net_tmp/step3" close >"$net_tmp/said" &
	client=$!
	wait_for 20 test -e "$net_tmp/step1" || status=1
	for ns in "$ns_a" "$ns_b"; do
		entry=$(nsenter "--net=/run/netns/$ns" conntrack -L -p tcp --dport "$port" 2>/dev/null)
		echo "open: $entry"
		[[ $entry == *ESTABLISHED*'[ASSURED]'* && $entry != *$'\n'* ]] || status=1
	done
	touch "$net_tmp/step2"
	wait "$client" || status=1
	for ns in "$ns_a" "$ns_b"; do
		invalid=$(nft_at "$ns" list table ip follow |
			sed -n 's/.*counter packets \([0-9]*\).*/\1/p' | tr '\n' ' ')
		echo "invalid: $invalid"
		[[ $invalid == '0 0 ' ]] || status=1
		nft_at "$ns" delete table ip follow
	done
	end_server
	return "$status"
}

# --- tc and XDP
tc_drop() {
	tc -n "$1" qdisc add dev veth0 clsact
	tc -n "$1" filter add dev veth0 "$2" protocol ip u32 \
		match ip protocol 6 0xff match ip dport "$port" 0xffff action drop
}
server_tc() { tc_drop "$ns_b" ingress; }
client_tc() { tc_drop "$ns_a" egress; }
no_server_tc() { tc -n "$ns_b" qdisc del dev veth0 clsact; }
no_client_tc() { tc -n "$ns_a" qdisc del dev veth0 clsact; }
server_xdp() {
	"$bpf" pin "/sys/fs/bpf/net_filter_$$" xdp "$port"
	# ip-netns would hide /sys/fs/bpf behind a sysfs of its own.
	nsenter "--net=/run/netns/$ns_b" ip link set dev veth0 xdpgeneric \
		pinned "/sys/fs/bpf/net_filter_$$"
}
no_server_xdp() {
	ip -n "$ns_b" link set dev veth0 xdpgeneric off
	rm "/sys/fs/bpf/net_filter_$$"
}

# --- IPsec: what comes in the clear is not let in
server_xfrm() {
	ip -n "$ns_b" xfrm policy add src "$addr_a" dst "$addr_b" proto tcp dport "$port" dir in \
		action block
}
no_server_xfrm() { ip -n "$ns_b" xfrm policy flush; }

# --- a program that comes before the listeners
server_lookup() {
	nsenter "--net=/run/netns/$ns_b" "$bpf" pin "/sys/fs/bpf/net_filter_$$" lookup "$port"
}
no_server_lookup() { rm "/sys/fs/bpf/net_filter_$$"; }

# --- cgroup BPF
ingress_port() { "$bpf" attach "$cg" ingress "$port"; }
egress_port() { "$bpf" attach "$cg" egress "$port"; }
ingress_all() { "$bpf" attach "$cg" ingress; }
egress_all() { "$bpf" attach "$cg" egress; }
create_all() { "$bpf" attach "$cg" create; }
connect_port() { "$bpf" attach "$cg" connect "$port"; }
no_ingress() { "$bpf" detach "$cg" ingress; }
no_egress() { "$bpf" detach "$cg" egress; }
no_create() { "$bpf" detach "$cg" create; }
no_connect() { "$bpf" detach "$cg" connect; }

# bind_refused FAMILY: bind4 sees the port; another port is free.
bind_refused() {
	"$bpf" attach "$cg" bind 7900
	local said
	said=$(in_cg "$call" "$1" socket bind:127.0.0.1:7900 bind:127.0.0.1:7901)
	"$bpf" detach "$cg" bind
	same 'socket=0 bind=EPERM bind=0' "$said"
}

# source_bound FAMILY: a connect4 program chooses the address and port to come from.
source_bound() {
	local said seen from=$((20000 + port))
	new_server "$1"
	"$bpf" attach "$cg" source "$from"
	rule "$ns_b" input ip saddr 10.77.0.9 tcp sport "$from" tcp dport "$port" counter
	said=$(attempt "$1" in_cg)
	seen=$(matched)
	no_rule
	"$bpf" detach "$cg" source
	end_server
	same 'socket=0 connect=0 send=0 recv=byte' "$said" "$seen"
}

# outside FAMILY: programs on a cgroup concern its members alone.
outside() {
	local status=0 kind
	new_server "$1"
	for kind in ingress egress create connect; do "$bpf" attach "$cg" "$kind"; done
	same 'socket=0 connect=0 send=0 recv=byte' "$(attempt "$1")" || status=1
	for kind in ingress egress create connect; do "$bpf" detach "$cg" "$kind"; done
	end_server
	return "$status"
}

cgroups() {
	local family doors=yes	# the hooks of creating and connecting
	mkdir "$cg"
	refused 'cgroup ingress at the server' "$timeout_text" ingress_port no_ingress server
	refused 'cgroup sock_create' 'socket=EPERM' create_all no_create client
	ip -n "$ns_a" addr add 10.77.0.9/24 dev veth0
	for family in $families door; do
		check "cgroup connect4 binds the source: $family" source_bound "$family"
	done
	[[ ! $some ]] || return 0
	refused 'cgroup egress at the client' "$timeout_text" egress_port no_egress client
	refused 'cgroup ingress at the client' "$timeout_text" ingress_all no_ingress client
	refused 'cgroup egress at the server' "$timeout_text" egress_all no_egress server
	refused 'cgroup connect4' 'socket=0 connect=EPERM' \
		connect_port no_connect client
	for family in inet newinet door; do
		check "cgroup bind4: $family is refused" bind_refused "$family"
		check "cgroup programs: $family outside is let through" outside "$family"
	done
}

net_pair
netfilter
for family in $families; do
	check "a rule comes and goes midway: $family" midway "$family"
	check "conntrack: $family is established, assured, never invalid" followed "$family"
done
refused 'tc egress drops at the client' "$timeout_text" client_tc no_client_tc
refused 'sk_lookup drops at the server' 'socket=0 connect=ECONNREFUSED' server_lookup \
	no_server_lookup
if [[ ! $some ]]; then
	refused 'tc ingress drops at the server' "$timeout_text" server_tc no_server_tc
	refused 'XDP drops at the server' "$timeout_text" server_xdp no_server_xdp
	refused 'IPsec policy at the server' "$timeout_text" server_xfrm no_server_xfrm
fi
cgroups
finish
