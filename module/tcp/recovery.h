/* SPDX-License-Identifier: GPL-2.0 */
/* Loss recovery, the part that acts (recovery.c): locked. */
#ifndef _NEWTCP_RECOVERY_ACTS_H
#define _NEWTCP_RECOVERY_ACTS_H

struct newtcp_ack_news;
struct newtcp_loss_conf;
struct newtcp_snd;
struct sock;

void newtcp_loss_conf_read(const struct sock *sk, struct newtcp_loss_conf *conf);
void newtcp_snd_view(struct sock *sk, struct newtcp_snd *s,
		     const struct newtcp_loss_conf *conf);
void newtcp_ack_recovery(struct sock *sk, const struct newtcp_snd *s,
			 struct newtcp_ack_news *n);
void newtcp_ack_resend(struct sock *sk, const struct newtcp_snd *s,
		       const struct newtcp_ack_news *n);
void newtcp_schedule_tlp(struct sock *sk);
void newtcp_loss_expired(struct sock *sk);
void newtcp_local_congestion(struct sock *sk);
void newtcp_cong_tx_start(struct sock *sk);
void newtcp_enter_loss(struct sock *sk);
void newtcp_recovery_reset(struct sock *sk);
void newtcp_resize_unacked(struct sock *sk);

#endif /* _NEWTCP_RECOVERY_ACTS_H */
