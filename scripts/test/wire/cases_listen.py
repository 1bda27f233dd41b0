# SPDX-License-Identifier: GPL-2.0
# test: wire_listen
# clock: virtual
# timeout: 240
# needs: python3 nftables iproute2
"""Wire cases for the passive open: SYN-ACK options and retransmission, the third packet,
the SYN queue and the accept queue with their bounds, and what ends a half-open connection.
"""
import ctypes
import errno
import itertools
import os
import select
import socket
import struct
import subprocess
import time

from env import case
from nfqueue import nft
from nsock import libc
from packet import Pkt, Skip, checksum, ensure, near, opt_mss, opt_ts
from peer import syn_opts
from rtnl import add_addr
from tcpinfo import info


@case('listen')
def synack_mirrors_options(e):
    """SACK, timestamps and window scale appear in the SYN-ACK only if the SYN had them."""
    lst = e.listener()
    for sack, ts, ws in itertools.product((True, False), (True, False), (7, None)):
        f = e.flow(lport=lst.port)
        ours = f.tsval()
        f.send('S', opts=syn_opts(1460, sack, (ours, 0) if ts else None, ws))
        p = f.expect('SA', rack=1, len=0)
        want = {'mss'} | {n for n, on in (('sackok', sack), ('ts', ts), ('ws', ws)) if on}
        ensure(set(p.opts['order']) == want, f'{p.opts["order"]}, not {sorted(want)}')
        ensure(p.opts['mss'] == 1460, f'mss {p.opts["mss"]}')
        ensure(not ts or p.opts['ts'][1] == ours, f'echo {p.opts.get("ts")}')
        ensure(not ws or p.opts['ws'] <= 14, f'ws {p.opts.get("ws")}')


@case('listen')
def fwmark_accept(e):
    """tcp_fwmark_accept: the SYN's mark is the connection's, and says where it leaves."""
    here = e.net().addr
    tun1 = e.add_tun(name='tun1', addr='10.89.0.1')
    subprocess.run('ip rule add fwmark 7 lookup 100 && ip route add default dev tun1 table 100',
                   shell=True, check=True)
    nft('table ip t { chain c { type filter hook prerouting priority -150; '
        'tcp flags & (syn | ack) == syn meta mark set 7; }\n}')
    lst = e.listener()
    for on in (1, 0):
        e.sysctl('ipv4.tcp_fwmark_accept', on)
        f = e.flow(lport=lst.port, tun=tun1)
        f.laddr = here
        f.send('S', opts=syn_opts(1460, True, None, None))
        if not on:
            f.expect_none(0.1, 'an answer by what the mark says')
            ensure(e.tun.stray(0.1), 'no answer by the usual route')
            continue
        f.expect('SA', rack=1)
        f.send('A')
        s = lst.wait_accept()
        ensure(s and s.getsockopt(socket.SOL_SOCKET, socket.SO_MARK) == 7, 'the mark')
        s.send(b'abc')
        f.expect('A', off=0, len=3)
        f.ack_to(3)


@case('listen')
def child_uses_options(e):
    """The child sends timestamps if agreed, and none if not; its window is scaled so."""
    for ts in (True, False):
        s, f = e.passive(ts=ts)
        s.send(b'abc')
        p = f.expect('A', off=0, len=3, data=b'abc')
        ensure(('ts' in p.opts) == ts, f'timestamps {ts}: {p.text()}')
        ensure(not ts or 0 <= f.tsval() - p.opts['ts'][1] < 1000, 'no echo of what the peer sent')
        f.send('A', b'x')
        ensure(s.recv_exact(1) == b'x', 'data')
    _, f = e.passive(ws=None)
    ensure(f.edge > 10000, f'window without scaling: {f.edge}')


@case('listen')
def accept_after_third(e):
    """No connection to accept before the third packet; addresses right after it."""
    lst = e.listener()
    f, _ = e.half_open(lst)
    ensure(lst.accept() is None and not lst.poll(select.POLLIN, 0.05), 'accepted half-open')
    f.send('A', ack=f.rcv_nxt)
    s = lst.wait_accept()
    ensure(s, 'nothing to accept')
    ensure(s.getpeername() == (f.raddr, f.rport), f'getpeername {s.getpeername()}')
    ensure(s.getsockname() == (e.tun.addr, lst.port), f'getsockname {s.getsockname()}')
    f.expect_none(0.3)
    s.send(b'x')
    f.expect('A', len=1)


