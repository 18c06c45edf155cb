/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/features.h"

#include <errno.h>
#include <string.h>

#include "auth/dmarc.h"
#include "lib/addrlist.h"
#include "lib/err.h"
#include "policy/features_int.h"

#define TEXT_OCTETS 12000
#define SUBJECT_OCTETS 500
#define LINKS_MAX 160
#define LINK_OCTETS 120
#define RELAY_LINES 6
#define RELAY_OCTETS 200

static const struct {
	const char *name;
	double weight;
} groups[FEATURE_GROUPS] = {
	[FEATURE_HEADER] = { "header", 1 },
	[FEATURE_SUBJECT] = { "subject", 1 },
	[FEATURE_SENDER] = { "sender", 2 },
	[FEATURE_STRUCTURE] = { "structure", 1 },
	[FEATURE_MARKS] = { "marks", 1 },
	[FEATURE_MARKUP] = { "markup", 0.5 },
	[FEATURE_LINKS] = { "links", 2 },
	[FEATURE_RELAYS] = { "relays", 1 },
	[FEATURE_MAILER] = { "mailer", 1 },
	[FEATURE_WORDS] = { "words", 1 },
	[FEATURE_BIGRAMS] = { "bigrams", 1 },
	[FEATURE_GRAMS] = { "grams", 2 },
	[FEATURE_ANCHORS] = { "anchors", 1 },
	[FEATURE_LEXICON] = { "lexicon", 1.5 },
	[FEATURE_PAIRS] = { "pairs", 2 },
	[FEATURE_PROOF] = { "proof", 1.5 },
};

double
feature_weight(enum feature_group g)
{
	return groups[g].weight;
}

const char *
feature_group_name(enum feature_group g)
{
	return groups[g].name;
}

/* --- Groups ------------------------------------------------------------------ */

static bool
is_left_out(const struct oct_field *field, const struct feature_facts *facts)
{
	static const char *const starts[] = { "X-Octroi-", "X-Spam-",
		"X-Bogosity", "X-Rspamd", "X-Virus", "X-Amavis", "X-Original-To",
		"Delivered-To", "Received-SPF" };

	if (oct_field_is(field, "Return-Path") ||
	    oct_field_is(field, "Authentication-Results"))
		return true;
	for (size_t i = 0; i < OCT_LEN(starts); i++)
		if (oct_field_starts(field, starts[i]))
			return true;
	return facts->own_fields != NULL &&
	    oct_field_starts(field, facts->own_fields);
}

static void
add_header(struct features *f, const struct feature_message *m)
{
	size_t n = oct_msg_field_count(m->msg), received = 0;
	uint64_t last = 0;

	feature_begin(f, FEATURE_HEADER);
	for (size_t i = 0; i < n; i++) {
		const struct oct_field *field = oct_msg_field(m->msg, i);
		uint64_t h;

		if (is_left_out(field, m->facts) ||
		    (oct_field_is(field, "Received") &&
			received++ < m->facts->received_skip))
			continue;
		h = feature_hash(field->name,
		    field->name_len < 60 ? field->name_len : 60);
		feature_add(f, h);
		if (last != 0)
			feature_add(f, feature_join(last, h));
		last = h;
	}
}

/* Without the recipient and the date: neither may become a weight. */
static size_t
cut_relay(const char *t, size_t len)
{
	for (size_t i = 0; i + 6 <= len; i++)
		if ((t[i] == ' ' || t[i] == '\t') &&
		    memcmp(t + i + 1, "for <", 5) == 0)
			return i;
	for (size_t i = len; i > 0; i--)
		if (t[i - 1] == ';')
			return i - 1;
	return len;
}

static void
add_relays(struct features *f, const struct feature_message *m)
{
	size_t n = oct_msg_count(m->msg, "Received");

	feature_begin(f, FEATURE_RELAYS);
	for (size_t i = m->facts->received_skip;
	     i < n && i < m->facts->received_skip + RELAY_LINES; i++) {
		const struct oct_field *r = oct_msg_find(m->msg, "Received", i);
		size_t len = cut_relay(r->value, r->value_len);

		feature_words(f, r->value,
		    len < RELAY_OCTETS ? len : RELAY_OCTETS,
		    FEATURE_DO_WORDS | FEATURE_DO_GRAMS, 0);
	}
}

