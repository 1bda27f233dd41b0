// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection holds is thrown away.
 *
 * Context: socket lock held, process or softirq.
 */
#include <net/sock.h>
#include "core/board.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/segment.h"
#include "deadline.h"
#include "purge.h"

/* Unacknowledged data goes. */
static void purge_board(struct sock *sk)
{
	struct newtcp_board *b = &newtcp_sk(sk)->board;
	struct newtcp_seg *seg;

	while ((seg = newtcp_board_first(b))) {
		newtcp_board_remove(b, seg);
		newtcp_skb_free(sk, newtcp_seg_skb(seg));
	}
	newtcp_board_init(b);
}

/**
 * newtcp_purge_send() - throw away what was not acknowledged
 * @sk: the socket
 */
void newtcp_purge_send(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;

	purge_board(sk);
	while ((skb = __skb_dequeue(&sk->sk_write_queue)))
		newtcp_skb_free(sk, skb);
	tp->rtt.backoff = 0;
	newtcp_deadline_clear(tp, NEWTCP_DL_RTO);
	newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
}

/**
 * newtcp_ofo_purge() - forget all out-of-order data
 * @sk: the connection
 *
 * The peer sends it again: SACK is advice (RFC 2018 section 8).
 */
void newtcp_ofo_purge(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_piece *piece;

	while ((piece = newtcp_reasm_first(&tp->reasm))) {
		newtcp_reasm_remove(&tp->reasm, piece);
		kfree_skb(newtcp_piece_skb(piece));
	}
	tp->sacks.n = 0;
}

/**
 * newtcp_purge() - throw away what was not acknowledged or is out of order
 * @sk: the socket
 */
void newtcp_purge(struct sock *sk)
{
	newtcp_purge_send(sk);
	newtcp_ofo_purge(sk);
	sk_mem_reclaim(sk);
}
