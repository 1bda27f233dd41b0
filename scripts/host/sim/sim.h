/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulator: two ends made of module/core/ and of a glue that owns byte
 * ranges instead of sk_buffs, programs that use them, and a network between
 * them, in virtual time.
 *
 *   scenario.c	what is simulated: some hundred numbers, drawn from a seed
 *   event.c	the queue of what happens when
 *   net.c	delay, rate, queue, loss, bursts, reordering, duplicates, MTU, ICMP
 *   end.c	an end: its states, segments that arrive
 *   rx.c	what an end receives: windows, when to acknowledge
 *   queue.c	what it has received and its program has not read, and the room for it
 *   tx.c	what it sends: new data, retransmissions, headers
 *   ack.c	what an acknowledgment does to what was sent
 *   timer.c	deadlines
 *   program.c	what reads and writes
 *   check.c	what has to hold after every event
 *   shrink.c	a failure made small
 *   quality.c	how well some kinds of paths are used, and may not be used worse
 *   run.c	one run
 *   trace.c	what is printed of it
 *   main.c	seeds, replay
 *
 * Everything depends on the scenario alone: one number replays it.
 */
#ifndef _SIM_H
#define _SIM_H

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <setjmp.h>
#include "core/cong.h"
#include "core/cwv.h"
#include "core/delack.h"
#include "core/edge.h"
#include "core/mss.h"
#include "core/nagle.h"
#include "core/negotiate.h"
#include "core/options.h"
#include "core/pace.h"
#include "core/rack.h"
#include "core/rcvtune.h"
#include "core/rcvwnd.h"
#include "core/reasm.h"
#include "core/recovery.h"
#include "core/room.h"
#include "core/rtt.h"
#include "core/sack.h"
#include "core/sackin.h"
#include "core/sendable.h"
#include "core/seq.h"
#include "core/tlp.h"
#include "core/verdict.h"
#include "core/wire.h"

#define MS	1000ULL
#define SEC	1000000ULL
#define TICK_US	(4 * MS)	/* of the clock that timers go by */

#define STEPS	4

/**
 * struct side - one end, its programs, and the way from it to the other
 *
 * Every member is a number that scenario.c names, draws and makes simple.
 * Chances are in 10,000.
 */
struct side {
	/* the way out */
	s64 delay_us, rate, queue, loss, burst, burst_end, reorder, reorder_us;
	s64 dup, corrupt, outage_ms, outage_len_ms, mtu, mtu_later, mtu_ms, icmp, unreach, forged;
	/* the end */
	s64 mss, rcvbuf, overhead, shrink, renege, sndbuf, sack, ts, wscale, nodelay, cubic, gso;
	s64 rack, frto, reordering, rto_min_ms, retries, user_timeout_ms, pace, smallq;
	s64 clock_ms, iss, ts_offset, thin, linger2, rcvbuf_most;
	/* the programs */
	s64 write[STEPS], write_pause_us[STEPS], abort, leaves;
	s64 read[STEPS], read_pause_us[STEPS];
	/* the peer goes away without a word */
	s64 reboot_ms;
};

struct scenario {
	s64 seed;	/* of the network's chances */
	s64 both_open;	/* both ends connect */
	struct side side[2];
};

enum packet_kind { PKT_SEGMENT, PKT_TOO_BIG, PKT_UNREACHABLE };

/**
 * struct packet - a segment on its way, or what a router says of one
 * @abs: where its payload stands in the stream, as the sender knows it
 * @forged: an ICMP error with a number that is not in flight
 */
struct packet {
	enum packet_kind kind;
	bool forged;
	u32 id;
	u32 seq;
	u32 ack;
	u16 window;
	u16 len;
	u16 mtu;
	u8 flags;
	u8 optlen;
	u64 abs;
	__be32 opt[NEWTCP_MAX_OPT_LEN / 4];
};

enum state {
	S_CLOSED, S_SYN_SENT, S_SYN_RCVD, S_ESTABLISHED, S_FIN_WAIT1, S_FIN_WAIT2,
	S_CLOSE_WAIT, S_CLOSING, S_LAST_ACK, S_TIME_WAIT,
};

enum deadline {
	DL_RTO, DL_PROBE, DL_LOSS, DL_TLP, DL_DELACK, DL_PACE, DL_KEEP, DL_TIMEWAIT,
	DL_FIN, DL_SMALLQ, DL_N,
};

/* How an end came to its end. */
enum ending {
	E_NONE, E_CLOSED, E_ABORTED, E_RESET, E_TIMEOUT, E_REBOOT, E_UNREACHABLE,
	E_LEFT,	/* nobody was there to wait for the peer's FIN */
};

/* A segment of the sender's. */
struct sim_seg {
	struct newtcp_seg seg;
	u64 abs;
};

/**
 * struct sim_piece - a piece of the stream that was received
 * @is: the core's record, in its tree while the piece waits behind a hole
 * @next: in order: the piece behind it
 * @abs: where its payload stands in the stream
 * @truesize: memory that it takes
 */
