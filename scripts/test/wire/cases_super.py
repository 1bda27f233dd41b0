# SPDX-License-Identifier: GPL-2.0
# test: wire_flow
"""Wire cases for super-packets: whole on a device that segments, cut and summed on one
that does not, and received merged, fragmented or with IP options.
"""
import os

from env import case
from packet import ensure, ip_packet, pattern
from peer import Receiver, mount_sysfs, set_mtu


@case('super')
def plain_device(e):
    """No offloads: 200 KB arrive as packets within the MTU, each checksum right."""
    for mtu, ts in ((1500, True), (576, False)):
        e.net()
        set_mtu('tun0', mtu)
        s, f = e.active(ts=ts, mss=mtu - 40)
        r = Receiver(f)
        sizes = []
        feed = r.feed

        def watch(p, sizes=sizes, feed=feed):
            sizes.append(len(p.raw))
            feed(p)
        r.feed = watch
        r.pull(s, pattern(200000), timeout=15)
        ensure(max(sizes) == mtu, f'largest packet {max(sizes)} at MTU {mtu}')
        ensure(not r.needless, f'sent again without need: {r.needless[:3]}')
        f.forget()


@case('super')
def tso_device(e):
    """A device with TSO gets super-packets: SKB_GSO_TCPV4, checksum left to the device."""
    e.sysctl('ipv4.tcp_min_tso_segs', 44)       # not sized by the rate of a slow peer
    e.net(vnet=True)
    s, f = e.active()
    r = Receiver(f)
    sizes = []
    feed = r.feed

    def watch(p):
        if p.len:
            ensure(p.vnet.partial and (p.vnet.csum_start, p.vnet.csum_offset) == (20, 16),
                   f'checksum not left to the device: {vars(p.vnet)}')
        if p.len > f.sent_mss:
            ensure(p.vnet.gso_type == 1 and p.vnet.gso_size == f.sent_mss,
                   f'{p.len} bytes with {vars(p.vnet)}')
            ensure(len(p.raw) <= 65535, f'packet of {len(p.raw)}')
        else:
            ensure(p.vnet.gso_type == 0, f'{p.len} bytes with {vars(p.vnet)}')
        sizes.append(p.len)
        feed(p)
    r.feed = watch
    r.pull(s, pattern(3000000), timeout=15)
    ensure(max(sizes) > 40000, f'largest super-packet {max(sizes)}')
    ensure(sum(sizes) / len(sizes) > 5000, f'{len(sizes)} packets for 3 MB')


@case('super')
def tso_first_flight(e):
    """The initial window leaves as one or two super-packets of ten segments together."""
    e.net(vnet=True)
    s, f = e.active(rtt=0.1)
    s.send(pattern(40000))
    got = f.collect(0.05)
    ensure(sum(p.len for p in got) == 10 * f.sent_mss, f'sizes {[p.len for p in got]}')
    ensure(len(got) <= 5, f'{len(got)} packets for ten segments')


@case('super')
def super_received(e):
    """Super-packets of 40 KB, paged, are taken whole and in order."""
    e.net(vnet=True)
    s, f = e.active()
    sent = 0
    for size in (30000, 25000, 14480, 1448, 60000, 2897):
        f.send('A', pattern(size, sent), gso_size=f.mss if size > f.mss else 0)
        sent += size
        ensure(s.recv_exact(size) == pattern(size, sent - size), f'super-packet of {size}')
        p = f.wait_for(lambda p: p.ack == f.snd_nxt, 0.3, 'no ACK')
        ensure(p.rack == sent + 1, p.text())


@case('super')
def super_out_of_order(e):
    """Super-packets out of order and overlapping give the exact stream."""
    e.net(vnet=True)
    s, f = e.active()
    total = 50000
    for a, b in ((20000, 40000), (40000, total), (35000, 45000), (10000, 22000), (0, 12000)):
        f.send('A', pattern(b - a, a), seq=f.at(a), gso_size=f.mss)
    ensure(s.recv_exact(total) == pattern(total), 'stream')
    f.wait_for(lambda p: p.rack == total + 1, 1, 'no ACK for all')


@case('super')
def gro_merged(e):
    """Segments merged by GRO are received; one ACK answers many."""
    e.own_mounts()
    mount_sysfs()
    e.net(napi=True)
    flush = '/sys/class/net/tun0/gro_flush_timeout'
    ensure(os.path.exists(flush), 'no gro_flush_timeout')
    s, f = e.active()
    with open(flush, 'w', encoding='ascii') as g:
        g.write('20000000')
    count, sent = 0, 0
    for _ in range(6):
        for _ in range(8):
            f.send('A', pattern(f.mss, sent))
            sent += f.mss
        count += len(f.collect(0.06))
    ensure(s.recv_exact(sent) == pattern(sent), 'stream')
    ensure(count < 30, f'{count} ACKs for 48 merged segments')


@case('super')
def ip_fragments_received(e):
    """A segment that arrives as IP fragments is taken (a frag-list skb)."""
    s, f = e.active()
    raw = f.build('A', pattern(1440))
    f.snd_nxt += 1440
    body = raw[20:]
    cuts = [0, 480, 960, len(body)]
    for a, b in reversed(list(zip(cuts, cuts[1:]))):
        frag = a // 8 | (0x2000 if b < len(body) else 0)
        e.tun.inject(ip_packet(f.raddr, f.laddr, body[a:b], ident=77, frag=frag))
    ensure(s.recv_exact(1440) == pattern(1440), 'reassembled segment')
    f.expect('A', rack=1441)
    raw = f.build('A', b'head in two')
    f.snd_nxt += 11
    body = raw[20:]
    for a, b in ((0, 24), (24, len(body))):
        frag = a // 8 | (0x2000 if b < len(body) else 0)
        e.tun.inject(ip_packet(f.raddr, f.laddr, body[a:b], ident=78, frag=frag))
    ensure(s.recv_exact(11) == b'head in two', 'TCP header split over fragments')


@case('super')
def ip_options_received(e):
    """IP options in front of the segment move its header; it is taken, and padding is not."""
    s, f = e.active()
    f.send('A', b'with options', iph={'options': b'\x01' * 8})
    ensure(s.recv_exact(12) == b'with options', 'data behind IP options')
    f.expect('A', rack=13)
    e.tun.inject(f.build('A', b'padded') + bytes(20))
    f.snd_nxt += 6
    ensure(s.recv_exact(6) == b'padded', 'data before link-layer padding')
    f.expect('A', rack=19)
    e.tun.run(0.05)
    ensure(s.recv() is None, 'padding was taken for data')
