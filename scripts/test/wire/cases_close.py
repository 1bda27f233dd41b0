# SPDX-License-Identifier: GPL-2.0
# test: wire_close
# clock: virtual
# timeout: 240
# needs: python3
"""Wire cases for the end of a connection: FIN from either side, every closing state,
TIME-WAIT, half-close, aborts and orphans.
"""
import errno
import os
import select
import socket
import struct
import time

from env import case
from nsock import CLONE_NEWNET, libc
from packet import ensure, near, pattern
from peer import Receiver

LINGER_ABORT = struct.pack('=ii', 1, 0)


def expect_error(call, num, what):
    try:
        got = call()
    except OSError as err:
        ensure(err.errno == num, f'{what}: {err}, not {errno.errorcode[num]}')
        return
    ensure(False, f'{what}: {got!r}, no error')


def expect_eof(s):
    ensure(s.poll(select.POLLIN, 1) and s.recv() == b'', 'no end of stream')


def expect_gone(f, what, seq=None):
    """The connection is no more: an ACK for it is answered with RST."""
    f.send('A', seq=seq)
    f.expect('R', seq=f.rcv_nxt)
    ensure(True, what)


def closed_actively(s, f):
    """close() here first, all in order: the connection is in TIME-WAIT."""
    s.close()
    f.expect('FA', off=0, len=0)
    f.send('A')
    f.expect_none(0.02)
    f.send('FA')
    return f.expect('A', off=1, len=0, ack=f.snd_nxt)


@case('close', timeout=300)
def time_wait(e):
    """Active close ends in TIME-WAIT: the FIN again is acknowledged, for 60 s, then RST."""
    done = []
    for opener in (e.active, e.passive):
        s, f = opener()
        closed_actively(s, f)
        done.append(f)
    e.tun.run(20)
    for f in done:
        f.send('FA', seq=f.snd_nxt - 1)
        f.expect('A', off=1, ack=f.snd_nxt)     # this starts the 60 s again
    e.tun.run(57)
    for f in done:
        f.expect_none(0, 'a packet from TIME-WAIT')
        f.send('FA', seq=f.snd_nxt - 1)
        f.expect('A', off=1, ack=f.snd_nxt)
    e.tun.run(66)
    for f in done:
        f.send('FA', seq=f.snd_nxt - 1)
        f.expect('R', seq=f.rcv_nxt)


@case('close', timeout=200)
def time_wait_lasts(e):
    """TIME-WAIT that nothing disturbs is there after 56 s and gone after 66 s."""
    flows = []
    for _ in range(2):
        s, f = e.active(ts=False)
        closed_actively(s, f)
        flows.append(f)
    e.tun.run(56)
    flows[0].send('FA', seq=flows[0].snd_nxt - 1)
    flows[0].expect('A', off=1)
    e.tun.run(10)
    expect_gone(flows[1], 'TIME-WAIT after 66 s')


@case('close')
def time_wait_rst(e):
    """RST of the exact number ends TIME-WAIT (tcp_rfc1337 is off); others do not."""
    s, f = e.active()
    closed_actively(s, f)
    f.send('R', seq=f.snd_nxt + 0x10000000)
    f.send('FA', seq=f.snd_nxt - 1)
    f.expect('A', off=1)
    f.send('R')
    e.tun.run(0.02)
    expect_gone(f, 'TIME-WAIT after RST')


@case('close')
def time_wait_rst_ignored(e):
    """tcp_rfc1337: no RST ends TIME-WAIT."""
    e.sysctl('ipv4.tcp_rfc1337', 1)
    s, f = e.active()
    closed_actively(s, f)
    f.send('R')
    e.tun.run(0.02)
    f.send('FA', seq=f.snd_nxt - 1)
    f.expect('A', off=1)


