# SPDX-License-Identifier: GPL-2.0
# test: wire_icmp
# clock: virtual
# timeout: 240
# needs: python3
"""Wire cases for ICMP errors that quote a segment: every type and code, for a connection,
a connect, a half-open request, TIME-WAIT and a listener; with the right number and with
numbers that were never in flight (RFC 5927), to which nothing may happen: not to the
socket, and not to the route that every other socket of the host uses.
"""
import errno
import os
import select
import socket
import struct

from env import REMOTE, case
from packet import Pkt, ensure, icmp_error, near, opt_mss
from peer import syn_opts
from rtnl import add_route, gateway_of

IP_RECVERR, IP_MTU, MSG_ERRQUEUE = 11, 14, 0x2000
UNREACH = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENOPROTOOPT, errno.ECONNREFUSED, None,
           errno.EOPNOTSUPP, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENONET,
           errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTUNREACH,
           errno.EHOSTUNREACH, errno.EHOSTUNREACH, errno.EHOSTUNREACH)
# (type, code, what a program is told: an errno, or None)
MESSAGES = [(3, code, err) for code, err in enumerate(UNREACH) if code != 4] + [
    (3, 16, None), (3, 200, None), (4, 0, None), (4, 7, None),
    (5, 0, None), (5, 1, None), (5, 2, None), (5, 3, None), (5, 9, None),
    (11, 0, errno.EHOSTUNREACH), (11, 1, None), (11, 5, errno.EHOSTUNREACH),
    (12, 0, errno.EPROTO), (12, 1, errno.EPROTO), (12, 2, errno.EPROTO),
    (0, 0, None), (8, 0, None), (13, 0, None), (42, 0, None), (255, 255, None)]
# About a SYN-ACK, only these say that it will never arrive.
ENDS_REQUEST = {(3, 0), (3, 1), (11, 0), (11, 5), (12, 0), (12, 1), (12, 2)}


def tell(e, p, kind, code, move=0, mtu=0, src=REMOTE):
    """Inject an ICMP error about packet p, its sequence number moved by so much."""
    seq = (p.seq + move) & 0xffffffff
    quoted = p.raw[:24] + struct.pack('!I', seq)
    e.tun.inject(icmp_error(src, e.tun.addr, quoted, kind, code, mtu))


