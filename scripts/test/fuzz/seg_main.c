// SPDX-License-Identifier: GPL-2.0
/*
 * Hostile segments, over a tun device: peers that play foul against sockets that listen
 * and connect, in a network namespace of its own. What is checked is told in seg_check.c
 * (every segment of the stack) and seg_app.c (every byte that the program reads); at the
 * end clean connections, opened by either side, must still come through.
 *
 *	seg_fuzz [OPTION]...
 *	--family newinet|inet|mixed	of the sockets (newinet)
 *	--seed N			as printed by a run before; without, a new one
 *	--steps N, --seconds N		how long (20,000 steps)
 *	--threads N			of the program; 0: it takes turns with the peer (0)
 *	--virtual			in virtual time: waits are long, for they cost nothing
 *	--keep-on			go on after a finding
 *	--trace				every segment of every connection
 *	--pcap FILE			the packets
 *
 * A failure is replayed with the seed it prints, same options. In virtual time and with
 * --threads 0 the run is the same but for what the kernel draws itself (its ISNs);
 * otherwise each thread does the same things, against another interleaving.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "seg.h"

struct fuzz fuzz;

static pthread_mutex_t saying = PTHREAD_MUTEX_INITIALIZER;

void note(struct conn *c, const char *fmt, ...)
{
	char *line = c->trace[c->traced++ % TRACE];
	uint64_t now = now_ms();
	va_list ap;
	int n;

	n = snprintf(line, sizeof(c->trace[0]), "%ju.%03u ", (uintmax_t)now / 1000,
		     (unsigned int)(now % 1000));
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(c->trace[0]) - n, fmt, ap);
	va_end(ap);
	if (fuzz.trace)
		printf("%u %s\n", c->id, line);
}

/* Packets of the stack's that the device had no room for; -1: not known. */
static int device_drops(void)
{
	FILE *file = fopen("/proc/self/net/dev", "r");
	char line[512];
	int n = -1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " tun0: %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %d", &n) == 1)
			break;
	if (file)
		fclose(file);
	return n;
}

void finding(const struct conn *c, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&saying);
	printf("FINDING (%s, seed %ju, step %ju): ", fuzz.family_name, (uintmax_t)fuzz.seed,
	       (uintmax_t)fuzz.steps);
	if (c)
		printf("connection %u%s: ", c->id, c->clean ? " (clean)" : "");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (c) {
		printf("#  family %d; packets that the device dropped: %d\n",
		       atomic_load(&fuzz.share[c->id].family), device_drops());
		printf("#  mss %d ws %d/%d ts %d sack %d stream %jd; una %jd frontier %jd edge %jd; max_end %jd offered %jd\n",
		       c->mss, c->ws, c->stack_ws, c->ts_on, c->sack, (intmax_t)c->stream_len,
		       (intmax_t)c->snd_una, (intmax_t)c->frontier, (intmax_t)c->win_edge,
		       (intmax_t)c->max_end, (intmax_t)c->edge);
		for (unsigned int i = c->traced > TRACE ? c->traced - TRACE : 0; i < c->traced; i++)
			printf("#  %s\n", c->trace[i % TRACE]);
	}
	fflush(stdout);
	pthread_mutex_unlock(&saying);
	if (atomic_fetch_add(&fuzz.findings, 1) >= 20 || !fuzz.keep_on)
		atomic_store(&fuzz.stop, true);
}

static void capture(const uint8_t *packet, int len)
{
	uint64_t now = now_ms();
	uint32_t head[4] = { now / 1000, now % 1000 * 1000, len, len };

	fwrite(head, sizeof(head), 1, fuzz.pcap);
	fwrite(packet, len, 1, fuzz.pcap);
}

/* A packet to the stack; one with a gso_size is a super-packet of TCP's. */
void inject(const uint8_t *packet, int len, int gso_size)
{
	static uint8_t raw[70000];
	int head = fuzz.vnet ? 10 : 0;

	if (fuzz.vnet) {
		uint16_t words[4] = { 0 };

		memset(raw, 0, 10);
		if (gso_size) {
			raw[0] = 1;
			raw[1] = 1;
			words[0] = 20 + (packet[32] >> 4) * 4;
			words[1] = gso_size;
			words[2] = 20;
			words[3] = 16;
			memcpy(raw + 2, words, 8);
		}
	}
	memcpy(raw + head, packet, len);
	if (fuzz.pcap)
		capture(packet, len);
	/* What is malformed may be refused here already. */
	if (write(fuzz.tun, raw, head + len) >= 0)
		fuzz.segments_in++;
}

