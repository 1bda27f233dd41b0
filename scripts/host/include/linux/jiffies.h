/* SPDX-License-Identifier: GPL-2.0 */
/* A jiffy is 4 ms, as on Debian's kernels. */
#ifndef _HOST_LINUX_JIFFIES_H
#define _HOST_LINUX_JIFFIES_H

#include <limits.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#define HZ	250
#define MAX_JIFFY_OFFSET	((LONG_MAX >> 1) - 1)

static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return (int)ms < 0 ? (unsigned long)MAX_JIFFY_OFFSET :
			     ((unsigned long)ms * HZ + 999) / 1000;
}

static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return ((unsigned long)us * HZ + 999999) / 1000000;
}

static inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return j * (1000 / HZ);
}

#endif /* _HOST_LINUX_JIFFIES_H */
