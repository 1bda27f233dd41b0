#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The README is true: its commands, in order and in one shell, as a reader
# would type them; and its table of differences is what differs.
#
# Blocks marked `sh` are run here, and where the kernel is new enough those marked
# `sh cgroup`. The others need a network, a machine's own kernel headers or a
# machine: `sh install` is run by scripts/test/static/readme-install, `sh service`
# by run_service.sh, `sh dkms` is what the suite dkms (scripts/test/dkms/build)
# does, `sh host` starts the machines that these tests run in; make sees it in
# readme-install.
# module: none
# kernels: stock
# clock: virtual
# timeout: 200
# needs: curl gcc libc6-dev make iproute2 python3
# shellcheck disable=SC2016
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/readme.sh
. "$NEWINET_LIB/readme.sh"
readme=$NEWINET_SRC/README.md
kinds=$'c\nsh\nsh cgroup\nsh dkms\nsh host\nsh install\nsh service'
ran='sh|sh cgroup' pages=3
[[ $NEWINET_KERNEL != 6.1 ]] || ran=sh pages=2

# What make would have left here. The guest's copy of the tree is its own.
cd "$NEWINET_SRC"
cp "$NEWINET_KO" newinet.ko
readme_blocks c "$readme" >get.c

check 'every kind of block has a test' test "$(readme_kinds "$readme")" = "$kinds"
check 'the program is short' test "$(wc -l <get.c)" -le 25
readme_blocks "$ran" "$readme" >"$net_tmp/commands"
echo 'echo "number of jobs: $(jobs -p | wc -l)"' >>"$net_tmp/commands"
status=0
bash -e "$net_tmp/commands" >"$net_tmp/out" 2>&1 || status=$?
sed 's/^/# /' "$net_tmp/out"
check 'its commands work' test "$status" = 0
check 'the module was loaded and said its number' grep -qx 19 "$net_tmp/out"
check 'the program and curl got their pages' \
	test "$(grep -c '<title>Directory listing for /</title>' "$net_tmp/out")" = "$pages"
check 'the program is built without a warning' \
	gcc -Wall -Wextra -Werror -I module/uapi -o get get.c
check 'the module is gone' test ! -e /sys/module/newinet

# The names in the first cells of the table, against what scripts/demo/differences,
# one of those commands, found: a name in one of them alone makes the README wrong.
sed -n '/^ *AF_INET *AF_NEWINET$/,/^number of jobs/p' "$net_tmp/out" | sed '1d;$d' |
	awk '{ print $1 }' | sort -u >"$net_tmp/real"
sed -n '/^## What differs/,/What no option shows/p' "$readme" |
	sed -n 's/^\(| `[A-Z0-9_`, ]*|\).*/\1/p' | grep -oE '[A-Z]+_[A-Z0-9_]+' |
	sort -u >"$net_tmp/said"
# The README says it below the table: AF_INET has this one since 6.9.
[[ $NEWINET_KERNEL != 6.1 ]] || sed -i '/^SO_PEEK_OFF$/d' "$net_tmp/real"
# Likewise: refused to other sockets than the kernel's TCP's since 7.3, or shortly before.
[[ $NEWINET_KERNEL != 7.3 ]] || sed -i '/^SO_TXREHASH$/d' "$net_tmp/real"
check 'the table has names' test -s "$net_tmp/said"
check 'differences were found' test -s "$net_tmp/real"
unsaid=$(comm -13 "$net_tmp/said" "$net_tmp/real" | xargs)
check "nothing differs that the README does not name: ${unsaid:-none}" test ! "$unsaid"
# The debug kernel lacks some of what AF_INET has.
if [[ $NEWINET_KERNEL != debug ]]; then
	untrue=$(comm -23 "$net_tmp/said" "$net_tmp/real" | xargs)
	check "nothing is named that does not differ: ${untrue:-none}" test ! "$untrue"
fi
finish
