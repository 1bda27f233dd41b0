/* SPDX-License-Identifier: GPL-2.0 */
/* A program that waits is woken (wake.c). */
#ifndef _NEWTCP_WAKE_H
#define _NEWTCP_WAKE_H

#include <linux/types.h>

struct sock;

void newtcp_wake_writer(struct sock *sk);			/* any */
bool newtcp_readable(const struct sock *sk, int want);		/* any */
void newtcp_data_ready(struct sock *sk);			/* locked */

#endif /* _NEWTCP_WAKE_H */
