# SPDX-License-Identifier: GPL-2.0
# test: wire_timeout
# Judged beside the kernel's TCP, which runs at the same time. Not on the debug kernel,
# whose round trips are long and uneven: so are its RTOs.
# families: newinet
# jobs: 60
# kernels: stock 6.1-s390x
# clock: virtual
# timeout: 400
# needs: python3
"""Wire cases for patience: when a connection that hears nothing is given up, what is sent
until then, and which error the program sees. Each row of a table is a case; a family is
judged beside the kernel's TCP, in the same namespace at the same time: every packet, and
the end within 2 per cent. (Within: a packet may be an eighth of its interval late, which is
how coarse the kernel's timers are, and the end a third of a second.)
"""
import errno
import select
import socket
import time

from env import CASES, case
from packet import Skip, ensure, icmp_error, opt_ts
from peer import Sysctl, syn_opts

TCP = socket.IPPROTO_TCP
USER_TIMEOUT = socket.TCP_USER_TIMEOUT
WMEM_QUEUED = 5     # of SO_MEMINFO
SLACK = 0.3         # seconds that may lie between, whatever the time
STORM = 300         # packets that no back-off sends
STAGGER = 0.4       # seconds between the cases' beginnings: a round trip is to be short


class Watch:
    """One connection: what it sends, and when its socket reports that it is over."""

    def __init__(self, e, family, row):
        self.row, self.sent, self.end = row, [], None
        self.answer = None              # what the peer does with a packet
        self.every = None               # seconds; what it does by itself
        self.refused = []               # options
        self.held = 0                   # bytes of memory for what nobody will get
        kept, e.family = e.family, family
        try:
            self.sock, self.flow = row['start'](e, self)
        finally:
            e.family = kept
        self.begin = time.monotonic()

    def options(self, sock):
        for level, opt, value in self.row.get('opts', ()):
            try:
                sock.setsockopt(level, opt, value)
            except OSError as err:
                self.refused.append((opt, value, err.errno))

    def take(self):
        """Packets that came, answered as the peer would."""
        while self.flow.queue:
            p = self.flow.queue.popleft()
            self.sent.append((p.time - self.begin, p.flags.replace('P', ''), p.len))
            if 'R' in p.flags:
                self.every = None
                if self.end is None and self.sock is None:
                    self.end = (p.time - self.begin, 0)
            elif self.answer:
                self.answer(p)

    def poll(self):
        """Has the socket an error?"""
        if self.sock and not self.end and self.sock.poll(0) & (select.POLLERR | select.POLLHUP):
            self.end = (time.monotonic() - self.begin, self.sock.error())
            self.held = self.sock.meminfo()[WMEM_QUEUED]

    def over(self):
        return self.end is not None


def observe(tun, watches, seconds):
    """Let time pass until all are over, or it is up."""
    until = time.monotonic() + seconds
    tick = min((w.every for w in watches if w.every), default=None)
    poller = select.poll()
    poller.register(tun.fd, select.POLLIN)
    for w in watches:
        if w.sock:
            poller.register(w.sock.fd, 0)
    due = time.monotonic() + tick if tick else until
    while (now := time.monotonic()) < until and not all(w.over() for w in watches):
        poller.poll(max(0, min(until, due) - now) * 1000 + 1)
        tun.pump(0)
        for w in watches:
            w.take()
            w.poll()
            if w.over() and w.sock:
                try:
                    poller.unregister(w.sock.fd)
                except KeyError:
                    pass
        if tick and time.monotonic() >= due:
            due += tick
            for w in watches:
                if w.every:
                    w.flow.send('A')
    # What was sent with the end, and nothing afterwards.
    tun.run(0.05)
    for w in watches:
        w.take()


def alike(a, b, part, slack):
    return abs(a - b) <= max(slack, part * max(a, b))


def story(w):
    end = 'alive' if w.end is None else \
        f'{errno.errorcode.get(w.end[1], w.end[1])} after {w.end[0]:.2f}'
    return f'{end}: ' + ' '.join(f'{t:.2f}{f}{n or ""}' for t, f, n in w.sent[:60])


