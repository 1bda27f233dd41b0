# SPDX-License-Identifier: GPL-2.0
# test: wire_security
# clock: virtual
# timeout: 240
# needs: python3
"""Wire cases for what an attacker or a broken peer sends: blind RST, SYN and data
(RFC 5961), ICMP (RFC 5927), wrong checksums, lengths and options.
"""
import errno
import select
import time

from env import REMOTE, case
from packet import NOP, ensure, icmp_error, ip_packet, opt_mss, opt_ts, pattern
from peer import syn_opts


def alive(s, f, what):
    """Data still flow both ways, with the right numbers."""
    f.queue.clear()
    nxt = f.snd_nxt
    f.send('A', b'alive')
    ensure(s.recv_exact(5, 0.5) == b'alive', f'connection is dead or out of step after {what}')
    f.wait_for(lambda p: p.ack == nxt + 5 & 0xffffffff or p.ack == f.snd_nxt, 0.5,
               f'no ACK after {what}')
    s.send(b'yes')
    p = f.wait_for(lambda p: p.len, 0.5, f'no data after {what}')
    ensure(p.data == b'yes', f'data {p.data} after {what}')
    f.ack_to(p.endoff)


def challenge(f, what, timeout=0.3):
    """The next packet, which must be a bare ACK with the current numbers."""
    p = f.next(timeout)
    ensure(p, f'no challenge ACK for {what}')
    ensure(p.flags == 'A' and p.len == 0 and p.seq == f.rcv_nxt and p.ack == f.snd_nxt,
           f'answer to {what}: {p.text()}')
    return p


@case('security')
def blind_rst(e):
    """RST in the window but not exact: challenge ACK; outside: nothing; exact: reset."""
    for opener in (e.active, e.passive):
        s, f = opener()
        for delta in (1, 1000, 30000):
            f.send('R', seq=f.at(delta))
            challenge(f, f'RST at +{delta}')
            e.tun.run(0.6)                  # challenge ACKs are rate-limited
        for delta in (-1, -30000, f.edge + 1000000, 0x7fffff00):
            f.send('R', seq=f.at(delta))
            f.send('RA', seq=f.at(delta))
        f.expect_none(0.1, 'answer to RST outside the window')
        alive(s, f, 'blind RSTs')
        f.send('R')
        ensure(s.poll(select.POLLIN, 0.5) & select.POLLERR, 'exact RST ignored')
        ensure(s.error() == errno.ECONNRESET, 'error after RST')


@case('security')
def blind_rst_ack(e):
    """RST with ACK is judged by its sequence number alike."""
    s, f = e.active()
    f.send('RA', seq=f.at(500))
    challenge(f, 'RST+ACK')
    alive(s, f, 'RST+ACK in the window')
    f.send('RA')
    ensure(s.poll(select.POLLIN, 0.5) & select.POLLERR, 'exact RST ignored')


@case('security')
def blind_syn(e):
    """SYN in a connection, in the window or not: challenge ACK, and it lives on."""
    s, f = e.active()
    for seq in (f.at(0), f.at(100), f.at(-5000), f.at(0x40000000)):
        f.send('S', seq=seq, opts=syn_opts())
        challenge(f, 'SYN')
        e.tun.run(0.6)
    f.send('SA', seq=f.at(100), opts=syn_opts())
    challenge(f, 'SYN+ACK')
    alive(s, f, 'SYNs')
    e.tun.run(0.6)
    f.send('S', b'payload', seq=f.at(5), opts=syn_opts())
    e.tun.run(0.05)
    alive(s, f, 'SYN with data')


@case('security')
def blind_data(e):
    """Data with an ACK of the far past or of what was never sent are dropped."""
    s, f = e.active()
    s.send(b'1234')
    f.expect('A', len=4)
    f.ack_to(4)
    for delta in (1, 5000, 0x20000000):
        f.send('A', b'inject', seq=f.snd_nxt, ack=f.rcv_nxt + delta)
        for p in f.collect(0.05):
            ensure(p.flags == 'A' and p.ack == f.snd_nxt and not p.len, f'answer {p.text()}')
    # What was acknowledged is the SYN and four bytes, whatever the window.
    for back in (0x20000000, 5000, 6):
        e.tun.run(0.6)
        f.send('A', b'inject', seq=f.snd_nxt, ack=f.rcv_nxt - back)
        challenge(f, f'an ACK of {back} bytes before')
    e.tun.run(0.05)
    ensure(s.recv() is None, 'injected data were delivered')
    alive(s, f, 'injected data')


