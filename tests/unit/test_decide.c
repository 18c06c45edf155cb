/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision table as data: tests/data/decide.txt and decide_reply.txt, which
 * anybody can read and extend.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/types.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/decide.h"

#define LINE_SIZE 512

struct facts {
	struct decide_msg msg;
	struct decide_rcpt rcpt;
};

static FILE *
open_data(const char *name)
{
	const char *dir = getenv("srcdir");
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/data/%s",
	    dir != NULL ? dir : ".", name);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("cannot open %s", path);
	return f;
}

static enum direction
direction_of(const char *name)
{
	for (int d = DIR_INBOUND; d <= DIR_FORWARDED; d++)
		if (strcmp(direction_name((enum direction)d), name) == 0)
			return (enum direction)d;
	fail_msg("unknown direction %s", name);
	return DIR_INBOUND;
}

static enum rel_state
relation_of(const char *name)
{
	for (int s = REL_UNKNOWN; s <= REL_LAPSED; s++)
		if (strcmp(rel_state_name((enum rel_state)s), name) == 0)
			return (enum rel_state)s;
	fail_msg("unknown relation %s", name);
	return REL_UNKNOWN;
}

static enum proof_class
class_of(const char *name)
{
	for (int c = PROOF_A; c <= PROOF_X; c++)
		if (strcmp(proof_class_name((enum proof_class)c), name) == 0)
			return (enum proof_class)c;
	fail_msg("unknown class %s", name);
	return PROOF_N;
}

static enum auth_dmarc_policy
policy_of(const char *name)
{
	for (int p = AUTH_DMARC_NONE; p <= AUTH_DMARC_REJECT; p++)
		if (strcmp(auth_dmarc_policy_name((enum auth_dmarc_policy)p),
			name) == 0)
			return (enum auth_dmarc_policy)p;
	fail_msg("unknown policy %s", name);
	return AUTH_DMARC_NONE;
}

static enum dir_dmarc
mode_of(const char *name)
{
	static const char *const names[] = { "inherit", "enforce", "hold",
		"observe" };

	for (size_t i = 0; i < OCT_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum dir_dmarc)i;
	fail_msg("unknown mode %s", name);
	return DIR_DMARC_INHERIT;
}

static void
set_value(struct facts *f, const char *name, const char *value)
{
	int64_t n;

	if (strcmp(name, "direction") == 0) {
		f->msg.direction = direction_of(value);
	} else if (strcmp(name, "dmarc") == 0) {
		assert_int_equal(auth_result_parse(value, &f->msg.dmarc), 0);
	} else if (strcmp(name, "policy") == 0) {
		f->msg.dmarc_policy = policy_of(value);
	} else if (strcmp(name, "mode") == 0) {
		f->rcpt.dmarc_mode = mode_of(value);
	} else if (strcmp(name, "platform") == 0) {
		f->msg.dmarc_mode = mode_of(value);
	} else if (strcmp(name, "class") == 0) {
		f->rcpt.class = class_of(value);
	} else if (strcmp(name, "relation") == 0) {
		f->rcpt.relation = relation_of(value);
	} else if (strcmp(name, "option") == 0) {
		assert_string_equal(value, "first-contact");
		f->rcpt.option = DIR_CHALLENGE_FIRST_CONTACT;
	} else if (strcmp(name, "score") == 0) {
		assert_int_equal(oct_num_int(value, -10000, 10000, &n), 0);
		f->msg.score = (int32_t)n;
	} else {
		fail_msg("unknown fact %s", name);
	}
}

static void
set_flag(struct facts *f, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
		bool value;
	} flags[] = {
		{ "malware", &f->msg.malware, true },
		{ "malware-refuse", &f->msg.malware_refuse, true },
		{ "phishing", &f->msg.phishing, true },
		{ "credited", &f->msg.credited, true },
		{ "claims", &f->msg.claims_hosted, true },
		{ "claims-refuse", &f->msg.claims_refuse, true },
		{ "same-installation", &f->msg.same_installation, true },
		{ "institutional", &f->msg.institutional, true },
		{ "external", &f->rcpt.external, true },
		{ "has-blocks", &f->rcpt.has_blocks, true },
		{ "protected", &f->rcpt.protected_path, true },
		{ "exempt", &f->rcpt.exempt, true },
		{ "no-store", &f->rcpt.store_known, false },
		{ "no-ask", &f->rcpt.may_ask, false },
		{ "full", &f->rcpt.has_room, false },
		{ "blocked", &f->rcpt.blocked, true },
		{ "silently", &f->rcpt.drop_silently, true },
		{ "granted", &f->rcpt.granted, true },
	};

	for (size_t i = 0; i < OCT_LEN(flags); i++) {
		if (strcmp(flags[i].name, name) == 0) {
			*flags[i].flag = flags[i].value;
			return;
		}
	}
	fail_msg("unknown fact %s", name);
}

static void
read_facts(const char *text, struct facts *f)
{
	char word[64], *eq;

	memset(f, 0, sizeof(*f));
	f->rcpt.class = PROOF_N;
	f->rcpt.option = DIR_CHALLENGE_OFF;
	f->rcpt.thresholds = (struct dir_thresholds){ 400, 600, 1500 };
	f->rcpt.store_known = f->rcpt.has_room = f->rcpt.may_ask = true;
	while (oct_str_word(&text, word, sizeof(word))) {
		eq = strchr(word, '=');
		if (eq == NULL) {
			set_flag(f, word);
			continue;
		}
		*eq = '\0';
		set_value(f, word, eq + 1);
	}
	assert_string_equal(text, "");
}

