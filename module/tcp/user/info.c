// SPDX-License-Identifier: GPL-2.0
/*
 * What a program or an administrator sees of a connection: struct tcp_info.
 *
 * Context: process, not locked.
 */
#include <linux/tcp.h>
#include <net/sock.h>
#include "core/rate.h"
#include "core/rtt.h"
#include "tcp/tcb.h"
#include "tcp/tx/rate.h"
#include "info.h"

static u8 options_in_use(const struct newtcp_sock *tp)
{
	return (tp->ts_ok ? TCPI_OPT_TIMESTAMPS : 0) |
	       (tp->sack_ok ? TCPI_OPT_SACK : 0) |
	       (tp->wscale_ok ? TCPI_OPT_WSCALE : 0);
}

/* All ones, whatever their number, is "no limit". */
static u64 rate(unsigned long bytes_per_second)
{
	return bytes_per_second == ~0UL ? ~0ULL : bytes_per_second;
}

/**
 * newtcp_get_info() - fill a struct tcp_info
 * @sk: the socket
 * @info: out: all of it is written
 */
void newtcp_get_info(struct sock *sk, struct tcp_info *info)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	u32 now = (u32)jiffies;
	bool slow;

	memset(info, 0, sizeof(*info));
	info->tcpi_max_pacing_rate = rate(READ_ONCE(sk->sk_max_pacing_rate));
	slow = lock_sock_fast(sk);
	info->tcpi_pacing_rate = rate(newtcp_pacing_rate(sk));
	info->tcpi_state = sk->sk_state;
	info->tcpi_snd_cwnd = tp->cong.cwnd;
	info->tcpi_reordering = tp->rec.reordering;
	if (sk->sk_state == TCP_LISTEN) {
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		goto out;
	}
	info->tcpi_ca_state = tp->rec.state;
	info->tcpi_retransmits = tp->retransmits;
	info->tcpi_probes = tp->probes_out;
	info->tcpi_backoff = tp->rtt.backoff;
	info->tcpi_options = options_in_use(tp);
	if (tp->wscale_ok) {
		info->tcpi_snd_wscale = tp->snd_wscale;
		info->tcpi_rcv_wscale = tp->rcvwnd.wscale;
	}
	info->tcpi_rto = newtcp_rtt_rto(&tp->rtt);
	info->tcpi_ato = jiffies_to_usecs(tp->delack.delay);
	info->tcpi_snd_mss = tp->mss;
	info->tcpi_rcv_mss = tp->delack.rcv_mss;
	info->tcpi_unacked = tp->board.packets_out;
	info->tcpi_sacked = tp->board.sacked_out;
	info->tcpi_lost = tp->board.lost_out;
	info->tcpi_retrans = tp->board.retrans_out;
	info->tcpi_last_data_sent = jiffies_to_msecs(now - tp->last_snd);
	info->tcpi_last_data_recv = jiffies_to_msecs(now - tp->last_rcv);
	info->tcpi_last_ack_recv = jiffies_to_msecs(now - tp->last_heard);
	info->tcpi_pmtu = tp->pmtu;
	info->tcpi_rcv_ssthresh = tp->rcvwnd.ssthresh;
	info->tcpi_rtt = tp->rtt.srtt_us >> 3;
	info->tcpi_rttvar = tp->rtt.mdev_us >> 2;
	info->tcpi_snd_ssthresh = tp->cong.ssthresh;
	info->tcpi_advmss = tp->rcvwnd.advmss;
	info->tcpi_rcv_rtt = tp->rcvtune.rtt8_us >> 3;
	info->tcpi_rcv_space = tp->rcvtune.space;
	info->tcpi_total_retrans = tp->rec.total_retrans;
	info->tcpi_bytes_acked = tp->bytes_acked;
	info->tcpi_bytes_received = tp->bytes_received;
	info->tcpi_notsent_bytes = max_t(int, 0, tp->write_seq - tp->snd_nxt);
	info->tcpi_segs_out = tp->segs_out;
	info->tcpi_segs_in = tp->segs_in;
	info->tcpi_min_rtt = newtcp_rtt_min(&tp->rtt);
	info->tcpi_delivered = tp->rec.delivered;
	info->tcpi_delivery_rate = newtcp_rate_bytes(&tp->rate, tp->mss);
	info->tcpi_delivery_rate_app_limited = tp->rate.got_limited;
	info->tcpi_reord_seen = tp->rec.reord_seen;
	info->tcpi_snd_wnd = tp->snd_wnd;
	NEWINET_INFO_RCV_WND(info, tp->rcvwnd.wnd);
out:
	unlock_sock_fast(sk, slow);
}
