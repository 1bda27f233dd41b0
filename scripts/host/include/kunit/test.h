/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as the suites of core/ use. kunit.c beside this folder runs
 * them and prints TAP.
 */
#ifndef _HOST_KUNIT_TEST_H
#define _HOST_KUNIT_TEST_H

#include <linux/array_size.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <kunit/visibility.h>

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit {
	const void *param_value;
	void *priv;
	bool failed;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*gen)(struct kunit *test, const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

void kunit_host_add(struct kunit_suite *suite);
void kunit_host_fail(struct kunit *test, const char *file, int line, bool assertion,
		     const char *format, ...) __attribute__((format(printf, 5, 6)));
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);
void kunit_kfree(struct kunit *test, const void *ptr);

#define kunit_kcalloc(test, n, size, gfp)	kunit_kzalloc(test, (n) * (size), gfp)

#define KUNIT_CASE(fn)	{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_PARAM(fn, gen_params) \
	{ .run_case = fn, .name = #fn, .gen = gen_params }
#define KUNIT_CASE_SLOW(fn)	KUNIT_CASE(fn)

#define __KUNIT_GEN(name, array, describe) \
	static const void *name##_gen_params(struct kunit *test, const void *prev, \
					     char *desc) \
	{ \
		__typeof__((array)[0]) *next = prev ? \
			(__typeof__(next))prev + 1 : (array); \
		(void)test; \
		if ((size_t)(next - (array)) >= ARRAY_SIZE(array)) \
			return NULL; \
		describe; \
		return next; \
	}
#define KUNIT_ARRAY_PARAM(name, array, get_desc) \
	__KUNIT_GEN(name, array, \
		    void (*__get)(__typeof__(next), char *) = get_desc; \
		    if (__get) __get(next, desc))
#define KUNIT_ARRAY_PARAM_DESC(name, array, member) \
	__KUNIT_GEN(name, array, strncpy(desc, next->member, KUNIT_PARAM_DESC_SIZE - 1))

#define kunit_test_suite(suite) \
	static void __attribute__((constructor)) __add_##suite(void) \
	{ \
		kunit_host_add(&(suite)); \
	}

#define __KUNIT_OK(test, assertion, ok, text, ...) do { \
	if (!(ok)) \
		kunit_host_fail(test, __FILE__, __LINE__, assertion, text __VA_ARGS__); \
} while (0)
#define __KUNIT_CMP(test, assertion, l, op, r, format, ...) do { \
	__typeof__(l) __l = (l); \
	__typeof__(r) __r = (r); \
	if (!(__l op __r)) \
		kunit_host_fail(test, __FILE__, __LINE__, assertion, \
				"%s %s %s: %lld and %lld " format, #l, #op, #r, \
				(long long)__l, (long long)__r, ##__VA_ARGS__); \
} while (0)
#define __KUNIT_PTR(test, assertion, ok, text) \
	__KUNIT_OK(test, assertion, ok, "%s", , text)

#define KUNIT_FAIL(test, ...)	kunit_host_fail(test, __FILE__, __LINE__, false, __VA_ARGS__)

#define KUNIT_EXPECT_EQ(test, l, r)	__KUNIT_CMP(test, false, l, ==, r, "")
#define KUNIT_EXPECT_NE(test, l, r)	__KUNIT_CMP(test, false, l, !=, r, "")
#define KUNIT_EXPECT_LT(test, l, r)	__KUNIT_CMP(test, false, l, <, r, "")
#define KUNIT_EXPECT_LE(test, l, r)	__KUNIT_CMP(test, false, l, <=, r, "")
#define KUNIT_EXPECT_GT(test, l, r)	__KUNIT_CMP(test, false, l, >, r, "")
#define KUNIT_EXPECT_GE(test, l, r)	__KUNIT_CMP(test, false, l, >=, r, "")
#define KUNIT_ASSERT_EQ(test, l, r)	__KUNIT_CMP(test, true, l, ==, r, "")
#define KUNIT_ASSERT_NE(test, l, r)	__KUNIT_CMP(test, true, l, !=, r, "")
#define KUNIT_ASSERT_LT(test, l, r)	__KUNIT_CMP(test, true, l, <, r, "")
#define KUNIT_ASSERT_LE(test, l, r)	__KUNIT_CMP(test, true, l, <=, r, "")
#define KUNIT_ASSERT_GT(test, l, r)	__KUNIT_CMP(test, true, l, >, r, "")
#define KUNIT_ASSERT_GE(test, l, r)	__KUNIT_CMP(test, true, l, >=, r, "")
#define KUNIT_EXPECT_EQ_MSG(test, l, r, ...)	__KUNIT_CMP(test, false, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, l, r, ...)	__KUNIT_CMP(test, false, l, !=, r, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, l, r, ...)	__KUNIT_CMP(test, false, l, <=, r, __VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(test, l, r, ...)	__KUNIT_CMP(test, false, l, >=, r, __VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, l, r, ...)	__KUNIT_CMP(test, true, l, ==, r, __VA_ARGS__)
#define KUNIT_ASSERT_LE_MSG(test, l, r, ...)	__KUNIT_CMP(test, true, l, <=, r, __VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, c)	__KUNIT_PTR(test, false, c, #c)
#define KUNIT_EXPECT_FALSE(test, c)	__KUNIT_PTR(test, false, !(c), "!" #c)
#define KUNIT_ASSERT_TRUE(test, c)	__KUNIT_PTR(test, true, c, #c)
#define KUNIT_ASSERT_FALSE(test, c)	__KUNIT_PTR(test, true, !(c), "!" #c)
#define KUNIT_EXPECT_TRUE_MSG(test, c, ...) \
	do { if (!(c)) KUNIT_FAIL(test, __VA_ARGS__); } while (0)
#define KUNIT_EXPECT_FALSE_MSG(test, c, ...)	KUNIT_EXPECT_TRUE_MSG(test, !(c), __VA_ARGS__)
#define KUNIT_ASSERT_TRUE_MSG(test, c, ...)	do { \
	if (!(c)) \
		kunit_host_fail(test, __FILE__, __LINE__, true, __VA_ARGS__); \
} while (0)
#define KUNIT_EXPECT_NULL(test, p)	__KUNIT_PTR(test, false, !(p), #p " is NULL")
#define KUNIT_EXPECT_NOT_NULL(test, p)	__KUNIT_PTR(test, false, p, #p " is not NULL")
#define KUNIT_ASSERT_NOT_NULL(test, p)	__KUNIT_PTR(test, true, p, #p " is not NULL")
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p)	KUNIT_ASSERT_NOT_NULL(test, p)
#define KUNIT_EXPECT_PTR_EQ(test, l, r)	__KUNIT_PTR(test, false, (l) == (r), #l " == " #r)
#define KUNIT_EXPECT_PTR_NE(test, l, r)	__KUNIT_PTR(test, false, (l) != (r), #l " != " #r)
#define KUNIT_ASSERT_PTR_EQ(test, l, r)	__KUNIT_PTR(test, true, (l) == (r), #l " == " #r)
#define KUNIT_EXPECT_STREQ(test, l, r)	__KUNIT_PTR(test, false, !strcmp(l, r), #l " is " #r)
#define KUNIT_EXPECT_MEMEQ(test, l, r, n) \
	__KUNIT_PTR(test, false, !memcmp(l, r, n), #l " is as " #r)
#define KUNIT_ASSERT_MEMEQ(test, l, r, n) \
	__KUNIT_PTR(test, true, !memcmp(l, r, n), #l " is as " #r)

#endif /* _HOST_KUNIT_TEST_H */