@case('listen')
def third_with_data(e):
    """The third packet may carry data, and a FIN."""
    lst = e.listener()
    f, _ = e.half_open(lst)
    f.send('A', b'early data')
    s = lst.wait_accept()
    ensure(s and s.recv_exact(10) == b'early data', 'data of the third packet')
    f.expect('A', rack=11)
    f, _ = e.half_open(lst)
    f.send('FA', b'all of it')
    s = lst.wait_accept()
    ensure(s and s.recv_exact(9) == b'all of it', 'data of the third packet with FIN')
    ensure(s.poll(select.POLLIN, 1) and s.recv() == b'', 'end of stream')
    f.expect('A', rack=11)


@case('listen')
def third_lost_data_follows(e):
    """When the third packet is lost, the first data segment completes the handshake."""
    lst = e.listener()
    f, p = e.half_open(lst)
    e.tun.run(0.2)
    f.send('A', b'x' * f.mss)
    s = lst.wait_accept()
    ensure(s and s.recv_exact(f.mss) == b'x' * f.mss, 'data')
    f.expect('A', rack=f.mss + 1)
    ensure(p.end == f.rcv_nxt, 'numbers')


@case('listen')
def syn_data_ignored(e):
    """Data on a SYN (no Fast Open) is not acknowledged and must come again."""
    lst = e.listener()
    f = e.flow(lport=lst.port)
    f.send('S', b'early', opts=opt_mss(1460))
    f.expect('SA', rack=1)
    f.snd_nxt = f.at(0)
    f.send('A')
    s = lst.wait_accept()
    ensure(s and s.recv() is None, 'data of the SYN was taken')
    f.send('A', b'again')
    ensure(s.recv_exact(5) == b'again', 'data sent again')


@case('listen')
def mss_default_536(e):
    """A SYN without MSS: segments of 536; a small MSS is obeyed, less the timestamps."""
    s, f = e.passive(mss=None, ts=False)
    s.send(b'm' * 2000)
    ensure([p.len for p in f.collect(0.05)] == [536, 536, 536, 392], 'default MSS')
    s, f = e.passive(mss=None, ts=True)
    s.send(b'm' * 1200)
    ensure([p.len for p in f.collect(0.05)] == [524, 524, 152], 'default MSS with timestamps')
    s, f = e.passive(mss=700, ts=True)
    s.send(b'm' * 1500)
    ensure([p.len for p in f.collect(0.05)] == [688, 688, 124], 'MSS 700 with timestamps')
    s, f = e.passive(mss=65000, ts=False)
    s.send(b'm' * 3000)
    ensure([p.len for p in f.collect(0.05)] == [1460, 1460, 80], 'MSS 65000 at MTU 1500')


@case('listen')
def maxseg_listener(e):
    """TCP_MAXSEG on a listener is announced and bounds its children."""
    lst = e.listener(setup=lambda s: s.setsockopt(6, socket.TCP_MAXSEG, 600))
    f, p = e.half_open(lst, ts=False)
    ensure(p.opts['mss'] == 600, f'SYN-ACK mss {p.opts["mss"]}')
    f.send('A')
    s = lst.wait_accept()
    s.send(b'm' * 1500)
    ensure([p.len for p in f.collect(0.05)] == [600, 600, 300], 'TCP_MAXSEG 600')


@case('listen', timeout=40)
def synack_retransmit(e):
    """The SYN-ACK comes again after 1 and 2 s; after tcp_synack_retries all is forgotten."""
    e.sysctl('ipv4.tcp_synack_retries', 2)
    lst = e.listener()
    f, last = e.half_open(lst)
    first = last
    for gap in (1.0, 2.0):
        p = f.expect('SA', timeout=gap * 1.5 + 1, seq=first.seq, rack=1)
        near(p.time - last.time, gap, 'SYN-ACK retransmission')
        ensure(p.opts['order'] == first.opts['order'] and p.opts['ws'] == first.opts['ws'],
               f'SYN-ACK changed: {p.text()}')
        last = p
    f.expect_none(5.5, 'a SYN-ACK beyond tcp_synack_retries')
    f.send('A')
    f.expect('R', seq=f.rcv_nxt)
    ensure(lst.accept() is None, 'a forgotten handshake was completed')


