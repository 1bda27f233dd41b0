# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by system tests in shell: TAP results, two network namespaces joined
# by a veth pair, netem, waiting and comparing.
#
#   . "$NEWINET_LIB/net.sh"
#   net_pair                    namespaces $ns_a (10.77.0.1) and $ns_b (10.77.0.2)
#   netem "$ns_a" loss 5%       on its veth0; again to change it
#   check "name" command...     one result; its output only when it fails
#   finish                      the plan, and the exit status
#   $families                   who is asked: inet, the oracle, first, unless another
#                               kernel of that version has asked it
#
# The namespaces and whatever in_a and in_b left running go away at exit.

# shellcheck source-path=SCRIPTDIR source=../../lib/netpair.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/netpair.sh"

ns_a=na$$ ns_b=nb$$
# shellcheck disable=SC2034
addr_a=10.77.0.1 addr_b=10.77.0.2
families='inet newinet'
# shellcheck disable=SC2034
[[ ${NEWINET_ORACLE:-} != no ]] || families=newinet
tap_count=0 tap_failed=0
net_tmp=$(mktemp -d /tmp/newinet-test.XXXXXX)
chmod 755 "$net_tmp"

ok() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' $tap_count "$1"
}

not_ok() {
	tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' $tap_count "$1"
}

skip() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' $tap_count "$1" "${2:-}"
}

# The whole test failed: says why and ends it.
fail() {
	not_ok "$1"
	exit 1
}

check() {
	local name=$1
	shift
	if "$@" >"$net_tmp/check" 2>&1; then
		ok "$name"
	else
		not_ok "$name"
		sed 's/^/# /' "$net_tmp/check"
	fi
}

finish() {
	printf '1..%d\n' $tap_count
	((tap_count && !tap_failed))
	exit
}

net_cleanup() {
	netpair_down "$ns_a" "$ns_b"
	rm -rf "$net_tmp"
}
trap net_cleanup EXIT

net_pair() {
	local ns
	netpair_up "$ns_a" "$ns_b" veth0
	for ns in "$ns_a" "$ns_b"; do
		# What a killed process leaves, and nobody will ever answer, ends
		# after 3 s instead of 100 s: rmmod waits for it.
		nsenter "--net=/run/netns/$ns" sysctl -qw net.ipv4.tcp_orphan_retries=3
	done
}

# Not by ip-netns, which would make a mount namespace with a sysfs each time.
in_a() { nsenter "--net=/run/netns/$ns_a" "$@"; }
in_b() { nsenter "--net=/run/netns/$ns_b" "$@"; }

# netem NAMESPACE OPTION...: what leaves its veth0; no option takes it away.
netem() {
	local ns=$1
	shift
	if (($#)); then
		tc -n "$ns" qdisc replace dev veth0 root netem "$@"
	else
		tc -n "$ns" qdisc del dev veth0 root 2>/dev/null || true
	fi
}

# pause SECONDS: sleep(1) without a process, which an emulated machine is slow
# to start: nobody ever writes into this pipe.
exec {net_silence}<> <(:)
pause() { read -rt "$1" -u "$net_silence" || true; }

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		pause 0.1
	done
}

# children PID: of a process with one thread, in the order in which they began.
# shellcheck disable=SC2034
children() {
	net_children=()
	read -ra net_children <"/proc/$1/task/$1/children" || true
}

# all_arrived FILE: net_xfer's words there: each end has what the other sent.
all_arrived() {
	awk '{ print; sent[$1] = $4; received[$1] = $6 }
		END { exit !(NR == 2 && sent["client"] > 0 && sent["server"] > 0 &&
			sent["client"] == received["server"] &&
			sent["server"] == received["client"]) }' "$1"
}

# wait_port NAMESPACE ADDRESS PORT [SECONDS]: by trying; the server sees a
# connection that closes at once.
wait_port() {
	wait_for "${4:-20}" nsenter "--net=/run/netns/$1" bash -c ": </dev/tcp/$2/$3"
}

same_sha256() {
	[[ $(sha256sum <"$1") == "$(sha256sum <"$2")" ]]
}
