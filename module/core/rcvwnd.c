// SPDX-License-Identifier: GPL-2.0
/*
 * The window that is offered: its beginning and its growth, and the parts of silly
 * window avoidance that are not on every segment's way (RFC 9293 3.8.6.2). Answers
 * to Linux's tcp_select_initial_window(), tcp_grow_window(), tcp_init_buffer_space().
 *
 * Pure: no locks, any context.
 */
#include "rcvwnd.h"

#include <linux/bitops.h>
#include <linux/export.h>
#include <kunit/visibility.h>

/**
 * newtcp_window_scale - the scale to announce
 * @space: the largest window we may ever offer
 *
 * Return: 0 to NEWTCP_MAX_WSCALE.
 */
u8 newtcp_window_scale(u32 space)
{
	/* What has more than the 16 bits of the header's field. */
	return clamp(fls(space) - 16, 0, NEWTCP_MAX_WSCALE);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_window_scale);

/**
 * newtcp_window_unscaled - newtcp_window_fit() without scaling
 * @free_space: room left in the receive buffer, bytes of payload
 * @full_space: room of the empty buffer
 * @cur_win: what is offered now
 * @mss: what the peer's segments are believed to carry
 *
 * Whole segments, and the old offer stands while it is less than a segment
 * away, so that the window moves in useful steps.
 *
 * Return: bytes.
 */
u32 newtcp_window_unscaled(u32 free_space, u32 full_space, u32 cur_win, u32 mss)
{
	if (cur_win > free_space || cur_win + mss <= free_space)
		return rounddown(free_space, mss);
	/* The buffer holds one segment: half of it is step enough. */
	if (mss == full_space && free_space > cur_win + full_space / 2)
		return free_space;
	return cur_win;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_window_unscaled);

/**
 * newtcp_overhead_fits - may the window grow with segments as bloated as this?
 * @size: what the segment takes, as payload of the same memory
 * @len: its payload
 * @ssthresh: present bound on the window
 * @most: the window that the largest buffer allows
 *
 * The more overhead, the smaller the window that may be offered: half of the
 * largest for twice the usual overhead, a quarter for four times.
 *
 * Return: true when it may.
 */
bool newtcp_overhead_fits(u32 size, u32 len, u32 ssthresh, u32 most)
{
	if (!len)
		return false;
	do {
		size >>= 1;
		most >>= 1;
		if (ssthresh > most)
			return false;
	} while (size > len);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_overhead_fits);

/**
 * newtcp_clamp_init - the largest window, when the connection is established
 * @clamp: what the scale and the program allow
 * @full: what the buffer allows
 * @mss: ours
 * @app_win: net.ipv4.tcp_app_win: a part 1 / 2^app_win of the buffer is the
 *	program's; 0: none
 *
 * Room for one segment is kept back, as far as there are two.
 *
 * Return: bytes.
 */
u32 newtcp_clamp_init(u32 clamp, u32 full, u32 mss, int app_win)
{
	if (clamp >= full) {
		clamp = full;
		if (app_win > 0 && full > 4 * mss)
			clamp = max(full - (app_win < 32 ? full >> app_win : 0), 4 * mss);
	}
	if (app_win > 0 && clamp > 2 * mss && clamp + mss > full)
		clamp = max(2 * mss, full - mss);
	return clamp;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_clamp_init);

/**
 * newtcp_rcvwnd_initial - the first window, and its scale
 * @in: what they depend on
 * @clamp: in and out: largest window; 0: none yet
 * @wscale: out: our scale
 *
 * The scale is never changed, so what the buffer may grow to counts for it.
 *
 * Return: the window, bytes; it is offered in a SYN and so never scaled.
 */
u32 newtcp_rcvwnd_initial(const struct newtcp_rcvwnd_start *in, u32 *clamp, u8 *wscale)
{
	u32 space, wnd;

	if (!*clamp)
		*clamp = 65535U << NEWTCP_MAX_WSCALE;
	if (in->fixed)
		*clamp = min(*clamp, max(in->space, in->mss));
	space = min(*clamp, in->space);
	if (space > in->mss)
		space = rounddown(space, in->mss);
	wnd = min(space, in->signed_field ? NEWTCP_MAX_SIGNED_WINDOW : 65535U);
	if (in->segs)
		wnd = min_t(u64, wnd, (u64)in->segs * in->mss);

	*wscale = in->wscale ? newtcp_window_scale(min(max(space, in->grows_to), *clamp)) : 0;
	*clamp = min(65535U << *wscale, *clamp);
	return wnd;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rcvwnd_initial);

