# SPDX-License-Identifier: GPL-2.0
# test: wire_open
# clock: virtual
# timeout: 240
# full: debug
# needs: python3
"""Wire cases for the active open: the SYN and its options, retransmission, refusal,
sequence numbers, timestamp offsets and ephemeral ports.
"""
import errno
import select
import socket
import time

from env import REMOTE, case
from packet import (SYN, ensure, icmp_error, ip_packet, near, opt_mss, opt_ts, pad, seq_diff,
                    tcp_segment)
from peer import Sysctl, match_flags, set_mtu, syn_opts
from rtnl import add_route


def linear_syns(e):
    """SYN time-outs before they begin to double: 6.1 has no such thing."""
    return int(Sysctl.get('ipv4.tcp_syn_linear_timeouts') or 0)


def syn_gaps(e, count):
    lin = linear_syns(e)
    return [1.0 if i < lin else float(1 << (i - lin)) for i in range(count)]


@case('open')
def syn_options(e):
    """The SYN offers MSS, SACK, timestamps and window scale; the third packet completes."""
    s, f, syn = e.connect()
    o = syn.opts
    ensure(o.get('mss') == 1460, f'mss {o.get("mss")}')
    ensure('sackok' in o and 'ts' in o and 'ws' in o, f'options missing: {syn.text()}')
    ensure(o['ws'] <= 14 and o['ts'][1] == 0, f'wscale or echo: {syn.text()}')
    ensure(syn.len == 0 and syn.win > 0, syn.text())
    ensure(s.poll(select.POLLOUT) & select.POLLOUT == 0, 'writable before the SYN-ACK')
    ours = f.tsval()
    f.ts = 1
    f.send('SA', opts=syn_opts(ts=(ours, f.ts_recent)))
    a = f.expect('A', off=0, rack=1, len=0)
    ensure(a.opts.get('ts', (0, 0))[1] == ours, f'timestamp not echoed: {a.text()}')
    ensure(s.poll(select.POLLOUT, 1) & select.POLLOUT and s.error() == 0, 'not connected')
    ensure(s.getpeername() == (REMOTE, f.rport), 'getpeername')
    ensure(s.getsockname() == (e.tun.addr, f.lport), 'getsockname')


@case('open')
def syn_options_refused(e):
    """Options that the SYN-ACK leaves out are not used."""
    _, f = e.active(sack=False, ts=False, ws=None)
    f.send('A', b'x' * 10)
    p = f.expect('A', rack=11)
    ensure(not p.opts['order'], f'options on an ACK without any agreed: {p.text()}')


@case('open')
def sysctl_options(e):
    """tcp_sack, tcp_timestamps and tcp_window_scaling switch the offers off."""
    for key, opt in (('tcp_sack', 'sackok'), ('tcp_timestamps', 'ts'),
                     ('tcp_window_scaling', 'ws')):
        e.sysctl(f'ipv4.{key}', 0)
        _, _, syn = e.connect()
        ensure(opt not in syn.opts, f'{opt} offered with {key}=0')
        ensure(len(syn.opts['order']) == 3, f'only {opt} is off: {syn.text()}')
        e.sysctl(f'ipv4.{key}', 1)
    lst = e.listener()
    for key, opt in (('tcp_sack', 'sackok'), ('tcp_timestamps', 'ts'),
                     ('tcp_window_scaling', 'ws')):
        e.sysctl(f'ipv4.{key}', 0)
        _, p = e.half_open(lst)
        ensure(set(p.opts['order']) == {'mss', 'sackok', 'ts', 'ws'} - {opt},
               f'{key}=0, SYN-ACK: {p.text()}')
        e.sysctl(f'ipv4.{key}', 1)


