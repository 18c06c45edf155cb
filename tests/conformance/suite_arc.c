/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ARC test suite's verification: suite_arc FOLDER (MANIFEST.tsv, *.eml,
 * *.zone).  Octroi does not seal: the signing rows are unsettled, and so are
 * those without an outcome.
 */
#include <stdio.h>
#include <string.h>

#include "auth/arc.h"
#include "tests/conformance/kit.h"

struct run {
	struct kit_score score;
	const char *folder;
};

static void
row(char *field[KIT_FIELDS], size_t count, void *arg)
{
	struct auth_arc arc = { .result = AUTH_PERMERROR };
	struct run *run = arg;
	struct dns_session *session;
	char path[KIT_PATH];
	struct oct_msg *m;
	struct dns *dns;

	if (count < 2 || (strcmp(field[1], "pass") != 0 &&
		strcmp(field[1], "fail") != 0 &&
		strcmp(field[1], "none") != 0)) {
		run->score.unsettled++;
		return;
	}
	kit_path(path, run->folder, field[0], ".eml");
	m = kit_message(path);
	kit_path(path, run->folder, field[0], ".zone");
	dns = kit_zone(path);
	session = kit_session(dns);
	if (m == NULL || auth_arc_check(session, m, &arc) != 0)
		kit_wrong(&run->score, field[0], "not readable");
	else if (strcmp(auth_result_name(arc.result), field[1]) == 0)
		run->score.right++;
	else
		kit_wrong(&run->score, field[0], "expected %s, got %s (%s)",
		    field[1], auth_result_name(arc.result), arc.problem);
	dns_session_free(session);
	dns_free(dns);
	oct_msg_free(m);
}

int
main(int argc, char **argv)
{
	struct run run = { .score = { .name = "arc" } };
	const char *base = argc > 1 ? argv[1] : "../shared/conformance";
	char folder[KIT_PATH], path[KIT_PATH];

	if (!kit_folder(base, "arc", folder))
		return kit_skip("arc", base);
	run.folder = folder;
	kit_path(path, folder, "MANIFEST", ".tsv");
	(void)kit_rows(path, row, &run);
	return kit_end(&run.score);
}
