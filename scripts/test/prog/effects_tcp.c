// SPDX-License-Identifier: GPL-2.0
/*
 * Every option of SOL_TCP in Linux 6.12's headers, by its effect; effects.h says
 * how. What holds in virtual time alone (moments of giving up) has wire cases.
 */
#include "effects.h"

#include <linux/tcp.h>

static void no_delay(const struct row *r)
{
	int seen = capture(F_NONE), n = 0;
	struct pair p = make_pair(r, true, false);
	uint8_t packet[2048];

	must(!set(p.s, IPPROTO_TCP, TCP_QUICKACK, 0), "delayed ACKs");
	for (int i = 0; i < 4; i++) {
		send(p.c, "a", 1, 0);
		n += find_packet(seen, 0, 3, packet, sizeof(packet)) > 0;
	}
	say("segments %d", n);
}

static void cork(const struct row *r)
{
	struct pair p = make_pair(r, true, false);

	send(p.c, "abc", 3, 0);
	say("corked: event %x, ", events(p.s, POLLIN, 50));
	must(!set(p.c, r->level, r->opt, 0), "uncork");
	say("then %x", events(p.s, POLLIN, 50));
}

static void max_segment(const struct row *r)
{
	int seen = capture(F_MSS);
	struct pair p = make_pair(r, true, false);

	say("%d; ", get(p.c, r->level, r->opt));
	say_wire(seen, F_MSS);
}

static void max_segment_listener(const struct row *r)
{
	int seen = capture(F_MSS);
	struct pair p = make_pair(r, false, true);

	say("%d; ", get(p.s, r->level, r->opt));
	say_wire(seen, F_MSS);
}

/* Without a process: the virtual clock leaps while one is loaded. */
static void lo_down(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	must(!ioctl(fd, SIOCGIFFLAGS, &ifr), "flags of lo");
	ifr.ifr_flags &= ~IFF_UP;
	must(!ioctl(fd, SIOCSIFFLAGS, &ifr), "lo down");
	close(fd);
}

/* The first keepalive probe, the next ones, and the end, in seconds. */
static void keep_alive(const struct row *r)
{
	struct pair p = make_pair(r, true, false);
	double begin = now();

	set(p.c, IPPROTO_TCP, TCP_KEEPIDLE, r->opt == TCP_KEEPIDLE ? r->val : 1);
	set(p.c, IPPROTO_TCP, TCP_KEEPINTVL, r->opt == TCP_KEEPINTVL ? r->val : 1);
	set(p.c, IPPROTO_TCP, TCP_KEEPCNT, r->opt == TCP_KEEPCNT ? r->val : 2);
	set(p.c, SOL_SOCKET, SO_KEEPALIVE, 1);
	lo_down();
	events(p.c, POLLIN, 20000);
	say("ended after %d s, error %d", (int)(now() - begin + .5), get(p.c, SOL_SOCKET, SO_ERROR));
}

/* A SYN that nobody answers. */
static void no_answer(const struct row *r)
{
	int c = sock();
	struct sockaddr_in a = addr(0x0a080002, PORT);
	double begin;
	int ret;

	must(!system("ip link add d0 type dummy && ip address add 10.8.0.1/24 dev d0 &&"
		     "ip link set d0 up && ip neigh add 10.8.0.2 lladdr 02:00:00:00:00:01 dev d0"),
	     "device");
	must(!apply(r, c), "set");
	begin = now();
	ret = connect(c, (void *)&a, sizeof(a));
	say("connect %s after %d s", err_name(ret), (int)(now() - begin + .5));
}

/* FIN-WAIT-2 without an owner: is what comes late still answered by an ACK? */
static void linger2(const struct row *r)
{
	struct pair p = make_pair(r, true, false);
	long n = 0;

	close(p.c);
	events(p.s, POLLRDHUP, 500);
	pause_ms(1500);
	n = send(p.s, "late", 4, MSG_NOSIGNAL);
	pause_ms(50);
	say("send %s, error %d", err_name(n), get(p.s, SOL_SOCKET, SO_ERROR));
}

