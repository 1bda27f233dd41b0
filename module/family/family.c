// SPDX-License-Identifier: GPL-2.0
/*
 * The address family: socket(AF_NEWINET, type, protocol) ends in
 * newinet_create(), which answers to inet_create() in net/ipv4/af_inet.c and
 * shows a program the same results. The transports stand in one list per
 * socket type, read under RCU, changed under protosw_lock (BH); other modules
 * may add theirs.
 *
 * Context: process throughout.
 */
#include <linux/bpf-cgroup.h>
#include <linux/cred.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rculist.h>
#include <linux/uidgid.h>
#include <net/inet_common.h>
#include <net/sock.h>
#include "newinet.h"
#include "table/owner.h"
#include "family.h"

#undef pr_fmt
#define pr_fmt(fmt) "newinet: " fmt

MODULE_ALIAS_NETPROTO(AF_NEWINET);

int newinet_family __ro_after_init = AF_NEWINET;
EXPORT_SYMBOL_GPL(newinet_family);
module_param_named(family, newinet_family, int, 0444);
MODULE_PARM_DESC(family, "Number of the address family (default 19)");

static const char * const access_names[] = {
	[NEWINET_ACCESS_ALL] = "all",
	[NEWINET_ACCESS_GROUP] = "group",
	[NEWINET_ACCESS_ADMIN] = "admin",
};

/* Who may open a socket. The kernel itself always may. */
VISIBLE_IF_KUNIT int newinet_access = NEWINET_ACCESS_ALL;
EXPORT_SYMBOL_IF_KUNIT(newinet_access);
VISIBLE_IF_KUNIT unsigned int newinet_access_gid;
EXPORT_SYMBOL_IF_KUNIT(newinet_access_gid);

static int access_set(const char *val, const struct kernel_param *kp)
{
	int mode = sysfs_match_string(access_names, val);

	if (mode < 0)
		return mode;
	/* With the group that was set before. Pairs with newinet_may_open(). */
	smp_store_release((int *)kp->arg, mode);
	return 0;
}

static int access_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", access_names[READ_ONCE(*(int *)kp->arg)]);
}

static const struct kernel_param_ops access_ops = {
	.set = access_set,
	.get = access_get,
};

module_param_cb(access, &access_ops, &newinet_access, 0644);
__MODULE_PARM_TYPE(access, "charp");
MODULE_PARM_DESC(access, "Who may open the family: all (default), group, admin");

module_param_named(group, newinet_access_gid, uint, 0644);
MODULE_PARM_DESC(group, "Group id that access=group admits");

/**
 * newinet_may_open - does access= let the calling task open a socket?
 *
 * Both are asked for in the initial user namespace: in one of their own anybody
 * has every capability, and may call a group by any number.
 *
 * Return: whether it does.
 */
bool newinet_may_open(void)
{
	/* Pairs with access_set(). */
	switch (smp_load_acquire(&newinet_access)) {
	case NEWINET_ACCESS_ALL:
		return true;
	case NEWINET_ACCESS_GROUP:
		if (in_egroup_p(make_kgid(&init_user_ns,
					  READ_ONCE(newinet_access_gid))))
			return true;
		break;
	}
	return capable(CAP_NET_ADMIN);
}

/* The transports by socket type; permanent ones stand first. */
static struct list_head protosw[SOCK_MAX];
static DEFINE_SPINLOCK(protosw_lock);

/*
 * The entry for a type and protocol, or an error. 0 means the first entry of
 * the type and is replaced by its number; an entry for 0 takes any protocol.
 */
static struct inet_protosw *find_protosw(int type, int *protocol)
{
	struct inet_protosw *p;
	int err = -ESOCKTNOSUPPORT;

	list_for_each_entry_rcu(p, &protosw[type], list) {
		if (*protocol == p->protocol) {
			if (*protocol != IPPROTO_IP)
				return p;
		} else if (*protocol == IPPROTO_IP) {
			*protocol = p->protocol;
			return p;
		} else if (p->protocol == IPPROTO_IP) {
			return p;
		}
		err = -EPROTONOSUPPORT;
	}
	return ERR_PTR(err);
}

