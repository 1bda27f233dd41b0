// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the KUnit suites that are linked to it, and prints a line of TAP for
 * each case. A failed assertion leaves the case, as in the kernel.
 *
 *	kunit [SUITE...]
 */
#include <kunit/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct kunit_suite *suites;
static jmp_buf leave;
static char row[KUNIT_PARAM_DESC_SIZE];

/* Blocks of the case that runs, freed behind it. */
#define MAX_BLOCKS	4096
static void *blocks[MAX_BLOCKS];

void kunit_host_add(struct kunit_suite *suite)
{
	struct kunit_suite **at = &suites;

	while (*at && strcmp((*at)->name, suite->name) < 0)
		at = &(*at)->next;
	suite->next = *at;
	*at = suite;
}

void kunit_host_fail(struct kunit *test, const char *file, int line, bool assertion,
		     const char *format, ...)
{
	va_list args;

	test->failed = true;
	printf("# %s:%d: [%s] ", file, line, row);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (assertion)
		longjmp(leave, 1);
}

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	int i;

	(void)test;
	(void)gfp;
	for (i = 0; i < MAX_BLOCKS; i++)
		if (!blocks[i])
			return blocks[i] = calloc(1, size);
	return NULL;
}

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kzalloc(test, size, gfp);
}

void kunit_kfree(struct kunit *test, const void *ptr)
{
	int i;

	(void)test;
	for (i = 0; ptr && i < MAX_BLOCKS; i++) {
		if (blocks[i] != ptr)
			continue;
		free(blocks[i]);
		blocks[i] = NULL;
		return;
	}
}

static void run_row(struct kunit_suite *suite, struct kunit_case *c, struct kunit *test)
{
	int i;

	if (setjmp(leave) == 0 && (!suite->init || !suite->init(test)))
		c->run_case(test);
	if (suite->exit)
		suite->exit(test);
	for (i = 0; i < MAX_BLOCKS; i++) {
		free(blocks[i]);
		blocks[i] = NULL;
	}
}

static bool run_case(struct kunit_suite *suite, struct kunit_case *c, int number)
{
	struct kunit test = {};
	int rows = 0;

	row[0] = '\0';
	if (!c->gen) {
		run_row(suite, c, &test);
	} else {
		while ((test.param_value = c->gen(&test, test.param_value, row))) {
			run_row(suite, c, &test);
			rows++;
		}
		test.failed |= !rows;
	}
	printf("%s %d - %s.%s (%d rows)\n", test.failed ? "not ok" : "ok", number,
	       suite->name, c->name, rows ?: 1);
	return !test.failed;
}

int main(int argc, char **argv)
{
	struct kunit_suite *suite;
	int n = 0, failed = 0, i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (suite = suites; suite; suite = suite->next) {
		struct kunit_case *c = suite->test_cases;
		bool wanted = argc < 2;

		for (i = 1; i < argc; i++)
			wanted |= !strcmp(argv[i], suite->name);
		for (; wanted && c->run_case; c++)
			failed += !run_case(suite, c, ++n);
	}
	printf("1..%d\n", n);
	return failed || !n;
}