@case('close')
def time_wait_timestamps(e):
    """ACKs from TIME-WAIT carry the timestamps agreed on."""
    s, f = e.active()
    last = closed_actively(s, f)
    e.tun.run(0.2)
    ours = f.tsval()
    f.send('FA', seq=f.snd_nxt - 1)
    p = f.expect('A', off=1, len=0)
    ensure('ts' in p.opts and p.opts['ts'][1] in (ours, f.ts_recent, last.opts['ts'][1]) and
           p.opts['ts'][0] != last.opts['ts'][0], f'timestamps in TIME-WAIT: {p.text()}')


@case('close')
def fin_ack_combined(e):
    """FIN+ACK of our FIN in one segment leads from FIN-WAIT-1 to TIME-WAIT."""
    s, f = e.active()
    s.close()
    f.expect('FA', off=0)
    f.send('FA')
    f.expect('A', off=1, ack=f.snd_nxt)
    e.tun.run(0.3)
    f.expect_none(0, 'FIN again')
    f.send('FA', seq=f.snd_nxt - 1)
    f.expect('A', off=1)


@case('close')
def closing_state(e):
    """A FIN that does not acknowledge ours leads to CLOSING, its ACK to TIME-WAIT."""
    s, f = e.active()
    s.close()
    f.expect('FA', off=0)
    f.send('FA', ack=f.theirs(0))
    p = f.wait_for(lambda p: p.ack == f.snd_nxt, 0.5, 'crossing FIN not acknowledged')
    ensure(p.off == 1 or 'F' in p.flags, p.text())
    p = f.wait_for(lambda p: 'F' in p.flags, 1, 'our FIN is not sent again in CLOSING')
    f.send('A')
    e.tun.run(0.5)
    f.expect_none(0, 'FIN after its ACK')
    f.send('FA', seq=f.snd_nxt - 1)
    f.expect('A', off=1, ack=f.snd_nxt)


@case('close')
def passive_close(e):
    """The peer's FIN first: EOF, then our data, our FIN (LAST-ACK), and nothing is left."""
    for s, f in (e.active(), e.passive()):
        f.send('FA')
        f.expect('A', off=0, ack=f.snd_nxt)
        expect_eof(s)
        ensure(s.poll(select.POLLRDHUP) & select.POLLRDHUP, 'no POLLRDHUP in CLOSE-WAIT')
        s.send(b'still here')
        f.expect('A', off=0, data=b'still here')
        f.ack_to(10)
        s.close()
        f.expect('FA', off=10, len=0)
        f.send('A')
        e.tun.run(0.02)
        expect_gone(f, 'LAST-ACK done')


@case('close')
def fin_carries_ack(e):
    """A program that closes at the end of the stream: its FIN acknowledges the peer's."""
    for s, f in (e.active(), e.passive()):
        # From the first data on an ACK is delayed by 40 ms; before, to the next tick.
        f.send('A', b'data')
        ensure(s.recv_exact(4) == b'data', 'data')
        f.expect('A', off=0, len=0, ack=f.snd_nxt)
        f.send('FA')
        expect_eof(s)
        s.close()
        f.expect('FA', off=0, len=0, ack=f.snd_nxt)
        f.send('A')
        f.expect_none(0.1)


@case('close')
def half_close(e):
    """shutdown(SHUT_WR) sends FIN; data still come in; the peer's FIN ends it."""
    for opener in (e.active, e.passive):
        s, f = opener()
        s.send(b'request')
        f.expect('A', off=0, len=7)
        f.ack_to(7)
        s.shutdown(socket.SHUT_WR)
        f.expect('FA', off=7, len=0)
        f.send('A')
        for i in range(20):                 # FIN-WAIT-2 receives
            f.send('A', pattern(1000, i * 1000))
        ensure(s.recv_exact(20000) == pattern(20000), 'data after shutdown')
        f.wait_for(lambda p: p.rack == 20001, 0.3, 'no ACK in FIN-WAIT-2')
        expect_error(lambda s=s: s.send(b'x'), errno.EPIPE, 'send after shutdown')
        f.send('FA', b'last words')
        ensure(s.recv_exact(10) == b'last words', 'data with FIN')
        expect_eof(s)
        f.wait_for(lambda p, f=f: p.ack == f.snd_nxt, 0.3, 'FIN not acknowledged')
        f.send('FA', seq=f.snd_nxt - 1)
        f.expect('A', off=8)
        s.close()
        f.expect_none(0.05)


