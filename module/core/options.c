// SPDX-License-Identifier: GPL-2.0
/*
 * TCP options: a walk over what a peer sent, steered by a table of the kinds
 * that we know, and the builder of what we send (RFC 9293 3.1 and 3.2,
 * RFC 7323, RFC 2018). The built layout is the one Linux sends, so that both
 * stacks cost the same header bytes and peers' fast paths recognise it.
 *
 * Pure: no locks, any context. The peer's bytes may lie at any alignment.
 */
#include "options.h"

#include <linux/array_size.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

enum opt_kind {
	KIND_EOL	= 0,
	KIND_NOP	= 1,
	KIND_MSS	= 2,
	KIND_WSCALE	= 3,
	KIND_SACK_PERM	= 4,
	KIND_SACK	= 5,
	KIND_TS		= 8,
};

/* Option lengths on the wire, kind and length bytes included. */
#define LEN_MSS		4
#define LEN_WSCALE	3
#define LEN_SACK_PERM	2
#define LEN_SACK_BASE	2
#define LEN_TS		10

enum opt_where {
	ON_ANY	= 0,
	ON_SYN,		/* negotiated: means nothing later */
	ON_DATA,	/* about data: means nothing on a SYN */
};

/**
 * struct opt_rule - how one kind is read
 * @parse: takes the value, which follows kind and length; NULL: unknown kind
 * @len: exact length, or the length without the repeated part
 * @step: length of the repeated part; 0 = not repeated
 * @where: which segments it counts on
 */
struct opt_rule {
	void (*parse)(struct newtcp_options *opts, const u8 *val,
		      unsigned int val_len);
	u8 len;
	u8 step;
	u8 where;
};

static void parse_mss(struct newtcp_options *opts, const u8 *val,
		      unsigned int val_len)
{
	u16 mss = val[0] << 8 | val[1];

	/* No segment has no room: such a peer gets the default. */
	if (!mss)
		return;
	opts->mss = mss;
	opts->flags |= NEWTCP_OPT_MSS;
}

static void parse_wscale(struct newtcp_options *opts, const u8 *val,
			 unsigned int val_len)
{
	/* RFC 7323 2.3: use 14 where the peer says more. */
	opts->wscale = min_t(u8, val[0], NEWTCP_MAX_WSCALE);
	opts->flags |= NEWTCP_OPT_WSCALE;
}

static void parse_sack_perm(struct newtcp_options *opts, const u8 *val,
			    unsigned int val_len)
{
	opts->flags |= NEWTCP_OPT_SACK_PERM;
}

static void parse_ts(struct newtcp_options *opts, const u8 *val,
		     unsigned int val_len)
{
	opts->tsval = newtcp_options_be32(val);
	opts->tsecr = newtcp_options_be32(val + 4);
	opts->flags |= NEWTCP_OPT_TS;
}

static void parse_sack(struct newtcp_options *opts, const u8 *val,
		       unsigned int val_len)
{
	unsigned int n = val_len / NEWTCP_SACK_PER_BLOCK;
	unsigned int i;

	if (n > NEWTCP_MAX_SACKS)
		return;
	for (i = 0; i < n; i++, val += NEWTCP_SACK_PER_BLOCK) {
		opts->sacks[i].start = newtcp_options_be32(val);
		opts->sacks[i].end = newtcp_options_be32(val + 4);
	}
	opts->num_sacks = n;
	opts->flags |= NEWTCP_OPT_SACK;
}

static const struct opt_rule opt_rules[] = {
	[KIND_MSS]	 = { parse_mss, LEN_MSS, 0, ON_SYN },
	[KIND_WSCALE]	 = { parse_wscale, LEN_WSCALE, 0, ON_SYN },
	[KIND_SACK_PERM] = { parse_sack_perm, LEN_SACK_PERM, 0, ON_SYN },
	[KIND_SACK]	 = { parse_sack, LEN_SACK_BASE, NEWTCP_SACK_PER_BLOCK,
			     ON_DATA },
	[KIND_TS]	 = { parse_ts, LEN_TS, 0, ON_ANY },
};

static bool rule_fits(const struct opt_rule *rule, unsigned int len, bool syn)
{
	if (!rule->parse)
		return false;
	if (rule->where == (syn ? ON_DATA : ON_SYN))
		return false;
	if (!rule->step)
		return len == rule->len;
	return len > rule->len && (len - rule->len) % rule->step == 0;
}

/**
 * newtcp_options_parse - read the options of one segment
 * @ptr: first byte after the fixed header
 * @len: bytes of options that the data offset announces
 * @syn: the segment is a SYN or SYN-ACK
 * @opts: filled; zeroed first
 *
 * A length that cannot be (0, 1, past the end) ends the walk, and what was
 * read before it counts. A known kind of the wrong length is stepped over.
 */
