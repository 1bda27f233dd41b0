/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the two fuzzers share: random numbers that a seed gives again, values at the
 * edges of things, and how a finding is reported.
 */
#ifndef NEWINET_FUZZ_H
#define NEWINET_FUZZ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/random.h>

#include "scripts/test/prog/net_common.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* One for each thread: what one thread draws must not depend on another. */
struct rng {
	uint64_t state;
};

static inline uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static inline struct rng rng_make(uint64_t seed, uint64_t stream)
{
	return (struct rng){ mix(seed ^ mix(stream + 1)) };
}

static inline uint64_t rnd(struct rng *r)
{
	r->state += 0x9e3779b97f4a7c15ull;
	return mix(r->state);
}

static inline uint32_t below(struct rng *r, uint32_t n)
{
	return n ? (uint32_t)(rnd(r) >> 32) % n : 0;
}

static inline bool chance(struct rng *r, uint32_t percent)
{
	return below(r, 100) < percent;
}

static inline int64_t between(struct rng *r, int64_t low, int64_t high)
{
	return high <= low ? low : low + (int64_t)(rnd(r) % (uint64_t)(high - low + 1));
}

/* A length that is small as often as it is large. */
static inline uint32_t some_size(struct rng *r, uint32_t max)
{
	uint32_t n = 1u << below(r, 32 - __builtin_clz(max | 1));

	n += below(r, n);
	return n > max ? max : n;
}

/* Where arithmetic goes wrong: powers of two, their neighbours, the largest ones. */
static inline uint32_t edge32(struct rng *r)
{
	static const uint32_t odd[] = {
		0, 1, 2, ~0u, ~0u - 1, 0x7fffffff, 0x80000000, 0x80000001, 0xffff, 0x10000,
		0x7fff, 0x8000, 536, 1460, 65535, 88, 48, 68, 552, 576,
	};

	if (chance(r, 40))
		return odd[below(r, ARRAY_SIZE(odd))];
	if (chance(r, 60))
		return (1u << below(r, 32)) + below(r, 3) - 1;
	return rnd(r);
}

static inline int newinet_number(void)
{
	return family_of("newinet");
}

/* The seed asked for, or a new one. */
static inline uint64_t seed_of(const char *text)
{
	uint64_t seed;

	if (text && *text)
		return strtoull(text, NULL, 0);
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		die("getrandom: %s", strerror(errno));
	return seed >> 16;	/* short enough to type */
}

#endif