@case('close')
def fin_wait_1_data(e):
    """In FIN-WAIT-1 (our FIN not acknowledged) data and FIN still come in."""
    s, f = e.active(rtt=0.1)
    s.shutdown(socket.SHUT_WR)
    f.expect('FA', off=0)
    f.send('A', b'early', ack=f.theirs(0))
    ensure(s.recv_exact(5) == b'early', 'data in FIN-WAIT-1')
    f.send('A', b'later')
    ensure(s.recv_exact(5) == b'later', 'data in FIN-WAIT-2')
    f.queue.clear()
    f.send('FA')
    f.wait_for(lambda p: p.ack == f.snd_nxt, 0.3, 'FIN not acknowledged')
    expect_eof(s)


@case('close')
def fin_wait_2_data_again(e):
    """In FIN-WAIT-2 after close() the peer still hears what has arrived, when it asks."""
    s, f = e.active()
    s.shutdown(socket.SHUT_WR)
    f.expect('FA', off=0)
    f.send('A')
    f.send('A', b'reply')
    ensure(s.recv_exact(5) == b'reply', 'data in FIN-WAIT-2')
    s.close()
    e.tun.run(0.1)
    f.queue.clear()
    for what, data, at in (('data', b'reply', 0), ('a keepalive probe', b'y', 4)):
        e.tun.run(0.6)
        f.send('A', data, seq=f.at(at))
        p = f.next(0.1)
        ensure(p and p.rack == 6 and p.off == 1 and not p.len, f'{what} is not acknowledged')
    f.send('FA')
    f.expect('A', off=1, rack=7)


@case('close')
def fin_with_data_in(e):
    """Data and FIN in one segment: the data first, then end of stream; one ACK for both."""
    s, f = e.passive()
    f.send('FA', b'all there is')
    f.wait_for(lambda p: p.rack == 14, 0.3, 'data and FIN not acknowledged')
    ensure(s.recv_exact(12) == b'all there is', 'data')
    expect_eof(s)


@case('close')
def fin_out_of_order(e):
    """A FIN that arrives before the data waits for them."""
    s, f = e.active()
    f.send('FA', pattern(1000, 2000), seq=f.at(2000))
    f.send('A', pattern(1000, 1000), seq=f.at(1000))
    e.tun.run(0.05)
    ensure(s.recv() is None and not s.poll(select.POLLRDHUP), 'FIN taken too early')
    f.queue.clear()
    f.send('A', pattern(1000), seq=f.at(0))
    f.wait_for(lambda p: p.rack == 3002, 0.3, 'no ACK for data and FIN')
    ensure(s.recv_exact(3000) == pattern(3000), 'stream')
    expect_eof(s)


@case('close')
def close_delivers_pending(e):
    """close() with data unsent: all of it goes out, the FIN last, as the window allows."""
    s, f = e.active(win=4000, ws=None)
    taken = s.send(pattern(50000))
    ensure(taken > 12000, f'only {taken} bytes taken')
    data = pattern(taken)
    s.close()
    r = Receiver(f)
    while r.fin is None or r.nxt < len(data):
        p = f.next(1.0)
        ensure(p, f'stalled at {r.nxt}')
        ensure(p.endoff <= r.nxt + 4000, f'beyond the window: {p.text()}')
        r.feed(p)
    ensure(bytes(r.stream) == data and r.fin == len(data), 'stream and FIN')
    f.send('FA', ack=f.theirs(len(data) + 1))
    f.expect('A', ack=f.snd_nxt)


