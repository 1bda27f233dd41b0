/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_LIST_SORT_H
#define _HOST_LINUX_LIST_SORT_H

#include <linux/list.h>

typedef int (*list_cmp_func_t)(void *priv, const struct list_head *a,
			       const struct list_head *b);

/* Stable, by halves. */
static inline void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head left = LIST_HEAD_INIT(left), right = LIST_HEAD_INIT(right);
	bool side = false;
	int n = 0, half;

	if (list_empty(head) || head->next->next == head)
		return;
	for (struct list_head *e = head->next; e != head; e = e->next)
		n++;
	half = n / 2;
	while (!list_empty(head)) {
		side = half-- <= 0;
		list_move_tail(head->next, side ? &right : &left);
	}
	list_sort(priv, &left, cmp);
	list_sort(priv, &right, cmp);
	while (!list_empty(&left) || !list_empty(&right)) {
		side = list_empty(&left) || (!list_empty(&right) &&
		       cmp(priv, left.next, right.next) > 0);
		list_move_tail(side ? right.next : left.next, head);
	}
}

#endif /* _HOST_LINUX_LIST_SORT_H */
