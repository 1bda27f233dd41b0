// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/family/family.c: the create path from __sock_create() on, with the
 * kernel's AF_INET as the oracle where both know the type, the protosw table
 * with transports made up here, and each step failing in turn. A socket that
 * could not be made must leave nothing: each one pins the module of its
 * transport, so the reference counts of both modules are the balance.
 */
#include <kunit/test.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <net/inet_common.h>
#include <net/sock.h>

#include "../module/family/family.h"
#include "../module/newinet.h"

struct create_case {
	const char *desc;
	int type;
	int protocol;
	int err;
	bool oracle;		/* AF_INET must say the same */
};

static const struct create_case create_cases[] = {
	{ "stream, any protocol", SOCK_STREAM, 0, 0, true },
	{ "stream, TCP", SOCK_STREAM, IPPROTO_TCP, 0, true },
	{ "stream, UDP", SOCK_STREAM, IPPROTO_UDP, -EPROTONOSUPPORT, true },
	{ "stream, 255", SOCK_STREAM, IPPROTO_RAW, -EPROTONOSUPPORT, true },
	{ "stream, negative", SOCK_STREAM, -1, -EINVAL, true },
	{ "stream, lowest number", SOCK_STREAM, INT_MIN, -EINVAL, true },
	{ "stream, one too many", SOCK_STREAM, IPPROTO_MAX, -EINVAL, true },
	{ "stream, highest number", SOCK_STREAM, INT_MAX, -EINVAL, true },
	{ "datagram, any", SOCK_DGRAM, 0, -ESOCKTNOSUPPORT, false },
	{ "datagram, UDP", SOCK_DGRAM, IPPROTO_UDP, -ESOCKTNOSUPPORT, false },
	{ "raw, TCP", SOCK_RAW, IPPROTO_TCP, -ESOCKTNOSUPPORT, false },
	{ "reliable datagram", SOCK_RDM, 0, -ESOCKTNOSUPPORT, true },
	{ "seqpacket", SOCK_SEQPACKET, 0, -ESOCKTNOSUPPORT, true },
	{ "seqpacket, wrong protocol", SOCK_SEQPACKET, -1, -EINVAL, true },
	{ "packet", SOCK_PACKET, 0, -ESOCKTNOSUPPORT, false },
	{ "type out of range", SOCK_MAX, 0, -EINVAL, true },
	{ "type negative", -1, 0, -EINVAL, true },
};

KUNIT_ARRAY_PARAM_DESC(create, create_cases, desc);

static struct module *family_module(void)
{
	return newinet_stream_ops.owner;
}

static int refs(void)
{
	return module_refcount(family_module()) + module_refcount(THIS_MODULE);
}

static int make(int family, int type, int protocol)
{
	struct socket *sock;
	int err = sock_create_kern(&init_net, family, type, protocol, &sock);

	if (!err)
		sock_release(sock);
	return err;
}

static void create_test(struct kunit *test)
{
	const struct create_case *c = test->param_value;
	int before = refs();

	KUNIT_EXPECT_EQ(test, make(newinet_family, c->type, c->protocol), c->err);
	KUNIT_EXPECT_EQ(test, refs(), before);
	if (c->oracle)
		KUNIT_EXPECT_EQ(test, make(AF_INET, c->type, c->protocol), c->err);
}

static void state_test(struct kunit *test)
{
	struct socket *sock;
	struct sock *sk;

	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
						  SOCK_STREAM, 0, &sock));
	sk = sock->sk;
	KUNIT_EXPECT_PTR_EQ(test, sock->ops, &newinet_stream_ops);
	KUNIT_EXPECT_EQ(test, (int)sock->state, (int)SS_UNCONNECTED);
	KUNIT_EXPECT_PTR_EQ(test, sk->sk_socket, sock);
	KUNIT_EXPECT_EQ(test, (int)sk->sk_family, AF_INET);
	KUNIT_EXPECT_EQ(test, (int)sk->sk_protocol, NEWINET_SK_PROTOCOL);
	KUNIT_EXPECT_EQ(test, (int)sk->sk_type, (int)SOCK_STREAM);
	KUNIT_EXPECT_EQ(test, (int)sk->sk_state, (int)TCP_CLOSE);
	KUNIT_EXPECT_STREQ(test, (const char *)sk->sk_prot->name, "NEWTCP");
	KUNIT_EXPECT_PTR_EQ(test, sk->sk_prot_creator, sk->sk_prot);
	KUNIT_EXPECT_EQ(test, (int)refcount_read(&sk->sk_refcnt), 1);
	KUNIT_EXPECT_EQ(test, (int)inet_sk(sk)->inet_num, 0);
	KUNIT_EXPECT_EQ(test, (int)inet_sk(sk)->uc_ttl, -1);
	KUNIT_EXPECT_EQ(test, (int)inet_sk(sk)->mc_ttl, 1);
	KUNIT_EXPECT_EQ(test, (int)inet_sk(sk)->pmtudisc, IP_PMTUDISC_WANT);
	sock_release(sock);
}

