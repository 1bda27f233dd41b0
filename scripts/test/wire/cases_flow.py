# SPDX-License-Identifier: GPL-2.0
# test: wire_flow
# clock: virtual
# timeout: 240
# needs: python3
"""Wire cases for the flow of data: windows both ways, Nagle, delayed ACKs, PSH,
and the IP header of what is sent.
"""
import select
import socket
import time

from env import case
from packet import ensure, near, opt_ts, pattern, seq_diff
from peer import Receiver

TCP = socket.IPPROTO_TCP

MSG_EOR, TCP_NOTSENT_LOWAT, SO_MAX_PACING_RATE = 0x80, 25, 47


def edge_of(f, p):
    """Right edge that an ACK of the stack grants, as an offset in the script's stream."""
    return p.rack - 1 + (p.win << f.peer_ws)


@case('flow')
def data_both_ways(e):
    """Data flows both ways on opened and on accepted connections."""
    for s, f in (e.active(), e.passive(), e.passive(ts=False, sack=False, ws=None)):
        f.send('A', b'question')
        f.expect('A', rack=9, len=0)
        ensure(s.recv_exact(8) == b'question', 'data in')
        s.send(b'the answer')
        f.expect('A', off=0, data=b'the answer', rack=9)
        f.send('A', b'more')
        ensure(s.recv_exact(4) == b'more', 'data in again')


@case('flow')
def timestamps_echo(e):
    """Each segment carries a timestamp that ticks and echoes the last one received."""
    s, f = e.active()
    last = None
    for i in range(4):
        e.tun.run(0.1)
        ours = f.tsval()
        f.send('A', b'x')
        s.send(b'y')
        p = f.wait_for(lambda p: p.len, 1, 'no data')
        ensure(p.opts['ts'][1] == ours or seq_diff(p.opts['ts'][1], ours) == 1,
               f'echo {p.opts["ts"][1]}, not {ours} (round {i})')
        if last:
            near(seq_diff(p.opts['ts'][0], last.opts['ts'][0]) / 1000, p.time - last.time,
                 'timestamp clock')
        last = p
        f.ack_to(p.endoff)


@case('flow')
def timestamp_of_old_ack(e):
    """New data whose ACK is old has the timestamp that is echoed (RFC 7323 4.3)."""
    s, f = e.active()
    s.send(b'!')
    f.expect('A', len=1)
    e.tun.run(0.01)
    f.ack_to(1)
    e.tun.run(0.01)
    f.queue.clear()
    now = f.tsval()
    f.send('PA', b'late', ack=f.theirs(0), opts=opt_ts(now, f.ts_recent))
    p = f.expect('A', timeout=0.5, rack=5)
    ensure(p.opts['ts'][1] == now, f'echo of {p.opts["ts"][1] - now} ms before')
    ensure(s.recv_exact(4) == b'late', 'data')


@case('flow')
def peer_window_obeyed(e):
    """What is outstanding never exceeds the peer's window, scaled or not."""
    for ws, win in ((7, 40), (0, 3000), (None, 2500), (14, 1)):
        s, f = e.active(ws=ws, win=65535)
        size = win << (ws or 0)
        f.win = win
        f.ack_to(0)                 # the window of the SYN-ACK was larger
        f.send('A', b'.')           # and an ACK with data tells it for sure
        e.tun.run(0.05)
        f.queue.clear()
        data = pattern(60000)
        s.send(data)
        acked, most = 0, 0
        while acked < len(data) - 20000:
            sent = [p for p in f.collect(0.03) if p.len]
            ensure(sent, f'nothing sent into a window of {size} at {acked}')
            for p in sent:
                ensure(p.endoff <= acked + size,
                       f'sent to {p.endoff}, window ends at {acked + size} (shift {ws})')
                ensure(p.data == data[p.off:p.endoff], 'data')
                most = max(most, p.endoff - acked)
            acked = max(p.endoff for p in sent)
            f.ack_to(acked)
        ensure(most > size - 1460, f'never more than {most} of a window of {size}')
        f.forget()


