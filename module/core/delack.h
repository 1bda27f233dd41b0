/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When to acknowledge (RFC 9293 3.8.6.3, RFC 5681 4.2): every second full segment
 * and whatever is out of order at once, else after a delay that follows the pace of
 * the data, or together with a reply. As Linux: a phase of quick ACKs, in which
 * nothing waits, when a connection begins or the peer seems to miss something; and
 * an interactive mode, in which ACKs wait for the program's reply.
 *
 * The owner tells what happens and is told: now, after so long, or not at all.
 *
 * Pure: times are ticks of whatever clock the owner has, as is their unit in
 * struct newtcp_delack_times. The owner serialises (for a socket: the socket lock).
 */
#ifndef _NEWTCP_DELACK_H
#define _NEWTCP_DELACK_H

#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include "negotiate.h"
#include "wire.h"

#define NEWTCP_MAX_QUICKACKS	16

/* newtcp_delack.owed */
#define DELACK_OWED	0x1	/* an ACK is owed */
#define DELACK_NOW	0x2	/* it is to go with no delay */
#define DELACK_NOMEM	0x4	/* data had no room: close the window */
#define DELACK_TAIL	0x8	/* a segment that may end what the peer had to send came */
#define DELACK_TAILS	0x10	/* and another */

/**
 * struct newtcp_delack_times - the constants, in ticks
 * @min: least delay, 40 ms
 * @max: longest delay, 200 ms
 */
struct newtcp_delack_times {
	u32 min;
	u32 max;
};

/**
 * struct newtcp_delack - state
 * @delay: delayed-ACK time, ticks; 0: no data yet
 * @rcv_mss: estimate of the peer's segment size
 * @last_len: size of the last segment, if it was smaller and may have been full; else 0
 * @owed: DELACK_*
 * @quickacks_left: ACKs that will go without delay
 * @pingpong: how often data was answered with data within the delay
 * @always: the route wants each segment to be acknowledged at once
 */
struct newtcp_delack {
	u16 delay;
	u16 rcv_mss;
	u16 last_len;
	u8 owed;
	u8 quickacks_left;
	u8 pingpong;
	u8 always;
};

/* When an ACK is to go. */
enum newtcp_delack_when {
	DELACK_WHEN_NEVER,	/* none is owed */
	DELACK_WHEN_NOW,
	DELACK_WHEN_LATER,	/* after newtcp_delack_wait() */
};

void newtcp_delack_raise(struct newtcp_delack *d, u32 wnd);
void newtcp_delack_quick(struct newtcp_delack *d, const struct newtcp_delack_times *t, u32 wnd);
void newtcp_delack_opened(struct newtcp_delack *d, const struct newtcp_delack_times *t, u32 wnd);
void newtcp_delack_ride(struct newtcp_delack *d, const struct newtcp_delack_times *t, u32 wnd,
			u8 thresh);
void newtcp_delack_guess_mss(struct newtcp_delack *d, u32 mss, u32 rcv_wnd);
bool newtcp_delack_expired(struct newtcp_delack *d, const struct newtcp_delack_times *t,
			   u32 rto, u8 thresh);
bool newtcp_delack_option(struct newtcp_delack *d, int val, bool open, u8 thresh);

/**
 * newtcp_delack_interactive - do replies come soon after what they answer?
 * @d: state
 * @thresh: how many of them make it so (net.ipv4.tcp_pingpong_thresh)
 *
 * Return: true when ACKs are to ride on replies.
 */
static inline bool newtcp_delack_interactive(const struct newtcp_delack *d, u8 thresh)
{
	return d->pingpong >= thresh;
}

/* Is every segment to be acknowledged at once? */
static inline bool newtcp_delack_is_quick(const struct newtcp_delack *d, u8 thresh)
{
	return d->always ||
	       (d->quickacks_left && !newtcp_delack_interactive(d, thresh));
}

/* It is not to wait any longer than what is being done now. */
static inline void newtcp_delack_urge(struct newtcp_delack *d)
{
	d->owed |= DELACK_OWED | DELACK_NOW;
}

/**
 * newtcp_delack_measure - how large are the peer's segments, and did it stop?
 * @d: state
 * @len: payload of one
 * @more: length of its TCP header beyond the usual, for SACK blocks; may be < 0
 * @usual: length of the usual TCP header
 * @advmss: what we announced, less the usual options: the estimate is no larger
 * @psh: it ends what the peer had to send, and so may well be small
 *
 * Decides when two full segments are in, and when the peer may wait for an ACK before
 * it goes on. Two small ones of one size in a row are full ones after all, when each is
 * no end, or as large as the smallest packet that every host takes (576). Linux's
 * tcp_measure_rcv_mss().
 *
 * Return: true when it is a full segment, of another size than the last.
 */
static inline bool newtcp_delack_measure(struct newtcp_delack *d, u32 len, int more,
					 u32 usual, u32 advmss, bool psh)
{
	u32 last = d->last_len;
	bool news = false;

	d->last_len = 0;
	if (len >= d->rcv_mss) {
		news = len != d->rcv_mss;
		d->rcv_mss = min_t(u32, len, advmss);
		if (psh)
			d->owed |= DELACK_TAIL;
		return news;
	}
	len += more;
	if (len + usual >= (psh ? NEWTCP_DEFAULT_MSS : NEWTCP_MIN_MSS) + NEWTCP_HEADER_LEN) {
		d->last_len = len;
		if (len == last) {
			d->rcv_mss = len;
			return false;
		}
	}
	d->owed |= d->owed & DELACK_TAIL ? DELACK_TAILS : DELACK_TAIL;
	return false;
}

