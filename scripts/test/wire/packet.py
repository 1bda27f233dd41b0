# SPDX-License-Identifier: GPL-2.0
"""IPv4 and TCP packets of the wire tests: building, parsing, and the rules every packet obeys.

parse() holds each packet that the stack under test sends to what is true of all of
them (checksums, lengths, reserved fields, padding), so every case tests that too.
"""
import random
import socket
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))
LETTERS = 'FSRPAUEC'
NOP = b'\x01'
SACK_OK = b'\x04\x02'
_BLOCK = random.Random(6).randbytes(65521)


class Fail(Exception):
    """What was seen is not what the test asks for."""


class Skip(Exception):
    """This kernel or machine lacks what the case needs."""


def ensure(cond, message):
    if not cond:
        raise Fail(message)


def near(got, want, what, part=0.1, slack=0.008):
    """Hold a time to within a tenth, and two ticks of a slow clock."""
    ensure(abs(got - want) <= want * part + slack, f'{what}: {got:.4f} s, not {want:.4f} s')


def pattern(size, off=0):
    """size bytes of the test stream from offset off; its period is prime."""
    start = off % len(_BLOCK)
    reps = (start + size) // len(_BLOCK) + 1
    return (_BLOCK * reps)[start:start + size]


def seq_diff(a, b):
    """a - b in sequence space, signed."""
    return ((a - b + 0x80000000) & 0xffffffff) - 0x80000000


def flag_bits(letters):
    return sum(1 << LETTERS.index(c) for c in letters)


def flag_text(bits):
    return ''.join(c for i, c in enumerate(LETTERS) if bits >> i & 1)


def fold(data):
    """Ones' complement sum of data, modulo 0xffff: 0 stands for a good checksum."""
    if len(data) & 1:
        data += b'\0'
    return int.from_bytes(data, 'big') % 0xffff


def checksum(data):
    """The field that makes fold() of the whole 0."""
    return (0xffff - fold(data)) % 0xffff


def pseudo(src, dst, length):
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack('!HH', 6, length)


def opt_mss(value):
    return struct.pack('!BBH', 2, 4, value)


def opt_ws(shift):
    return struct.pack('!BBB', 3, 3, shift)


def opt_ts(val, ecr):
    return struct.pack('!BBII', 8, 10, val & 0xffffffff, ecr & 0xffffffff)


def opt_sack(blocks):
    out = struct.pack('!BB', 5, 2 + 8 * len(blocks))
    for left, right in blocks:
        out += struct.pack('!II', left & 0xffffffff, right & 0xffffffff)
    return out


def pad(opts):
    """Options filled up to four bytes with NOPs in front."""
    return NOP * (-len(opts) % 4) + opts


def ip_packet(src, dst, body, proto=6, ttl=64, ident=None, frag=0x4000, options=b''):
    ident = random.getrandbits(16) if ident is None else ident
    ihl = 5 + len(options) // 4
    head = struct.pack('!BBHHHBBH4s4s', 0x40 | ihl, 0, ihl * 4 + len(body), ident, frag,
                       ttl, proto, 0, socket.inet_aton(src), socket.inet_aton(dst)) + options
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + body


