# SPDX-License-Identifier: GPL-2.0
"""The peer of a wire test: a tun device and, behind it, scripted TCP flows.

Tun moves packets and hands them to their flow; Flow injects and expects the segments
of one connection and keeps its numbers; Receiver is a well-behaved receiving end for
longer transfers. Times are time.monotonic().
"""
import bisect
import collections
import ctypes
import fcntl
import os
import random
import select
import socket
import struct
import time

from packet import (ACK, FIN, PSH, RST, SACK_OK, SYN, Fail, Pkt, ensure, flag_bits, ip_packet,
                    opt_mss, opt_sack, opt_ts, opt_ws, pad, pseudo, fold, seq_diff, tcp_segment)

TUNSETIFF, TUNSETOFFLOAD = 0x400454ca, 0x400454d0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR, IFF_NAPI = 0x1, 0x1000, 0x4000, 0x10
SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFMTU = 0x8916, 0x891c, 0x8922
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFTXQLEN = 0x8913, 0x8914, 0x8943
TUN_F_CSUM, TUN_F_TSO4 = 1, 2
LOCAL = '10.88.0.1'
VNET_LEN = 10


def _ioctl(req, name, payload):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        arg = struct.pack('16s', name.encode()) + payload
        return fcntl.ioctl(s, req, arg.ljust(40, b'\0'))


def _sockaddr(addr):
    return struct.pack('=HH4s8x', socket.AF_INET, 0, socket.inet_aton(addr))


def set_mtu(name, mtu):
    _ioctl(SIOCSIFMTU, name, struct.pack('=i', mtu))


def link_up(name):
    flags = struct.unpack('=16sh', _ioctl(SIOCGIFFLAGS, name, b'')[:18])[1]
    _ioctl(SIOCSIFFLAGS, name, struct.pack('=h', flags | 1))


class Vnet:
    """The virtio_net_hdr in front of a packet on a tun with offloads."""

    def __init__(self, raw):
        (flags, self.gso_type, self.hdr_len, self.gso_size, self.csum_start,
         self.csum_offset) = struct.unpack('=BBHHHH', raw)
        self.partial = bool(flags & 1)


