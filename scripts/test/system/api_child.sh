#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What an accepted socket has from its listener. prog/api_child.c has the cases.
# cpus: 1
# timeout: 120
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

oracle api_child "$@"