@case('security')
def ack_unsent_ignored(e):
    """An ACK of data never sent acknowledges nothing."""
    s, f = e.active()
    s.send(b'12345')
    first = f.expect('A', off=0, len=5)
    f.ack_to(500)
    p = f.wait_for(lambda p: p.len, 0.5, 'data taken for acknowledged')
    ensure(p.off == 0 and p.data == first.data, p.text())
    f.ack_to(5)
    e.tun.run(0.3)
    alive(s, f, 'an ACK of unsent data')


@case('security')
def out_of_window_acked(e):
    """Segments outside the window get an ACK; a flood of them gets few."""
    s, f = e.active()
    f.send('A', b'x' * 100, seq=f.at(-5000))
    challenge(f, 'old data')
    f.send('A', b'x' * 100, seq=f.at(f.edge + 100000))
    challenge(f, 'future data')
    e.tun.run(0.6)
    for _ in range(30):
        f.send('A', seq=f.at(-5000))
    count = len(f.collect(0.2))
    ensure(1 <= count <= 2, f'{count} ACKs for 30 bare ACKs outside the window')
    e.tun.run(0.6)
    for _ in range(30):
        f.send('S', seq=f.at(7000))
    count = len(f.collect(0.2))
    ensure(1 <= count <= 2, f'{count} challenge ACKs for 30 SYNs')
    e.tun.run(0.6)
    for i in range(30):
        f.send('R', seq=f.at(100 + i))
    count = len(f.collect(0.2))
    ensure(1 <= count <= 2, f'{count} challenge ACKs for 30 RSTs')
    alive(s, f, 'floods')


@case('security')
def invalid_ratelimit(e):
    """tcp_invalid_ratelimit is the pace of those answers."""
    e.sysctl('ipv4.tcp_invalid_ratelimit', 100)
    _, f = e.active()
    count = 0
    start = time.monotonic()
    while (took := time.monotonic() - start) < 1.0:
        f.send('A', seq=f.at(-5000))
        count += len(f.collect(0.025))
    ensure(took * 6 <= count <= took * 10 + 1, f'{count} ACKs in {took:.2f} s, one per 100 ms')


@case('security')
def bad_checksum(e):
    """A wrong checksum is dropped without an answer, in every state."""
    lst = e.listener()
    f = e.flow(lport=lst.port)
    f.send('S', seq=f.iss, opts=opt_mss(1460), bad_sum=True)
    f.expect_none(0.1, 'answer to a SYN with a bad checksum')
    f, _ = e.half_open(lst)
    f.send('A', bad_sum=True)
    e.tun.run(0.05)
    ensure(lst.accept() is None, 'third packet with a bad checksum')
    f.send('A')
    s = lst.wait_accept()
    f.send('A', b'garbage', seq=f.snd_nxt, bad_sum=True)
    f.send('R', seq=f.snd_nxt, bad_sum=True)
    f.send('F', seq=f.snd_nxt, bad_sum=True)
    f.expect_none(0.1, 'answer to a bad checksum')
    ensure(s.recv() is None, 'data with a bad checksum')
    alive(s, f, 'bad checksums')
    closed = e.flow(lport=4999)
    closed.send('S', bad_sum=True)
    closed.expect_none(0.1, 'RST for a bad checksum')


@case('security')
def bad_header_length(e):
    """A data offset below 5 or beyond the packet, and cut headers, are dropped silently."""
    lst = e.listener()
    s, f = e.passive(lst)
    for doff in (0, 1, 4, 14, 15):
        f.send('A', b'x' * 8, seq=f.snd_nxt, doff=doff, opts=b'')
        f.send('R', seq=f.snd_nxt, doff=doff, opts=b'')
        g = e.flow(lport=lst.port)
        g.send('S', doff=doff, opts=b'')
        g.expect_none(0.02, f'answer to a SYN with data offset {doff}')
    raw = f.build('A', opts=b'')
    for cut in (1, 4, 12, 19):
        e.tun.inject(ip_packet(f.raddr, f.laddr, raw[20:20 + cut]))
    e.tun.inject(ip_packet(f.raddr, f.laddr, b''))
    f.expect_none(0.05, 'answer to a cut header')
    ensure(s.recv() is None, 'data of a bad header')
    alive(s, f, 'bad headers')


