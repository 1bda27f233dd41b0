// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/rate.c: paths whose rate is known, seen through their ACKs.
 */
#include <kunit/test.h>

#include "../module/core/rate.h"

#define MS	1000U
#define BASE	0xfffff000U
#define SEGS	80

/* A sender, each segment of which stands for itself. */
struct flow {
	struct newtcp_rate r;
	struct newtcp_board b;
	struct newtcp_rate_sample rs;
	struct newtcp_seg seg[SEGS];
	unsigned int sent, acked;
	u32 delivered;
	u64 now_us;
};

static struct flow *new_flow(struct kunit *test, u64 now_us)
{
	struct flow *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	newtcp_board_init(&f->b);
	newtcp_rate_init(&f->r);
	f->now_us = now_us;
	return f;
}

static void send(struct flow *f)
{
	struct newtcp_seg *seg = &f->seg[f->sent];

	seg->seq = BASE + f->sent * 100;
	seg->end_seq = seg->seq + 100;
	seg->segs = 1;
	seg->mss = 100;
	seg->sent_us = f->now_us;
	newtcp_rate_sent(&f->r, seg, f->delivered, f->sent == f->acked);
	newtcp_board_append(&f->b, seg);
	f->sent++;
}

/* An ACK of the next @n. */
static void ack(struct flow *f, unsigned int n, u32 min_rtt_us)
{
	unsigned int i;

	memset(&f->rs, 0, sizeof(f->rs));
	for (i = 0; i < n; i++) {
		newtcp_rate_arrived(&f->r, &f->rs, &f->seg[f->acked]);
		newtcp_board_count(&f->b, &f->seg[f->acked], 1);
		newtcp_board_remove(&f->b, &f->seg[f->acked]);
		f->acked++;
	}
	f->delivered += n;
	newtcp_rate_sample(&f->r, &f->rs, f->delivered, n, min_rtt_us, f->now_us);
}

/* One goes out each millisecond, and one is acknowledged 20 ms after it was sent. */
static void run(struct flow *f, unsigned int ms)
{
	while (ms--) {
		if (f->sent - f->acked >= 20)
			ack(f, 1, 20 * MS);
		send(f);
		f->now_us += MS;
	}
}

static void rate_steady(struct kunit *test)
{
	static const u64 starts[] = { 5000000, (1ULL << 32) - 50 * MS };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		struct flow *f = new_flow(test, starts[i]);

		run(f, 60);
		KUNIT_EXPECT_EQ(test, f->rs.delivered, 20);
		KUNIT_EXPECT_EQ(test, f->rs.interval_us, 20 * MS);
		KUNIT_EXPECT_FALSE(test, f->rs.limited);
		KUNIT_EXPECT_EQ(test, newtcp_rate_bytes(&f->r, 100), 100000);
	}
}

/* ACKs that a queue held back come at once: what was sent took its time. */
static void rate_acks_compressed(struct kunit *test)
{
	struct flow *f = new_flow(test, 5000000);

	run(f, 50);
	f->now_us += 9 * MS;
	ack(f, 10, 20 * MS);
	KUNIT_EXPECT_EQ(test, f->rs.delivered, 20);
	KUNIT_EXPECT_EQ(test, f->rs.interval_us, 20 * MS);
	ack(f, 1, 20 * MS);
	KUNIT_EXPECT_EQ(test, f->rs.interval_us, 20 * MS);
}

/* What was sent at once is spread by the path: the ACKs tell. */
static void rate_burst(struct kunit *test)
{
	struct flow *f = new_flow(test, 5000000);
	unsigned int i;

	for (i = 0; i < 10; i++)
		send(f);
	f->now_us += 20 * MS;
	for (i = 0; i < 10; i++) {
		f->now_us += 2 * MS;
		ack(f, 1, 20 * MS);
	}
	KUNIT_EXPECT_EQ(test, f->rs.delivered, 10);
	KUNIT_EXPECT_EQ(test, f->rs.interval_us, 40 * MS);
}

