// SPDX-License-Identifier: GPL-2.0
/*
 * The program writes: sendmsg(2) and its relatives (RFC 9293 3.10.2).
 *
 * Data is copied into page fragments of the socket's task, or comes as pages
 * (sendfile(2), splice(2)) that are sent from where they are. It is gathered
 * into skbs of up to a super-packet and leaves as soon as the windows allow.
 *
 * Context: process; socket lock held in the _locked forms.
 */
#include <linux/sched/signal.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/board.h"
#include "core/seq.h"
#include "core/wire.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/mss.h"
#include "tcp/tx/output.h"
#include "tcp/tx/rate.h"
#include "tcp/tx/segment.h"
#include "send.h"
#include "tstamp.h"
#include "wspace.h"

static void mark_psh(struct newtcp_sock *tp, struct sk_buff *skb)
{
	NEWTCP_CB(skb)->flags |= TH_PSH;
	tp->pushed_seq = tp->write_seq;
}

/* Half a window is unpushed: do not wait for the end of the write. */
static bool psh_is_due(const struct newtcp_sock *tp)
{
	return seq_after(tp->write_seq, tp->pushed_seq + (tp->max_window >> 1));
}

static void send_some(struct sock *sk, int flags, u32 mss, enum newtcp_nagle nagle)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (!skb)
		return;
	if (!(flags & MSG_MORE) || psh_is_due(tp))
		mark_psh(tp, skb);
	if (flags & MSG_MORE)
		nagle = NAGLE_CORK;
	newtcp_send_pending(sk, mss, nagle);
}

/* A new skb at the end of the write queue; NULL: no memory. */
static struct sk_buff *append_skb(struct sock *sk, bool first)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;

	skb = newtcp_skb_alloc(sk, sk->sk_allocation, first);
	if (!skb)
		return NULL;
	NEWTCP_CB(skb)->seq = tp->write_seq;
	NEWTCP_CB(skb)->end_seq = tp->write_seq;
	NEWTCP_CB(skb)->flags = TH_ACK;
	tp->push = 0;
	__skb_queue_tail(&sk->sk_write_queue, skb);
	return skb;
}

/*
 * How many of so many bytes the socket may charge now; 0: no memory. As Linux: each gets
 * as far as net.ipv4.tcp_wmem[0], whoever has the rest. That may leave a debt, which the
 * next schedule settles.
 */
static int wmem_schedule(struct sock *sk, int bytes)
{
	int least;

	if (likely(sk_wmem_schedule(sk, bytes)))
		return bytes;
	least = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[0]) - sk->sk_wmem_queued;
	return clamp(max(least, sk->sk_forward_alloc), 0, bytes);
}

/*
 * Copy up to @room bytes of the message to @skb. Returns bytes copied; 0: the
 * skb has no slot left; -ENOBUFS: no memory now; -EFAULT.
 */
static int copy_in(struct sock *sk, struct msghdr *msg, struct sk_buff *skb,
		   int room)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct page_frag *pfrag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags;
	int copy, err;
	bool merge;

	if (!sk_page_frag_refill(sk, pfrag))
		return -ENOBUFS;
	merge = skb_can_coalesce(skb, i, pfrag->page, pfrag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return 0;
	copy = wmem_schedule(sk, min_t(int, room, pfrag->size - pfrag->offset));
	if (unlikely(!copy))
		return -ENOBUFS;

	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, pfrag->page,
				       pfrag->offset, copy);
	if (err)
		return err;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], copy);
	} else {
		skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, copy);
		page_ref_inc(pfrag->page);
	}
	pfrag->offset += copy;
	WRITE_ONCE(tp->write_seq, tp->write_seq + copy);
	NEWTCP_CB(skb)->end_seq += copy;
	return copy;
}

static bool brings_pages(const struct sock *sk, const struct msghdr *msg)
{
	return unlikely(msg->msg_flags & MSG_SPLICE_PAGES) &&
	       iov_iter_is_bvec(&msg->msg_iter) &&
	       (sk->sk_route_caps & NETIF_F_SG);
}

