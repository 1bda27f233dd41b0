/* SPDX-License-Identifier: GPL-2.0 */
/* The C library reads the file that this one hides, too. */
#ifndef _HOST_LINUX_LIMITS_H
#define _HOST_LINUX_LIMITS_H

#include_next <linux/limits.h>
#include <linux/types.h>

/* The kernel has these from the same place. */
#ifndef INT_MAX
#define INT_MAX	__INT_MAX__
#define LONG_MAX	__LONG_MAX__
#endif
#define U8_MAX	((u8)~0U)
#define U16_MAX	((u16)~0U)
#define S16_MAX	((s16)(U16_MAX >> 1))
#define U32_MAX	((u32)~0U)
#define S32_MAX	((s32)(U32_MAX >> 1))
#define U64_MAX	((u64)~0ULL)
#define S64_MAX	((s64)(U64_MAX >> 1))

#endif /* _HOST_LINUX_LIMITS_H */
