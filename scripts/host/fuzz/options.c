// SPDX-License-Identifier: GPL-2.0
/*
 * Options as a peer may send them: nothing beyond their end is read, what is
 * read has sane values, and what is built of it reads as the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include "core/options.h"
#include "fuzz.h"

static void again(const struct newtcp_options *o, bool syn)
{
	struct newtcp_options twice;
	__be32 built[NEWTCP_MAX_OPT_LEN / 4];
	unsigned int len = newtcp_options_build(built, o);

	must(len <= NEWTCP_MAX_OPT_LEN && len % 4 == 0);
	newtcp_options_parse((const u8 *)built, len, syn, &twice);
	/* Of two SACK options the later counts; blocks of the first may be left. */
	memcpy(twice.sacks + o->num_sacks, o->sacks + o->num_sacks,
	       sizeof(o->sacks) - o->num_sacks * sizeof(o->sacks[0]));
	must(!memcmp(o, &twice, sizeof(twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct newtcp_options o;
	u32 tsval, tsecr;
	u8 *copy;

	if (!size || size > NEWTCP_MAX_OPT_LEN + 1)
		return 0;
	/* To the byte, for ASan to judge. */
	copy = malloc(size - 1 ?: 1);
	memcpy(copy, data + 1, size - 1);
	newtcp_options_parse(copy, size - 1, data[0] & 1, &o);
	must(o.num_sacks <= NEWTCP_MAX_SACKS && o.wscale <= NEWTCP_MAX_WSCALE);
	must(!(o.flags & NEWTCP_OPT_MSS) || o.mss);
	if (!(data[0] & 1))
		must(!(o.flags & (NEWTCP_OPT_MSS | NEWTCP_OPT_WSCALE | NEWTCP_OPT_SACK_PERM)));
	if (newtcp_options_fast_ts(copy, size - 1, &tsval, &tsecr))
		must(o.flags == NEWTCP_OPT_TS && o.tsval == tsval && o.tsecr == tsecr);
	again(&o, data[0] & 1);
	free(copy);
	return 0;
}