def judge(row, oracle, w):
    both = f' {row.get("name", "")}\n  kernel: {story(oracle)}\n  family: {story(w)}'
    ensure(w.refused == oracle.refused, f'refused {w.refused}, the kernel {oracle.refused}{both}')
    ensure((w.end is None) == (oracle.end is None), f'over or not{both}')
    slack = max(SLACK, row.get('slack', 0))
    if w.end:
        ensure(w.end[1] == oracle.end[1], f'another error{both}')
        ensure(w.held == oracle.held == 0, f'{w.held} and {oracle.held} bytes are kept{both}')
        ensure(alike(w.end[0], oracle.end[0], 0.02, slack), f'another moment{both}')
    if len(oracle.sent) > 60:
        ensure(alike(len(w.sent), len(oracle.sent), 0.05, 0), f'other packets{both}')
        return
    # The kernel may join the FIN to data that it sends again.
    ensure([p[1].replace('F', '') for p in w.sent] == [p[1].replace('F', '') for p in oracle.sent],
           f'other packets{both}')
    for mine, theirs in zip(w.sent, oracle.sent):
        ensure(alike(mine[0], theirs[0], 0.06, slack),
               f'{mine} at another time than {theirs}{both}')


def add(name, start, seconds, want, **row):
    """A case: seconds to watch; want is (errno, about when), or None when it stays."""
    row.update(start=start, want=want)
    wait = 3 + len(CASES) % 60 * STAGGER

    def run(e):
        e.net()
        time.sleep(wait)
        for key, value in row.get('sysctls', {}).items():
            if not e.sysctl(f'ipv4.{key}', value):
                raise Skip(f'no {key}')
        families = dict.fromkeys((socket.AF_INET, e.family))
        watches = [Watch(e, family, row) for family in families]
        observe(e.tun, watches, seconds)
        oracle = watches[0]
        if len(oracle.sent) > STORM:
            # Linux 6.1 floods a shut window once the program's limit is near.
            ensure(all(len(w.sent) < 20 and w.end and w.end[1] == want[0] and
                       alike(w.end[0], want[1], 0.02, SLACK) for w in watches[1:]),
                   f'the family: {story(watches[-1])}')
            return
        if want is None:
            ensure(oracle.end is None, f'the kernel gives up\n  {story(oracle)}')
        else:
            ensure(oracle.end and oracle.end[1] == want[0] and
                   want[1] * 0.9 <= oracle.end[0] <= want[1] * 1.15 + 0.3,
                   f'the kernel does otherwise\n  {story(oracle)}')
        for w in watches[1:]:
            judge(row, oracle, w)
    run.__name__ = name
    run.__doc__ = name
    case('timeout', timeout=seconds + 120)(run)


def syn(e, w):
    s, f, _ = e.connect(setup=w.options)
    return s, f


def crossed(e, w):
    """Both sides send a SYN, and then the peer is silent."""
    s, f, _ = e.connect(setup=w.options)
    f.send('S', opts=syn_opts(1460, True, None, None))
    f.expect('SA')
    return s, f


def established(e, w, **kw):
    s, f = e.active(setup=w.options, **kw)
    return s, f


def data(e, w):
    """Data that nobody acknowledges."""
    s, f = established(e, w)
    s.send(b'x' * 100)
    return s, f


def stopped(e, w, alive):
    """Data waits for a window that is shut, with nothing in flight."""
    s, f = established(e, w)
    s.send(b'first')
    f.expect('A', len=5)
    f.send('A', win=0)
    s.send(b'y' * 100)
    if alive:
        w.answer = lambda p: f.send('A', win=0)
    return s, f


def shut(e, w, alive):
    """The window is shut over data in flight."""
    s, f = established(e, w)
    f.send('A', b'1')
    s.recv_exact(1)
    e.tun.run(0.1)
    f.queue.clear()
    s.send(b'z' * 100)
    f.expect('A', len=100)
    f.send('A', b'2', ack=f.theirs(0), win=0)
    s.recv_exact(1)
    e.tun.run(0.1)
    f.queue.clear()
    if alive:
        w.answer = lambda p: f.send('A', ack=f.theirs(0), win=0)
    return s, f


