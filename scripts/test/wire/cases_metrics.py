# SPDX-License-Identifier: GPL-2.0
# test: wire_metrics
# clock: virtual
# timeout: 240
# needs: python3
"""Wire cases for what an administrator sets: each route metric, and the net.ipv4.tcp_*
sysctls that no other case shows, by their effect on the wire or in TCP_INFO.
"""
import ctypes
import errno
import select
import socket

import rtnl
from env import case, kernel
from nsock import libc
from packet import Pkt, Skip, ensure, icmp_error, near, pattern
from peer import Sysctl
from tcpinfo import info

TCP = socket.IPPROTO_TCP
SO_SNDBUFFORCE = 32
INFINITE = 0x7fffffff


def big_buffer(s):
    s.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 2 << 20)


def routed(e, values, lock=()):
    """An address to which a route with these metrics leads."""
    e.net()
    e.hosts = getattr(e, 'hosts', 0) + 1
    addr = f'10.88.3.{e.hosts}'
    rtnl.host_route(addr, e.tun.name, values, sum(1 << m for m in lock))
    return addr


def openers(e, **kw):
    """A connection of either kind to an address; socket and flow."""
    yield e.active(**kw)
    yield e.passive(**kw)


def flight(f, seconds=0.05):
    return [p for p in f.collect(seconds) if p.len]


@case('metrics')
def initcwnd(e):
    """initcwnd is the first flight, and what an idle connection restarts with."""
    for want in (3, 20):
        addr = routed(e, {rtnl.RTAX_INITCWND: want})
        for s, f in openers(e, raddr=addr, rtt=0.1, setup=big_buffer):
            s.send(pattern(60000))
            got = flight(f)
            ensure(len(got) == want, f'{len(got)} segments with initcwnd {want}')
            f.forget()
    s, f = e.active(raddr=routed(e, {rtnl.RTAX_INITCWND: 4}), rtt=0.05, setup=big_buffer)
    off = 0
    for _ in range(4):
        s.send(pattern(30000, off))
        off += 30000
        while f.rcv_nxt != f.theirs(off):
            got = flight(f, 0.02)
            ensure(got, 'nothing is sent')
            f.ack_to(max(p.endoff for p in got))
    ensure(info(s, 'cwnd') > 8, f'cwnd {info(s, "cwnd")} after 120 kB')
    e.tun.run(8)
    s.send(pattern(30000, off))
    got = flight(f)
    ensure(len(got) == 4, f'{len(got)} segments after a pause')


@case('metrics')
def initrwnd(e):
    """initrwnd is the first window, in segments."""
    for n in (2, 10):
        addr = routed(e, {rtnl.RTAX_INITRWND: n})
        s, f, syn = e.connect(raddr=addr)
        ensure(syn.win == n * 1460, f'SYN with window {syn.win}, initrwnd {n}')
        lst = e.listener()
        f, p = e.half_open(lst, raddr=addr)
        ensure(p.win == n * 1448, f'SYN-ACK with window {p.win}, initrwnd {n}')


@case('metrics')
def window(e):
    """window bounds what is offered, until tuning makes it more."""
    for want, values in ((8000, {rtnl.RTAX_WINDOW: 8000}), (64000, {})):
        for _, f in openers(e, raddr=routed(e, values)):
            ensure(want - 1460 < f.edge <= want + 1600, f'window {f.edge}, not {want}')
            f.forget()


def first_rto(e, f, s, off=0):
    """How long a lone segment waits before it is sent again."""
    s.send(b'x')
    first = f.wait_for(lambda p: p.len and p.off == off, 1, 'no data')
    again = f.wait_for(lambda p: p.len and p.off == off, 8, 'not sent again')
    f.ack_to(off + 1)
    e.tun.run(0.01)
    return again.time - first.time


@case('metrics', timeout=40)
def rto_min(e):
    """A locked rto_min is the floor of the timeout; one that is not locked says nothing."""
    for ms, lock, want in ((1000, True, 1.0), (40, True, 0.04), (1000, False, 0.2)):
        addr = routed(e, {rtnl.RTAX_RTO_MIN: ms}, (rtnl.RTAX_RTO_MIN,) if lock else ())
        for s, f in openers(e, raddr=addr):
            near(first_rto(e, f, s), want, f'timeout with rto_min {ms}', slack=0.012)
            f.forget()


