# SPDX-License-Identifier: GPL-2.0
"""Plays one case of a wire script (script.py has the notation) on a family, or records it.

What comes is held to the script: each packet, its place among the lines and its time
after the line before. Nothing else may come. What failed is shown as the script and what
was seen, side by side.
"""
import errno
import os
import select
import socket
import time

import rtnl
import script
from nsock import Sock
from packet import (Fail, flag_bits, icmp_error, opt_mss, opt_sack, opt_ts, opt_ws, pattern,
                    seq_diff, ensure, SACK_OK)
from peer import set_mtu
from tcpinfo import tcp_info

FOREVER = 30.0          # seconds that `*` waits
QUIET_END = 0.010       # seconds after the last line in which nothing may come
COARSE = 0.256          # from here on a timer of the kernel may be late by an eighth (HZ=250)
LEFT = 68               # columns of the script in a report
TCP_OPTIONS = {'TCP_THIN_LINEAR_TIMEOUTS': 16, 'TCP_USER_TIMEOUT': 18}
SOL_OPTIONS = {'SO_SNDBUFFORCE': 32, 'SO_RCVBUFFORCE': 33, 'SO_MAX_PACING_RATE': 47}
ICMP_KINDS = {'net_unreachable': (3, 0), 'host_unreachable': (3, 1),
              'protocol_unreachable': (3, 2), 'port_unreachable': (3, 3),
              'frag_needed': (3, 4), 'ttl_exceeded': (11, 0)}
BASE = {'ipv4.tcp_early_retrans': 3}


def option_number(name):
    """(level, number) of a socket option."""
    if name in SOL_OPTIONS or name.startswith('SO_'):
        return socket.SOL_SOCKET, SOL_OPTIONS.get(name) or getattr(socket, name)
    return socket.IPPROTO_TCP, TCP_OPTIONS.get(name) or getattr(socket, name)


def compare(value, sign, want):
    return {'==': value == want, '!=': value != want, '<': value < want, '>': value > want,
            '<=': value <= want, '>=': value >= want}[sign]


class Calls:
    """What the program does: one socket, or a listener and what it accepted."""

    def __init__(self, env):
        self.env = env
        self.listener = None
        self.sock = None
        self.written = 0            # bytes of the stream, each way
        self.taken = 0
        self.port = 0

    def own(self):
        """The socket, made when it is first asked for."""
        if self.sock is None and self.listener is None:
            self.sock = self.env.sock()
        return self.sock or self.listener

    def call(self, name, args):
        """Its result: a number, or the name of an errno."""
        try:
            return getattr(self, f'do_{name}')(*args)
        except OSError as why:
            return errno.errorcode.get(why.errno, why.errno)

    def do_socket(self):
        self.own()
        return 0

    def do_bind(self, port=0):
        self.own().bind(port)
        return 0

    def do_listen(self, backlog=128):
        self.listener, self.sock = self.own(), None
        if not self.listener.getsockname()[1]:
            self.listener.bind(self.env.next_lport())
        self.listener.listen(backlog)
        self.port = self.listener.getsockname()[1]
        return 0

    def do_accept(self):
        self.sock = self.listener.wait_accept(1.0)
        return 0 if self.sock else 'EAGAIN'

    def do_setsockopt(self, name, value):
        self.own().setsockopt(*option_number(name), value)
        return 0

    def do_getsockopt(self, name):
        return self.own().getsockopt(*option_number(name))

    def do_write(self, size):
        done = self.sock.send(pattern(size, self.written))
        self.written += done
        return done or 'EAGAIN'

    def do_read(self, size):
        got = self.sock.recv(size)
        if got is None:
            return 'EAGAIN'
        ensure(got == pattern(len(got), self.taken), 'the bytes read are not those sent')
        self.taken += len(got)
        return len(got)

    def do_shutdown(self, how):
        self.sock.shutdown(getattr(socket, f'SHUT_{how}'))
        return 0

    def do_close(self):
        self.own().close()
        return 0

    def do_abort(self):
        self.own().abort()
        return 0


