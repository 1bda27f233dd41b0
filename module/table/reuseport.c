// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners that share an address and a port (SO_REUSEPORT) are a group of the
 * kernel's (net/core/sock_reuseport.c), as AF_INET's are: a program attached with
 * SO_ATTACH_REUSEPORT_CBPF or _EBPF chooses among them, and so does
 * SO_INCOMING_CPU. Without either the look-up's own choice stands.
 *
 * A socket is in its group while it is in the table of listeners (lookup.c).
 *
 * Context: join and leave with the listener's bucket locked (BH); the choice in
 * softirq, RCU read side.
 */
#include <linux/filter.h>
#include <linux/random.h>
#include <net/sock.h>
#include <net/sock_reuseport.h>
#include "owner.h"
#include "reuseport.h"

/**
 * newinet_reuseport_fits() - are two listeners of one group?
 * @a: a listener
 * @b: another
 *
 * Return: whether they share port, address and device, and are one user's.
 */
bool newinet_reuseport_fits(const struct sock *a, const struct sock *b)
{
	return a != b && a->sk_reuseport && b->sk_reuseport && a->sk_num == b->sk_num &&
	       a->sk_rcv_saddr == b->sk_rcv_saddr &&
	       READ_ONCE(a->sk_bound_dev_if) == READ_ONCE(b->sk_bound_dev_if) &&
	       net_eq(sock_net(a), sock_net(b)) && uid_eq(a->sk_uid, b->sk_uid);
}

/**
 * newinet_reuseport_join() - a listener enters its group
 * @sk: the listener
 * @other: one of the group, or NULL: it is the first
 *
 * Return: 0 or -ENOMEM.
 */
int newinet_reuseport_join(struct sock *sk, struct sock *other)
{
	const bool any = !sk->sk_rcv_saddr;

	if (!sk->sk_reuseport)
		return 0;
	return other ? reuseport_add_sock(sk, other, any) : reuseport_alloc(sk, any);
}

/**
 * newinet_reuseport_leave() - it listens no more
 * @sk: the listener
 */
void newinet_reuseport_leave(struct sock *sk)
{
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		reuseport_detach_sock(sk);
}

/**
 * newinet_reuseport_choose() - which of the group takes a segment?
 * @sk: the one that the look-up found; the caller's reference moves to the result
 * @skb: the segment, at its transport header; a program may have it made linear
 * @hdrlen: length of that header, which programs do not see
 *
 * Return: a listener with a reference.
 */
struct sock *newinet_reuseport_choose(struct sock *sk, struct sk_buff *skb,
				      unsigned int hdrlen)
{
	const struct sock_reuseport *group = rcu_dereference(sk->sk_reuseport_cb);
	struct sock *other;

	if (likely(!group || (!rcu_access_pointer(group->prog) &&
			      !READ_ONCE(group->incoming_cpu))))
		return sk;
	other = reuseport_select_sock(sk, get_random_u32(), skb, hdrlen);
	if (!other || other == sk || !refcount_inc_not_zero(&other->sk_refcnt))
		return sk;
	/* Another may have been made in its memory since it left the group. */
	smp_acquire__after_ctrl_dep();
	if (!newinet_listener_sure(other) || !newinet_reuseport_fits(sk, other)) {
		sock_put(other);
		return sk;
	}
	sock_put(sk);
	return other;
}
