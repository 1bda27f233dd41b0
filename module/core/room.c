// SPDX-License-Identifier: GPL-2.0
/*
 * Room in a receive buffer that is short of it: see room.h.
 *
 * Pure: the owner of a struct serialises.
 */
#include "room.h"

#include <linux/export.h>
#include <kunit/visibility.h>

/**
 * newtcp_run_add - does the next record belong to the run?
 * @run: it grows if so
 * @p: the record behind its last
 * @truesize: memory that it takes
 * @most: bytes that are copied together, unless one record alone has more
 *
 * What of the run it has as well is left to it when it stays, so that no record lies
 * inside another afterwards.
 *
 * Return: false when the run ends before it.
 */
bool newtcp_run_add(struct newtcp_run *run, const struct newtcp_piece *p, u32 truesize, u32 most)
{
	u32 end = seq_max(p->end_seq, run->end);

	if ((p->flags & TH_FIN) || run->fixed || seq_after(p->seq, run->end) ||
	    end - run->start > most) {
		run->end = seq_min(run->end, seq_max(p->seq, run->start));
		return false;
	}
	run->end = end;
	run->truesize += truesize;
	run->count++;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_run_add);

/* One small record without neighbours. */
static bool alone(const struct newtcp_run *run, u32 chunk)
{
	return run->count == 1 && run->end - run->start < chunk;
}

/**
 * newtcp_run_worth - is a run worth the copying?
 * @run: the run
 * @need: memory that its payload takes afterwards
 * @chunk: payload of a record that is full
 *
 * Each byte copied frees at least a ninth of one, so that a peer cannot have the same
 * data copied again and again for nothing.
 *
 * Return: true when it is.
 */
bool newtcp_run_worth(const struct newtcp_run *run, u32 need, u32 chunk)
{
	if (run->fixed || !seq_before(run->start, run->end))
		return false;
	/* The smallest heads are of one size: a lone small record gains little. */
	if (alone(run, chunk))
		need *= 2;
	return need + need / 8 <= run->truesize;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_run_worth);

/**
 * newtcp_walk_on - a run is not worth it: is the next one to be looked at?
 * @w: the walk
 * @run: the run
 *
 * Lone small records are not worth a walk through all of them.
 *
 * Return: false when the walk is over.
 */
bool newtcp_walk_on(struct newtcp_walk *w, const struct newtcp_run *run)
{
	if (!alone(run, w->chunk))
		return true;
	w->alone += run->truesize;
	return w->alone <= w->buffer >> 3;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_walk_on);

/**
 * newtcp_buffer_grown - the buffer is full, and may grow
 * @buffer: its size, bytes of memory
 * @used: what is in it
 * @most: as far as it may grow (net.ipv4.tcp_rmem[2])
 *
 * Return: its new size: what is in it fits.
 */
int newtcp_buffer_grown(int buffer, int used, int most)
{
	return buffer < most ? min(used, most) : buffer;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_buffer_grown);
