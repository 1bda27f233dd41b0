/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel warns of ends the program here. */
#ifndef _HOST_LINUX_BUG_H
#define _HOST_LINUX_BUG_H

#include <linux/build_bug.h>
#include <stdio.h>
#include <stdlib.h>

#define WARN_ON(c)	({ \
	bool __warn = !!(c); \
	if (__warn) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #c); \
		abort(); \
	} \
	__warn; })
#define WARN_ON_ONCE(c)	WARN_ON(c)
#define WARN_ONCE(c, ...)	WARN_ON(c)
#define BUG_ON(c)	((void)WARN_ON(c))
#define DEBUG_NET_WARN_ON_ONCE(c)	((void)WARN_ON(c))

#endif /* _HOST_LINUX_BUG_H */