void newtcp_options_parse(const u8 *ptr, unsigned int len, bool syn,
			  struct newtcp_options *opts)
{
	memset(opts, 0, sizeof(*opts));

	while (len) {
		unsigned int kind = ptr[0];
		unsigned int opt_len;

		if (kind == KIND_EOL)
			return;
		if (kind == KIND_NOP) {
			ptr++;
			len--;
			continue;
		}
		if (len < 2)
			return;
		opt_len = ptr[1];
		if (opt_len < 2 || opt_len > len)
			return;
		if (kind < ARRAY_SIZE(opt_rules) &&
		    rule_fits(&opt_rules[kind], opt_len, syn))
			opt_rules[kind].parse(opts, ptr + 2, opt_len - 2);
		ptr += opt_len;
		len -= opt_len;
	}
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_options_parse);

/* Bytes of everything but the SACK blocks, padding included. */
static unsigned int fixed_len(const struct newtcp_options *opts)
{
	unsigned int len = 0;

	if (opts->flags & NEWTCP_OPT_MSS)
		len += 4;
	if (opts->flags & NEWTCP_OPT_TS)
		len += NEWTCP_TS_ALIGNED;	/* SACK-permitted rides here */
	else if (opts->flags & NEWTCP_OPT_SACK_PERM)
		len += 4;
	if (opts->flags & NEWTCP_OPT_WSCALE)
		len += 4;
	return len;
}

/* How many blocks to write: never more than the header can hold. */
static unsigned int sack_blocks(const struct newtcp_options *opts)
{
	unsigned int room = NEWTCP_MAX_OPT_LEN - fixed_len(opts);

	if (!(opts->flags & NEWTCP_OPT_SACK) || room < NEWTCP_SACK_BASE)
		return 0;
	return min3((unsigned int)opts->num_sacks,
		    (unsigned int)NEWTCP_MAX_SACKS,
		    (room - NEWTCP_SACK_BASE) / NEWTCP_SACK_PER_BLOCK);
}

/**
 * newtcp_options_len - bytes that newtcp_options_build() will write
 * @opts: what to send
 *
 * Return: a multiple of 4, at most NEWTCP_MAX_OPT_LEN.
 */
unsigned int newtcp_options_len(const struct newtcp_options *opts)
{
	unsigned int n = sack_blocks(opts);

	return fixed_len(opts) +
	       (n ? NEWTCP_SACK_BASE + n * NEWTCP_SACK_PER_BLOCK : 0);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_options_len);

static __be32 word(u8 a, u8 b, u8 c, u8 d)
{
	return cpu_to_be32((u32)a << 24 | b << 16 | c << 8 | d);
}

/**
 * newtcp_options_build - write options behind a header
 * @ptr: where; room for newtcp_options_len() bytes
 * @opts: what to send
 *
 * Every byte of the returned length is written: padding is NOP.
 *
 * Return: bytes written, a multiple of 4.
 */
unsigned int newtcp_options_build(__be32 *ptr,
				  const struct newtcp_options *opts)
{
	unsigned int i, n = sack_blocks(opts);
	__be32 *start = ptr;

	if (opts->flags & NEWTCP_OPT_MSS)
		*ptr++ = word(KIND_MSS, LEN_MSS, opts->mss >> 8, opts->mss);
	if (opts->flags & NEWTCP_OPT_TS) {
		if (opts->flags & NEWTCP_OPT_SACK_PERM)
			*ptr++ = word(KIND_SACK_PERM, LEN_SACK_PERM,
				      KIND_TS, LEN_TS);
		else
			*ptr++ = word(KIND_NOP, KIND_NOP, KIND_TS, LEN_TS);
		*ptr++ = cpu_to_be32(opts->tsval);
		*ptr++ = cpu_to_be32(opts->tsecr);
	} else if (opts->flags & NEWTCP_OPT_SACK_PERM) {
		*ptr++ = word(KIND_NOP, KIND_NOP, KIND_SACK_PERM,
			      LEN_SACK_PERM);
	}
	if (opts->flags & NEWTCP_OPT_WSCALE)
		*ptr++ = word(KIND_NOP, KIND_WSCALE, LEN_WSCALE, opts->wscale);
	if (n) {
		*ptr++ = word(KIND_NOP, KIND_NOP, KIND_SACK,
			      LEN_SACK_BASE + n * NEWTCP_SACK_PER_BLOCK);
		for (i = 0; i < n; i++) {
			*ptr++ = cpu_to_be32(opts->sacks[i].start);
			*ptr++ = cpu_to_be32(opts->sacks[i].end);
		}
	}
	return (ptr - start) * sizeof(*ptr);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_options_build);
