// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/tcp/conn/cong_table.c: the table of algorithms, the binding to a connection, and
 * module references.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../module/tcp/conn/cong_table.h"

static void stub_on_ack(struct newtcp_cong *c, const struct newtcp_ack_sample *s)
{
}

static void stub_on_congestion(struct newtcp_cong *c, const struct newtcp_congestion *g)
{
}

static int released;

static void stub_release(struct newtcp_cong *c)
{
	released++;
}

static void stub_init(struct newtcp_cong *c)
{
	c->priv[0]++;
}

/* What a third module would register. */
static const struct newtcp_cong_ops stub_ops = {
	.init		= stub_init,
	.release	= stub_release,
	.on_ack		= stub_on_ack,
	.on_congestion	= stub_on_congestion,
	.name		= "kunit_stub",
	.owner		= THIS_MODULE,
};

struct register_case {
	const char *desc;
	const char *name;
	bool no_on_congestion;
	bool no_on_ack;
	bool no_init;
	int expect;
};

static const struct register_case register_cases[] = {
	{ "complete", "kunit_stub", .expect = 0 },
	{ "optional op missing", "kunit_stub", .no_init = true, .expect = 0 },
	{ "longest name", "fifteen_letters", .expect = 0 },
	{ "name without end", "sixteen__letters", .expect = -EINVAL },
	{ "no name", "", .expect = -EINVAL },
	{ "no on_congestion", "kunit_stub", .no_on_congestion = true,
	  .expect = -EINVAL },
	{ "no on_ack", "kunit_stub", .no_on_ack = true,
	  .expect = -EINVAL },
	{ "name of a built-in", "cubic", .expect = -EEXIST },
	{ "name of the other built-in", "reno", .expect = -EEXIST },
};

KUNIT_ARRAY_PARAM_DESC(register, register_cases, desc);

static void cong_register(struct kunit *test)
{
	const struct register_case *p = test->param_value;
	struct newtcp_cong_ops ops = stub_ops;
	int err;

	memset(ops.name, 0, sizeof(ops.name));
	memcpy(ops.name, p->name, strlen(p->name));
	if (p->no_on_congestion)
		ops.on_congestion = NULL;
	if (p->no_on_ack)
		ops.on_ack = NULL;
	if (p->no_init)
		ops.init = NULL;
	err = newtcp_cong_register(&ops);
	if (!err)
		newtcp_cong_unregister(&ops);

	KUNIT_EXPECT_EQ(test, err, p->expect);
}

/* Twice is refused; after unregistering the name is free and unknown. */
static void cong_register_twice(struct kunit *test)
{
	struct newtcp_cong_ops ops = stub_ops, again = stub_ops;
	struct newtcp_cong c;

	KUNIT_ASSERT_EQ(test, newtcp_cong_register(&ops), 0);
	KUNIT_EXPECT_EQ(test, newtcp_cong_register(&again), -EEXIST);
	newtcp_cong_assign(&c, "kunit_stub");
	KUNIT_EXPECT_PTR_EQ(test, c.ops,
			    (const struct newtcp_cong_ops *)&ops);
	newtcp_cong_release(&c);
	newtcp_cong_unregister(&ops);

	newtcp_cong_assign(&c, "kunit_stub");
	KUNIT_EXPECT_STREQ(test, c.ops->name, "cubic");
	KUNIT_EXPECT_EQ(test, newtcp_cong_set(&c, "kunit_stub"), -ENOENT);
	newtcp_cong_release(&c);

	KUNIT_ASSERT_EQ(test, newtcp_cong_register(&again), 0);
	newtcp_cong_unregister(&again);
}

struct assign_case {
	const char *desc;
	const char *name;
	const char *expect;
};

static const struct assign_case assign_cases[] = {
	{ "reno", "reno", "reno" },
	{ "cubic", "cubic", "cubic" },
	{ "of the kernel's TCP alone", "vegas", "cubic" },
	{ "empty", "", "cubic" },
	{ "beginning of a name", "ren", "cubic" },
	{ "more than a name", "reno2", "cubic" },
};

KUNIT_ARRAY_PARAM_DESC(assign, assign_cases, desc);

