// SPDX-License-Identifier: GPL-2.0
/* Deadlines of an end, and what is done when they pass: as module/tcp/conn/timer.c. */
#include "sim.h"
#include "core/backoff.h"
#include "core/finwait.h"
#include "core/giveup.h"
#include "core/keepalive.h"

#define KEEP_TIME	(7200 * SEC)
#define KEEP_INTERVAL	(75 * SEC)
#define KEEP_PROBES	9

/* What net.ipv4.* says, where a side has no value of its own. */
#define SYN_RETRIES	6

static void arm(struct end *e, u64 at)
{
	if (e->timer_at && e->timer_at <= at)
		return;
	e->timer_at = at;
	event_add(e->sim, at, EV_TIMER, e->id, NULL);
}

void timer_set(struct end *e, enum deadline d, u64 wait_us)
{
	/* What is not sent yet, for the sake of the rate, is not overdue. */
	if (d == DL_RTO || d == DL_PROBE || d == DL_LOSS || d == DL_TLP)
		wait_us += tx_pace_wait_us(e);
	e->dl[d] = e->sim->now + max(wait_us, 1ULL);
	arm(e, e->dl[d]);
}

void timer_clear(struct end *e, enum deadline d)
{
	e->dl[d] = 0;
}

void timer_rearm_rto(struct end *e)
{
	/* A tail probe goes instead of it, should tx_schedule_tlp() say so. */
	timer_clear(e, DL_TLP);
	if (e->b.packets_out)
		timer_set(e, DL_RTO, newtcp_rtt_rto(&e->rtt));
	else
		timer_clear(e, DL_RTO);
}

/* RFC 6069: the network could not deliver what was sent again. */
void timer_revert(struct end *e)
{
	const struct newtcp_seg *seg = newtcp_board_first(&e->b);

	timer_set(e, DL_RTO, newtcp_rtt_revert(&e->rtt, tx_clock(e) - seg->sent_us));
	e->last_rto_us = newtcp_rtt_rto(&e->rtt);
}

void timer_check_probe(struct end *e)
{
	if (!e->b.packets_out && !e->dl[DL_PROBE])
		timer_set(e, DL_PROBE, newtcp_backoff_probe_us(&e->rtt));
}

/* Milliseconds since the oldest was first sent again. */
static u32 tried_ms(const struct end *e)
{
	return newtcp_ms_of(tx_clock(e)) - e->r.retrans_stamp;
}

/* The timeout is not at its longest yet. */
static bool rto_grows(const struct end *e)
{
	return newtcp_rtt_rto(&e->rtt) < NEWTCP_RTO_MAX_US;
}

static bool gives_up(struct end *e)
{
	const struct newtcp_tried t = {
		.elapsed_ms = tried_ms(e), .limit_ms = e->conf->user_timeout_ms,
		.timeouts = min(e->retransmits, 255U), .begun = e->r.retrans_stamp,
	};

	if (e->state == S_SYN_SENT || e->state == S_SYN_RCVD)
		return newtcp_syn_gives_up(&t, SYN_RETRIES, 0);
	return newtcp_gives_up(&t, e->orphan ? newtcp_orphan_tries(0, false, rto_grows(e)) :
					       e->conf->retries);
}

static void back_off(struct end *e)
{
	bool thin = e->conf->thin && e->state == S_ESTABLISHED &&
		    newtcp_backoff_thin(e->b.packets_out,
					e->c.ssthresh < NEWTCP_INFINITE_SSTHRESH,
					min(e->retransmits, 255U));
	u64 wait;

	newtcp_backoff_step(&e->rtt, thin, false);
	wait = newtcp_rtt_rto(&e->rtt);
	/* RFC 6298 5.5: each twice as long as the one before. */
	check_that(e->sim, thin || !e->last_rto_us || wait == NEWTCP_RTO_MAX_US ||
		   wait >= 2 * e->last_rto_us);
	e->last_rto_us = wait;
	if (e->conf->user_timeout_ms && e->r.retrans_stamp)
		wait = newtcp_wait_within(wait / TICK_US + 1, tried_ms(e),
					  e->conf->user_timeout_ms) * TICK_US;
	timer_set(e, DL_RTO, wait);
}

static void rto_expired(struct end *e)
{
	struct newtcp_snd s = tx_snd(e);

	if (!e->b.packets_out)
		return;
	if (gives_up(e)) {
		trace_end(e, "gives up after %u timeouts", e->retransmits);
		end_closed(e, E_TIMEOUT);
		return;
	}
	trace_end(e, "timeout");
	newtcp_recovery_timeout(&s, e->retransmits);
	timer_clear(e, DL_LOSS);
	timer_clear(e, DL_TLP);
	e->retransmits++;
	e->timeouts++;
	tx_again(e, newtcp_board_first(&e->b), 1);
	back_off(e);
}

