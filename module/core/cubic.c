// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC (RFC 9438) with HyStart++ (RFC 9406): after a reduction the window
 * follows a cubic curve in time that is flat around the window at which
 * congestion was met,
 *
 *	W_cubic(t) = C * (t - K)^3 + W_max,  K = cbrt((W_max - cwnd_epoch) / C)
 *
 * but never grows less than Reno with the same average would (W_est).
 * Slow start watches the round-trip time and leaves before it overshoots, and so
 * when ACKs without a gap last for half a round trip: what is out fills the path then
 * (the ACK train of the first HyStart, as Linux has it).
 *
 * Units: windows in segments; t and K in milliseconds, so that with C = 0.4
 * segments/s^3 an offset is t^3 / 2.5e9 and K^3 is 2.5e9 * (W_max - cwnd).
 *
 * Pure: no socket, no clock; the time comes with the sample. The owner of
 * the struct serialises.
 */
#include "cong.h"
#include "seq.h"

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

/* 1 / C in ms^3 per segment; C = 0.4 segments/s^3 (RFC 9438 5.1). */
#define MS3_PER_SEGMENT	2500000000U
/* beta_cubic = 0.7 (RFC 9438 4.6), fast convergence (1 + beta) / 2 (4.7). */
#define BETA_NUM	7
#define BETA_DEN	10
#define FASTCONV_NUM	17
#define FASTCONV_DEN	20
/* W_est is kept in 32.32; alpha = 3 (1 - beta) / (1 + beta) = 9 / 17 (4.3). */
#define EST_SHIFT	32
#define EST_ONE		BIT_ULL(EST_SHIFT)
#define EST_ALPHA	(EST_ONE * 9 / 17)
/* t is cut here, 35 minutes: t^3 still fits 64 bits. */
#define T_MAX_MS	BIT(21)

/* Growth in a round trip before congestion was ever met: 5 %. */
#define EXPLORE_DIVISOR	20

/* RFC 9406 4.3 */
#define HYSTART_THRESH_MIN_US	4000U
#define HYSTART_THRESH_MAX_US	16000U
#define HYSTART_RTT_DIVISOR	8
#define HYSTART_SAMPLES		8
#define CSS_GROWTH_DIVISOR	4
#define CSS_ROUNDS		5
/* The train of ACKs: from this window on, with gaps of no more. */
#define TRAIN_CWND		16
#define TRAIN_GAP_US		2000U

#define NO_RTT	U32_MAX

/**
 * struct hystart - RFC 9406 4.2, one variable each
 * @window_end: SND.NXT when the round began; it ends when that octet is
 *	acknowledged
 * @last_min_us: smallest round trip of the round before; NO_RTT = none
 * @cur_min_us: smallest round trip of this round; NO_RTT = none
 * @round_us: when the round began, low half of the clock
 * @train_us: last ACK that followed the one before closely
 * @css_base_us: @cur_min_us on entry to conservative slow start
 * @samples: round trips measured in this round
 * @css_rounds: rounds ended in conservative slow start
 * @css: in conservative slow start
 * @started: a round has begun
 */
struct hystart {
	u32 window_end;
	u32 last_min_us;
	u32 cur_min_us;
	u32 round_us;
	u32 train_us;
	u32 css_base_us;
	u8 samples;
	u8 css_rounds;
	bool css;
	bool started;
};

/**
 * struct cubic - private block
 * @epoch_us: t = 0 of the curve
 * @last_us: last ACK that was judged, for the time in which nothing could
 *	grow and which t must not count
 * @w_est: the Reno-friendly window, 32.32
 * @credit: towards the next segment, in segments acknowledged times segments
 *	of distance
 * @k_ms: K
 * @w_max: window at the last congestion, after fast convergence; 0 = none
 * @cwnd_prior: window at the last congestion; 0 = none yet
 * @last_cwnd: as we left it, to notice that someone else lowered it
 * @in_epoch: the curve above is valid
 * @timed_out: the next curve is the first after a timeout
 * @hs: HyStart++
 */