@case('flow')
def window_opens_by_ack(e):
    """A window update lets the waiting data out at once."""
    s, f = e.active(win=65535)
    f.ws, f.win = 7, 16
    f.send('A', b'.')
    e.tun.run(0.05)
    f.queue.clear()
    s.send(pattern(20000))
    first = f.collect(0.03)
    f.ack_to(first[-1].endoff, win=0)
    f.expect_none(0.1, 'data into a closed window')
    f.ack_to(first[-1].endoff, win=64)
    p = f.expect('A', timeout=0.1)
    ensure(p.off == first[-1].endoff and p.len > 0, f'not the next data: {p.text()}')


def fill(s, f, chunk=None):
    """Send until the advertised window is closed: (bytes sent, edges never went back)."""
    edge = f.edge
    sent = 0
    acks = []
    for _ in range(20000):
        size = min(chunk or f.mss, edge - sent)
        if size <= 0:
            f.tun.run(0.3)          # what a delayed ACK still has to say
        else:
            f.send('A', pattern(size, sent))
            sent += size
            f.tun.pump(0.002)
        while f.queue:
            p = f.queue.popleft()
            now = edge_of(f, p)
            ensure(now >= edge, f'window shrank from {edge} to {now}: {p.text()}')
            edge = now
            acks.append(p)
        if size <= 0 and edge == sent:
            return sent, acks[-1]
    ensure(False, f'window still open after {sent} bytes')
    return None


@case('flow', timeout=60)
def zero_window(e):
    """A reader that stops closes the window without shrinking it; reading opens it again."""
    s, f = e.active(setup=lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 40000))
    sent, last = fill(s, f)
    ensure(last.win == 0, f'window {last.win} at the end')
    ensure(15000 < sent <= 80000, f'{sent} bytes fit SO_RCVBUF 40000')
    f.send('A', b'Z' * 500, seq=f.at(sent))
    p = f.expect('A', rack=sent + 1, win=0)
    f.expect_none(0.2)
    got = s.recv_exact(sent)
    ensure(got == pattern(sent), 'stream')
    p = f.expect('A', timeout=0.1, rack=sent + 1)
    ensure(edge_of(f, p) - sent >= f.mss, f'window update of {edge_of(f, p) - sent}')
    ensure(s.recv() is None, 'data from beyond the window was kept')
    f.send('A', pattern(1000, sent))
    ensure(s.recv_exact(1000) == pattern(1000, sent), 'data after the update')


@case('flow', timeout=60)
def window_update_not_silly(e):
    """After a zero window, reading a few bytes does not offer a silly window."""
    s, f = e.active(setup=lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 40000))
    sent, _ = fill(s, f)
    ensure(len(s.recv(100)) == 100, 'read')
    f.expect_none(0.3, 'window update for 100 bytes')
    left = sent - 100
    while left:
        got = s.recv(min(1000, left))
        ensure(got, 'data')
        left -= len(got)
        e.tun.pump(0)
    updates = f.collect(0.1)
    ensure(updates, 'no window update after reading all')
    ensure(all(edge_of(f, p) - sent >= f.mss for p in updates), 'update below one segment')


@case('flow')
def window_scale_used(e):
    """A large receive buffer is advertised beyond 64 KiB by the window scale."""
    def big(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 200000)
    for s, f in (e.active(setup=big), e.passive(setup=big)):
        ensure(f.peer_ws > 0, 'no shift offered')
        sent, edge = 0, f.edge
        for _ in range(400):
            f.send('A', pattern(f.mss, sent))
            sent += f.mss
            e.tun.pump(0.005)
            s.recv()
            e.tun.pump(0)
            while f.queue:
                edge = max(edge, edge_of(f, f.queue.popleft()))
            if edge - sent > 70000:
                break
        ensure(edge - sent > 70000, f'window {edge - sent} with a buffer of 400000')
        f.forget()
    for s, f in (e.active(ws=None, setup=big), e.passive(ws=None, setup=big)):
        for i in range(60):
            f.send('A', pattern(f.mss))
            s.recv_exact(f.mss)
        ensure(max(p.win for p in f.collect(0.1)) > 30000, 'scaled, and the peer does not scale')