/**
 * newtcp_rcvwnd_established - the handshake is over: from here on it is what fits
 * @w: state
 * @buffer: its size, bytes of memory
 * @app_win: net.ipv4.tcp_app_win
 */
void newtcp_rcvwnd_established(struct newtcp_rcvwnd *w, int buffer, int app_win)
{
	w->clamp = newtcp_clamp_init(w->clamp, newtcp_payload_of(w->ratio, buffer), w->advmss,
				     app_win);
	w->ssthresh = min(w->ssthresh, w->clamp) ?: w->wnd;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rcvwnd_established);

/**
 * newtcp_rcvwnd_clamped - the program has set the clamp (TCP_WINDOW_CLAMP)
 * @w: state
 *
 * What is offered already stays so, as far as the new bound allows.
 */
void newtcp_rcvwnd_clamped(struct newtcp_rcvwnd *w)
{
	w->ssthresh = min(max(w->ssthresh, w->wnd), w->clamp);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rcvwnd_clamped);

/**
 * newtcp_rcvwnd_grow - data arrived: offer more, if it cost little
 * @w: state, whose ssthresh is less than @bound
 * @bound: newtcp_rcvwnd_bound()
 * @len: its payload
 * @truesize: memory that it will take for good
 * @rcv_mss: what the peer's segments are believed to carry
 * @most: the largest buffer that there may be, bytes of memory
 *
 * Return: true when the bound has grown.
 */
bool newtcp_rcvwnd_grow(struct newtcp_rcvwnd *w, u32 bound, u32 len, int truesize,
			u32 rcv_mss, int most)
{
	u32 size = newtcp_payload_of(w->ratio, truesize), step;

	if (size <= len)
		step = 2 * w->advmss;
	else if (newtcp_overhead_fits(size, len, w->ssthresh, newtcp_payload_of(w->ratio, most)))
		step = 2 * rcv_mss;
	else
		return false;
	step = max(step, 2 * len);
	w->ssthresh += min(step, bound - w->ssthresh);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rcvwnd_grow);

/**
 * newtcp_rcvwnd_learn - a new size of the peer's segments: what does it cost?
 * @w: state
 * @len: payload of one
 * @truesize: memory that it takes
 * @buffer: its size, bytes of memory
 *
 * Return: true when the ratio has changed, and the clamp perhaps with it.
 */
bool newtcp_rcvwnd_learn(struct newtcp_rcvwnd *w, u32 len, u32 truesize, int buffer)
{
	u8 ratio = newtcp_payload_ratio(len, truesize);
	u32 before = newtcp_payload_of(w->ratio, buffer), full;

	if (ratio == w->ratio)
		return false;
	w->ratio = ratio;
	full = newtcp_payload_of(ratio, buffer);
	/* A clamp that the buffer did not set stays. */
	if (w->clamp + w->advmss >= before || w->clamp > full)
		w->clamp = full;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rcvwnd_learn);

/**
 * newtcp_rcvwnd_tune - the program reads faster than before: how large a buffer?
 * @w: state
 * @copied: bytes that it read in a round trip
 * @before: in the one before, less than @copied and not 0
 *
 * Twice what it reads, so that the window never holds the sender back, and twice as
 * much on top as that has grown by: the sender's window grows meanwhile.
 *
 * Return: bytes of memory.
 */
int newtcp_rcvwnd_tune(const struct newtcp_rcvwnd *w, u32 copied, u32 before)
{
	u64 win = ((u64)copied << 1) + 16 * w->advmss;
	u64 grow = div_u64(win * (copied - before), before);

	return newtcp_truesize_of(w->ratio, min_t(u64, win + (grow << 1), INT_MAX));
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rcvwnd_tune);
