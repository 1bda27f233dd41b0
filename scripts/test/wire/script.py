# SPDX-License-Identifier: GPL-2.0
"""The notation of the wire scripts (*.pkt): reading and writing it. HOWTO describes it;
play.py runs it.

A script becomes a list of cases, a case a list of events; nothing here knows a socket.
"""
import dataclasses
import os
import re

from packet import flag_bits, flag_text

INFINITY = 0x7fffffff
TOLERANCE = 0.006       # seconds; a tick of a slow clock (HZ=250) and some machine time
LETTERS = {'S': 'S', 'F': 'F', 'R': 'R', 'P': 'P', '.': 'A', 'U': 'U', 'E': 'E', 'W': 'C'}

TIME = re.compile(r'(\+\d*\.?\d+(?:~\d*\.?\d+)?|\*)\s+')
SEGMENT = re.compile(r'([SFRPUEW.]+)\s+(\d+):(\d+)\((?:(\d+)x)?(\d+)\)'
                     r'(?:\s+ack\s+(\d+))?(?:\s+win\s+(\d+))?(?:\s+<([^>]*)>)?$')
ICMP = re.compile(r'icmp\s+(\w+)(?:\s+mtu\s+(\d+))?(?:\s+seq\s+(\d+))?$')
CALL = re.compile(r'(\w+)\(([^()]*)\)(?:\s*=\s*(-?\w+))?$')
OPEN = re.compile(r'(active|passive)\s+<([^>]*)>(?:\s+win\s+(\d+))?(?:\s+rtt\s+(\d*\.?\d+))?$')
TERM = re.compile(r'(\w+)\s*(==|!=|<=|>=|<|>)\s*(\w+|\?)$')
SETTING = re.compile(r'(sysctl|route|link)\s+(.*)$')
MARK = re.compile(r'#\s*(newinet|kernels|tolerance|fails):\s*(.*?)\s*$')
CASE = re.compile(r'case\s+(\w+)$')


class Bad(Exception):
    """A line that is not in the notation."""


@dataclasses.dataclass
class Event:
    """One line: what is to happen, and when after the line before it."""
    line: int
    text: str                   # as it stands in the file
    kind: str                   # send, expect, icmp, call, open, assert, set, quiet, comment
    least: float = 0.0          # seconds; None where any time will do
    most: float = 0.0
    what: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Case:
    """What stands under one `case`, behind what stands above the first one."""
    file: str
    name: str
    line: int
    events: list = dataclasses.field(default_factory=list)
    not_yet: bool = False
    kernels: list = dataclasses.field(default_factory=list)
    tolerance: float = TOLERANCE
    fails: str = ''             # what the failure that must be says


def options(text):
    """Options as a dict: numbers are those of the script."""
    out = {}
    for part in (each.strip() for each in (text or '').split(',')):
        word, *rest = part.split() or ['nop']
        if word == 'sackOK' and not rest:
            out['sackok'] = True
        elif word == 'mss' and len(rest) == 1:
            out['mss'] = int(rest[0])
        elif word == 'wscale' and len(rest) == 1:
            out['ws'] = int(rest[0])
        elif word == 'sack' and rest:
            out['sack'] = [tuple(map(int, each.split(':'))) for each in rest]
        elif word == 'TS':
            out['ts'] = dict(zip(rest[::2], rest[1::2]))
            if len(rest) % 2 or set(out['ts']) - {'val', 'ecr'}:
                raise Bad(f'timestamp {part!r}')
        elif word != 'nop' or rest:
            raise Bad(f'option {part!r}')
    return out


def number(text):
    return INFINITY if text == 'infinity' else int(text) if re.match(r'-?\d+$', text) else text


def segment(text):
    match = SEGMENT.match(text)
    if not match:
        raise Bad('a segment is FLAGS SEQ:END(LEN) [ack N] [win N] [<OPTION,...>]')
    flags, seq, end, count, size, ack, win, opts = match.groups()
    seq, end, count, size = int(seq), int(end), int(count or 1), int(size)
    if end - seq != count * size:
        raise Bad(f'{seq}:{end} is not {count} x {size}')
    return {'flags': ''.join(LETTERS[each] for each in flags), 'seq': seq, 'count': count,
            'len': size, 'ack': None if ack is None else int(ack),
            'win': None if win is None else int(win),
            'opts': None if opts is None else options(opts)}


