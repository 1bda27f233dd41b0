/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that differs between the supported kernels. The module is
 * written for 7.3; this file, which Kbuild includes in front of every other,
 * gives older ones the newer names. No other file looks at the version.
 */
#ifndef _NEWINET_COMPAT_H
#define _NEWINET_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(7, 4, 0)
#error "newinet is for Linux 6.1 to 7.3"
#elif LINUX_VERSION_CODE >> 8 != KERNEL_VERSION(6, 1, 0) >> 8 && \
	 LINUX_VERSION_CODE >> 8 != KERNEL_VERSION(6, 12, 0) >> 8 && \
	 LINUX_VERSION_CODE >> 8 != KERNEL_VERSION(7, 3, 0) >> 8
#warning "newinet is tested on Linux 6.1, 6.12 and 7.3, not on this one"
#endif

/* 6.2: what a unit test may see. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define VISIBLE_IF_KUNIT	static
#define EXPORT_SYMBOL_IF_KUNIT(symbol)
#else
#include <kunit/visibility.h>
#endif

/* 6.2 and 6.12: flags of SO_TIMESTAMPING. */
#include <linux/net_tstamp.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define NEWINET_TS_OPT_ID_TCP		0
#else
#define NEWINET_TS_OPT_ID_TCP		SOF_TIMESTAMPING_OPT_ID_TCP
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define NEWINET_TS_OPT_RX_FILTER	0
#else
#define NEWINET_TS_OPT_RX_FILTER	SOF_TIMESTAMPING_OPT_RX_FILTER
#endif

/* 6.12: skb_condense() is there for modules. What it saves is memory alone. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <linux/skbuff.h>
#define skb_condense(skb)	do { } while (0)
#endif

/* 6.13: a timer and its function at once. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#include <linux/hrtimer.h>
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *timer),
				 clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

/* 6.3: IPv4 has a limit of its own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define NEWINET_GSO_MAX_SIZE(dev)	READ_ONCE((dev)->gso_max_size)
#else
#define NEWINET_GSO_MAX_SIZE(dev)	READ_ONCE((dev)->gso_ipv4_max_size)
#endif

/* 6.6: struct inet_sock's bit-fields became inet_flags. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define NEWINET_BIT_FREEBIND		freebind
#define NEWINET_BIT_HDRINCL		hdrincl
#define NEWINET_BIT_MC_ALL		mc_all
#define NEWINET_BIT_MC_LOOP		mc_loop
#define NEWINET_BIT_RECVERR		recverr
#define NEWINET_BIT_TRANSPARENT		transparent
#define inet_test_bit(nr, sk)		(inet_sk(sk)->NEWINET_BIT_##nr)
#define inet_set_bit(nr, sk)		(inet_sk(sk)->NEWINET_BIT_##nr = 1)
#define inet_clear_bit(nr, sk)		(inet_sk(sk)->NEWINET_BIT_##nr = 0)
#endif

/*
 * 6.8: the kernel's bind bucket lists its owners by address. Before, it had
 * two lists of them, and the second kept TIME-WAIT entries apart.
 */
#include <net/inet_hashtables.h>
#include <net/inet_timewait_sock.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define newinet_for_each_bound(sk, tb) sk_for_each_bound(sk, &(tb)->owners)

static inline void newinet_bucket_add_sock(struct sock *sk, struct inet_bind_bucket *tb,
					   struct inet_bind2_bucket *tb2)
{
	sk_add_bind_node(sk, &tb->owners);
	sk_add_bind2_node(sk, &tb2->owners);
}

static inline void newinet_bucket_add_tw(struct inet_timewait_sock *tw)
{
	hlist_add_head(&tw->tw_bind_node, &tw->tw_tb->owners);
	hlist_add_head(&tw->tw_bind2_node, &tw->tw_tb2->deathrow);
}