/* The same with pages that the message brings: none is copied. */
static int splice_in(struct sock *sk, struct msghdr *msg, struct sk_buff *skb,
		     int room)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	int n;

	room = wmem_schedule(sk, room);
	if (unlikely(!room))
		return -ENOBUFS;
	n = skb_splice_from_iter(skb, &msg->msg_iter, room, sk->sk_allocation);
	if (n < 0)
		return n == -EMSGSIZE ? 0 : n;
	/* A file's pages may change while they wait: checksum what is sent. */
	if (!(msg->msg_flags & MSG_NO_SHARED_FRAGS))
		skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	sk_wmem_queued_add(sk, n);
	sk_mem_charge(sk, n);
	WRITE_ONCE(tp->write_seq, tp->write_seq + n);
	NEWTCP_CB(skb)->end_seq += n;
	return n;
}

/* An skb that got nothing must not stay: it would be a segment of no length. */
static void drop_empty_tail(struct sock *sk)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (skb && NEWTCP_CB(skb)->end_seq == NEWTCP_CB(skb)->seq) {
		__skb_unlink(skb, &sk->sk_write_queue);
		newtcp_skb_free(sk, skb);
	}
}

/* Room in the last unsent skb; 0: a new one is needed. */
static int tail_room(const struct sk_buff *skb, u32 size_goal)
{
	if (!skb || skb->len >= size_goal || (NEWTCP_CB(skb)->flags & TH_FIN) ||
	    (NEWTCP_CB(skb)->marks & NEWTCP_SEG_EOR))
		return 0;
	return size_goal - skb->len;
}

static bool connected(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
}

/* Wait until connected; returns what is left of @timeo, or -errno. */
static noinline_for_stack long wait_connected(struct sock *sk, long timeo)
{
	int err = sk_stream_wait_connect(sk, &timeo);

	return err ?: timeo;
}

/* The buffer is full: send what is there and wait; returns as wait_connected(). */
static noinline_for_stack long make_room(struct sock *sk, int flags, u32 mss, bool copied,
					 long timeo)
{
	int err;

	drop_empty_tail(sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	if (copied)
		send_some(sk, flags & ~MSG_MORE, mss, NAGLE_PUSH);
	err = sk_stream_wait_memory(sk, &timeo);
	return err ?: timeo;
}

/* One step of the write: as much as fits into one skb. */
static int write_some(struct sock *sk, struct msghdr *msg, u32 size_goal)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
	int room = tail_room(skb, size_goal), copied;

	if (!room) {
new_skb:
		if (sk->sk_wmem_queued >= READ_ONCE(sk->sk_sndbuf) ||
		    !newtcp_notsent_ok(sk, 0))
			return -ENOBUFS;
		skb = append_skb(sk, skb_queue_empty(&sk->sk_write_queue) &&
				 newtcp_board_empty(&newtcp_sk(sk)->board));
		if (!skb)
			return -ENOBUFS;
		room = size_goal;
	}
	room = min_t(size_t, room, msg_data_left(msg));
	if (brings_pages(sk, msg))
		copied = splice_in(sk, msg, skb, room);
	else
		copied = copy_in(sk, msg, skb, room);
	if (!copied) {
		mark_psh(newtcp_sk(sk), skb);
		goto new_skb;
	}
	return copied;
}

/*
 * All of the message is in: what is to be told of it, and, with MSG_EOR, that what is
 * written next gets segments of its own. What has left has them.
 */
static noinline_for_stack void end_message(struct sock *sk, int flags, long tsflags)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (tsflags)
		newtcp_tx_stamp(sk, tsflags);
	if ((flags & MSG_EOR) && skb)
		NEWTCP_CB(skb)->marks |= NEWTCP_SEG_EOR;
}

/* The skb is full: send it now rather than at the end of the write. */
static void send_full(struct sock *sk, u32 mss, u32 size_goal)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (!skb || skb->len < size_goal)
		return;
	if (psh_is_due(tp)) {
		mark_psh(tp, skb);
		newtcp_send_pending(sk, mss, NAGLE_PUSH);
	} else if (skb_peek(&sk->sk_write_queue) == skb) {
		newtcp_send_one(sk, mss);
	}
}

/*
 * Which timestamps the message's control messages ask for; as Linux, any that is not
 * known is EINVAL.
 */
static noinline_for_stack long stamps_by_message(struct sock *sk, struct msghdr *msg)
{
	struct sockcm_cookie cookie;

	sockcm_init(&cookie, sk);
	if (sock_cmsg_send(sk, msg, &cookie) || newinet_cmsg_alien(&cookie))
		return -EINVAL;
	return cookie.tsflags;
}