def route_mtu(addr):
    """The MTU of the route to addr, as any other socket sees it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((addr, 9))
        return s.getsockopt(socket.SOL_IP, IP_MTU)


def queued_error(s):
    """(errno, type, code) from the socket's error queue, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, os.dup(s.fd)) as dup:
        try:
            _, control, _, _ = dup.recvmsg(64, 256, MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
    num, origin, kind, code = struct.unpack_from('=IBBB', control[0][2])
    ensure(origin == 2, f'origin {origin}')
    return num, kind, code


@case('icmp')
def connection(e):
    """A connection: the error is shown where IP_RECVERR asks for it, and ends nothing."""
    for asked in (1, 0):
        s, f = e.active(setup=lambda s, val=asked: s.setsockopt(0, IP_RECVERR, val))
        s.send(b'quote me')
        p = f.expect('A', len=8)
        for kind, code, err in MESSAGES:
            for move in (-1, 9, 0x40000000, -0x40000000):
                tell(e, p, kind, code, move)
            ensure(s.error() == 0, f'error of {kind}/{code} with a wrong number')
            for move in (0, 8):
                tell(e, p, kind, code, move)
                event = bool(s.poll(select.POLLIN) & select.POLLERR)
                ensure(event == bool(err and asked), f'event {event} for {kind}/{code}')
                got = s.error()
                ensure(got == (err or 0), f'error {got} of {kind}/{code}, not {err}')
        ensure(queued_error(s) is None, 'a queued error')
        f.queue.clear()
        f.ack_to(8)
        f.send('A', b'alive')
        ensure(s.recv_exact(5) == b'alive', 'the connection did not live on')
        ensure(route_mtu(REMOTE) == 1500, 'MTU of the route')


@case('icmp', timeout=60)
def connecting(e):
    """A connect: an error ends it and lies in the queue; other messages change nothing."""
    for kind, code, err in MESSAGES:
        s, f, syn = e.connect()
        for move in (-1, 2, 0x40000000):
            tell(e, syn, kind, code, move)
        ensure(not s.poll(select.POLLOUT), f'{kind}/{code} with a wrong number ended a connect')
        tell(e, syn, kind, code)
        if err:
            ensure(s.poll(select.POLLIN) & select.POLLERR, f'{kind}/{code} did not end it')
            got = s.error()
            ensure(got == err, f'error {got} of {kind}/{code}, not {err}')
            ensure(queued_error(s) == (err, kind, code), f'queue after {kind}/{code}')
        else:
            f.send('SA', opts=opt_mss(1460))
            f.expect('A', rack=1)
            ensure(s.poll(select.POLLOUT, 1), f'{kind}/{code} did something to a connect')
        s.abort()


@case('icmp', timeout=60)
def half_open(e):
    """A half-open request: what says that no SYN-ACK will arrive ends it, nothing else."""
    lst = e.listener()
    for kind, code, _ in MESSAGES + [(3, 4, None)]:
        f, p = e.half_open(lst)
        for move in (-1, 1, 0x40000000):
            tell(e, p, kind, code, move, mtu=600)
        f.send('A')
        s = lst.wait_accept()
        ensure(s, f'{kind}/{code} with a wrong number ended a handshake')
        s.abort()
        f, p = e.half_open(lst)
        tell(e, p, kind, code, mtu=600)
        f.send('A')
        if (kind, code) in ENDS_REQUEST:
            f.expect('R', seq=f.rcv_nxt)
            ensure(lst.accept() is None, f'{kind}/{code} did not end the handshake')
        else:
            s = lst.wait_accept()
            ensure(s, f'{kind}/{code} ended the handshake')
            s.abort()
    ensure(route_mtu(REMOTE) == 1500, 'a quoted SYN-ACK changed the MTU of the route')


@case('icmp')
def time_wait(e):
    """TIME-WAIT: nothing, neither to it nor to the route."""
    s, f = e.active()
    s.close()
    fin = f.expect('FA')
    f.ack_to(1)
    f.send('FA')
    f.expect('A', rack=2)
    for kind, code, _ in MESSAGES + [(3, 4, None)]:
        for move in (0, 1):
            tell(e, fin, kind, code, move, mtu=600)
    ensure(route_mtu(REMOTE) == 1500, 'MTU of the route')
    e.tun.run(0.6)
    f.queue.clear()
    f.send('FA', seq=f.at(0))
    f.expect('A', rack=2)


@case('icmp')
def listener(e):
    """A listener's port, but no connection of ours: nothing."""
    lst = e.listener()
    f, p = e.half_open(lst)
    f.send('A')
    s = lst.wait_accept()
    raw = bytearray(p.raw)
    raw[22:24] = b'\x30\x39'
    p.raw = bytes(raw)
    for kind, code, _ in MESSAGES + [(3, 4, None)]:
        tell(e, p, kind, code, mtu=600)
    ensure(lst.error() == 0 and s.error() == 0, 'an error')
    ensure(route_mtu(REMOTE) == 1500, 'MTU of the route')
    f, _ = e.half_open(lst)
    f.send('A')
    ensure(lst.wait_accept(), 'the listener did not go on')


@case('icmp')
def frag_needed(e):
    """Fragmentation needed: believed with a number in flight alone, down to a floor."""
    Pkt.free = ('df',)
    for i, (mtu, want) in enumerate(((0, 552), (1, 552), (67, 552), (68, 552), (551, 552),
                                     (552, 552), (600, 600), (1499, 1499), (1500, 1500),
                                     (1501, 1500), (65535, 1500))):
        addr = f'10.88.7.{i + 1}'
        s, f = e.active(raddr=addr)
        s.send(b'm' * 1448)
        p = f.expect('A', len=1448)
        for move in (-1, 1449, 0x40000000, -0x40000000):
            tell(e, p, 3, 4, move, mtu)
        ensure(route_mtu(addr) == 1500, f'a forged message with MTU {mtu} changed the route')
        f.expect_none(0.02, 'an answer to a forged message')
        ensure(s.getsockopt(0, IP_MTU) == 1500, f'MTU of the socket, forged {mtu}')
        tell(e, p, 3, 4, 0, mtu)
        ensure(route_mtu(addr) == want, f'MTU {route_mtu(addr)} of the route, not {want}')
        got = s.getsockopt(0, IP_MTU)
        ensure(got == want, f'MTU {got} of the socket after {mtu}, not {want}')
        if want < 1500:
            p = f.expect('A', timeout=0.1, off=0)
            ensure(p.len == want - 52, f'{p.len} bytes at an MTU of {want}')
        f.queue.clear()
        f.ack_to(1448)
        e.tun.run(0.01)
        f.queue.clear()
        s.send(b'n' * 1448)
        most = max(p.len for p in f.collect(0.05))
        ensure(most == want - 52, f'then {most} bytes at an MTU of {want}')


@case('icmp')
def frag_needed_refused(e):
    """IP_MTU_DISCOVER: what is out is not sent again; later data go by the route."""
    Pkt.free = ('df',)
    for val in (0, 4):
        addr = f'10.88.8.{val + 1}'
        s, f = e.active(raddr=addr, setup=lambda s, val=val: s.setsockopt(0, 10, val))
        s.send(b'm' * 1448)
        p = f.expect('A', len=1448)
        tell(e, p, 3, 4, 0, 1000)
        f.expect_none(0.02, f'sent again with IP_MTU_DISCOVER {val}')
        f.ack_to(1448)
        s.send(b'n' * 2000)
        got = f.expect('A').len
        ensure(got == 948, f'then {got} bytes with IP_MTU_DISCOVER {val}')


@case('icmp')
def redirect(e):
    """A redirect moves the route of its connection, with a number in flight alone."""
    e.net()
    add_route('10.99.0.0', 16, 'tun0', via='10.88.0.7')
    s, f = e.active(raddr='10.99.0.1')
    s.send(b'quote me')
    p = f.expect('A', len=8)
    raw = struct.unpack('!HH', socket.inet_aton('10.88.0.9'))
    ensure(gateway_of('10.99.0.1') == '10.88.0.7', 'gateway before')

    def send(move):
        seq = (p.seq + move) & 0xffffffff
        msg = icmp_error('10.88.0.7', e.tun.addr, p.raw[:24] + struct.pack('!I', seq), 5, 1,
                         raw[1], raw[0])
        e.tun.inject(msg)

    for move in (-1, 9, 0x40000000):
        send(move)
    ensure(gateway_of('10.99.0.1') == '10.88.0.7', 'a forged redirect was followed')
    send(0)
    got = gateway_of('10.99.0.1')
    ensure(got == '10.88.0.9', f'gateway {got} after a redirect')
    f.ack_to(8)
    s.send(b'more')
    f.expect('A', len=4)


@case('icmp')
def backoff_reverted(e):
    """Host unreachable about a retransmission takes a step of the back-off away (RFC 6069)."""
    for code, forged, want in ((1, 0, 0.4), (1, 1, 0.8), (3, 0, 0.8)):
        s, f = e.active(rtt=0.05)
        s.send(b'quote me')
        first = f.expect('A', len=8)
        second = f.expect('A', off=0, len=8)
        third = f.expect('A', timeout=2, off=0, len=8)
        base = second.time - first.time
        near(third.time - second.time, 2 * base, 'second timeout')
        e.tun.run(0.05)
        tell(e, third, 3, code, forged)
        fourth = f.expect('A', timeout=3, off=0, len=8)
        near(fourth.time - third.time, base * want / 0.2,
             f'third timeout after code {code}, number moved by {forged}')
        s.abort()


@case('icmp')
def min_ttl(e):
    """IP_MINTTL looks at the time to live that the message quotes."""
    s, f = e.active(setup=lambda s: s.setsockopt(0, IP_RECVERR, 1))
    s.send(b'quote me')
    p = f.expect('A', len=8)
    s.setsockopt(0, 21, 100)
    tell(e, p, 3, 1)
    ensure(s.error() == 0, 'an error that quotes a time to live of 64')
    s.setsockopt(0, 21, 64)
    tell(e, p, 3, 1)
    ensure(s.error() == errno.EHOSTUNREACH, 'no error')


@case('icmp')
def simultaneous(e):
    """SYN-RECEIVED of a simultaneous open: an error ends it, as in SYN-SENT."""
    for kind, code, err in ((3, 3, errno.ECONNREFUSED), (12, 0, errno.EPROTO)):
        s, f, _ = e.connect()
        f.send('S', opts=syn_opts(ts=None))
        p = f.expect('SA')
        tell(e, p, kind, code)
        ensure(s.poll(select.POLLIN, 0.5) & select.POLLERR, f'{kind}/{code} did not end it')
        ensure(s.error() == err, 'another error')
