# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Runs a family-agnostic test program with AF_INET first, whose TCP is the
# oracle, then with AF_NEWINET. To be sourced by system tests; needs
# NEWINET_BIN, the directory of the compiled programs.

# variant NAME PROGRAM ARGUMENT...: one run, its TAP lines marked with NAME.
variant() {
	local name=$1 program=$2
	shift 2
	"$NEWINET_BIN/$program" "$@" |
		sed -u -E "s/^((not )?ok [0-9]+ - )/\1$name: /"
}

# oracle PROGRAM [CASE...]: AF_INET, then AF_NEWINET. A case that fails with
# AF_INET fails the test as well: it has nothing to say about AF_NEWINET. Where
# NEWINET_ORACLE is no, another kernel of that version has asked AF_INET.
oracle() {
	local program=$1 status=0
	shift
	[[ ${NEWINET_ORACLE:-} == no ]] ||
		variant inet "$program" --family inet "$@" || status=1
	variant newinet "$program" --family newinet "$@" || status=1
	return "$status"
}

# mixed PROGRAM [CASE...]: one end AF_NEWINET, the other the kernel's TCP. Not
# on the debug kernel, which is many times slower: the stock kernels do that.
mixed() {
	local program=$1 status=0
	shift
	[[ ${NEWINET_KERNEL:-} != debug ]] || return 0
	variant 'to inet' "$program" --family newinet --peer inet "$@" || status=1
	variant 'from inet' "$program" --family newinet --peer inet --reverse "$@" ||
		status=1
	return "$status"
}
