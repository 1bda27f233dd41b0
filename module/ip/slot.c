// SPDX-License-Identifier: GPL-2.0
/*
 * The module's place in inet_protos[IPPROTO_TCP], in front of the kernel's own
 * handler (net/ipv4/af_inet.c): who keeps it, and when it is given back.
 *
 * It is kept by every owner of a claim, and by every socket that was ever in
 * the connection table, until the last reference on that socket is gone. Early
 * demultiplexing (demux.c) hangs such a socket on segments as skb->sk, as the
 * kernel does with its own, so that firewalls see it; NFQUEUE, an asynchronous
 * IPsec transform or a queue of the kernel's may hold the segment for as long
 * as they like. Were the kernel's handler alone in the slot when it comes out,
 * tcp_v4_rcv() would take skb->sk for a struct tcp_sock. So a reference on the
 * socket is one on the slot, whatever the order in which verdicts, close(),
 * netns exit and unload come; a segment costs nothing for it.
 *
 * Other modules may want the slot, too. Ours stands in front of the kernel's
 * handler alone: that one cannot be unloaded. One that comes in front of ours
 * keeps a pointer to us, so that ours stays pinned until that one has gone.
 *
 * Context: any, unless it says otherwise; hardirqs may be off.
 */
#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include <net/protocol.h>
#include "table/owner.h"
#include "slot.h"

#define RETRY_EVERY	HZ

bool newinet_slot_taken;
EXPORT_SYMBOL_IF_KUNIT(newinet_slot_taken);

static struct net_protocol our_slot;
static DEFINE_SPINLOCK(slot_lock);	/* newinet_slot_taken, pinned, owners from and to 0 */
static atomic_t owners = ATOMIC_INIT(0);
static bool pinned;			/* the module, by one in front of it */

static void retry(struct work_struct *work);
static DECLARE_DELAYED_WORK(retry_work, retry);

const struct net_protocol *newinet_next;
EXPORT_SYMBOL_IF_KUNIT(newinet_next);

static bool in_front(void)
{
	return rcu_access_pointer(inet_protos[IPPROTO_TCP]) == &our_slot;
}

static bool replace(const struct net_protocol *old, const struct net_protocol *new)
{
	return cmpxchg((const struct net_protocol __force **)
		       &inet_protos[IPPROTO_TCP], old, new) == old;
}

/*
 * Be in the slot while there is an owner and not otherwise, as far as others
 * let us. slot_lock held. Return: whether to try again.
 */
static bool settle(void)
{
	const bool want = atomic_read(&owners) > 0;

	if (want && !newinet_slot_taken)
		WRITE_ONCE(newinet_slot_taken, replace(newinet_next, &our_slot));
	else if (!want && newinet_slot_taken)
		WRITE_ONCE(newinet_slot_taken, !replace(&our_slot, newinet_next));

	if (!newinet_slot_taken)
		return want;
	if (in_front())
		return !want;
	/* Fails at unload alone, which waits (newinet_slot_exit()). */
	if (!pinned)
		pinned = try_module_get(THIS_MODULE);
	return true;
}

static void complain(void)
{
	if (READ_ONCE(newinet_slot_taken))
		net_warn_ratelimited("newinet: another module took a place in front of ours in TCP's input; newinet cannot be unloaded before that one\n");
	else
		net_warn_ratelimited("newinet: another module took over TCP's input; nothing will arrive until it has gone\n");
}

/*
 * @n more owners, and the slot as it has to be for them. Their number becomes and
 * leaves 0 here alone, in one step with the slot: else the last that goes could
 * give the slot away under the first that comes.
 */
static void settle_now(int n)
{
	unsigned long flags;
	bool again;

	spin_lock_irqsave(&slot_lock, flags);
	atomic_add(n, &owners);
	again = settle();
	spin_unlock_irqrestore(&slot_lock, flags);
	if (unlikely(again)) {
		complain();
		schedule_delayed_work(&retry_work, RETRY_EVERY);
	}
}

