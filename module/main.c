// SPDX-License-Identifier: GPL-2.0
/*
 * Load and unload: the list of what the module registers, TCP under the family's two
 * doors, and its mirror.
 *
 * The order matters at unload. No socket is left by then (each one pins the
 * module), but TIME-WAIT entries and half-open requests may be: they go first,
 * while the intake still works; then the intake, which waits for every softirq
 * that could have seen our tables; then the tables.
 *
 * Context: process, module load and unload.
 */
#include <linux/module.h>
#include <linux/net.h>
#include <net/inet_common.h>
#include <net/protocol.h>
#include <net/sock.h>
#include "family/door.h"
#include "family/family.h"
#include "family/ops.h"
#include "newinet.h"
#include "ports/ports.h"
#include "table/lookup.h"
#include "tcp/conn/handshake.h"
#include "tcp/rx/intake.h"
#include "tcp/user/poll.h"
#include "tcp/user/recv.h"
#include "tcp/user/send.h"
#include "tcp/conn/sock.h"
#include "tcp/conn/timewait.h"

/* Both doors, which differ in the family of addresses: newinet_addr_family(). */
#define STREAM_OPS(pf) {						\
	NEWINET_STREAM_OPS(pf)						\
	.poll		= newtcp_poll,					\
	.listen		= newtcp_listen,				\
	NEWINET_SENDPAGE_OPS						\
	.splice_read	= newtcp_splice_read,				\
	.read_sock	= newtcp_read_sock,				\
	.sendmsg_locked	= newtcp_sendmsg_locked,			\
	.peek_len	= newtcp_peek_len,				\
	.set_rcvlowat	= newtcp_set_rcvlowat,				\
}

const struct proto_ops newinet_stream_ops = STREAM_OPS(PF_NEWINET);
EXPORT_SYMBOL_GPL(newinet_stream_ops);
static const struct proto_ops door_ops = STREAM_OPS(PF_INET);

static struct inet_protosw tcp_protosw = {
	.type		= SOCK_STREAM,
	.protocol	= IPPROTO_TCP,
	.prot		= &newtcp_prot,
	.ops		= &newinet_stream_ops,
	.flags		= INET_PROTOSW_PERMANENT,
};

static int __init newinet_init(void)
{
	int err;

	err = newinet_door_check();
	if (err)
		return err;
	err = newinet_lookup_init(&newtcp_entry_ops);
	if (err)
		return err;
	/* Before TIME-WAIT: a dying netns purges in the reverse order. */
	err = newinet_ports_init();
	if (err)
		goto out_lookup;
	err = newtcp_timewait_init();
	if (err)
		goto out_ports;
	err = newtcp_init();
	if (err)
		goto out_timewait;
	err = newtcp_intake_init();
	if (err)
		goto out_tcp;
	err = newinet_family_init(&tcp_protosw);
	if (err)
		goto out_intake;
	newinet_door_open(&newtcp_prot, &door_ops);
	return 0;

out_intake:
	newtcp_intake_exit();
out_tcp:
	newtcp_exit();
out_timewait:
	newtcp_timewait_stop();
	newtcp_timewait_exit();
out_ports:
	newinet_ports_exit();
out_lookup:
	newinet_lookup_exit();
	return err;
}

static void __exit newinet_exit(void)
{
	newinet_door_shut();
	newinet_family_exit(&tcp_protosw);
	newtcp_timewait_stop();
	newtcp_intake_exit();
	newtcp_exit();
	newtcp_timewait_exit();
	newinet_ports_exit();
	newinet_lookup_exit();
}

module_init(newinet_init);
module_exit(newinet_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("AF_NEWINET: an address family with its own TCP over IPv4");
MODULE_VERSION(NEWINET_VERSION);
