/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_KUNIT_VISIBILITY_H
#define _HOST_KUNIT_VISIBILITY_H

#define VISIBLE_IF_KUNIT
#define EXPORT_SYMBOL_IF_KUNIT(symbol)	_Static_assert(1, #symbol)

#endif /* _HOST_KUNIT_VISIBILITY_H */
