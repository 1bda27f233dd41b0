# SPDX-License-Identifier: GPL-2.0
# test: wire_loss
# clock: virtual
# timeout: 240
# needs: python3
"""Wire cases for loss: retransmission timer, fast retransmit, SACK both ways, congestion
window, and reassembly. Tail-loss probes are off (tcp_early_retrans=0) throughout.
"""
import os
import random
import socket
import struct
import time

from env import case
from packet import ensure, fold, near, pattern, pseudo
from peer import Receiver
from tcpinfo import info

SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33


def flight(f, seconds=0.05):
    """Data segments that come within this time."""
    return [p for p in f.collect(seconds) if p.len]


class Writer:
    """A program that keeps the send buffer full."""

    def __init__(self, sock, size):
        self.sock, self.left = sock, pattern(size)

    def fill(self):
        while self.left and (n := self.sock.send(self.left)):
            self.left = self.left[n:]


def big_buffer(s):
    """A send buffer that is never what limits the flight."""
    s.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 2 << 20)


def expect_data(f, timeout, off):
    """The next data segment, which must start at this offset."""
    p = f.wait_for(lambda p: p.len, timeout, f'no data at {off}')
    ensure(p.off == off, f'segment at {p.off}, not {off}: {p.text()}')
    return p


@case('loss')
def initial_window(e):
    """Ten segments leave before the first ACK, on both kinds of connection."""
    for s, f in (e.active(rtt=0.1), e.passive(rtt=0.1), e.active(mss=600, rtt=0.1)):
        s.send(pattern(60000))
        got = flight(f)
        ensure(len(got) == 10, f'{len(got)} segments in the first flight')
        ensure(all(p.len == f.sent_mss for p in got), f'sizes {[p.len for p in got]}')
        f.forget()


@case('loss')
def slow_start(e):
    """The flight doubles each round trip: 10, 20, 40."""
    s, f = e.active(rtt=0.4, setup=big_buffer)
    w = Writer(s, 400000)
    w.fill()
    for want in (10, 20, 40):
        got = flight(f, 0.25)
        ensure(want * 0.9 <= len(got) <= want, f'{len(got)} segments where {want} are due')
        e.tun.run(0.14)
        for p in got:
            f.ack_to(p.endoff)
            w.fill()


@case('loss')
def slow_start_stretch(e):
    """One ACK for a whole flight opens the window as much as one for each segment."""
    s, f = e.active(rtt=0.1, setup=big_buffer)
    w = Writer(s, 400000)
    w.fill()
    got = flight(f, 0.06)
    f.ack_to(got[-1].endoff)
    w.fill()
    got = flight(f, 0.06)
    ensure(18 <= len(got) <= 20, f'{len(got)} segments after one ACK for ten')


@case('loss', timeout=30)
def rto_backoff(e):
    """A lone segment is sent again after 200 ms, then the time doubles; data stay the same."""
    e.sysctl('ipv4.tcp_frto', 0)
    s, f = e.active()
    s.send(b'again and again')
    last = expect_data(f, 1, 0)
    want = 0.2
    for _ in range(5):
        p = expect_data(f, want * 2, 0)
        ensure(p.data == b'again and again', f'data {p.data}')
        gap = p.time - last.time
        near(gap, want, 'retransmission', slack=0.02)
        ensure(gap >= 0.195, f'below the floor: {gap:.4f}')
        ensure(p.opts['ts'][0] != last.opts['ts'][0], 'timestamp of a retransmission')
        want, last = gap * 2, p
    f.ack_to(15)
    s.send(b'next')
    first = expect_data(f, 1, 15)
    p = expect_data(f, 1, 15)
    near(p.time - first.time, 0.2, 'back-off after an ACK', slack=0.02)


@case('loss', timeout=30)
def rto_of_thin_streams(e):
    """Where linear timeouts are asked for, by option or sysctl, six of them keep one pace."""
    for by_option in (True, False):
        e.sysctl('ipv4.tcp_thin_linear_timeouts', int(not by_option))
        s, f = e.active()
        if by_option:
            s.setsockopt(socket.SOL_TCP, 16, struct.pack('=i', 1))
        s.send(b'thin')
        last, gaps = expect_data(f, 1, 0), []
        for _ in range(9):
            p = expect_data(f, 2, 0)
            gaps.append(p.time - last.time)
            last = p
        for gap in gaps[:7]:
            near(gap, gaps[0], 'retransmission at one pace', slack=0.02)
        near(gaps[8], 4 * gaps[0], 'retransmission later', slack=0.04)
        f.forget()