static void drain(int wait_ms)
{
	static uint8_t raw[70000];
	struct pollfd p = { .fd = fuzz.tun, .events = POLLIN };
	int n;

	if (wait_ms)
		poll(&p, 1, wait_ms);
	while ((n = read(fuzz.tun, raw, sizeof(raw))) > 0) {
		if (fuzz.pcap)
			capture(raw + (fuzz.vnet ? 10 : 0), n - (fuzz.vnet ? 10 : 0));
		if (make_whole(raw, &n))
			peer_take(raw, n);
	}
}

/* --- the namespace */
static void set(const char *name, const char *value)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		printf("# %s: %s\n", name, strerror(errno));
	close(fd);
}

/* Settings of this run: each at one of a few values. */
static void settings(struct rng *r)
{
	static const char *const choices[][6] = {
		{ "ipv4/tcp_sack", "1", "1", "0" },
		{ "ipv4/tcp_timestamps", "1", "1", "0", "2" },
		{ "ipv4/tcp_window_scaling", "1", "1", "0" },
		{ "ipv4/tcp_rmem", "4096 131072 6291456", "4096 4096 4096", "4096 20000 500000" },
		{ "ipv4/tcp_wmem", "4096 16384 4194304", "4096 4096 4096", "4096 4096 100000" },
		{ "ipv4/tcp_moderate_rcvbuf", "1", "1", "0" },
		{ "ipv4/tcp_congestion_control", "cubic", "reno" },
		{ "ipv4/tcp_tw_reuse", "2", "1", "0" },
		{ "ipv4/tcp_max_tw_buckets", "8192", "5", "0" },
		{ "ipv4/tcp_max_syn_backlog", "512", "16", "4096" },
		{ "ipv4/tcp_synack_retries", "2", "1", "5" },
		{ "ipv4/tcp_fin_timeout", "60", "5", "1" },
		{ "ipv4/tcp_slow_start_after_idle", "1", "0" },
		{ "ipv4/tcp_adv_win_scale", "1", "2", "-2" },
		{ "ipv4/tcp_app_win", "31", "0", "8" },
		{ "ipv4/tcp_early_retrans", "3", "0" },
		{ "ipv4/tcp_min_tso_segs", "2", "1" },
		{ "ipv4/tcp_dsack", "1", "0" },
		{ "ipv4/tcp_frto", "2", "0" },
		{ "ipv4/tcp_rfc1337", "0", "1" },
		{ "ipv4/tcp_challenge_ack_limit", "2147483647", "100" },
		{ "ipv4/tcp_min_snd_mss", "48", "65", "536" },
		{ "ipv4/tcp_limit_output_bytes", "1048576", "20000" },
		{ "ipv4/tcp_workaround_signed_windows", "0", "1" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(choices); i++) {
		int n = 1;

		while (n < 6 && choices[i][n])
			n++;
		n = 1 + below(r, n - 1);
		set(choices[i][0], choices[i][n]);
		if (strstr(choices[i][0], "min_snd_mss"))
			fuzz.min_snd_mss = atoi(choices[i][n]);
	}
	set("ipv4/tcp_syncookies", "0");
	set("ipv4/tcp_orphan_retries", "2");
	set("ipv4/tcp_no_metrics_save", "1");
	set("ipv4/tcp_invalid_ratelimit", chance(r, 50) ? "0" : "500");
	set("ipv4/icmp_ratemask", "0");
	set("ipv6/conf/all/disable_ipv6", "1");
}

static void with_ifreq(int request, const char *name, void (*fill)(struct ifreq *))
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(ifr.ifr_name, name);
	fill(&ifr);
	if (fd < 0 || ioctl(fd, request, &ifr))
		die("%s: %s", name, strerror(errno));
	close(fd);
}

