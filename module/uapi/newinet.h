/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a program includes to open an AF_NEWINET socket.
 *
 * Addresses are struct sockaddr_in with sin_family = AF_NEWINET. A machine
 * may run the family under another number (module parameter family=); the
 * number in use is in /sys/module/newinet/parameters/family.
 */
#ifndef _UAPI_NEWINET_H
#define _UAPI_NEWINET_H

/* The slot that Econet left; Linux has not used it since 3.5. */
#define AF_NEWINET	19
#define PF_NEWINET	AF_NEWINET

#endif /* _UAPI_NEWINET_H */
