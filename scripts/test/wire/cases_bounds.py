# SPDX-License-Identifier: GPL-2.0
# test: wire_bounds
# clock: virtual
# timeout: 300
# needs: python3
"""Wire cases for absurd sizes: whatever a route, a device, a sysctl, a socket option, a TCP
option or an ICMP message says, the machine lives, and data arrives where AF_INET's does.

Most of it runs over lo, where both ends are the family under test: in a machine that
stops at any warning, a division by zero or a shift too far is seen wherever it is.
"""
import errno
import os
import select
import socket
import time

import rtnl
from env import case
from packet import (Fail, Pkt, ensure, icmp_error, opt_mss, opt_sack, opt_ts, opt_ws,
                    pattern)
from peer import Sysctl, set_mtu

TCP = socket.IPPROTO_TCP
SOCK, IP = socket.SOL_SOCKET, socket.IPPROTO_IP
INT_MAX, U32_MAX = 0x7fffffff, 0xffffffff
SO_SNDBUFFORCE, SO_RCVBUFFORCE, SO_MAX_PACING_RATE = 32, 33, 47
TCP_WINDOW_CLAMP, TCP_USER_TIMEOUT = 10, 18
SIZE = 30000
STUCK = {'tcp_notsent_lowat 0', 'window 1 lock 0', 'window 1 lock 8', 'window 2 lock 0',
         'window 2 lock 8'}
SLOW = {'tcp_rmem 1 1 1': 5}    # a byte at a time, each for an ACK that is delayed


class Talk:
    """Two sockets of the family over lo, and what they still have to say."""

    def __init__(self, e, setup=None):
        lst = e.sock()
        if setup:
            setup(lst)
        lst.bind(0, '127.0.0.1').listen()
        a = e.sock()
        if setup:
            setup(a)
        err = a.connect('127.0.0.1', lst.getsockname()[1])
        ensure(err in (0, errno.EINPROGRESS), f'connect: {err}')
        b = lst.wait_accept(20)
        ensure(b, 'no connection')
        lst.close()
        self.ends = (a, b)

    def exchange(self, size=SIZE, timeout=150):
        """size bytes each way; False when time is out."""
        data = pattern(size)
        left = {s: data for s in self.ends}
        got = {s: bytearray() for s in self.ends}
        end = time.monotonic() + timeout
        while any(len(g) < size for g in got.values()):
            if time.monotonic() > end:
                return False
            poll = select.poll()
            for s in self.ends:
                want = (select.POLLIN if len(got[s]) < size else 0) | \
                    (select.POLLOUT if left[s] else 0)
                if want:
                    poll.register(s.fd, want)
            poll.poll(1000)
            for s in self.ends:
                if left[s]:
                    left[s] = left[s][s.send(left[s]):]
                while len(got[s]) < size and (part := s.recv()):
                    got[s] += part
        ensure(all(bytes(g) == data for g in got.values()), 'the stream is another one')
        return True

    def end(self):
        for s in self.ends:
            s.abort()


class Walk:
    """Connections that carry data both ways, one for each value; all are tried."""

    def __init__(self, e):
        self.e, self.bad = e, []

    def talk(self, what, setup=None, size=SIZE):
        """Over AF_INET, too, nothing moves through what is in STUCK."""
        stuck = what in STUCK
        try:
            t = Talk(self.e, setup)
            if not t.exchange(SLOW.get(what, size), 0.5 if stuck else 40) and not stuck:
                self.bad.append(what)
            t.end()
        except (Fail, OSError) as why:
            self.bad.append(f'{what} ({why})')

    def end(self):
        ensure(not self.bad, 'no data with ' + ', '.join(self.bad))


# Linux warns of itself where a window is beyond INT_MAX.
ROUTE = {
    'advmss': (rtnl.RTAX_ADVMSS, (1, 2, 11, 12, 13, 24, 87, 88, 89, 536, 65494, 65495, 65496,
                                  U32_MAX)),
    'mtu': (rtnl.RTAX_MTU, (68, 69, 88, 89, 100, 551, 552, 553, 65519, 65520, 65535, U32_MAX)),
    'window': (rtnl.RTAX_WINDOW, (1, 2, 75, 76, 535, 536, 537, 65535, 65536, INT_MAX, U32_MAX)),
    'initcwnd': (rtnl.RTAX_INITCWND, (1, 2, 65535, 65536, INT_MAX - 1, INT_MAX)),
    'initrwnd': (rtnl.RTAX_INITRWND, (1, 2, 65535, 65536, INT_MAX, U32_MAX)),
    'rto_min': (rtnl.RTAX_RTO_MIN, (0, 1, 3, 4, 5, 1000)),
    'rtt': (rtnl.RTAX_RTT, (1, 8, INT_MAX, U32_MAX)),
    'rttvar': (rtnl.RTAX_RTTVAR, (1, 8, INT_MAX, U32_MAX)),
    'ssthresh': (rtnl.RTAX_SSTHRESH, (1, 2, INT_MAX, U32_MAX)),
    'cwnd': (rtnl.RTAX_CWND, (1, 2, INT_MAX - 1, INT_MAX)),
    'reordering': (rtnl.RTAX_REORDERING, (1, 2, 300, INT_MAX, U32_MAX)),
    'hoplimit': (rtnl.RTAX_HOPLIMIT, (1, 255, 256, U32_MAX)),
    'quickack': (rtnl.RTAX_QUICKACK, (1, 2, U32_MAX)),
}


