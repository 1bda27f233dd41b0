// SPDX-License-Identifier: GPL-2.0
/*
 * The host's trees: a treap keeps the node of the largest priority on top of
 * each subtree by rotations. See include/linux/rbtree.h.
 */
#include <linux/rbtree.h>

static u64 priority(const struct rb_node *node)
{
	u64 z = (uintptr_t)node * 0x9e3779b97f4a7c15ULL;

	return (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9ULL;
}

/* Where @node hangs. */
static struct rb_node **link_of(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent = node->parent;

	if (!parent)
		return &root->rb_node;
	return parent->rb_left == node ? &parent->rb_left : &parent->rb_right;
}

/* @node takes its parent's place, which becomes its child. */
static void rotate_up(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent = node->parent, *inner;
	struct rb_node **link = link_of(parent, root);

	if (parent->rb_left == node) {
		inner = node->rb_right;
		parent->rb_left = inner;
		node->rb_right = parent;
	} else {
		inner = node->rb_left;
		parent->rb_right = inner;
		node->rb_left = parent;
	}
	if (inner)
		inner->parent = parent;
	node->parent = parent->parent;
	parent->parent = node;
	*link = node;
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	while (node->parent && priority(node) > priority(node->parent))
		rotate_up(node, root);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *child;

	while (node->rb_left && node->rb_right)
		rotate_up(priority(node->rb_left) > priority(node->rb_right) ?
			  node->rb_left : node->rb_right, root);
	child = node->rb_left ?: node->rb_right;
	*link_of(node, root) = child;
	if (child)
		child->parent = node->parent;
}

void rb_replace_node(struct rb_node *old, struct rb_node *node, struct rb_root *root)
{
	/* The priority changes: the shape suffers, the order does not. */
	*link_of(old, root) = node;
	*node = *old;
	if (node->rb_left)
		node->rb_left->parent = node;
	if (node->rb_right)
		node->rb_right->parent = node;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_left)
		node = node->rb_left;
	return node;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_right)
		node = node->rb_right;
	return node;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *parent;

	if (node->rb_right) {
		const struct rb_root right = { node->rb_right };

		return rb_first(&right);
	}
	while ((parent = node->parent) && node == parent->rb_right)
		node = parent;
	return parent;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *parent;

	if (node->rb_left) {
		const struct rb_root left = { node->rb_left };

		return rb_last(&left);
	}
	while ((parent = node->parent) && node == parent->rb_left)
		node = parent;
	return parent;
}
