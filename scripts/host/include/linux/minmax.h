/* SPDX-License-Identifier: GPL-2.0 */
/* Each argument is evaluated once, both have one type. */
#ifndef _HOST_LINUX_MINMAX_H
#define _HOST_LINUX_MINMAX_H

#include <linux/types.h>

#define __host_pick(op, type, a, b) ({ \
	type __a = (a); \
	type __b = (b); \
	__a op __b ? __a : __b; })

/* The kernel lets constants be of another type than the value beside them. */
#define __host_same(a, b)	__typeof__(__builtin_choose_expr( \
	__builtin_constant_p(a), (b), (a)))

#define min(a, b)	__host_pick(<, __host_same(a, b), a, b)
#define max(a, b)	__host_pick(>, __host_same(a, b), a, b)
#define min_t(type, a, b)	__host_pick(<, type, a, b)
#define max_t(type, a, b)	__host_pick(>, type, a, b)
#define min3(a, b, c)	min(min(a, b), c)
#define max3(a, b, c)	max(max(a, b), c)
#define clamp(v, lo, hi)	({ \
	__typeof__(v) __v = (v), __lo = (lo), __hi = (hi); \
	__v < __lo ? __lo : __v > __hi ? __hi : __v; })
#define clamp_t(type, v, lo, hi)	clamp((type)(v), (type)(lo), (type)(hi))
#define min_not_zero(a, b)	({ \
	__typeof__(a) __x = (a), __y = (b); \
	!__x ? __y : !__y ? __x : __x < __y ? __x : __y; })
#define swap(a, b)	do { \
	__typeof__(a) __swap = (a); \
	(a) = (b); \
	(b) = __swap; \
} while (0)

#endif /* _HOST_LINUX_MINMAX_H */
