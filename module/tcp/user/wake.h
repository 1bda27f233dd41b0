/* SPDX-License-Identifier: GPL-2.0 */
/* A program that waits is woken (wake.c). */
#ifndef _NEWTCP_WAKE_H
#define _NEWTCP_WAKE_H

struct sock;

void newtcp_wake_writer(struct sock *sk);			/* any */
void newtcp_data_ready(struct sock *sk);			/* locked */

#endif /* _NEWTCP_WAKE_H */
