/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of what a message speaks of, the same in six languages, and of the
 * names that it uses: brands against the domains behind them, and what kind of
 * hosts its links lead to.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/features_int.h"
#include "policy/features_names.h"

#define NAME_OCTETS 200

static void
add_hits(struct lexicon_hits *to, const struct lexicon_hits *from)
{
	for (size_t i = 0; i < LEXICON_CATEGORIES_MAX; i++) {
		unsigned int sum = to->category[i] + from->category[i];

		to->category[i] = (uint16_t)(sum < UINT16_MAX ? sum
							      : UINT16_MAX);
	}
	for (size_t i = 0; i < OCT_LEN(to->brand); i++)
		to->brand[i] |= from->brand[i];
}

static void
word_marks(struct features *f, const struct lexicon_hits *body,
    const struct lexicon_hits *head)
{
	for (size_t i = 0; i < lexicon_categories(); i++) {
		const char *name = lexicon_category(i);

		if (body->category[i] > 0)
			feature_mark_text(f, "lx", name);
		if (body->category[i] >= 3)
			feature_mark_text(f, "lx3", name);
		if (head->category[i] > 0)
			feature_mark_text(f, "lxs", name);
	}
}

/* Does the name of a brand found stand in the domain? */
static bool
stands_in(const struct lexicon_hits *hits, const char *domain)
{
	for (size_t i = 0; i < lexicon_brands(); i++)
		if (lexicon_has_brand(hits, i) &&
		    strstr(domain, lexicon_brand(i)) != NULL)
			return true;
	return false;
}

static bool
is_any(const struct lexicon_hits *hits)
{
	for (size_t i = 0; i < OCT_LEN(hits->brand); i++)
		if (hits->brand[i] != 0)
			return true;
	return false;
}

static void
brand_marks(struct features *f, const struct feature_message *m,
    const char *where, const struct lexicon_hits *hits)
{
	const struct content *c = m->content;
	bool linked = false, hosts = false;
	char name[32];

	if (!is_any(hits))
		return;
	(void)snprintf(name, sizeof(name), "brand.%s", where);
	feature_mark_number(f, name,
	    m->has_from && stands_in(hits, m->from.domain));
	for (size_t i = 0; i < c->link_count && !linked; i++) {
		hosts |= c->links[i].host[0] != '\0';
		linked = stands_in(hits, c->links[i].host);
	}
	if (!hosts)
		return;
	(void)snprintf(name, sizeof(name), "brandu.%s", where);
	feature_mark_number(f, name, linked);
}

#define HOSTS_BACK 16

/* A page leads to few hosts, in turns. */
static bool
is_again(const struct content *c, size_t i)
{
	for (size_t k = i; k > 0 && k + HOSTS_BACK > i; k--)
		if (strcmp(c->links[i].host, c->links[k - 1].host) == 0)
			return true;
	return false;
}

static void
host_marks(struct features *f, const struct content *c)
{
	for (size_t i = 0; i < c->link_count; i++) {
		const char *host = c->links[i].host;

		if (*host == '\0' || is_again(c, i))
			continue;
		if (feature_is_shortener(host))
			feature_mark(f, "u:short");
		if (feature_is_hosting(host))
			feature_mark(f, "u:hosting");
		if (feature_is_new_tld(host))
			feature_mark(f, "u:newtld");
		if (feature_is_mailer(host))
			feature_mark(f, "u:esp");
		if (feature_is_odd(host))
			feature_mark(f, "u:odd");
	}
}

static bool
is_role(const char *local)
{
	static const char *const roles[] = { "no-reply", "noreply",
		"do-not-reply", "donotreply", "nepasrepondre",
		"ne-pas-repondre", "info", "contact", "support", "service",
		"admin", "news", "newsletter", "notification", "alert",
		"security", "account", "billing" };

	for (size_t i = 0; i < OCT_LEN(roles); i++)
		if (strncasecmp(local, roles[i], strlen(roles[i])) == 0)
			return true;
	return false;
}

static void
from_marks(struct features *f, const struct feature_message *m)
{
	char id[300];

	if (!m->has_from)
		return;
	if (oct_msg_value(m->msg, "Message-ID", id, sizeof(id)) != 1)
		id[0] = '\0';
	if (feature_is_new_tld(m->from.domain))
		feature_mark(f, "f:newtld");
	if (feature_is_mailer(m->from.domain) || feature_is_mailer(id))
		feature_mark(f, "f:esp");
	if (feature_is_hosting(m->from.domain))
		feature_mark(f, "f:hosting");
	if (feature_is_odd(m->from.domain))
		feature_mark(f, "f:odd");
	if (feature_is_institution(m->from.domain))
		feature_mark(f, "f:inst");
	if (is_role(m->from.local))
		feature_mark(f, "f:role");
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A random token, a reference number, letters spaced out. */
static void
subject_marks(struct features *f, const struct content_text *s)
{
	size_t run = 0, digits = 0, capitals = 0, spaced = 0;
	bool random = false, reference = false;

	for (size_t i = 0; i < s->len; i++) {
		char c = s->data[i];
		bool upper = c >= 'A' && c <= 'Z';
		bool alnum = upper || is_digit(c) || (c >= 'a' && c <= 'z');

		run = alnum ? run + 1 : 0;
		digits = is_digit(c) ? digits + 1 : 0;
		capitals = upper || is_digit(c) ? capitals + 1 : 0;
		random |= run >= 16;
		reference |= (digits >= 4 && i >= digits &&
				 strchr("#-", s->data[i - digits]) != NULL) ||
		    (capitals >= 6 && digits > 0);
		if (alnum && run == 1 && i + 1 < s->len &&
		    s->data[i + 1] == ' ')
			spaced++;
		else if (c != ' ')
			spaced = 0;
		if (spaced >= 4) {
			feature_mark(f, "s:spaced");
			break;
		}
	}
	if (random)
		feature_mark(f, "s:rand");
	if (reference)
		feature_mark(f, "s:ref");
}

void
feature_lexicon(struct features *f, const struct feature_message *m)
{
	const struct content *c = m->content;
	const struct overview *o = m->overview;
	struct lexicon_hits name, head = o->subject;

	lexicon_find(c->from_name.data,
	    c->from_name.len < NAME_OCTETS ? c->from_name.len : NAME_OCTETS,
	    &name);
	brand_marks(f, m, "name", &name);
	brand_marks(f, m, "subject", &o->subject);
	brand_marks(f, m, "body", &o->start);
	add_hits(&head, &name);
	word_marks(f, &o->body, &head);
	host_marks(f, c);
	from_marks(f, m);
	subject_marks(f, &c->subject);
}