struct sim_piece {
	struct newtcp_piece is;
	struct sim_piece *next;
	u64 abs;
	u32 truesize;
};

struct sim;

/**
 * struct end - one end of the connection
 * @abs_sent: stream offset of SND.NXT (SYN and FIN take none)
 * @written: bytes that the program wrote
 * @fin: the program has no more to write
 * @received: bytes that came in order
 * @taken: bytes that the program read
 * @orphan: the program has closed its socket
 * @entry: an entry waits in FIN-WAIT-2 in place of the socket
 * @tuned: size of the receive buffer by now, bytes of payload
 */
struct end {
	struct sim *sim;
	const struct side *conf;
	int id;
	enum state state;
	enum ending ending;

	/* sender */
	struct newtcp_board b;
	struct newtcp_recovery r;
	struct newtcp_cong c;
	struct newtcp_rate rate;
	struct newtcp_rtt rtt;
	struct newtcp_loss_conf loss_conf;
	u32 iss, una, nxt, wnd, wl1, max_window, sml;
	u64 abs_sent, written, acked;
	bool fin, fin_sent, orphan, entry;
	u16 mss, mss_clamp, pmtu;
	u8 snd_wscale;
	struct newtcp_features use;
	struct newtcp_cwv cwv;
	u64 last_sent_us;
	u64 pace_next_ns;
	u32 retransmits, probes_out, keep_probes;
	u32 timeouts;
	u64 probes_since, heard_at;	/* ticks + 1, 0: none; microseconds */

	/* receiver */
	struct newtcp_rcvwnd rw;
	struct newtcp_rcvtune tune;
	s64 tuned;
	struct newtcp_delack da;
	u32 irs, rcv_nxt, edge;
	u64 received, taken;
	bool fin_rcvd, fin_known;
	u32 fin_seq;
	struct newtcp_reasm reasm;
	struct newtcp_sack_list sacks;
	struct sim_piece *queue, *queue_tail;	/* in order, not read yet */
	s64 memory;	/* of all that was received and not read */
	u32 pieces;
	bool gave_up;	/* something had no room */
	bool partial;	/* not all that is held is reported */
	u32 ts_recent;
	u64 ts_recent_at;
	u32 tsval, tsecr;
	bool has_ts;
	u64 data_at;	/* when data came last, ticks */
	u64 challenge_at, oow_at;

	u64 dl[DL_N];	/* when; 0 = not */
	u64 timer_at;	/* of the earliest event that is queued; 0 = none */

	/* programs */
	int write_step, read_step;
	u64 write_left, read_left;
	bool write_done, read_done, write_waits, read_waits;
	bool saw_eof;
	u64 eof_at;

	/* for the checks */
	bool held_back;	/* the core said: nothing lost is to go now */
	u64 last_rto_us;
	struct newtcp_range dropped[16];	/* of first copies, the last so many */
	unsigned int n_dropped;
	u32 resent_edge;	/* end of the highest that was ever sent again */
	u32 edge_before;	/* and before the recovery that may be undone */
	bool cut_anew;	/* sent again in pieces of another size */
	u64 sent_packets, resent, probed;
	u64 digest;
};

enum event_kind { EV_PACKET, EV_TIMER, EV_WRITE, EV_READ, EV_REBOOT };

struct event {
	u64 at;
	u64 order;
	enum event_kind kind;
	int end;
	struct packet *packet;
};

/* One way of the network. */
struct link {
	u64 busy_until;
	u64 last_at;
	bool bursting;
};

struct sim {
	const struct scenario *sc;
	u64 now;	/* since the beginning, microseconds */
	u64 order;
	u64 chance;
	u64 events;
	u64 packets;
	bool absolute;	/* something went by a number as it is: 0 */
	const struct manner *manner;
	u64 base_us[2];	/* what the ends' clocks say at the beginning */
	struct end end[2];
	struct link link[2];
	struct event *heap;
	unsigned int n_events, room;
	jmp_buf failed;
	char why[160];
};

#define fail(sim, ...)	sim_fail(sim, __VA_ARGS__)
#define check_that(sim, c)	do { \
	if (!(c)) \
		sim_fail(sim, "%s:%d: %s", __FILE_NAME__, __LINE__, #c); \
} while (0)
#ifndef __FILE_NAME__
#define __FILE_NAME__	__FILE__
#endif