@case('flow')
def beyond_window_dropped(e):
    """Data wholly beyond the advertised window is dropped and answered with an ACK."""
    s, f = e.active()
    f.send('A', b'far away', seq=f.at(f.edge + 1))
    f.expect('A', off=0, rack=1, len=0)
    f.send('A', pattern(f.mss))
    ensure(s.recv_exact(f.mss) == pattern(f.mss), 'in-window data')
    ensure(s.recv() is None, 'more than was in the window')


@case('flow')
def nagle(e):
    """A small segment waits while another small one is outstanding; a full one does not."""
    s, f = e.active(rtt=0.1)
    s.send(b'a' * 10)
    f.expect('A', len=10, off=0, timeout=0.05)
    s.send(b'b' * 10)
    s.send(b'c' * 10)
    f.expect_none(0.1, 'a small segment with another outstanding')
    f.ack_to(10)
    f.expect('A', off=10, data=b'b' * 10 + b'c' * 10, timeout=0.05)
    s.send(b'd' * (f.sent_mss + 100))
    f.expect('A', off=30, len=f.sent_mss, timeout=0.05)
    f.expect_none(0.1, 'the small rest')
    f.ack_to(30 + f.sent_mss)
    f.expect('A', off=30 + f.sent_mss, len=100, timeout=0.05)
    f.ack_to(130 + f.sent_mss)
    s.send(b'e' * (f.sent_mss + 50))
    base = 130 + f.sent_mss
    f.expect('A', off=base, len=f.sent_mss, timeout=0.05)
    f.expect('A', off=base + f.sent_mss, len=50, timeout=0.05)


@case('flow')
def nodelay(e):
    """With TCP_NODELAY each write goes at once; setting it lets waiting data go."""
    s, f = e.active(rtt=0.1, setup=lambda s: s.nodelay())
    for i in range(4):
        s.send(b'n' * 10)
        f.expect('A', off=10 * i, len=10, timeout=0.05)
    s, f = e.active(rtt=0.1)
    s.send(b'a' * 10)
    f.expect('A', off=0, len=10)
    s.send(b'b' * 10)
    f.expect_none(0.05, 'Nagle')
    s.nodelay()
    f.expect('A', off=10, len=10, timeout=0.05)


@case('flow')
def uncorked(e):
    """Without the cork Nagle's rule holds, which TCP_NODELAY alone takes away."""
    for quick in (False, True):
        s, f = e.active(rtt=0.1)
        s.send(b'a' * 10)
        f.expect('A', off=0, len=10)
        s.setsockopt(TCP, socket.TCP_CORK, 1)
        if quick:
            s.nodelay()
        s.send(b'b' * 10)
        s.setsockopt(TCP, socket.TCP_CORK, 0)
        if quick:
            f.expect('A', off=10, len=10, timeout=0.05)
        else:
            f.expect_none(0.05, 'a small segment with another outstanding')
            f.ack_to(10)
            f.expect('A', off=10, len=10, timeout=0.05)
        f.ack_to(20)
        s.setsockopt(TCP, socket.TCP_CORK, 1)
        s.send(b'c' * 10)
        f.expect_none(0.05, 'a small segment with the cork in')
        s.setsockopt(TCP, socket.TCP_CORK, 0)
        f.expect('A', off=20, len=10, timeout=0.05)


@case('flow')
def pushed_later(e):
    """What TCP_NODELAY pushes past the cork goes, also if the window lets it only later."""
    s, f = e.active(rtt=0.1)
    s.send(b'a')
    f.expect('A', off=0, len=1)
    f.ack_to(1, win=0)
    s.setsockopt(TCP, socket.TCP_CORK, 1)
    s.send(b'b' * 10)
    s.nodelay()
    f.expect_none(0.05, 'data beyond the window')
    f.ack_to(1)
    f.expect('A', off=1, len=10, timeout=0.05)
    s.send(b'c' * 10)
    f.ack_to(11)
    f.expect_none(0.05, 'written since, with the cork in')


def ack_delay(f, data, pause=0.3):
    """Inject data and say how long its ACK took."""
    before = f.snd_nxt
    start = time.monotonic()
    f.send('A', data)
    p = f.wait_for(lambda p: seq_diff(p.ack, before) >= len(data), pause, 'no ACK')
    return p.time - start