@case('metrics', timeout=600)
def rto_min_huge(e):
    """An rto_min of more than a minute is not none."""
    for ms in (65532, 65533, 66000, 1000000):
        for s, f in openers(e, raddr=routed(e, {rtnl.RTAX_RTO_MIN: ms}, (rtnl.RTAX_RTO_MIN,))):
            s.send(b'x')
            f.expect('A', len=1)
            f.expect_none(60, f'sent again with rto_min {ms}')
            f.rst(seq=f.last_ack)


@case('metrics')
def rto_min_sysctl(e):
    """net.ipv4.tcp_rto_min_us is the floor where the route says nothing."""
    if not e.sysctl('ipv4.tcp_rto_min_us', 500000):
        raise Skip('not in this kernel')
    for s, f in openers(e):
        near(first_rto(e, f, s), 0.5, 'timeout with tcp_rto_min_us 500000', slack=0.012)
        f.forget()
    e.sysctl('ipv4.tcp_rto_min_us', 20000)
    for s, f in openers(e):
        near(first_rto(e, f, s), 0.02, 'timeout with tcp_rto_min_us 20000', slack=0.012)
        f.forget()


def algorithm(s):
    buf = ctypes.create_string_buffer(16)
    size = ctypes.c_uint32(16)
    libc.getsockopt(s.fd, TCP, socket.TCP_CONGESTION, buf, ctypes.byref(size))
    return buf.value.decode()


@case('metrics')
def congctl(e):
    """congctl is the algorithm; locked, the program cannot change it."""
    usual = Sysctl.get('ipv4.tcp_congestion_control')
    other = 'reno' if usual == 'cubic' else 'cubic'
    if other not in Sysctl.get('ipv4.tcp_available_congestion_control').split():
        raise Skip(f'{other} is not there')
    for lock in (False, True):
        addr = routed(e, {rtnl.RTAX_CC_ALGO: other}, (rtnl.RTAX_CC_ALGO,) if lock else ())
        for s, f in openers(e, raddr=addr):
            ensure(algorithm(s) == other, f'{algorithm(s)}, the route says {other}')
            try:
                s.setsockopt(TCP, socket.TCP_CONGESTION, usual.encode())
                ensure(not lock, 'changed although locked')
            except OSError as err:
                ensure(lock and err.errno == errno.EPERM, f'{err}')
            ensure(algorithm(s) == (other if lock else usual), f'{algorithm(s)} afterwards')
            f.forget()


def late_acks(s, f, count=10):
    """How many of so many segments, of an interactive connection, are acknowledged late."""
    late, off = 0, 0
    for _ in range(count):
        f.send('A', b'question')
        ensure(s.recv_exact(8) == b'question', 'data')
        late += not [p for p in f.collect(0.01) if p.rack == f.offset() + 1]
        s.send(b'answer')
        off += 6
        f.collect(0.01)
        f.ack_to(off)
    return late


@case('metrics')
def quickack(e):
    """quickack has every segment acknowledged at once."""
    s, f = e.active(raddr=routed(e, {rtnl.RTAX_QUICKACK: 1}))
    ensure(late_acks(s, f) == 0, 'an ACK was late')
    s, f = e.active(raddr=routed(e, {}))
    ensure(late_acks(s, f) > 5, 'no ACK was late without it')


@case('metrics')
def sizes(e):
    """advmss is announced, mtu bounds what is sent, hoplimit is the TTL; with a locked mtu
    the path may fragment.
    """
    Pkt.free = ('df', 'ttl')
    addr = routed(e, {rtnl.RTAX_ADVMSS: 700, rtnl.RTAX_HOPLIMIT: 9})
    _, _, syn = e.connect(raddr=addr)
    ensure(syn.opts['mss'] == 700 and syn.ttl == 9, f'mss {syn.opts["mss"]}, ttl {syn.ttl}')
    _, p = e.half_open(e.listener(), raddr=addr)
    ensure(p.opts['mss'] == 700 and p.ttl == 9, f'mss {p.opts["mss"]}, ttl {p.ttl}')
    for lock in ((), (rtnl.RTAX_MTU,)):
        for s, f in openers(e, raddr=routed(e, {rtnl.RTAX_MTU: 1000}, lock)):
            s.send(pattern(5000))
            got = flight(f)
            ensure(max(p.len for p in got) == 948, f'sizes {[p.len for p in got]}')
            ensure(all(p.df != bool(lock) for p in got), f'DF {got[0].df}, lock {lock}')
            f.forget()