static void cong_assign(struct kunit *test)
{
	const struct assign_case *p = test->param_value;
	struct newtcp_cong c;

	memset(&c, 0xa5, sizeof(c));
	newtcp_cong_assign(&c, p->name);

	KUNIT_EXPECT_STREQ(test, c.ops->name, p->expect);
	KUNIT_EXPECT_EQ(test, c.cwnd, NEWTCP_INIT_CWND);
	KUNIT_EXPECT_EQ(test, c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
	KUNIT_EXPECT_EQ(test, c.cwnd_clamp, U32_MAX);
	KUNIT_EXPECT_EQ(test, c.cwnd_cnt, 0);
	KUNIT_EXPECT_EQ(test, c.prior_cwnd, 0);
	newtcp_cong_release(&c);
}

/* On a live connection: windows stay, the private block starts afresh. */
static void cong_set(struct kunit *test)
{
	struct newtcp_cong_ops ops = stub_ops;
	struct newtcp_cong c;

	KUNIT_ASSERT_EQ(test, newtcp_cong_register(&ops), 0);
	newtcp_cong_assign(&c, "reno");
	c.cwnd = 77;
	c.ssthresh = 55;
	c.prior_cwnd = 99;
	memset(c.priv, 0xa5, sizeof(c.priv));

	KUNIT_EXPECT_EQ(test, newtcp_cong_set(&c, "nonesuch"), -ENOENT);
	KUNIT_EXPECT_STREQ(test, c.ops->name, "reno");

	KUNIT_EXPECT_EQ(test, newtcp_cong_set(&c, "kunit_stub"), 0);
	KUNIT_EXPECT_STREQ(test, c.ops->name, "kunit_stub");
	KUNIT_EXPECT_EQ(test, c.cwnd, 77);
	KUNIT_EXPECT_EQ(test, c.ssthresh, 55);
	KUNIT_EXPECT_EQ(test, c.prior_cwnd, 99);
	KUNIT_EXPECT_EQ(test, c.priv[0], 1);
	KUNIT_EXPECT_EQ(test, c.priv[11], 0);

	/* The same again changes nothing. */
	KUNIT_EXPECT_EQ(test, newtcp_cong_set(&c, "kunit_stub"), 0);
	KUNIT_EXPECT_EQ(test, c.priv[0], 1);

	newtcp_cong_release(&c);
	newtcp_cong_unregister(&ops);
}

static void cong_clone(struct kunit *test)
{
	struct newtcp_cong parent, child;

	newtcp_cong_assign(&parent, "reno");
	parent.cwnd = 77;
	parent.ssthresh = 5;
	parent.cwnd_clamp = 100;
	child = parent;
	newtcp_cong_clone(&child, &parent);

	KUNIT_EXPECT_PTR_EQ(test, child.ops, parent.ops);
	KUNIT_EXPECT_EQ(test, child.cwnd, NEWTCP_INIT_CWND);
	KUNIT_EXPECT_EQ(test, child.ssthresh, NEWTCP_INFINITE_SSTHRESH);
	KUNIT_EXPECT_EQ(test, child.cwnd_clamp, U32_MAX);
	newtcp_cong_release(&child);
	newtcp_cong_release(&parent);
	KUNIT_EXPECT_NULL(test, child.ops);
	/* A second release finds nothing to do. */
	newtcp_cong_release(&child);
}

/* A listener has just left an algorithm whose module goes: nobody may begin with it. */
static void cong_module_goes(struct kunit *test)
{
	struct module *gone = kunit_kzalloc(test, sizeof(*gone), GFP_KERNEL);
	struct newtcp_cong_ops ops = stub_ops;
	struct newtcp_cong parent, child;

	KUNIT_ASSERT_NOT_NULL(test, gone);
	gone->state = MODULE_STATE_GOING;
	ops.owner = gone;
	KUNIT_ASSERT_EQ(test, newtcp_cong_register(&ops), 0);
	newtcp_cong_assign(&parent, "kunit_stub");
	KUNIT_EXPECT_STREQ(test, parent.ops->name, "cubic");
	KUNIT_EXPECT_EQ(test, newtcp_cong_set(&parent, "kunit_stub"), -ENOENT);

	/* What it was a moment ago, seen without its lock. */
	WRITE_ONCE(parent.ops, &ops);
	child = parent;
	newtcp_cong_clone(&child, &parent);
	KUNIT_EXPECT_STREQ(test, child.ops->name, "cubic");
	newtcp_cong_release(&child);
	newtcp_cong_unregister(&ops);
}

/* Each connection holds the module of its algorithm once, and gives it back. */
static void cong_module_references(struct kunit *test)
{
	int before = module_refcount(THIS_MODULE);
	struct newtcp_cong_ops ops = stub_ops;
	struct newtcp_cong a, b;

	released = 0;
	KUNIT_ASSERT_EQ(test, newtcp_cong_register(&ops), 0);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
	newtcp_cong_assign(&a, "kunit_stub");
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 1);
	newtcp_cong_clone(&b, &a);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 2);
	KUNIT_EXPECT_EQ(test, newtcp_cong_set(&b, "kunit_stub"), 0);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 2);
	KUNIT_EXPECT_EQ(test, newtcp_cong_set(&b, "nonesuch"), -ENOENT);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 2);
	KUNIT_EXPECT_EQ(test, newtcp_cong_set(&b, "reno"), 0);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 1);
	KUNIT_EXPECT_EQ(test, released, 1);
	newtcp_cong_restart(&a);
	KUNIT_EXPECT_EQ(test, released, 2);
	newtcp_cong_release(&b);
	newtcp_cong_release(&a);
	newtcp_cong_release(&a);
	KUNIT_EXPECT_EQ(test, released, 3);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
	newtcp_cong_unregister(&ops);
}

static struct kunit_case cong_table_cases[] = {
	KUNIT_CASE_PARAM(cong_register, register_gen_params),
	KUNIT_CASE(cong_register_twice),
	KUNIT_CASE_PARAM(cong_assign, assign_gen_params),
	KUNIT_CASE(cong_set),
	KUNIT_CASE(cong_clone),
	KUNIT_CASE(cong_module_goes),
	KUNIT_CASE(cong_module_references),
	{}
};

static struct kunit_suite cong_table_suite = {
	.name = "newtcp_cong_table",
	.test_cases = cong_table_cases,
};

kunit_test_suite(cong_table_suite);
