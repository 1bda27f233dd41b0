/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The window that is offered to the peer (RFC 9293 3.8.6, RFC 7323 2): how large it
 * begins, how it grows, what of it goes into a segment.
 *
 * Buffers count the memory that segments take, windows count payload; a ratio, learnt
 * from the peer's segments, converts. Three bounds hold: the room that is left, a
 * clamp that the buffer, the scale and the program set, and a present bound that
 * grows with data that costs little. The right edge never moves to the left.
 *
 * Pure: plain values. The owner of a struct serialises (for a socket: the socket
 * lock), but for the clamp of a listener.
 */
#ifndef _NEWTCP_RCVWND_H
#define _NEWTCP_RCVWND_H

#include <linux/align.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include "options.h"
#include "wire.h"

#define NEWTCP_MAX_SIGNED_WINDOW	32767	/* for who takes the field as signed */

/**
 * struct newtcp_rcvwnd - state
 * @wup: RCV.NXT when the window was last sent
 * @wnd: window sent then, bytes
 * @clamp: the largest window we offer; 0: none yet
 * @ssthresh: present bound on the window, grows
 * @advmss: MSS that we announced; once established, the usual options taken off
 * @ratio: payload in received memory, 256ths
 * @wscale: our scale
 */
struct newtcp_rcvwnd {
	u32 wup;
	u32 wnd;
	u32 clamp;
	u32 ssthresh;
	u16 advmss;
	u8 ratio;
	u8 wscale;
};

/**
 * struct newtcp_rcvwnd_start - what the first window depends on
 * @space: payload that the buffer holds
 * @mss: ours
 * @segs: segments that the route allows at first; 0: any number
 * @grows_to: the largest buffer that there may be, bytes
 * @fixed: the program chose the size of the buffer: it does not grow
 * @signed_field: some stacks took the window field for a signed number
 * @wscale: scaling may be used
 */
struct newtcp_rcvwnd_start {
	u32 space;
	u32 mss;
	u32 segs;
	u32 grows_to;
	bool fixed;
	bool signed_field;
	bool wscale;
};

/**
 * struct newtcp_rcvwnd_room - what a buffer holds, bytes of payload
 * @free: what may still come
 * @full: when it is empty, as far as a window may use it
 */
struct newtcp_rcvwnd_room {
	u32 free;
	u32 full;
};

/*
 * How much of the memory that segments take is payload, in 256ths; half until
 * segments have come.
 */
#define NEWTCP_RATIO_SHIFT	8
#define NEWTCP_RATIO_DEFAULT	(1U << (NEWTCP_RATIO_SHIFT - 1))

/**
 * newtcp_payload_ratio - what this segment says of the ratio
 * @len: its payload, bytes
 * @truesize: memory that it takes, bytes
 *
 * Return: 1 to 255.
 */
static inline u8 newtcp_payload_ratio(u32 len, u32 truesize)
{
	u64 ratio = (u64)len << NEWTCP_RATIO_SHIFT;

	return clamp_t(u64, div_u64(ratio, truesize ?: 1), 1, U8_MAX);
}

/**
 * newtcp_payload_of - payload that a buffer may hold
 * @ratio: as newtcp_payload_ratio()
 * @space: bytes of true size; negative: overdrawn
 *
 * Room of any size holds a byte: a window of 0 that nothing can open would be for good.
 *
 * Return: bytes; 0 only where there is no room at all.
 */
static inline u32 newtcp_payload_of(u8 ratio, int space)
{
	if (space <= 0)
		return 0;
	return (((u64)space * ratio) >> NEWTCP_RATIO_SHIFT) ?: 1;
}

/**
 * newtcp_truesize_of - buffer that a payload needs
 * @ratio: as newtcp_payload_ratio(), not 0
 * @win: bytes of payload
 *
 * Return: bytes of true size, at most INT_MAX.
 */
static inline int newtcp_truesize_of(u8 ratio, u32 win)
{
	return min_t(u64, div_u64((u64)win << NEWTCP_RATIO_SHIFT, ratio), INT_MAX);
}

u8 newtcp_window_scale(u32 space);
u32 newtcp_window_unscaled(u32 free_space, u32 full_space, u32 cur_win, u32 mss);
bool newtcp_overhead_fits(u32 size, u32 len, u32 ssthresh, u32 most);
u32 newtcp_clamp_init(u32 clamp, u32 full, u32 mss, int app_win);
u32 newtcp_rcvwnd_initial(const struct newtcp_rcvwnd_start *in, u32 *clamp, u8 *wscale);
void newtcp_rcvwnd_established(struct newtcp_rcvwnd *w, int buffer, int app_win);
void newtcp_rcvwnd_clamped(struct newtcp_rcvwnd *w);
bool newtcp_rcvwnd_grow(struct newtcp_rcvwnd *w, u32 bound, u32 len, int truesize,
			u32 rcv_mss, int most);
bool newtcp_rcvwnd_learn(struct newtcp_rcvwnd *w, u32 len, u32 truesize, int buffer);
int newtcp_rcvwnd_tune(const struct newtcp_rcvwnd *w, u32 copied, u32 before);

/**
 * newtcp_window_fit - how much to offer, without silly windows
 * @free_space: room left in the receive buffer, bytes of payload
 * @full_space: room of the empty buffer
 * @cur_win: what is offered now
 * @mss: what the peer's segments are believed to carry
 * @rcv_wscale: our scale
 *
 * RFC 9293 3.8.6.2.2. The caller keeps the right edge from moving back.
 *
 * Return: bytes; with scaling a multiple of 1 << @rcv_wscale.
 */
