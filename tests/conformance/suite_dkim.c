/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DKIM vectors: suite_dkim FOLDER, where FOLDER holds dkim and dkim-made, or is
 * such a folder (MANIFEST.tsv, *.eml, *.zone).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dkim.h"
#include "tests/conformance/kit.h"

struct run {
	struct kit_score score;
	struct auth_dkim_lib *lib;
	const char *folder;
};

static int
feed(struct auth_dkim_verifier *v, struct oct_msg *m)
{
	const struct oct_field *f;
	const char *body;
	size_t len;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < oct_msg_field_count(m); i++) {
		f = oct_msg_field(m, i);
		rc = auth_dkim_verify_field(v, f->name, f->name_len, f->value,
		    f->value_len);
	}
	if (rc == 0)
		rc = auth_dkim_verify_eoh(v);
	if (rc == 0)
		rc = oct_msg_body(m, &body, &len);
	return rc == 0 ? auth_dkim_verify_body(v, body, len) : rc;
}

static int
verify(struct run *run, struct oct_msg *m, struct dns *dns,
    struct auth_dkim *out)
{
	struct dns_session *session = kit_session(dns);
	struct auth_dkim_verifier *v;
	int rc;

	rc = auth_dkim_verify_new(run->lib, session, "suite", &v);
	if (rc == 0) {
		auth_dkim_verify_message(v, m);
		rc = feed(v, m);
	}
	if (rc == 0)
		rc = auth_dkim_verify_end(v, out);
	auth_dkim_verify_free(v);
	dns_session_free(session);
	return rc;
}

static size_t
count(const struct auth_dkim *d, enum auth_result result)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += d->sig[i].result == result ? 1 : 0;
	return n;
}

/*
 * RFC 6376 and 8301 refuse what has no v=1, or uses sha1, before a mismatch can
 * show: such a fail of the suite is a permerror.
 */
static bool
refused_early(const struct auth_dkim *d)
{
	for (size_t i = 0; i < d->count; i++) {
		if (strncmp(d->sig[i].problem, "v=", 2) == 0 ||
		    strncmp(d->sig[i].problem, "rsa-sha1", 8) == 0)
			return true;
	}
	return false;
}

/* -1 = the suite does not say. */
static int
is_right(const char *expected, const struct auth_dkim *d)
{
	size_t pass = count(d, AUTH_PASS);

	if (strcmp(expected, "pass") == 0)
		return pass > 0;
	if (strcmp(expected, "fail") == 0)
		return pass == 0 &&
		    (count(d, AUTH_FAIL) > 0 || refused_early(d));
	if (strcmp(expected, "invalid") == 0)
		return pass == 0 && d->count > 0 &&
		    count(d, AUTH_PERMERROR) + count(d, AUTH_TEMPERROR) > 0;
	if (strcmp(expected, "none-dk") == 0 || strcmp(expected, "none") == 0)
		return d->count == 0;
	if (strcmp(expected, "draft-sig") == 0 ||
	    strcmp(expected, "pass-if-sha1-allowed") == 0)
		return pass == 0;
	return -1;
}

static void
row(char *field[KIT_FIELDS], size_t fields, void *arg)
{
	char path[KIT_PATH];
	struct run *run = arg;
	struct auth_dkim *d = calloc(1, sizeof(*d));
	struct oct_msg *m;
	struct dns *dns;
	int right;

	kit_path(path, run->folder, field[0], ".eml");
	m = kit_message(path);
	kit_path(path, run->folder, field[0], ".zone");
	dns = kit_zone(path);
	if (d == NULL || m == NULL || fields < 2 ||
	    verify(run, m, dns, d) != 0) {
		kit_wrong(&run->score, field[0], "not readable");
		goto out;
	}
	right = is_right(field[1], d);
	if (right < 0)
		run->score.unsettled++;
	else if (right > 0)
		run->score.right++;
	else
		kit_wrong(&run->score, field[0],
		    "expected %s, got %zu signatures, first %s (%s)", field[1],
		    d->count, auth_result_name(d->sig[0].result),
		    d->sig[0].problem);
out:
	oct_msg_free(m);
	dns_free(dns);
	free(d);
}

int
main(int argc, char **argv)
{
	static const char *const folders[] = { "dkim", "dkim-made" };
	struct run run = { .score = { .name = "dkim" } };
	char folder[KIT_PATH], path[KIT_PATH], last[KIT_PATH] = "";
	const char *base = argc > 1 ? argv[1] : "../shared/conformance";

	if (auth_dkim_lib_new(&run.lib) != 0)
		return 2;
	run.folder = folder;
	for (size_t i = 0; i < OCT_LEN(folders); i++) {
		if (!kit_folder(base, folders[i], folder)) {
			auth_dkim_lib_free(run.lib);
			return kit_skip("dkim", base);
		}
		/* The folder itself was named: once is enough. */
		if (strcmp(folder, last) == 0)
			break;
		memcpy(last, folder, sizeof(last));
		kit_path(path, folder, "MANIFEST", ".tsv");
		(void)kit_rows(path, row, &run);
	}
	auth_dkim_lib_free(run.lib);
	return kit_end(&run.score);
}
