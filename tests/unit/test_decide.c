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
#define NOW 1795255200000LL

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

static int64_t
option_of(enum option o, const char *value)
{
	int64_t n = 0;

	assert_int_equal(option_parse(o, value, &n), 0);
	return n;
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
		f->rcpt.mode = (enum option_challenge)
		    option_of(OPTION_CHALLENGE, value);
	} else if (strcmp(name, "first") == 0) {
		f->rcpt.first = (enum option_first)
		    option_of(OPTION_FIRST_CONTACT, value);
	} else if (strcmp(name, "unproven") == 0) {
		f->rcpt.unproven = (enum option_unproven)
		    option_of(OPTION_UNPROVEN, value);
	} else if (strcmp(name, "automatic") == 0) {
		f->rcpt.automatic = (enum option_automatic)
		    option_of(OPTION_AUTOMATIC, value);
	} else if (strcmp(name, "seen-hours") == 0) {
		assert_int_equal(oct_num_int(value, 0, 100, &n), 0);
		f->rcpt.t_since_ms = NOW - n * 3600000LL;
	} else if (strcmp(name, "score") == 0) {
		assert_int_equal(oct_num_int(value, -10000, 10000, &n), 0);
		f->msg.score = (int32_t)n;
	} else if (strcmp(name, "own") == 0) {
		assert_int_equal(oct_num_int(value + (*value == '-'), 0, 10000,
				     &n), 0);
		f->rcpt.score_own = (int32_t)(*value == '-' ? -n : n);
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
		{ "no-digest", &f->rcpt.no_digest, true },
		{ "no-store", &f->rcpt.store_known, false },
		{ "no-ask", &f->rcpt.may_ask, false },
		{ "full", &f->rcpt.has_room, false },
		{ "blocked", &f->rcpt.blocked, true },
		{ "silently", &f->rcpt.drop_silently, true },
		{ "granted", &f->rcpt.granted, true },
		{ "null-path", &f->msg.null_path, true },
		{ "malformed", &f->msg.malformed, true },
		{ "bypass", &f->msg.bypass, true },
		{ "suspended", &f->rcpt.suspended, true },
		{ "outbound-here", &f->rcpt.outbound_here, true },
		{ "no-defer", &f->rcpt.may_defer, false },
		{ "answers", &f->rcpt.answers, true },
		{ "expected", &f->rcpt.expected, true },
		{ "tagged", &f->rcpt.tagged, true },
		{ "pass", &f->rcpt.pass, true },
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
	f->rcpt.domain = "ville.example";
	f->msg.now_ms = NOW;
	f->rcpt.thresholds = (struct dir_thresholds){ 400, 600, 1500 };
	f->rcpt.store_known = f->rcpt.has_room = f->rcpt.may_ask =
	    f->rcpt.may_defer = true;
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
	if (f->label != LABEL_NONE)
		oct_str_addf(&s, " %s", fate_label_name(f->label));
	oct_str_add(&s, f->override == OVERRIDE_CREDIT ? " credit" : "");
	oct_str_add(&s, f->override == OVERRIDE_POLICY ? " setting" : "");
	if (f->simulated)
		oct_str_addf(&s, " would=%s:%d%s", fate_verdict_name(f->would),
		    f->would_row, f->would_ask ? ":ask" : "");
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
	assert_true(rows > 150);
}

/* The row under which a reason refuses. */
static int
row_of(enum fate_reason reason)
{
	static const struct {
		enum fate_reason reason;
		int row;
	} rows[] = { { FATE_R_VIRUS, 1 }, { FATE_R_DMARC, 2 },
		{ FATE_R_BLOCKED, 3 }, { FATE_R_SPAM, 5 },
		{ FATE_R_UNMATCHED, 10 }, { FATE_R_AUTOMATIC, 10 },
		{ FATE_R_UNDECIDED, 11 }, { FATE_R_FIRST_CONTACT, 13 } };

	for (size_t i = 0; i < OCT_LEN(rows); i++)
		if (rows[i].reason == reason)
			return rows[i].row;
	return 0;
}

/* The word up to the next colon; NULL if there is none left. */
static char *
next_part(char **rest)
{
	char *part = *rest, *colon;

	if (part == NULL)
		return NULL;
	colon = strchr(part, ':');
	*rest = colon != NULL ? colon + 1 : NULL;
	if (colon != NULL)
		*colon = '\0';
	return part;
}

