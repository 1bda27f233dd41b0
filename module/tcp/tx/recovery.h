/* SPDX-License-Identifier: GPL-2.0 */
/* Loss recovery, the part that acts (recovery.c): locked. */
#ifndef _NEWTCP_RECOVERY_ACTS_H
#define _NEWTCP_RECOVERY_ACTS_H

struct newtcp_ack_news;
struct newtcp_snd;
struct sock;

void newtcp_ack_recovery(struct sock *sk, const struct newtcp_snd *s,
			 struct newtcp_ack_news *n);
void newtcp_ack_resend(struct sock *sk, const struct newtcp_snd *s,
		       const struct newtcp_ack_news *n);
void newtcp_loss_expired(struct sock *sk);
void newtcp_enter_loss(struct sock *sk);
void newtcp_resize_unacked(struct sock *sk);

#endif /* _NEWTCP_RECOVERY_ACTS_H */