@case('open')
def route_changes(e):
    """A connection goes on by the route that there is, from the address that it has."""
    e.net()
    tun1 = e.add_tun(name='tun1', addr='10.89.0.1')
    add_route('10.90.0.0', 16, 'tun0', metric=2)
    s, f = e.active(raddr='10.90.0.5')
    s.send(b'by tun0')
    f.expect('A', off=0, data=b'by tun0')
    f.ack_to(7)
    add_route('10.90.0.0', 16, 'tun1', metric=1)
    s.send(b'by tun1')
    p = tun1.stray(0.1)
    ensure(p and (p.src, p.dst, p.data) == (f.laddr, f.raddr, b'by tun1'),
           f'by tun1: {p.text() if p else "nothing"}')
    # What was sent by the old route is sent again by the new one as well.
    p = tun1.stray(1.0)
    ensure(p and p.data == b'by tun1', f'again: {p.text() if p else "nothing"}')
    f.send('A', b'x', ack=f.theirs(14))
    p = tun1.stray(0.3)
    ensure(s.recv_exact(1) == b'x' and p and p.ack == f.snd_nxt,
           f'ACK: {p.text() if p else "nothing"}')
    f.expect_none(0.05, 'by the old route')


@case('open')
def mss_from_route(e):
    """MSS follows the device's MTU, the route's advmss and mtu, and TCP_MAXSEG."""
    e.net(mtu=1400)
    ensure(e.connect()[2].opts['mss'] == 1360, 'mss at MTU 1400')
    set_mtu('tun0', 9000)
    ensure(e.connect()[2].opts['mss'] == 8960, 'mss at MTU 9000')
    add_route('10.88.7.0', 24, 'tun0', advmss=1000)
    add_route('10.88.8.0', 24, 'tun0', mtu=1300)
    ensure(e.connect(raddr='10.88.7.9')[2].opts['mss'] == 1000, 'advmss 1000')
    ensure(e.connect(raddr='10.88.8.9')[2].opts['mss'] == 1260, 'route mtu 1300')
    _, _, syn = e.connect(setup=lambda s: s.setsockopt(6, socket.TCP_MAXSEG, 700))
    ensure(syn.opts['mss'] == 700, f'TCP_MAXSEG 700 gives {syn.opts["mss"]}')
    lst = e.listener()
    ensure(e.half_open(lst, raddr='10.88.7.9')[1].opts['mss'] == 1000, 'SYN-ACK advmss')


@case('open')
def route_mtu_limits_send(e):
    """Data segments obey the route's MTU, even where the peer allows more."""
    e.net()
    add_route('10.88.8.0', 24, 'tun0', mtu=1300)
    s, f = e.active(raddr='10.88.8.9')
    s.send(b'm' * 8000)
    sizes = [len(p.raw) for p in f.collect(0.05)]
    ensure(max(sizes) == 1300, f'packets of {sizes} bytes on a route of 1300')


@case('open')
def tcp_maxseg_sends(e):
    """TCP_MAXSEG and the peer's MSS bound what is sent."""
    s, f = e.active(ts=False, setup=lambda s: s.setsockopt(6, socket.TCP_MAXSEG, 700))
    s.send(b'm' * 3000)
    ensure([p.len for p in f.collect(0.05)] == [700, 700, 700, 700, 200], 'TCP_MAXSEG 700')
    s, f = e.active(mss=900, ts=True)
    s.send(b'm' * 2000)
    ensure([p.len for p in f.collect(0.05)] == [888, 888, 224], 'peer MSS 900 less timestamps')


@case('open')
def min_snd_mss(e):
    """A peer that asks for tiny segments gets tcp_min_snd_mss."""
    s, f = e.active(mss=10, ts=False)
    s.send(b'm' * 200)
    sizes = [p.len for p in f.collect(0.05)]
    ensure(sizes[0] == 48, f'segments {sizes}, tcp_min_snd_mss is 48')
    e.sysctl('ipv4.tcp_min_snd_mss', 300)
    s, f = e.active(mss=10, ts=False)
    s.send(b'm' * 2000)
    sizes = [p.len for p in f.collect(0.05)]
    ensure(sizes[0] == 300, f'segments {sizes}, tcp_min_snd_mss is 300')


@case('open')
def mss_536_synack(e):
    """A SYN-ACK without MSS means 536."""
    s, f = e.active(mss=None, ts=False)
    s.send(b'm' * 2000)
    ensure([p.len for p in f.collect(0.05)] == [536, 536, 536, 392], 'default MSS')