static void fill_up(struct ifreq *ifr)
{
	ifr->ifr_flags = IFF_UP;
}

static void fill_address(struct ifreq *ifr)
{
	struct sockaddr_in a = address(AF_INET, "10.88.0.1", 0);

	memcpy(&ifr->ifr_addr, &a, sizeof(a));
}

static void fill_mask(struct ifreq *ifr)
{
	struct sockaddr_in a = address(AF_INET, "255.0.0.0", 0);

	memcpy(&ifr->ifr_addr, &a, sizeof(a));
}

static void fill_queue(struct ifreq *ifr)
{
	/* Nothing may be lost on its way to the peer: numbers are looked at for gaps. */
	ifr->ifr_qlen = 20000;
}

static void make_world(void)
{
	struct rng r = rng_make(fuzz.seed, 2);
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	if (unshare(CLONE_NEWNET))
		die("unshare: %s", strerror(errno));
	settings(&r);
	with_ifreq(SIOCSIFFLAGS, "lo", fill_up);
	fuzz.vnet = chance(&r, 60);
	if (fuzz.vnet)
		ifr.ifr_flags |= IFF_VNET_HDR;
	if (chance(&r, 50))
		ifr.ifr_flags |= IFF_NAPI;	/* and GRO with it */
	strcpy(ifr.ifr_name, "tun0");
	fuzz.tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fuzz.tun < 0 || ioctl(fuzz.tun, TUNSETIFF, &ifr))
		die("tun: %s", strerror(errno));
	if (fuzz.vnet && ioctl(fuzz.tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4))
		die("tun offload: %s", strerror(errno));
	with_ifreq(SIOCSIFADDR, "tun0", fill_address);
	with_ifreq(SIOCSIFNETMASK, "tun0", fill_mask);
	with_ifreq(SIOCSIFTXQLEN, "tun0", fill_queue);
	with_ifreq(SIOCSIFFLAGS, "tun0", fill_up);
	printf("# tun%s%s\n", fuzz.vnet ? " super-packets" : "",
	       ifr.ifr_flags & IFF_NAPI ? " napi" : "");
}

/* --- the run */
static void *app_thread(void *arg)
{
	struct rng pauses = rng_make(fuzz.seed, 3);

	while (!atomic_load(&fuzz.stop)) {
		app_step(arg);
		if (chance(&pauses, 5))
			usleep(below(&pauses, 2000));
	}
	return NULL;
}

static void one_step(struct app *turn)
{
	struct rng *r = &fuzz.rng;
	int wait = 0;

	for (int i = below(r, 4); i >= 0; i--)
		peer_act();
	for (int i = turn ? below(r, 8) : 0; i > 0; i--)
		app_step(turn);
	peer_tend();
	if (chance(r, 10))
		wait = 1;
	else if (chance(r, 1))
		wait = 1 + below(r, 40);
	else if (fuzz.virtual_time && chance(r, 1) && chance(r, 30))
		wait = 200 + below(r, 3000);
	drain(wait);
	fuzz.steps++;
}

/* Whether the stack is alive: clean connections from both sides, and nothing else. */
static void last_words(struct app *turn)
{
	uint64_t end = now_ms() + 200000, before = fuzz.cleans;
	int opened = 0;

	fuzz.calm_since = now_ms();
	atomic_store(&fuzz.calm, true);
	while (!atomic_load(&fuzz.stop) && now_ms() < end) {
		for (int i = 0; i < 20; i++)
			peer_act();
		if (turn)
			app_step(turn);
		peer_tend();
		drain(1);
		if (opened == 8 && peer_idle() && fuzz.cleans >= before + 8)
			return;
		if (opened == 8 || !peer_idle() || atomic_load(&fuzz.wanted))
			continue;
		/* What was begun before is over. */
		if (!opened)
			before = fuzz.cleans;
		if (opened++ & 1)
			atomic_fetch_add(&fuzz.wanted, 1);
		else
			peer_open_clean();
	}
	if (!atomic_load(&fuzz.stop))
		finding(NULL, "no life: %ju of 8 clean connections came through at the end",
			(uintmax_t)(fuzz.cleans - before));
}