/**
 * newtcp_delack_arrived - data came that is next in order
 * @d: state; newtcp_delack_measure() came before
 * @t: constants
 * @gap: since the last such data
 * @rto: our retransmission timeout, for that of the peer
 * @wnd: the window still open to the peer, bytes
 *
 * The delay follows the pace of the data, from the least one on.
 */
static inline void newtcp_delack_arrived(struct newtcp_delack *d,
					 const struct newtcp_delack_times *t,
					 u32 gap, u32 rto, u32 wnd)
{
	d->owed |= DELACK_OWED;
	if (!d->delay) {
		/* The first data: slow start depends on quick answers. */
		newtcp_delack_raise(d, wnd);
		d->delay = t->min;
	} else if (gap <= t->min / 2) {
		d->delay = (d->delay >> 1) + t->min / 2;
	} else if (gap < d->delay) {
		d->delay = min3((d->delay >> 1) + gap, rto, (u32)U16_MAX);
	} else if (gap > rto) {
		/* The peer may begin anew; who answers with data goes on doing so. */
		newtcp_delack_raise(d, wnd);
	}
}

/* An ACK of all that was received has gone out, alone or with data. */
static inline void newtcp_delack_sent(struct newtcp_delack *d)
{
	if (d->quickacks_left && (d->owed & DELACK_OWED))
		d->quickacks_left--;
	d->owed = 0;
}

/**
 * newtcp_delack_data_sent - the program has written, and it went out
 * @d: state
 * @gap: since data arrived
 *
 * A reply within the delay: one step towards interactive.
 */
static inline void newtcp_delack_data_sent(struct newtcp_delack *d, u32 gap)
{
	if (gap < d->delay && d->pingpong < U8_MAX)
		d->pingpong++;
}

/**
 * newtcp_delack_asks_window - does it depend on the window that could be offered?
 * @d: state
 * @unacked: bytes received since the last ACK
 *
 * More than a segment is acknowledged at once as far as the program keeps reading:
 * when what waits for it is too little to wake it, or the window does not shrink.
 *
 * Return: true when the caller is to find that out for newtcp_delack_when().
 */
static inline bool newtcp_delack_asks_window(const struct newtcp_delack *d, u32 unacked)
{
	return (d->owed & (DELACK_OWED | DELACK_NOW)) == DELACK_OWED &&
	       unacked > d->rcv_mss;
}

/**
 * newtcp_delack_when - all that a segment brought is dealt with: is an ACK due?
 * @d: state
 * @keeps_up: newtcp_delack_asks_window(), and the program keeps reading
 * @gaps: there is data out of order
 * @thresh: as newtcp_delack_interactive()
 *
 * Return: when it is to go.
 */
static inline enum newtcp_delack_when
newtcp_delack_when(const struct newtcp_delack *d, bool keeps_up, bool gaps, u8 thresh)
{
	if (!(d->owed & DELACK_OWED))
		return DELACK_WHEN_NEVER;
	if ((d->owed & DELACK_NOW) || keeps_up || newtcp_delack_is_quick(d, thresh) || gaps)
		return DELACK_WHEN_NOW;
	return DELACK_WHEN_LATER;
}

/**
 * newtcp_delack_wait - how long an ACK may be held back
 * @d: state
 * @t: constants
 * @srtt: smoothed round trip; 0: not known
 * @rto_min: the least retransmission timeout, ours taken for the peer's
 *
 * Return: ticks from now; newtcp_delack_held() for an ACK that is held back already.
 */
static inline u32 newtcp_delack_wait(const struct newtcp_delack *d,
				     const struct newtcp_delack_times *t,
				     u32 srtt, u32 rto_min)
{
	u32 most = srtt ? clamp(srtt, t->min, t->max) : t->max;

	/* No sooner than the least, whatever the round trip; before the peer's timeout. */
	return min3(max_t(u32, d->delay, t->min), most, max(rto_min, 2U) - 1);
}

/**
 * newtcp_delack_held - an ACK is held back already, and there is another reason for one
 * @wait: newtcp_delack_wait()
 * @left: ticks that are left for the one; < 0: it is late
 *
 * One timer for both: the sooner of the two, and if that is soon, now.
 * Linux's tcp_send_delayed_ack().
 *
 * Return: ticks from now; 0: it is to go now.
 */
static inline u32 newtcp_delack_held(u32 wait, s32 left)
{
	return left <= (s32)(wait / 4) ? 0 : min_t(u32, wait, left);
}

/**
 * newtcp_delack_read - the program has read: is an ACK due for that alone?
 * @d: state
 * @unacked: bytes received since the last ACK
 * @took: it took something, and left nothing
 * @thresh: as newtcp_delack_interactive()
 *
 * Two segments wait for it; or what may be the end of what the peer had to send, when
 * no reply is on its way, and two of these in any case: the peer may not go on before
 * (RFC 896). That the window has opened is another matter. Linux's tcp_cleanup_rbuf().
 *
 * Return: true when it is to go now.
 */
static inline bool newtcp_delack_read(const struct newtcp_delack *d, u32 unacked, bool took,
				      u8 thresh)
{
	if (!(d->owed & DELACK_OWED))
		return false;
	return unacked > d->rcv_mss ||
	       (took && ((d->owed & DELACK_TAILS) ||
			 ((d->owed & DELACK_TAIL) && !newtcp_delack_interactive(d, thresh))));
}

#endif /* _NEWTCP_DELACK_H */
