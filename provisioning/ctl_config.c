/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl config: the sample file, and the check of the real one.
 */
#include "lib/err.h"
#include "policy/settings.h"
#include "provisioning/ctl_cmd.h"

static int
config_sample(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	struct oct_str out;
	int rc;

	oct_str_heap(&out, CTL_OUT_MAX);
	rc = settings_sample(&out);
	if (rc != 0)
		out.err = rc;
	return ctl_write(ctl, &out);
}

static int
config_check(struct ctl *ctl, const struct ctl_args *args)
{
	const struct settings *set;
	int status;

	if (args->count > 0)
		ctl->conf = args->words[0];
	status = ctl_settings(ctl, &set);
	return status != 0 ? status
			   : ctl_done(ctl, "good", "configuration", ctl->conf);
}

const struct ctl_verb ctl_config_verbs[] = {
	{ "sample", "", "print a commented file with every setting", 0, 0, NULL,
	    CTL_NO_ATTRIBUTES, config_sample },
	{ "check", "[FILE]", "read it and report every mistake", 0, 1, NULL,
	    CTL_NO_ATTRIBUTES, config_check },
	{ .run = NULL },
};
