// SPDX-License-Identifier: GPL-2.0
/*
 * Who may have a port: bind(2) and listen(2). One owner per port, in both stacks. Two
 * rules decide:
 *  1. among our own owners of the port, what inet_csk_bind_conflict() would
 *     say (SO_REUSEADDR, SO_REUSEPORT, listening, address, device);
 *  2. against the kernel's TCP, exclusion: the address, port and device must
 *     be free there, save for TIME-WAIT entries that SO_REUSEADDR overcomes. It is
 *     applied where a claim gets its holder (holder.c).
 *
 * Locks: see port.h. Contexts stand above each function.
 */
#include <net/inet_hashtables.h>
#include <net/sock.h>
#include "table/owner.h"
#include "bind.h"
#include "claim.h"
#include "pool.h"
#include "port.h"

/* Rule 1. TIME-WAIT owners have no more than their sock_common. */
static bool owner_conflicts(struct sock *sk, __be32 addr, int l3mdev,
			    struct sock_common *owner)
{
	bool tw = owner->skc_state == TCP_TIME_WAIT;

	if (owner == &sk->__sk_common ||
	    (*newinet_claim_place(owner))->l3mdev != l3mdev ||
	    !claim_devs_overlap(sk->sk_bound_dev_if, owner->skc_bound_dev_if) ||
	    !claim_addrs_overlap(addr, owner->skc_rcv_saddr))
		return false;
	if (sk->sk_reuse && owner->skc_reuse && owner->skc_state != TCP_LISTEN)
		return false;
	if (sk->sk_reuseport && owner->skc_reuseport &&
	    (tw || uid_eq(sk_uid(sk), sk_uid(newinet_sk_of(owner)))))
		return false;
	return true;
}

/*
 * A listener stands in front of its connections, and is in the way of most binds.
 * TIME-WAIT entries are looked at only if some flag of theirs can be in the way.
 */
static bool port_conflicts(struct claim_port *p, struct sock *sk, __be32 addr,
			   int l3mdev)
{
	struct sock_common *owner;

	hlist_for_each_entry(owner, &p->owners, skc_bind_node)
		if (owner_conflicts(sk, addr, l3mdev, owner))
			return true;
	if ((sk->sk_reuse && !p->no_reuse) || (sk->sk_reuseport && !p->no_reuseport))
		return false;
	hlist_for_each_entry(owner, &p->waits, skc_bind_node)
		if (owner_conflicts(sk, addr, l3mdev, owner))
			return true;
	return false;
}

static bool covers(const struct newinet_claim *c, __be32 addr, int dev, int l3mdev)
{
	return !c->lent && c->l3mdev == l3mdev && (!c->addr || c->addr == addr) &&
	       (!c->dev || c->dev == dev);
}

/*
 * Join the claims that are on the port already. -ENOENT when none of them
 * covers @addr; @shared tells whether there is any.
 */
static int join_port(struct claim_net *cn, struct sock *sk, __be32 addr, u16 num,
		     bool *shared)
{
	struct claim_head *head = claim_head_of(cn->net, num);
	int l3mdev = inet_sk_bound_l3mdev(sk);
	struct newinet_claim *c;
	struct claim_port *p;
	int err = -ENOENT;

	spin_lock_bh(&head->lock);
	p = claim_find_port(head, cn->net, num);
	if (!p)
		goto out;
	*shared = true;
	err = -EADDRINUSE;
	if (port_conflicts(p, sk, addr, l3mdev))
		goto out;
	err = -ENOENT;
	hlist_for_each_entry(c, &p->claims, node) {
		if (!covers(c, addr, sk->sk_bound_dev_if, l3mdev))
			continue;
		if (c->pooled)
			claim_pool_release(cn, c);
		claim_own(c, &sk->__sk_common, NULL);
		claim_set_port(sk, num);
		err = 0;
		break;
	}
out:
	spin_unlock_bh(&head->lock);
	return err;
}

/**
 * newinet_claim_bind - give a socket a port in both stacks
 * @sk: unbound socket, locked
 * @addr: local address, or INADDR_ANY
 * @port: host order; 0 lets the kernel choose one
 *
 * Process context. On success inet_num and inet_sport are set.
 *
 * Return: 0, -EADDRINUSE, or -errno of a failed allocation.
 */
int newinet_claim_bind(struct sock *sk, __be32 addr, u16 port)
{
	struct claim_net *cn = claim_net_of(sock_net(sk));
	bool shared = false;
	int err = -ENOENT;

	sock_owned_by_me(sk);
	mutex_lock(&cn->lock);
	if (port)
		err = join_port(cn, sk, addr, port, &shared);
	if (err == -ENOENT)
		err = PTR_ERR_OR_ZERO(claim_make(cn, sk, addr,
						 sk->sk_bound_dev_if, port,
						 shared, false));
	mutex_unlock(&cn->lock);
	return err;
}

/**
 * newinet_claim_is_here - is a socket's port claimed in the VRF that it is in?
 * @sk: socket with a port, locked
 *
 * Return: false when it was bound to a device of another VRF since.
 */
bool newinet_claim_is_here(struct sock *sk)
{
	const struct newinet_claim *c = *newinet_claim_place(&sk->__sk_common);

	sock_owned_by_me(sk);
	return c && c->l3mdev == inet_sk_bound_l3mdev(sk);
}

/**
 * newinet_claim_listen - take the port once more, as a listener
 * @sk: socket, locked, whose state is TCP_LISTEN already
 *
 * Two sockets may share a port by SO_REUSEADDR until one of them listens. The
 * state comes first, so that of two that try at once not both succeed. An
 * unbound socket is given a port. Process context.
 *
 * Return: 0 or -errno, as newinet_claim_bind().
 */
int newinet_claim_listen(struct sock *sk)
{
	struct newinet_claim *c;
	int err = 0;

	sock_owned_by_me(sk);
	if (!inet_sk(sk)->inet_num)
		return newinet_claim_bind(sk, inet_sk(sk)->inet_rcv_saddr, 0);

	c = *newinet_claim_place(&sk->__sk_common);
	if (WARN_ON_ONCE(!c))
		return -EINVAL;
	spin_lock_bh(&c->head->lock);
	/* Never on more than what was claimed, whatever has become of the socket since. */
	if (!covers(c, inet_sk(sk)->inet_rcv_saddr, sk->sk_bound_dev_if,
		    inet_sk_bound_l3mdev(sk)) ||
	    port_conflicts(c->port, sk, inet_sk(sk)->inet_rcv_saddr, c->l3mdev))
		err = -EADDRINUSE;
	spin_unlock_bh(&c->head->lock);
	return err;
}
