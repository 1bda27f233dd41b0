/* SPDX-License-Identifier: GPL-2.0 */
/* Segments without new data (control.c): locked. */
#ifndef _NEWTCP_CONTROL_H
#define _NEWTCP_CONTROL_H

#include <linux/types.h>

struct sock;

void newtcp_send_ack(struct sock *sk);
void newtcp_send_active_reset(struct sock *sk, gfp_t gfp);
int newtcp_send_syn(struct sock *sk);
void newtcp_send_probe(struct sock *sk);
int newtcp_elicit_ack(struct sock *sk);
void newtcp_check_probe(struct sock *sk);
void newtcp_probe_answered(struct sock *sk);

#endif /* _NEWTCP_CONTROL_H */