static void defer_accept(const struct row *r)
{
	int l = sock(), c = sock();

	must(!apply(r, l), "set");
	listen_on(l);
	connect_to(c);
	say("without data: event %x, ", events(l, POLLIN, 200));
	send(c, "abc", 3, 0);
	say("with: %x", events(l, POLLIN, 2000));
}

static void window_clamp(const struct row *r)
{
	int seen = capture(F_WINDOW);
	struct pair p = make_pair(r, false, true);

	say("listener %d, accepted %d; ", get(p.l, r->level, r->opt), get(p.s, r->level, r->opt));
	say_wire(seen, F_WINDOW);
}

/* Fields of struct tcp_info that do not depend on moments. */
static void info(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	static char buf[30000];
	struct tcp_info i;
	socklen_t len = sizeof(i);
	long n = 0;

	memset(&i, 0, sizeof(i));
	must(!getsockopt(p.l, r->level, r->opt, &i, &len), "get");
	say("%d bytes; listener: state %d, %u of %u; ", len, i.tcpi_state, i.tcpi_unacked, i.tcpi_sacked);
	send(p.c, buf, sizeof(buf), 0);
	while (n < (long)sizeof(buf))
		n += recv(p.s, buf, sizeof(buf), 0);
	send(p.s, "x", 1, 0);
	pause_ms(300);
	for (int s = 0; s < 2; s++) {
		len = sizeof(i);
		must(!getsockopt(s ? p.s : p.c, r->level, r->opt, &i, &len), "get");
		say("%s: state %d ca %d options %x scale %d/%d out %u/%u/%u/%u pmtu %u "
		    "advmss %u reordering %u retrans %u backoff %u probes %u unsent %u cwnd %s "
		    "ssthresh %u pacing %s max %llx acked %llu received %llu "
		    "rtt %s rto %s min %s delivered %s wnd %s/%s; ",
		    s ? "server" : "client", i.tcpi_state, i.tcpi_ca_state, i.tcpi_options,
		    i.tcpi_snd_wscale, i.tcpi_rcv_wscale, i.tcpi_unacked,
		    i.tcpi_sacked, i.tcpi_lost, i.tcpi_retrans, i.tcpi_pmtu, i.tcpi_advmss,
		    i.tcpi_reordering, i.tcpi_total_retrans, i.tcpi_backoff, i.tcpi_probes,
		    i.tcpi_notsent_bytes, i.tcpi_snd_cwnd >= 10 ? "10" : "<10", i.tcpi_snd_ssthresh,
		    i.tcpi_pacing_rate ? "some" : "0", (unsigned long long)i.tcpi_max_pacing_rate,
		    (unsigned long long)i.tcpi_bytes_acked, (unsigned long long)i.tcpi_bytes_received,
		    i.tcpi_rtt ? "some" : "0", i.tcpi_rto >= 200000 ? "good" : "bad",
		    i.tcpi_min_rtt ? "some" : "0", i.tcpi_delivered ? "some" : "0",
		    i.tcpi_snd_wnd ? "some" : "0", i.tcpi_rcv_space ? "some" : "0");
	}
}

/* Of ten small segments, how many are acknowledged at once? */
static void quick_ack(const struct row *r)
{
	int seen = capture(F_NONE), acks = 0;
	struct pair p = make_pair(r, false, false);
	uint8_t packet[2048];
	char c;

	must(!set(p.c, IPPROTO_TCP, TCP_NODELAY, 1), "no delay");
	for (int on = 1; on >= 0; on--) {
		acks = 0;
		for (int i = 0; i < 10; i++) {
			set(p.s, r->level, r->opt, on);
			find_packet(seen, 1, 2, packet, sizeof(packet));
			send(p.c, "a", 1, 0);
			events(p.s, POLLIN, 100);
			acks += find_packet(seen, 1, 2, packet, sizeof(packet)) > 0;
			recv(p.s, &c, 1, 0);
			pause_ms(50);
		}
		say("%s: %s; ", on ? "on" : "off", acks > 7 ? "at once" : "later");
	}
}

