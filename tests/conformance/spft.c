/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conformance/spft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/str.h"

#define FIELDS_MAX 300 /* a TXT record of 64 kB */
#define TXT_MAX 65535

struct field {
	char *at;
	size_t len;
};

struct line {
	struct field f[FIELDS_MAX];
	size_t count;
};

static int
hex(char c)
{
	const char *set = "0123456789abcdef";
	const char *p = c == '\0' ? NULL : strchr(set, c);

	return p == NULL ? -1 : (int)(p - set);
}

/* Resolve the escapes in place. */
static int
unescape(struct field *f)
{
	char *out = f->at;
	size_t i = 0;

	while (i < f->len) {
		char c = f->at[i++];

		if (c == '\\' && i < f->len && f->at[i] == '\\') {
			i++;
		} else if (c == '\\') {
			if (i + 3 > f->len || f->at[i] != 'x' ||
			    hex(f->at[i + 1]) < 0 || hex(f->at[i + 2]) < 0)
				return OCT_EPARSE;
			c = (char)(hex(f->at[i + 1]) * 16 + hex(f->at[i + 2]));
			i += 3;
		}
		*out++ = c;
	}
	f->len = (size_t)(out - f->at);
	*out = '\0';
	return 0;
}

static int
split(char *text, struct line *l)
{
	l->count = 0;
	for (;;) {
		char *tab = strchr(text, '\t');

		if (l->count == FIELDS_MAX)
			return OCT_EPARSE;
		l->f[l->count].at = text;
		l->f[l->count].len = strcspn(text, "\t");
		if (tab != NULL)
			*tab = '\0';
		if (unescape(&l->f[l->count++]) != 0)
			return OCT_EPARSE;
		if (tab == NULL)
			return 0;
		text = tab + 1;
	}
}

static int
add_txt(struct dns *dns, const struct line *l)
{
	struct oct_str s;
	int rc;

	oct_str_heap(&s, TXT_MAX);
	for (size_t i = 3; i < l->count; i++)
		oct_str_addn(&s, l->f[i].at, l->f[i].len);
	rc = oct_str_err(&s);
	if (rc == 0)
		rc = dns_static_add(dns, l->f[1].at, DNS_TXT, oct_str_text(&s),
		    s.len);
	oct_str_free(&s);
	return rc;
}

/* "10" and "mail.example" as "10 mail.example"; no name is the root. */
static int
add_mx(struct dns *dns, const struct line *l)
{
	char text[512];
	struct oct_str s;
	int rc;

	if (l->count < 5)
		return OCT_EPARSE;
	oct_str_fixed(&s, text, sizeof(text));
	oct_str_addf(&s, "%s %s", l->f[3].at,
	    l->f[4].len == 0 ? "." : l->f[4].at);
	rc = oct_str_err(&s);
	if (rc == 0)
		rc = dns_static_add(dns, l->f[1].at, DNS_MX, text, s.len);
	return rc;
}

static int
add_other(struct dns *dns, const struct line *l, enum dns_type type)
{
	/* An alias for nothing leads nowhere: as if it were not there. */
	if (type == DNS_CNAME && (l->count < 4 || l->f[3].len == 0))
		return 0;
	if (l->count < 4)
		return OCT_EPARSE;
	return dns_static_add(dns, l->f[1].at, type, l->f[3].at, l->f[3].len);
}

static int
add_record(struct dns *dns, const struct line *l)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} types[] = { { "A", DNS_A }, { "AAAA", DNS_AAAA }, { "PTR", DNS_PTR },
		{ "CNAME", DNS_CNAME } };
	const char *type;

	if (l->count < 3)
		return OCT_EPARSE;
	type = l->f[2].at;
	if (strcmp(type, "SPF") == 0)
		return 0; /* the type that nobody asks for any more */
	if (strcmp(type, "*") == 0)
		return dns_static_timeout(dns, l->f[1].at);
	if (strcmp(type, "TXT") == 0)
		return add_txt(dns, l);
	if (strcmp(type, "MX") == 0)
		return add_mx(dns, l);
	for (size_t i = 0; i < OCT_LEN(types); i++)
		if (strcmp(type, types[i].name) == 0)
			return add_other(dns, l, types[i].type);
	return OCT_EPARSE;
}

static void
case_free(struct spft_case *c)
{
	free(c->id);
	free(c->ip);
	free(c->helo);
	free(c->mail_from);
	free(c->results);
	free(c->explanation);
}

static int
add_case(struct spft *s, const struct line *l)
{
	struct spft_case *grown, *c;

	if (l->count != 8)
		return OCT_EPARSE;
	grown = reallocarray(s->cases, s->count + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	s->cases = grown;
	c = &grown[s->count];
	*c = (struct spft_case){
		.id = strdup(l->f[1].at),
		.ip = strdup(l->f[3].at),
		.helo = strdup(l->f[4].at),
		.mail_from = strdup(l->f[5].at),
		.results = strdup(l->f[6].at),
		.explanation = strdup(l->f[7].at),
	};
	s->count++;
	return c->id != NULL && c->ip != NULL && c->helo != NULL &&
	        c->mail_from != NULL && c->results != NULL &&
	        c->explanation != NULL
	    ? 0
	    : -ENOMEM;
}

static int
take_line(struct spft *s, char *text, struct line *l)
{
	int rc;

	text[strcspn(text, "\n")] = '\0';
	if (text[0] == '#' || text[0] == '\0')
		return 0;
	rc = split(text, l);
	if (rc != 0)
		return rc;
	if (strcmp(l->f[0].at, "RR") == 0)
		return add_record(s->dns, l);
	if (strcmp(l->f[0].at, "TEST") == 0)
		return add_case(s, l);
	return OCT_EPARSE;
}

static int
read_lines(struct spft *s, FILE *in, const char *path)
{
	struct line *l = malloc(sizeof(*l));
	char *text = NULL;
	size_t size = 0, number = 0;
	int rc = l == NULL ? -ENOMEM : 0;

	while (rc == 0 && getline(&text, &size, in) >= 0) {
		number++;
		rc = take_line(s, text, l);
	}
	if (rc != 0)
		(void)fprintf(stderr, "%s:%zu: %s\n", path, number,
		    oct_strerror(rc));
	free(text);
	free(l);
	return rc;
}

int
spft_load(const char *path, struct spft **out)
{
	struct spft *s = calloc(1, sizeof(*s));
	FILE *in = NULL;
	int rc;

	if (s == NULL)
		return -ENOMEM;
	rc = dns_new_static(&s->dns);
	if (rc != 0)
		goto out;
	in = fopen(path, "re");
	if (in == NULL) {
		rc = -errno;
		goto out;
	}
	rc = read_lines(s, in, path);
	if (rc == 0) {
		*out = s;
		s = NULL; /* handed over */
	}
out:
	if (in != NULL)
		(void)fclose(in);
	spft_free(s);
	return rc;
}

void
spft_free(struct spft *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		case_free(&s->cases[i]);
	free(s->cases);
	dns_free(s->dns);
	free(s);
}
