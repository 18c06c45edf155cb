/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/legacy.h"

#include <string.h>
#include <strings.h>

#include "policy/proof.h"

bool
legacy_is_live(
    const struct dir_record *legacy, const char today[DETAIL_DATE_SIZE])
{
	const struct detail_set *set = legacy->details;
	const char *until = detail_get(set, DETAIL_UNTIL);

	return strcmp(detail_get(set, DETAIL_HOW), "forwarded") == 0 &&
	       *detail_get(set, DETAIL_VERIFIED) != '\0' &&
	       !detail_closed(set) &&
	       (*until == '\0' || strcmp(today, until) <= 0);
}

const struct dir_record *
legacy_next(const struct dir_domain *d, const char *local,
    const char today[DETAIL_DATE_SIZE], size_t *next)
{
	while (*next < d->legacy_count) {
		const struct dir_record *r = dir_legacy_at(d, (*next)++);

		if (strcmp(detail_get(r->details, DETAIL_MAILBOX), local) ==
			0 &&
		    legacy_is_live(r, today))
			return r;
	}
	return NULL;
}

const char *
legacy_domain(const struct dir_record *legacy)
{
	const char *at = strrchr(legacy->name, '@');

	return at != NULL ? at + 1 : "";
}

/* The account itself sent it on: its provider binds the reverse-path to it, as
 * it does for whatever else its accounts send ("name+caf_=to=here@provider"). */
static bool
is_by_account(const struct legacy_input *in)
{
	struct oct_addr rpath, legacy;

	if (in->spf->result != AUTH_PASS || in->spf->helo ||
	    !in->spf_is_narrow || oct_addr_is_null(in->rpath) ||
	    oct_addr_parse(in->legacy->name, &legacy) != 0)
		return false;
	proof_fold(in->rpath, &rpath);
	return strcasecmp(rpath.local, legacy.local) == 0 &&
	       strcmp(rpath.domain, legacy.domain) == 0;
}

/* Rewritten by the provider (SRS), for whichever of its accounts. */
static bool
is_rewritten(const struct legacy_input *in)
{
	const char *local = in->rpath->local;

	return in->spf->result == AUTH_PASS && !in->spf->helo &&
	       in->spf_is_narrow &&
	       oct_domain_under(
		   in->rpath->domain, legacy_domain(in->legacy)) &&
	       (strncasecmp(local, "SRS0", 4) == 0 ||
		   strncasecmp(local, "SRS1", 4) == 0) &&
	       (local[4] == '=' || local[4] == '+' || local[4] == '-');
}

/* Sent on as it came, by a host of the provider: SPF does not pass for it. */
static bool
is_passed_on(const struct legacy_input *in)
{
	return in->from_host && in->spf->result != AUTH_PASS &&
	       !oct_addr_is_null(in->rpath) &&
	       !oct_domain_under(
		   in->rpath->domain, legacy_domain(in->legacy));
}

enum legacy_credit
legacy_credit(const struct legacy_input *in)
{
	if (in->sealed || is_by_account(in))
		return LEGACY_PROVEN;
	return is_rewritten(in) || is_passed_on(in) ? LEGACY_HOST
						    : LEGACY_NONE;
}