@case('open', timeout=40)
def syn_retransmit(e):
    """The SYN comes again after 1, 2, 4 s, the same each time, then ETIMEDOUT."""
    e.sysctl('ipv4.tcp_syn_linear_timeouts', 0)
    e.sysctl('ipv4.tcp_syn_retries', 3)
    s, f, syn = e.connect()
    last = syn
    gaps = syn_gaps(e, 4)
    for gap in gaps[:3]:
        p = f.expect('S', timeout=gap * 1.5 + 1, seq=syn.seq)
        near(p.time - last.time, gap, 'SYN retransmission')
        ensure(p.opts['order'] == syn.opts['order'] and p.opts['mss'] == syn.opts['mss'] and
               p.opts['ws'] == syn.opts['ws'] and p.win == syn.win, f'SYN changed: {p.text()}')
        near((p.opts['ts'][0] - syn.opts['ts'][0]) / 1000, p.time - syn.time, 'its timestamp')
        last = p
    ensure(s.poll(select.POLLERR, gaps[3] * 1.5 + 1) & select.POLLERR, 'no time-out')
    near(time.monotonic() - last.time, gaps[3], 'time-out after the last SYN')
    ensure(s.error() == errno.ETIMEDOUT, 'not ETIMEDOUT')
    f.expect_none(0.1)


@case('open', timeout=150)
def syn_retransmit_linear(e):
    """By default the first time-outs stay at 1 s each before they double (6.5 and later)."""
    _, f, last = e.connect()
    for gap in syn_gaps(e, 6):
        p = f.expect('S', timeout=gap * 1.5 + 1, seq=last.seq)
        near(p.time - last.time, gap, 'SYN retransmission')
        last = p


@case('open')
def synack_late(e):
    """A SYN-ACK that answers a retransmitted SYN completes the connection."""
    s, f, _ = e.connect()
    f.expect('S', timeout=1.5)
    f.send('SA', opts=syn_opts(ts=(f.tsval(), f.ts_recent)))
    f.ts = 1
    f.expect('A', rack=1)
    s.send(b'hello')
    f.expect('A', len=5, off=0)


@case('open')
def rst_refuses(e):
    """RST with the right ACK in SYN-SENT: ECONNREFUSED at once, and nothing more is sent."""
    s, f, _ = e.connect()
    f.send('RA', seq=0)
    ensure(s.poll(select.POLLIN, 1) & select.POLLERR, 'no error event')
    ensure(s.error() == errno.ECONNREFUSED, 'not ECONNREFUSED')
    f.expect_none(1.3)


def no_reply(f):
    """Nothing but the SYN again, which Linux sends early after a bad ACK in SYN-SENT."""
    for p in f.collect(0.1):
        match_flags(p, 'S')


@case('open')
def syn_sent_bad_rst(e):
    """In SYN-SENT, RST without ACK or with another ACK number is ignored."""
    s, f, _ = e.connect()
    f.send('R', seq=0)
    f.send('R', seq=f.iss)
    f.send('RA', seq=0, ack=f.rcv_nxt + 1)
    f.send('RA', seq=0, ack=f.rcv_nxt - 1)
    f.send('RA', seq=0, ack=f.rcv_nxt + 0x40000000)
    no_reply(f)
    ensure(s.poll(select.POLLOUT) == 0, 'an off-path RST ended the connect')
    f.send('SA', opts=syn_opts())
    f.expect('A', off=0, rack=1)


@case('open')
def syn_sent_bad_ack(e):
    """In SYN-SENT, an ACK of something else is answered with RST; the connect goes on."""
    s, f, _ = e.connect()
    for flags, delta in (('SA', 5), ('A', -1), ('SA', -1), ('A', 0x20000000)):
        bad = (f.rcv_nxt + delta) & 0xffffffff
        f.send(flags, seq=f.iss, ack=bad)
        p = f.wait_for(lambda p: not p.bits & SYN, 1, 'no RST')
        match_flags(p, 'R')
        ensure(p.seq == bad, f'RST seq {p.seq:#x}, not the bad ACK {bad:#x}')
    f.send('A', seq=f.iss)          # right number, but no SYN: dropped
    no_reply(f)
    ensure(s.poll(select.POLLOUT) == 0, 'connect ended')
    f.send('SA', opts=syn_opts(ws=7, ts=(f.tsval(), f.ts_recent)))
    f.expect('A', off=0, rack=1)
    ensure(s.poll(select.POLLOUT, 1) & select.POLLOUT and s.error() == 0, 'not connected')