def tcp_segment(src, dst, sport, dport, seq, ack, bits, win, opts=b'', data=b'', doff=None,
                bad_sum=False, urg=0):
    """A TCP segment with a right checksum (or a wrong one)."""
    doff = 5 + len(opts) // 4 if doff is None else doff
    seg = struct.pack('!HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                      doff << 4, bits, win, 0, urg) + opts + data
    csum = checksum(pseudo(src, dst, len(seg)) + seg)
    if bad_sum:
        csum ^= 0x5555
    return seg[:16] + struct.pack('!H', csum) + seg[18:]


def icmp_error(src, dst, quoted, kind=3, code=3, mtu=0, high=0):
    """ICMP error from src about the packet quoted; high: the half-word before the MTU."""
    body = struct.pack('!BBHHH', kind, code, 0, high, mtu) + quoted
    body = body[:2] + struct.pack('!H', checksum(body)) + body[4:]
    return ip_packet(src, dst, body, proto=1)


def parse_options(raw):
    """Options of a segment as a dict; malformed ones are a failure."""
    out = {'order': []}
    i = 0
    while i < len(raw):
        kind = raw[i]
        if kind == 1:
            i += 1
            continue
        if kind == 0:
            ensure(not any(raw[i:]), f'padding after end of options is not zero: {raw.hex()}')
            break
        ensure(i + 1 < len(raw), f'option without length: {raw.hex()}')
        size = raw[i + 1]
        ensure(2 <= size <= len(raw) - i, f'option length {size}: {raw.hex()}')
        body = raw[i + 2:i + size]
        _parse_option(out, kind, body, raw)
        i += size
    return out


def _parse_option(out, kind, body, raw):
    forms = {2: ('mss', '!H'), 3: ('ws', '!B'), 4: ('sackok', ''), 8: ('ts', '!II')}
    if kind == 5:
        ensure(body and len(body) % 8 == 0, f'SACK of {len(body)} bytes')
        edges = struct.unpack(f'!{len(body) // 4}I', body)
        out['sack'] = list(zip(edges[::2], edges[1::2]))
        out['order'].append('sack')
        return
    ensure(kind in forms, f'unexpected option kind {kind}: {raw.hex()}')
    name, form = forms[kind]
    ensure(name not in out, f'option {name} twice: {raw.hex()}')
    ensure(len(body) == struct.calcsize(form), f'option {name} of {len(body)} bytes')
    val = struct.unpack(form, body)
    out[name] = True if not val else val if len(val) > 1 else val[0]
    out['order'].append(name)


class Pkt:
    """One TCP packet that the stack under test sent."""

    free = ()       # of ttl, tos, df: what a case makes other than usual

    def __init__(self, raw, when, vnet=None):
        self.raw, self.time, self.vnet = raw, when, vnet
        ihl = (raw[0] & 15) * 4
        (_, self.tos, total, self.ident, frag, self.ttl, _, _, src, dst) = \
            struct.unpack('!BBHHHBBH4s4s', raw[:20])
        self.src, self.dst = socket.inet_ntoa(src), socket.inet_ntoa(dst)
        self.df = bool(frag & 0x4000)
        ensure(total == len(raw), f'IP length {total}, packet of {len(raw)} bytes')
        ensure(ihl == 20 and fold(raw[:20]) == 0, f'IP header: {raw[:ihl].hex()}')
        ensure(not frag & 0xbfff, f'fragment sent: {frag:#x}')
        seg = raw[ihl:]
        ensure(len(seg) >= 20, f'TCP header of {len(seg)} bytes')
        (self.sport, self.dport, self.seq, self.ack, off, self.bits, self.win,
         self.csum, self.urg) = struct.unpack('!HHIIBBHHH', seg[:20])
        hlen = (off >> 4) * 4
        ensure(20 <= hlen <= len(seg), f'data offset {hlen} of {len(seg)}')
        self.optlen = hlen - 20
        self.rawopts = seg[20:hlen]
        self.data = seg[hlen:]
        self._check(seg, off)
        self.opts = parse_options(self.rawopts)
        self.flags = flag_text(self.bits)
        self.len = len(self.data)
        self.seqlen = self.len + bool(self.bits & SYN) + bool(self.bits & FIN)
        self.end = (self.seq + self.seqlen) & 0xffffffff
        self.off = self.endoff = self.rack = 0

    def _check(self, seg, off):
        ensure(not off & 15, f'reserved bits {off & 15:#x} set')
        ensure(self.ttl == 64 or 'ttl' in self.free, f'ttl {self.ttl}')
        ensure(self.df or 'df' in self.free, 'DF is clear')
        ensure(self.tos == 0 or 'tos' in self.free, f'tos {self.tos:#x}')
        ensure(self.bits & ACK or self.ack == 0, f'ack field {self.ack:#x} without the ACK flag')
        ensure(self.bits & URG or self.urg == 0, f'urgent pointer {self.urg:#x} without URG')
        if self.vnet and self.vnet.partial:
            want = fold(pseudo(self.src, self.dst, len(seg)))
            ensure(self.csum % 0xffff == want,
                   f'partial checksum {self.csum:#x}, pseudo-header sum {want:#x}')
        else:
            ensure(fold(pseudo(self.src, self.dst, len(seg)) + seg) == 0,
                   f'bad TCP checksum: {self.raw.hex()[:160]}')

    def text(self):
        o = ' '.join(f'{k}={v}' for k, v in self.opts.items() if k != 'order')
        return (f'{self.flags} off={self.off} len={self.len} ack={self.rack} win={self.win}'
                f'{" <" + o + ">" if o else ""}')
