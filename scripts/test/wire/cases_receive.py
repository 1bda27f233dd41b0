# SPDX-License-Identifier: GPL-2.0
# test: wire_receive
# clock: virtual
# timeout: 240
# full: debug
# needs: python3
"""Wire cases for the receive side under a hostile or wasteful peer: data beyond the FIN,
a receive buffer that runs full, in order and out of order.
"""
import ctypes
import errno
import fcntl
import mmap
import os
import select
import socket
import struct
import termios
import threading
import time

from cases_flow import edge_of, fill
from cases_loss import SO_RCVBUFFORCE, tiny_packets
from env import case
from nsock import check, libc
from packet import Skip, ensure, pattern
from peer import link_up

SO_PEEK_OFF = 42

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
    return s.meminfo()[:2]


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


def peek(s, size, flags=0):
    """What recv(MSG_PEEK) gives; None when there is nothing."""
    buf = ctypes.create_string_buffer(size)
    n = libc.recv(s.fd, buf, ctypes.c_size_t(size), socket.MSG_PEEK | flags)
    if n < 0 and ctypes.get_errno() == errno.EAGAIN:
        return None
    return buf.raw[:check(n, 'recv')]


@case('receive')
def peek_offset(e):
    """SO_PEEK_OFF: peeks go on where the last one ended, and reading takes it back."""
    s, f = e.active()

    def set_offset(val):
        s.setsockopt(socket.SOL_SOCKET, SO_PEEK_OFF, val)

    def offset():
        return s.getsockopt(socket.SOL_SOCKET, SO_PEEK_OFF)

    try:
        set_offset(0)
    except OSError as why:
        if e.name == 'inet' and why.errno == errno.EOPNOTSUPP:
            raise Skip('not in this kernel') from why
        raise
    f.send('A', b'abcdef')
    e.tun.run(0.05)
    got = [peek(s, 1) for _ in range(3)]
    ensure(got == [b'a', b'b', b'c'] and offset() == 3, f'{got}, then at {offset()}')
    ensure(s.recv(2) == b'ab' and offset() == 1, f'read two: at {offset()}')
    ensure(peek(s, 1) == b'd' and offset() == 2, f'at {offset()}')
    f.send('A', b'ghi')
    e.tun.run(0.05)
    ensure(peek(s, 10) == b'efghi' and peek(s, 1) is None and offset() == 7, 'to the end')
    set_offset(8)
    ensure(peek(s, 5) is None, 'beyond the end')
    f.send('A', b'jklm')
    e.tun.run(0.05)
    ensure(peek(s, 5) == b'klm' and offset() == 11, f'beyond, then data: at {offset()}')
    set_offset(1)
    ensure(peek(s, 3, socket.MSG_TRUNC) is not None and offset() == 4, 'MSG_TRUNC')
    set_offset(-1)
    ensure(peek(s, 3) == b'cde' == peek(s, 3) and offset() == -1, 'without an offset')
    set_offset(4)
    ensure(s.recv(100) == b'cdefghijklm' and offset() == 0, f'all read: at {offset()}')
    f.send('AF', b'no')
    e.tun.run(0.05)
    ensure(peek(s, 1) == b'n' and peek(s, 5) == b'o' and peek(s, 1) == b'', 'at the FIN')
    set_offset(50)
    ensure(peek(s, 1) == b'', 'beyond the FIN')
    ensure(s.recv() == b'no' and s.recv() == b'', 'stream')


@case('receive', timeout=60)
def tiny_messages_to_a_sleeper(e):
    """20,000 messages of one byte to a reader that sleeps: all arrive, none is sent again."""
    link_up('lo')
    lst = e.sock().bind(6000, '127.0.0.1').listen()
    s = e.sock()
    s.connect('127.0.0.1', 6000)
    r = lst.wait_accept()
    s.nodelay()
    data = pattern(20000)
    for i in range(len(data)):
        ensure(s.send(data[i:i + 1]) == 1, f'message {i} does not fit')
    time.sleep(0.5)
    left = struct.unpack('=i', fcntl.ioctl(s.fd, termios.TIOCOUTQ, bytes(4)))[0]
    ensure(not left, f'{left} bytes are not acknowledged')
    ensure(r.recv_exact(len(data)) == data, 'stream')
    ensure(r.send(b'back') == 4 and s.recv_exact(4) == b'back', 'the other way')


