/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dense marks of what is read: subject, mark-up, texts, links.
 */
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/features_int.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* --- Subject ------------------------------------------------------------------- */

struct tally {
	size_t letters, capitals, digits, others, spaces;
	size_t digit_run, space_run, word_run;
};

static void
count_text(const char *t, size_t len, struct tally *out)
{
	size_t digits = 0, spaces = 0, word = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < len; i++) {
		char c = t[i];

		out->capitals += is_upper(c);
		out->letters += is_upper(c) || is_lower(c);
		out->digits += is_digit(c);
		out->others += (unsigned char)c >= 0x80;
		out->spaces += c == ' ';
		digits = is_digit(c) ? digits + 1 : 0;
		spaces = c == ' ' ? spaces + 1 : 0;
		word = c != ' ' ? word + 1 : 0;
		out->digit_run = digits > out->digit_run ? digits
							 : out->digit_run;
		out->space_run = spaces > out->space_run ? spaces
							 : out->space_run;
		out->word_run = word > out->word_run ? word : out->word_run;
	}
}

/* Letters of other scripts in UTF-8, by their lead octets. */
static void
script_marks(struct features *f, const char *where, const char *t, size_t len)
{
	bool cyrillic = false, greek = false, mathematical = false,
	     wide = false, emoji = false;

	for (size_t i = 0; i + 2 < len; i++) {
		unsigned char a = (unsigned char)t[i];
		unsigned char b = (unsigned char)t[i + 1];
		unsigned char c = (unsigned char)t[i + 2];

		cyrillic |= a == 0xd0 || a == 0xd1;
		greek |= a == 0xce || (a == 0xcf && b >= 0x80);
		mathematical |= a == 0xf0 && b == 0x9d && c >= 0x90;
		wide |= a == 0xef && (b == 0xbc || b == 0xbd);
		emoji |= (a == 0xf0 && b == 0x9f) ||
		    (a == 0xe2 && b >= 0x98 && b <= 0x9e);
	}
	if (cyrillic)
		feature_mark_text(f, where, "cyrillic");
	if (greek)
		feature_mark_text(f, where, "greek");
	if (mathematical)
		feature_mark_text(f, where, "mathematical");
	if (wide)
		feature_mark_text(f, where, "wide");
	if (emoji)
		feature_mark_text(f, where, "emoji");
}

static void
encoded_marks(struct features *f, const struct feature_message *m,
    const char *name)
{
	const struct oct_field *field = oct_msg_find(m->msg, name, 0);
	const char *p, *q;
	char charset[24];
	size_t n = 0;

	if (field == NULL)
		return;
	p = memmem(field->value, field->value_len, "=?", 2);
	if (p == NULL)
		return;
	for (q = p + 2; q < field->value + field->value_len && *q != '?' &&
	     n < sizeof(charset) - 1;
	     q++)
		charset[n++] = (char)(is_upper(*q) ? *q + ('a' - 'A') : *q);
	charset[n] = '\0';
	feature_mark_text(f, name, charset);
	if (q + 1 < field->value + field->value_len && *q == '?')
		feature_mark_text(f, name,
		    q[1] == 'b' || q[1] == 'B' ? "b" : "q");
}

static void
subject_marks(struct features *f, const struct feature_message *m)
{
	static const struct {
		const char *name, *any;
	} holds[] = { { "!", "!" }, { "?", "?" }, { "money", "$" },
		{ "%", "%" }, { "#", "#" }, { "*", "*" },
		{ "bracket", "([{" } };
	const struct content_text *s = &m->content->subject;
	struct tally t;

	count_text(s->data, s->len, &t);
	if (t.letters > 0)
		feature_mark_number(f, "subject.capitals",
		    (int64_t)(4 * t.capitals / t.letters));
	feature_mark_number(f, "subject.len", feature_log(s->len));
	for (size_t i = 0; i < OCT_LEN(holds); i++)
		if (strpbrk(s->data, holds[i].any) != NULL)
			feature_mark_text(f, "subject.has", holds[i].name);
	if (strstr(s->data, "\xe2\x82\xac") != NULL ||
	    strstr(s->data, "\xc2\xa3") != NULL)
		feature_mark(f, "subject.has:money");
	if (strstr(s->data, "..") != NULL)
		feature_mark(f, "subject.has:dots");
	if (t.digit_run >= 3)
		feature_mark(f, "subject.digits");
	if (t.space_run >= 3)
		feature_mark(f, "subject.spaces");
	if (t.word_run >= 20)
		feature_mark(f, "subject.longword");
	if (t.others > 0)
		feature_mark(f, "subject.8bit");
	script_marks(f, "subject.script", s->data, s->len);
	script_marks(f, "name.script", m->content->from_name.data,
	    m->content->from_name.len);
	encoded_marks(f, m, "Subject");
	encoded_marks(f, m, "From");
}

