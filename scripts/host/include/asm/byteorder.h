/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_ASM_BYTEORDER_H
#define _HOST_ASM_BYTEORDER_H

#include_next <asm/byteorder.h>
#include <linux/types.h>

#define cpu_to_be16	__cpu_to_be16
#define cpu_to_be32	__cpu_to_be32
#define be16_to_cpu	__be16_to_cpu
#define be32_to_cpu	__be32_to_cpu
#define htons	__cpu_to_be16
#define htonl	__cpu_to_be32
#define ntohs	__be16_to_cpu
#define ntohl	__be32_to_cpu

#endif /* _HOST_ASM_BYTEORDER_H */
