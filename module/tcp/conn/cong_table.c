// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: the table of algorithms, and the binding of one of them
 * to a connection. What the algorithms do is in core/.
 *
 * Locks: cong_mutex serialises changes of the table; readers walk it under
 * RCU and take a reference on the algorithm's module before they leave. The
 * owner of a struct newtcp_cong serialises its use, save that of a listener's
 * anybody may read @ops at any time: it is never NULL and changes in one step.
 */
#include "core/cong.h"
#include "cong_table.h"

#include <linux/export.h>
#include <linux/jhash.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/string.h>
#include <kunit/visibility.h>

static DEFINE_MUTEX(cong_mutex);
static LIST_HEAD(cong_list);	/* written under cong_mutex, read under RCU */

/* Under cong_mutex or rcu_read_lock(). */
static const struct newtcp_cong_ops *cong_find(const char *name)
{
	const struct newtcp_cong_ops *ops;

	list_for_each_entry_rcu(ops, &cong_list, list,
				lockdep_is_held(&cong_mutex))
		if (!strncmp(ops->name, name, NEWTCP_CONG_NAME_MAX))
			return ops;
	return NULL;
}

/* The algorithm with a reference on its module, or NULL. Any context. */
static const struct newtcp_cong_ops *cong_get(const char *name)
{
	const struct newtcp_cong_ops *ops;

	rcu_read_lock();
	ops = cong_find(name);
	if (ops && !try_module_get(ops->owner))
		ops = NULL;
	rcu_read_unlock();
	return ops;
}

/**
 * newtcp_cong_register - offer an algorithm to connections
 * @ops: lives until newtcp_cong_unregister()
 *
 * Process context, may sleep.
 *
 * Return: 0, -EINVAL (no name or a required op missing), -EEXIST.
 */
int newtcp_cong_register(struct newtcp_cong_ops *ops)
{
	size_t len = strnlen(ops->name, NEWTCP_CONG_NAME_MAX);
	int err = 0;

	if (!len || len == NEWTCP_CONG_NAME_MAX || !ops->on_ack ||
	    !ops->on_congestion)
		return -EINVAL;

	mutex_lock(&cong_mutex);
	if (cong_find(ops->name))
		err = -EEXIST;
	else
		list_add_tail_rcu(&ops->list, &cong_list);
	mutex_unlock(&cong_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(newtcp_cong_register);

/**
 * newtcp_cong_unregister - take an algorithm back
 * @ops: registered before; no new connection finds it after the return
 *
 * Connections that use it hold its module: call this from module exit, where
 * none is left. Process context, sleeps.
 */
void newtcp_cong_unregister(struct newtcp_cong_ops *ops)
{
	mutex_lock(&cong_mutex);
	list_del_rcu(&ops->list);
	mutex_unlock(&cong_mutex);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(newtcp_cong_unregister);

/**
 * newtcp_cong_init - register the algorithms that are always there
 *
 * Process context, module load.
 *
 * Return: 0 or -errno.
 */
int newtcp_cong_init(void)
{
	int err;

	/* The usual one first: every socket() looks it up. */
	err = newtcp_cong_register(&newtcp_cong_cubic);
	if (err)
		return err;
	err = newtcp_cong_register(&newtcp_cong_reno);
	if (err)
		newtcp_cong_unregister(&newtcp_cong_cubic);
	return err;
}

/**
 * newtcp_cong_exit - mirror of newtcp_cong_init()
 *
 * Process context, module unload; no connection is left.
 */
void newtcp_cong_exit(void)
{
	newtcp_cong_unregister(&newtcp_cong_cubic);
	newtcp_cong_unregister(&newtcp_cong_reno);
}

/**
 * newtcp_cong_assign - set up a new connection
 * @c: overwritten
 * @name: the wanted algorithm; CUBIC where it is NULL or not one of ours
 *
 * Any context.
 */
void newtcp_cong_assign(struct newtcp_cong *c, const char *name)
{
	const struct newtcp_cong_ops *ops = name ? cong_get(name) : NULL;

	newtcp_cong_start(c, ops ?: &newtcp_cong_cubic);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_assign);

/**
 * newtcp_cong_set - change the algorithm of a connection, keep its windows
 * @c: assigned before
 * @name: the algorithm
 *
 * Any context.
 *
 * Return: 0 or -ENOENT.
 */
int newtcp_cong_set(struct newtcp_cong *c, const char *name)
{
	const struct newtcp_cong_ops *ops = cong_get(name), *old = c->ops;

	if (!ops)
		return -ENOENT;
	if (ops == old) {
		module_put(ops->owner);
		return 0;
	}
	if (old->release)
		old->release(c);
	/* In one step: a child of a listener may be cloned at any time. */
	newtcp_cong_bind(c, ops);
	module_put(old->owner);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_set);

/**
 * newtcp_cong_set_key - change to the algorithm that a route names
 * @c: assigned before
 * @key: what Linux makes of a name, to keep in a metric
 *
 * Any context.
 *
 * Return: 0, or -ENOENT when it is none of ours.
 */
int newtcp_cong_set_key(struct newtcp_cong *c, u32 key)
{
	const struct newtcp_cong_ops *ops;
	int err = -ENOENT;

	rcu_read_lock();
	list_for_each_entry_rcu(ops, &cong_list, list) {
		if (jhash(ops->name, sizeof(ops->name), strlen(ops->name)) != key)
			continue;
		err = newtcp_cong_set(c, ops->name);
		break;
	}
	rcu_read_unlock();
	return err;
}

/**
 * newtcp_cong_restart - a connection begins: forget what the handshake did
 * @c: assigned before; its algorithm stays
 *
 * Any context.
 */
void newtcp_cong_restart(struct newtcp_cong *c)
{
	if (c->ops->release)
		c->ops->release(c);
	newtcp_cong_start(c, c->ops);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_restart);

/**
 * newtcp_cong_clone - set up the child of a listener
 * @child: overwritten; may begin as a copy of @parent
 * @parent: assigned; the caller keeps it from newtcp_cong_release(), not from
 * newtcp_cong_set() on another CPU
 *
 * What @parent has just left may be on its way out: then it is CUBIC.
 *
 * Any context.
 */
void newtcp_cong_clone(struct newtcp_cong *child,
		       const struct newtcp_cong *parent)
{
	const struct newtcp_cong_ops *ops;

	/* newtcp_cong_unregister() waits for this reader before it ends. */
	rcu_read_lock();
	ops = READ_ONCE(parent->ops);
	if (!try_module_get(ops->owner))
		ops = &newtcp_cong_cubic;
	rcu_read_unlock();
	newtcp_cong_start(child, ops);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_clone);

/**
 * newtcp_cong_release - the connection is gone
 * @c: assigned before; without an algorithm afterwards
 *
 * Any context.
 */
void newtcp_cong_release(struct newtcp_cong *c)
{
	if (!c->ops)
		return;
	if (c->ops->release)
		c->ops->release(c);
	module_put(c->ops->owner);
	c->ops = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_release);