/* Our own module is held by the caller, who came through newinet_family_ops. */
static bool hold_owner(struct module *owner)
{
	return owner == THIS_MODULE || try_module_get(owner);
}

static void drop_owner(struct module *owner)
{
	if (owner != THIS_MODULE)
		module_put(owner);
}

/*
 * Fill in @sw with a copy of the entry, and hold the module of its transport.
 * A missing one is asked for by its exact name, then by protocol alone.
 */
static int get_protosw(int type, int *protocol, struct inet_protosw *sw)
{
	struct inet_protosw *p;
	int tries = 0;

	for (;;) {
		rcu_read_lock();
		p = find_protosw(type, protocol);
		if (!IS_ERR(p) && !hold_owner(p->prot->owner))
			p = ERR_PTR(-EPROTONOSUPPORT);
		if (!IS_ERR(p)) {
			*sw = *p;
			rcu_read_unlock();
			return 0;
		}
		rcu_read_unlock();

		if (tries == 2)
			return PTR_ERR(p);
		if (++tries == 1)
			request_module("net-pf-%d-proto-%d-type-%d",
				       newinet_family, *protocol, type);
		else
			request_module("net-pf-%d-proto-%d",
				       newinet_family, *protocol);
	}
}

/* Everything between allocation and the transport's own part. */
static void init_sock(struct net *net, struct socket *sock, struct sock *sk,
		      int protocol, unsigned char flags)
{
	struct inet_sock *inet = inet_sk(sk);

	if (flags & INET_PROTOSW_REUSE)
		sk->sk_reuse = SK_CAN_REUSE;

	if (sock->type == SOCK_RAW) {
		inet->inet_num = protocol;
		if (protocol == IPPROTO_RAW)
			inet_set_bit(HDRINCL, sk);
	}
	inet->pmtudisc = READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc) ?
			 IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;

	sock_init_data(sock, sk);
	newinet_lockdep_class(sk);

	/*
	 * From here on generic code treats the socket as what it is, one of
	 * IPv4: cgroup firewalls let any other family pass unread. But it must
	 * not take it for the kernel's TCP.
	 */
	sk->sk_family = AF_INET;
	sk->sk_protocol = protocol == IPPROTO_TCP ? NEWINET_SK_PROTOCOL : protocol;

	sk->sk_destruct = inet_sock_destruct;
	sk->sk_backlog_rcv = sk->sk_prot->backlog_rcv;
	sk->sk_txrehash = READ_ONCE(net->core.sysctl_txrehash);
	inet->uc_ttl = -1;
	inet_set_bit(MC_LOOP, sk);
	inet->mc_ttl = 1;
	inet_set_bit(MC_ALL, sk);
}

static int start_sock(struct sock *sk, int kern)
{
	struct inet_sock *inet = inet_sk(sk);
	int err;

	if (inet->inet_num) {
		/* A raw socket: its protocol is its port. */
		inet->inet_sport = htons(inet->inet_num);
		err = sk->sk_prot->hash(sk);
		if (err)
			return err;
	}
	if (sk->sk_prot->init) {
		err = sk->sk_prot->init(sk);
		if (err)
			return err;
	}
	return kern ? 0 : BPF_CGROUP_RUN_PROG_INET_SOCK(sk);
}

