/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of congestion control algorithms, with which other modules can
 * register theirs, and the binding of one of them to a connection.
 */
#ifndef _NEWTCP_CONG_TABLE_H
#define _NEWTCP_CONG_TABLE_H

#include "core/cong.h"

/* Process context, may sleep. */
int newtcp_cong_register(struct newtcp_cong_ops *ops);
void newtcp_cong_unregister(struct newtcp_cong_ops *ops);
int newtcp_cong_init(void);
void newtcp_cong_exit(void);

/* Any context. */
void newtcp_cong_assign(struct newtcp_cong *c, const char *name);
int newtcp_cong_set(struct newtcp_cong *c, const char *name);
int newtcp_cong_set_key(struct newtcp_cong *c, u32 key);
void newtcp_cong_restart(struct newtcp_cong *c);
void newtcp_cong_clone(struct newtcp_cong *child,
		       const struct newtcp_cong *parent);
void newtcp_cong_release(struct newtcp_cong *c);

#endif /* _NEWTCP_CONG_TABLE_H */