class Tun:
    """A tun device with an address; what it sends is parsed and handed to flows."""

    def __init__(self, name='tun0', addr=LOCAL, mask='255.255.0.0', mtu=1500, vnet=False,
                 napi=False):
        self.name, self.addr, self.vnet = name, addr, vnet
        self.fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
        mode = IFF_TUN | IFF_NO_PI | (IFF_VNET_HDR if vnet else 0) | (IFF_NAPI if napi else 0)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack('16sH22x', name.encode(), mode))
        if vnet:
            fcntl.ioctl(self.fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4)
        _ioctl(SIOCSIFADDR, name, _sockaddr(addr))
        _ioctl(SIOCSIFNETMASK, name, _sockaddr(mask))
        _ioctl(SIOCSIFTXQLEN, name, struct.pack('=i', 4000))
        set_mtu(name, mtu)
        link_up(name)
        self.flows = {}
        self.every_flow = []        # also the forgotten ones
        self.strays = collections.deque()
        self.trace = collections.deque(maxlen=80)
        self.poller = select.poll()
        self.poller.register(self.fd, select.POLLIN)

    def note(self, when, text):
        self.trace.append(f'{when:.6f} {self.name} {text}')

    def inject(self, raw, gso_size=0):
        """Hand a packet to the stack under test; gso_size makes it a super-packet."""
        if self.vnet:
            head = bytes(VNET_LEN)
            if gso_size:
                hlen = 20 + (raw[32] >> 4) * 4
                head = struct.pack('=BBHHHH', 1, 1, hlen, gso_size, 20, 16)
                part = fold(pseudo(socket.inet_ntoa(raw[12:16]), socket.inet_ntoa(raw[16:20]),
                                   len(raw) - 20))
                raw = raw[:36] + struct.pack('!H', part) + raw[38:]
            raw = head + raw
        os.write(self.fd, raw)

    def pump(self, timeout):
        """Take all packets that are there, waiting for the first one; how many TCP."""
        count = 0
        if not self.poller.poll(max(0, timeout) * 1000):
            return 0
        while True:
            try:
                raw = os.read(self.fd, 70000)
            except BlockingIOError:
                return count
            when = time.monotonic()
            vnet = None
            if self.vnet:
                vnet, raw = Vnet(raw[:VNET_LEN]), raw[VNET_LEN:]
            if raw[0] >> 4 != 4 or raw[9] != socket.IPPROTO_TCP:
                self.note(when, f'> other {raw[:40].hex()}')
                continue
            self._dispatch(Pkt(raw, when, vnet))
            count += 1

    def _dispatch(self, p):
        flow = self.flows.get((p.dst, p.dport, p.sport)) or \
            self.flows.get((p.dst, p.dport, None))
        if flow:
            flow.take(p)
        else:
            self.strays.append(p)
        self.note(p.time, f'> {p.sport}>{p.dst}:{p.dport} {p.text()}')

    def run(self, seconds):
        """Let time pass, taking packets."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.pump(left)

    def stray(self, timeout=1.0):
        """Next packet that belongs to no flow, or None."""
        end = time.monotonic() + timeout
        while not self.strays:
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.pump(left)
        return self.strays.popleft()


class Flow:
    """One connection as the peer sees it; offsets count payload bytes from 0."""

    def __init__(self, tun, rport, raddr, lport=None, laddr=None, iss=None):
        self.tun, self.rport, self.raddr, self.lport = tun, rport, raddr, lport
        self.laddr = laddr or tun.addr
        self.iss = random.getrandbits(32) if iss is None else iss
        self.irs = None
        self.snd_nxt = self.iss         # next number the script sends
        self.rcv_nxt = 0                # next in-order number expected from the stack
        self.ts = self.ts_recent = 0
        self.ts_base = random.getrandbits(31)
        self.ws = 0                     # shift of the windows the script sends
        self.peer_ws = 0                # shift of the windows the stack sends
        self.win = 65535
        self.mss = 536                  # most payload for the script's segments
        self.last_ack = None            # of the stack: the number its RST check wants
        self.queue = collections.deque()
        tun.flows[(raddr, rport, lport)] = self
        tun.every_flow.append(self)

    def forget(self):
        """Packets of this connection are nobody's from now on."""
        self.tun.flows = {k: f for k, f in self.tun.flows.items() if f is not self}

    # -- what the stack sends -------------------------------------------------

    def take(self, p):
        if p.bits & SYN:
            if self.irs is None:
                self.irs, self.rcv_nxt = p.seq, p.end
            if self.lport is None:
                self.lport = p.sport
                del self.tun.flows[(self.raddr, self.rport, None)]
                self.tun.flows[(self.raddr, self.rport, p.sport)] = self
        if self.irs is not None:
            p.off = seq_diff(p.seq, self.irs) - 1
            p.endoff = p.off + p.len
        p.rack = seq_diff(p.ack, self.iss) if p.bits & ACK else 0
        if p.bits & ACK:
            self.last_ack = p.ack
        if seq_diff(p.seq, self.rcv_nxt) <= 0 < seq_diff(p.end, self.rcv_nxt):
            self.rcv_nxt = p.end
        if 'ts' in p.opts and not p.bits & RST:
            self.ts_recent = p.opts['ts'][0]
        self.queue.append(p)

    def next(self, timeout=1.0):
        """Next packet, or None when time is out."""
        end = time.monotonic() + timeout
        while not self.queue:
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.tun.pump(left)
        return self.queue.popleft()

    def expect(self, flags, timeout=1.0, **want):
        """The next packet, which must carry these flags (P is free) and fields."""
        p = self.next(timeout)
        ensure(p, f'no packet within {timeout:.3f} s, wanted {flags} {want}')
        match_flags(p, flags)
        for key, val in want.items():
            ensure(getattr(p, key) == val, f'{key} is {getattr(p, key)}, not {val}: {p.text()}')
        return p

    def expect_none(self, seconds, why='a packet where none is due'):
        p = self.next(seconds)
        ensure(p is None, f'{why}: {p.text() if p else ""}')

    def collect(self, seconds):
        """Every packet that comes within this time."""
        self.tun.run(seconds)
        out = list(self.queue)
        self.queue.clear()
        return out

    def wait_for(self, match, timeout, why):
        """Skip packets until match(p) holds."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            p = self.next(left)
            if p and match(p):
                return p
        raise Fail(f'{why}: not within {timeout:.3f} s')

    # -- what the script sends ------------------------------------------------

    def tsval(self):
        return (self.ts_base + int(time.monotonic() * 1000)) & 0xffffffff

    def build(self, flags='A', data=b'', seq=None, ack=None, win=None, opts=None, sack=(),
              iph=None, **kw):
        """A packet of this flow; what is not given follows the state of the flow."""
        bits = flag_bits(flags)
        if opts is None:
            opts = opt_ts(self.tsval(), self.ts_recent) if self.ts else b''
            if sack:
                opts += opt_sack(sack)
        seq = self.snd_nxt if seq is None else seq
        if ack is None:
            ack = self.rcv_nxt if bits & ACK else 0
        win = self.win if win is None else win
        seg = tcp_segment(self.raddr, self.laddr, self.rport, self.lport or 0, seq, ack, bits,
                          win, pad(opts), data, **kw)
        return ip_packet(self.raddr, self.laddr, seg, **(iph or {}))

    def send(self, flags='A', data=b'', seq=None, gso_size=0, **kw):
        """Inject a segment; one at snd_nxt advances it."""
        raw = self.build(flags, data, seq, **kw)
        self.tun.note(time.monotonic(), f'< {flags} off={self.offset(seq)} len={len(data)} '
                      f'{kw if len(repr(kw)) < 200 else ""}')
        if seq is None:
            bits = flag_bits(flags)
            self.snd_nxt += len(data) + bool(bits & SYN) + bool(bits & FIN)
            self.snd_nxt &= 0xffffffff
        self.tun.inject(raw, gso_size)

    def offset(self, seq=None):
        return seq_diff(self.snd_nxt if seq is None else seq, self.iss) - 1

    def at(self, off):
        """Sequence number of offset off in the stream of the script."""
        return (self.iss + 1 + off) & 0xffffffff

    def theirs(self, off):
        """Sequence number of offset off in the stream of the stack."""
        return (self.irs + 1 + off) & 0xffffffff

    def ack_to(self, off, **kw):
        """Acknowledge the stack's stream up to offset off."""
        self.send('A', ack=self.theirs(off), **kw)

    def rst(self, **kw):
        self.send('R', **kw)


