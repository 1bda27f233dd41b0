// SPDX-License-Identifier: GPL-2.0
/*
 * When to acknowledge: the rarer events (see delack.h). Answers to Linux's
 * tcp_enter_quickack_mode(), tcp_delack_timer_handler(), tcp_sock_set_quickack().
 *
 * Pure: the owner serialises.
 */
#include "delack.h"

#include <linux/export.h>
#include <kunit/visibility.h>

/**
 * newtcp_delack_raise - so many ACKs at least go without delay
 * @d: state
 * @wnd: the window still open to the peer, bytes
 *
 * As many as there are pairs of segments in the window, within bounds.
 */
void newtcp_delack_raise(struct newtcp_delack *d, u32 wnd)
{
	u32 n = wnd / (2 * max_t(u32, d->rcv_mss, 1));

	d->quickacks_left = max_t(u32, d->quickacks_left, clamp_t(u32, n, 2, NEWTCP_MAX_QUICKACKS));
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_delack_raise);

/**
 * newtcp_delack_quick - acknowledge without delay for a while
 * @d: state of an end whose peer seems to miss something
 * @t: constants
 * @wnd: the window still open to the peer, bytes
 */
void newtcp_delack_quick(struct newtcp_delack *d, const struct newtcp_delack_times *t, u32 wnd)
{
	newtcp_delack_raise(d, wnd);
	d->pingpong = 0;
	d->delay = t->min;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_delack_quick);

/**
 * newtcp_delack_opened - the SYN-ACK is acknowledged: begin
 * @d: state
 * @t: constants
 * @wnd: the window still open to the peer, bytes
 */
void newtcp_delack_opened(struct newtcp_delack *d, const struct newtcp_delack_times *t, u32 wnd)
{
	d->quickacks_left = 0;
	newtcp_delack_quick(d, t, wnd);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_delack_opened);

/**
 * newtcp_delack_ride - the SYN-ACK came, and the program is about to write
 * @d: state
 * @t: constants
 * @wnd: the window still open to the peer, bytes
 * @thresh: as newtcp_delack_interactive()
 *
 * The ACK rides with that, and goes alone after the longest delay.
 */
void newtcp_delack_ride(struct newtcp_delack *d, const struct newtcp_delack_times *t, u32 wnd,
			u8 thresh)
{
	d->owed |= DELACK_OWED;
	newtcp_delack_quick(d, t, wnd);
	d->pingpong = thresh;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_delack_ride);

/**
 * newtcp_delack_guess_mss - a first guess at the size of the peer's segments
 * @d: state
 * @mss: ours
 * @rcv_wnd: the window that we offered
 *
 * Low, as Linux has it: small segments from a peer on a large MTU are acknowledged
 * without delay at first, as any others.
 */
void newtcp_delack_guess_mss(struct newtcp_delack *d, u32 mss, u32 rcv_wnd)
{
	u32 guess = min3(mss, rcv_wnd / 2, (u32)NEWTCP_DEFAULT_MSS);

	d->rcv_mss = max_t(u32, guess, NEWTCP_MIN_MSS);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_delack_guess_mss);

/**
 * newtcp_delack_expired - an ACK was held back as long as it may be
 * @d: state
 * @t: constants
 * @rto: our retransmission timeout, for that of the peer
 * @thresh: as newtcp_delack_interactive()
 *
 * The data comes slower than was thought: wait longer for the next.
 *
 * Return: true when the ACK is still owed, and to go now.
 */
bool newtcp_delack_expired(struct newtcp_delack *d, const struct newtcp_delack_times *t,
			   u32 rto, u8 thresh)
{
	if (!(d->owed & DELACK_OWED))
		return false;
	if (newtcp_delack_interactive(d, thresh)) {
		/* The reply did not come in time: not interactive after all. */
		d->pingpong = 0;
		d->delay = t->min;
	} else {
		d->delay = min3((u32)d->delay << 1, rto, (u32)U16_MAX);
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_delack_expired);

/**
 * newtcp_delack_option - TCP_QUICKACK
 * @d: state
 * @val: 0: interactive from now on; else not, and if it is even, once only
 * @open: the peer still sends
 * @thresh: as newtcp_delack_interactive()
 *
 * Return: true when an ACK is to go now.
 */
bool newtcp_delack_option(struct newtcp_delack *d, int val, bool open, u8 thresh)
{
	bool now = val && open && (d->owed & DELACK_OWED);

	d->pingpong = !val || (now && !(val & 1)) ? thresh : 0;
	return now;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_delack_option);
