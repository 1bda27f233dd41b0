// SPDX-License-Identifier: GPL-2.0
/*
 * The program reads: recvmsg(2), splice(2), and the in-kernel readers
 * (RFC 9293 3.10.3).
 *
 * The receive queue holds skbs in order; newtcp_sock.copied_seq is how far the
 * program has come. Reading opens the window, and may owe the peer an ACK.
 *
 * Context: process, socket lock held unless noted.
 */
#include <linux/sched/signal.h>
#include <linux/skbuff.h>
#include <linux/sockios.h>
#include <linux/splice.h>
#include <asm/ioctls.h>
#include <net/busy_poll.h>
#include <net/ip.h>
#include <net/sock.h>
#include "core/delack.h"
#include "core/rcvwnd.h"
#include "core/wire.h"
#include "tcp/rx/acking.h"
#include "tcp/rx/rcvbuf.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "recv.h"
#include "tstamp.h"
#include "wake.h"

/**
 * newtcp_cleanup_rbuf() - the program has read: is an ACK due?
 * @sk: the connection
 * @copied: bytes read; 0 when it only looked
 */
void newtcp_cleanup_rbuf(struct sock *sk, int copied)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	bool now = newtcp_delack_read(&tp->delack, tp->rcv_nxt - tp->rcvwnd.wup,
				      copied > 0 && !atomic_read(&sk->sk_rmem_alloc),
				      newtcp_pingpong_thresh(tp));

	sock_owned_by_me(sk);
	if (copied > 0 && !(sk->sk_shutdown & RCV_SHUTDOWN)) {
		u32 cur = newtcp_receive_window(tp);

		if (newtcp_rcvwnd_may_double(&tp->rcvwnd, cur)) {
			now = now || newtcp_rcvwnd_doubles(cur, newtcp_free_window(sk));
			/* What waits there takes room, and may be nothing new. */
			if (READ_ONCE(sk->sk_backlog.len))
				set_bit(NEWTCP_DEFER_WINDOW, &tp->deferred);
		}
	}
	if (now)
		newtcp_send_ack(sk);
}

/**
 * newtcp_window_deferred() - the program has read, and the backlog is empty now
 * @sk: the connection
 *
 * Linux leaves that to the peer's window probe.
 */
void newtcp_window_deferred(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 cur = newtcp_receive_window(tp);

	sock_owned_by_me(sk);
	if (!((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2)) ||
	    sk->sk_shutdown & RCV_SHUTDOWN)
		return;
	if (newtcp_rcvwnd_may_double(&tp->rcvwnd, cur) &&
	    newtcp_rcvwnd_doubles(cur, newtcp_free_window(sk)))
		newtcp_send_ack(sk);
}

/*
 * The skb that holds @seq, and where in it, looked for from @from on (NULL: from
 * the first); NULL: that has not arrived. Behind a FIN there is only the FIN.
 */
static struct sk_buff *find_skb(struct sock *sk, struct sk_buff *from, u32 seq,
				u32 *offset)
{
	struct sk_buff *skb = from ?: sk->sk_receive_queue.next;

	skb_queue_walk_from(&sk->sk_receive_queue, skb) {
		u32 off = seq - NEWTCP_CB(skb)->seq;

		if (off < skb->len || (NEWTCP_CB(skb)->flags & TH_FIN &&
				       (int)off >= (int)skb->len)) {
			*offset = off;
			return skb;
		}
	}
	return NULL;
}

static void eat_skb(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_receive_queue);
	__kfree_skb(skb);
}