static void
fate_text(const struct fate *f, char *out, size_t len)
{
	struct oct_str s;

	oct_str_fixed(&s, out, len);
	oct_str_addf(&s, "%s %s %d", fate_verdict_name(f->verdict),
	    fate_reason_name(f->reason), f->row);
	if (f->code != 0)
		oct_str_addf(&s, " %d %s", f->code, f->enhanced);
	oct_str_add(&s, f->ask ? " ask" : "");
	oct_str_add(&s, f->tag ? " tag" : "");
	oct_str_add(&s, f->unknown ? " unknown" : "");
	oct_str_add(&s, f->override == OVERRIDE_CREDIT ? " credit" : "");
	oct_str_add(&s, f->override == OVERRIDE_POLICY ? " setting" : "");
}

/* Split "left => right" at the arrow; false for comments and empty lines. */
static bool
split_line(char *line, char **left, char **right)
{
	char *arrow;

	line[strcspn(line, "\n")] = '\0';
	if (*line == '#' || *line == '\0')
		return false;
	arrow = strstr(line, "=> ");
	assert_non_null(arrow);
	*right = arrow + 3;
	while (arrow > line && arrow[-1] == ' ')
		arrow--;
	*arrow = '\0';
	*left = line;
	return true;
}

static void
each_row_of_the_decision_table(void **state)
{
	FILE *f = open_data("decide.txt");
	char line[LINE_SIZE], got[LINE_SIZE], *left, *right;
	size_t rows = 0;

	(void)state;
	while (fgets(line, sizeof(line), f) != NULL) {
		struct facts facts;
		struct fate fate;

		if (!split_line(line, &left, &right))
			continue;
		print_message("  %s\n", left);
		read_facts(left, &facts);
		decide_rcpt(&facts.msg, &facts.rcpt, &fate);
		fate_text(&fate, got, sizeof(got));
		assert_string_equal(got, right);
		rows++;
	}
	(void)fclose(f);
	assert_true(rows > 60);
}

static void
read_fate(char *word, struct fate *out)
{
	char *colon = strchr(word, ':');

	assert_non_null(colon);
	*colon = '\0';
	memset(out, 0, sizeof(*out));
	for (int v = FATE_DELIVER; v <= FATE_DEFER; v++)
		if (strcmp(fate_verdict_name((enum fate_verdict)v), word) == 0)
			out->verdict = (enum fate_verdict)v;
	assert_string_equal(fate_verdict_name(out->verdict), word);
	assert_int_equal(fate_reason_parse(colon + 1, &out->reason), 0);
	out->row = out->reason == FATE_R_DMARC ? 2
	    : out->reason == FATE_R_BLOCKED    ? 3
					       : 5;
}

static void
check_reply(char *left, char *right)
{
	const char *rest = left;
	struct decide_msg msg = { .direction = DIR_INBOUND };
	struct fate fates[8], reply;
	char word[64], got[LINE_SIZE];
	struct oct_str s;
	size_t n = 0;

	while (oct_str_word(&rest, word, sizeof(word))) {
		if (strchr(word, ':') == NULL)
			msg.direction = direction_of(word);
		else
			read_fate(word, &fates[n++]);
	}
	decide_reply(&msg, fates, n, &reply);
	oct_str_fixed(&s, got, sizeof(got));
	if (reply.verdict == FATE_DELIVER) {
		oct_str_add(&s, "deliver |");
		for (size_t i = 0; i < n; i++)
			oct_str_addf(&s, " %s",
			    fate_verdict_name(fates[i].verdict));
	} else {
		oct_str_addf(&s, "%s:%s |", fate_verdict_name(reply.verdict),
		    fate_reason_name(reply.reason));
	}
	assert_string_equal(got, right);
}

static void
each_row_of_one_reply_for_all(void **state)
{
	FILE *f = open_data("decide_reply.txt");
	char line[LINE_SIZE], *left, *right;
	size_t rows = 0;

	(void)state;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (!split_line(line, &left, &right))
			continue;
		print_message("  %s\n", left);
		check_reply(left, right);
		rows++;
	}
	(void)fclose(f);
	assert_true(rows > 15);
}

/* Whatever the facts: blocked is never delivered, an unread store never decides
 * a first contact, and only class A is ever asked. */
static void
invariants_over_all_combinations(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 1u << 14; i++) {
		struct facts f;
		struct fate out;

		read_facts("", &f);
		f.rcpt.class = (enum proof_class)(i % 5);
		f.rcpt.store_known = (i >> 3 & 1) != 0;
		f.rcpt.blocked = (i >> 4 & 1) != 0;
		f.rcpt.granted = (i >> 5 & 1) != 0;
		f.rcpt.option = (i >> 6 & 1) != 0 ? DIR_CHALLENGE_FIRST_CONTACT
						  : DIR_CHALLENGE_OFF;
		f.rcpt.exempt = (i >> 7 & 1) != 0;
		f.rcpt.relation = (enum rel_state)((i >> 8 & 7) % 6);
		f.msg.claims_hosted = (i >> 11 & 1) != 0;
		f.msg.score = (int32_t)((i >> 12 & 3) * 500);
		decide_rcpt(&f.msg, &f.rcpt, &out);
		if (f.rcpt.store_known &&
		    (f.rcpt.blocked || f.rcpt.relation == REL_BLOCKED))
			assert_true(out.verdict != FATE_DELIVER);
		if (out.ask) {
			assert_int_equal(f.rcpt.class, PROOF_A);
			assert_false(f.rcpt.exempt);
			assert_int_equal(out.verdict, FATE_HOLD);
		}
		if (!f.rcpt.store_known &&
		    decide_needs_store(&f.msg, &f.rcpt))
			assert_int_equal(out.verdict, FATE_DEFER);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_decision_table),
		cmocka_unit_test(each_row_of_one_reply_for_all),
		cmocka_unit_test(invariants_over_all_combinations),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
