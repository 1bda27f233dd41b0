// SPDX-License-Identifier: GPL-2.0
/*
 * The call fuzzer's networks: namespaces with live sockets that come and go, devices that
 * go up, down and away and change their MTU, addresses, routes with every metric at odd
 * values, and sysctls. By netlink itself: starting ip(8) costs an emulated machine more
 * than a thousand calls.
 */
#define _GNU_SOURCE
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include "call.h"

struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct rtmsg route;
		char space[1000];
	};
};

static void begin(struct request *q, int type, int flags, int size)
{
	memset(q, 0, sizeof(*q));
	q->head.nlmsg_len = NLMSG_LENGTH(size);
	q->head.nlmsg_type = type;
	q->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
}

static struct rtattr *put(struct request *q, int type, const void *value, int len)
{
	struct rtattr *a = (void *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), value, len);
	q->head.nlmsg_len = NLMSG_ALIGN(q->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void put32(struct request *q, int type, uint32_t value)
{
	put(q, type, &value, sizeof(value));
}

static void put_end(struct request *q, struct rtattr *nest)
{
	nest->rta_len = (char *)q + NLMSG_ALIGN(q->head.nlmsg_len) - (char *)nest;
}

static void ask(struct request *q)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	char answer[4096];

	if (fd < 0)
		return;
	done(send(fd, q, q->head.nlmsg_len, 0));
	if (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) < 0)
		answer[0] = 0;
	close(fd);
}

static void link_make(const char *kind, const char *name, const char *peer)
{
	struct ifinfomsg none = { 0 };
	struct rtattr *info, *data, *other;
	struct request q;

	begin(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(q.link));
	put(&q, IFLA_IFNAME, name, strlen(name) + 1);
	info = put(&q, IFLA_LINKINFO, NULL, 0);
	put(&q, IFLA_INFO_KIND, kind, strlen(kind));
	if (peer) {
		data = put(&q, IFLA_INFO_DATA, NULL, 0);
		other = put(&q, VETH_INFO_PEER, &none, sizeof(none));
		put(&q, IFLA_IFNAME, peer, strlen(peer) + 1);
		put_end(&q, other);
		put_end(&q, data);
	}
	put_end(&q, info);
	ask(&q);
}

static void link_set(const char *name, bool up, uint32_t mtu)
{
	struct request q;

	begin(&q, RTM_NEWLINK, 0, sizeof(q.link));
	q.link.ifi_index = if_nametoindex(name);
	q.link.ifi_change = IFF_UP;
	q.link.ifi_flags = up ? IFF_UP : 0;
	if (mtu)
		put32(&q, IFLA_MTU, mtu);
	ask(&q);
}

static void link_del(const char *name)
{
	struct request q;

	begin(&q, RTM_DELLINK, 0, sizeof(q.link));
	q.link.ifi_index = if_nametoindex(name);
	if (q.link.ifi_index > 1)
		ask(&q);
}

static void address_set(const char *name, uint32_t addr, bool add)
{
	struct request q;

	begin(&q, add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
	      sizeof(q.addr));
	q.addr.ifa_family = AF_INET;
	q.addr.ifa_prefixlen = 24;
	q.addr.ifa_index = if_nametoindex(name);
	addr = htonl(addr);
	put(&q, IFA_LOCAL, &addr, 4);
	put(&q, IFA_ADDRESS, &addr, 4);
	ask(&q);
}

static void set(const char *name, const char *value)
{
	char path[120];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	done(write(fd, value, strlen(value)));
	close(fd);
}

/*
 * What a namespace begins with. Orphans outlive their programs, and hold the namespace
 * and the module, for as long as sysctls and options say: here never long, so that what
 * is still there later is there for ever.
 */
void net_up(struct rng *r)
{
	link_set("lo", true, 0);
	set("tcp_orphan_retries", "2");
	set("tcp_fin_timeout", "2");
	if (chance(r, 70)) {
		link_make("dummy", "dummy0", NULL);
		address_set("dummy0", 0x0a090001, true);
		link_set("dummy0", true, 0);
	}
	if (chance(r, 50)) {
		link_make("veth", "veth0", "veth1");
		address_set("veth0", 0x0a090002, true);
		link_set("veth0", true, 0);
		link_set("veth1", true, 0);
	}
}

void op_netns(struct thread *t)
{
	/* Where others are too slow to be taken down, fewer. */
	if (atomic_load(&tally->namespaces) / (fuzz_round + 1) > 40)
		return;
	if (done(unshare(CLONE_NEWNET)) < 0)
		return;
	atomic_fetch_add(&tally->namespaces, 1);
	net_up(&t->rng);
}

static const char *some_link(struct rng *r)
{
	static const char *const names[] = { "lo", "lo", "dummy0", "veth0", "veth1" };

	return names[below(r, ARRAY_SIZE(names))];
}

void op_device(struct thread *t)
{
	struct rng *r = &t->rng;
	const char *name = some_link(r);

	switch (below(r, 6)) {
	case 0:
		link_set(name, false, 0);
		/* Not for long: else little more would happen. */
		usleep(below(r, 3000));
		link_set(name, true, 0);
		break;
	case 1:
		link_set(name, true, chance(r, 60) ? 68 + below(r, 3000) : edge32(r));
		break;
	case 2:
		link_set(name, true, 65536);
		break;
	case 3:
		link_del(name);
		net_up(r);
		break;
	default:
		address_set(name, 0x0a090001 + below(r, 3), chance(r, 70));
	}
}