static bool probes_enough(struct end *e)
{
	const struct newtcp_probing p = {
		.elapsed = rx_ticks(e->sim->now) + 1 - e->probes_since,
		.limit_ms = e->conf->user_timeout_ms, .retries2 = e->conf->retries,
		.out = min(e->probes_out, 255U), .backoff = e->rtt.backoff,
		.begun = e->probes_since, .orphan = e->orphan, .alive = rto_grows(e),
	};

	if (!e->probes_since)
		e->probes_since = rx_ticks(e->sim->now) + 1;
	return newtcp_probe_gives_up(&p);
}

static void probe_expired(struct end *e)
{
	if (e->b.packets_out || !tx_unsent(e)) {
		e->probes_out = 0;
		e->probes_since = 0;
		return;
	}
	if (probes_enough(e)) {
		end_closed(e, E_TIMEOUT);
		return;
	}
	tx_probe(e);
	if (e->b.packets_out || !tx_unsent(e)) {
		e->probes_out = 0;
		e->probes_since = 0;
		e->rtt.backoff = 0;
		e->last_rto_us = 0;
		return;
	}
	e->probes_out++;
	newtcp_backoff_probe(&e->rtt, e->conf->retries);
	timer_set(e, DL_PROBE, newtcp_backoff_probe_us(&e->rtt));
}

static void loss_expired(struct end *e)
{
	struct newtcp_ack_news n = { .ack = e->una };
	u32 in_flight = newtcp_board_pipe(&e->b);
	struct newtcp_snd s = tx_snd(e);

	if (!e->b.packets_out)
		return;
	trace_end(e, "RACK looks again");
	e->held_back = !newtcp_recovery_look_again(&s, &n);
	if (!e->held_back) {
		ack_tell(e, &n, 0, in_flight, 0);
		tx_resend_lost(e);
	}
	if (n.look_again_us)
		timer_set(e, DL_LOSS, n.look_again_us);
	if (e->b.packets_out)
		timer_rearm_rto(e);
}

static void tlp_expired(struct end *e)
{
	if (e->b.packets_out)
		tx_tail_probe(e);
}

static void delack_expired(struct end *e)
{
	rx_ack_late(e);
}

static void keep_expired(struct end *e)
{
	const struct newtcp_keep_state st = {
		.idle = rx_ticks(e->sim->now - e->heard_at), .time = rx_ticks(KEEP_TIME),
		.limit_ms = e->conf->user_timeout_ms, .tries = KEEP_PROBES,
		.out = e->keep_probes, .busy = e->b.packets_out || tx_unsent(e),
	};
	u32 wait = rx_ticks(KEEP_INTERVAL);

	switch (newtcp_keep_verdict(&st, &wait)) {
	case VERDICT_KEEP_WAIT:
		break;
	case VERDICT_KEEP_END:
		tx_bare(e, e->nxt, TH_ACK | TH_RST);
		end_closed(e, E_TIMEOUT);
		return;
	case VERDICT_KEEP_PROBE:
		e->keep_probes++;
		tx_bare(e, e->una - 1, TH_ACK);
		break;
	}
	timer_set(e, DL_KEEP, (u64)wait * TICK_US);
}

static void timewait_expired(struct end *e)
{
	end_closed(e, E_CLOSED);
}

/* FIN-WAIT-2 without a program has lasted long enough. */
static void fin_expired(struct end *e)
{
	/* It was a socket still, for a FIN that was not taken. */
	if (!e->entry && newtcp_finwait_over(e->conf->linger2, end_fin_time(e)) ==
	    VERDICT_FINWAIT_WAIT)
		end_fin_wait(e);
	else
		end_closed(e, E_LEFT);
}

/* The rate, or the own device, lets something go again. */
static void pace_expired(struct end *e)
{
	tx_resend_lost(e);
	tx_push(e);
}

static void (*const handlers[DL_N])(struct end *e) = {
	[DL_RTO] = rto_expired,
	[DL_PROBE] = probe_expired,
	[DL_LOSS] = loss_expired,
	[DL_TLP] = tlp_expired,
	[DL_DELACK] = delack_expired,
	[DL_PACE] = pace_expired,
	[DL_KEEP] = keep_expired,
	[DL_TIMEWAIT] = timewait_expired,
	[DL_FIN] = fin_expired,
	[DL_SMALLQ] = pace_expired,
};

void timer_fired(struct end *e)
{
	u64 next = 0;
	int d;

	if (e->timer_at != e->sim->now)
		return;
	e->timer_at = 0;
	for (d = 0; d < DL_N; d++) {
		if (!e->dl[d] || e->dl[d] > e->sim->now)
			continue;
		e->dl[d] = 0;
		handlers[d](e);
	}
	for (d = 0; d < DL_N; d++)
		if (e->dl[d] && (!next || e->dl[d] < next))
			next = e->dl[d];
	if (next)
		arm(e, next);
}
