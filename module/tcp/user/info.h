/* SPDX-License-Identifier: GPL-2.0 */
/* What is seen of a connection (info.c): process. */
#ifndef _NEWTCP_INFO_H
#define _NEWTCP_INFO_H

struct sock;
struct tcp_info;

void newtcp_get_info(struct sock *sk, struct tcp_info *info);

#endif /* _NEWTCP_INFO_H */
