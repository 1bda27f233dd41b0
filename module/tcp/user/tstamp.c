// SPDX-License-Identifier: GPL-2.0
/*
 * Timestamps of packets as a program asks for them (SO_TIMESTAMP, SO_TIMESTAMPNS,
 * SO_TIMESTAMPING; Documentation/networking/timestamping.rst), TCP_INQ, and the
 * error queue that they and the ICMP errors are read from.
 *
 * A stamp of the send side belongs to the last byte of a write: the skb that
 * holds it is marked, with that byte's sequence number as its key, because this
 * is what segmentation looks for. The program counts bytes from where it turned
 * SOF_TIMESTAMPING_OPT_ID on. The kernel translates for its own TCP alone; here
 * that is done when the error queue is read.
 *
 * Context: socket lock held, process or softirq, unless noted.
 */
#include <linux/errqueue.h>
#include <linux/skbuff.h>
#include <net/inet_common.h>
#include <net/scm.h>
#include <net/sock.h>
#include "core/board.h"
#include "core/seq.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "newinet.h"
#include "tstamp.h"

/* In the forms that SO_TIMESTAMP and SO_TIMESTAMPNS have had. */
static void put_stamp(struct sock *sk, struct msghdr *msg, ktime_t stamp)
{
	struct timespec64 ts = ktime_to_timespec64(stamp);
	struct __kernel_old_timespec old_ns = { ts.tv_sec, ts.tv_nsec };
	struct __kernel_timespec new_ns = { ts.tv_sec, ts.tv_nsec };
	struct __kernel_old_timeval old_us = {
		ts.tv_sec, ts.tv_nsec / NSEC_PER_USEC
	};
	struct __kernel_sock_timeval new_us = {
		ts.tv_sec, ts.tv_nsec / NSEC_PER_USEC
	};
	bool is_new = sock_flag(sk, SOCK_TSTAMP_NEW);

	if (sock_flag(sk, SOCK_RCVTSTAMPNS) && is_new)
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPNS_NEW, sizeof(new_ns), &new_ns);
	else if (sock_flag(sk, SOCK_RCVTSTAMPNS))
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPNS_OLD, sizeof(old_ns), &old_ns);
	else if (is_new)
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_NEW, sizeof(new_us), &new_us);
	else
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_OLD, sizeof(old_us), &old_us);
}

/* Does @flags ask to be told of a stamp of the kind @report? */
static bool wants(u32 flags, u32 report, u32 generate)
{
	return (flags & report) &&
	       ((flags & generate) || !(flags & NEWINET_TS_OPT_RX_FILTER));
}

static void put_stamps(struct sock *sk, struct msghdr *msg,
		       const struct newtcp_rx_stamps *s)
{
	u32 flags = READ_ONCE(sk->sk_tsflags);
	struct scm_timestamping_internal tss = {};
	bool software, hardware;

	software = s->software && wants(flags, SOF_TIMESTAMPING_SOFTWARE,
					SOF_TIMESTAMPING_RX_SOFTWARE);
	hardware = s->hardware && wants(flags, SOF_TIMESTAMPING_RAW_HARDWARE,
					SOF_TIMESTAMPING_RX_HARDWARE);
	if (s->software && sock_flag(sk, SOCK_RCVTSTAMP))
		put_stamp(sk, msg, s->software);
	if (software)
		tss.ts[0] = newinet_scm_stamp(s->software);
	if (hardware)
		tss.ts[2] = newinet_scm_stamp(s->hardware);
	if (!software && !hardware)
		return;
	if (sock_flag(sk, SOCK_TSTAMP_NEW))
		put_cmsg_scm_timestamping64(msg, &tss);
	else
		put_cmsg_scm_timestamping(msg, &tss);
}

/* Bytes that wait; 1 when only the end of the stream does. */
static int inq(struct sock *sk)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	int n;

	lock_sock(sk);
	n = tp->rcv_nxt - tp->copied_seq;
	release_sock(sk);
	return n ?: sock_flag(sk, SOCK_DONE);
}

/**
 * newtcp_rx_cmsg() - control messages that go with data
 * @sk: the connection
 * @msg: where to
 * @s: arrival of what was read
 *
 * Context: process, not locked.
 */
void newtcp_rx_cmsg(struct sock *sk, struct msghdr *msg,
		    const struct newtcp_rx_stamps *s)
{
	bool asked = newtcp_sk(sk)->recvmsg_inq;

	if (s->software || s->hardware)
		put_stamps(sk, msg, s);
	/* io_uring asks in the message, and is told there. */
	if (!asked && !msg->msg_get_inq)
		return;
	msg->msg_get_inq = 1;
	msg->msg_inq = inq(sk);
	if (asked)
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(msg->msg_inq),
			 &msg->msg_inq);
}

