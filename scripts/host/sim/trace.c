// SPDX-License-Identifier: GPL-2.0
/* A run, line by line, with numbers that begin at 0. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>

static void stamp(const struct sim *sim, int id)
{
	printf("%11.6f %c ", (double)sim->now / 1e6, 'A' + id);
}

void trace_packet(const struct sim *sim, int from, const struct packet *p, const char *what)
{
	const struct end *e = &sim->end[from];
	struct newtcp_options o;
	int i;

	if (!sim->manner->trace)
		return;
	newtcp_options_parse((const u8 *)p->opt, p->optlen, p->flags & TH_SYN, &o);
	stamp(sim, from);
	printf("> %s%s%s%s%s", p->flags & TH_SYN ? "S" : "", p->flags & TH_FIN ? "F" : "",
	       p->flags & TH_RST ? "R" : "", p->flags & TH_PSH ? "P" : "",
	       p->flags & TH_ACK ? "." : "");
	printf(" %u:%u(%u)", p->seq - e->iss, p->seq - e->iss + p->len, p->len);
	if (p->flags & TH_ACK)
		printf(" ack %u", p->ack - e->irs);
	printf(" win %u", p->flags & TH_SYN ? p->window :
	       (u32)p->window << e->rw.wscale);
	if (p->flags & TH_SYN)
		printf(" mss %u%s%s", o.mss, o.flags & NEWTCP_OPT_SACK_PERM ? " sackOK" : "",
		       o.flags & NEWTCP_OPT_WSCALE ? " wscale" : "");
	if (o.flags & NEWTCP_OPT_TS)
		printf(" ts %u", o.tsval - (newtcp_ms_of(sim->base_us[from]) +
					    (u32)e->conf->ts_offset));
	for (i = 0; i < o.num_sacks; i++)
		printf("%s%u:%u", i ? " " : " sack ", o.sacks[i].start - e->irs,
		       o.sacks[i].end - e->irs);
	printf("%s%s\n", *what ? "  -- " : "", what);
}

void trace_end(const struct end *e, const char *format, ...)
{
	va_list args;

	if (!e->sim->manner->trace)
		return;
	stamp(e->sim, e->id);
	printf("  ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}
