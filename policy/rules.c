/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules over content; here those of links, mark-up and attachments.
 */
#include "policy/rules.h"

#include <string.h>

#include "auth/dmarc.h"
#include "lib/err.h"
#include "lib/str.h"
#include "policy/features_names.h"
#include "policy/lookalike.h"

/* --- Links -------------------------------------------------------------------- */

/* Another site's address inside a URL: "https://a.fr/?u=https%3A//b.fr". */
static bool
redirects(const char *url)
{
	const char *query = strpbrk(url, "?#");

	return query != NULL &&
	    (strcasestr(query, "=http://") != NULL ||
		strcasestr(query, "=https://") != NULL ||
		strcasestr(query, "=http%3a") != NULL ||
		strcasestr(query, "=https%3a") != NULL);
}

static bool
holds_recipient(const struct rules *r, const char *url)
{
	char text[OCT_ADDR_SIZE];

	for (size_t i = 0; i < r->in->rcpt_count; i++) {
		if (r->in->rcpts[i].domain[0] == '\0')
			continue;
		oct_addr_text(&r->in->rcpts[i], text);
		if (strcasestr(url, text) != NULL)
			return true;
	}
	return false;
}

/* A link that somebody is to follow; pictures are only fetched. */
static void
check_followed(const struct rules *r, const struct content_link *l,
    struct score *s)
{
	score_mark(s, SYM_URL_IP, (l->flags & CONTENT_LINK_IP) != 0);
	score_mark(s, SYM_URL_PUNYCODE,
	    (l->flags & CONTENT_LINK_PUNYCODE) != 0);
	score_mark(s, SYM_URL_AUTHORITY,
	    (l->flags & CONTENT_LINK_AUTHORITY) != 0);
	score_mark(s, SYM_URL_PORT, (l->flags & CONTENT_LINK_PORT) != 0);
	score_mark(s, SYM_URL_REDIRECT, redirects(l->url));
	score_mark(s, SYM_URL_RECIPIENT, holds_recipient(r, l->url));
}

static bool
leads_to_sender(const struct rules *r)
{
	for (size_t i = 0; i < r->host_count; i++)
		if (strcmp(overview_org(r->o, r->host[i]), r->from_org) == 0)
			return true;
	return false;
}

static void
check_links(const struct rules *r, struct score *s)
{
	for (size_t i = 0; i < r->c->link_count && i < OVERVIEW_LINKS; i++) {
		const struct content_link *l = &r->c->links[i];

		score_mark(s, SYM_URL_TEXT_DIFFERS,
		    (l->flags & CONTENT_LINK_TEXT_DIFFERS) != 0);
		score_mark(s, SYM_HTML_DATA_LINK,
		    l->kind == CONTENT_LINK_DATA &&
			(l->flags & CONTENT_LINK_ANCHOR) != 0);
		score_mark(s, SYM_URL_ESCAPED_HOST,
		    (l->flags & CONTENT_LINK_PERCENT) != 0 &&
			(l->flags & CONTENT_LINK_IMAGE) == 0);
		if (l->kind == CONTENT_LINK_WEB &&
		    (l->flags & CONTENT_LINK_IMAGE) == 0)
			check_followed(r, l, s);
	}
	for (size_t i = 0; i < r->followed; i++) {
		score_mark(s, SYM_URL_SHORTENER,
		    feature_is_shortener(r->host[i]));
		score_mark(s, SYM_URL_HOSTING, feature_is_hosting(r->host[i]));
		score_mark(s, SYM_URL_NEW_TLD,
		    feature_is_abused_tld(r->host[i]));
	}
	score_mark(s, SYM_URL_ELSEWHERE, r->web > 0 && r->c->anchors > 0 &&
		!r->talk && !r->list && !leads_to_sender(r));
}

/* --- Mark-up -------------------------------------------------------------------- */

