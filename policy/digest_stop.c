/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "No more digests", by one click (RFC 8058) or on the page.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/digest.h"
#include "policy/owner_link.h"

bool
digest_declined(const struct dir_mailbox *m, const char *person)
{
	const char *p = detail_get(m->details, DETAIL_NO_DIGEST);
	size_t len = strlen(person);

	while (*p != '\0') {
		size_t n = strcspn(p, ",");

		if (n == len && strncmp(p, person, n) == 0)
			return true;
		p += n + strspn(p + n, ", ");
	}
	return false;
}

/* Would nobody get it without him? */
static bool
is_last(const struct dir_mailbox *m, const char *person)
{
	char other[OCT_ADDR_SIZE];
	size_t at = 0;

	while (owner_person_next(m, &at, other))
		if (strcmp(other, person) != 0 && !digest_declined(m, other))
			return false;
	return true;
}

static int
change(struct store *s, const struct dir_domain *d,
    const struct dir_mailbox *m, json_t *values, const char *actor)
{
	struct dir_change c = { .domain = d->name, .local = m->local,
		.actor = actor };
	char *json = values != NULL ? json_dumps(values, JSON_COMPACT) : NULL;
	char problem[256];
	int rc = -ENOMEM;

	json_decref(values);
	if (json != NULL) {
		c.json = json;
		rc = directory_change(s, &c, problem);
	}
	free(json);
	return rc;
}

int
digest_stop(struct store *s, const struct dir_domain *d,
    const struct dir_mailbox *m, const char *person, const char *actor)
{
	const char *list = detail_get(m->details, DETAIL_NO_DIGEST);
	struct oct_str all;
	int rc;

	if (*person != '\0' && digest_declined(m, person))
		return 0;
	if (*person == '\0' || is_last(m, person))
		return change(s, d, m,
		    json_pack("{s:s,s:s}", "digest", "off", "no_digest", ""),
		    actor);
	oct_str_heap(&all, DETAIL_TEXT_MAX);
	oct_str_addf(&all, "%s%s%s", list, *list != '\0' ? "," : "", person);
	rc = oct_str_err(&all);
	if (rc == 0)
		rc = change(s, d, m,
		    json_pack("{s:s}", "no_digest", oct_str_text(&all)),
		    actor);
	oct_str_free(&all);
	return rc;
}
