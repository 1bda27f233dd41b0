# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The Debian packages that the project's scripts need, and the one function
# that installs them. Sourced by the scripts; defines, and does, nothing else.

# What builds the module and the kernels.
# shellcheck disable=SC2034
NEWINET_BUILD_PACKAGES=(
	gcc make libc6-dev bc bison flex libelf-dev libssl-dev cpio kmod
	rsync xz-utils python3 perl dpkg-dev pahole
)
# What boots a virtual machine, beside the emulator.
# shellcheck disable=SC2034
NEWINET_VM_PACKAGES=(qemu-system-x86 busybox-static cpio kmod)
# What the checks and the system tests call.
# shellcheck disable=SC2034
NEWINET_TEST_PACKAGES=(
	sparse shellcheck universal-ctags dkms codespell
	iproute2 iputils-ping nftables conntrack ethtool tcpdump socat strace
	iperf3 nginx-light curl bpftool clang libbpf-dev procps psmisc
)

# need_packages NAME...: installs those that are missing; silent and without
# apt when there are none.
need_packages() {
	local name missing=()
	for name in "$@"; do
		[[ $(dpkg-query -W -f '${Status}' "$name" 2>/dev/null) == *' ok installed' ]] ||
			missing+=("$name")
	done
	((${#missing[@]})) || return 0
	if ! type -P apt-get >/dev/null; then
		echo 'There is no apt-get here: these scripts are for Debian and what descends from it.' >&2
		echo "They would install ${missing[*]}." >&2
		echo 'README.md, First steps, has what builds the module on other distributions.' >&2
		return 1
	fi
	echo "installing: ${missing[*]}" >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends "${missing[@]}" >&2 && return 0
	apt-get update -q >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends "${missing[@]}" >&2
}