@case('close', timeout=30)
def fin_retransmit(e):
    """A lost FIN is sent again after 200 ms, then with doubled time-outs."""
    s, f = e.active()
    s.shutdown(socket.SHUT_WR)
    last = f.expect('FA', off=0)
    want = 0.2
    for _ in range(4):
        p = f.expect('FA', timeout=want * 2, off=0, len=0)
        near(p.time - last.time, want, 'FIN retransmission', slack=0.02)
        want, last = (p.time - last.time) * 2, p
    f.send('A')
    f.expect_none(1.0, 'FIN after its ACK')


@case('close')
def last_ack_retransmit(e):
    """The FIN of LAST-ACK is sent again until it is acknowledged, with no socket left."""
    s, f = e.passive()
    f.send('FA')
    f.expect('A', ack=f.snd_nxt)
    s.close()
    first = f.expect('FA', off=0)
    p = f.expect('FA', timeout=0.5, off=0)
    near(p.time - first.time, 0.2, 'FIN retransmission', slack=0.02)
    f.send('FA', seq=f.snd_nxt - 1, ack=f.theirs(0))
    p = f.wait_for(lambda p: 'A' in p.flags, 0.5, 'the peer\'s FIN again is not acknowledged')
    f.send('A')
    e.tun.run(0.02)
    f.queue.clear()
    expect_gone(f, 'LAST-ACK done')


@case('close')
def unread_data_reset(e):
    """close() with data unread sends RST at once, of the exact number."""
    for s, f in (e.active(), e.passive()):
        f.send('A', b'never read')
        f.expect('A', rack=11)
        s.close()
        p = f.next(0.3)
        ensure(p and p.flags.strip('A') == 'R' and p.off == 0, f'not RST: {p and p.text()}')
        expect_gone(f, 'after RST')


@case('close')
def linger_zero(e):
    """SO_LINGER with time 0: close() sends RST, also with data unsent."""
    for size in (0, 100, 30000):
        s, f = e.active(rtt=0.05)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ABORT)
        if size:
            s.send(pattern(size))
        e.tun.run(0.01)
        f.queue.clear()
        s.close()
        p = f.next(0.3)
        ensure(p and p.flags.strip('A') == 'R', f'not RST: {p and p.text()}')
        ensure(0 <= p.off <= size, f'RST at {p.off}')
        f.expect_none(0.3, 'something after RST')
        expect_gone(f, 'after RST')


@case('close')
def linger_zero_half_closed(e):
    """SO_LINGER 0 resets from CLOSE-WAIT too."""
    s, f = e.active()
    f.send('FA')
    f.expect('A', ack=f.snd_nxt)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ABORT)
    s.close()
    p = f.next(0.3)
    ensure(p and p.flags.strip('A') == 'R' and p.off == 0, f'not RST: {p and p.text()}')


@case('close')
def orphan_data_reset(e):
    """Data for a closed socket, in FIN-WAIT-1 and in FIN-WAIT-2, are answered with RST."""
    s, f = e.active(rtt=0.1)
    s.close()
    f.expect('FA', off=0)
    f.send('A', b'late', ack=f.theirs(0))
    p = f.wait_for(lambda p: 'R' in p.flags, 0.3, 'no RST in FIN-WAIT-1')
    e.tun.run(0.5)
    f.expect_none(0, 'FIN after RST')
    s, f = e.active()
    s.close()
    f.expect('FA', off=0)
    f.send('A')
    e.tun.run(0.05)
    f.send('A', b'late')
    p = f.wait_for(lambda p: 'R' in p.flags, 0.3, 'no RST in FIN-WAIT-2')
    ensure(p.seq == f.rcv_nxt, f'RST seq: {p.text()}')
    e.tun.run(0.02)
    expect_gone(f, 'after RST')


def reset_answers(f, what):
    """The packets that are next in line have a RST among them, and then it is over."""
    f.wait_for(lambda p: 'R' in p.flags, 0.3, f'no RST: {what}')
    f.tun.run(0.02)
    f.queue.clear()
    expect_gone(f, what)


