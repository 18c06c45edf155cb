/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/legacy.h"

#include <string.h>

#include "policy/proof.h"

void
legacy_want(struct evaluator *e, const struct dir_finals *finals,
    int64_t now_ms)
{
	char today[DETAIL_DATE_SIZE];
	bool any = false;

	detail_day(now_ms, today);
	for (size_t i = 0; i < finals->count; i++) {
		const struct dir_final *f = &finals->finals[i];
		const struct dir_record *r;
		size_t next = 0;

		if (f->domain == NULL || f->mailbox == NULL)
			continue;
		while ((r = legacy_next(f->domain, f->mailbox->local, today,
			    &next)) != NULL)
			any |= evaluator_legacy(e, legacy_domain(r));
	}
	evaluator_legacy_rcpt(e, any);
}

static const struct evaluate_legacy *
find_provider(const struct evaluation *ev, const char *domain)
{
	for (size_t i = 0; i < ev->legacy_count; i++)
		if (strcmp(ev->legacy[i].domain, domain) == 0)
			return &ev->legacy[i];
	return NULL;
}

static enum legacy_credit
credit_of(const struct evaluator *e, const struct evaluation *ev,
    const struct dir_record *r)
{
	const struct evaluate_legacy *p =
	    find_provider(ev, legacy_domain(r));
	struct legacy_input in = { .legacy = r,
		.rpath = &evaluator_envelope(e)->rpath,
		.spf = &ev->spf,
		.spf_is_narrow = proof_spf_is_narrow(&ev->spf,
		    ev->spf_listed_provider) };

	if (p == NULL)
		return LEGACY_NONE;
	in.sealed = p->sealed;
	in.from_host = p->from_host;
	return legacy_credit(&in);
}

void
legacy_find(struct evaluator *e, const struct evaluation *ev,
    const struct dir_final *f, int64_t now_ms, struct legacy_way *out)
{
	char today[DETAIL_DATE_SIZE];
	const struct dir_record *r;
	size_t next = 0;

	*out = (struct legacy_way){ .credit = LEGACY_NONE };
	if (f->domain == NULL || f->mailbox == NULL ||
	    f->domain->legacy_count == 0 ||
	    evaluator_envelope(e)->direction != DIR_INBOUND)
		return;
	detail_day(now_ms, today);
	while ((r = legacy_next(f->domain, f->mailbox->local, today,
		    &next)) != NULL) {
		enum legacy_credit credit = credit_of(e, ev, r);
		struct oct_addr a;

		if (credit > out->credit)
			out->credit = credit;
		if (oct_addr_parse(r->name, &a) == 0)
			out->named |= evaluator_names(e, &a, NULL);
	}
}
