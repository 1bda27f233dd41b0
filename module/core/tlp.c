// SPDX-License-Identifier: GPL-2.0
/*
 * The tail loss probe (RFC 8985 7): when nothing follows that could show a
 * loss, something is sent after two round trips rather than after a timeout;
 * and what its acknowledgment says.
 *
 * Pure: see snd.h.
 */
#include "prr.h"
#include "tlp.h"

#include <linux/export.h>
#include <kunit/visibility.h>

/**
 * newtcp_tlp_sent - a probe went out
 * @s: the sender, after it
 * @retrans: it was the last segment again, not new data
 */
void newtcp_tlp_sent(const struct newtcp_snd *s, bool retrans)
{
	s->r->tlp_out = 1;
	s->r->tlp_retrans = retrans;
	s->r->tlp_high_seq = s->nxt;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_tlp_sent);

/**
 * newtcp_tlp_acked - an ACK arrived while a probe was out
 * @s: the sender
 * @n: the ACK
 *
 * RFC 8985 7.4: a probe that sent the last segment again made good for a loss
 * if what comes after it is acknowledged, and no ACK said that both copies had
 * arrived: by a D-SACK, or by repeating itself.
 */
void newtcp_tlp_acked(const struct newtcp_snd *s, const struct newtcp_ack_news *n)
{
	const u32 news = NEWTCP_RX_DATA | NEWTCP_RX_WIN_UPDATE | NEWTCP_RX_ADVANCED |
			 NEWTCP_RX_SACKED;
	struct newtcp_recovery *r = s->r;

	if (seq_before(n->ack, r->tlp_high_seq))
		return;
	if (!r->tlp_retrans || (n->flags & NEWTCP_RX_DSACK_TLP)) {
		r->tlp_out = 0;
	} else if (seq_after(n->ack, r->tlp_high_seq)) {
		/* A loss, repaired: the window falls at once, nothing is sent again. */
		newtcp_prr_start(s, NEWTCP_SIGN_LOSS);
		newtcp_cong_recovered(s->c, true);
		r->state = NEWTCP_CA_CWR;
		newtcp_keep_open(s);
		r->tlp_out = 0;
	} else if (!(n->flags & news)) {
		r->tlp_out = 0;
	}
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_tlp_acked);
