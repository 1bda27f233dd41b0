/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_BUILD_BUG_H
#define _HOST_LINUX_BUILD_BUG_H

#include <linux/types.h>

#define BUILD_BUG_ON(c)	_Static_assert(!(c), #c)
#define static_assert	_Static_assert

#endif /* _HOST_LINUX_BUILD_BUG_H */
