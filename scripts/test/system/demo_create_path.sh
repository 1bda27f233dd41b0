#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# scripts/demo/create-path: every step is marked in both columns, another
# family has steps missing and a status that says so, ftrace is left as found.
# kernels: stock
# clock: virtual
# timeout: 150
# needs: python3
# shellcheck disable=SC2016
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"
create_path=$NEWINET_SRC/scripts/demo/create-path
tracing=/sys/kernel/tracing

state() {
	local name
	for name in current_tracer set_ftrace_filter set_graph_function set_ftrace_pid \
		kprobe_events tracing_on options/funcgraph-irqs; do
		printf '%s: ' "$name"
		cat "$tracing/$name"
	done
}

# says STATUS TEXT COMMAND...: does it end so, and say this?
says() {
	local want=$1 text=$2 status=0 said
	shift 2
	said=$("$@" 2>&1) || status=$?
	printf 'status %s\n%s\n' "$status" "$said"
	((status == want)) && [[ $said == *"$text"* ]]
}

# Two marks in one line: the step stands in both columns.
both_marked() { grep -Eq "^\[$1\].* \[$1\] " "$net_tmp/out"; }
# beside LEFT RIGHT: a line has the one on the left, the other on the right.
beside() { grep -Eq "^\[[0-9]\] +$1 [ 0-9.]+ \[[0-9]\] +$2 *[0-9.]*\$" "$net_tmp/out"; }
narrow() { (($(wc -L <"$net_tmp/out") <= 120)); }

state >"$net_tmp/before"
status=0
"$create_path" --time >"$net_tmp/out" 2>&1 || status=$?
cat "$net_tmp/out"
check 'all is there' test "$status" = 0
for step in 1 2 3 4 5 6 7 8; do
	check "step $step is marked in both" both_marked "$step"
done
check 'inet_create beside newinet_create' beside 'inet_create\(\)' 'newinet_create\(\) \[newinet\]'
check 'sock->ops of both' beside 'sock->ops = inet_stream_ops' \
	'sock->ops = newinet_stream_ops \[newinet\]'
check 'it fits into 120 columns' narrow
check 'durations are shown when asked for' \
	grep -Eq '^\[1\] __sys_socket\(\) +[0-9.]+ +\[1\] __sys_socket\(\) +[0-9.]+$' "$net_tmp/out"
check 'AF_UNIX has other steps: status 1' \
	says 1 'step [4] is missing: newinet_create' "$create_path" --family 1
state >"$net_tmp/after"
check 'ftrace is as it was' cmp "$net_tmp/before" "$net_tmp/after"
echo function >"$tracing/current_tracer"
check 'somebody else is tracing: status 1' says 1 'ftrace is in use' "$create_path"
echo nop >"$tracing/current_tracer"
rmmod newinet
check 'without the module: status 1' says 1 'is the module loaded?' "$create_path"
finish
