/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_MODULE_H
#define _HOST_LINUX_MODULE_H

#define THIS_MODULE	NULL

#endif /* _HOST_LINUX_MODULE_H */