def peek_cost(e):
    """Seconds that a peek at some megabytes in small skbs takes."""
    s, f = e.active(setup=lambda s: s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 2 << 20))
    sent, _ = fill(s, f)
    ensure(sent > 1 << 20, f'{sent} bytes')
    buf = ctypes.create_string_buffer(sent)
    libc.recv(s.fd, buf, ctypes.c_size_t(4096), socket.MSG_PEEK)
    begin = time.monotonic()
    n = libc.recv(s.fd, buf, ctypes.c_size_t(sent), socket.MSG_PEEK)
    cost = time.monotonic() - begin
    ensure(n == sent and buf.raw == pattern(sent), f'{n} of {sent} bytes')
    f.forget()
    return cost


@case('receive', timeout=60)
def peek_scales(e):
    """A peek at thousands of segments walks the queue once; AF_INET begins again at each."""
    ours = peek_cost(e)
    with_family(e, socket.AF_INET)
    theirs = peek_cost(e)
    with_family(e)
    text = f'{ours * 1e3:.2f} ms, AF_INET {theirs * 1e3:.2f} ms'
    print('# ' + text)
    ensure(e.name == 'inet' or os.environ.get('NEWINET_KERNEL') == 'debug' or
           4 * ours <= theirs, text)


class Fault:
    """A page that the kernel may not write to until it is let: userfaultfd(2)."""

    def __init__(self):
        self.page = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.addr = ctypes.addressof(ctypes.c_char.from_buffer(self.page))
        self.fd = libc.syscall(323, os.O_CLOEXEC | os.O_NONBLOCK)
        if self.fd < 0:
            raise Skip('no userfaultfd')
        fcntl.ioctl(self.fd, 0xc018aa3f, struct.pack('=3Q', 0xaa, 0, 0))
        fcntl.ioctl(self.fd, 0xc020aa00, struct.pack('=4Q', self.addr, mmap.PAGESIZE, 1, 0))

    def wait(self):
        """Until somebody waits for the page."""
        poller = select.poll()
        poller.register(self.fd, select.POLLIN)
        ensure(poller.poll(2000), 'nobody touches the page')

    def release(self):
        fcntl.ioctl(self.fd, 0xc020aa04, struct.pack('=4Q', self.addr, mmap.PAGESIZE, 0, 0))


@case('receive', timeout=60)
def small_segments_while_owned(e):
    """The owner copies for long: a window of small segments waits, whole, and the FIN."""
    s, f = e.active()
    fault = Fault()
    f.send('A', pattern(1))
    f.collect(0.1)
    reader = threading.Thread(target=lambda: libc.recv(s.fd, ctypes.c_void_p(fault.addr), 1, 0))
    reader.start()
    fault.wait()
    for off in range(1, 60000, 100):
        last = off == 59901
        f.send('AF' if last else 'A', pattern(100, off), seq=f.at(off))
    f.expect_none(0.1, 'an ACK although the socket is owned')
    fault.release()
    reader.join(2)
    f.wait_for(lambda p: p.rack == 60003, 1, 'no ACK for all')
    got, ended = read_all(s)
    ensure(got == pattern(60000, 1) and ended, f'{len(got)} bytes, end {ended}')


@case('receive')
def window_behind_backlog(e):
    """The backlog takes the room that is read free, and brings nothing new: the window opens."""
    if e.name == 'inet':
        raise Skip("the kernel's TCP waits for the peer's probe")
    for what in ('data', 'ack'):
        s, f = e.active(setup=lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304))
        sent, last = fill(s, f)
        ensure(last.win == 0, f'window {last.win} at the end')
        fault = Fault()
        reader = threading.Thread(target=lambda: libc.recv(
            s.fd, ctypes.c_void_p(fault.addr), mmap.PAGESIZE, 0))
        reader.start()
        fault.wait()
        for _ in range(8):
            if what == 'data':
                f.send('A', pattern(min(sent, f.mss)), seq=f.at(0))
            else:
                f.send('A', seq=f.at(sent))
        f.expect_none(0.1, 'an ACK although the socket is owned')
        fault.release()
        reader.join(2)
        f.wait_for(lambda p: p.win, 1, f'the window stays shut ({what})')
        f.forget()


