#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# socket(): types, protocols, flags and refusals. prog/api_create.c has the cases.
# cpus: 1
# timeout: 300
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

# Each refusal asks modprobe(8) for what nobody has, up to four times; on the
# debug kernel the asking is enough.
if [[ ${NEWINET_KERNEL:-} == debug ]]; then
	modprobe=$(</proc/sys/kernel/modprobe)
	trap 'echo "$modprobe" >/proc/sys/kernel/modprobe' EXIT
	echo /bin/true >/proc/sys/kernel/modprobe
fi
export T_OWN_MACHINE=1
status=0
oracle api_create "$@" || status=1
exit "$status"
