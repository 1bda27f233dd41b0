// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the place in inet_protos[IPPROTO_TCP] (module/ip/slot.c) with another
 * module in front of it, which is this one: it takes the slot over and gives it
 * back, as a module of the same kind would. The module under test must not be
 * unloadable while somebody keeps a pointer to it.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/in.h>
#include <linux/module.h>
#include <linux/net.h>
#include <net/protocol.h>

#include "../module/newinet.h"
#include "../module/ip/slot.h"

static const struct net_protocol *before;	/* what the other one passes on to */
static struct net_protocol other;
static struct module *newinet;

static int other_rcv(struct sk_buff *skb)
{
	return before->handler(skb);
}

static int other_err(struct sk_buff *skb, u32 info)
{
	return before->err_handler(skb, info);
}

static const struct net_protocol *swap_slot(const struct net_protocol *p)
{
	return xchg((const struct net_protocol __force **)&inet_protos[IPPROTO_TCP], p);
}

static void come_in_front(void)
{
	rcu_read_lock();
	before = rcu_dereference(inet_protos[IPPROTO_TCP]);
	rcu_read_unlock();
	other = *before;
	other.handler = other_rcv;
	other.err_handler = other_err;
	swap_slot(&other);
}

static void leave_front(void)
{
	swap_slot(before);
	synchronize_net();
}

/* A socket tells whose module it is. */
static int name_module(struct kunit_suite *suite)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, newinet_family, SOCK_STREAM, 0, &sock);
	if (err)
		return err;
	newinet = sock->sk->sk_prot->owner;
	sock_release(sock);
	rcu_barrier();
	return 0;
}

static int pins(void)
{
	return module_refcount(newinet);
}

static bool slot_is(const struct net_protocol *p)
{
	return rcu_access_pointer(inet_protos[IPPROTO_TCP]) == p;
}

/* For as long as a retry may take: is the module pinned so often, in the slot or not? */
static bool soon(int pinned, bool in_slot)
{
	int i;

	for (i = 0; i < 60; i++) {
		if (pins() == pinned && slot_is(newinet_next) != in_slot)
			return true;
		msleep(100);
	}
	return false;
}

static void taken_and_given_back_test(struct kunit *test)
{
	KUNIT_ASSERT_TRUE(test, slot_is(newinet_next));
	newinet_intake_get();
	KUNIT_EXPECT_FALSE(test, slot_is(newinet_next));
	newinet_intake_get();
	newinet_intake_put();
	KUNIT_EXPECT_FALSE(test, slot_is(newinet_next));
	newinet_intake_put();
	KUNIT_EXPECT_TRUE(test, slot_is(newinet_next));
}

/* It came when we were there: ours stays, pinned, until it has gone. */
static void stacked_test(struct kunit *test)
{
	int pinned = pins();

	newinet_intake_get();
	come_in_front();
	newinet_intake_put();
	KUNIT_EXPECT_EQ(test, pins(), pinned + 1);
	KUNIT_EXPECT_TRUE(test, slot_is(&other));
	/* Used again meanwhile, and not: pinned once. */
	newinet_intake_get();
	newinet_intake_put();
	KUNIT_EXPECT_EQ(test, pins(), pinned + 1);
	leave_front();
	KUNIT_EXPECT_TRUE(test, soon(pinned, false));
}

/* With owners left: the first that goes sees it, and the module is pinned. */
static void seen_early_test(struct kunit *test)
{
	int pinned = pins();

	newinet_intake_get();
	newinet_intake_get();
	come_in_front();
	newinet_intake_put();
	KUNIT_EXPECT_EQ(test, pins(), pinned + 1);
	leave_front();
	KUNIT_EXPECT_TRUE(test, soon(pinned, true));
	newinet_intake_put();
	KUNIT_EXPECT_TRUE(test, slot_is(newinet_next));
}

/* It was there before us: we do not stand on it, and come when it has gone. */
static void was_there_test(struct kunit *test)
{
	come_in_front();
	newinet_intake_get();
	KUNIT_EXPECT_TRUE(test, slot_is(&other));
	KUNIT_EXPECT_FALSE(test, newinet_slot_taken);
	KUNIT_EXPECT_EQ(test, newinet_slot_init(other_rcv, other_err), -EBUSY);
	leave_front();
	KUNIT_EXPECT_TRUE(test, soon(pins(), true));
	KUNIT_EXPECT_TRUE(test, newinet_slot_taken);
	newinet_intake_put();
	KUNIT_EXPECT_TRUE(test, slot_is(newinet_next));
}

#ifdef CONFIG_FAULT_INJECTION
/* Binds one socket, in which the nth allocation fails; whether one did. */
static bool bind_fails(struct kunit *test, unsigned int nth, bool *end)
{
	struct sockaddr_in a = { .sin_family = newinet_family };
	struct socket *sock;
	int err;

	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
						  SOCK_STREAM, 0, &sock));
	current->fail_nth = nth;
	err = kernel_bind(sock, (struct sockaddr *)&a, sizeof(a));
	*end = current->fail_nth;
	current->fail_nth = 0;
	sock_release(sock);
	return err;
}

/* Each allocation of a bind, while another module stands there: the place is not lost. */
static void bind_until_none_fails(struct kunit *test)
{
	unsigned int n, failures = 0;
	bool end = false;

	for (n = 1; n < 100 && !end; n++)
		failures += bind_fails(test, n, &end);
	/* The release of ports is a work item's. */
	rcu_barrier();
	if (!failures)
		kunit_skip(test, "failslab leaves GFP_KERNEL alone");
}

static void stacked_without_memory_test(struct kunit *test)
{
	int pinned = pins();

	newinet_intake_get();
	come_in_front();
	bind_until_none_fails(test);
	newinet_intake_put();
	KUNIT_EXPECT_TRUE(test, slot_is(&other));
	leave_front();
	KUNIT_EXPECT_TRUE(test, soon(pinned, false));
}

static void was_there_without_memory_test(struct kunit *test)
{
	int pinned = pins();

	come_in_front();
	bind_until_none_fails(test);
	KUNIT_EXPECT_TRUE(test, slot_is(&other));
	KUNIT_EXPECT_FALSE(test, newinet_slot_taken);
	leave_front();
	KUNIT_EXPECT_TRUE(test, soon(pinned, false));
	/* And it can be had again. */
	newinet_intake_get();
	KUNIT_EXPECT_FALSE(test, slot_is(newinet_next));
	newinet_intake_put();
	KUNIT_EXPECT_TRUE(test, slot_is(newinet_next));
}
#endif

static struct kunit_case cases[] = {
	KUNIT_CASE(taken_and_given_back_test),
	KUNIT_CASE(stacked_test),
	KUNIT_CASE(seen_early_test),
	KUNIT_CASE(was_there_test),
#ifdef CONFIG_FAULT_INJECTION
	KUNIT_CASE(stacked_without_memory_test),
	KUNIT_CASE(was_there_without_memory_test),
#endif
	{}
};

static struct kunit_suite suite = {
	.name		= "newinet_slot",
	.suite_init	= name_module,
	.test_cases	= cases,
};

kunit_test_suite(suite);