/* A socket is one more reference on the module, closed or not bound to a fd. */
static void pins_module_test(struct kunit *test)
{
	int before = refs();
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
						  SOCK_STREAM, 0, &sock));
	KUNIT_EXPECT_GT(test, refs(), before);
	sock_release(sock);
	KUNIT_EXPECT_EQ(test, refs(), before);
}

/* A transport that does nothing. */

static struct {
	int init_err;
	int hash_err;
	int inits;
	int hashes;
	int destroys;
	int num;		/* inet_num when it was hashed */
} dummy;

static int dummy_init(struct sock *sk)
{
	dummy.inits++;
	return dummy.init_err;
}

static int dummy_hash(struct sock *sk)
{
	dummy.hashes++;
	dummy.num = inet_sk(sk)->inet_num;
	return dummy.hash_err;
}

static void dummy_unhash(struct sock *sk)
{
}

static void dummy_destroy(struct sock *sk)
{
	dummy.destroys++;
}

static void dummy_close(struct sock *sk, long timeout)
{
	sk_common_release(sk);
}

static struct proto dummy_proto = {
	.name		= "NEWINET-TEST",
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct inet_sock),
	.init		= dummy_init,
	.hash		= dummy_hash,
	.unhash		= dummy_unhash,
	.destroy	= dummy_destroy,
	.close		= dummy_close,
};

static struct proto other_proto = {
	.name		= "NEWINET-TEST2",
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct inet_sock),
	.unhash		= dummy_unhash,
	.close		= dummy_close,
};

static const struct proto_ops dummy_ops = {
	.owner		= THIS_MODULE,
	.release	= inet_release,
};

static int suite_init(struct kunit_suite *suite)
{
	int err = proto_register(&dummy_proto, 1);

	if (err)
		return err;
	err = proto_register(&other_proto, 1);
	if (err)
		proto_unregister(&dummy_proto);
	return err;
}

static void suite_exit(struct kunit_suite *suite)
{
	proto_unregister(&other_proto);
	proto_unregister(&dummy_proto);
}

static int test_init(struct kunit *test)
{
	memset(&dummy, 0, sizeof(dummy));
	return 0;
}

static const struct inet_protosw dummy_template = {
	.type		= SOCK_SEQPACKET,
	.protocol	= 42,
	.prot		= &dummy_proto,
	.ops		= &dummy_ops,
};

/* The transport that a socket of type and protocol gets, or NULL. */
static struct proto *made_of(int type, int protocol)
{
	struct socket *sock;
	struct proto *prot;

	if (sock_create_kern(&init_net, newinet_family, type, protocol, &sock))
		return NULL;
	prot = sock->sk->sk_prot;
	sock_release(sock);
	return prot;
}

static void third_party_test(struct kunit *test)
{
	struct inet_protosw sw = dummy_template;
	int before = refs();
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&sw), 0);
	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
						  SOCK_SEQPACKET, 42, &sock));
	KUNIT_EXPECT_PTR_EQ(test, sock->ops, &dummy_ops);
	KUNIT_EXPECT_EQ(test, (int)sock->sk->sk_protocol, 42);
	KUNIT_EXPECT_EQ(test, (int)sock->sk->sk_family, AF_INET);
	KUNIT_EXPECT_GT(test, refs(), before);

	/* The entry goes, the socket stays. */
	newinet_unregister_protosw(&sw);
	KUNIT_EXPECT_EQ(test, make(newinet_family, SOCK_SEQPACKET, 42),
			-ESOCKTNOSUPPORT);
	sock_release(sock);
	KUNIT_EXPECT_EQ(test, dummy.inits, 1);
	KUNIT_EXPECT_EQ(test, dummy.destroys, 1);
	KUNIT_EXPECT_EQ(test, refs(), before);
}

static void protocol_choice_test(struct kunit *test)
{
	struct inet_protosw sw = dummy_template, wild = dummy_template;

	wild.protocol = IPPROTO_IP;
	wild.prot = &other_proto;

	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&sw), 0);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_SEQPACKET, 0), &dummy_proto);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_SEQPACKET, 42), &dummy_proto);
	KUNIT_EXPECT_EQ(test, make(newinet_family, SOCK_SEQPACKET, 43),
			-EPROTONOSUPPORT);
	newinet_unregister_protosw(&sw);

	/* A wildcard entry takes any number, but not "the default". */
	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&wild), 0);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_SEQPACKET, 43), &other_proto);
	KUNIT_EXPECT_EQ(test, make(newinet_family, SOCK_SEQPACKET, 0),
			-EPROTONOSUPPORT);

	/* The later entry stands in front of the earlier one. */
	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&sw), 0);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_SEQPACKET, 42), &dummy_proto);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_SEQPACKET, 43), &other_proto);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_SEQPACKET, 0), &dummy_proto);
	newinet_unregister_protosw(&sw);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_SEQPACKET, 42), &other_proto);
	newinet_unregister_protosw(&wild);
}

