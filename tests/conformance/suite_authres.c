/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authentication-Results fields: suite_authres FOLDER [-v].  The rows carry no
 * outcome, so the promises of auth/results.h are checked on each of them: what
 * is parsed names its author and stays in bounds, a field is known as ours
 * under its own id and under no other, whatever is done to its white space,
 * case and comments.  -v prints what became of each row.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/results.h"
#include "tests/conformance/kit.h"

#define NAME "Authentication-Results:"
#define STRANGER "edge.unrelated.invalid"
#define FIELD_MAX 32768

struct run {
	struct kit_score score;
	bool verbose;
	struct auth_results *parsed;
};

/* Is the value our field when id is ours, also in disguise? */
static bool
known_in_disguise(const char *value, size_t len, const char *id)
{
	char *text = calloc(1, FIELD_MAX);
	bool known = true;
	size_t n;

	if (text == NULL || len > FIELD_MAX / 2)
		goto out;
	for (n = 0; n < len; n++)
		text[n] = (char)toupper((unsigned char)value[n]);
	known = auth_results_claims(text, len, id);
	n = (size_t)snprintf(text, FIELD_MAX, "\r\n\t(a \\) (b)) ");
	memcpy(text + n, value, len);
	known = known && auth_results_claims(text, n + len, id);
out:
	free(text);
	return known;
}

static const char *
check(struct run *run, const char *value, size_t len, int *rc)
{
	const struct auth_results *r = run->parsed;

	*rc = auth_results_parse(value, len, run->parsed);
	if (auth_results_claims(value, len, STRANGER))
		return "claimed by a stranger";
	if (*rc != 0)
		return NULL;
	if (r->authserv_id[0] == '\0')
		return "parsed without an id";
	if (r->count > OCT_LEN(r->method))
		return "out of bounds";
	if (!auth_results_claims(value, len, r->authserv_id))
		return "not known by its id";
	if (!known_in_disguise(value, len, r->authserv_id))
		return "not known in disguise";
	return NULL;
}

static void
row(char *field[KIT_FIELDS], size_t count, void *arg)
{
	struct run *run = arg;
	const char *value, *why;
	size_t len;
	int rc;

	if (count < 3)
		return;
	value = field[2];
	len = kit_unescape(field[2]);
	if (strncasecmp(value, NAME, strlen(NAME)) == 0) {
		value += strlen(NAME);
		len -= strlen(NAME);
	}
	why = check(run, value, len, &rc);
	if (run->verbose)
		(void)printf("%s %s: %s\n", rc == 0 ? "parsed " : "refused",
		    field[0], field[1]);
	if (why != NULL)
		kit_wrong(&run->score, field[0], "%s", why);
	else
		run->score.right++;
}

int
main(int argc, char **argv)
{
	struct run run = { .score = { .name = "authres" } };
	const char *base = argc > 1 ? argv[1] : "../shared/conformance";
	char folder[KIT_PATH], path[KIT_PATH];

	if (!kit_folder(base, "authres", folder))
		return kit_skip("authres", base);
	run.verbose = argc > 2 && strcmp(argv[2], "-v") == 0;
	run.parsed = calloc(1, sizeof(*run.parsed));
	if (run.parsed == NULL)
		return 2;
	kit_path(path, folder, "headers", ".tsv");
	(void)kit_rows(path, row, &run);
	free(run.parsed);
	return kit_end(&run.score);
}
