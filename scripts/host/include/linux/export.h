/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_EXPORT_H
#define _HOST_LINUX_EXPORT_H

#define EXPORT_SYMBOL_GPL(symbol)	_Static_assert(1, #symbol)
#define EXPORT_SYMBOL(symbol)	_Static_assert(1, #symbol)

#endif /* _HOST_LINUX_EXPORT_H */