@case('loss')
def rto_from_rtt(e):
    """The first RTO follows the round trip of the handshake: R + 4 * R/2."""
    for opener in (e.active, e.passive):
        s, f = opener(rtt=0.3)
        s.send(b'x')
        first = expect_data(f, 1, 0)
        p = expect_data(f, 2, 0)
        near(p.time - first.time, 0.9, f'RTO after a round trip of 300 ms ({opener.__name__})',
             slack=0.02)
        f.forget()


@case('loss')
def rtt_smooths(e):
    """Steady round trips of 100 ms bring the RTO to the round trip plus the floor."""
    s, f = e.active(rtt=0.1)
    off = 0
    for _ in range(25):
        s.send(b'r' * 100)
        expect_data(f, 1, off)
        off += 100
        e.tun.run(0.1)
        f.ack_to(off)
    s.send(b'x')
    first = expect_data(f, 1, off)
    p = expect_data(f, 2, off)
    near(p.time - first.time, 0.3, 'RTO after steady 100 ms', slack=0.02)


@case('loss', timeout=30)
def karn(e):
    """Without timestamps, an ACK of retransmitted data gives no sample: back-off stays."""
    e.sysctl('ipv4.tcp_frto', 0)
    s, f = e.active(ts=False)
    s.send(b'one')
    last = expect_data(f, 1, 0)
    gap = 0
    for _ in range(3):
        again = expect_data(f, 2, 0)        # at 0.2, 0.6 and 1.4 s
        gap, last = again.time - last.time, again
    near(gap, 0.8, 'third time-out', part=0.2)
    e.tun.run(0.8)
    f.ack_to(3)
    e.tun.run(0.02)
    s.send(b'two')
    first = expect_data(f, 1, 3)
    p = expect_data(f, 4, 3)
    # A slow machine's handshake was a sample of some milliseconds: doubled like the rest.
    near(p.time - first.time, 2 * gap, 'RTO kept after an ambiguous ACK', slack=0.03)
    f.ack_to(6)
    for i in range(2):                      # acknowledged at once: samples
        e.tun.run(0.02)
        s.send(b'new')
        expect_data(f, 1, 6 + 3 * i)
        f.ack_to(9 + 3 * i)
    s.send(b'end')
    first = expect_data(f, 1, 12)
    p = expect_data(f, 2, 12)
    near(p.time - first.time, 0.2, 'RTO after a fresh sample', slack=0.03)


@case('loss')
def rto_one_segment(e):
    """The timer sends one segment again, and its ACK two more: cwnd restarts from one."""
    e.sysctl('ipv4.tcp_frto', 0)
    s, f = e.active(rtt=0.05, ts=False, sack=False)
    s.send(pattern(14600))
    got = flight(f, 0.03)
    ensure(len(got) == 10, f'{len(got)} segments')
    again = flight(f, 0.4)
    ensure([p.off for p in again] == [0], f'after the time-out: {[p.off for p in again]}')
    f.ack_to(1460)
    again = flight(f, 0.05)
    ensure([p.off for p in again] == [1460, 2920], f'after its ACK: {[p.off for p in again]}')
    ensure(again[0].data == pattern(1460, 1460), 'data')
    f.ack_to(14600)
    f.expect_none(0.5, 'after all is acknowledged')


@case('loss')
def fast_retransmit(e):
    """Without SACK: the third duplicate ACK sends the first segment again, not the second."""
    s, f = e.active(rtt=0.1, sack=False, ts=False, ws=None)
    f.ack_to(0)                     # the first ACK counts as a window update
    s.send(pattern(14600))
    got = flight(f)
    ensure(len(got) == 10, f'{len(got)} segments')
    e.tun.run(0.05)
    for i in range(3):
        f.queue.clear()
        f.ack_to(0)
        p = f.next(0.03)
        if i < 2:
            ensure(p is None or p.off, f'retransmission after {i + 1} duplicates')
    ensure(p and p.off == 0 and p.data == pattern(1460), 'no fast retransmit')
    f.ack_to(14600)
    f.expect_none(0.5, 'after all is acknowledged')


