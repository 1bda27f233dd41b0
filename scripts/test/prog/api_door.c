// SPDX-License-Identifier: GPL-2.0
/*
 * The second door, socket(AF_INET, SOCK_STREAM, IPPROTO_NEWINET): that it
 * opens, that AF_INET stands in every address, that both doors lead to one
 * transport and one space of ports, and that AF_INET's own sockets stay what
 * they were. What a socket does once it is open, the other programs here ask:
 * each of them takes the door as a family.
 */
#define _GNU_SOURCE
#include "t.h"

#include <fcntl.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define IPPROTO_MPTCP_ 262
/* The other number for experiments: nobody has it. */
#define NOBODYS 254

CASE_F(it_opens, T_NO_MIX | T_ONLY_NEWINET)
{
	int fd = OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			   T_PROTO(t_fam)));

	EQ(t_getopt(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
	EQ(t_getopt(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	EQ(t_getopt(fd, SOL_SOCKET, SO_PROTOCOL), T_PROTO(t_fam));
	TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	EQ(t_name(fd).sin_family, AF_INET);
}

/* Other types, and AF_INET6, answer as for a number that nobody has. */
CASE_F(it_is_for_ipv4_streams, T_NO_MIX | T_ONLY_NEWINET)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RDM };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		int err;

		TRUE(socket(AF_INET, types[i], NOBODYS) < 0);
		err = errno;
		ERR(socket(AF_INET, types[i], T_PROTO(t_fam)), err);
	}
	ERR(socket(AF_INET, SOCK_STREAM, NOBODYS), EPROTONOSUPPORT);
	ERR(socket(AF_INET6, SOCK_STREAM, T_PROTO(t_fam)), EPROTONOSUPPORT);
}

static void is_kernels(int protocol, int answer)
{
	int fd = socket(AF_INET, SOCK_STREAM, protocol);

	if (fd < 0 && protocol == IPPROTO_MPTCP_)
		return;			/* a kernel without it */
	OK(fd);
	EQ(t_getopt(fd, SOL_SOCKET, SO_PROTOCOL), answer);
	close(fd);
}

CASE_F(the_kernels_stay, T_NO_MIX)
{
	is_kernels(0, IPPROTO_TCP);
	is_kernels(IPPROTO_TCP, IPPROTO_TCP);
	is_kernels(IPPROTO_MPTCP_, IPPROTO_MPTCP_);
}

/* An address says AF_INET, or nothing where AF_INET may; never AF_NEWINET. */
CASE_F(addresses, T_NO_MIX | T_ONLY_NEWINET)
{
	int fd = t_sock(t_fam), l = t_listen(t_fam, LOOP, 0, 1);
	struct sockaddr_in a = t_addr(t_fam, LOOP, 0);

	a.sin_family = AF_NEWINET;
	ERR(bind(fd, SA(&a), sizeof(a)), EAFNOSUPPORT);
	a.sin_family = AF_UNSPEC;
	ERR(bind(fd, SA(&a), sizeof(a)), EAFNOSUPPORT);
	a.sin_addr.s_addr = INADDR_ANY;
	RET(bind(fd, SA(&a), sizeof(a)), 0);
	EQ(t_name(fd).sin_family, AF_INET);

	a = t_name(l);
	EQ(a.sin_family, AF_INET);
	a.sin_family = AF_NEWINET;
	ERR(connect(fd, SA(&a), sizeof(a)), EAFNOSUPPORT);
	a.sin_family = AF_INET;
	RET(connect(fd, SA(&a), sizeof(a)), 0);
	EQ(t_peer(fd).sin_family, AF_INET);

	socklen_t len = sizeof(a);
	int s = OK(accept(l, SA(&a), &len));

	EQ(len, sizeof(a));
	EQ(a.sin_family, AF_INET);
	EQ(ntohs(a.sin_port), t_port(fd));
	EQ(t_getopt(s, SOL_SOCKET, SO_PROTOCOL), T_PROTO(t_fam));
	EQ(t_name(s).sin_family, AF_INET);
	a.sin_family = AF_UNSPEC;
	RET(connect(fd, SA(&a), sizeof(a)), 0);
}

static void talk(int client, int server)
{
	int l = t_listen(server, LOOP, 0, 4), c, s;
	char byte = 'x';

	c = t_connect(client, LOOP, t_port(l));
	s = t_accept(l);
	EQ(t_peer(c).sin_family, T_AF(client));
	EQ(t_peer(s).sin_family, T_AF(server));
	RET(send(c, "a", 1, 0), 1);
	RET(recv(s, &byte, 1, 0), 1);
	EQ(byte, 'a');
	RET(send(s, "b", 1, 0), 1);
	RET(recv(c, &byte, 1, 0), 1);
	EQ(byte, 'b');
	close(c);
	RET(recv(s, &byte, 1, 0), 0);
	close(s);
	close(l);
}

CASE_F(everybody_talks_to_everybody, T_NO_MIX | T_ONLY_NEWINET)
{
	const int kinds[] = { AF_INET, AF_NEWINET, t_fam };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (size_t j = 0; j < ARRAY_LEN(kinds); j++)
			talk(kinds[i], kinds[j]);
}

/* Whoever is first has the port, whichever way the later one comes. */
CASE_F(one_space_of_ports, T_NO_MIX | T_ONLY_NEWINET)
{
	const int kinds[] = { AF_INET, AF_NEWINET, t_fam };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		for (size_t j = 0; j < ARRAY_LEN(kinds); j++) {
			int first = t_listen(kinds[i], LOOP, 0, 1);
			struct sockaddr_in a = t_addr(kinds[j], LOOP, t_port(first));
			int later = t_sock(kinds[j]);

			ERR(bind(later, SA(&a), sizeof(a)), EADDRINUSE);
			close(first);
			RET(bind(later, SA(&a), sizeof(a)), 0);
			close(later);
		}
	}
}

/* SO_REUSEPORT joins the two doors; it does not join the kernel's TCP. */
CASE_F(one_group_of_listeners, T_NO_MIX | T_ONLY_NEWINET)
{
	int first = t_sock(AF_NEWINET), later = t_sock(t_fam), kernels = t_sock(AF_INET);
	struct sockaddr_in a = t_addr(AF_NEWINET, LOOP, 0);

	t_opt(first, SOL_SOCKET, SO_REUSEPORT, 1);
	t_opt(later, SOL_SOCKET, SO_REUSEPORT, 1);
	t_opt(kernels, SOL_SOCKET, SO_REUSEPORT, 1);
	RET(bind(first, SA(&a), sizeof(a)), 0);
	RET(listen(first, 1), 0);
	a = t_addr(t_fam, LOOP, t_port(first));
	RET(bind(later, SA(&a), sizeof(a)), 0);
	RET(listen(later, 1), 0);
	ERR(bind(kernels, SA(&a), sizeof(a)), EADDRINUSE);
}

/* What another process is handed needs no translation. */
CASE_F(handed_on, T_NO_MIX)
{
	int l = t_listen(t_fam, LOOP, 0, 1), pair[2], got;
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &l, sizeof(l));
	RET(sendmsg(pair[0], &msg, 0), 1);
	RET(recvmsg(pair[1], &msg, 0), 1);
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(got));
	EQ(t_name(got).sin_family, T_AF(t_fam));
	EQ(t_port(got), t_port(l));
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
