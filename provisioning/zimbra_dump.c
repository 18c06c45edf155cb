/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What zmprov prints, with -v: "# name NAME" or "# distributionList NAME ..."
 * and "attribute: value" in the order of their names; after a list "members" and
 * one a line.  Values may have line ends of their own, which nothing marks: a line
 * that is no attribute goes on with the value before it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "provisioning/zimbra.h"

struct quota_line {
	const char *name;
	int64_t used;
};

struct dump {
	struct zimbra *z;
	size_t line;
	char *problem;
	size_t at;        /* the entry, index + 1; 0 = none */
	bool classed;     /* its kind is known */
	bool members;     /* of a list: they follow */
	char last[128];   /* greatest of its attributes so far */
	struct quota_line *quotas;
	size_t quota_count, quota_cap;
};

static int OCT_PRINTF(2, 3)
wrong(struct dump *d, const char *fmt, ...)
{
	char what[ZIMBRA_PROBLEM_SIZE - 32];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)snprintf(d->problem, ZIMBRA_PROBLEM_SIZE, "line %zu: %s",
	    d->line, what);
	return OCT_EPARSE;
}

static struct zimbra_entry *
entry(struct dump *d)
{
	return zimbra_change(d->z, d->at - 1);
}

/* --- Attributes ---------------------------------------------------------- */

static int
set_text(struct dump *d, const char **to, const char *value, bool lower)
{
	if (**to != '\0')
		return wrong(d, "%.200s has this twice: is it a text that "
				"somebody wrote?",
		    entry(d)->name);
	*to = zimbra_text(d->z, value, lower);
	return *to != NULL ? 0 : -ENOMEM;
}

/* Which kind, by objectClass; an account's name has an @. */
static int
set_class(struct dump *d, const char *value)
{
	struct zimbra_entry *e = entry(d);

	if (strcmp(value, "zimbraCOS") == 0)
		e->kind = ZIMBRA_COS;
	else if (strcmp(value, "zimbraDomain") == 0)
		e->kind = ZIMBRA_DOMAIN;
	else if (strcmp(value, "zimbraCalendarResource") == 0)
		e->resource = true;
	else if (strcmp(value, "zimbraAccount") == 0 &&
	    e->kind != ZIMBRA_LIST)
		e->kind = ZIMBRA_ACCOUNT;
	else
		return 0;
	d->classed = true;
	return 0;
}

enum attribute {
	ATTRIBUTE_CLASS,
	ATTRIBUTE_DISPLAY,
	ATTRIBUTE_STATUS,
	ATTRIBUTE_COS,
	ATTRIBUTE_ID,
	ATTRIBUTE_SYSTEM,
	ATTRIBUTE_ALIAS,
	ATTRIBUTE_FORWARD,
	ATTRIBUTE_QUOTA,
	ATTRIBUTE_OFF
};

static const struct {
	const char *name;
	enum attribute what;
} attributes[] = {
	{ "displayName", ATTRIBUTE_DISPLAY },
	{ "objectClass", ATTRIBUTE_CLASS },
	{ "zimbraAccountStatus", ATTRIBUTE_STATUS },
	{ "zimbraCOSId", ATTRIBUTE_COS },
	{ "zimbraDomainStatus", ATTRIBUTE_STATUS },
	{ "zimbraId", ATTRIBUTE_ID },
	{ "zimbraIsSystemAccount", ATTRIBUTE_SYSTEM },
	{ "zimbraIsSystemResource", ATTRIBUTE_SYSTEM },
	{ "zimbraMailAlias", ATTRIBUTE_ALIAS },
	{ "zimbraMailForwardingAddress", ATTRIBUTE_FORWARD },
	{ "zimbraMailQuota", ATTRIBUTE_QUOTA },
	{ "zimbraMailStatus", ATTRIBUTE_STATUS },
	{ "zimbraPrefMailLocalDeliveryDisabled", ATTRIBUTE_OFF },
};