/* Nothing to read: is that the end? > 0 yes (0 bytes), < 0 an error, 0 wait. */
static int read_end(struct sock *sk, int copied, long timeo)
{
	if (copied) {
		if (sk->sk_err || sk->sk_state == TCP_CLOSE ||
		    (sk->sk_shutdown & RCV_SHUTDOWN) || !timeo ||
		    signal_pending(current))
			return 1;
		return 0;
	}
	if (sock_flag(sk, SOCK_DONE))
		return 1;
	if (sk->sk_err)
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 1;
	if (sk->sk_state == TCP_CLOSE)
		/* Reading from a connection that never was. */
		return -ENOTCONN;
	if (!timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	return 0;
}

struct reader {
	struct msghdr *msg;
	size_t len;		/* still wanted */
	int flags;
	int copied;
	u32 peek_seq;		/* position of a MSG_PEEK */
	u32 peek_off;		/* SO_PEEK_OFF: where it began, from COPIED_SEQ */
	struct sk_buff *at;	/* MSG_PEEK: where it is; void once unlocked */
	struct newtcp_rx_stamps stamps;
};

static u32 *position(struct newtcp_sock *tp, struct reader *r)
{
	return r->flags & MSG_PEEK ? &r->peek_seq : &tp->copied_seq;
}

/*
 * Copy what one skb has. Returns 0 to go on, 1 at a FIN, -errno. The skb is
 * freed when all of it was read.
 */
static int read_skb(struct sock *sk, struct reader *r, struct sk_buff *skb,
		    u32 offset)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 *seq = position(tp, r);
	size_t used = offset < skb->len ?
		      min_t(size_t, skb->len - offset, r->len) : 0;
	bool fin = NEWTCP_CB(skb)->flags & TH_FIN;
	int err;

	if (used) {
		if (!(r->flags & MSG_TRUNC)) {
			err = skb_copy_datagram_msg(skb, offset, r->msg, used);
			if (err)
				return r->copied ? 1 : -EFAULT;
		}
		WRITE_ONCE(*seq, *seq + used);
		r->copied += used;
		r->len -= used;
		if (r->flags & MSG_PEEK)
			sk_peek_offset_fwd(sk, used);
		else
			sk_peek_offset_bwd(sk, used);
		newtcp_rx_stamp(sk, &r->stamps, skb);
		/* Not once at the end: a call may wait for many round trips' data. */
		if (!(r->flags & MSG_PEEK))
			newtcp_rcv_space_adjust(sk);
	}
	if (offset + used < skb->len)
		return 0;
	if (fin) {
		WRITE_ONCE(*seq, *seq + 1);
		if (!(r->flags & MSG_PEEK))
			eat_skb(sk, skb);
		return 1;
	}
	if (!(r->flags & MSG_PEEK))
		eat_skb(sk, skb);
	return 0;
}

/* MSG_PEEK looks on from where it stood; the others drop what was read. */
static struct sk_buff *next_skb(struct sock *sk, struct reader *r, u32 *offset)
{
	struct sk_buff *skb = find_skb(sk, r->at, *position(newtcp_sk(sk), r),
				       offset);

	if (r->flags & MSG_PEEK)
		r->at = skb;
	return skb;
}

static int recv_locked(struct sock *sk, struct reader *r, long timeo)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	int target = sock_rcvlowat(sk, r->flags & MSG_WAITALL, r->len);
	struct sk_buff *skb;
	u32 offset;
	int ret;

	do {
		skb = next_skb(sk, r, &offset);
		if (skb) {
			ret = read_skb(sk, r, skb, offset);
			if (ret)
				return min(ret, 0);
			continue;
		}
		/* Enough, and nothing more waits in the backlog. */
		if (r->copied >= target && !READ_ONCE(sk->sk_backlog.tail))
			return 0;
		ret = read_end(sk, r->copied, timeo);
		if (ret)
			return min(ret, 0);

		if (r->copied >= target) {
			/* What is read stays in one piece: nobody else gets the socket. */
			__sk_flush_backlog(sk);
		} else {
			newtcp_cleanup_rbuf(sk, r->flags & MSG_PEEK ? 0 :
					    r->copied);
			ret = sk_wait_data(sk, &timeo,
					   skb_peek_tail(&sk->sk_receive_queue));
			if (ret < 0)
				return r->copied ? 0 : ret;
		}
		/* Meanwhile others may have read, skbs been merged or replaced. */
		r->at = NULL;
		if ((r->flags & MSG_PEEK) &&
		    r->peek_seq - r->peek_off - r->copied != tp->copied_seq)
			r->peek_seq = tp->copied_seq + r->peek_off;
	} while (r->len > 0);
	return 0;
}

