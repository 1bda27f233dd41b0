/* SPDX-License-Identifier: GPL-2.0 */
/* The ports of a network namespace (ports.c). */
#ifndef _NEWINET_PORTS_H
#define _NEWINET_PORTS_H

int newinet_ports_init(void);		/* process */
void newinet_ports_exit(void);		/* process */

#endif /* _NEWINET_PORTS_H */