def body(text):
    """(kind, what) of a line without its time."""
    if text[0] in '<>':
        rest = text[1:].strip()
        if text[0] == '<' and (match := ICMP.match(rest)):
            return 'icmp', dict(zip(('kind', 'mtu', 'seq'), match.groups()))
        return 'send' if text[0] == '<' else 'expect', segment(rest)
    if match := OPEN.match(text):
        return 'open', {'how': match[1], 'opts': options(match[2]), 'rtt': float(match[4] or 0),
                        'win': int(match[3] or 65535)}
    if match := CALL.match(text):
        return 'call', {'name': match[1], 'result': match[3] and number(match[3]),
                        'args': [number(each.strip()) for each in match[2].split(',') if each]}
    if match := SETTING.match(text):
        pairs = re.findall(r'(\w+)=("[^"]*"|\S+)', match[2])
        return 'set', {'where': match[1], 'values': {k: v.strip('"') for k, v in pairs}}
    if text.startswith('assert '):
        terms = [TERM.match(each.strip()) for each in text[7:].split(',')]
        if not all(terms):
            raise Bad('assert NAME == VALUE, ...')
        return 'assert', {'terms': [(each[1], each[2], number(each[3])) for each in terms]}
    if text == 'quiet':
        return 'quiet', {}
    raise Bad('neither a segment nor a call nor a setting')


def event(line, whole):
    text = whole.split('  #')[0].strip()
    match = TIME.match(text)
    least = most = 0.0
    rest = text[match.end():] if match else text
    if match and match[1] == '*':
        least = most = None
    elif match:
        least, _, more = match[1][1:].partition('~')
        least, most = float(least), float(more or least)
    kind, what = body(rest.strip())
    if kind != 'expect' and (least is None or least != most):
        raise Bad('one exact time, for what the script does itself')
    return Event(line, whole, kind, least, most, what)


def mark(case, key, value):
    if key == 'newinet':
        if value != 'not yet':
            raise Bad("the mark is '# newinet: not yet'")
        case.not_yet = True
    elif key == 'kernels' and case.name:        # above the first case it is the test's
        case.kernels = value.split()
    elif key == 'fails':
        case.fails = value
    elif key == 'tolerance':
        case.tolerance = float(value.removesuffix('ms').strip()) / 1000


def parse(path):
    """The cases of a file. Raises SystemExit with the line that is wrong."""
    common, cases = Case(path, '', 0), []
    with open(path, encoding='utf-8') as file:
        lines = [each.rstrip() for each in file]
    for line, text in enumerate(lines, 1):
        now = cases[-1] if cases else common
        try:
            if match := CASE.match(text):
                cases.append(Case(path, match[1], line, list(common.events), common.not_yet,
                                  list(common.kernels), common.tolerance))
                continue
            if match := MARK.match(text):
                mark(now, match[1], match[2])
            if not text or text.lstrip().startswith('#'):
                now.events.append(Event(line, text, 'comment'))
            else:
                now.events.append(event(line, text))
        except (Bad, ValueError) as why:
            raise SystemExit(f'{os.path.basename(path)}:{line}: {why}: {text}') from why
    return cases


def letters(flags):
    """P. of PA."""
    back = {v: k for k, v in LETTERS.items()}
    return ''.join(back[each] for each in sorted(flags, key='SFRPAUEC'.index))


def option_text(opts, base):
    """Options of a packet that came; base is where its SACK blocks count from."""
    out = []
    for key in opts['order']:
        if key == 'sack':
            out.append('sack ' + ' '.join(
                f'{(a - base) & 0xffffffff}:{(b - base) & 0xffffffff}' for a, b in opts['sack']))
        else:
            out.append({'mss': f'mss {opts.get("mss")}', 'sackok': 'sackOK',
                        'ts': 'TS', 'ws': f'wscale {opts.get("ws")}'}[key])
    return out


def packet_text(p, base, win=False, flags=None):
    """A packet that came, in the notation. TS is said of a SYN alone: elsewhere it is
    there or not by agreement."""
    syn = 'S' in p.flags
    opts = [each for each in option_text(p.opts, base) if syn or each != 'TS']
    seq = p.off + 1
    text = f'{flags or letters(p.flags)} {seq}:{seq + p.len}({p.len})'
    text += f' ack {p.rack}' if 'A' in p.flags else ''
    text += f' win {p.win}' if win else ''
    return text + (f' <{",".join(opts)}>' if opts else '')


def flags_match(p, want):
    """PSH counts where the script has it."""
    bits = p.bits if 'P' in want else p.bits & ~flag_bits('P')
    return bits == flag_bits(want)


def number_text(value):
    return 'infinity' if value == INFINITY else str(value)


def time_text(seconds):
    """+.2 of 0.2, to 5 ms where it is long."""
    if seconds > 0.010:
        seconds = round(seconds / 0.005) * 0.005
    text = f'{seconds:.3f}'.rstrip('0').rstrip('.')
    return '+' + (text[1:] if text.startswith('0.') else text)


__all__ = ['Bad', 'Case', 'Event', 'INFINITY', 'flag_text', 'flags_match', 'number_text', 'packet_text',
           'parse', 'time_text']
