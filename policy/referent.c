/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/referent.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"
#include "policy/json_text.h"

/* Options that are no limits: the first and last of each run of them. */
static bool
is_treatment(enum option o)
{
	return (o >= OPTION_CHALLENGE && o <= OPTION_PASS_MESSAGES) ||
	       o == OPTION_DIGEST;
}

/* Those of the schema that are plain fields, between blanks. */
static bool
is_own_field(enum dir_kind kind, const char *name)
{
	const char *list = kind == DIR_KIND_MAILBOX
	    ? " name state lang has_blocks tag hold reject "
	    : " lang catch_all statutory has_blocks tag hold reject ";
	char word[64];

	if (kind == DIR_KIND_ALIAS)
		list = " targets ";
	(void)snprintf(word, sizeof(word), " %s ", name);
	return strstr(list, word) != NULL;
}

static bool
is_own_detail(enum dir_kind kind, enum detail d)
{
	if (kind == DIR_KIND_DOMAIN)
		return false;
	/* That a redirection works lets mail in; a role lets people in; days of
	 * the option are what was sold; what is sealed is sealed by us; what each
	 * symbol weighs is learnt by whoever judges all mail. */
	return !(d >= DETAIL_VERIFIED && d <= DETAIL_VERIFIED_HOPS) &&
	       d != DETAIL_PASSWORD && d != DETAIL_ROLE && d != DETAIL_WEIGHTS &&
	       d != DETAIL_CHALLENGE_FROM && d != DETAIL_CHALLENGE_UNTIL;
}

bool
referent_may_set(enum dir_kind kind, const struct dir_attribute *a)
{
	if (kind != DIR_KIND_DOMAIN && kind != DIR_KIND_MAILBOX &&
	    kind != DIR_KIND_ALIAS && kind != DIR_KIND_LEGACY)
		return false;
	switch (a->type) {
	case DIR_TYPE_OPTION:
		return is_treatment(a->option);
	case DIR_TYPE_DETAIL:
		return is_own_detail(kind, a->detail);
	case DIR_TYPE_QUOTA:
	case DIR_TYPE_SIZE:
		return false;
	case DIR_TYPE_STATE:
	case DIR_TYPE_LIFE:
	case DIR_TYPE_LANG:
	case DIR_TYPE_DMARC:
	case DIR_TYPE_BOOL:
	case DIR_TYPE_TEXT:
	case DIR_TYPE_ID:
	case DIR_TYPE_TRANSPORT:
	case DIR_TYPE_ADDRESS:
	case DIR_TYPE_SCORE:
	case DIR_TYPE_TARGETS:
	case DIR_TYPE_LOCALS:
	case DIR_TYPE_URL:
	case DIR_TYPE_DATE:
		break;
	}
	return kind != DIR_KIND_LEGACY && is_own_field(kind, a->name);
}

static int OCT_PRINTF(2, 3)
    refuse(char problem[256], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(problem, 256, fmt, ap);
	va_end(ap);
	return OCT_EAUTH;
}

static bool
is_limit(const struct dir_attribute *a)
{
	return a->type == DIR_TYPE_QUOTA || a->type == DIR_TYPE_SIZE ||
	       (a->type == DIR_TYPE_OPTION && !is_treatment(a->option));
}

static int
check_attribute(enum dir_kind kind, const char *name, char problem[256])
{
	struct dir_attribute a;

	if (!dir_attribute(kind, name, &a))
		return 0; /* of another version, and as it was */
	if (referent_may_set(kind, &a))
		return 0;
	return refuse(problem,
	    is_limit(&a) ? "%s of %s %s is a limit that the Centre sets: a "
			   "tenant cannot change his own; ask the Centre"
			 : "%s of %s %s is the Centre's to set, not a "
			   "referent's: ask the Centre",
	    name, dir_kind_article(kind), dir_kind_name(kind));
}

static int
check_differences(enum dir_kind kind, json_t *before, json_t *after,
    char problem[256])
{
	const char *name;
	json_t *value;
	int rc = 0;

	json_object_foreach(after, name, value)
	{
		const json_t *was = json_object_get(before, name);

		if (rc == 0 && (was == NULL || !json_equal(was, value)))
			rc = check_attribute(kind, name, problem);
	}
	json_object_foreach(before, name, value)
	{
		if (rc == 0 && json_object_get(after, name) == NULL)
			rc = check_attribute(kind, name, problem);
	}
	return rc;
}

/* Absent, it is active. */
static const char *
state_of(const json_t *object)
{
	const char *state = json_text_of(object, "state");

	return *state != '\0' ? state : "active";
}

/* Whom the Centre suspended he does not let go on, nor the other way; not by way
 * of closed either, where nothing but the journal tells what was suspended. */
static int
check_state(const struct referent_ask *ask, const json_t *before,
    const json_t *after, char problem[256])
{
	const char *was = state_of(before), *is = state_of(after);
	bool closed = strcmp(was, "closed") == 0;

	if (ask->kind != DIR_KIND_MAILBOX || strcmp(was, is) == 0 ||
	    (closed && ask->reopen))
		return 0;
	if (closed)
		return refuse(problem,
		    "a closed mailbox is opened again as it stood before, by "
		    "'octroictl mailbox reopen', and by nothing else");
	if (strcmp(was, "suspended") != 0 && strcmp(is, "suspended") != 0)
		return 0;
	return refuse(problem,
	    "a mailbox is suspended, and let go on, by the Centre alone: ask "
	    "the Centre");
}

/* A password that was sealed here is told to no other server, and to nobody who
 * does not know it. */
static int
check_server(const struct referent_ask *ask, const json_t *before,
    const json_t *after, char problem[256])
{
	if (ask->kind != DIR_KIND_LEGACY ||
	    *json_text_of(before, "password") == '\0' ||
	    strcmp(json_text_of(before, "server"), json_text_of(after, "server")) == 0)
		return 0;
	return refuse(problem,
	    "server of a legacy address that has a password is the Centre's "
	    "to set, not a referent's: ask the Centre");
}

static int
check_owner(const struct referent_ask *ask, char problem[256])
{
	json_t *domain = dir_object(ask->domain != NULL ? ask->domain : "");
	bool his = *ask->tenant != '\0' &&
		   strcmp(json_text_of(domain, "tenant"), ask->tenant) == 0;

	json_decref(domain);
	return his ? 0
		   : refuse(problem, "it is not of the tenant %.64s",
			 ask->tenant);
}

int
referent_check(const struct referent_ask *ask, char problem[256])
{
	json_t *before = ask->before != NULL ? dir_object(ask->before) : NULL;
	json_t *after = ask->after != NULL ? dir_object(ask->after) : NULL;
	int rc = check_owner(ask, problem);

	if (rc == 0 && ask->after == NULL)
		rc = refuse(problem,
		    "what is closed is removed by the Centre alone");
	if (rc == 0 && ask->before == NULL && ask->kind == DIR_KIND_DOMAIN)
		rc = refuse(problem, "domains are added by the Centre alone");
	if (rc == 0)
		rc = check_state(ask, before, after, problem);
	if (rc == 0)
		rc = check_server(ask, before, after, problem);
	if (rc == 0)
		rc = check_differences(ask->kind, before, after, problem);
	json_decref(before);
	json_decref(after);
	return rc;
}
