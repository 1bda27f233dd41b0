/* SPDX-License-Identifier: GPL-2.0 */
/* Between the core's sender and a socket (loss.c): locked. */
#ifndef _NEWTCP_LOSS_H
#define _NEWTCP_LOSS_H

struct newtcp_loss_conf;
struct newtcp_snd;
struct sock;

void newtcp_loss_conf_read(const struct sock *sk, struct newtcp_loss_conf *conf);
void newtcp_snd_view(struct sock *sk, struct newtcp_snd *s,
		     const struct newtcp_loss_conf *conf);
void newtcp_schedule_tlp(struct sock *sk);
void newtcp_cong_tx_start(struct sock *sk);
void newtcp_recovery_reset(struct sock *sk);
void newtcp_local_congestion(struct sock *sk);

#endif /* _NEWTCP_LOSS_H */
