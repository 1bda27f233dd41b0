# SPDX-License-Identifier: GPL-2.0
# test: wire_wait
# clock: virtual
# timeout: 240
# needs: python3 nftables
"""Wire cases for what outlives its socket: segments that wait in a firewall's queue, and
TIME-WAIT when its four-tuple or its port is wanted again.
"""
import ctypes
import errno
import os
import select
import signal
import socket
import struct
import subprocess
import time

from env import case, kernel
from nfqueue import Queue, nft
from nsock import CLONE_NEWNET, Sock, check, unshare
from packet import Skip, ensure, icmp_error
from peer import LOCAL, link_up, syn_opts

IP_TRANSPARENT, IP_MINTTL, SO_ATTACH_FILTER = 19, 21, 26

QUEUE_INPUT = '''
table ip t {
    chain c { type filter hook input priority 0; ip protocol tcp queue num 0; }
}
'''


def kernel_segments():
    """How many segments the kernel's own TCP has taken in this namespace."""
    with open('/proc/net/snmp', encoding='ascii') as f:
        names, values = [line.split() for line in f if line.startswith('Tcp:')]
    return int(values[names.index('InSegs')])


@case('wait', timeout=60)
def queued_at_input(e):
    """A segment that waits in NFQUEUE at INPUT while the last socket and claim of the family
    end is not given to the kernel's TCP: early demultiplexing hung the socket on it."""
    queue = Queue()
    s, f = e.active()
    f.send('A', b'so that the way back is known')
    f.expect('A')
    e.tun.run(0.1)
    nft(QUEUE_INPUT)
    f.send('A', b'late')
    packet = queue.get()
    s.abort()
    f.expect('RA')
    e.tun.run(1)
    before = kernel_segments()
    queue.accept(packet)
    e.tun.run(0.1)
    taken = kernel_segments() - before
    ensure(taken == (e.name == 'inet'), f"the kernel's TCP took {taken} segments of ours")
    # Nobody is there any more: the next one is the kernel's to answer.
    nft('delete table ip t')
    f.queue.clear()
    f.send('A', b'too late')
    f.expect('R')
    ensure(kernel_segments() == before + taken + 1, 'the kernel does not get its segments')


@case('wait', timeout=120)
def queue_is_left_alone(e):
    """What NFQUEUE holds for a connection of the kernel's stays there when the last port of the
    family is given back, and for some time after that."""
    queue = Queue()
    e.net()
    lst = Sock(socket.AF_INET)
    lst.port = e.next_lport()
    lst.bind(lst.port).listen(1)
    s, f = e.passive(lst)
    other = e.sock().bind(e.next_lport())
    nft(QUEUE_INPUT)
    f.send('A', b'held')
    packet = queue.get()
    other.close()
    e.tun.run(45)
    queue.accept(packet)
    ensure(s.recv_exact(4, 1) == b'held', 'the segment was dropped')


def elsewhere(e, number):
    """So many connections in TIME-WAIT in another network namespace; the process that has it."""
    ready, done = os.pipe()
    pid = os.fork()
    if pid:
        os.close(done)
        ensure(os.read(ready, 1) == b'+', 'the other namespace failed')
        return pid
    try:
        unshare(CLONE_NEWNET)
        link_up('lo')
        lst = e.sock().bind(6000, '127.0.0.1').listen()
        for _ in range(number):
            s = e.sock()
            check(s.connect('127.0.0.1', 6000), 'connect')
            r = lst.wait_accept()
            s.close()
            r.close()
        os.write(done, b'+')
        signal.pause()
    finally:
        os._exit(1)