/**
 * newtcp_recvmsg() - recvmsg(2)
 * @sk: the connection
 * @msg: where to
 * @len: bytes wanted
 * @flags: MSG_*
 *
 * Context: process, not locked.
 * Return: bytes read, 0 at the end; -ENOTCONN, -EAGAIN, -EFAULT, -EINVAL,
 * -ERESTARTSYS, or the error of the connection.
 */
int newtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct reader r = { .msg = msg, .len = len, .flags = flags };
	int err;

	if (unlikely(flags & MSG_ERRQUEUE))
		return newtcp_recv_error(sk, msg, len);
	if (sk_can_busy_loop(sk) &&
	    skb_queue_empty_lockless(&sk->sk_receive_queue) &&
	    sk->sk_state == TCP_ESTABLISHED)
		sk_busy_loop(sk, flags & MSG_DONTWAIT);

	lock_sock(sk);
	err = -ENOTCONN;
	if (sk->sk_state == TCP_LISTEN)
		goto out;
	err = -EINVAL;
	/* No urgent data is ever kept apart, so none can be asked for. */
	if (flags & MSG_OOB)
		goto out;

	r.peek_off = max(sk_peek_offset(sk, flags), 0);
	r.peek_seq = tp->copied_seq + r.peek_off;
	err = recv_locked(sk, &r, sock_rcvtimeo(sk, flags & MSG_DONTWAIT));
	if (!(flags & MSG_PEEK))
		newtcp_cleanup_rbuf(sk, r.copied);
out:
	release_sock(sk);
	err = r.copied ?: err;
	if (unlikely(r.stamps.software || r.stamps.hardware ||
		     tp->recvmsg_inq || msg->msg_get_inq) && err >= 0)
		newtcp_rx_cmsg(sk, msg, &r.stamps);
	return err;
}

/**
 * newtcp_read_sock() - hand received data to an actor, without copying
 * @sk: the connection
 * @desc: the actor's state; its count says how much is wanted
 * @actor: called for each piece
 *
 * Return: bytes consumed, or -errno of the actor.
 */
int newtcp_read_sock(struct sock *sk, read_descriptor_t *desc,
		     sk_read_actor_t actor)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;
	int copied = 0, used;
	u32 offset;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	while ((skb = find_skb(sk, NULL, tp->copied_seq, &offset))) {
		if (offset < skb->len) {
			used = actor(desc, skb, offset, skb->len - offset);
			if (used <= 0) {
				copied = copied ?: used;
				break;
			}
			WRITE_ONCE(tp->copied_seq, tp->copied_seq + used);
			copied += used;
			/* An actor may unlock: the skb may be another now. */
			skb = find_skb(sk, NULL, tp->copied_seq - 1, &offset);
			if (!skb)
				break;
			if (offset + 1 < skb->len) {
				if (!desc->count)
					break;
				continue;
			}
		}
		if (NEWTCP_CB(skb)->flags & TH_FIN) {
			eat_skb(sk, skb);
			WRITE_ONCE(tp->copied_seq, tp->copied_seq + 1);
			break;
		}
		eat_skb(sk, skb);
		if (!desc->count)
			break;
	}
	if (copied > 0) {
		newtcp_rcv_space_adjust(sk);
		newtcp_cleanup_rbuf(sk, copied);
	}
	return copied;
}

struct splice_state {
	struct pipe_inode_info *pipe;
	size_t len;
	unsigned int flags;
};

static int to_pipe(read_descriptor_t *desc, struct sk_buff *skb,
		   unsigned int offset, size_t len)
{
	struct splice_state *s = desc->arg.data;
	int ret;

	ret = skb_splice_bits(skb, skb->sk, offset, s->pipe,
			      min(desc->count, len), s->flags);
	if (ret > 0)
		desc->count -= ret;
	return ret;
}

/**
 * newtcp_splice_read() - splice(2) from the connection to a pipe
 * @sock: the socket
 * @ppos: must not be asked for: a stream has no position
 * @pipe: where to
 * @len: bytes wanted
 * @flags: SPLICE_F_*
 *
 * Context: process, not locked.
 * Return: bytes moved, 0 at the end, or -errno as newtcp_recvmsg().
 */
