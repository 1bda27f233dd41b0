/* SPDX-License-Identifier: GPL-2.0 */
/* door.c: can AF_INET open newinet's sockets here, and by which number? */
#ifndef NEWINET_DOOR_H
#define NEWINET_DOOR_H

/* Exit statuses besides those of program.h. */
enum { NO_PROTOCOL = 1, FAILED = 125 };

/* The number that the loaded module uses, 0 where it keeps out; -1: not loaded. */
int door_loaded(void);

/*
 * Open such a socket, which loads an installed module, and note the number.
 * Returns 0, or NO_PROTOCOL with the reason in program_why.
 */
int door_probe(int *protocol);

#endif