class Wire:
    """The peer's side: sequence numbers of the script against those on the wire."""

    def __init__(self, env, calls):
        self.env, self.calls = env, calls
        self.flow = env.flow(lport=None)
        self.acked = 0              # most that the script acknowledged
        self.ecr = 0
        self.told = set()           # (left, right) of SACK blocks of the script
        self.sent = []              # (seq, end, TSval) of what came
        self.wants_ts = [False, False]      # the stack's SYN has timestamps, the script's
        self.raw = {}               # seq -> the packet that came last

    @property
    def ts(self):
        return all(self.wants_ts)

    def came(self, p):
        """Note a packet of the stack; its bytes must be those written."""
        seq = p.off + 1
        if 'S' in p.flags:
            self.wants_ts[0] = 'ts' in p.opts
        self.sent.append((seq, seq + p.seqlen, p.opts.get('ts', (0, 0))[0]))
        self.raw[seq] = p.raw
        if p.len:
            ensure(p.data == pattern(p.len, p.off), 'its bytes are not those written')

    def echo(self, ack, which):
        """TSecr of an acknowledgement: RFC 7323 4.3, of the segment at the left edge,
        as it was sent first or last."""
        if ack is not None and ack > self.acked:
            ensure(ack <= max((end for _, end, _ in self.sent), default=ack),
                   f'{ack} acknowledges what was not sent')
            vals = [val for seq, end, val in self.sent if seq <= self.acked < end]
            # What came out of order, as SACK told, has given its timestamp away then.
            if vals and not any(a <= self.acked < b for a, b in self.told):
                self.ecr = vals[0 if which == 'first' else -1]
            self.acked = ack
        return int(which) if which and which.isdigit() else self.ecr

    def options(self, flags, what):
        given = what['opts'] or {}
        out = b''
        if 'mss' in given:
            out += opt_mss(given['mss'])
        if 'sackok' in given:
            out += SACK_OK
        ts = given.get('ts', {})
        if 'S' in flags:
            self.wants_ts[1] = 'ts' in given
        ecr = self.echo(what['ack'], ts.get('ecr'))
        if 'ts' in given or self.ts and 'S' not in flags:
            val = int(ts.get('val', self.flow.tsval()))
            out += opt_ts(val, ecr)
        if 'ws' in given:
            out += opt_ws(given['ws'])
        if 'sack' in given:
            self.told.update(given['sack'])
            out += opt_sack([(self.flow.irs + a, self.flow.irs + b) for a, b in given['sack']])
        return out

    def inject(self, what):
        """Send what a `<` line says."""
        f = self.flow
        flags = what['flags']
        if f.lport is None and self.calls.port:
            f.lport = self.calls.port
            f.tun.flows = {(f.raddr, f.rport, f.lport): f}
        if what['win'] is not None:
            f.win = what['win']
        opts = self.options(flags, what)
        for i in range(what['count']):
            seq = what['seq'] + i * what['len']
            data = pattern(what['len'], seq - 1) if what['len'] else b''
            ack = (f.irs or 0) + what['ack'] if what['ack'] is not None else \
                f.rcv_nxt if flag_bits('A') & flag_bits(flags) else 0
            end = (f.iss + seq + len(data) + sum(c in 'SF' for c in flags)) & 0xffffffff
            if seq_diff(end, f.snd_nxt) > 0:
                f.snd_nxt = end
            f.tun.inject(f.build(flags, data, f.iss + seq, ack, f.win, opts))

    def icmp(self, what):
        kind, code = ICMP_KINDS[what['kind']]
        raw = self.raw[int(what['seq'])] if what['seq'] else list(self.raw.values())[-1]
        self.env.tun.inject(icmp_error(self.flow.raddr, self.env.tun.addr, raw[:28], kind, code,
                                       int(what['mtu'] or 0)))

    def judge(self, p, what, nth):
        """Hold a packet to a `>` line."""
        seq = what['seq'] + nth * what['len']
        ensure(script.flags_match(p, what['flags']), 'other flags')
        ensure((p.off + 1, p.len) == (seq, what['len']), 'another range')
        ensure(what['ack'] is None or p.rack == what['ack'], 'another ack')
        ensure(what['win'] is None or p.win == what['win'], 'another window')
        want = what['opts'] or {}
        if 'S' in p.flags:
            got = {k: v for k, v in p.opts.items() if k not in ('order', 'ts')}
            ensure(what['opts'] is None or
                   got == {k: v for k, v in want.items() if k != 'ts'} and
                   ('ts' in p.opts) == ('ts' in want), 'other options')
            return
        base = self.flow.iss
        sack = [((a - base) & 0xffffffff, (b - base) & 0xffffffff)
                for a, b in p.opts.get('sack', [])]
        ensure(sack == want.get('sack', []), 'other SACK blocks')
        ensure('R' in p.flags or ('ts' in p.opts) == self.ts,
               'no timestamp' if self.ts else 'a timestamp')