static void
read_fate(char *word, struct fate *out)
{
	char *rest = word, *verdict = next_part(&rest), *part;

	memset(out, 0, sizeof(*out));
	out->domain = "ville.example";
	for (int v = FATE_DELIVER; v <= FATE_DEFER; v++)
		if (strcmp(fate_verdict_name((enum fate_verdict)v), verdict) == 0)
			out->verdict = (enum fate_verdict)v;
	assert_string_equal(fate_verdict_name(out->verdict), verdict);
	part = next_part(&rest);
	assert_non_null(part);
	assert_int_equal(fate_reason_parse(part, &out->reason), 0);
	out->row = row_of(out->reason);
	if (out->verdict == FATE_DEFER && out->reason == FATE_R_FIRST_CONTACT)
		out->row = 12;
	while ((part = next_part(&rest)) != NULL) {
		out->ask |= strcmp(part, "ask") == 0;
		out->full |= strcmp(part, "full") == 0;
		if (*part == '@')
			out->domain = part[1] == '\0' ? NULL
						      : "bourg.example";
	}
}

static void
reply_text(const struct fate *reply, const struct fate *fates, size_t n,
    char *out, size_t len)
{
	struct oct_str s;

	oct_str_fixed(&s, out, len);
	if (reply->verdict != FATE_DELIVER) {
		oct_str_addf(&s, "%s:%s%s |", fate_verdict_name(reply->verdict),
		    fate_reason_name(reply->reason),
		    reply->link ? " link" : "");
		return;
	}
	oct_str_add(&s, "deliver |");
	for (size_t i = 0; i < n; i++) {
		bool undecided = fates[i].verdict == FATE_HOLD &&
		    fates[i].reason == FATE_R_UNDECIDED && fates[i].row == 0;

		oct_str_addf(&s, " %s%s",
		    undecided ? "undecided"
			      : fate_verdict_name(fates[i].verdict),
		    fates[i].ask ? ":ask" : "");
	}
}

static void
check_reply(char *left, char *right)
{
	const char *rest = left;
	struct decide_msg msg = { .direction = DIR_INBOUND };
	struct fate fates[8], reply;
	char word[64], got[LINE_SIZE];
	size_t n = 0;

	while (oct_str_word(&rest, word, sizeof(word))) {
		if (strchr(word, ':') == NULL)
			msg.direction = direction_of(word);
		else
			read_fate(word, &fates[n++]);
	}
	decide_reply(&msg, fates, n, &reply);
	reply_text(&reply, fates, n, got, sizeof(got));
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
	assert_true(rows > 55);
}

/* --- Whatever the facts -------------------------------------------------------- */

/* The same numbers in every run. */
static uint64_t seed = 0x0c7201;

static unsigned int
draw(unsigned int below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned int)(seed >> 33) % below;
}

/* True once in n. */
static bool
rarely(unsigned int n)
{
	return draw(n) == 0;
}

static void
draw_message(struct decide_msg *m)
{
	static const enum auth_result dmarc[] = { AUTH_NONE, AUTH_PASS,
		AUTH_FAIL, AUTH_TEMPERROR };

	*m = (struct decide_msg){
		.direction = (enum direction)draw(DIR_FORWARDED + 1),
		.malware = rarely(10), .malware_refuse = rarely(2),
		.phishing = rarely(10), .dmarc = dmarc[draw(4)],
		.dmarc_policy = (enum auth_dmarc_policy)draw(3),
		.dmarc_mode = (enum dir_dmarc)draw(4),
		.credited = rarely(5), .claims_hosted = rarely(5),
		.claims_refuse = rarely(2), .same_installation = rarely(8),
		.institutional = rarely(5), .null_path = rarely(5),
		.malformed = rarely(20), .bypass = rarely(10),
		.score = (int32_t)draw(20) * 100, .now_ms = NOW };
}

static void
draw_rcpt(struct decide_rcpt *r)
{
	static const char *const domains[] = { "ville.example",
		"bourg.example" };

	*r = (struct decide_rcpt){ .external = rarely(12),
		.suspended = rarely(12), .has_blocks = rarely(3),
		.class = (enum proof_class)draw(5),
		.mode = (enum option_challenge)draw(4),
		.first = (enum option_first)draw(2),
		.unproven = (enum option_unproven)draw(2),
		.automatic = (enum option_automatic)draw(2),
		.outbound_here = rarely(2),
		.dmarc_mode = (enum dir_dmarc)draw(4),
		.protected_path = rarely(6), .exempt = rarely(4),
		.thresholds = { 400, 600, 1500 }, .store_known = !rarely(6),
		.relation = (enum rel_state)draw(REL_LAPSED + 1),
		.may_ask = rarely(2), .may_defer = rarely(2),
		.has_room = !rarely(6), .blocked = rarely(6),
		.drop_silently = rarely(2), .granted = rarely(8),
		.answers = rarely(8), .expected = rarely(8),
		.tagged = rarely(8), .pass = rarely(8),
		.t_since_ms = rarely(2) ? NOW - draw(2) * DECIDE_T_MS : 0 };
	r->domain = r->external ? NULL : domains[draw(2)];
}

