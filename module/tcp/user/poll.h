/* SPDX-License-Identifier: GPL-2.0 */
/* Readiness (poll.c): process. */
#ifndef _NEWTCP_POLL_H
#define _NEWTCP_POLL_H

#include <linux/poll.h>

__poll_t newtcp_poll(struct file *file, struct socket *sock, struct poll_table_struct *wait);

#endif /* _NEWTCP_POLL_H */
