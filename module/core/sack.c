// SPDX-License-Identifier: GPL-2.0
/*
 * Selective acknowledgment without the queues: the receiver's list of blocks
 * (RFC 2018 section 4, duplicates by RFC 2883) and the sender's filter over
 * what a peer claims (RFC 2018 section 5, RFC 5961's distrust).
 *
 * Pure: the owner of the list serialises.
 */
#include "sack.h"
#include "seq.h"

#include <linux/export.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

/* Overlap, or the one ends where the other begins. */
static bool touches(const struct newtcp_range *a, const struct newtcp_range *b)
{
	return !seq_after(a->start, b->end) && !seq_after(b->start, a->end);
}

static void merge(struct newtcp_range *into, const struct newtcp_range *r)
{
	into->start = seq_min(into->start, r->start);
	into->end = seq_max(into->end, r->end);
}

/**
 * newtcp_sack_add - out-of-order data arrived
 * @l: list
 * @start: first sequence number
 * @end: one past the last
 *
 * RFC 2018 section 4: the block with the newest segment comes first, the
 * others keep their order; the least recent falls out of a full list.
 */
void newtcp_sack_add(struct newtcp_sack_list *l, u32 start, u32 end)
{
	struct newtcp_range first = { start, end };
	struct newtcp_range rest[NEWTCP_MAX_SACKS];
	unsigned int i, n = 0;

	if (!seq_before(start, end))
		return;
	/* Blocks never touch each other, so one pass finds all to merge. */
	for (i = 0; i < l->n; i++) {
		if (touches(&first, &l->block[i]))
			merge(&first, &l->block[i]);
		else
			rest[n++] = l->block[i];
	}
	n = min_t(unsigned int, n, NEWTCP_MAX_SACKS - 1);
	l->block[0] = first;
	for (i = 0; i < n; i++)
		l->block[i + 1] = rest[i];
	l->n = n + 1;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_sack_add);

/**
 * newtcp_sack_dup - data arrived that was here already
 * @l: list
 * @start: first sequence number of the duplicate
 * @end: one past the last
 *
 * Duplicates that join up before the next ACK are reported as one; of two
 * apart, the later.
 */
void newtcp_sack_dup(struct newtcp_sack_list *l, u32 start, u32 end)
{
	struct newtcp_range r = { start, end };

	if (!seq_before(start, end))
		return;
	if (l->dsack && touches(&l->dup, &r))
		merge(&l->dup, &r);
	else
		l->dup = r;
	l->dsack = true;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_sack_dup);

/**
 * newtcp_sack_advance - RCV.NXT moved
 * @l: list
 * @rcv_nxt: its new value; what lies below needs no report any more
 */
void newtcp_sack_advance(struct newtcp_sack_list *l, u32 rcv_nxt)
{
	unsigned int i, n = 0;

	for (i = 0; i < l->n; i++) {
		struct newtcp_range r = l->block[i];

		if (!seq_after(r.end, rcv_nxt))
			continue;
		r.start = seq_max(r.start, rcv_nxt);
		l->block[n++] = r;
	}
	l->n = n;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_sack_advance);

/**
 * newtcp_sack_report - the blocks for one ACK
 * @l: list; the caller clears its dsack once the ACK is sent
 * @room: how many blocks fit the header
 * @out: filled, room for @room blocks or NEWTCP_MAX_SACKS
 *
 * Return: blocks written.
 */
unsigned int newtcp_sack_report(const struct newtcp_sack_list *l,
				unsigned int room, struct newtcp_range *out)
{
	unsigned int i, n = 0;

	room = min_t(unsigned int, room, NEWTCP_MAX_SACKS);
	if (l->dsack && n < room)
		out[n++] = l->dup;
	for (i = 0; i < l->n && n < room; i++)
		out[n++] = l->block[i];
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_sack_report);

/*
 * RFC 2883 section 4: the first block reports a duplicate when it lies below
 * the cumulative ACK, or inside the second block.
 */
static bool reports_dup(const struct newtcp_range *in, unsigned int n,
			u32 snd_una, u32 snd_nxt)
{
	if (!n || !seq_before(in[0].start, in[0].end))
		return false;
	if (!seq_after(in[0].end, snd_una))
		return true;
	return n > 1 && seq_before(in[1].start, in[1].end) &&
	       !seq_after(in[1].end, snd_nxt) &&
	       !seq_before(in[0].start, in[1].start) &&
	       !seq_after(in[0].end, in[1].end);
}

/*
 * Only what is in flight can be held by the peer. A block that begins at or
 * below SND.UNA contradicts the cumulative ACK: nothing in it is believed.
 */
static bool believable(const struct newtcp_range *r, u32 snd_una, u32 snd_nxt)
{
	return seq_before(r->start, r->end) && seq_after(r->start, snd_una) &&
	       !seq_after(r->end, snd_nxt);
}

/* Insert into @out, sorted by start; returns the new count. */
static unsigned int insert_sorted(struct newtcp_range *out, unsigned int n,
				  const struct newtcp_range *r)
{
	unsigned int i = n;

	while (i && seq_before(r->start, out[i - 1].start)) {
		out[i] = out[i - 1];
		i--;
	}
	out[i] = *r;
	return n + 1;
}

/**
 * newtcp_sack_sanitize - what a sender may take from the peer's blocks
 * @in: as they came
 * @n: how many
 * @snd_una: SEG.ACK of the ACK that they came with
 * @snd_nxt: SND.NXT
 * @out: room for NEWTCP_MAX_SACKS; must not be @in
 * @dsack: set to whether the first block reports a duplicate
 *
 * Return: blocks in @out: in (SND.UNA, SND.NXT], ascending, apart.
 */
unsigned int newtcp_sack_sanitize(const struct newtcp_range *in,
				  unsigned int n, u32 snd_una, u32 snd_nxt,
				  struct newtcp_range *out, bool *dsack)
{
	unsigned int i, sorted = 0, kept = 0;

	n = min_t(unsigned int, n, NEWTCP_MAX_SACKS);
	*dsack = reports_dup(in, n, snd_una, snd_nxt);

	for (i = 0; i < n; i++)
		if (believable(&in[i], snd_una, snd_nxt))
			sorted = insert_sorted(out, sorted, &in[i]);

	for (i = 0; i < sorted; i++) {
		if (kept && touches(&out[kept - 1], &out[i]))
			merge(&out[kept - 1], &out[i]);
		else
			out[kept++] = out[i];
	}
	return kept;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_sack_sanitize);