@case('bounds', timeout=300)
def route_metrics(e):
    """Any metric of a route, locked and not."""
    w = Walk(e)
    old = os.environ.get('NEWINET_KERNEL') == '6.1-s390x'
    e.sysctl('ipv4.tcp_no_metrics_save', 0)
    for name, (kind, values) in ROUTE.items():
        for value in values:
            # Timestamps leave nothing of it: AF_INET of 6.1.176 divides by that.
            if (name, value, e.name) == ('advmss', 12, 'inet') and old:
                continue
            for lock in (0, 1 << kind):
                rtnl.loopback_route({kind: value}, lock)
                w.talk(f'{name} {value} lock {lock}',
                       size=min(SIZE, 100 * value) if name == 'mtu' else SIZE)
    w.end()


@case('bounds', timeout=600)
def device_mtu(e):
    """Any MTU that a device takes, also one that shrinks under a connection."""
    w = Walk(e)
    for mtu in (68, 69, 127, 128, 551, 552, 575, 576, 1280, 65534, 65535, 65536, 65537, 131072,
                INT_MAX):
        try:
            set_mtu('lo', mtu)
        except OSError:
            continue
        w.talk(f'mtu {mtu}', size=min(SIZE, 100 * mtu))
        set_mtu('lo', 65536)
        # A path MTU learnt in between would stay for all that follow.
        e.sysctl('ipv4.route.flush', 1)
    w.end()
    t = Talk(e)
    for mtu in (65536, 1500, 576, 552, 65535, 600, 65536):
        set_mtu('lo', mtu)
        ensure(t.exchange(), f'mtu {mtu} in the middle')


SYSCTLS = {
    'tcp_adv_win_scale': (-4, -1, 0, 1, 2, 30, 31),
    'tcp_app_win': (0, 1, 30, 31),
    'tcp_base_mss': (0, 1, 47, 48, 1024, 65535, INT_MAX),
    'tcp_min_snd_mss': (48, 49, 536, 65534, 65535),
    'tcp_moderate_rcvbuf': (0, 1),
    'tcp_rmem': ('1 1 1', '1 1 6291456', '4096 2304 2304', '1 131072 1', '4096 131072 2147483647',
                 '2147483647 2147483647 2147483647'),
    'tcp_wmem': ('1 1 1', '1 1 4194304', '4096 4608 4608', '4096 16384 2147483647',
                 '2147483647 2147483647 2147483647'),
    'tcp_reordering': (-2147483648, -1, 0, 1, 2, 300, INT_MAX),
    'tcp_max_reordering': (-2147483648, -1, 0, 1, INT_MAX),
    'tcp_min_rtt_wlen': (0, 1, 86400),
    'tcp_tso_win_divisor': (-2147483648, -1, 0, 1, 2, INT_MAX),
    'tcp_min_tso_segs': (0, 1, 65535, INT_MAX),
    'tcp_tso_rtt_log': (0, 1, 31, 32, 255),
    'tcp_limit_output_bytes': (-1, 0, 1, INT_MAX),
    'tcp_notsent_lowat': (0, 1, 2147483647, 4294967295),
    'tcp_retries1': (0, 1, 255),
    'tcp_retries2': (8, 255),
    'tcp_syn_retries': (1, 127),
    'tcp_synack_retries': (0, 255),
    'tcp_orphan_retries': (0, 255),
    'tcp_fin_timeout': (-1, 0, 1, 8589934, INT_MAX),
    'tcp_keepalive_time': (0, 1, 8589934, INT_MAX),
    'tcp_keepalive_intvl': (0, 1, 8589934, INT_MAX),
    'tcp_keepalive_probes': (0, 1, 255),
    'tcp_invalid_ratelimit': (-1, 0, 1, INT_MAX),
    'tcp_max_syn_backlog': (1, INT_MAX),
    'tcp_max_tw_buckets': (-1, 0, 1, INT_MAX),
    'tcp_pingpong_thresh': (1, 255),
    'tcp_rto_min_us': (1, 3999, 4000, 4001, INT_MAX),
    'tcp_early_retrans': (0, 1, 3, 4),
    'tcp_recovery': (0, 1, 2, 4, 255),
    'tcp_shrink_window': (0, 1),
    'tcp_workaround_signed_windows': (0, 1),
    'tcp_slow_start_after_idle': (0, 1),
    'ip_default_ttl': (1, 255),
    'ip_no_pmtu_disc': (0, 1, 2, 3),
    'ip_local_port_range': ('1 1024', '1024 65535', '65534 65535'),
}