static bool
is_latin(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* A sign of no width at p, between two letters. */
static bool
cuts_word(const char *p)
{
	return (memcmp(p, "\xe2\x80\x8b", 3) == 0 ||
		   memcmp(p, "\xe2\x80\x8c", 3) == 0 ||
		   memcmp(p, "\xe2\x81\xa0", 3) == 0 ||
		   memcmp(p, "\xef\xbb\xbf", 3) == 0) &&
	    is_latin(p[-1]) && is_latin(p[3]);
}

/* "pass<200b>word", and not just once. */
static bool
cuts_words(const struct content_text *t)
{
	static const char leads[] = { '\xe2', '\xef' };
	const char *end = t->data + t->len;
	size_t found = 0;

	for (size_t i = 0; i < sizeof(leads); i++)
		for (const char *p = t->data;
		     (p = memchr(p, leads[i], (size_t)(end - p))) != NULL; p++)
			found += p > t->data && end - p > 3 && cuts_word(p);
	return found >= 2;
}

void
rules_markup(const struct rules *r, struct score *s)
{
	const struct content *c = r->c;
	unsigned int html = c->html;

	check_links(r, s);
	score_mark(s, SYM_HTML_FORM, (html & CONTENT_HTML_FORM) != 0 &&
		!r->list);
	score_mark(s, SYM_HTML_PASSWORD, (html & CONTENT_HTML_PASSWORD) != 0);
	score_mark(s, SYM_HTML_SCRIPT, (html & CONTENT_HTML_SCRIPT) != 0);
	score_mark(s, SYM_HTML_REFRESH, (html & CONTENT_HTML_REFRESH) != 0);
	score_mark(s, SYM_HTML_ENTITIES, (html & CONTENT_HTML_ENTITY_RUN) != 0);
	score_mark(s, SYM_HTML_MUCH_HIDDEN,
	    c->hidden > 2000 && c->hidden > 2 * c->visible.len);
	score_mark(s, SYM_HTML_ONLY_IMAGE, c->images > 0 && c->images <= 4 &&
		c->anchors > 0 && c->visible.len + c->plain.len < 200);
	score_mark(s, SYM_HTML_ALONE, c->html_parts > 0 &&
		c->plain_parts == 0 && !r->list);
	score_mark(s, SYM_TEXT_ZERO_WIDTH, cuts_words(&c->visible) ||
		cuts_words(&c->plain) || cuts_words(&c->subject));
}

/* --- Attachments ------------------------------------------------------------------ */

static bool
is_page_active(unsigned int flags)
{
	return (flags & CONTENT_PART_HTML_ATTACHED) != 0 &&
	    (flags & (CONTENT_PART_SCRIPT | CONTENT_PART_FORM)) != 0;
}

void
rules_parts(const struct rules *r, struct score *s)
{
	static const struct {
		unsigned int flag;
		enum symbol_id id;
	} flags[] = { { CONTENT_PART_EXECUTABLE, SYM_ATTACHMENT_PROGRAM },
		{ CONTENT_PART_DOUBLE_EXTENSION, SYM_ATTACHMENT_DOUBLE_NAME },
		{ CONTENT_PART_MACRO, SYM_ATTACHMENT_MACRO },
		{ CONTENT_PART_BOMB, SYM_ATTACHMENT_BOMB },
		{ CONTENT_PART_NESTED, SYM_ATTACHMENT_NESTED },
		{ CONTENT_PART_TYPE_DIFFERS, SYM_ATTACHMENT_TYPE_DIFFERS },
		{ CONTENT_PART_HTML_ATTACHED, SYM_ATTACHMENT_PAGE } };

	for (size_t i = 0; i < r->c->part_count; i++) {
		const struct content_part *p = &r->c->parts[i];

		for (size_t k = 0; k < OCT_LEN(flags); k++)
			score_mark(s, flags[k].id,
			    (p->flags & flags[k].flag) != 0);
		/* Documents of banks and offices are often encrypted. */
		score_mark(s, SYM_ATTACHMENT_ENCRYPTED,
		    (p->flags & CONTENT_PART_ENCRYPTED) != 0 &&
			strcmp(p->real_type, "application/pdf") != 0);
		score_mark(s, SYM_ATTACHMENT_PAGE_ACTIVE,
		    is_page_active(p->flags));
		score_mark(s, SYM_ATTACHMENT_SCRIPT,
		    (p->flags & CONTENT_PART_SCRIPT) != 0 &&
			(p->flags & CONTENT_PART_HTML_ATTACHED) == 0);
	}
}

/* --- The whole ---------------------------------------------------------------------- */

bool
rules_is_list(const struct oct_msg *m)
{
	static const char *const names[] = { "List-Post", "List-Id",
		"Mailing-List", "X-Mailing-List", "X-BeenThere", "Errors-To" };

	for (size_t i = 0; i < OCT_LEN(names); i++)
		if (oct_msg_find(m, names[i], 0) != NULL)
			return oct_msg_find(m, "List-Unsubscribe-Post", 0) ==
			    NULL;
	return false;
}

/* What a report gives back (RFC 3464) was not written by who reports. */
static bool
is_report(const struct rules *r)
{
	return oct_addr_is_null(r->in->rpath) && r->c->part_count > 0 &&
	    strcmp(r->c->parts[0].type, "multipart/report") == 0;
}

/* Words of people's or programmers' talk, or an answer. */
static bool
is_talk(const struct rules *r)
{
	return lexicon_count(&r->o->body, "tech") +
		lexicon_count(&r->o->body, "conv") >= 6 ||
	    oct_msg_find(r->in->msg, "In-Reply-To", 0) != NULL;
}

static bool
is_listed(const struct rules *r, const char *host)
{
	for (size_t i = r->host_count; i > 0; i--)
		if (strcmp(r->host[i - 1], host) == 0)
			return true;
	return false;
}

static void
list_hosts(struct rules *r, bool images)
{
	for (size_t i = 0; i < r->c->link_count && i < OVERVIEW_LINKS; i++) {
		const struct content_link *l = &r->c->links[i];

		if (l->kind != CONTENT_LINK_WEB ||
		    ((l->flags & CONTENT_LINK_IMAGE) != 0) != images)
			continue;
		r->web += !images;
		if (r->host_count < RULES_HOSTS && !is_listed(r, l->host))
			r->host[r->host_count++] = l->host;
	}
}

static void
begin(const struct score_input *in, struct rules *r)
{
	const struct content *c = in->overview->content;

	r->in = in;
	r->o = in->overview;
	r->c = c;
	r->text = r->o->text;
	lookalike_fold(c->from_name.data, c->from_name.len, r->shown_name,
	    sizeof(r->shown_name));
	lexicon_find(r->shown_name, strlen(r->shown_name), &r->name);
	phrases_find(r->text, OVERVIEW_TEXT_OCTETS, &r->said);
	phrases_find(&c->subject, OVERVIEW_SUBJECT_OCTETS, &r->title);
	phrases_find(&c->from_name, 200, &r->title);
	r->from_org[0] = '\0';
	if (in->from != NULL)
		auth_psl_org_or_self(in->from->domain, r->from_org);
	r->from_free = in->from != NULL &&
	    feature_is_freemail(in->from->domain);
	r->proven = in->dmarc->result == AUTH_PASS;
	r->institution = in->from != NULL &&
	    lookalike_is_institution(in->from->domain);
	r->list = rules_is_list(in->msg);
	r->talk = r->list || is_report(r) || is_talk(r);
	list_hosts(r, false);
	r->followed = r->host_count;
	list_hosts(r, true);
}

void
rules_check(const struct score_input *in, struct score *s)
{
	struct rules r = { .web = 0 };

	begin(in, &r);
	rules_shape(&r, s);
	rules_markup(&r, s);
	rules_parts(&r, s);
	rules_mime(&r, s);
	rules_fraud(&r, s);
	score_mark(s, SYM_CONTENT_LIMIT, r.c->over != NULL &&
		strcmp(r.c->over, "text") != 0 &&
		strcmp(r.c->over, "marks") != 0 &&
		strcmp(r.c->over, "links") != 0);
}