static void
add_mailer(struct features *f, const struct feature_message *m)
{
	static const char *const names[] = { "X-Mailer", "User-Agent",
		"X-Newsreader" };

	feature_begin(f, FEATURE_MAILER);
	for (size_t i = 0; i < OCT_LEN(names); i++) {
		const struct oct_field *field = oct_msg_find(m->msg, names[i],
		    0);

		if (field != NULL)
			feature_words(f, field->value,
			    field->value_len < 200 ? field->value_len : 200,
			    FEATURE_DO_WORDS | FEATURE_DO_BIGRAMS |
				FEATURE_DO_GRAMS, 0);
	}
}

static void
add_sender(struct features *f, const struct feature_message *m)
{
	const unsigned int all = FEATURE_DO_WORDS | FEATURE_DO_BIGRAMS |
	    FEATURE_DO_GRAMS;
	const struct content_text *name = &m->content->from_name;
	char text[OCT_ADDR_SIZE];

	feature_begin(f, FEATURE_SENDER);
	feature_words(f, name->data, name->len < 200 ? name->len : 200, all, 1);
	if (m->has_from) {
		oct_addr_text(&m->from, text);
		feature_words(f, text, strlen(text), all, 3);
	}
	if (m->has_reply_to) {
		oct_addr_text(&m->reply_to, text);
		feature_words(f, text, strlen(text), all, 5);
	}
}

static void
add_part(struct features *f, const struct content_part *p, uint64_t *last)
{
	const char *const words[] = { p->type, p->encoding, p->charset,
		p->extension,
		(p->flags & CONTENT_PART_ATTACHED) != 0 ? "attachment" : "",
		(p->flags & CONTENT_PART_HAS_ID) != 0 ? "content-id" : "" };

	for (size_t i = 0; i < OCT_LEN(words); i++) {
		uint64_t h;

		if (words[i][0] == '\0')
			continue;
		h = feature_hash(words[i], strlen(words[i])) + i;
		feature_add(f, h);
		if (*last != 0)
			feature_add(f, feature_join(*last, h));
		*last = h;
	}
}

static void
add_structure(struct features *f, const struct feature_message *m)
{
	uint64_t last = 0;

	feature_begin(f, FEATURE_STRUCTURE);
	for (size_t i = 0; i < m->content->part_count; i++)
		add_part(f, &m->content->parts[i], &last);
}

static void
add_names(struct features *f, const char *const *names, size_t count,
    uint64_t space)
{
	for (size_t i = 0; i < count; i++)
		feature_add(f, feature_hash(names[i], strlen(names[i])) +
			space);
}

static void
add_markup(struct features *f, const struct feature_message *m)
{
	const struct content *c = m->content;

	feature_begin(f, FEATURE_MARKUP);
	add_names(f, c->tags, c->tag_count, 1);
	add_names(f, c->attributes, c->attribute_count, 2);
	add_names(f, c->properties, c->property_count, 3);
	add_names(f, c->colours, c->colour_count, 4);
}

static void
add_links(struct features *f, const struct feature_message *m)
{
	const struct content *c = m->content;
	size_t taken = 0;

	feature_begin(f, FEATURE_LINKS);
	for (size_t i = 0; i < c->link_count && taken < LINKS_MAX; i++) {
		const char *url = c->links[i].url;
		size_t len = strlen(url);
		bool again = false;

		for (size_t k = i; k > 0 && k + 8 > i && !again; k--)
			again = strcmp(url, c->links[k - 1].url) == 0;
		if (again)
			continue;
		taken++;
		if (len > LINK_OCTETS)
			len = LINK_OCTETS;
		feature_words(f, url, len,
		    FEATURE_DO_WORDS | FEATURE_DO_BIGRAMS, 0);
		feature_words(f, url, len < 60 ? len : 60, FEATURE_DO_GRAMS, 0);
	}
}

static void
add_anchors(struct features *f, const struct feature_message *m)
{
	feature_begin(f, FEATURE_ANCHORS);
	for (size_t i = 0; i < m->content->link_count; i++) {
		const char *text = m->content->links[i].text;
		size_t len = strlen(text);

		if (len < 60)
			feature_words(f, text, len,
			    FEATURE_DO_WORDS | FEATURE_DO_BIGRAMS, 0);
	}
}

