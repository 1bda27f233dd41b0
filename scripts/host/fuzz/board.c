// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard beside an array with one entry for each segment of the wire:
 * segments are sent, SACKed by any blocks, declared lost, sent again, cut and
 * acknowledged, and SACKs and losses forgotten.
 */
#include <linux/minmax.h>
#include "core/recovery.h"
#include "core/sack.h"
#include "core/sackin.h"
#include "fuzz.h"

#define MSS	100U
#define MOST	200

/* A segment of the wire, as the model has it. */
struct wire {
	u32 seq, end;
	u64 sent_us;
	u8 marks;
};

struct both {
	struct newtcp_board b;
	struct newtcp_recovery r;
	struct newtcp_cong c;
	struct newtcp_rate rate;
	struct newtcp_rtt rtt;
	struct newtcp_loss_conf conf;
	struct newtcp_snd s;
	struct wire wire[MOST];
	unsigned int n;		/* in flight; the first is at SND.UNA */
};

static bool flying(u8 marks)
{
	return !(marks & NEWTCP_SEG_SACKED) &&
	       (!(marks & NEWTCP_SEG_LOST) || (marks & NEWTCP_SEG_RETRANS));
}

static struct newtcp_seg *cut(void *owner, struct newtcp_seg *seg, u32 len)
{
	struct newtcp_seg *rest = malloc(sizeof(*rest));
	struct both *x = owner;

	must(len % MSS == 0 && len && len < seg->end_seq - seg->seq);
	*rest = *seg;
	rest->seq += len;
	rest->segs -= len / MSS;
	seg->end_seq = rest->seq;
	seg->segs = len / MSS;
	newtcp_board_split(&x->b, seg, rest);
	return rest;
}

/* What has joined another is as old as that, should the peer go back on its SACKs. */
static bool shift(void *owner, struct newtcp_seg *to, struct newtcp_seg *from, u32 len)
{
	struct both *x = owner;
	unsigned int i;

	must(len % MSS == 0 && len && len < from->end_seq - from->seq &&
	     to->end_seq == from->seq);
	/* Now and then it cannot be. */
	if (len / MSS % 3 == 2)
		return false;
	for (i = 0; i < x->n; i++)
		if (!seq_before(x->wire[i].seq, from->seq) &&
		    seq_before(x->wire[i].seq, from->seq + len))
			x->wire[i].sent_us = to->sent_us;
	return true;
}

static void sent(struct both *x, unsigned int segs, unsigned int last)
{
	struct newtcp_seg *seg;
	unsigned int i;

	if (x->n + segs > MOST)
		return;
	seg = calloc(1, sizeof(*seg));
	seg->seq = x->s.nxt;
	seg->end_seq = seg->seq + (segs - 1) * MSS + last;
	seg->segs = segs;
	seg->mss = MSS;
	seg->sent_us = x->s.now_us;
	newtcp_rate_sent(&x->rate, seg, x->r.delivered, !x->b.packets_out);
	newtcp_board_append(&x->b, seg);
	for (i = 0; i < segs; i++) {
		u32 seq = seg->seq + i * MSS;

		x->wire[x->n++] = (struct wire){ seq, seq_min(seq + MSS, seg->end_seq),
						 seg->sent_us, 0 };
	}
	x->s.nxt = seg->end_seq;
}

static void sacked(struct both *x, struct input *in)
{
	struct newtcp_ack_news n = { .ack = x->s.una, .late_seq = x->s.nxt,
				      .prior_una = x->s.una };
	struct newtcp_range blocks[NEWTCP_MAX_SACKS], good[NEWTCP_MAX_SACKS];
	unsigned int i, j, num = 1 + take(in) % NEWTCP_MAX_SACKS, k;
	bool dsack;

	for (i = 0; i < num; i++) {
		blocks[i].start = x->s.una + (s16)take16(in) % 8000;
		blocks[i].end = blocks[i].start + take16(in) % 4000;
	}
	n.prior_fack = x->b.sacked_out ? x->r.high_sacked : x->s.una;
	newtcp_sack_enter(&x->s, &n, blocks, num);
	k = newtcp_sack_sanitize(blocks, num, x->s.una, x->s.nxt, good, &dsack);
	for (i = 0; i < k; i++) {
		for (j = 0; j < x->n; j++) {
			struct wire *w = &x->wire[j];

			if (!seq_before(w->seq, good[i].start) &&
			    !seq_after(w->end, good[i].end)) {
				w->marks &= ~(NEWTCP_SEG_LOST | NEWTCP_SEG_RETRANS);
				w->marks |= NEWTCP_SEG_SACKED;
			}
		}
	}
}

/* The record that segment @i of the wire is in. */
static struct newtcp_seg *record(struct both *x, unsigned int i)
{
	const struct rb_root *root = flying(x->wire[i].marks) ? &x->b.flight.rb_root :
		x->wire[i].marks & NEWTCP_SEG_SACKED ? &x->b.held : &x->b.lost;
	struct newtcp_seg *seg = newtcp_board_find(root, x->wire[i].seq);

	must(seg && !seq_after(seg->seq, x->wire[i].seq));
	return seg;
}

/* All segments of the wire that @seg makes. */
static void marked(struct both *x, const struct newtcp_seg *seg, u8 set, u8 clear, bool again)
{
	unsigned int i;

	for (i = 0; i < x->n; i++) {
		struct wire *w = &x->wire[i];

		if (seq_before(w->seq, seg->seq) || !seq_before(w->seq, seg->end_seq))
			continue;
		w->marks = (w->marks & ~clear) | set;
		if (again)
			w->sent_us = x->s.now_us;
	}
}

