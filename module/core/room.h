/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Room in a receive buffer that is short of it: which neighbours are worth being
 * copied together, how much is given up, how far the buffer grows.
 *
 * A small segment takes many times its size in memory, the window counts its bytes.
 * So what a peer sends inside the window fits only when it is copied together. What
 * memory a payload takes the owner knows.
 *
 * Pure: plain values. The owner of a struct serialises.
 */
#ifndef _NEWTCP_ROOM_H
#define _NEWTCP_ROOM_H

#include <linux/minmax.h>
#include <linux/types.h>
#include "reasm.h"

/**
 * struct newtcp_run - neighbours without a hole between them, by rising numbers
 * @count: records
 * @start: first sequence number that is still needed
 * @end: last + 1
 * @truesize: memory that they take, bytes
 * @fixed: it is to stay as it is
 */
struct newtcp_run {
	u32 count;
	u32 start;
	u32 end;
	u32 truesize;
	bool fixed;
};

/**
 * struct newtcp_walk - a walk over what is out of order, run by run
 * @chunk: payload of a record that is full, bytes
 * @buffer: size of the receive buffer
 * @alone: memory in lone small records that were met
 */
struct newtcp_walk {
	u32 chunk;
	u32 buffer;
	u32 alone;
};

/**
 * struct newtcp_prune - giving up
 * @step: memory that is given up before one looks whether that is enough
 * @left: of it
 */
struct newtcp_prune {
	int step;
	int left;
};

bool newtcp_run_add(struct newtcp_run *run, const struct newtcp_piece *p, u32 truesize, u32 most);
bool newtcp_run_worth(const struct newtcp_run *run, u32 need, u32 chunk);
bool newtcp_walk_on(struct newtcp_walk *w, const struct newtcp_run *run);
int newtcp_buffer_grown(int buffer, int used, int most);

/**
 * newtcp_run_begin - a run of one record
 * @run: overwritten
 * @p: the record
 * @truesize: memory that it takes
 * @from: what lies below was read already, or is in the record before
 *
 * A FIN keeps its record: it has a number and no byte.
 */
static inline void newtcp_run_begin(struct newtcp_run *run, const struct newtcp_piece *p,
				    u32 truesize, u32 from)
{
	run->count = 1;
	run->start = seq_max(p->seq, from);
	run->end = p->end_seq;
	run->truesize = truesize;
	run->fixed = p->flags & TH_FIN;
}

/* An eighth of the buffer at a time, so that it is not done for each segment. */
static inline void newtcp_prune_begin(struct newtcp_prune *p, int buffer)
{
	p->step = buffer >> 3;
	p->left = p->step;
}

/* @truesize was given up. True: time to look whether that is enough. */
static inline bool newtcp_prune_step(struct newtcp_prune *p, int truesize)
{
	p->left -= truesize;
	if (p->left > 0)
		return false;
	p->left = p->step;
	return true;
}

#endif /* _NEWTCP_ROOM_H */
