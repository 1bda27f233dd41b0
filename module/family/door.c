// SPDX-License-Identifier: GPL-2.0
/*
 * The second door: socket(AF_INET, SOCK_STREAM, IPPROTO_NEWINET).
 *
 * The kernel's own protosw table gets an entry whose transport is ours, as
 * MPTCP and SMC have theirs. Such a socket is created by inet_create() and has
 * AF_INET in every address; from then on it is the same as one that came
 * through the family. What newinet_create() does and inet_create() does not
 * know is done in door_init(): who may open one, and the lock's class.
 *
 * The entry's struct proto is a copy of the transport's that differs in init
 * alone. It is never registered: its slab is the transport's, and a socket
 * loses it on its way in.
 *
 * Context: process throughout.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <net/protocol.h>
#include <net/sock.h>
#include "newinet.h"
#include "table/owner.h"
#include "door.h"
#include "family.h"

#undef pr_fmt
#define pr_fmt(fmt) "newinet: " fmt

/* SOCK_STREAM by its number: the alias is made of the words. */
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET, IPPROTO_NEWINET, 1);

static int door_protocol __ro_after_init = IPPROTO_NEWINET;
module_param_named(protocol, door_protocol, int, 0444);
MODULE_PARM_DESC(protocol,
		 "Protocol by which AF_INET opens our sockets (default 253), 0: none");

static struct proto *transport;
static struct proto door_prot;

static struct inet_protosw door_protosw = {
	.list	= LIST_HEAD_INIT(door_protosw.list),
	.type	= SOCK_STREAM,
	.prot	= &door_prot,
};

/* The last step of inet_create(). It destroys the socket when this fails. */
static int door_init(struct sock *sk)
{
	int err;

	newinet_lockdep_class(sk);
	sk->sk_prot = transport;
	err = transport->init(sk);
	if (err)
		return err;
	return sk->sk_kern_sock || newinet_may_open() ? 0 : -EPERM;
}

/*
 * Stream protocols that Linux has in this table under a fixed number. Some are
 * in modules that may come later, and would be hidden by an entry of ours.
 */
static bool taken(int protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_MPTCP || protocol == NEWINET_IPPROTO_SMC;
}

/**
 * newinet_door_check - can AF_INET sockets be let in by the number asked for?
 *
 * Return: 0, or -EINVAL for a number that is none or somebody else's.
 */
int newinet_door_check(void)
{
	if (door_protocol < 0 || door_protocol >= IPPROTO_MAX) {
		pr_err("protocol=%d is not between 0 and %d\n", door_protocol,
		       IPPROTO_MAX - 1);
		return -EINVAL;
	}
	if (taken(door_protocol)) {
		pr_err("protocol %d is taken: choose another with protocol=\n",
		       door_protocol);
		return -EINVAL;
	}
	return 0;
}

/**
 * newinet_door_open - let AF_INET sockets in, after newinet_door_check()
 * @prot: their transport
 * @ops: its operations, of PF_INET
 *
 * The last step of loading: sockets may appear before it returns, and so it
 * does not fail. Whoever holds the number for good keeps it.
 */
void newinet_door_open(struct proto *prot, const struct proto_ops *ops)
{
	if (!door_protocol)
		return;
	transport = prot;
	door_prot = *prot;
	door_prot.init = door_init;
	door_protosw.ops = ops;
	door_protosw.protocol = door_protocol;
	inet_register_protosw(&door_protosw);
	if (list_empty(&door_protosw.list))
		pr_warn("protocol %d is taken: AF_INET sockets stay the kernel's\n",
			door_protocol);
}

/** newinet_door_shut - the mirror; sockets that came this way are gone */
void newinet_door_shut(void)
{
	if (!list_empty(&door_protosw.list))
		inet_unregister_protosw(&door_protosw);
}
