// SPDX-License-Identifier: GPL-2.0
/*
 * The test module: every *_kunit.c beside this file adds its suites to it,
 * and the kernel's KUnit runs them when it is loaded, after newinet.ko, whose
 * internals it reaches through EXPORT_SYMBOL_IF_KUNIT. It has no code of its
 * own; it needs a kernel with CONFIG_KUNIT.
 */
#include <linux/module.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit suites of newinet");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
