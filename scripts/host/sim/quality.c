// SPDX-License-Identifier: GPL-2.0
/*
 * How well some kinds of paths are used: what holds after every event says that
 * nothing wrong is done, not that it is done in time. Each kind is a scenario
 * with many seeds; means are compared with what they were when last looked at.
 * The numbers are exact, the same everywhere: who makes one worse says why here.
 * A bottleneck has no chance in it, so that one that is just too slow for a threshold
 * would speak for all: each seed has another, from half the rate to one and a half.
 */
#include "sim.h"

#include <stdio.h>

#define RUNS	400

struct kind {
	const char *name;
	const char *words;
	u32 ms;		/* until all is read, mean */
	u32 resent;	/* segments sent again, of 100 connections */
	u32 timeouts;	/* of 100 connections */
};

#define MODERN	"a.ts=1 b.ts=1 a.wscale=1 b.wscale=1 a.rcvbuf=500000 b.rcvbuf=500000 a.cubic=1 "
#define BULK	"a.write1=200000 "

static const struct kind kinds[] = {
	{ "nothing wrong", MODERN BULK, 90, 0, 0 },
	{ "loss 1%", MODERN BULK "a.loss=100", 162, 144, 3 },
	{ "loss 5%", MODERN BULK "a.loss=500", 440, 738, 12 },
	{ "loss 2%, also of ACKs", MODERN BULK "a.loss=200 b.loss=200", 251, 286, 14 },
	{ "loss 2%, Reno", BULK "a.loss=200", 255, 278, 6 },
	{ "loss 2%, no SACK", BULK "a.loss=200 a.sack=0", 287, 292, 14 },
	{ "loss 2%, by count", MODERN BULK "a.loss=200 a.rack=0", 236, 281, 11 },
	{ "loss 2%, super-packets", MODERN BULK "a.loss=200 a.gso=44", 217, 281, 4 },
	{ "bursts", MODERN BULK "a.burst=50 a.burst_end=3000", 220, 237, 6 },
	{ "reordering", MODERN BULK "a.reorder=500 a.reorder_us=8000", 112, 151, 0 },
	{ "reordering, by count", MODERN BULK "a.reorder=500 a.reorder_us=8000 a.rack=0", 113, 344, 0 },
	{ "reordering and loss", MODERN BULK "a.reorder=500 a.reorder_us=8000 a.loss=100", 172, 306, 2 },
	{ "duplicates", MODERN BULK "a.dup=500 b.dup=500", 90, 6, 0 },
	{ "bottleneck", MODERN "a.write1=1000000 a.rate=1250 a.queue=30000", 949, 2828, 0 },
	/* What is out of order takes room in the window of 65,535 bytes. */
	{ "bottleneck, Reno", "a.write1=1000000 a.rate=1250 a.queue=30000", 966, 1817, 0 },
	{ "bottleneck, paced", MODERN "a.write1=1000000 a.rate=1250 a.queue=30000 a.pace=30000",
	  949, 2983, 0 },
	{ "bottleneck, paced below it", MODERN "a.write1=1000000 a.rate=1250 a.queue=30000 "
	  "a.pace=600", 1692, 0, 0 },
	{ "loss 2%, paced", MODERN BULK "a.loss=200 a.pace=30000", 232, 281, 4 },
	{ "short, loss 10%", MODERN "a.write1=4000 a.loss=1000", 211, 62, 34 },
	{ "requests, loss 5%", MODERN "a.write1=500 a.write_pause1=100000 a.write2=500 "
	  "a.write_pause2=100000 a.write3=500 a.write_pause3=100000 a.write4=500 a.loss=500",
	  404, 31, 11 },
	{ "outage of a second", MODERN "a.write1=2000000 a.rate=1250 a.outage_ms=300 "
	  "a.outage_len_ms=1000", 3420, 10042, 230 },
	{ "the path shrinks", MODERN BULK "a.mtu_later=1000 a.mtu_ms=60 a.icmp=10000", 120, 4000, 0 },
	{ "small window", BULK "b.rcvbuf=4000 a.loss=100", 1450, 140, 5 },
};

/* The scenario that @words tell. */
static void tell(struct scenario *sc, const char *words)
{
	char word[64];
	int n;

	scenario_simple(sc);
	while (sscanf(words, "%63s%n", word, &n) == 1) {
		if (!scenario_parse(sc, word))
			abort();
		words += n;
	}
}

/* Half a percent is allowed: what is far away may change an event or two. */
static bool within(u64 is, u64 was)
{
	return is * 200 <= was * 201 + 200;
}

/* TAP; 0 when no mean is worse. */
int quality(void)
{
	const struct manner m = { .light = true };
	unsigned int i, failed = 0;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];
		u64 us = 0, resent = 0, timeouts = 0;
		struct scenario sc;
		struct outcome o;
		bool good = true;
		s64 rate;

		tell(&sc, k->words);
		rate = sc.side[0].rate;
		for (sc.seed = 1; sc.seed <= RUNS; sc.seed++) {
			sc.side[0].rate = rate / 2 + rate * sc.seed / RUNS;
			good &= sim_run(&sc, &m, &o);
			us += o.done_us;
			resent += o.resent;
			timeouts += o.timeouts;
		}
		us /= RUNS * 1000;
		resent = resent * 100 / RUNS;
		timeouts = timeouts * 100 / RUNS;
		good &= within(us, k->ms) && within(resent, k->resent) &&
			within(timeouts, k->timeouts);
		failed += !good;
		printf("%s %u - %s: %llu ms (%u), of 100: %llu sent again (%u), %llu timeouts (%u)\n",
		       good ? "ok" : "not ok", i + 1, k->name, (unsigned long long)us, k->ms,
		       (unsigned long long)resent, k->resent, (unsigned long long)timeouts,
		       k->timeouts);
	}
	printf("1..%zu\n", ARRAY_SIZE(kinds));
	return !!failed;
}