def warm_up(e, addr):
    """A connection that ends in peace: AF_INET reads some metrics for its cache alone."""
    s, f = e.active(raddr=addr)
    f.send('FA')
    e.tun.run(0.05)
    s.close()
    f.wait_for(lambda p: 'F' in p.flags, 1, 'no FIN')
    f.ack_to(1)
    e.tun.run(0.05)
    f.forget()


@case('metrics')
def learned(e):
    """A locked cwnd bounds the window; ssthresh, reordering, rtt are where it begins."""
    e.sysctl('ipv4.tcp_no_metrics_save', 0)
    e.sysctl('ipv4.tcp_no_ssthresh_metrics_save', 0)
    addr = routed(e, {rtnl.RTAX_CWND: 5}, (rtnl.RTAX_CWND,))
    warm_up(e, addr)
    s, f = e.active(raddr=addr, rtt=0.05, setup=big_buffer)
    s.send(pattern(60000))
    for _ in range(4):
        got = flight(f, 0.03)
        ensure(len(got) == 5, f'{len(got)} segments with cwnd locked to 5')
        f.ack_to(got[-1].endoff)
    addr = routed(e, {rtnl.RTAX_SSTHRESH: 14, rtnl.RTAX_REORDERING: 9, rtnl.RTAX_RTT: 8000},
                  (rtnl.RTAX_SSTHRESH, rtnl.RTAX_REORDERING, rtnl.RTAX_RTT))
    warm_up(e, addr)
    s, f = e.active(raddr=addr, rtt=0.05)
    ensure(info(s, 'ssthresh') == 14, f'ssthresh {info(s, "ssthresh")}')
    ensure(info(s, 'reordering') == 9, f'reordering {info(s, "reordering")}')
    near(info(s, 'rto') / 1e6, 3.0, 'timeout with an rtt of 1 s')
    e.sysctl('ipv4.tcp_no_ssthresh_metrics_save', 1)
    s, f = e.active(raddr=addr, rtt=0.05)
    ensure(info(s, 'ssthresh') == INFINITE, f'ssthresh {info(s, "ssthresh")}, not to be kept')


@case('metrics', timeout=40)
def lost_syn(e):
    """A SYN lost once does not count; twice, the window begins with one segment."""
    for lost, want in ((1, 10), (2, 1)):
        s, f, _ = e.connect()
        for _ in range(lost):
            f.expect('S', timeout=4)
        f.sent_mss = 1460
        f.send('SA', opts=b'\x02\x04\x05\xb4\x04\x02')
        f.expect('A', off=0, rack=1)
        s.send(pattern(60000))
        got = flight(f)
        ensure(len(got) == want, f'{len(got)} segments after {lost} lost SYNs')
        ensure(info(s, 'ssthresh') >= INFINITE, f'ssthresh {info(s, "ssthresh")}')
        near(info(s, 'rto') / 1e6, 3.0, 'timeout without a sample')
        f.forget()


