// SPDX-License-Identifier: GPL-2.0
/*
 * A receiver's blocks beside a bitmap of what it holds, and a sender's filter
 * beside a bitmap of what may be believed.
 */
#include <linux/bitmap.h>
#include <linux/minmax.h>
#include "core/sack.h"
#include "core/seq.h"
#include "fuzz.h"

#define ROOM	256

static unsigned int runs(const unsigned long *map)
{
	unsigned int i, n = 0;

	for (i = 0; i < ROOM; i++)
		n += test_bit(i, map) && (!i || !test_bit(i - 1, map));
	return n;
}

/* Each block is held, none touches another; @whole: none has fallen out yet. */
static void check_list(const struct newtcp_sack_list *l, u32 base, const unsigned long *map,
		       bool whole)
{
	unsigned int i, j;

	must(!whole || l->n == runs(map));

	must(l->n <= NEWTCP_MAX_SACKS);
	for (i = 0; i < l->n; i++) {
		u32 start = l->block[i].start - base, end = l->block[i].end - base;

		must(start < end && end <= ROOM);
		must(find_next_zero_bit(map, ROOM, start) >= end);
		must(!whole || !start || !test_bit(start - 1, map));
		must(!whole || end == ROOM || !test_bit(end, map));
		for (j = 0; j < i; j++)
			must(seq_after(l->block[i].start, l->block[j].end) ||
			     seq_after(l->block[j].start, l->block[i].end));
	}
}

static void receiver(struct input *in, u32 base)
{
	struct newtcp_sack_list l = {};
	DECLARE_BITMAP(map, ROOM);
	unsigned int nxt = 0;
	bool whole = true;

	bitmap_zero(map, ROOM);
	while (in->left) {
		u8 op = take(in), a = take(in), b = take(in);

		if (op & 1) {
			newtcp_sack_add(&l, base + a, base + b);
			if (a < b && a > nxt) {
				bitmap_set(map, a, b - a);
				must(l.n && base + a - l.block[0].start <
				     l.block[0].end - l.block[0].start);
			} else if (a < b) {
				return;	/* not out of order: no caller does that */
			}
		} else if (a >= nxt) {
			nxt = a;
			bitmap_clear(map, 0, nxt);
			newtcp_sack_advance(&l, base + nxt);
			/* What begins there is in order by now. */
			while (nxt < ROOM && test_bit(nxt, map))
				bitmap_clear(map, nxt++, 1);
			newtcp_sack_advance(&l, base + nxt);
		}
		whole = whole && runs(map) <= NEWTCP_MAX_SACKS;
		check_list(&l, base, map, whole);
	}
}

static void sender(struct input *in, u32 base)
{
	struct newtcp_range blocks[NEWTCP_MAX_SACKS], out[NEWTCP_MAX_SACKS];
	u8 una = take(in), nxt = take(in);
	unsigned int n = take(in) % (NEWTCP_MAX_SACKS + 1), i, k;
	DECLARE_BITMAP(want, ROOM);
	DECLARE_BITMAP(got, ROOM);
	bool dsack;

	if (una > nxt)
		return;
	bitmap_zero(want, ROOM);
	bitmap_zero(got, ROOM);
	for (i = 0; i < n; i++) {
		u8 a = take(in), b = take(in);

		blocks[i] = (struct newtcp_range){ base + a, base + b };
		if (a < b && a > una && b <= nxt)
			bitmap_set(want, a, b - a);
	}
	k = newtcp_sack_sanitize(blocks, n, base + una, base + nxt, out, &dsack);
	must(k <= n);
	for (i = 0; i < k; i++) {
		must(seq_before(out[i].start, out[i].end));
		must(!i || seq_before(out[i - 1].end, out[i].start));
		bitmap_set(got, out[i].start - base, out[i].end - out[i].start);
	}
	must(bitmap_equal(got, want, ROOM));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u32 base = take16(&in) << 16 | 0xff80;

	if (take(&in) & 1)
		receiver(&in, base);
	else
		sender(&in, base);
	return 0;
}