static void say(void)
{
	printf("# %s seed %ju: %ju steps, %ju segments to the stack, %ju from it, %ju connections (%ju clean ones done), %ju half-open, %ju windows taken back; %ju accepted, %ju calls, %ju bytes read, %ju written, %d findings\n",
	       fuzz.family_name, (uintmax_t)fuzz.seed, (uintmax_t)fuzz.steps,
	       (uintmax_t)fuzz.segments_in, (uintmax_t)fuzz.segments_out,
	       (uintmax_t)fuzz.connections, (uintmax_t)fuzz.cleans, (uintmax_t)fuzz.flood, (uintmax_t)fuzz.taken_back,
	       (uintmax_t)atomic_load(&fuzz.accepted), (uintmax_t)atomic_load(&fuzz.calls),
	       (uintmax_t)atomic_load(&fuzz.bytes_read),
	       (uintmax_t)atomic_load(&fuzz.bytes_written), atomic_load(&fuzz.findings));
	fflush(stdout);
}

static void open_pcap(const char *name)
{
	static const uint32_t head[] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101 };

	fuzz.pcap = fopen(name, "w");
	if (!fuzz.pcap)
		die("%s: %s", name, strerror(errno));
	fwrite(head, sizeof(head), 1, fuzz.pcap);
}

static void run(int threads, uint64_t steps, uint64_t seconds)
{
	pthread_t thread[8];
	struct app *apps[8];
	uint64_t begin = now_ms(), said = begin;

	for (int i = 0; i == 0 || i < threads; i++)
		apps[i] = app_make(i);
	for (int i = 0; i < threads; i++)
		pthread_create(&thread[i], NULL, app_thread, apps[i]);
	while (!atomic_load(&fuzz.stop) && (!steps || fuzz.steps < steps) &&
	       (!seconds || now_ms() - begin < seconds * 1000) &&
	       atomic_load(&fuzz.next_id) < IDS - 100) {
		one_step(threads ? NULL : apps[0]);
		if (fuzz.steps % 256 == 0 && now_ms() - said > 60000) {
			said = now_ms();
			say();
		}
	}
	last_words(threads ? NULL : apps[0]);
	atomic_store(&fuzz.stop, true);
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i == 0 || i < threads; i++)
		app_close_all(apps[i]);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "family", 1, NULL, 'f' }, { "seed", 1, NULL, 's' }, { "steps", 1, NULL, 'n' },
		{ "seconds", 1, NULL, 't' }, { "threads", 1, NULL, 'j' },
		{ "virtual", 0, NULL, 'v' }, { "keep-on", 0, NULL, 'k' },
		{ "trace", 0, NULL, 'x' }, { "pcap", 1, NULL, 'p' }, { 0 },
	};
	uint64_t steps = 0, seconds = 0;
	const char *seed = NULL;
	int threads = 0, opt;

	fuzz.family_name = "newinet";
	while ((opt = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (opt) {
		case 'f': fuzz.family_name = optarg; break;
		case 's': seed = optarg; break;
		case 'n': steps = strtoull(optarg, NULL, 0); break;
		case 't': seconds = strtoull(optarg, NULL, 0); break;
		case 'j': threads = atoi(optarg) & 7; break;
		case 'v': fuzz.virtual_time = true; break;
		case 'k': fuzz.keep_on = true; break;
		case 'x': fuzz.trace = true; break;
		case 'p': open_pcap(optarg); break;
		default: die("usage: see the top of seg_main.c");
		}
	}
	if (!steps && !seconds)
		steps = 20000;
	if (strcmp(fuzz.family_name, "mixed"))
		fuzz.family = family_of(fuzz.family_name);
	fuzz.seed = seed_of(seed);
	fuzz.rng = rng_make(fuzz.seed, 1);
	fuzz.share = calloc(IDS, sizeof(*fuzz.share));
	if (!fuzz.share)
		die("no memory");
	printf("# seed %ju\n", (uintmax_t)fuzz.seed);
	fflush(stdout);
	make_world();
	app_listen();
	run(threads, steps, seconds);
	say();
	return !!atomic_load(&fuzz.findings);
}