def unreachable(e, w):
    """Data that a router says it cannot deliver."""
    s, f = data(e, w)
    w.answer = lambda p: e.tun.inject(icmp_error(f.raddr, e.tun.addr, p.raw[:28], code=1))
    return s, f


def orphaned(opener):
    """The program closes; the connection has to end by itself."""
    def start(e, w):
        s, f = opener(e, w)
        s.close()
        s.fd = -1
        return None, f
    return start


def last_ack(e, w):
    s, f = established(e, w)
    f.send('FA')
    e.tun.run(0.1)
    f.queue.clear()
    s.close()
    return None, f


def fin_wait_2(e, w):
    """close(), and the peer acknowledges the FIN. It asks now and then who is there."""
    s, f = established(e, w)
    s.close()
    f.expect('FA')
    f.send('A')
    w.every = w.row['every']
    return None, f


def half_closed(e, w):
    s, f = established(e, w)
    s.shutdown(socket.SHUT_WR)
    f.expect('FA')
    f.send('A')
    return s, f


def user_timeout(ms):
    return ((TCP, USER_TIMEOUT, ms),)


def keepalive(idle, intvl, cnt, *more):
    return ((TCP, socket.TCP_KEEPIDLE, idle), (TCP, socket.TCP_KEEPINTVL, intvl),
            (TCP, socket.TCP_KEEPCNT, cnt), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *more)


def dead(how):
    return lambda e, w: how(e, w, False)


def alive(how):
    return lambda e, w: how(e, w, True)


LATE = errno.ETIMEDOUT
EVER = 1000

add('syn', syn, 200, (LATE, 131))
add('syn_cnt_1', syn, 60, (LATE, 3), opts=((TCP, socket.TCP_SYNCNT, 1),))
add('syn_cnt_2', syn, 60, (LATE, 7), opts=((TCP, socket.TCP_SYNCNT, 2),))
add('syn_retries_1', syn, 60, (LATE, 3), sysctls={'tcp_syn_retries': 1})
add('syn_retries_127', syn, 600, None, sysctls={'tcp_syn_retries': 127})
add('syn_linear_0', syn, 200, (LATE, 15),
    sysctls={'tcp_syn_linear_timeouts': 0, 'tcp_syn_retries': 3})
add('syn_linear_1', syn, 200, (LATE, 8),
    sysctls={'tcp_syn_linear_timeouts': 1, 'tcp_syn_retries': 2})
add('syn_linear_127', syn, 400, (LATE, 127), sysctls={'tcp_syn_linear_timeouts': 127})
add('syn_user_timeout', syn, 60, (LATE, 3), opts=user_timeout(3000))
add('syn_user_timeout_short', syn, 60, (LATE, 1), opts=user_timeout(1))
add('crossed', crossed, 300, (LATE, 127))
add('crossed_cnt_2', crossed, 60, (LATE, 7), opts=((TCP, socket.TCP_SYNCNT, 2),))
add('crossed_user_timeout', crossed, 60, (LATE, 3), opts=user_timeout(3000))

add('data', data, 1200, (LATE, 930))
add('data_retries_2', data, 100, (LATE, 3.2), sysctls={'tcp_retries2': 2, 'tcp_retries1': 1})
add('data_retries_0', data, 100, (LATE, 0.6), sysctls={'tcp_retries2': 0})
add('data_user_timeout', data, 100, (LATE, 5.2), opts=user_timeout(5000))
add('data_user_timeout_short', data, 100, (LATE, 0.22), opts=user_timeout(1))
add('data_user_timeout_long', data, 1000, (LATE, 550.2), opts=user_timeout(550000))
add('unreachable', unreachable, 100, (errno.EHOSTUNREACH, 3.3), sysctls={'tcp_retries2': 3})
add('orphan_unreachable', orphaned(unreachable), 30, None)