@case('listen')
def syn_again(e):
    """A SYN sent again while half-open gets the same SYN-ACK again."""
    lst = e.listener()
    f, first = e.half_open(lst)
    e.tun.run(0.05)
    f.send('S', seq=f.iss, opts=syn_opts(ts=(f.tsval(), 0)))
    p = f.expect('SA', timeout=0.5, seq=first.seq, rack=1)
    ensure(p.opts['mss'] == 1460, p.text())
    f.send('A')
    ensure(lst.wait_accept(), 'not completed')
    ensure(lst.accept() is None, 'one SYN twice gave two connections')


@case('listen')
def syn_received_bad_ack(e):
    """Half-open, an ACK of another number is answered with RST; the handshake lives on."""
    lst = e.listener()
    f, _ = e.half_open(lst, ts=False)
    for delta in (1, -1, 0x30000000):
        bad = (f.rcv_nxt + delta) & 0xffffffff
        f.send('A', ack=bad)
        p = f.expect('R')
        ensure(p.seq == bad, f'RST seq {p.seq:#x}, not {bad:#x}')
    ensure(lst.accept() is None, 'completed by a wrong ACK')
    f.send('A')
    ensure(lst.wait_accept(), 'the right ACK came too late')


@case('listen')
def syn_received_out_of_window(e):
    """Half-open, an ACK whose sequence number is outside the window does not complete it."""
    lst = e.listener()
    f, _ = e.half_open(lst, ts=False)
    f.send('A', seq=f.iss + 0x20000000)
    e.tun.run(0.05)
    ensure(lst.accept() is None, 'completed by a segment outside the window')
    for p in f.collect(0.05):
        ensure(p.flags == 'A' and p.rack == 1, f'answer {p.text()}')
    f.send('A')
    ensure(lst.wait_accept(), 'not completed afterwards')


@case('listen')
def half_open_rst(e):
    """RST ends a half-open connection: no more SYN-ACKs, and its ACK is a stranger's."""
    lst = e.listener()
    f, _ = e.half_open(lst)
    f.send('R', seq=f.at(0))
    f.expect_none(1.4, 'SYN-ACK after RST')
    f.send('A')
    f.expect('R', seq=f.rcv_nxt)
    ensure(lst.accept() is None, 'accepted after RST')
    f, first = e.half_open(lst)
    f.send('R', seq=f.iss + 0x20000000)
    f.send('A')
    ensure(lst.wait_accept(), 'a RST outside the window ended the handshake')
    ensure(first.rack == 1, 'SYN-ACK')


@case('listen')
def half_open_rst_ack(e):
    """Its sequence number alone makes a RST a good one, whatever it acknowledges."""
    lst = e.listener()
    f, _ = e.half_open(lst)
    f.send('RA', seq=f.at(0), ack=0)
    f.expect_none(1.4, 'SYN-ACK after RST')
    f.send('A')
    f.expect('R', seq=f.rcv_nxt)


@case('listen')
def half_open_rst_inexact(e):
    """RFC 5961 3.2: a RST elsewhere in the window is answered, and the connection opens. Not
    each one is: a second within half a second is not, whatever it carries.
    """
    lst = e.listener()
    f, _ = e.half_open(lst)
    f.send('R', b'why', seq=f.at(100))
    f.send('R', b'why', seq=f.at(200))
    p = f.next(0.3)
    if e.name == 'inet' and not p:
        raise Skip('this kernel does not answer it')
    ensure(p and p.flags == 'A' and p.rack == 1 and p.off == 0, f'{p and p.text()}')
    f.expect_none(0.3, 'another answer')
    f.send('A')
    opened = lst.wait_accept()
    if e.name == 'inet' and not opened:
        raise Skip('this kernel answers, and forgets the handshake')
    ensure(opened, 'a RST that is not exact ended the handshake')


@case('listen')
def timestamp_zero(e):
    """A SYN's timestamp of 0 leaves none that the next could be older than."""
    lst = e.listener()
    f = e.flow(lport=lst.port)
    f.send('S', opts=syn_opts(ts=(0, 0)))
    p = f.expect('SA', rack=1)
    f.rcv_nxt = (p.seq + 1) & 0xffffffff
    f.send('A', opts=opt_ts(0x90000000, p.opts['ts'][0]))
    ensure(lst.wait_accept(), 'not accepted')


