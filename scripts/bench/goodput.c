// SPDX-License-Identifier: GPL-2.0
/*
 * The row of goodput: one stream over whatever link the caller has set up, for
 * so many seconds from the first byte on, both ends with CUBIC. Counts what the
 * receiving program got.
 */
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "micro.h"

static char buf[128 << 10];

static void meter(int lfd, long seconds)
{
	struct timeval tick = { .tv_usec = 100000 };
	double end, now, bytes = 0;
	int fd = accept(lfd, NULL, NULL);
	ssize_t n;

	if (fd < 0)
		err(1, "accept");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick));
	do
		n = recv(fd, buf, 1, 0);
	while (n < 0);
	now = now_us();
	end = now + seconds * 1e6;
	while (now < end) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (!n)
			errx(1, "the sender hung up");
		if (n > 0)
			bytes += n;
		now = now_us();
	}
	printf("%.3f\n", bytes * 8 / (seconds * 1e6));
	fflush(stdout);
	exit(0);
}

void row_goodput(long seconds)
{
	struct linger reset = { .l_onoff = 1 };
	pid_t server = serve(meter, seconds), sender = fork();
	int status;

	if (!sender) {
		int fd = new_socket();

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5))
			err(1, "cubic");
		/* Whatever is queued at the end must not fill the link of the next. */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		connect_fd(fd, PORT);
		for (;;)
			send_all(fd, buf, sizeof(buf));
	}
	if (waitpid(server, &status, 0) != server || status)
		errx(1, "the receiver failed");
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
}
