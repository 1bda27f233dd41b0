/* SPDX-License-Identifier: GPL-2.0 */
/* The net_proto_family and its protosw table (family.c). */
#ifndef _NEWINET_FAMILY_H
#define _NEWINET_FAMILY_H

#include <linux/kconfig.h>
#include <linux/types.h>
#include <net/protocol.h>

enum newinet_access {
	NEWINET_ACCESS_ALL,
	NEWINET_ACCESS_GROUP,		/* members of the group, and admins */
	NEWINET_ACCESS_ADMIN,		/* CAP_NET_ADMIN, of the machine */
};

#if IS_ENABLED(CONFIG_KUNIT)
extern int newinet_access;		/* the parameters access= and group= */
extern unsigned int newinet_access_gid;
#endif

int newinet_family_init(struct inet_protosw *own);		/* process */
void newinet_family_exit(struct inet_protosw *own);		/* process */
int newinet_register_protosw(struct inet_protosw *p);		/* process */
void newinet_unregister_protosw(struct inet_protosw *p);	/* process, sleeps */
bool newinet_may_open(void);					/* process */

#endif /* _NEWINET_FAMILY_H */