@case('receive', timeout=60)
def tuned_in_one_call(e):
    """The receive buffer grows while a program waits in one call for many windows of data."""
    s, f = e.active(rtt=0.1)
    size = 3 << 20
    page = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    addr = ctypes.addressof(ctypes.c_char.from_buffer(page))
    got = []
    fcntl.fcntl(s.fd, fcntl.F_SETFL, 0)
    reader = threading.Thread(target=lambda: got.append(libc.recv(
        s.fd, ctypes.c_void_p(addr), size, socket.MSG_WAITALL)))
    reader.start()
    sent, edge, windows = 0, f.edge, []
    while sent < size:
        windows.append(edge - sent)
        while sent < size and edge - sent >= f.mss:
            part = min(f.mss, size - sent)
            f.send('A', bytes(part), seq=f.at(sent))
            sent += part
        edge = max([edge] + [edge_of(f, p) for p in f.collect(0.1)])
        ensure(len(windows) < 30, f'windows {windows}')
    reader.join(2)
    ensure(got == [size], f'{got} of {size} bytes')
    # Twice what a round trip brought, each time; at most what net.ipv4.tcp_rmem says.
    # On the debug kernel a large window takes longer than a round trip to fill.
    grown = 3 if os.environ.get('NEWINET_KERNEL') == 'debug' else 6
    ensure(max(windows) > grown * windows[0], f'windows {windows}')


@case('receive')
def not_tuned(e):
    """tcp_moderate_rcvbuf 0: the buffer stays as it was, and so does the window."""
    e.sysctl('ipv4.tcp_moderate_rcvbuf', 0)
    s, f = e.active(rtt=0.05)
    was = s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    sent, edge, windows = 0, f.edge, []
    for _ in range(12):
        windows.append(edge - sent)
        while edge - sent >= f.mss:
            f.send('A', bytes(f.mss), seq=f.at(sent))
            sent += f.mss
        e.tun.run(0.05)
        while s.recv():
            pass
        edge = max([edge] + [edge_of(f, p) for p in f.collect(0.01)])
    ensure(s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == was, 'the buffer grew')
    ensure(max(windows) <= was, f'windows {windows} of {was} bytes')


def flood(e, rcvbuf, up):
    """Three times what the buffer holds, all out of order: seconds a segment, memory."""
    s, f = e.active(setup=lambda s: s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, rcvbuf))
    raws = list(tiny_packets(f, 6 * rcvbuf // 768))
    if up:
        raws.reverse()
    begin = time.monotonic()
    for raw in raws:
        e.tun.inject(raw)
    cost = (time.monotonic() - begin) / len(raws)
    used, size = memory(s)
    f.collect(0.01)
    f.send('A', b'.')
    f.wait_for(lambda p: p.rack > 1, 0.5, 'no ACK for what is in order')
    ensure(used <= size + 1024, f'{used} of {size} bytes of memory')
    f.forget()
    return cost


@case('receive', timeout=60)
def flood_is_bounded(e):
    """A flood of what is out of order: memory bounded, cost as the kernel's TCP has it."""
    for up in (False, True):
        few, many = flood(e, 20000, up), flood(e, 200000, up)
        with_family(e, socket.AF_INET)
        theirs = flood(e, 200000, up)
        with_family(e)
        text = f'{many * 1e6:.1f} us a segment, AF_INET {theirs * 1e6:.1f}; ' \
            f'{few * 1e6:.1f} in a tenth of the buffer (up: {up})'
        print('# ' + text)
        debug = os.environ.get('NEWINET_KERNEL') == 'debug'
        ensure(debug or many <= 1.3 * max(theirs, few), text)


@case('receive')
def short_of_memory_wakes(e):
    """A reader that waits for more than the buffer can hold is woken when that is full."""
    def setup(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 65536)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    s, f = e.passive()
    setup(s)
    poll = select.epoll()
    # By edge: what counts is the wake-up, not another look.
    poll.register(s.fd, select.EPOLLIN | select.EPOLLET)
    ensure(not poll.poll(0), 'readable without data')
    for _ in range(12):
        f.send('PA', pattern(1000))
        e.net().run(0.01)
        if poll.poll(0):
            break
    else:
        ensure(False, 'never woken')
    ensure(len(s.recv_exact(1000)) == 1000, 'nothing to read')
