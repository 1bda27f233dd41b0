/* SPDX-License-Identifier: GPL-2.0 */
/* A transport as a protocol of AF_INET (door.c): process. */
#ifndef _NEWINET_DOOR_H
#define _NEWINET_DOOR_H

#include <linux/net.h>

struct proto;

int newinet_door_check(void);
void newinet_door_open(struct proto *prot, const struct proto_ops *ops);
void newinet_door_shut(void);		/* sleeps */

#endif /* _NEWINET_DOOR_H */
