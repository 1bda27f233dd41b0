#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every socket option, flag and control message by its effect: what
# prog/effects_*.c see on AF_NEWINET is what they see on AF_INET, but for the
# lines of lib/effects.txt, which say what is otherwise and are all in the
# README's table.
# kernels: stock
# clock: virtual
# timeout: 300
# needs: iproute2 nftables
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for module in dummy nf_conntrack nf_tables nft_chain_nat nft_redir; do
	modprobe -q "$module" || true
done
number=0 status=0
# Lines of lib/effects.txt: NAME: what AF_NEWINET says. A kernel in front of it
# ("6.1/") limits the line to that one.
kernel=${NEWINET_KERNEL/debug/6.12}
sed -n "/^#/d; s|^$kernel/||; /^[0-9a-z.]*\//d; p" "$NEWINET_LIB/effects.txt" >"$dir/known"
declare -A known
while IFS= read -r line; do
	known[${line%%: *}]=$line
done <"$dir/known"

# compare PROGRAM: one TAP line for each row of its table.
compare() {
	local name inet newinet wanted
	"$NEWINET_BIN/$1" --family inet >"$dir/inet"
	"$NEWINET_BIN/$1" --family newinet >"$dir/newinet"
	cat "$dir/inet" >>"$dir/all"
	# What could not be tried is no agreement either.
	while IFS= read -r inet; do
		number=$((number + 1))
		echo "not ok $number - tried: $inet"
		status=1
	done < <(grep -E '\[([^s]|s[^e]|se[^t])[^]]*: E[A-Z]+\]|\(did not end\)' "$dir/inet")
	while IFS= read -r inet <&3 && IFS= read -r newinet <&4; do
		name=${inet%%: *}
		number=$((number + 1))
		# A difference that is gone must not stay listed.
		wanted=${known[$name]-$inet}
		if [[ $newinet == "$wanted" ]]; then
			echo "ok $number - $name"
			echo "# $newinet"
		else
			echo "not ok $number - $name"
			echo "# inet:    ${inet#*: }"
			echo "# newinet: ${newinet#*: }"
			[[ $wanted == "$inet" ]] || echo "# listed:  ${wanted#*: }"
			status=1
		fi
	done 3<"$dir/inet" 4<"$dir/newinet"
	# A program that stops early is no agreement.
	number=$((number + 1))
	if diff <(sed 's/: .*//' "$dir/inet") <(sed 's/: .*//' "$dir/newinet") | sed 's/^/# /'; then
		echo "ok $number - $1: the same rows"
	else
		echo "not ok $number - $1: the same rows"
		status=1
	fi
}

for program in "$NEWINET_BIN"/effects_*; do
	compare "${program##*/}"
done

# Every option that the headers name has a row: a new one is to be looked at.
options() {
	sed -nE 's/^#\s*define (SO_[A-Z0-9_]+)\s+[0-9].*/\1/p' /usr/include/asm-generic/socket.h
	sed -nE 's/^#define (IP_[A-Z0-9_]+|MCAST_[A-Z0-9_]+)\s+[0-9].*/\1/p' /usr/include/linux/in.h |
		grep -vE '^(IP_PMTUDISC_|IP_DEFAULT_|MCAST_EXCLUDE|MCAST_INCLUDE)'
	sed -nE 's/^#define (TCP_[A-Z0-9_]+)\s+[0-9]+\s*(\/\*.*)?$/\1/p' /usr/include/linux/tcp.h |
		grep -vE '_(ON|OFF|MAXKEYLEN|DEFAULT|CLIENT_[A-Z]*|HINT)$|^TCP_MSS_|_FLAG_'
}
number=$((number + 1))
missing=$(comm -23 <(options | sort -u) <(sed 's/: .*//' "$dir/all" | sort -u) | xargs)
echo "${missing:+not }ok $number - every option has a row${missing:+: not $missing}"
[[ ! $missing ]] || status=1
number=$((number + 1))
unsaid=''
while read -r name; do
	grep -qw "$name" "$NEWINET_SRC/README.md" || unsaid+=" $name"
done < <(sed -n 's/^\([A-Z_]*\)[ :].*/\1/p' "$dir/known" | sort -u)
echo "${unsaid:+not }ok $number - what differs is in the README${unsaid:+: not$unsaid}"
[[ ! $unsaid ]] || status=1
echo "1..$number"
exit "$status"