class Player:
    """One case on one family."""

    def __init__(self, env, case, record=False):
        self.env, self.case, self.record = env, case, record
        self.rows = []              # [script, seen, mark] of the report
        self.out = []               # lines of the recording
        for name, value in BASE.items():
            env.sysctl(name, value)
        env.net()
        # No super-packets, for whose sake a segment might wait for the next one.
        rtnl.gso_max_segs(env.tun.name, 1)
        self.calls = Calls(env)
        self.wire = Wire(env, self.calls)
        self.at = self.begin = time.monotonic()
        self.planned = 0.0          # of the script's own clock, when it is recorded
        slow = 3 if os.environ.get('NEWINET_KERNEL') == 'debug' else 1
        self.tolerance = case.tolerance * slow

    # -- the report -----------------------------------------------------------

    def seen(self, text, when, mark=' '):
        self.rows[-1][1].append(f'{when - self.at:+.3f} {text}')
        if mark != ' ':
            self.rows[-1][2] = mark

    def text(self, p):
        return '> ' + script.packet_text(p, self.wire.flow.iss)

    def report(self, why, left):
        """The two columns; `left` are the events that were not reached."""
        event = self.rows[-1]
        event[2] = '!'
        for p in self.wire.flow.queue:
            event[1].append(f'{p.time - self.at:+.3f} {self.text(p)}')
        self.wire.flow.queue.clear()
        lines = [f'{why}', f'    {"script":{LEFT}} | seen (times after the line before)']
        for line, got, mark in self.rows + [[e, [], ' '] for e in left]:
            if line and line.kind == 'comment':
                continue
            where = f'{line.line:4}' if line else '    '
            text = line.text if line else 'end'
            got = got or ['']
            lines.append(f'{mark}{where} {text:{LEFT - 2}} | {got[0]}')
            lines += [f'{mark}     {"":{LEFT - 2}} | {each}' for each in got[1:]]
        return '\n'.join(lines)

    # -- running --------------------------------------------------------------

    def run(self):
        """Raises Fail with the report."""
        events = self.case.events
        for i, event in enumerate(events):
            self.rows.append([event, [], ' '])
            try:
                getattr(self, f'on_{event.kind}')(event)
            except Fail as why:
                name = os.path.basename(self.case.file)
                raise Fail(self.report(f'{name}:{event.line}: {why}', events[i + 1:])) from why
        self.rows.append([None, [], ' '])
        try:
            self.silence(time.monotonic() + QUIET_END)
        except Fail as why:
            raise Fail(self.report(f'at the end: {why}', [])) from why

    def silence(self, until):
        """Let time pass, in which nothing may come."""
        flow, tun = self.wire.flow, self.env.tun
        while not flow.queue and (left := until - time.monotonic()) > 0:
            tun.pump(left)
        ensure(not flow.queue, 'a packet that the script does not have')

    def due(self, event):
        """Wait for the moment of what the script does itself."""
        until = self.at + event.least
        if not self.record:
            self.silence(until)
            return
        self.planned += event.least
        tun = self.env.tun
        while (left := self.begin + self.planned - time.monotonic()) > 0:
            tun.pump(left)
        tun.pump(0)
        self.drain()

    def done(self, event, text=None):
        """It happened now."""
        now = time.monotonic()
        if self.record:
            self.note(now, text or self.bare(event))
        self.seen('', now)
        self.at = now

    @staticmethod
    def bare(event):
        """The line without its time."""
        text = event.text.strip()
        match = script.TIME.match(text)
        return text[match.end():] if match else text

    def on_set(self, event):
        self.due(event)
        values = event.what['values']
        if event.what['where'] == 'sysctl':
            for name, value in values.items():
                ensure(self.env.sysctl(f'ipv4.{name}', value), f'no sysctl {name}')
        elif event.what['where'] == 'link':
            for name, value in values.items():
                {'mtu': set_mtu, 'gso_max_segs': rtnl.gso_max_segs}[name](
                    self.env.tun.name, int(value))
        else:
            lock = 0
            metrics = {}
            for name, value in values.items():
                kind = getattr(rtnl, f'RTAX_{name.upper().removesuffix("_LOCK")}')
                lock |= name.endswith('_lock') and 1 << kind
                metrics[kind] = int(value) if value.isdigit() else value
            rtnl.host_route(self.wire.flow.raddr, self.env.tun.name, metrics, lock)
        self.on_comment(event)

    def on_comment(self, event):
        if self.record and event.line > self.case.line:
            self.out.append(event.text)

    def on_call(self, event):
        self.due(event)
        what = event.what
        if what['name'] == 'connect':
            got = self.connect()
        else:
            got = self.calls.call(what['name'], what['args'])
        want = what['result']
        if want is None:
            want = what['args'][0] if what['name'] in ('write', 'read') else 0
        self.done(event)
        self.rows[-1][1][-1] += f'= {got}'
        ensure(self.record or got == want, f'{what["name"]}() gives {got}, not {want}')

    def connect(self):
        sock, flow = self.calls.own(), self.wire.flow
        got = sock.connect(flow.raddr, flow.rport)
        return errno.errorcode.get(got, got) if got != errno.EINPROGRESS else 0

    def on_assert(self, event):
        self.due(event)
        info = tcp_info(self.calls.own())
        text = [f'{name} {sign} {script.number_text(info[name])}' for name, sign, _ in event.what['terms']]
        self.done(event, 'assert ' + ', '.join(text))
        self.rows[-1][1][-1] += ', '.join(f'{n} {script.number_text(info[n])}' for n, _, _ in event.what['terms'])
        for name, sign, want in event.what['terms']:
            ensure(self.record or compare(info[name], sign, want),
                   f'{name} is {info[name]}, not {sign} {want}')

    def on_quiet(self, event):
        self.due(event)
        self.done(event)

    def on_send(self, event):
        self.due(event)
        self.wire.inject(event.what)
        self.done(event)

    def on_icmp(self, event):
        self.due(event)
        self.wire.icmp(event.what)
        self.done(event)

    def on_expect(self, event):
        if self.record:
            self.planned += event.least or 0
            return
        for nth in range(event.what['count']):
            timed = event.least is not None
            first = nth == 0
            least, most = (event.least, event.most) if timed and first else (0.0, 0.0)
            late = self.tolerance + (most / 8 if most >= COARSE else 0)
            limit = most + late if timed or not first else FOREVER
            p = self.wire.flow.next(self.at + limit - time.monotonic()) if \
                not self.wire.flow.queue else self.wire.flow.queue.popleft()
            ensure(p, f'nothing came within {limit:.3f} s')
            self.seen(self.text(p), p.time)
            after, self.at = p.time - self.at, p.time
            self.wire.came(p)
            self.wire.judge(p, event.what, nth)
            if timed or not first:
                ensure(least - self.tolerance <= after <= most + late,
                       f'after {after:.3f} s, not {least:.3f}'
                       f'{f" to {most:.3f}" if most != least else ""}')

    def on_open(self, event):
        """The handshake in one line: as a script would have it, with its round trip."""
        self.due(event)
        what = event.what
        flow = self.wire.flow
        opts = {'opts': what['opts'], 'win': what['win'], 'count': 1, 'len': 0, 'seq': 0}
        last = {'opts': None, 'win': None, 'count': 1, 'len': 0, 'seq': 1, 'ack': 1}
        if what['how'] == 'active':
            self.connect()
            self.handshake(flow, 'S')
            self.env.tun.run(what['rtt'])
            self.wire.inject({**opts, 'flags': 'SA', 'ack': 1})
            self.handshake(flow, 'A')
            ensure(self.calls.sock.poll(select.POLLOUT, 1.0) & select.POLLOUT, 'not connected')
        else:
            self.calls.do_listen()
            self.wire.inject({**opts, 'flags': 'S', 'ack': None})
            self.handshake(flow, 'SA')
            self.env.tun.run(what['rtt'])
            self.wire.inject({**last, 'flags': 'A'})
            ensure(self.calls.do_accept() == 0, 'nothing to accept')
        self.done(event)
        self.begin, self.planned = self.at, 0.0

    def handshake(self, flow, flags):
        p = flow.next(1.0)
        ensure(p, f'no {flags}')
        self.seen(self.text(p), p.time)
        ensure(script.flags_match(p, flags), f'not {flags}')
        self.wire.came(p)

    # -- recording ------------------------------------------------------------

    def note(self, when, text):
        """One more line of the recording, with its time after the one before."""
        gap = when - self.at
        lead = f'{script.time_text(gap)}  ' if gap >= 0.0015 and ' rtt ' not in text else ''
        self.out.append(f'{lead:8}{text}')
        self.at = when

    def drain(self):
        """Write down what came: runs of segments of one size as one line."""
        run = []

        def flush():
            if not run:
                return
            first, last = run[0], run[-1]
            text = self.text(first)
            if len(run) > 1:
                one = f'{first.off + 1}:{first.endoff + 1}({first.len})'
                all_of = f'{first.off + 1}:{last.endoff + 1}({len(run)}x{first.len})'
                text = text.replace(one, all_of, 1).replace('> P.', '> .', 1)
            self.note(first.time, text)
            self.at = last.time
            run.clear()
        queue = self.wire.flow.queue
        while queue:
            p = queue.popleft()
            self.wire.came(p)
            same = run and p.len and p.len == run[-1].len and p.off == run[-1].endoff and \
                p.time - run[-1].time < 0.002 and p.rack == run[-1].rack and \
                not 'F' in p.flags and not 'S' in p.flags
            if not same:
                flush()
            run.append(p)
        flush()


def play(env, case):
    Player(env, case).run()


def record(env, case):
    """The case with what this family sent in the place of its `>` lines."""
    player = Player(env, case, record=True)
    why = None
    try:
        for event in case.events:
            player.rows.append([event, [], ' '])
            getattr(player, f'on_{event.kind}')(event)
        env.tun.run(QUIET_END)
        player.drain()
    except Fail as fail:
        why = f'# {fail}'
    print('\n'.join([f'case {case.name}', *player.out, *([why] if why else [])]))


__all__ = ['Sock', 'play', 'record']
