# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of newinet-run: what a command says, and how it ends.

# says STATUS TEXT COMMAND...: does it end so, with the text in what it says
# (or, for no text, saying nothing)?
says()
{
	local status=0 want=$1 text=$2 said
	shift 2

	said=$("$@" 2>&1) || status=$?
	echo "status $status: $said"
	((status == want)) || return 1
	if [[ $text ]]; then
		[[ $said == *"$text"* ]]
	else
		[[ ! $said ]]
	fi
}
