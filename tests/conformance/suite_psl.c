/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public suffix list: suite_psl FOLDER (registrable.tsv, alignment.tsv).
 */
#include <stdio.h>
#include <string.h>

#include "auth/dmarc.h"
#include "tests/conformance/kit.h"

static void
registrable_row(char *field[KIT_FIELDS], size_t count, void *arg)
{
	char org[OCT_DOMAIN_SIZE], expected[OCT_DOMAIN_SIZE] = "";
	struct kit_score *score = arg;
	int rc;

	if (count < 2)
		return;
	rc = auth_psl_org(field[0], org);
	if (rc != 1)
		org[0] = '\0';
	if (strcmp(field[1], "-") != 0 &&
	    oct_domain_normalise(field[1], expected) != 0)
		expected[0] = '?';
	if (strcmp(org, expected) == 0)
		score->right++;
	else
		kit_wrong(score, field[0], "expected %s, got %s", field[1],
		    org);
}

static bool
is_aligned(const char *identifier, const char *from, bool strict)
{
	char a[OCT_DOMAIN_SIZE], b[OCT_DOMAIN_SIZE];

	if (oct_domain_normalise(identifier, a) != 0 ||
	    oct_domain_normalise(from, b) != 0)
		return false;
	if (strcmp(a, b) == 0)
		return true;
	if (strict)
		return false;
	return auth_psl_org(identifier, a) >= 0 && auth_psl_org(from, b) >= 0 &&
	    strcmp(a, b) == 0;
}

static void
alignment_row(char *field[KIT_FIELDS], size_t count, void *arg)
{
	struct kit_score *score = arg;
	bool expected, got;

	if (count < 4)
		return;
	expected = strcmp(field[3], "aligned") == 0;
	got = is_aligned(field[0], field[1], field[2][0] == 's');
	if (expected == got)
		score->right++;
	else
		kit_wrong(score, field[0], "%s %s expected %s", field[1],
		    field[2], field[3]);
}

int
main(int argc, char **argv)
{
	struct kit_score score = { .name = "psl" };
	const char *base = argc > 1 ? argv[1] : "../shared/conformance";
	char folder[KIT_PATH], path[KIT_PATH];

	if (!kit_folder(base, "psl", folder))
		return kit_skip("psl", base);
	kit_path(path, folder, "registrable", ".tsv");
	(void)kit_rows(path, registrable_row, &score);
	kit_path(path, folder, "alignment", ".tsv");
	(void)kit_rows(path, alignment_row, &score);
	return kit_end(&score);
}
