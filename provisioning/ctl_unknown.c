/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_unknown.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_schema.h"

#define NEAR_MAX 40 /* octets; longer names are near to none */
#define SHORT 5  /* octets; shorter names differ by one letter at most */
#define PREFIX 4 /* octets that are enough to be the beginning of a name */

struct nearest {
	const char *name; /* as it was written */
	const char *best; /* NULL: none is near */
	int distance;     /* of the best */
};

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/* Letters put in, left out or changed, or two neighbours swapped; dashes and
 * underscores are the same. */
static int
distance(const char *a, size_t na, const char *b, size_t nb)
{
	int rows[3][NEAR_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (int)j;
	for (size_t i = 1; i <= na; i++) {
		int *now = rows[i % 3], *last = rows[(i + 2) % 3];

		now[0] = (int)i;
		for (size_t j = 1; j <= nb; j++) {
			char x = a[i - 1] == '-' ? '_' : a[i - 1];
			char y = b[j - 1] == '-' ? '_' : b[j - 1];

			now[j] = least(least(now[j - 1], last[j]) + 1,
			    last[j - 1] + (x != y));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j],
				    rows[(i + 1) % 3][j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

/* Look at one more known name. */
static void
try(struct nearest *n, const char *known)
{
	size_t have = strlen(n->name), len = strlen(known);
	int d;

	if (have == 0 || have > NEAR_MAX || len > NEAR_MAX)
		return;
	d = distance(n->name, have, known, len);
	if (have >= PREFIX && strncmp(n->name, known, have) == 0)
		d = least(d, 2);
	else if (d > (have < SHORT ? 1 : 2))
		return;
	if (n->best == NULL || d < n->distance) {
		n->best = known;
		n->distance = d;
	}
}

/* --- What is not known ---------------------------------------------------- */

int
ctl_wrong(char problem[CTL_PROBLEM_SIZE], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(problem, CTL_PROBLEM_SIZE, fmt, ap);
	va_end(ap);
	return OCT_EPARSE;
}

static int
unknown(char problem[CTL_PROBLEM_SIZE], const char *what, const char *text,
    const struct nearest *n)
{
	return n->best != NULL
	    ? ctl_wrong(problem, "%s '%.80s': did you mean %s?", what, text,
		  n->best)
	    : ctl_wrong(problem, "%s '%.100s'", what, text);
}

static void
near_options(struct nearest *n, const struct ctl_option *list)
{
	for (; list != NULL && list->name != NULL; list++)
		try(n, list->name);
}

static void
near_attributes(struct nearest *n, const struct ctl_verb *verb)
{
	struct dir_attribute a;

	if (verb == NULL || verb->attributes == CTL_NO_ATTRIBUTES)
		return;
	for (size_t i = 0;
	     i < dir_attribute_count((enum dir_kind)verb->attributes); i++) {
		dir_attribute_at((enum dir_kind)verb->attributes, i, &a);
		try(n, a.name);
	}
}

int
ctl_unknown_option(const struct ctl_verb *verb,
    const struct ctl_option *everywhere, const char *arg, const char *name,
    char problem[CTL_PROBLEM_SIZE])
{
	struct nearest n = { .name = name };

	near_options(&n, everywhere);
	near_options(&n, verb != NULL ? verb->options : NULL);
	near_attributes(&n, verb);
	return unknown(problem, "unknown option", arg, &n);
}

/* A word too many of the form NAME=VALUE was meant to be an attribute. */
int
ctl_unknown_pair(const struct ctl_args *a, char problem[CTL_PROBLEM_SIZE])
{
	const char *word = a->words[a->verb->most];
	size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyz_-");
	char name[NEAR_MAX + 1];
	struct nearest n = { .name = name };

	if (a->verb->attributes == CTL_NO_ATTRIBUTES || len == 0 ||
	    len >= sizeof(name) || word[len] != '=')
		return 0;
	memcpy(name, word, len);
	name[len] = '\0';
	near_attributes(&n, a->verb);
	return unknown(problem, "unknown attribute", name, &n);
}

int
ctl_unknown_verb(const struct ctl_noun *noun, const char *name,
    char problem[CTL_PROBLEM_SIZE])
{
	struct nearest n = { .name = name };

	for (const struct ctl_verb *v = noun->verbs; v->run != NULL; v++)
		if (v->name != NULL)
			try(&n, v->name);
	return n.best != NULL
	    ? ctl_wrong(problem, "'%s' has no verb '%.80s': did you mean %s?",
		  noun->name, name, n.best)
	    : ctl_wrong(problem, "'%s' has no verb '%.100s'", noun->name, name);
}

int
ctl_unknown_noun(const struct ctl_noun *nouns, const char *name,
    char problem[CTL_PROBLEM_SIZE])
{
	struct nearest n = { .name = name };

	for (; nouns->name != NULL; nouns++)
		try(&n, nouns->name);
	return unknown(problem, "unknown command", name, &n);
}