static void override_test(struct kunit *test)
{
	struct inet_protosw first = dummy_template, second = dummy_template;

	second.prot = &other_proto;
	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&first), 0);
	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&second), 0);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_SEQPACKET, 42), &other_proto);
	newinet_unregister_protosw(&second);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_SEQPACKET, 42), &dummy_proto);
	newinet_unregister_protosw(&first);
}

/* TCP is permanent: it cannot be replaced, nor lose the default. */
static void permanent_test(struct kunit *test)
{
	struct inet_protosw sw = dummy_template;
	struct proto *tcp = made_of(SOCK_STREAM, 0);

	KUNIT_ASSERT_NOT_NULL(test, tcp);
	sw.type = SOCK_STREAM;
	sw.protocol = IPPROTO_TCP;
	KUNIT_EXPECT_EQ(test, newinet_register_protosw(&sw), -EPERM);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_STREAM, IPPROTO_TCP), tcp);

	sw.protocol = 42;
	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&sw), 0);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_STREAM, 0), tcp);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_STREAM, 42), &dummy_proto);

	/* An entry that says it is permanent cannot be taken out. */
	sw.flags = INET_PROTOSW_PERMANENT;
	newinet_unregister_protosw(&sw);
	KUNIT_EXPECT_PTR_EQ(test, made_of(SOCK_STREAM, 42), &dummy_proto);
	sw.flags = 0;
	newinet_unregister_protosw(&sw);
	KUNIT_EXPECT_EQ(test, make(newinet_family, SOCK_STREAM, 42),
			-EPROTONOSUPPORT);
}

static void illegal_test(struct kunit *test)
{
	struct inet_protosw sw = dummy_template;
	struct proto *p;

	p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);

	sw.type = SOCK_MAX;
	KUNIT_EXPECT_EQ(test, newinet_register_protosw(&sw), -EINVAL);
	sw = dummy_template;
	sw.ops = NULL;
	KUNIT_EXPECT_EQ(test, newinet_register_protosw(&sw), -EINVAL);
	sw = dummy_template;
	sw.prot = NULL;
	KUNIT_EXPECT_EQ(test, newinet_register_protosw(&sw), -EINVAL);
	sw.prot = p;
	*p = dummy_proto;
	p->slab = NULL;
	KUNIT_EXPECT_EQ(test, newinet_register_protosw(&sw), -EINVAL);
	*p = dummy_proto;
	p->unhash = NULL;
	KUNIT_EXPECT_EQ(test, newinet_register_protosw(&sw), -EINVAL);
	*p = dummy_proto;
	p->obj_size = sizeof(struct sock);
	KUNIT_EXPECT_EQ(test, newinet_register_protosw(&sw), -EINVAL);
	*p = dummy_proto;
	p->hash = NULL;
	sw.type = SOCK_RAW;
	KUNIT_EXPECT_EQ(test, newinet_register_protosw(&sw), -EINVAL);
}

/* The transport refuses, at each of its two chances. */
static void transport_fails_test(struct kunit *test)
{
	struct inet_protosw sw = dummy_template;
	int before = refs();

	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&sw), 0);
	dummy.init_err = -ENOBUFS;
	KUNIT_EXPECT_EQ(test, make(newinet_family, SOCK_SEQPACKET, 42), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, dummy.destroys, 1);
	KUNIT_EXPECT_EQ(test, refs(), before);
	newinet_unregister_protosw(&sw);

	sw.type = SOCK_RAW;
	dummy.init_err = 0;
	dummy.hash_err = -EADDRINUSE;
	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&sw), 0);
	KUNIT_EXPECT_EQ(test, make(newinet_family, SOCK_RAW, 42), -EADDRINUSE);
	KUNIT_EXPECT_EQ(test, dummy.destroys, 2);
	KUNIT_EXPECT_EQ(test, dummy.inits, 1);
	KUNIT_EXPECT_EQ(test, dummy.num, 42);
	KUNIT_EXPECT_EQ(test, refs(), before);
	newinet_unregister_protosw(&sw);
}

