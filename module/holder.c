// SPDX-License-Identifier: GPL-2.0
/*
 * Holders: the kernel sockets by which port claims stand in the kernel's TCP
 * bind table. A holder is bound, never listens or connects, and has no reuse
 * flag, so that every later bind in the kernel that overlaps it fails.
 *
 * Locks: claim_net.lock; the kernel's bind bucket lock for a moment. Process
 * context.
 */
#include <net/addrconf.h>
#include <net/inet_connection_sock.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include "claim.h"
#include "tcp/tcp.h"

/* What a holder's sk_user_data points to, so that holders are recognised. */
static unsigned long holder_mark;

static bool is_holder(const struct sock *sk)
{
	return rcu_access_pointer(__sk_user_data(sk)) == &holder_mark;
}

static struct socket *make_holder(const struct sock *sk, __be32 addr, int dev)
{
	struct socket *holder;
	struct sock *hsk;
	int err;

	err = sock_create_kern(sock_net(sk), AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &holder);
	if (err)
		return ERR_PTR(err);
	hsk = holder->sk;
	rcu_assign_sk_user_data(hsk, &holder_mark);
	hsk->sk_bound_dev_if = dev;
	inet_sk(hsk)->inet_rcv_saddr = addr;
	inet_sk(hsk)->inet_saddr = addr;
	inet_sk(hsk)->local_port_range = inet_sk(sk)->local_port_range;
	return holder;
}

/*
 * Not kernel_bind(): the address, the privilege and the cgroup's bind programs
 * have been asked on behalf of the program's socket, and a connect() must not
 * be asked for a permission to bind. 0 lets the kernel choose.
 */
static int bind_holder(struct socket *holder, u16 num, int reuse)
{
	struct sock *hsk = holder->sk;
	int err = 0;

	lock_sock(hsk);
	hsk->sk_reuse = reuse;
	if (hsk->sk_prot->get_port(hsk, num)) {
		err = -EADDRINUSE;
	} else {
		hsk->sk_userlocks |= SOCK_BINDPORT_LOCK;
		inet_sk(hsk)->inet_sport = htons(inet_sk(hsk)->inet_num);
	}
	release_sock(hsk);
	return err;
}

/* Rule 2, for a socket of the kernel's that shares the holder's port. */
static bool kernel_conflicts(const struct sock *sk, const struct sock *hsk,
			     const struct sock *other)
{
	if (other == hsk)
		return false;
	if (other->sk_state == TCP_TIME_WAIT) {
		if ((sk->sk_reuse && other->sk_reuse) ||
		    (sk->sk_reuseport && other->sk_reuseport))
			return false;
	} else if (is_holder(other)) {
		return false;
	}
	return claim_devs_overlap(hsk->sk_bound_dev_if, other->sk_bound_dev_if) &&
	       inet_rcv_saddr_equal(hsk, other, true);
}

/*
 * The holder has forced its way into the kernel's bucket. Under the bucket's
 * lock, so that no bind comes between: see who else is there, and if that is
 * no obstacle, close the door to those who come with SO_REUSEADDR.
 */
static int settle_holder(const struct sock *sk, struct socket *holder)
{
	struct sock *other, *hsk = holder->sk;
	struct inet_hashinfo *hinfo = tcp_or_dccp_get_hashinfo(hsk);
	struct inet_bind_hashbucket *head;
	struct inet_bind_bucket *tb;
	int err = -EADDRINUSE;

	head = &hinfo->bhash[inet_bhashfn(sock_net(hsk), inet_sk(hsk)->inet_num,
					  hinfo->bhash_size)];
	spin_lock_bh(&head->lock);
	tb = inet_csk(hsk)->icsk_bind_hash;
	newinet_for_each_bound(other, tb) {
		if (kernel_conflicts(sk, hsk, other))
			goto out;
	}
	hsk->sk_reuse = SK_NO_REUSE;
	tb->fastreuse = 0;
	tb->fastreuseport = 0;
	err = 0;
out:
	spin_unlock_bh(&head->lock);
	return err;
}

/*
 * @shared: claims of ours are on the port already. They may stand in the way
 * of the holder where rule 1 found no owner to do so.
 */
struct socket *claim_holder_get(const struct sock *sk, __be32 addr, int dev,
				u16 num, bool shared)
{
	struct socket *holder = make_holder(sk, addr, dev);
	int err;

	if (IS_ERR(holder))
		return holder;
	err = bind_holder(holder, num, SK_NO_REUSE);
	if (err && num && (sk->sk_reuse || sk->sk_reuseport || shared)) {
		err = bind_holder(holder, num, SK_FORCE_REUSE);
		if (!err)
			err = settle_holder(sk, holder);
	}
	if (!err)
		return holder;
	sock_release(holder);
	return ERR_PTR(err);
}
