// SPDX-License-Identifier: GPL-2.0
/*
 * The network: each way has a delay, a rate with a queue in front of it, and
 * what goes wrong. Super-packets are cut up where they leave.
 */
#include "sim.h"

#include <stdlib.h>

#define HEADERS	40

static u32 mtu_now(const struct sim *sim, const struct side *s)
{
	return s->mtu_later && sim->now >= s->mtu_ms * MS ? s->mtu_later : s->mtu;
}

static void deliver(struct sim *sim, int to, const struct packet *p, u64 at)
{
	struct packet *copy = malloc(sizeof(*copy));

	*copy = *p;
	event_add(sim, at, EV_PACKET, to, copy);
}

/* A router tells the sender; not each time that it drops. */
static void too_big(struct sim *sim, int from, const struct packet *p, u32 mtu)
{
	const struct side *s = &sim->sc->side[from];
	struct packet icmp = *p;

	trace_packet(sim, from, p, "too big");
	if (!s->icmp || sim_chance(sim, 10000 - s->icmp))
		return;
	icmp.kind = PKT_TOO_BIG;
	icmp.mtu = mtu;
	deliver(sim, from, &icmp, sim->now + s->delay_us);
}

/* A router says that there is no way, or somebody says so who has seen no segment. */
static void unreachable(struct sim *sim, int from, const struct packet *p)
{
	const struct side *s = &sim->sc->side[from];
	struct packet icmp = *p;

	if (!s->unreach || !sim_chance(sim, s->unreach))
		return;
	icmp.kind = PKT_UNREACHABLE;
	deliver(sim, from, &icmp, sim->now + s->delay_us);
}

static void forge(struct sim *sim, int from, const struct packet *p)
{
	const struct side *s = &sim->sc->side[from];
	struct packet icmp = *p;

	if (!s->forged || !sim_chance(sim, s->forged))
		return;
	icmp.kind = sim_random(sim) & 1 ? PKT_UNREACHABLE : PKT_TOO_BIG;
	icmp.forged = true;
	icmp.seq += 0x40000000 + sim_random(sim) % 0x80000000;
	icmp.mtu = 68 + sim_random(sim) % 500;
	deliver(sim, from, &icmp, sim->now + sim_random(sim) % (s->delay_us + 1));
}

static bool dropped(struct sim *sim, const struct side *s, struct link *l)
{
	if (s->outage_len_ms && sim->now >= s->outage_ms * MS &&
	    sim->now < (s->outage_ms + s->outage_len_ms) * MS)
		return true;
	if (s->burst) {
		if (sim_chance(sim, l->bursting ? s->burst_end : s->burst))
			l->bursting = !l->bursting;
		if (l->bursting)
			return true;
	}
	/* A checksum that is wrong is a loss, too. */
	return sim_chance(sim, s->loss) || sim_chance(sim, s->corrupt);
}

static void send_one(struct sim *sim, int from, const struct packet *p)
{
	const struct side *s = &sim->sc->side[from];
	struct link *l = &sim->link[from];
	u32 size = HEADERS + p->optlen + p->len;
	u64 at;

	sim->packets++;
	forge(sim, from, p);
	if (size > mtu_now(sim, s)) {
		too_big(sim, from, p, mtu_now(sim, s));
		return;
	}
	if (s->rate) {
		u64 start = max(l->busy_until, sim->now);

		/* @rate is in bytes per millisecond, @queue in bytes. */
		if (s->queue && (start - sim->now) * s->rate / 1000 > (u64)s->queue) {
			trace_packet(sim, from, p, "queue full");
			check_dropped(sim, from, p);
			return;
		}
		l->busy_until = start + size * 1000 / s->rate;
		at = l->busy_until + s->delay_us;
	} else {
		at = sim->now + s->delay_us;
	}
	if (dropped(sim, s, l)) {
		trace_packet(sim, from, p, "lost");
		check_dropped(sim, from, p);
		unreachable(sim, from, p);
		return;
	}
	if (sim_chance(sim, s->reorder))
		at += 1 + sim_random(sim) % (s->reorder_us + 1);
	else
		at = l->last_at = max(at, l->last_at);
	trace_packet(sim, from, p, "");
	deliver(sim, !from, p, at);
	if (sim_chance(sim, s->dup))
		deliver(sim, !from, p, at + sim_random(sim) % (s->reorder_us + 1));
}

/* Send @p, which may stand for several segments of @mss bytes. */
void net_send(struct sim *sim, int from, const struct packet *p, u32 mss)
{
	struct packet piece = *p;
	u32 left = p->len;

	if (left <= mss) {
		send_one(sim, from, p);
		return;
	}
	while (left) {
		piece.len = min(left, mss);
		piece.flags = p->flags;
		/* FIN and PSH are the last one's. */
		if (left > mss)
			piece.flags &= ~(TH_FIN | TH_PSH);
		send_one(sim, from, &piece);
		piece.seq += piece.len;
		piece.abs += piece.len;
		left -= piece.len;
	}
}
