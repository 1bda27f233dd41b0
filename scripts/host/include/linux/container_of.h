/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_CONTAINER_OF_H
#define _HOST_LINUX_CONTAINER_OF_H

#include <linux/types.h>

#endif /* _HOST_LINUX_CONTAINER_OF_H */