def takes(e, name, value):
    """Set it: False where this kernel has no such sysctl, or refuses the value."""
    try:
        return e.sysctl(f'ipv4.{name}', value)
    except OSError:
        return False


@case('bounds', timeout=900)
def sysctls(e):
    """Any value that a sysctl takes."""
    w = Walk(e)
    for name, values in SYSCTLS.items():
        before = Sysctl.get(f'ipv4.{name}')
        for value in values:
            if takes(e, name, value):
                w.talk(f'{name} {value}')
        if before:
            e.sysctl(f'ipv4.{name}', before)
    w.end()


# What some kernel refuses of these, by its age or the size of its pages: sysctls() passes
# over it there. Of the last two 6.1 has none.
REFUSED = {
    'tcp_rmem': ('1 1 1', '1 1 6291456', '4096 2304 2304', '1 131072 1'),
    'tcp_reordering': (-2147483648, -1, 0, INT_MAX),
    'tcp_max_reordering': (-2147483648, -1, 0),
    'tcp_tso_win_divisor': (-2147483648, -1, INT_MAX),
    'tcp_min_tso_segs': (0, 65535, INT_MAX),
    'tcp_tso_rtt_log': (32, 255),
    'tcp_fin_timeout': (INT_MAX,),
    'tcp_keepalive_time': (INT_MAX,),
    'tcp_keepalive_intvl': (INT_MAX,),
    'tcp_invalid_ratelimit': (-1,),
    'ip_local_port_range': ('1 1024',),
    'tcp_pingpong_thresh': SYSCTLS['tcp_pingpong_thresh'],
    'tcp_rto_min_us': SYSCTLS['tcp_rto_min_us'],
}


@case('bounds')
def sysctls_refused(e):
    """sysctls() has tried all values but those that are known to be refused somewhere."""
    refused = [f'{name} {value}' for name, values in SYSCTLS.items()
               for value in values if value not in REFUSED.get(name, ()) and
               not takes(e, name, value)]
    ensure(not refused, 'this kernel refuses ' + ', '.join(refused))


