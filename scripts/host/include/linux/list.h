/* SPDX-License-Identifier: GPL-2.0 */
/* Doubly linked lists behind the kernel's names. */
#ifndef _HOST_LINUX_LIST_H
#define _HOST_LINUX_LIST_H

#include <linux/types.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)	struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *h)
{
	h->next = h;
	h->prev = h;
}

static inline bool list_empty(const struct list_head *h)
{
	return h->next == h;
}

static inline void __list_link(struct list_head *e, struct list_head *prev,
			       struct list_head *next)
{
	e->prev = prev;
	e->next = next;
	prev->next = e;
	next->prev = e;
}

static inline void list_add(struct list_head *e, struct list_head *h)
{
	__list_link(e, h, h->next);
}

static inline void list_add_tail(struct list_head *e, struct list_head *h)
{
	__list_link(e, h->prev, h);
}

static inline void __list_del_entry(struct list_head *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
}

/* The pointers that are left fault when they are followed. */
static inline void list_del(struct list_head *e)
{
	__list_del_entry(e);
	e->next = (struct list_head *)0x100;
	e->prev = (struct list_head *)0x122;
}

static inline void list_del_init(struct list_head *e)
{
	__list_del_entry(e);
	INIT_LIST_HEAD(e);
}

static inline void list_move(struct list_head *e, struct list_head *h)
{
	__list_del_entry(e);
	list_add(e, h);
}

static inline void list_move_tail(struct list_head *e, struct list_head *h)
{
	__list_del_entry(e);
	list_add_tail(e, h);
}

static inline void list_replace(struct list_head *old, struct list_head *e)
{
	__list_link(e, old->prev, old->next);
}

static inline bool list_is_first(const struct list_head *e, const struct list_head *h)
{
	return e->prev == h;
}

static inline bool list_is_last(const struct list_head *e, const struct list_head *h)
{
	return e->next == h;
}

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_first_entry(h, type, member)	list_entry((h)->next, type, member)
#define list_last_entry(h, type, member)	list_entry((h)->prev, type, member)
#define list_first_entry_or_null(h, type, member) \
	(list_empty(h) ? NULL : list_first_entry(h, type, member))
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member) \
	list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_entry_is_head(pos, h, member)	(&(pos)->member == (h))

#define list_for_each(pos, h) \
	for ((pos) = (h)->next; (pos) != (h); (pos) = (pos)->next)
#define list_for_each_safe(pos, n, h) \
	for ((pos) = (h)->next, (n) = (pos)->next; (pos) != (h); \
	     (pos) = (n), (n) = (pos)->next)
#define list_for_each_entry_from(pos, h, member) \
	for (; !list_entry_is_head(pos, h, member); \
	     (pos) = list_next_entry(pos, member))
#define list_for_each_entry(pos, h, member) \
	for ((pos) = list_first_entry(h, __typeof__(*(pos)), member); \
	     !list_entry_is_head(pos, h, member); \
	     (pos) = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, h, member) \
	for ((pos) = list_last_entry(h, __typeof__(*(pos)), member); \
	     !list_entry_is_head(pos, h, member); \
	     (pos) = list_prev_entry(pos, member))
#define list_for_each_entry_continue_reverse(pos, h, member) \
	for ((pos) = list_prev_entry(pos, member); \
	     !list_entry_is_head(pos, h, member); \
	     (pos) = list_prev_entry(pos, member))
#define list_for_each_entry_from_reverse(pos, h, member) \
	for (; !list_entry_is_head(pos, h, member); \
	     (pos) = list_prev_entry(pos, member))
#define list_for_each_entry_safe_from(pos, n, h, member) \
	for ((n) = list_next_entry(pos, member); \
	     !list_entry_is_head(pos, h, member); \
	     (pos) = (n), (n) = list_next_entry(n, member))
#define list_for_each_entry_safe(pos, n, h, member) \
	for ((pos) = list_first_entry(h, __typeof__(*(pos)), member), \
	     (n) = list_next_entry(pos, member); \
	     !list_entry_is_head(pos, h, member); \
	     (pos) = (n), (n) = list_next_entry(n, member))

#endif /* _HOST_LINUX_LIST_H */
