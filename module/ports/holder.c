// SPDX-License-Identifier: GPL-2.0
/*
 * Holders: the entries by which port claims stand in the kernel's TCP bind
 * table (net/ipv4/inet_hashtables.c, inet_connection_sock.c).
 *
 * A port that is bound there has a bucket with a list of owners, which are
 * sockets or TIME-WAIT entries. A holder is such an entry without a
 * connection: it is in no other table, has no timer, and nobody reads more of
 * it than addresses and reuse flags. As long as a socket owns the claim, it
 * has no reuse flag, so every later bind that overlaps it fails. The bucket
 * comes and goes with a kernel socket, one for each netns: the binder takes a
 * port as any socket would, leaves the holder in its place and is free for the
 * next.
 *
 * Locks: claim_net.lock; inside it the bind table's own, for a moment.
 * Process context.
 */
#include <net/addrconf.h>
#include <net/inet_connection_sock.h>
#include <net/inet_hashtables.h>
#include <net/inet_timewait_sock.h>
#include <net/ip.h>
#include "holder.h"
#include "port.h"

#define ANY_TRIES	8

/* Nothing but holders has a struct proto of ours in the kernel's table: that of @sk. */
static bool is_holder(const struct sock *other, const struct sock *sk)
{
	return other->sk_prot == sk->sk_prot;
}

static struct sock *get_binder(struct claim_net *cn)
{
	int err = 0;

	if (!cn->binder)
		err = sock_create_kern(cn->net, AF_INET, SOCK_STREAM,
				       IPPROTO_TCP, &cn->binder);
	return err ? ERR_PTR(err) : cn->binder->sk;
}

void claim_binder_free(struct claim_net *cn)
{
	if (cn->binder)
		sock_release(cn->binder);
	cn->binder = NULL;
}

static void address_binder(struct sock *binder, __be32 addr, int dev)
{
	binder->sk_bound_dev_if = dev;
	inet_sk(binder)->inet_rcv_saddr = addr;
	inet_sk(binder)->inet_saddr = addr;
}

/*
 * The chains that hold the binder's bucket of port @num, by port and by
 * address. Their locks nest in this order.
 */
static struct inet_bind_hashbucket *port_chain(const struct sock *binder, u16 num)
{
	struct inet_hashinfo *hinfo = tcp_get_hashinfo(binder);

	return &hinfo->bhash[inet_bhashfn(sock_net(binder), num, hinfo->bhash_size)];
}

static struct inet_bind_hashbucket *addr_chain(const struct sock *binder, u16 num)
{
	return inet_bhashfn_portaddr(tcp_get_hashinfo(binder), binder,
				     sock_net(binder), num);
}

/*
 * Not kernel_bind(): the address, the privilege and the cgroup's bind programs
 * have been asked on behalf of the program's socket, and a connect() must not
 * be asked for a permission to bind. 0 lets the kernel choose.
 */
static int bind_binder(struct sock *binder, u16 num, int reuse)
{
	binder->sk_reuse = reuse;
	return binder->sk_prot->get_port(binder, num) ? -EADDRINUSE : 0;
}

/*
 * Any port of the range, at random: the kernel's own search walks from port to
 * port, which takes long when most of one parity are ours, and comes last. As
 * there, the parity that connect() in the kernel prefers is left to it at first.
 */
static int bind_any(struct sock *binder)
{
	int low, high, i, num;

	inet_sk_get_local_port_range(binder, &low, &high);
	for (i = 0; i < ANY_TRIES; i++) {
		num = low + reciprocal_scale(get_random_u32(), high - low + 1);
		if (i < ANY_TRIES / 2 && !((num ^ low) & 1))
			num = num < high ? num + 1 : low;
		if (!inet_is_local_reserved_port(sock_net(binder), num) &&
		    !bind_binder(binder, num, SK_NO_REUSE))
			return 0;
	}
	return bind_binder(binder, 0, SK_NO_REUSE);
}

/* Rule 2, for one of the kernel's that shares the binder's port. */
static bool kernel_conflicts(const struct sock *sk, const struct sock *binder,
			     const struct sock *other)
{
	if (other == binder || is_holder(other, sk))
		return false;
	if (other->sk_state == TCP_TIME_WAIT &&
	    ((sk->sk_reuse && other->sk_reuse) ||
	     (sk->sk_reuseport && other->sk_reuseport)))
		return false;
	/* One of IPv6 takes IPv4's packets too, unless it says otherwise. */
	return claim_devs_overlap(binder->sk_bound_dev_if, other->sk_bound_dev_if) &&
	       !ipv6_only_sock(other) &&
	       claim_addrs_overlap(binder->sk_rcv_saddr, other->sk_rcv_saddr);
}