/* Accounts have a zimbraMailStatus too, which is not asked for. */
static int
set_status(struct dump *d, const char *name, const char *value)
{
	struct zimbra_entry *e = entry(d);
	bool of_list = strcmp(name, "zimbraMailStatus") == 0;

	if (of_list != (e->kind == ZIMBRA_LIST))
		return 0;
	return set_text(d, &e->status, value, true);
}

static int
set_attribute(struct dump *d, size_t i, const char *value)
{
	struct zimbra_entry *e = entry(d);

	switch (attributes[i].what) {
	case ATTRIBUTE_CLASS:
		return set_class(d, value);
	case ATTRIBUTE_DISPLAY:
		return set_text(d, &e->display, value, false);
	case ATTRIBUTE_STATUS:
		return set_status(d, attributes[i].name, value);
	case ATTRIBUTE_COS:
		return set_text(d, &e->cos, value, false);
	case ATTRIBUTE_ID:
		return set_text(d, &e->id, value, false);
	case ATTRIBUTE_SYSTEM:
		e->system |= strcmp(value, "TRUE") == 0;
		return 0;
	case ATTRIBUTE_ALIAS:
		return zimbra_name_add(
		    &e->aliases, zimbra_text(d->z, value, true));
	case ATTRIBUTE_FORWARD:
		return zimbra_name_add(
		    &e->forwards, zimbra_text(d->z, value, true));
	case ATTRIBUTE_QUOTA:
		return set_text(d, &e->quota, value, true);
	case ATTRIBUTE_OFF:
		return set_text(d, &e->off, value, false);
	}
	return 0;
}

/* Names come in order; one out of order stands in a text. */
static int
check_order(struct dump *d, const char *name, bool known)
{
	if (strncmp(name, "zimbra", 6) != 0)
		return 0;
	if (strcmp(name, d->last) >= 0)
		(void)snprintf(d->last, sizeof(d->last), "%s", name);
	else if (known)
		return wrong(d, "%s of %.200s is out of order: is it a text "
				"that somebody wrote?",
		    name, entry(d)->name);
	return 0;
}

static int
take_attribute(struct dump *d, char *line)
{
	char *colon = strstr(line, ": ");
	size_t i = 0;
	int rc;

	if (colon == NULL || (size_t)(colon - line) >= sizeof(d->last))
		return 0;
	*colon = '\0';
	if (line[strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			      "WXYZ0123456789")] != '\0')
		return 0;
	while (i < OCT_LEN(attributes) && strcmp(attributes[i].name, line) != 0)
		i++;
	rc = check_order(d, line, i < OCT_LEN(attributes));
	if (rc != 0 || i == OCT_LEN(attributes))
		return rc;
	return set_attribute(d, i, colon + 2);
}

/* --- Lines --------------------------------------------------------------- */

static int
begin_entry(struct dump *d, const char *name, bool list)
{
	enum zimbra_kind kind = list ? ZIMBRA_LIST
	    : strchr(name, '@') != NULL ? ZIMBRA_ACCOUNT
					: ZIMBRA_DOMAIN;

	if (*name == '\0')
		return wrong(d, "a name is missing");
	if (d->at != 0 && !d->classed && entry(d)->kind == ZIMBRA_DOMAIN)
		return wrong(d, "%.200s above has no objectClass: is it a domain or "
				"a class of service?  (zmprov with -v)",
		    entry(d)->name);
	if (zimbra_add(d->z, kind, name) == NULL)
		return -ENOMEM;
	d->at = zimbra_count(d->z);
	d->classed = false;
	d->members = false;
	d->last[0] = '\0';
	return 0;
}

