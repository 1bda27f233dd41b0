# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of the README: its fenced blocks by what stands after
# the opening fence.
#
#   readme_blocks 'sh' README.md     the lines of all such blocks, in order; of
#                                    several kinds, 'sh|sh cgroup'
#   readme_kinds README.md           the kinds of blocks that there are

readme_blocks() {
	awk -v kind="$1" '
		/^```/ { inside = !inside && index("|" kind "|", "|" substr($0, 4) "|") ? 1 : inside ? 0 : 2; next }
		inside == 1' "$2"
}

readme_kinds() {
	awk '/^```/ { if (!inside) print substr($0, 4); inside = !inside }' "$1" | sort -u
}
