// SPDX-License-Identifier: GPL-2.0
/* Asks the kernel whether AF_INET has newinet's protocol, for whoever runs programs. */
#include "door.h"
#include "program.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#if __has_include("newinet.h")
#include "newinet.h"
#endif

#ifndef IPPROTO_NEWINET
#define IPPROTO_NEWINET 253
#endif

#define PROTOCOL_FILE "/sys/module/newinet/parameters/protocol"

int door_loaded(void)
{
	FILE *f = fopen(PROTOCOL_FILE, "re");
	int number;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &number) != 1)
		number = -1;
	fclose(f);
	return number;
}

static int shut(void)
{
	return program_refuse(NO_PROTOCOL, "the newinet module was loaded with protocol=0, which keeps AF_INET programs out");
}

/* A module that was loaded just now may use another number than the one asked for. */
int door_probe(int *protocol)
{
	int number = door_loaded();
	int fd, err;

	if (!number)
		return shut();
	*protocol = number > 0 ? number : IPPROTO_NEWINET;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, *protocol);
	err = errno;
	if (fd < 0 && err == EPROTONOSUPPORT && number < 0) {
		number = door_loaded();
		if (!number)
			return shut();
		if (number > 0 && number != *protocol) {
			*protocol = number;
			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, number);
			err = errno;
		}
	}
	if (fd >= 0) {
		close(fd);
		return PROGRAM_RUNS;
	}

	switch (err) {
	case EPROTONOSUPPORT:
		return program_refuse(NO_PROTOCOL, "the newinet module is not loaded (AF_INET has no protocol %d); load it with: modprobe newinet",
				      *protocol);
	case EPERM:
	case EACCES:
		return program_refuse(NO_PROTOCOL, "you may not open newinet sockets here (%s); the module's access= and group= parameters, or a security policy, say who may: see newinet(7)",
				      strerror(err));
	default:
		return program_refuse(NO_PROTOCOL, "cannot open a newinet socket: %s",
				      strerror(err));
	}
}