@case('listen')
def accept_queue_full(e):
    """Accept queue full: third packets and SYNs are dropped without RST, then served later."""
    lst = e.listener(backlog=1)
    for _ in range(2):
        f, _ = e.half_open(lst)
        f.send('A')
        e.tun.run(0.02)
    f = e.flow(lport=lst.port)
    f.send('S', opts=opt_mss(1460))
    f.expect_none(0.4, 'an answer to a SYN while the accept queue is full')
    first, second = lst.wait_accept(), lst.wait_accept()
    ensure(first and second, 'the accept queue holds backlog + 1')
    f.send('S', seq=f.iss, opts=opt_mss(1460))
    f.expect('SA', rack=1)
    f.send('A')
    ensure(lst.wait_accept(), 'served after accept()')


@case('listen')
def accept_queue_full_third(e):
    """The third packet that finds the accept queue full is dropped; the SYN-ACK comes again."""
    e.sysctl('ipv4.tcp_syncookies', 0)
    lst = e.listener(backlog=2)
    for _ in range(2):
        f, _ = e.half_open(lst)
        f.send('A')
        e.tun.run(0.02)
    third, late = [e.half_open(lst)[0] for _ in range(2)]
    third.send('A')
    e.tun.run(0.02)
    late.send('A')
    again = late.wait_for(lambda p: p.flags == 'SA', 3, 'no SYN-ACK again after a full queue')
    ensure(again.rack == 1, again.text())
    for _ in range(3):
        ensure(lst.wait_accept(), 'three connections')
    ensure(lst.accept() is None, 'the dropped third packet completed a handshake')
    late.send('A')
    ensure(lst.wait_accept(), 'completed once there was room')


def _synacks(e, lst, count):
    flows = []
    for i in range(count):
        f = e.flow(lport=lst.port, raddr=f'10.88.5.{i + 1}')
        f.send('S', opts=opt_mss(1460))
        flows.append(f)
    e.tun.run(0.2)
    return sum(bool(f.queue) for f in flows), [p for f in flows for p in f.queue]


@case('listen')
def syn_queue_bounds(e):
    """The SYN queue is bounded by backlog, somaxconn and tcp_max_syn_backlog.

    The kernel's queue is full when it holds more than the backlog: one more fits.
    """
    e.sysctl('ipv4.tcp_syncookies', 0)
    got, seen = _synacks(e, e.listener(backlog=4), 20)
    ensure(got == 5, f'{got} SYN-ACKs with a backlog of 4, not 5')
    ensure(all(p.flags == 'SA' for p in seen), 'only SYN-ACKs')
    e.sysctl('core.somaxconn', 3)
    got, _ = _synacks(e, e.listener(backlog=100), 20)
    ensure(got == 4, f'{got} SYN-ACKs with somaxconn 3, not 4')
    e.sysctl('core.somaxconn', 4096)
    e.sysctl('ipv4.tcp_max_syn_backlog', 16)
    got, _ = _synacks(e, e.listener(backlog=100), 30)
    ensure(got == 13, f'{got} SYN-ACKs with tcp_max_syn_backlog 16 (three quarters and one)')


@case('listen')
def listener_strays(e):
    """At a listener a stray ACK is reset, other strays vanish, and it goes on listening."""
    lst = e.listener()
    for flags, data, want in (('A', b'', 'R'), ('A', b'data', 'R'), ('FA', b'', 'R'),
                              ('SA', b'', 'R'), ('R', b'', None), ('RA', b'', None),
                              ('F', b'', None), ('', b'data', None), ('SF', b'', None),
                              ('SR', b'', None)):
        f = e.flow(lport=lst.port)
        ack = 0x12345 if 'A' in flags else 0
        f.send(flags, data, seq=999, ack=ack)
        if want:
            f.expect(want, seq=ack, len=0)
        else:
            f.expect_none(0.05, f'an answer to {flags or "no flags"}')
    f, _ = e.half_open(lst)
    f.send('A')
    ensure(lst.wait_accept(), 'listening goes on')


