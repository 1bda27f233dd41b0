# SPDX-License-Identifier: GPL-2.0
"""Wire cases for the receive side under a hostile or wasteful peer: data beyond the FIN,
a receive buffer that runs full, in order and out of order.
"""
import socket

from env import case
from packet import ensure, pattern

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