static void congestion(const struct row *r)
{
	static const char *const names[] = { "reno", "cubic", "", "nonesuch" };
	struct pair p = make_pair(r, false, true);
	char name[16] = "";
	socklen_t len = sizeof(name);

	getsockopt(p.s, r->level, r->opt, name, &len);
	say("accepted has %s; ", name);
	for (size_t i = 0; i < COUNT(names); i++)
		say("%s %s, ", names[i], err_name(setsockopt(p.s, r->level, r->opt, names[i],
							   strlen(names[i]))));
}

/* Little that is unsent means that there is no room to write more. */
static void not_sent(const struct row *r)
{
	struct pair p = make_pair(r, true, false);
	char buf[65536];
	long sum = fill(p.c);
	unsigned int full = events(p.c, POLLOUT, 0);
	struct tcp_info i = { 0 };
	socklen_t len = sizeof(i);

	must(!getsockopt(p.c, IPPROTO_TCP, TCP_INFO, &i, &len), "info");
	say("unsent %s, full %x", i.tcpi_notsent_bytes < 150000 ? "little" : "much", full);
	for (long n = 0; n < sum;) {
		long k = recv(p.s, buf, sizeof(buf), 0);

		must(k > 0, "receive");
		n += k;
	}
	say(", empty %x, ", events(p.c, POLLOUT, 500));
	must(!set(p.c, r->level, r->opt, 1 << 30), "set");
	say("%d, more %s", get(p.c, r->level, r->opt), fill(p.c) > sum ? "yes" : "no");
}

static void user_timeout(const struct row *r)
{
	struct pair p = make_pair(r, true, false);
	double begin;

	must(!system("ip link set lo down"), "lo down");
	begin = now();
	send(p.c, "abc", 3, 0);
	events(p.c, POLLIN, 20000);
	say("ended after %s, error %d", now() - begin < 5 ? "3 s" : "long",
	    get(p.c, SOL_SOCKET, SO_ERROR));
}

static void clock_of(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	int first, second;

	first = get(p.c, r->level, r->opt);
	pause_ms(100);
	second = get(p.c, r->level, r->opt);
	say("set %s, ", err_name(set(p.c, r->level, r->opt, 5)));
	say("runs %s", second - first >= 90 && second - first < 200 ? "by ms" : "otherwise");
}

static void inq(const struct row *r)
{
	struct pair p = make_pair(r, false, true);
	char data[10], control[256];
	struct iovec v = { data, 3 };
	struct msghdr m;

	say("accepted %d; ", get(p.s, r->level, r->opt));
	must(!set(p.s, r->level, r->opt, 1), "set");
	send(p.c, "1234567", 7, 0);
	shutdown(p.c, SHUT_WR);
	events(p.s, POLLRDHUP, 500);
	for (int i = 0; i < 4; i++) {
		m = (struct msghdr){ .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
				     .msg_controllen = sizeof(control) };
		say("%ld:", (long)recvmsg(p.s, &m, 0));
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			say(" %d/%d %d", c->cmsg_level, c->cmsg_type, *(int *)CMSG_DATA(c));
		say("; ");
	}
}

static void saved_syn(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ "", IPPROTO_TCP, TCP_SAVE_SYN, 1, NULL, NULL, 0 },
				  false, true);
	unsigned char buf[200] = "";
	socklen_t len = sizeof(buf);

	say("%s, ", err_name(getsockopt(p.s, r->level, r->opt, buf, &len)));
	say("%d bytes of %x", len, buf[0]);
}