@case('listen')
def listener_closes(e):
    """Closing the listener resets what was not accepted and forgets what is half-open."""
    lst = e.listener()
    half, _ = e.half_open(lst)
    done, _ = e.half_open(lst)
    done.send('A')
    e.tun.run(0.05)
    lst.close()
    p = done.next(0.5)
    ensure(p and 'R' in p.flags and p.off == 0, f'unaccepted: {p and p.text()}')
    half.expect_none(1.4, 'SYN-ACK after the listener closed')
    half.send('A')
    half.expect('R', seq=half.rcv_nxt)
    f = e.flow(lport=lst.port)
    f.send('S', opts=opt_mss(1460))
    f.expect('RA', rack=1)


@case('listen')
def listener_address(e):
    """A listener on one address leaves the others alone."""
    e.net()
    add_addr('10.88.0.50', 16, 'tun0')
    lst = e.listener(addr='10.88.0.50')
    f = e.flow(lport=lst.port)
    f.send('S', opts=opt_mss(1460))
    f.expect('RA', rack=1)
    f = e.flow(lport=lst.port)
    f.laddr = '10.88.0.50'
    f.send('S', opts=opt_mss(1460))
    p = f.expect('SA', rack=1)
    ensure(p.src == '10.88.0.50', f'answer from {p.src}')
    f.send('A')
    s = lst.wait_accept()
    ensure(s and s.getsockname()[0] == '10.88.0.50', 'address of the child')


@case('listen')
def broadcast_syn(e):
    """A SYN to a broadcast address or from a multicast one is ignored."""
    lst = e.listener()
    for port in (lst.port, 4999):
        f = e.flow(lport=port)
        f.laddr = '10.88.255.255'
        f.send('S', opts=opt_mss(1460))
        f.expect_none(0.1, 'an answer to a broadcast SYN')
        f = e.flow(lport=port, raddr='224.0.0.9')
        f.send('S', opts=opt_mss(1460))
        f.expect_none(0.1, 'an answer to a multicast source')


@case('listen')
def child_reset_before_accept(e):
    """RST after the handshake but before accept(): the child is accepted and reports it."""
    lst = e.listener()
    f, _ = e.half_open(lst)
    f.send('A')
    e.tun.run(0.05)
    f.send('R')
    e.tun.run(0.05)
    s = lst.wait_accept()
    ensure(s, 'nothing to accept')
    try:
        s.recv()
        ensure(False, 'no error from read()')
    except OSError as err:
        ensure(err.errno == errno.ECONNRESET, f'read() says {err}')


def _third(e, f):
    """The third packet comes: is the request still there? No answer means yes."""
    f.queue.clear()
    f.send('A')
    e.tun.run(0.02)
    return not any('R' in p.flags for p in f.queue)


@case('listen', timeout=200)
def synack_given_up(e):
    """A handshake is forgotten after so many SYN-ACKs, at the moment that doubling gives."""
    for sysctl, synack, count in ((3, None, 3), (3, 1, 1), (1, 4, 4)):
        e.sysctl('ipv4.tcp_synack_retries', sysctl)
        lst = e.listener(setup=lambda s, val=synack: val and s.setsockopt(6, socket.TCP_SYNCNT,
                                                                         val))
        early, late = e.half_open(lst)[0], e.half_open(lst)[0]
        end = 2 ** (count + 1) - 1
        # What is lost of the moment is the kernel's timers' rounding.
        e.tun.run(end * 0.98)
        sent = [p for p in early.queue if p.flags == 'SA']
        ensure(len(sent) == count, f'{len(sent)} SYN-ACKs sent again, not {count}')
        ensure(_third(e, early), f'given up before {end * 0.98:.2f} s')
        e.tun.run(end * 0.04 + 0.5)
        ensure(not _third(e, late), f'not given up after {end * 1.02 + 0.5:.2f} s')


