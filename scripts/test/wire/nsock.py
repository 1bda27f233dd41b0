# SPDX-License-Identifier: GPL-2.0
"""Application side of a wire test: stream sockets of any family number, through libc.

Python's socket module only knows the addresses of families it was compiled with,
so the calls that carry an address go through ctypes; every socket is non-blocking.
"""
import ctypes
import errno
import os
import select
import socket
import struct
import time

libc = ctypes.CDLL(None, use_errno=True)

SOCK_STREAM = 1
SO_MEMINFO = 55
SOCK_NONBLOCK = 0o4000
SOCK_CLOEXEC = 0o2000000
CLONE_NEWNET = 0x40000000
CLONE_NEWNS = 0x00020000
FAMILY_PARAM = '/sys/module/newinet/parameters/family'
DEFAULT_NEWINET = 19


def family_number(name):
    """Number of the family called inet or newinet."""
    if name == 'inet':
        return socket.AF_INET
    try:
        with open(FAMILY_PARAM, encoding='ascii') as f:
            return int(f.read())
    except FileNotFoundError:
        return DEFAULT_NEWINET


def check(ret, what):
    """Turn a libc failure into OSError."""
    if ret < 0:
        num = ctypes.get_errno()
        raise OSError(num, f'{what}: {os.strerror(num)}')
    return ret


def unshare(flags):
    check(libc.unshare(flags), 'unshare')


class Sock:
    """A non-blocking stream socket of one family."""

    opened = []                     # all of this process

    def __init__(self, family, fd=None):
        self.family = family
        Sock.opened.append(self)
        if fd is None:
            fd = check(libc.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                       'socket')
        self.fd = fd

    def _addr(self, addr, port):
        return struct.pack('=H', self.family) + struct.pack('!H', port) + \
            socket.inet_aton(addr) + bytes(8)

    @staticmethod
    def _unpack(buf):
        return socket.inet_ntoa(buf[4:8]), struct.unpack('!H', buf[2:4])[0]

    def bind(self, port=0, addr='0.0.0.0'):
        sa = self._addr(addr, port)
        check(libc.bind(self.fd, sa, len(sa)), 'bind')
        return self

    def listen(self, backlog=128):
        check(libc.listen(self.fd, backlog), 'listen')
        return self

    def connect(self, addr, port):
        """Start a connection; the errno, 0 or EINPROGRESS."""
        sa = self._addr(addr, port)
        if libc.connect(self.fd, sa, len(sa)) == 0:
            return 0
        return ctypes.get_errno()

    def accept(self):
        """A new Sock, or None when there is nothing to accept."""
        fd = libc.accept4(self.fd, None, None, SOCK_NONBLOCK | SOCK_CLOEXEC)
        if fd < 0 and ctypes.get_errno() == errno.EAGAIN:
            return None
        return Sock(self.family, check(fd, 'accept4'))

    def wait_accept(self, timeout=2.0):
        """accept(), waiting for it; None when time is out."""
        if not self.poll(select.POLLIN, timeout):
            return None
        return self.accept()

    def _name(self, call, what):
        buf = ctypes.create_string_buffer(16)
        size = ctypes.c_uint32(16)
        check(call(self.fd, buf, ctypes.byref(size)), what)
        return self._unpack(buf.raw)

    def getsockname(self):
        return self._name(libc.getsockname, 'getsockname')

    def getpeername(self):
        return self._name(libc.getpeername, 'getpeername')

    def setsockopt(self, level, opt, value):
        val = struct.pack('=i', value) if isinstance(value, int) else value
        check(libc.setsockopt(self.fd, level, opt, val, len(val)), 'setsockopt')
        return self

    def getsockopt(self, level, opt):
        buf = ctypes.create_string_buffer(4)
        size = ctypes.c_uint32(4)
        check(libc.getsockopt(self.fd, level, opt, buf, ctypes.byref(size)), 'getsockopt')
        return struct.unpack('=i', buf.raw)[0]

    def meminfo(self):
        """What SO_MEMINFO tells: rmem, rcvbuf, wmem, sndbuf, fwd, wmem_queued, ..."""
        buf = ctypes.create_string_buffer(36)
        size = ctypes.c_uint32(36)
        check(libc.getsockopt(self.fd, socket.SOL_SOCKET, SO_MEMINFO, buf, ctypes.byref(size)),
              'SO_MEMINFO')
        return struct.unpack('=9I', buf.raw)

    def nodelay(self, on=1):
        return self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, on)

    def error(self):
        """Read and clear SO_ERROR."""
        return self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def poll(self, events, timeout=0.0):
        p = select.poll()
        p.register(self.fd, events)
        got = p.poll(timeout * 1000)
        return got[0][1] if got else 0

    def send(self, data, flags=0):
        """Bytes taken by send(), 0 when the buffer is full."""
        n = libc.send(self.fd, bytes(data), ctypes.c_size_t(len(data)),
                      flags | socket.MSG_NOSIGNAL)
        if n < 0 and ctypes.get_errno() == errno.EAGAIN:
            return 0
        return check(n, 'send')

    def recv(self, size=65536):
        """Bytes read, b'' at end of stream, None when there is nothing yet."""
        try:
            return os.read(self.fd, size)
        except BlockingIOError:
            return None

    def recv_exact(self, size, timeout=3.0):
        """Read up to size bytes until they are there, the stream ends or time is out."""
        out = bytearray()
        end = time.monotonic() + timeout
        while len(out) < size:
            left = end - time.monotonic()
            if left <= 0 or not self.poll(select.POLLIN, left):
                break
            part = self.recv(size - len(out))
            if not part:
                break
            out += part
        return bytes(out)

    def shutdown(self, how):
        check(libc.shutdown(self.fd, how), 'shutdown')

    def abort(self):
        """close() that leaves no connection behind."""
        if self.fd >= 0:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('=ii', 1, 0))
            self.close()

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
