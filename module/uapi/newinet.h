/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a program includes to open a newinet socket.
 *
 * By the family, socket(AF_NEWINET, SOCK_STREAM, 0): addresses are struct
 * sockaddr_in with sin_family = AF_NEWINET. A machine may run the family under
 * another number (module parameter family=); the number in use is in
 * /sys/module/newinet/parameters/family.
 */
#ifndef _UAPI_NEWINET_H
#define _UAPI_NEWINET_H

/* The slot that Econet left; Linux has not used it since 3.5. */
#define AF_NEWINET	19
#define PF_NEWINET	AF_NEWINET

/*
 * The second door: socket(AF_INET, SOCK_STREAM, IPPROTO_NEWINET) is the same
 * socket with AF_INET in its addresses. The number is one of the two that are
 * for experiments (RFC 3692); /sys/module/newinet/parameters/protocol has the
 * one in use, 0 where this door is shut.
 */
#define IPPROTO_NEWINET	253

#endif /* _UAPI_NEWINET_H */