@case('open')
def syn_sent_old_connection(e):
    """The peer still has an older connection: our RST ends that, the SYN goes again at once,
    and no more than once.
    """
    s, f, syn = e.connect()
    bad = (f.rcv_nxt + 5000) & 0xffffffff
    f.send('A', seq=f.iss, ack=bad)
    f.expect('R', seq=bad, timeout=0.1)
    f.expect('S', seq=syn.seq, timeout=0.1)
    f.send('A', seq=f.iss, ack=bad)
    f.expect('R', seq=bad, timeout=0.1)
    f.expect_none(0.5, 'the SYN once more')
    f.send('SA', opts=syn_opts(ws=7, ts=(f.tsval(), f.ts_recent)))
    f.expect('A', off=0, rack=1)
    ensure(s.poll(select.POLLOUT, 1) & select.POLLOUT and s.error() == 0, 'not connected')


@case('open')
def synack_again(e):
    """The SYN-ACK sent once more (its ACK was lost) is answered with an ACK."""
    s, f = e.active()
    f.send('SA', seq=f.iss, opts=syn_opts(ts=(f.tsval(), f.ts_recent)))
    f.expect('A', off=0, rack=1, len=0)
    s.send(b'x')
    f.expect('A', len=1)


@case('open')
def icmp_refuses(e):
    """ICMP port unreachable about the SYN refuses it, host unreachable fails it."""
    for code, want in ((3, errno.ECONNREFUSED), (1, errno.EHOSTUNREACH)):
        s, f, syn = e.connect()
        e.tun.inject(icmp_error(REMOTE, e.tun.addr, syn.raw[:28], 3, code))
        ensure(s.poll(select.POLLIN, 1) & select.POLLERR, f'no error event for code {code}')
        ensure(s.error() == want, f'not {errno.errorcode[want]}')
        f.expect_none(1.2, 'SYN after an ICMP error')


@case('open')
def isn_keyed(e):
    """Initial numbers: unrelated between four-tuples, rising with time for the same one."""
    isns = []
    for i in range(10):
        _, f, syn = e.connect(raddr=f'10.88.3.{i + 1}')
        isns.append(syn.seq)
        f.forget()
    lst = e.listener()
    for i in range(6):
        isns.append(e.half_open(lst, raddr=f'10.88.4.{i + 1}')[1].seq)
    jumps = [abs(seq_diff(b, a)) for a, b in zip(isns, isns[1:])]
    ensure(len(set(isns)) == len(isns), 'an initial number came twice')
    ensure(sum(j > 1 << 26 for j in jumps) >= 10, f'initial numbers are close: {jumps}')
    got = []
    for _ in range(3):
        s, f, syn = e.connect(setup=lambda s: s.bind(33333), rport=7777)
        got.append((syn.seq, syn.time))
        f.send('RA', seq=0)
        s.poll(select.POLLIN, 1)
        s.close()
        f.forget()
        e.tun.run(1.0)
    for (seq1, t1), (seq2, t2) in zip(got, got[1:]):
        rate = seq_diff(seq2, seq1) / (t2 - t1)
        ensure(200e3 < rate < 40e6, f'same four-tuple: {rate:.0f} a second')