/*
 * The next entry of the error queue tells a sequence number where the program
 * expects a count. The reader, who takes it out at once, has the socket locked.
 * Returns whether there is one.
 */
static bool count_from_base(struct sock *sk)
{
	struct sk_buff_head *q = &sk->sk_error_queue;
	struct sock_exterr_skb *serr;
	struct sk_buff *skb;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	skb = skb_peek(q);
	if (skb) {
		serr = SKB_EXT_ERR(skb);
		if (serr->ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING &&
		    serr->ee.ee_data)
			serr->ee.ee_data -= atomic_read(&sk->sk_tskey);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	return skb;
}

/**
 * newtcp_recv_error() - recvmsg(MSG_ERRQUEUE)
 * @sk: the socket
 * @msg: where to
 * @len: room there
 *
 * Context: process, not locked.
 * Return: bytes of the packet that the entry is about; -EAGAIN.
 */
int newtcp_recv_error(struct sock *sk, struct msghdr *msg, int len)
{
	int ret;

	/* One reader at a time: the entry that is translated is the one read. */
	lock_sock(sk);
	/* What comes only now is not translated: the next call gets it. */
	ret = count_from_base(sk) ? newinet_recv_error(sk, msg, len) : -EAGAIN;
	release_sock(sk);
	/* The peer's address, as every other call has it. */
	if (ret >= 0 && msg->msg_name)
		((struct sockaddr *)msg->msg_name)->sa_family =
			newinet_addr_family(sk->sk_socket);
	return ret;
}

/**
 * newtcp_tx_stamp_base() - the program writes: where does its count begin?
 * @sk: the connection
 *
 * The kernel puts 0 into sk_tskey when SOF_TIMESTAMPING_OPT_ID is turned on.
 * From then on nothing was written until now.
 */
void newtcp_tx_stamp_base(struct sock *sk)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	u32 flags = READ_ONCE(sk->sk_tsflags);
	u32 base;

	if (!(flags & SOF_TIMESTAMPING_OPT_ID) || atomic_read(&sk->sk_tskey))
		return;
	base = flags & NEWINET_TS_OPT_ID_TCP ? tp->write_seq : tp->snd_una;
	atomic_set(&sk->sk_tskey, base ?: 1);
}

/**
 * newtcp_tx_stamp() - the last byte written is to be stamped
 * @sk: the connection
 * @tsflags: SOF_TIMESTAMPING_*, of the socket or of the message
 */
void newtcp_tx_stamp(struct sock *sk, u32 tsflags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct skb_shared_info *shinfo;
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
	bool queued = skb;

	if (!skb && !newtcp_board_empty(&tp->board))
		skb = newtcp_seg_skb(newtcp_board_last(&tp->board));
	if (!skb || !(tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK))
		return;
	shinfo = skb_shinfo(skb);
	shinfo->tskey = NEWTCP_CB(skb)->seq + skb->len - 1;
	/* What is on its way already shares these with its driver. */
	if (queued || !skb_cloned(skb))
		__sock_tx_timestamp(tsflags, &shinfo->tx_flags);
	if (tsflags & SOF_TIMESTAMPING_TX_ACK)
		NEWTCP_CB(skb)->marks |= NEWTCP_SEG_TSTAMP_ACK;
}

/**
 * newtcp_tx_stamp_split() - a marked segment was cut in two
 * @skb: its first half
 * @rest: its second; the mark moves there if its byte did
 */
void newtcp_tx_stamp_split(struct sk_buff *skb, struct sk_buff *rest)
{
	struct skb_shared_info *from = skb_shinfo(skb), *to = skb_shinfo(rest);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb), *ncb = NEWTCP_CB(rest);

	ncb->marks &= ~NEWTCP_SEG_TSTAMP_ACK;
	if (seq_before(from->tskey, ncb->seq))
		return;
	to->tx_flags |= from->tx_flags & SKBTX_ANY_TSTAMP;
	from->tx_flags &= ~SKBTX_ANY_TSTAMP;
	swap(from->tskey, to->tskey);
	ncb->marks |= cb->marks & NEWTCP_SEG_TSTAMP_ACK;
	cb->marks &= ~NEWTCP_SEG_TSTAMP_ACK;
}

/**
 * newtcp_tx_stamp_acked() - a segment that waits for this was acknowledged
 * @sk: the connection; SND.UNA has moved
 * @skb: the segment, marked NEWTCP_SEG_TSTAMP_ACK
 */
void newtcp_tx_stamp_acked(struct sock *sk, struct sk_buff *skb)
{
	if (!seq_before(skb_shinfo(skb)->tskey, newtcp_sk(sk)->snd_una))
		return;
	NEWTCP_CB(skb)->marks &= ~NEWTCP_SEG_TSTAMP_ACK;
	newinet_stamp_ack(skb, sk);
}