void sim_fail(struct sim *sim, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* scenario.c */
void scenario_simple(struct scenario *sc);
void scenario_draw(struct scenario *sc, u64 seed);
void scenario_print(const struct scenario *sc);
bool scenario_parse(struct scenario *sc, const char *word);
unsigned int scenario_fields(void);
s64 *scenario_field(struct scenario *sc, unsigned int i);
s64 scenario_simplest(unsigned int i);

/* event.c */
void event_add(struct sim *sim, u64 at, enum event_kind kind, int end, struct packet *p);
bool event_next(struct sim *sim, struct event *ev);
u64 sim_random(struct sim *sim);
bool sim_chance(struct sim *sim, s64 of_10000);

/* net.c */
void net_send(struct sim *sim, int from, const struct packet *p, u32 mss);

/* end.c */
void end_init(struct sim *sim, int id);
void end_connect(struct end *e);
void end_arrive(struct end *e, const struct packet *p);
void end_too_big(struct end *e, const struct packet *p);
void end_unreachable(struct end *e, const struct packet *p);
void end_closed(struct end *e, enum ending how);
void end_time_wait(struct end *e);
int end_fin_time(const struct end *e);
void end_fin_wait(struct end *e);
void end_leave(struct end *e);
void end_abort(struct end *e);
void end_shutdown(struct end *e);
void end_reboot(struct end *e);
const char *end_state_name(enum state state);

/* queue.c */
bool queue_in(struct end *e, const struct packet *p);
void queue_read(struct end *e);
void queue_purge(struct end *e);
void queue_free(struct end *e);
bool queue_holds(const struct end *e, u32 start, u32 end);
void queue_check(const struct end *e);
u32 piece_len(const struct newtcp_piece *p);

/* rx.c */
void rx_init(struct end *e);
void rx_established(struct end *e);
void rx_ack_late(struct end *e);
u32 rx_ticks(u64 us);
void rx_data(struct end *e, const struct packet *p);
void rx_read(struct end *e, u64 n);
void rx_ack_check(struct end *e);
u16 rx_window(struct end *e);
u32 rx_receive_window(const struct end *e);
s64 rx_memory(const struct end *e);
void rx_quick(struct end *e);
void rx_old_segment(struct end *e, const struct packet *p);
unsigned int rx_options(struct end *e, __be32 *opt, u8 flags);

/* tx.c */
u64 tx_clock(const struct end *e);
u32 tx_ts(const struct end *e);
struct newtcp_snd tx_snd(struct end *e);
u32 tx_mss(const struct end *e);
u64 tx_pace_wait_us(const struct end *e);
void tx_syn(struct end *e, bool ack);
void tx_push(struct end *e);
void tx_probe(struct end *e);
void tx_bare(struct end *e, u32 seq, u8 flags);
void tx_ack(struct end *e);
void tx_challenge(struct end *e);
bool tx_again(struct end *e, struct newtcp_seg *seg, u32 segs);
void tx_resend_lost(struct end *e);
void tx_tail_probe(struct end *e);
void tx_schedule_tlp(struct end *e);
void tx_resize(struct end *e);
u32 tx_len(const struct newtcp_seg *seg);
struct newtcp_seg *tx_cut(void *owner, struct newtcp_seg *seg, u32 len);
void tx_set_segs(struct newtcp_seg *seg, u32 mss);
u32 tx_wnd_end(const struct end *e);
bool tx_unsent(const struct end *e);

/* ack.c */
bool ack_in(struct end *e, const struct packet *p, const struct newtcp_options *o);
void ack_tell(struct end *e, const struct newtcp_ack_news *n, u32 acked, u32 in_flight,
	      u32 rtt_us);

/* timer.c */
void timer_set(struct end *e, enum deadline d, u64 wait_us);
void timer_clear(struct end *e, enum deadline d);
void timer_rearm_rto(struct end *e);
void timer_revert(struct end *e);
void timer_fired(struct end *e);
void timer_check_probe(struct end *e);

/* program.c */
void program_start(struct end *e);
void program_write(struct end *e);
void program_read(struct end *e);
void program_wake(struct end *e);

/* check.c */
void check_dropped(struct sim *sim, int from, const struct packet *p);
void check_undo(struct end *e, u32 undo_marker);
void check_rate(struct end *e, const struct newtcp_ack_news *n);
void check_end(struct end *e);
void check_over(struct sim *sim);

/* trace.c */
void trace_packet(const struct sim *sim, int from, const struct packet *p, const char *what);
void trace_end(const struct end *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* run.c */
/**
 * struct outcome - of a run
 * @why: what was wrong; empty: nothing
 * @digest: of all that was sent
 * @absolute: something went by a number as it is: a stamp of 0 that means none,
 *	the sequence number 0 of a RST
 */
struct outcome {
	char why[160];
	u64 digest;
	bool absolute;
	u64 events;
	u64 packets;
	u64 resent;
	u64 timeouts;
	u64 bytes;
	u64 done_us;	/* when the later of the two had read all */
};

/* How a run is made. */
struct manner {
	bool trace;
	bool light;	/* not every check at every event */
	bool lies;	/* segments come that no peer has sent */
	s64 clock_ms;	/* added to both clocks, and */
	s64 number;	/* to the first sequence numbers: nothing may change */
};

bool sim_run(const struct scenario *sc, const struct manner *m, struct outcome *o);
void sim_begin(struct sim *sim, const struct scenario *sc, const struct manner *m);
bool sim_step(struct sim *sim);
void sim_end(struct sim *sim);
void shrink(struct scenario *sc, struct outcome *o);

/* quality.c */
int quality(void);

#endif /* _SIM_H */
