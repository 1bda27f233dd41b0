// SPDX-License-Identifier: GPL-2.0
/*
 * TCP options: one table of the kinds that we know says how each is read and
 * written, for the walk over what a peer sent, the length of what we send, and
 * its builder (RFC 9293 3.1 and 3.2, RFC 7323, RFC 2018). The built layout is
 * the one Linux sends, so that both stacks cost the same header bytes and peers'
 * fast paths recognise it.
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
 * struct opt_rule - how one kind is read and written
 * @parse: takes the value, which follows kind and length; NULL: unknown kind
 * @put: writes the value
 * @len: exact length, or the length without the repeated part
 * @step: length of the repeated part; 0 = not repeated
 * @where: which segments it counts on
 * @flag: its bit of newtcp_options.flags
 */
struct opt_rule {
	void (*parse)(struct newtcp_options *opts, const u8 *val,
		      unsigned int val_len);
	void (*put)(u8 *val, const struct newtcp_options *opts,
		    unsigned int val_len);
	u8 len;
	u8 step;
	u8 where;
	u8 flag;
};

static u8 *put_be32(u8 *to, u32 v)
{
	__be32 be = cpu_to_be32(v);

	memcpy(to, &be, sizeof(be));
	return to + sizeof(be);
}

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

static void put_mss(u8 *val, const struct newtcp_options *opts,
		    unsigned int val_len)
{
	val[0] = opts->mss >> 8;
	val[1] = opts->mss;
}

static void parse_wscale(struct newtcp_options *opts, const u8 *val,
			 unsigned int val_len)
{
	/* RFC 7323 2.3: use 14 where the peer says more. */
	opts->wscale = min_t(u8, val[0], NEWTCP_MAX_WSCALE);
	opts->flags |= NEWTCP_OPT_WSCALE;
}

static void put_wscale(u8 *val, const struct newtcp_options *opts,
		       unsigned int val_len)
{
	val[0] = opts->wscale;
}

static void parse_sack_perm(struct newtcp_options *opts, const u8 *val,
			    unsigned int val_len)
{
	opts->flags |= NEWTCP_OPT_SACK_PERM;
}

static void put_nothing(u8 *val, const struct newtcp_options *opts,
			unsigned int val_len)
{
}

static void parse_ts(struct newtcp_options *opts, const u8 *val,
		     unsigned int val_len)
{
	opts->tsval = newtcp_options_be32(val);
	opts->tsecr = newtcp_options_be32(val + 4);
	opts->flags |= NEWTCP_OPT_TS;
}

static void put_ts(u8 *val, const struct newtcp_options *opts,
		   unsigned int val_len)
{
	put_be32(put_be32(val, opts->tsval), opts->tsecr);
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

static void put_sack(u8 *val, const struct newtcp_options *opts,
		     unsigned int val_len)
{
	unsigned int n = val_len / NEWTCP_SACK_PER_BLOCK;
	unsigned int i;

	for (i = 0; i < n; i++)
		val = put_be32(put_be32(val, opts->sacks[i].start),
			       opts->sacks[i].end);
}

static const struct opt_rule opt_rules[] = {
	[KIND_MSS]	 = { parse_mss, put_mss, LEN_MSS, 0, ON_SYN,
			     NEWTCP_OPT_MSS },
	[KIND_WSCALE]	 = { parse_wscale, put_wscale, LEN_WSCALE, 0, ON_SYN,
			     NEWTCP_OPT_WSCALE },
	[KIND_SACK_PERM] = { parse_sack_perm, put_nothing, LEN_SACK_PERM, 0, ON_SYN,
			     NEWTCP_OPT_SACK_PERM },
	[KIND_SACK]	 = { parse_sack, put_sack, LEN_SACK_BASE,
			     NEWTCP_SACK_PER_BLOCK, ON_DATA, NEWTCP_OPT_SACK },
	[KIND_TS]	 = { parse_ts, put_ts, LEN_TS, 0, ON_ANY, NEWTCP_OPT_TS },
};

/* In what order they are written: Linux's. */
static const u8 build_order[] = {
	KIND_MSS, KIND_SACK_PERM, KIND_TS, KIND_WSCALE, KIND_SACK,
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

/* Bytes of NOPs in front, so that what follows an option lies on a word. */
static unsigned int padding(unsigned int kind, unsigned int pos, unsigned int len,
			    const struct newtcp_options *opts)
{
	/* The two make whole words together. */
	if (kind == KIND_SACK_PERM && (opts->flags & NEWTCP_OPT_TS))
		return 0;
	return -(pos + len) & 3;
}

/* Bytes that an option takes; 0: it is not to be there, or has no room. */
static unsigned int built_len(const struct opt_rule *rule, unsigned int pos,
			      const struct newtcp_options *opts)
{
	unsigned int room, n;

	if (!(opts->flags & rule->flag))
		return 0;
	if (!rule->step)
		return rule->len;
	/* Never more blocks than the header can hold. */
	if (pos + NEWTCP_SACK_BASE + rule->step > NEWTCP_MAX_OPT_LEN)
		return 0;
	room = NEWTCP_MAX_OPT_LEN - pos - NEWTCP_SACK_BASE;
	n = min3((unsigned int)opts->num_sacks, (unsigned int)NEWTCP_MAX_SACKS,
		 room / rule->step);
	return n ? rule->len + n * rule->step : 0;
}

/**
 * newtcp_options_build - write options behind a header
 * @ptr: where; room for NEWTCP_MAX_OPT_LEN bytes
 * @opts: what to send
 *
 * Every byte of the returned length is written: padding is NOP.
 *
 * Return: bytes written, a multiple of 4, at most NEWTCP_MAX_OPT_LEN.
 */
unsigned int newtcp_options_build(__be32 *ptr,
				  const struct newtcp_options *opts)
{
	unsigned int i, pad, pos = 0;
	u8 *to = (u8 *)ptr;

	for (i = 0; i < ARRAY_SIZE(build_order); i++) {
		unsigned int kind = build_order[i];
		const struct opt_rule *rule = &opt_rules[kind];
		unsigned int len = built_len(rule, pos, opts);

		if (!len)
			continue;
		for (pad = padding(kind, pos, len, opts); pad; pad--)
			to[pos++] = KIND_NOP;
		to[pos] = kind;
		to[pos + 1] = len;
		rule->put(to + pos + 2, opts, len - 2);
		pos += len;
	}
	return pos;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_options_build);
