/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl --as=ADDRESS: with the rights of a tenant's referent, and no others.
 */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/detail.h"
#include "policy/directory_schema.h"
#include "provisioning/ctl_cmd.h"

/* What he may do at all; what of it concerns others, and which attributes, is
 * looked at besides. */
static const struct {
	const char *noun, *verbs;
} allowed[] = {
	{ "mailbox", " add set show list close reopen password " },
	{ "alias", " add set show list close reopen " },
	{ "group", " add set show list close reopen " },
	{ "legacy", " add set show list close reopen " },
	{ "domain", " set show " },
	{ "quota", " show " },
	{ "policy", " show " },
};

static bool
is_allowed(const struct ctl_args *args)
{
	char verb[40];

	if (args->verb == NULL || args->verb->name == NULL)
		return false;
	(void)snprintf(verb, sizeof(verb), " %s ", args->verb->name);
	for (size_t i = 0; i < OCT_LEN(allowed); i++)
		if (strcmp(args->noun->name, allowed[i].noun) == 0)
			return strstr(allowed[i].verbs, verb) != NULL;
	return false;
}

/* Who he is: his tenant to out. */
static int
find_tenant(struct ctl *ctl, const struct oct_addr *a, const char *text,
    char out[DIR_ID_MAX + 1])
{
	const struct dir_snapshot *s;
	const struct dir_domain *d;
	const struct dir_mailbox *m = NULL;
	int status = ctl_directory(ctl, a->domain, &s);

	if (status != 0)
		return status;
	d = dir_domain(s, a->domain);
	if (d != NULL && d->state == DIR_ACTIVE && d->of_tenant != NULL &&
	    !detail_closed(d->of_tenant->details))
		m = dir_mailbox(d, a->local);
	if (m != NULL && m->state == DIR_ACTIVE &&
	    strcmp(detail_get(m->details, DETAIL_ROLE), "referent") == 0)
		(void)snprintf(out, DIR_ID_MAX + 1, "%s", d->tenant);
	else
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s is no referent: 'octroictl mailbox set %s "
		    "role=referent' makes it one of its tenant",
		    text, text);
	directory_put(s);
	return status;
}

/* The domain that the command is about: of its address, or itself. */
static int
find_domain(struct ctl *ctl, const struct ctl_args *args,
    char out[OCT_DOMAIN_SIZE])
{
	bool legacy = strcmp(args->noun->name, "legacy") == 0 &&
	    strcmp(args->verb->name, "list") != 0;
	size_t i = legacy ? 1 : 0;
	const char *at;

	/* "quota show --tenant" is about many. */
	if (args->count <= i ||
	    (strcmp(args->noun->name, "quota") == 0 &&
		ctl_args_has(args, "tenant")))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--as: name an address or a domain");
	at = strrchr(args->words[i], '@');
	return ctl_domain(ctl, at != NULL ? at + 1 : args->words[i], out);
}

static int
check_domain(struct ctl *ctl, const struct ctl_args *args)
{
	char name[OCT_DOMAIN_SIZE];
	const struct dir_snapshot *s;
	int status = find_domain(ctl, args, name);

	if (status == 0)
		status = ctl_directory(ctl, name, &s);
	if (status != 0)
		return status;
	if (strcmp(dir_domain_at(s, 0)->tenant, ctl->referent) != 0)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s is not of the tenant %s", name, ctl->referent);
	directory_put(s);
	return status;
}

int
ctl_as(struct ctl *ctl, const struct ctl_args *args)
{
	char tenant[DIR_ID_MAX + 1] = "";
	struct oct_addr a;
	int status;

	if (ctl->batch_line > 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--as does not belong into a batch");
	if (!is_allowed(args))
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "'%s%s%s' is the Centre's to do, not a referent's",
		    args->noun->name, args->verb->name != NULL ? " " : "",
		    args->verb->name != NULL ? args->verb->name : "");
	status = ctl_address(ctl, args->as, &a);
	if (status == 0)
		status = find_tenant(ctl, &a, args->as, tenant);
	if (status != 0)
		return status;
	memcpy(ctl->referent, tenant, sizeof(tenant));
	(void)snprintf(ctl->actor, sizeof(ctl->actor), "referent:%s@%s",
	    a.local, a.domain);
	return check_domain(ctl, args);
}
