/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Claims and their owners (claim.c). A claim_port is a port in a netns with all its
 * AF_NEWINET owners (sockets and TIME-WAIT entries, linked by skc_bind_node); a claim
 * is what holds (address, port, device) in the kernel's bind table.
 */
#ifndef _NEWINET_CLAIM_H
#define _NEWINET_CLAIM_H

#include <linux/types.h>

struct claim_head;
struct claim_net;
struct claim_port;
struct net;
struct newinet_claim;
struct sock;
struct sock_common;

/*
 * BH, RCU: the child of a listener, or a TIME-WAIT entry, shares the owner's
 * port. False when the owner has none any more.
 */
bool newinet_claim_share(const struct sock_common *owner, struct sock_common *heir);
/* BH or process, with a claim: connects are to prefer other ports. */
void newinet_claim_shun(const struct sock_common *owner);
/* BH or process: give the port back; sk->sk_num and inet_sport become 0. */
void newinet_claim_put(struct sock_common *owner);
/* Process, no locks: release what newinet_claim_put() left over, now. */
void newinet_claim_flush(struct net *net);

/* For the other files about ports. */
extern unsigned int claim_net_id;

int claim_init(void);			/* process */
void claim_exit(void);			/* process */
struct claim_net *claim_net_of(const struct net *net);
struct claim_head *claim_head_of(const struct net *net, u16 num);
void claim_set_port(struct sock *sk, u16 num);

/* claim_head.lock */
struct claim_port *claim_find_port(struct claim_head *head, const struct net *net, u16 num);
void claim_own(struct newinet_claim *c, struct sock_common *owner,
	       struct sock_common *parent);
bool claim_unlink(struct newinet_claim *c);

/* Process, claim_net.lock */
struct newinet_claim *claim_make(struct claim_net *cn, struct sock *sk,
				 __be32 addr, int dev, u16 num, bool shared,
				 bool pooled);
void claim_free(struct newinet_claim *c);
void claim_release_dead(struct claim_net *cn);

#endif /* _NEWINET_CLAIM_H */
