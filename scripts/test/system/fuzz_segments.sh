#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Hostile segments over a tun device (scripts/test/fuzz/seg_main.c), with a seed
# that is new for each run and printed: FUZZ_SEED=N make check TEST=fuzz_segments
# plays it again. The same seed is played against AF_INET first, for which the
# checks must hold.
# kernels: 6.12 debug
# clock: virtual
# timeout: 300
set -euo pipefail

modprobe tun 2>/dev/null || true
seed=${FUZZ_SEED:-$RANDOM$RANDOM}
fuzz=$NEWINET_BIN/fuzz/seg_fuzz
count=0
case $NEWINET_KERNEL in
debug) plan=('inet 0 500' 'newinet 0 3000' 'mixed 1 1500') ;;
*) plan=('inet 0 4000' 'newinet 0 8000' 'newinet 1 8000' 'mixed 2 8000') ;;
esac

status=0
for each in "${plan[@]}"; do
	read -r family more steps <<<"$each"
	count=$((count + 1))
	if "$fuzz" --virtual --family "$family" --seed "$((seed + more))" --steps "$steps"; then
		echo "ok $count - $family, seed $((seed + more)), $steps steps"
	else
		echo "not ok $count - $family, seed $((seed + more)), $steps steps"
		status=1
	fi
done
echo "1..$count"
exit "$status"