struct cubic {
	u64 epoch_us;
	u64 last_us;
	u64 w_est;
	u64 credit;
	u32 k_ms;
	u32 w_max;
	u32 cwnd_prior;
	u32 last_cwnd;
	bool in_epoch;
	bool timed_out;
	struct hystart hs;
};

static struct cubic *cubic_priv(struct newtcp_cong *c)
{
	BUILD_BUG_ON(sizeof(struct cubic) > sizeof_field(struct newtcp_cong,
							 priv));
	return (struct cubic *)c->priv;
}

/* Floor of the cube root, a bit at a time; 2^64 has 22 bits of root. */
static u32 cube_root(u64 v)
{
	u64 root = 0;
	int bit;

	for (bit = 21; bit >= 0; bit--) {
		u64 try = root | BIT_ULL(bit);

		/* (2^22 - 1)^3 passes 2^64; 2642245 is the largest root. */
		if (try <= 2642245 && try * try * try <= v)
			root = try;
	}
	return root;
}

static void hystart_begin_round(struct hystart *hs, const struct newtcp_ack_sample *s)
{
	hs->window_end = s->snd_nxt;
	hs->round_us = s->now_us;
	hs->train_us = s->now_us;
	hs->last_min_us = hs->started ? hs->cur_min_us : NO_RTT;
	hs->cur_min_us = NO_RTT;
	hs->samples = 0;
	hs->started = true;
}

/* Has the delay of this round risen enough to suspect a queue? */
static bool hystart_delay_rose(const struct hystart *hs)
{
	u32 thresh;

	if (hs->samples < HYSTART_SAMPLES || hs->last_min_us == NO_RTT ||
	    hs->cur_min_us == NO_RTT)
		return false;
	thresh = clamp(hs->last_min_us / HYSTART_RTT_DIVISOR,
		       HYSTART_THRESH_MIN_US, HYSTART_THRESH_MAX_US);
	return hs->cur_min_us >= hs->last_min_us + thresh;
}

/*
 * By how much the packets that the sender and the receiver gather spread the ACKs
 * of a window, at twice the rate: a millisecond at most.
 */
static u32 batch_us(const struct newtcp_ack_sample *s)
{
	return s->rate ? min(div64_u64(s->largest * 4000000ULL, s->rate), 1000ULL) : 0;
}

/* Do ACKs come without a gap, for so long that the path is full? */
static bool hystart_train_long(const struct newtcp_cong *c, struct hystart *hs,
			       const struct newtcp_ack_sample *s)
{
	u32 now = s->now_us;
	u64 full;

	if (c->cwnd < TRAIN_CWND || s->min_rtt_us == NO_RTT ||
	    now - hs->train_us > TRAIN_GAP_US)
		return false;
	hs->train_us = now;
	full = (u64)s->min_rtt_us + batch_us(s);
	/* At twice the rate at which the path delivers, if it is paced at all. */
	if (!s->paced)
		full >>= 1;
	return now - hs->round_us > full;
}

/*
 * RFC 9406 4.2, for every ACK of the initial slow start. The first ACK of
 * what was sent after a round began opens the next one and belongs to it.
 */
static void hystart_on_ack(struct newtcp_cong *c, struct hystart *hs,
			   const struct newtcp_ack_sample *s)
{
	if (!hs->started || seq_after(s->snd_una, hs->window_end)) {
		hystart_begin_round(hs, s);
		if (hs->css && ++hs->css_rounds >= CSS_ROUNDS) {
			c->ssthresh = c->cwnd;
			return;
		}
	}
	if (!s->rtt_us)
		return;
	hs->cur_min_us = min(hs->cur_min_us, s->rtt_us);
	if (hs->samples < HYSTART_SAMPLES)
		hs->samples++;
	if (hystart_train_long(c, hs, s)) {
		c->ssthresh = c->cwnd;
		return;
	}

	if (!hs->css) {
		if (!hystart_delay_rose(hs))
			return;
		hs->css = true;
		hs->css_rounds = 0;
		hs->css_base_us = hs->cur_min_us;
	} else if (hs->samples >= HYSTART_SAMPLES &&
		   hs->cur_min_us < hs->css_base_us) {
		/* A false alarm: the delay has gone down again. */
		hs->css = false;
	}
}