@case('close')
def orphan_fin_acked_with_data(e):
    """Data in the very segment that acknowledges the FIN of a closed socket: RST."""
    for opts, flags in (((), 'A'), ((), 'FA'), (((socket.IPPROTO_TCP, socket.TCP_LINGER2, -1),), 'A')):
        s, f = e.active()
        for opt in opts:
            s.setsockopt(*opt)
        s.close()
        f.expect('FA', off=0)
        f.send(flags, b'late')
        reset_answers(f, f'{flags} with data for FIN-WAIT-1 {opts}')


@case('close')
def closing_states_data_reset(e):
    """Data that nobody will read is answered with RST in every state (RFC 1122 4.2.2.13)."""
    e.net()
    e.sysctl('ipv4.tcp_fin_timeout', 100)   # FIN-WAIT-2 begins with a socket
    leave = {'close': lambda s: s.close(), 'shutdown': lambda s: s.shutdown(socket.SHUT_RDWR)}
    for how, go in leave.items():
        for state in ('FIN-WAIT-1', 'FIN-WAIT-1 acked', 'FIN-WAIT-2', 'CLOSING', 'LAST-ACK'):
            for flags in ('A', 'FA'):
                s, f = e.active()
                if state == 'LAST-ACK':
                    f.send('FA')
                    e.tun.run(0.05)
                    f.queue.clear()
                go(s)
                f.expect('FA', off=0)
                f.rcv_nxt = f.theirs(0)
                if state in ('FIN-WAIT-1 acked', 'FIN-WAIT-2'):
                    f.rcv_nxt = f.theirs(1)
                if state == 'FIN-WAIT-2':
                    f.send('A')
                elif state == 'CLOSING':
                    f.send('FA')
                e.tun.run(0.02)
                f.queue.clear()
                if state in ('CLOSING', 'LAST-ACK'):
                    # Wholly behind the FIN it is no data at all; over its end it is.
                    f.send(flags, b'late', seq=f.snd_nxt)
                    f.tun.run(0.02)
                    ensure(not any('R' in p.flags for p in f.queue), f'RST in {state}')
                    f.send(flags, b'late', seq=f.snd_nxt - 1)
                else:
                    f.send(flags, b'late')
                f.wait_for(lambda p: 'R' in p.flags, 0.15, f'no RST in {state} ({how}, {flags})')
                e.tun.run(0.3)
                ensure(not any('F' in p.flags for p in f.queue), f'FIN after RST in {state}')
                if how == 'shutdown':
                    got = s.error()
                    ensure(got == errno.ECONNRESET, f'SO_ERROR {got} in {state}')


@case('close')
def rst_before_fin(e):
    """A RST numbered as the FIN before it, as some stacks send it, counts; else it does not."""
    def close_wait(_, f):
        f.send('FA')

    def last_ack(s, f):
        f.send('FA')
        e.tun.run(0.05)
        s.close()

    def closing(s, f):
        s.shutdown(socket.SHUT_WR)
        f.expect('FA')
        f.send('FA', ack=f.theirs(0))
    for state, want in ((close_wait, errno.EPIPE), (closing, errno.ECONNRESET), (last_ack, None)):
        s, f = e.active()
        state(s, f)
        e.tun.run(0.05)
        f.queue.clear()
        f.send('R', seq=f.snd_nxt - 1)
        e.tun.run(0.05)
        if want:
            got = s.error()
            ensure(got == want, f'SO_ERROR {got} in {state.__name__}')
        f.queue.clear()
        f.send('A')
        f.expect('R')
    s, f = e.active()
    f.send('A', b'data')
    ensure(s.recv_exact(4) == b'data', 'data')
    f.send('R', seq=f.snd_nxt - 1)
    e.tun.run(0.05)
    ensure(s.error() == 0, 'RST below RCV.NXT taken in ESTABLISHED')


@case('close')
def rst_at_sack_edge(e):
    """A RST behind the last block that was SACKed counts as one of RCV.NXT (RFC 5961 3.2)."""
    s, f = e.active()
    f.send('A', b'2222', seq=f.at(4))
    f.send('A', b'4444', seq=f.at(12))
    f.send('R', seq=f.at(8))
    e.tun.run(0.05)
    ensure(s.error() == 0, 'RST at a lower edge taken')
    f.send('R', seq=f.at(16))
    e.tun.run(0.05)
    ensure(s.error() == errno.ECONNRESET, 'RST at the highest edge refused')