/* Which timestamps the socket, or the message, asks for; or -EINVAL. */
static inline long stamps_wanted(struct sock *sk, struct msghdr *msg)
{
	u32 tsflags = READ_ONCE(sk->sk_tsflags);

	if (unlikely(tsflags))
		newtcp_tx_stamp_base(sk);
	return unlikely(msg->msg_controllen) ? stamps_by_message(sk, msg) : tsflags;
}

/**
 * newtcp_sendmsg_locked() - sendmsg(2) with the socket lock held
 * @sk: the connection
 * @msg: the message
 * @size: its length
 *
 * Return: bytes taken; -EPIPE, -EAGAIN, -EFAULT, -ERESTARTSYS, -EOPNOTSUPP
 * for Fast Open, or the error of the connection.
 */
int newtcp_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t size)
{
	long tsflags = 0, timeo, err;
	int flags = msg->msg_flags, copied = 0, n;
	struct newtcp_sizes unit;

	/* As Linux answers where net.ipv4.tcp_fastopen does not let clients. */
	err = -EOPNOTSUPP;
	if (unlikely(flags & MSG_FASTOPEN))
		goto out_err;
	timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	newtcp_rate_check(sk);
	if (unlikely(!connected(sk))) {
		timeo = wait_connected(sk, timeo);
		err = timeo;
		if (err < 0)
			goto out_err;
	}
	tsflags = stamps_wanted(sk, msg);
	err = tsflags;
	if (unlikely(err < 0))
		goto out_err;
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	unit = newtcp_send_sizes(sk);

	err = -EPIPE;
	if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN))
		goto out_err;

	while (msg_data_left(msg)) {
		n = write_some(sk, msg, unit.goal);
		if (n > 0) {
			copied += n;
			if (msg_data_left(msg))
				send_full(sk, unit.mss, unit.goal);
			continue;
		}
		err = n;
		if (n != -ENOBUFS)
			goto out_err;
		timeo = make_room(sk, flags, unit.mss, copied, timeo);
		err = timeo;
		if (err < 0)
			goto out_err;
		unit = newtcp_send_sizes(sk);
	}
	if (unlikely(tsflags || (flags & MSG_EOR)) && copied)
		end_message(sk, flags, tsflags);
	/* Another page follows at once: full super-packets alone leave. */
	if ((flags & NEWINET_MSG_NOTLAST) && brings_pages(sk, msg))
		send_full(sk, unit.mss, unit.goal);
	else if (copied)
		send_some(sk, flags, unit.mss, newtcp_nagle_of(newtcp_sk(sk)));
	return copied;

out_err:
	drop_empty_tail(sk);
	if (copied) {
		if (unlikely(tsflags))
			newtcp_tx_stamp(sk, tsflags);
		send_some(sk, flags, newtcp_current_mss(sk), newtcp_nagle_of(newtcp_sk(sk)));
		return copied;
	}
	err = sk_stream_error(sk, flags, err);
	/* An edge-triggered poller must learn of room that came meanwhile. */
	if (unlikely(skb_queue_empty(&sk->sk_write_queue) && err == -EAGAIN))
		sk->sk_write_space(sk);
	return err;
}

/**
 * newtcp_sendmsg() - sendmsg(2)
 * @sk: the connection
 * @msg: the message; its address is ignored, as for every stream
 * @size: its length
 *
 * Return: as newtcp_sendmsg_locked().
 */
int newtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	int ret;

	lock_sock(sk);
	ret = newtcp_sendmsg_locked(sk, msg, size);
	release_sock(sk);
	return ret;
}

NEWINET_SENDPAGE(newtcp_sendpage, newtcp_sendmsg)
NEWINET_SENDPAGE(newtcp_sendpage_locked, newtcp_sendmsg_locked)

/**
 * newtcp_splice_eof() - a splice into the socket ended early: send the rest
 * @sock: the socket
 */
void newtcp_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (skb_queue_empty_lockless(&sk->sk_write_queue))
		return;
	lock_sock(sk);
	send_some(sk, 0, newtcp_current_mss(sk), newtcp_nagle_of(newtcp_sk(sk)));
	release_sock(sk);
}
