/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The segment fuzzer's parts: seg_main.c (options, the loop, the tun device), seg_packet.c
 * (packets built and taken apart), seg_check.c (what every segment of the stack is held
 * to), seg_peer.c (the peer that plays foul), seg_app.c (the program with the sockets).
 *
 * Positions are 64 bits wide and relative: in the peer's stream to its ISS (SYN is 0,
 * the first byte 1), in the program's to the stack's ISS likewise.
 */
#ifndef NEWINET_SEG_H
#define NEWINET_SEG_H

#include "fuzz.h"

#define TH_FIN		0x01
#define TH_SYN		0x02
#define TH_RST		0x04
#define TH_PSH		0x08
#define TH_ACK		0x10
#define TH_URG		0x20

#define LOCAL_NET	0x0a000000u		/* 10/8, all behind the tun device */
#define LOCAL_ADDR	(LOCAL_NET | 88 << 16 | 1)
#define FLOOD_NET	(LOCAL_NET | 99 << 16)	/* half-open requests come from there */
#define LISTEN_PORT	5000
#define LISTENERS	4

#define IDS		(1 << 18)		/* connections in a run */
#define MAX_STREAM	(1 << 20)		/* bytes that a peer may send */
#define SENT_BITS	(MAX_STREAM * 2)	/* what is kept of where it sent */
#define CONNS		48			/* peers at a time */
#define FINS		4

/*
 * What program and peer know of a connection in common, by its number. Every field is
 * set before the call or the packet that makes it true.
 */
struct share {
	_Atomic uint32_t attempted;	/* bytes that the program gave to send calls */
	_Atomic int64_t fin;		/* where the program ended its stream; -1 */
	_Atomic int64_t fins[FINS];	/* where the peer put a FIN; 0: nowhere (+1) */
	_Atomic int nfins;
	_Atomic int open;		/* descriptors that the program has of it */
	_Atomic int done;		/* the program has read all of a clean stream */
	_Atomic uint32_t read;		/* bytes that the program has read */
	_Atomic int family;		/* of the program's socket */
};

/* A packet of the stack's, taken apart. */
struct seg {
	uint32_t src, dst, seq, ack;
	uint16_t sport, dport, win, gso_size;
	uint8_t flags;
	int len;			/* of the data */
	const uint8_t *data;
	int mss, ws;			/* options; -1: not there */
	bool sack_ok, ts;
	uint32_t tsval, tsecr;
	int nsacks;
	uint32_t sacks[4][2];
	const uint8_t *ip;		/* as it came, for ICMP to quote */
	int ip_len;
};

enum peer_state { P_FREE, P_SYN_SENT, P_SYN_SEEN, P_OPEN, P_OVER };

#define TRACE	48

struct conn {
	uint32_t id;
	enum peer_state state;
	bool clean;			/* plays by the rules, must come to its end */
	uint64_t began, moved;		/* ms: first packet, last progress */
	uint16_t lport;
	uint32_t iss, irs;
	bool irs_known, reset, muddled;
	/* what the peer's SYN says, the same each time */
	int mss, ws, win;
	bool sack, ts;
	/* agreed */
	bool ws_on, ts_on;
	int stack_ws, stack_mss;
	/* from the stack */
	int64_t max_end;		/* end of what it has sent */
	int64_t edge;			/* right edge that it was ever offered */
	struct {
		int64_t ack, edge;
	} future[32];			/* offers with an ACK of what is still to come */
	int nfuture;
	bool any_edge;
	int64_t fin;			/* position of its FIN; -1 */
	int64_t acked;			/* how much of it the peer has acknowledged */
	uint32_t ts_last, ts_recent;
	/* to the stack */
	uint8_t *sent;			/* bit for each position sent, from 0 (SYN) */
	int64_t sent_top;		/* no bit is set from here on */
	int64_t frontier;		/* all before it was sent */
	int64_t snd_nxt, snd_una;
	int64_t win_edge, held_edge;	/* the window's right edge, ever; and since the SYN */
	int64_t stream_len;		/* bytes until the FIN */
	int64_t behind_fin;		/* the number after the last false FIN; 0: none */
	bool never_fin, false_fins, lethal;
	uint32_t ts_off;
	uint8_t quote[80];		/* the head of what the stack sent last */
	int quote_len;
	char trace[TRACE][160];
	unsigned int traced;
};

