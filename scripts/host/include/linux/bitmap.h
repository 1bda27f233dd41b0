/* SPDX-License-Identifier: GPL-2.0 */
/* Bit by bit: for tests. */
#ifndef _HOST_LINUX_BITMAP_H
#define _HOST_LINUX_BITMAP_H

#include <linux/bitops.h>
#include <linux/math.h>
#include <linux/string.h>

#define DECLARE_BITMAP(name, bits) \
	unsigned long name[DIV_ROUND_UP(bits, BITS_PER_LONG)]

static inline void bitmap_zero(unsigned long *map, unsigned int bits)
{
	memset(map, 0, DIV_ROUND_UP(bits, BITS_PER_LONG) * sizeof(long));
}

static inline void bitmap_set(unsigned long *map, unsigned int at, unsigned int n)
{
	while (n--)
		__set_bit(at++, map);
}

static inline void bitmap_clear(unsigned long *map, unsigned int at, unsigned int n)
{
	while (n--)
		__clear_bit(at++, map);
}

static inline bool bitmap_equal(const unsigned long *a, const unsigned long *b,
				unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < bits; i++)
		if (test_bit(i, a) != test_bit(i, b))
			return false;
	return true;
}

static inline unsigned int bitmap_weight(const unsigned long *map, unsigned int bits)
{
	unsigned int i, n = 0;

	for (i = 0; i < bits; i++)
		n += test_bit(i, map);
	return n;
}

static inline unsigned long find_next_bit(const unsigned long *map, unsigned long bits,
					  unsigned long at)
{
	while (at < bits && !test_bit(at, map))
		at++;
	return at < bits ? at : bits;
}

static inline unsigned long find_next_zero_bit(const unsigned long *map,
					       unsigned long bits, unsigned long at)
{
	while (at < bits && test_bit(at, map))
		at++;
	return at < bits ? at : bits;
}

#define find_first_bit(map, bits)	find_next_bit(map, bits, 0)
#define find_first_zero_bit(map, bits)	find_next_zero_bit(map, bits, 0)

#endif /* _HOST_LINUX_BITMAP_H */
