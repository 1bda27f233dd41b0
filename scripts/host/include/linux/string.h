/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_STRING_H
#define _HOST_LINUX_STRING_H

#include <linux/types.h>
#include <string.h>

static inline bool mem_is_zero(const void *at, size_t n)
{
	const u8 *p = at;

	while (n--)
		if (*p++)
			return false;
	return true;
}

#endif /* _HOST_LINUX_STRING_H */