/* "address quota used", as gqu prints it. */
static int
take_quota(struct dump *d, char *line, bool *taken)
{
	char *limit = strchr(line, ' '), *used;
	int64_t n;

	*taken = false;
	if (limit == NULL || strchr(line, '@') == NULL ||
	    strchr(line, '@') > limit)
		return 0;
	used = strchr(limit + 1, ' ');
	if (used == NULL || strspn(limit + 1, "0123456789") !=
				(size_t)(used - limit - 1) ||
	    oct_num_int(used + 1, 0, INT64_MAX, &n) != 0)
		return 0;
	*limit = '\0';
	if (d->quota_count == d->quota_cap) {
		size_t cap = d->quota_cap == 0 ? 256 : d->quota_cap * 2;
		void *p = reallocarray(d->quotas, cap, sizeof(*d->quotas));

		if (p == NULL)
			return -ENOMEM;
		d->quotas = p;
		d->quota_cap = cap;
	}
	d->quotas[d->quota_count].name = zimbra_text(d->z, line, true);
	d->quotas[d->quota_count].used = n;
	*taken = true;
	return d->quotas[d->quota_count++].name != NULL ? 0 : -ENOMEM;
}

static int
take_line(struct dump *d, char *line)
{
	static const char list[] = "# distributionList ", name[] = "# name ";
	bool taken = false;
	int rc;

	if (strncmp(line, name, sizeof(name) - 1) == 0)
		return begin_entry(d, line + sizeof(name) - 1, false);
	if (strncmp(line, list, sizeof(list) - 1) == 0) {
		line += sizeof(list) - 1;
		line[strcspn(line, " ")] = '\0';
		return begin_entry(d, line, true);
	}
	rc = take_quota(d, line, &taken);
	if (rc != 0 || taken || d->at == 0)
		return rc;
	if (d->members)
		return *line == '\0' ? 0
				     : zimbra_name_add(&entry(d)->members,
					   zimbra_text(d->z, line, true));
	if (entry(d)->kind == ZIMBRA_LIST && strcmp(line, "members") == 0) {
		d->members = true;
		return 0;
	}
	return take_attribute(d, line);
}

/* --- Together ------------------------------------------------------------ */

static void
put_used(struct dump *d)
{
	for (size_t i = 0; i < d->quota_count; i++) {
		const struct zimbra_entry *e =
		    zimbra_find(d->z, ZIMBRA_ACCOUNT, d->quotas[i].name);

		if (e != NULL)
			zimbra_change(d->z, (size_t)(e - zimbra_at(d->z, 0)))
			    ->used = d->quotas[i].used;
	}
}

/* Classes of service by their names. */
static void
name_cos(struct dump *d)
{
	for (size_t i = 0; i < zimbra_count(d->z); i++) {
		struct zimbra_entry *e = zimbra_change(d->z, i);

		for (size_t j = 0; *e->cos != '\0' && j < zimbra_count(d->z) &&
		     zimbra_at(d->z, j)->kind == ZIMBRA_COS;
		     j++)
			if (strcmp(zimbra_at(d->z, j)->id, e->cos) == 0)
				e->cos = zimbra_at(d->z, j)->name;
	}
}

int
zimbra_parse(
    char *text, struct zimbra **out, char problem[ZIMBRA_PROBLEM_SIZE])
{
	struct dump d = { .problem = problem };
	const char *twice = "";
	int rc = zimbra_new(&d.z);

	problem[0] = '\0';
	for (char *line = text, *end; rc == 0 && *line != '\0'; line = end) {
		size_t len = strcspn(line, "\n");

		end = line + len + (line[len] == '\n');
		line[len] = '\0';
		if (len > 0 && line[len - 1] == '\r')
			line[len - 1] = '\0';
		d.line++;
		rc = take_line(&d, line);
	}
	if (rc == 0 && zimbra_count(d.z) == 0)
		rc = wrong(&d, "nothing of what 'zmprov gaa -v' and the others "
			       "print is in it");
	if (rc == 0)
		rc = zimbra_sort(d.z, &twice);
	if (rc == OCT_EPARSE && problem[0] == '\0')
		(void)snprintf(problem, ZIMBRA_PROBLEM_SIZE,
		    "%.300s is there twice", twice);
	if (rc == 0) {
		put_used(&d);
		name_cos(&d);
	}
	free(d.quotas);
	if (rc != 0) {
		zimbra_free(d.z);
		d.z = NULL;
	}
	*out = d.z;
	return rc;
}