@case('wait')
def limit_by_namespace(e):
    """net.ipv4.tcp_max_tw_buckets counts what is in TIME-WAIT in its own namespace."""
    e.net()
    e.sysctl('ipv4.tcp_max_tw_buckets', 3)
    pid = elsewhere(e, 8)
    try:
        answers = ''
        for _ in range(6):
            s, f = e.active()
            s.close()
            f.expect('FA', off=0, len=0)
            f.send('A')
            e.tun.run(0.02)
            f.send('FA')
            answers += f.wait_for(lambda p: True, 1, 'no answer').flags
        ensure(answers == 'AAARRR', f'answers {answers}')
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def reusable(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def bound_to(port):
    def setup(s):
        reusable(s)
        s.bind(port, LOCAL)
    return setup


def waiting(e, ts=True, tw_reuse=None, **kw):
    """A connection that ended here first: its flow, whose four-tuple is in TIME-WAIT."""
    if tw_reuse is not None:
        e.sysctl('ipv4.tcp_tw_reuse', tw_reuse)
    s, f = e.active(ts=ts, **kw)
    s.close()
    f.expect('FA', off=0, len=0)
    f.send('A')
    e.tun.run(0.02)
    f.send('FA')
    p = f.expect('A', off=1, len=0, ack=f.snd_nxt)
    f.tsval_last = p.opts['ts'][1] if ts else None
    f.forget()
    return f


def passive_waits(e, lst):
    """The same of a connection that a listener took."""
    s, old = e.passive(lst)
    s.close()
    old.expect('FA', off=0, len=0)
    old.send('A')
    old.send('FA')
    old.expect('A', off=1)
    return old


def refused(e, old, bound, what):
    s = e.sock()
    if bound:
        bound_to(old.lport)(s)
    ensure(s.connect(old.raddr, old.rport) == errno.EADDRNOTAVAIL, what)


def again(e, old, bound):
    """connect() from the same port to the same place: the socket, its flow, the SYN."""
    f = e.flow(raddr=old.raddr, rport=old.rport)
    s = e.sock()
    if bound:
        bound_to(old.lport)(s)
    err = s.connect(f.raddr, f.rport)
    ensure(err == errno.EINPROGRESS, f'connect says {errno.errorcode.get(err, err)}')
    syn = f.expect('S')
    ensure(syn.sport == old.lport, 'another port')
    return s, f, syn


def one_port(e):
    """So that connect() has but one port to choose."""
    e.sysctl('ipv4.ip_local_port_range', '33333 33333')


@case('wait')
def connect_outnumbers(e):
    """connect() takes TIME-WAIT over after a second, above its numbers (tcp_tw_reuse 1)."""
    one_port(e)
    old = waiting(e, tw_reuse=1)
    e.tun.run(2.2)
    s, f, syn = again(e, old, False)
    ensure(syn.seq == (old.theirs(1) + 65537) & 0xffffffff,
           f'ISN {syn.seq} after {old.theirs(1)}')
    ensure(syn.opts['ts'][1] == old.tsval_last, f'TS.Recent is forgotten: {syn.text()}')
    f.ts_base = old.ts_base
    f.send('SA', opts=syn_opts(1460, True, (f.tsval(), syn.opts['ts'][0]), 7))
    f.expect('A', off=0, rack=1, len=0)
    ensure(s.poll(select.POLLOUT, 1.0) & select.POLLOUT and s.error() == 0, 'no connection')
    f.ts, f.peer_ws = 1, syn.opts['ws']
    f.send('A', b'data')
    ensure(s.recv_exact(4) == b'data', 'no data on the connection that took over')


@case('wait')
def connect_too_soon(e):
    """In the second of the last timestamp the port is not taken over."""
    one_port(e)
    time.sleep(1.1 - time.monotonic() % 1)      # both stacks count the seconds that begin
    old = waiting(e, tw_reuse=1)
    refused(e, old, False, 'taken over at once')


@case('wait')
def connect_not_asked_for(e):
    """tcp_tw_reuse 0, or 2 with an address that is no loopback one: not taken over."""
    one_port(e)
    old = waiting(e, tw_reuse=0)
    e.tun.run(2.2)
    refused(e, old, False, 'taken over with 0')
    e.sysctl('ipv4.tcp_tw_reuse', 2)
    refused(e, old, False, 'taken over with 2')


@case('wait')
def connect_without_timestamps(e):
    """Without timestamps nothing is taken over, whoever chose the port."""
    one_port(e)
    old = waiting(e, ts=False, tw_reuse=1, setup=reusable)
    e.tun.run(2.2)
    refused(e, old, False, 'taken over')
    refused(e, old, True, 'taken over by bind()')


@case('wait')
def bound_outnumbers(e):
    """bind() and connect() to the same four-tuple take it over at once, with timestamps."""
    old = waiting(e, tw_reuse=0, setup=bound_to(34567))
    _, f, syn = again(e, old, True)
    ensure(syn.seq == (old.theirs(1) + 65537) & 0xffffffff,
           f'ISN {syn.seq} after {old.theirs(1)}')
    f.rst(ack=None)


def kernels(e, **kw):
    """A connection of the kernel's TCP, from a port of the program's, in TIME-WAIT."""
    own, e.family = e.family, socket.AF_INET
    try:
        return waiting(e, tw_reuse=0, setup=bound_to(34567), **kw)
    finally:
        e.family = own


@case('wait')
def kernels_outnumbered(e):
    """As bound_outnumbers, whose TIME-WAIT it is: the kernel's is gone then."""
    old = kernels(e)
    _, f, syn = again(e, old, True)
    ensure(syn.seq == (old.theirs(1) + 65537) & 0xffffffff,
           f'ISN {syn.seq} after {old.theirs(1)}')
    ensure(syn.opts['ts'][1] == old.tsval_last, f'TS.Recent is forgotten: {syn.text()}')
    f.send('RA', seq=0)
    e.tun.run(0.1)
    with open('/proc/net/tcp', encoding='ascii') as file:
        left = [line for line in file if f':{34567:04X} ' in line]
    ensure(not left, f'left: {left}')


@case('wait')
def kernels_without_timestamps(e):
    """Without timestamps the kernel's is not taken over either."""
    old = kernels(e, ts=False)
    e.tun.run(2.2)
    refused(e, old, True, 'taken over by bind()')


@case('wait')
def listener_outnumbers(e):
    """A SYN that takes TIME-WAIT over gets an ISN above the old numbers."""
    lst = e.listener()
    old = passive_waits(e, lst)
    old.forget()
    f = e.flow(lport=lst.port, raddr=old.raddr, rport=old.rport, iss=old.snd_nxt + 100000)
    f.send('S', opts=syn_opts(1460, True, (old.tsval() + 1, 0), 7))
    p = f.expect('SA', rack=1)
    if e.name == 'inet' and p.seq != (old.theirs(1) + 65537) & 0xffffffff and kernel() < (6, 10):
        raise Skip('this kernel forgets the number on the way to its listener')
    ensure(p.seq == (old.theirs(1) + 65537) & 0xffffffff, f'ISN {p.seq} after {old.theirs(1)}')


@case('wait')
def listener_guarded(e):
    """A SYN that takes TIME-WAIT over passes what guards the listener: IP_MINTTL, its filter."""
    ret_0 = ctypes.create_string_buffer(struct.pack('=HBBI', 6, 0, 0, 0))
    guards = (
        ('IP_MINTTL', 0, IP_MINTTL, 255),
        ('a filter', socket.SOL_SOCKET, SO_ATTACH_FILTER,
         struct.pack('@HP', 1, ctypes.addressof(ret_0))),
    )
    for what, level, name, value in guards:
        lst = e.listener()
        old = passive_waits(e, lst)
        old.forget()
        lst.setsockopt(level, name, value)
        f = e.flow(lport=lst.port, raddr=old.raddr, rport=old.rport, iss=old.snd_nxt + 100000)
        f.send('S', opts=syn_opts(1460, True, (old.tsval() + 1, 0), 7))
        f.expect_none(0.5, f'an answer in spite of {what}')


@case('wait')
def transparent(e):
    """At an address that is not the host's (IP_TRANSPARENT) TIME-WAIT, and FIN-WAIT-2 without
    a program, answer from there, as the connection did.
    """
    e.net()
    subprocess.run('ip rule add to 10.99.0.0/24 lookup 100 && '
                   'ip route add local 10.99.0.0/24 dev lo table 100', shell=True, check=True)
    lst = e.listener(addr='10.99.0.7', setup=lambda s: s.setsockopt(0, IP_TRANSPARENT, 1))
    for data in (b'', b'nobody will read it'):
        f = e.flow(lport=lst.port)
        f.laddr = '10.99.0.7'
        f.send('S', opts=syn_opts(ws=None))
        ensure(f.expect('SA', rack=1).src == f.laddr, 'another address')
        f.send('A')
        s = lst.wait_accept()
        s.close()
        f.expect('FA', off=0)
        f.send('A')
        if data:
            f.send('A', data)
            f.expect('R', off=1)
        else:
            f.send('FA')
            f.expect('A', off=1)
            e.tun.run(1)
            f.send('FA', seq=f.snd_nxt - 1)
            f.expect('A', off=1)


@case('wait')
def nobody_listens(e):
    """The same SYN where nobody listens any more is acknowledged, and TIME-WAIT goes on."""
    lst = e.listener()
    old = passive_waits(e, lst)
    lst.close()
    old.send('S', seq=old.snd_nxt + 100000, opts=syn_opts(1460, True, (old.tsval() + 1, 0), 7))
    old.expect('A', off=1, ack=old.snd_nxt)
    e.tun.run(1)
    old.send('FA', seq=old.snd_nxt - 1)
    old.expect('A', off=1, ack=old.snd_nxt)


@case('wait')
def other_stack_listens(e):
    """The same SYN goes to a listener of the other stack that came past TIME-WAIT."""
    lst = e.listener(setup=reusable)
    old = passive_waits(e, lst)
    old.forget()
    lst.close()
    other = Sock(socket.AF_INET)
    reusable(other)
    other.bind(lst.port, '0.0.0.0').listen(5)
    # What is not for the listener is still answered by TIME-WAIT.
    old.tun.flows[(old.raddr, old.rport, old.lport)] = old
    e.tun.run(1)
    old.send('FA', seq=old.snd_nxt - 1)
    old.expect('A', off=1, ack=old.snd_nxt)
    old.forget()
    f = e.flow(lport=lst.port, raddr=old.raddr, rport=old.rport, iss=old.snd_nxt + 100000)
    f.send('S', opts=syn_opts(1460, True, (old.tsval() + 1, 0), 7))
    p = f.expect('SA', rack=1)
    f.ts_base = old.ts_base + 1
    f.ts, f.peer_ws = 1, p.opts['ws']
    f.send('A')
    ensure(other.wait_accept(), 'the listener gets nothing')


@case('wait')
def their_time_wait_answers(e):
    """A listener past the other stack's TIME-WAIT: the latter still answers its FIN."""
    e.sysctl('ipv4.ip_early_demux', 0)
    other = Sock(socket.AF_INET)
    reusable(other)
    e.net()
    other.port = e.next_lport()
    other.bind(other.port, '0.0.0.0').listen(5)
    old = passive_waits(e, other)
    other.close()
    e.listener(port=other.port, setup=reusable)
    e.tun.run(1)
    old.send('FA', seq=old.snd_nxt - 1)
    old.expect('A', off=1, ack=old.snd_nxt)


@case('wait')
def icmp_past_time_wait(e):
    """The kernel's connection that took TIME-WAIT over, whosever, hears of its ICMP errors."""
    old = waiting(e, setup=bound_to(34567))
    e.family = socket.AF_INET
    s, f, syn = again(e, old, True)
    e.tun.inject(icmp_error(f.raddr, LOCAL, syn.raw[:28], code=3))
    ensure(s.poll(select.POLLERR, 0.2) and s.error() == errno.ECONNREFUSED, 'no error')


@case('wait')
def slave_of_vrf(e):
    """A listener on a device in a VRF takes the SYN that takes TIME-WAIT over."""
    e.net()
    if subprocess.run('ip link add vrf0 type vrf table 10 && ip link set vrf0 up && '
                      'ip link set tun0 master vrf0', shell=True, check=False,
                      capture_output=True).returncode:
        raise Skip('no VRF in this kernel')

    def on_tun(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'tun0\0')
    lst = e.listener(setup=on_tun)
    old = passive_waits(e, lst)
    old.forget()
    f = e.flow(lport=lst.port, raddr=old.raddr, rport=old.rport, iss=old.snd_nxt + 100000)
    f.send('S', opts=syn_opts(1460, True, (old.tsval() + 1, 0), 7))
    f.expect('SA', rack=1)