/* As a program with fewer capabilities than init's. */
static int make_without(struct kunit *test, int cap, int type, int protocol)
{
	const struct cred *old;
	struct socket *sock;
	struct cred *cred;
	int err;

	cred = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, cred);
	cap_lower(cred->cap_effective, cap);
	old = override_creds(cred);
	err = sock_create(newinet_family, type, protocol, &sock);
	if (!err)
		sock_release(sock);
	revert_creds(old);
	put_cred(cred);
	return err;
}

static void raw_needs_cap_test(struct kunit *test)
{
	struct inet_protosw sw = dummy_template;
	int before = refs();

	sw.type = SOCK_RAW;
	KUNIT_ASSERT_EQ(test, newinet_register_protosw(&sw), 0);
	KUNIT_EXPECT_EQ(test, make_without(test, CAP_NET_RAW, SOCK_RAW, 42), -EPERM);
	KUNIT_EXPECT_EQ(test, refs(), before);
	KUNIT_EXPECT_EQ(test, make_without(test, CAP_NET_ADMIN, SOCK_RAW, 42), 0);
	KUNIT_EXPECT_EQ(test, make(newinet_family, SOCK_RAW, 42), 0);
	newinet_unregister_protosw(&sw);
}

static void access_test(struct kunit *test)
{
	int mode = newinet_access, before = refs();
	unsigned int gid = newinet_access_gid;

	newinet_access = NEWINET_ACCESS_ALL;
	KUNIT_EXPECT_EQ(test, make_without(test, CAP_NET_ADMIN, SOCK_STREAM, 0), 0);

	newinet_access = NEWINET_ACCESS_ADMIN;
	KUNIT_EXPECT_EQ(test, make_without(test, CAP_NET_ADMIN, SOCK_STREAM, 0),
			-EPERM);
	KUNIT_EXPECT_EQ(test, make_without(test, CAP_NET_RAW, SOCK_STREAM, 0), 0);
	KUNIT_EXPECT_EQ(test, make(newinet_family, SOCK_STREAM, 0), 0);
	/* A senseless request is told so first. */
	KUNIT_EXPECT_EQ(test, make_without(test, CAP_NET_ADMIN, SOCK_STREAM, -1),
			-EINVAL);

	newinet_access = NEWINET_ACCESS_GROUP;
	newinet_access_gid = 12345;
	KUNIT_EXPECT_EQ(test, make_without(test, CAP_NET_ADMIN, SOCK_STREAM, 0),
			-EPERM);
	KUNIT_EXPECT_EQ(test, make_without(test, CAP_NET_RAW, SOCK_STREAM, 0), 0);
	newinet_access_gid = from_kgid(&init_user_ns, current_egid());
	KUNIT_EXPECT_EQ(test, make_without(test, CAP_NET_ADMIN, SOCK_STREAM, 0), 0);

	newinet_access = mode;
	newinet_access_gid = gid;
	KUNIT_EXPECT_EQ(test, refs(), before);
}

#ifdef CONFIG_FAULT_INJECTION
static bool out_of_memory(int err)
{
	return err == -ENOMEM || err == -ENOBUFS || err == -ENFILE;
}

/*
 * Each allocation fails in turn until none is left. Needs
 * /sys/kernel/debug/failslab/ignore-gfp-wait set to N.
 */
static void no_memory_test(struct kunit *test)
{
	int before = refs(), failures = 0, err;
	unsigned int n, left;

	for (n = 1; n < 100; n++) {
		current->fail_nth = n;
		err = make(newinet_family, SOCK_STREAM, 0);
		left = current->fail_nth;
		current->fail_nth = 0;
		if (left)
			break;
		if (err) {
			failures++;
			KUNIT_EXPECT_TRUE(test, out_of_memory(err));
		}
		KUNIT_EXPECT_EQ(test, refs(), before);
	}
	if (!failures)
		kunit_skip(test, "failslab leaves GFP_KERNEL alone");
	KUNIT_EXPECT_EQ(test, make(newinet_family, SOCK_STREAM, 0), 0);
}
#else
static void no_memory_test(struct kunit *test)
{
	kunit_skip(test, "no fault injection in this kernel");
}
#endif

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(create_test, create_gen_params),
	KUNIT_CASE(state_test),
	KUNIT_CASE(pins_module_test),
	KUNIT_CASE(third_party_test),
	KUNIT_CASE(protocol_choice_test),
	KUNIT_CASE(override_test),
	KUNIT_CASE(permanent_test),
	KUNIT_CASE(illegal_test),
	KUNIT_CASE(transport_fails_test),
	KUNIT_CASE(raw_needs_cap_test),
	KUNIT_CASE(access_test),
	KUNIT_CASE(no_memory_test),
	{}
};

static struct kunit_suite suite = {
	.name		= "newinet_create",
	.suite_init	= suite_init,
	.suite_exit	= suite_exit,
	.init		= test_init,
	.test_cases	= cases,
};

kunit_test_suite(suite);
