#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Random socket calls by many threads, and hostile segments against threads that
# use the sockets meanwhile (scripts/test/fuzz/call_main.c, seg_main.c), on two
# processors, with a seed that is new for each run and printed: FUZZ_SEED=N
# make check TEST=fuzz_calls makes the same calls again. The optimised kernel
# shows races that the debug kernel hides.
# kernels: 6.12 debug
# clock: real
# timeout: 900
set -euo pipefail

modprobe tun 2>/dev/null || true
seed=${FUZZ_SEED:-$RANDOM$RANDOM}
cp "$NEWINET_KO" /run/fuzzed.ko
# A connection left to close holds the module until a timeout finds out that its tries are
# used up. A hostile peer can make the path seem so long that there are two of two minutes.
calls=16 segments=8 patience=260
[[ $NEWINET_KERNEL != debug ]] || { calls=40 segments=15; }

status=0
if "$NEWINET_BIN/fuzz/call_fuzz" --seed "$seed" --seconds "$calls" --round $((calls / 2)) \
	--ko /run/fuzzed.ko --patience "$patience"; then
	echo "ok 1 - socket calls, seed $seed"
else
	echo "not ok 1 - socket calls, seed $seed"
	status=1
fi
if "$NEWINET_BIN/fuzz/seg_fuzz" --seed "$seed" --threads 2 --seconds "$segments"; then
	echo "ok 2 - hostile segments, seed $seed"
else
	echo "not ok 2 - hostile segments, seed $seed"
	status=1
fi
# What the hostile peers left to close ends by itself.
for ((i = 0; i < patience; i++)); do
	[[ $(</sys/module/newinet/refcnt) != 0 ]] || break
	sleep 1
done
if ((i == patience)); then
	echo "not ok 3 - the module is still referred to after $i s: $(</sys/module/newinet/refcnt)"
	sed -n '1p; /^NEWTCP/p' /proc/net/protocols
	status=1
else
	echo "ok 3 - no reference to the module after $i s"
fi
echo 1..3
exit "$status"