static void thin(const struct row *r)
{
	int fd = sock();

	say("1 %s, ", err_name(set(fd, r->level, r->opt, 1)));
	say("2 %s, ", err_name(set(fd, r->level, r->opt, 2)));
	say("is %d", get(fd, r->level, r->opt));
}

static void cc_info(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	char buf[64];
	socklen_t len = sizeof(buf);

	say("%s, ", err_name(getsockopt(p.c, r->level, r->opt, buf, &len)));
	say("%d bytes", len);
}

static void fast_open(const struct row *r)
{
	struct pair p = make_pair(r, false, true);

	say("connected, event %x", events(p.c, POLLOUT, 100));
}

#define T(name, val, probe) { #name, IPPROTO_TCP, name, val, probe, NULL, 0 }
#define U(name, nr, val, probe) { #name, IPPROTO_TCP, nr, val, probe, NULL, 0 }

static const char reno[] = "reno";

static const struct row rows[] = {
	T(TCP_NODELAY, 1, no_delay),
	T(TCP_MAXSEG, 1000, max_segment),
	{ "TCP_MAXSEG listening", IPPROTO_TCP, TCP_MAXSEG, 900, max_segment_listener, NULL, 0 },
	T(TCP_CORK, 1, cork),
	T(TCP_KEEPIDLE, 3, keep_alive),
	T(TCP_KEEPINTVL, 3, keep_alive),
	T(TCP_KEEPCNT, 5, keep_alive),
	T(TCP_SYNCNT, 1, no_answer),
	T(TCP_LINGER2, 1, linger2),
	{ "TCP_LINGER2 negative", IPPROTO_TCP, TCP_LINGER2, -1, linger2, NULL, 0 },
	T(TCP_DEFER_ACCEPT, 5, defer_accept),
	T(TCP_WINDOW_CLAMP, 5000, window_clamp),
	T(TCP_INFO, 0, info),
	T(TCP_QUICKACK, 1, quick_ack),
	{ "TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION, 0, congestion, reno, 4 },
	T(TCP_MD5SIG, 0, NULL),
	T(TCP_THIN_LINEAR_TIMEOUTS, 1, thin),
	T(TCP_THIN_DUPACK, 1, thin),
	T(TCP_USER_TIMEOUT, 3000, user_timeout),
	T(TCP_REPAIR, 0, NULL),
	T(TCP_REPAIR_QUEUE, 0, NULL),
	T(TCP_QUEUE_SEQ, 0, NULL),
	T(TCP_REPAIR_OPTIONS, 0, NULL),
	T(TCP_FASTOPEN, 5, fast_open),
	T(TCP_TIMESTAMP, 0, clock_of),
	T(TCP_NOTSENT_LOWAT, 20000, not_sent),
	T(TCP_CC_INFO, 0, cc_info),
	T(TCP_SAVE_SYN, 1, NULL),
	T(TCP_SAVED_SYN, 0, saved_syn),
	T(TCP_REPAIR_WINDOW, 0, NULL),
	T(TCP_FASTOPEN_CONNECT, 1, NULL),
	T(TCP_ULP, 0, NULL),
	T(TCP_MD5SIG_EXT, 0, NULL),
	T(TCP_FASTOPEN_KEY, 0, NULL),
	T(TCP_FASTOPEN_NO_COOKIE, 1, NULL),
	T(TCP_ZEROCOPY_RECEIVE, 0, NULL),
	T(TCP_INQ, 1, inq),
	T(TCP_TX_DELAY, 0, NULL),
	U(TCP_AO_ADD_KEY, 38, 0, NULL),
	U(TCP_AO_DEL_KEY, 39, 0, NULL),
	U(TCP_AO_INFO, 40, 0, NULL),
	U(TCP_AO_GET_KEYS, 41, 0, NULL),
	U(TCP_AO_REPAIR, 42, 0, NULL),
	U(TCP_IS_MPTCP, 43, 0, NULL),
};

int main(int argc, char **argv)
{
	return run_rows(rows, COUNT(rows), argc, argv);
}
