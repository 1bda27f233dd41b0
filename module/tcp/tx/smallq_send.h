/* SPDX-License-Identifier: GPL-2.0 */
/* There is room below a socket again (smallq_send.c). */
#ifndef _NEWTCP_SMALLQ_SEND_H
#define _NEWTCP_SMALLQ_SEND_H

struct sock;

void newtcp_smallq_send(struct sock *sk);
void newtcp_smallq_init(void);
void newtcp_smallq_exit(void);

#endif /* _NEWTCP_SMALLQ_SEND_H */
