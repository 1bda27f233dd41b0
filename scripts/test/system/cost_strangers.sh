#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a stranger's sockets cost others stays bounded. prog/cost_strangers.c has the cases.
# clock: virtual
# timeout: 300
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

status=0
oracle cost_strangers "$@" || status=1
exit "$status"
