/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps by which a domain comes, and where one stands: octroictl onboard.
 */
#ifndef OCT_PROVISIONING_CTL_COURSE_H
#define OCT_PROVISIONING_CTL_COURSE_H

#include "provisioning/ctl_cmd.h"

enum step {
	STEP_REQUEST,
	STEP_STUDY,
	STEP_PROPOSAL,
	STEP_MAILBOXES,
	STEP_DNS,
	STEP_ACTIVE,
	STEP_LEGACY,
	STEP_SENDERS,
	STEP_SHEETS,
	STEPS
};

struct course_step {
	const char *name, *what;
	const char *how;   /* the single commands; see course_add_how */
	const char *state; /* the domain's, once the step is done; NULL: other */
	bool brought;      /* only of names that their owner brings */
	bool marked;       /* nothing else shows that it is done */
};
extern const struct course_step course_steps[STEPS];

struct course {
	char domain[OCT_DOMAIN_SIZE];
	const struct dir_snapshot *snapshot;
	const struct dir_domain *entry;
	bool done[STEPS];
	char old[OCT_ADDR_SIZE]; /* a legacy address that is not verified */
	bool collected;		 /* that one is, and has no password */
};

/* The exit status; it was told why.  A domain that is leaving has no course. */
int course_open(struct ctl *ctl, const char *name, struct course *c);
void course_close(struct course *c); /* also if that failed */

/* The first step that is not done; STEPS: all are. */
int course_next(const struct course *c);
/* Names that their owner brings have steps that others have not. */
bool course_concerns(const struct course *c, int step);
bool course_is_marked(const struct course *c, enum step step);

/* The commands of a step, with the names of this domain. */
void course_add_how(const struct course *c, int step, struct oct_str *out);

#endif
