/* SPDX-License-Identifier: Apache-2.0 */
/* Who a message names, and what its evaluation says of its sender. */
#include <stdlib.h>
#include <string.h>

#include "lib/addrlist.h"
#include "lib/def.h"
#include "milter/evaluate_int.h"

/* Recipients looked for in To, Cc and Resent-*: a longer list names nobody. */
#define NAMED_MAX 200

static void
read_named(struct evaluator *e)
{
	static const char *const fields[] = { "To", "Cc", "Resent-To",
		"Resent-Cc", "Resent-Bcc" };

	e->named_known = true;
	/* What is read fills it: of most messages one of two hundred. */
	e->named = reallocarray(NULL, NAMED_MAX, sizeof(*e->named));
	if (e->named == NULL)
		return;
	for (size_t i = 0; i < OCT_LEN(fields); i++) {
		for (size_t n = 0; n < NAMED_MAX; n++) {
			const struct oct_field *f = oct_msg_find(e->msg,
			    fields[i], n);
			size_t got = 0;

			if (f == NULL)
				break;
			(void)!oct_addrlist_parse(f->value, f->value_len,
			    e->named + e->named_count,
			    NAMED_MAX - e->named_count, &got);
			e->named_count += got;
		}
	}
	for (size_t i = 0; i < e->named_count; i++) {
		struct oct_addr folded;

		oct_addr_fold(&e->named[i], '+', &folded);
		e->named[i] = folded;
	}
}

static bool
is_named(const struct evaluator *e, const struct oct_addr *a)
{
	struct oct_addr folded;

	oct_addr_fold(a, '+', &folded);
	for (size_t i = 0; i < e->named_count; i++)
		if (strcmp(folded.local, e->named[i].local) == 0 &&
		    strcmp(folded.domain, e->named[i].domain) == 0)
			return true;
	return false;
}

bool
evaluator_names(struct evaluator *e, const struct oct_addr *typed,
    const char *final_address)
{
	struct oct_addr final;

	if (!e->named_known)
		read_named(e);
	if (is_named(e, typed))
		return true;
	return final_address != NULL &&
	    oct_addr_parse(final_address, &final) == 0 && is_named(e, &final);
}

void
evaluation_proof(const struct evaluation *ev,
    const struct evaluate_envelope *envelope, bool to_names_rcpt,
    enum proof_replay replay, struct proof_input *out)
{
	*out = (struct proof_input){ .spf = &ev->spf,
		.dkim = &ev->dkim,
		.dmarc = &ev->dmarc,
		.spf_org = ev->spf_org,
		.from_org = ev->from_org,
		.rpath = &envelope->rpath,
		.from_count = ev->from_malformed ? 0 : ev->from_count,
		.from = ev->from_count > 0 ? &ev->from[0] : NULL,
		.has_cc = ev->has_cc,
		.to_names_rcpt = to_names_rcpt,
		.spf_listed_provider = ev->spf_listed_provider,
		.credited = ev->credited,
		.no_spf = envelope->direction != DIR_INBOUND,
		.replay = replay };
	for (size_t i = 0; i < AUTH_DKIM_MAX; i++)
		out->dkim_org[i] = ev->dkim_org[i];
}