/* --- HTML and text ---------------------------------------------------------------- */

static void
html_marks(struct features *f, const struct feature_message *m)
{
	const struct content *c = m->content;

	for (unsigned int bit = 0; bit <= 18; bit++)
		if ((c->html & 1u << bit) != 0)
			feature_mark_number(f, "html", bit);
	if (c->html_parts == 0)
		return;
	if ((c->html & CONTENT_HTML_ELEMENT) == 0)
		feature_mark(f, "html:no.element");
	feature_mark_number(f, "html.visible",
	    feature_log(c->html_octets > 0
		    ? 100 * c->visible.len / c->html_octets
		    : 0));
	feature_mark_number(f, "html.tags", feature_log(c->tag_count));
	feature_mark_number(f, "html.images", feature_log(c->images));
	feature_mark_number(f, "html.anchors", feature_log(c->anchors));
}

static size_t
count_lines(const struct content_text *t, const char *start)
{
	const char *p = t->data;
	size_t n = 0, len = strlen(start);

	while (p < t->data + t->len) {
		const char *end = memchr(p, '\n',
		    (size_t)(t->data + t->len - p));

		n += strncmp(p, start, len) == 0;
		if (end == NULL)
			break;
		p = end + 1;
	}
	return n;
}

/* Words of one text that the other has too, in quarters. */
static void
overlap_marks(struct features *f, const struct content *c)
{
	uint64_t have[1024] = { 0 };
	size_t words = 0, common = 0;

	if (c->plain.len == 0 || c->visible.len == 0)
		return;
	for (int side = 0; side < 2; side++) {
		const struct content_text *t = side == 0 ? &c->visible
							 : &c->plain;

		for (size_t i = 0; i < t->len && i < 12000;) {
			size_t start = i;
			uint64_t h;

			while (i < t->len && t->data[i] != ' ' &&
			    t->data[i] != '\n')
				i++;
			if (i - start >= 3 && i - start < 40) {
				h = feature_hash(t->data + start, i - start);
				if (side == 0)
					have[h >> 54] |=
					    (uint64_t)1 << (h & 63);
				else
					common += (have[h >> 54] >> (h & 63) &
						      1) != 0;
				words += side == 1;
			}
			i++;
		}
	}
	if (words > 0)
		feature_mark_number(f, "overlap", (int64_t)(4 * common /
							words));
}

static void
length_marks(struct features *f, const struct content *c)
{
	const struct content_text *longest = c->plain.len > c->visible.len
	    ? &c->plain
	    : &c->visible;
	size_t exclaims = 0, money = 0;
	struct tally t;

	count_text(longest->data, longest->len, &t);
	feature_mark_number(f, "visible.len", feature_log(c->visible.len));
	feature_mark_number(f, "plain.len", feature_log(c->plain.len));
	if (t.letters > 0) {
		size_t part = 20 * t.capitals / t.letters;

		feature_mark_number(f, "capitals",
		    part < 9 ? (int64_t)part : 9);
	}
	feature_mark_number(f, "8bit",
	    feature_log(longest->len > 0 ? 100 * t.others / longest->len : 0));
	for (size_t i = 0; i < longest->len; i++) {
		const char *p = longest->data + i;

		exclaims += *p == '!';
		money += *p == '$' ||
		    ((unsigned char)*p >= 0x80 &&
			(strncmp(p, "\xe2\x82\xac", 3) == 0 ||
			    strncmp(p, "\xc2\xa3", 2) == 0));
	}
	feature_mark_number(f, "!", feature_log(exclaims));
	feature_mark_number(f, "money", feature_log(money));
}

static void
part_marks(struct features *f, const struct content *c)
{
	size_t images = 0;
	const struct {
		const char *name;
		size_t n;
	} counts[] = { { "parts.plain", c->plain_parts },
		{ "parts.html", c->html_parts },
		{ "parts.attached", c->attached_parts } };

	for (size_t i = 0; i < OCT_LEN(counts); i++)
		feature_mark_number(f, counts[i].name,
		    counts[i].n < 2 ? (int64_t)counts[i].n : 2);
	for (size_t i = 0; i < c->part_count; i++) {
		unsigned int flags = c->parts[i].flags;

		images += strncmp(c->parts[i].type, "image/", 6) == 0;
		for (unsigned int bit = 2; bit <= 14; bit++)
			if ((flags & 1u << bit) != 0)
				feature_mark_number(f, "part", bit);
	}
	feature_mark_number(f, "attached", feature_log(c->attached_parts));
	feature_mark_number(f, "parts.image", feature_log(images));
}

