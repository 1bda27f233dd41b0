# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What scripts/vm/arches says of a kernel's architecture. Sourced by the scripts after
# packages.sh; defines, and does, nothing else.

# arch_of KERNEL: what Debian calls it.
arch_of() { [[ $1 != *-* ]] && echo amd64 || echo "${1##*-}"; }

# read_arch KERNEL: sets arch, and what its line says.
read_arch() {
	arch=$(arch_of "$1")
	# Its readers are elsewhere.
	# shellcheck disable=SC2034
	IFS=$'\t' read -r _ arch_kernel arch_gnu arch_qemu arch_emulator arch_bus arch_console \
		arch_machine < <(grep "^$arch	" "$(dirname "${BASH_SOURCE[0]}")/arches") || {
		echo "scripts/vm/arches knows no $arch" >&2
		return 1
	}
}

# cross: what make is told of it.
cross() {
	[[ $arch_gnu == - ]] || printf '%s\n' "ARCH=$arch_kernel" "CROSS_COMPILE=$arch_gnu-" \
		"CC=$arch_gnu-gcc"
}

# need_compiler: what compiles for the architecture that read_arch found.
need_compiler() {
	[[ $arch_gnu == - ]] || need_packages "gcc-$arch_gnu" "libc6-dev-$arch-cross"
}

# need_emulator: by the command, as the package's name is not everywhere a package's.
need_emulator() {
	type -P "qemu-system-$arch_qemu" >/dev/null || need_packages "$arch_emulator"
}