BAD_OPTIONS = (
    b'\x08\x00\x00\x00',                        # length 0
    b'\x08\x01\x00\x00',                        # length 1
    b'\x08\x0a\x00\x00',                        # past the end
    b'\x02\x28\x05\xb4',                        # past the end
    b'\x02\x03\x05\x00',                        # MSS of a wrong length
    b'\x03\x04\x07\x00',                        # window scale of a wrong length
    b'\x04\x04\x00\x00',                        # SACK-permitted of a wrong length
    b'\x01\x01\x01\x08',                        # kind without length
    b'\x05\x02\x01\x01',                        # SACK with no block
    b'\x05\x04\x00\x00',                        # SACK with half a block
    b'\xff\xff\xff\xff',
    NOP * 40,
    bytes(40),
    b'\xfe\x04\xab\xcd' * 10,                   # unknown, to be skipped
)


@case('security')
def malformed_options_syn(e):
    """Malformed options on a SYN grant nothing; good ones before them still count."""
    lst = e.listener()
    for bad in BAD_OPTIONS:
        f = e.flow(lport=lst.port)
        f.send('S', opts=bad)
        p = f.expect('SA', rack=1)
        ensure(p.opts['order'] == ['mss'], f'{bad.hex()} gives {p.text()}')
    # The bad one in the last four bytes: an AF_INET that has TCP-AO drops others.
    f = e.flow(lport=lst.port)
    f.send('S', opts=opt_mss(1000) + b'\x03\x03\x07\x01' + b'\x08\x01' + b'\x04\x02')
    p = f.expect('SA', rack=1)
    ensure(set(p.opts['order']) == {'mss', 'ws'}, f'options behind a bad one: {p.text()}')
    f.send('A')
    s = lst.wait_accept()
    s.send(pattern(2500))
    ensure([p.len for p in f.collect(0.05)] == [1000, 1000, 500], 'MSS before a bad option')
    f = e.flow(lport=lst.port)
    f.send('S', opts=b'\xfe\x04\xab\xcd' + opt_mss(900))
    f.expect('SA', rack=1)
    f.send('A')
    s = lst.wait_accept()
    s.send(pattern(2000))
    ensure(f.expect('A', off=0).len == 900, 'MSS behind an unknown option')


@case('security')
def malformed_options_established(e):
    """Malformed options in a connection do it no harm."""
    for ts in (True, False):
        s, f = e.active(ts=ts)
        for bad in BAD_OPTIONS:
            f.send('A', seq=f.snd_nxt, opts=bad)
            alive(s, f, f'options {bad.hex()}')
        s.send(pattern(3000))
        f.collect(0.03)
        for blocks in (b'\x05\x0a' + b'\xff' * 8, b'\x05\x12' + bytes(16)):
            f.send('A', opts=NOP * 2 + blocks)
        f.ack_to(f.rcv_nxt - f.irs - 1)
        alive(s, f, 'wild SACK blocks')


@case('security')
def wscale_limited(e):
    """A window scale above 14 counts as 14; one in a later ACK counts for nothing."""
    s, f = e.active(ws=200)
    f.ws = 14
    f.send('A', b'.', win=1)
    e.tun.run(0.05)
    f.queue.clear()
    s.send(pattern(40000))
    most = max((p.endoff for p in f.collect(0.1)), default=0)
    ensure(13000 <= most <= 16384, f'{most} bytes into a window of 1 << 14')


@case('security')
def icmp_checked(e):
    """ICMP about another number, another port or cut short does nothing to a connect."""
    s, f, syn = e.connect()
    raw = bytearray(syn.raw)
    wrong = bytes(raw[:24]) + b'\x00\x00\x00\x01' + bytes(raw[28:])
    e.tun.inject(icmp_error(REMOTE, e.tun.addr, wrong[:28]))
    e.tun.inject(icmp_error(REMOTE, e.tun.addr, bytes(raw[:20]) + b'\0\1' + bytes(raw[22:28])))
    for cut in (0, 8, 20, 21, 24, 27):
        e.tun.inject(icmp_error(REMOTE, e.tun.addr, syn.raw[:cut]))
    ensure(not s.poll(select.POLLOUT, 0.1), 'a forged ICMP error ended the connect')
    f.send('SA', opts=syn_opts(ts=(f.tsval(), f.ts_recent)))
    f.ts = 1
    f.expect('A', rack=1)
    alive(s, f, 'forged ICMP')