static void retry(struct work_struct *work)
{
	unsigned long flags;
	bool again, unpin;

	spin_lock_irqsave(&slot_lock, flags);
	again = settle();
	unpin = pinned && !again;
	if (unpin)
		pinned = false;
	spin_unlock_irqrestore(&slot_lock, flags);
	if (again)
		schedule_delayed_work(&retry_work, RETRY_EVERY);
	/* Unloading waits for this work to end. */
	if (unpin)
		module_put(THIS_MODULE);
}

/**
 * newinet_intake_get() - one more owner is to receive segments
 *
 * The first one puts the module in front of the kernel's handler.
 */
void newinet_intake_get(void)
{
	/*
	 * Who finds an owner, in a full barrier, finds the slot as slot_lock's holder
	 * had it before that owner came, or later: not taken, if it was not.
	 */
	if (!atomic_inc_not_zero(&owners))
		settle_now(1);
	/* The first one may still be on its way, on another CPU. */
	else if (unlikely(!READ_ONCE(newinet_slot_taken)))
		settle_now(0);
}
EXPORT_SYMBOL_IF_KUNIT(newinet_intake_get);

/**
 * newinet_intake_put() - an owner is gone
 *
 * With the last one the kernel's handler is alone again.
 */
void newinet_intake_put(void)
{
	if (atomic_add_unless(&owners, -1, 1)) {
		/* The module must be pinned while somebody else still does it. */
		if (unlikely(READ_ONCE(newinet_slot_taken) && !in_front()))
			settle_now(0);
		return;
	}
	settle_now(-1);
}
EXPORT_SYMBOL_IF_KUNIT(newinet_intake_put);

/**
 * newinet_intake_pin() - a socket may be hung on segments from now on
 * @sk: the socket, locked, not yet in the connection table
 *
 * Its destructor undoes it.
 */
void newinet_intake_pin(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (newinet_sk(sk)->intake_pinned)
		return;
	newinet_sk(sk)->intake_pinned = 1;
	newinet_intake_get();
}

/* A handler of the kernel proper, not of a module that may go. */
static bool is_builtin(const void *handler)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol(name, (unsigned long)handler);
	return !strchr(name, '[');
}

/**
 * newinet_slot_init() - remember the kernel's handler
 * @handler: ours for segments
 * @err_handler: ours for ICMP errors
 *
 * Context: process.
 * Return: 0; -ENOPROTOOPT when the kernel has no TCP; -EBUSY when another module
 * stands in its place, which nothing would hold there.
 */
int newinet_slot_init(int (*handler)(struct sk_buff *skb),
		      int (*err_handler)(struct sk_buff *skb, u32 info))
{
	const struct net_protocol *next;
	int err = -ENOPROTOOPT;

	rcu_read_lock();
	next = rcu_dereference(inet_protos[IPPROTO_TCP]);
	if (!next)
		goto out;
	err = -EBUSY;
	if (!is_builtin(next->handler) || !is_builtin(next->err_handler)) {
		pr_err("newinet: another module stands in TCP's input\n");
		goto out;
	}
	our_slot = *next;
	our_slot.handler = handler;
	our_slot.err_handler = err_handler;
	newinet_next = next;
	err = 0;
out:
	rcu_read_unlock();
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(newinet_slot_init);

/**
 * newinet_slot_exit() - leave the slot, wait until no segment is in our hands
 *
 * Who has come in front of us since the last socket went (TIME-WAIT entries do
 * not pin the module) has to go first: it would call what is freed here.
 *
 * Context: process; sleeps.
 */
void newinet_slot_exit(void)
{
	WARN_ON(atomic_read(&owners));
	settle_now(0);
	while (READ_ONCE(newinet_slot_taken)) {
		msleep(100);
		settle_now(0);
	}
	cancel_delayed_work_sync(&retry_work);
	synchronize_net();
}
