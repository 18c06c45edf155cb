/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in force for a mailbox: the innermost level that sets it.
 */
#include <string.h>

#include "lib/clock.h"
#include "policy/directory.h"

enum dir_lang
dir_lang_of(const struct dir_domain *d, const struct dir_mailbox *m)
{
	if (m != NULL && m->lang != DIR_LANG_INHERIT)
		return m->lang;
	if (d->lang != DIR_LANG_INHERIT)
		return d->lang;
	if (d->of_tenant != NULL && d->of_tenant->lang != DIR_LANG_INHERIT)
		return d->of_tenant->lang;
	return DIR_LANG_FR;
}

/* A sold option has its days. */
static bool
is_out_of_days(const struct detail_set *details)
{
	const char *from = detail_get(details, DETAIL_CHALLENGE_FROM);
	const char *until = detail_get(details, DETAIL_CHALLENGE_UNTIL);
	char today[DETAIL_DATE_SIZE];

	if (*from == '\0' && *until == '\0')
		return false;
	detail_day(oct_clock_wall_ms(), today);
	return strcmp(today, from) < 0 ||
	       (*until != '\0' && strcmp(today, until) > 0);
}

/* As they were set, without what the owner wishes. */
static void
set_options(const struct dir_domain *d, const struct dir_mailbox *m,
    const struct option_values *platform, struct option_values *out)
{
	*out = *platform;
	options_apply(out, d->tenant_options);
	options_apply(out, d->options);
	options_apply(out, m != NULL ? m->options : NULL);
	if (m != NULL && is_out_of_days(m->details))
		out->v[OPTION_CHALLENGE] = OPTION_CHALLENGE_OFF;
}

void
dir_options(const struct dir_domain *d, const struct dir_mailbox *m,
    const struct option_values *platform, struct option_values *out)
{
	set_options(d, m, platform, out);
	if (m != NULL &&
	    out->v[OPTION_CHALLENGE] == OPTION_CHALLENGE_FIRST_CONTACT &&
	    detail_yes(m->details, DETAIL_CHALLENGE_GENTLER, false))
		out->v[OPTION_CHALLENGE] = OPTION_CHALLENGE_DOUBTFUL;
}

enum option_challenge
dir_challenge_sold(const struct dir_domain *d, const struct dir_mailbox *m,
    const struct option_values *platform)
{
	struct option_values v;

	set_options(d, m, platform, &v);
	return (enum option_challenge)v.v[OPTION_CHALLENGE];
}

static bool
sets(const struct option_set *set, enum option o)
{
	for (size_t i = 0; set != NULL && i < set->count; i++)
		if (set->pairs[i].option == o)
			return true;
	return false;
}

enum dir_level
dir_option_level(
    const struct dir_domain *d, const struct dir_mailbox *m, enum option o)
{
	if (m != NULL && sets(m->options, o))
		return DIR_LEVEL_MAILBOX;
	if (sets(d->options, o))
		return DIR_LEVEL_DOMAIN;
	return sets(d->tenant_options, o) ? DIR_LEVEL_TENANT
					  : DIR_LEVEL_PLATFORM;
}

const char *
dir_level_name(enum dir_level level)
{
	switch (level) {
	case DIR_LEVEL_NONE:
		return "none";
	case DIR_LEVEL_PLATFORM:
		return "platform";
	case DIR_LEVEL_TENANT:
		return "tenant";
	case DIR_LEVEL_DOMAIN:
		return "domain";
	case DIR_LEVEL_MAILBOX:
		break;
	}
	return "mailbox";
}

/* --- Protected addresses (challenge.md 8) -------------------------------- */

static bool
has(const struct dir_list *list, const char *local)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], local) == 0)
			return true;
	return false;
}

enum dir_level
dir_statutory(const struct dir_domain *d, const char *local,
    const char *const *platform)
{
	for (size_t i = 0; platform != NULL && platform[i] != NULL; i++)
		if (strcmp(platform[i], local) == 0)
			return DIR_LEVEL_PLATFORM;
	if (d->of_tenant != NULL && has(&d->of_tenant->statutory, local))
		return DIR_LEVEL_TENANT;
	return has(&d->statutory, local) ? DIR_LEVEL_DOMAIN : DIR_LEVEL_NONE;
}

bool
dir_teleservice(const struct dir_tenant *t)
{
	return t != NULL && *t->teleservice != '\0' &&
	       *t->teleservice_since != '\0';
}

static enum dir_lifted
lifted_by(const struct dir_domain *d, bool asked, const char *reason)
{
	if (!asked)
		return DIR_LIFTED_NOT;
	if (*reason != '\0')
		return DIR_LIFTED_REASON;
	return dir_teleservice(d->of_tenant) ? DIR_LIFTED_TELESERVICE
					     : DIR_LIFTED_UNFOUNDED;
}

enum dir_lifted
dir_lifted(const struct dir_domain *d, const struct dir_mailbox *m)
{
	enum dir_lifted mine = DIR_LIFTED_NOT, all;

	if (m != NULL)
		mine = lifted_by(d, m->unprotected, m->unprotected_reason);
	if (mine == DIR_LIFTED_REASON || mine == DIR_LIFTED_TELESERVICE)
		return mine;
	all = lifted_by(d, d->unprotected, d->unprotected_reason);
	return all != DIR_LIFTED_NOT ? all : mine;
}

bool
dir_is_lifted(const struct dir_domain *d, const struct dir_mailbox *m)
{
	enum dir_lifted l = dir_lifted(d, m);

	return l == DIR_LIFTED_REASON || l == DIR_LIFTED_TELESERVICE;
}
