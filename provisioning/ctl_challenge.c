/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl challenge and bypass: the two levers of challenge.md 11.
 */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/lever.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_challenge.h"

#define BYPASS_MIN_MS 60000LL
#define BYPASS_MAX_MS (7LL * 86400000)

static int
pull_stop(struct ctl *ctl, bool stop)
{
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = lever_stop(store, stop, ctl->actor, oct_clock_wall_ms());
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, stop ? "stop" : "start",
		    "challenges");
	status = ctl_audit(ctl, stop ? "challenge.stop" : "challenge.start", "",
	    NULL, "");
	return status != 0 ? status
			   : ctl_done(ctl, stop ? "stopped" : "started",
				 "challenges", "of the platform");
}

static int
challenge_stop(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	return pull_stop(ctl, true);
}

static int
challenge_start(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	return pull_stop(ctl, false);
}

static int
bypass_run(struct ctl *ctl, const struct ctl_args *args)
{
	const char *text = ctl_args_value(args, "for");
	bool off = ctl_args_has(args, "off");
	int64_t now = oct_clock_wall_ms(), for_ms = 0;
	struct store *store;
	int status, rc;

	if (off == (text != NULL))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "say --for with a duration such as 2h, or --off");
	if (text != NULL &&
	    oct_num_duration(text, BYPASS_MIN_MS, BYPASS_MAX_MS, &for_ms) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--for=%s: expected a duration from 1min to 7d", text);
	status = ctl_store(ctl, &store);
	if (status != 0)
		return status;
	rc = lever_bypass(store, off ? 0 : now + for_ms, ctl->actor, now);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "set", "the bypass");
	status = ctl_audit(ctl, off ? "bypass.off" : "bypass.on", "", NULL,
	    off ? "" : text);
	return status != 0 ? status
			   : ctl_done(ctl, off ? "ended" : "began", "bypass",
				 off ? "at once" : text);
}

static const struct ctl_option bypass_options[] = {
	{ "for", "DURATION", "from now on, so long" },
	{ "off", NULL, "end it now" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_challenge_verbs[] = {
	{ "stop", "", "let no challenge leave: all are held silently", 0, 0,
	    NULL, CTL_NO_ATTRIBUTES, challenge_stop },
	{ "start", "", "let them leave again", 0, 0, NULL, CTL_NO_ATTRIBUTES,
	    challenge_start },
	{ "status", "", "print levers, caps, breakers and numbers", 0, 0, NULL,
	    CTL_NO_ATTRIBUTES, ctl_challenge_status },
	{ .run = NULL },
};

const struct ctl_verb ctl_bypass_verbs[] = {
	{ NULL, "--for=DURATION | --off",
	    "deliver with a label what would be held for being unknown", 0, 0,
	    bypass_options, CTL_NO_ATTRIBUTES, bypass_run },
	{ .run = NULL },
};
