/* SPDX-License-Identifier: GPL-2.0 */
/* The struct proto (sock.c). */
#ifndef _NEWTCP_SOCK_H
#define _NEWTCP_SOCK_H

#include <net/sock.h>

extern struct proto newtcp_prot;
int newtcp_init(void);						/* process */
void newtcp_exit(void);						/* process */

#endif /* _NEWTCP_SOCK_H */
