#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""listening.py PID FAMILY: does the process listen on stream sockets of this
address family and of no other?  UNIX sockets do not count.  The kernel is
asked about the process's own descriptors (pidfd_getfd)."""
import ctypes
import os
import socket
import sys

SYS_PIDFD_GETFD = 438	# the same number on every architecture

libc = ctypes.CDLL(None, use_errno=True)


def family_of(fd):
    """The family that the kernel puts into the socket's name."""
    name = ctypes.create_string_buffer(128)
    size = ctypes.c_uint(len(name))
    if libc.getsockname(fd, name, ctypes.byref(size)):
        raise OSError(ctypes.get_errno(), "getsockname")
    return int.from_bytes(name.raw[:2], sys.byteorder)


def is_listening(fd):
    with socket.socket(fileno=os.dup(fd)) as sock:
        return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def listening_families(pid):
    found = []
    pidfd = os.pidfd_open(pid)
    for entry in os.listdir(f"/proc/{pid}/fd"):
        if not os.readlink(f"/proc/{pid}/fd/{entry}").startswith("socket:"):
            continue
        fd = libc.syscall(SYS_PIDFD_GETFD, pidfd, int(entry), 0)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        family = family_of(fd)
        if family != socket.AF_UNIX and is_listening(fd):
            found.append(family)
        os.close(fd)
    return found


families = listening_families(int(sys.argv[1]))
print("listening families:", families)
sys.exit(not families or any(f != int(sys.argv[2]) for f in families))