@case('open')
def timestamp_offset(e):
    """Timestamps tick in ms; their offset differs between peers, not for one four-tuple."""
    vals = []
    for i in range(6):
        _, _, syn = e.connect(raddr=f'10.88.3.{i + 1}')
        vals.append(syn.opts['ts'][0])
    jumps = [abs(seq_diff(b, a)) for a, b in zip(vals, vals[1:])]
    ensure(sum(j > 1 << 20 for j in jumps) >= 4, f'offsets of peers are close: {jumps}')
    got = []
    for _ in range(3):
        s, f, syn = e.connect(setup=lambda s: s.bind(33333), rport=7777)
        got.append(syn)
        f.send('RA', seq=0)
        s.poll(select.POLLIN, 1)
        s.close()
        f.forget()
        e.tun.run(1.0)
    for a, b in zip(got, got[1:]):
        ms = seq_diff(b.opts['ts'][0], a.opts['ts'][0])
        near(ms / 1000, b.time - a.time, 'clock of the timestamps')
    e.sysctl('ipv4.tcp_timestamps', 2)
    _, _, a = e.connect(raddr='10.88.3.1')
    _, _, b = e.connect(raddr='10.88.3.2')
    ensure(abs(seq_diff(b.opts['ts'][0], a.opts['ts'][0])) < 2000, 'offset with tcp_timestamps=2')


@case('open')
def ephemeral_ports(e):
    """Ephemeral ports: in the range, not the reserved ones, not one after the other."""
    e.sysctl('ipv4.ip_local_port_range', '40000 44095')
    ports = []
    for i in range(16):
        s, f, _ = e.connect(raddr=f'10.88.3.{i + 1}', rport=80)
        ensure(s.getsockname()[1] == f.lport, 'getsockname differs from the wire')
        ports.append(f.lport)
    ensure(all(40000 <= p <= 44095 for p in ports), f'outside the range: {ports}')
    steps = {b - a for a, b in zip(ports, ports[1:])}
    ensure(len(steps) >= 6 and max(ports) - min(ports) > 500, f'ports in a row: {ports}')
    bound = [e.sock().bind(0).getsockname()[1] for _ in range(16)]
    ensure(all(40000 <= p <= 44095 for p in bound), f'bind outside the range: {bound}')
    ensure(max(bound) - min(bound) > 500, f'bind gives ports in a row: {bound}')


@case('open')
def ephemeral_reserved(e):
    """ip_local_reserved_ports are never chosen, neither by connect() nor by bind()."""
    e.sysctl('ipv4.ip_local_port_range', '40000 40031')
    e.sysctl('ipv4.ip_local_reserved_ports', '40000-40019,40022')
    free = set(range(40020, 40032)) - {40022}
    seen = set()
    for i in range(len(free)):
        _, f, _ = e.connect(raddr='10.88.3.1', rport=80)
        seen.add(f.lport)
    ensure(seen == free, f'ports {sorted(seen)}')
    e.sysctl('ipv4.ip_local_reserved_ports', '40000-40025')
    for i in range(6):
        _, f, _ = e.connect(raddr=f'10.88.4.{i}', rport=81)
        ensure(f.lport > 40025, f'reserved port {f.lport}')
    e.sysctl('ipv4.ip_local_port_range', '41000 41015')
    e.sysctl('ipv4.ip_local_reserved_ports', '41000-41007')
    socks = [e.sock().bind(0) for _ in range(6)]
    ports = [s.getsockname()[1] for s in socks]
    ensure(all(41008 <= p <= 41015 for p in ports), f'bind chose {ports}')


@case('open')
def ephemeral_exhausted(e):
    """All ports used towards one peer: EADDRNOTAVAIL; towards another they serve again."""
    e.sysctl('ipv4.ip_local_port_range', '40000 40003')
    keep = [e.connect(raddr='10.88.3.1', rport=80) for _ in range(4)]
    ensure({f.lport for _, f, _ in keep} == {40000, 40001, 40002, 40003}, 'four ports')
    extra = e.sock()
    err = extra.connect('10.88.3.1', 80)
    ensure(err == errno.EADDRNOTAVAIL, f'fifth connect: {errno.errorcode.get(err, err)}')
    keep += [e.connect(raddr='10.88.3.2', rport=80) for _ in range(4)]
    keep += [e.connect(raddr='10.88.3.1', rport=81) for _ in range(4)]
    ensure(all(40000 <= f.lport <= 40003 for _, f, _ in keep), 'ports shared between peers')


@case('open')
def ephemeral_given_up(e):
    """A port whose connections were given up serves again when no other is left."""
    e.sysctl('ipv4.ip_local_port_range', '40000 44095')
    e.sysctl('ipv4.ip_local_reserved_ports', '40000-44094')
    for _ in range(40):
        s, f, _ = e.connect(raddr='10.88.3.1', rport=80)
        ensure(f.lport == 44095, f'port {f.lport}')
        s.close()
        f.forget()


