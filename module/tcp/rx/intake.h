/* SPDX-License-Identifier: GPL-2.0 */
/* From IP to a socket (intake.c). */
#ifndef _NEWTCP_INTAKE_H
#define _NEWTCP_INTAKE_H

extern const struct newinet_entry_ops newtcp_entry_ops;	/* for the table */

int newtcp_intake_init(void);		/* process */
void newtcp_intake_exit(void);		/* process, waits for RCU */

#endif /* _NEWTCP_INTAKE_H */
