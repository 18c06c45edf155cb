/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl feed zimbra, import zimbra: the mail store of the Centre, by what
 * its command zmprov prints and takes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "provisioning/ctl_feed.h"
#include "provisioning/ctl_plan.h"
#include "provisioning/zimbra.h"

static const char commands[] =
    "# As user zimbra.  Writing the dump:\n"
    "(zmprov -l gac -v; zmprov -l gad -v; zmprov -l gaa -v; zmprov gadl -v;\n"
    " zmprov gqu \"$(zmhostname)\") >zimbra.dump\n"
    "# On this host: octroictl feed zimbra --dump=zimbra.dump >batch.zmp\n"
    "# There again, after reading it:\n"
    "zmprov -f batch.zmp\n";

static int
read_dump(const struct ctl *ctl, const char *path, struct zimbra **out)
{
	char problem[ZIMBRA_PROBLEM_SIZE], *text = NULL;
	int status = ctl_slurp(ctl, path, &text), rc;

	*out = NULL;
	if (status != 0)
		return status;
	rc = zimbra_parse(text, out, problem);
	free(text);
	if (rc == OCT_EPARSE)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE, "%s: %s", path,
		    problem);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "file", path);
}

struct refused {
	const struct ctl *ctl;
	size_t count;
};

static void
refuse(void *arg, const char *name, const char *why)
{
	struct refused *r = arg;

	(void)ctl_fail(r->ctl, 0, "%s: %s", name, why);
	r->count++;
}

/* --- feed ---------------------------------------------------------------- */

const struct ctl_option ctl_feed_zimbra_options[] = {
	{ "dump", "FILE|-", "what Zimbra has; --commands says how it is made" },
	{ "tenant", "ID", "that tenant's domains alone" },
	{ "domain", "DOMAIN", "that domain alone" },
	{ "close-missing", NULL, "close accounts and lists of those domains "
				 "that are not provisioned, and drop their "
				 "aliases" },
	{ "forwarding", NULL, "Zimbra forwards mailboxes too, mail of "
			      "colleagues with the rest" },
	{ "commands", NULL, "print how a dump is made and a batch is run" },
	{ NULL, NULL, NULL },
};

static int
want(struct ctl *ctl, const struct ctl_args *args, struct zimbra **out)
{
	const char *only = ctl_args_value(args, "domain");
	char domain[OCT_DOMAIN_SIZE];
	struct model *m = NULL;
	struct store *store;
	int status = 0, rc;

	*out = NULL;
	if (only != NULL)
		status = ctl_domain(ctl, only, domain);
	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status != 0)
		return status;
	rc = model_load(store, ctl_args_value(args, "tenant"), &m);
	if (rc == 0)
		rc = zimbra_want(m, ctl->settings->storage,
		    only != NULL ? domain : NULL, out);
	model_free(m);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "directory in Redis at",
		    ctl->settings->redis_address);
	return 0;
}

/* More is there than would fit. */
static void
warn_full(const struct ctl *ctl, const struct zimbra *live,
    const struct zimbra *wanted)
{
	for (size_t i = 0; i < zimbra_count(wanted); i++) {
		const struct zimbra_entry *e = zimbra_at(wanted, i);
		const struct zimbra_entry *now = e->kind == ZIMBRA_ACCOUNT
		    ? zimbra_find(live, ZIMBRA_ACCOUNT, e->name)
		    : NULL;
		int64_t quota = strtoll(e->quota, NULL, 10);

		if (now != NULL && quota > 0 && now->used > quota)
			(void)ctl_fail(ctl, 0,
			    "%s: holds more than its quota will be: new mail "
			    "will be refused there",
			    e->name);
	}
}

static int
write_batch(const struct ctl *ctl, const struct ctl_args *args,
    const struct zimbra *live, const struct zimbra *wanted)
{
	const struct zimbra_options options = {
		.close_missing = ctl_args_has(args, "close-missing"),
		.forwarding = ctl_args_has(args, "forwarding"),
	};
	struct refused r = { ctl, 0 };
	struct oct_str out;
	size_t left = 0;
	int rc;

	oct_str_heap(&out, CTL_OUT_MAX);
	rc = zimbra_diff(live, wanted, &options, refuse, &r, &left, &out);
	if (rc != 0 || r.count > 0) {
		oct_str_free(&out);
		return rc != 0 ? ctl_fail_rc(ctl, rc, "batch", "for Zimbra")
			       : ctl_fail(ctl, DAEMON_EXIT_FAILED,
				     "no batch is written while names clash");
	}
	if (left > 0 && !ctl->quiet)
		(void)ctl_fail(ctl, 0,
		    "%zu names of those domains are in Zimbra only, and stay "
		    "as they are (--close-missing)",
		    left);
	return ctl_write(ctl, &out);
}

int
ctl_feed_zimbra(struct ctl *ctl, const struct ctl_args *args)
{
	const char *dump = ctl_args_value(args, "dump");
	struct zimbra *live = NULL, *wanted = NULL;
	struct oct_str out;
	int status;

	if (ctl_args_has(args, "commands")) {
		oct_str_heap(&out, CTL_OUT_MAX);
		oct_str_add(&out, commands);
		return ctl_write(ctl, &out);
	}
	if (dump == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--dump=FILE is needed: --commands says how it is made");
	status = read_dump(ctl, dump, &live);
	if (status == 0)
		status = want(ctl, args, &wanted);
	if (status == 0) {
		warn_full(ctl, live, wanted);
		status = write_batch(ctl, args, live, wanted);
	}
	zimbra_free(live);
	zimbra_free(wanted);
	return status;
}

/* --- import -------------------------------------------------------------- */

static int
import_zimbra(struct ctl *ctl, const struct ctl_args *args)
{
	const char *tenant = ctl_args_value(args, "tenant");
	struct refused r = { ctl, 0 };
	struct zimbra *z = NULL;
	struct oct_str out;
	int status = read_dump(ctl, args->words[0], &z), rc;

	if (status != 0)
		return status;
	oct_str_heap(&out, CTL_OUT_MAX);
	rc = zimbra_model(z, tenant != NULL ? tenant : "", refuse, &r, &out);
	zimbra_free(z);
	if (rc != 0) {
		oct_str_free(&out);
		return ctl_fail_rc(ctl, rc, "dump", args->words[0]);
	}
	return ctl_write(ctl, &out);
}

static const struct ctl_option import_options[] = {
	{ "tenant", "ID", "whose the domains are to be" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_import_verbs[] = {
	{ "zimbra", "FILE|-",
	    "print what Zimbra has as a file for 'plan' (what cannot be had "
	    "here is told and left out)",
	    1, 1, import_options, CTL_NO_ATTRIBUTES, import_zimbra },
	{ .run = NULL },
};