/* One packet to be sent. */
struct out {
	uint32_t src, dst;
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t win;
	uint8_t flags;
	uint8_t opts[40];
	int optlen;
	int doff;			/* 0: what is right */
	int gso_size;			/* 0: no super-packet */
	bool bad_sum;
	int fragments;			/* so many; 0 or 1: whole */
	const uint8_t *data;
	int len;
};

struct fuzz {
	uint64_t seed;
	const char *family_name;
	int family;			/* of the sockets; 0: either */
	bool vnet, trace, virtual_time, keep_on;
	int tun, min_snd_mss;
	FILE *pcap;
	struct rng rng;			/* the peer's */
	uint64_t calm_since;		/* ms */
	uint64_t steps, segments_in, segments_out, connections, flood, cleans, taken_back;
	_Atomic uint64_t bytes_read, bytes_written, calls, accepted;
	_Atomic int findings;
	_Atomic bool stop, calm;	/* calm: nothing but what is clean from here on */
	_Atomic uint32_t next_id;
	_Atomic int wanted;		/* clean connections that the program is to open */
	struct share *share;
	struct conn conns[CONNS];
};

extern struct fuzz fuzz;

/* seg_main.c */
void inject(const uint8_t *packet, int len, int gso_size);
__attribute__((format(printf, 2, 3)))
void finding(const struct conn *c, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
void note(struct conn *c, const char *fmt, ...);

/* seg_packet.c */
bool make_whole(uint8_t *raw, int *len);
const char *take_apart(struct seg *s, const uint8_t *raw, int len);
void send_segment(const struct out *o);
void send_icmp(uint32_t src, uint32_t dst, uint8_t type, uint8_t code, uint32_t rest,
	       const uint8_t *quote, int len);
const char *flags_text(uint8_t flags);

/* seg_check.c */
struct conn *conn_find(uint32_t id);
void judge(struct conn *c, const struct seg *s);
void offer(struct conn *c, int64_t ack, int64_t edge);
void mark_sent(struct conn *c, int64_t from, int64_t to);
bool all_sent(const struct conn *c, int64_t from, int64_t to);

/* seg_peer.c */
void peer_take(const uint8_t *raw, int len);
void peer_act(void);
void peer_tend(void);
void peer_open_clean(void);
bool peer_idle(void);

/* seg_app.c */
struct app;
struct app *app_make(int number);
void app_listen(void);
void app_step(struct app *a);
void app_close_all(struct app *a);

/* Connection number <-> the peer's address and port. */
static inline uint32_t addr_of(uint32_t id)
{
	return LOCAL_NET | 88 << 16 | (256 + (id >> 4));
}

static inline uint16_t port_of(uint32_t id)
{
	return 0x8000 | (id & 15) << 8 | (mix(id) & 0xff);
}

/* The number of a peer's address and port; IDS: of none. */
static inline uint32_t id_of(uint32_t addr, uint16_t port)
{
	uint32_t id = (addr & 0xffff) - 256;

	if ((addr & 0xffff0000) != (LOCAL_NET | 88 << 16) || (addr & 0xffff) < 256)
		return IDS;
	id = id << 4 | (port >> 8 & 15);
	return id < IDS && port_of(id) == port ? id : IDS;
}

/* Every eighth connection plays by the rules. */
static inline bool is_clean(uint32_t id)
{
	return id % 8 == 0;
}

static inline uint32_t clean_id(void)
{
	uint32_t id;

	do {
		id = atomic_fetch_add(&fuzz.next_id, 1);
	} while (!is_clean(id));
	return id;
}

/* Seeds of the two streams. */
static inline uint64_t peer_stream(uint32_t id)
{
	return mix(fuzz.seed + id * 2ull);
}

static inline uint64_t app_stream(uint32_t id)
{
	return mix(fuzz.seed + id * 2ull + 1);
}

#endif
