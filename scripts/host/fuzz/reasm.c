// SPDX-License-Identifier: GPL-2.0
/*
 * Reassembly beside a flag for each number (kunit/reasm_model.h), under segments,
 * shortage and windows that the input draws.
 */
#include "../../../kunit/reasm_model.h"
#include "fuzz.h"

static u32 draw(void *from)
{
	return take(from);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct reasm_model *m = malloc(sizeof(*m));

	model_init(m, take16(&in) << 16 | 0xff00, draw, &in);
	while (in.left && !m->ended && model_step(m))
		;
	if (m->why) {
		fprintf(stderr, "%s\n", m->why);
		abort();
	}
	free(m);
	return 0;
}
