/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RACK (RFC 8985 6): losses by time.
 *
 * Pure: see snd.h.
 */
#ifndef _NEWTCP_RACK_H
#define _NEWTCP_RACK_H

#include "snd.h"

void newtcp_rack_persist(struct newtcp_recovery *r);
void newtcp_rack_mark(const struct newtcp_snd *s, struct newtcp_ack_news *n);
s64 newtcp_rack_left_us(const struct newtcp_snd *s, u64 sent_us, u32 reo_wnd);
void newtcp_rack_round(const struct newtcp_snd *s);

/* Was the last copy of it sent after what the ACK answers? Then the first one arrived. */
static inline bool newtcp_first_copy_arrived(const struct newtcp_ack_news *n,
					     const struct newtcp_seg *seg)
{
	return (seg->marks & NEWTCP_SEG_EVER_RETRANS) && (n->flags & NEWTCP_RX_ECHO) &&
	       seq_before(n->tsecr, newtcp_ms_of(seg->sent_us));
}

/*
 * RFC 8985 6.2 step 2: a segment reached the peer, RACK's clock moves on. A
 * retransmission that seems to be acknowledged sooner than any round trip was,
 * was acknowledged for its first copy: ignore it.
 */
static inline void newtcp_rack_advance(struct newtcp_recovery *r, const struct newtcp_seg *seg,
				       u64 now_us, u32 min_rtt_us)
{
	u32 rtt_us = now_us - seg->sent_us;

	if ((seg->marks & NEWTCP_SEG_EVER_RETRANS) && rtt_us < min_rtt_us)
		return;
	r->rack_advanced = 1;
	if (newtcp_sent_after(seg->sent_us, seg->end_seq, r->rack_xmit_ts, r->rack_end_seq)) {
		r->rack_xmit_ts = seg->sent_us;
		r->rack_end_seq = seg->end_seq;
		r->rack_rtt_us = rtt_us;
	}
}

#endif /* _NEWTCP_RACK_H */