add('stopped', dead(stopped), 1100, (LATE, 930))
add('stopped_alive', alive(stopped), EVER, None)
add('stopped_user_timeout', dead(stopped), 60, (LATE, 5.2), opts=user_timeout(5000))
add('stopped_alive_user_timeout', alive(stopped), 60, (LATE, 5.2), opts=user_timeout(5000))
add('stopped_retries_2', dead(stopped), 60, (LATE, 1.4), sysctls={'tcp_retries2': 2})

# The sum of doublings: a round trip of some ms more or less is 3 per cent of it.
add('shut', dead(shut), 600, (LATE, 340), slack=12)
add('shut_alive', alive(shut), EVER, None)
add('shut_user_timeout', dead(shut), 60, (LATE, 5.2), opts=user_timeout(5000))
add('shut_alive_user_timeout', alive(shut), 60, (LATE, 5.2), opts=user_timeout(5000))

add('orphan_data', orphaned(data), 300, None)
add('orphan_fin', orphaned(established), 300, None)
add('orphan_fin_retries_2', orphaned(established), 100, None,
    sysctls={'tcp_orphan_retries': 2})
add('orphan_fin_user_timeout', orphaned(established), 100, None, opts=user_timeout(5000))
add('orphan_last_ack', last_ack, 300, None)
add('orphan_stopped', orphaned(dead(stopped)), 300, None)
add('orphan_stopped_alive', orphaned(alive(stopped)), 300, None)
add('orphan_stopped_retries_2', orphaned(dead(stopped)), 100, None,
    sysctls={'tcp_orphan_retries': 2})
add('orphan_stopped_alive_retries_2', orphaned(alive(stopped)), 400, None,
    sysctls={'tcp_orphan_retries': 2})
add('orphan_shut', orphaned(dead(shut)), 300, None)
add('orphan_shut_alive', orphaned(alive(shut)), 300, None)

add('keepalive', established, 100, (LATE, 25), opts=keepalive(10, 5, 3))
add('keepalive_user_timeout', established, 100, (LATE, 15),
    opts=keepalive(10, 5, 9, (TCP, USER_TIMEOUT, 12000)))
add('keepalive_sysctls', established, 200, (LATE, 17),
    opts=((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),),
    sysctls={'tcp_keepalive_time': 7, 'tcp_keepalive_intvl': 2, 'tcp_keepalive_probes': 5})

add('fin_wait_2', fin_wait_2, 200, (0, 60), every=1, slack=1.1)
add('fin_wait_2_timeout_20', fin_wait_2, 200, (0, 20), every=1, slack=1.1,
    sysctls={'tcp_fin_timeout': 20})
# Linux waits for twice what lies beyond a minute.
add('fin_wait_2_timeout_100', fin_wait_2, 200, (0, 82), every=1, slack=2.5,
    sysctls={'tcp_fin_timeout': 100})
add('fin_wait_2_linger2', fin_wait_2, 200, (0, 20), every=1, slack=1.1,
    opts=((TCP, socket.TCP_LINGER2, 20),))
add('fin_wait_2_linger2_none', fin_wait_2, 60, (0, 0), every=1, slack=1.1,
    opts=((TCP, socket.TCP_LINGER2, -1),))
add('fin_wait_2_owned', half_closed, 300, None)


INT_MAX, INT_MIN = 0x7fffffff, -0x80000000
# Around every bound that there is.
ABSURD = (INT_MIN, INT_MIN + 1, -2, -1, 0, 1, 2, 119, 120, 121, 126, 127, 128, 254, 255, 256,
          32766, 32767, 32768, 65535, 65536, 0x3fffffff, 0x40000000, INT_MAX - 1, INT_MAX)


def together(e, rows, seconds):
    """All rows at the same time, each on both families; each is judged."""
    pairs = [[Watch(e, fam, row) for fam in dict.fromkeys((socket.AF_INET, e.family))]
             for row in rows]
    observe(e.tun, [w for pair in pairs for w in pair], seconds)
    for row, pair in zip(rows, pairs):
        for w in pair[1:]:
            judge(row, pair[0], w)
        for w in pair:
            if w.sock:
                w.sock.abort()