static int newinet_create(struct net *net, struct socket *sock, int protocol,
			  int kern)
{
	struct inet_protosw sw;
	struct sock *sk;
	int err;

	if (protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	if (!kern && !newinet_may_open())
		return -EPERM;

	sock->state = SS_UNCONNECTED;
	err = get_protosw(sock->type, &protocol, &sw);
	if (err)
		return err;

	err = -EPERM;
	if (sock->type == SOCK_RAW && !kern &&
	    !ns_capable(net->user_ns, CAP_NET_RAW))
		goto out_put;

	err = -ENOMEM;
	sk = sk_alloc(net, newinet_family, GFP_KERNEL, sw.prot, kern);
	if (!sk)
		goto out_put;

	sock->ops = sw.ops;
	init_sock(net, sock, sk, protocol, sw.flags);
	err = start_sock(sk, kern);
	if (err) {
		sk_common_release(sk);
		sock->sk = NULL;
	}
out_put:
	/* The socket holds the transport's module itself. */
	drop_owner(sw.prot->owner);
	return err;
}

/**
 * newinet_register_protosw - add a transport to the family
 * @p: the entry; it stays in use until newinet_unregister_protosw()
 *
 * As inet_register_protosw(): an entry comes after the permanent ones of its
 * type and before all others, so it may take over from the latter but never
 * from the former. @p->prot must be registered with a slab, embed struct
 * inet_sock first and have an unhash(), and a hash() for SOCK_RAW.
 * @p->prot->owner is held by each socket. @p->ops may be a copy of
 * newinet_stream_ops whose listen, poll, splice_read, read_sock, peek_len,
 * sendmsg_locked and set_rcvlowat are replaced, because these are TCP's.
 * sk_protocol is @p->protocol, save that TCP's becomes NEWINET_SK_PROTOCOL.
 *
 * Return: 0, -EINVAL for an entry that cannot work, -EPERM when it would
 * override a permanent one.
 */
int newinet_register_protosw(struct inet_protosw *p)
{
	struct list_head *last_perm;
	struct inet_protosw *q;
	int err = -EPERM;

	if (p->type >= SOCK_MAX || !p->ops || !p->prot || !p->prot->slab ||
	    p->prot->obj_size < sizeof(struct inet_sock) || !p->prot->unhash ||
	    (p->type == SOCK_RAW && !p->prot->hash)) {
		pr_err("ignoring an illegal transport of type %d\n", p->type);
		return -EINVAL;
	}

	spin_lock_bh(&protosw_lock);
	last_perm = &protosw[p->type];
	list_for_each_entry(q, &protosw[p->type], list) {
		if (!(q->flags & INET_PROTOSW_PERMANENT))
			break;
		if (q->protocol == p->protocol)
			goto out;
		last_perm = &q->list;
	}
	list_add_rcu(&p->list, last_perm);
	err = 0;
out:
	spin_unlock_bh(&protosw_lock);
	if (err)
		pr_err("attempt to override permanent protocol %d\n", p->protocol);
	return err;
}
EXPORT_SYMBOL_GPL(newinet_register_protosw);

static void remove_protosw(struct inet_protosw *p)
{
	spin_lock_bh(&protosw_lock);
	list_del_rcu(&p->list);
	spin_unlock_bh(&protosw_lock);
	synchronize_net();
}

/**
 * newinet_unregister_protosw - take a transport out of the family
 * @p: what newinet_register_protosw() accepted, and not permanent
 *
 * Sockets of the transport live on. Nobody looks at @p when this returns.
 */
void newinet_unregister_protosw(struct inet_protosw *p)
{
	if (p->flags & INET_PROTOSW_PERMANENT) {
		pr_err("attempt to remove permanent protocol %d\n", p->protocol);
		return;
	}
	remove_protosw(p);
}
EXPORT_SYMBOL_GPL(newinet_unregister_protosw);

static struct net_proto_family family_ops __ro_after_init = {
	.create	= newinet_create,
	.owner	= THIS_MODULE,
};

/**
 * newinet_family_init - open the family for business
 * @own: the module's own transport, permanent
 *
 * The last step of loading: sockets may appear before it returns.
 *
 * Return: 0, or -errno when the number is not to be had.
 */
int newinet_family_init(struct inet_protosw *own)
{
	int i, err;

	/* sock_register() looks at the upper bound alone. */
	if (newinet_family <= AF_UNSPEC || newinet_family >= AF_MAX) {
		pr_err("family=%d is not between 1 and %d\n", newinet_family,
		       AF_MAX - 1);
		return -EINVAL;
	}

	for (i = 0; i < SOCK_MAX; i++)
		INIT_LIST_HEAD(&protosw[i]);
	err = newinet_register_protosw(own);
	if (err)
		return err;

	family_ops.family = newinet_family;
	err = sock_register(&family_ops);
	if (err) {
		pr_err("family %d is taken (%d): choose another with family=\n",
		       newinet_family, err);
		remove_protosw(own);
	}
	return err;
}

/**
 * newinet_family_exit - no new sockets from here on
 * @own: as newinet_family_init()
 */
void newinet_family_exit(struct inet_protosw *own)
{
	sock_unregister(newinet_family);
	remove_protosw(own);
}
