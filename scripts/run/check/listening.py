#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""listening.py PID PROTOCOL: does the process listen on sockets of this protocol
and of no other?  UNIX sockets do not count.  The kernel is
asked about the process's own descriptors (pidfd_getfd)."""
import ctypes
import os
import socket
import sys

SYS_PIDFD_GETFD = 438	# the same number on every architecture

libc = ctypes.CDLL(None, use_errno=True)


def listening_protocol(fd):
    """The protocol of a socket that listens; None of any other."""
    with socket.socket(fileno=os.dup(fd)) as sock:
        if sock.family == socket.AF_UNIX or \
                not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return None
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL)


def listening_protocols(pid):
    found = []
    pidfd = os.pidfd_open(pid)
    for entry in os.listdir(f"/proc/{pid}/fd"):
        if not os.readlink(f"/proc/{pid}/fd/{entry}").startswith("socket:"):
            continue
        fd = libc.syscall(SYS_PIDFD_GETFD, pidfd, int(entry), 0)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        protocol = listening_protocol(fd)
        if protocol is not None:
            found.append(protocol)
        os.close(fd)
    return found


protocols = listening_protocols(int(sys.argv[1]))
print("listening protocols:", protocols)
sys.exit(not protocols or any(p != int(sys.argv[2]) for p in protocols))
