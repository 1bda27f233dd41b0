// SPDX-License-Identifier: GPL-2.0
/*
 * What lockdep is to know of our sockets, whatever their transport.
 *
 * Context: any; nobody else can see the socket yet.
 */
#include "owner.h"

/* One class for the sockets of programs, one for those of the kernel. */
static struct lock_class_key slock_keys[2], sk_lock_keys[2];

/**
 * newinet_lockdep_class - give a socket's lock the class of our family
 * @sk: a socket that nobody else can see yet
 *
 * sk_family is AF_INET from creation on, so without this a lock of ours would
 * be taken for one of the kernel's TCP: a claim locks one inside the other.
 * To be called once after sk_alloc() or sk_clone_lock().
 */
void newinet_lockdep_class(struct sock *sk)
{
	if (sk->sk_kern_sock)
		sock_lock_init_class_and_name(sk, "k-slock-AF_NEWINET",
					      &slock_keys[1],
					      "k-sk_lock-AF_NEWINET",
					      &sk_lock_keys[1]);
	else
		sock_lock_init_class_and_name(sk, "slock-AF_NEWINET",
					      &slock_keys[0],
					      "sk_lock-AF_NEWINET",
					      &sk_lock_keys[0]);
}
