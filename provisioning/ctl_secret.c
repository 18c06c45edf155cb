/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl secret: the site's secret, from which all keys are derived.
 */
#include <errno.h>

#include "lib/secret.h"
#include "provisioning/ctl_cmd.h"

static int
secret_path(struct ctl *ctl, const struct ctl_args *args, const char **out)
{
	const struct settings *set;
	int status;

	if (args->count > 0) {
		*out = args->words[0];
		return 0;
	}
	status = ctl_settings(ctl, &set);
	if (status == 0)
		*out = set->secret_file;
	return status;
}

static int
secret_create(struct ctl *ctl, const struct ctl_args *args)
{
	const char *path;
	int status = secret_path(ctl, args, &path), rc;

	if (status != 0)
		return status;
	rc = oct_secret_create(path);
	if (rc == -EEXIST)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s exists: a new secret would make every token and held "
		    "item unknown; move it away if that is what you want",
		    path);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "secret", path);
	return ctl_done(ctl, "created (give it to octroi's user: chown)",
	    "secret", path);
}

static int
secret_check(struct ctl *ctl, const struct ctl_args *args)
{
	struct oct_secret secret;
	const char *path;
	int status = secret_path(ctl, args, &path), rc;

	if (status != 0)
		return status;
	rc = oct_secret_load(path, &secret);
	oct_secret_fini(&secret);
	if (rc == -ENOENT)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s does not exist: make it with 'octroictl secret create'",
		    path);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "secret", path);
	return ctl_done(ctl, "good", "secret", path);
}

const struct ctl_verb ctl_secret_verbs[] = {
	{ "create", "[FILE]", "make it (default: the configuration's file)", 0,
	    1, NULL, CTL_NO_ATTRIBUTES, secret_create },
	{ "check", "[FILE]", "see whether it can be used", 0, 1, NULL,
	    CTL_NO_ATTRIBUTES, secret_check },
	{ .run = NULL },
};