@case('security')
def icmp_established(e):
    """ICMP errors do not end an established connection, right number or not."""
    s, f = e.active()
    s.send(b'quote me')
    p = f.expect('A', len=8)
    for code in (0, 1, 2, 3, 13):
        e.tun.inject(icmp_error(REMOTE, e.tun.addr, p.raw[:28], 3, code))
    e.tun.inject(icmp_error(REMOTE, e.tun.addr, p.raw[:28], 11, 0))
    e.tun.inject(icmp_error(REMOTE, e.tun.addr, p.raw[:28], 12, 0))
    e.tun.inject(icmp_error(REMOTE, e.tun.addr, p.raw[:28], 4, 0))
    f.ack_to(8)
    alive(s, f, 'ICMP errors')


@case('security')
def strange_flags(e):
    """Segments without ACK, or with strange flags, neither deliver data nor do harm."""
    s, f = e.active()
    for flags in ('', 'P', 'U', 'F', 'FPU', 'PU'):
        f.send(flags, b'no ack', seq=f.snd_nxt, ack=f.rcv_nxt)
    f.expect_none(0.1, 'answer to a segment without ACK')
    ensure(s.recv() is None, 'data of a segment without ACK')
    for flags in ('SF', 'SFRPAU', 'SR', 'SRA'):
        f.send(flags, seq=f.at(3000))
        e.tun.run(0.02)
    f.queue.clear()
    alive(s, f, 'strange flags')


@case('security')
def other_four_tuple(e):
    """A segment whose address or port differs in one place belongs to nobody."""
    s, f = e.active()
    for other in (e.flow(lport=f.lport, rport=f.rport, raddr='10.88.0.3'),
                  e.flow(lport=f.lport, rport=f.rport + 1),
                  e.flow(lport=f.lport ^ 1, rport=f.rport)):
        other.send('A', b'stranger', seq=f.snd_nxt, ack=f.rcv_nxt)
        other.expect('R', seq=f.rcv_nxt)
        other.send('R', seq=f.snd_nxt)
    ensure(s.recv() is None, 'data of a stranger')
    alive(s, f, 'strangers')


@case('security')
def old_timestamp_echo(e):
    """A timestamp echo from the future does no harm."""
    s, f = e.active()
    s.send(b'abc')
    f.expect('A', len=3)
    f.send('A', opts=NOP * 2 + opt_ts(f.tsval(), f.ts_recent + 1000000))
    alive(s, f, 'a wild timestamp echo')


@case('security')
def nothing_uninitialised(e):
    """Payload, options and lengths of all that is sent are what they should be to the byte."""
    lst = e.listener()
    for size in (1, 3, 5, 1447, 1448, 1449, 4097):
        s, f = e.passive(lst)
        s.send(pattern(size))
        got = f.collect(0.02)
        ensure(b''.join(p.data for p in got) == pattern(size), f'payload of {size} bytes')
        ensure(all(len(p.raw) == 40 + p.optlen + p.len for p in got), 'length')
        ensure(all(p.rawopts[:2] == NOP * 2 and len(p.rawopts) == 12 for p in got),
               'timestamp layout')
        f.forget()
    s, f = e.active(mss=1460)
    f.send('A', b'ooo', seq=f.at(100))
    p = f.expect('A', rack=1)
    ensure(p.optlen == 24 and p.rawopts.count(NOP) >= 4, f'SACK layout {p.rawopts.hex()}')
    e.sysctl('ipv4.tcp_timestamps', 0)
    _, _, syn = e.connect()
    ensure(syn.optlen % 4 == 0 and syn.optlen <= 12, f'SYN options {syn.rawopts.hex()}')


@case('security')
def paws_one_tick(e):
    """A timestamp one tick back is no proof of age, two are (RFC 7323 5.3)."""
    s, f = e.active()
    f.send('A', b'first')
    ensure(s.recv_exact(5) == b'first', 'data')
    e.tun.run(0.3)
    top = f.tsval() + 100
    f.send('A', b'top', opts=opt_ts(top, f.ts_recent))
    ensure(s.recv_exact(3) == b'top', 'data')
    f.send('A', b'one back', opts=opt_ts(top - 1, f.ts_recent))
    ensure(s.recv_exact(8) == b'one back', 'one tick back refused')
    e.tun.run(0.3)
    f.queue.clear()
    f.send('A', b'two back', seq=f.snd_nxt, opts=opt_ts(top - 2, f.ts_recent))
    p = f.expect('A', len=0, ack=f.snd_nxt)
    ensure(p.opts['ts'][1] == top and s.recv() is None, 'two ticks back taken')
    # A duplicate ACK that was overtaken is not worth an answer.
    e.tun.run(0.6)
    f.send('A')
    f.send('A', opts=opt_ts(f.tsval() - 50, f.ts_recent))
    f.expect_none(0.3, 'an answer to an old duplicate ACK')