@case('flow')
def quick_acks_first(e):
    """The first segments of a connection are acknowledged at once."""
    for s, f in (e.active(), e.passive()):
        for i in range(6):
            took = ack_delay(f, b'q' * 100)
            ensure(took < 0.03, f'ACK {i} took {took * 1000:.1f} ms')
            s.recv()


@case('flow')
def delayed_ack(e):
    """Later a lone segment's ACK waits for 40 ms or so, never more than 200 ms."""
    s, f = e.active()
    delays = []
    for _ in range(40):
        delays.append(ack_delay(f, b'd' * 100))
        s.recv()
        e.tun.run(0.01)
    late = [d for d in delays if d > 0.02]
    ensure(len(late) >= 10, f'ACKs are not delayed: {[round(d * 1000) for d in delays]} ms')
    ensure(max(delays) < 0.22, f'an ACK took {max(delays) * 1000:.0f} ms')
    ensure(min(late) > 0.03, f'a delayed ACK after {min(late) * 1000:.0f} ms')


@case('flow')
def delayed_ack_rides(e):
    """The ACK rides on data that the program sends meanwhile."""
    s, f = e.active()
    for _ in range(30):
        ack_delay(f, b'd' * 100)
        s.recv()
    f.send('A', b'ping')
    s.send(b'pong')
    p = f.next(0.02)
    ensure(p and p.len == 4 and p.ack == f.snd_nxt, f'not data with the ACK: {p and p.text()}')
    f.ack_to(4)
    f.expect_none(0.25, 'an ACK of its own')


@case('flow')
def read_releases_ack(e):
    """Reading the end of what the peer had to send releases its ACK: the peer may wait for
    it. Not so when a reply is on its way, unless two such are read.
    """
    s, f = e.active()
    for _ in range(30):
        ack_delay(f, b'd' * 100)
        s.recv()
    for replies, parts, released in ((False, 1, True), (True, 1, False), (True, 2, True)):
        if replies:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        for _ in range(parts):
            f.send('PA', b'd' * 100)
        f.expect_none(0.01, 'an ACK before the data is read')
        s.recv_exact(100 * parts)
        got = f.collect(0.01)
        ensure(bool(got) == released, f'{parts} read, replies {replies}: {len(got)} ACKs at once')
        ensure(released or f.next(0.1), 'no ACK')


@case('flow')
def ack_every_second(e):
    """Of full-sized segments every second one is acknowledged at once."""
    s, f = e.active()
    for _ in range(40):
        f.send('A', pattern(f.mss))
        f.tun.run(0.002)
        s.recv()
    f.queue.clear()
    acks = alone = 0
    for i in range(40):
        f.send('A', pattern(f.mss))
        got = f.collect(0.002)
        s.recv()
        alone = 0 if got else alone + 1
        ensure(alone <= 1, f'{alone} full segments without an ACK (segment {i})')
        acks += len(got)
    ensure(15 <= acks <= 26, f'{acks} ACKs for 40 segments')


@case('flow')
def psh_at_end(e):
    """PSH on the last segment of a write, not on all (Linux: also where a super-packet ends)."""
    s, f = e.active(rtt=0.1)
    s.send(pattern(6000))
    got = [bool('P' in p.flags) for p in f.collect(0.05)]
    ensure(len(got) == 5 and got[-1] and not got[0] and sum(got) <= 3, f'PSH: {got}')
    f.ack_to(6000)
    s.send(b'x')
    ensure('P' in f.expect('A', len=1).flags, 'PSH on a small write')


@case('flow')
def writes_coalesce(e):
    """Small writes that wait are sent as full segments."""
    s, f = e.active(rtt=0.1)
    s.send(b'!')
    f.expect('A', len=1)
    for _ in range(100):
        s.send(b'w' * 99)
    f.queue.clear()
    f.ack_to(1)
    got = f.collect(0.05)
    ensure(len(got) <= 8 and got[0].len >= 1000,
           f'segments of {[p.len for p in got]} for 100 writes')