static void fill_holder(struct inet_timewait_sock *holder, const struct sock *sk,
			const struct sock *binder)
{
	holder->tw_family = AF_INET;
	holder->tw_state = TCP_TIME_WAIT;
	holder->tw_bound_dev_if = binder->sk_bound_dev_if;
	holder->tw_prot = sk->sk_prot;
	write_pnet(&holder->tw_net, sock_net(binder));
	holder->tw_rcv_saddr = binder->sk_rcv_saddr;
	holder->tw_num = inet_sk(binder)->inet_num;
	holder->tw_tb = inet_csk(binder)->icsk_bind_hash;
	holder->tw_tb2 = inet_csk(binder)->icsk_bind2_hash;
}

/*
 * Leave @holder in the binder's place. Where the binder has forced its way in,
 * only if nobody there is an obstacle; and close the door to those who come
 * with SO_REUSEADDR. All under the bucket's locks, lest a bind comes between.
 */
static int settle_holder(struct inet_timewait_sock *holder,
			 const struct sock *sk, struct sock *binder)
{
	struct inet_bind_bucket *tb = inet_csk(binder)->icsk_bind_hash;
	u16 num = inet_sk(binder)->inet_num;
	struct inet_bind_hashbucket *by_port = port_chain(binder, num);
	struct inet_bind_hashbucket *by_addr = addr_chain(binder, num);
	struct sock *other;
	int err = -EADDRINUSE;

	spin_lock_bh(&by_port->lock);
	spin_lock(&by_addr->lock);
	if (binder->sk_reuse) {
		newinet_for_each_bound(other, tb) {
			if (kernel_conflicts(sk, binder, other))
				goto out;
		}
	}
	tb->fastreuse = 0;
	tb->fastreuseport = 0;
	fill_holder(holder, sk, binder);
	newinet_bucket_add_tw(holder);
	err = 0;
out:
	spin_unlock(&by_addr->lock);
	spin_unlock_bh(&by_port->lock);
	binder->sk_prot->put_port(binder);
	return err;
}

/*
 * @shared: claims of ours are on the port already. They may stand in the way
 * of the holder where rule 1 found no owner to do so. 0 or -errno; @holder is
 * zeroed memory, and knows its port afterwards.
 */
int claim_holder_get(struct claim_net *cn, struct inet_timewait_sock *holder,
		     const struct sock *sk, __be32 addr, int dev, u16 num,
		     bool shared)
{
	struct sock *binder = get_binder(cn);
	int err;

	if (IS_ERR(binder))
		return PTR_ERR(binder);
	address_binder(binder, addr, dev);
	inet_sk(binder)->local_port_range = inet_sk(sk)->local_port_range;
	err = num ? bind_binder(binder, num, SK_NO_REUSE) : bind_any(binder);
	if (err && num && (sk->sk_reuse || sk->sk_reuseport || shared))
		err = bind_binder(binder, num, SK_FORCE_REUSE);
	return err ?: settle_holder(holder, sk, binder);
}

/* The binder takes the holder's place, and frees the bucket if it is the last. */
void claim_holder_put(struct claim_net *cn, struct inet_timewait_sock *holder)
{
	struct inet_bind_hashbucket *by_port, *by_addr;
	struct sock *binder = cn->binder->sk;

	address_binder(binder, holder->tw_rcv_saddr, holder->tw_bound_dev_if);
	by_port = port_chain(binder, holder->tw_num);
	by_addr = addr_chain(binder, holder->tw_num);
	spin_lock_bh(&by_port->lock);
	spin_lock(&by_addr->lock);
	newinet_bucket_add_sock(binder, holder->tw_tb, holder->tw_tb2);
	newinet_bucket_del_tw(holder);
	inet_sk(binder)->inet_num = holder->tw_num;
	inet_csk(binder)->icsk_bind_hash = holder->tw_tb;
	inet_csk(binder)->icsk_bind2_hash = holder->tw_tb2;
	spin_unlock(&by_addr->lock);
	spin_unlock_bh(&by_port->lock);
	binder->sk_prot->put_port(binder);
}
