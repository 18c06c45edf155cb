/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public SPF suites: suite_spf FOLDER, where FOLDER holds spf-rfc7208 and
 * the other folders below.  Our engine must be right in every row; what libspf2
 * reaches is printed beside it.  Exit: 0, 1 = a row is wrong, 77 = no folder.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/spf.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/str.h"
#include "tests/conformance/spft.h"

#define EXIT_SKIP 77
#define QUESTIONS_MAX 500
#define PATIENCE_MS 60000
#define NOW_S 1700000000

static const char *const suites[] = { "spf-rfc7208", "spf-rfc4408",
	"spf-pyspf-extra", "spf-made" };

/* Rows that ask for something else than RFC 7208, and what it asks for. */
static const struct {
	const char *suite, *id, *result;
} accepted[] = {
	/* default= is a modifier nobody knows (6); only the lax mode of pyspf,
	 * which it leaves off, still heeds it.  The RFC 7208 suite has the
	 * opposite row, default-modifier-obsolete. */
	{ "spf-pyspf-extra", "default-modifier", "neutral" },
};

struct score {
	size_t right, wrong, unsettled;
};

struct engine {
	const char *name;
	void (*check)(struct dns_session *dns, const struct auth_spf_input *in,
	    struct auth_spf *out);
	bool counts; /* its wrong rows are printed and fail the run */
};

static const struct engine engines[] = {
	{ "octroi", auth_spf_check, true },
	{ "libspf2", auth_spf_libspf2_check, false },
};

/* Is word one of the words of "fail|permerror"? */
static bool
is_one_of(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p != '\0';) {
		size_t n = strcspn(p, "|");

		if (n == len && strncmp(p, word, n) == 0)
			return true;
		p += n + (p[n] == '|' ? 1 : 0);
	}
	return false;
}

static bool
result_is_right(const char *suite, const struct spft_case *c,
    const char *result)
{
	if (is_one_of(c->results, result))
		return true;
	for (size_t i = 0; i < OCT_LEN(accepted); i++)
		if (strcmp(accepted[i].suite, suite) == 0 &&
		    strcmp(accepted[i].id, c->id) == 0 &&
		    strcmp(accepted[i].result, result) == 0)
			return true;
	return false;
}

static bool
explanation_is_right(const struct spft_case *c, const char *text)
{
	if (strcmp(c->explanation, "-") == 0)
		return true;
	if (strcmp(c->explanation, "DEFAULT") == 0)
		return text[0] == '\0';
	return strcmp(c->explanation, text) == 0;
}

static int
evaluate(const struct engine *e, struct dns *dns, const struct spft_case *c,
    struct auth_spf *out)
{
	struct auth_spf_input in = { .helo = c->helo, .mail_from = c->mail_from,
		.receiver = "receiver.example", .now_s = NOW_S };
	struct dns_session *session;
	int rc;

	rc = oct_ip_parse(c->ip, &in.ip);
	if (rc != 0)
		return rc;
	rc = dns_session_new(dns, oct_clock_mono_ms() + PATIENCE_MS,
	    QUESTIONS_MAX, &session);
	if (rc != 0)
		return rc;
	auth_spf_prefetch(session, &in);
	e->check(session, &in, out);
	dns_session_free(session);
	return 0;
}

static void
run_case(const struct engine *e, const char *suite, struct dns *dns,
    const struct spft_case *c, struct score *score)
{
	struct auth_spf got;
	const char *result;

	if (c->results[0] == '\0' || strcmp(c->results, "-") == 0) {
		score->unsettled++;
		return;
	}
	if (evaluate(e, dns, c, &got) != 0) {
		printf("%s %s: cannot be run\n", suite, c->id);
		score->wrong++;
		return;
	}
	result = auth_result_name(got.result);
	if (result_is_right(suite, c, result) &&
	    (!e->counts || explanation_is_right(c, got.explanation))) {
		score->right++;
		return;
	}
	score->wrong++;
	if (e->counts)
		printf("%s %s: want %s (%s), got %s (%s) %s\n", suite, c->id,
		    c->results, c->explanation, result, got.explanation,
		    got.problem);
}

static int
run_file(const char *suite, const char *path, struct score *scores)
{
	struct spft *s;
	int rc = spft_load(path, &s);

	if (rc != 0) {
		printf("%s: %s\n", path, oct_strerror(rc));
		return rc;
	}
	for (size_t i = 0; i < OCT_LEN(engines); i++)
		for (size_t j = 0; j < s->count; j++)
			run_case(&engines[i], suite, s->dns, &s->cases[j],
			    &scores[i]);
	spft_free(s);
	return 0;
}

static int
is_spft(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot != NULL && strcmp(dot, ".spft") == 0;
}

/* Run all files of one folder in the order of their names. */
static int
run_suite(const char *root, const char *suite, struct score *scores)
{
	struct dirent **names = NULL;
	char path[4096];
	struct oct_str s;
	int count, rc = 0;

	oct_str_fixed(&s, path, sizeof(path));
	oct_str_addf(&s, "%s/%s", root, suite);
	count = scandir(path, &names, is_spft, alphasort);
	if (count <= 0) {
		printf("%s: no files\n", path);
		return OCT_EABSENT;
	}
	for (int i = 0; i < count; i++) {
		oct_str_clear(&s);
		oct_str_addf(&s, "%s/%s/%s", root, suite, names[i]->d_name);
		free(names[i]);
		if (rc == 0)
			rc = oct_str_err(&s);
		if (rc == 0)
			rc = run_file(suite, path, scores);
	}
	free(names);
	return rc;
}

static bool
report(const char *suite, const struct score *scores)
{
	bool ok = true;

	for (size_t i = 0; i < OCT_LEN(engines); i++) {
		printf("%-16s %-8s right %zu wrong %zu unsettled %zu\n", suite,
		    engines[i].name, scores[i].right, scores[i].wrong,
		    scores[i].unsettled);
		if (engines[i].counts && scores[i].wrong > 0)
			ok = false;
	}
	return ok;
}

int
main(int argc, char **argv)
{
	struct stat st;
	bool ok = true;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: suite_spf FOLDER\n");
		return 2;
	}
	if (stat(argv[1], &st) != 0 || !S_ISDIR(st.st_mode)) {
		printf("SKIP: the folder of outside suites %s is absent\n",
		    argv[1]);
		return EXIT_SKIP;
	}
	for (size_t i = 0; i < OCT_LEN(suites); i++) {
		struct score scores[OCT_LEN(engines)] = { { 0, 0, 0 } };

		if (run_suite(argv[1], suites[i], scores) != 0)
			ok = false;
		if (!report(suites[i], scores))
			ok = false;
	}
	return ok ? 0 : 1;
}
