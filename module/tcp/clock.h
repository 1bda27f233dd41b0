/* SPDX-License-Identifier: GPL-2.0 */
/* Clocks. Microseconds for round trips, milliseconds on the wire. Any context. */
#ifndef _NEWTCP_CLOCK_H
#define _NEWTCP_CLOCK_H

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/time64.h>

static inline u64 newtcp_clock_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

#endif /* _NEWTCP_CLOCK_H */