static void lost(struct both *x, unsigned int i)
{
	struct newtcp_seg *seg = record(x, i);

	if (seg->marks & NEWTCP_SEG_SACKED)
		return;
	if (flying(seg->marks))
		marked(x, seg, NEWTCP_SEG_LOST, NEWTCP_SEG_RETRANS, false);
	newtcp_board_mark_lost(&x->b, seg);
}

static void again(struct both *x, unsigned int i)
{
	struct newtcp_seg *seg = record(x, i);

	if (seg->marks & NEWTCP_SEG_SACKED)
		return;
	marked(x, seg, NEWTCP_SEG_RETRANS | NEWTCP_SEG_EVER_RETRANS, 0, true);
	seg->sent_us = x->s.now_us;
	newtcp_board_mark_sent_again(&x->b, seg);
}

static void acked(struct both *x, unsigned int segs)
{
	struct newtcp_ack_news n = { .late_seq = x->s.nxt };
	struct newtcp_seg *seg;

	segs = min(segs, x->n);
	if (!segs)
		return;
	x->s.una = x->wire[segs - 1].end;
	memmove(x->wire, x->wire + segs, (x->n - segs) * sizeof(x->wire[0]));
	x->n -= segs;
	while ((seg = newtcp_board_first(&x->b)) && seq_before(seg->seq, x->s.una)) {
		if (seq_after(seg->end_seq, x->s.una))
			cut(x, seg, x->s.una - seg->seq);
		newtcp_seg_acked(&x->r, &x->b, &x->rate, &n, seg, seg->segs, x->s.now_us,
				 newtcp_rtt_min(&x->rtt));
		newtcp_board_remove(&x->b, seg);
		free(seg);
	}
}

static void forget(struct both *x, bool sacks)
{
	unsigned int i;

	for (i = 0; i < x->n; i++)
		x->wire[i].marks &= sacks ? ~NEWTCP_SEG_SACKED : ~NEWTCP_SEG_LOST;
	if (sacks)
		newtcp_board_forget_sacks(&x->b);
	else
		newtcp_board_forget_losses(&x->b);
}

/* RFC 6675: where the @segs uppermost that are SACKed begin; a record at a time. */
static void above(struct both *x, u32 segs)
{
	u32 seq = newtcp_board_above(&x->b, segs), more = 0;
	unsigned int i;

	for (i = 0; i < x->n; i++)
		more += (x->wire[i].marks & NEWTCP_SEG_SACKED) && !seq_before(x->wire[i].seq, seq);
	must(more >= segs);
}

static void compare(struct both *x)
{
	u32 held = 0, gone = 0, out = 0, records = 0;
	const struct newtcp_seg *seg, *prev = NULL;
	unsigned int i;

	for (i = 0; i < x->n; i++) {
		const struct wire *w = &x->wire[i];

		seg = record(x, i);
		must(seg->marks == w->marks && seg->sent_us == w->sent_us);
		held += !!(w->marks & NEWTCP_SEG_SACKED);
		gone += !!(w->marks & NEWTCP_SEG_LOST);
		out += !!(w->marks & NEWTCP_SEG_RETRANS);
		records += flying(w->marks) && w->seq == seg->seq;
	}
	must(x->b.packets_out == x->n && x->b.sacked_out == held);
	must(x->b.lost_out == gone && x->b.retrans_out == out);
	must(newtcp_board_empty(&x->b) == !x->n);
	must(!x->n || newtcp_board_first(&x->b)->seq == x->wire[0].seq);
	must(!x->n || newtcp_board_last(&x->b)->end_seq == x->s.nxt);
	list_for_each_entry(seg, &x->b.sent, sent) {
		must(!prev || prev->sent_us <= seg->sent_us);
		prev = seg;
		records--;
	}
	must(!records);
}

static void step(struct both *x, struct input *in)
{
	u8 op = take(in), i = x->n ? take(in) % x->n : 0;

	x->s.now_us += op & 8 ? 1000 : 0;
	if (!x->n || (op & 7) == 0) {
		sent(x, 1 + take(in) % 9, 1 + take(in) % MSS);
		return;
	}
	switch (op & 7) {
	case 1:
	case 2:
		sacked(x, in);
		break;
	case 3:
		lost(x, i);
		break;
	case 4:
		again(x, i);
		break;
	case 5:
		acked(x, i);
		break;
	case 6:
		if (x->b.sacked_out)
			above(x, 1 + i % x->b.sacked_out);
		break;
	case 7:
		forget(x, op & 16);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct both *x = calloc(1, sizeof(*x));
	struct input in = { data, size };

	x->conf = (struct newtcp_loss_conf){ 3, 300, 1, true };
	x->s = (struct newtcp_snd){
		.b = &x->b, .r = &x->r, .c = &x->c, .rate = &x->rate, .rtt = &x->rtt, .conf = &x->conf,
		.now_us = 1000000, .una = 0xfffff000, .nxt = 0xfffff000, .mss = MSS,
		.max_window = 65535, .sack_ok = true, .cut = cut, .shift = shift,
		.owner = x,
	};
	newtcp_board_init(&x->b);
	newtcp_rtt_init(&x->rtt);
	newtcp_recovery_init(&x->r, &x->conf, x->s.una);
	while (in.left) {
		step(x, &in);
		compare(x);
	}
	acked(x, x->n);
	compare(x);
	free(x);
	return 0;
}
