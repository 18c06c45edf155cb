/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/list_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/settings.h"

#define WORD_SIZE 256
#define WEIGHT_MAX 10000 /* hundredths */

static const struct {
	const char *name;
	unsigned int kinds;
} kind_names[] = {
	{ "ip", LIST_IP },
	{ "helo", LIST_HELO },
	{ "rpath", LIST_RPATH },
	{ "from", LIST_FROM },
	{ "url", LIST_URL },
	{ "domain", LIST_HELO | LIST_RPATH | LIST_FROM | LIST_URL },
};

/* --- The operator's text --------------------------------------------------------- */

static int
fail(char problem[LIST_PROBLEM_SIZE], const char *expected, const char *word)
{
	char safe[100];
	size_t n = 0;

	for (; *word != '\0' && n < sizeof(safe) - 1; word++)
		safe[n++] = *word > ' ' && *word < 0x7f ? *word : '?';
	safe[n] = '\0';
	(void)snprintf(problem, LIST_PROBLEM_SIZE, "%s instead of \"%s\"",
	    expected, safe);
	return OCT_EPARSE;
}

static int
parse_zone(const char *word, struct list_zone *out,
    char problem[LIST_PROBLEM_SIZE])
{
	if (oct_domain_normalise(word, out->zone) != 0 ||
	    strchr(out->zone, '.') == NULL ||
	    strlen(out->zone) > LIST_ZONE_MAX)
		return fail(problem,
		    "a DNS zone of at most 180 octets as the first word", word);
	return 0;
}

static bool
add_kind(const char *name, size_t len, unsigned int *kinds)
{
	for (size_t i = 0; i < OCT_LEN(kind_names); i++) {
		if (strlen(kind_names[i].name) == len &&
		    strncmp(kind_names[i].name, name, len) == 0) {
			*kinds |= kind_names[i].kinds;
			return true;
		}
	}
	return false;
}

static int
parse_kinds(const char *word, struct list_zone *out,
    char problem[LIST_PROBLEM_SIZE])
{
	const char *p = word;

	for (;;) {
		size_t len = strcspn(p, ",");

		if (!add_kind(p, len, &out->kinds))
			return fail(problem,
			    "ip, or of helo,rpath,from,url (domain = all "
			    "four), as the second word",
			    word);
		if (p[len] == '\0')
			break;
		p += len + 1;
	}
	/* Addresses and names have different test entries (RFC 5782 5). */
	if ((out->kinds & LIST_IP) != 0 && out->kinds != LIST_IP)
		return fail(problem,
		    "ip alone (give the zone twice for both sorts)", word);
	return 0;
}

/* A number of one octet at the start of *p, moved on. */
static bool
take_octet(const char **p, uint8_t *out)
{
	unsigned int n = 0;
	size_t len = strspn(*p, "0123456789");

	if (len == 0 || len > 3 || (len > 1 && **p == '0'))
		return false;
	for (size_t i = 0; i < len; i++)
		n = n * 10 + (unsigned int)((*p)[i] - '0');
	if (n > 255)
		return false;
	*p += len;
	*out = (uint8_t)n;
	return true;
}

static bool
take_pattern(const char **p, struct list_octet *out)
{
	*out = (struct list_octet){ .lo = 0, .hi = 255 };
	if (**p == '*') {
		(*p)++;
		return true;
	}
	if (**p == '&') {
		(*p)++;
		return take_octet(p, &out->bits) && out->bits != 0;
	}
	if (!take_octet(p, &out->lo))
		return false;
	out->hi = out->lo;
	if (**p != '-')
		return true;
	(*p)++;
	return take_octet(p, &out->hi) && out->hi >= out->lo;
}

/* "127.0.0.2" or "*", up to the end of text. */
static bool
read_code(const char *text, struct list_code *out)
{
	if (strcmp(text, "*") == 0) {
		for (size_t i = 0; i < 3; i++)
			out->octet[i] = (struct list_octet){ .hi = 255 };
		return true;
	}
	if (strncmp(text, "127", 3) != 0)
		return false;
	text += 3;
	for (size_t i = 0; i < 3; i++) {
		if (*text++ != '.' || !take_pattern(&text, &out->octet[i]))
			return false;
	}
	return *text == '\0';
}

static int
parse_test(const char *word, const char *name, struct list_zone *out,
    char problem[LIST_PROBLEM_SIZE])
{
	if (out->kinds == LIST_IP || out->test[0] != '\0' ||
	    oct_domain_normalise(name, out->test) != 0)
		return fail(problem,
		    "test= once, with the listed name of a domain list", word);
	return 0;
}