/* After a pause of the program the time in between does not count. */
static void rate_idle(struct kunit *test)
{
	struct flow *f = new_flow(test, 5000000);

	run(f, 20);
	while (f->acked < f->sent) {
		ack(f, 1, 20 * MS);
		f->now_us += MS;
	}
	f->now_us += 3600ULL * 1000000;
	send(f);
	send(f);
	f->now_us += 20 * MS;
	ack(f, 2, 20 * MS);
	KUNIT_EXPECT_EQ(test, f->rs.delivered, 2);
	KUNIT_EXPECT_EQ(test, f->rs.interval_us, 20 * MS);
}

static void rate_limited(struct kunit *test)
{
	struct flow *f = new_flow(test, 5000000);

	run(f, 30);
	/* Something is still to be sent, or the window or a loss holds it back: no pause. */
	newtcp_rate_write(&f->r, &f->b, 100, f->delivered, false);
	newtcp_rate_write(&f->r, &f->b, 20, f->delivered, true);
	f->b.lost_out = 1;
	newtcp_rate_write(&f->r, &f->b, 100, f->delivered, true);
	f->b.lost_out = 0;
	KUNIT_EXPECT_EQ(test, f->r.limited, 0);

	newtcp_rate_write(&f->r, &f->b, 100, f->delivered, true);
	f->now_us += 30 * MS;
	ack(f, 19, 20 * MS);
	KUNIT_EXPECT_FALSE(test, f->rs.limited);
	send(f);
	f->now_us += 20 * MS;
	ack(f, 2, 20 * MS);
	/* Less than what the path has shown, and of the program: it is not taken. */
	KUNIT_EXPECT_TRUE(test, f->rs.limited);
	KUNIT_EXPECT_FALSE(test, f->r.got_limited);
	KUNIT_EXPECT_GT(test, newtcp_rate_bytes(&f->r, 100), 30000);
	/* All that was out then has arrived. */
	KUNIT_EXPECT_EQ(test, f->r.limited, 0);
}

static void rate_none(struct kunit *test)
{
	struct flow *f = new_flow(test, 5000000);

	KUNIT_EXPECT_EQ(test, newtcp_rate_bytes(&f->r, 1460), 0);
	send(f);
	send(f);
	f->now_us += 19 * MS;
	/* In less than a round trip, and before any is known. */
	ack(f, 1, 20 * MS);
	KUNIT_EXPECT_EQ(test, f->rs.interval_us, 0);
	ack(f, 0, 10 * MS);
	KUNIT_EXPECT_EQ(test, f->rs.interval_us, 0);
	ack(f, 1, U32_MAX);
	KUNIT_EXPECT_EQ(test, f->rs.interval_us, 0);
	KUNIT_EXPECT_EQ(test, newtcp_rate_bytes(&f->r, 1460), 0);
	/* As much as the members hold. */
	f->r.got = U32_MAX;
	f->r.in_us = 1;
	KUNIT_EXPECT_EQ(test, newtcp_rate_bytes(&f->r, 65535), (1ULL << 43) * 1000000);
}

/* Of those that an ACK names it is the one sent last, whatever the order. */
static void rate_last_sent(struct kunit *test)
{
	struct flow *f = new_flow(test, 5000000);

	send(f);
	f->now_us += MS;
	send(f);
	f->now_us += MS;
	/* The first again. */
	f->seg[0].sent_us = f->now_us;
	f->seg[0].marks |= NEWTCP_SEG_EVER_RETRANS;
	newtcp_rate_sent(&f->r, &f->seg[0], 0, false);
	f->now_us += 20 * MS;
	ack(f, 2, 20 * MS);
	KUNIT_EXPECT_EQ(test, f->rs.sent_us, f->seg[0].sent_us);
	KUNIT_EXPECT_TRUE(test, f->rs.retrans);
	KUNIT_EXPECT_EQ(test, f->rs.interval_us, 22 * MS);
}

static struct kunit_case rate_cases[] = {
	KUNIT_CASE(rate_steady),
	KUNIT_CASE(rate_acks_compressed),
	KUNIT_CASE(rate_burst),
	KUNIT_CASE(rate_idle),
	KUNIT_CASE(rate_limited),
	KUNIT_CASE(rate_none),
	KUNIT_CASE(rate_last_sent),
	{}
};

static struct kunit_suite rate_suite = {
	.name = "newtcp_rate",
	.test_cases = rate_cases,
};

kunit_test_suite(rate_suite);
