/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over one flat JSON object (RFC 8259) that keeps four of its members.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/held.h"

struct walk {
	const char *p; /* NUL-terminated */
	int err;
};

static void
skip_space(struct walk *w)
{
	w->p += strspn(w->p, " \t\r\n");
}

static bool
take(struct walk *w, char c)
{
	skip_space(w);
	if (*w->p != c)
		return false;
	w->p++;
	return true;
}

static int
hex4(const char *p, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef";
		char c = p[i] >= 'A' && p[i] <= 'F' ? (char)(p[i] + 32) : p[i];
		const char *at = c != '\0' ? strchr(digits, c) : NULL;

		if (at == NULL)
			return OCT_EPARSE;
		*out = *out << 4 | (uint32_t)(at - digits);
	}
	return 0;
}

/* UTF-8 of a character of the first plane; half a pair is none. */
static void
add_code(struct oct_str *out, uint32_t c)
{
	if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		oct_str_addc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		oct_str_addc(out, (char)(0xc0 | c >> 6));
	} else {
		oct_str_addc(out, (char)(0xe0 | c >> 12));
		oct_str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	oct_str_addc(out, (char)(0x80 | (c & 0x3f)));
}

static void
take_escape(struct walk *w, struct oct_str *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = *w->p != '\0' ? strchr(from, *w->p) : NULL;
	uint32_t code;

	if (at != NULL) {
		oct_str_addc(out, to[at - from]);
		w->p++;
	} else if (*w->p == 'u' && hex4(w->p + 1, &code) == 0) {
		add_code(out, code);
		w->p += 5;
	} else {
		w->err = OCT_EPARSE;
	}
}

/* A string into out (NULL: passed over). */
static void
take_string(struct walk *w, char *out, size_t size)
{
	char none[8];
	struct oct_str s;

	oct_str_fixed(&s, out != NULL ? out : none,
	    out != NULL ? size : sizeof(none));
	if (!take(w, '"')) {
		w->err = OCT_EPARSE;
		return;
	}
	while (w->err == 0 && *w->p != '"') {
		size_t n = strcspn(w->p, "\"\\");

		if (out != NULL)
			oct_str_addn(&s, w->p, n);
		w->p += n;
		if (*w->p == '\0')
			w->err = OCT_EPARSE;
		else if (*w->p == '\\') {
			w->p++;
			take_escape(w, &s);
		}
		if (out == NULL)
			oct_str_fixed(&s, none, sizeof(none));
	}
	w->p += w->err == 0;
	if (w->err == 0 && out != NULL)
		w->err = oct_str_err(&s);
}

/* A number, true, false or null. */
static void
skip_plain(struct walk *w)
{
	size_t n = strspn(w->p, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");

	w->err = n == 0 ? OCT_EPARSE : 0;
	w->p += n;
}

static void
take_member(struct walk *w, struct held_glance *out)
{
	const struct {
		const char *name;
		char *text;
		size_t size;
	} wanted[] = {
		{ "from", out->from, sizeof(out->from) },
		{ "rpath", out->rpath, sizeof(out->rpath) },
		{ "subject", out->subject, sizeof(out->subject) },
		{ "reason", out->reason, sizeof(out->reason) },
	};
	char name[32];
	size_t i = 0;

	take_string(w, name, sizeof(name));
	if (w->err != 0 || !take(w, ':')) {
		w->err = OCT_EPARSE;
		return;
	}
	skip_space(w);
	while (i < OCT_LEN(wanted) && strcmp(wanted[i].name, name) != 0)
		i++;
	if (*w->p != '"')
		skip_plain(w);
	else if (i < OCT_LEN(wanted))
		take_string(w, wanted[i].text, wanted[i].size);
	else
		take_string(w, NULL, 0);
}

int
held_glance(const char *json, struct held_glance *out)
{
	struct walk w = { .p = json };

	out->from[0] = out->rpath[0] = out->subject[0] = out->reason[0] = '\0';
	if (!take(&w, '{'))
		return OCT_EPARSE;
	do
		take_member(&w, out);
	while (w.err == 0 && take(&w, ','));
	if (w.err == 0 && !take(&w, '}'))
		w.err = OCT_EPARSE;
	return w.err;
}