@case('open')
def ephemeral_given_up_often(e):
    """However often a program gives up, most of the ports stay free for others."""
    e.sysctl('ipv4.ip_local_port_range', '40000 40511')
    ports = set()
    for _ in range(400):
        s, f, _ = e.connect(raddr='10.88.3.1', rport=80)
        ports.add(f.lport)
        s.close()
        f.forget()
    ensure(len(ports) <= 256, f'{len(ports)} ports')


@case('open')
def ephemeral_frugal(e):
    """Many connections to one place, and many that come and go: half of the ports stay free."""
    e.sysctl('ipv4.ip_local_port_range', '40000 41023')
    ports = set()
    kept = []
    for i in range(1200):
        s, f, _ = e.connect(raddr='10.88.3.1', rport=80)
        ports.add(f.lport)
        if i < 400:
            kept.append(s)
            continue
        f.send('RA', seq=0)
        s.poll(select.POLLIN, 1)
        s.close()
        f.forget()
    ensure(len(ports) <= 512, f'{len(ports)} ports')


@case('open')
def bindtodevice(e):
    """SO_BINDTODEVICE: a client leaves by that device, a listener hears that one alone."""
    e.net()
    tun1 = e.add_tun(name='tun1', addr='10.89.0.1')
    add_route('10.90.0.0', 16, 'tun0', metric=1)
    add_route('10.90.0.0', 16, 'tun1', metric=2)
    s, _, _ = e.connect(raddr='10.90.0.5')
    ensure(s.getsockname()[0] == '10.88.0.1', 'the route leads over tun0')

    def to_tun1(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'tun1\0')
    s, f, _ = e.connect(raddr='10.90.0.5', tun=tun1, setup=to_tun1)
    ensure(s.getsockname()[0] == '10.89.0.1', 'bound to tun1')
    f.send('SA', opts=syn_opts(ts=(f.tsval(), f.ts_recent)))
    f.expect('A')
    bound = e.listener(setup=to_tun1)
    f, _ = e.half_open(bound, raddr='10.89.0.9', tun=tun1)
    f.send('A')
    ensure(bound.wait_accept(), 'no connection over the bound device')
    other = e.flow(lport=bound.port, raddr='10.88.0.9')
    other.send('S', opts=opt_mss(1460))
    other.expect('RA', rack=1)

    def to_tun0(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'tun0\0')
    second = e.listener(port=bound.port, setup=to_tun0)
    f, _ = e.half_open(second, raddr='10.88.0.8')
    f.send('A')
    ensure(second.wait_accept() and not bound.accept(), 'the other device has its own listener')


@case('open')
def bindtodevice_established(e):
    """A bound connection ignores segments that arrive on another device."""
    e.net()
    tun1 = e.add_tun(name='tun1', addr='10.89.0.1')

    def to_tun1(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'tun1\0')
    s, f = e.active(raddr='10.89.0.9', tun=tun1, setup=to_tun1)
    raw = f.build('A', b'wrong device')
    e.tun.inject(raw)
    e.tun.run(0.1)
    ensure(s.recv() is None, 'data from another device was taken')
    f.send('A', b'right device')
    ensure(s.recv_exact(12) == b'right device', 'data from the bound device')


@case('open')
def accepts_small_synack_window(e):
    """The window of the SYN-ACK is not scaled."""
    s, f, _ = e.connect()
    f.ts = 1
    f.ws = 7
    f.send('SA', win=1000, opts=syn_opts(ts=(f.tsval(), f.ts_recent), ws=7))
    f.expect('A', rack=1)
    s.send(b'w' * 5000)
    sent = max((p.endoff for p in f.collect(0.1)), default=0)
    ensure(0 < sent <= 1000, f'{sent} bytes sent into a window of 1000')


@case('open')
def ts_recent_not_echoed_without(e):
    """Timestamps that come although none were agreed are not echoed."""
    _, f = e.active(ts=False)
    f.send('A', b'x' * 10, opts=pad(opt_ts(1, 2)))
    p = f.expect('A', rack=11)
    ensure('ts' not in p.opts, f'timestamp without agreement: {p.text()}')


