/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_SLAB_H
#define _HOST_LINUX_SLAB_H

#include <linux/types.h>
#include <stdlib.h>

typedef unsigned int gfp_t;
#define GFP_KERNEL	0U

#define kmalloc(size, gfp)	((void)(gfp), malloc(size))
#define kzalloc(size, gfp)	((void)(gfp), calloc(1, size))
#define kcalloc(n, size, gfp)	((void)(gfp), calloc(n, size))
#define kfree(ptr)	free(ptr)

#endif /* _HOST_LINUX_SLAB_H */
