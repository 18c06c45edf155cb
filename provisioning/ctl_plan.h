/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans of changes on the command line: shown, and made so.
 */
#ifndef OCT_PROVISIONING_CTL_PLAN_H
#define OCT_PROVISIONING_CTL_PLAN_H

#include "policy/model.h"
#include "provisioning/ctl_cmd.h"

ctl_run ctl_plan_run;
extern const struct ctl_option ctl_plan_options[];

/* A plan with what it was made of. */
struct ctl_planned {
	struct model *live, *wanted, *after;
	struct model_plan plan;
	char fingerprint[MODEL_FINGERPRINT_SIZE];
	char over[256]; /* the allowance that it passes, "" = none */
};
/* Takes over wanted.  A status; ctl_planned_free in every case. */
int ctl_plan_make(struct ctl *ctl, struct model *wanted, bool close_missing,
    struct ctl_planned *out);
void ctl_planned_free(struct ctl_planned *p);
int ctl_plan_show(struct ctl *ctl, const struct ctl_planned *p);
/* fingerprint: that which was shown. */
int ctl_plan_apply(struct ctl *ctl, const struct ctl_planned *p,
    const char *fingerprint);

/* A whole file as text; the caller frees. */
int ctl_slurp(const struct ctl *ctl, const char *path, char **out);

/* Do its tenants name plans that there will be? */
int ctl_plan_named(struct ctl *ctl, const struct ctl_planned *p);

#endif