ssize_t newtcp_splice_read(struct socket *sock, loff_t *ppos,
			   struct pipe_inode_info *pipe, size_t len,
			   unsigned int flags)
{
	struct sock *sk = sock->sk;
	struct splice_state s = { .pipe = pipe, .len = len, .flags = flags };
	read_descriptor_t desc = { .arg.data = &s };
	ssize_t spliced = 0;
	long timeo;
	int ret = 0;

	if (unlikely(*ppos))
		return -ESPIPE;
	lock_sock(sk);
	/* As Linux: SPLICE_F_NONBLOCK is about the pipe alone. */
	timeo = sock_rcvtimeo(sk, sock->file->f_flags & O_NONBLOCK);
	while (len) {
		desc.count = len;
		ret = newtcp_read_sock(sk, &desc, to_pipe);
		if (ret < 0)
			break;
		if (ret > 0) {
			len -= ret;
			spliced += ret;
			/* Let the reader of the pipe have it now. */
			if (!timeo)
				break;
			release_sock(sk);
			lock_sock(sk);
		}
		if (ret > 0 && !sk->sk_err && sk->sk_state != TCP_CLOSE &&
		    !(sk->sk_shutdown & RCV_SHUTDOWN) &&
		    !signal_pending(current) &&
		    !skb_queue_empty(&sk->sk_receive_queue))
			continue;
		if (spliced)
			break;
		ret = read_end(sk, 0, timeo);
		if (ret)
			break;
		/* A pipe that is full of what is here makes no progress. */
		if (!skb_queue_empty(&sk->sk_receive_queue))
			break;
		ret = sk_wait_data(sk, &timeo, NULL);
		if (ret < 0)
			break;
	}
	release_sock(sk);
	return spliced ?: min(ret, 0);
}

/* Bytes that a read would give now. */
static int unread(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	int n = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);

	/* The FIN has a number but is no byte. */
	if (n && sock_flag(sk, SOCK_DONE))
		n--;
	return max(n, 0);
}

/**
 * newtcp_peek_len() - bytes that a read would give now
 * @sock: the socket
 *
 * Context: any process.
 * Return: their number.
 */
int newtcp_peek_len(struct socket *sock)
{
	return unread(sock->sk);
}

/**
 * newtcp_set_rcvlowat() - SO_RCVLOWAT
 * @sk: the connection
 * @val: bytes that a reader waits for
 *
 * Return: 0.
 */
int newtcp_set_rcvlowat(struct sock *sk, int val)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	int cap, space;

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		cap = sk->sk_rcvbuf >> 1;
	else
		cap = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]) >> 1;
	val = min(val, cap);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);

	newtcp_data_ready(sk);
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		return 0;
	space = newtcp_truesize_of(tp->rcvwnd.ratio, val);
	if (space > sk->sk_rcvbuf) {
		WRITE_ONCE(sk->sk_rcvbuf, space);
		if (tp->rcvwnd.clamp && tp->rcvwnd.clamp < val)
			tp->rcvwnd.clamp = val;
	}
	return 0;
}

/**
 * newtcp_ioctl_int() - the ioctls that give a number
 * @sk: the socket
 * @cmd: SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK
 * @val: out: the answer
 *
 * Context: process, not locked.
 * Return: 0; -EINVAL on a listener; -ENOIOCTLCMD.
 */
int newtcp_ioctl_int(struct sock *sk, int cmd, int *val)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	bool slow;

	switch (cmd) {
	case SIOCINQ:
		if (sk->sk_state == TCP_LISTEN)
			return -EINVAL;
		slow = lock_sock_fast(sk);
		*val = (1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV) ?
		       0 : unread(sk);
		unlock_sock_fast(sk, slow);
		return 0;
	case SIOCATMARK:
		/* There never is a mark. */
		*val = 0;
		return 0;
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		if (sk->sk_state == TCP_LISTEN)
			return -EINVAL;
		if ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))
			*val = 0;
		else if (cmd == SIOCOUTQ)
			*val = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_una);
		else
			*val = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_nxt);
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}