@case('timeout', timeout=300)
def absurd_options(e):
    """Whatever value an option is given, it is refused or does what it does on AF_INET."""
    e.net()
    time.sleep(15)                  # apart from the others
    alive_on = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for opt, start, more in ((USER_TIMEOUT, data, ()), (USER_TIMEOUT, dead(stopped), ()),
                             (USER_TIMEOUT, syn, ()),
                             (USER_TIMEOUT, established, keepalive(1, 1, 2)),
                             (socket.TCP_KEEPIDLE, established, (alive_on,)),
                             (socket.TCP_KEEPINTVL, established, keepalive(1, 1, 3)),
                             (socket.TCP_KEEPCNT, established, keepalive(1, 1, 2)),
                             (socket.TCP_SYNCNT, syn, ()),
                             (socket.TCP_LINGER2, orphaned(established), ())):
        rows = [{'start': start, 'opts': (*more, (TCP, opt, value)), 'slack': 0.8,
                 'name': f'option {opt} = {value}'} for value in ABSURD]
        together(e, rows, 4.5)


@case('timeout', timeout=600)
def absurd_sysctls(e):
    """Whatever a clock's sysctl is set to, the connections do as AF_INET's do."""
    e.net()
    time.sleep(75)
    on = ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),)
    quick = keepalive(1, 1, 2)
    seconds = (-INT_MAX // 1000, -1, 0, 1, 2, INT_MAX // 1000, INT_MAX // 1000 + 1,
               INT_MAX // 250, INT_MAX // 250 + 1, INT_MAX // 100, INT_MAX)
    tries = (0, 1, 2, 127, 128, 254, 255, 256)
    for name, start, opts, values in (
            ('tcp_keepalive_time', established, on, seconds),
            ('tcp_keepalive_intvl', established, (*on, quick[0], quick[2]), seconds),
            ('tcp_keepalive_probes', established, (*on, *quick[:2]), tries),
            ('tcp_fin_timeout', orphaned(established), (), seconds),
            ('tcp_syn_retries', syn, (), tries),
            ('tcp_syn_linear_timeouts', syn, (), tries),
            ('tcp_retries1', data, (), tries), ('tcp_retries2', data, (), tries),
            ('tcp_retries2', dead(stopped), (), tries),
            ('tcp_orphan_retries', orphaned(data), (), tries),
            ('tcp_orphan_retries', orphaned(dead(stopped)), (), tries)):
        kept = Sysctl.get(f'ipv4.{name}')
        for value in values if kept is not None else ():
            try:
                e.sysctl(f'ipv4.{name}', value)
            except OSError:
                continue
            row = {'start': start, 'opts': opts, 'slack': 0.8, 'name': f'{name} = {value}'}
            together(e, [row], 4.5)
        if kept is not None:
            e.sysctl(f'ipv4.{name}', kept)


@case('timeout', timeout=2600)
def ts_recent_void(e):
    """After a long silence an older timestamp is taken, and is TS.Recent from then on."""
    e.net()
    if Sysctl.get('ipv4.tcp_syn_linear_timeouts') is None:
        raise Skip('24 days on this kernel')
    s, f = e.active()
    f.send('A', b'one')
    ensure(s.recv_exact(3) == b'one', 'data')
    e.tun.run(2200)
    f.queue.clear()
    old = f.ts_base                     # of before the connection
    f.send('A', b'two', opts=opt_ts(old, f.ts_recent))
    ensure(s.recv_exact(3) == b'two', 'refused after half an hour')
    f.wait_for(lambda p: p.rack == 7 and p.opts['ts'][1] == old, 0.5, 'TS.Recent not replaced')
    f.send('A', b'3', seq=f.snd_nxt, opts=opt_ts(old - 5, f.ts_recent))
    e.tun.run(0.1)
    ensure(s.recv() is None, 'TS.Recent is still void')