@case('close')
def shutdown_both_data_reset(e):
    """After shutdown(SHUT_RDWR), data that arrive are answered with RST."""
    s, f = e.active()
    s.shutdown(socket.SHUT_RDWR)
    f.expect('FA', off=0)
    f.send('A')
    e.tun.run(0.02)
    f.send('A', b'late')
    f.wait_for(lambda p: 'R' in p.flags, 0.3, 'no RST')


@case('close')
def reset_reported(e):
    """RST in ESTABLISHED: ECONNRESET once, then EOF, and EPIPE on send."""
    s, f = e.active()
    f.send('A', b'data')
    f.expect('A', rack=5)
    f.send('R')
    e.tun.run(0.02)
    ensure(s.poll(select.POLLIN) & (select.POLLERR | select.POLLHUP) ==
           select.POLLERR | select.POLLHUP, 'events after RST')
    expect_error(lambda: s.send(b'x'), errno.ECONNRESET, 'first call')
    expect_error(lambda: s.send(b'x'), errno.EPIPE, 'send afterwards')
    expect_gone(f, 'after RST')


@case('close')
def reset_discards_queue(e):
    """After RST nothing more is sent, whatever was queued."""
    s, f = e.active(win=2000, ws=None)
    s.send(pattern(50000))
    e.tun.run(0.05)
    f.queue.clear()
    f.send('R')
    f.expect_none(1.0, 'a packet after RST')
    expect_error(s.recv, errno.ECONNRESET, 'read')


@case('close')
def reset_in_closing_states(e):
    """RST in FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT and LAST-ACK ends the connection."""
    def fin_wait_1(s, f):
        s.shutdown(socket.SHUT_WR)
        f.expect('FA')

    def fin_wait_2(s, f):
        fin_wait_1(s, f)
        f.send('A')

    def close_wait(_, f):
        f.send('FA')
        f.expect('A')

    def last_ack(s, f):
        close_wait(s, f)
        s.close()
        f.expect('FA')
    for state, err in ((fin_wait_1, errno.ECONNRESET), (fin_wait_2, errno.ECONNRESET),
                       (close_wait, errno.EPIPE), (last_ack, None)):
        s, f = e.active(rtt=0.1)
        state(s, f)
        e.tun.run(0.02)
        f.queue.clear()
        f.send('R')
        e.tun.run(0.02)
        if err:
            got = s.error()
            ensure(got == err, f'SO_ERROR {got} after RST in {state.__name__}')
        f.expect_none(0.6, f'a packet after RST in {state.__name__}')
        expect_gone(f, state.__name__)


@case('close')
def data_after_fin(e):
    """What comes after the peer's own FIN is not delivered."""
    s, f = e.active()
    f.send('FA', b'end')
    f.wait_for(lambda p: p.rack == 5, 0.3, 'FIN not acknowledged')
    f.send('A', b'beyond')
    e.tun.run(0.05)
    ensure(s.recv_exact(9) == b'end', 'data after FIN were delivered')
    ensure(all(p.rack in (0, 5) for p in f.queue), 'data after FIN were acknowledged')


@case('close')
def fin_again_close_wait(e):
    """In CLOSE-WAIT the peer's FIN again is acknowledged again."""
    _, f = e.active()
    f.send('FA')
    f.expect('A', ack=f.snd_nxt)
    e.tun.run(0.05)
    f.send('FA', seq=f.snd_nxt - 1)
    f.expect('A', off=0, ack=f.snd_nxt)