@case('listen', timeout=60)
def synack_old_ones_pruned(e):
    """In a queue that is half full of old handshakes these are given up after two retries."""
    e.sysctl('ipv4.tcp_syncookies', 0)
    for count, retries, end, want in ((8, 3, 15, 7), (10, 2, 7, 1)):
        lst = e.listener(backlog=16)
        e.sysctl('ipv4.tcp_synack_retries', 3)
        flows = [e.half_open(lst, raddr=f'10.88.6.{i + 1}')[0] for i in range(count)]
        e.tun.run(end - 0.3)
        for f in flows:
            sent = sum(p.flags == 'SA' for p in f.queue)
            ensure(sent == retries, f'{sent} SYN-ACKs sent again of {count} handshakes')
        ensure(_third(e, flows[0]), f'given up before {end} s')
        e.tun.run(0.9)
        # As soon as the queue is half empty again the rest may go on.
        gone = sum(not _third(e, f) for f in flows[1:])
        ensure(gone == want, f'{gone} of {count} given up after {end} s, not {want}')


@case('listen')
def syn_again_restarts(e):
    """A SYN that comes again restarts the timer of its SYN-ACK."""
    lst = e.listener()
    f, first = e.half_open(lst)
    e.tun.run(0.6)
    f.send('S', seq=f.iss, opts=syn_opts(ts=(f.tsval(), 0)))
    second = f.expect('SA', timeout=0.1, seq=first.seq)
    third = f.expect('SA', timeout=2, seq=first.seq)
    near(third.time - second.time, 1.0, 'SYN-ACK after a SYN that came again')


@case('listen')
def synack_twice_no_sample(e):
    """Karn: two SYN-ACKs give no round trip, unless a timestamp tells which was answered."""
    lst = e.listener()
    for ts, again, want in ((False, False, 0.3), (True, False, 0.3), (False, True, 0),
                            (True, True, 0.1)):
        f, _ = e.half_open(lst, ts=ts)
        e.tun.run(0.2)
        if again:
            f.send('S', seq=f.iss, opts=syn_opts(ts=(f.tsval(), 0) if ts else None))
        e.tun.run(0.1)
        ensure(len(f.queue) == again, 'SYN-ACKs')
        f.send('A')
        near(info(lst.wait_accept(), 'rtt') / 1e6, want,
             f'round trip, timestamps {ts}, twice {again}')


@case('listen')
def abort_on_overflow(e):
    """tcp_abort_on_overflow: the third packet that finds no room is answered with RST."""
    e.sysctl('ipv4.tcp_syncookies', 0)
    e.sysctl('ipv4.tcp_abort_on_overflow', 1)
    lst = e.listener(backlog=2)
    flows = []
    for done in (2, 1):
        flows += [e.half_open(lst)[0] for _ in range(2)]
        for f in flows[-2:][:done]:
            f.send('A')
            f.expect_none(0.02)
    late = flows[-1]
    late.send('A')
    late.expect('R', seq=late.rcv_nxt)
    late.expect_none(3.5, 'a SYN-ACK after the reset')
    ensure(all(lst.wait_accept() for _ in range(3)), 'three connections')
    ensure(lst.accept() is None, 'the last third packet made a connection')


@case('listen', timeout=60)
def keepalive_inherited(e):
    """SO_KEEPALIVE of a listener works on its children, set before or after listen()."""
    def early(s):
        s.setsockopt(1, socket.SO_KEEPALIVE, 1)

    for setup in (early, None):
        lst = e.listener(setup=setup)
        if not setup:
            early(lst)
        lst.setsockopt(6, socket.TCP_KEEPIDLE, 3).setsockopt(6, socket.TCP_KEEPINTVL, 2)
        s, f = e.passive(lst)
        begin = time.monotonic()
        for at in (3.0, 5.0):
            p = f.expect('A', timeout=4, off=-1, len=0)
            near(p.time - begin, at, 'keepalive probe')
        s.abort()


@case('listen')
def window_clamp_inherited(e):
    """TCP_WINDOW_CLAMP of a listener bounds its children's windows."""
    lst = e.listener(setup=lambda s: s.setsockopt(6, socket.TCP_WINDOW_CLAMP, 6000))
    s, f = e.passive(lst)
    ensure(f.edge <= 6000, f'window {f.edge} of the SYN-ACK')
    ensure(s.getsockopt(6, socket.TCP_WINDOW_CLAMP) == 6000, 'getsockopt() of the child')
    # Larger segments would show that the buffer has room for more.
    for _ in range(20):
        f.send('A', b'x' * 100)
        ensure(s.recv_exact(100), 'data')
        for p in f.collect(0.05):
            ensure(p.win << f.peer_ws <= 6000, f'window {p.win << f.peer_ws}')