/* --- What the recipient is called -------------------------------------------------- */

static void
own_name_marks(struct features *f, const struct feature_message *m)
{
	for (size_t i = 0; i < m->facts->recipient_count; i++) {
		struct oct_addr a;

		if (oct_addr_parse(m->facts->recipients[i], &a) != 0 ||
		    strlen(a.local) < 3)
			continue;
		if (strcasestr(m->content->plain.data, a.local) != NULL ||
		    strcasestr(m->content->visible.data, a.local) != NULL)
			feature_mark(f, "rcpt:in.body");
		if (strcasestr(m->subject, a.local) != NULL)
			feature_mark(f, "rcpt:in.subject");
	}
}

static size_t
count_telephone(const struct content_text *t)
{
	size_t digits = 0, best = 0;

	for (size_t i = 0; i < t->len; i++) {
		if (is_digit(t->data[i]))
			digits++;
		else if (digits > 0 && strchr(" .-+()", t->data[i]) == NULL)
			digits = 0;
		if (digits > best)
			best = digits;
	}
	return best;
}

static void
text_marks(struct features *f, const struct feature_message *m)
{
	const struct content *c = m->content;
	size_t addresses = 0;

	feature_mark_number(f, "quoted",
	    feature_log(count_lines(&c->plain, ">")));
	if (count_lines(&c->plain, "-- ") > 0)
		feature_mark(f, "signature");
	if (strstr(c->plain.data, "wrote:") != NULL ||
	    strstr(c->plain.data, "crit :") != NULL ||
	    strstr(c->plain.data, "crit:") != NULL)
		feature_mark(f, "wrote");
	if (count_lines(&c->plain, "+++ ") > 0 ||
	    count_lines(&c->plain, "@@ ") > 0)
		feature_mark(f, "diff");
	for (size_t i = 0; i < c->plain.len; i++)
		addresses += c->plain.data[i] == '@';
	feature_mark_number(f, "addresses", feature_log(addresses));
	if (count_telephone(&c->plain) >= 9 || count_telephone(&c->visible) >= 9)
		feature_mark(f, "telephone");
	length_marks(f, c);
	overlap_marks(f, c);
	part_marks(f, c);
	own_name_marks(f, m);
}

/* --- Links --------------------------------------------------------------------------- */

struct link_tally {
	size_t web, distinct, of_from;
	char last[OCT_DOMAIN_SIZE];
};

static void
count_link(struct features *f, const struct feature_message *m,
    const struct content_link *l, struct link_tally *t)
{
	const char *tld = strrchr(l->host, '.');
	const char *org;
	size_t dots = 0;

	feature_mark_number(f, "link.kind", l->kind);
	for (unsigned int bit = 0; bit <= 11; bit++)
		if ((l->flags & 1u << bit) != 0)
			feature_mark_number(f, "link", bit);
	if (strlen(l->url) > 150)
		feature_mark(f, "link:long");
	if (l->host[0] == '\0')
		return;
	for (const char *p = l->host; *p != '\0'; p++)
		dots += *p == '.';
	if (dots >= 4)
		feature_mark(f, "link:dots");
	if (tld != NULL && (l->flags & CONTENT_LINK_IP) == 0)
		feature_mark_text(f, "link.tld", tld + 1);
	org = overview_org(m->overview, l->host);
	t->web++;
	t->of_from += strcmp(org, m->from_org) == 0;
	if (strcmp(org, t->last) != 0)
		t->distinct++;
	memcpy(t->last, org, sizeof(t->last));
}

static void
link_marks(struct features *f, const struct feature_message *m)
{
	const struct content *c = m->content;
	struct link_tally t = { .web = 0 };

	for (size_t i = 0; i < c->link_count && i < OVERVIEW_LINKS; i++) {
		/* The same host again says nothing new. */
		if (i > 0 && c->links[i].flags == c->links[i - 1].flags &&
		    strcmp(c->links[i].host, c->links[i - 1].host) == 0) {
			t.web++;
			continue;
		}
		count_link(f, m, &c->links[i], &t);
	}
	feature_mark_number(f, "links", feature_log(t.web));
	feature_mark_number(f, "links.domains", feature_log(t.distinct));
	if (t.of_from > 0)
		feature_mark_number(f, "links.from",
		    (int64_t)(4 * t.of_from / t.web));
	else if (t.web > 0)
		feature_mark(f, "links.from:none");
}

void
feature_text_marks(struct features *f, const struct feature_message *m)
{
	subject_marks(f, m);
	html_marks(f, m);
	text_marks(f, m);
	link_marks(f, m);
}