@case('close')
def close_after_reading(e):
    """close() with everything read sends FIN, not RST; the port serves again at once."""
    lst = e.listener()
    for _ in range(3):
        s, f = e.passive(lst)
        f.send('A', b'read me')
        ensure(s.recv_exact(7) == b'read me', 'data')
        s.close()
        f.queue.clear()
        p = f.next(0.3) if not f.queue else f.queue.popleft()
        ensure(p and 'R' not in p.flags, f'{p and p.text()}')
        f.send('FA', ack=f.theirs(1))
        e.tun.run(0.02)


@case('close')
def close_unconnected(e):
    """close() during SYN-SENT: nothing more is sent, and a late SYN-ACK is reset."""
    s, f, _ = e.connect()
    s.close()
    f.expect_none(1.3, 'SYN after close()')
    f.send('SA', seq=f.iss)
    f.expect('R', seq=f.rcv_nxt)


def set_max_orphans(family, value):
    """The limit of a family: AF_INET's is a sysctl of the first namespace alone. Returns the old."""
    path = '/proc/sys/net/ipv4/tcp_max_orphans'
    if family != socket.AF_INET:
        path = '/sys/module/newinet/parameters/max_orphans'
    rd, wr = os.pipe()
    if not (pid := os.fork()):
        with open('/proc/1/ns/net', encoding='ascii') as ns:
            libc.setns(ns.fileno(), CLONE_NEWNET)
        with open(path, 'r+', encoding='ascii') as f:
            os.write(wr, f.read().encode())
            f.seek(0)
            f.write(str(value))
        os._exit(0)
    ensure(os.waitpid(pid, 0)[1] == 0, f'{path} cannot be set')
    os.close(wr)
    with os.fdopen(rd) as old:
        return int(old.read())


def resets(tun, flows):
    tun.run(0.05)
    return sum(any('R' in p.flags for p in f.queue) for f in flows)


@case('close', timeout=60)
def orphans_bounded(e):
    """Orphans beyond the limit are reset at once, those that are too many later at their timeout."""
    pairs = [e.active() for _ in range(24)]
    flows = [f for _, f in pairs]
    kept = set_max_orphans(e.family, 8)
    try:
        for s, _ in pairs:
            s.close()
            e.tun.run(0.12)             # AF_INET counts ten times a second
        count = resets(e.tun, flows)
        # Orphans of other namespaces count as well, and may still be about.
        ensure(14 <= count <= 20, f'{count} of 24 reset, where 8 may stay')
        set_max_orphans(e.family, 2)
        e.tun.run(8)
        count = resets(e.tun, flows)
        ensure(20 <= count <= 23, f'{count} of 24 reset, where 2 may stay')
    finally:
        set_max_orphans(e.family, kept)


def closing_time(e, family, count):
    """Seconds that close() takes for each of so many connections, a third of them too many."""
    mine, e.family = e.family, family
    try:
        pairs = [e.active() for _ in range(count)]
    finally:
        e.family = mine
    kept = set_max_orphans(family, count * 2 // 3)
    try:
        begin = time.monotonic()
        for s, _ in pairs:
            s.close()
        took = time.monotonic() - begin
    finally:
        set_max_orphans(family, kept)
    for _, f in pairs:
        f.rst(seq=f.last_ack)
    e.tun.run(0.1)
    return took / count


@case('close', timeout=120)
def orphans_cost(e):
    """What an orphan costs does not depend on how many there are, and is what AF_INET pays."""
    # What the debug kernel's allocators do beside grows with what is allocated.
    debug = os.environ.get('NEWINET_KERNEL') == 'debug'
    e.net()
    few, many = ({fam: closing_time(e, fam, n) for fam in dict.fromkeys((socket.AF_INET, e.family))}
                 for n in ((5, 25) if debug else (25, 250)))
    print(f'close(): of few {[f"{t * 1e6:.0f}" for t in few.values()]}, '
          f'of many {[f"{t * 1e6:.0f}" for t in many.values()]} microseconds each')
    for fam, took in many.items():
        ensure(took < 1.6 * few[fam] or debug,
               f'{took / few[fam]:.1f} times as much at ten times the number')
    ensure(many[e.family] < 1.6 * many[socket.AF_INET] or debug, 'more than AF_INET')