def lose(e, mode, sacked, wait):
    """tcp_recovery: what is sent again when these segments are SACKed at once, in time."""
    e.sysctl('ipv4.tcp_recovery', mode)
    s, f = e.active(rtt=0.1)
    m = f.sent_mss
    s.send(pattern(10 * m))
    ensure(len(flight(f)) == 10, 'first flight')
    e.tun.run(0.05)
    f.ack_to(0, sack=[(f.theirs(a * m), f.theirs(b * m)) for a, b in sacked])
    got = [p.off // m for p in flight(f, wait) if p.off < 10 * m]
    f.forget()
    return got


@case('metrics')
def recovery(e):
    """tcp_recovery: by time (1), not by counting (4), or by counting alone (0)."""
    ensure(0 in lose(e, 1, [(1, 2)], 0.08), 'RACK does not find one loss by time')
    # From 6.17 on AF_INET goes by time whatever is set.
    if kernel() < (6, 17):
        ensure(lose(e, 0, [(1, 2)], 0.08) == [], 'found by time without RACK')
    ensure(0 in lose(e, 0, [(1, 6)], 0.01), 'not found by counting')
    ensure(0 in lose(e, 1, [(1, 6)], 0.01), 'not found by counting, with RACK')
    ensure(lose(e, 5, [(1, 6)], 0.01) == [], 'found by counting against tcp_recovery 4')
    ensure(0 in lose(e, 5, [(1, 6)], 0.08), 'not found by time')


@case('metrics')
def reordering(e):
    """tcp_reordering: so many duplicates are no loss; tcp_max_reordering bounds what is
    learned.
    """
    e.sysctl('ipv4.tcp_reordering', 6)
    s, f = e.active(rtt=0.1, sack=False, ts=False)
    f.ack_to(0)
    s.send(pattern(14600))
    flight(f)
    for i in range(1, 7):
        f.ack_to(0)
        got = [p for p in flight(f, 0.002) if p.off < 14600]
        ensure(bool(got) == (i == 6), f'{len(got)} sent again after {i} duplicates of 6')
    e.sysctl('ipv4.tcp_reordering', 3)
    for most, want in ((300, 8), (5, 5)):
        e.sysctl('ipv4.tcp_max_reordering', most)
        s, f = e.active(rtt=0.1)
        m = f.sent_mss
        s.send(pattern(10 * m))
        flight(f, 0.03)
        f.ack_to(0, sack=[(f.theirs(9 * m), f.theirs(10 * m))])
        f.ack_to(0, sack=[(f.theirs(2 * m), f.theirs(3 * m)), (f.theirs(9 * m), f.theirs(10 * m))])
        ensure(info(s, 'reordering') == want, f'{info(s, "reordering")}, not {want}')


@case('metrics')
def min_rtt_wlen(e):
    """tcp_min_rtt_wlen: for so long the smallest round trip is remembered."""
    for wlen, want in ((300, 0.1), (1, 0.2)):
        e.sysctl('ipv4.tcp_min_rtt_wlen', wlen)
        s, f = e.active(rtt=0.1)
        off = 0
        for _ in range(30):
            s.send(pattern(2 * f.sent_mss))     # a lone small one may be told late
            off += 2 * f.sent_mss
            f.wait_for(lambda p, off=off: p.endoff == off, 1, 'no data')
            e.tun.run(0.2)
            f.ack_to(off)
        near(info(s, 'min_rtt') / 1e6, want, f'min_rtt with a window of {wlen} s', part=0.2)


@case('metrics')
def signed_windows(e):
    """tcp_workaround_signed_windows: no window beyond 32,767 without scaling."""
    e.sysctl('ipv4.tcp_workaround_signed_windows', 1)
    s, f = e.active(ws=None)
    ensure(f.edge <= 32767, f'window {f.edge}')
    for i in range(40):
        f.send('A', pattern(1000, i * 1000))
        ensure(len(s.recv_exact(1000)) == 1000, 'data')
        ensure(all(p.win <= 32767 for p in f.collect(0.005)), 'window')


def tail(e, **kw):
    """A connection with ten segments acknowledged and none in flight, rtt 50 ms."""
    s, f = e.active(rtt=0.05, **kw)
    s.send(pattern(1000))
    flight(f, 0.05)
    f.ack_to(1000)
    e.tun.run(0.01)
    return s, f


@case('metrics')
def early_retrans(e):
    """tcp_early_retrans: tail probes with 3 and 4 alone."""
    for mode in (0, 1, 2, 3, 4):
        e.sysctl('ipv4.tcp_early_retrans', mode)
        s, f = tail(e)
        s.send(pattern(3000))
        got = flight(f, 0.02)
        ensure(len(got) == 3, f'{len(got)} segments')
        probe = flight(f, 0.13)
        ensure(bool(probe) == (mode >= 3), f'{len(probe)} probes with {mode}')
        f.forget()


@case('metrics', timeout=40)
def tail_probe_alone(e):
    """One segment alone is probed for no later than the timeout, which then starts anew."""
    e.sysctl('ipv4.tcp_early_retrans', 3)
    s, f = tail(e)
    s.send(b'x' * 100)
    f.wait_for(lambda p: p.len, 1, 'no data')
    f.wait_for(lambda p: p.len and p.off == 1000, 1, 'no probe')
    ensure(info(s, 'cwnd') >= 10, f'cwnd {info(s, "cwnd")} after the probe')
    ensure(info(s, 'ssthresh') == INFINITE, f'ssthresh {info(s, "ssthresh")} after the probe')


@case('metrics', timeout=40)
def needless_tail_probes(e):
    """Tail probes that prove needless cost no window."""
    e.sysctl('ipv4.tcp_early_retrans', 3)
    s, f = tail(e)
    off = 1000
    for i in range(3):
        s.send(pattern(2000))
        off += 2000
        flight(f, 0.02)
        probe = flight(f, 0.15)
        ensure(len(probe) == 1, f'{len(probe)} probes')
        last = (f.theirs(probe[0].off), f.theirs(probe[0].endoff))
        f.ack_to(off)                               # both copies arrive
        e.tun.run(0.002)
        f.ack_to(off, sack=[last])
        e.tun.run(0.01)
        f.queue.clear()
        ensure(info(s, 'cwnd') >= 10, f'cwnd {info(s, "cwnd")} after {i + 1} needless probes')
    s.send(pattern(2000))
    off += 2000
    flight(f, 0.02)
    ensure(len(flight(f, 0.15)) == 1, 'no probe')
    f.ack_to(off)                                   # nothing says that there were two
    e.tun.run(0.002)
    s.send(pattern(500))
    flight(f, 0.01)
    f.ack_to(off + 500)
    e.tun.run(0.002)
    ensure(info(s, 'ssthresh') < INFINITE, 'a loss that the probe repaired is not noticed')


@case('metrics')
def notsent_lowat(e):
    """tcp_notsent_lowat: no more is taken than so much ahead of what was sent."""
    e.sysctl('ipv4.tcp_notsent_lowat', 20000)
    s, f = e.active(rtt=0.02, win=20, setup=big_buffer)     # the window: 2,560 bytes
    f.ack_to(0)
    taken = 0
    while (n := s.send(pattern(2000))):
        taken += n
        ensure(taken < 200000, 'no bound')
    ensure(20000 <= taken < 100000, f'{taken} bytes taken')
    ensure(not s.poll(select.POLLOUT) & select.POLLOUT, 'writable')
    f.win = 60000
    acked = 0
    while acked < taken - 5000:
        got = flight(f, 0.02)
        acked = max([acked] + [p.endoff for p in got])
        f.ack_to(acked)
    ensure(s.poll(select.POLLOUT, 0.1) & select.POLLOUT, 'not writable although all is sent')


@case('metrics')
def challenge_ack_limit(e):
    """tcp_challenge_ack_limit: no more challenges in a second, of all connections."""
    e.sysctl('ipv4.tcp_challenge_ack_limit', 4)
    lst = e.listener()
    flows = [e.passive(lst)[1] for _ in range(25)]
    count = 0
    for f in flows:
        f.send('R', seq=f.at(100))
    e.tun.run(0.05)
    count = sum(len(f.queue) for f in flows)
    ensure(2 <= count <= 10, f'{count} challenges of 25')


@case('metrics')
def pingpong_thresh(e):
    """tcp_pingpong_thresh: after so many replies ACKs wait for the next one."""
    if not e.sysctl('ipv4.tcp_pingpong_thresh', 1):
        raise Skip('not in this kernel')
    counts = []
    for n in (1, 100):
        e.sysctl('ipv4.tcp_pingpong_thresh', n)
        s, f = e.active()
        counts.append(late_acks(s, f))
    ensure(counts[0] > 5 and counts[1] == 0, f'late ACKs: {counts} of 10')


@case('metrics', timeout=30)
def slow_start_after_idle(e):
    """tcp_slow_start_after_idle: off, an idle connection keeps its window."""
    for on in (1, 0):
        e.sysctl('ipv4.tcp_slow_start_after_idle', on)
        s, f = e.active(rtt=0.02, setup=big_buffer)
        off = 0
        for _ in range(3):
            s.send(pattern(40000, off))
            off += 40000
            while f.rcv_nxt != f.theirs(off):
                got = flight(f, 0.02)
                f.ack_to(max(p.endoff for p in got))
        e.tun.run(5)
        s.send(pattern(60000, off))
        got = flight(f, 0.02)
        ensure((len(got) == 10) == bool(on), f'{len(got)} segments after a pause, {on}')
        f.forget()


@case('metrics')
def pmtu_keeps_slow_start(e):
    """A smaller path MTU is no congestion: slow start goes on."""
    s, f = e.active(rtt=0.05)
    s.send(pattern(14480))
    p = flight(f)[0]
    e.tun.inject(icmp_error(f.raddr, f.laddr, p.raw[:28], code=4, mtu=1200))
    got = flight(f, 0.02)
    ensure(got and max(p.len for p in got) == 1148, f'sizes {[p.len for p in got]}')
    ensure(info(s, 'ssthresh') == INFINITE, f'ssthresh {info(s, "ssthresh")}')
    f.ack_to(14480)
    e.tun.run(0.01)
    f.queue.clear()
    s.send(pattern(60000))
    ensure(len(flight(f)) >= 10, 'a small window')
    ensure(info(s, 'ssthresh') == INFINITE, 'slow start ended')

