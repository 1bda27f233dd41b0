// SPDX-License-Identifier: GPL-2.0
/*
 * The ports of a network namespace, from its first claim to its end.
 *
 * Locks: see port.h. Process context.
 */
#include <linux/random.h>
#include <net/net_namespace.h>
#include "ip/demux.h"
#include "claim.h"
#include "holder.h"
#include "pool.h"
#include "port.h"
#include "ports.h"

static void release_work(struct work_struct *work)
{
	struct claim_net *cn = container_of(work, struct claim_net, release_work);

	mutex_lock(&cn->lock);
	claim_release_dead(cn);
	mutex_unlock(&cn->lock);
}

static int __net_init claim_net_init(struct net *net)
{
	struct claim_net *cn = claim_net_of(net);

	cn->net = net;
	mutex_init(&cn->lock);
	spin_lock_init(&cn->dead_lock);
	INIT_LIST_HEAD(&cn->dead);
	INIT_WORK(&cn->release_work, release_work);
	INIT_DELAYED_WORK(&cn->reap_work, claim_pool_work);
	atomic_set(&cn->turn, get_random_u32());
	return 0;
}

/* The binder keeps no reference on the netns: it must go with it. */
static void __net_exit claim_net_exit(struct net *net)
{
	struct claim_net *cn = claim_net_of(net);

	cancel_work_sync(&cn->release_work);
	cancel_delayed_work_sync(&cn->reap_work);
	mutex_lock(&cn->lock);
	claim_release_dead(cn);
	claim_pool_reap(cn, true);
	WARN_ON_ONCE(cn->claims);
	newinet_demux_stop(cn->net, cn->demux);
	cn->demux = NULL;
	claim_binder_free(cn);
	mutex_unlock(&cn->lock);
}

static struct pernet_operations claim_net_ops = {
	.init	= claim_net_init,
	.exit	= claim_net_exit,
	.id	= &claim_net_id,
	.size	= sizeof(struct claim_net),
};

/** newinet_ports_init - at load, before the first socket; 0 or -errno */
int newinet_ports_init(void)
{
	int err = claim_init();

	if (err)
		return err;
	err = register_pernet_subsys(&claim_net_ops);
	if (err)
		claim_exit();
	return err;
}

/** newinet_ports_exit - at unload, when there is no owner left */
void newinet_ports_exit(void)
{
	unregister_pernet_subsys(&claim_net_ops);
	synchronize_net();		/* a hook may still run */
	claim_exit();
}
