/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers' targets share: bytes of the input, and a check that ends it. */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>

#define must(c)	do { \
	if (!(c)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #c); \
		abort(); \
	} \
} while (0)

struct input {
	const u8 *at;
	size_t left;
};

/* The next byte; 0 behind the end. */
static inline u8 take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static inline u32 take16(struct input *in)
{
	return take(in) << 8 | take(in);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* _FUZZ_H */