@case('loss')
def not_duplicate_acks(e):
    """ACKs with data or with another window are no duplicates."""
    s, f = e.active(rtt=0.1, sack=False, ts=False)
    s.send(pattern(14600))
    flight(f)
    for i in range(5):
        f.ack_to(0, win=60000 + i)
        f.send('A', b'data', ack=f.theirs(0), win=60004)
    ensure(not flight(f, 0.1), 'fast retransmit without duplicates')


@case('loss')
def sack_retransmits_holes(e):
    """With SACK: exactly the holes are sent again, once, well before the time-out."""
    s, f = e.active(rtt=0.1)
    m = f.sent_mss
    s.send(pattern(10 * m))
    got = flight(f)
    ensure(len(got) == 10, f'{len(got)} segments')
    e.tun.run(0.05)
    lost = (0, 4)
    again = []
    blocks = []
    for i in range(10):
        if i in lost:
            continue
        if blocks and blocks[0][1] == i * m:
            blocks[0] = (blocks[0][0], (i + 1) * m)
        else:
            blocks.insert(0, (i * m, (i + 1) * m))
        f.ack_to(0, sack=[(f.theirs(a), f.theirs(b)) for a, b in blocks])
        again += flight(f, 0.002)
        ensure(i >= 3 or not again, f'retransmission when only {i} were reported')
    again += flight(f, 0.08)
    ensure(sorted(p.off // m for p in again) == [0, 4], f'sent again: {[p.text() for p in again]}')
    ensure(all(p.data == pattern(m, p.off) for p in again), 'data')
    f.ack_to(10 * m)
    f.expect_none(0.6, 'after all is acknowledged')


@case('loss')
def sack_retransmit_after_partial(e):
    """A partial ACK with SACK moves on to the next hole without waiting for the timer."""
    s, f = e.active(rtt=0.1)
    m = f.sent_mss
    s.send(pattern(10 * m))
    flight(f)
    e.tun.run(0.05)
    f.ack_to(0, sack=[(f.theirs(5 * m), f.theirs(10 * m))])
    holes, acked = set(), 0
    for _ in range(30):
        for p in flight(f, 0.01):
            ensure(p.endoff <= 5 * m, f'sent again although reported: {p.text()}')
            holes.add(p.off // m)
        while acked // m in holes:
            acked += m
        f.ack_to(acked if acked < 5 * m else 10 * m, sack=[(f.theirs(5 * m), f.theirs(10 * m))]
                 if acked < 5 * m else ())
        if acked >= 5 * m:
            break
    ensure(acked == 5 * m, f'holes filled up to {acked // m} of 5 within 300 ms')


@case('loss')
def cwnd_after_loss(e):
    """A loss makes the flight smaller, and it grows slowly afterwards."""
    s, f = e.active(rtt=0.3, ts=False, setup=big_buffer)
    m = f.sent_mss
    w = Writer(s, 900000)
    w.fill()
    acked, before = 0, 0
    for _ in range(3):                              # to a flight of about 40
        got = flight(f, 0.2)
        before = len(got)
        if before < 30:
            acked = got[-1].endoff
            e.tun.run(0.09)
            for p in got:
                f.ack_to(p.endoff)
                w.fill()
    ensure(before >= 30, f'flight of {before} before the loss')
    r = Receiver(f, drop=lambda p, nth: p.off == acked and nth == 1)
    r.nxt = acked

    def round_trip(got):
        for p in got:
            r.feed(p)
            w.fill()
        return flight(f, 0.29)
    e.tun.run(0.09)
    got = round_trip(got)                           # the loss is told, and repaired
    ensure(len(got) <= before * 0.8, f'{len(got)} segments sent in recovery, {before} before')
    got = round_trip(got)
    ensure(not r.ranges, 'hole not repaired')
    sizes = []
    for _ in range(4):
        got = round_trip(got)
        sizes.append(len(got))
    ensure(sizes[0] <= before * 0.9, f'flights {sizes} after a loss at {before}')
    ensure(min(sizes) >= before * 0.2, f'flights {sizes} after a single loss at {before}')
    ensure(sizes[3] <= sizes[0] * 1.3 + 2, f'flights {sizes}: no congestion avoidance')
    ensure(r.nxt % m == 0 and not r.needless, f'needless: {r.needless[:3]}')


@case('loss')
def sack_blocks_sent(e):
    """Out-of-order data are reported at once: right edges, latest first, three with timestamps."""
    for ts, most in ((True, 3), (False, 4)):
        s, f = e.active(ts=ts)
        told = []
        for i in (1, 3, 5, 7, 9, 4):
            f.send('A', pattern(1000, i * 1000), seq=f.at(i * 1000))
            p = f.expect('A', timeout=0.05, rack=1)
            if i == 4:
                told = [b for b in told if b[0] not in (3000, 5000)]
                told.insert(0, (3000, 6000))
                told = told[:3]         # Linux keeps four blocks: the oldest is forgotten
            else:
                told.insert(0, (i * 1000, i * 1000 + 1000))
            ensure(_rel(f, p)[:len(told)] == told[:most],
                   f'SACK {_rel(f, p)}, not {told[:most]}, after segment {i}')
            ensure(len(_rel(f, p)) <= most, 'too many SACK blocks')
        f.send('A', pattern(1000), seq=f.at(0))
        p = f.expect('A', timeout=0.05, rack=2001)
        ensure(set(_rel(f, p)) <= {(3000, 6000), (7000, 8000), (9000, 10000)} and
               len(_rel(f, p)) == 3, f'SACK {_rel(f, p)} after the first hole')
        for i in (2, 6, 8):
            f.send('A', pattern(1000, i * 1000), seq=f.at(i * 1000))
        p = f.wait_for(lambda p: p.rack == 10001, 0.3, 'no ACK for all')
        ensure('sack' not in p.opts, f'SACK when all is there: {p.text()}')
        ensure(s.recv_exact(10000) == pattern(10000), 'stream')
        f.forget()


def _rel(f, p):
    return [((a - f.iss - 1) & 0xffffffff, (b - f.iss - 1) & 0xffffffff)
            for a, b in p.opts.get('sack', [])]


@case('loss')
def no_sack_unless_agreed(e):
    """Without SACK agreed, out-of-order data give plain duplicate ACKs at once."""
    s, f = e.active(sack=False, ts=False)
    for i in range(1, 5):
        f.send('A', pattern(1000, i * 1000), seq=f.at(i * 1000))
        p = f.expect('A', timeout=0.05, rack=1, len=0)
        ensure('sack' not in p.opts, f'SACK without agreement: {p.text()}')
    f.send('A', pattern(1000), seq=f.at(0))
    f.wait_for(lambda p: p.rack == 5001, 0.1, 'no ACK at once for a filled hole')
    ensure(s.recv_exact(5000) == pattern(5000), 'stream')


def scramble(rng, total):
    """Segments of a stream of total bytes: any order, sizes, duplicates and overlaps."""
    cuts = sorted(rng.sample(range(1, total), 63))
    parts = list(zip([0] + cuts, cuts + [total]))
    extra = []
    for _ in range(24):
        a = rng.randrange(total - 1)
        extra.append((a, min(total, a + rng.randrange(1, 1400))))
    parts = [(x, min(x + 1400, b)) for a, b in parts for x in range(a, b, 1400)]
    parts += extra + rng.sample(parts, 16)
    rng.shuffle(parts)
    return parts


@case('loss', timeout=40)
def reassembly_random(e):
    """Any order, with duplicates and overlaps, gives the exact stream (12 orders)."""
    total = 40000
    for seed in range(12):
        rng = random.Random(seed)
        s, f = e.active(sack=seed % 3 != 0, ts=seed % 2 == 0)
        for a, b in scramble(rng, total):
            f.send('A', pattern(b - a, a), seq=f.at(a))
            if rng.random() < 0.1:
                e.tun.pump(0)
        got = s.recv_exact(total)
        ensure(got == pattern(total), f'stream of order {seed}: {len(got)} bytes')
        f.wait_for(lambda p: p.rack == total + 1, 1, 'no ACK for all')
        ensure(s.recv() is None, 'more than was sent')
        f.forget()


@case('loss')
def reassembly_reverse(e):
    """Last segment first, and odd segments before even ones."""
    total = 50
    for order in (range(total - 1, -1, -1),
                  list(range(1, total, 2)) + list(range(0, total, 2))):
        s, f = e.active()
        for i in order:
            f.send('A', pattern(1000, i * 1000), seq=f.at(i * 1000))
        ensure(s.recv_exact(total * 1000) == pattern(total * 1000), 'stream')
        f.wait_for(lambda p: p.rack == total * 1000 + 1, 1, 'no ACK for all')
        f.forget()


def tiny_packets(f, count):
    """One-byte segments at every other offset, last one first; the checksum is patched."""
    raw = bytearray(f.build('A', b'o', seq=f.at(0)))
    total = fold(bytes(raw[20:36]) + bytes(2) + bytes(raw[38:]) + b'\0' +
                 pseudo(f.raddr, f.laddr, len(raw) - 20)) - fold(bytes(raw[24:28]))
    for i in range(count - 1, -1, -1):
        seq = f.at(2 * i + 1)
        raw[24:28] = seq.to_bytes(4, 'big')
        csum = 0xffff - (total + (seq >> 16) + (seq & 0xffff)) % 0xffff
        raw[36:38] = (csum % 0xffff).to_bytes(2, 'big')
        yield bytes(raw)


@case('loss', timeout=60)
def reassembly_scales(e):
    """A segment costs about as much with 6,000 others out of order as with few."""
    s, f = e.active(setup=lambda s: s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20))
    debug = os.environ.get('NEWINET_KERNEL') == 'debug'
    n = 1000 if debug else 7000
    raws = list(tiny_packets(f, n))
    costs = []
    for first in range(0, n, n // 14):
        start = time.monotonic()
        for raw in raws[first:first + n // 14]:
            e.tun.inject(raw)
        costs.append(time.monotonic() - start)
        f.collect(0.02)
    f.send('A', b'.')
    p = f.wait_for(lambda p: p.rack > 1, 0.5, 'no ACK')
    ensure(p.rack == 3, f'the byte in front joins just the first: {p.text()}')
    few, many = sorted(costs[1:4])[1], sorted(costs[-3:])[1]
    # What the debug kernel's allocators do beside grows with what is allocated.
    ensure(many < few * 1.6 or debug,
           f'{many * 2000:.1f} us a segment with 6,000, {few * 2000:.1f} with few')
    ensure(s.recv_exact(2, 0.2) == b'.o', 'stream')


@case('loss')
def old_duplicates_acked(e):
    """Data received before are acknowledged again and not delivered twice."""
    s, f = e.active()
    f.send('A', b'twice')
    f.expect('A', rack=6)
    f.send('A', b'twice', seq=f.at(0))
    f.expect('A', rack=6, len=0)
    f.send('A', b'twice and more', seq=f.at(0))
    f.wait_for(lambda p: p.rack == 15, 0.3, 'no ACK for the new part')
    ensure(s.recv_exact(14) == b'twice and more' and s.recv() is None, 'stream')


@case('loss')
def out_of_order_wraps(e):
    """Reassembly across the wrap of the sequence numbers, both ways."""
    s, f = e.active(iss=0xffffffff - 5000)
    for i in (3, 9, 1, 7, 5, 0, 2, 8, 6, 4):
        f.send('A', pattern(1000, i * 1000), seq=f.at(i * 1000))
    ensure(s.recv_exact(10000) == pattern(10000), 'stream')
    f.wait_for(lambda p: p.rack == 10001, 1, 'no ACK for all')


@case('loss', timeout=60)
def lossy_transfer(e):
    """200 KB through random loss arrive exactly; what SACK reported is not sent again."""
    for seed, opts in ((1, {}), (2, {'ts': False})):
        rng = random.Random(seed)
        s, f = e.active(**opts)
        r = Receiver(f, drop=lambda p, nth, rng=rng: rng.random() < 0.05)
        r.pull(s, pattern(200000), timeout=40, delay=0.005)
        ensure(len(r.needless) <= 3, f'{len(r.needless)} segments sent again: {r.needless[:5]}')
        f.forget()


@case('loss', timeout=60)
def lossy_transfer_plain(e):
    """The same without SACK and timestamps."""
    rng = random.Random(3)
    s, f = e.active(sack=False, ts=False)
    r = Receiver(f, sack=False, drop=lambda p, nth: rng.random() < 0.03)
    r.pull(s, pattern(100000), timeout=50, delay=0.005)


@case('loss')
def retransmit_obeys_window(e):
    """A retransmission does not go beyond a window that has closed meanwhile."""
    e.sysctl('ipv4.tcp_frto', 0)
    s, f = e.active(rtt=0.05)
    f.ws = 7
    s.send(pattern(5 * f.sent_mss))
    flight(f, 0.03)
    f.ack_to(f.sent_mss, win=2 * f.sent_mss // 128)
    got = flight(f, 0.5)
    ensure(got, 'nothing was sent again')
    for p in got:
        ensure(p.endoff <= 3 * f.sent_mss, f'beyond the window: {p.text()}')


@case('loss')
def dupacks_beyond_flight(e):
    """Without SACK: more duplicate ACKs than segments are in flight count for no more."""
    for extra in (0, 1, 30):
        s, f = e.active(rtt=0.1, sack=False, ts=False)
        m = f.sent_mss
        s.send(pattern(10 * m))
        ensure(len(flight(f)) == 10, 'first flight')
        e.tun.run(0.05)
        f.ack_to(0)
        for _ in range(10 + extra):
            f.ack_to(0)
        got = flight(f, 0.02)
        ensure(got and got[0].off == 0, 'no fast retransmit')
        for hole in (1, 2, 3):
            f.ack_to(hole * m)          # a partial ACK: the next one is missing, too
            got = flight(f, 0.02)
            ensure(hole * m in [p.off for p in got],
                   f'{extra} dupacks too many, hole {hole} is left to the timer: {got}')
        f.ack_to(10 * m)
        f.expect_none(0.4, 'after all is acknowledged')
        f.forget()


@case('loss')
def dupacks_one_segment_lost(e):
    """Without SACK, of a super-packet the first segment alone counts as lost."""
    s, f = e.active(rtt=0.1, sack=False, ts=False)
    m = f.sent_mss
    s.send(pattern(10 * m))
    flight(f)
    e.tun.run(0.05)
    f.ack_to(0)
    for _ in range(3):
        f.ack_to(0)
    got = flight(f, 0.02)
    ensure([p.off for p in got if p.endoff <= 10 * m] == [0], f'sent again: {[p.off for p in got]}')
    for _ in range(6):
        f.ack_to(0)
    got = flight(f, 0.02)
    ensure(all(p.off >= 10 * m for p in got), f'sent again: {[p.off for p in got]}')


MEMINFO_SNDBUF, MEMINFO_WMEM_QUEUED = 3, 5


@case('loss', timeout=60)
def sack_pieces_bounded(e):
    """A peer with a tiny MSS whose SACKs cut the queue to pieces does not cost more memory
    than twice the send buffer and two super-packets; all that is in it still arrives.
    """
    s, f = e.active(mss=48, ts=False, setup=lambda s: s.setsockopt(
        socket.SOL_SOCKET, socket.SO_SNDBUF, 20000))
    m, sent, acked = f.sent_mss, 0, 0
    w = Writer(s, 1 << 20)
    while sent - acked < 500 * m:          # slow start, to a large flight
        w.fill()
        got = flight(f, 0.03)
        ensure(got, 'nothing is sent')
        acked, sent = sent, max(p.endoff for p in got)
        if sent - acked < 500 * m:
            f.ack_to(sent)
            acked = sent
    most = 0
    left = list(range(acked + m, sent - m, 2 * m))
    while left:
        part, left = left[:4], left[4:]
        f.ack_to(acked, sack=[(f.theirs(a), f.theirs(a + m)) for a in part])
        most = max(most, s.meminfo()[MEMINFO_WMEM_QUEUED])
    # Beyond it, what the four blocks of one ACK cut: eight pieces with their skbs.
    bound = 2 * (s.meminfo()[MEMINFO_SNDBUF] + 2 * 66560) + 8 * 2048
    ensure(most <= bound, f'{most} bytes of memory in the send queue, bound {bound}')
    end = time.monotonic() + 20
    while acked < sent:
        ensure(time.monotonic() < end, f'{acked} of {sent} bytes')
        for p in flight(f, 0.05):
            if p.off <= acked < p.endoff:
                acked = p.endoff
        f.ack_to(acked)


@case('loss')
def timeout_after_progress(e):
    """A timeout lowers ssthresh, those that follow do not, one after progress does again."""
    s, f = e.active(win=65535)
    s.send(pattern(10 * f.sent_mss))
    e.tun.run(0.05)
    f.queue.clear()
    f.wait_for(lambda p: p.off == 0, 1, 'no timeout')
    first = info(s, 'ssthresh')
    f.wait_for(lambda p: p.off == 0, 2, 'no second timeout')
    ensure(info(s, 'ssthresh') == first < 10, f'ssthresh {first}, then {info(s, "ssthresh")}')
    f.queue.clear()
    f.ack_to(f.sent_mss)
    e.tun.run(0.02)
    f.queue.clear()
    f.wait_for(lambda p: p.off == f.sent_mss, 3, 'no timeout after progress')
    ensure(info(s, 'ssthresh') < first, f'ssthresh {first} stays after progress')