OPTIONS = {
    'TCP_MAXSEG': (TCP, socket.TCP_MAXSEG, (0, 1, 47, 48, 87, 88, 89, 536, 32767, 32768, INT_MAX)),
    'TCP_WINDOW_CLAMP': (TCP, TCP_WINDOW_CLAMP, (-1, 1, 2, 1151, 1152, 65536, INT_MAX)),
    'TCP_USER_TIMEOUT': (TCP, TCP_USER_TIMEOUT, (INT_MAX,)),
    'SO_RCVBUF': (SOCK, socket.SO_RCVBUF, (-1, 0, 1, 2303, 2304, INT_MAX)),
    'SO_RCVBUFFORCE': (SOCK, SO_RCVBUFFORCE, (-1, 0, 1, INT_MAX // 2, INT_MAX)),
    'SO_SNDBUF': (SOCK, socket.SO_SNDBUF, (-1, 0, 1, 4608, INT_MAX)),
    'SO_SNDBUFFORCE': (SOCK, SO_SNDBUFFORCE, (-1, 0, 1, INT_MAX // 2, INT_MAX)),
    'SO_RCVLOWAT': (SOCK, socket.SO_RCVLOWAT, (0, 1, 2)),
    'SO_MAX_PACING_RATE': (SOCK, SO_MAX_PACING_RATE, (INT_MAX, -1)),
    'IP_TTL': (IP, socket.IP_TTL, (1, 255)),
    'IP_TOS': (IP, socket.IP_TOS, (0, 1, 3, 255)),
    'SO_PRIORITY': (SOCK, socket.SO_PRIORITY, (0, 6, INT_MAX)),
}


@case('bounds', timeout=600)
def socket_options(e):
    """Any value that a socket option takes, on both ends; one that is refused, too."""
    w = Walk(e)
    for name, (level, opt, values) in OPTIONS.items():
        for value in values:
            def setup(s, level=level, opt=opt, value=value):
                try:
                    s.setsockopt(level, opt, value)
                except OSError as err:
                    ensure(err.errno in (errno.EINVAL, errno.EDOM), f'{name} {value}: {err}')
            w.talk(f'{name} {value}', setup)
    w.end()
    for value in (-1, INT_MAX - 1, INT_MAX):        # a mark that is never reached
        t = Talk(e)
        for s in t.ends:
            s.setsockopt(SOCK, socket.SO_RCVLOWAT, value)
        ensure(t.exchange(), f'SO_RCVLOWAT {value}')


def dialogue(f, s, what, size=4000):
    """Data from the script and data from the socket, both complete, whatever the segments."""
    data = pattern(size)
    for off in range(0, size, 500):
        f.send('A', data[off:off + 500])
    ensure(s.recv_exact(size) == data, f'{what}: data in')
    sent, done, end = 0, 0, time.monotonic() + 30
    while done < size:
        ensure(time.monotonic() < end, f'{what}: {done} of {size} bytes out')
        sent += s.send(data[sent:])
        p = f.next(1)
        if p and p.len:
            ensure(p.data == data[p.off:p.endoff], f'{what}: data out')
            if p.off <= done < p.endoff:
                done = p.endoff
            f.ack_to(done)


SYN_OPTIONS = [opt_mss(v) for v in (0, 1, 2, 8, 36, 47, 48, 49, 87, 88, 536, 65494, 65495, 65535)]
SYN_OPTIONS += [opt_mss(536) + opt_ws(v) for v in (0, 14, 15, 16, 31, 32, 64, 255)]
SYN_OPTIONS += [opt_mss(0) + opt_ws(255), opt_mss(1) + b'\x04\x02' + opt_ts(0, 0),
                b'\x02\x00\x00\x00', b'\x02\x03\x00\x00', b'\x02\x05\x00\x00\x00', b'\x03\x00',
                b'\x03\x04\x00\x00', b'\x08\x02', b'\x05\x02', b'\x04\x03\x00', b'\xff\xff']


@case('bounds', timeout=300)
def syn_options(e):
    """Any option on a SYN or a SYN-ACK."""
    lst = e.listener()
    for opts in SYN_OPTIONS:
        f = e.flow(lport=lst.port)
        f.send('S', opts=opts)
        f.expect('SA', rack=1)
        f.send('A')
        s = lst.wait_accept()
        ensure(s, f'SYN with {opts.hex()}: no connection')
        f.ts = 0
        dialogue(f, s, f'SYN with {opts.hex()}')
        f.forget()
        s, f, _ = e.connect()
        f.send('SA', opts=opts)
        f.expect('A', rack=1, len=0)
        dialogue(f, s, f'SYN-ACK with {opts.hex()}')
        f.forget()


@case('bounds', timeout=120)
def sack_options(e):
    """Any length and any numbers in a SACK option, with data in flight."""
    s, f = e.active()
    edge = (0, 1, 1447, 1448, 1449, 14480, 0x7fffffff, 0x80000000, 0xffffffff)
    sent = 0
    for size in (2, 3, 9, 10, 11, 17, 18, 26, 34, 38):
        s.send(pattern(5000, sent))
        e.tun.run(0.01)
        raw = b'\x05' + bytes([size]) + bytes(range(size - 2))
        f.send('A', ack=f.theirs(sent), opts=raw[:40])
        f.send('A', ack=f.theirs(sent), opts=raw[:size][:2] + bytes(2))
        sent += 5000
        f.ack_to(sent)
    for a in edge:
        for b in edge:
            s.send(pattern(5000, sent))
            e.tun.run(0.002)
            f.send('A', ack=f.theirs(sent), opts=opt_ts(f.tsval(), f.ts_recent) +
                   opt_sack([(f.theirs(sent) + a, f.theirs(sent) + b),
                             (f.theirs(sent) + b, f.theirs(sent) + a)]))
            e.tun.run(0.002)
            sent += 5000
            f.ack_to(sent)
    f.queue.clear()
    s.send(pattern(1000, sent))
    p = f.wait_for(lambda p: p.len and p.endoff == sent + 1000, 10, 'nothing more is sent')
    ensure(p.data == pattern(p.len, p.off), 'data')


@case('bounds', timeout=200)
def icmp_mtu(e):
    """Any next-hop MTU in a message about data in flight."""
    Pkt.free = ('df',)
    for i, mtu in enumerate((0, 1, 20, 40, 67, 68, 69, 87, 88, 551, 552, 553, 1499, 1500, 1501,
                             65534, 65535)):
        s, f = e.active(raddr=f'10.88.1.{i + 1}')
        s.send(pattern(3000))
        p = f.expect('A', off=0)
        e.tun.inject(icmp_error(f.raddr, f.laddr, p.raw[:28], code=4, mtu=mtu))
        done, end = 0, time.monotonic() + 20
        while done < 3000:
            ensure(time.monotonic() < end, f'next-hop MTU {mtu}: {done} of 3000 bytes')
            q = f.next(1)
            if q and q.len and q.off <= done < q.endoff:
                ensure(q.data == pattern(q.len, q.off), 'data')
                done = q.endoff
                f.ack_to(done)
        f.forget()