static inline void newinet_bucket_del_tw(struct inet_timewait_sock *tw)
{
	hlist_del_init(&tw->tw_bind_node);
	hlist_del_init(&tw->tw_bind2_node);
}
#else
#define newinet_bind2(ptr) hlist_entry_safe(ptr, struct inet_bind2_bucket, bhash_node)
#define newinet_for_each_bound(sk, tb)					\
	for (struct inet_bind2_bucket *__tb2 = newinet_bind2((tb)->bhash2.first); \
	     __tb2; __tb2 = newinet_bind2(__tb2->bhash_node.next))	\
		sk_for_each_bound(sk, &__tb2->owners)

static inline void newinet_bucket_add_sock(struct sock *sk, struct inet_bind_bucket *tb,
					   struct inet_bind2_bucket *tb2)
{
	sk_add_bind_node(sk, &tb2->owners);
}

static inline void newinet_bucket_add_tw(struct inet_timewait_sock *tw)
{
	hlist_add_head(&tw->tw_bind_node, &tw->tw_tb2->owners);
}

static inline void newinet_bucket_del_tw(struct inet_timewait_sock *tw)
{
	hlist_del_init(&tw->tw_bind_node);
}
#endif

/* 6.5: proto.ioctl gives an integer back; 6.10: proto.accept takes a struct. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#include <linux/uaccess.h>
#define NEWINET_PROTO_IOCTL(name, impl)					\
static int name(struct sock *sk, int cmd, unsigned long arg)		\
{									\
	int val, err = impl(sk, cmd, &val);				\
									\
	return err ?: put_user(val, (int __user *)arg);			\
}
#else
#define NEWINET_PROTO_IOCTL(name, impl)					\
static int name(struct sock *sk, int cmd, int *val)			\
{									\
	return impl(sk, cmd, val);					\
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
struct proto_accept_arg {
	int flags;
	int err;
	int is_empty;
	bool kern;
};

#define NEWINET_PROTO_ACCEPT(name, impl)				\
static struct sock *name(struct sock *sk, int flags, int *err, bool kern) \
{									\
	struct proto_accept_arg arg = { .flags = flags, .kern = kern };	\
	struct sock *child = impl(sk, &arg);				\
									\
	if (!child)							\
		*err = arg.err;						\
	return child;							\
}
#else
#define NEWINET_PROTO_ACCEPT(name, impl)				\
static struct sock *name(struct sock *sk, struct proto_accept_arg *arg)	\
{									\
	return impl(sk, arg);						\
}
#endif

/* 6.7: cgroup address programs are told the length of the address. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define NEWINET_CGROUP_CONNECT(sk, addr, len) \
	BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr)
#else
#define NEWINET_CGROUP_CONNECT(sk, addr, len) \
	BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr, len)
#endif

/*
 * 6.5: pages to be sent come with sendmsg(), MSG_SPLICE_PAGES, not one by one
 * with sendpage().
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#include <linux/bvec.h>
#include <linux/skbuff.h>
#include <linux/uio.h>

static inline ssize_t skb_splice_from_iter(struct sk_buff *skb, struct iov_iter *iter,
					   ssize_t most, gfp_t gfp)
{
	size_t off = iter->bvec->bv_offset + iter->iov_offset;
	ssize_t len = min_t(ssize_t, most, iov_iter_count(iter));
	struct page *page = iter->bvec->bv_page;
	int i = skb_shinfo(skb)->nr_frags;

	if (!sendpage_ok(page))
		return -EIO;
	if (skb_can_coalesce(skb, i, page, off)) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], len);
	} else if (i < MAX_SKB_FRAGS) {
		get_page(page);
		skb_fill_page_desc_noacc(skb, i, page, off, len);
	} else {
		return -EMSGSIZE;
	}
	skb_len_add(skb, len);
	iov_iter_advance(iter, len);
	return len;
}

#define NEWINET_SENDPAGE(name, sendmsg)					\
int name(struct sock *sk, struct page *page, int offset, size_t size, int flags) \
{									\
	struct bio_vec bvec = {						\
		.bv_page = page, .bv_offset = offset, .bv_len = size	\
	};								\
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };	\
									\
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bvec, 1, size);	\
	return sendmsg(sk, &msg, size);					\
}

#define NEWINET_MSG_NOTLAST	MSG_SENDPAGE_NOTLAST
#define NEWINET_SENDPAGE_OPS						\
	.sendpage	= inet_sendpage,				\
	.sendpage_locked = newtcp_sendpage_locked,
#define NEWINET_SENDPAGE_PROTO						\
	.sendpage		= newtcp_sendpage,
#else
#define NEWINET_SENDPAGE(name, sendmsg)
#define NEWINET_MSG_NOTLAST	0
#define NEWINET_SENDPAGE_OPS
#define NEWINET_SENDPAGE_PROTO
#endif

/* 6.2: struct tcp_info got the receive window. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define NEWINET_INFO_RCV_WND(info, wnd) do { } while (0)
#else
#define NEWINET_INFO_RCV_WND(info, wnd) ((info)->tcpi_rcv_wnd = (wnd))
#endif

/* 6.5: net.ipv4.tcp_syn_linear_timeouts. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define NEWINET_SYN_LINEAR_TIMEOUTS(net)	0
#else
#define NEWINET_SYN_LINEAR_TIMEOUTS(net) \
	READ_ONCE((net)->ipv4.sysctl_tcp_syn_linear_timeouts)
#endif

/* 6.7: net.ipv4.tcp_pingpong_thresh. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define NEWINET_PINGPONG_THRESH(net)	1
#else
#define NEWINET_PINGPONG_THRESH(net) \
	READ_ONCE((net)->ipv4.sysctl_tcp_pingpong_thresh)
#endif

/* 6.11: net.ipv4.tcp_rto_min_us. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define NEWINET_RTO_MIN_US(net)	200000
#else
#define NEWINET_RTO_MIN_US(net) \
	READ_ONCE((net)->ipv4.sysctl_tcp_rto_min_us)
#endif

/* 6.12: ip_icmp_error() is there for modules. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/ip.h>

static inline void newinet_queue_icmp(struct sock *sk, struct sk_buff *skb, int err,
				      __be16 port, u32 info, u8 *payload)
{
	struct sock_exterr_skb *serr;

	skb = skb_clone(skb, GFP_ATOMIC);
	if (!skb)
		return;
	serr = SKB_EXT_ERR(skb);
	serr->ee = (struct sock_extended_err){
		.ee_errno = err, .ee_origin = SO_EE_ORIGIN_ICMP,
		.ee_type = icmp_hdr(skb)->type, .ee_code = icmp_hdr(skb)->code,
		.ee_info = info,
	};
	serr->addr_offset = (u8 *)&((struct iphdr *)(icmp_hdr(skb) + 1))->daddr -
			    skb_network_header(skb);
	serr->port = port;
	if (!skb_pull(skb, payload - skb->data)) {
		kfree_skb(skb);
		return;
	}
	skb_reset_transport_header(skb);
	if (sock_queue_err_skb(sk, skb))
		kfree_skb(skb);
}
#else
#define newinet_queue_icmp	ip_icmp_error
#endif

/* 6.11: SMC became a protocol of AF_INET, too. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define NEWINET_IPPROTO_SMC	256
#else
#define NEWINET_IPPROTO_SMC	IPPROTO_SMC
#endif

/* 6.7: seconds after which TS.Recent is void; the clock may be in microseconds. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define NEWINET_PAWS_VOID	(24 * 24 * 3600)
#else
#define NEWINET_PAWS_VOID	(INT_MAX / USEC_PER_SEC)
#endif

/* 6.10: two headers were split off from others. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#include <linux/skbuff_ref.h>
#include <net/proto_memory.h>
#endif

/*
 * 6.13, 6.16: what the control messages of a write may ask of the kernel's own TCP alone: an
 * id for its time stamps, which that refuses, and memory of a device.
 */
