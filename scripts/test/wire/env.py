# SPDX-License-Identifier: GPL-2.0
"""What a wire case gets: its namespace, tun device, sockets of the family under test,
and the handshakes that most cases begin with. Cases register themselves with @case.
"""
import errno
import os
import select

from nsock import CLONE_NEWNET, CLONE_NEWNS, Sock, unshare
from packet import ensure
from peer import Flow, Sysctl, Tun, link_up, syn_opts

CASES = {}
REMOTE = '10.88.0.2'
BASE_SYSCTLS = {
    'ipv6.conf.all.disable_ipv6': 1,
    'ipv4.tcp_no_metrics_save': 1,
    'ipv4.tcp_early_retrans': 0,        # no tail-loss probes among the packets counted
    'ipv4.tcp_rmem': '4096 131072 6291456',
    'ipv4.tcp_wmem': '4096 16384 4194304',
}


def case(group, timeout=20):
    """Register a case; timeout is for its watchdog, in seconds of the machine's clock."""
    def add(func):
        name = f'{group}/{func.__name__}'
        assert name not in CASES, name
        CASES[name] = (func, timeout)
        return func
    return add


def kernel():
    """Major and minor number."""
    return tuple(int(part) for part in os.uname().release.split('.')[:2])


def kernel_name():
    """As scripts/vm/list has it."""
    return '.'.join(map(str, kernel()))


class Env:
    """One case's world."""

    def __init__(self, family, number):
        self.name, self.family = family, number
        self.tun = None
        self.tuns = []
        self.rport = 20000
        self.lport = 5000

    def start(self):
        unshare(CLONE_NEWNET)
        link_up('lo')
        for key, val in BASE_SYSCTLS.items():
            Sysctl.set(key, val)
        for cc in ('cubic', 'reno'):
            try:
                Sysctl.set('ipv4.tcp_congestion_control', cc)
                break
            except OSError:
                continue

    def net(self, **kw):
        """The tun device, made at first use."""
        if self.tun is None:
            self.tun = self.add_tun(**kw)
        return self.tun

    def add_tun(self, **kw):
        tun = Tun(**kw)
        self.tuns.append(tun)
        return tun

    def finish(self):
        """Reset whatever is left, so that no orphan outlives the case."""
        for sock in Sock.opened:
            sock.abort()
        for tun in self.tuns:
            tun.run(0.002)
            for f in tun.every_flow:
                if f.last_ack is not None and f.lport:
                    f.rst(seq=f.last_ack)
            tun.run(0.002)

    @staticmethod
    def own_mounts():
        unshare(CLONE_NEWNS)

    @staticmethod
    def sysctl(name, value):
        """Set a net.* value; False when the kernel has none of that name."""
        return Sysctl.set(name, value)

    def sock(self):
        return Sock(self.family)

    def next_rport(self):
        self.rport += 1
        return self.rport

    def next_lport(self):
        self.lport += 1
        return self.lport

    def flow(self, lport=None, raddr=REMOTE, rport=None, tun=None, iss=None):
        return Flow(tun or self.net(), rport or self.next_rport(), raddr, lport, iss=iss)

    def listener(self, port=None, backlog=128, setup=None, addr='0.0.0.0'):
        """A listening socket; its port is in .port."""
        self.net()
        s = self.sock()
        if setup:
            setup(s)
        s.port = port or self.next_lport()
        s.bind(s.port, addr).listen(backlog)
        return s

    def connect(self, setup=None, **kw):
        """Begin an active open: the socket, the flow, and the SYN."""
        f = self.flow(**kw)
        s = self.sock()
        if setup:
            setup(s)
        err = s.connect(f.raddr, f.rport)
        ensure(err == errno.EINPROGRESS, f'connect says {errno.errorcode.get(err, err)}')
        return s, f, f.expect('S')

    def active(self, mss=1460, sack=True, ts=True, ws=7, rtt=0.0, win=65535, **kw):
        """An established connection that the stack opened: socket, flow."""
        s, f, syn = self.connect(**kw)
        for key, want in (('sackok', sack), ('ts', ts), ('ws', ws is not None)):
            ensure(not want or key in syn.opts, f'SYN does not offer {key}: {syn.text()}')
        self._agree(f, syn, ts, ws, mss)
        f.win = win
        if rtt:
            self.net().run(rtt)
        opts = syn_opts(mss, sack, (f.tsval(), f.ts_recent) if ts else None, ws)
        f.send('SA', opts=opts)
        a = f.expect('A', off=0, rack=1, len=0)
        f.edge = a.rack - 1 + (a.win << f.peer_ws)
        ensure(s.poll(select.POLLOUT, 1.0) & select.POLLOUT, 'connect does not complete')
        ensure(s.error() == 0, 'SO_ERROR after the handshake')
        return s, f

    def half_open(self, lst, mss=1460, sack=True, ts=True, ws=7, win=65535, **kw):
        """Send a SYN to a listener: the flow and the SYN-ACK."""
        f = self.flow(lport=lst.port, **kw)
        f.win = win
        opts = syn_opts(mss, sack, (f.tsval(), 0) if ts else None, ws)
        f.send('S', opts=opts)
        p = f.expect('SA', rack=1, len=0)
        self._agree(f, p, ts, ws, mss)
        return f, p

    @staticmethod
    def _agree(f, p, ts, ws, mss):
        f.ts = 1 if ts else 0
        f.ws = ws or 0
        f.peer_ws = p.opts.get('ws', 0) if ws is not None else 0
        f.mss = p.opts.get('mss', 536) - (12 if ts else 0)
        f.sent_mss = (536 if mss is None else mss) - (12 if ts else 0)

    def passive(self, lst=None, rtt=0.0, late_win=None, setup=None, **kw):
        """An established connection that a listener took: socket, flow."""
        own = lst is None
        lst = lst or self.listener(setup=setup)
        f, p = self.half_open(lst, **kw)
        f.edge = p.win
        if rtt:
            self.net().run(rtt)
        if late_win is not None:
            f.win = late_win
        f.send('A')
        s = lst.wait_accept()
        ensure(s, 'no connection to accept after the third packet')
        if own:
            f.listener = lst
        return s, f