/* Slow start with HyStart++; returns what is left of @s->acked. */
static u32 cubic_slow_start(struct newtcp_cong *c, struct cubic *ca,
			    const struct newtcp_ack_sample *s)
{
	/* RFC 9406 4.3: only while the threshold has not been found. */
	bool initial = c->ssthresh >= NEWTCP_INFINITE_SSTHRESH;

	if (initial)
		hystart_on_ack(c, &ca->hs, s);
	if (!s->cwnd_limited)
		return 0;
	if (!initial || !ca->hs.css)
		return newtcp_cong_slow_start(c, s->acked);
	if (!newtcp_cong_in_slow_start(c))
		return s->acked;
	newtcp_cong_avoid_ai(c, CSS_GROWTH_DIVISOR, s->acked);
	return 0;
}

/* RFC 9438 4.2, 4.8 and 4.10: congestion avoidance begins. */
static void begin_epoch(struct newtcp_cong *c, struct cubic *ca, u64 now_us)
{
	ca->epoch_us = now_us;
	ca->last_us = now_us;
	ca->credit = 0;
	ca->w_est = (u64)c->cwnd << EST_SHIFT;
	/* No plateau ahead: from here upwards. */
	if (ca->timed_out || c->cwnd >= ca->w_max)
		ca->w_max = c->cwnd;
	ca->k_ms = cube_root((u64)MS3_PER_SEGMENT * (ca->w_max - c->cwnd));
	ca->timed_out = false;
	ca->in_epoch = true;
}

/* W_cubic(@t_us) */
static u32 w_cubic(const struct cubic *ca, u64 t_us)
{
	u64 t = min_t(u64, div_u64(t_us, 1000), T_MAX_MS);
	u64 d = t < ca->k_ms ? ca->k_ms - t : t - ca->k_ms;
	u64 offset = div_u64(d * d * d, MS3_PER_SEGMENT);

	if (t < ca->k_ms)
		return offset < ca->w_max ? ca->w_max - offset : 0;
	return min_t(u64, ca->w_max + offset, U32_MAX);
}

/* RFC 9438 4.3, Figure 4: what Reno would have by now. */
static u32 update_w_est(struct newtcp_cong *c, struct cubic *ca, u32 acked)
{
	u64 alpha = EST_ALPHA;

	if (ca->w_est >> EST_SHIFT >= ca->cwnd_prior)
		alpha = EST_ONE;
	/* At most 1 segment for each acknowledged, so that it cannot wrap. */
	ca->w_est = min(ca->w_est + div_u64(alpha * acked, c->cwnd),
			(u64)U32_MAX << EST_SHIFT);
	return ca->w_est >> EST_SHIFT;
}

/*
 * Slow start ended by itself, perhaps too early: as long as the window that the path can
 * take is not known, as much as Linux grows, and no less than Reno.
 */
static u32 explore(u32 cwnd)
{
	return cwnd + DIV_ROUND_UP(cwnd, EXPLORE_DIVISOR);
}

/* RFC 9438 4.4 and 4.5: (target - cwnd) / cwnd per segment acknowledged. */
static void grow_towards(struct newtcp_cong *c, struct cubic *ca, u32 target,
			 u32 acked)
{
	u64 grow;

	target = clamp_t(u64, target, c->cwnd, c->cwnd + (u64)c->cwnd / 2);
	ca->credit += (u64)acked * (target - c->cwnd);
	grow = div_u64(ca->credit, c->cwnd);
	ca->credit -= grow * c->cwnd;
	c->cwnd = min_t(u64, c->cwnd + grow, target);
}

