// SPDX-License-Identifier: GPL-2.0
/*
 * What uses an end: one that writes so many bytes, pauses, and so on, and shuts
 * down or aborts; and one that reads in steps, and at last to the end.
 */
#include "sim.h"

void program_start(struct end *e)
{
	e->write_left = e->conf->write[0];
	e->read_left = e->conf->read[0];
	event_add(e->sim, e->sim->now, EV_WRITE, e->id, NULL);
	event_add(e->sim, e->sim->now, EV_READ, e->id, NULL);
}

static void write_end(struct end *e)
{
	e->write_done = true;
	if (e->conf->abort)
		end_abort(e);
	else if (e->conf->leaves)
		end_leave(e);
	else
		end_shutdown(e);
}

void program_write(struct end *e)
{
	const struct side *c = e->conf;

	e->write_waits = false;
	while (!e->write_done && e->state != S_CLOSED) {
		u64 used = e->written - e->acked, n;

		if (e->write_step == STEPS) {
			write_end(e);
			return;
		}
		n = used < (u64)c->sndbuf ? min(c->sndbuf - used, e->write_left) : 0;
		if (n)
			newtcp_rate_write(&e->rate, &e->b, e->c.cwnd, e->r.delivered,
					  e->written - e->abs_sent < tx_mss(e));
		e->written += n;
		e->write_left -= n;
		if (n)
			tx_push(e);
		if (e->write_left) {
			e->write_waits = true;
			return;
		}
		if (++e->write_step < STEPS)
			e->write_left = c->write[e->write_step];
		if (c->write_pause_us[e->write_step - 1]) {
			event_add(e->sim, e->sim->now + c->write_pause_us[e->write_step - 1],
				  EV_WRITE, e->id, NULL);
			return;
		}
	}
}

/* True: all is said, and taken. */
static bool read_end(struct end *e)
{
	if (e->taken < e->received)
		return false;
	if (!e->fin_rcvd && e->ending == E_NONE)
		return false;
	e->saw_eof = e->fin_rcvd;
	e->eof_at = e->sim->now;
	e->read_done = true;
	return true;
}

void program_read(struct end *e)
{
	const struct side *c = e->conf;

	e->read_waits = false;
	while (!e->read_done && !read_end(e)) {
		u64 n = e->received - e->taken;

		if (e->read_step < STEPS)
			n = min(n, e->read_left);
		if (n)
			rx_read(e, n);
		else if (e->read_step == STEPS || e->read_left) {
			e->read_waits = true;
			return;
		}
		if (e->read_step == STEPS)
			continue;
		e->read_left -= n;
		if (e->read_left)
			continue;
		if (++e->read_step < STEPS)
			e->read_left = c->read[e->read_step];
		if (c->read_pause_us[e->read_step - 1]) {
			event_add(e->sim, e->sim->now + c->read_pause_us[e->read_step - 1],
				  EV_READ, e->id, NULL);
			return;
		}
	}
}

/* Something arrived, or left. */
void program_wake(struct end *e)
{
	if (e->write_waits)
		program_write(e);
	if (e->read_waits)
		program_read(e);
}