#include <net/sock.h>
static inline bool newinet_cmsg_alien(const struct sockcm_cookie *c)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	return c->tsflags & SOCKCM_FLAG_TS_OPT_ID || c->dmabuf_id;
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	return c->tsflags & SOCKCM_FLAG_TS_OPT_ID;
#else
	return false;
#endif
}

/*
 * 6.15: whether an ACK is to be stamped, the kernel looks up where its own
 * TCP says so in the segment's control block.
 */
#include <linux/errqueue.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define newinet_stamp_ack(skb, sk) __skb_tstamp_tx(skb, NULL, NULL, sk, SCM_TSTAMP_ACK)
#else
#include <net/tcp.h>

static inline void newinet_stamp_ack(struct sk_buff *skb, struct sock *sk)
{
	struct tcp_skb_cb kept = *TCP_SKB_CB(skb);

	TCP_SKB_CB(skb)->txstamp_ack = TSTAMP_ACK_SK;
	__skb_tstamp_tx(skb, NULL, NULL, sk, SCM_TSTAMP_ACK);
	*TCP_SKB_CB(skb) = kept;
}
#endif

/* 6.16: from_timer() got a name that says more; DCCP went. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#include <linux/timer.h>
#ifndef timer_container_of
#define timer_container_of(var, timer, field)	from_timer(var, timer, field)
#endif
#define tcp_get_hashinfo(sk)	tcp_or_dccp_get_hashinfo(sk)
#endif

/* 6.17: what is spliced needs no memory any more. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define skb_splice_from_iter(skb, iter, most, gfp) \
	skb_splice_from_iter(skb, iter, most)
#endif

/* 6.17: the queue that schedule_work() takes got a name that says more. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_percpu_wq	system_wq
#endif

/* 6.17: the user whose socket it is, without a lock. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define sk_uid(sk)	sock_i_uid(sk)
#endif

/* 6.18: a namespace knows its table of the kernel's sockets. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define __inet_lookup_established(net, ...)				\
	__inet_lookup_established(net, (net)->ipv4.tcp_death_row.hashinfo, __VA_ARGS__)
#define __inet_lookup_listener(net, ...)				\
	__inet_lookup_listener(net, (net)->ipv4.tcp_death_row.hashinfo, __VA_ARGS__)
#endif

/* 7.1: control messages with time stamps are made of ktime_t. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
#define newinet_scm_stamp(kt)	ktime_to_timespec64(kt)
#else
#define newinet_scm_stamp(kt)	(kt)
#endif

/* 6.19: addresses of any size have a type of their own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define sockaddr_unsized sockaddr
#endif

/* 7.1: the length of an address that is received stands in the message alone. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
#include <net/inet_common.h>

static inline int newinet_recv_error(struct sock *sk, struct msghdr *msg, int len)
{
	return inet_recv_error(sk, msg, len, &msg->msg_namelen);
}

#define NEWINET_PROTO_RECVMSG(name, impl)				\
static int name(struct sock *sk, struct msghdr *msg, size_t len,	\
		int flags, int *addr_len)				\
{									\
	int ret = impl(sk, msg, len, flags);				\
									\
	if (flags & MSG_ERRQUEUE)					\
		*addr_len = msg->msg_namelen;				\
	return ret;							\
}
#else
#define newinet_recv_error(sk, msg, len)	inet_recv_error(sk, msg, len)
#define NEWINET_PROTO_RECVMSG(name, impl)				\
static int name(struct sock *sk, struct msghdr *msg, size_t len,	\
		int flags)						\
{									\
	return impl(sk, msg, len, flags);				\
}
#endif

#endif /* _NEWINET_COMPAT_H */