@case('listen')
def reflect_tos(e):
    """tcp_reflect_tos: SYN-ACK and child have the SYN's type of service, but not its ECN."""
    Pkt.free = ('tos',)
    for on in (0, 1):
        e.sysctl('ipv4.tcp_reflect_tos', on)
        lst = e.listener(setup=lambda s: s.setsockopt(0, 1, 0x20))
        f = e.flow(lport=lst.port)
        raw = bytearray(f.build('S', opts=opt_mss(1460)))
        raw[1] = 0x4b
        raw[10:12] = bytes(2)
        raw[10:12] = struct.pack('!H', checksum(bytes(raw[:20])))
        e.tun.inject(bytes(raw))
        f.snd_nxt += 1
        p = f.expect('SA', rack=1)
        want = 0x48 if on else 0x20
        ensure(p.raw[1] == want, f'type of service {p.raw[1]:#x} of the SYN-ACK')
        f.send('A')
        s = lst.wait_accept()
        ensure(s.getsockopt(0, 1) == want, f'IP_TOS {s.getsockopt(0, 1):#x} of the child')


@case('listen')
def listener_ttl(e):
    """IP_TTL of a listener is that of its SYN-ACKs."""
    Pkt.free = ('ttl',)
    for ttl in (33, 64):
        lst = e.listener(setup=lambda s, val=ttl: s.setsockopt(0, socket.IP_TTL, val))
        _, p = e.half_open(lst)
        ensure(p.raw[8] == ttl, f'time to live {p.raw[8]} of the SYN-ACK')


def _prefer(group, insns):
    """SO_ATTACH_REUSEPORT_CBPF: the program of (code, jt, jf, k) chooses among the group."""
    raw = ctypes.create_string_buffer(b''.join(struct.pack('=HBBI', *i) for i in insns))
    group[0].setsockopt(1, 51, struct.pack('=H6xQ', len(insns), ctypes.addressof(raw)))


def _takers(e, group, count):
    """Which of the group accepts, for connections from successive ports."""
    got = []
    for _ in range(count):
        f, _ = e.half_open(group[0])
        f.send('A')
        e.tun.run(0.01)
        socks = [s.accept() for s in group]
        ensure(sum(map(bool, socks)) == 1, f'{sum(map(bool, socks))} connections of one')
        got.append((f.rport, next(i for i, s in enumerate(socks) if s)))
    return got


@case('listen', timeout=60)
def reuseport_bpf(e):
    """A program of SO_ATTACH_REUSEPORT_CBPF says which listener takes a connection."""
    port = e.next_lport()
    group = [e.listener(port=port, setup=lambda s: s.setsockopt(1, socket.SO_REUSEPORT, 1))
             for _ in range(3)]
    # The peer's port, by 4: 3 is no listener, so any will do.
    by_port = [(0x28, 0, 0, 0xfff00014), (0x54, 0, 0, 3), (0x16, 0, 0, 0)]
    _prefer(group, by_port)
    for rport, taker in _takers(e, group, 24):
        ensure(rport % 4 in (taker, 3), f'listener {taker} took port {rport}')
    # Of data there is none: what a program would read there is not chosen by.
    _prefer(group, [(0x30, 0, 0, 0), (0x16, 0, 0, 0)])
    _takers(e, group, 4)
    _prefer(group, [(0x06, 0, 0, 2)])
    ensure({taker for _, taker in _takers(e, group, 6)} == {2}, 'program that says 2')
    group.pop().close()
    _takers(e, group, 6)
    _prefer(group, [(0x06, 0, 0, 1)])
    ensure({taker for _, taker in _takers(e, group, 6)} == {1}, 'program that says 1')
    group[1].setsockopt(1, 68, 0)
    ensure({taker for _, taker in _takers(e, group, 30)} == {0, 1}, 'the program was taken away')
    group[1].setsockopt(1, 49, 0)
    ensure({taker for _, taker in _takers(e, group, 8)} == {1}, 'SO_INCOMING_CPU')


