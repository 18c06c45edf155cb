/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/observe.h"

#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/str.h"
#include "milter/facts.h"
#include "policy/own.h"

/* A class that is open because of DNS says nothing yet; a message that is
 * deferred comes again. */
static bool
is_open(const struct judge *j)
{
	if (j->reply.verdict == FATE_DEFER)
		return true;
	for (size_t i = 0; i < j->count; i++)
		if (j->finals[i].proof.class == PROOF_T)
			return true;
	return false;
}

/* What an administrator may know the sender by. */
static void
hint_of(const struct judge *j, char out[OCT_DOMAIN_SIZE])
{
	const struct session *s = j->session;

	if (s->rpath.domain[0] != '\0' && s->rpath.domain[0] != '[')
		memcpy(out, s->rpath.domain, OCT_DOMAIN_SIZE);
	else if (oct_domain_normalise(s->helo, out) != 0)
		out[0] = '\0';
}

void
observe_own(const struct judge *j)
{
	const struct session *s = j->session;
	const struct dir_domain *d = facts_claimed(s->snapshot, j->ev);
	char source[OWN_SOURCE_SIZE], hint[OCT_DOMAIN_SIZE];
	struct oct_str text;
	int rc;

	if (d == NULL || !decide_is_checked(s->direction) ||
	    j->facts.same_installation || j->facts.credited || is_open(j))
		return;
	if (s->direction == DIR_INBOUND) {
		own_source_name(&j->ev->spf, j->ev->spf_org, &s->client,
		    source);
	} else {
		oct_str_fixed(&text, source, sizeof(source));
		oct_str_addf(&text, "by:%s", direction_name(s->direction));
	}
	hint_of(j, hint);
	rc = own_record(s->app->store, d->name, source, hint, j->now_ms);
	if (rc != 0)
		oct_log(OCT_DEBUG, "%s: observe=lost domain=%s error=\"%s\"",
		    s->id, d->name, oct_strerror(rc));
}