/* What holds of one fate, as the table gave it or the reply changed it. */
static void
check_fate(const struct decide_msg *m, const struct decide_rcpt *r,
    const struct fate *f)
{
	bool checked = decide_is_checked(m->direction);

	assert_in_range(f->verdict, FATE_DELIVER, FATE_DEFER);
	assert_string_not_equal(fate_reason_name(f->reason), "?");
	assert_true(f->verdict < FATE_REFUSE || f->code >= 400);
	if (f->verdict == FATE_DELIVER && checked && !r->external) {
		assert_false(m->malware || m->malformed);
		assert_false(r->store_known && r->blocked);
		assert_false(r->store_known && r->relation == REL_BLOCKED);
		assert_false(r->suspended);
		assert_true(m->score < r->thresholds.reject);
		assert_true(r->store_known || !decide_needs_store(m, r));
	}
	if (f->ask) {
		assert_true(f->verdict == FATE_HOLD ||
		    (f->verdict == FATE_DEFER && f->row == 12));
		assert_int_equal(r->class, PROOF_A);
		assert_int_equal(m->direction, DIR_INBOUND);
		assert_false(r->exempt || m->null_path || m->phishing);
		assert_true(r->may_ask && r->store_known);
		assert_true(m->score < r->thresholds.hold);
	}
	if (f->row >= 8)
		assert_true(r->mode != OPTION_CHALLENGE_OFF &&
		    !r->protected_path);
	if (f->row == 12)
		assert_int_equal(r->class, PROOF_A);
	if (f->simulated)
		assert_int_equal(f->verdict, FATE_DELIVER);
}

static void
check_all(const struct decide_msg *m, const struct decide_rcpt *r, size_t n)
{
	struct fate fates[4], reply;
	bool collected = m->direction == DIR_COLLECTED ||
	    m->direction == DIR_FORWARDED;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		decide_rcpt(m, &r[i], &fates[i]);
		check_fate(m, &r[i], &fates[i]);
	}
	decide_reply(m, fates, n, &reply);
	assert_true(reply.verdict == FATE_DELIVER ||
	    reply.verdict == FATE_REFUSE || reply.verdict == FATE_DEFER);
	assert_int_equal(reply.verdict == FATE_REFUSE, reply.code >= 500);
	assert_true(!collected || reply.verdict != FATE_REFUSE);
	for (size_t i = 0; reply.link && i < n; i++) {
		assert_int_equal(fates[i].row, 13);
		assert_string_equal(fates[i].domain, reply.domain);
	}
	if (reply.verdict != FATE_DELIVER)
		return;
	/* Accepted: each of them is delivered, held or dropped. */
	for (size_t i = 0; i < n; i++) {
		check_fate(m, &r[i], &fates[i]);
		assert_in_range(fates[i].verdict, FATE_DELIVER, FATE_DROP);
		assert_true(fates[i].verdict != FATE_DROP || r[i].blocked ||
		    r[i].relation == REL_BLOCKED);
		assert_true(fates[i].verdict != FATE_HOLD ||
		    !r[i].store_known || r[i].has_room);
		kept += fates[i].verdict == FATE_DELIVER;
	}
	for (size_t i = 0; i < n; i++)
		if (fates[i].verdict == FATE_HOLD && fates[i].row == 0 &&
		    fates[i].reason == FATE_R_UNDECIDED)
			assert_true(kept > 0);
}

static void
whatever_the_facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < 300000; i++) {
		struct decide_msg m;
		struct decide_rcpt r[4];
		size_t n = 1 + draw(4);

		draw_message(&m);
		for (size_t k = 0; k < n; k++)
			draw_rcpt(&r[k]);
		check_all(&m, r, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_decision_table),
		cmocka_unit_test(each_row_of_one_reply_for_all),
		cmocka_unit_test(whatever_the_facts),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
