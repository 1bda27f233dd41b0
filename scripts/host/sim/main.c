// SPDX-License-Identifier: GPL-2.0
/*
 * The simulator's front.
 *
 *	sim [-n COUNT] [-s SEED] [-t SECONDS] [-l] [-p]		run seeds
 *	sim -q							how well paths are used
 *	sim [-o] -r SEED					replay one, with a trace
 *	sim [-o] NAME=VALUE...					run that scenario, with a trace
 *
 * -l checks less often; -p runs each seed twice, with other clocks and other first
 * sequence numbers, and compares what was sent (-o traces that other run). A
 * failure is made small and printed with its trace.
 */
#include "sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile u64 running;

static void died(int sig)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "not ok - seed %llu: signal %d\n",
			 (unsigned long long)running, sig);

	if (write(STDOUT_FILENO, text, n) < 0)
		_exit(2);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Of runs that purity compares; whole milliseconds, and whole 1,024 us, later. */
#define OTHER_CLOCK_MS	0x123456780LL
#define OTHER_NUMBER	0x7654321

static int show(struct scenario *sc, bool other)
{
	const struct manner m = {
		.trace = true,
		.clock_ms = other ? OTHER_CLOCK_MS : 0,
		.number = other ? OTHER_NUMBER : 0,
	};
	struct outcome o;

	if (sim_run(sc, &m, &o)) {
		printf("all read after %.3f s, %llu events, %llu packets, %llu sent again, %llu timeouts\n",
		       (double)o.done_us / 1e6, (unsigned long long)o.events, (unsigned long long)o.packets,
		       (unsigned long long)o.resent, (unsigned long long)o.timeouts);
		return 0;
	}
	printf("FAILED: %s\n", o.why);
	return 1;
}

static int failed(u64 seed, struct scenario *sc, struct outcome *o)
{
	printf("not ok - seed %llu: %s\n", (unsigned long long)seed, o->why);
	fflush(stdout);
	shrink(sc, o);
	printf("smallest, again with: sim");
	scenario_print(sc);
	return show(sc, false);
}

/* The same decisions with other clocks and numbers? */
static bool pure(const struct scenario *sc, const struct manner *m, struct outcome *o)
{
	struct manner other = *m;
	struct outcome again;

	other.clock_ms = OTHER_CLOCK_MS;
	other.number = OTHER_NUMBER;
	sim_run(sc, &other, &again);
	if (again.digest == o->digest || again.absolute || o->absolute)
		return true;
	snprintf(o->why, sizeof(o->why), "other clocks or numbers, other decisions");
	return false;
}

struct totals {
	u64 runs, events, packets, resent, timeouts, bytes;
};

static bool run_seed(u64 seed, const struct manner *m, bool twice, struct totals *t)
{
	struct scenario sc;
	struct outcome o;

	running = seed;
	scenario_draw(&sc, seed);
	if (!sim_run(&sc, m, &o)) {
		failed(seed, &sc, &o);
		return false;
	}
	if (twice && !pure(&sc, m, &o)) {
		printf("not ok - seed %llu: %s\n", (unsigned long long)seed, o.why);
		return false;
	}
	t->runs++;
	t->events += o.events;
	t->packets += o.packets;
	t->resent += o.resent;
	t->timeouts += o.timeouts;
	t->bytes += o.bytes;
	return true;
}

int main(int argc, char **argv)
{
	u64 seed = 1, count = ~0ULL, limit = 0, i;
	struct manner m = {};
	struct totals t = {};
	bool twice = false, replay = false, other = false;
	struct scenario sc;
	time_t begin = time(NULL);
	int opt;

	scenario_simple(&sc);
	while ((opt = getopt(argc, argv, "n:s:t:r:lpoq")) != -1) {
		switch (opt) {
		case 'n':
			count = strtoull(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 't':
			limit = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			scenario_draw(&sc, strtoull(optarg, NULL, 0));
			replay = true;
			break;
		case 'q':
			return quality();
		case 'o':
			other = true;
			break;
		case 'l':
			m.light = true;
			break;
		case 'p':
			twice = true;
			break;
		default:
			return 2;
		}
	}
	for (i = optind; i < (u64)argc; i++) {
		if (!scenario_parse(&sc, argv[i])) {
			fprintf(stderr, "sim: what is %s?\n", argv[i]);
			return 2;
		}
	}
	if (replay || optind < argc)
		return show(&sc, other);

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGABRT, died);
	signal(SIGSEGV, died);
	for (i = 0; i < count && (!limit || (u64)(time(NULL) - begin) < limit); i++)
		if (!run_seed(seed + i, &m, twice, &t))
			return 1;
	printf("ok - %llu connections from seed %llu: %llu MB, %llu events, %llu packets, %llu sent again, %llu timeouts\n",
	       (unsigned long long)t.runs, (unsigned long long)seed,
	       (unsigned long long)t.bytes >> 20, (unsigned long long)t.events,
	       (unsigned long long)t.packets, (unsigned long long)t.resent,
	       (unsigned long long)t.timeouts);
	return !t.runs;
}