static inline u32 newtcp_window_fit(u32 free_space, u32 full_space,
				    u32 cur_win, u32 mss, u8 rcv_wscale)
{
	mss = min(mss, full_space);
	if (!mss)
		return 0;

	if (free_space < full_space / 2) {
		/* Getting tight: rounding must not offer what is not there. */
		free_space = round_down(free_space, 1U << rcv_wscale);
		if (free_space < mss || free_space < full_space / 16)
			return 0;
	}
	/* Rounded up, so that a small window is not scaled away to 0. */
	if (rcv_wscale)
		return ALIGN(free_space, 1U << rcv_wscale);
	return newtcp_window_unscaled(free_space, full_space, cur_win, mss);
}

/**
 * newtcp_rcvwnd_open - window still open to the peer
 * @w: state
 * @nxt: RCV.NXT
 *
 * Return: bytes.
 */
static inline u32 newtcp_rcvwnd_open(const struct newtcp_rcvwnd *w, u32 nxt)
{
	s32 win = w->wup + w->wnd - nxt;

	return win < 0 ? 0 : win;
}

/**
 * newtcp_rcvwnd_room - what the buffer allows by now
 * @w: state
 * @buffer: its size, bytes of memory
 * @used: what is in it
 *
 * Return: payload.
 */
static inline struct newtcp_rcvwnd_room
newtcp_rcvwnd_room(const struct newtcp_rcvwnd *w, int buffer, int used)
{
	struct newtcp_rcvwnd_room room;

	room.full = min3(w->clamp, newtcp_payload_of(w->ratio, buffer), 65535U << w->wscale);
	room.free = used ? min(newtcp_payload_of(w->ratio, buffer - used), room.full) : room.full;
	return room;
}

/* Less than half of it is left: no quick ACKs, and no more than is needed. */
static inline bool newtcp_rcvwnd_tight(const struct newtcp_rcvwnd_room *room)
{
	return room->free < room->full / 2;
}

/* Memory is short for all: a few segments are enough. */
static inline void newtcp_rcvwnd_pressure(struct newtcp_rcvwnd *w)
{
	w->ssthresh = min(w->ssthresh, 4U * w->advmss);
}

/* The buffer is over-full: no more than two segments for now. */
static inline void newtcp_rcvwnd_overrun(struct newtcp_rcvwnd *w)
{
	w->ssthresh = min(w->clamp, 2U * w->advmss);
}

/**
 * newtcp_rcvwnd_could - the window that could be offered now
 * @w: state
 * @room: what there is
 * @rcv_mss: what the peer's segments are believed to carry
 *
 * Silly-window avoidance included, the rule of never shrinking not.
 *
 * Return: bytes.
 */
static inline u32 newtcp_rcvwnd_could(const struct newtcp_rcvwnd *w,
				      const struct newtcp_rcvwnd_room *room, u32 rcv_mss)
{
	u32 win = newtcp_window_fit(room->free, room->full, w->wnd, rcv_mss, w->wscale);

	return min_t(u32, win, ALIGN(w->ssthresh, 1U << w->wscale));
}

/**
 * newtcp_rcvwnd_offer - a segment leaves: what does its window field say?
 * @w: state; the offer is kept
 * @nxt: RCV.NXT
 * @could: newtcp_rcvwnd_could()
 * @signed_field: unscaled, it is to be no more than a signed number holds
 *
 * RFC 9293 3.8.6: the right edge never moves to the left.
 *
 * Return: the field.
 */
static inline u16 newtcp_rcvwnd_offer(struct newtcp_rcvwnd *w, u32 nxt, u32 could,
				      bool signed_field)
{
	u32 most = signed_field && !w->wscale ? NEWTCP_MAX_SIGNED_WINDOW : 65535U << w->wscale;
	u32 cur = newtcp_rcvwnd_open(w, nxt);
	u32 win = could;

	if (win < cur)
		win = ALIGN(cur, 1U << w->wscale);
	/* What is not said is not offered. */
	w->wnd = min(win, most);
	w->wup = nxt;
	return w->wnd >> w->wscale;
}

/**
 * newtcp_rcvwnd_close - data inside the window had no room, and none could be made
 * @w: state
 * @nxt: RCV.NXT
 *
 * As Linux: closed, so that the peer probes and does not time out. The one case in
 * which the right edge moves.
 *
 * Return: the field.
 */
static inline u16 newtcp_rcvwnd_close(struct newtcp_rcvwnd *w, u32 nxt)
{
	w->wnd = 0;
	w->wup = nxt;
	return 0;
}

/**
 * newtcp_rcvwnd_may_double - the program has read: can an update be due?
 * @w: state
 * @open: newtcp_rcvwnd_open()
 *
 * Return: true when newtcp_rcvwnd_doubles() is to be asked.
 */
static inline bool newtcp_rcvwnd_may_double(const struct newtcp_rcvwnd *w, u32 open)
{
	return 2 * open <= w->clamp;
}

/**
 * newtcp_rcvwnd_doubles - is it worth a window update?
 * @open: newtcp_rcvwnd_open()
 * @could: newtcp_rcvwnd_could()
 *
 * RFC 9293 3.8.6.2.2: one is sent when it doubles what the peer knows of.
 *
 * Return: true when it is.
 */
static inline bool newtcp_rcvwnd_doubles(u32 open, u32 could)
{
	return could && could >= 2 * open;
}

/**
 * newtcp_rcvwnd_bound - how far the present bound may grow now
 * @w: state
 * @left: memory that is left in the buffer; negative: overdrawn
 *
 * Return: bytes of payload.
 */
static inline u32 newtcp_rcvwnd_bound(const struct newtcp_rcvwnd *w, int left)
{
	return min(w->clamp, newtcp_payload_of(w->ratio, left));
}

#endif /* _NEWTCP_RCVWND_H */
