# SPDX-License-Identifier: GPL-2.0
"""Wire cases for the receive side under a hostile or wasteful peer: data beyond the FIN,
a receive buffer that runs full, in order and out of order.
"""
import ctypes
import socket
import struct

from env import case
from nsock import check, libc
from packet import ensure, pattern

SO_MEMINFO = 55

# (offset, bytes, FIN) of the segments in the order they are sent; then the bytes that are
# to be read, whether the end of the stream follows, and how many numbers are acknowledged.
# "shifted": the kernel's TCP delivers bytes there that stand behind the FIN, one too early.
BEYOND_FIN = {
    'behind it, apart': ([(10, 10, 1), (25, 10, 0), (0, 10, 0)], 20, True, 21),
    'behind it, adjacent, first': ([(21, 10, 0), (10, 10, 1), (0, 10, 0)], 20, True, 21),
    'over it, with a part before': ([(10, 10, 1), (15, 16, 0), (0, 10, 0)], 20, True, 21),
    'over all of it': ([(10, 10, 1), (10, 21, 0), (0, 10, 0)], 31, False, 31),
    'FIN inside data, same start': ([(10, 20, 0), (10, 10, 1), (0, 10, 0)], 30, False, 30),
    'FIN inside data': ([(10, 20, 0), (12, 8, 1), (0, 10, 0)], 30, False, 30),
    'FIN before data, in order': ([(10, 20, 0), (0, 15, 1)], 15, True, 16),
    'in order, then more': ([(0, 10, 1), (11, 10, 0)], 10, True, 11),
    'the hole filled with all': ([(10, 10, 1), (0, 31, 0)], 31, False, 31),
    'the hole filled to the FIN': ([(10, 10, 1), (0, 20, 0)], 20, True, 21),
    'the hole filled over the FIN': ([(10, 10, 1), (0, 21, 0)], 21, False, 21),
    'two, and data over the first': ([(10, 10, 1), (21, 10, 0), (5, 26, 0), (0, 10, 0)],
                                     31, False, 31),
    'shifted: behind it, adjacent': ([(10, 10, 1), (21, 10, 0), (0, 10, 0)], 20, True, 21),
    'shifted: behind a bare one': ([(20, 0, 1), (21, 10, 0), (0, 20, 0)], 20, True, 21),
    'shifted: behind a bare one, data last':
        ([(20, 0, 1), (21, 10, 0), (10, 10, 0), (0, 10, 0)], 20, True, 21),
    'shifted: a second FIN': ([(10, 10, 1), (21, 10, 1), (0, 10, 0)], 20, True, 21),
}


def read_all(s):
    """All that can be read now, and whether the end of the stream follows."""
    got = b''
    while part := s.recv():
        got += part
    return got, part == b''


@case('receive')
def beyond_the_fin(e):
    """Each byte that is read stands at its own number, and none behind the FIN."""
    for name, (segments, size, end, acked) in BEYOND_FIN.items():
        if name.startswith('shifted') and e.name == 'inet':
            continue
        s, f = e.active()
        for off, length, fin in segments:
            f.send('AF' if fin else 'A', pattern(length, off), seq=f.at(off))
        acks = f.collect(0.1)
        got, ended = read_all(s)
        ensure(got == pattern(size), f'{name}: read {got.hex()}')
        ensure(ended == end, f'{name}: end of the stream {ended}')
        ensure(acks[-1].rack == acked + 1, f'{name}: acknowledged {acks[-1].rack - 1}')
        f.forget()


@case('receive', timeout=40)
def full_of_holes_then_below(e):
    """A buffer full of what is out of order, then data below it: some is given up, no more."""
    s, f = e.active(setup=lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 40000))
    step, count = 40, 400
    for i in range(1, count):
        f.send('A', pattern(20, 2000 + step * i), seq=f.at(2000 + step * i))
    for i in range(40):
        f.send('A', pattern(20, 1900 - step * i), seq=f.at(1900 - step * i))
        e.tun.pump(0)
    f.collect(0.05)
    # All of it once more, in order: the stream is whole.
    total = 2000 + step * count
    got = b''
    for off in range(0, total, 1000):
        part = min(1000, total - off)
        f.send('A', pattern(part, off), seq=f.at(off))
        got += read_all(s)[0]
    ensure(got == pattern(total), f'{len(got)} of {total} bytes, or others')
    f.wait_for(lambda p: p.rack == total + 1, 1, 'no ACK for all')


def memory(s):
    """sk_rmem_alloc and sk_rcvbuf, as SO_MEMINFO tells them."""
    buf = ctypes.create_string_buffer(36)
    size = ctypes.c_uint32(36)
    check(libc.getsockopt(s.fd, socket.SOL_SOCKET, SO_MEMINFO, buf, ctypes.byref(size)),
          'SO_MEMINFO')
    return struct.unpack('=2I', buf.raw[:8])


def with_family(e, number=None):
    """Sockets of this family from now on; without: of the one under test again."""
    e.own = getattr(e, 'own', e.family)
    e.family = number or e.own


def pour(f, size, part, start=0, order=None):
    """Send size bytes in segments of part; how many are acknowledged in the end."""
    edge, rack = f.edge, 0
    order = order or range(start, start + size, part)
    for i, off in enumerate(order, 1):
        f.send('A', pattern(part, off), seq=f.at(off))
        f.tun.pump(0)
        for p in f.collect(0.3 if i == len(order) else 0):
            rack = p.rack - 1
            now = p.rack - 1 + (p.win << f.peer_ws)
            ensure(now >= edge, f'the window shrank from {edge} to {now}')
            edge = now
    return rack


def fill_window(e, part, order, rcvbuf=None):
    """A window of segments of part bytes, none read: memory used, the buffer's size."""
    s, f = e.active(setup=lambda s: rcvbuf and
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf))
    size = f.edge // part * part
    offs = list(range(0, size, part))
    if order == 'first last':
        offs = offs[:0:-1] + offs[:1]
    elif order == 'odd before even':
        offs = offs[1::2] + offs[::2]
    acked = pour(f, size, part, order=offs)
    ensure(acked == size, f'{acked} of {size} acknowledged, {order}')
    used = memory(s)
    ensure(s.recv_exact(size) == pattern(size), f'stream, {order}')
    more = pattern(1000, size)
    f.send('A', more, seq=f.at(size))
    ensure(s.recv_exact(1000) == more, 'data after it')
    f.forget()
    return used


@case('receive', timeout=60)
def small_segments_all_kept(e):
    """What lies inside the window is kept, however small its segments: 60,000 bytes by 100."""
    for order in ('in order', 'first last', 'odd before even'):
        used, size = fill_window(e, 100, order)
        with_family(e, socket.AF_INET)
        theirs = fill_window(e, 100, order)
        with_family(e)
        ensure(used <= theirs[0] * 1.02 and size <= theirs[1] * 1.02,
               f'{order}: memory {used} of {size}, AF_INET {theirs}')


@case('receive', timeout=60)
def small_segments_collapse(e):
    """A buffer that may not grow holds its window too: what is queued is copied together."""
    for part in (100, 10):
        for order in ('in order', 'first last'):
            used, size = fill_window(e, part, order, rcvbuf=65536)
            ensure(used <= size + 2304, f'{order}: {used} of {size}')
