/* SPDX-License-Identifier: GPL-2.0 */
/* What must not be guessed (keys.c): RFC 6528; any context. */
#ifndef _NEWTCP_KEYS_H
#define _NEWTCP_KEYS_H

#include <linux/types.h>

struct net;

void newtcp_first_numbers(const struct net *net, __be32 saddr, __be32 daddr,
			  __be16 sport, __be16 dport, u32 *iss, u32 *ts_offset);

#endif /* _NEWTCP_KEYS_H */
