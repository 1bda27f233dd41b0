/* SPDX-License-Identifier: GPL-2.0 */
/* A rate that is kept to by a timer (pacing.c): locked. */
#ifndef _NEWTCP_PACING_H
#define _NEWTCP_PACING_H

#include <linux/types.h>
#include <net/sock.h>

struct newtcp_pacer;
struct sock;

void newtcp_pacer_sent(struct sock *sk, u32 bytes);
bool newtcp_pacer_holds(struct sock *sk);
unsigned long newtcp_pacer_later(const struct sock *sk, unsigned long at);
void newtcp_pacer_stop(struct sock *sk);
void newtcp_pacer_free(struct newtcp_pacer *p);			/* any; nobody uses it */

/* Is it on us to keep to the rate? Neither is there a need, nor does a queue below. */
static inline bool newtcp_paced_here(const struct sock *sk)
{
	return unlikely(READ_ONCE(sk->sk_pacing_status) == SK_PACING_NEEDED);
}

/* May nothing be sent yet, for the sake of the rate? */
static inline bool newtcp_pacing_waits(struct sock *sk)
{
	return newtcp_paced_here(sk) && newtcp_pacer_holds(sk);
}

#endif /* _NEWTCP_PACING_H */
