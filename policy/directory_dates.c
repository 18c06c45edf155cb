/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dates of an entry beside its state.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/directory_private.h"
#include "policy/json_text.h"

/* A mailbox that closes some day is active until then; others say closing. */
int
dir_settle(enum dir_kind kind, json_t *all)
{
	const char *state = json_text_of(all, "state");
	bool closed = strcmp(state, "closed") == 0;
	char today[DETAIL_DATE_SIZE];

	if (kind == DIR_KIND_PLAN || kind == DIR_KIND_PRICE)
		return 0;
	if (closed || (kind != DIR_KIND_MAILBOX && strcmp(state, "closing") != 0))
		(void)json_object_del(all, "closes");
	if (!closed)
		(void)json_object_del(all, "closed");
	else if (*json_text_of(all, "closed") == '\0') {
		detail_day(oct_clock_wall_ms(), today);
		if (json_object_set_new(all, "closed", json_string(today)) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* Both are set, and the wrong way round. */
static bool
turned(const struct detail_set *set, enum detail first, enum detail second)
{
	const char *a = detail_get(set, first), *b = detail_get(set, second);

	return *a != '\0' && *b != '\0' && strcmp(a, b) > 0;
}

static const char *
closing_problem(bool closing, const struct detail_set *set)
{
	bool dated = *detail_get(set, DETAIL_CLOSES) != '\0';

	return closing && !dated
	    ? "the state closing needs closes, the first day on which it is "
	      "closed"
	    : NULL;
}

static const char *
tenant_problem(const struct detail_set *set)
{
	bool noticed = *detail_get(set, DETAIL_CONTRACT_NOTICE) != '\0';

	if (noticed != (*detail_get(set, DETAIL_CONTRACT_NOTICE_BY) != '\0'))
		return "contract_notice and contract_notice_by go together";
	if (turned(set, DETAIL_CONTRACT_START, DETAIL_CONTRACT_ENDS))
		return "contract_ends must not lie before contract_start";
	if (turned(set, DETAIL_CONTRACT_NOTICE, DETAIL_CONTRACT_ENDS))
		return "contract_ends must not lie before contract_notice";
	return closing_problem(
	    strcmp(detail_get(set, DETAIL_STATE), "closing") == 0, set);
}

static const char *
alias_problem(const struct detail_set *set)
{
	const char *post = detail_get(set, DETAIL_POST);
	bool listed = *detail_get(set, DETAIL_POSTERS) != '\0';

	if (listed && *post == '\0')
		return "posters belong to a group: set post";
	if (!listed && strcmp(post, "listed") == 0)
		return "post=listed needs posters";
	return closing_problem(
	    strcmp(detail_get(set, DETAIL_STATE), "closing") == 0, set);
}

static const char *
mailbox_problem(const struct detail_set *set)
{
	if (turned(set, DETAIL_CHALLENGE_FROM, DETAIL_CHALLENGE_UNTIL))
		return "challenge_until must not lie before challenge_from";
	if (!detail_yes(set, DETAIL_KEEP_COPY, true) &&
	    *detail_get(set, DETAIL_FORWARD) == '\0')
		return "keep_copy=no needs a forward: the mail would go "
		       "nowhere";
	return NULL;
}

static const char *
legacy_problem(const struct detail_set *set)
{
	const char *how = detail_get(set, DETAIL_HOW);

	if (*detail_get(set, DETAIL_MAILBOX) == '\0' || *how == '\0')
		return "a legacy address needs the mailbox that gets its mail, "
		       "and how=collected or how=forwarded";
	if (strcmp(how, "collected") == 0 &&
	    *detail_get(set, DETAIL_SERVER) == '\0')
		return "a legacy address that is collected needs its server, "
		       "as server=imaps://imap.example.org";
	return closing_problem(
	    strcmp(detail_get(set, DETAIL_STATE), "closing") == 0, set);
}

static const char *
closed_problem(bool closed, const struct detail_set *set)
{
	if (!closed && *detail_get(set, DETAIL_CLOSED) != '\0')
		return "the date closed belongs to the state closed";
	return NULL;
}

/* Its state, as a closed one or not, and its details. */
static const struct detail_set *
details_of(enum dir_kind kind, const void *entry, bool *closed)
{
	const struct dir_domain *d = entry;
	const struct dir_mailbox *m = entry;
	const struct detail_set *set;

	if (kind == DIR_KIND_DOMAIN) {
		*closed = d->life == DIR_LIFE_CLOSED;
		return d->details;
	}
	if (kind == DIR_KIND_MAILBOX) {
		*closed = m->state == DIR_CLOSED;
		return m->details;
	}
	if (kind == DIR_KIND_ALIAS)
		set = ((const struct dir_alias *)entry)->details;
	else if (kind == DIR_KIND_TENANT)
		set = ((const struct dir_tenant *)entry)->details;
	else
		set = ((const struct dir_record *)entry)->details;
	*closed = detail_closed(set);
	return set;
}

static const char *
find_problem(enum dir_kind kind, const void *entry)
{
	const struct dir_domain *d = entry;
	bool closed = false;
	const struct detail_set *set = details_of(kind, entry, &closed);

	if (closed_problem(closed, set) != NULL)
		return closed_problem(closed, set);
	switch (kind) {
	case DIR_KIND_DOMAIN:
		return closing_problem(d->life == DIR_LIFE_CLOSING, set);
	case DIR_KIND_MAILBOX:
		return mailbox_problem(set);
	case DIR_KIND_ALIAS:
		return alias_problem(set);
	case DIR_KIND_TENANT:
		return tenant_problem(set);
	case DIR_KIND_LEGACY:
		return legacy_problem(set);
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return NULL;
}

int
dir_check_dates(
    enum dir_kind kind, const void *entry, char problem[DIR_PROBLEM_SIZE])
{
	const char *what = find_problem(kind, entry);

	if (what == NULL)
		return 0;
	(void)snprintf(problem, DIR_PROBLEM_SIZE, "%s", what);
	return OCT_EPARSE;
}