void op_route(struct thread *t)
{
	struct rng *r = &t->rng;
	bool add = chance(r, 80), local = chance(r, 70);
	uint32_t to = htonl(local ? 0x7f000001 + below(r, 2) : 0x0a090001 + below(r, 3));
	const char *link = local ? "lo" : some_link(r);
	struct rtattr *metrics;
	struct request q;

	begin(&q, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
	      sizeof(q.route));
	q.route.rtm_family = AF_INET;
	q.route.rtm_dst_len = 32;
	q.route.rtm_table = local ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
	q.route.rtm_type = local ? RTN_LOCAL : chance(r, 90) ? RTN_UNICAST : 6 + below(r, 3);
	q.route.rtm_scope = local ? RT_SCOPE_HOST : RT_SCOPE_LINK;
	q.route.rtm_protocol = RTPROT_STATIC;
	put(&q, RTA_DST, &to, 4);
	if (q.route.rtm_type <= RTN_LOCAL)
		put32(&q, RTA_OIF, if_nametoindex(link));
	metrics = put(&q, RTA_METRICS, NULL, 0);
	for (int i = below(r, 5); i > 0; i--) {
		int which = 1 + below(r, RTAX_MAX);

		if (which == RTAX_CC_ALGO)
			put(&q, which, chance(r, 50) ? "reno" : "cubic", 6);
		else if (which == RTAX_RTT)	/* eighths of a ms: RTOs of minutes hold the module */
			put32(&q, which, below(r, 4000));
		else if (which == RTAX_RTO_MIN)
			put32(&q, which, some_size(r, 500));	/* see net_up() */
		else
			/* The kernel's TCP warns of a window that is negative as an int. */
			put32(&q, which, (chance(r, 30) ? below(r, 100) : edge32(r)) &
			      (which == RTAX_INITCWND ? INT32_MAX : UINT32_MAX));
	}
	put_end(&q, metrics);
	ask(&q);
}

void op_sysctl(struct thread *t)
{
	static const char *const names[] = {
		"tcp_sack", "tcp_timestamps", "tcp_window_scaling", "tcp_rmem", "tcp_wmem",
		"tcp_moderate_rcvbuf", "tcp_congestion_control", "tcp_tw_reuse",
		"tcp_max_tw_buckets", "tcp_max_syn_backlog", "tcp_synack_retries",
		"tcp_syn_retries", "tcp_retries1", "tcp_retries2", "tcp_orphan_retries",
		"tcp_fin_timeout", "tcp_keepalive_time", "tcp_keepalive_intvl",
		"tcp_keepalive_probes", "tcp_slow_start_after_idle", "tcp_adv_win_scale",
		"tcp_app_win", "tcp_early_retrans", "tcp_recovery", "tcp_dsack", "tcp_frto",
		"tcp_rfc1337", "tcp_challenge_ack_limit", "tcp_min_snd_mss", "tcp_base_mss",
		"tcp_limit_output_bytes", "tcp_workaround_signed_windows", "tcp_syncookies",
		"tcp_abort_on_overflow", "tcp_max_reordering", "tcp_reordering", "tcp_mtu_probing",
		"tcp_mtu_probe_floor", "tcp_probe_interval", "tcp_no_metrics_save", "tcp_ecn",
		"tcp_min_tso_segs", "tcp_tso_win_divisor", "tcp_tso_rtt_log", "tcp_min_rtt_wlen",
		"tcp_pacing_ss_ratio", "tcp_pacing_ca_ratio", "tcp_invalid_ratelimit",
		"tcp_notsent_lowat", "tcp_thin_linear_timeouts", "tcp_autocorking",
		"tcp_syn_linear_timeouts", "tcp_rto_min_us", "tcp_shrink_window",
		"tcp_comp_sack_delay_ns", "tcp_comp_sack_slack_ns", "tcp_comp_sack_nr",
		"tcp_fastopen", "tcp_stdurg", "tcp_retrans_collapse", "tcp_backlog_ack_defer",
		"tcp_pingpong_thresh", "tcp_reflect_tos", "tcp_migrate_req", "tcp_l3mdev_accept",
		"ip_local_port_range", "ip_default_ttl", "ip_no_pmtu_disc",
		"ip_unprivileged_port_start", "ip_nonlocal_bind", "ip_dynaddr",
		"route/min_pmtu", "route/mtu_expires", "route/min_adv_mss",
		"../core/somaxconn", "../core/default_qdisc",
	};
	struct rng *r = &t->rng;
	const char *name = names[below(r, ARRAY_SIZE(names))];
	char text[80];

	if (strstr(name, "congestion"))
		strcpy(text, chance(r, 50) ? "reno" : "cubic");
	else if (strstr(name, "mem") || strstr(name, "range"))
		snprintf(text, sizeof(text), "%u %u %u", edge32(r), edge32(r), edge32(r));
	else if (strstr(name, "orphan") || strstr(name, "fin_timeout"))
		snprintf(text, sizeof(text), "%u", 1 + below(r, 3));	/* see net_up() */
	else if (strstr(name, "rto_min"))
		snprintf(text, sizeof(text), "%u", some_size(r, 500000));
	else if (chance(r, 50))
		snprintf(text, sizeof(text), "%u", below(r, 3));
	else
		snprintf(text, sizeof(text), "%d", (int)edge32(r));
	set(name, text);
}
