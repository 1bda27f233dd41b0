// SPDX-License-Identifier: GPL-2.0
/*
 * newinet_hold.ko: makes the window of a race as wide as a test needs it, in code that
 * knows nothing of it. By kprobes, so on x86 and with CONFIG_KPROBES only.
 *
 *  - Who comes to @at is held there for @us, or until somebody on another CPU comes to
 *    @until, who is held in his turn for @until_us. "held" and "met" count them; "same"
 *    is set when register @reg of the first (in the order of struct pt_regs), with @disp
 *    added, points to the reference count of the socket that is the second's argument.
 *  - With @fresh: "born" counts the requests and TIME-WAIT entries that are made in the
 *    memory of another one, "early" those of them that a look-up could have a reference
 *    on while they are set up. "Set up" is where their timer is.
 *
 * A probe's handler runs with preemption off: nobody who is held sleeps.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../module/tcp/entry.h"
#include "../module/tcp/seg.h"

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Holds CPUs inside of newinet, for tests");

static char *at, *until;		/* [MODULE:]SYMBOL[+OFFSET] */
static bool leaving, fresh;
static unsigned int us, until_us, times = 1, reg, disp;
static unsigned int held, gone, met, same, born, early;

module_param(at, charp, 0444);
MODULE_PARM_DESC(at, "where to hold who comes first");
module_param(leaving, bool, 0444);
MODULE_PARM_DESC(leaving, "... when that function returns");
module_param(us, uint, 0444);
MODULE_PARM_DESC(us, "for how long at most, microseconds");
module_param(times, uint, 0444);
MODULE_PARM_DESC(times, "how many to hold");
module_param(until, charp, 0444);
MODULE_PARM_DESC(until, "where somebody else lets him go");
module_param(until_us, uint, 0444);
MODULE_PARM_DESC(until_us, "for how long to hold that one, microseconds");
module_param(reg, uint, 0444);
MODULE_PARM_DESC(reg, "where the first has a reference count's address");
module_param(disp, uint, 0444);
MODULE_PARM_DESC(disp, "to be added to it");
module_param(fresh, bool, 0444);
MODULE_PARM_DESC(fresh, "look at requests and TIME-WAIT entries that are set up");
module_param(held, uint, 0444);
module_param(gone, uint, 0444);
module_param(met, uint, 0444);
module_param(same, uint, 0444);
module_param(born, uint, 0444);
module_param(early, uint, 0444);

static atomic_t left;
static struct pt_regs first;		/* of who is held, before "held" says so */

static void spin(unsigned int limit, bool (*over)(void))
{
	u64 end = ktime_get_mono_fast_ns() + (u64)limit * NSEC_PER_USEC;

	while (!over() && ktime_get_mono_fast_ns() < end)
		cpu_relax();
}

static bool never(void)
{
	return false;
}

static bool somebody_came(void)
{
	return READ_ONCE(met);
}

static int first_comes(struct kprobe *p, struct pt_regs *regs)
{
	if (atomic_dec_if_positive(&left) < 0)
		return 0;
	if (until)
		first = *regs;
	/* Who sees it sees the registers. */
	smp_store_release(&held, held + 1);
	spin(us, until ? somebody_came : never);
	WRITE_ONCE(gone, gone + 1);
	return 0;
}

static int first_returns(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return first_comes(NULL, regs);
}

static int second_comes(struct kprobe *p, struct pt_regs *regs)
{
	const unsigned long *general = (unsigned long *)&first;

	/* Pairs with first_comes(). */
	if (!smp_load_acquire(&held) || met)
		return 0;
	same = general[reg] + disp == regs->di + offsetof(struct sock, sk_refcnt);
	/* Who reads it, by the parameter, finds "same". */
	smp_store_release(&met, 1);
	spin(until_us, never);
	return 0;
}

static void *seen[1024];
static DEFINE_RAW_SPINLOCK(seen_lock);

/* One more life of the same memory? In memory that is new the count is anything. */
static bool seen_before(void *object)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seen) && seen[i]; i++)
		if (seen[i] == object)
			return true;
	if (i < ARRAY_SIZE(seen))
		seen[i] = object;
	return false;
}

/* init_timer_key(timer, function, flags, name, key) */
static int timer_set_up(struct kprobe *p, struct pt_regs *regs)
{
	struct timer_list *timer = (struct timer_list *)regs->di;
	struct sock_common *c;
	unsigned long flags;
	char name[64];

	snprintf(name, sizeof(name), "%ps", (void *)regs->si);
	if (strstarts(name, "tw_expired [newinet]"))
		c = &container_of(timer, struct newtcp_tw, timer)->c;
	else if (strstarts(name, "req_timer [newinet]"))
		c = &container_of(timer, struct newtcp_req, timer)->c;
	else
		return 0;
	raw_spin_lock_irqsave(&seen_lock, flags);
	if (seen_before(c)) {
		born++;
		early += !!refcount_read(&c->skc_refcnt);
	}
	raw_spin_unlock_irqrestore(&seen_lock, flags);
	return 0;
}

static struct kprobe at_probe = { .pre_handler = first_comes };
static struct kretprobe return_probe = { .handler = first_returns };
static struct kprobe until_probe = { .pre_handler = second_comes };
static struct kprobe timer_probe = {
	.pre_handler	= timer_set_up,
	.symbol_name	= "init_timer_key",
};

static unsigned long registered;
enum { AT, RETURN, UNTIL, TIMER };

/* Cuts @where in two. */
static int set_place(struct kprobe *p, char *where)
{
	char *offset = strchr(where, '+');

	p->symbol_name = where;
	if (!offset)
		return 0;
	*offset = 0;
	return kstrtouint(offset + 1, 0, &p->offset);
}

static void probes_gone(void)
{
	if (registered & BIT(AT))
		unregister_kprobe(&at_probe);
	if (registered & BIT(RETURN))
		unregister_kretprobe(&return_probe);
	if (registered & BIT(UNTIL))
		unregister_kprobe(&until_probe);
	if (registered & BIT(TIMER))
		unregister_kprobe(&timer_probe);
}

static int note(int err, int which)
{
	if (!err)
		registered |= BIT(which);
	return err;
}

static int __init hold_init(void)
{
	int err = 0;

	if (reg > offsetof(struct pt_regs, di) / sizeof(long))
		return -EINVAL;
	atomic_set(&left, times);
	if (until)
		err = set_place(&until_probe, until) ?:
		      note(register_kprobe(&until_probe), UNTIL);
	if (!err && fresh)
		err = note(register_kprobe(&timer_probe), TIMER);
	if (!err && at && !leaving)
		err = set_place(&at_probe, at) ?: note(register_kprobe(&at_probe), AT);
	if (!err && at && leaving)
		err = set_place(&return_probe.kp, at) ?:
		      note(register_kretprobe(&return_probe), RETURN);
	if (err)
		probes_gone();
	return err;
}
module_init(hold_init);

static void __exit hold_exit(void)
{
	probes_gone();
}
module_exit(hold_exit);