static void
add_texts(struct features *f, const struct feature_message *m)
{
	static const struct {
		enum feature_group group;
		unsigned int what;
	} kinds[] = { { FEATURE_WORDS, FEATURE_DO_WORDS },
		{ FEATURE_BIGRAMS, FEATURE_DO_BIGRAMS },
		{ FEATURE_GRAMS, FEATURE_DO_GRAMS } };
	const struct content_text *const texts[] = { &m->content->plain,
		&m->content->visible };

	for (size_t k = 0; k < OCT_LEN(kinds); k++) {
		feature_begin(f, kinds[k].group);
		for (size_t i = 0; i < OCT_LEN(texts); i++)
			feature_words(f, texts[i]->data,
			    texts[i]->len < TEXT_OCTETS ? texts[i]->len
							: TEXT_OCTETS,
			    kinds[k].what, 0);
	}
}

static void
add_proof(struct features *f, const struct feature_message *m)
{
	const struct feature_facts *facts = m->facts;

	feature_begin(f, FEATURE_PROOF);
	if (facts->proof[0] != '\0')
		feature_text(f, facts->proof);
	for (size_t i = 0; i < facts->symbol_count; i++)
		feature_text(f, facts->symbols[i]);
}

/* Every unordered pair of the marks. */
static void
add_pairs(struct features *f)
{
	feature_begin(f, FEATURE_PAIRS);
	for (size_t i = 0; i < f->mark_count; i++)
		for (size_t j = 0; j < i; j++) {
			uint64_t a = f->marks[i], b = f->marks[j];

			feature_add(f, feature_mix((a ^ b) + (a + b) * 3));
		}
}

/* --- The whole ----------------------------------------------------------------- */

static bool
one_address(const struct oct_msg *m, const char *name, struct oct_addr *out)
{
	const struct oct_field *field = oct_msg_find(m, name, 0);
	size_t count = 0;

	return field != NULL &&
	    oct_addrlist_parse(field->value, field->value_len, out, 1,
		&count) != -ENOMEM &&
	    count > 0;
}

/* How many addresses a field seems to hold: enough for a mark. */
static size_t
count_addresses(const struct oct_msg *m, const char *name)
{
	const struct oct_field *field = oct_msg_find(m, name, 0);
	size_t count = 0;

	for (size_t i = 0; field != NULL && i < field->value_len; i++)
		count += field->value[i] == '@';
	return count;
}

static void
set_subject(struct feature_message *m, struct features *f)
{
	const struct content_text *s = &m->content->subject;
	size_t len = s->len < sizeof(m->subject) - 1 ? s->len
						     : sizeof(m->subject) - 1;
	const char *lower = feature_lower(f, s->data, len);

	if (f->err != 0)
		len = 0;
	memcpy(m->subject, lower, len);
	m->subject[len] = '\0';
}

int
features_read(struct features *f, const struct oct_msg *msg,
    struct overview *o, const struct feature_facts *facts)
{
	struct feature_message m = { .msg = msg, .overview = o,
		.content = o->content, .facts = facts };
	const struct content_text *subject = &o->content->subject;

	features_clear(f);
	m.has_from = one_address(msg, "From", &m.from);
	m.has_reply_to = one_address(msg, "Reply-To", &m.reply_to);
	m.has_sender = one_address(msg, "Sender", &m.sender);
	m.from_org[0] = '\0';
	if (m.has_from)
		auth_psl_org_or_self(m.from.domain, m.from_org);
	m.rcpt_count = count_addresses(msg, "To") + count_addresses(msg, "Cc");
	set_subject(&m, f);
	add_header(f, &m);
	feature_begin(f, FEATURE_SUBJECT);
	feature_words(f, subject->data,
	    subject->len < SUBJECT_OCTETS ? subject->len : SUBJECT_OCTETS,
	    FEATURE_DO_WORDS | FEATURE_DO_BIGRAMS | FEATURE_DO_GRAMS, 0);
	add_sender(f, &m);
	add_structure(f, &m);
	add_markup(f, &m);
	add_links(f, &m);
	add_relays(f, &m);
	add_mailer(f, &m);
	add_texts(f, &m);
	add_anchors(f, &m);
	feature_begin(f, FEATURE_MARKS);
	feature_marks(f, &m);
	feature_begin(f, FEATURE_LEXICON);
	feature_lexicon(f, &m);
	add_pairs(f);
	add_proof(f, &m);
	return f->err;
}
