// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU 7.2 and later that counts how often each block of
 * instructions runs between two marks (micro.h), and writes one file a window:
 *
 *	-plugin count.so,dir=DIR
 *
 * DIR/1, DIR/2, ...: a line `each N`, then `ADDRESS INSTRUCTIONS TIMES` for
 * every block that ran. scripts/bench/profile builds and reads it. The few
 * functions of QEMU that it needs are declared here, as no package of Debian 12
 * has qemu-plugin.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op,
					      void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int cpu, void *data),
					    int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define EXPORT	__attribute__((visibility("default")))
#define ADD	0	/* the one inline operation that there is */
#define NO_REGS	0	/* the callback looks at no register */

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

/* Blocks are never forgotten: QEMU may run one after it was translated anew. */
struct block {
	uint64_t address, instructions, times;
	struct block *next;
};

static struct block *blocks;
static const char *directory = ".";
static uint64_t each;
static int window;

static void begin(unsigned int cpu, void *data)
{
	struct block *b;

	(void)cpu;
	(void)data;
	for (b = blocks; b; b = b->next)
		b->times = 0;
	each = 0;
}

static void once(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	each++;
}

static void end(unsigned int cpu, void *data)
{
	char path[4096];
	struct block *b;
	FILE *f;

	(void)cpu;
	(void)data;
	snprintf(path, sizeof(path), "%s/%d", directory, ++window);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	fprintf(f, "each %" PRIu64 "\n", each);
	for (b = blocks; b; b = b->next)
		if (b->times)
			fprintf(f, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n",
				b->address, b->instructions, b->times);
	fclose(f);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	static const unsigned char mark[] = { 0x0f, 0x1f, 0x80 };
	size_t i, n = qemu_plugin_tb_n_insns(tb);
	struct block *b = calloc(1, sizeof(*b));

	(void)id;
	if (!b)
		abort();
	b->address = qemu_plugin_tb_vaddr(tb);
	b->instructions = n;
	b->next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD, &b->times, 1);

	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const unsigned char *data = qemu_plugin_insn_data(insn);
		void (*call)(unsigned int cpu, void *data);

		if (qemu_plugin_insn_size(insn) != 7 || memcmp(data, mark, 3) ||
		    memcmp(data + 4, "WEN", 3))
			continue;
		call = data[3] == 1 ? begin : data[3] == 2 ? end : once;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, call, NO_REGS, NULL);
	}
}

EXPORT int qemu_plugin_version = 1;

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++)
		if (!strncmp(argv[i], "dir=", 4))
			directory = strdup(argv[i] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
