/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/overview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dmarc.h"

struct overview_host {
	const char *host; /* in the content */
	char org[OCT_DOMAIN_SIZE];
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

int
overview_new(const struct content *c, struct overview **out)
{
	struct overview *o = malloc(sizeof(*o));

	if (o == NULL)
		return -ENOMEM;
	*o = (struct overview){ .content = c };
	o->hosts = malloc(OVERVIEW_LINKS * sizeof(*o->hosts));
	if (o->hosts == NULL) {
		free(o);
		return -ENOMEM;
	}
	o->text = c->visible.len > c->plain.len ? &c->visible : &c->plain;
	lexicon_find_both(o->text->data,
	    least(o->text->len, OVERVIEW_TEXT_OCTETS), OVERVIEW_START_OCTETS,
	    &o->body, &o->start);
	lexicon_find(c->subject.data,
	    least(c->subject.len, OVERVIEW_SUBJECT_OCTETS), &o->subject);
	*out = o;
	return 0;
}

void
overview_free(struct overview *o)
{
	if (o == NULL)
		return;
	free(o->hosts);
	free(o);
}

const char *
overview_org(struct overview *o, const char *host)
{
	struct overview_host *h;

	/* The same host comes again and again. */
	for (size_t i = o->host_count; i > 0; i--)
		if (strcmp(o->hosts[i - 1].host, host) == 0)
			return o->hosts[i - 1].org;
	o->host_count += o->host_count < OVERVIEW_LINKS;
	h = &o->hosts[o->host_count - 1];
	h->host = host;
	auth_psl_org_or_self(host, h->org);
	return h->org;
}