@case('flow')
def records_apart(e):
    """What is written after MSG_EOR goes into a segment of its own."""
    s, f = e.active()
    s.nodelay().send(b'!')
    f.expect('A', len=1)
    f.ack_to(1, win=0)
    for fill_with, flags in ((b'a', MSG_EOR), (b'b', MSG_EOR), (b'c', 0), (b'd', 0)):
        s.send(fill_with * 100, flags)
    e.tun.run(0.05)
    f.queue.clear()
    f.ack_to(1, win=65535)
    lens = [p.len for p in f.collect(0.05)]
    ensure(lens == [100, 100, 200], f'segments of {lens}')


@case('flow')
def room_without_ack(e):
    """Room that comes as data leaves at its rate wakes a writer (TCP_NOTSENT_LOWAT)."""
    def setup(s):
        s.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, 100000)
        s.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, 8192)
        s.nodelay()
    # A small window, for small packets: a packet is filled without another look.
    s, f = e.active(setup=setup, rtt=0.2, win=20000)
    f.win = 150
    # The first ten segments of a connection are not spaced.
    for _ in range(12):
        s.send(pattern(1000))
        f.ack_to(f.expect('A', timeout=1, len=1000).endoff)
    poll = select.epoll()
    # By edge: what counts is the wake-up, not another look.
    poll.register(s.fd, select.EPOLLOUT | select.EPOLLET)
    poll.poll(0)
    written = 0
    while n := s.send(pattern(1000)):
        written += n
    ensure(not poll.poll(0), 'room right after the write that found none')
    for _ in range(40):
        e.tun.run(0.01)
        if poll.poll(0):
            break
    else:
        left = sum(p.len for p in f.queue)
        ensure(False, f'not woken; {left} of {written} bytes have left')


@case('flow')
def ip_header(e):
    """Identification goes up by one each segment or stays; DF, ttl 64, tos 0 (every packet)."""
    s, f = e.active(rtt=0.1)
    r = Receiver(f)
    ids = []
    feed = r.feed

    def watch(p):
        ids.append(p.ident)
        feed(p)
    r.feed = watch
    r.pull(s, pattern(60000))
    steps = {(b - a) & 0xffff for a, b in zip(ids, ids[1:])}
    ensure(steps in ({1}, {0}), f'steps of the identification: {sorted(steps)}')


@case('flow')
def send_buffer_full(e):
    """A writer is stopped by its send buffer and woken by ACKs."""
    s, f = e.active(setup=lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20000))
    data = pattern(400000)
    sent = s.send(data)
    ensure(0 < sent < 200000, f'{sent} bytes taken by SO_SNDBUF 20000')
    while (n := s.send(data[sent:])):
        sent += n
    ensure(not s.poll(select.POLLOUT), 'writable although full')
    r = Receiver(f)
    while r.nxt < sent:
        p = f.next(1.0)
        ensure(p, 'stalled')
        r.feed(p)
    ensure(bytes(r.stream) == data[:sent], 'stream')
    ensure(s.poll(select.POLLOUT, 0.5) & select.POLLOUT, 'not writable after the ACKs')


@case('flow')
def old_window_ignored(e):
    """A segment overtaken by data that changed nothing brings no news of the window."""
    s, f = e.active(ws=None, ts=False)
    for _ in range(3):                  # ACKs ride on replies from here on
        f.send('A', b'question')
        ensure(s.recv_exact(8) == b'question', 'data')
        s.send(b'answer')
        e.tun.run(0.005)
        f.send('A')
    e.tun.run(0.06)
    f.queue.clear()
    for i in range(4):
        f.send('A', bytes([i]) * 10)
    e.tun.run(0.002)
    ensure(all(p.ack != f.snd_nxt for p in f.queue), 'acknowledged at once: no test')
    f.send('A', seq=f.snd_nxt - 20, win=1000)
    e.tun.run(0.3)
    f.queue.clear()
    s.send(pattern(4000))
    e.tun.run(0.05)
    got = max((p.endoff for p in f.queue if p.len), default=0) - 18
    ensure(got == 4000, f'{got} of 4000 bytes sent: the old window counted')