static int
parse_code(const char *word, struct list_zone *out,
    char problem[LIST_PROBLEM_SIZE])
{
	char text[WORD_SIZE];
	const char *eq = strchr(word, '=');
	struct list_code code;
	size_t len = eq != NULL ? (size_t)(eq - word) : 0;

	memcpy(text, word, len);
	text[len] = '\0';
	if (strcmp(text, "test") == 0)
		return parse_test(word, eq + 1, out, problem);
	if (eq == NULL || !read_code(text, &code))
		return fail(problem,
		    "a code with its weight, as 127.0.0.2=4, 127.0.0.4-7=3, "
		    "127.0.*.3=-2, 127.0.0.&8=1 or *=2,",
		    word);
	if (settings_hundredths(eq + 1, &code.weight) != 0 ||
	    code.weight > WEIGHT_MAX || code.weight < -WEIGHT_MAX)
		return fail(problem,
		    "a weight from -100 to 100 with at most two decimals",
		    word);
	if (out->count == LIST_CODES_MAX)
		return fail(problem, "at most 16 codes", word);
	out->code[out->count++] = code;
	return 0;
}

int
list_zone_parse(const char *text, struct list_zone *out,
    char problem[LIST_PROBLEM_SIZE])
{
	struct list_zone z = { .count = 0 };
	const char *rest = text;
	char word[WORD_SIZE];
	int rc = 0;

	for (size_t n = 0; rc == 0; n++) {
		rest += strspn(rest, " ");
		if (*rest == '\0')
			break;
		if (!oct_str_word(&rest, word, sizeof(word)))
			return fail(problem, "words of at most 255 octets",
			    rest);
		if (n == 0)
			rc = parse_zone(word, &z, problem);
		else if (n == 1)
			rc = parse_kinds(word, &z, problem);
		else
			rc = parse_code(word, &z, problem);
	}
	if (rc == 0 && z.count == 0)
		rc = fail(problem,
		    "a zone, its kinds and at least one code with its weight",
		    text);
	if (rc == 0)
		*out = z;
	return rc;
}

/* --- Answers --------------------------------------------------------------------- */

static bool
matches(const struct list_code *c, const uint8_t code[4])
{
	for (size_t i = 0; i < 3; i++) {
		const struct list_octet *o = &c->octet[i];
		uint8_t v = code[i + 1];

		if (v < o->lo || v > o->hi || (v & o->bits) != o->bits)
			return false;
	}
	return true;
}

void
list_zone_see(const struct list_zone *z, const struct oct_ip *answer,
    struct list_verdict *v)
{
	const uint8_t *code = answer->octets;
	int32_t weight = 0;

	/* RFC 5782 2.1: a list that was taken over, or a resolver that lies. */
	if (answer->family != AF_INET || code[0] != 127) {
		v->foreign = true;
		return;
	}
	if (code[1] == 255 && code[2] == 255) {
		v->blocked = true;
		return;
	}
	for (size_t i = 0; i < z->count; i++) {
		if (matches(&z->code[i], code)) {
			weight = z->code[i].weight;
			break;
		}
	}
	if (weight == 0 || (v->listed && abs(weight) <= abs(v->weight)))
		return;
	v->listed = true;
	v->weight = weight;
	memcpy(v->code, code, sizeof(v->code));
}

/* --- Health ------------------------------------------------------------------------ */

enum list_state
list_state_next(enum list_state s, enum list_sign sign)
{
	switch (sign) {
	case LIST_RIGHT:
		return LIST_USED;
	case LIST_SILENT:
		return s == LIST_USED ? LIST_DOUBTED : LIST_DROPPED;
	case LIST_EMPTY:
	case LIST_EVERYTHING:
	case LIST_BLOCKED:
	case LIST_FOREIGN:
		break;
	}
	return LIST_DROPPED;
}

bool
list_state_is_used(enum list_state s)
{
	return s == LIST_USED || s == LIST_DOUBTED;
}

const char *
list_sign_name(enum list_sign sign)
{
	switch (sign) {
	case LIST_RIGHT:
		return "right";
	case LIST_SILENT:
		return "no-answer";
	case LIST_EMPTY:
		return "test-entry-not-listed";
	case LIST_EVERYTHING:
		return "lists-everything";
	case LIST_BLOCKED:
		return "resolver-blocked";
	case LIST_FOREIGN:
		return "answers-outside-127";
	}
	return "?";
}