def match_flags(p, flags):
    got = p.bits if 'P' in flags else p.bits & ~PSH
    ensure(got == flag_bits(flags), f'flags are {p.flags}, not {flags}: {p.text()}')


def syn_opts(mss=1460, sack=True, ts=None, ws=7):
    """Options of a SYN; ts is (value, echo) or None, anything None or False is left out."""
    out = opt_mss(mss) if mss is not None else b''
    if sack:
        out += SACK_OK
    if ts:
        out += opt_ts(*ts)
    if ws is not None:
        out += opt_ws(ws)
    return out


class Receiver:
    """Peer-side receiving end: reassembles, acknowledges each segment, checks retransmits."""

    def __init__(self, flow, sack=True, drop=lambda p, nth: False):
        self.flow, self.sack, self.drop = flow, sack, drop
        self.nxt = 0                # in-order bytes held
        self.stream = bytearray()
        self.parts = {}             # offset -> bytes, not yet in order
        self.ranges = []            # sorted disjoint (left, right) above nxt
        self.reported = set()       # (left, right) ranges told by SACK, as they grew
        self.seen = collections.Counter()
        self.needless = []          # segments sent again although already held and told
        self.fin = None

    def feed(self, p):
        """Take one packet, answer it."""
        if p.bits & FIN:
            self.fin = p.endoff
        if not p.len and not p.bits & FIN:
            return
        self.seen[p.off] += 1
        if self.seen[p.off] > 1 and self._told(p.off, p.endoff):
            self.needless.append((p.off, p.endoff))
        if self.drop(p, self.seen[p.off]):
            return
        if p.len:
            self._store(p)
        done = self.fin is not None and self.nxt >= self.fin
        blocks = [(self.flow.theirs(a), self.flow.theirs(b)) for a, b in self._blocks(p)]
        self.reported.update(self.ranges if self.sack else ())
        self.flow.ack_to(self.nxt + done, sack=blocks)

    def _told(self, left, right):
        return any(a <= left and right <= b for a, b in self.reported)

    def _store(self, p):
        if p.endoff <= self.nxt:
            return
        self.parts[p.off] = max(self.parts.get(p.off, b''), p.data, key=len)
        while True:
            step = [o for o in self.parts if o <= self.nxt]
            if not step:
                break
            for o in step:
                part = self.parts.pop(o)
                if o + len(part) > self.nxt:
                    self.stream += part[self.nxt - o:]
                    self.nxt = o + len(part)
        self._merge()

    def _merge(self):
        self.ranges = []
        for o in sorted(self.parts):
            end = o + len(self.parts[o])
            if self.ranges and o <= self.ranges[-1][1]:
                self.ranges[-1] = (self.ranges[-1][0], max(end, self.ranges[-1][1]))
            else:
                self.ranges.append((o, end))

    def _blocks(self, p):
        if not self.sack:
            return []
        first = bisect.bisect_right(self.ranges, (p.off, 1 << 60)) - 1
        order = self.ranges[:]
        if 0 <= first < len(order):
            order.insert(0, order.pop(first))
        return order[:3 if self.flow.ts else 4]

    def pull(self, sock, data, timeout=10.0, delay=0.0):
        """Write data into sock and receive it all; the app side is checked to the byte."""
        sent = 0
        end = time.monotonic() + timeout
        while self.nxt < len(data):
            ensure(time.monotonic() < end,
                   f'{self.nxt} of {len(data)} bytes after {timeout} s')
            if sent < len(data):
                sent += sock.send(data[sent:sent + 262144])
            p = self.flow.next(0.02)
            if p and delay:
                self.flow.tun.run(delay)
            while p:
                self.feed(p)
                p = self.flow.queue.popleft() if self.flow.queue else None
        ensure(bytes(self.stream) == data, 'the stream received differs from the one written')


class Sysctl:
    """net.* settings of the current namespace."""

    @staticmethod
    def path(name):
        return '/proc/sys/net/' + name.replace('.', '/')

    @classmethod
    def get(cls, name):
        """Its text, or None when this kernel has no such setting."""
        try:
            with open(cls.path(name), encoding='ascii') as f:
                return f.read().strip()
        except FileNotFoundError:
            return None

    @classmethod
    def set(cls, name, value):
        """True unless this kernel has no such setting."""
        try:
            with open(cls.path(name), 'w', encoding='ascii') as f:
                f.write(str(value))
        except FileNotFoundError:
            return False
        return True


def mount_sysfs():
    """/sys of the current network namespace, in a mount namespace of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b'none', b'/', None, 0x44000, None) or \
            libc.mount(b'sysfs', b'/sys', b'sysfs', 0, None):
        raise Fail(f'mount: {os.strerror(ctypes.get_errno())}')
