/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_MATH_H
#define _HOST_LINUX_MATH_H

#include <linux/types.h>
#include <stdlib.h>

#define round_down(x, y)	((x) & ~((__typeof__(x))(y) - 1))
#define round_up(x, y)	((((x) - 1) | ((__typeof__(x))(y) - 1)) + 1)
#define rounddown(x, y)	({ __typeof__(x) __x = (x); __x - __x % (y); })
#define roundup(x, y)	({ __typeof__(y) __y = (y); ((x) + __y - 1) / __y * __y; })
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_CLOSEST(n, d)	(((n) + (d) / 2) / (d))
#define abs(x)	({ __typeof__(x) __abs = (x); __abs < 0 ? -__abs : __abs; })

#endif /* _HOST_LINUX_MATH_H */
