/* SPDX-License-Identifier: GPL-2.0 */
/* Socket options (sockopt.c): process. */
#ifndef _NEWTCP_SOCKOPT_H
#define _NEWTCP_SOCKOPT_H

#include <linux/sockptr.h>

struct sock;

int newtcp_setsockopt(struct sock *sk, int level, int optname,
		      sockptr_t optval, unsigned int optlen);
int newtcp_getsockopt(struct sock *sk, int level, int optname,
		      char __user *optval, int __user *optlen);

#endif /* _NEWTCP_SOCKOPT_H */