@case('listen')
def reuseport_bpf_refused(e):
    """The program is for sockets with SO_REUSEPORT; there must be one to take it away."""
    for opts, num in (((), errno.EINVAL), ((socket.SO_REUSEPORT,), errno.ENOENT)):
        lst = e.listener(setup=lambda s, val=opts: [s.setsockopt(1, opt, 1) for opt in val])
        for opt in opts or (0,):
            try:
                lst.setsockopt(1, 68, 0)
                ensure(False, f'SO_DETACH_REUSEPORT_BPF with {opt}')
            except OSError as err:
                ensure(err.errno == num, f'SO_DETACH_REUSEPORT_BPF with {opt}: {err}')
        if opts:
            continue
        try:
            _prefer([lst], [(0x06, 0, 0, 0)])
            ensure(False, 'a program without SO_REUSEPORT')
        except OSError as err:
            ensure(err.errno == num, f'a program without SO_REUSEPORT: {err}')


def _cost(e, port, addr, count):
    """Microseconds that the stack takes for a SYN, of so many; each from its own port."""
    flows = [e.flow(lport=port, raddr=addr, rport=1024 + i) for i in range(count)]
    raws = [f.build('S', opts=opt_mss(1460)) for f in flows]
    begin = time.perf_counter()
    for raw in raws:
        os.write(e.tun.fd, raw)
    took = time.perf_counter() - begin
    e.tun.run(0.001)
    for f in flows:
        f.forget()
    e.tun.every_flow.clear()
    return took / count * 1e6


@case('listen', timeout=120)
def syn_flood_cost(e):
    """A SYN costs the same with 500 and with 5,000 half open, and they go as fast."""
    for key in ('core.somaxconn', 'ipv4.tcp_max_syn_backlog'):
        e.sysctl(key, 20000)
    e.sysctl('ipv4.tcp_syncookies', 0)
    costs, ends = [], []
    debug = os.environ.get('NEWINET_KERNEL') == 'debug'
    step = 50 if debug else 500
    for size in (step,) if debug else (step, 5000):
        lst = e.listener(backlog=10000)
        for i in range(0, size, step):
            _cost(e, lst.port, f'10.88.9.{i // step}', step)
        costs.append(_cost(e, lst.port, '10.88.10.1', min(step, 200)))
        begin = time.perf_counter()
        lst.close()
        ends.append((time.perf_counter() - begin) / size * 1e6)
    print('SYN, and at the end, us:', *(f'{each:.1f}' for each in costs + ends))
    if debug:
        raise Skip('the allocators of this kernel look at what else is allocated')
    ensure(costs[1] < 1.3 * costs[0], f'SYN: {costs[0]:.1f} us, then {costs[1]:.1f}')
    ensure(ends[1] < 1.5 * ends[0] + 0.5, f'end: {ends[0]:.1f} us, then {ends[1]:.1f}')


@case('listen', timeout=60)
def synacks_lost(e):
    """After two SYN-ACKs in vain the first window is a segment, if the peer saw a later one."""
    lst = e.listener()
    for ts, wait, first, want in ((False, 0, False, 10), (False, 1.3, False, 10),
                                  (False, 3.5, False, 1), (True, 3.5, False, 1),
                                  (True, 3.5, True, 10)):
        f, p = e.half_open(lst, ts=ts)
        e.tun.run(wait)
        f.queue.clear()
        if first:
            f.ts_recent = p.opts['ts'][0]
        f.send('A')
        s = lst.wait_accept()
        s.send(b'm' * 20000)
        got = sum(p.len > 0 for p in f.collect(0.05))
        ensure(got == want, f'{got} segments, timestamps {ts}, after {wait} s, first {first}')


def _congestion(s):
    name = ctypes.create_string_buffer(16)
    size = ctypes.c_uint32(16)
    libc.getsockopt(s.fd, 6, socket.TCP_CONGESTION, name, ctypes.byref(size))
    return name.value


@case('listen')
def congestion_control_inherited(e):
    """A child has its listener's congestion control if that was chosen, else the default."""
    for chosen in (b'', b'reno', b'cubic'):
        e.sysctl('ipv4.tcp_congestion_control', 'cubic')
        lst = e.listener(setup=lambda s, val=chosen: val and s.setsockopt(6, 13, val))
        e.sysctl('ipv4.tcp_congestion_control', 'reno')
        s, _ = e.passive(lst)
        want = chosen or b'reno'
        ensure(_congestion(s) == want, f'{_congestion(s)} of the child, not {want}')