@case('open')
def foreign_segment(e):
    """A segment for no socket gets a RST from whoever owns the port; RSTs get nothing."""
    tun = e.net()
    f = e.flow(lport=4999)
    for flags, data, seq, want_seq, want_ack in (
            ('S', b'', 1000, 0, 1001), ('A', b'', 1000, 0x1234, None),
            ('F', b'', 1000, 0, 1001), ('', b'abc', 1000, 0, 1003),
            ('A', b'abc', 1000, 0x1234, None), ('SF', b'', 1000, 0, 1002)):
        seg = tcp_segment(f.raddr, f.laddr, f.rport, 4999, seq,
                          0x1234 if 'A' in flags else 0, _bits(flags), 500, b'', data)
        tun.inject(ip_packet(f.raddr, f.laddr, seg))
        p = f.expect('R' if want_ack is None else 'RA', len=0, win=0)
        ensure(p.seq == want_seq, f'{flags}: RST seq {p.seq:#x}')
        ensure(want_ack is None or p.ack == want_ack, f'{flags}: RST ack {p.ack}')
    f.send('R', seq=1)
    f.send('RA', seq=1, ack=2)
    f.expect_none(0.1, 'an answer to RST')


def _bits(flags):
    return sum(1 << 'FSRPA'.index(c) for c in flags)


@case('open')
def bound_port_closed(e):
    """A port that is bound but not listening refuses a SYN and resets a stray ACK."""
    e.net()
    s = e.sock().bind(4777)
    f = e.flow(lport=4777)
    f.send('S', opts=opt_mss(1460))
    f.expect('RA', rack=1, seq=0)
    f.send('A', seq=5, ack=77)
    f.expect('R', seq=77)
    s.close()


def crossed_syns(e, **kw):
    """Both sides send a SYN: socket, flow, and our SYN-ACK."""
    s, f, syn = e.connect(**kw)
    f.send('S', opts=syn_opts(1460, True, None, None))
    p = f.expect('SA', rack=1, len=0, seq=syn.seq)
    return s, f, p


@case('open')
def crossed_synack(e):
    """Simultaneous open: nothing is ready until the peer's SYN-ACK, which is enough."""
    for flags in ('SA', 'A'):
        s, f, _ = crossed_syns(e)
        ensure(s.poll(select.POLLIN | select.POLLOUT) == 0, 'ready in SYN-RECEIVED')
        if flags == 'SA':
            f.send('SA', seq=f.iss, opts=syn_opts(1460, True, None, None))
            f.expect('A', rack=1)
        else:
            f.send('A')
        ensure(s.poll(select.POLLOUT, 1) == select.POLLOUT, 'not open')
        ensure(s.error() == 0, 'SO_ERROR')
        s.send(b'ours')
        f.expect('A', off=0, data=b'ours')
        f.send('A', b'theirs')
        ensure(s.recv_exact(6) == b'theirs', 'data')


@case('open')
def crossed_shutdown(e):
    """shutdown() between the SYNs is remembered: the FIN goes once the connection is open."""
    s, f, _ = crossed_syns(e)
    try:
        s.shutdown(socket.SHUT_WR)
    except OSError as err:
        ensure(err.errno == errno.ENOTCONN, str(err))
    f.send('SA', seq=f.iss, opts=syn_opts(1460, True, None, None))
    f.wait_for(lambda p: 'F' in p.flags, 1, 'no FIN')
    f.send('A')
    e.tun.run(1)
    ensure(not any('F' in p.flags for p in f.queue), 'FIN after its ACK')


@case('open')
def crossed_bad_ack(e):
    """In SYN-RECEIVED an ACK of what was never sent is reset, and the right one still opens."""
    s, f, _ = crossed_syns(e)
    for wrong in (1, 100000):
        f.send('A', ack=f.theirs(wrong))
        f.expect('R', seq=f.theirs(wrong))
    f.send('A')
    ensure(s.poll(select.POLLOUT, 1) == select.POLLOUT and s.error() == 0, 'not open')