static void cubic_avoid(struct newtcp_cong *c, struct cubic *ca,
			const struct newtcp_ack_sample *s, u32 acked)
{
	u32 cwnd = c->cwnd, w_est;
	u64 t_us;

	/* Idle restart or validation took from the window: a new start. */
	if (!ca->in_epoch || cwnd < ca->last_cwnd)
		begin_epoch(c, ca, s->now_us);
	ca->last_us = s->now_us;
	t_us = s->now_us - ca->epoch_us;

	w_est = update_w_est(c, ca, acked);
	if (!ca->cwnd_prior)
		grow_towards(c, ca, max(w_cubic(ca, t_us + s->srtt_us), explore(cwnd)), acked);
	else if (w_cubic(ca, t_us) < w_est)
		c->cwnd = clamp_t(u64, w_est, cwnd, (u64)cwnd + acked);
	else
		grow_towards(c, ca, w_cubic(ca, t_us + s->srtt_us), acked);
	c->cwnd = min(c->cwnd, c->cwnd_clamp);
	ca->last_cwnd = c->cwnd;
}

/* RFC 9438 4.2: time in which the program held back does not count. */
static void skip_time(struct cubic *ca, u64 now_us)
{
	if (!ca->in_epoch || now_us <= ca->last_us)
		return;
	ca->epoch_us += now_us - ca->last_us;
	ca->last_us = now_us;
}

static void cubic_on_ack(struct newtcp_cong *c, const struct newtcp_ack_sample *s)
{
	struct cubic *ca = cubic_priv(c);
	u32 left = s->acked;

	if (s->reduced)
		newtcp_cong_window(c, s->reduced);
	if (!s->grow)
		return;
	if (newtcp_cong_in_slow_start(c))
		left = cubic_slow_start(c, ca, s);
	if (!s->cwnd_limited)
		skip_time(ca, s->now_us);
	else if (left && !newtcp_cong_in_slow_start(c))
		cubic_avoid(c, ca, s, left);
}

/* RFC 9438 4.6 and 4.7 */
static u32 less(struct newtcp_cong *c, struct cubic *ca)
{
	u64 cwnd = c->cwnd;

	ca->in_epoch = false;
	ca->cwnd_prior = cwnd;
	/* Met congestion earlier than last time: leave room for others. */
	if (cwnd < ca->w_max)
		ca->w_max = div_u64(cwnd * FASTCONV_NUM, FASTCONV_DEN);
	else
		ca->w_max = cwnd;
	return div_u64(cwnd * BETA_NUM, BETA_DEN);
}

static void cubic_on_congestion(struct newtcp_cong *c, const struct newtcp_congestion *g)
{
	struct cubic *ca = cubic_priv(c);
	u32 ssthresh = 0;

	if (!g->again) {
		ssthresh = less(c, ca);
		ca->timed_out |= g->sign == NEWTCP_SIGN_TIMEOUT;
	}
	newtcp_cong_lower(c, ssthresh, g);
}

static void cubic_on_recovered(struct newtcp_cong *c, bool reduced)
{
	cubic_priv(c)->in_epoch = false;
	if (reduced)
		newtcp_cong_settle(c);
}

static void cubic_on_sent(struct newtcp_cong *c, u64 now_us)
{
	skip_time(cubic_priv(c), now_us);
}

static void cubic_init(struct newtcp_cong *c)
{
	struct cubic *ca = cubic_priv(c);

	ca->hs.last_min_us = NO_RTT;
	ca->hs.cur_min_us = NO_RTT;
}

struct newtcp_cong_ops newtcp_cong_cubic = {
	.on_ack		= cubic_on_ack,
	.on_congestion	= cubic_on_congestion,
	.on_recovered	= cubic_on_recovered,
	.on_sent	= cubic_on_sent,
	.init		= cubic_init,
	.name		= "cubic",
};
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_cubic);
